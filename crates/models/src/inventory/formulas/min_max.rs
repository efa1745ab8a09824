//! (s, S): at each review, when the inventory position is s or below, order up to S; unmet demand waits, no lead time.
//!
//! Snyder and Shen, 2nd ed., chapter 4; Axsäter, 3rd ed., chapter 6. With a lead time of L periods, demand and cost of L + 1 take
//! the place of one period's.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, positive, refused, too_large, within};
use super::demand::{Demand, Law, check_costs, check_fixed_cost, table_of};
use crate::inventory::normal_score;

/// Largest mean of a Poisson demand.
const LARGEST_MEAN: f64 = 10_000.0;
/// Largest distance of s and S.
const WIDEST: usize = 50_000;
/// Most products of a renewal sum.
const MOST_PRODUCTS: usize = 500_000_000;
/// Least probability of any demand in a period.
const LEAST_DEMAND: f64 = 1e-6;

/// An item under periodic review.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Cost of a unit on the shelf at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of a period.
    pub stockout_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Whether demand is Poisson with `demand_mean`; else `demand_pmf` holds it.
    pub use_poisson: bool,
    /// Mean demand of a period, units, with `use_poisson`.
    pub demand_mean: Option<f64>,
    /// Largest demand, without `use_poisson`; if given, `demand_pmf` has one entry more.
    pub demand_hi: Option<usize>,
    /// Probability of each demand from 0 on, without `use_poisson`; sum 1.
    pub demand_pmf: Option<Vec<f64>>,
}

/// An item with the policy to cost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemWithPolicy {
    /// s, units: order at s or below.
    pub reorder_point: i64,
    /// S, units, above s.
    pub order_up_to_level: i64,
    /// As of [`Item`].
    pub holding_cost: f64,
    /// As of [`Item`].
    pub stockout_cost: f64,
    /// As of [`Item`].
    pub fixed_cost: f64,
    /// As of [`Item`].
    pub use_poisson: bool,
    /// As of [`Item`].
    pub demand_mean: Option<f64>,
    /// As of [`Item`].
    pub demand_hi: Option<usize>,
    /// As of [`Item`].
    pub demand_pmf: Option<Vec<f64>>,
}

/// A cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Expected cost per period.
    pub cost: f64,
}

/// A policy and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyAndCost {
    /// s, units: order at s or below.
    pub reorder_point: i64,
    /// S, units.
    pub order_up_to_level: i64,
    /// Expected cost per period.
    pub cost: f64,
}

/// One period's demand and costs, and how often positions are visited between orders.
struct Renewal {
    law: Law,
    /// Probability of each demand from 0 on.
    mass: Vec<f64>,
    holding: f64,
    stockout: f64,
    fixed: f64,
    /// m(j): expected periods at S - j between two orders.
    visits: Vec<f64>,
    products: usize,
}

impl Renewal {
    fn of(item: &Item) -> Result<Self, FormulaError> {
        check_costs(item.holding_cost, item.stockout_cost)?;
        let fixed = check_fixed_cost(item.fixed_cost)?;
        let law = match (item.use_poisson, item.demand_mean, &item.demand_pmf) {
            (true, Some(mean), None) => {
                within("demand_mean", mean, LEAST_DEMAND, LARGEST_MEAN)?;
                Law::of("demand", &Demand::Poisson { mean })?
            }
            (false, None, Some(mass)) => {
                if let Some(most) = item.demand_hi {
                    count("demand_pmf, entries", mass.len(), most.saturating_add(1), most.saturating_add(1))?;
                }
                table_of("demand_pmf", mass)?
            }
            _ => {
                let allowed = "true with `demand_mean`, or false with `demand_pmf`, not both";
                return Err(refused("use_poisson", item.use_poisson, allowed));
            }
        };
        let most = match &item.demand_pmf {
            Some(mass) => mass.len() - 1,
            None => (law.mean + 12.0 * law.mean.sqrt() + 40.0) as usize,
        };
        let mass: Vec<f64> = (0..=most).map(|k| law.mass(k as u64)).collect();
        within("probability of no demand", mass[0], 0.0, 1.0 - LEAST_DEMAND)?;
        let visits = vec![1.0 / (1.0 - mass[0])];
        Ok(Self { law, mass, holding: item.holding_cost, stockout: item.stockout_cost, fixed, visits, products: 0 })
    }

    /// G(y): expected cost of a period that starts with y.
    fn one_period(&self, level: i64) -> f64 {
        self.law.cost(level as f64, self.holding, self.stockout)
    }

    /// m(0) to m(width - 1), by m(j) = (p(1) m(j - 1) + ... + p(j) m(0)) / (1 - p(0)).
    fn visit(&mut self, width: usize) -> Result<(), FormulaError> {
        if width > WIDEST {
            return Err(too_large("order_up_to_level", format!("it is more than {WIDEST} above s; use larger units")));
        }
        while self.visits.len() < width {
            let j = self.visits.len();
            let reach = j.min(self.mass.len() - 1);
            let sum: f64 = (1..=reach).map(|k| self.mass[k] * self.visits[j - k]).sum();
            self.visits.push(sum / (1.0 - self.mass[0]));
            self.work(reach)?;
        }
        Ok(())
    }

    fn work(&mut self, products: usize) -> Result<(), FormulaError> {
        self.products += products;
        if self.products > MOST_PRODUCTS {
            return Err(too_large("order_up_to_level", "the search takes too long; use larger units"));
        }
        Ok(())
    }

    /// c(s, S) = (K + the sum of m(j) G(S - j)) / (the sum of m(j)), j from 0 to S - s - 1.
    fn cost(&mut self, s: i64, level: i64) -> Result<f64, FormulaError> {
        let width = (level - s) as usize;
        self.visit(width)?;
        // A period's cost takes a few hundred times a product.
        self.work(300 * width)?;
        let (mut sum, mut periods) = (self.fixed, 0.0);
        for (j, visits) in self.visits[..width].iter().enumerate() {
            sum += visits * self.one_period(level - j as i64);
            periods += visits;
        }
        Ok(sum / periods)
    }
}

/// The cost of a policy. Snyder and Shen, chapter 4; Zheng and Federgruen, Operations Research 39 (1991), 654-665.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, S not above s or too far above.
pub fn cost(inputs: &ItemWithPolicy) -> Result<Cost, FormulaError> {
    let mut renewal = Renewal::of(&Item {
        holding_cost: inputs.holding_cost,
        stockout_cost: inputs.stockout_cost,
        fixed_cost: inputs.fixed_cost,
        use_poisson: inputs.use_poisson,
        demand_mean: inputs.demand_mean,
        demand_hi: inputs.demand_hi,
        demand_pmf: inputs.demand_pmf.clone(),
    })?;
    let (s, level) = (inputs.reorder_point, inputs.order_up_to_level);
    within("reorder_point", s as f64, -1e9, 1e9)?;
    if level <= s || level - s > WIDEST as i64 {
        return Err(refused("order_up_to_level", level, format!("above s, {s}, by at most {WIDEST}")));
    }
    Ok(Cost { cost: renewal.cost(s, level)? })
}

/// The best policy. Zheng and Federgruen, Operations Research 39 (1991), 654-665; Snyder and Shen, algorithm 4.2.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, and where the policy is so wide that the search would take minutes.
pub fn exact(item: &Item) -> Result<PolicyAndCost, FormulaError> {
    let mut renewal = Renewal::of(item)?;
    let ratio = item.stockout_cost / (item.stockout_cost + item.holding_cost);
    let mut best = renewal.law.quantile(ratio) as i64;
    let mut s = best - 1;
    let mut cost = renewal.cost(s, best)?;
    while cost > renewal.one_period(s) {
        s -= 1;
        cost = renewal.cost(s, best)?;
    }
    let mut level = best + 1;
    while renewal.one_period(level) <= cost {
        let found = renewal.cost(s, level)?;
        if found < cost {
            (best, cost) = (level, found);
            while s + 1 < best && cost <= renewal.one_period(s + 1) {
                s += 1;
                cost = renewal.cost(s, best)?;
            }
        }
        level += 1;
    }
    Ok(PolicyAndCost { reorder_point: s, order_up_to_level: best, cost })
}

/// An item with normal demand.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalItem {
    /// Cost of a unit on the shelf at the end of a period.
    pub holding_cost: f64,
    /// Cost of a unit missing at the end of a period.
    pub stockout_cost: f64,
    /// Cost of an order.
    pub fixed_cost: f64,
    /// Mean demand of a period (of lead time and review period), units.
    pub demand_mean: f64,
    /// Its standard deviation, units.
    pub demand_sd: f64,
}

/// The power approximation, as it is and capped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PowerPolicy {
    /// s, units.
    pub reorder_point: f64,
    /// S = s + D, units.
    pub order_up_to_level: f64,
    /// s, at most the newsvendor's level where D is at most 1.5 times mean demand.
    pub capped_reorder_point: f64,
    /// S, capped in the same way: orders are then so frequent that the newsvendor's level is near the best.
    pub capped_order_up_to_level: f64,
}

/// The revised power approximation: D = 1.30 μ^0.494 (K / h)^0.506 (1 + σ²/μ²)^0.116, z = √(D h / (σ p)),
/// s = 0.973 μ + σ (0.183 / z + 1.063 - 2.192 z), S = s + D. Ehrhardt and Mosier, Management Science 30 (1984), 618-622; Snyder and Shen, chapter 4.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed.
pub fn power_approximation(item: &NormalItem) -> Result<PowerPolicy, FormulaError> {
    check_costs(item.holding_cost, item.stockout_cost)?;
    let fixed = positive("fixed_cost", item.fixed_cost)?;
    let (mean, sd) = (positive("demand_mean", item.demand_mean)?, positive("demand_sd", item.demand_sd)?);
    let variation = 1.0 + sd * sd / (mean * mean);
    let quantity = 1.30 * mean.powf(0.494) * (fixed / item.holding_cost).powf(0.506) * variation.powf(0.116);
    let z = (quantity * item.holding_cost / (sd * item.stockout_cost)).sqrt();
    let s = 0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z);
    let newsvendor = mean + sd * normal_score(item.stockout_cost / (item.stockout_cost + item.holding_cost));
    let cap = if quantity <= 1.5 * mean { newsvendor } else { f64::INFINITY };
    Ok(PowerPolicy {
        reorder_point: s,
        order_up_to_level: s + quantity,
        capped_reorder_point: s.min(cap),
        capped_order_up_to_level: (s + quantity).min(cap),
    })
}
