//! The Kalman filter on levels, for series with missing periods.
//!
//! State: the ARMA state α (length r, see `arma.rs`) followed by the last d + D m levels, newest first; observation
//! y_t = α₁ + Σ δⱼ y_(t-j) without noise (Harvey and Pierse, "Estimating missing observations in economic time series", JASA
//! 79 (1984), 125-131). A missing period is predicted and not updated: nothing is imputed.
//!
//! The filter starts after the first d + D m periods, given their levels. Levels missing among these are unknown
//! constants: one column of the regression each, whose determinant enters the likelihood (the augmented filter of De
//! Jong, "The diffuse Kalman filter", Annals of Statistics 19 (1991), 1073-1083). That is the exact diffuse likelihood;
//! without missing values it equals the likelihood of the differenced series.

use super::arma::Arma;
use super::likelihood::LogProduct;

/// Covariances above `RR'` by less than this share of σ² no longer matter.
const SETTLED: f64 = 1e-12;

/// State-space form with a full covariance matrix.
#[derive(Clone, Debug, Default)]
pub(super) struct Dense {
    r: usize,
    size: usize,
    phi: Vec<f64>,
    loading: Vec<f64>,
    /// Non-zero δ as (position in the state, coefficient).
    difference: Vec<(usize, f64)>,
    /// P, size x size row-major.
    pub(super) covariance: Vec<f64>,
    buffer: Vec<f64>,
    /// P Z' of the last [`Dense::error_variance`].
    loads: Vec<f64>,
}

impl Dense {
    /// The form of `arma` integrated by `difference` (δ), with known levels and a stationary ARMA state. `None` when it is not stationary.
    pub(super) fn stationary(arma: &mut Arma, difference: &[f64]) -> Option<Dense> {
        let stationary = arma.stationary_covariance()?;
        let r = arma.state_size();
        let mut dense = Dense::with_form(arma, difference);
        for i in 0..r {
            dense.covariance[i * dense.size..i * dense.size + r].copy_from_slice(&stationary[i * r..(i + 1) * r]);
        }
        Some(dense)
    }

    /// The form with P = R R': known levels, settled filter.
    pub(super) fn settled(arma: &Arma, difference: &[f64]) -> Dense {
        let mut dense = Dense::with_form(arma, difference);
        dense.add_noise();
        dense
    }

    fn with_form(arma: &Arma, difference: &[f64]) -> Dense {
        let r = arma.state_size();
        let size = r + difference.len();
        let mut phi = Vec::new();
        arma.padded_ar(&mut phi);
        let nonzero = difference.iter().enumerate().filter(|(_, delta)| **delta != 0.0);
        Dense {
            r,
            size,
            phi,
            loading: arma.loading(r),
            difference: nonzero.map(|(j, delta)| (r + j, *delta)).collect(),
            covariance: vec![0.0; size * size],
            buffer: vec![0.0; size * size],
            loads: vec![0.0; size],
        }
    }

    /// Z a: the next level.
    pub(super) fn observation(&self, state: &[f64]) -> f64 {
        state[0] + self.difference.iter().map(|(i, delta)| delta * state[*i]).sum::<f64>()
    }

    /// F = Z P Z'; keeps P Z' for [`Dense::update_state`] and [`Dense::condition`].
    pub(super) fn error_variance(&mut self) -> f64 {
        for (load, row) in self.loads.iter_mut().zip(self.covariance.chunks_exact(self.size)) {
            *load = row[0] + self.difference.iter().map(|(i, delta)| delta * row[*i]).sum::<f64>();
        }
        self.observation(&self.loads)
    }

    /// a ← a + P Z' g with the scaled error g = v / F.
    pub(super) fn update_state(&self, state: &mut [f64], scaled_error: f64) {
        for (a, load) in state.iter_mut().zip(&self.loads) {
            *a += load * scaled_error;
        }
    }

    /// P ← P - P Z' Z P / F.
    pub(super) fn condition(&mut self, variance: f64) {
        let inverse = 1.0 / variance;
        for (row, load) in self.covariance.chunks_exact_mut(self.size).zip(&self.loads) {
            let factor = load * inverse;
            for (p, other) in row.iter_mut().zip(&self.loads) {
                *p -= factor * other;
            }
        }
    }

    /// a ← T a. `scratch` is any buffer.
    pub(super) fn predict_state(&self, state: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        scratch.clear();
        self.transition(state, |value| scratch.push(value));
        std::mem::swap(state, scratch);
    }

    fn transition(&self, old: &[f64], mut push: impl FnMut(f64)) {
        let r = self.r;
        for i in 0..r {
            push(self.phi[i] * old[0] + if i + 1 < r { old[i + 1] } else { 0.0 });
        }
        if self.size > r {
            push(self.observation(old));
            old[r..self.size - 1].iter().for_each(|level| push(*level));
        }
    }

    /// P ← T P T' + R R'.
    pub(super) fn predict_covariance(&mut self) {
        let (r, n) = (self.r, self.size);
        let Dense { covariance, buffer, phi, difference, .. } = self;
        // buffer = T P, row by row.
        for i in 0..r {
            let target = &mut buffer[i * n..(i + 1) * n];
            let first = &covariance[..n];
            if i + 1 < r {
                let next = &covariance[(i + 1) * n..(i + 2) * n];
                for ((b, p0), p1) in target.iter_mut().zip(first).zip(next) {
                    *b = phi[i] * p0 + p1;
                }
            } else {
                for (b, p0) in target.iter_mut().zip(first) {
                    *b = phi[i] * p0;
                }
            }
        }
        if n > r {
            let (head, tail) = buffer.split_at_mut((r + 1) * n);
            let target = &mut head[r * n..];
            target.copy_from_slice(&covariance[..n]);
            for (i, delta) in difference.iter() {
                for (b, p) in target.iter_mut().zip(&covariance[i * n..(i + 1) * n]) {
                    *b += delta * p;
                }
            }
            tail.copy_from_slice(&covariance[r * n..(n - 1) * n]);
        }
        // P = buffer T', each row transformed like a state.
        for (row, old) in covariance.chunks_exact_mut(n).zip(buffer.chunks_exact(n)) {
            let first = old[0];
            for i in 0..r - 1 {
                row[i] = phi[i] * first + old[i + 1];
            }
            row[r - 1] = phi[r - 1] * first;
            if n > r {
                row[r] = first + difference.iter().map(|(i, delta)| delta * old[*i]).sum::<f64>();
                row[r + 1..].copy_from_slice(&old[r..n - 1]);
            }
        }
        self.add_noise();
    }

    fn add_noise(&mut self) {
        for (row, a) in self.covariance.chunks_exact_mut(self.size).zip(&self.loading) {
            for (p, b) in row.iter_mut().zip(&self.loading) {
                *p += a * b;
            }
        }
    }

    /// P ← P + l l'.
    pub(super) fn add_uncertainty(&mut self, load: &[f64]) {
        for (row, a) in self.covariance.chunks_exact_mut(self.size).zip(load) {
            for (p, b) in row.iter_mut().zip(load) {
                *p += a * b;
            }
        }
    }

    /// Whether P = R R' but for rounding.
    pub(super) fn is_settled(&self) -> bool {
        self.covariance.chunks_exact(self.size).enumerate().all(|(i, row)| {
            let a = self.loading.get(i).copied().unwrap_or(0.0);
            row.iter().enumerate().all(|(j, p)| {
                let b = self.loading.get(j).copied().unwrap_or(0.0);
                (p - a * b).abs() < SETTLED
            })
        })
    }
}

/// Standardised innovations of every column over the observed periods after the first d + D m, into `filtered` (cleared
/// first). Column 0 is the data, `NaN` where missing; the others are complete. `states` are the predicted states after
/// the last period. Returns Σ ln F_t and the filter, or `None` when the model is not stationary.
///
/// The `n_diffuse` columns after the data stand for levels missing among the first: they are zero in every period but
/// one of these.
pub(super) fn run(
    arma: &mut Arma,
    difference: &[f64],
    columns: &[Vec<f64>],
    filtered: &mut [Vec<f64>],
    states: &mut Vec<Vec<f64>>,
) -> Option<(f64, Dense)> {
    let mut dense = Dense::stationary(arma, difference)?;
    let (r, lost) = (arma.state_size(), difference.len());
    let n = columns.first().map_or(0, Vec::len);
    states.clear();
    for column in columns {
        let mut state = vec![0.0; dense.size];
        for (j, level) in column[..lost.min(n)].iter().rev().enumerate() {
            state[r + j] = if level.is_finite() { *level } else { 0.0 };
        }
        states.push(state);
    }
    filtered.iter_mut().for_each(Vec::clear);
    let mut log_variances = LogProduct::default();
    let mut scratch = Vec::new();
    // While the filter is settled, only the states move; the first gap wakes the covariance again.
    let mut settled = false;
    let mut since_gap = 0;
    for t in lost..n {
        if columns[0][t].is_finite() {
            let variance = if settled { 1.0 } else { dense.error_variance().max(1.0) };
            let (inverse, scale) = (1.0 / variance, variance.sqrt().recip());
            log_variances.multiply(variance);
            for ((column, state), filtered) in columns.iter().zip(&mut *states).zip(&mut *filtered) {
                let error = column[t] - dense.observation(state);
                filtered.push(error * scale);
                dense.update_state(state, error * inverse);
            }
            if !settled {
                dense.condition(variance);
            }
            since_gap += 1;
        } else {
            settled = false;
            since_gap = 0;
        }
        for state in &mut *states {
            dense.predict_state(state, &mut scratch);
        }
        if !settled {
            dense.predict_covariance();
            if since_gap > lost && since_gap % 8 == 0 && dense.is_settled() {
                settled = true;
                // `loads` serves the settled state from here on.
                dense.error_variance();
            }
        }
    }
    Some((log_variances.ln(), dense))
}
