//! A fitted model: its coefficients and filter state.

use serde::{Deserialize, Serialize};

use super::arma::{Arma, Blocks};
use super::kalman::Dense;
use super::likelihood::Gains;
use super::objective::Objective;
use super::order::ArimaOrder;
use super::polynomial::difference_coefficients;
use crate::forecast::series::MethodError;

/// Estimated coefficients, signs as in φ(B) = 1 - φ₁B - ... and θ(B) = 1 + θ₁B + ...
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArimaCoefficients {
    /// φ₁..φₚ.
    pub ar: Vec<f64>,
    /// Φ₁..Φ_P at lags m, 2m, ...
    pub seasonal_ar: Vec<f64>,
    /// θ₁..θ_q.
    pub ma: Vec<f64>,
    /// Θ₁..Θ_Q at lags m, 2m, ...
    pub seasonal_ma: Vec<f64>,
    /// Mean (no difference) or drift per period (one difference), if estimated.
    pub constant: Option<f64>,
    /// One coefficient per regressor; zero for one that depends on others.
    pub regressors: Vec<f64>,
}

/// A fitted regression with seasonal ARIMA errors. Serialisable: the state holds what forecasts and updates need, not the
/// history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedArima {
    pub(super) order: ArimaOrder,
    pub(super) coefficients: ArimaCoefficients,
    /// Regressor rows of the periods to come, nearest first.
    pub(super) future_rows: Vec<Vec<f64>>,
    pub(super) state: State,
}

/// Filter state before the next period, the regression removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Periods since the first observed one.
    pub(super) n_seen: usize,
    /// α, length r, then the last d + D m levels, newest first.
    pub(super) mean: Vec<f64>,
    pub(super) spread: Spread,
}

/// Covariance of the filter state, in its smallest exact form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Spread {
    /// P = R R': the levels and every ε are known.
    Settled,
    /// Complete series whose filter has not settled: K, L, F, M.
    Gains {
        /// K.
        gain: Vec<f64>,
        /// L with a zero at the end.
        change: Vec<f64>,
        /// F.
        variance: f64,
        /// M.
        weight: f64,
    },
    /// Series with gaps: P, row-major.
    Dense(Vec<f64>),
}

impl FittedArima {
    /// The order.
    pub fn order(&self) -> ArimaOrder {
        self.order
    }

    /// The model at free parameters `u`. `None` when the likelihood does not exist there.
    pub(super) fn at(objective: &mut Objective, u: &[f64], y: &[f64], regressors: &[Vec<f64>]) -> Option<FittedArima> {
        let mut buffer = Vec::new();
        let s = objective.evaluate(u, &mut buffer);
        if !s.is_finite() {
            return None;
        }
        let order = objective.order;
        let solution = objective.solve(u)?;
        let blocks = Blocks::from_free(u, &order);
        let n = y.len();
        let n_regressors = regressors.len();
        let constant = order.constant.then(|| solution.beta.get(n_regressors).copied().unwrap_or(0.0));
        let coefficients = ArimaCoefficients {
            ar: blocks.ar,
            seasonal_ar: blocks.seasonal_ar,
            ma: blocks.ma,
            seasonal_ma: blocks.seasonal_ma,
            constant,
            regressors: solution.beta.get(..n_regressors).unwrap_or(&[]).to_vec(),
        };
        let squares: f64 = solution.innovations.iter().map(|v| v * v).sum();
        let rows = regressors.iter().map(Vec::len).min().unwrap_or(0);
        let mut fitted = FittedArima {
            order,
            future_rows: (n..rows).map(|t| regressors.iter().map(|column| column[t]).collect()).collect(),
            state: State { n_seen: n, mean: solution.state, spread: Spread::Settled },
            coefficients,
        };
        if let Some(dense) = solution.dense {
            // The filter for gaps carries the levels inside its state.
            if !dense.is_settled() {
                fitted.state.spread = Spread::Dense(dense.covariance);
            }
        } else {
            for j in 0..order.n_lost() {
                let t = n - 1 - j;
                let row: Vec<f64> = regressors.iter().map(|column| column[t]).collect();
                let level = y[t] - fitted.regression(&row, t + 1);
                fitted.state.mean.push(level);
            }
            if !solution.filter.gains.is_settled() {
                let Gains { gain, change, variance, weight } = solution.filter.gains;
                fitted.state.spread = Spread::Gains { gain, change, variance, weight };
            }
        }
        let finite = fitted.state.mean.iter().all(|a| a.is_finite()) && squares.is_finite();
        finite.then_some(fitted)
    }

    /// Regression part of period `t` (the first observed one is 1): xβ + mean or drift · t.
    pub(super) fn regression(&self, row: &[f64], t: usize) -> f64 {
        let constant = self.coefficients.constant.unwrap_or(0.0);
        let trend = if self.order.n_lost() > 0 { constant * t as f64 } else { constant };
        trend + row.iter().zip(&self.coefficients.regressors).map(|(x, beta)| x * beta).sum::<f64>()
    }

    /// The ARMA part, expanded.
    pub(super) fn arma(&self) -> Arma {
        let ArimaCoefficients { ar, seasonal_ar, ma, seasonal_ma, .. } = &self.coefficients;
        let blocks = Blocks {
            ar: ar.clone(),
            seasonal_ar: seasonal_ar.clone(),
            ma: ma.clone(),
            seasonal_ma: seasonal_ma.clone(),
        };
        Arma::from_blocks(&blocks, self.order.season)
    }

    /// δ of the differences.
    pub(super) fn difference(&self) -> Vec<f64> {
        difference_coefficients(self.order.d, self.order.seasonal_d, self.order.season)
    }

    /// The dense form with the covariance of the present state.
    pub(super) fn dense(&self, arma: &mut Arma, difference: &[f64]) -> Result<Dense, MethodError> {
        let unusable =
            || MethodError::Fit { method: "arima", reason: "the stored state is damaged; fit again".to_owned() };
        match &self.state.spread {
            Spread::Settled => Ok(Dense::settled(arma, difference)),
            Spread::Dense(covariance) => {
                let mut dense = Dense::settled(arma, difference);
                if covariance.len() != dense.covariance.len() {
                    return Err(unusable());
                }
                dense.covariance.copy_from_slice(covariance);
                Ok(dense)
            }
            Spread::Gains { .. } => {
                // The gains do not depend on the data: running them again from the start rebuilds P.
                let mut dense = Dense::stationary(arma, difference).ok_or_else(unusable)?;
                let (r, size) = (arma.state_size(), arma.state_size() + difference.len());
                let mut gains = Gains::default();
                let mut phi = Vec::new();
                arma.padded_ar(&mut phi);
                if !gains.start(arma) {
                    return Err(unusable());
                }
                for _ in 0..self.state.n_seen.saturating_sub(difference.len()) {
                    for i in 0..r {
                        let scaled = gains.weight * gains.change[i];
                        for j in 0..r {
                            dense.covariance[i * size + j] += scaled * gains.change[j];
                        }
                    }
                    gains.advance(&phi);
                }
                Ok(dense)
            }
        }
    }
}
