//! The constants of a group of counts, chosen by their loss over rolling origins inside the training part.

use serde::{Deserialize, Serialize};

use super::boosted_quantiles::CountBoost;
use super::count_series::Prepared;
use super::pmf::CountPmf;
use super::rate_levels::{JUDGED_LEVELS, RateLevels, Trial, pinball};
use super::recent::{Recent, RunningSums, recent_periods};
use super::small_models::{Outlook, SmallModel};
use rayon::prelude::*;

/// Memories tried for the series' own past.
const RECENT_MEMORIES: [f64; 3] = [10.0, 30.0, 100.0];
/// Periods of its own past that the model is worth, as tried. The last leaves the past out.
const MODEL_PERIODS: [f64; 5] = [10.0, 30.0, 80.0, 200.0, f64::INFINITY];
/// Squared coefficients of variation tried for the drift of a level over a horizon.
const DRIFTS: [f64; 5] = [0.0, 0.05, 0.12, 0.25, 0.5];

/// Shares of boosted quantiles that are tried.
const BOOST_SHARES: [f64; 4] = [0.0, 0.35, 0.7, 1.0];

/// How much a series' own past counts beside its model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OwnPast {
    /// Memory of the past in periods.
    pub memory: f64,
    /// Periods of the past that the model is worth.
    pub model_periods: f64,
}

impl OwnPast {
    pub fn mix(self, model: &CountPmf, recent: &Recent) -> CountPmf {
        let share = recent.effective / (recent.effective + self.model_periods);
        if share > 0.0 { CountPmf::mixture([(1.0 - share, model), (share, &recent.pmf)]) } else { model.clone() }
    }
}

/// A series at a rolling origin: what is known, and what came.
pub(super) struct Window {
    pub models: Vec<SmallModel>,
    pub scale: f64,
    pub cutoff: usize,
    pub series: usize,
}

fn loss(pmf: &CountPmf, actual: f64, scale: f64) -> f64 {
    let quantiles = pmf.quantiles(&JUDGED_LEVELS);
    JUDGED_LEVELS.iter().zip(quantiles).map(|(level, quantile)| pinball(actual, quantile, *level)).sum::<f64>() / scale
}

/// Index of the smallest sum; the first of equals.
fn smallest(sums: &[f64]) -> usize {
    (0..sums.len()).min_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0)
}

fn add(mut a: Vec<f64>, b: &[f64]) -> Vec<f64> {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
    a
}

/// At most twelve of the periods ahead: neighbours say nearly the same.
fn judged_periods(cutoff: usize, horizon: usize) -> impl Iterator<Item = usize> {
    (cutoff..cutoff + horizon).step_by(horizon.div_ceil(12).max(1))
}

/// Mixture of model and own past for periods, and working levels for it, by pinball loss over the windows.
pub(super) fn choose_period(windows: &[Window], series: &[Prepared], horizon: usize) -> (OwnPast, RateLevels) {
    let n_choices = RECENT_MEMORIES.len() * MODEL_PERIODS.len();
    let rows: Vec<Vec<f64>> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut sums = vec![0.0; n_choices];
            for at in judged_periods(window.cutoff, horizon) {
                if !demand[at].is_finite() {
                    continue;
                }
                let model = Outlook::new(&window.models).period(at - window.cutoff, factor[at]);
                for (i, memory) in RECENT_MEMORIES.iter().enumerate() {
                    let recent = recent_periods(&demand[..window.cutoff], factor, factor[at], *memory);
                    for (j, model_periods) in MODEL_PERIODS.iter().enumerate() {
                        let own_past = OwnPast { memory: *memory, model_periods: *model_periods };
                        sums[i * MODEL_PERIODS.len() + j] +=
                            loss(&own_past.mix(&model, &recent), demand[at], window.scale);
                    }
                }
            }
            sums
        })
        .collect();
    let sums = rows.iter().fold(vec![0.0; n_choices], |sums, row| add(sums, row));
    let best = smallest(&sums);
    let own_past = OwnPast {
        memory: RECENT_MEMORIES[best / MODEL_PERIODS.len()],
        model_periods: MODEL_PERIODS[best % MODEL_PERIODS.len()],
    };
    let trials: Vec<Trial> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut trial = Trial::default();
            for at in judged_periods(window.cutoff, horizon).filter(|at| demand[*at].is_finite()) {
                let model = Outlook::new(&window.models).period(at - window.cutoff, factor[at]);
                let recent = recent_periods(&demand[..window.cutoff], factor, factor[at], own_past.memory);
                trial.add(&own_past.mix(&model, &recent), 1, demand[at], window.scale);
            }
            trial
        })
        .collect();
    (own_past, RateLevels::learnt(trials))
}

/// The share of boosted quantiles in those of a period, by pinball loss over the windows. `boost` knows nothing of them.
pub(super) fn choose_boost_share(
    windows: &[Window],
    series: &[Prepared],
    horizon: usize,
    (own_past, levels): (OwnPast, &RateLevels),
    boost: &CountBoost,
) -> f64 {
    let rows: Vec<[f64; BOOST_SHARES.len()]> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut sums = [0.0; BOOST_SHARES.len()];
            let boosted = boost.quantiles(&series[window.series], window.cutoff, horizon);
            let outlook = Outlook::new(&window.models);
            let judged = judged_periods(window.cutoff, horizon).filter(|at| demand[*at].is_finite());
            let pmfs: Vec<(usize, CountPmf)> = judged
                .map(|at| {
                    let recent = recent_periods(&demand[..window.cutoff], factor, factor[at], own_past.memory);
                    (at, own_past.mix(&outlook.period(at - window.cutoff, factor[at]), &recent))
                })
                .collect();
            let rate = pmfs.iter().map(|(_, pmf)| pmf.mean()).sum::<f64>() / pmfs.len().max(1) as f64;
            for (at, pmf) in &pmfs {
                let plain = pmf.quantiles(levels.of(rate).working());
                for (sum, share) in sums.iter_mut().zip(BOOST_SHARES) {
                    let quantiles = plain.iter().zip(&boosted[at - window.cutoff]);
                    let mixed = quantiles.map(|(plain, boosted)| (plain + share * (boosted - plain)).round());
                    let losses = JUDGED_LEVELS.iter().zip(mixed).map(|(level, q)| pinball(demand[*at], q, *level));
                    *sum += losses.sum::<f64>() / window.scale;
                }
            }
            sums
        })
        .collect();
    let sums = rows.iter().fold(vec![0.0; BOOST_SHARES.len()], |sums, row| add(sums, row));
    BOOST_SHARES[smallest(&sums)]
}

/// The same for totals, and the drift of levels.
pub(super) fn choose_total(windows: &[Window], series: &[Prepared], horizon: usize) -> (OwnPast, f64, RateLevels) {
    let per_drift = RECENT_MEMORIES.len() * MODEL_PERIODS.len();
    let n_choices = DRIFTS.len() * per_drift;
    let lengths: Vec<usize> = [horizon.div_ceil(3), (2 * horizon).div_ceil(3), horizon]
        .into_iter()
        .map(|length| length.max(2))
        .filter(|length| *length <= horizon)
        .collect();
    let rows: Vec<Vec<f64>> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut sums = vec![0.0; n_choices];
            let sums_of_past = RunningSums::new(demand, factor);
            for length in &lengths {
                let range = window.cutoff..window.cutoff + length;
                let actual: f64 = demand[range.clone()].iter().sum();
                if !actual.is_finite() {
                    continue;
                }
                let recents: Vec<Recent> = RECENT_MEMORIES
                    .iter()
                    .map(|memory| sums_of_past.totals(window.cutoff, window.cutoff, *length, *memory))
                    .collect();
                for (d, drift) in DRIFTS.iter().enumerate() {
                    let model = Outlook::new(&window.models).total(&factor[range.clone()], *drift);
                    for (i, recent) in recents.iter().enumerate() {
                        for (j, model_periods) in MODEL_PERIODS.iter().enumerate() {
                            let own_past = OwnPast { memory: RECENT_MEMORIES[i], model_periods: *model_periods };
                            sums[d * per_drift + i * MODEL_PERIODS.len() + j] +=
                                loss(&own_past.mix(&model, recent), actual, window.scale * (*length as f64).sqrt());
                        }
                    }
                }
            }
            sums
        })
        .collect();
    let sums = rows.iter().fold(vec![0.0; n_choices], |sums, row| add(sums, row));
    let best = smallest(&sums);
    let (drift, rest) = (best / per_drift, best % per_drift);
    let own_past = OwnPast {
        memory: RECENT_MEMORIES[rest / MODEL_PERIODS.len()],
        model_periods: MODEL_PERIODS[rest % MODEL_PERIODS.len()],
    };
    let trials: Vec<Trial> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut trial = Trial::default();
            let sums_of_past = RunningSums::new(demand, factor);
            for length in &lengths {
                let range = window.cutoff..window.cutoff + length;
                let actual: f64 = demand[range.clone()].iter().sum();
                if actual.is_finite() {
                    let model = Outlook::new(&window.models).total(&factor[range], DRIFTS[drift]);
                    let recent = sums_of_past.totals(window.cutoff, window.cutoff, *length, own_past.memory);
                    trial.add(&own_past.mix(&model, &recent), *length, actual, window.scale * (*length as f64).sqrt());
                }
            }
            trial
        })
        .collect();
    (own_past, DRIFTS[drift], RateLevels::learnt(trials))
}
