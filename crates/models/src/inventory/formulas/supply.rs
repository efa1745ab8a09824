//! Supply that fails or falls short: disruptions and random yield.
//!
//! Snyder and Shen, 2nd ed., chapter 9.

use serde::Deserialize;

use super::check::{FormulaError, fraction, non_negative, positive};
use super::demand::{check_costs, smallest_whole};
use super::lot_size::QuantityAndCost;
use super::newsvendor::LevelAndCost;
use super::numeric::valley;

/// Known demand from a supplier that is down now and then.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisruptedNewsvendor {
    /// Cost of a unit on the shelf at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of a period.
    pub stockout_cost: f64,
    /// Demand of every period, units.
    pub demand: f64,
    /// Probability that a supplier that is up is down in the next period.
    pub disruption_prob: f64,
    /// Probability that a supplier that is down is up in the next period.
    pub recovery_prob: f64,
}

/// The best level for known demand and a supplier that is down now and then: enough for n further periods, n the smallest with
/// F(n) = 1 - α / (α + β) (1 - β)ⁿ >= p / (p + h). Tomlin, Management Science 52 (2006), 639-657; Snyder and Shen, chapter 9.
///
/// # Errors
/// [`FormulaError`] for a cost or demand outside what is allowed and a probability outside 0 to 1.
pub fn newsvendor_disruptions(inputs: &DisruptedNewsvendor) -> Result<LevelAndCost, FormulaError> {
    check_costs(inputs.holding_cost, inputs.stockout_cost)?;
    positive("demand", inputs.demand)?;
    let (fails, recovers) =
        (fraction("disruption_prob", inputs.disruption_prob)?, fraction("recovery_prob", inputs.recovery_prob)?);
    let down = fails / (fails + recovers);
    let ratio = inputs.stockout_cost / (inputs.stockout_cost + inputs.holding_cost);
    let longer_than = |periods: f64| down * (1.0 - recovers).powf(periods);
    let covered = smallest_whole(10.0, |periods| 1.0 - longer_than(periods) >= ratio - 1e-12);
    // E[(N - n)+] is the sum of P(N > k) from n on, a geometric series.
    let missing = longer_than(covered) / recovers;
    let left = missing + covered - down / recovers;
    let cost = inputs.demand * (inputs.holding_cost * left + inputs.stockout_cost * missing);
    Ok(LevelAndCost { base_stock_level: inputs.demand * (covered + 1.0), cost })
}

/// An item of whose orders a random share arrives.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YieldItem {
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Demand of a unit of time, units.
    pub demand_rate: f64,
    /// Mean share of an order that arrives.
    pub yield_mean: f64,
    /// Standard deviation of that share.
    pub yield_sd: f64,
}

/// The economic order quantity when a random share of each order arrives: √(2 K λ / (h (μ² + σ²))). Snyder and Shen, chapter 9.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn eoq_yield(item: &YieldItem) -> Result<QuantityAndCost, FormulaError> {
    let fixed = positive("fixed_cost", item.fixed_cost)?;
    let holding = positive("holding_cost", item.holding_cost)?;
    let rate = positive("demand_rate", item.demand_rate)?;
    let (mean, sd) = (positive("yield_mean", item.yield_mean)?, non_negative("yield_sd", item.yield_sd)?);
    let square = mean * mean + sd * sd;
    Ok(QuantityAndCost {
        order_quantity: (2.0 * fixed * rate / (holding * square)).sqrt(),
        cost: (2.0 * fixed * rate * holding * square).sqrt() / mean,
    })
}

/// An item from a supplier that is down now and then; what is wanted and not there is lost.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisruptedItem {
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Cost of a unit that is lost.
    pub stockout_cost: f64,
    /// Demand of a unit of time, units.
    pub demand_rate: f64,
    /// Disruptions per unit of time that the supplier is up.
    pub disruption_rate: f64,
    /// Recoveries per unit of time that the supplier is down.
    pub recovery_rate: f64,
}

/// The order quantity that is best when the supplier's times up and down are exponential (rates λ and μ): smallest of
/// (K + h Q² / (2 d) + p d β / μ) / (Q / d + β / μ), where β = λ / (λ + μ) (1 - exp(-(λ + μ) Q / d)) is the probability of finding it
/// down. Berk and Arreola-Risa, Naval Research Logistics 41 (1994), 467-473; Snyder and Shen, chapter 9.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn eoq_disruptions(item: &DisruptedItem) -> Result<QuantityAndCost, FormulaError> {
    let fixed = positive("fixed_cost", item.fixed_cost)?;
    check_costs(item.holding_cost, item.stockout_cost)?;
    let rate = positive("demand_rate", item.demand_rate)?;
    let (fails, recovers) =
        (positive("disruption_rate", item.disruption_rate)?, positive("recovery_rate", item.recovery_rate)?);
    let both = fails + recovers;
    let cost = |quantity: f64| {
        let time = quantity / rate;
        let down_time = fails / both * -(-both * time).exp_m1() / recovers;
        let kept = item.holding_cost * quantity * time / 2.0;
        (fixed + kept + item.stockout_cost * rate * down_time) / (time + down_time)
    };
    // The best cost g is at most √(2 h d (K + p d / μ)), that of a supplier always found down, and where it is reached h Q is at most
    // g (1 + λ / μ exp(-(λ + μ) Q / d)), which is below 2 g from Q = d / μ on.
    let lost = fixed + item.stockout_cost * rate / recovers;
    let most = 2.0 * (2.0 * lost * rate / item.holding_cost).sqrt() + rate / recovers;
    let order_quantity = valley(most * 1e-12, most, cost);
    Ok(QuantityAndCost { order_quantity, cost: cost(order_quantity) })
}
