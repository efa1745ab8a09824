use super::error::checked_level;
use super::{ExperimentError, Sample, normal_quantile, student_t_quantile, student_t_survival};

/// A difference of means, treatment minus control, with its interval and test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Treatment mean minus control mean, per customer.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Welch-Satterthwaite degrees of freedom.
    pub degrees_of_freedom: f64,
    /// Lower end of the confidence interval.
    pub lower: f64,
    /// Upper end of the confidence interval.
    pub upper: f64,
    /// Two-sided p-value of "no difference".
    pub p_value: f64,
}

/// Welch's t test: the difference of two means with unequal variances.
///
/// With `s² / n` per arm: `SE = √(s_T²/n_T + s_C²/n_C)`,
/// `df = SE⁴ / ((s_T²/n_T)²/(n_T-1) + (s_C²/n_C)²/(n_C-1))`, interval `estimate ± t(df)·SE`.
/// Source: Welch (1947), *Biometrika* 34:28; Satterthwaite (1946).
///
/// # Errors
/// An arm of fewer than two customers, a non-finite input, a `level` outside (0, 1), or no
/// variation in either arm.
///
/// ```
/// use nightclerk_models::experiment::{Sample, welch};
/// let treatment = Sample { n: 50, mean: 12.0, variance: 25.0 };
/// let control = Sample { n: 50, mean: 10.0, variance: 25.0 };
/// let difference = welch(&treatment, &control, 0.95)?;
/// assert_eq!(difference.standard_error, 1.0);
/// assert!((difference.degrees_of_freedom - 98.0).abs() < 1e-9);
/// assert!(difference.lower > 0.0 && difference.p_value < 0.05);
/// # Ok::<(), nightclerk_models::experiment::ExperimentError>(())
/// ```
pub fn welch(treatment: &Sample, control: &Sample, level: f64) -> Result<Difference, ExperimentError> {
    let treatment = treatment.checked("treatment")?;
    let control = control.checked("control")?;
    let level = checked_level("level", level)?;
    let (v_treatment, v_control) = (treatment.variance_of_mean(), control.variance_of_mean());
    let variance = v_treatment + v_control;
    if variance <= 0.0 {
        return Err(ExperimentError::NoVariation);
    }
    let standard_error = variance.sqrt();
    // Shares of the variance, not fourth powers: those under- and overflow for extreme units.
    let (share_treatment, share_control) = (v_treatment / variance, v_control / variance);
    let degrees_of_freedom =
        1.0 / (share_treatment.powi(2) / (treatment.n - 1) as f64 + share_control.powi(2) / (control.n - 1) as f64);
    let estimate = treatment.mean - control.mean;
    let margin = student_t_quantile(f64::midpoint(1.0, level), degrees_of_freedom)? * standard_error;
    let p_value = (2.0 * student_t_survival((estimate / standard_error).abs(), degrees_of_freedom)?).min(1.0);
    Ok(Difference {
        estimate,
        standard_error,
        degrees_of_freedom,
        lower: estimate - margin,
        upper: estimate + margin,
        p_value,
    })
}

/// Difference in differences for a campaign without a random control group.
///
/// Each sample holds one value per customer: after minus before, over windows of equal length.
/// The estimate is `mean change of the treated - mean change of the others`, tested like
/// [`welch`] (the change per customer absorbs the serial correlation that Bertrand, Duflo &
/// Mullainathan 2004, *QJE* 119:249, warn of). It is causal only if both groups would have changed
/// alike without the campaign; groups chosen on recent spend would not (regression to the mean).
/// Callers grade it QUASI, never RANDOMISED.
///
/// # Errors
/// As [`welch`].
pub fn difference_in_differences(
    treated_changes: &Sample,
    other_changes: &Sample,
    level: f64,
) -> Result<Difference, ExperimentError> {
    welch(treated_changes, other_changes, level)
}

/// A planned or finished two-arm comparison, for asking what it can detect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerDesign {
    /// The treated arm; its mean is not read.
    pub treatment: Sample,
    /// The control arm; its mean is not read.
    pub control: Sample,
    /// Confidence level of the test, such as 0.95.
    pub level: f64,
    /// Wanted chance of detecting a true effect of the returned size, such as 0.8.
    pub power: f64,
}

/// Smallest true difference that the design detects with the wanted power.
///
/// `MDE = (z((1+level)/2) + z(power)) · √(s_T²/n_T + s_C²/n_C)`, in the metric's unit, two-sided
/// test, normal approximation (Cohen 1988, section 2.4).
///
/// # Errors
/// As [`welch`], and a `power` outside (0, 1).
pub fn minimum_detectable_effect(design: &PowerDesign) -> Result<f64, ExperimentError> {
    let treatment = design.treatment.checked("treatment")?;
    let control = design.control.checked("control")?;
    let level = checked_level("level", design.level)?;
    let power = checked_level("power", design.power)?;
    let standard_error = (treatment.variance_of_mean() + control.variance_of_mean()).sqrt();
    Ok((normal_quantile(f64::midpoint(1.0, level))? + normal_quantile(power)?) * standard_error)
}
