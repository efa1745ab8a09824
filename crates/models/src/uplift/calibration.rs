//! Pulling individual uplift to what was measured.

use super::UpliftError;
use super::features::{check_arms, check_finite};

/// Difference of arm means, `mean(outcome | treated) - mean(outcome | control)`: the average treatment effect of a
/// randomised campaign. `None` when an arm is empty.
///
/// # Errors
/// [`UpliftError::Shape`] or [`UpliftError::NotFinite`].
pub(super) fn average_effect(treated: &[bool], outcome: &[f64]) -> Result<Option<f64>, UpliftError> {
    check_arms(treated, outcome, treated.len())?;
    let mean = |wanted: bool| {
        let values: Vec<f64> =
            outcome.iter().zip(treated).filter(|(_, flag)| **flag == wanted).map(|(value, _)| *value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    Ok(mean(true).zip(mean(false)).map(|(with, without)| with - without))
}

/// A straight-line correction of predicted uplift: `calibrated = average_effect + slope * (score - mean_score)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Measured average effect: the mean of calibrated uplift over the calibration sample.
    pub average_effect: f64,
    /// Share of the predicted spread that shows in outcomes, between 0 (no information) and 1 (taken at face value).
    pub slope: f64,
    /// Mean score over the calibration sample.
    pub mean_score: f64,
}

impl Calibration {
    /// Calibrated uplift of one score.
    pub fn apply(&self, score: f64) -> f64 {
        self.average_effect + self.slope * (score - self.mean_score)
    }
}

/// Learns the correction on out-of-fold scores of a randomised campaign.
///
/// The slope is the interaction coefficient of `outcome ~ treated * score`, that is, the regression slope of outcome on
/// score among treated minus that among controls: the "best linear predictor" of Chernozhukov, Demirer, Duflo and
/// Fernández-Val (2018). It is limited to 0..=1: scores may be shrunk, never stretched and never turned round.
///
/// # Errors
/// [`UpliftError::ArmTooSmall`] when an arm is empty; shape and finiteness errors.
pub fn calibrate(scores: &[f64], treated: &[bool], outcome: &[f64]) -> Result<Calibration, UpliftError> {
    check_arms(treated, outcome, scores.len())?;
    check_finite("uplift", scores)?;
    let Some(average_effect) = average_effect(treated, outcome)? else {
        let arm = if treated.iter().any(|&flag| flag) { "control" } else { "treated" };
        return Err(UpliftError::ArmTooSmall { arm, found: 0, minimum: 1 });
    };
    let slope = arm_slope(scores, treated, outcome, true) - arm_slope(scores, treated, outcome, false);
    let mean_score = scores.iter().sum::<f64>() / scores.len() as f64;
    Ok(Calibration { average_effect, slope: slope.clamp(0.0, 1.0), mean_score })
}

/// Least-squares slope of outcome on score within one arm; 0 when scores do not vary there.
fn arm_slope(scores: &[f64], treated: &[bool], outcome: &[f64], wanted: bool) -> f64 {
    let rows: Vec<usize> = (0..scores.len()).filter(|&row| treated[row] == wanted).collect();
    let n = rows.len().max(1) as f64;
    let mean_score = rows.iter().map(|&row| scores[row]).sum::<f64>() / n;
    let mean_outcome = rows.iter().map(|&row| outcome[row]).sum::<f64>() / n;
    let covariance: f64 = rows.iter().map(|&row| (scores[row] - mean_score) * (outcome[row] - mean_outcome)).sum();
    let variance: f64 = rows.iter().map(|&row| (scores[row] - mean_score).powi(2)).sum();
    if variance > 1e-24 * n { covariance / variance } else { 0.0 }
}
