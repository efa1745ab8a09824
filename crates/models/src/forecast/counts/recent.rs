//! The recent past of one series as a distribution: what sums of as many periods came to, newer ones counting more.

use super::pmf::CountPmf;

/// Runs so old count for nothing.
const NEGLIGIBLE_WEIGHT: f64 = 1e-4;

/// A weighted empirical distribution and how many independent observations it is worth.
pub(super) struct Recent {
    pub pmf: CountPmf,
    pub effective: f64,
}

/// A past whose sum over any run of periods costs one subtraction.
pub(super) struct RunningSums {
    demand: Vec<f64>,
    unobserved: Vec<u32>,
    factor: Vec<f64>,
}

impl RunningSums {
    /// `factor` covers the demand and what may be asked for after it.
    pub fn new(demand: &[f64], factor: &[f64]) -> RunningSums {
        let running = |values: &[f64]| -> Vec<f64> {
            let mut sum = 0.0;
            let add = |value: &f64| {
                sum += if value.is_finite() { *value } else { 0.0 };
                sum
            };
            [0.0].into_iter().chain(values.iter().map(add)).collect()
        };
        let mut missing = 0;
        let unobserved = demand.iter().map(|value| {
            missing += u32::from(!value.is_finite());
            missing
        });
        let unobserved = [0].into_iter().chain(unobserved).collect();
        RunningSums { demand: running(demand), unobserved, factor: running(factor) }
    }

    /// Distribution of the total over `length` periods from period `from` on, from all runs of `length` observed periods before
    /// period `n` (overlapping: the moving-block bootstrap of the total, without its Monte Carlo error).
    ///
    /// A run counts (1 - 1/memory)^age and is moved to the future season: its total x the factors of the future / its own.
    /// Worth: Kish's effective number (Σw)² / Σw² of the runs, divided by `length` for their overlap, plus nothing for runs
    /// that are not fully observed. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
    /// Statistics 17 (1989), 1217-1241.
    pub fn totals(&self, n: usize, from: usize, length: usize, memory: f64) -> Recent {
        let within =
            |sums: &[f64], from: usize| sums[(from + length).min(sums.len() - 1)] - sums[from.min(sums.len() - 1)];
        let ahead = within(&self.factor, from);
        let runs = (length..=n).rev().map(|end| {
            let start = end - length;
            let total = (self.unobserved[end] == self.unobserved[start]).then(|| within(&self.demand, start));
            total.map(|total| (total, within(&self.factor, start)))
        });
        weighted(runs, ahead, length, memory)
    }
}

/// Distribution of one period of the given factor, from the observed ones in `demand`, newer ones counting more.
pub(super) fn recent_periods(demand: &[f64], factor: &[f64], ahead: f64, memory: f64) -> Recent {
    let periods = demand.iter().zip(factor).rev();
    weighted(periods.map(|(value, own)| value.is_finite().then_some((*value, *own))), ahead, 1, memory)
}

/// Runs of `length` periods, newest first, each with its total and its factors; `None` = not observed throughout.
fn weighted(runs: impl Iterator<Item = Option<(f64, f64)>>, ahead: f64, length: usize, memory: f64) -> Recent {
    let discount = 1.0 - 1.0 / memory;
    let (mut weight, mut sum, mut squares) = (1.0, 0.0, 0.0);
    let mut values = Vec::with_capacity(runs.size_hint().0);
    for run in runs {
        if let Some((total, own)) = run {
            values.push((if own > 0.0 { total * ahead / own } else { total }, weight));
            sum += weight;
            squares += weight * weight;
        }
        weight *= discount;
        if weight < NEGLIGIBLE_WEIGHT {
            break;
        }
    }
    let effective = if squares > 0.0 { sum * sum / squares / length as f64 } else { 0.0 };
    Recent { pmf: CountPmf::empirical(values), effective }
}
