//! Who gets which offer under the budget, and who is held out by chance.
//!
//! # Decides
//! One list per night: customers whose purchase the offer is expected to *cause*, ranked by value per cost until the
//! budget is used up; a random part of the selected gets nothing, so that the next campaign score can tell whether it paid.
//!
//! # From
//! `customers` (consent, contact hash, attributes), `suppressions`, `offers`; past randomised campaigns with their
//! `assignments`, ours included, that ended by the as-of date, their outcomes from `campaign_outcomes` where given and
//! else from `customer_days` between first and last day; `products` and `daily_sales` for the margin.
//!
//! # Model
//! Features known before the campaign began: recency, orders, spend and coupon use over 28, 90 and 365 days, tenure, and
//! attributes as they are today. Campaigns are pooled; so that neither an arm's share nor a shared control group can
//! pass for an effect, each customer counts once among overlapping campaigns (drawn by chance, blind to the arm) and
//! campaigns are thinned at random to one common share of treated. [`crate::models::uplift::heterogeneity_gate`] decides
//! out of fold whether customers can be told apart; then a two-model learner, calibrated, gives each customer's uplift.
//! Otherwise everybody is expected to have the average effect and the order is random.
//!
//! Per contact, in money: `purchase` is the chance to order within the campaign's days, `1 - exp(-orders per day * days)`
//! from the customer's last year plus the uplift (the conversion of the treated where there are no orders), and whoever
//! orders is assumed to redeem. `discount = purchase * (value off, or rate * mean spend of a buyer)`.
//! - metric `conversion`: `value = uplift * mean spend of a buyer among controls * margin - discount - contact_cost`;
//! - metric `spend`: `value = uplift * margin - (1 - margin) * discount - contact_cost`, because spend is measured after
//!   the discount: with extra sales `G` and discount `D`, profit is `margin * G - D` and measured spend is `G - D`.
//!
//! # Publishes
//! `coupon_targets` (treated only), `coupon_assignments` (both arms), `coupon_campaigns` (the list as a campaign),
//! `coupon_drops` (what happened to every customer; the counts add up).
//!
//! # Degrades
//! Without enough randomised history: a small random list as an experiment, worth `exploration_budget_share` of the
//! budget. Average effect not worth its cost: an empty list. Each fallback is a caveat. Consent that is not known is no.
//!
//! # Files, from the bottom up
//! - What is known: `dataset` (reads), `purchases`, `facts`, `features`.
//! - Who reacts: `training_rows`, `training`.
//! - The list: `eligibility`, `selection`, `list_head`; what earlier ones brought: `grade`; who was on those in the shadow: `beside`.
//! - What is decided: `decision`.
//! - What people get: `tables`, `caveats`, `page_details`, `page`; and `explain`, from what was published.
//! - In which order all this happens: `recommend`.
//!
//! # References
//! Radcliffe (2007) for Qini; Künzel et al. (2019), *PNAS* 116:4156, for the two-model learner; Chernozhukov et al. (2018)
//! for the calibration; Dantzig (1957) for the budget.

mod beside;
#[cfg(test)]
mod beside_tests;
mod caveats;
mod dataset;
mod decision;
mod eligibility;
mod explain;
mod facts;
mod features;
mod grade;
mod list_head;
mod page;
mod page_details;
mod purchases;
mod recommend;
mod selection;
mod tables;
#[cfg(test)]
mod tests;
mod training;
mod training_rows;

use serde::{Deserialize, Serialize};

pub use dataset::CouponFrames;

use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, CUSTOMERS, DAILY_SALES, Dataset, OFFERS, PRODUCTS,
    SUPPRESSIONS, Source,
};
use crate::explain::Explanation;
use crate::job::{Job, Progress, RunContext};
use crate::publication::Publication;
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_DROPS, COUPON_TARGETS, Table};
use crate::quantities::{Amount, Count, Days, Share};

/// The parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CouponTargets {
    /// The offer to send; when absent the one that the newest training campaign carried, else the first in `offers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_id: Option<String>,
    /// Most that a list may be expected to cost, contact and discount, in major currency units.
    pub budget: Amount,
    /// Cost of one contact, in major currency units.
    pub contact_cost: Amount,
    /// Share of the price that is left after the cost of goods; when absent, taken from `products` and `daily_sales`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_share: Option<Share>,
    /// Probability with which a selected customer is held out.
    pub holdout_share: Share,
    /// Share of the budget for customers drawn at random, so that the model keeps learning about those it does not choose.
    pub exploration_share: Share,
    /// Share of the budget for a random list when there is nothing to learn from yet.
    pub exploration_budget_share: Share,
    /// Probability with which a customer of such a list is held out: half and half teaches most.
    pub experiment_holdout_share: Share,
    /// A customer gets at most one offer from our lists in this many days.
    pub contact_window_days: Days,
    /// Whether customers in other campaigns that still run, in whatever arm, are left out.
    pub exclude_running_campaigns: bool,
    /// Days that the list counts as a campaign, from the day after the as-of date.
    pub campaign_days: Days,
    /// Days in which the list may be sent, from the day after the as-of date.
    pub send_window_days: Days,
    /// Kinds of campaigns to learn from, beside our own lists; every kind when there are none of these or when empty.
    pub train_on: Vec<String>,
    /// Fewest customers in past randomised campaigns for learning at all.
    pub min_training_customers: Count,
    /// Most customers that are learnt from; more are sampled at random.
    pub max_training_customers: Count,
    /// Whether only customers with `consent_marketing` may be on a list.
    pub require_consent: bool,
    /// What a campaign is to bring: customers who order (`conversion`, steadier) or money (`spend`).
    pub metric: UpliftMetric,
}

/// What uplift is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpliftMetric {
    /// At least one order within the campaign.
    Conversion,
    /// Minor currency units spent within the campaign, discounts deducted.
    Spend,
}

impl UpliftMetric {
    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conversion => "conversion",
            Self::Spend => "spend",
        }
    }
}

impl Default for CouponTargets {
    fn default() -> Self {
        Self {
            offer_id: None,
            budget: Amount::literal(1000.0),
            contact_cost: Amount::literal(0.5),
            margin_share: None,
            holdout_share: Share::literal(0.1),
            exploration_share: Share::literal(0.02),
            exploration_budget_share: Share::literal(0.25),
            experiment_holdout_share: Share::literal(0.5),
            contact_window_days: Days::literal(28),
            exclude_running_campaigns: true,
            campaign_days: Days::literal(14),
            send_window_days: Days::literal(3),
            train_on: vec!["coupon".to_owned()],
            min_training_customers: Count::literal(1000),
            max_training_customers: Count::literal(200_000),
            require_consent: true,
            metric: UpliftMetric::Conversion,
        }
    }
}

impl CouponTargets {
    /// The uplift that the model expects of a contact, for every customer in order of id, eligible or not; `None` where
    /// past campaigns do not tell customers apart. For those who judge the ranking.
    ///
    /// # Errors
    /// When the datasets cannot be shaped.
    pub fn expected_uplift(
        &self,
        ctx: &RunContext,
        frames: &CouponFrames,
    ) -> anyhow::Result<Option<Vec<(String, f64)>>> {
        recommend::expected_uplift(self, ctx, frames)
    }
}

impl Job for CouponTargets {
    const KIND: &'static str = "coupon_targets";
    const DECIDES: &'static str = "who gets which offer under the budget, and who is held out";
    const NEEDS: &'static [&'static Dataset] = &[&CUSTOMERS, &CAMPAIGNS, &ASSIGNMENTS];
    const USES: &'static [&'static Dataset] =
        &[&CUSTOMER_DAYS, &CAMPAIGN_OUTCOMES, &OFFERS, &SUPPRESSIONS, &PRODUCTS, &DAILY_SALES];
    const PUBLISHES: &'static [&'static Table] =
        &[&COUPON_TARGETS, &COUPON_ASSIGNMENTS, &COUPON_CAMPAIGNS, &COUPON_DROPS];
    const EXPLAINS: Option<&'static Explanation> = Some(&explain::COUPON);
    type Dataset = CouponFrames;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<CouponFrames> {
        dataset::load(self, ctx, source).await
    }

    fn recommend(&self, ctx: &RunContext, frames: &CouponFrames, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, frames, progress)
    }
}
