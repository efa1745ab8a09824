//! Weighted least squares over all nodes, by its dual.
//!
//! Minimise Σ (a_i - ŷ_i)² / w_i over aggregates plus Σ (b_j - ŷ_j)² / w_j over bottom series, subject to a = A b and
//! b >= 0. With one multiplier λ_i per aggregate the bottom forecasts are b(λ) = max(0, ŷ_b + W_b A'λ), the aggregates
//! a(λ) = ŷ_a - W_a λ, and both agree where
//!
//! F(λ) = ŷ_a - A b(λ) - W_a λ = 0.
//!
//! The dual has as many unknowns as there are aggregates, a tenth of the nodes, and no constraint. F is piecewise
//! linear and the gradient of a strictly concave function, so Newton's method with the slope (W_a + A D W_b A'), D
//! marking the bottom series above zero, ends in the exact set of zeros after a few steps (Qi and Sun, "A nonsmooth
//! version of Newton's method", Mathematical Programming 58 (1993), 353-367). Each step is solved by preconditioned
//! conjugate gradients, only as exactly as it is worth.

use super::preconditioner::Preconditioner;
use super::{Hierarchy, ReconcileError, checked_length};

/// The preconditioned residual left, relative to that of the base forecasts.
const TOLERANCE: f64 = 1e-11;
/// The same relative to the size of the forecasts: what rounding leaves.
const ROUNDING: f64 = 1e-14;
/// A Newton step is solved to this part of its residual at least.
const ROUGHEST: f64 = 0.1;
/// Smallest variance of an aggregate, relative to that of its bottom series together.
const SMALLEST_VARIANCE: f64 = 1e-6;
const MAX_STEPS: usize = 200;
const MAX_ITERATIONS: usize = 2000;
/// A step is not cut below this.
const SHORTEST_STEP: f64 = 1e-6;

/// A hierarchy with its variances, ready for any period.
pub(super) struct MinimumTrace<'a> {
    hierarchy: &'a Hierarchy,
    aggregate_variances: Vec<f64>,
    bottom_variances: Vec<f64>,
}

impl<'a> MinimumTrace<'a> {
    pub fn new(hierarchy: &'a Hierarchy, variances: &[f64]) -> Result<MinimumTrace<'a>, ReconcileError> {
        checked_length(variances.len(), hierarchy.n_nodes(), "variances", "node")?;
        let refuse = |node: usize, allowed| Err(ReconcileError::Variance { node, found: variances[node], allowed });
        if let Some(node) = hierarchy.aggregate_nodes().find(|node| variances[*node].is_nan() || variances[*node] < 0.0)
        {
            return refuse(node, "a number of at least 0, infinite for an aggregate without a forecast");
        }
        let is_usable = |variance: f64| variance.is_finite() && variance >= 0.0;
        if let Some(node) = hierarchy.bottom_nodes().find(|node| !is_usable(variances[*node])) {
            return refuse(node, "a finite number of at least 0 for a bottom series");
        }
        let bottom_variances: Vec<f64> = hierarchy.bottom_nodes().map(|node| variances[node]).collect();
        let mut aggregate_variances: Vec<f64> = vec![0.0; hierarchy.n_nodes() - hierarchy.n_bottom()];
        hierarchy.sum_up(&bottom_variances, &mut aggregate_variances);
        for (smallest, node) in aggregate_variances.iter_mut().zip(hierarchy.aggregate_nodes()) {
            *smallest = variances[node].max(*smallest * SMALLEST_VARIANCE);
            if *smallest == 0.0 {
                // Nothing below moves either: any variance gives the same forecasts.
                *smallest = 1.0;
            }
        }
        Ok(MinimumTrace { hierarchy, aggregate_variances, bottom_variances })
    }

    /// Coherent bottom forecasts from the base forecasts of every node, or the part of the residual that is left.
    pub fn bottom(&self, base: &[f64]) -> Result<Vec<f64>, f64> {
        let base_bottom: Vec<f64> = self.hierarchy.bottom_nodes().map(|node| base[node]).collect();
        let has_forecast = |variance: &f64, forecast: f64| if variance.is_finite() { forecast } else { 0.0 };
        let nodes = self.hierarchy.aggregate_nodes().zip(&self.aggregate_variances);
        let base_aggregate: Vec<f64> = nodes.map(|(node, variance)| has_forecast(variance, base[node])).collect();
        let n_aggregates = base_aggregate.len();
        let mut search = Search {
            problem: self,
            base_bottom,
            base_aggregate,
            preconditioner: Preconditioner::new(self.hierarchy, &self.aggregate_variances),
            moved: vec![0.0; self.hierarchy.n_bottom()],
            above: vec![0.0; n_aggregates],
            mobile: vec![0.0; self.hierarchy.n_bottom()],
        };
        search.run()
    }
}

/// Multipliers and what follows from them.
struct Point {
    /// λ
    multipliers: Vec<f64>,
    /// b(λ)
    bottom: Vec<f64>,
    /// F(λ)
    residual: Vec<f64>,
}

/// The search for the multipliers of one period.
struct Search<'a> {
    problem: &'a MinimumTrace<'a>,
    base_bottom: Vec<f64>,
    base_aggregate: Vec<f64>,
    preconditioner: Preconditioner<'a>,
    /// Scratch: A'λ.
    moved: Vec<f64>,
    /// Scratch of a pass down.
    above: Vec<f64>,
    /// D W_b: variances of the bottom series that move, 0 for the others.
    mobile: Vec<f64>,
}

impl Search<'_> {
    fn run(&mut self) -> Result<Vec<f64>, f64> {
        let n = self.base_aggregate.len();
        let mut z = vec![0.0; n];
        let mut now = self.point(vec![0.0; n]);
        let mut first = None;
        let mut left = 1.0;
        for _ in 0..MAX_STEPS {
            self.mark_mobile(&now);
            self.preconditioner.prepare(&self.mobile);
            let size = self.preconditioner.solve(&now.residual, &mut z).sqrt();
            let first = *first.get_or_insert(size);
            let enough = (TOLERANCE * first).max(ROUNDING * self.magnitude(&now, &mut z));
            if size <= enough {
                return Ok(now.bottom);
            }
            left = size / first;
            if !left.is_finite() {
                break;
            }
            let wanted = size * left.min(ROUGHEST);
            let step = self.conjugate_gradients(&now.residual, wanted.max(0.5 * enough));
            now = self.line_search(&now, &step);
        }
        Err(left)
    }

    fn point(&mut self, multipliers: Vec<f64>) -> Point {
        let problem = self.problem;
        problem.hierarchy.push_down(&multipliers, &mut self.above, &mut self.moved);
        let bottom: Vec<f64> = (self.base_bottom.iter().zip(&problem.bottom_variances).zip(&self.moved))
            .map(|((base, variance), moved)| (base + variance * moved).max(0.0))
            .collect();
        let mut residual = vec![0.0; multipliers.len()];
        problem.hierarchy.sum_up(&bottom, &mut residual);
        for (i, sum) in residual.iter_mut().enumerate() {
            *sum = self.base_aggregate[i] - *sum - weighted(problem.aggregate_variances[i], multipliers[i]);
        }
        Point { multipliers, bottom, residual }
    }

    fn mark_mobile(&mut self, now: &Point) {
        for ((mobile, bottom), variance) in self.mobile.iter_mut().zip(&now.bottom).zip(&self.problem.bottom_variances)
        {
            *mobile = if *bottom > 0.0 { *variance } else { 0.0 };
        }
    }

    /// Norm of the terms of the residual, each taken as positive.
    fn magnitude(&mut self, now: &Point, z: &mut [f64]) -> f64 {
        let terms = self.base_aggregate.iter().zip(&now.residual).zip(&now.multipliers);
        let sizes: Vec<f64> = (terms.zip(&self.problem.aggregate_variances))
            .map(|(((base, residual), multiplier), variance)| {
                let own = weighted(*variance, *multiplier);
                base.abs() + own.abs() + (base - own - residual).abs()
            })
            .collect();
        self.preconditioner.solve(&sizes, z).abs().sqrt()
    }

    /// The step that the slope at this point asks for, its residual at most `enough`.
    fn conjugate_gradients(&mut self, residual: &[f64], enough: f64) -> Vec<f64> {
        let n = residual.len();
        let (mut step, mut z, mut curved) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut r = residual.to_vec();
        let mut size = self.preconditioner.solve(&r, &mut z);
        let mut direction = z.clone();
        for _ in 0..MAX_ITERATIONS {
            self.curve(&direction, &mut curved);
            let length = size / dot(&direction, &curved);
            if !length.is_finite() {
                break;
            }
            for i in 0..n {
                step[i] += length * direction[i];
                r[i] -= length * curved[i];
            }
            let before = size;
            size = self.preconditioner.solve(&r, &mut z);
            if size <= enough * enough {
                break;
            }
            for (direction, z) in direction.iter_mut().zip(&z) {
                *direction = z + size / before * *direction;
            }
        }
        step
    }

    /// (W_a + A D W_b A') times a vector.
    fn curve(&mut self, direction: &[f64], curved: &mut [f64]) {
        let problem = self.problem;
        problem.hierarchy.push_down(direction, &mut self.above, &mut self.moved);
        for (moved, mobile) in self.moved.iter_mut().zip(&self.mobile) {
            *moved *= mobile;
        }
        problem.hierarchy.sum_up(&self.moved, curved);
        for ((curved, direction), variance) in curved.iter_mut().zip(direction).zip(&problem.aggregate_variances) {
            *curved += weighted(*variance, *direction);
        }
    }

    /// Goes the step, or the largest half, quarter, ... of it after which the dual does not fall steeply.
    fn line_search(&mut self, now: &Point, step: &[f64]) -> Point {
        let slope = dot(&now.residual, step);
        let mut length = 1.0;
        loop {
            let multipliers = now.multipliers.iter().zip(step).map(|(from, step)| from + length * step).collect();
            let there = self.point(multipliers);
            if dot(&there.residual, step) >= -0.5 * slope.abs() || length < SHORTEST_STEP {
                return there;
            }
            length *= 0.5;
        }
    }
}

/// Variance times multiplier; an aggregate without a forecast has an infinite variance and no multiplier.
fn weighted(variance: f64, multiplier: f64) -> f64 {
    if multiplier == 0.0 { 0.0 } else { variance * multiplier }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
