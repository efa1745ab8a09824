//! Forecasts, and the nightly update.

use super::arma::Arma;
use super::fitted::{FittedArima, Spread};
use super::kalman::Dense;
use super::likelihood::{Gains, advance_state};
use super::{auto, fit_order};
use crate::forecast::series::{LocalHistory, LocalModel, MethodError};

impl FittedArima {
    /// Point forecasts 1..=h periods ahead.
    ///
    /// An error when regressors are known for fewer than `h` periods.
    pub fn forecast(&self, h: usize) -> Result<Vec<f64>, MethodError> {
        if !self.coefficients.regressors.is_empty() && self.future_rows.len() < h {
            return Err(self.unknown_regressors(h));
        }
        let arma = self.arma();
        let dense = Form::new(&arma, self.difference());
        let mut state = self.state.mean.clone();
        if state.len() != dense.size() {
            let reason = "the stored state is damaged; fit again".to_owned();
            return Err(MethodError::Fit { method: "arima", reason });
        }
        Ok((0..h)
            .map(|k| {
                let row = self.future_rows.get(k).map_or(&[][..], Vec::as_slice);
                let level = dense.step(&mut state);
                level + self.regression(row, self.state.n_seen + k + 1)
            })
            .collect())
    }

    /// Takes one new period into the state: coefficients stay, forecasts then start after it. `NaN` (or an infinite value) =
    /// not observed. The same as filtering the longer series again with these coefficients.
    ///
    /// An error, and no change, when regressors are not known for the period.
    pub fn update(&mut self, y: f64) -> Result<(), MethodError> {
        let row = match (self.coefficients.regressors.is_empty(), self.future_rows.first()) {
            (true, _) => Vec::new(),
            (false, Some(row)) => row.clone(),
            (false, None) => return Err(self.unknown_regressors(1)),
        };
        let value = if y.is_finite() { y } else { f64::NAN };
        let level = value - self.regression(&row, self.state.n_seen + 1);
        let mut arma = self.arma();
        let difference = self.difference();
        let fast = level.is_finite() && !matches!(self.state.spread, Spread::Dense(_));
        if fast {
            self.update_fast(&arma, &difference, level);
        } else {
            let dense = self.dense(&mut arma, &difference)?;
            self.update_dense(dense, level);
        }
        self.state.n_seen += 1;
        if !self.future_rows.is_empty() {
            self.future_rows.remove(0);
        }
        Ok(())
    }

    fn update_fast(&mut self, arma: &Arma, difference: &[f64], level: f64) {
        let r = arma.state_size();
        let mut phi = Vec::new();
        arma.padded_ar(&mut phi);
        let levels = self.state.mean.split_off(r.min(self.state.mean.len()));
        let state = &mut self.state.mean;
        let expected = state[0] + difference.iter().zip(&levels).map(|(delta, level)| delta * level).sum::<f64>();
        let error = level - expected;
        state.push(0.0);
        if let Spread::Gains { gain, change, variance, weight } = &mut self.state.spread {
            advance_state(state, &phi, gain, error / *variance);
            let mut gains = Gains {
                gain: std::mem::take(gain),
                change: std::mem::take(change),
                variance: *variance,
                weight: *weight,
            };
            gains.advance(&phi);
            self.state.spread = if gains.is_settled() {
                Spread::Settled
            } else {
                let Gains { gain, change, variance, weight } = gains;
                Spread::Gains { gain, change, variance, weight }
            };
        } else {
            let mut gain = Vec::new();
            arma.steady_gain(&mut gain);
            advance_state(state, &phi, &gain, error);
        }
        state.truncate(r);
        if !levels.is_empty() {
            state.push(level);
            state.extend_from_slice(&levels[..levels.len() - 1]);
        }
    }

    fn update_dense(&mut self, mut dense: Dense, level: f64) {
        let mut scratch = Vec::new();
        if level.is_finite() {
            let variance = dense.error_variance().max(1.0);
            let error = level - dense.observation(&self.state.mean);
            dense.update_state(&mut self.state.mean, error / variance);
            dense.condition(variance);
        }
        dense.predict_state(&mut self.state.mean, &mut scratch);
        dense.predict_covariance();
        self.state.spread = if dense.is_settled() { Spread::Settled } else { Spread::Dense(dense.covariance) };
    }

    fn unknown_regressors(&self, needed: usize) -> MethodError {
        let reason = format!(
            "regressors are known for {} periods ahead, needed {needed}; give columns of history and horizon",
            self.future_rows.len()
        );
        MethodError::Fit { method: "arima", reason }
    }
}

/// Transition and observation without a covariance.
struct Form {
    phi: Vec<f64>,
    difference: Vec<f64>,
}

impl Form {
    fn new(arma: &Arma, difference: Vec<f64>) -> Form {
        let mut phi = Vec::new();
        arma.padded_ar(&mut phi);
        Form { phi, difference }
    }

    fn size(&self) -> usize {
        self.phi.len() + self.difference.len()
    }

    /// The expected level of the coming period; moves the state past it.
    fn step(&self, state: &mut [f64]) -> f64 {
        let r = self.phi.len();
        let (alpha, levels) = state.split_at_mut(r);
        let level = alpha[0] + self.difference.iter().zip(&*levels).map(|(delta, level)| delta * level).sum::<f64>();
        let first = alpha[0];
        for i in 0..r {
            alpha[i] = self.phi[i] * first + alpha.get(i + 1).copied().unwrap_or(0.0);
        }
        if !levels.is_empty() {
            levels.rotate_right(1);
            levels[0] = level;
        }
        level
    }
}

impl LocalModel for FittedArima {
    const USES_COLUMNS: bool = true;

    fn fit(history: &LocalHistory) -> Result<Self, MethodError> {
        auto(history.demand, history.season, history.columns)
    }

    /// The order is kept: searching twice would double the cost.
    fn refit(&self, history: &LocalHistory) -> Result<Self, MethodError> {
        fit_order(history.demand, self.order(), history.columns)
    }

    /// Whatever the order can be estimated from: the likelihood says when that is too little.
    fn least_observed(&self, _wanted: usize) -> usize {
        0
    }

    fn forecast(&self, horizon: usize) -> Vec<f64> {
        self.forecast(horizon).unwrap_or_else(|_| vec![f64::NAN; horizon])
    }

    fn update(&mut self, demand: f64) {
        // It fails only where columns end, and so does the forecast after it.
        let _ = self.update(demand);
    }
}

#[cfg(test)]
#[path = "forecasting_tests.rs"]
mod tests;
