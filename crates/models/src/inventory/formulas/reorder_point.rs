//! (r, Q): as soon as the inventory position falls to r, order Q; continuous review, unmet demand waits.
//!
//! Snyder and Shen, 2nd ed., chapter 5; Axsäter, 3rd ed., chapter 6. With g(y) = h n̄(y) + p n(y) of the demand during the lead time,
//! the cost is (K λ + the integral of g from r to r + Q) / Q. Costs are per unit and unit of time, except where said otherwise.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, number, positive, refused, too_large};
use super::demand::{Demand, Law, check_costs, check_fixed_cost};
use super::numeric::{inverse_standard_loss, root, settled, standard_second_loss};
use crate::inventory::normal_score;

/// Largest order quantity that the exact search goes to.
const LARGEST_SEARCHED: u32 = 100_000;

/// An item under continuous review, normal demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Cost of a unit that waits, for a unit of time; of [`expected_inventory_level`]: of a unit that has to wait, however long.
    pub stockout_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Mean demand of a unit of time, units.
    pub demand_mean: f64,
    /// Standard deviation of demand of a unit of time, units.
    pub demand_sd: f64,
    /// Units of time from an order to its arrival, above 0.
    pub lead_time: f64,
}

/// A policy to cost.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemWithPolicy {
    /// Inventory position at which is ordered, units.
    pub reorder_point: f64,
    /// Units per order, above 0.
    pub order_quantity: f64,
    /// As of [`Item`].
    pub holding_cost: f64,
    /// As of [`Item`].
    pub stockout_cost: f64,
    /// As of [`Item`].
    pub fixed_cost: f64,
    /// As of [`Item`].
    pub demand_mean: f64,
    /// As of [`Item`].
    pub demand_sd: f64,
    /// As of [`Item`].
    pub lead_time: f64,
}

/// An item with its order quantity.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemWithQuantity {
    /// Units per order, above 0.
    pub order_quantity: f64,
    /// As of [`Item`].
    pub holding_cost: f64,
    /// As of [`Item`].
    pub stockout_cost: f64,
    /// As of [`Item`].
    pub demand_mean: f64,
    /// As of [`Item`].
    pub demand_sd: f64,
    /// As of [`Item`].
    pub lead_time: f64,
}

/// A cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Expected cost of a unit of time.
    pub cost: f64,
}

/// A reorder point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReorderPoint {
    /// Inventory position at which is ordered, units; below 0 where it pays to let demand wait.
    pub reorder_point: f64,
}

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Policy {
    /// Inventory position at which is ordered, units.
    pub reorder_point: f64,
    /// Units per order.
    pub order_quantity: f64,
}

/// A policy and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyAndCost {
    /// Inventory position at which is ordered, units.
    pub reorder_point: f64,
    /// Units per order.
    pub order_quantity: f64,
    /// Expected cost of a unit of time.
    pub cost: f64,
}

/// Costs, and the demand of the lead time.
struct Setting {
    holding: f64,
    stockout: f64,
    /// Mean demand of a unit of time.
    rate: f64,
    mean: f64,
    sd: f64,
}

impl Setting {
    fn of(holding: f64, stockout: f64, demand: (f64, f64), lead_time: f64) -> Result<Self, FormulaError> {
        check_costs(holding, stockout)?;
        positive("demand_mean", demand.0)?;
        positive("demand_sd", demand.1)?;
        positive("lead_time", lead_time)?;
        let (mean, sd) = (demand.0 * lead_time, demand.1 * lead_time.sqrt());
        Ok(Self { holding, stockout, rate: demand.0, mean, sd })
    }

    fn of_item(item: &Item) -> Result<Self, FormulaError> {
        positive("fixed_cost", item.fixed_cost)?;
        Self::of(item.holding_cost, item.stockout_cost, (item.demand_mean, item.demand_sd), item.lead_time)
    }

    fn score(&self, level: f64) -> f64 {
        (level - self.mean) / self.sd
    }

    /// √(2 K λ / h).
    fn economic_quantity(&self, fixed_cost: f64) -> f64 {
        (2.0 * fixed_cost * self.rate / self.holding).sqrt()
    }

    /// The integral of g from `low` to `high`.
    fn cost_between(&self, low: f64, high: f64) -> f64 {
        let variance = self.sd * self.sd;
        let second = |level: f64| variance * standard_second_loss(self.score(level));
        let short = (second(low) - second(high)).max(0.0);
        let left_at = |level: f64| variance * standard_second_loss(-self.score(level));
        let left = (left_at(high) - left_at(low)).max(0.0);
        self.holding * left + self.stockout * short
    }

    /// r with g(r) = g(r + Q).
    fn best_reorder_point(&self, quantity: f64) -> Result<f64, FormulaError> {
        let law = Law::of("lead time demand", &Demand::Normal { mean: self.mean, sd: self.sd })?;
        let middle = law.quantile(self.stockout / (self.stockout + self.holding));
        let cost = |level: f64| law.cost(level, self.holding, self.stockout);
        // g falls up to the newsvendor's level and rises from it on, so the level lies between r and r + Q.
        Ok(root(middle - quantity, middle, |r| cost(r + quantity) - cost(r)))
    }
}

/// The cost of a policy. Snyder and Shen, chapter 5 (example 5.1).
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn cost(inputs: &ItemWithPolicy) -> Result<Cost, FormulaError> {
    let demand = (inputs.demand_mean, inputs.demand_sd);
    let setting = Setting::of(inputs.holding_cost, inputs.stockout_cost, demand, inputs.lead_time)?;
    let (r, quantity) =
        (number("reorder_point", inputs.reorder_point)?, positive("order_quantity", inputs.order_quantity)?);
    let fixed = check_fixed_cost(inputs.fixed_cost)? * setting.rate;
    Ok(Cost { cost: (fixed + setting.cost_between(r, r + quantity)) / quantity })
}

/// The best reorder point for an order quantity: g(r) = g(r + Q). Snyder and Shen, chapter 5.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn optimal_reorder_point(inputs: &ItemWithQuantity) -> Result<ReorderPoint, FormulaError> {
    let demand = (inputs.demand_mean, inputs.demand_sd);
    let setting = Setting::of(inputs.holding_cost, inputs.stockout_cost, demand, inputs.lead_time)?;
    let quantity = positive("order_quantity", inputs.order_quantity)?;
    Ok(ReorderPoint { reorder_point: setting.best_reorder_point(quantity)? })
}

/// The expected-inventory-level approximation of Whitin and of Hadley and Whitin: Q = √(2 λ (K + p n(r)) / h) and
/// F(r) = 1 - Q h / (p λ), in turn until both stand. Snyder and Shen, chapter 5 (example 5.2); Silver, Pyke and Thomas, chapter 7. Here `stockout_cost` is per unit short.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, and where a shortage is so cheap that no reorder point exists.
pub fn expected_inventory_level(item: &Item) -> Result<PolicyAndCost, FormulaError> {
    let setting = Setting::of_item(item)?;
    let law = Law::of("lead time demand", &Demand::Normal { mean: setting.mean, sd: setting.sd })?;
    let point = |quantity: f64| -> Result<f64, FormulaError> {
        let share = quantity * setting.holding / (setting.stockout * setting.rate);
        if share >= 1.0 {
            let allowed = format!("more: one order quantity's holding cost is {share:.3} of the cost of running short");
            return Err(refused("stockout_cost", setting.stockout, allowed));
        }
        Ok(law.quantile(1.0 - share))
    };
    let quantity = settled("order_quantity", setting.economic_quantity(item.fixed_cost), |quantity| {
        let short = law.loss(point(quantity)?);
        Ok((2.0 * setting.rate * (item.fixed_cost + setting.stockout * short) / setting.holding).sqrt())
    })?;
    let r = point(quantity)?;
    let cost = setting.holding * (r - setting.mean + quantity / 2.0)
        + item.fixed_cost * setting.rate / quantity
        + setting.stockout * setting.rate * law.loss(r) / quantity;
    Ok(PolicyAndCost { reorder_point: r, order_quantity: quantity, cost })
}

/// The economic order quantity with backorders, and the best reorder point for it. Snyder and Shen, chapter 5 (examples 5.3 and 5.4).
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn eoq_with_backorders(item: &Item) -> Result<Policy, FormulaError> {
    let setting = Setting::of_item(item)?;
    let widened = ((setting.holding + setting.stockout) / setting.stockout).sqrt();
    let order_quantity = setting.economic_quantity(item.fixed_cost) * widened;
    Ok(Policy { reorder_point: setting.best_reorder_point(order_quantity)?, order_quantity })
}

/// The economic order quantity, and the newsvendor's level of lead-time demand. Snyder and Shen, chapter 5 (example 5.5).
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn eoq_with_safety_stock(item: &Item) -> Result<Policy, FormulaError> {
    let setting = Setting::of_item(item)?;
    let score = normal_score(setting.stockout / (setting.stockout + setting.holding));
    let reorder_point = setting.mean + score * setting.sd;
    Ok(Policy { reorder_point, order_quantity: setting.economic_quantity(item.fixed_cost) })
}

/// The loss-function approximation: n(r) = h Q / (h + p) and Q = √(2 (K λ + (h + p) n₂(r)) / h), in turn until both stand.
/// Snyder and Shen, chapter 5 (example 5.6); Hadley and Whitin, "Analysis of Inventory Systems" (1963), chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn loss_functions(item: &Item) -> Result<Policy, FormulaError> {
    let setting = Setting::of_item(item)?;
    let both = setting.holding + setting.stockout;
    let score = |quantity: f64| inverse_standard_loss(setting.holding * quantity / (both * setting.sd));
    let order_quantity = settled("order_quantity", setting.economic_quantity(item.fixed_cost), |quantity| {
        let second = setting.sd * setting.sd * standard_second_loss(score(quantity));
        Ok((2.0 * (item.fixed_cost * setting.rate + both * second) / setting.holding).sqrt())
    })?;
    Ok(Policy { reorder_point: setting.mean + setting.sd * score(order_quantity), order_quantity })
}

/// An item with Poisson demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoissonItem {
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Cost of a unit that waits, for a unit of time.
    pub stockout_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Mean demand of a unit of time, units.
    pub demand_mean: f64,
    /// Units of time from an order to its arrival, above 0.
    pub lead_time: f64,
}

/// The best policy for Poisson demand: g is smallest at the newsvendor's level, and Q grows by the next cheapest position while
/// that is below the mean cost. Federgruen and Zheng, Operations Research 40 (1992), 808-813; Snyder and Shen, chapter 5 (example 5.7).
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, and where the best quantity is above 100,000.
pub fn poisson_exact(item: &PoissonItem) -> Result<PolicyAndCost, FormulaError> {
    check_costs(item.holding_cost, item.stockout_cost)?;
    check_fixed_cost(item.fixed_cost)?;
    positive("demand_mean", item.demand_mean)?;
    positive("lead_time", item.lead_time)?;
    let law = Law::of("lead time demand", &Demand::Poisson { mean: item.demand_mean * item.lead_time })?;
    let cost_at = |level: f64| law.cost(level, item.holding_cost, item.stockout_cost);
    let best = law.quantile(item.stockout_cost / (item.stockout_cost + item.holding_cost));
    // Positions r + 1 to r + Q are those in use.
    let (mut r, mut quantity) = (best - 1.0, 1_u32);
    let mut sum = item.fixed_cost * item.demand_mean + cost_at(best);
    let (mut below, mut over) = (cost_at(best - 1.0), cost_at(best + 1.0));
    while below.min(over) < sum / f64::from(quantity) {
        if quantity >= LARGEST_SEARCHED {
            return Err(too_large("order_quantity", "it is above 100,000; use larger units"));
        }
        quantity += 1;
        sum += below.min(over);
        if below <= over {
            r -= 1.0;
            below = cost_at(r);
        } else {
            over = cost_at(r + f64::from(quantity) + 1.0);
        }
    }
    let order_quantity = f64::from(quantity);
    Ok(PolicyAndCost { reorder_point: r, order_quantity, cost: sum / order_quantity })
}
