use super::ExperimentError;
use super::error::checked;

/// One arm's metric, one value per customer, as count, mean and variance.
///
/// `variance` is the unbiased one, with `n - 1` below the line (0 when `n` < 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Customers in the arm, buyers or not.
    pub n: u64,
    /// Mean per customer, in the metric's unit.
    pub mean: f64,
    /// Unbiased variance between customers, in the metric's unit squared.
    pub variance: f64,
}

impl Sample {
    /// From what SQL can sum: `n`, `sum = Σx`, `sum_of_squares = Σx²`.
    ///
    /// `mean = sum / n`, `variance = (sum_of_squares - sum·mean) / (n - 1)`, never below 0. The
    /// subtraction loses about as many digits as `mean² / variance` has, harmless for spend and
    /// rates; use [`Sample::from_values`] for values far from zero.
    ///
    /// ```
    /// use nightclerk_models::experiment::Sample;
    /// let sample = Sample::from_sums(4, 10.0, 30.0); // 1, 2, 3, 4
    /// assert_eq!(sample.mean, 2.5);
    /// assert!((sample.variance - 5.0 / 3.0).abs() < 1e-12);
    /// ```
    pub fn from_sums(n: u64, sum: f64, sum_of_squares: f64) -> Self {
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        let variance = if n < 2 { 0.0 } else { ((sum_of_squares - sum * mean) / (n - 1) as f64).max(0.0) };
        Self { n, mean, variance }
    }

    /// From one value per customer, in two passes.
    pub fn from_values(values: &[f64]) -> Self {
        let n = values.len() as u64;
        if values.is_empty() {
            return Self::from_sums(0, 0.0, 0.0);
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { n, mean, variance: if n < 2 { 0.0 } else { squares / (n - 1) as f64 } }
    }

    /// Variance of the mean, `variance / n`.
    pub(super) fn variance_of_mean(&self) -> f64 {
        self.variance / self.n as f64
    }

    pub(super) fn checked(&self, arm: &'static str) -> Result<&Self, ExperimentError> {
        if self.n < 2 {
            return Err(ExperimentError::TooFewCustomers { arm, n: self.n });
        }
        checked("mean", self.mean, "a finite number", |_| true)?;
        checked("variance", self.variance, "a number of 0 or more", |v| v >= 0.0)?;
        Ok(self)
    }
}

/// How far apart two groups are, in standard deviations: `(mean_a - mean_b) / √((var_a + var_b)/2)`.
///
/// The balance measure of Austin (2009), *Statistics in Medicine* 28:3083, section 2; above 0.1 in
/// size a covariate is usually called unbalanced. 0 when both groups are constant and equal,
/// infinite when they are constant and differ. NaN only when an input is NaN.
///
/// ```
/// use nightclerk_models::experiment::{Sample, standardized_mean_difference};
/// let treated = Sample { n: 10, mean: 12.0, variance: 4.0 };
/// let control = Sample { n: 10, mean: 11.0, variance: 4.0 };
/// assert_eq!(standardized_mean_difference(&treated, &control), 0.5);
/// ```
pub fn standardized_mean_difference(a: &Sample, b: &Sample) -> f64 {
    let apart = a.mean - b.mean;
    if apart == 0.0 {
        return 0.0;
    }
    apart / f64::midpoint(a.variance, b.variance).sqrt()
}
