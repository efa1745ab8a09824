//! Polynomials in the backshift operator B: stationary parameters, seasonal products, differences, root moduli.
//!
//! Sign conventions (Box and Jenkins): autoregression φ(B) = 1 - φ₁B - ... - φₚBᵖ, moving average
//! θ(B) = 1 + θ₁B + ... + θ_qB^q. A coefficient slice holds φ₁.. or θ₁.. without the leading one.

/// Partial autocorrelations are kept this far inside (-1, 1), so that every variance stays finite.
pub(super) const LARGEST_PARTIAL: f64 = 0.999_99;

/// Autoregressive coefficients with the given partial autocorrelations, by the Durbin-Levinson recursion.
///
/// Source: Jones, "Maximum likelihood fitting of ARMA models to time series with missing observations",
/// Technometrics 22 (1980), 389-395: any vector in (-1, 1)ᵖ gives a stationary model, and every stationary model has one.
pub(super) fn from_partials(partials: &[f64], coefficients: &mut [f64]) {
    for (k, r) in partials.iter().enumerate() {
        // φ_j ← φ_j - r φ_(k+1-j), both ends at once: the update of one needs the old value of the other.
        for j in 0..k.div_ceil(2) {
            let (low, high) = (coefficients[j], coefficients[k - 1 - j]);
            coefficients[j] = low - r * high;
            coefficients[k - 1 - j] = high - r * low;
        }
        coefficients[k] = *r;
    }
}

/// The inverse of [`from_partials`]; `None` when the coefficients are not stationary.
pub(super) fn to_partials(coefficients: &[f64]) -> Option<Vec<f64>> {
    let mut partials = coefficients.to_vec();
    for k in (0..partials.len()).rev() {
        let r = partials[k];
        let remaining = 1.0 - r * r;
        // `partial_cmp` and not `<`: NaN must be refused too.
        if remaining.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        for j in 0..k.div_ceil(2) {
            let (low, high) = (partials[j], partials[k - 1 - j]);
            partials[j] = (low + r * high) / remaining;
            partials[k - 1 - j] = (high + r * low) / remaining;
        }
    }
    Some(partials)
}

/// Whether every root of 1 - Σ cⱼ zʲ has a modulus above `modulus`.
///
/// No root is computed: scaling z by the modulus turns the question into stationarity, which the step-down recursion
/// answers exactly (Schur-Cohn).
pub(super) fn roots_outside(coefficients: &[f64], modulus: f64) -> bool {
    let mut power = 1.0;
    let scaled: Vec<f64> = coefficients
        .iter()
        .map(|c| {
            power *= modulus;
            c * power
        })
        .collect();
    to_partials(&scaled).is_some()
}

/// Product of (1 + Σ aⱼ Bʲ) and (1 + Σ bⱼ B^(j·season)), without the leading one, into `product`.
///
/// Both signs work: pass negated coefficients for autoregressions and negate the result.
pub(super) fn seasonal_product(a: &[f64], b: &[f64], season: usize, product: &mut Vec<f64>) {
    product.clear();
    product.resize(a.len() + b.len() * season, 0.0);
    product[..a.len()].copy_from_slice(a);
    for (j, b) in b.iter().enumerate() {
        let offset = (j + 1) * season;
        product[offset - 1] += b;
        for (i, a) in a.iter().enumerate() {
            product[offset + i] += a * b;
        }
    }
}

/// Coefficients δ with (1 - B)ᵈ (1 - Bᵐ)^D y_t = y_t - Σ δⱼ y_(t-j); length d + D m.
pub(super) fn difference_coefficients(d: usize, seasonal_d: usize, season: usize) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    let mut multiply = |lag: usize| {
        let mut next = vec![0.0; polynomial.len() + lag];
        for (i, c) in polynomial.iter().enumerate() {
            next[i] += c;
            next[i + lag] -= c;
        }
        polynomial = next;
    };
    (0..d).for_each(|_| multiply(1));
    (0..seasonal_d).for_each(|_| multiply(season));
    polynomial[1..].iter().map(|c| -c).collect()
}

#[cfg(test)]
#[path = "polynomial_tests.rs"]
mod tests;
