//! Box-Cox transformation of positive demand.

use serde::{Deserialize, Serialize};

/// A Box-Cox transformation: ln y for λ = 0, else (y^λ - 1) / λ.
///
/// Source: Box and Cox, "An analysis of transformations", JRSS B 26 (1964), 211-252.
///
/// ```
/// use nightclerk_models::forecast::arima::BoxCox;
/// let root = BoxCox { lambda: 0.5, bias_adjusted: false };
/// assert_eq!(root.transform(9.0), 4.0);
/// assert_eq!(root.inverse(4.0), 9.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxCox {
    /// λ, usually between 0 and 1.
    pub lambda: f64,
    /// Whether the point forecast is the mean (second-order correction) instead of the median.
    pub bias_adjusted: bool,
}

impl BoxCox {
    /// The transformed value; `NaN` for values that are not positive.
    pub fn transform(&self, y: f64) -> f64 {
        if y.is_nan() || y <= 0.0 {
            f64::NAN
        } else if self.lambda == 0.0 {
            y.ln()
        } else {
            (y.powf(self.lambda) - 1.0) / self.lambda
        }
    }

    /// The inverse; the bound zero where a value lies outside the image of the transformation.
    pub fn inverse(&self, x: f64) -> f64 {
        if self.lambda == 0.0 { x.exp() } else { (self.lambda * x + 1.0).max(0.0).powf(1.0 / self.lambda) }
    }

    /// Derivative of the inverse at x.
    pub(super) fn slope(&self, x: f64) -> f64 {
        if self.lambda == 0.0 { x.exp() } else { (self.lambda * x + 1.0).max(0.0).powf(1.0 / self.lambda - 1.0) }
    }

    /// Point forecast from mean and variance on the transformed scale.
    ///
    /// Bias adjustment: f(μ) (1 + σ² (1 - λ) / (2 (λμ + 1)²)), the second-order expansion of the mean.
    pub(super) fn point(&self, mean: f64, variance: f64) -> f64 {
        let median = self.inverse(mean);
        let base = self.lambda * mean + 1.0;
        if self.bias_adjusted && base > 0.0 {
            median * (1.0 + 0.5 * variance * (1.0 - self.lambda) / (base * base))
        } else {
            median
        }
    }
}
