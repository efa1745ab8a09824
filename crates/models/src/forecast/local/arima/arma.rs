//! The ARMA part of a model: expanded polynomials, autocovariances and the state-space form.
//!
//! State-space form (Harvey, "Forecasting, structural time series models and the Kalman filter", 1989, section 3.4):
//! α_(t+1) = T α_t + R ε_(t+1), w_t = α_(1,t), with T the companion matrix of φ, R = (1, θ₁, ..., θ_(r-1))' and
//! r = max(p, q + 1). Variances here are in units of σ², the variance of ε.

use super::order::ArimaOrder;
use super::polynomial::{LARGEST_PARTIAL, from_partials, seasonal_product, to_partials};

/// An ARMA model with its seasonal factors multiplied out.
#[derive(Clone, Debug, Default)]
pub(super) struct Arma {
    /// φ₁.. of w_t = Σ φⱼ w_(t-j) + ε_t + Σ θⱼ ε_(t-j).
    pub(super) ar: Vec<f64>,
    /// θ₁..
    pub(super) ma: Vec<f64>,
    /// Non-zero φ as (lag, coefficient): seasonal models are sparse.
    pub(super) ar_terms: Vec<(usize, f64)>,
    /// Non-zero θ as (lag, coefficient).
    pub(super) ma_terms: Vec<(usize, f64)>,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    block: Vec<f64>,
    seasonal_block: Vec<f64>,
    partial_prediction: Vec<f64>,
    ar_covariance: Vec<f64>,
    covariance: Vec<f64>,
    ma_product: Vec<f64>,
    psi: Vec<f64>,
}

/// The four coefficient blocks of a parameter vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Blocks {
    pub(super) ar: Vec<f64>,
    pub(super) seasonal_ar: Vec<f64>,
    pub(super) ma: Vec<f64>,
    pub(super) seasonal_ma: Vec<f64>,
}

/// Partial autocorrelation of one free parameter: sin u, kept inside (-1, 1).
///
/// The sine stabilises the variance (the information of a partial autocorrelation r is about n / (1 - r²)), so that
/// Gauss-Newton steps are of equal size everywhere, and it is even around the bound, as the likelihood of a moving
/// average is around a unit root.
fn partial(u: f64) -> f64 {
    u.sin() * LARGEST_PARTIAL
}

/// The free parameter of a partial autocorrelation.
pub(super) fn free_parameter(partial: f64) -> f64 {
    (partial / LARGEST_PARTIAL).clamp(-1.0, 1.0).asin()
}

impl Blocks {
    /// Coefficients of the free parameters `u` = (φ, Φ, θ, Θ blocks): stationary and invertible whatever u is.
    pub(super) fn from_free(u: &[f64], order: &ArimaOrder) -> Blocks {
        let [p, seasonal_p, q, _] = order.blocks();
        let (ar, rest) = u.split_at(p);
        let (seasonal_ar, rest) = rest.split_at(seasonal_p);
        let (ma, seasonal_ma) = rest.split_at(q);
        let coefficients = |u: &[f64], sign: f64| {
            let partials: Vec<f64> = u.iter().map(|u| partial(*u)).collect();
            let mut block = vec![0.0; u.len()];
            from_partials(&partials, &mut block);
            for c in &mut block {
                *c *= sign;
            }
            block
        };
        Blocks {
            ar: coefficients(ar, 1.0),
            seasonal_ar: coefficients(seasonal_ar, 1.0),
            ma: coefficients(ma, -1.0),
            seasonal_ma: coefficients(seasonal_ma, -1.0),
        }
    }

    /// The inverse of [`Blocks::from_free`]; a block outside the stationary or invertible region is shrunk into it.
    pub(super) fn to_free(&self) -> Vec<f64> {
        let mut u = Vec::new();
        for (block, sign) in [(&self.ar, 1.0), (&self.seasonal_ar, 1.0), (&self.ma, -1.0), (&self.seasonal_ma, -1.0)] {
            let mut block: Vec<f64> = block.iter().map(|c| if c.is_finite() { sign * c } else { 0.0 }).collect();
            let mut partials = to_partials(&block);
            for _ in 0..60 {
                if partials.is_some() {
                    break;
                }
                // cⱼ ← 0.9ʲ cⱼ moves every root outwards by 1 / 0.9.
                let mut power = 1.0;
                for c in &mut block {
                    power *= 0.9;
                    *c *= power;
                }
                partials = to_partials(&block);
            }
            u.extend(partials.unwrap_or_else(|| vec![0.0; block.len()]).into_iter().map(free_parameter));
        }
        u
    }
}

impl Arma {
    /// The model of coefficient blocks.
    pub(super) fn from_blocks(blocks: &Blocks, season: usize) -> Arma {
        let mut arma = Arma::default();
        arma.set_blocks(&blocks.ar, &blocks.seasonal_ar, &blocks.ma, &blocks.seasonal_ma, season);
        arma
    }

    fn set_blocks(&mut self, ar: &[f64], seasonal_ar: &[f64], ma: &[f64], seasonal_ma: &[f64], season: usize) {
        // (1 - Σφ)(1 - ΣΦ): the product of the negated coefficients, negated.
        let negated: Vec<f64> = ar.iter().map(|c| -c).collect();
        let seasonal_negated: Vec<f64> = seasonal_ar.iter().map(|c| -c).collect();
        seasonal_product(&negated, &seasonal_negated, season, &mut self.ar);
        self.ar.iter_mut().for_each(|c| *c = -*c);
        seasonal_product(ma, seasonal_ma, season, &mut self.ma);
        self.collect_terms();
    }

    /// Sets the model to the free parameters `u`, see [`Blocks::from_free`]; reuses every buffer.
    pub(super) fn set_free(&mut self, u: &[f64], order: &ArimaOrder) {
        let [p, seasonal_p, q, _] = order.blocks();
        let (ar, rest) = u.split_at(p);
        let (seasonal_ar, rest) = rest.split_at(seasonal_p);
        let (ma, seasonal_ma) = rest.split_at(q);
        let Scratch { block, seasonal_block, partial_prediction, .. } = &mut self.scratch;
        for (polynomial, first, second) in [(&mut self.ar, ar, seasonal_ar), (&mut self.ma, ma, seasonal_ma)] {
            for (u, block) in [(first, &mut *block), (second, &mut *seasonal_block)] {
                partial_prediction.clear();
                partial_prediction.extend(u.iter().map(|u| partial(*u)));
                block.clear();
                block.resize(u.len(), 0.0);
                from_partials(partial_prediction, block);
                // Both polynomials are 1 - Σ; only the sign convention of the result differs.
                for c in block.iter_mut() {
                    *c = -*c;
                }
            }
            seasonal_product(block, seasonal_block, order.season, polynomial);
        }
        self.ar.iter_mut().for_each(|c| *c = -*c);
        self.collect_terms();
    }

    fn collect_terms(&mut self) {
        for (dense, terms) in [(&self.ar, &mut self.ar_terms), (&self.ma, &mut self.ma_terms)] {
            terms.clear();
            terms.extend(dense.iter().enumerate().filter(|(_, c)| **c != 0.0).map(|(i, c)| (i + 1, *c)));
        }
    }

    /// Length r of the state.
    pub(super) fn state_size(&self) -> usize {
        self.ar.len().max(self.ma.len() + 1)
    }

    /// φ padded with zeros to the length of the state.
    pub(super) fn padded_ar(&self, padded: &mut Vec<f64>) {
        padded.clear();
        padded.extend_from_slice(&self.ar);
        padded.resize(self.state_size(), 0.0);
    }

    /// Gain of the steady state, T R: φᵢ + θᵢ.
    pub(super) fn steady_gain(&self, gain: &mut Vec<f64>) {
        self.padded_ar(gain);
        for (k, theta) in gain.iter_mut().zip(&self.ma) {
            *k += theta;
        }
    }

    /// ψ₀..ψₙ₋₁ of w_t = Σ ψⱼ ε_(t-j).
    pub(super) fn fill_psi(&self, psi: &mut Vec<f64>, n: usize) {
        psi.clear();
        for j in 0..n {
            let mut value = if j == 0 { 1.0 } else { self.ma.get(j - 1).copied().unwrap_or(0.0) };
            for (lag, phi) in self.ar_terms.iter().take_while(|(lag, _)| *lag <= j) {
                value += phi * psi[j - lag];
            }
            psi.push(value);
        }
    }

    /// Var(w_t) and the covariances Cov(α_(i,t+1), w_t), i = 1..r, of the stationary process: first prediction variance and
    /// gain of the filter. `None` when the process is not stationary.
    ///
    /// The autocovariances of the pure autoregression come from its partial autocorrelations, in O(p²) and without a
    /// linear system (Durbin-Levinson in reverse); the moving average is applied to them.
    pub(super) fn stationary_gain(&mut self, gain: &mut Vec<f64>) -> Option<f64> {
        let (p, q, size) = (self.ar.len(), self.ma.len(), self.state_size());
        self.fill_ar_covariance(p + q)?;
        let mut psi = std::mem::take(&mut self.scratch.psi);
        self.fill_psi(&mut psi, q + 1);
        let Scratch { ar_covariance, covariance, ma_product, .. } = &mut self.scratch;

        // Autocovariance of the moving average: s_l = Σ θⱼ θ_(j+l).
        ma_product.clear();
        ma_product.resize(q + 1, 0.0);
        ma_product[0] = 1.0;
        for (lag, theta) in &self.ma_terms {
            ma_product[*lag] += theta;
            for (other, second) in &self.ma_terms {
                if other >= lag {
                    ma_product[other - lag] += theta * second;
                }
            }
        }
        covariance.clear();
        for k in 0..=p {
            let mut value = ma_product[0] * ar_covariance[k];
            for (l, s) in ma_product.iter().enumerate().skip(1).filter(|(_, s)| **s != 0.0) {
                value += s * (ar_covariance[k.abs_diff(l)] + ar_covariance[k + l]);
            }
            covariance.push(value);
        }
        gain.clear();
        gain.resize(size, 0.0);
        for (lag, phi) in &self.ar_terms {
            for (i, k) in gain[..*lag].iter_mut().enumerate() {
                *k += phi * covariance[lag - 1 - i];
            }
        }
        for (lag, theta) in &self.ma_terms {
            for (i, k) in gain[..*lag].iter_mut().enumerate() {
                *k += theta * psi[lag - 1 - i];
            }
        }
        let variance = covariance[0];
        self.scratch.psi = psi;
        (variance.is_finite() && variance > 0.0).then_some(variance)
    }

    /// Autocovariances 0..=n of φ(B) u_t = ε_t.
    fn fill_ar_covariance(&mut self, n: usize) -> Option<()> {
        let Scratch { block, partial_prediction, ar_covariance, .. } = &mut self.scratch;
        ar_covariance.clear();
        let partials = to_partials(&self.ar)?;
        let mut variance = 1.0 / partials.iter().map(|r| 1.0 - r * r).product::<f64>();
        ar_covariance.push(variance);
        // `block` holds the best linear predictor of order k, grown one partial autocorrelation at a time.
        block.clear();
        for (k, r) in partials.iter().enumerate() {
            let predicted: f64 = block.iter().enumerate().map(|(j, c)| c * ar_covariance[k - j]).sum();
            ar_covariance.push(predicted + r * variance);
            variance *= 1.0 - r * r;
            partial_prediction.clear();
            partial_prediction.extend(block.iter().rev());
            for (c, reversed) in block.iter_mut().zip(partial_prediction.iter()) {
                *c -= r * reversed;
            }
            block.push(*r);
        }
        for k in ar_covariance.len()..=n {
            let value = self.ar_terms.iter().map(|(lag, phi)| phi * ar_covariance[k - lag]).sum();
            ar_covariance.push(value);
        }
        Some(())
    }

    /// Covariance matrix of the stationary state, r x r row-major.
    ///
    /// Its first row is known from [`Arma::stationary_gain`]; the others follow from P = T P T' + R R', solved from the
    /// last row and column backwards.
    pub(super) fn stationary_covariance(&mut self) -> Option<Vec<f64>> {
        let r = self.state_size();
        let mut gain = Vec::new();
        let variance = self.stationary_gain(&mut gain)?;
        let (phi, loading) = (self.coefficient_at(r), self.loading(r));
        // Cov(α_i, w): gain_i = φ_i γ₀ + Cov(α_(i+1), w).
        let mut first = vec![variance];
        first.extend((0..r - 1).map(|i| gain[i] - phi[i] * variance));
        let mut matrix = vec![0.0; r * r];
        for i in (0..r).rev() {
            for j in (i..r).rev() {
                let next = |i: usize| if i + 1 < r { first[i + 1] } else { 0.0 };
                let corner = if j + 1 < r { matrix[(i + 1) * r + j + 1] } else { 0.0 };
                let value =
                    phi[i] * phi[j] * variance + phi[i] * next(j) + phi[j] * next(i) + corner + loading[i] * loading[j];
                matrix[i * r + j] = value;
                matrix[j * r + i] = value;
            }
        }
        Some(matrix)
    }

    fn coefficient_at(&self, r: usize) -> Vec<f64> {
        let mut phi = self.ar.clone();
        phi.resize(r, 0.0);
        phi
    }

    /// R = (1, θ₁, ..., θ_(r-1))'.
    pub(super) fn loading(&self, r: usize) -> Vec<f64> {
        let mut loading = vec![1.0];
        loading.extend_from_slice(&self.ma);
        loading.resize(r, 0.0);
        loading
    }
}

#[cfg(test)]
#[path = "arma_tests.rs"]
mod tests;
