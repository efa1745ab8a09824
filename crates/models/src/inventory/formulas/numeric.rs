//! The standard normal distribution with its loss functions, and searches over one number.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::check::{FormulaError, too_large};

/// Rounds of bisection after which no double is left between the ends.
const ROUNDS: usize = 200;
/// Share of the golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Density of the standard normal distribution.
pub(super) fn density(z: f64) -> f64 {
    Normal::standard().pdf(z)
}

/// P(Z <= z).
pub(super) fn below(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// P(Z > z).
pub(super) fn above(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// E[(Z - z)+]: φ(z) - z (1 - Φ(z)). Snyder and Shen, 2nd ed., appendix C.
pub(super) fn standard_loss(z: f64) -> f64 {
    // Of a point far below nothing but its distance is left; the difference would only lose digits.
    if z < -30.0 { -z } else { (density(z) - z * above(z)).max(0.0) }
}

/// E[(Z - z)+²] / 2: ((z² + 1)(1 - Φ(z)) - z φ(z)) / 2. Snyder and Shen, 2nd ed., appendix C.
pub(super) fn standard_second_loss(z: f64) -> f64 {
    if z < -30.0 { 0.5 * (z * z + 1.0) } else { (0.5 * ((z * z + 1.0) * above(z) - z * density(z))).max(0.0) }
}

/// z with a loss E[(Z - z)+] of `loss` > 0.
pub(super) fn inverse_standard_loss(loss: f64) -> f64 {
    // E[(Z - z)+] lies between -z and -z + 0.4, and below 40 it is as small as doubles go.
    root(-loss - 1.0, 40.0, |z| loss - standard_loss(z))
}

/// Where a function rises through 0 between `low` and `high`.
pub(super) fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..ROUNDS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if function(middle) < 0.0 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Where a function with one valley between `low` and `high` is smallest.
pub(super) fn valley(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (function(left), function(right));
    for _ in 0..ROUNDS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = function(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = function(right);
        }
    }
    f64::midpoint(low, high)
}

/// Applies `step` until the number stays what it is, to 1e-12 of its size; `field` names it where it does not.
pub(super) fn settled(
    field: &str,
    start: f64,
    step: impl Fn(f64) -> Result<f64, FormulaError>,
) -> Result<f64, FormulaError> {
    let mut value = start;
    for _ in 0..10_000 {
        let next = step(value)?;
        if (next - value).abs() <= 1e-12 * next.abs() {
            return Ok(next);
        }
        value = next;
    }
    Err(too_large(field, "it does not settle; use a smaller fixed cost or a larger stock-out cost"))
}
