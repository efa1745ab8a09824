//! The levels to ask a distribution of counts for, so that its quantiles cost least, by how much a series is expected to sell.
//!
//! Slow sellers turn out faster than their past says, fast ones slower: series are found at the ends of the range by
//! chance, too. One correction for all of them would be too small for the first and too large for the others.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::pmf::CountPmf;
use super::working_levels::WorkingLevels;
use crate::forecast::distributions::normal_score;

/// Levels at which the constants of a group are judged.
pub(super) const JUDGED_LEVELS: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/// Shifts of the normal score of a level that are tried; ascending.
const SHIFTS: [f64; 15] = [-1.2, -1.05, -0.9, -0.75, -0.6, -0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
/// Where in [`SHIFTS`] nothing is shifted.
const UNSHIFTED: usize = 8;
/// Fewest outcomes that levels are learnt from.
const LEAST_OUTCOMES: f64 = 1_000.0;
/// Most ranges of rates.
const MOST_RANGES: usize = 8;

/// Working levels by expected demand per period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RateLevels {
    /// Where each range of rates ends and the next begins; ascending.
    ends: Vec<f64>,
    /// One more than there are ends.
    levels: Vec<WorkingLevels>,
}

impl RateLevels {
    /// Levels as they are named, whatever the rate.
    pub fn nominal() -> Self {
        Self { ends: Vec::new(), levels: vec![WorkingLevels::new(&JUDGED_LEVELS, JUDGED_LEVELS.to_vec())] }
    }

    /// Those of a series that is expected to sell `rate` a period.
    pub fn of(&self, rate: f64) -> &WorkingLevels {
        &self.levels[self.ends.partition_point(|end| *end <= rate).min(self.levels.len() - 1)]
    }

    /// Ranges with as many outcomes each; in each, the levels with the smallest loss among those that covered at least what was
    /// promised.
    pub fn learnt(mut trials: Vec<Trial>) -> Self {
        trials.retain(|trial| trial.count > 0.0);
        trials.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        let outcomes: f64 = trials.iter().map(|trial| trial.count).sum();
        let wanted = ((outcomes / LEAST_OUTCOMES) as usize).clamp(1, MOST_RANGES) as f64;
        let (mut ends, mut sums, mut seen) = (Vec::new(), vec![Trial::default()], 0.0);
        for trial in &trials {
            if seen >= outcomes / wanted * sums.len() as f64 && sums.len() < wanted as usize {
                ends.push(trial.rate());
                sums.push(Trial::default());
            }
            seen += trial.count;
            if let Some(sum) = sums.last_mut() {
                sum.merge(trial);
            }
        }
        Self { ends, levels: sums.iter().map(Trial::working_levels).collect() }
    }
}

/// Losses and coverage of every judged level at every shift of its normal score.
#[derive(Clone, Default)]
pub(super) struct Trial {
    loss: [[f64; SHIFTS.len()]; JUDGED_LEVELS.len()],
    covered: [[f64; SHIFTS.len()]; JUDGED_LEVELS.len()],
    count: f64,
    /// Sum of the expected demand per period.
    expected: f64,
}

impl Trial {
    /// One outcome: the demand of `length` periods, and what was said of it.
    pub fn add(&mut self, pmf: &CountPmf, length: usize, actual: f64, scale: f64) {
        self.count += 1.0;
        self.expected += pmf.mean() / length as f64;
        for (i, level) in JUDGED_LEVELS.iter().enumerate() {
            for (j, quantile) in pmf.quantiles(&shifted(*level)).iter().enumerate() {
                self.loss[i][j] += pinball(actual, *quantile, *level) / scale;
                self.covered[i][j] += f64::from(u8::from(actual <= *quantile));
            }
        }
    }

    fn rate(&self) -> f64 {
        self.expected / self.count
    }

    fn merge(&mut self, other: &Trial) {
        self.count += other.count;
        self.expected += other.expected;
        for i in 0..JUDGED_LEVELS.len() {
            for j in 0..SHIFTS.len() {
                self.loss[i][j] += other.loss[i][j];
                self.covered[i][j] += other.covered[i][j];
            }
        }
    }

    fn working_levels(&self) -> WorkingLevels {
        // Below the median demand is mostly nothing, and a shift of its own would follow chance: it takes that of the median.
        let median = JUDGED_LEVELS.iter().position(|level| *level >= 0.5).unwrap_or(0);
        let working = JUDGED_LEVELS.iter().enumerate().map(|(i, level)| {
            let (asked, i) = (level, i.max(median));
            let level = &JUDGED_LEVELS[i];
            let kept = (0..SHIFTS.len()).filter(|j| *j >= UNSHIFTED || self.covered[i][*j] >= level * self.count);
            let best = kept.min_by(|a, b| self.loss[i][*a].total_cmp(&self.loss[i][*b]));
            best.map_or(*asked, |j| shifted(*asked)[j])
        });
        WorkingLevels::new(&JUDGED_LEVELS, working.collect())
    }
}

/// What a quantile forecast of a level costs.
pub(super) fn pinball(actual: f64, quantile: f64, level: f64) -> f64 {
    if actual >= quantile { level * (actual - quantile) } else { (1.0 - level) * (quantile - actual) }
}

fn shifted(level: f64) -> [f64; SHIFTS.len()] {
    let score = normal_score(level);
    SHIFTS.map(|shift| Normal::standard().cdf(score + shift))
}
