//! The pooled errors of one number of periods ahead, as a distribution.

use serde::{Deserialize, Serialize};

use crate::forecast::distributions::{normal_score, student_score};

/// Weight, in errors, of the Student reference that a pool begins with; it decides only while errors are few.
const REFERENCE_ERRORS: f64 = 8.0;
/// Points of that reference.
const REFERENCE_POINTS: usize = 199;
/// Errors kept in a pool: more add nothing to a quantile at 1 in 1000.
const LARGEST_POOL: usize = 20_000;

/// Share of the errors at either end that a mean leaves out.
const TRIMMED: f64 = 0.01;

/// Sorted pooled errors with the sum of weights up to each, and their mean size before division by series widths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub size: f64,
    sorted: Vec<f64>,
    cumulative: Vec<f64>,
}

impl Shape {
    /// From errors of weight one. `size` is in the unit of volatility; the errors are divided by it already.
    pub fn new(size: f64, errors: &[f64]) -> Shape {
        let step = errors.len().div_ceil(LARGEST_POOL).max(1);
        let mut weighted: Vec<(f64, f64)> = errors.iter().step_by(step).map(|u| (*u, 1.0)).collect();
        let weight = REFERENCE_ERRORS / REFERENCE_POINTS as f64;
        weighted.extend(student_reference().map(|u| (u, weight)));
        Shape::of_weighted(size, weighted)
    }

    fn of_weighted(size: f64, mut weighted: Vec<(f64, f64)>) -> Shape {
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0.0;
        let cumulative = weighted
            .iter()
            .map(|(_, weight)| {
                sum += weight;
                sum - weight / 2.0
            })
            .collect();
        Shape { size, sorted: weighted.into_iter().map(|(u, _)| u).collect(), cumulative }
    }

    /// Mean of the pooled errors without their outermost hundredths, times their size.
    pub fn mean(&self) -> f64 {
        let total = self.total();
        let is_inner = |sum: f64| sum >= TRIMMED * total && sum <= (1.0 - TRIMMED) * total;
        let (mut sum, mut weights) = (0.0, 0.0);
        // Between two errors the quantiles run straight.
        for (values, sums) in self.sorted.windows(2).zip(self.cumulative.windows(2)) {
            if is_inner(sums[0]) && is_inner(sums[1]) {
                let weight = sums[1] - sums[0];
                sum += weight * f64::midpoint(values[0], values[1]);
                weights += weight;
            }
        }
        if weights > 0.0 { self.size * sum / weights } else { 0.0 }
    }

    /// The distances from the median, each to both sides.
    pub fn symmetric(&self) -> Shape {
        let middle = if self.size > 0.0 { self.quantile(0.5) / self.size } else { 0.0 };
        let mut weighted = Vec::with_capacity(2 * self.sorted.len());
        let mut edge = 0.0;
        for (value, cumulative) in self.sorted.iter().zip(&self.cumulative) {
            // A sum ends in the middle of its own weight.
            let weight = 2.0 * (cumulative - edge);
            edge += weight;
            weighted.extend([(value - middle, weight / 2.0), (middle - value, weight / 2.0)]);
        }
        Shape::of_weighted(self.size, weighted)
    }

    /// By how much the mean of demand lies above such a forecast, in the unit of the errors.
    pub fn skew(&self, median_share: f64) -> f64 {
        self.mean() - self.centre(median_share)
    }

    /// What a forecast is that stands at `median_share` between the mean (0) and the median (1) of its demand.
    pub fn centre(&self, median_share: f64) -> f64 {
        let mean = self.mean();
        if median_share > 0.0 { mean + median_share * (self.quantile(0.5) - mean) } else { mean }
    }

    /// Sum of all weights: a sum ends in the middle of its own weight, and the outermost two weigh about the same.
    fn total(&self) -> f64 {
        let ends = self.cumulative.first().zip(self.cumulative.last());
        ends.map_or(0.0, |(first, last)| first + last)
    }

    /// Quantile of the pooled errors, times their size; between two errors by interpolation.
    pub fn quantile(&self, level: f64) -> f64 {
        let (Some(first), Some(last)) = (self.sorted.first(), self.sorted.last()) else { return 0.0 };
        let position = level * self.total();
        let above = self.cumulative.partition_point(|sum| *sum < position);
        let value = if above == 0 {
            *first
        } else if above == self.sorted.len() {
            *last
        } else {
            let (low, high) = (self.cumulative[above - 1], self.cumulative[above]);
            let share = if high > low { (position - low) / (high - low) } else { 0.0 };
            self.sorted[above - 1] + share * (self.sorted[above] - self.sorted[above - 1])
        };
        value * self.size
    }
}

/// Points of Student's t with 5 degrees of freedom, with mean absolute value one.
fn student_reference() -> impl Iterator<Item = f64> {
    (0..REFERENCE_POINTS).map(|i| {
        let z = normal_score((i as f64 + 0.5) / REFERENCE_POINTS as f64);
        student_score(z, 5.0) / 0.96
    })
}
