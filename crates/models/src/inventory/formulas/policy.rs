//! What policies order, and what they bring about on a given demand.
//!
//! Axsäter, 3rd ed., chapter 3; Silver, Pyke and Thomas, 4th ed., chapter 6. The inventory position is what is on hand and on order
//! less what waits.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, each, entries, non_negative, number, positive, refused, within};
use crate::inventory::rules::Waterfall;
use crate::inventory::{MILLI, OrderRules, ReplayRules, ReplayStock, milli_up};

/// Most positions, cases or periods.
const MOST: usize = 100_000;

/// A policy: `{"type": "sS", "reorder_point": 10, "order_up_to_level": 50}`. Units everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Policy {
    /// Base stock: up to the level, whatever is missing.
    #[serde(rename = "BS")]
    BaseStock {
        /// S.
        base_stock_level: f64,
    },
    /// At s or below, up to S.
    #[serde(rename = "sS")]
    MinMax {
        /// s.
        reorder_point: f64,
        /// S, above s.
        order_up_to_level: f64,
    },
    /// At r or below, one Q, whether that lifts the position above r or not.
    #[serde(rename = "rQ")]
    OneQuantity {
        /// r.
        reorder_point: f64,
        /// Q, above 0.
        order_quantity: f64,
    },
    /// At r or below, the fewest batches of Q that lift the position above r.
    #[serde(rename = "r_nQ")]
    Batches {
        /// r.
        reorder_point: f64,
        /// Q, above 0.
        order_quantity: f64,
    },
}

impl Policy {
    fn check(self) -> Result<(), FormulaError> {
        match self {
            Self::BaseStock { base_stock_level } => number("base_stock_level", base_stock_level)?,
            Self::MinMax { reorder_point, order_up_to_level } => {
                number("reorder_point", reorder_point)?;
                if order_up_to_level <= reorder_point {
                    let allowed = format!("above the reorder point, {reorder_point:?}");
                    return Err(refused("order_up_to_level", order_up_to_level, allowed));
                }
                number("order_up_to_level", order_up_to_level)?
            }
            Self::OneQuantity { reorder_point, order_quantity } | Self::Batches { reorder_point, order_quantity } => {
                number("reorder_point", reorder_point)?;
                positive("order_quantity", order_quantity)?
            }
        };
        Ok(())
    }

    /// What is ordered at a position; the policy has been checked.
    fn order(self, position: f64) -> f64 {
        match self {
            Self::BaseStock { base_stock_level } => (base_stock_level - position).max(0.0),
            Self::MinMax { reorder_point, .. }
            | Self::OneQuantity { reorder_point, .. }
            | Self::Batches { reorder_point, .. }
                if position > reorder_point =>
            {
                0.0
            }
            Self::MinMax { order_up_to_level, .. } => order_up_to_level - position,
            Self::OneQuantity { order_quantity, .. } => order_quantity,
            // At a position of r exactly one more batch than fits between them; for whole units ⌈(r + 1 - position) / Q⌉.
            Self::Batches { reorder_point, order_quantity } => {
                (((reorder_point - position) / order_quantity).floor() + 1.0) * order_quantity
            }
        }
    }
}

/// A policy and where it may find itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Positions {
    /// The policy.
    pub policy: Policy,
    /// Inventory positions, units.
    pub inventory_positions: Vec<f64>,
}

/// Orders.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Orders {
    /// Units ordered at each position.
    pub order_qty: Vec<f64>,
}

/// What a policy orders at each position. Axsäter, chapter 3.
///
/// # Errors
/// [`FormulaError`] for parameters outside what is allowed and positions that are no numbers.
pub fn order_quantity(inputs: &Positions) -> Result<Orders, FormulaError> {
    inputs.policy.check()?;
    entries("inventory_positions", inputs.inventory_positions.len(), MOST)?;
    each("inventory_positions", &inputs.inventory_positions, number)?;
    Ok(Orders { order_qty: inputs.inventory_positions.iter().map(|at| inputs.policy.order(*at)).collect() })
}

/// What is needed, and what a supplier accepts. Units, to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Units that are needed; at 0 or below nothing is ordered.
    pub need: f64,
    /// Fewest units per order; 0 for no limit.
    pub moq: f64,
    /// Units per pack; 0 for no packs.
    pub multiple: f64,
    /// Most units per order; none or 0 for no limit.
    pub max_qty: Option<f64>,
}

/// Needs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// One order each.
    pub cases: Vec<Need>,
}

/// Orders that a supplier accepts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rounded {
    /// Units of each order.
    pub qty: Vec<f64>,
    /// Whether the limits contradict each other, so that nothing is ordered although something is needed.
    pub conflict: Vec<bool>,
}

/// From needs to orders as plans do it: raised to the minimum, up to whole packs, down to the maximum in whole packs; below the minimum after that,
/// nothing. The rules are those of [`crate::inventory::plan_order`].
///
/// # Errors
/// [`FormulaError`] for a limit below 0 and quantities above 1e9.
pub fn order_rounding(inputs: &Needs) -> Result<Rounded, FormulaError> {
    entries("cases", inputs.cases.len(), MOST)?;
    let mut rounded = Rounded { qty: Vec::new(), conflict: Vec::new() };
    for case in &inputs.cases {
        let limit = |field: &str, units: f64| -> Result<Option<i64>, FormulaError> {
            within(field, units, 0.0, 1e9)?;
            Ok((units > 0.0).then(|| (units * MILLI).round() as i64))
        };
        within("need", case.need, -1e9, 1e9)?;
        let rules = OrderRules {
            pack_size_milli: limit("multiple", case.multiple)?,
            min_order_milli: limit("moq", case.moq)?,
            max_order_milli: limit("max_qty", case.max_qty.unwrap_or(0.0))?,
            ..OrderRules::default()
        };
        let mut waterfall = Waterfall { steps: Vec::new(), quantity_milli: milli_up(case.need) };
        let (_, dropped) = waterfall.apply(&rules, None, None);
        rounded.qty.push(waterfall.quantity_milli as f64 / MILLI);
        rounded.conflict.push(dropped);
    }
    Ok(rounded)
}

/// A policy, and the demand it meets.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// The policy.
    pub policy: Policy,
    /// Demand of each period, units.
    pub demand: Vec<f64>,
    /// Periods from an order to its arrival, at least 1.
    pub shipment_lead_time: usize,
    /// Units on the shelf at the start.
    pub initial_inventory: f64,
    /// Cost of a unit on the shelf at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit that waits at the end of a period.
    pub stockout_cost: f64,
}

/// What happened in a period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Period {
    /// Its place, from 0.
    pub t: usize,
    /// Units wanted.
    pub demand: f64,
    /// Units that arrived, before the demand was served.
    pub arrived: f64,
    /// Units ordered, the period's demand being known.
    pub order: f64,
    /// Units on the shelf at the end; below 0 wait.
    pub end_inventory_level: f64,
    /// Holding and stock-out cost.
    pub cost: f64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// Cost of all periods.
    pub total_cost: f64,
    /// The periods.
    pub trace: Vec<Period>,
}

/// Lives a policy through a demand, unmet demand waiting: in each period what was ordered the lead time ago arrives, demand is served, costs
/// are counted, and an order is placed that knows the period's demand. The stock is that of replays, [`ReplayStock`].
///
/// # Errors
/// [`FormulaError`] for parameters outside what is allowed, no periods and no lead time.
pub fn simulate(inputs: &Simulation) -> Result<Trace, FormulaError> {
    inputs.policy.check()?;
    entries("demand", inputs.demand.len(), MOST)?;
    each("demand", &inputs.demand, non_negative)?;
    let rules = ReplayRules {
        review: 1,
        arrives_after: count("shipment_lead_time", inputs.shipment_lead_time, 1, 10_000)?,
        holding: non_negative("holding_cost", inputs.holding_cost)?,
        shortage: non_negative("stockout_cost", inputs.stockout_cost)?,
        backorders: true,
    };
    let mut stock = ReplayStock::new(number("initial_inventory", inputs.initial_inventory)?, &[]);
    let mut trace = Vec::with_capacity(inputs.demand.len());
    for (t, demand) in inputs.demand.iter().copied().enumerate() {
        let arrived = stock.due();
        let period = stock.live(demand, &rules);
        let order = inputs.policy.order(stock.position());
        stock.order(order, &rules);
        let cost = period.holding_cost + period.shortage_cost;
        trace.push(Period { t, demand, arrived, order, end_inventory_level: stock.on_hand, cost });
    }
    Ok(Trace { total_cost: trace.iter().map(|period| period.cost).sum(), trace })
}
