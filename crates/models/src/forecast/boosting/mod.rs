//! Gradient-boosted trees on histograms: many weak regression trees, each fitted to what the ones before it missed.
//!
//! Written for demand: absolute and quantile loss with refitted leaves, and missing values with a learnt direction. Small: one
//! byte per cell and eight bytes per row for the gradients.
//!
//! | file | what it holds |
//! |---|---|
//! | `bins.rs` | features cut into at most 255 bins, bin 0 for missing |
//! | `loss.rs` | gradients of a loss, and the quantile that a leaf takes |
//! | `histogram.rs` | sums of gradients per bin, and the best cut of one feature |
//! | `growth.rs` | one tree, leaf by leaf |
//! | `tree.rs` | a grown tree |
//! | `booster.rs` | the sequence of trees: fit and forecast |
//!
//! Sources: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29 (2001),
//! 1189-1232 (leaves refitted under absolute loss: section 4.3); Ke et al., "LightGBM", NeurIPS 2017 (histograms, leaf-wise
//! growth, subtraction); Shi et al., "Quantized training of gradient boosting decision trees", NeurIPS 2022 (whole-number
//! gradients with stochastic rounding). Whole numbers add exactly in any order: the thread count cannot change a byte.

mod bins;
mod booster;
mod growth;
mod histogram;
mod loss;
mod tree;

pub(crate) use bins::{BinnedMatrix, Bins};
pub(crate) use booster::{Booster, TrainingRows};
pub(crate) use loss::Loss;

use crate::forecast::series::MethodError;

/// How a [`Booster`] is grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoostingSettings {
    /// What a forecast error costs.
    pub loss: Loss,
    /// Trees to grow.
    pub n_trees: usize,
    /// Share of each tree's answer that is taken, in (0, 1].
    pub learning_rate: f64,
    /// Most leaves per tree, at least 2.
    pub max_leaves: usize,
    /// Fewest rows in a leaf, each counted by its weight over the mean weight.
    pub min_rows_per_leaf: usize,
    /// Share of the rows drawn, without replacement, for each tree, in (0, 1).
    pub row_fraction: f64,
    /// Seed of the drawn rows and features.
    pub seed: u64,
}

impl Default for BoostingSettings {
    /// Absolute loss, 300 trees of 63 leaves, a twentieth of each.
    fn default() -> Self {
        BoostingSettings {
            loss: Loss::Absolute,
            n_trees: 300,
            learning_rate: 0.05,
            max_leaves: 63,
            min_rows_per_leaf: 50,
            row_fraction: 0.8,
            seed: 0,
        }
    }
}

impl BoostingSettings {
    /// `haste` times fewer trees that take as much larger steps: ranks and errors stay, time does not.
    pub(crate) fn hasty(&self, haste: usize) -> Self {
        let learning_rate = (self.learning_rate * haste as f64).min(1.0);
        Self { n_trees: self.n_trees.div_ceil(haste), learning_rate, ..*self }
    }
}

/// Why a booster cannot be fitted or asked.
pub(crate) fn refused(reason: impl Into<String>) -> MethodError {
    MethodError::Fit { method: "gbm", reason: reason.into() }
}

/// A well-mixed number in 0..2^64 from a seed and a counter (splitmix64; Steele, Lea and Flood, OOPSLA 2014).
pub(crate) fn mixed(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
#[path = "boosting_tests.rs"]
mod tests;
