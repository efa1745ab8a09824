//! Is there heterogeneity worth targeting on? Decided out of fold, before anybody is ranked.

use super::UpliftError;
use super::features::{OutcomeKind, TrainingData};
use super::qini::{Bootstrap, qini, qini_interval};
use super::response::Learner;
use super::two_model::fit_on_rows;
use super::unit_interval;

/// How the gate is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateSettings {
    /// Folds for out-of-fold scores; 5 is usual.
    pub folds: usize,
    /// Bootstrap repetitions for each interval.
    pub repetitions: usize,
    /// Upper limit aimed at for the chance of opening the gate when no customer differs from another, over all
    /// learners together.
    pub false_alarm: f64,
    /// Seed of folds, forests and bootstrap.
    pub seed: u64,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { folds: 5, repetitions: 400, false_alarm: 0.05, seed: 1 }
    }
}

/// Out-of-fold standing of one learner.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnerScore {
    /// The learner.
    pub learner: Learner,
    /// Qini coefficient of its out-of-fold scores; 0 when undefined.
    pub qini: f64,
    /// Lower end of the bootstrap interval, widened for the number of learners tried.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Out-of-fold uplift per customer, in the order of the data: what calibration is learnt on.
    pub uplift: Vec<f64>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Whether ranking customers is supported by evidence. When `false`, use the average effect for everybody.
    pub usable: bool,
    /// The learner with the best out-of-fold Qini, and the one to fit on all rows.
    pub best: LearnerScore,
    /// All learners tried, in the order tried.
    pub tried: Vec<LearnerScore>,
    /// Learners that failed, with the reason.
    pub failed: Vec<(Learner, UpliftError)>,
    /// Customers in the data.
    pub n: usize,
}

/// Scores every customer with models that have not seen that customer.
///
/// Folds are drawn from a hash of seed and row number, within the arms by chance alone.
///
/// # Errors
/// Data errors of [`TrainingData::check`], or a failed fit.
fn cross_fitted_uplift(
    data: &TrainingData<'_>,
    learner: Learner,
    folds: usize,
    seed: u64,
) -> Result<Vec<f64>, UpliftError> {
    data.check()?;
    let folds = folds.max(2);
    let salt = format!("fold/{seed}");
    let fold_of: Vec<usize> =
        (0..data.features.n_rows).map(|row| (unit_interval(&salt, &row.to_string()) * folds as f64) as usize).collect();
    let mut scores = vec![0.0; data.features.n_rows];
    for fold in 0..folds {
        let (held_out, rest): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        let model = fit_on_rows(data, &rest, learner, seed.wrapping_add(1000 * fold as u64))?;
        for (&row, score) in held_out.iter().zip(model.predict_all(&data.features.select(&held_out))?) {
            scores[row] = score;
        }
    }
    Ok(scores)
}

/// Tries the learners that suit the outcome and asks whether the best one ranks better than chance.
///
/// Usable when the lower bound of the best learner's out-of-fold Qini is above 0. With `m` learners each two-sided interval has
/// confidence `1 - false_alarm / m`, so that a chance opening has probability `false_alarm / 2`, not `false_alarm`: the reserve pays for
/// the percentile bootstrap, which holds the fitted models fixed and is somewhat too narrow.
///
/// # Errors
/// Data errors of [`TrainingData::check`]; the first learner's error when all of them fail.
pub fn heterogeneity_gate(data: &TrainingData<'_>, settings: &GateSettings) -> Result<Gate, UpliftError> {
    data.check()?;
    let learners: &[Learner] = match data.kind {
        OutcomeKind::Binary => &[Learner::Logistic, Learner::Forest],
        OutcomeKind::Amount => &[Learner::Ridge, Learner::Forest],
    };
    let confidence = 1.0 - settings.false_alarm / learners.len() as f64;
    let (mut tried, mut failed) = (Vec::new(), Vec::new());
    for &learner in learners {
        match score_learner(data, learner, confidence, settings) {
            Ok(score) => tried.push(score),
            Err(error) => failed.push((learner, error)),
        }
    }
    // First wins on equal Qini: the simpler learner stands first.
    let best = tried.iter().rev().max_by(|a, b| a.qini.total_cmp(&b.qini)).cloned();
    match (best, failed.first()) {
        (Some(best), _) => Ok(Gate { usable: best.lower > 0.0, best, tried, failed, n: data.features.n_rows }),
        (None, Some((_, error))) => Err(error.clone()),
        (None, None) => Err(UpliftError::Shape { what: "learners", found: 0, expected: 1 }),
    }
}

fn score_learner(
    data: &TrainingData<'_>,
    learner: Learner,
    confidence: f64,
    settings: &GateSettings,
) -> Result<LearnerScore, UpliftError> {
    let uplift = cross_fitted_uplift(data, learner, settings.folds, settings.seed)?;
    let coefficient = qini(&uplift, data.treated, data.outcome)?.coefficient.unwrap_or(0.0);
    let bootstrap = Bootstrap { confidence, repetitions: settings.repetitions, seed: settings.seed };
    let interval = qini_interval(&uplift, data.treated, data.outcome, &bootstrap)?;
    let (lower, upper) = interval.map_or((0.0, 0.0), |interval| (interval.lower, interval.upper));
    Ok(LearnerScore { learner, qini: coefficient, lower, upper, uplift })
}
