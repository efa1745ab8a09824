//! Loss functions: n(x) = E[(X - x)+], the expected shortage, and n̄(x) = E[(x - X)+], the expected leftover.
//!
//! Snyder and Shen, 2nd ed., appendix C; Zipkin, "Foundations of Inventory Management" (2000), appendix C. Always n(x) - n̄(x) is the mean less x.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, number};
use super::demand::{Demand, Law};
use super::numeric::{standard_loss, standard_second_loss};

/// Both losses at a point, in the units of the variable (of the second order: half their squares).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Losses {
    /// Expected shortage E[(X - x)+].
    pub n: f64,
    /// Expected leftover E[(x - X)+].
    pub n_bar: f64,
}

/// A point of the standard normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Point.
    pub z: f64,
}

/// Losses of the standard normal distribution: n(z) = φ(z) - z (1 - Φ(z)).
///
/// # Errors
/// [`FormulaError`] when z is no number of at most 1e12.
pub fn standard_normal(inputs: &Score) -> Result<Losses, FormulaError> {
    let z = number("z", inputs.z)?;
    // Each from its own side, so that none is the small difference of two large numbers.
    Ok(Losses { n: standard_loss(z), n_bar: standard_loss(-z) })
}

/// Losses of the second order of the standard normal distribution: E[(Z - z)+²] / 2 = ((z² + 1)(1 - Φ(z)) - z φ(z)) / 2.
///
/// # Errors
/// As [`standard_normal`].
pub fn standard_normal_second(inputs: &Score) -> Result<Losses, FormulaError> {
    let z = number("z", inputs.z)?;
    Ok(Losses { n: standard_second_loss(z), n_bar: standard_second_loss(-z) })
}

/// A point of a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalPoint {
    /// Point.
    pub x: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation, above 0.
    pub sd: f64,
}

/// Losses of a normal distribution.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn normal(inputs: &NormalPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Normal { mean: inputs.mean, sd: inputs.sd })
}

/// A point of a lognormal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LognormalPoint {
    /// Point.
    pub x: f64,
    /// Mean of the logarithm.
    pub mu: f64,
    /// Standard deviation of the logarithm, above 0.
    pub sigma: f64,
}

/// Losses of a lognormal distribution.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn lognormal(inputs: &LognormalPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Lognormal { mu: inputs.mu, sigma: inputs.sigma })
}

/// A point of a gamma distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GammaPoint {
    /// Point.
    pub x: f64,
    /// Shape, above 0.
    pub a: f64,
    /// Scale, above 0; the mean is a b.
    pub b: f64,
}

/// Losses of a gamma distribution.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn gamma(inputs: &GammaPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Gamma { shape: inputs.a, scale: inputs.b })
}

/// A point of a uniform distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UniformPoint {
    /// Point.
    pub x: f64,
    /// Lower end.
    pub a: f64,
    /// Upper end, above the lower.
    pub b: f64,
}

/// Losses of a uniform distribution.
///
/// # Errors
/// [`FormulaError`] for ends that are not in order.
pub fn uniform(inputs: &UniformPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Uniform { low: inputs.a, high: inputs.b })
}

/// A point of an exponential distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExponentialPoint {
    /// Point.
    pub x: f64,
    /// Rate, above 0; the mean is 1 / mu.
    pub mu: f64,
}

/// Losses of an exponential distribution.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn exponential(inputs: &ExponentialPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Exponential { rate: inputs.mu })
}

/// A point of a Poisson distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoissonPoint {
    /// Point, not necessarily whole.
    pub x: f64,
    /// Mean, 0 or above.
    pub mean: f64,
}

/// Losses of a Poisson distribution: n(x) = μ f(x) - (x - μ)(1 - F(x)) at whole x.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn poisson(inputs: &PoissonPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Poisson { mean: inputs.mean })
}

/// A point of a negative binomial distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NegativeBinomialPoint {
    /// Point, not necessarily whole.
    pub x: f64,
    /// Successes, above 0, not necessarily whole.
    pub r: f64,
    /// Probability of a success; the mean number of failures is r (1 - p) / p.
    pub p: f64,
}

/// Losses of a negative binomial distribution.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn negative_binomial(inputs: &NegativeBinomialPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Negbin { r: inputs.r, p: inputs.p })
}

/// A point of a geometric distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeometricPoint {
    /// Point, not necessarily whole.
    pub x: f64,
    /// Probability of a success; the mean number of trials is 1 / p.
    pub p: f64,
}

/// Losses of a geometric distribution of trials up to the first success: n(x) = (1 - p)^x / p at whole x.
///
/// # Errors
/// [`FormulaError`] for a parameter outside what is allowed.
pub fn geometric(inputs: &GeometricPoint) -> Result<Losses, FormulaError> {
    at(inputs.x, &Demand::Geometric { p: inputs.p })
}

fn at(x: f64, demand: &Demand) -> Result<Losses, FormulaError> {
    number("x", x)?;
    let law = Law::of("inputs", demand)?;
    Ok(Losses { n: law.loss(x), n_bar: law.leftover(x) })
}
