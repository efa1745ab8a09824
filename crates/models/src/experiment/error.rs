use thiserror::Error;

/// Why a comparison cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExperimentError {
    /// An arm has fewer than two customers, so that its variance is unknown.
    #[error("cannot compare arms: {arm} has {n} customers, at least 2 are needed")]
    TooFewCustomers {
        /// Which arm: `treatment` or `control`.
        arm: &'static str,
        /// How many customers it has.
        n: u64,
    },
    /// No customer differs from another, so that no standard error exists.
    #[error(
        "cannot compare arms: the metric has the same value for every customer of each arm; choose a metric that varies"
    )]
    NoVariation,
    /// A number is outside what its meaning allows.
    #[error("cannot use `{name}` = {found}: expected {allowed}")]
    OutOfRange {
        /// The argument.
        name: &'static str,
        /// The value given.
        found: f64,
        /// What would be allowed.
        allowed: &'static str,
    },
    /// Counts and expected shares do not belong together.
    #[error(
        "cannot check the sample ratio: found {observed} counts and {expected} expected shares; give one share per arm"
    )]
    ArmsDiffer {
        /// Number of observed counts.
        observed: usize,
        /// Number of expected shares.
        expected: usize,
    },
    /// Fewer than two arms were meant to receive customers, or none arrived.
    #[error(
        "cannot check the sample ratio: found {arms} arms with a share above 0 and {customers} customers; at least 2 arms and 1 customer are needed"
    )]
    NothingToSplit {
        /// Arms whose expected share is above zero.
        arms: usize,
        /// Customers over all arms.
        customers: u64,
    },
}

/// Passes `value` on if it is finite and `holds`.
pub(super) fn checked(
    name: &'static str,
    value: f64,
    allowed: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<f64, ExperimentError> {
    if value.is_finite() && holds(value) {
        Ok(value)
    } else {
        Err(ExperimentError::OutOfRange { name, found: value, allowed })
    }
}

/// A confidence level or a power: strictly between 0 and 1.
pub(super) fn checked_level(name: &'static str, value: f64) -> Result<f64, ExperimentError> {
    checked(name, value, "a number strictly between 0 and 1", |level| level > 0.0 && level < 1.0)
}
