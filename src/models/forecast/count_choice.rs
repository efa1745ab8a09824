//! The constants of a group of counts, chosen by their loss over rolling origins inside the training part.

use serde::{Deserialize, Serialize};

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use super::adaptive::AdaptiveLevels;
use super::count_cells::{Cell, Outlook};
use super::count_distribution::normal_score;
use super::count_group::CountSeries;
use super::count_pmf::{CountPmf, LARGEST_MEAN};
use super::count_recent::{Recent, RunningSums, recent_periods};

/// Periods of history that are read; older ones change nothing.
const LONGEST_HISTORY: usize = 400;
/// Memories tried for the series' own past.
const RECENT_MEMORIES: [f64; 3] = [10.0, 30.0, 100.0];
/// Periods of its own past that the model is worth, as tried. The last leaves the past out.
const MODEL_PERIODS: [f64; 5] = [10.0, 30.0, 80.0, 200.0, f64::INFINITY];
/// Squared coefficients of variation tried for the drift of a level over a horizon.
const DRIFTS: [f64; 5] = [0.0, 0.05, 0.12, 0.25, 0.5];
/// Levels at which the constants are judged.
pub(super) const JUDGED_LEVELS: [f64; 5] = [0.5, 0.75, 0.9, 0.95, 0.99];

/// Shifts of the normal score of a level that are tried; ascending.
const SHIFTS: [f64; 7] = [-0.6, -0.45, -0.3, -0.15, 0.0, 0.15, 0.3];
/// Rate at which working levels follow later coverage.
const ADAPTATION_RATE: f64 = 0.05;

/// How a model and a series' own past are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Blend {
    /// Memory of the past in periods.
    pub memory: f64,
    /// Periods of the past that the model is worth.
    pub model_periods: f64,
}

impl Blend {
    pub fn mix(self, model: &CountPmf, recent: &Recent) -> CountPmf {
        let share = recent.effective / (recent.effective + self.model_periods);
        if share > 0.0 { CountPmf::mixture([(1.0 - share, model), (share, &recent.pmf)]) } else { model.clone() }
    }
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

/// A series at a rolling origin: what is known, and what came.
pub(super) struct Window {
    pub cells: Vec<Cell>,
    pub scale: f64,
    pub cutoff: usize,
    pub series: usize,
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
    let mean = super::observed_mean(&rates);
    if mean.is_finite() { mean } else { 0.0 }
}

fn pinball(actual: f64, quantile: f64, level: f64) -> f64 {
    if actual >= quantile { level * (actual - quantile) } else { (1.0 - level) * (quantile - actual) }
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
pub(super) fn choose_period(windows: &[Window], series: &[Prepared], horizon: usize) -> (Blend, AdaptiveLevels) {
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
                let model = Outlook::new(&window.cells).period(at - window.cutoff, factor[at]);
                for (i, memory) in RECENT_MEMORIES.iter().enumerate() {
                    let recent = recent_periods(&demand[..window.cutoff], factor, factor[at], *memory);
                    for (j, model_periods) in MODEL_PERIODS.iter().enumerate() {
                        let blend = Blend { memory: *memory, model_periods: *model_periods };
                        sums[i * MODEL_PERIODS.len() + j] +=
                            loss(&blend.mix(&model, &recent), demand[at], window.scale);
                    }
                }
            }
            sums
        })
        .collect();
    let sums = rows.iter().fold(vec![0.0; n_choices], |sums, row| add(sums, row));
    let best = smallest(&sums);
    let blend = Blend {
        memory: RECENT_MEMORIES[best / MODEL_PERIODS.len()],
        model_periods: MODEL_PERIODS[best % MODEL_PERIODS.len()],
    };
    let trials: Vec<Trial> = windows
        .par_iter()
        .map(|window| {
            let Prepared { demand, factor } = &series[window.series];
            let mut trial = Trial::default();
            for at in judged_periods(window.cutoff, horizon).filter(|at| demand[*at].is_finite()) {
                let model = Outlook::new(&window.cells).period(at - window.cutoff, factor[at]);
                let recent = recent_periods(&demand[..window.cutoff], factor, factor[at], blend.memory);
                trial.add(&blend.mix(&model, &recent), demand[at], window.scale);
            }
            trial
        })
        .collect();
    (blend, working_levels(&trials))
}

/// The same for totals, and the drift of levels.
pub(super) fn choose_total(windows: &[Window], series: &[Prepared], horizon: usize) -> (Blend, f64, AdaptiveLevels) {
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
                    let model = Outlook::new(&window.cells).total(&factor[range.clone()], *drift);
                    for (i, recent) in recents.iter().enumerate() {
                        for (j, model_periods) in MODEL_PERIODS.iter().enumerate() {
                            let blend = Blend { memory: RECENT_MEMORIES[i], model_periods: *model_periods };
                            sums[d * per_drift + i * MODEL_PERIODS.len() + j] +=
                                loss(&blend.mix(&model, recent), actual, window.scale * (*length as f64).sqrt());
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
    let blend = Blend {
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
                    let model = Outlook::new(&window.cells).total(&factor[range], DRIFTS[drift]);
                    let recent = sums_of_past.totals(window.cutoff, window.cutoff, *length, blend.memory);
                    trial.add(&blend.mix(&model, &recent), actual, window.scale * (*length as f64).sqrt());
                }
            }
            trial
        })
        .collect();
    (blend, DRIFTS[drift], working_levels(&trials))
}

/// Losses and coverage of every judged level at every shift of its normal score.
#[derive(Clone, Default)]
struct Trial {
    loss: [[f64; SHIFTS.len()]; JUDGED_LEVELS.len()],
    covered: [[f64; SHIFTS.len()]; JUDGED_LEVELS.len()],
    count: f64,
}

impl Trial {
    fn add(&mut self, pmf: &CountPmf, actual: f64, scale: f64) {
        self.count += 1.0;
        for (i, level) in JUDGED_LEVELS.iter().enumerate() {
            for (j, quantile) in pmf.quantiles(&shifted(*level)).iter().enumerate() {
                self.loss[i][j] += pinball(actual, *quantile, *level) / scale;
                self.covered[i][j] += f64::from(u8::from(actual <= *quantile));
            }
        }
    }
}

fn shifted(level: f64) -> [f64; SHIFTS.len()] {
    let score = normal_score(level);
    SHIFTS.map(|shift| Normal::standard().cdf(score + shift))
}

/// Per judged level the working level with the smallest loss, among those that covered at least what was promised.
fn working_levels(trials: &[Trial]) -> AdaptiveLevels {
    let mut sum = Trial::default();
    for trial in trials {
        sum.count += trial.count;
        for i in 0..JUDGED_LEVELS.len() {
            for j in 0..SHIFTS.len() {
                sum.loss[i][j] += trial.loss[i][j];
                sum.covered[i][j] += trial.covered[i][j];
            }
        }
    }
    let working = JUDGED_LEVELS.iter().enumerate().map(|(i, level)| {
        let kept = (0..SHIFTS.len()).filter(|j| SHIFTS[*j] >= 0.0 || sum.covered[i][*j] >= level * sum.count);
        let best = kept.min_by(|a, b| sum.loss[i][*a].total_cmp(&sum.loss[i][*b]));
        best.map_or(*level, |j| shifted(*level)[j])
    });
    AdaptiveLevels::starting_at(&JUDGED_LEVELS, working.collect(), ADAPTATION_RATE)
}
