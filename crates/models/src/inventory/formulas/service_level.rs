//! From a promised service to a level: P1, no stock-out in a cycle, and P2, the share of demand served at once.
//!
//! Silver, Pyke and Thomas, 4th ed., chapter 6; Axsäter, 3rd ed., chapter 5. G(k) = φ(k) - k (1 - Φ(k)).

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, fraction, non_negative, positive, within};
use super::demand::{Demand, Law};
use super::numeric::{inverse_standard_loss, root, standard_loss};
use crate::inventory::normal_score;

/// Periodic review and a service per cycle.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CycleService {
    /// Mean demand of a day, units.
    pub mean_per_day: f64,
    /// Its standard deviation, units; days are independent.
    pub sd_per_day: f64,
    /// Days between two orders, above 0.
    pub review_days: f64,
    /// Days from an order to its arrival.
    pub lead_time_days: f64,
    /// P1: probability of no stock-out until the next order arrives, above 0 and below 1.
    pub alpha: f64,
}

/// A level for a service per cycle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CycleLevel {
    /// Standard deviations of safety.
    pub z: f64,
    /// Safety stock, units; below 0 where the service is below a half.
    pub safety_stock: f64,
    /// Order-up-to level, units.
    pub order_up_to: f64,
}

/// The order-up-to level for a service per cycle: μ (R + L) + z σ √(R + L). Silver, Pyke and Thomas, chapter 6.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn cycle_service(inputs: &CycleService) -> Result<CycleLevel, FormulaError> {
    let mean = non_negative("mean_per_day", inputs.mean_per_day)?;
    let sd = non_negative("sd_per_day", inputs.sd_per_day)?;
    let days = positive("review_days", inputs.review_days)? + non_negative("lead_time_days", inputs.lead_time_days)?;
    let z = normal_score(fraction("alpha", inputs.alpha)?);
    let safety_stock = z * sd * days.sqrt();
    Ok(CycleLevel { z, safety_stock, order_up_to: mean * days + safety_stock })
}

/// Periodic review and a fill rate.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewFillRate {
    /// Mean demand of a day, units, above 0.
    pub mean_per_day: f64,
    /// Its standard deviation, units, above 0; days are independent.
    pub sd_per_day: f64,
    /// Days between two orders, above 0.
    pub review_days: f64,
    /// Days from an order to its arrival.
    pub lead_time_days: f64,
    /// P2: share of demand served at once, above 0 and below 1.
    pub fill_rate: f64,
}

/// A level for a fill rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReviewFillLevel {
    /// Order-up-to level where unmet demand waits, units.
    pub order_up_to: f64,
    /// The same if nothing could be short when an order arrives, which leaves out the second term; units.
    pub order_up_to_simple: f64,
    /// 1 / (2 - P2): the fill rate of that level where unmet demand is lost, as of (s, Q); with long lead times it is higher.
    pub fill_rate_lost_sales_approx: f64,
}

/// The order-up-to level for a fill rate: β = 1 - (σ_{R+L} G(k₁) - σ_L G(k₀)) / (μ R). Silver, Pyke and Thomas, chapter 6;
/// Axsäter, chapter 5.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn review_fill_rate(inputs: &ReviewFillRate) -> Result<ReviewFillLevel, FormulaError> {
    let mean = positive("mean_per_day", inputs.mean_per_day)?;
    let sd = positive("sd_per_day", inputs.sd_per_day)?;
    let (review, lead) =
        (positive("review_days", inputs.review_days)?, non_negative("lead_time_days", inputs.lead_time_days)?);
    let missed = 1.0 - fraction("fill_rate", inputs.fill_rate)?;
    let short = |level: f64, days: f64| {
        let spread = sd * days.sqrt();
        if spread > 0.0 { spread * standard_loss((level - mean * days) / spread) } else { (-level).max(0.0) }
    };
    let protected = review + lead;
    let (allowed, spread) = (missed * mean * review, sd * protected.sqrt());
    // Far below everything demand of the review period is short, far above nothing.
    let (low, high) = (mean * protected - 40.0 * spread - mean * review, mean * protected + 40.0 * spread);
    Ok(ReviewFillLevel {
        order_up_to: root(low, high, |level| allowed - (short(level, protected) - short(level, lead))),
        order_up_to_simple: mean * protected + spread * inverse_standard_loss(allowed / spread),
        fill_rate_lost_sales_approx: 1.0 / (1.0 + missed),
    })
}

/// Continuous review and a fill rate.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantityFillRate {
    /// Mean demand of the lead time, units.
    pub ltd_mean: f64,
    /// Its standard deviation, units, above 0.
    pub ltd_sd: f64,
    /// Units per order, above 0.
    pub order_quantity: f64,
    /// P2: share of demand served at once, above 0 and below 1.
    pub fill_rate: f64,
}

/// Reorder points for a fill rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantityFillPoint {
    /// Standard deviations of safety where unmet demand waits; below 0 with large orders.
    pub k_backorder: f64,
    /// Reorder point where unmet demand waits, units.
    pub s_backorder: f64,
    /// Standard deviations of safety where unmet demand is lost.
    pub k_lost: f64,
    /// Reorder point where unmet demand is lost, units.
    pub s_lost: f64,
}

/// The reorder point for a fill rate and an order quantity: G(k) = (Q / σ_L)(1 - P2), where unmet demand is lost (Q / σ_L)(1 - P2) / P2.
/// Silver, Pyke and Thomas, chapter 6.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn quantity_fill_rate(inputs: &QuantityFillRate) -> Result<QuantityFillPoint, FormulaError> {
    let mean = non_negative("ltd_mean", inputs.ltd_mean)?;
    let sd = positive("ltd_sd", inputs.ltd_sd)?;
    let quantity = positive("order_quantity", inputs.order_quantity)?;
    let filled = fraction("fill_rate", inputs.fill_rate)?;
    let waits = quantity / sd * (1.0 - filled);
    let (k_backorder, k_lost) = (inverse_standard_loss(waits), inverse_standard_loss(waits / filled));
    Ok(QuantityFillPoint { k_backorder, s_backorder: mean + k_backorder * sd, k_lost, s_lost: mean + k_lost * sd })
}

/// A base-stock level and Poisson demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoissonBaseStock {
    /// Mean demand of a period, units, above 0.
    pub mean: f64,
    /// Order-up-to level, units.
    #[serde(rename = "S")]
    pub base_stock_level: f64,
    /// Whole periods from an order to its arrival.
    pub lead_time: u32,
}

/// The service of a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Service {
    /// P2: share of demand served at once.
    pub beta: f64,
    /// P1: probability that a period ends without demand waiting.
    pub alpha: f64,
}

/// The service of a base-stock level with an order every period, unmet demand waiting: β = 1 - (E[(D_{L+1} - S)+] - E[(D_L - S)+]) / μ and
/// α = P(D_{L+1} <= S). Axsäter, chapter 5; Silver, Pyke and Thomas, chapter 6.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn poisson_base_stock(inputs: &PoissonBaseStock) -> Result<Service, FormulaError> {
    let mean = positive("mean", inputs.mean)?;
    let level = within("S", inputs.base_stock_level, 0.0, 1e9)?;
    let periods = f64::from(inputs.lead_time);
    let law = |periods: f64| Law::of("mean · (lead_time + 1)", &Demand::Poisson { mean: mean * periods });
    let (all, before) = (law(periods + 1.0)?, law(periods)?);
    let beta = 1.0 - (all.loss(level) - before.loss(level)) / mean;
    Ok(Service { beta, alpha: 1.0 - all.above(level) })
}
