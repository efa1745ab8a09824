//! What inputs must be, and the error that says so.

use std::fmt::Display;

/// Largest size of any number in the inputs.
pub const LARGEST: f64 = 1e12;
/// Smallest number that counts as above 0: smaller ones are slips, and quotients by them overflow.
pub const SMALLEST: f64 = 1e-9;
/// How far probabilities may be from a sum of 1.
const SUM_TOLERANCE: f64 = 1e-6;

/// Why a formula has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormulaError {
    /// The inputs are not what the formula reads: a field is missing, unknown or of another type.
    #[error("reading the inputs: {problem}")]
    Inputs {
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// A value outside what is allowed.
    #[error("`{field}` is {found}; allowed is {allowed}")]
    Value {
        /// Name of the input.
        field: String,
        /// Value found.
        found: String,
        /// What would do.
        allowed: String,
    },
    /// The inputs are allowed, and together ask for more than is computed.
    #[error("`{field}` is out of reach with these inputs: {problem}")]
    TooLarge {
        /// What grows too large.
        field: String,
        /// Why, and what to change.
        problem: String,
    },
    /// A result that is no finite number.
    #[error("the result `{field}` is no finite number with these inputs; use less extreme ones")]
    NotFinite {
        /// Name of the output.
        field: String,
    },
}

/// A value outside what is allowed.
pub(super) fn refused(field: impl Into<String>, found: impl Display, allowed: impl Into<String>) -> FormulaError {
    FormulaError::Value { field: field.into(), found: found.to_string(), allowed: allowed.into() }
}

/// More work than is done.
pub(super) fn too_large(field: impl Into<String>, problem: impl Into<String>) -> FormulaError {
    FormulaError::TooLarge { field: field.into(), problem: problem.into() }
}

/// A number from `low` to `high`, both included.
pub(super) fn within(field: &str, value: f64, low: f64, high: f64) -> Result<f64, FormulaError> {
    if value >= low && value <= high {
        return Ok(value);
    }
    Err(refused(field, value, format!("a number from {low:?} to {high:?}")))
}

/// Any finite number.
pub(super) fn number(field: &str, value: f64) -> Result<f64, FormulaError> {
    within(field, value, -LARGEST, LARGEST)
}

/// Above 0.
pub(super) fn positive(field: &str, value: f64) -> Result<f64, FormulaError> {
    within(field, value, SMALLEST, LARGEST)
}

/// 0 or above.
pub(super) fn non_negative(field: &str, value: f64) -> Result<f64, FormulaError> {
    within(field, value, 0.0, LARGEST)
}

/// Strictly between 0 and 1.
pub(super) fn fraction(field: &str, value: f64) -> Result<f64, FormulaError> {
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(refused(field, value, "a number above 0 and below 1"))
}

/// A count from `low` to `high`, both included.
pub(super) fn count(field: &str, value: usize, low: usize, high: usize) -> Result<usize, FormulaError> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(refused(field, value, format!("a whole number from {low} to {high}")))
}

/// A list of 1 to `most` entries.
pub(super) fn entries(field: &str, found: usize, most: usize) -> Result<(), FormulaError> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    Err(refused(field, format!("a list of {found}"), format!("1 to {most} entries")))
}

/// A list as long as another.
pub(super) fn same_length(field: &str, found: usize, other: &str, wanted: usize) -> Result<(), FormulaError> {
    if found == wanted {
        return Ok(());
    }
    Err(refused(field, format!("a list of {found}"), format!("as many entries as `{other}` has, {wanted}")))
}

/// Probabilities: none below 0, sum 1.
pub(super) fn probabilities<'a>(field: &str, values: impl IntoIterator<Item = &'a f64>) -> Result<(), FormulaError> {
    let mut sum = 0.0;
    for (place, value) in values.into_iter().enumerate() {
        within(&format!("{field}[{place}]"), *value, 0.0, 1.0)?;
        sum += value;
    }
    if (sum - 1.0).abs() <= SUM_TOLERANCE {
        return Ok(());
    }
    Err(refused(field, format!("a list with the sum {sum}"), "a list of probabilities with the sum 1"))
}

/// Each entry of a list, with its place in the name.
pub(super) fn each(
    field: &str,
    values: &[f64],
    check: impl Fn(&str, f64) -> Result<f64, FormulaError>,
) -> Result<(), FormulaError> {
    for (place, value) in values.iter().enumerate() {
        check(&format!("{field}[{place}]"), *value)?;
    }
    Ok(())
}
