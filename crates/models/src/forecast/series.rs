//! The words that every room of forecasting shares: what a series is, what a model of one series does, why it may fail.

/// Demand beyond this has no finite square to work with.
const LARGEST_DEMAND: f64 = 1e100;

/// What a model of one series is fitted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalHistory<'a> {
    /// Demand per period, oldest first; `NaN` = not observed.
    pub demand: &'a [f64],
    /// Periods per season, below 2 = none.
    pub season: usize,
    /// Known-ahead columns without a gap, each over history **and** horizon; most models have no use for them.
    pub columns: &'a [Vec<f64>],
}

impl LocalHistory<'_> {
    /// The first `n` periods; columns stay known ahead.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        LocalHistory { demand: &self.demand[..n], ..*self }
    }
}

/// A model of one series alone: its parameters, and its states after the last period that it has seen.
///
/// A new one is a file in `local/` with this implementation, and its line in `local_models!` there.
pub(crate) trait LocalModel: Sized {
    /// Whether it learns from known-ahead columns. Such a fit lasts as long as the columns that it was given.
    const USES_COLUMNS: bool = false;

    /// Estimates parameters and states.
    ///
    /// # Errors
    /// The history is too short or cannot be fitted.
    fn fit(history: &LocalHistory) -> Result<Self, MethodError>;

    /// The same kind of model estimated on another stretch of the series. What is costly to choose may be kept.
    ///
    /// # Errors
    /// As [`LocalModel::fit`].
    fn refit(&self, history: &LocalHistory) -> Result<Self, MethodError> {
        Self::fit(history)
    }

    /// Observed periods that must lie before the first of the rolling origins, where the caller wants so many.
    fn least_observed(&self, wanted: usize) -> usize {
        wanted
    }

    /// Mean demand of the next `horizon` periods, in units of demand; `NaN` where it can say nothing.
    fn forecast(&self, horizon: usize) -> Vec<f64>;

    /// Takes in the next period without being fitted again; `NaN` = not observed.
    fn update(&mut self, demand: f64);
}

/// Columns known for history **and** horizon (promotions, prices, events): each has length `n + horizon`.
///
/// A column of another length or with a value that is not finite is refused, with its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regressors {
    /// One name per column.
    pub names: Vec<String>,
    /// One column per name, oldest period first.
    pub columns: Vec<Vec<f64>>,
    /// So many of the last columns are known until the end of the history only.
    pub n_past: usize,
}

impl Regressors {
    /// How many columns are known ahead: the first ones.
    pub(crate) fn n_ahead(&self) -> usize {
        self.columns.len().saturating_sub(self.n_past)
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

/// Refuses demand whose squares would overflow.
pub(crate) fn check_size(method: &'static str, demand: &[f64]) -> Result<(), MethodError> {
    match demand.iter().find(|value| value.is_finite() && value.abs() > LARGEST_DEMAND) {
        Some(found) => Err(MethodError::Unusable { method, found: *found, limit: LARGEST_DEMAND }),
        None => Ok(()),
    }
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
