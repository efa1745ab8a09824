//! Levels that follow the coverage they had: adaptive conformal inference, one small state per series or group.

use serde::{Deserialize, Serialize};

use super::count_distribution::normal_score;
use statrs::distribution::{ContinuousCDF, Normal};

/// Working levels stay this far from zero and one.
const EDGE: f64 = 1e-4;

/// Nominal levels, and the levels to ask a distribution for so that coverage comes out nominal.
///
/// After every outcome, working level q ← q + γ (τ - 1\[y <= forecast\]): a quantile that covered falls by γ (1 - τ),
/// one that was exceeded rises by γ τ, so that in the long run it covers τ of outcomes whatever the data do. Gibbs and
/// Candès, "Adaptive conformal inference under distribution shift", Advances in Neural Information Processing Systems
/// 34 (2021), equation 2, per one-sided level. The state is the vector of working levels: one update a night, no refit.
///
/// Near the ends a level is worth more than its distance: level τ moves at the rate 4 τ (1 - τ) γ, so
/// that .99 is not driven to its edge by one miss.
///
/// ```
/// use nightclerk_models::forecast::adaptive::AdaptiveLevels;
/// let mut levels = AdaptiveLevels::new(&[0.5, 0.9], 0.05);
/// levels.update(&[true, false]); // demand between the two quantiles
/// assert!(levels.working()[0] < 0.5 && levels.working()[1] > 0.9);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveLevels {
    nominal: Vec<f64>,
    working: Vec<f64>,
    rate: f64,
}

impl AdaptiveLevels {
    /// Starts at the nominal levels (ascending; those outside (0, 1) are dropped). `rate` γ is kept in \[0, 1\]; about 0.01
    /// for a nightly series, more for a group whose coverage is averaged.
    pub fn new(levels: &[f64], rate: f64) -> AdaptiveLevels {
        let nominal = super::quantiles::clean_levels(levels);
        let rate = if rate.is_finite() { rate.clamp(0.0, 1.0) } else { 0.0 };
        AdaptiveLevels { working: nominal.clone(), nominal, rate }
    }

    /// With working levels learnt elsewhere, one per nominal level (both ascending, all in (0, 1)).
    pub(crate) fn starting_at(nominal: &[f64], mut working: Vec<f64>, rate: f64) -> AdaptiveLevels {
        working.sort_by(f64::total_cmp);
        AdaptiveLevels { nominal: nominal.to_vec(), working, rate }
    }

    /// The levels promised.
    pub fn nominal(&self) -> &[f64] {
        &self.nominal
    }

    /// The levels to ask a distribution for, ascending, so that its quantiles never cross.
    pub fn working(&self) -> &[f64] {
        &self.working
    }

    /// Takes in one outcome: whether it was at or below the quantile forecast, per nominal level.
    pub fn update(&mut self, covered: &[bool]) {
        let shares: Vec<f64> = covered.iter().map(|covered| f64::from(u8::from(*covered))).collect();
        self.update_with_shares(&shares);
    }

    /// Takes in one night of a group: the share of its outcomes at or below their quantile, per nominal level. A share that is not
    /// a number changes nothing.
    pub fn update_with_shares(&mut self, covered: &[f64]) {
        for ((working, nominal), covered) in self.working.iter_mut().zip(&self.nominal).zip(covered) {
            if covered.is_finite() {
                let rate = self.rate * 4.0 * nominal * (1.0 - nominal);
                *working = (*working + rate * (nominal - covered.clamp(0.0, 1.0))).clamp(EDGE, 1.0 - EDGE);
            }
        }
        // Levels learnt one by one may cross; sorted ones serve every nominal level at least as well.
        self.working.sort_by(f64::total_cmp);
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
#[path = "adaptive_tests.rs"]
mod tests;
