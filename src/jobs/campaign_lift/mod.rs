//! What each campaign caused, and whether it paid.
//!
//! # Decides
//! Per campaign and arm: `paid`, `lost` or `unclear` by the 95 % interval of its net value; `running` while its window is
//! open; `broken_split` where the arms are not of the planned sizes; `not_randomised` where chance did not decide.
//!
//! # From
//! `campaigns` and `assignments`, with our own published coupon lists added. Outcomes per customer from
//! `campaign_outcomes` where the campaign is in it, else from `customer_days` between `starts_on` and the earlier of
//! `ends_on` and the as-of date: `spend`, `orders`, `conversion` (at least one order). Everyone assigned counts, reached
//! or not (intention to treat); no row means 0. Campaigns that started more than `history_days` ago are skipped.
//!
//! # Model
//! Randomised (`randomised` is true and an arm is called `control`): Welch's t, Fieller's relative lift, a sample ratio
//! test against the planned probabilities. Where the probability of being held out differs between customers, arms are
//! compared within equal probability and averaged by group size. Holm's correction runs over the primary comparisons
//! (one per arm) of all randomised campaigns that are over and soundly split; secondary metrics carry none.
//! Money, for the metric spend: `margin = difference * n_treated * margin_share`,
//! `cost = contact_cost * n_treated + discount`. Where spend is net of discounts, the revenue given away is in the
//! difference already, but scaled by the margin share as if goods had been saved with it: goods cost the same at any
//! price. So `discount = (1 - margin_share) * redeemed amounts`; where spend is before discounts it is all of them.
//!
//! Not randomised: difference in differences against the period of equal length before (`quasi`), with no money, because
//! customers chosen for their recent spend would have changed anyway; without that period only means (`descriptive`).
//! The other group are the listed controls, or else customers not listed who bought in that period.
//!
//! # Publishes
//! `campaign_lift`, one row per campaign, arm and metric.
//!
//! # Degrades
//! No margin share, contact cost or redemptions: no net value, and a caveat. A window that begins before the history
//! does is skipped. Each is a caveat. Without both `customer_days` and `campaign_outcomes` the run refuses.
//!
//! # Files, from the bottom up
//! - What is known: `facts` (campaigns with their customers in numbers), `dataset` (reads them).
//! - What is decided: `lift_row` (what is said of an arm), `arms` (who is compared with whom), `measure` (from customers to rows),
//!   `decision` (every campaign, the correction for their number, money), `verdicts` (in words).
//! - What is said: `caveats`, `page`, `page_details`, `tables`; `recommend` puts it together.
//!
//! # References
//! Welch (1947); Fieller (1954); Holm (1979); Fabijan et al. (2019), KDD; Miratrix, Sekhon & Yu (2013), *JRSS B* 75:369
//! (comparison within groups); Deng et al. (2013) for what a pre-period could add.

mod arms;
mod caveats;
mod dataset;
mod decision;
mod facts;
mod lift_row;
mod measure;
mod page;
mod page_details;
mod recommend;
mod tables;
#[cfg(test)]
mod tests;
mod verdicts;

use serde::{Deserialize, Serialize};

pub use dataset::CampaignFrames;

use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, DAILY_SALES, Dataset, PRODUCTS, REDEMPTIONS, Source,
};
use crate::job::{Job, Progress, RunContext};
use crate::publication::Publication;
use crate::published::{CAMPAIGN_LIFT, Table};
use crate::quantities::{Days, Share};

/// The parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CampaignLift {
    /// Campaigns that started more than this many days before the as-of date are left out.
    pub history_days: Days,
    /// Margin per unit of net revenue. When absent it is computed from a year of `daily_sales` and `products.unit_cost`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_share: Option<Share>,
    /// Planned share of the control group where assignments name no probabilities; the other arms share the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_share: Option<Share>,
    /// Whether the spend in `campaign_outcomes` is net or gross of the campaign's discounts.
    pub outcome_spend: OutcomeSpend,
}

/// What the metric `spend` of `campaign_outcomes` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeSpend {
    /// Amounts received, after discounts; as `customer_days` always is.
    AfterDiscount,
    /// Amounts at the full price.
    BeforeDiscount,
}

impl Default for CampaignLift {
    fn default() -> Self {
        Self {
            history_days: Days::literal(400),
            margin_share: None,
            control_share: None,
            outcome_spend: OutcomeSpend::AfterDiscount,
        }
    }
}

impl Job for CampaignLift {
    const KIND: &'static str = "campaign_lift";
    const DECIDES: &'static str = "what each campaign caused, and whether it paid";
    const NEEDS: &'static [&'static Dataset] = &[&CAMPAIGNS, &ASSIGNMENTS];
    const USES: &'static [&'static Dataset] =
        &[&CUSTOMER_DAYS, &CAMPAIGN_OUTCOMES, &REDEMPTIONS, &PRODUCTS, &DAILY_SALES];
    const PUBLISHES: &'static [&'static Table] = &[&CAMPAIGN_LIFT];
    type Dataset = CampaignFrames;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<CampaignFrames> {
        dataset::load(self, ctx, source).await
    }

    fn recommend(&self, ctx: &RunContext, frames: &CampaignFrames, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, frames, progress)
    }
}
