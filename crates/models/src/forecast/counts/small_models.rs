//! How fast a level moves, how much counts vary around it, how demand falls asleep and wakes: a grid of small count
//! models, and how probable each is for one series given a group of them.

use super::pmf::{CountPmf, MixtureOfCounts, NegativeBinomial};

/// How a level follows demand: memory in periods (the discount is 1 - 1/memory), and for how many periods of the long-run
/// mean of its series it counts. The last is that mean.
const SPEEDS: [(f64, f64); 6] = [(4.0, 1.0), (8.0, 2.0), (16.0, 1.0), (32.0, 1.0), (80.0, 1.0), (f64::INFINITY, 0.0)];
/// Dispersion φ = variance / mean of the negative binomial.
const DISPERSIONS: [f64; 9] = [1.0, 1.3, 1.7, 2.3, 3.2, 4.5, 7.0, 12.0, 25.0];
/// Probabilities per period of falling asleep and of waking: always awake, dying, long and short spells, chance zeros.
const SLEEPS: [(f64, f64); 5] = [(0.0, 0.0), (0.02, 0.005), (0.05, 0.05), (0.15, 0.15), (0.3, 0.3)];
/// The long-run mean of a series is drawn to that of the group as if it had been seen for this many periods.
const GROUP_PERIODS: f64 = 1.0;
/// Models with less than this share of the largest probability are left out of a forecast.
const NEGLIGIBLE_SHARE: f64 = 0.03;
/// Rounds of the expectation-maximisation of the prior.
const PRIOR_ROUNDS: usize = 30;
/// Series that the uniform start of the prior is worth.
const PRIOR_SERIES: f64 = 2.0;
/// Demands scored within the distance of a forecast.
const SCORES_PER_LAG: usize = 4;
/// Models with less than this share of the group's most probable one are no longer run.
const NEGLIGIBLE_PRIOR: f64 = 2e-3;
/// Smallest probability of an outcome: one surprise must not rule a model out for ever.
const SMALLEST_MASS: f64 = 1e-9;

/// Number of small models.
pub(super) const N_MODELS: usize = SPEEDS.len() * DISPERSIONS.len() * SLEEPS.len();

/// What every model knows after some periods: N_MODELS entries each.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub log_likelihood: Vec<f64>,
    level: Vec<f64>,
    awake: Vec<f64>,
}

/// Settings of the filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter<'a> {
    /// Demand per period of factor one of the average series.
    pub group_mean: f64,
    /// Periods between what is known and what is scored.
    pub lag: usize,
    /// Memory of the likelihood in periods.
    pub memory: f64,
    /// Which models are run; none = all.
    pub active: Option<&'a [bool]>,
}

/// Runs every model through a series; one [`Snapshot`] per ascending cutoff.
///
/// `factor[t]`: what the level is multiplied by in period t (season, event). Level: discounted demand over discounted
/// exposure, the posterior mean of a gamma-Poisson level (Harvey and Fernandes, "Time series models for count or
/// qualitative observations", Journal of Business and Economic Statistics 7 (1989), 407-417). Sleep: a hidden Markov
/// chain, filtered as in Hamilton, "A new approach to the economic analysis of nonstationary time series", Econometrica
/// 57 (1989), 357-384; asleep there is no demand, and the exposure of a zero counts only as far as the series was awake.
/// Demand is scored under what was known `lag` periods before it, so that a model is judged at the distance it is used at;
/// four times per lag, as scores side by side say nearly the same. Unobserved periods move only the chain.
pub(super) fn filter(demand: &[f64], factor: &[f64], settings: Filter<'_>, cutoffs: &[usize]) -> Vec<Snapshot> {
    let empty = Snapshot {
        log_likelihood: Vec::with_capacity(N_MODELS),
        level: Vec::with_capacity(N_MODELS),
        awake: Vec::with_capacity(N_MODELS),
    };
    let mut snapshots = vec![empty; cutoffs.len()];
    let mut known: Vec<(f64, f64)> = Vec::with_capacity(demand.len() + 1);
    let mut index = 0;
    for speed in SPEEDS {
        for dispersion in DISPERSIONS {
            let counts = NegativeBinomial::new(dispersion);
            for sleep in SLEEPS {
                if settings.active.is_none_or(|active| active[index]) {
                    run_model(demand, factor, settings, (speed, counts, sleep), cutoffs, &mut known, &mut snapshots);
                } else {
                    for snapshot in &mut snapshots {
                        snapshot.log_likelihood.push(f64::NEG_INFINITY);
                        snapshot.level.push(0.0);
                        snapshot.awake.push(0.0);
                    }
                }
                index += 1;
            }
        }
    }
    snapshots
}

fn run_model(
    demand: &[f64],
    factor: &[f64],
    settings: Filter<'_>,
    (speed, counts, sleep): ((f64, f64), NegativeBinomial, (f64, f64)),
    cutoffs: &[usize],
    known: &mut Vec<(f64, f64)>,
    snapshots: &mut [Snapshot],
) {
    let lag = settings.lag.max(1);
    let stride = (lag / SCORES_PER_LAG).max(1);
    let forget = 1.0 - 1.0 / settings.memory;
    let discount = 1.0 - 1.0 / speed.0;
    let persistence = (1.0 - sleep.0 - sleep.1).powi(lag as i32);
    let settled = settled_awake(sleep);
    let (mut sum, mut exposure, mut awake, mut ln_sum) = (0.0, 0.0, settled, 0.0);
    let (mut long_sum, mut long_exposure) = (settings.group_mean * GROUP_PERIODS, GROUP_PERIODS);
    let mut level = settings.group_mean;
    let mut next = 0;
    known.clear();
    known.push((level, awake));
    for t in 0..=demand.len() {
        while next < cutoffs.len() && cutoffs[next] <= t {
            snapshots[next].log_likelihood.push(ln_sum);
            snapshots[next].level.push(level);
            snapshots[next].awake.push(awake);
            next += 1;
        }
        if t == demand.len() {
            break;
        }
        awake = step_awake(awake, sleep);
        let y = demand[t];
        if y.is_finite() {
            ln_sum *= forget;
            if t + 1 >= lag && (demand.len() - 1 - t).is_multiple_of(stride) {
                let (level, awake) = known[t + 1 - lag];
                let awake = settled + (awake - settled) * persistence;
                let mass = awake * counts.mass(y, level * factor[t]) + if y == 0.0 { 1.0 - awake } else { 0.0 };
                ln_sum += stride as f64 * mass.max(SMALLEST_MASS).ln();
            }
            if y > 0.0 {
                awake = 1.0;
            } else if sleep.0 > 0.0 {
                let quiet = awake * counts.mass(0.0, level * factor[t]);
                awake = quiet / (quiet + 1.0 - awake);
            }
            sum = discount * sum + y;
            exposure = discount * exposure + factor[t] * awake;
            long_sum += y;
            long_exposure += factor[t] * awake;
            let long_run = long_sum / long_exposure;
            level = if speed.0.is_finite() { (sum + speed.1 * long_run) / (exposure + speed.1) } else { long_run };
        }
        known.push((level, awake));
    }
}

fn step_awake(awake: f64, sleep: (f64, f64)) -> f64 {
    awake * (1.0 - sleep.0) + (1.0 - awake) * sleep.1
}

/// Share of periods awake in the long run.
fn settled_awake(sleep: (f64, f64)) -> f64 {
    if sleep.0 > 0.0 { sleep.1 / (sleep.0 + sleep.1) } else { 1.0 }
}

/// Prior probability of every model, from the likelihoods of a group of series (empirical Bayes by
/// expectation-maximisation: Robbins, "The empirical Bayes approach to statistical decision problems", Annals of
/// Mathematical Statistics 35 (1964), 1-20).
pub(super) fn group_prior(log_likelihoods: &[&[f64]]) -> Vec<f64> {
    let uniform = 1.0 / N_MODELS as f64;
    let mut prior = vec![uniform; N_MODELS];
    for _ in 0..PRIOR_ROUNDS {
        let mut sums = vec![uniform * PRIOR_SERIES; N_MODELS];
        for row in log_likelihoods {
            for (sum, probability) in sums.iter_mut().zip(posterior(&prior, row)) {
                *sum += probability;
            }
        }
        let total: f64 = sums.iter().sum();
        prior = sums.into_iter().map(|sum| sum / total).collect();
    }
    prior
}

/// Which models a group with this prior still needs.
pub(super) fn worth_running(prior: &[f64]) -> Vec<bool> {
    let largest = prior.iter().copied().fold(0.0, f64::max);
    prior.iter().map(|probability| *probability >= NEGLIGIBLE_PRIOR * largest).collect()
}

/// Probability of every model for one series: prior x likelihood, normalised.
fn posterior(prior: &[f64], log_likelihood: &[f64]) -> Vec<f64> {
    let largest = log_likelihood.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = prior.iter().zip(log_likelihood).map(|(prior, ln)| prior * (ln - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    if total > 0.0 { weights.into_iter().map(|weight| weight / total).collect() } else { prior.to_vec() }
}

/// A model of one series, ready to forecast.
#[derive(Clone, Copy, Debug)]
pub(super) struct SmallModel {
    weight: f64,
    level: f64,
    dispersion: f64,
    awake: f64,
    sleep: (f64, f64),
}

/// The probable models of a series.
pub(super) fn probable(prior: &[f64], known: &Snapshot) -> Vec<SmallModel> {
    let posterior = posterior(prior, &known.log_likelihood);
    let largest = posterior.iter().copied().fold(0.0, f64::max);
    let mut models = Vec::new();
    let mut index = 0;
    for _ in SPEEDS {
        for dispersion in DISPERSIONS {
            for sleep in SLEEPS {
                if posterior[index] > NEGLIGIBLE_SHARE * largest {
                    let (level, awake) = (known.level[index], known.awake[index]);
                    models.push(SmallModel { weight: posterior[index], level, dispersion, awake, sleep });
                }
                index += 1;
            }
        }
    }
    models
}

/// Demand per period of factor one, `ahead` + 1 periods ahead for each of them; and of running totals.
pub(super) struct Outlook<'a> {
    models: &'a [SmallModel],
}

impl<'a> Outlook<'a> {
    pub fn new(models: &'a [SmallModel]) -> Outlook<'a> {
        Outlook { models }
    }

    /// Demand of the period `ahead` + 1 ahead, of the given factor.
    pub fn period(&self, ahead: usize, factor: f64) -> CountPmf {
        self.period_of(ahead, &self.awake_counts(factor))
    }

    /// What every model expects of a period of the given factor when it is awake.
    pub fn awake_counts(&self, factor: f64) -> Vec<CountPmf> {
        self.models.iter().map(|model| CountPmf::negative_binomial(model.level * factor, model.dispersion)).collect()
    }

    /// Demand of the period `ahead` + 1 ahead, from [`Outlook::awake_counts`] of its factor.
    pub fn period_of(&self, ahead: usize, awake_counts: &[CountPmf]) -> CountPmf {
        let mut asleep = 0.0;
        let awake = self.models.iter().zip(awake_counts).map(|(model, counts)| {
            let awake = (0..=ahead).fold(model.awake, |awake, _| step_awake(awake, model.sleep));
            asleep += model.weight * (1.0 - awake);
            (model.weight * awake, counts)
        });
        let parts: Vec<(f64, &CountPmf)> = awake.collect();
        CountPmf::mixture(parts.into_iter().chain([(asleep, &CountPmf::zero())]))
    }

    /// Demand of as many periods as there are factors.
    ///
    /// Asleep throughout with the chain's probability; else negative binomial with mean M over the expected periods
    /// awake and variance φ M + (L - 1) / L c M²: independent variation inside the periods, and a level that drifts
    /// for all of them, with squared coefficient of variation c (`drift`).
    pub fn total(&self, factors: &[f64], drift: f64) -> CountPmf {
        self.totals_from(factors.len(), factors, drift).pop().unwrap_or_else(CountPmf::zero)
    }

    /// [`Outlook::total`] of the first period, of the first two, and so on.
    pub fn totals(&self, factors: &[f64], drift: f64) -> Vec<CountPmf> {
        self.totals_from(1, factors, drift)
    }

    /// The totals of the first `shortest` periods and longer.
    fn totals_from(&self, shortest: usize, factors: &[f64], drift: f64) -> Vec<CountPmf> {
        let mut states: Vec<(f64, f64, f64)> = self.models.iter().map(|model| (model.awake, 0.0, 1.0)).collect();
        let mut mixture = MixtureOfCounts::default();
        let mut totals = Vec::new();
        for (ahead, factor) in factors.iter().enumerate() {
            for (model, (awake, exposure, asleep)) in self.models.iter().zip(&mut states) {
                *awake = step_awake(*awake, model.sleep);
                *exposure += *awake * factor;
                *asleep *= if ahead == 0 { 1.0 - *awake } else { 1.0 - model.sleep.1 };
            }
            let n = ahead as f64 + 1.0;
            if ahead + 1 < shortest {
                continue;
            }
            for (model, (_, exposure, asleep)) in self.models.iter().zip(&states) {
                let mean = model.level * exposure / (1.0 - asleep).max(1e-9);
                let dispersion = model.dispersion + (n - 1.0) / n * drift * mean;
                mixture.add(0, model.weight * asleep);
                mixture.add_negative_binomial(model.weight * (1.0 - asleep), mean, dispersion);
            }
            totals.push(mixture.take());
        }
        totals
    }
}
