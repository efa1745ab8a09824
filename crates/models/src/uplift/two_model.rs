//! The two-model uplift estimator (T-learner).

use super::UpliftError;
use super::features::{Features, TrainingData};
use super::response::{Learner, ResponseModel};

/// Two response models, one per arm.
///
/// `uplift(x) = E[outcome | x, treated] - E[outcome | x, control]`, in units of the outcome (probability points or
/// money per customer). Künzel et al. (2019), "Metalearners for estimating heterogeneous treatment effects", PNAS 116(10).
/// On the Hillstrom e-mail experiment the logistic variant is the best of a dozen untuned learners on average over
/// random splits, which is why it is offered first.
pub struct TwoModel {
    treated: ResponseModel,
    control: ResponseModel,
    names: Vec<String>,
    learner: Learner,
}

/// Fits one model per arm. The same data, learner and seed give the same model.
///
/// # Errors
/// [`UpliftError`] when the data fail [`TrainingData::check`] or the numerical library gives up.
pub fn fit_two_model(data: &TrainingData<'_>, learner: Learner, seed: u64) -> Result<TwoModel, UpliftError> {
    data.check()?;
    let rows: Vec<usize> = (0..data.features.n_rows).collect();
    fit_on_rows(data, &rows, learner, seed)
}

/// Fits on a subset of rows that the caller has already checked.
pub(super) fn fit_on_rows(
    data: &TrainingData<'_>,
    rows: &[usize],
    learner: Learner,
    seed: u64,
) -> Result<TwoModel, UpliftError> {
    let arm = |wanted: bool, seed: u64| {
        let chosen: Vec<usize> = rows.iter().copied().filter(|&row| data.treated[row] == wanted).collect();
        if chosen.is_empty() {
            let arm = if wanted { "treated" } else { "control" };
            return Err(UpliftError::ArmTooSmall { arm, found: 0, minimum: 1 });
        }
        let outcome: Vec<f64> = chosen.iter().map(|&row| data.outcome[row]).collect();
        ResponseModel::fit(&data.features.select(&chosen), &outcome, learner, seed)
    };
    // Different seeds per arm: a shared bootstrap would correlate the errors of two unrelated samples.
    Ok(TwoModel {
        treated: arm(true, seed)?,
        control: arm(false, seed.wrapping_add(1))?,
        names: data.features.names.clone(),
        learner,
    })
}

/// The models of smartcore cannot be printed; which learner they are of can.
impl std::fmt::Debug for TwoModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TwoModel")
            .field("learner", &self.learner)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl TwoModel {
    /// Uplift of every customer of a table with the training columns.
    ///
    /// # Errors
    /// [`UpliftError::Shape`] for a table of another width, [`UpliftError::NotFinite`] for a missing value.
    pub fn predict_all(&self, features: &Features) -> Result<Vec<f64>, UpliftError> {
        if features.names.len() != self.names.len() {
            return Err(UpliftError::Shape {
                what: "feature columns",
                found: features.names.len(),
                expected: self.names.len(),
            });
        }
        features.check()?;
        let treated = self.treated.predict(features)?;
        let control = self.control.predict(features)?;
        Ok(treated.iter().zip(&control).map(|(with, without)| with - without).collect())
    }
}
