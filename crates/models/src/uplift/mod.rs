//! Who is worth contacting: individual uplift, evidence that it can be ranked at all, and spending under a budget.
//!
//! The order in which a caller uses this module is the order of its promises:
//!
//! 1. [`TrainingData`] holds a *randomised* past campaign: features known before assignment, arm, outcome.
//! 2. [`heterogeneity_gate`] fits every candidate [`Learner`] out of fold and answers whether customers can be
//!    told apart. When [`Gate::usable`] is `false`, the caller must treat everybody as having the average effect
//!    (rank at random, by [`unit_interval`]) and say so.
//! 3. [`fit_two_model`] fits the chosen learner, [`Calibration`] pulls its predictions to the measured average effect.
//! 4. [`allocate`] spends the budget; [`unit_interval`] draws holdout and exploration without any state.
//!
//! Nothing here corrects for self-selection: on data that was not randomised, the numbers describe customers,
//! they do not say what contacting them causes.

mod allocation;
mod calibration;
mod draw;
mod features;
mod gate;
mod qini;
mod response;
mod two_model;

pub use allocation::{Allocation, Candidate, allocate};
pub use calibration::{Calibration, calibrate};
pub use draw::unit_interval;
pub use features::{Features, OutcomeKind, TrainingData};
pub use gate::{Gate, GateSettings, LearnerScore, heterogeneity_gate};
pub use qini::{Qini, QiniPoint, qini};
pub use response::Learner;
pub use two_model::{TwoModel, fit_two_model};

/// Why an uplift model could not be fitted or scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UpliftError {
    /// Two inputs that describe the same customers differ in length.
    #[error("reading uplift data: `{what}` has {found} entries, expected {expected}; give one entry per customer")]
    Shape {
        /// Which input.
        what: &'static str,
        /// Length found.
        found: usize,
        /// Length required.
        expected: usize,
    },
    /// A feature, outcome or score is NaN or infinite.
    #[error("reading uplift data: `{what}` of row {row} is not finite; impute missing values or drop the column first")]
    NotFinite {
        /// Which input (a feature name, `outcome` or `uplift`).
        what: String,
        /// Zero-based row.
        row: usize,
    },
    /// A binary outcome holds something else than 0 or 1.
    #[error(
        "reading uplift data: outcome of row {row} is {found}, a binary outcome is 0 or 1; use an amount outcome instead"
    )]
    NotBinary {
        /// Zero-based row.
        row: usize,
        /// Value found.
        found: f64,
    },
    /// An arm is too small to fit or to compare.
    #[error(
        "fitting uplift: the {arm} arm has {found} customers, at least {minimum} are needed; wait for a larger campaign"
    )]
    ArmTooSmall {
        /// `treated` or `control`.
        arm: &'static str,
        /// Customers found.
        found: usize,
        /// Customers needed.
        minimum: usize,
    },
    /// The numerical library gave up.
    #[error("fitting uplift: the {learner} learner failed: {reason}; try another learner")]
    Fit {
        /// Name of the learner.
        learner: &'static str,
        /// Text of the library.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
