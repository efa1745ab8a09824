//! Levels to ask a distribution for, beside those that are promised.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::forecast::distributions::normal_score;

/// Working levels stay this far from zero and one.
const EDGE: f64 = 1e-4;

/// Nominal levels, and for each the level to ask a distribution for, so that what it covers is what was promised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WorkingLevels {
    nominal: Vec<f64>,
    working: Vec<f64>,
}

impl WorkingLevels {
    /// One working level per nominal level, both ascending and in (0, 1). Working levels learnt one by one may cross; sorted
    /// ones serve every nominal level at least as well.
    pub fn new(nominal: &[f64], mut working: Vec<f64>) -> WorkingLevels {
        working.sort_by(f64::total_cmp);
        WorkingLevels { nominal: nominal.to_vec(), working }
    }

    /// The levels to ask a distribution for, ascending, so that its quantiles never cross.
    pub fn working(&self) -> &[f64] {
        &self.working
    }

    /// The working level for any nominal level: between the known ones by interpolation of normal scores, outside by the
    /// shift of the nearest.
    pub fn working_level(&self, nominal: f64) -> f64 {
        let score = normal_score(nominal);
        let shift_at = |i: usize| normal_score(self.working[i]) - normal_score(self.nominal[i]);
        let above = self.nominal.partition_point(|level| *level < nominal);
        let shift = match (above.checked_sub(1), above < self.nominal.len()) {
            (None, false) => 0.0,
            (None, true) => shift_at(above),
            (Some(below), false) => shift_at(below),
            (Some(below), true) => {
                let (low, high) = (normal_score(self.nominal[below]), normal_score(self.nominal[above]));
                let share = if high > low { (score - low) / (high - low) } else { 0.0 };
                shift_at(below) + share * (shift_at(above) - shift_at(below))
            }
        };
        Normal::standard().cdf(score + shift).clamp(EDGE, 1.0 - EDGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_level_lies_between_its_neighbours() {
        let levels = WorkingLevels::new(&[0.5, 0.9], vec![0.55, 0.95]);
        let between = levels.working_level(0.75);
        assert!(0.55 < between && between < 0.95 && between > 0.75);
        assert!((levels.working_level(0.9) - 0.95).abs() < 1e-6);
        assert_eq!(WorkingLevels::new(&[], Vec::new()).working_level(0.5), 0.5);
    }

    #[test]
    fn levels_that_cross_are_sorted() {
        assert_eq!(WorkingLevels::new(&[0.5, 0.9], vec![0.9, 0.6]).working(), [0.6, 0.9]);
    }
}
