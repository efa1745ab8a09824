//! One series of counts, as it is given and as it is read.

use super::pmf::LARGEST_MEAN;
use crate::forecast::series::observed_mean;

/// Periods of history that are read; older ones change nothing.
const LONGEST_HISTORY: usize = 400;
/// One series of counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountSeries<'a> {
    /// Demand per period, oldest first; `NaN` = not observed. Negative demand (a return) counts as none.
    pub demand: &'a [f64],
    /// What the level is multiplied by in each period of history **and** horizon (season, event, promotion); empty = one.
    pub factor: &'a [f64],
}

/// A series cut and cleaned: whole non-negative counts or `NaN`, a factor for each.
pub(super) struct Prepared {
    pub demand: Vec<f64>,
    pub factor: Vec<f64>,
}

impl Prepared {
    pub fn new(series: CountSeries, horizon: usize) -> Prepared {
        let skip = series.demand.len().saturating_sub(LONGEST_HISTORY);
        let demand: Vec<f64> = series.demand[skip..]
            .iter()
            .map(|y| if y.is_finite() { y.round().clamp(0.0, LARGEST_MEAN) } else { f64::NAN })
            .collect();
        let mut factor: Vec<f64> =
            series.factor.iter().skip(skip).map(|f| if f.is_finite() { f.clamp(0.01, 100.0) } else { 1.0 }).collect();
        factor.resize(demand.len() + horizon, 1.0);
        Prepared { demand, factor }
    }

    /// Largest demand of a series in the history that is read, zero without any.
    pub fn largest(series: CountSeries) -> f64 {
        let skip = series.demand.len().saturating_sub(LONGEST_HISTORY);
        series.demand[skip..].iter().copied().filter(|y| y.is_finite()).fold(0.0, f64::max)
    }

    pub fn has_demand(&self, n_periods: usize) -> bool {
        self.demand[..n_periods].iter().any(|y| *y > 0.0)
    }

    /// Mean absolute step of the demand; one when there is none.
    pub fn scale(&self) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for pair in self.demand.windows(2) {
            let step = (pair[1] - pair[0]).abs();
            if step.is_finite() {
                sum += step;
                count += 1.0;
            }
        }
        if sum > 0.0 { sum / count } else { 1.0 }
    }
}

/// Mean demand per period of factor one over all series, each with the same weight.
pub(super) fn group_mean(series: &[Prepared]) -> f64 {
    let rates: Vec<f64> = series
        .iter()
        .map(|series| {
            let (mut sum, mut exposure) = (0.0, 0.0);
            for (y, factor) in series.demand.iter().zip(&series.factor).filter(|(y, _)| y.is_finite()) {
                sum += y;
                exposure += factor;
            }
            sum / exposure
        })
        .collect();
    let mean = observed_mean(&rates);
    if mean.is_finite() { mean } else { 0.0 }
}
