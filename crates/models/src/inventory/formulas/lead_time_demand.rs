//! Demand during the lead time, and during lead time and review: moments, quantiles, and what chance in the lead time adds.
//!
//! Silver, Pyke and Thomas, 4th ed., chapter 6; Axsäter, 3rd ed., chapter 5.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::within;
use super::check::{FormulaError, count, each, entries, fraction, non_negative, positive, probabilities, refused};
use super::demand::{Demand, Law, smallest_whole};
use super::numeric::root;
use crate::inventory::normal_score;

/// Most levels that are asked for at once.
const MOST_LEVELS: usize = 1000;
/// Most different lead times.
const MOST_LEAD_TIMES: usize = 1000;

/// Independent demand of several periods.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedLeadTime {
    /// Demand of a period: normal, gamma, exponential, poisson, negbin or custom.
    pub demand: Demand,
    /// Periods, above 0; whole with a custom demand.
    pub lead_time: f64,
    /// Probabilities whose quantiles are asked for, above 0 and below 1.
    pub levels: Vec<f64>,
}

/// The demand of all periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// Mean, units.
    pub mean: f64,
    /// Variance.
    pub var: f64,
    /// Smallest demand that is not exceeded with each probability, units, in the order of the levels.
    pub quantiles: Vec<f64>,
}

/// The distribution of total demand: sums of these families have a form of their own, tables are convolved. Silver, Pyke and Thomas, chapter 6.
///
/// # Errors
/// [`FormulaError`] for a parameter, lead time or level outside what is allowed, another family, and tables that grow too long.
pub fn fixed_lead_time(inputs: &FixedLeadTime) -> Result<Total, FormulaError> {
    check_levels(&inputs.levels)?;
    let total = Law::of("demand", &inputs.demand)?.total("lead_time", inputs.lead_time)?;
    let quantiles = inputs.levels.iter().map(|level| total.quantile(*level)).collect();
    Ok(Total { mean: total.mean, var: total.variance, quantiles })
}

/// Moments of daily demand and of the lead time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomLeadTime {
    /// Mean demand of a day, units.
    pub mean_per_day: f64,
    /// Variance of a day's demand; days are independent.
    pub var_per_day: f64,
    /// Mean lead time, days.
    pub lt_mean: f64,
    /// Variance of the lead time.
    pub lt_var: f64,
    /// Days between two orders; 0 for continuous review.
    pub review_days: f64,
}

/// Moments of a demand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Moments {
    /// Mean, units.
    pub mean: f64,
    /// Variance.
    pub var: f64,
    /// Standard deviation, units.
    pub sd: f64,
}

/// Mean and variance over a random lead time and the review period: (E\[L\] + R) σ² + μ² Var(L). Silver, Pyke and Thomas, chapter 6;
/// Axsäter, chapter 5.
///
/// # Errors
/// [`FormulaError`] for a number below 0.
pub fn random_lead_time(inputs: &RandomLeadTime) -> Result<Moments, FormulaError> {
    let mean = non_negative("mean_per_day", inputs.mean_per_day)?;
    let days = non_negative("lt_mean", inputs.lt_mean)? + non_negative("review_days", inputs.review_days)?;
    let own = non_negative("var_per_day", inputs.var_per_day)?;
    let var = days * own + mean * mean * non_negative("lt_var", inputs.lt_var)?;
    Ok(Moments { mean: mean * days, var, sd: var.sqrt() })
}

/// Days whose demands depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autocorrelation {
    /// Variance of a day's demand.
    pub var_per_day: f64,
    /// Correlation of one day with the next, above -1 and below 1; φᵏ with the k-th after it.
    pub phi: f64,
    /// Days.
    pub n: usize,
}

/// The variance of a sum, and how much more it is than of independent days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SumVariance {
    /// Variance of the sum.
    pub var: f64,
    /// Variance of the sum if days were independent.
    pub iid_var: f64,
    /// Their quotient.
    pub inflation: f64,
}

/// The variance of n days' demand with autocorrelation: σ² (n + 2 Σ (n - k) φᵏ), k from 1 to n - 1. Silver, Pyke and Thomas, chapter 6;
/// the square root of time leaves out the second term.
///
/// # Errors
/// [`FormulaError`] for a variance of 0 or below, a correlation outside -1 to 1, no days or more than a million.
pub fn autocorrelated(inputs: &Autocorrelation) -> Result<SumVariance, FormulaError> {
    let own = positive("var_per_day", inputs.var_per_day)?;
    within("phi", inputs.phi, -1.0 + 1e-9, 1.0 - 1e-9)?;
    let n = count("n", inputs.n, 1, 1_000_000)?;
    let (mut sum, mut power) = (n as f64, 1.0);
    for k in 1..n {
        power *= inputs.phi;
        sum += 2.0 * (n - k) as f64 * power;
    }
    Ok(SumVariance { var: own * sum, iid_var: own * n as f64, inflation: sum / n as f64 })
}

/// Independent days over a random lead time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// Demand of a day: normal, gamma, exponential, poisson, negbin or custom.
    pub daily: Demand,
    /// Probability of each lead time in days; sum 1.
    pub lead_time_pmf: BTreeMap<u32, f64>,
    /// Days between two orders.
    pub review_days: u32,
    /// Probabilities whose quantiles are asked for, above 0 and below 1.
    pub levels: Vec<f64>,
}

/// The demand of lead time and review period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MixtureTotal {
    /// Mean, units.
    pub mean: f64,
    /// Variance.
    pub var: f64,
    /// Smallest demand that is not exceeded with each probability, units, in the order of the levels.
    pub quantiles: Vec<f64>,
    /// The same of the normal distribution with that mean and variance, to show what it misses.
    pub normal_approx_quantiles: Vec<f64>,
}

/// The distribution of demand over a random lead time, as the mixture that it is: F(x) = Σ P(L) F(x | L + R days). Axsäter, chapter 5;
/// Silver, Pyke and Thomas, chapter 6.
///
/// # Errors
/// [`FormulaError`] for a parameter, probability or level outside what is allowed, and where lead time and review are 0 days.
pub fn mixture(inputs: &Mixture) -> Result<MixtureTotal, FormulaError> {
    check_levels(&inputs.levels)?;
    entries("lead_time_pmf", inputs.lead_time_pmf.len(), MOST_LEAD_TIMES)?;
    probabilities("lead_time_pmf", inputs.lead_time_pmf.values())?;
    let daily = Law::of("daily", &inputs.daily)?;
    let mut parts = Vec::with_capacity(inputs.lead_time_pmf.len());
    for (days, share) in inputs.lead_time_pmf.iter().filter(|(_, share)| **share > 0.0) {
        let total = f64::from(*days) + f64::from(inputs.review_days);
        if total < 1.0 {
            return Err(refused("lead_time_pmf", "a lead time of 0 days without review", "at least a day in all"));
        }
        parts.push((*share, daily.total("lead_time_pmf", total)?));
    }
    let mean: f64 = parts.iter().map(|(share, law)| share * law.mean).sum();
    let var: f64 = parts.iter().map(|(share, law)| share * (law.variance + (law.mean - mean).powi(2))).sum();
    let reached = |x: f64| 1.0 - parts.iter().map(|(share, law)| share * law.above(x)).sum::<f64>();
    let quantile = |level: f64| {
        if daily.is_discrete() {
            return smallest_whole(mean + 10.0 * var.sqrt() + 10.0, |k| reached(k) >= level - 1e-12);
        }
        let ends = parts.iter().map(|(_, law)| law.quantile(level));
        let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        if low < high { root(low, high, |x| reached(x) - level) } else { low }
    };
    Ok(MixtureTotal {
        mean,
        var,
        quantiles: inputs.levels.iter().map(|level| quantile(*level)).collect(),
        normal_approx_quantiles: inputs.levels.iter().map(|level| mean + var.sqrt() * normal_score(*level)).collect(),
    })
}

/// Demand of a review period.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Mean demand between two reviews, units, above 0.
    pub review_mean: f64,
    /// Its variance.
    pub review_var: f64,
}

/// How far below it a reorder point is found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Undershoot {
    /// Mean distance, units; to be added to the mean demand of the lead time.
    pub mean_undershoot: f64,
}

/// The mean undershoot of a reorder point under periodic review: (σ² + μ²) / (2 μ). Silver, Pyke and Thomas, chapter 7.
///
/// # Errors
/// [`FormulaError`] for a mean of 0 or below, or a variance below 0.
pub fn undershoot(inputs: &Review) -> Result<Undershoot, FormulaError> {
    let mean = positive("review_mean", inputs.review_mean)?;
    let var = non_negative("review_var", inputs.review_var)?;
    Ok(Undershoot { mean_undershoot: (var + mean * mean) / (2.0 * mean) })
}

fn check_levels(levels: &[f64]) -> Result<(), FormulaError> {
    entries("levels", levels.len(), MOST_LEVELS)?;
    each("levels", levels, fraction)
}
