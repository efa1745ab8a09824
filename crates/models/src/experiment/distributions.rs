//! Tails and quantiles, in the ranges where the usual routines fail: p-values far below 1e-16 and
//! degrees of freedom in the millions.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::checked_gamma_ur;

use super::ExperimentError;
use super::error::{checked, checked_level};

/// From here on Student's t goes through the normal by an expansion in 1/df: at such degrees of
/// freedom `StudentsT::inverse_cdf` of statrs 0.19 is wrong or does not return (error 1e-7 at
/// df = 4e4, no answer within seconds at 1.5e7), and the expansions agree with scipy to 1e-10.
const MANY_DEGREES: f64 = 1e4;

/// `P(Z > z)` of the standard normal.
fn normal_survival(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// The z with `P(Z <= z) = probability` of the standard normal.
///
/// # Errors
/// A `probability` outside (0, 1).
pub fn normal_quantile(probability: f64) -> Result<f64, ExperimentError> {
    let probability = checked_level("probability", probability)?;
    let upper = probability.min(1.0 - probability);
    let mut z = -Normal::standard().inverse_cdf(upper);
    // One Newton step takes the quantile to full precision.
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    if density > 0.0 {
        z += (normal_survival(z) - upper) / density;
    }
    Ok(if probability > 0.5 { z } else { -z })
}

/// `P(T > t)` of Student's t with `degrees_of_freedom` (any positive number).
///
/// By the incomplete beta function; from 1e4 degrees of freedom by Hill's normalising
/// transformation (Hill 1970, *CACM* 13:617, Algorithm 395).
///
/// # Errors
/// `degrees_of_freedom` not above zero, or `t` not finite.
pub fn student_t_survival(t: f64, degrees_of_freedom: f64) -> Result<f64, ExperimentError> {
    let df = checked_degrees(degrees_of_freedom)?;
    let t = checked("t", t, "a finite number", |_| true)?;
    let upper = if df >= MANY_DEGREES {
        normal_survival(hill_normal_score(t.abs(), df))
    } else {
        let tail = checked_beta_reg(df / 2.0, 0.5, df / (df + t * t));
        0.5 * tail.unwrap_or(1.0)
    };
    Ok(if t >= 0.0 { upper } else { 1.0 - upper })
}

/// The t with `P(T <= t) = probability` of Student's t.
///
/// From 1e4 degrees of freedom by the Cornish-Fisher expansion to the fourth term (Abramowitz &
/// Stegun 26.7.5); below, by bisecting [`student_t_survival`] in a bracket that always holds.
///
/// # Errors
/// A `probability` outside (0, 1) or `degrees_of_freedom` not above zero.
///
/// ```
/// use nightclerk_models::experiment::student_t_quantile;
/// assert!((student_t_quantile(0.975, 3.0)? - 3.182446305283708).abs() < 1e-9);
/// assert!((student_t_quantile(0.975, 1e7)? - 1.959964221994).abs() < 1e-9);
/// # Ok::<(), nightclerk_models::experiment::ExperimentError>(())
/// ```
pub fn student_t_quantile(probability: f64, degrees_of_freedom: f64) -> Result<f64, ExperimentError> {
    let df = checked_degrees(degrees_of_freedom)?;
    let probability = checked_level("probability", probability)?;
    if probability < 0.5 {
        return Ok(-student_t_quantile(1.0 - probability, df)?);
    }
    let z = normal_quantile(probability)?;
    if df >= MANY_DEGREES {
        return Ok(cornish_fisher(z, df));
    }
    let upper_tail = 1.0 - probability;
    let (mut low, mut high) = (0.0, z.max(1.0));
    while student_t_survival(high, df)? > upper_tail && high < 1e150 {
        low = high;
        high *= 2.0;
    }
    // Halving a bracket of relative width 2 down to the last bit takes at most about 60 steps.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if student_t_survival(middle, df)? > upper_tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(f64::midpoint(low, high))
}

/// `P(X > x)` of chi-squared with `degrees_of_freedom`.
///
/// # Errors
/// `degrees_of_freedom` not above zero, or `x` negative or not finite.
pub fn chi_squared_survival(x: f64, degrees_of_freedom: f64) -> Result<f64, ExperimentError> {
    let df = checked_degrees(degrees_of_freedom)?;
    let x = checked("chi_squared", x, "a number of 0 or more", |x| x >= 0.0)?;
    if x == 0.0 {
        return Ok(1.0);
    }
    if (df - 1.0).abs() < f64::EPSILON {
        return Ok(2.0 * normal_survival(x.sqrt()));
    }
    Ok(checked_gamma_ur(df / 2.0, x / 2.0).unwrap_or(1.0))
}

fn checked_degrees(degrees_of_freedom: f64) -> Result<f64, ExperimentError> {
    checked("degrees_of_freedom", degrees_of_freedom, "a number above 0", |df| df > 0.0)
}

/// The normal score with the same tail as `t` has.
fn hill_normal_score(t: f64, df: f64) -> f64 {
    let a = df - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / df).ln_1p();
    let numerator = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    ((numerator + y + 3.0) / b + 1.0) * y.sqrt()
}

fn cornish_fisher(z: f64, df: f64) -> f64 {
    let w = z * z;
    let terms = [
        z * (w + 1.0) / 4.0,
        z * ((5.0 * w + 16.0) * w + 3.0) / 96.0,
        z * (((3.0 * w + 19.0) * w + 17.0) * w - 15.0) / 384.0,
        z * ((((79.0 * w + 776.0) * w + 1482.0) * w - 1920.0) * w - 945.0) / 92160.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / df) + z
}
