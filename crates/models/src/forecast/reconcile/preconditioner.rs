//! `M = W_a + A W_b A'` solved exactly inside every forest, crossing forests ignored.
//!
//! Inside one forest the system is the least-squares problem of a tree, which a pass up and a pass down solve, as in a
//! Kalman smoother. With v_i the variance of what the children of node i say about it, V_i that after its own base
//! forecast was heard, and m their mean:
//!
//! - up: v_i = Σ V_child, V_i = v_i w_i / (v_i + w_i), s_i = Σ m_child, m_i = s_i + v_i / (v_i + w_i) (r_i - s_i);
//! - down: z_i = (r_i - s_i - v_i μ_parent) / (v_i + w_i), μ_i = μ_parent + z_i.
//!
//! A bottom series has V = its variance and m = 0. For a hierarchy that is a tree z is the solution, otherwise a
//! preconditioner that makes the condition number independent of the depth of the trees.

use super::Hierarchy;

pub(super) struct Preconditioner<'a> {
    hierarchy: &'a Hierarchy,
    /// w: variance of every aggregate's base forecast, positive, infinite where there is none.
    variances: &'a [f64],
    /// v of every aggregate.
    below: Vec<f64>,
    /// s, then μ.
    passed: Vec<f64>,
}

impl<'a> Preconditioner<'a> {
    pub fn new(hierarchy: &'a Hierarchy, variances: &'a [f64]) -> Preconditioner<'a> {
        let n = variances.len();
        Preconditioner { hierarchy, variances, below: vec![0.0; n], passed: vec![0.0; n] }
    }

    /// Takes the variances of the bottom series, 0 for those that do not move.
    pub fn prepare(&mut self, bottom: &[f64]) {
        self.below.fill(0.0);
        for forest in &self.hierarchy.forests {
            for (series, above) in forest.leaves() {
                self.below[above] += bottom[series];
            }
            for (node, parent) in forest.upward() {
                if let Some(parent) = parent {
                    let below = self.below[node];
                    // v w / (v + w), also for an infinite w
                    self.below[parent] += below / (1.0 + below / self.variances[node]);
                }
            }
        }
    }

    /// Writes `z`, the approximate solution of `M z = r`, and returns the squared norm `r'z`.
    pub fn solve(&mut self, r: &[f64], z: &mut [f64]) -> f64 {
        self.passed.fill(0.0);
        for forest in &self.hierarchy.forests {
            for (node, parent) in forest.upward() {
                z[node] = (r[node] - self.passed[node]) / (self.below[node] + self.variances[node]);
                if let Some(parent) = parent {
                    self.passed[parent] += self.passed[node] + self.below[node] * z[node];
                }
            }
            for (node, parent) in forest.downward() {
                if let Some(parent) = parent {
                    let heard = self.below[node] * self.passed[parent];
                    z[node] -= heard / (self.below[node] + self.variances[node]);
                    self.passed[node] = self.passed[parent] + z[node];
                } else {
                    self.passed[node] = z[node];
                }
            }
        }
        r.iter().zip(z).map(|(r, z)| r * *z).sum()
    }
}
