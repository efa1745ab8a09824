use super::{Difference, ExperimentError, Sample, welch};

/// One arm's metric `y` and a covariate `x` measured before the campaign, per customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CovariateSample {
    /// The metric after the campaign started.
    pub metric: Sample,
    /// The covariate, from before anyone was assigned.
    pub covariate: Sample,
    /// Unbiased covariance of metric and covariate within the arm.
    pub covariance: f64,
}

/// A difference with the noise removed that a covariate explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    /// The adjusted comparison.
    pub difference: Difference,
    /// Slope used: `y - theta·(x - mean x)`.
    pub theta: f64,
    /// Share of the variance of the plain difference that went away; negative if it grew.
    pub variance_reduction: f64,
}

/// CUPED: subtracts what a pre-campaign covariate predicts, then compares as [`welch`].
///
/// `theta = cov(y, x) / var(x)` over both arms together, `y' = y - theta·(x - x̄)`, so that
/// `mean' = ȳ - theta·(x̄_arm - x̄)` and `var' = var(y) + theta² var(x) - 2 theta cov(y, x)` per
/// arm. Needs a randomised campaign and a covariate the campaign cannot have touched. A constant
/// covariate gives `theta = 0`, the plain comparison. Source: Deng, Xu, Kohavi & Walker (2013),
/// WSDM, section 3.
///
/// # Errors
/// As [`welch`].
pub fn cuped(treatment: &CovariateSample, control: &CovariateSample, level: f64) -> Result<Adjusted, ExperimentError> {
    let plain = welch(&treatment.metric, &control.metric, level)?;
    let everyone = treatment.covariate.merge(&control.covariate);
    let (a, b) = (treatment.metric.n as f64, control.metric.n as f64);
    let products = treatment.covariance * (a - 1.0)
        + control.covariance * (b - 1.0)
        + (treatment.metric.mean - control.metric.mean) * (treatment.covariate.mean - control.covariate.mean) * a * b
            / (a + b);
    let theta = if everyone.variance > 0.0 { products / (a + b - 1.0) / everyone.variance } else { 0.0 };
    let adjust = |arm: &CovariateSample| Sample {
        n: arm.metric.n,
        mean: arm.metric.mean - theta * (arm.covariate.mean - everyone.mean),
        variance: (arm.metric.variance + theta * theta * arm.covariate.variance - 2.0 * theta * arm.covariance)
            .max(0.0),
    };
    let difference = welch(&adjust(treatment), &adjust(control), level)?;
    Ok(Adjusted {
        difference,
        theta,
        variance_reduction: 1.0 - (difference.standard_error / plain.standard_error).powi(2),
    })
}
