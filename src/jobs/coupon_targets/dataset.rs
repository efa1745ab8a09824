//! Reads what a list is made from.

use polars::prelude::{DataFrame, DataType, PolarsResult, StringChunked};

use super::CouponTargets;
use crate::datasets::{
    ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, CUSTOMER_DAYS, CUSTOMERS, DAILY_SALES, OFFERS, PRODUCTS, PublishedAt,
    SUPPRESSIONS, Source,
};
use crate::job::RunContext;
use crate::published::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS};

/// The frames of one run, as read.
#[derive(Clone, Debug, Default)]
pub struct CouponFrames {
    /// `customers`.
    pub customers: DataFrame,
    /// `campaigns`; may be empty.
    pub campaigns: DataFrame,
    /// `assignments`; may be empty.
    pub assignments: DataFrame,
    /// `customer_days`, when there is such a dataset.
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
}

/// Reads. Our own lists only from before the as-of date, so that a second run of a date gives the same list.
pub(super) async fn load(
    params: &CouponTargets,
    ctx: &RunContext,
    source: &Source<'_>,
) -> anyhow::Result<CouponFrames> {
    let before = PublishedAt::Before(ctx.as_of);
    let with_margin = params.margin_share.is_none();
    Ok(CouponFrames {
        customers: source.read(&CUSTOMERS).await?,
        campaigns: source.read_if_present(&CAMPAIGNS).await?.unwrap_or_default(),
        assignments: source.read_if_present(&ASSIGNMENTS).await?.unwrap_or_default(),
        customer_days: source.read_if_present(&CUSTOMER_DAYS).await?,
        campaign_outcomes: source.read_if_present(&CAMPAIGN_OUTCOMES).await?,
        offers: source.read_if_present(&OFFERS).await?,
        suppressions: source.read_if_present(&SUPPRESSIONS).await?,
        products: if with_margin { source.read_if_present(&PRODUCTS).await? } else { None },
        daily_sales: if with_margin { source.read_if_present(&DAILY_SALES).await? } else { None },
        own_campaigns: source.read_published(&COUPON_CAMPAIGNS, before).await?.map(|published| published.frame),
        own_assignments: source.read_published(&COUPON_ASSIGNMENTS, before).await?.map(|published| published.frame),
    })
}

/// A column as texts; all `None` when it is absent.
pub(super) fn texts<'f>(frame: &'f DataFrame, name: &str) -> PolarsResult<Vec<Option<&'f str>>> {
    let Ok(column) = frame.column(name) else { return Ok(vec![None; frame.height()]) };
    let series = column.as_materialized_series();
    if *series.dtype() == DataType::Null {
        return Ok(vec![None; frame.height()]);
    }
    let values: &StringChunked = series.str()?;
    Ok(values.iter().collect())
}

/// A numeric, date or flag column as reals; dates are days since 1970-01-01. All `None` when it is absent.
pub(super) fn reals(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<f64>>> {
    let Ok(column) = frame.column(name) else { return Ok(vec![None; frame.height()]) };
    let series = column.as_materialized_series();
    let physical = if *series.dtype() == DataType::Date { series.cast(&DataType::Int32)? } else { series.clone() };
    let cast = physical.cast(&DataType::Float64)?;
    Ok(cast.f64()?.iter().collect())
}

/// The same as whole numbers, money and instants without loss.
pub(super) fn integers(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i64>>> {
    let Ok(column) = frame.column(name) else { return Ok(vec![None; frame.height()]) };
    let series = column.as_materialized_series();
    let physical = if *series.dtype() == DataType::Date { series.cast(&DataType::Int32)? } else { series.clone() };
    let cast = physical.cast(&DataType::Int64)?;
    Ok(cast.i64()?.iter().collect())
}

/// Dates as days since 1970-01-01.
pub(super) fn days(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i32>>> {
    Ok(integers(frame, name)?.into_iter().map(|day| day.map(|day| day as i32)).collect())
}
