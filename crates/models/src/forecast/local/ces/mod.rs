//! Complex exponential smoothing: level and "information potential" as real and imaginary part of one smoothed number.
//!
//! Svetunkov, Kourentzes and Ord, "Complex exponential smoothing", Naval Research Logistics 69 (2022), 1108-1123. One model
//! for stationary and trending series, without the choice of a trend form. With error ε_t = y_t - μ_t and the smoothing
//! parameter α₀ + iα₁:
//!
//! - μ_t = l_{t-1};  l_t = l_{t-1} - (1-α₁) c_{t-1} + (α₀-α₁) ε_t;  c_t = l_{t-1} + (1-α₀) c_{t-1} + (α₀+α₁) ε_t
//! - simple season: the same with lag m instead of 1 (every position of the season has its own l and c);
//! - partial season: μ_t = l_{t-1} + s_{t-m}, s_t = s_{t-m} + β₀ ε_t;
//! - full season: a second complex pair with lag m and parameter β₀ + iβ₁ is added.
//!
//! Starting states come from backcasting: the recursion is run forwards, backwards and forwards again, so only two to four
//! parameters are searched, by the Nelder-Mead simplex. An unobserved period (`NaN`) has ε = 0 and does not count.

mod filter;
mod simplex;

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::imputation::impute_seasonal;
use crate::forecast::series::{LocalHistory, LocalModel, MethodError, check_size, observed_count};
use filter::{Parameters, States};

const METHOD: &str = "ces";
/// Observed periods needed.
const MIN_OBSERVED: usize = 5;

/// How the season enters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum CesSeason {
    /// It does not.
    None,
    /// Every position of the season is smoothed on its own.
    Simple,
    /// A real seasonal component is added.
    Partial,
    /// A complex seasonal component is added.
    Full,
}

impl CesSeason {
    /// Every kind, in order.
    const ALL: [CesSeason; 4] = [CesSeason::None, CesSeason::Simple, CesSeason::Partial, CesSeason::Full];
}

/// A fitted model: parameters and the states after the last period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedCes {
    /// How the season enters.
    pub season: CesSeason,
    /// True when the square root of demand is modelled ([`fit_root`]).
    pub root: bool,
    parameters: Parameters,
    states: States,
}

/// Fits the four kinds of season (one without two seasons of data) and returns the one with the smallest AICc, for which backcast
/// states do not count as parameters (the paper, section 4).
///
/// # Errors
/// Fewer than five observed periods, values beyond 1e100, or no kind of season can be fitted.
pub(crate) fn fit(demand: &[f64], season_length: usize) -> Result<FittedCes, MethodError> {
    fit_among(&CesSeason::ALL, demand, season_length, false)
}

/// As [`fit`], for the square root of demand: season and spread grow with the level, though less than in proportion.
///
/// Forecasts are squared back without correction, so they are medians.
///
/// # Errors
/// As [`fit`], and for demand below zero.
pub(crate) fn fit_root(demand: &[f64], season_length: usize) -> Result<FittedCes, MethodError> {
    if demand.iter().any(|value| value.is_finite() && *value < 0.0) {
        let reason = "the square root of demand below zero is not a number; use the plain form";
        return Err(MethodError::Fit { method: METHOD, reason: reason.to_owned() });
    }
    let roots: Vec<f64> = demand.iter().map(|value| value.sqrt()).collect();
    fit_among(&CesSeason::ALL, &roots, season_length, true)
}

fn fit_among(
    seasons: &[CesSeason],
    demand: &[f64],
    season_length: usize,
    root: bool,
) -> Result<FittedCes, MethodError> {
    let found = observed_count(demand);
    let too_short = MethodError::TooShort { method: METHOD, found, needed: MIN_OBSERVED };
    if found < MIN_OBSERVED {
        return Err(too_short);
    }
    check_size(METHOD, demand)?;
    let filled = impute_seasonal(demand, season_length).ok_or(too_short)?;
    let seasonal = season_length > 1 && demand.len() >= 2 * season_length;
    seasons
        .iter()
        .filter(|season| seasonal || **season == CesSeason::None)
        .filter_map(|season| fit_one(demand, &filled, season_length, *season, found as f64))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, model)| FittedCes { root, ..model })
        .ok_or_else(|| MethodError::Fit {
            method: METHOD,
            reason: "no allowed kind of season can be fitted; seasonal ones need two seasons of data".to_owned(),
        })
}

/// The fitted model with its AICc.
fn fit_one(
    demand: &[f64],
    filled: &[f64],
    season_length: usize,
    season: CesSeason,
    n: f64,
) -> Option<(f64, FittedCes)> {
    let k = 3.0
        + match season {
            CesSeason::None | CesSeason::Simple => 0.0,
            CesSeason::Partial => 1.0,
            CesSeason::Full => 2.0,
        };
    if n <= k + 1.0 {
        return None;
    }
    let start = States::first(filled, season_length, season);
    let mut states = start.clone();
    let parameters = simplex::search(demand, season, &start, &mut states);
    states.clone_from(&start);
    let squares = filter::backcast(demand, season, &parameters, &mut states);
    if !squares.is_finite() {
        return None;
    }
    let mean_square = (squares / n).max(f64::MIN_POSITIVE);
    let log_likelihood = -n / 2.0 * ((TAU * mean_square).ln() + 1.0);
    let aicc = -2.0 * log_likelihood + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
    Some((aicc, FittedCes { season, root: false, parameters, states }))
}

impl FittedCes {
    /// Mean (median of the root form) of each of the next `horizon` periods, in units of demand; may be negative.
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut states = self.states.clone();
        (0..horizon)
            .map(|_| {
                let mean = states.mean();
                states.forward(f64::NAN, self.season, &self.parameters);
                self.in_units(mean)
            })
            .collect()
    }

    /// Takes in the next period without fitting again, in constant time; not observed (`NaN`) = its forecast was right.
    pub fn update(&mut self, demand: f64) {
        let value = if self.root { demand.max(0.0).sqrt() } else { demand };
        let value = if demand.is_nan() { f64::NAN } else { value };
        self.states.forward(value, self.season, &self.parameters);
    }

    fn in_units(&self, value: f64) -> f64 {
        if self.root { value * value.abs() } else { value }
    }
}

impl LocalModel for FittedCes {
    fn fit(history: &LocalHistory) -> Result<Self, MethodError> {
        fit(history.demand, history.season)
    }

    fn forecast(&self, horizon: usize) -> Vec<f64> {
        self.forecast(horizon)
    }

    fn update(&mut self, demand: f64) {
        self.update(demand);
    }
}

#[cfg(test)]
#[path = "ces_tests.rs"]
mod tests;
