//! Seasonal ARIMA with regressors: estimation by exact likelihood, automatic order, forecasts, nightly updates.
//!
//! Model: y_t = x_t β + c_t + n_t, φ(B) Φ(Bᵐ) (1-B)ᵈ (1-Bᵐ)^D n_t = θ(B) Θ(Bᵐ) ε_t, ε Gaussian with variance σ²; c_t is the mean
//! (no difference), drift · t (one difference) or nothing. [`auto`] chooses the orders, [`fit_order`] takes them.
//!
//! | file | what it holds |
//! |---|---|
//! | `order.rs` | orders and their limits |
//! | `polynomial.rs`, `arma.rs` | polynomials, stationary parameters, autocovariances, state-space form |
//! | `differencing.rs`, `seasonal_strength.rs` | how often to difference |
//! | `likelihood.rs` | exact innovations of complete series in O(r) per period |
//! | `kalman.rs` | the Kalman filter for series with gaps |
//! | `objective.rs` | the concentrated likelihood of one series |
//! | `estimation.rs` | Gauss-Newton and its starts |
//! | `search.rs` | stepwise search, several starts for the winner |
//! | `fitted.rs`, `forecasting.rs` | the fitted model: forecasts, update |
//!
//! `NaN` (or an infinite value) = not observed: the likelihood integrates it out exactly. Only the search for an order runs on a copy
//! with interpolated gaps; the chosen order is then estimated on the real series.

mod arma;
mod differencing;
mod estimation;
mod fitted;
mod forecasting;
mod kalman;
mod likelihood;
mod objective;
mod order;
mod polynomial;
mod search;
mod seasonal_strength;

pub(crate) use fitted::FittedArima;
pub(crate) use order::ArimaOrder;

use crate::forecast::linear_algebra::Projection;
use crate::forecast::series::{MethodError, observed_count, observed_mean};
use differencing::{is_constant, ordinary_differences, seasonal_differences};
use estimation::Workspace;
use likelihood::Start;
use objective::Objective;
use search::{Bounds, Candidate, Search, estimate, refine};

/// Observed periods needed.
const MIN_OBSERVED: usize = 4;

/// Largest p and q that are tried ...
const MAX_TERMS: usize = 5;
/// ... and P and Q.
const MAX_SEASONAL_TERMS: usize = 2;
/// Largest d without a season ...
const MAX_D: usize = 2;
/// ... and with one: a doubly integrated trend runs away over the long horizons of seasonal series.
const MAX_D_WITH_SEASON: usize = 1;

/// Chooses an order for `y` and estimates it.
///
/// `y`: demand per period, oldest first, `NaN` = not observed. `season`: periods per season, below 2 = none.
/// `regressors`: columns of length n + h, history and horizon, may be empty.
///
/// D by seasonal strength, d by repeated KPSS tests, then a stepwise search for p, q, P, Q and the constant by AICc
/// (Hyndman and Khandakar, JSS 27(3), 2008). With regressors the tests see the residuals of a regression on them.
pub(crate) fn auto(y: &[f64], season: usize, regressors: &[Vec<f64>]) -> Result<FittedArima, MethodError> {
    let series = Prepared::new(y, regressors)?;
    let n = series.y.len();
    let season = if season < 2 || season >= n { 1 } else { season };
    let complete = series.interpolated(season);
    let tested = residuals_of_regression(&complete, &series.regressors);
    let mut seasonal_d = seasonal_differences(&tested, season);
    let max_d = if season > 1 { MAX_D_WITH_SEASON } else { MAX_D };
    let mut d = differences_after(&tested, season, seasonal_d, max_d);
    loop {
        let order = ArimaOrder { d, seasonal_d, season, ..ArimaOrder::default() };
        if let Some(fitted) = search_with(&series, &complete, order) {
            return Ok(fitted);
        }
        // Too few periods left: fewer differences.
        match (d, seasonal_d) {
            (0, 0) => break,
            (0, _) => seasonal_d -= 1,
            _ => d -= 1,
        }
    }
    Err(no_likelihood())
}

/// Estimates one given order. Arguments as in [`auto`].
pub(crate) fn fit_order(y: &[f64], order: ArimaOrder, regressors: &[Vec<f64>]) -> Result<FittedArima, MethodError> {
    order.check()?;
    let series = Prepared::new(y, regressors)?;
    let mut objective =
        Objective::new(&series.y, &series.regressors, order, Start::Exact).ok_or_else(|| MethodError::TooShort {
            method: "arima",
            found: series.n_observed,
            needed: order.n_lost() + MIN_OBSERVED.max(2),
        })?;
    let minimum = estimate(&mut objective, &mut Workspace::default(), Vec::new());
    FittedArima::at(&mut objective, &minimum.u, &series.y, &series.regressors).ok_or_else(no_likelihood)
}

fn no_likelihood() -> MethodError {
    let reason = "found no order with a finite likelihood; give a longer or a varying history".to_owned();
    MethodError::Fit { method: "arima", reason }
}

/// A checked series: leading gaps cut.
struct Prepared {
    y: Vec<f64>,
    regressors: Vec<Vec<f64>>,
    n_observed: usize,
}

impl Prepared {
    fn new(y: &[f64], regressors: &[Vec<f64>]) -> Result<Prepared, MethodError> {
        let n_observed = observed_count(y);
        if n_observed < MIN_OBSERVED {
            return Err(MethodError::TooShort { method: "arima", found: n_observed, needed: MIN_OBSERVED });
        }
        let refuse = |reason: String| Err(MethodError::Fit { method: "arima", reason });
        for (i, column) in regressors.iter().enumerate() {
            if column.len() < y.len() || column.iter().any(|x| !x.is_finite()) {
                return refuse(format!(
                    "regressor {} has {} values, {} of them finite; needed are at least {} finite values",
                    i + 1,
                    column.len(),
                    observed_count(column),
                    y.len()
                ));
            }
        }
        let first = y.iter().position(|y| y.is_finite()).unwrap_or(0);
        let y = y[first..].iter().map(|y| if y.is_finite() { *y } else { f64::NAN }).collect();
        let regressors = regressors.iter().map(|column| column[first..].to_vec()).collect();
        Ok(Prepared { y, regressors, n_observed })
    }

    /// The series with gaps filled for tests and search: on the line between the neighbours, seasonal effect added when there
    /// are two full seasons.
    fn interpolated(&self, season: usize) -> Vec<f64> {
        let y = &self.y;
        if self.n_observed == y.len() {
            return y.clone();
        }
        let mut effect = vec![0.0; season];
        if season > 1 && y.len() >= 2 * season {
            let mean = observed_mean(y);
            for (position, effect) in effect.iter_mut().enumerate() {
                let values: Vec<f64> = y.iter().skip(position).step_by(season).copied().collect();
                let own = observed_mean(&values);
                *effect = if own.is_finite() { own - mean } else { 0.0 };
            }
        }
        let adjusted: Vec<f64> = y.iter().enumerate().map(|(t, y)| y - effect[t % season]).collect();
        let mut filled = adjusted.clone();
        let mut last: Option<usize> = None;
        for t in 0..y.len() {
            if adjusted[t].is_finite() {
                if let Some(before) = last.filter(|before| before + 1 < t) {
                    let slope = (adjusted[t] - adjusted[before]) / (t - before) as f64;
                    for (step, value) in filled[before + 1..t].iter_mut().enumerate() {
                        *value = adjusted[before] + slope * (step + 1) as f64;
                    }
                }
                last = Some(t);
            }
        }
        if let Some(last) = last {
            let value = adjusted[last];
            filled[last + 1..].fill(value);
        }
        filled.iter().enumerate().map(|(t, y)| y + effect[t % season]).collect()
    }
}

/// Residuals of least squares on the regressors and a constant; `y` itself without regressors.
fn residuals_of_regression(y: &[f64], regressors: &[Vec<f64>]) -> Vec<f64> {
    let mut residuals = y.to_vec();
    if !regressors.is_empty() {
        let mut columns = vec![vec![1.0; y.len()]];
        columns.extend(regressors.iter().map(|column| column[..y.len()].to_vec()));
        Projection::default().remove(&mut columns, &mut residuals);
    }
    residuals
}

fn differences_after(y: &[f64], season: usize, seasonal_d: usize, max_d: usize) -> usize {
    let seasonal = polynomial::difference_coefficients(0, seasonal_d, season);
    ordinary_differences(&objective::apply(&seasonal, y), max_d)
}

/// The best model with the differences of `order`; `None` when no model can be estimated.
fn search_with(series: &Prepared, complete: &[f64], order: ArimaOrder) -> Option<FittedArima> {
    let n = series.n_observed;
    let m = order.season;
    let constant = order.d + order.seasonal_d <= 1;
    let shortest = if m > 1 { m - 1 } else { usize::MAX };
    let bounds = Bounds {
        terms: MAX_TERMS.min(n / 3).min(shortest),
        seasonal_terms: if m > 1 { MAX_SEASONAL_TERMS.min(n / 3 / m) } else { 0 },
        constant,
    };
    let start = if m > LONG_SEASON { Start::Conditional } else { Start::Exact };
    let mut objective = Objective::new(complete, &series.regressors, order, start)?;
    let without_search = |constant: bool| {
        vec![Candidate { order: ArimaOrder { constant, ..order }, u: Vec::new(), aicc: f64::NEG_INFINITY }]
    };
    let mut found = if is_constant(objective.differenced()) {
        without_search(constant)
    } else {
        let mut search = Search::new(&mut objective, bounds);
        search.run();
        search.found
    };
    if found.is_empty() {
        found = without_search(constant);
    }
    let gaps = series.n_observed < series.y.len();
    if gaps {
        objective = Objective::new(&series.y, &series.regressors, order, Start::Exact)?;
    }
    objective.start = Start::Exact;
    let best = refine(&mut objective, &found).or_else(|| found.first().cloned())?;
    objective.order = best.order;
    FittedArima::at(&mut objective, &best.u, &series.y, &series.regressors)
}

/// Season length above which the search uses the conditional likelihood: the exact filter costs O(m) per period.
const LONG_SEASON: usize = 24;

#[cfg(test)]
#[path = "golden_tests.rs"]
mod golden_tests;

#[cfg(test)]
#[path = "law_tests.rs"]
mod law_tests;
