//! Demand forecasting: many series in, one demand distribution each out.
//!
//! [`panel::fit_panel`] is what a night calls: it takes every series for what it is, small whole numbers to distributions of
//! counts, the rest to a mixture of exponential smoothing and one boosted model over all series, whose errors at rolling
//! origins become quantiles.
//!
//! Missing values: `NaN` in a demand slice means *not observed* (no record, or censored by a stock-out). It is never
//! read as zero. An infinite demand is treated like `NaN`. Nothing here uses a clock, and chance comes from a seed alone: the
//! same arguments give the same bytes.

pub mod accuracy;
pub mod arima;
mod beginning;
pub mod boosting;
pub mod ceiling;
pub mod ces;
pub mod cleaning;
pub mod cold_start;
pub mod combination;
pub mod conformal;
mod count_boost;
mod count_cells;
mod count_choice;
pub mod count_distribution;
pub mod count_group;
mod count_levels;
pub mod count_pmf;
mod count_recent;
mod count_working_levels;
pub mod cross_validation;
mod error_shape;
pub mod ets;
pub mod global;
pub mod group_profile;
pub mod imputation;
pub mod known_effects;
pub mod level_shifts;
pub mod panel;
pub mod quantiles;
pub mod reconcile;
pub mod regression;
pub mod rolling;
pub mod seasonal_adjustment;
pub mod seasonal_naive;
#[cfg(test)]
mod simulated;
mod step_regression;
pub mod theta;
mod volatility;

pub use beginning::silence_is_chance;
pub use cross_validation::{Backtest, sum_backtests};
pub use quantiles::{DemandQuantiles, QuantileBasis, demand_quantiles};

/// Columns known for history **and** horizon (promotions, prices, events): each has length `n + horizon`.
///
/// A column of another length or with a value that is not finite is refused, with its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regressors {
    /// One name per column.
    pub names: Vec<String>,
    /// One column per name, oldest period first.
    pub columns: Vec<Vec<f64>>,
}

/// Why one method could not forecast one series.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MethodError {
    /// The history is too short for the method.
    #[error("fit `{method}`: found {found} observed periods, needs at least {needed}; give a longer history")]
    TooShort {
        /// Name of the method.
        method: &'static str,
        /// Observed periods.
        found: usize,
        /// Observed periods needed.
        needed: usize,
    },
    /// A regressor column cannot be used.
    #[error("fit `gbm`: regressor `{name}` {problem}; it needs {needed} finite values (history and horizon)")]
    Regressor {
        /// Name of the column.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// Length needed.
        needed: usize,
    },
    /// The fitting library returned an error or panicked.
    #[error("fit `{method}`: {reason}")]
    Fit {
        /// Name of the method.
        method: &'static str,
        /// What the library said.
        reason: String,
    },
    /// The forecast is not a number or absurdly large.
    #[error("forecast by `{method}`: found {found}, allowed are finite values up to {limit}; the method is not used")]
    Unusable {
        /// Name of the method.
        method: &'static str,
        /// The offending value.
        found: f64,
        /// Largest value allowed.
        limit: f64,
    },
}

/// Mean of the finite values, `NaN` when there is none.
pub fn observed_mean(values: &[f64]) -> f64 {
    let (sum, count) = values
        .iter()
        .filter(|value| value.is_finite())
        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { f64::NAN }
}

/// Number of finite values.
pub(crate) fn observed_count(values: &[f64]) -> usize {
    values.iter().filter(|value| value.is_finite()).count()
}
