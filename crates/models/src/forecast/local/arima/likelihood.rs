//! Exact innovations of a complete series, at O(r) per period.
//!
//! The prediction errors of the Kalman filter of a stationary ARMA process need no covariance matrix: the change of
//! the covariance from one period to the next has rank one, so that two vectors of length r carry it (the Chandrasekhar
//! recursions; Morf, Sidhu and Kailath, "Some new algorithms for recursive estimation in constant, linear, discrete-time
//! systems", IEEE Trans. Automatic Control 19 (1974), 315-323; Pearlman, "An algorithm for the exact likelihood of a
//! high-order autoregressive-moving average process", Biometrika 67 (1980), 232-233; Mélard, AS 197, Applied
//! Statistics 33 (1984), 104-114). Once the change has died out the filter is the plain ARMA recursion on the non-zero
//! lags.
//!
//! Symbols, in units of σ²: F_t variance of the one-step error v_t, K_t = T P_t Z', P_(t+1) - P_t = M_t L_t L_t'.

use super::arma::Arma;

/// The filter has settled when |M| max(L²) is below this: the likelihood then changes by less than n times it.
const SETTLED: f64 = 1e-13;
/// Periods between two looks whether it has.
const LOOK_EVERY: usize = 4;

/// Gains of the filter: what the next period needs, independent of the data.
#[derive(Clone, Debug, Default)]
pub(super) struct Gains {
    /// K, length r.
    pub(super) gain: Vec<f64>,
    /// L, length r + 1 with a zero at the end.
    pub(super) change: Vec<f64>,
    /// F.
    pub(super) variance: f64,
    /// M, never positive.
    pub(super) weight: f64,
}

impl Gains {
    /// Gains before the first observation of the stationary process; `false` when it is not stationary.
    pub(super) fn start(&mut self, arma: &mut Arma) -> bool {
        let Some(variance) = arma.stationary_gain(&mut self.gain) else {
            return false;
        };
        self.change.clear();
        self.change.extend_from_slice(&self.gain);
        self.change.push(0.0);
        self.variance = variance;
        self.weight = -1.0 / variance;
        true
    }

    /// One period ahead. `phi` is φ padded to length r.
    pub(super) fn advance(&mut self, phi: &[f64]) {
        let r = phi.len();
        let first = self.change[0];
        let scaled = self.weight * first;
        // F falls towards 1, the variance of ε; rounding must not carry it below.
        let variance = (self.variance + scaled * first).max(1.0);
        let share = first / variance;
        let (gain, change) = (&mut self.gain[..r], &mut self.change[..=r]);
        for i in 0..r {
            let moved = change[i + 1] + phi[i] * first;
            gain[i] += moved * scaled;
            change[i] = moved - gain[i] * share;
        }
        self.weight *= variance / self.variance;
        self.variance = variance;
    }

    /// Whether further periods change nothing that matters.
    pub(super) fn is_settled(&self) -> bool {
        let largest = self.change.iter().fold(0.0_f64, |largest, l| largest.max(l.abs()));
        self.weight.abs() * largest * largest < SETTLED
    }
}

/// How the filter starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Stationary distribution: exact likelihood.
    Exact,
    /// Zeros before the first period and F = 1: a cheap approximation for the search over long seasons.
    Conditional,
}

/// The filter with its buffers.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) gains: Gains,
    /// Predicted state per column, length r + 1 with a zero at the end.
    pub(super) states: Vec<Vec<f64>>,
    phi: Vec<f64>,
}

impl Filter {
    /// Standardised innovations v_t / √F_t of every column into `filtered`; returns Σ ln F_t, or `None` when the model is
    /// not stationary. Columns must be complete and of equal length.
    ///
    /// With `keep_state` the fast recursion is not used and `gains` and `states` are those after the last period.
    pub(super) fn run(
        &mut self,
        arma: &mut Arma,
        columns: &[Vec<f64>],
        filtered: &mut [Vec<f64>],
        start: Start,
        keep_state: bool,
    ) -> Option<f64> {
        let n = columns.first().map_or(0, Vec::len);
        let r = arma.state_size();
        if start == Start::Conditional {
            recurse_all(arma, columns, filtered, 0);
            return Some(0.0);
        }
        if !self.gains.start(arma) {
            return None;
        }
        arma.padded_ar(&mut self.phi);
        self.states.resize(columns.len(), Vec::new());
        for state in &mut self.states {
            state.clear();
            state.resize(r + 1, 0.0);
        }
        let mut log_variances = LogProduct::default();
        let mut settled_since = None;
        for t in 0..n {
            let inverse = 1.0 / self.gains.variance;
            let scale = inverse.sqrt();
            for ((column, state), filtered) in columns.iter().zip(&mut self.states).zip(&mut *filtered) {
                let error = column[t] - state[0];
                filtered[t] = error * scale;
                advance_state(state, &self.phi, &self.gains.gain, error * inverse);
            }
            log_variances.multiply(self.gains.variance);
            match settled_since {
                None => {
                    self.gains.advance(&self.phi);
                    if t % LOOK_EVERY == 0 && self.gains.is_settled() {
                        settled_since = Some(t);
                    }
                }
                // The state still remembers gains of the last r periods; after these the sparse recursion is the same.
                Some(since) if t >= since + r && !keep_state => {
                    recurse_all(arma, columns, filtered, t + 1);
                    break;
                }
                Some(_) => {}
            }
        }
        Some(log_variances.ln())
    }
}

/// a ← T a + K g, g the scaled error.
pub(super) fn advance_state(state: &mut [f64], phi: &[f64], gain: &[f64], scaled_error: f64) {
    let r = phi.len();
    let first = state[0];
    let (state, gain) = (&mut state[..=r], &gain[..r]);
    for i in 0..r {
        state[i] = state[i + 1] + phi[i] * first + gain[i] * scaled_error;
    }
}

/// Σ ln F with few logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogProduct {
    sum: f64,
    product: f64,
}

impl Default for LogProduct {
    fn default() -> Self {
        LogProduct { sum: 0.0, product: 1.0 }
    }
}

impl LogProduct {
    pub(super) fn multiply(&mut self, factor: f64) {
        self.product *= factor;
        if self.product > 1e100 {
            self.sum += self.product.ln();
            self.product = 1.0;
        }
    }

    pub(super) fn ln(self) -> f64 {
        self.sum + self.product.ln()
    }
}

/// v_t = w_t - Σ φⱼ w_(t-j) - Σ θⱼ v_(t-j) from period `from` on; what lies before the series is zero.
fn recurse_all(arma: &Arma, columns: &[Vec<f64>], filtered: &mut [Vec<f64>], from: usize) {
    for (column, filtered) in columns.iter().zip(filtered) {
        let n = column.len();
        if from >= n {
            continue;
        }
        filtered[from..].copy_from_slice(&column[from..]);
        // The autoregressive side looks at the data only: one vector operation per lag.
        for (lag, phi) in &arma.ar_terms {
            let first = from.max(*lag);
            if first < n {
                for (v, w) in filtered[first..].iter_mut().zip(&column[first - lag..n - lag]) {
                    *v -= phi * w;
                }
            }
        }
        recurse_moving_average(&arma.ma_terms, filtered, from);
    }
}

/// v_t ← v_t - Σ θⱼ v_(t-j). Lags up to five run in registers; longer ones reach back beyond a block and are vector
/// operations over it.
fn recurse_moving_average(terms: &[(usize, f64)], values: &mut [f64], from: usize) {
    const NEAR: usize = 5;
    let n_near = terms.iter().take_while(|(lag, _)| *lag <= NEAR).count();
    let (near_terms, far_terms) = terms.split_at(n_near);
    let mut near = [0.0; NEAR];
    for (lag, theta) in near_terms {
        near[lag - 1] = *theta;
    }
    let longest = near_terms.last().map_or(0, |(lag, _)| *lag);
    let block = far_terms.first().map_or(values.len(), |(lag, _)| *lag).max(1);
    let mut start = from;
    while start < values.len() {
        let end = (start + block).min(values.len());
        let (before, current) = values.split_at_mut(start);
        let current = &mut current[..end - start];
        for (lag, theta) in far_terms {
            // v at start + i - lag: all of it lies before the block, or before the series.
            let skip = lag.saturating_sub(start);
            if skip < current.len() {
                for (v, old) in current[skip..].iter_mut().zip(&before[start + skip - lag..]) {
                    *v -= theta * old;
                }
            }
        }
        match longest {
            0 => {}
            1 => recurse_near::<1>(&near, before, current),
            2 => recurse_near::<2>(&near, before, current),
            3 => recurse_near::<3>(&near, before, current),
            _ => recurse_near::<NEAR>(&near, before, current),
        }
        start = end;
    }
}

fn recurse_near<const Q: usize>(theta: &[f64; 5], before: &[f64], current: &mut [f64]) {
    let mut history = [0.0; Q];
    for (slot, old) in history.iter_mut().zip(before.iter().rev()) {
        *slot = *old;
    }
    for value in current {
        let mut v = *value;
        for j in (0..Q).rev() {
            v -= theta[j] * history[j];
        }
        for j in (1..Q).rev() {
            history[j] = history[j - 1];
        }
        history[0] = v;
        *value = v;
    }
}

#[cfg(test)]
#[path = "likelihood_tests.rs"]
mod tests;
