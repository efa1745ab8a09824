//! Several periods with an end: the best (s, S) of each by dynamic programming, and bounds on it that look one period ahead.
//!
//! Snyder and Shen, 2nd ed., chapter 4; Scarf (1960); Veinott, SIAM Journal on Applied Mathematics 14 (1966), 1067-1083.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, non_negative, positive, refused, too_large, within};
use super::demand::{Law, check_fixed_cost};
use super::newsvendor::Myopic;
use super::numeric::{above, root};

/// Most periods.
const MOST_PERIODS: usize = 1000;
/// Largest span of inventory positions, and of demands.
const WIDEST: f64 = 50_000.0;
/// Most products of a problem.
const MOST_PRODUCTS: f64 = 3e8;
/// Standard deviations of demand that are looked at to either side.
const DEVIATIONS: f64 = 8.0;

/// Periods with the same costs and the same normal demand, and what their end costs.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Horizon {
    /// Periods.
    pub num_periods: usize,
    /// Cost of a unit on the shelf at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of a period.
    pub stockout_cost: f64,
    /// Further cost of a unit on the shelf after the last period; the bounds of the first do not depend on it.
    pub terminal_holding_cost: f64,
    /// Further cost of a unit missing after the last period; the bounds of the first do not depend on it.
    pub terminal_stockout_cost: f64,
    /// Cost of a unit bought.
    pub purchase_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Mean demand of a period, units.
    pub demand_mean: f64,
    /// Standard deviation of a period's demand, units.
    pub demand_sd: f64,
    /// Worth of the next period's money in this one, above 0 and at most 1; 1 unless given.
    #[serde(default = "undiscounted")]
    pub discount_factor: f64,
    /// Units on the shelf before the first order; 0 unless given.
    #[serde(default)]
    pub initial_inventory_level: i64,
}

fn undiscounted() -> f64 {
    1.0
}

impl Horizon {
    fn check(&self) -> Result<Myopic, FormulaError> {
        count("num_periods", self.num_periods, 1, MOST_PERIODS)?;
        non_negative("terminal_holding_cost", self.terminal_holding_cost)?;
        non_negative("terminal_stockout_cost", self.terminal_stockout_cost)?;
        check_fixed_cost(self.fixed_cost)?;
        within("initial_inventory_level", self.initial_inventory_level as f64, -1e9, 1e9)?;
        Ok(Myopic {
            holding_cost: self.holding_cost,
            stockout_cost: self.stockout_cost,
            purchase_cost: self.purchase_cost,
            purchase_cost_next_per: self.purchase_cost,
            demand_mean: self.demand_mean,
            demand_sd: self.demand_sd,
            discount_factor: self.discount_factor,
        })
    }
}

/// Bounds of the first period's best policy, units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// The best S is not below it: the newsvendor's level.
    #[serde(rename = "S_lower")]
    pub order_up_to_lower: f64,
    /// The best S is not above it.
    #[serde(rename = "S_upper")]
    pub order_up_to_upper: f64,
    /// The best s is not below it.
    #[serde(rename = "s_lower")]
    pub reorder_lower: f64,
    /// The best s is not above it.
    #[serde(rename = "s_upper")]
    pub reorder_upper: f64,
}

/// Bounds from the cost G of one period, at its smallest in S̲: G(s̲) = G(S̲) + K and G(s̄) = G(S̲) + (1 - γ) K below S̲,
/// G(S̄) = G(S̲) + γ K above it. Veinott (1966); Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, or fewer than two periods.
pub fn myopic_bounds(horizon: &Horizon) -> Result<Bounds, FormulaError> {
    let myopic = horizon.check()?;
    count("num_periods", horizon.num_periods, 2, MOST_PERIODS)?;
    let (ratio, law) = myopic.checked()?;
    let level = law.quantile(ratio);
    let smallest = myopic.cost_of(&law, level);
    let more = |y: f64| myopic.cost_of(&law, y) - smallest;
    let side = |sign: f64, slack: f64| {
        if slack <= 0.0 {
            return level;
        }
        let mut reach = horizon.demand_sd;
        while more(level + sign * reach) < slack && reach < 1e30 {
            reach *= 2.0;
        }
        level + sign * root(0.0, reach, |distance| more(level + sign * distance) - slack)
    };
    let (fixed, later) = (horizon.fixed_cost, horizon.discount_factor);
    Ok(Bounds {
        order_up_to_lower: level,
        order_up_to_upper: side(1.0, later * fixed),
        reorder_lower: side(-1.0, fixed),
        reorder_upper: side(-1.0, (1.0 - later) * fixed),
    })
}

/// The best policy of each period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policies {
    /// s of each period, units: order at s or below.
    pub reorder_points: Vec<i64>,
    /// S of each period, units.
    pub order_up_to_levels: Vec<i64>,
    /// Expected cost of all periods and their end, in money of the first.
    pub total_cost: f64,
}

/// Cost from a period on by the units on the shelf before its order: a table from `low` on, below it a straight line.
struct ToCome {
    low: i64,
    values: Vec<f64>,
    intercept: f64,
    slope: f64,
}

impl ToCome {
    fn at(&self, x: i64) -> f64 {
        if x < self.low { self.intercept - self.slope * x as f64 } else { self.values[(x - self.low) as usize] }
    }
}

/// The best (s, S) of each period in whole units, from the last one back:
/// θ(x) is the smallest, over y >= x, of K if y > x, plus c (y - x) + g(y) + γ E[θ'(y - D)]. Demand is rounded to whole units for what follows, a period's own
/// cost g is that of the normal distribution. Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, where a shortage is too cheap for any order in the last period, and for a problem
/// of too many units and periods.
pub fn finite_horizon(horizon: &Horizon) -> Result<Policies, FormulaError> {
    let myopic = horizon.check()?;
    let (_, law) = myopic.checked()?;
    let (cost, later) = (horizon.purchase_cost, horizon.discount_factor);
    let saved = horizon.stockout_cost + later * horizon.terminal_stockout_cost - cost;
    if saved < 1e-9 {
        let allowed = format!("above {cost:?}: a unit that is missing at the end must cost more than buying it");
        return Err(refused("stockout_cost + terminal_stockout_cost", saved + cost, allowed));
    }
    let saved = saved.min(horizon.stockout_cost - cost * (1.0 - later));
    let bounds = myopic_bounds(&Horizon { num_periods: 2, ..*horizon })?;
    let deep = law.mean - DEVIATIONS * horizon.demand_sd;
    let low = (deep.min(0.0) - horizon.fixed_cost / saved).floor() - 1.0;
    let high = bounds.order_up_to_upper.ceil().max(horizon.initial_inventory_level as f64) + 1.0;
    let demand = rounded_demand(&law, horizon.demand_sd)?;
    let products = (high - low) * demand.1.len() as f64 * horizon.num_periods as f64;
    if high - low > WIDEST || products > MOST_PRODUCTS {
        return Err(too_large("order_up_to_levels", "too many units and periods; use larger units"));
    }
    let (low, high) = (low as i64, high as i64);
    let at_the_end =
        |x: i64| horizon.terminal_holding_cost * x.max(0) as f64 + horizon.terminal_stockout_cost * (-x).max(0) as f64;
    let mut to_come = ToCome {
        low,
        values: (low..=high).map(at_the_end).collect(),
        intercept: 0.0,
        slope: horizon.terminal_stockout_cost,
    };
    let mut reorder_points = vec![0; horizon.num_periods];
    let mut order_up_to_levels = vec![0; horizon.num_periods];
    for period in (0..horizon.num_periods).rev() {
        let costs: Vec<f64> = (low..=high)
            .map(|y| {
                let expected: f64 =
                    demand.1.iter().zip(demand.0..).map(|(share, units)| share * to_come.at(y - units)).sum();
                let own = law.cost(y as f64, horizon.holding_cost, horizon.stockout_cost);
                cost * y as f64 + own + later * expected
            })
            .collect();
        let best = (1..costs.len()).fold(0, |best, i| if costs[i] < costs[best] { i } else { best });
        let with_order = horizon.fixed_cost + costs[best];
        let place = (0..best).rev().find(|i| costs[*i] > with_order);
        let Some(place) = place.filter(|_| best + 1 < costs.len()) else {
            return Err(too_large("reorder_points", "the best policy lies outside the positions looked at"));
        };
        reorder_points[period] = low + place as i64;
        order_up_to_levels[period] = low + best as i64;
        let values = costs
            .iter()
            .zip(low..)
            .enumerate()
            .map(|(i, (kept, x))| if i <= place { with_order } else { *kept } - cost * x as f64)
            .collect();
        to_come = ToCome { low, values, intercept: with_order, slope: cost };
    }
    Ok(Policies { reorder_points, order_up_to_levels, total_cost: to_come.at(horizon.initial_inventory_level) })
}

/// The first demand of whole units, and the probabilities from it on; what lies below 0 counts as 0.
fn rounded_demand(law: &Law, sd: f64) -> Result<(i64, Vec<f64>), FormulaError> {
    let first = (law.mean - DEVIATIONS * sd).floor().max(0.0);
    let last = (law.mean + DEVIATIONS * sd).ceil();
    positive("demand_mean + 8 demand_sd", last)?;
    if last - first > WIDEST {
        return Err(too_large("demand_sd", "demand spreads over too many units; use larger ones"));
    }
    let over = |edge: f64| above((edge - law.mean) / sd);
    let mut shares: Vec<f64> = (0..=(last - first) as i64)
        .map(|i| {
            let units = first + i as f64;
            let from = if i == 0 { 1.0 } else { over(units - 0.5) };
            from - over(units + 0.5)
        })
        .collect();
    let sum: f64 = shares.iter().sum();
    for share in &mut shares {
        *share /= sum;
    }
    Ok((first as i64, shares))
}
