//! How much to order at a time when demand is known: economic quantities, discounts, lots over time, orders of several items.
//!
//! Snyder and Shen, 2nd ed., chapter 3; Silver, Pyke and Thomas, 4th ed., chapters 4, 5 and 10; Axsäter, 3rd ed., chapters 4 and 7.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, each, entries, non_negative, positive, refused, same_length};

/// Most price breaks.
const MOST_BREAKS: usize = 1000;
/// Most periods of a lot-sizing problem.
const MOST_PERIODS: usize = 3000;
/// Most items of a joint order.
const MOST_ITEMS: usize = 100_000;

/// An item.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Cost of an order; 0 orders each unit as it is needed.
    pub fixed_cost: f64,
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Demand of a unit of time, units.
    pub demand_rate: f64,
}

/// A quantity and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantityAndCost {
    /// Units per order.
    pub order_quantity: f64,
    /// Cost of a unit of time, without what the units cost.
    pub cost: f64,
}

/// The economic order quantity √(2 K λ / h). Harris (1913); Snyder and Shen, chapter 3 (example 3.1); Silver, Pyke and Thomas, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed; a holding cost of 0 would order without end.
pub fn eoq(item: &Item) -> Result<QuantityAndCost, FormulaError> {
    let fixed = non_negative("fixed_cost", item.fixed_cost)?;
    let holding = positive("holding_cost", item.holding_cost)?;
    let rate = non_negative("demand_rate", item.demand_rate)?;
    Ok(QuantityAndCost {
        order_quantity: (2.0 * fixed * rate / holding).sqrt(),
        cost: (2.0 * fixed * rate * holding).sqrt(),
    })
}

/// An item whose demand may wait.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackorderItem {
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Cost of a unit on the shelf for a unit of time.
    pub holding_cost: f64,
    /// Cost of a unit that waits, for a unit of time.
    pub stockout_cost: f64,
    /// Demand of a unit of time, units.
    pub demand_rate: f64,
}

/// A quantity that lets demand wait.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BackorderQuantity {
    /// Units per order.
    pub order_quantity: f64,
    /// Share of demand that waits.
    pub stockout_fraction: f64,
    /// Cost of a unit of time.
    pub cost: f64,
}

/// The economic order quantity with planned backorders, √(2 K λ (h + p) / (h p)). Snyder and Shen, chapter 3 (example 3.8).
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn eoq_backorders(item: &BackorderItem) -> Result<BackorderQuantity, FormulaError> {
    let fixed = non_negative("fixed_cost", item.fixed_cost)?;
    let holding = positive("holding_cost", item.holding_cost)?;
    let stockout = positive("stockout_cost", item.stockout_cost)?;
    let rate = non_negative("demand_rate", item.demand_rate)?;
    let both = holding + stockout;
    Ok(BackorderQuantity {
        order_quantity: (2.0 * fixed * rate * both / (holding * stockout)).sqrt(),
        stockout_fraction: holding / both,
        cost: (2.0 * fixed * rate * holding * stockout / both).sqrt(),
    })
}

/// An item whose price falls with the quantity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscountItem {
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Cost of capital bound for a unit of time, as a share of it.
    pub holding_cost_rate: f64,
    /// Demand of a unit of time, units.
    pub demand_rate: f64,
    /// Quantities from which on each price holds, ascending, the first 0.
    pub breakpoints: Vec<f64>,
    /// Price of a unit, one per breakpoint, falling.
    pub unit_costs: Vec<f64>,
}

/// A quantity, the price it has and what both cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DiscountQuantity {
    /// Units per order.
    pub order_quantity: f64,
    /// Place of its price in the list, from 0.
    pub region: usize,
    /// Cost of a unit of time, with what the units cost.
    pub cost: f64,
}

impl DiscountItem {
    fn check(&self) -> Result<(), FormulaError> {
        positive("fixed_cost", self.fixed_cost)?;
        positive("holding_cost_rate", self.holding_cost_rate)?;
        positive("demand_rate", self.demand_rate)?;
        entries("breakpoints", self.breakpoints.len(), MOST_BREAKS)?;
        same_length("unit_costs", self.unit_costs.len(), "breakpoints", self.breakpoints.len())?;
        each("breakpoints", &self.breakpoints, non_negative)?;
        each("unit_costs", &self.unit_costs, positive)?;
        if self.breakpoints[0] != 0.0 {
            return Err(refused("breakpoints[0]", self.breakpoints[0], "0"));
        }
        for place in 1..self.breakpoints.len() {
            let (before, now) = (self.breakpoints[place - 1], self.breakpoints[place]);
            if now <= before {
                return Err(refused(format!("breakpoints[{place}]"), now, format!("a number above {before:?}")));
            }
            let (before, now) = (self.unit_costs[place - 1], self.unit_costs[place]);
            if now > before {
                return Err(refused(format!("unit_costs[{place}]"), now, format!("at most {before:?}")));
            }
        }
        Ok(())
    }

    /// Where the prices after a place begin.
    fn end_of(&self, place: usize) -> f64 {
        self.breakpoints.get(place + 1).copied().unwrap_or(f64::INFINITY)
    }

    fn cheapest(&self, found: impl Iterator<Item = DiscountQuantity>) -> Result<DiscountQuantity, FormulaError> {
        found
            .min_by(|a, b| a.cost.total_cmp(&b.cost))
            .ok_or_else(|| refused("breakpoints", format!("{:?}", self.breakpoints), "a list with a best quantity"))
    }
}

/// The best quantity where a price holds for all units of an order. Snyder and Shen, chapter 3; Silver, Pyke and Thomas, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, and breakpoints or prices out of order.
pub fn eoq_all_units(item: &DiscountItem) -> Result<DiscountQuantity, FormulaError> {
    item.check()?;
    let quantities = item.unit_costs.iter().enumerate().filter_map(|(region, price)| {
        let holding = item.holding_cost_rate * price;
        let economic = (2.0 * item.fixed_cost * item.demand_rate / holding).sqrt();
        // Beyond the end of its prices the next price is better still.
        let order_quantity = economic.max(item.breakpoints[region]);
        let cost = price * item.demand_rate
            + item.fixed_cost * item.demand_rate / order_quantity
            + holding * order_quantity / 2.0;
        (order_quantity < item.end_of(region)).then_some(DiscountQuantity { order_quantity, region, cost })
    });
    item.cheapest(quantities)
}

/// The best quantity where a price holds for the units beyond its breakpoint. Snyder and Shen, chapter 3.
///
/// # Errors
/// As [`eoq_all_units`].
pub fn eoq_incremental(item: &DiscountItem) -> Result<DiscountQuantity, FormulaError> {
    item.check()?;
    let mut found = Vec::with_capacity(item.unit_costs.len());
    // What an order of a region costs is `extra` + price · quantity.
    let mut extra = 0.0;
    for (region, price) in item.unit_costs.iter().enumerate() {
        if region > 0 {
            extra += (item.unit_costs[region - 1] - price) * item.breakpoints[region];
        }
        let fixed = item.fixed_cost + extra;
        let order_quantity = (2.0 * fixed * item.demand_rate / (item.holding_cost_rate * price)).sqrt();
        let cost = price * item.demand_rate
            + fixed * item.demand_rate / order_quantity
            + item.holding_cost_rate * (extra + price * order_quantity) / 2.0;
        if order_quantity >= item.breakpoints[region] && order_quantity < item.end_of(region) {
            found.push(DiscountQuantity { order_quantity, region, cost });
        }
    }
    item.cheapest(found.into_iter())
}

/// Demand of several periods.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lots {
    /// Periods; if given, `demand` has as many entries.
    pub num_periods: Option<usize>,
    /// Cost of a unit kept from one period to the next.
    pub holding_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Demand of each period, units.
    pub demand: Vec<f64>,
}

/// Orders of several periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LotPlan {
    /// Order of each period, units; it arrives before that period's demand.
    pub order_quantities: Vec<f64>,
    /// Cost of all periods.
    pub cost: f64,
}

/// The cheapest lots for demand that is known and has to be met in time, by dynamic programming from the last period back; a period
/// without demand takes no order. Of equally cheap plans the one with the earliest next order is taken. Wagner and Whitin,
/// Management Science 5 (1958), 89-96; Snyder and Shen, chapter 3 (example 3.9); Silver, Pyke and Thomas, chapter 5.
///
/// # Errors
/// [`FormulaError`] for a cost or demand below 0, no periods or more than 3000.
pub fn wagner_whitin(lots: &Lots) -> Result<LotPlan, FormulaError> {
    let n = lots.demand.len();
    entries("demand", n, MOST_PERIODS)?;
    if let Some(wanted) = lots.num_periods {
        count("num_periods", wanted, n, n)?;
    }
    let holding = non_negative("holding_cost", lots.holding_cost)?;
    let fixed = non_negative("fixed_cost", lots.fixed_cost)?;
    each("demand", &lots.demand, non_negative)?;
    // costs[t]: of the periods from t on, with nothing on the shelf; next[t]: the period of the next order after one in t.
    let mut costs = vec![0.0; n + 1];
    let mut next = vec![n; n];
    for t in (0..n).rev() {
        if lots.demand[t] == 0.0 {
            (costs[t], next[t]) = (costs[t + 1], t + 1);
            continue;
        }
        let (mut kept, mut best) = (0.0, f64::INFINITY);
        for (last, demand) in lots.demand.iter().enumerate().skip(t) {
            kept += holding * (last - t) as f64 * demand;
            let until = last + 1;
            if fixed + kept + costs[until] < best {
                (best, next[t]) = (fixed + kept + costs[until], until);
            }
        }
        costs[t] = best;
    }
    let mut order_quantities = vec![0.0; n];
    let mut t = 0;
    while t < n {
        order_quantities[t] = lots.demand[t..next[t]].iter().sum();
        t = next[t];
    }
    Ok(LotPlan { order_quantities, cost: costs[0] })
}

/// Items that are ordered together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointItems {
    /// Cost of an order, whatever is in it.
    pub shared_fixed_cost: f64,
    /// Further cost of having an item in it, one per item.
    pub individual_fixed_costs: Vec<f64>,
    /// Cost of a unit on the shelf for a unit of time, one per item.
    pub holding_costs: Vec<f64>,
    /// Demand of a unit of time, units, one per item.
    pub demand_rates: Vec<f64>,
}

/// When and how much of each item is ordered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointPlan {
    /// Units of each item per order it is in.
    pub order_quantities: Vec<f64>,
    /// Time between two orders.
    pub base_cycle_time: f64,
    /// Each item is in every so many orders.
    pub order_multiples: Vec<u32>,
    /// Cost of a unit of time.
    pub cost: f64,
}

/// Silver's heuristic for items that share the cost of an order: the item with the least k / (h λ) is in every order, each other in
/// every n-th, n = √(kᵢ / (hᵢ λᵢ) · h₁ λ₁ / (K + k₁)) rounded. Silver, Management Science 22 (1976), 1351-1361; Silver, Pyke and Thomas, chapter 10.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed and lists of different lengths.
pub fn joint_replenishment(items: &JointItems) -> Result<JointPlan, FormulaError> {
    let shared = positive("shared_fixed_cost", items.shared_fixed_cost)?;
    let n = items.individual_fixed_costs.len();
    entries("individual_fixed_costs", n, MOST_ITEMS)?;
    same_length("holding_costs", items.holding_costs.len(), "individual_fixed_costs", n)?;
    same_length("demand_rates", items.demand_rates.len(), "individual_fixed_costs", n)?;
    each("individual_fixed_costs", &items.individual_fixed_costs, non_negative)?;
    each("holding_costs", &items.holding_costs, positive)?;
    each("demand_rates", &items.demand_rates, positive)?;
    let flows: Vec<f64> = items.holding_costs.iter().zip(&items.demand_rates).map(|(h, rate)| h * rate).collect();
    let ratios: Vec<f64> = items.individual_fixed_costs.iter().zip(&flows).map(|(k, flow)| k / flow).collect();
    let first = (1..n).fold(0, |best, i| if ratios[i] < ratios[best] { i } else { best });
    let scale = flows[first] / (shared + items.individual_fixed_costs[first]);
    let multiples: Vec<f64> = ratios.iter().map(|ratio| (ratio * scale).sqrt().round().clamp(1.0, 1e6)).collect();
    let fixed: f64 = shared + items.individual_fixed_costs.iter().zip(&multiples).map(|(k, n)| k / n).sum::<f64>();
    let flow: f64 = flows.iter().zip(&multiples).map(|(flow, n)| flow * n).sum();
    let cycle = (2.0 * fixed / flow).sqrt();
    Ok(JointPlan {
        order_quantities: items.demand_rates.iter().zip(&multiples).map(|(rate, n)| rate * n * cycle).collect(),
        base_cycle_time: cycle,
        order_multiples: multiples.iter().map(|n| *n as u32).collect(),
        cost: fixed / cycle + flow * cycle / 2.0,
    })
}
