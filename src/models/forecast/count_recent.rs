//! The recent past of one series as a distribution: what sums of as many periods came to, newer ones counting more.

use super::count_pmf::CountPmf;

/// Runs so old count for nothing.
const NEGLIGIBLE_WEIGHT: f64 = 1e-4;

/// A weighted empirical distribution and how many independent observations it is worth.
pub(super) struct Recent {
    pub pmf: CountPmf,
    pub effective: f64,
}

/// Distribution of the total over `length` periods from period `from` on, from all runs of `length` observed periods in
/// `demand` (overlapping: the moving-block bootstrap of the total, without its Monte Carlo error).
///
/// A run counts (1 - 1/memory)^age and is moved to the future season: its total x the factors of the future / its own.
/// Worth: Kish's effective number (Σw)² / Σw² of the runs, divided by `length` for their overlap, plus nothing for runs
/// that are not fully observed. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
/// Statistics 17 (1989), 1217-1241.
pub(super) fn recent_totals(demand: &[f64], factor: &[f64], from: usize, length: usize, memory: f64) -> Recent {
    recent_runs(demand, factor, factor.iter().skip(from).take(length).sum(), length, memory)
}

/// The same for runs of `length` periods whose factors come to `ahead`.
pub(super) fn recent_runs(demand: &[f64], factor: &[f64], ahead: f64, length: usize, memory: f64) -> Recent {
    let discount = 1.0 - 1.0 / memory;
    let (mut weight, mut sum, mut squares) = (1.0, 0.0, 0.0);
    let mut values = Vec::with_capacity(demand.len());
    for end in (length..=demand.len()).rev() {
        let run = end - length..end;
        let total: f64 = demand[run.clone()].iter().sum();
        if total.is_finite() {
            let own: f64 = factor[run].iter().sum();
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
