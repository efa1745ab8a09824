//! Reads what campaigns are scored from.

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::CampaignLift;
use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, DAILY_SALES, LoadError, PRODUCTS, PublishedAt,
    REDEMPTIONS, Source,
};
use crate::job::RunContext;
use crate::published::{CAMPAIGN_LIFT, COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_TARGETS};

/// What campaigns are scored from; the datasets of the same names.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the datasets of the same names")]
pub struct CampaignFrames {
    pub campaigns: DataFrame,
    pub assignments: DataFrame,
    pub customer_days: Option<DataFrame>,
    pub campaign_outcomes: Option<DataFrame>,
    pub redemptions: Option<DataFrame>,
    pub products: Option<DataFrame>,
    pub daily_sales: Option<DataFrame>,
    /// Our own lists: `coupon_campaigns`, `coupon_assignments` and `coupon_targets`, all publications.
    pub our_campaigns: Option<DataFrame>,
    pub our_assignments: Option<DataFrame>,
    pub our_targets: Option<DataFrame>,
    /// Our newest earlier publication.
    pub earlier: Option<(NaiveDate, DataFrame)>,
}

pub(super) async fn load(
    params: &CampaignLift,
    ctx: &RunContext,
    source: &Source<'_>,
) -> anyhow::Result<CampaignFrames> {
    let absent = |name: &str| LoadError::Missing { names: vec![name.to_owned()] };
    // Without rows is fit: on the first nights there may be no campaign yet.
    let campaigns = source.read_if_present(&CAMPAIGNS).await?.ok_or_else(|| absent("campaigns"))?;
    let assignments = source.read_if_present(&ASSIGNMENTS).await?.ok_or_else(|| absent("assignments"))?;
    let customer_days = source.read_if_present(&CUSTOMER_DAYS).await?;
    let campaign_outcomes = source.read_if_present(&CAMPAIGN_OUTCOMES).await?;
    if customer_days.is_none() && campaign_outcomes.is_none() {
        let names = vec!["customer_days".to_owned(), "campaign_outcomes".to_owned()];
        return Err(LoadError::Missing { names }.into());
    }
    let (products, daily_sales) = if params.margin_share.is_none() {
        (source.read_if_present(&PRODUCTS).await?, source.read_if_present(&DAILY_SALES).await?)
    } else {
        (None, None)
    };
    let all = PublishedAt::Before(ctx.as_of);
    let earlier = source.read_published(&CAMPAIGN_LIFT, PublishedAt::Before(ctx.as_of)).await?;
    Ok(CampaignFrames {
        campaigns,
        assignments,
        customer_days,
        campaign_outcomes,
        redemptions: source.read_if_present(&REDEMPTIONS).await?,
        products,
        daily_sales,
        our_campaigns: source.read_published(&COUPON_CAMPAIGNS, all).await?.map(|published| published.frame),
        our_assignments: source.read_published(&COUPON_ASSIGNMENTS, all).await?.map(|published| published.frame),
        our_targets: source.read_published(&COUPON_TARGETS, all).await?.map(|published| published.frame),
        earlier: earlier.map(|published| (published.as_of, published.frame)),
    })
}
