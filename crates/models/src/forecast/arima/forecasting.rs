//! Forecasts, their variances, sample paths, and the nightly update.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

use super::super::MethodError;
use super::arma::Arma;
use super::fitted::{FittedArima, Spread};
use super::kalman::Dense;
use super::likelihood::{Gains, advance_state};

impl FittedArima {
    /// Point forecasts 1..=h periods ahead. With a Box-Cox transformation these are medians, or means if
    /// [`super::BoxCox::bias_adjusted`].
    ///
    /// An error when regressors are known for fewer than `h` periods.
    pub fn forecast(&self, h: usize) -> Result<Vec<f64>, MethodError> {
        let mean = self.transformed_forecast(h)?;
        let Some(box_cox) = self.box_cox else {
            return Ok(mean);
        };
        let variance = self.transformed_variance(h)?;
        Ok(mean.iter().zip(&variance).map(|(mean, variance)| box_cox.point(*mean, *variance)).collect())
    }

    /// Variances of the forecast errors 1..=h periods ahead: σ² Σ ψⱼ², plus the uncertainty of the state where it is not
    /// fully known (a moving average not yet settled, levels missing). Uncertain coefficients are not counted.
    /// With Box-Cox: first-order approximation on the scale of demand.
    pub fn variance(&self, h: usize) -> Result<Vec<f64>, MethodError> {
        let variance = self.transformed_variance(h)?;
        let Some(box_cox) = self.box_cox else {
            return Ok(variance);
        };
        let mean = self.transformed_forecast(h)?;
        Ok(mean.iter().zip(&variance).map(|(mean, variance)| box_cox.slope(*mean).powi(2) * variance).collect())
    }

    /// Variances of the errors of the running totals y_1 + ... + y_k, k = 1..=h: what a lead time needs. Errors of
    /// different periods are correlated through the state; this counts it: σ² Σⱼ (ψ₀ + ... + ψⱼ)².
    pub fn sum_variance(&self, h: usize) -> Result<Vec<f64>, MethodError> {
        let slopes = match self.box_cox {
            None => vec![1.0; h],
            Some(box_cox) => self.transformed_forecast(h)?.iter().map(|mean| box_cox.slope(*mean)).collect(),
        };
        let parts = self.error_parts(h)?;
        let mut state_load = vec![0.0; parts.state_loads.first().map_or(0, Vec::len)];
        let mut noise_loads = vec![0.0; h];
        let mut totals = Vec::with_capacity(h);
        for k in 0..h {
            for (total, load) in state_load.iter_mut().zip(&parts.state_loads[k]) {
                *total += slopes[k] * load;
            }
            // ε of period j + 1 enters period k with ψ_(k-j); ε of the first period is part of the state.
            for (j, load) in noise_loads.iter_mut().enumerate().take(k + 1).skip(1) {
                *load += slopes[k] * parts.psi[k - j];
            }
            let noise: f64 = noise_loads[..=k].iter().map(|load| load * load).sum();
            totals.push(self.sigma2 * (parts.quadratic(&state_load) + noise));
        }
        Ok(totals)
    }

    /// `n` sample paths of the next `h` periods, each drawn from the joint Gaussian forecast distribution (and transformed
    /// back with Box-Cox): sums over a lead time keep their correlation. The same seed gives the same paths.
    pub fn paths(&self, h: usize, n: usize, seed: u64) -> Result<Vec<Vec<f64>>, MethodError> {
        let mean = self.transformed_forecast(h)?;
        let parts = self.error_parts(h)?;
        let root = parts.state_root();
        let scale = self.sigma2.sqrt();
        let mut random = Pcg64::seed_from_u64(seed);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        Ok((0..n)
            .map(|_| {
                let draws: Vec<f64> = (0..root.len()).map(|_| normal()).collect();
                let noise: Vec<f64> = (0..h).map(|j| if j == 0 { 0.0 } else { normal() }).collect();
                (0..h)
                    .map(|k| {
                        let state: f64 = root
                            .iter()
                            .zip(&draws)
                            .map(|(column, draw)| {
                                draw * column.iter().zip(&parts.state_loads[k]).map(|(a, b)| a * b).sum::<f64>()
                            })
                            .sum();
                        let later: f64 = (1..=k).map(|j| parts.psi[k - j] * noise[j]).sum();
                        let value = mean[k] + scale * (state + later);
                        self.box_cox.map_or(value, |box_cox| box_cox.inverse(value))
                    })
                    .collect()
            })
            .collect())
    }

    /// Takes one new period into the state: coefficients stay, forecasts then start after it. `NaN` (or an infinite value) =
    /// not observed. The same as filtering the longer series again with these coefficients.
    ///
    /// An error, and no change, when regressors are not known for the period or Box-Cox meets a value that is not
    /// positive.
    ///
    /// ```
    /// use nightclerk_models::forecast::arima::{ArimaOrder, fit_order};
    /// let y: Vec<f64> = (0..40).map(|t| 10.0 + f64::from(t * t % 7)).collect();
    /// let order = ArimaOrder { d: 1, q: 1, ..ArimaOrder::default() };
    /// let mut fitted = fit_order(&y, order, &[], None)?;
    /// fitted.update(15.0)?;
    /// assert_eq!(fitted.forecast(3)?.len(), 3);
    /// # Ok::<(), nightclerk_models::forecast::MethodError>(())
    /// ```
    pub fn update(&mut self, y: f64) -> Result<(), MethodError> {
        let row = match (self.coefficients.regressors.is_empty(), self.future_rows.first()) {
            (true, _) => Vec::new(),
            (false, Some(row)) => row.clone(),
            (false, None) => return Err(self.unknown_regressors(1)),
        };
        let mut value = if y.is_finite() { y } else { f64::NAN };
        if let (Some(box_cox), true) = (self.box_cox, value.is_finite()) {
            value = box_cox.transform(value);
            if !value.is_finite() {
                let reason = format!("found demand {y}, Box-Cox needs more than 0; fit without it");
                return Err(MethodError::Fit { method: "arima", reason });
            }
        }
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

    fn transformed_forecast(&self, h: usize) -> Result<Vec<f64>, MethodError> {
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

    fn transformed_variance(&self, h: usize) -> Result<Vec<f64>, MethodError> {
        let parts = self.error_parts(h)?;
        let mut noise = 0.0;
        Ok((0..h)
            .map(|k| {
                let variance = self.sigma2 * (parts.quadratic(&parts.state_loads[k]) + noise);
                noise += parts.psi[k] * parts.psi[k];
                variance
            })
            .collect())
    }

    fn error_parts(&self, h: usize) -> Result<ErrorParts, MethodError> {
        let mut arma = self.arma();
        let difference = self.difference();
        let psi = arma.psi_weights(&difference, h);
        if self.state.spread == Spread::Settled {
            // P = R R': the state error is one ε, which reaches period k with ψ.
            return Ok(ErrorParts { state_loads: psi.iter().map(|psi| vec![*psi]).collect(), psi, covariance: None });
        }
        let dense = self.dense(&mut arma, &difference)?;
        let form = Form::new(&arma, difference);
        Ok(ErrorParts { state_loads: form.loads(h), psi, covariance: Some(dense.covariance) })
    }
}

/// Forecast error of period k + 1 = state_loads[k] · (state error) + Σ ψ_(k-j) ε_(j+1), j = 1..k.
struct ErrorParts {
    state_loads: Vec<Vec<f64>>,
    psi: Vec<f64>,
    /// Covariance of the state error; `None` = one standard error.
    covariance: Option<Vec<f64>>,
}

impl ErrorParts {
    fn quadratic(&self, load: &[f64]) -> f64 {
        match &self.covariance {
            None => load.iter().map(|l| l * l).sum(),
            Some(p) => {
                let n = load.len();
                let product = |i: usize| p[i * n..(i + 1) * n].iter().zip(load).map(|(p, l)| p * l).sum::<f64>();
                (0..n).map(|i| load[i] * product(i)).sum::<f64>().max(0.0)
            }
        }
    }

    /// Columns c with Σ c c' = P, by Cholesky with the rank revealed by rounding.
    fn state_root(&self) -> Vec<Vec<f64>> {
        let Some(p) = &self.covariance else {
            return vec![vec![1.0]];
        };
        let n = self.state_loads.first().map_or(0, Vec::len);
        let mut rest = p.clone();
        let largest = (0..n).fold(0.0_f64, |largest, i| largest.max(rest[i * n + i]));
        let mut columns = Vec::new();
        for _ in 0..n {
            let Some(pivot) = (0..n).max_by(|a, b| rest[a * n + a].total_cmp(&rest[b * n + b])) else {
                break;
            };
            let diagonal = rest[pivot * n + pivot];
            if diagonal <= 1e-12 * largest {
                break;
            }
            let root = diagonal.sqrt();
            let column: Vec<f64> = (0..n).map(|i| rest[i * n + pivot] / root).collect();
            for i in 0..n {
                for j in 0..n {
                    rest[i * n + j] -= column[i] * column[j];
                }
            }
            columns.push(column);
        }
        columns
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

    /// Rows Z T^k, k = 0..h: how the state enters each period.
    fn loads(&self, h: usize) -> Vec<Vec<f64>> {
        let r = self.phi.len();
        let mut row = vec![0.0; self.size()];
        row[0] = 1.0;
        row[r..].copy_from_slice(&self.difference);
        (0..h)
            .map(|_| {
                let current = row.clone();
                // row ← row T.
                let newest = current.get(r).copied().unwrap_or(0.0);
                row[0] = self.phi.iter().zip(&current).map(|(phi, x)| phi * x).sum::<f64>() + newest;
                row[1..r].copy_from_slice(&current[..r - 1]);
                for (j, delta) in self.difference.iter().enumerate() {
                    row[r + j] = delta * newest + current.get(r + j + 1).copied().unwrap_or(0.0);
                }
                current
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "forecasting_tests.rs"]
mod tests;
