//! Demand forecasting: one series in, one demand distribution out.
//!
//! [`forecast_series`] classifies a series ([`classify`]), runs the methods that suit its class over rolling
//! origins ([`cross_validation`]), keeps the one with the smallest out-of-sample error ([`accuracy`]), refits it
//! on the whole history and returns the mean with its rolling-origin forecasts. [`demand_quantiles`] turns that mean and
//! those errors into quantiles per period and, what inventory needs, of running totals.
//!
//! | file | what it holds |
//! |---|---|
//! | `classify.rs` | smooth, erratic, intermittent, lumpy, or no demand; where a series begins |
//! | `ets/`, `theta.rs`, `ces/`, `combination.rs` | exponential smoothing with seasons, and the mean of its three families |
//! | `seasonal_naive.rs`, `smoothing.rs`, `regression.rs`, `intermittent.rs` | the methods |
//! | `cleaning.rs`, `level_shifts.rs` | outliers; lasting changes of level |
//! | `cold_start.rs` | the first weeks of a product from its siblings; its end |
//! | `imputation.rs` | complete series for the methods that need them |
//! | `panel/` | many series at once: what the nightly job calls |
//! | `known_effects.rs` | what promotions and prices multiply demand by |
//! | `reconcile/` | forecasts of a hierarchy that add up |
//! | `cross_validation.rs`, `rolling.rs` | rolling origins, and sums of them up a hierarchy |
//! | `accuracy.rs` | WAPE, MASE, RMSSE, bias, pinball loss, coverage |
//! | `selection.rs` | which method, and what to do when none can be fitted |
//! | `quantiles.rs`, `count_distribution.rs` | demand quantiles |
//!
//! Missing values: `NaN` in a demand slice means *not observed* (no record, or censored by a stock-out). It is never
//! read as zero. An infinite demand is treated like `NaN`. Nothing here uses randomness or a clock: the same arguments
//! give the same bytes.

pub mod accuracy;
pub mod adaptive;
pub mod arima;
pub mod boosting;
pub mod ceiling;
pub mod ces;
pub mod classify;
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
pub mod cross_validation;
mod error_shape;
pub mod ets;
pub mod global;
pub mod group_profile;
pub mod imputation;
pub mod intermittent;
pub mod known_effects;
pub mod level_shifts;
pub mod panel;
pub mod quantiles;
pub mod reconcile;
pub mod regression;
pub mod rolling;
pub mod seasonal_adjustment;
pub mod seasonal_naive;
pub mod selection;
#[cfg(test)]
mod simulated;
pub mod smoothing;
mod step_regression;
pub mod temporal_aggregation;
pub mod theta;
mod volatility;

pub use classify::{DemandClass, classify, silence_is_chance};
pub use cross_validation::{Backtest, sum_backtests};
pub use quantiles::{DemandQuantiles, QuantileBasis, demand_quantiles};
pub use selection::{Fallback, MethodFailure, MethodScore, SeriesForecast, forecast_series};

/// How a forecast is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Method {
    /// The last observed season repeated; for intermittent demand the flat mean of the last four seasons.
    SeasonalNaive,
    /// Multiple seasonal-trend decomposition by loess, then exponential smoothing of what remains.
    MstlEts,
    /// Non-seasonal exponential smoothing, form chosen by the corrected Akaike criterion.
    Ets,
    /// Least squares on trend, season, Fourier terms and the given regressors.
    Regression,
    /// Teunter-Syntetos-Babai smoothing of demand probability and demand size.
    Tsb,
    /// Croston's method with the Syntetos-Boylan bias correction.
    Sba,
    /// Demand has ended or never began: zero.
    Zero,
}

impl Method {
    /// Every method, in order.
    pub const ALL: &[Method] = &[
        Method::SeasonalNaive,
        Method::MstlEts,
        Method::Ets,
        Method::Regression,
        Method::Tsb,
        Method::Sba,
        Method::Zero,
    ];

    /// The name used in tables, reports and parameter files.
    ///
    /// ```
    /// use nightclerk_models::forecast::Method;
    /// assert_eq!(Method::MstlEts.name(), "mstl_ets");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Method::SeasonalNaive => "seasonal_naive",
            Method::MstlEts => "mstl_ets",
            Method::Ets => "ets",
            Method::Regression => "regression",
            Method::Tsb => "tsb",
            Method::Sba => "sba",
            Method::Zero => "zero",
        }
    }

    /// The method of that [`Method::name`], if there is one.
    pub fn from_name(name: &str) -> Option<Method> {
        Method::ALL.iter().copied().find(|method| method.name() == name)
    }
}

/// One series, as the models see it.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Demand per period, oldest first. `NaN` = not observed (missing, or censored by a stock-out).
    pub demand: &'a [f64],
    /// Columns known for history and horizon.
    pub regressors: &'a Regressors,
    /// Season lengths in periods, such as `[7, 365]` for daily demand. Lengths below 2 are ignored.
    pub season_lengths: &'a [usize],
}

/// Columns known for history **and** horizon (promotions, prices, events): each has length `n + horizon`.
///
/// A column of another length or with a value that is not finite is refused by the regression, with its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regressors {
    /// One name per column.
    pub names: Vec<String>,
    /// One column per name, oldest period first.
    pub columns: Vec<Vec<f64>>,
}

/// What to forecast and how to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Periods to forecast, H.
    pub horizon: usize,
    /// Rolling origins to try for every method; fewer when the history is short.
    pub n_windows: usize,
    /// Periods between two origins.
    pub step_size: usize,
    /// Quantile levels in (0, 1) wanted by the caller; passed on to [`demand_quantiles`].
    pub quantile_levels: Vec<f64>,
    /// Methods allowed to compete. [`Method::SeasonalNaive`] always runs: it is the yardstick.
    pub methods: Vec<Method>,
    /// Seed of the run. No method here draws random numbers; a later one will, from this.
    pub seed: u64,
}

impl Default for Settings {
    /// Four weeks of daily demand, three origins a week apart, every method.
    fn default() -> Self {
        Settings {
            horizon: 28,
            n_windows: 3,
            step_size: 7,
            quantile_levels: vec![0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99],
            methods: Method::ALL.to_vec(),
            seed: 0,
        }
    }
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
    #[error("fit `regression`: regressor `{name}` {problem}; it needs {needed} finite values (history and horizon)")]
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
