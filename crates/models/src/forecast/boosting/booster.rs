//! The sequence of trees.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::{BinnedMatrix, Bins};
use super::growth::{Ground, Leaf, grow};
use super::histogram::{CutRules, pack};
use super::loss::{Loss, weighted_quantile};
use super::tree::Tree;
use super::{BoostingSettings, mixed, refused};
use crate::forecast::series::MethodError;

/// Largest whole first derivative; fewer when there are so many rows that their sum would leave 31 bits.
const FINEST: f64 = 32_767.0;
/// Rows handled by one thread at a time.
const CHUNK: usize = 4096;
/// λ: added to the weight of a leaf, which draws its value towards zero.
const L2: f64 = 1.0;
/// Share of the features drawn for each tree.
const COLUMN_FRACTION: f64 = 0.7;
/// Most cuts between root and leaf.
const MAX_DEPTH: usize = 32;
/// Smallest fall of the loss worth a cut.
const MIN_GAIN: f64 = 1e-9;

/// Rows to learn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrainingRows<'a> {
    /// Binned features.
    pub matrix: &'a BinnedMatrix,
    /// Target per row.
    pub targets: &'a [f32],
    /// Weight per row, not negative.
    pub weights: &'a [f32],
}

/// A fitted sequence of trees. The cuts of its features stay with the caller: several boosters share them.
///
/// Score of a row: the constant and one leaf value per tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booster {
    constant: f64,
    trees: Vec<Tree>,
}

impl Booster {
    /// Grows trees on `training`, whose features `bins` cut.
    ///
    /// # Errors
    /// Lengths that differ, a target or weight that is not finite, a negative weight, or no rows.
    pub fn fit(bins: &Bins, training: TrainingRows, settings: &BoostingSettings) -> Result<Booster, MethodError> {
        check_rows(bins, &training)?;
        let mut pairs: Vec<(f32, f32)> =
            training.targets.iter().copied().zip(training.weights.iter().copied()).collect();
        let constant = weighted_quantile(&mut pairs, settings.loss.level());
        let mut scores = vec![constant as f32; training.targets.len()];
        let trees = (0..settings.n_trees)
            .map(|round| grow_tree(bins, &training, &mut scores, settings, round as u64))
            .collect();
        Ok(Booster { constant, trees })
    }

    /// The forecast for one row of bins, as [`Bins::bin_row`] gives them.
    pub fn predict(&self, bins: &[u8]) -> f64 {
        let bin_of = |feature: usize| bins.get(feature).copied().unwrap_or(0);
        self.trees.iter().fold(self.constant, |sum, tree| sum + f64::from(tree.value(bin_of)))
    }
}

/// Adds a tree to the scores of the rows that are not marked in `skip`.
fn add_tree(tree: &Tree, matrix: &BinnedMatrix, scores: &mut [f32], skip: &[bool]) {
    scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
        for (offset, score) in scores.iter_mut().enumerate() {
            let row = chunk * CHUNK + offset;
            if !skip[row] {
                *score += tree.value_in(matrix, row);
            }
        }
    });
}

/// One round: derivatives, drawn rows and features, shape, leaf values, scores.
fn grow_tree(
    bins: &Bins,
    training: &TrainingRows,
    scores: &mut [f32],
    settings: &BoostingSettings,
    round: u64,
) -> Tree {
    let seed = mixed(settings.seed, round);
    let (is_drawn, mut rows) = draw_rows(scores.len(), settings.row_fraction, seed);
    let features = draw_features(bins, seed);
    let whole = WholeDerivatives::of(training, scores, settings.loss, rows.len(), seed);
    let count = rows.len().max(1) as f64;
    let second_total: f64 = rows.iter().map(|row| super::histogram::second(whole.packed[*row as usize]) as f64).sum();
    let min_second = (settings.min_rows_per_leaf.max(1) as f64 * second_total / count).ceil().max(1.0) as i64;
    let l2 = L2 / whole.second_unit;
    let shape = grow(
        &Ground {
            bins,
            matrix: training.matrix,
            packed: &whole.packed,
            features: &features,
            rules: CutRules { min_second, l2, min_gain: MIN_GAIN },
            max_leaves: settings.max_leaves,
            max_depth: MAX_DEPTH,
        },
        &mut rows,
    );
    let values = shape.leaves.par_iter().map(|leaf| leaf_answer(leaf, &rows, training, scores, settings)).collect();
    let tree = Tree { nodes: shape.nodes, values };
    for (leaf, value) in shape.leaves.iter().zip(&tree.values) {
        for row in &rows[leaf.start..leaf.end] {
            scores[*row as usize] += value;
        }
    }
    if rows.len() < scores.len() {
        add_tree(&tree, training.matrix, scores, &is_drawn);
    }
    tree
}

/// Every row with its own draw, so that the draw depends on nothing but seed and row number.
fn draw_rows(n_rows: usize, fraction: f64, seed: u64) -> (Vec<bool>, Vec<u32>) {
    let limit = (fraction * u64::MAX as f64) as u64;
    let is_drawn: Vec<bool> = (0..n_rows as u64).map(|row| mixed(seed, row) <= limit).collect();
    let rows: Vec<u32> = (0..n_rows as u32).filter(|row| is_drawn[*row as usize]).collect();
    if rows.is_empty() { (vec![true; n_rows], (0..n_rows as u32).collect()) } else { (is_drawn, rows) }
}

/// A share of the features, ascending.
fn draw_features(bins: &Bins, seed: u64) -> Vec<usize> {
    let mut features: Vec<usize> = (0..bins.n_features()).collect();
    let wanted = ((features.len() as f64 * COLUMN_FRACTION).ceil() as usize).clamp(1, features.len());
    let mut random = Pcg64::seed_from_u64(seed);
    for at in 0..wanted {
        let other = random.random_range(at as u64..features.len() as u64) as usize;
        features.swap(at, other);
    }
    features.truncate(wanted);
    features.sort_unstable();
    features
}

/// Derivatives as whole numbers, in units that use up to 16 bits. The second derivative of a row is its weight.
struct WholeDerivatives {
    packed: Vec<i64>,
    /// Second derivative per whole unit.
    second_unit: f64,
}

impl WholeDerivatives {
    fn of(training: &TrainingRows, scores: &[f32], loss: Loss, n_drawn: usize, seed: u64) -> Self {
        let pairs: Vec<(f32, f32)> = scores
            .par_iter()
            .enumerate()
            .map(|(row, score)| {
                let weight = training.weights[row];
                let first = loss.derivative(f64::from(training.targets[row]), f64::from(*score));
                ((f64::from(weight) * first) as f32, weight)
            })
            .collect();
        let largest = |values: fn(&(f32, f32)) -> f32| {
            f64::from(pairs.par_iter().map(|pair| values(pair).abs()).reduce(|| 0.0, f32::max))
        };
        let finest = FINEST.min((f64::from(i32::MAX) / n_drawn.max(1) as f64).floor() - 1.0).max(1.0);
        let first_unit = (largest(|pair| pair.0) / finest).max(f64::MIN_POSITIVE);
        let second_unit = (largest(|pair| pair.1) / finest).max(f64::MIN_POSITIVE);
        let packed = pairs
            .par_iter()
            .enumerate()
            .map(|(row, (first, second))| {
                // Stochastic rounding keeps sums unbiased: up with a chance equal to the fraction cut off.
                let chance = mixed(seed ^ 0x5DEE_CE66, row as u64);
                let (low, high) = (f64::from(chance as u32), f64::from((chance >> 32) as u32));
                let first = (f64::from(*first) / first_unit + low / 4_294_967_296.0).floor() as i64;
                let second = (f64::from(*second) / second_unit + high / 4_294_967_296.0).floor() as i64;
                pack(first, second)
            })
            .collect();
        WholeDerivatives { packed, second_unit }
    }
}

/// A leaf's value: the quantile of its errors, drawn towards zero by λ.
fn leaf_answer(leaf: &Leaf, rows: &[u32], training: &TrainingRows, scores: &[f32], settings: &BoostingSettings) -> f32 {
    let members = rows[leaf.start..leaf.end].iter().map(|row| *row as usize);
    let mut errors: Vec<(f32, f32)> =
        members.map(|row| (training.targets[row] - scores[row], training.weights[row])).collect();
    let total: f64 = errors.iter().map(|pair| f64::from(pair.1)).sum();
    let shrunk = if total > 0.0 { total / (total + L2) } else { 0.0 };
    (weighted_quantile(&mut errors, settings.loss.level()) * shrunk * settings.learning_rate) as f32
}

fn check_rows(bins: &Bins, rows: &TrainingRows) -> Result<(), MethodError> {
    let n = rows.matrix.n_rows();
    if n == 0 || n > i32::MAX as usize {
        return Err(refused(format!("found {n} rows, allowed are 1 to {}", i32::MAX)));
    }
    if rows.matrix.n_features() != bins.n_features() || bins.n_features() == 0 {
        let (found, needed) = (rows.matrix.n_features(), bins.n_features());
        return Err(refused(format!("found {found} features in the rows, the cuts have {needed}")));
    }
    if rows.targets.len() != n || rows.weights.len() != n {
        return Err(refused(format!(
            "found {} targets and {} weights for {n} rows, which need one each",
            rows.targets.len(),
            rows.weights.len()
        )));
    }
    if let Some(row) = rows.targets.iter().position(|y| !y.is_finite()) {
        return Err(refused(format!("target of row {row}: found {}, allowed are finite numbers", rows.targets[row])));
    }
    if let Some(row) = rows.weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
        return Err(refused(format!("weight of row {row}: allowed are finite numbers from 0 on")));
    }
    Ok(())
}
