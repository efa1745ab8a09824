//! Reads what a list is made from.

use polars::prelude::DataFrame;

use super::CouponTargets;
use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, CUSTOMERS, DAILY_SALES, OFFERS, PRODUCTS, PublishedAt,
    SUPPRESSIONS, Source,
};
use crate::job::{Mode, RunContext};
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS};

/// The frames of one run, as read; `None` where there is no such dataset.
#[derive(Clone, Debug, Default)]
pub struct CouponFrames {
    /// `customers`.
    pub customers: DataFrame,
    /// `campaigns`.
    pub campaigns: Option<DataFrame>,
    /// `assignments`.
    pub assignments: Option<DataFrame>,
    /// `customer_days`.
    pub customer_days: Option<DataFrame>,
    /// `campaign_outcomes`.
    pub campaign_outcomes: Option<DataFrame>,
    /// `offers`.
    pub offers: Option<DataFrame>,
    /// `suppressions`.
    pub suppressions: Option<DataFrame>,
    /// `products`, unless the margin is a parameter.
    pub products: Option<DataFrame>,
    /// `daily_sales`, unless the margin is a parameter.
    pub daily_sales: Option<DataFrame>,
    /// Our own lists of earlier dates: `coupon_campaigns`.
    pub own_campaigns: Option<DataFrame>,
    /// Our own lists of earlier dates: `coupon_assignments`.
    pub own_assignments: Option<DataFrame>,
    /// Those made in the shadow, which nobody got: `coupon_assignments`; where the job runs there.
    pub shadow_assignments: Option<DataFrame>,
}

/// Reads. Our own lists only from before the as-of date, so that a second run of a date gives the same list.
pub(super) async fn load(
    params: &CouponTargets,
    ctx: &RunContext,
    source: &Source<'_>,
) -> anyhow::Result<CouponFrames> {
    let before = PublishedAt::Before(ctx.as_of);
    let shadow = match ctx.mode {
        Mode::Shadow => source.read_published(&COUPON_ASSIGNMENTS, PublishedAt::ShadowBefore(ctx.as_of)).await?,
        Mode::Live => None,
    };
    let with_margin = params.margin_share.is_none();
    Ok(CouponFrames {
        customers: source.read(&CUSTOMERS).await?,
        campaigns: source.read_if_present(&CAMPAIGNS).await?,
        assignments: source.read_if_present(&ASSIGNMENTS).await?,
        customer_days: source.read_if_present(&CUSTOMER_DAYS).await?,
        campaign_outcomes: source.read_if_present(&CAMPAIGN_OUTCOMES).await?,
        offers: source.read_if_present(&OFFERS).await?,
        suppressions: source.read_if_present(&SUPPRESSIONS).await?,
        products: if with_margin { source.read_if_present(&PRODUCTS).await? } else { None },
        daily_sales: if with_margin { source.read_if_present(&DAILY_SALES).await? } else { None },
        own_campaigns: source.read_published(&COUPON_CAMPAIGNS, before).await?.map(|published| published.frame),
        shadow_assignments: shadow.map(|published| published.frame),
        own_assignments: source.read_published(&COUPON_ASSIGNMENTS, before).await?.map(|published| published.frame),
    })
}
