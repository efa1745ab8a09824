//! A line of stages with random waits: the stochastic-service model, in echelon base-stock levels.
//!
//! The echelon stock of a stage is what it and all stages after it have, less what waits. Clark and Scarf, Management Science 6 (1960),
//! 475-490; Chen and Zheng, Management Science 40 (1994), 1426-1443; Snyder and Shen, 2nd ed., chapter 6; Axsäter, 3rd ed., chapter 10.

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, each, entries, non_negative, positive, same_length, too_large};
use super::numeric::above;
use crate::inventory::normal_score;

/// Most stages.
const MOST_STAGES: usize = 20;
/// Points of the table per standard deviation of the demand of all lead times.
const POINTS: f64 = 200.0;
/// Standard deviations of it to either side of its mean.
const REACH: f64 = 9.0;
/// Standard deviations of one lead time's demand to either side of its mean.
const DEVIATIONS: f64 = 8.0;

/// Stages in a line, lists with the one that is furthest from the customer first; normal demand at the last, unmet demand waits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Stages; if given, the lists have as many entries.
    pub num_nodes: Option<usize>,
    /// What a unit of time costs a unit more at a stage than at the one before.
    pub echelon_holding_cost: Vec<f64>,
    /// Units of time from the stage before.
    pub lead_time: Vec<f64>,
    /// Cost of a unit of demand that waits, for a unit of time.
    pub stockout_cost: f64,
    /// Mean demand of a unit of time, units.
    pub demand_mean: f64,
    /// Standard deviation of demand of a unit of time, units.
    pub demand_standard_deviation: f64,
}

/// Levels of the line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelsAndCost {
    /// Echelon base-stock level of each stage, units, in the order of the inputs.
    pub echelon_base_stock: Vec<f64>,
    /// Expected cost of a unit of time.
    pub cost: f64,
}

/// Levels of the line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Levels {
    /// Echelon base-stock level of each stage, units, in the order of the inputs.
    pub echelon_base_stock: Vec<f64>,
}

impl Line {
    fn check(&self) -> Result<(), FormulaError> {
        let n = self.echelon_holding_cost.len();
        entries("echelon_holding_cost", n, MOST_STAGES)?;
        if let Some(wanted) = self.num_nodes {
            count("num_nodes", wanted, n, n)?;
        }
        same_length("lead_time", self.lead_time.len(), "echelon_holding_cost", n)?;
        each("echelon_holding_cost", &self.echelon_holding_cost, positive)?;
        each("lead_time", &self.lead_time, non_negative)?;
        positive("lead_time, last", self.lead_time[n - 1])?;
        positive("stockout_cost", self.stockout_cost)?;
        non_negative("demand_mean", self.demand_mean)?;
        positive("demand_standard_deviation", self.demand_standard_deviation)?;
        Ok(())
    }
}

/// A stage's cost by its echelon stock on an even grid, continued below by a straight line.
struct Costs {
    first: f64,
    values: Vec<f64>,
}

/// The best levels of a line, from the customer back: Ĉⱼ(x) = hⱼ x + Cⱼ₋₁(min(x, Sⱼ₋₁)), Cⱼ(y) = E[Ĉⱼ(y - Dⱼ)] and Sⱼ where Cⱼ is smallest,
/// Dⱼ the demand of stage j's lead time. On a grid of a 200th of the standard deviation of all lead times' demand: a cost within 0.001 % of the exact one.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed and lists of different lengths.
pub fn stochastic_service(line: &Line) -> Result<LevelsAndCost, FormulaError> {
    line.check()?;
    let n = line.lead_time.len();
    let all: f64 = line.lead_time.iter().sum();
    let spread = line.demand_standard_deviation * all.sqrt();
    let step = spread / POINTS;
    let reach = (REACH * POINTS) as i64;
    let penalty = line.stockout_cost + line.echelon_holding_cost.iter().sum::<f64>();
    // Of the customer: what waits costs; the grid has a point at 0, where that begins.
    let mut costs = Costs { first: -(reach as f64) * step, values: Vec::new() };
    costs.values = (-reach..=reach).map(|i| penalty * (-(i as f64) * step).max(0.0)).collect();
    let (mut slope, mut level, mut at_level) = (-penalty, f64::INFINITY, 0.0);
    let mut levels = vec![0.0; n];
    for stage in (0..n).rev() {
        let (holding, lead_time) = (line.echelon_holding_cost[stage], line.lead_time[stage]);
        let before = |x: f64, i: i64| -> f64 {
            let induced = if x >= level {
                at_level
            } else if i < 0 {
                costs.values[0] + slope * (x - costs.first)
            } else {
                costs.values.get(i as usize).copied().unwrap_or(at_level)
            };
            holding * x + induced
        };
        // The grid moves on by the mean demand, so that its points fall on points.
        let first = costs.first + line.demand_mean * lead_time;
        let weights = deviations(line.demand_standard_deviation * lead_time.sqrt() / step);
        let middle = (weights.len() / 2) as i64;
        let (mut padded, from) = (Vec::new(), -middle);
        for i in from..=2 * reach + middle {
            padded.push(before(costs.first + i as f64 * step, i));
        }
        // The weights are symmetric: y - d and y + d count the same.
        let values: Vec<f64> = padded
            .windows(weights.len())
            .map(|window| window.iter().zip(&weights).map(|(cost, weight)| cost * weight).sum())
            .collect();
        slope += holding;
        costs = Costs { first, values };
        (level, at_level) = smallest(&costs, step).ok_or_else(|| {
            too_large("echelon_base_stock", "a level lies far outside the demand of the lead times; check the costs")
        })?;
        levels[stage] = level;
    }
    Ok(LevelsAndCost { echelon_base_stock: levels, cost: at_level })
}

/// Probabilities of the steps around the mean for a standard deviation of `steps`.
fn deviations(steps: f64) -> Vec<f64> {
    if steps < 1e-6 {
        return vec![1.0];
    }
    let reach = (DEVIATIONS * steps).ceil() as i64;
    let over = |edge: f64| above(edge / steps);
    let half: Vec<f64> = (0..=reach).map(|i| over(i as f64 - 0.5) - over(i as f64 + 0.5)).collect();
    let sum = 2.0 * half.iter().skip(1).sum::<f64>() + half[0];
    (-reach..=reach).map(|i| half[i.unsigned_abs() as usize] / sum).collect()
}

/// The smallest value and its point, by a parabola through the smallest on the grid and its neighbours.
fn smallest(costs: &Costs, step: f64) -> Option<(f64, f64)> {
    let values = &costs.values;
    let best = (1..values.len()).fold(0, |best, i| if values[i] < values[best] { i } else { best });
    if best == 0 || best + 1 == values.len() {
        return None;
    }
    let (before, at, after) = (values[best - 1], values[best], values[best + 1]);
    let bend = before - 2.0 * at + after;
    let shift = if bend > 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    let value = at - 0.25 * (before - after) * shift;
    Some((costs.first + (best as f64 + shift) * step, value))
}

/// Shang and Song's heuristic: the mean of two newsvendor levels for the demand of all lead times from a stage to the customer, one
/// as if the stages after it cost what it does, one as if it cost what the last stage does. Shang and Song, Management Science 49 (2003),
/// 618-638; Snyder and Shen, chapter 6.
///
/// # Errors
/// As [`stochastic_service`].
pub fn newsvendor_heuristic(line: &Line) -> Result<Levels, FormulaError> {
    line.check()?;
    let all: f64 = line.echelon_holding_cost.iter().sum();
    let mut before = 0.0;
    let mut levels = Vec::with_capacity(line.lead_time.len());
    for (stage, holding) in line.echelon_holding_cost.iter().enumerate() {
        let time: f64 = line.lead_time[stage..].iter().sum();
        let reached = line.stockout_cost + before;
        let scores = [reached / (reached + holding), reached / (line.stockout_cost + all)].map(normal_score);
        let score = f64::midpoint(scores[0], scores[1]);
        levels.push(line.demand_mean * time + score * line.demand_standard_deviation * time.sqrt());
        before += holding;
    }
    Ok(Levels { echelon_base_stock: levels })
}
