//! Exponential smoothing in state space form: error, trend and season, chosen by the corrected Akaike criterion.
//!
//! Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing: the State Space Approach" (2008), called the
//! book below. Errors additive or multiplicative, trend none, additive or additive damped, season none, additive or
//! multiplicative: 15 forms. Multiplicative trends are left out (they explode), and so are additive errors with a multiplicative
//! season (the book, section 2.5: numerically unstable).
//!
//! | file | what it holds |
//! |---|---|
//! | `filter.rs` | the recursion, its likelihood and that likelihood's Gauss-Newton system |
//! | `optimise.rs` | the optimiser |
//! | `start.rs` | where it starts, and its bounds |
//! | `search.rs` | which forms are fitted, and which are given up early |
//! | `average.rs` | all forms weighted instead of one chosen |
//! | `predict.rs` | forecasts, update with a new period |
//!
//! A period not observed (`NaN`, infinite) moves the states by their expectation and does not count. Scaling a series scales
//! its forecast. Series with zero or negative values get additive forms only.

mod average;
mod filter;
mod optimise;
mod predict;
mod search;
mod start;

use std::fmt;

pub(crate) use average::{FittedEtsAverage, fit_average};
use serde::{Deserialize, Serialize};

use super::seasonal_adjustment::SeasonKind;
use crate::forecast::series::{MethodError, check_size, observed_count};

/// Name in error messages.
pub(super) const METHOD: &str = "ets";
/// Observed periods needed: the smallest form has three parameters, AICc needs one more than that plus one.
const MIN_OBSERVED: usize = 5;
/// How the error enters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum ErrorKind {
    /// y = μ + ε: spread does not depend on the level.
    Additive,
    /// y = μ (1 + ε): spread grows with the level.
    Multiplicative,
}

/// How the level moves on average.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum TrendKind {
    /// It does not.
    None,
    /// By a slope per period.
    Additive,
    /// By a slope that shrinks by the factor φ each period.
    Damped,
}

/// One of the 15 forms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Form {
    /// Error.
    pub error: ErrorKind,
    /// Trend.
    pub trend: TrendKind,
    /// Season.
    pub season: SeasonKind,
}

impl fmt::Display for Form {
    /// The usual short name, such as `ETS(M,Ad,M)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = if self.error == ErrorKind::Additive { "A" } else { "M" };
        let trend = match self.trend {
            TrendKind::None => "N",
            TrendKind::Additive => "A",
            TrendKind::Damped => "Ad",
        };
        let season = match self.season {
            SeasonKind::None => "N",
            SeasonKind::Additive => "A",
            SeasonKind::Multiplicative => "M",
        };
        write!(formatter, "ETS({error},{trend},{season})")
    }
}

/// A fitted form: parameters, criterion, and the states after the last period. What a nightly run stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedEts {
    /// The form.
    pub form: Form,
    /// Smoothing of the level, α in (0, 1).
    pub alpha: f64,
    /// Smoothing of the slope, β in \[0, α\]; 0 without a trend.
    pub beta: f64,
    /// Smoothing of the season, γ in \[0, 1 - α\]; 0 without a season.
    pub gamma: f64,
    /// Damping of the slope, φ in \[0.8, 0.98\]; 1 when not damped.
    pub phi: f64,
    /// Level, in units of demand.
    pub level: f64,
    /// Slope, in units of demand per period; 0 without a trend.
    pub slope: f64,
    /// Season by position (period index modulo the season length); empty without a season.
    pub season: Vec<f64>,
    /// Position of the next period.
    pub position: usize,
    /// Corrected Akaike criterion: -2 log L + 2k + 2k(k+1)/(n-k-1), with n observed periods, k smoothing parameters, free
    /// starting states and the variance, and log L the concentrated Gaussian log-likelihood with its constants:
    /// -n/2 (log(2π S/n) + 1), S being the sum of squares, less Σ log μ for multiplicative errors. R's forecast package
    /// leaves out n/2 (log(n/2π) - 1).
    pub aicc: f64,
}

/// Every form that can be fitted, smallest AICc first (at least one).
///
/// `demand` per period, oldest first, `NaN` = not observed; `season_length` in periods, below 2 = no season. Seasonal forms
/// need two seasons of data, of at most 24 periods each. Smoothing parameters and starting states (seasons summing to zero, or averaging one) maximise
/// the likelihood together, within 0 < α < 1, 0 <= β <= α, 0 <= γ <= 1 - α, 0.8 <= φ <= 0.98 (the book's usual region,
/// section 2.5.1).
///
/// # Errors
/// Fewer than five observed periods, values beyond 1e100, or no form can be fitted.
fn fit_pool(demand: &[f64], season_length: usize) -> Result<Vec<FittedEts>, MethodError> {
    fit_among(&|_| true, demand, season_length)
}

/// [`fit_pool`] of some forms.
fn fit_among(
    allowed: &dyn Fn(Form) -> bool,
    demand: &[f64],
    season_length: usize,
) -> Result<Vec<FittedEts>, MethodError> {
    let found = observed_count(demand);
    if found < MIN_OBSERVED {
        return Err(MethodError::TooShort { method: METHOD, found, needed: MIN_OBSERVED });
    }
    check_size(METHOD, demand)?;
    let pool = search::search(demand, season_length.max(1), allowed);
    if pool.is_empty() {
        let reason = "no form can be fitted; multiplicative forms need positive demand, seasonal ones two seasons";
        return Err(MethodError::Fit { method: METHOD, reason: reason.to_owned() });
    }
    Ok(pool)
}

/// Akaike weights: exp(-Δ / 2) with Δ the distance to the smallest criterion, summing to one.
fn akaike_weights(criteria: &[f64]) -> Vec<f64> {
    let best = criteria.iter().copied().fold(f64::INFINITY, f64::min);
    let raw: Vec<f64> = criteria.iter().map(|criterion| (-(criterion - best) / 2.0).exp()).collect();
    let total: f64 = raw.iter().sum();
    raw.iter().map(|weight| weight / total).collect()
}

#[cfg(test)]
#[path = "ets_tests.rs"]
mod tests;
