//! What estimation minimises: the concentrated sum of squares of one series under any order with the same differences.
//!
//! With σ² and the regression coefficients β concentrated out, -2 ln L = n (ln(2π S / n) + 1), where
//! S = Σ ṽ² · exp((Σ ln F + ln |X̃'X̃| of diffuse columns) / n), ṽ are the standardised innovations of the data after
//! projection on those of the regressors (generalised least squares), and n counts the observed periods less d + D m.

use super::arma::Arma;
use super::kalman::{self, Dense};
use super::likelihood::{Filter, Start};
use super::order::ArimaOrder;
use super::polynomial::difference_coefficients;
use crate::forecast::linear_algebra::{Projection, dot};

/// One series with given differences, ready for any p, q, P, Q and constant.
#[derive(Clone, Debug)]
pub(super) struct Objective {
    /// Order under evaluation; only p, q, P, Q and the constant may change.
    pub(super) order: ArimaOrder,
    /// How the likelihood starts.
    pub(super) start: Start,
    /// Observed periods less d + D m.
    pub(super) n_effective: usize,
    /// δ of the differences.
    pub(super) difference: Vec<f64>,
    /// Data, diffuse columns, regressors, constant. Differenced when complete, levels when something is missing.
    columns: Vec<Vec<f64>>,
    n_diffuse: usize,
    missing: bool,
    arma: Arma,
    filter: Filter,
    filtered: Vec<Vec<f64>>,
    projection: Projection,
}

/// Everything known at one parameter vector.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    /// Coefficients of the regressors, then of the constant when there is one.
    pub(super) beta: Vec<f64>,
    /// Standardised innovations of the observed periods after the first d + D m.
    pub(super) innovations: Vec<f64>,
    /// Predicted state after the last period, the regression removed: α, then for series with gaps the levels.
    pub(super) state: Vec<f64>,
    /// The filter's covariance for series with gaps.
    pub(super) dense: Option<Dense>,
    /// The filter's gains for complete series.
    pub(super) filter: Filter,
}

impl Objective {
    /// `y` in levels, `NaN` = missing; `regressors` in levels, each at least as long as `y`. `order` gives the differences.
    /// `None` when fewer than two observations remain.
    pub(super) fn new(y: &[f64], regressors: &[Vec<f64>], order: ArimaOrder, start: Start) -> Option<Objective> {
        let n = y.len();
        let lost = order.n_lost();
        let n_observed = y.iter().filter(|y| y.is_finite()).count();
        if n_observed < lost + 2 || n < lost + 2 {
            return None;
        }
        let difference = difference_coefficients(order.d, order.seasonal_d, order.season);
        let missing = n_observed < n;
        let cut = |column: &[f64]| if missing { column[..n].to_vec() } else { apply(&difference, &column[..n]) };
        let mut columns = vec![cut(y)];
        if missing {
            for (t, _) in y.iter().enumerate().take(lost).filter(|(_, y)| !y.is_finite()) {
                let mut column = vec![0.0; n];
                column[t] = 1.0;
                columns.push(column);
            }
        }
        let n_diffuse = columns.len() - 1;
        columns.extend(regressors.iter().map(|column| cut(column)));
        let length = columns[0].len();
        columns.push(if missing && lost > 0 { (1..=length).map(|t| t as f64).collect() } else { vec![1.0; length] });
        let filtered = vec![vec![0.0; length]; columns.len()];
        Some(Objective {
            order,
            start: if missing { Start::Exact } else { start },
            n_effective: n_observed - lost,
            difference,
            columns,
            n_diffuse,
            missing,
            arma: Arma::default(),
            filter: Filter::default(),
            filtered,
            projection: Projection::default(),
        })
    }

    /// The differenced series; empty when something is missing.
    pub(super) fn differenced(&self) -> &[f64] {
        if self.missing { &[] } else { &self.columns[0] }
    }

    fn n_columns(&self) -> usize {
        self.columns.len() - usize::from(!self.order.constant)
    }

    /// S at the free parameters `u`, infinite when there is none; the scaled residuals (Σ e² = S) into `residuals`.
    pub(super) fn evaluate(&mut self, u: &[f64], residuals: &mut Vec<f64>) -> f64 {
        self.arma.set_free(u, &self.order);
        let used = self.n_columns();
        let columns = &self.columns[..used];
        let filtered = &mut self.filtered[..used];
        let log_variances = if self.missing {
            let mut states = Vec::new();
            kalman::run(&mut self.arma, &self.difference, columns, filtered, &mut states).map(|(sum, _)| sum)
        } else {
            self.filter.run(&mut self.arma, columns, filtered, self.start, false)
        };
        let Some(mut log_scale) = log_variances else {
            return f64::INFINITY;
        };
        let (data, regressors) = filtered.split_at_mut(1);
        if !regressors.is_empty() {
            self.projection.remove(regressors, &mut data[0]);
            log_scale += self.projection.log_determinant(self.n_diffuse);
        }
        let scale = (log_scale / (2.0 * self.n_effective as f64)).exp();
        residuals.clear();
        residuals.extend(data[0].iter().map(|v| v * scale));
        let s = dot(residuals, residuals);
        if s.is_finite() { s } else { f64::INFINITY }
    }

    /// Everything at `u`, for the fitted model. `None` when the likelihood does not exist there.
    pub(super) fn solve(&mut self, u: &[f64]) -> Option<Solution> {
        self.arma.set_free(u, &self.order);
        let used = self.n_columns();
        let columns = &self.columns[..used];
        let filtered = &mut self.filtered[..used];
        let (states, dense) = if self.missing {
            let mut states = Vec::new();
            let (_, dense) = kalman::run(&mut self.arma, &self.difference, columns, filtered, &mut states)?;
            (states, Some(dense))
        } else {
            self.filter.run(&mut self.arma, columns, filtered, Start::Exact, true)?;
            (self.filter.states.clone(), None)
        };
        let (data, regressors) = filtered.split_at_mut(1);
        let mut beta = Vec::new();
        if !regressors.is_empty() {
            self.projection.remove(regressors, &mut data[0]);
            beta = self.projection.coefficients();
        }
        let mut states = states.into_iter();
        let mut state = states.next()?;
        let mut others: Vec<Vec<f64>> = states.collect();
        for (other, beta) in others.iter().zip(&beta) {
            for (a, x) in state.iter_mut().zip(other) {
                *a -= beta * x;
            }
        }
        // Levels missing at the start are known only as well as they were estimated.
        let mut dense = dense;
        if let (Some(dense), true) = (&mut dense, self.n_diffuse > 0) {
            others.truncate(self.n_diffuse);
            self.projection.whiten(&mut others);
            for load in &others {
                dense.add_uncertainty(load);
            }
        }
        state.truncate(self.arma.state_size() + if self.missing { self.difference.len() } else { 0 });
        beta.drain(..self.n_diffuse);
        if self.order.constant && !self.missing && self.order.seasonal_d == 1 {
            // The constant of a seasonally differenced series is m times the drift per period.
            if let Some(last) = beta.last_mut() {
                *last /= self.order.season as f64;
            }
        }
        Some(Solution { beta, innovations: data[0].clone(), state, dense, filter: self.filter.clone() })
    }

    /// ln L at a sum of squares, the one of [`Objective::evaluate`].
    pub(super) fn log_likelihood(&self, s: f64) -> f64 {
        let n = self.n_effective as f64;
        -0.5 * n * ((std::f64::consts::TAU * s.max(f64::MIN_POSITIVE) / n).ln() + 1.0)
    }

    /// Number of estimated coefficients, σ² not counted.
    pub(super) fn n_coefficients(&self) -> usize {
        self.order.n_arma() + self.n_columns() - 1 - self.n_diffuse
    }

    /// Corrected Akaike criterion at a sum of squares: -2 ln L + 2k + 2k(k+1)/(n-k-1), k counting σ².
    pub(super) fn aicc(&self, s: f64) -> f64 {
        let (n, k) = (self.n_effective as f64, self.n_coefficients() as f64 + 1.0);
        if n - k - 1.0 <= 0.0 {
            return f64::INFINITY;
        }
        -2.0 * self.log_likelihood(s) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0)
    }
}

/// The differenced series, shorter by the length of `difference`.
pub(super) fn apply(difference: &[f64], y: &[f64]) -> Vec<f64> {
    let lost = difference.len();
    let nonzero: Vec<(usize, f64)> =
        difference.iter().enumerate().filter(|(_, d)| **d != 0.0).map(|(j, d)| (j + 1, *d)).collect();
    (lost..y.len()).map(|t| y[t] - nonzero.iter().map(|(lag, d)| d * y[t - lag]).sum::<f64>()).collect()
}

#[cfg(test)]
#[path = "objective_tests.rs"]
mod tests;
