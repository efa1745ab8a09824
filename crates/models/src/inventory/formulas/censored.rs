//! Demand from sales of which some are only lower bounds: the likelihood with stock-outs as right censoring.
//!
//! Conrad, Operational Research Quarterly 27 (1976), 123-127; Nahmias, Management Science 40 (1994), 1501-1508; Tobin, Econometrica 26
//! (1958), 24-36. For long series with seasons and levels that move there is [`crate::forecast::cleaning::uncensored`].

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, each, entries, number, positive, refused};
use super::numeric::{above, density, root};

/// Most periods.
const MOST: usize = 100_000;
/// Largest sales of a period.
const LARGEST_SALES: u32 = 10_000;
/// Steps of Newton's method, and halvings of one.
const STEPS: usize = 100;

/// Sales of whole units.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountSales {
    /// Sales of periods with stock to the end: the demand.
    pub uncensored_sales: Vec<u32>,
    /// Sales of periods that ran out: at least that much was wanted.
    pub censored_sales: Vec<u32>,
}

/// A demand per period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PoissonRate {
    /// Mean demand that makes these sales most likely, units.
    pub lambda_mle: f64,
    /// Mean of all sales, which is too low.
    pub naive_mean_all: f64,
    /// Mean of the periods with stock, which is too low too: it is demand that empties shelves.
    pub naive_mean_drop_censored: f64,
}

/// The Poisson rate that makes sales most likely: where the mean of demand, E[D | D >= c] of a censored period, is the rate itself.
/// Conrad (1976).
///
/// # Errors
/// [`FormulaError`] without a single period with stock, and for sales above 10,000.
pub fn poisson(inputs: &CountSales) -> Result<PoissonRate, FormulaError> {
    let (known, bounds) = (&inputs.uncensored_sales, &inputs.censored_sales);
    entries("uncensored_sales", known.len(), MOST)?;
    count("censored_sales, entries", bounds.len(), 0, MOST)?;
    for (field, list) in [("uncensored_sales", known), ("censored_sales", bounds)] {
        if let Some(sales) = list.iter().find(|sales| **sales > LARGEST_SALES) {
            return Err(refused(field, sales, format!("whole numbers up to {LARGEST_SALES}")));
        }
    }
    let sum = |list: &[u32]| list.iter().map(|sales| f64::from(*sales)).sum::<f64>();
    let n = known.len() as f64;
    let naive_mean_drop_censored = sum(known) / n;
    let naive_mean_all = (sum(known) + sum(bounds)) / (n + bounds.len() as f64);
    // Equal bounds are one sum.
    let mut tallies = std::collections::BTreeMap::new();
    bounds.iter().filter(|bound| **bound > 0).for_each(|bound| *tallies.entry(*bound).or_insert(0.0) += 1.0);
    let balance = |rate: f64| {
        let raised: f64 = tallies.iter().map(|(bound, n): (&u32, &f64)| n * excess(*bound, rate)).sum();
        n * (rate - naive_mean_drop_censored) - raised
    };
    // What a period has above its bound is no more than the rate on average, so its excess over the rate is at most the bound.
    let high = naive_mean_drop_censored + tallies.iter().map(|(bound, n)| n * f64::from(bound + 1)).sum::<f64>() / n;
    let lambda_mle = if naive_mean_all > 0.0 { root(0.0, high, balance) } else { 0.0 };
    Ok(PoissonRate { lambda_mle, naive_mean_all, naive_mean_drop_censored })
}

/// E[D | D >= bound] - rate of a Poisson D: rate · P(D = bound - 1) / P(D >= bound), with bound >= 1.
fn excess(bound: u32, rate: f64) -> f64 {
    // P(D >= bound) / P(D = bound - 1) as the series of the quotients of successive probabilities.
    let (mut term, mut sum, mut k) = (1.0, 0.0, f64::from(bound));
    loop {
        term *= rate / k;
        sum += term;
        k += 1.0;
        if term <= 1e-17 * sum || !sum.is_finite() {
            break;
        }
    }
    if sum > 0.0 { rate / sum } else { f64::from(bound) }
}

/// Sales of any amounts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// Sales of periods with stock to the end: the demand. At least two different ones.
    pub uncensored: Vec<f64>,
    /// Sales of periods that ran out: at least that much was wanted.
    pub censored_at: Vec<f64>,
}

/// A demand per period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NormalDemand {
    /// Mean, units.
    pub mean: f64,
    /// Standard deviation, units.
    pub sd: f64,
}

/// The normal distribution that makes sales most likely, by Newton's method in 1 / σ and μ / σ, in which the likelihood has one peak.
/// Tobin (1958); Olsen, Econometrica 46 (1978), 1211-1215; Nahmias (1994).
///
/// # Errors
/// [`FormulaError`] without two different periods with stock, of which no spread can be told.
pub fn normal(inputs: &Amounts) -> Result<NormalDemand, FormulaError> {
    entries("uncensored", inputs.uncensored.len(), MOST)?;
    count("censored_at, entries", inputs.censored_at.len(), 0, MOST)?;
    each("uncensored", &inputs.uncensored, number)?;
    each("censored_at", &inputs.censored_at, number)?;
    let n = inputs.uncensored.len() as f64;
    let center = inputs.uncensored.iter().sum::<f64>() / n;
    let scale = (inputs.uncensored.iter().map(|y| (y - center).powi(2)).sum::<f64>() / n).sqrt();
    positive("uncensored, standard deviation", scale)?;
    let scaled = |list: &[f64]| -> Vec<f64> { list.iter().map(|y| (y - center) / scale).collect() };
    let sample = Sample { known: scaled(&inputs.uncensored), bounds: scaled(&inputs.censored_at) };
    // δ = μ / σ and γ = 1 / σ of the scaled sales.
    let (mut delta, mut gamma) = (0.0, 1.0);
    let mut now = sample.likelihood(delta, gamma);
    for _ in 0..STEPS {
        let (by_delta, by_gamma) = sample.newton(delta, gamma);
        let mut share = 1.0;
        let mut next = now;
        let mut moved = (delta, gamma);
        for _ in 0..STEPS {
            moved = (delta + share * by_delta, gamma + share * by_gamma);
            next = if moved.1 > 0.0 { sample.likelihood(moved.0, moved.1) } else { f64::NEG_INFINITY };
            if next >= now {
                break;
            }
            share *= 0.5;
        }
        if next < now || share * (by_delta.abs() + by_gamma.abs()) < 1e-14 * (delta.abs() + gamma) {
            break;
        }
        (delta, gamma) = moved;
        now = next;
    }
    Ok(NormalDemand { mean: center + scale * delta / gamma, sd: scale / gamma })
}

struct Sample {
    known: Vec<f64>,
    bounds: Vec<f64>,
}

impl Sample {
    /// Logarithm of the likelihood, less a constant.
    fn likelihood(&self, delta: f64, gamma: f64) -> f64 {
        let known: f64 = self.known.iter().map(|y| gamma.ln() - 0.5 * (gamma * y - delta).powi(2)).sum();
        known + self.bounds.iter().map(|c| log_above(gamma * c - delta)).sum::<f64>()
    }

    /// Newton's step.
    fn newton(&self, delta: f64, gamma: f64) -> (f64, f64) {
        let (mut slope_d, mut slope_g) = (0.0, 0.0);
        // The negative of the second derivatives.
        let (mut dd, mut dg, mut gg) = (0.0, 0.0, 0.0);
        for y in &self.known {
            let rest = gamma * y - delta;
            slope_d += rest;
            slope_g += 1.0 / gamma - y * rest;
            dd += 1.0;
            dg -= y;
            gg += 1.0 / (gamma * gamma) + y * y;
        }
        for c in &self.bounds {
            let at = gamma * c - delta;
            let hazard = hazard(at);
            let bend = (hazard * (hazard - at)).max(0.0);
            slope_d += hazard;
            slope_g -= c * hazard;
            dd += bend;
            dg -= c * bend;
            gg += c * c * bend;
        }
        let determinant = (dd * gg - dg * dg).max(f64::MIN_POSITIVE);
        ((gg * slope_d - dg * slope_g) / determinant, (dd * slope_g - dg * slope_d) / determinant)
    }
}

/// φ(a) / (1 - Φ(a)).
fn hazard(a: f64) -> f64 {
    if a < 30.0 { density(a) / above(a) } else { a + 1.0 / a }
}

/// ln(1 - Φ(a)).
fn log_above(a: f64) -> f64 {
    // φ(a) / hazard(a), whose logarithm does not underflow.
    if a < 30.0 { above(a).ln() } else { -0.5 * a * a - 0.918_938_533_204_672_7 - hazard(a).ln() }
}
