//! Where a series begins: with its data, or with its first sale.

use crate::forecast::series::observed_count;

/// First period of the series: that of the first sale, or zero where the silence before it may be chance; `None` when nothing
/// was sold.
pub(crate) fn first_period(demand: &[f64]) -> Option<usize> {
    let has_demand = |value: &&f64| value.is_finite() && **value > 0.0;
    let first = demand.iter().position(|value| has_demand(&value))?;
    let after = &demand[first + 1..];
    let (before, periods_after) = (observed_count(&demand[..first]), observed_count(after));
    let is_chance = silence_is_chance(before, after.iter().filter(has_demand).count(), periods_after);
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
