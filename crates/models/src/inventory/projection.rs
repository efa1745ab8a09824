//! What happens to stock if nothing more is ordered: stock-outs ahead, and stock that will not sell.

use chrono::NaiveDate;

use super::{DemandOutlook, InventoryError, MILLI, add_days, check_service_level, milli_up};

/// Longest look ahead for the date when stock is sold through, in days (ten years).
const LONGEST_LOOK: usize = 3653;

/// Goods that will arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Days after `as_of`: 1 is the first day of the outlook. They serve the demand of that day. 0 (overdue) counts as day 1.
    pub day: usize,
    /// Quantity, in thousandths of a unit.
    pub quantity_milli: i64,
}

/// What a projection starts from.
#[derive(Debug, Clone, Copy)]
pub struct ProjectionRequest<'a> {
    /// Last complete day.
    pub as_of: NaiveDate,
    /// Usable stock at its close (on hand less reserved); below 0 counts as 0.
    pub available_milli: i64,
    /// Arrivals, in any order.
    pub receipts: &'a [Receipt],
    /// Demand from the day after `as_of`.
    pub outlook: DemandOutlook<'a>,
    /// Probability of no stock-out that is aimed at.
    pub service_level: f64,
    /// Days to look ahead; usually until the next order can have arrived.
    pub days: usize,
    /// Selling price or margin of one unit, for the value of lost sales.
    pub unit_value: Option<f64>,
}

/// Stock-outs ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct StockProjection {
    /// Stock at the close of each day when demand equals its mean and unmet demand is lost, in units.
    pub closing: Vec<f64>,
    /// First day that closes with nothing on the shelf (its demand may still have been served in full).
    pub first_empty_on: Option<NaiveDate>,
    /// First day whose mean demand cannot be served in full.
    pub first_short_on: Option<NaiveDate>,
    /// First day by which the probability of having run out exceeds `1 - service_level`.
    pub at_risk_on: Option<NaiveDate>,
    /// Demand lost within the days looked at when every day takes its mean, in units. A lower bound: variation loses more.
    pub lost_units: f64,
    /// `lost_units` in money; `None` without a unit value.
    pub lost_value: Option<f64>,
    /// The least that supply exceeds the `service_level` quantile of demand by on any of the days, in thousandths; below 0 where it does
    /// not. Without days, what is available.
    pub least_left_milli: i64,
}

/// Projects stock day by day (receive, then serve).
///
/// `closing_t = max(closing_{t-1} + receipts_t - mean_t, 0)`. The risk date compares totals: the first day `t` with
/// `quantile(service_level, demand of days 1..=t) > available + receipts up to t`, which ignores that demand lost before a receipt
/// does not draw on it; after a mean stock-out it can therefore be early, never late.
///
/// # Errors
/// [`InventoryError`] for a service level, outlook or date outside what is allowed.
pub fn project_stock(request: &ProjectionRequest<'_>) -> Result<StockProjection, InventoryError> {
    check_service_level(request.service_level)?;
    request.outlook.check()?;
    let mut on_hand = request.available_milli.max(0) as f64 / MILLI;
    let mut supplied = on_hand;
    let mut lost_units = 0.0;
    let (mut empty, mut short, mut at_risk) = (None, None, None);
    let mut least_left_milli = request.available_milli.max(0);
    let mut closing = Vec::with_capacity(request.days);
    for day in 1..=request.days {
        let arriving: i64 = request
            .receipts
            .iter()
            .filter(|receipt| receipt.day.max(1) == day)
            .map(|receipt| receipt.quantity_milli.max(0))
            .sum();
        on_hand += arriving as f64 / MILLI;
        supplied += arriving as f64 / MILLI;
        let demand = request.outlook.mean_of_day(day - 1);
        let unmet = (demand - on_hand).max(0.0);
        on_hand = (on_hand - demand).max(0.0);
        lost_units += unmet;
        closing.push(on_hand);
        // A billionth of a unit is binary noise, not a stock-out.
        short = short.or((unmet > 1e-9).then_some(day));
        empty = empty.or((on_hand <= 1e-9).then_some(day));
        let needed = request.outlook.table(day).quantile(request.service_level, false).units;
        if needed > supplied + 1e-9 {
            at_risk = at_risk.or(Some(day));
        }
        least_left_milli = least_left_milli.min((supplied * MILLI).round() as i64 - milli_up(needed));
    }
    let date = |day: Option<usize>| day.map(|day| add_days(request.as_of, day as u64)).transpose();
    Ok(StockProjection {
        closing,
        first_empty_on: date(empty)?,
        first_short_on: date(short)?,
        at_risk_on: date(at_risk)?,
        lost_units,
        lost_value: request.unit_value.map(|value| value * lost_units),
        least_left_milli,
    })
}

/// Days that stock lasts at mean demand, with the last day counted in part. `None` when no demand is forecast (stock never sells) or
/// when it lasts more than ten years: there is no number to report, and 999 would be an invented one. No stock is 0 days.
///
/// The outlook must have been checked.
///
/// ```
/// use nightclerk_models::inventory::{DemandOutlook, days_of_cover};
/// let rows = vec![vec![20.0, 20.0], vec![50.0, 50.0], vec![90.0, 90.0], vec![140.0, 140.0]];
/// let outlook = DemandOutlook { levels: &[0.1, 0.9], total_quantiles: &rows, mean: &[20.0, 30.0, 40.0, 50.0] };
/// assert_eq!(days_of_cover(100_000, &outlook), Some(3.2)); // 20 + 30 + 40, then 10 of 50
/// ```
pub fn days_of_cover(stock_milli: i64, outlook: &DemandOutlook<'_>) -> Option<f64> {
    let mut left = stock_milli.max(0) as f64 / MILLI;
    if left <= 0.0 {
        return Some(0.0);
    }
    for day in 0..LONGEST_LOOK {
        let demand = outlook.mean_of_day(day);
        if demand > 0.0 && demand >= left {
            return Some(day as f64 + left / demand);
        }
        left -= demand;
    }
    None
}

/// Stock beyond what should be held.
#[derive(Debug, Clone, PartialEq)]
pub struct Overstock {
    /// Days the stock lasts at mean demand; `None` when it never sells through.
    pub days_of_cover: Option<f64>,
    /// Units beyond the demand of the threshold days, in thousandths.
    pub excess_milli: i64,
    /// The same in money; `None` without a unit cost.
    pub excess_value: Option<f64>,
    /// Day on which the last unit sells at mean demand; `None` when never.
    pub sold_through_on: Option<NaiveDate>,
}

/// Reports stock that lasts longer than `threshold_days`; `None` when it does not, or when there is none.
///
/// Excess is stock less the larger of the `service_level` quantile of demand over the threshold days and `minimum_display_milli`
/// (units that must stand on the shelf). Both conditions must hold: cover above the threshold and excess above 0.
/// `request.receipts` count towards the stock; `request.days` is the threshold; `request.unit_value` is the unit cost.
///
/// # Errors
/// As [`project_stock`].
pub fn find_overstock(
    request: &ProjectionRequest<'_>,
    minimum_display_milli: i64,
) -> Result<Option<Overstock>, InventoryError> {
    let sellable = request.outlook.total_at(request.days, request.service_level)?.units;
    let stock = request.available_milli.max(0)
        + request.receipts.iter().map(|receipt| receipt.quantity_milli.max(0)).sum::<i64>();
    let excess_milli = stock - milli_up(sellable).max(minimum_display_milli);
    let days_of_cover = days_of_cover(stock, &request.outlook);
    if excess_milli <= 0 || days_of_cover.is_some_and(|days| days <= request.days as f64) {
        return Ok(None);
    }
    let sold_through_on = days_of_cover.map(|days| add_days(request.as_of, days.ceil() as u64)).transpose()?;
    let excess_value = request.unit_value.map(|value| value * excess_milli as f64 / MILLI);
    Ok(Some(Overstock { days_of_cover, excess_milli, excess_value, sold_through_on }))
}
