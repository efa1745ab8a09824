//! What demand can possibly be: a bound for forecasts that no model may break, whatever its errors say.

use rayon::prelude::*;

use crate::forecast::quantiles::DemandQuantiles;

/// Demand of a span is at most this many times the largest that the group ever had in as long a span.
const LARGEST_GROWTH: f64 = 5.0;

/// The largest demand that a group of series can have, by the number of periods.
#[derive(Clone, Debug, PartialEq)]
pub struct DemandCeiling {
    /// `by_length[h]`: of h + 1 periods together, in units.
    by_length: Vec<f64>,
}

impl DemandCeiling {
    /// From the histories of a group (units per period, oldest first; `NaN` = not observed, counted as nothing), for totals of
    /// up to `horizon` periods: C_h = 5 times the largest of their [`largest_sum`]s of h periods.
    ///
    /// ```
    /// use nightclerk_models::forecast::calibration::DemandCeiling;
    /// let ceiling = DemandCeiling::of(&[&[1.0, 4.0, 3.0]], 3);
    /// assert_eq!([1, 2, 3].map(|periods| ceiling.of_periods(periods)), [20.0, 35.0, 40.0]);
    /// ```
    pub fn of(histories: &[&[f64]], horizon: usize) -> DemandCeiling {
        let largest = |history: &&[f64]| {
            let sums = running_sums(history);
            (1..=horizon).map(|length| largest_difference(&sums, length)).collect()
        };
        let larger = |left: Vec<f64>, right: Vec<f64>| left.iter().zip(&right).map(|(a, b)| a.max(*b)).collect();
        let by_length: Vec<f64> = histories.par_iter().map(largest).reduce(|| vec![0.0; horizon], larger);
        DemandCeiling { by_length: by_length.into_iter().map(|sum| LARGEST_GROWTH * sum).collect() }
    }

    /// The most that `periods` periods can have together, in units; of more than the horizon, that of the horizon.
    pub fn of_periods(&self, periods: usize) -> f64 {
        self.by_length.get(periods.saturating_sub(1)).or(self.by_length.last()).copied().unwrap_or(0.0)
    }

    /// Lowers means and quantiles to what is possible.
    pub fn bound(&self, mean: &mut [f64], quantiles: &mut DemandQuantiles) {
        let period = self.of_periods(1);
        for value in mean.iter_mut().chain(quantiles.per_period.iter_mut().flatten()) {
            *value = value.min(period);
        }
        for (ahead, row) in quantiles.total.iter_mut().enumerate() {
            let most = self.of_periods(ahead + 1);
            for value in row {
                *value = value.min(most);
            }
        }
    }
}

/// The largest demand of `length` consecutive periods of a history, in its unit; of one that is shorter, its sum in proportion.
/// Never below zero; what was not observed (`NaN`) counts as nothing.
pub fn largest_sum(history: &[f64], length: usize) -> f64 {
    largest_difference(&running_sums(history), length)
}

/// `[0, y_1, y_1 + y_2, ...]`.
fn running_sums(history: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |value: &f64| {
        sum += if value.is_finite() { *value } else { 0.0 };
        sum
    };
    let mut sums = vec![0.0];
    sums.extend(history.iter().map(add));
    sums
}

fn largest_difference(sums: &[f64], length: usize) -> f64 {
    let n = sums.len() - 1;
    if length <= n {
        sums.iter().zip(&sums[length..]).fold(0.0, |most, (from, to)| f64::max(most, to - from))
    } else {
        (sums[n] * length as f64 / n.max(1) as f64).max(0.0)
    }
}
