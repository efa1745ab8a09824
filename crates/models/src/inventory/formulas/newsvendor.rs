//! How much to have for one period when a missing unit costs p and one left over h: the newsvendor.
//!
//! The best level is the critical ratio's quantile of demand, F⁻¹(p / (p + h)); of a count the smallest whole number with
//! F(S) >= p / (p + h). Snyder and Shen, "Fundamentals of Supply Chain Theory", 2nd ed., chapter 4; Silver, Pyke and Thomas, 4th ed., chapter 9.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, each, entries, fraction, non_negative, number, refused, within};
use super::demand::{Demand, Law, check_costs};

/// Most observed demands.
const MOST_SAMPLES: usize = 1_000_000;

/// Normal demand with backorders; with a lead time, a base-stock level for every period.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalNewsvendor {
    /// Cost of a unit left over at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of a period.
    pub stockout_cost: f64,
    /// Mean demand of a period, units.
    pub demand_mean: f64,
    /// Its standard deviation, units.
    pub demand_sd: f64,
    /// Periods from an order to its arrival; 0 unless given. The level protects lead time plus one review period.
    #[serde(default)]
    pub lead_time: f64,
}

/// A level and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelAndCost {
    /// Order-up-to level, units.
    pub base_stock_level: f64,
    /// Expected cost per period.
    pub cost: f64,
}

/// The best level for normal demand. Snyder and Shen, chapter 4 (example 4.3): S = μ (L + 1) + z σ √(L + 1).
///
/// # Errors
/// [`FormulaError`] for a cost, deviation or lead time outside what is allowed.
pub fn normal(inputs: &NormalNewsvendor) -> Result<LevelAndCost, FormulaError> {
    non_negative("lead_time", inputs.lead_time)?;
    let daily = Law::of("demand", &Demand::Normal { mean: inputs.demand_mean, sd: inputs.demand_sd })?;
    best(&daily.total("lead_time", inputs.lead_time + 1.0)?, inputs.holding_cost, inputs.stockout_cost)
}

/// A level for normal demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalLevel {
    /// Level to cost, units.
    pub base_stock_level: f64,
    /// Cost of a unit left over.
    pub holding_cost: f64,
    /// Cost of a unit missing.
    pub stockout_cost: f64,
    /// Mean demand, units.
    pub demand_mean: f64,
    /// Standard deviation of demand, units.
    pub demand_sd: f64,
}

/// A cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Expected cost per period.
    pub cost: f64,
}

/// What a level costs with normal demand: h n̄(S) + p n(S). Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a cost or deviation outside what is allowed.
pub fn normal_cost(inputs: &NormalLevel) -> Result<Cost, FormulaError> {
    check_costs(inputs.holding_cost, inputs.stockout_cost)?;
    number("base_stock_level", inputs.base_stock_level)?;
    let law = Law::of("demand", &Demand::Normal { mean: inputs.demand_mean, sd: inputs.demand_sd })?;
    Ok(Cost { cost: law.cost(inputs.base_stock_level, inputs.holding_cost, inputs.stockout_cost) })
}

/// Poisson demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoissonNewsvendor {
    /// Cost of a unit left over.
    pub holding_cost: f64,
    /// Cost of a unit missing.
    pub stockout_cost: f64,
    /// Mean demand, units.
    pub demand_mean: f64,
}

/// The best level for Poisson demand. Snyder and Shen, chapter 4 (example 4.4).
///
/// # Errors
/// [`FormulaError`] for a cost or mean outside what is allowed.
pub fn poisson(inputs: &PoissonNewsvendor) -> Result<LevelAndCost, FormulaError> {
    let law = Law::of("demand", &Demand::Poisson { mean: inputs.demand_mean })?;
    best(&law, inputs.holding_cost, inputs.stockout_cost)
}

/// Demand of any family.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyNewsvendor {
    /// Cost of a unit left over.
    pub holding_cost: f64,
    /// Cost of a unit missing.
    pub stockout_cost: f64,
    /// Distribution of demand.
    pub demand: Demand,
}

/// The best level for demand with a density. Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a cost or parameter outside what is allowed, and for a demand of whole numbers.
pub fn continuous(inputs: &FamilyNewsvendor) -> Result<LevelAndCost, FormulaError> {
    let law = Law::of("demand", &inputs.demand)?;
    if law.is_discrete() {
        return Err(refused("demand.family", "a count", "normal, lognormal, gamma, uniform or exponential"));
    }
    best(&law, inputs.holding_cost, inputs.stockout_cost)
}

/// The best level for demand of whole numbers. Snyder and Shen, chapter 4 (example 4.4).
///
/// # Errors
/// [`FormulaError`] for a cost or parameter outside what is allowed, and for a demand with a density.
pub fn discrete(inputs: &FamilyNewsvendor) -> Result<LevelAndCost, FormulaError> {
    let law = Law::of("demand", &inputs.demand)?;
    if !law.is_discrete() {
        return Err(refused("demand.family", "one with a density", "poisson, negbin, geometric or custom"));
    }
    best(&law, inputs.holding_cost, inputs.stockout_cost)
}

/// Demand as a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableNewsvendor {
    /// Cost of a unit left over.
    pub holding_cost: f64,
    /// Cost of a unit missing.
    pub stockout_cost: f64,
    /// Probability of each demand; the sum is 1.
    pub demand_pmf: BTreeMap<u32, f64>,
}

/// The best level for a table of demands, as of slow goods. Snyder and Shen, chapter 4 (example 4.4).
///
/// # Errors
/// [`FormulaError`] for a cost outside what is allowed, an empty table, and probabilities without the sum 1.
pub fn table(inputs: &TableNewsvendor) -> Result<LevelAndCost, FormulaError> {
    let (values, probabilities) = inputs.demand_pmf.iter().map(|(value, share)| (*value, *share)).unzip();
    let law = Law::of("demand_pmf", &Demand::Custom { values, probabilities })?;
    best(&law, inputs.holding_cost, inputs.stockout_cost)
}

/// Prices instead of costs, normal demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalPrices {
    /// Money for a unit sold.
    pub revenue: f64,
    /// Money for a unit bought, below the revenue.
    pub purchase_cost: f64,
    /// Money for a unit left over, below the purchase cost; below 0 where leaving it costs.
    pub salvage_value: f64,
    /// Mean demand, units.
    pub demand_mean: f64,
    /// Standard deviation of demand, units.
    pub demand_sd: f64,
}

/// Prices instead of costs, Poisson demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoissonPrices {
    /// Money for a unit sold.
    pub revenue: f64,
    /// Money for a unit bought, below the revenue.
    pub purchase_cost: f64,
    /// Money for a unit left over, below the purchase cost; below 0 where leaving it costs.
    pub salvage_value: f64,
    /// Mean demand, units.
    pub demand_mean: f64,
}

/// A level and what it earns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelAndProfit {
    /// Units to have.
    pub base_stock_level: f64,
    /// Expected profit.
    pub profit: f64,
}

/// The most profitable level for normal demand: a missing unit costs revenue less purchase cost, one left over purchase cost less
/// salvage value. Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] where prices are not in the order salvage value, purchase cost, revenue, or the deviation is not above 0.
pub fn normal_explicit(inputs: &NormalPrices) -> Result<LevelAndProfit, FormulaError> {
    let law = Law::of("demand", &Demand::Normal { mean: inputs.demand_mean, sd: inputs.demand_sd })?;
    most_profitable(&law, inputs.revenue, inputs.purchase_cost, inputs.salvage_value)
}

/// The most profitable level for Poisson demand. Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] where prices are not in the order salvage value, purchase cost, revenue, or the mean is below 0.
pub fn poisson_explicit(inputs: &PoissonPrices) -> Result<LevelAndProfit, FormulaError> {
    let law = Law::of("demand", &Demand::Poisson { mean: inputs.demand_mean })?;
    most_profitable(&law, inputs.revenue, inputs.purchase_cost, inputs.salvage_value)
}

fn most_profitable(law: &Law, revenue: f64, purchase: f64, salvage: f64) -> Result<LevelAndProfit, FormulaError> {
    number("revenue", revenue)?;
    number("purchase_cost", purchase)?;
    number("salvage_value", salvage)?;
    let between = format!("a number above the salvage value {salvage:?} and below the revenue {revenue:?}");
    let (under, over) = (revenue - purchase, purchase - salvage);
    check_costs(over, under).map_err(|_| refused("purchase_cost", purchase, between))?;
    let found = best(law, over, under)?;
    Ok(LevelAndProfit { base_stock_level: found.base_stock_level, profit: under * law.mean - found.cost })
}

/// One period of several, in which the purchase cost changes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Myopic {
    /// Cost of a unit left over at the end of the period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of the period.
    pub stockout_cost: f64,
    /// Cost of a unit bought in this period.
    pub purchase_cost: f64,
    /// Cost of a unit bought in the next.
    pub purchase_cost_next_per: f64,
    /// Mean demand, units.
    pub demand_mean: f64,
    /// Standard deviation of demand, units.
    pub demand_sd: f64,
    /// Worth of the next period's money in this one, above 0 and at most 1.
    pub discount_factor: f64,
}

impl Myopic {
    /// (p - c + γ c') / (h + p), strictly between 0 and 1, and the law of demand.
    pub(super) fn checked(&self) -> Result<(f64, Law), FormulaError> {
        check_costs(self.holding_cost, self.stockout_cost)?;
        non_negative("purchase_cost", self.purchase_cost)?;
        non_negative("purchase_cost_next_per", self.purchase_cost_next_per)?;
        within("discount_factor", self.discount_factor, 1e-9, 1.0)?;
        let saved = self.discount_factor * self.purchase_cost_next_per - self.purchase_cost;
        let ratio = (self.stockout_cost + saved) / (self.holding_cost + self.stockout_cost);
        fraction(
            "critical ratio (stockout_cost - purchase_cost + discounted next) / (holding + stockout cost)",
            ratio,
        )?;
        Ok((ratio, Law::of("demand", &Demand::Normal { mean: self.demand_mean, sd: self.demand_sd })?))
    }

    /// c y + g(y) - γ c' (y - μ), the inputs having been checked.
    pub(super) fn cost_of(&self, law: &Law, level: f64) -> f64 {
        self.purchase_cost * level + law.cost(level, self.holding_cost, self.stockout_cost)
            - self.discount_factor * self.purchase_cost_next_per * (level - law.mean)
    }
}

/// The best level of one period, where what is left is worth its next purchase cost. Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for costs outside what is allowed or so that it is best to buy nothing or without end.
pub fn myopic(inputs: &Myopic) -> Result<LevelAndCost, FormulaError> {
    let (ratio, law) = inputs.checked()?;
    let level = law.quantile(ratio);
    Ok(LevelAndCost { base_stock_level: level, cost: inputs.cost_of(&law, level) })
}

/// Observed demands.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empirical {
    /// Demands, units, in any order.
    pub samples: Vec<f64>,
    /// Shares of demands to cover, above 0 and at most 1.
    pub critical_ratios: Vec<f64>,
}

/// Levels, one per ratio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Levels {
    /// Order-up-to levels, units, in the order of the ratios.
    pub order_up_to: Vec<f64>,
}

/// The best level for the demands that were seen: the smallest that covers the ratio's share of them. Where every level between
/// two demands is best, the lower is taken. Levi, Perakis and Uichanco, Operations Research 63 (2015), 1294-1306; Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for an empty list, a demand that is no number and a ratio outside 0 to 1.
pub fn empirical(inputs: &Empirical) -> Result<Levels, FormulaError> {
    entries("samples", inputs.samples.len(), MOST_SAMPLES)?;
    entries("critical_ratios", inputs.critical_ratios.len(), MOST_SAMPLES)?;
    each("samples", &inputs.samples, number)?;
    each("critical_ratios", &inputs.critical_ratios, |field, ratio| within(field, ratio, 1e-9, 1.0))?;
    let mut samples = inputs.samples.clone();
    samples.sort_by(f64::total_cmp);
    let place = |ratio: &f64| ((samples.len() as f64 * ratio - 1e-9).ceil() as usize).clamp(1, samples.len());
    Ok(Levels { order_up_to: inputs.critical_ratios.iter().map(|ratio| samples[place(ratio) - 1]).collect() })
}

fn best(law: &Law, holding: f64, stockout: f64) -> Result<LevelAndCost, FormulaError> {
    check_costs(holding, stockout)?;
    let level = law.quantile(stockout / (stockout + holding));
    Ok(LevelAndCost { base_stock_level: level, cost: law.cost(level, holding, stockout) })
}
