//! Where a series begins: with its data, or with its first sale.

use crate::forecast::series::observed_count;

/// Periods after the first demand from which on they show a rate.
const FEW_PERIODS: usize = 4;
/// Units at once that no slow seller sells.
const LARGE: f64 = 30.0;

/// First period of the series: that of the first sale, or zero where the silence before it may be chance; `None` when nothing
/// was sold.
pub(crate) fn first_period(demand: &[f64]) -> Option<usize> {
    let has_demand = |value: &&f64| value.is_finite() && **value > 0.0;
    let first = demand.iter().position(|value| has_demand(&value))?;
    let after = &demand[first + 1..];
    let (before, periods_after) = (observed_count(&demand[..first]), observed_count(after));
    let demands_after = after.iter().filter(has_demand).count();
    // What had no time to show a rate is new when more was sold at once than slow sellers sell.
    let begins_large = periods_after < FEW_PERIODS && demand[first] >= LARGE;
    let is_chance = silence_is_chance(before, demands_after, periods_after) && !begins_large;
    Some(if is_chance { 0 } else { first })
}

/// Whether the periods before the first demand passed without one by chance, so that they belong to the series.
///
/// The first sale of a slow seller is not its launch, and to begin the series there overstates demand: we look because of it.
/// Over many slow sellers that adds up. So the rate is taken from what came after the first demand; the silence before it
/// is chance when fewer than 3 demands were to be expected in it (p > 0.05 for a Poisson process). Otherwise the product
/// is new.
///
/// ```
/// use nightclerk_models::forecast::lifecycle::silence_is_chance;
/// assert!(silence_is_chance(200, 0, 164)); // one sale a year, 200 days in
/// assert!(!silence_is_chance(200, 90, 100)); // sells nearly every day, and nothing for 200 days
/// ```
pub fn silence_is_chance(periods_before: usize, demands_after_first: usize, periods_after_first: usize) -> bool {
    let rate = demands_after_first as f64 / periods_after_first.max(1) as f64;
    rate * (periods_before as f64) < 3.0
}

#[cfg(test)]
mod tests {
    use super::first_period;

    #[test]
    fn a_shop_that_opened_last_week_was_closed_before_and_a_slow_product_was_not() {
        // 11,379 customers in the one week since it opened.
        let opened: Vec<f64> = (0..110).map(|t| if t == 109 { 11_379.0 } else { 0.0 }).collect();
        assert_eq!(first_period(&opened), Some(109));
        let slow: Vec<f64> = (0..110).map(|t| if t == 109 { 2.0 } else { 0.0 }).collect();
        assert_eq!(first_period(&slow), Some(0));
        // One large order long ago, and nothing since, shows the rate of a slow product.
        let once: Vec<f64> = (0..110).map(|t| if t == 40 { 300.0 } else { 0.0 }).collect();
        assert_eq!(first_period(&once), Some(0));
        assert_eq!(first_period(&[0.0; 20]), None);
    }
}
