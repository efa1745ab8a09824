//! The sequence of trees.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::{BinnedMatrix, Bins};
use super::growth::{Ground, Leaf, grow};
use super::histogram::{CutRules, pack};
use super::loss::{Loss, weighted_quantile};
use super::tree::{Tree, make_monotone};
use super::{BoostingSettings, mixed, refused};
use crate::forecast::MethodError;

/// Largest whole first derivative; fewer when there are so many rows that their sum would leave 31 bits.
const FINEST: f64 = 32_767.0;
/// Rows handled by one thread at a time.
const CHUNK: usize = 4096;

/// Rows to learn from, or to watch the loss on.
#[derive(Clone, Copy, Debug)]
pub struct TrainingRows<'a> {
    /// Binned features.
    pub matrix: &'a BinnedMatrix,
    /// Target per row; not negative under Poisson and Tweedie loss.
    pub targets: &'a [f32],
    /// Weight per row, not negative; `None` = all equal.
    pub weights: Option<&'a [f32]>,
}

/// A fitted sequence of trees.
///
/// ```
/// use nightclerk_models::forecast::boosting::*;
/// // y = 10 from x = 5 on, else 2
/// let x: Vec<f32> = (0..200).map(|i| (i % 10) as f32).collect();
/// let y: Vec<f32> = x.iter().map(|x| if *x >= 5.0 { 10.0 } else { 2.0 }).collect();
/// let bins = Bins::from_columns(&[&x], 255);
/// let matrix = BinnedMatrix::from_columns(&bins, &[&x]);
/// let settings = BoostingSettings { min_rows_per_leaf: 5, learning_rate: 0.5, n_trees: 40, ..Default::default() };
/// let rows = TrainingRows { matrix: &matrix, targets: &y, weights: None };
/// let booster = Booster::fit(&bins, rows, None, &settings)?;
/// assert!((booster.predict_row(&[7.0]) - 10.0).abs() < 0.1 && (booster.predict_row(&[3.0]) - 2.0).abs() < 0.1);
/// # Ok::<(), nightclerk_models::forecast::MethodError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booster {
    bins: Bins,
    loss: Loss,
    constant: f64,
    trees: Vec<Tree>,
}

impl Booster {
    /// Grows trees on `training`; with `validation` and a patience, keeps those up to the best validation loss.
    ///
    /// # Errors
    /// Lengths that differ, a target or weight that is not finite or is negative where it must not be, settings out of
    /// their range, or no rows.
    pub fn fit(
        bins: &Bins,
        training: TrainingRows,
        validation: Option<TrainingRows>,
        settings: &BoostingSettings,
    ) -> Result<Booster, MethodError> {
        check_settings(settings, bins)?;
        check_rows(bins, &training, settings.loss)?;
        if let Some(validation) = &validation {
            check_rows(bins, validation, settings.loss)?;
        }
        let constant = settings.loss.constant(training.targets, training.weights);
        let mut booster = Booster { bins: bins.clone(), loss: settings.loss, constant, trees: Vec::new() };
        let mut scores = vec![constant as f32; training.targets.len()];
        let mut watched = validation.map(|rows| Watched::new(rows, constant));
        for round in 0..settings.n_trees {
            let tree = grow_tree(bins, &training, &mut scores, settings, round as u64);
            let is_idle = tree.nodes.is_empty() && settings.row_fraction >= 1.0 && settings.column_fraction >= 1.0;
            if let Some(watched) = &mut watched {
                watched.add(&tree, settings.loss, round);
            }
            booster.trees.push(tree);
            let is_over =
                watched.as_ref().is_some_and(|w| settings.patience > 0 && round >= w.best_round + settings.patience);
            if is_idle || is_over {
                break;
            }
        }
        if let Some(watched) = watched.filter(|_| settings.patience > 0) {
            booster.trees.truncate(watched.best_round + 1);
        }
        Ok(booster)
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// The cuts of the features.
    pub fn bins(&self) -> &Bins {
        &self.bins
    }

    /// The forecast for one row of features (`NaN` = missing; features beyond the row's length are missing).
    pub fn predict_row(&self, row: &[f32]) -> f64 {
        let mut bins = vec![0; self.bins.n_features()];
        self.bins.bin_row(row, &mut bins);
        self.predict_binned(&bins)
    }

    /// The forecast for one row of bins, as [`Bins::bin_row`] gives them.
    pub fn predict_binned(&self, bins: &[u8]) -> f64 {
        let bin_of = |feature: usize| bins.get(feature).copied().unwrap_or(0);
        let score = self.trees.iter().fold(self.constant, |sum, tree| sum + f64::from(tree.value(bin_of)));
        self.loss.response(score)
    }

    /// How often each feature is cut on, weighted by nothing: a first look at what matters.
    pub fn cuts_per_feature(&self) -> Vec<usize> {
        let mut counts = vec![0; self.bins.n_features()];
        for node in self.trees.iter().flat_map(|tree| &tree.nodes) {
            counts[node.feature as usize] += 1;
        }
        counts
    }
}

/// Rows on which the loss is watched.
struct Watched<'a> {
    rows: TrainingRows<'a>,
    scores: Vec<f32>,
    best_round: usize,
    best_loss: f64,
}

impl<'a> Watched<'a> {
    fn new(rows: TrainingRows<'a>, constant: f64) -> Self {
        Watched { scores: vec![constant as f32; rows.targets.len()], rows, best_round: 0, best_loss: f64::INFINITY }
    }

    fn add(&mut self, tree: &Tree, loss: Loss, round: usize) {
        add_tree(tree, self.rows.matrix, &mut self.scores, None);
        let total: f64 = (0..self.scores.len())
            .map(|row| {
                let weight = self.rows.weights.map_or(1.0, |weights| f64::from(weights[row]));
                weight * loss.value(f64::from(self.rows.targets[row]), f64::from(self.scores[row]))
            })
            .sum();
        if total < self.best_loss {
            (self.best_loss, self.best_round) = (total, round);
        }
    }
}

/// Adds a tree to the scores; with `skip`, only to rows not marked in it.
fn add_tree(tree: &Tree, matrix: &BinnedMatrix, scores: &mut [f32], skip: Option<&[bool]>) {
    scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
        for (offset, score) in scores.iter_mut().enumerate() {
            let row = chunk * CHUNK + offset;
            if skip.is_none_or(|skip| !skip[row]) {
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
    let features = draw_features(bins, settings.column_fraction, seed);
    let whole = WholeDerivatives::of(training, scores, settings.loss, rows.len(), seed);
    let count = rows.len().max(1) as f64;
    let second_total: f64 = rows.iter().map(|row| super::histogram::second(whole.packed[*row as usize]) as f64).sum();
    let min_second = (settings.min_rows_per_leaf.max(1) as f64 * second_total / count).ceil().max(1.0) as i64;
    let l2 = settings.l2 / whole.second_unit;
    let shape = grow(
        &Ground {
            bins,
            matrix: training.matrix,
            packed: &whole.packed,
            features: &features,
            monotone: &settings.monotone,
            rules: CutRules { min_second, l2, min_gain: 1e-9 },
            max_leaves: settings.max_leaves,
            max_depth: settings.max_depth,
        },
        &mut rows,
    );
    let values = shape.leaves.par_iter().map(|leaf| leaf_answer(leaf, &rows, training, scores, settings)).collect();
    let mut tree = Tree { nodes: shape.nodes, values };
    make_monotone(&mut tree, &settings.monotone);
    for (leaf, value) in shape.leaves.iter().zip(&tree.values) {
        for row in &rows[leaf.start..leaf.end] {
            scores[*row as usize] += value;
        }
    }
    if rows.len() < scores.len() {
        add_tree(&tree, training.matrix, scores, Some(&is_drawn));
    }
    tree
}

/// Every row with its own draw, so that the draw depends on nothing but seed and row number.
fn draw_rows(n_rows: usize, fraction: f64, seed: u64) -> (Vec<bool>, Vec<u32>) {
    if fraction >= 1.0 {
        return (Vec::new(), (0..n_rows as u32).collect());
    }
    let limit = (fraction * u64::MAX as f64) as u64;
    let is_drawn: Vec<bool> = (0..n_rows as u64).map(|row| mixed(seed, row) <= limit).collect();
    let rows: Vec<u32> = (0..n_rows as u32).filter(|row| is_drawn[*row as usize]).collect();
    if rows.is_empty() { (vec![true; n_rows], (0..n_rows as u32).collect()) } else { (is_drawn, rows) }
}

/// Features with more than one value bin or with missing values, a share of them, ascending.
fn draw_features(bins: &Bins, fraction: f64, seed: u64) -> Vec<usize> {
    let mut features: Vec<usize> = (0..bins.n_features()).collect();
    let wanted = ((features.len() as f64 * fraction).ceil() as usize).clamp(1, features.len());
    let mut random = Pcg64::seed_from_u64(seed);
    for at in 0..wanted {
        let other = random.random_range(at as u64..features.len() as u64) as usize;
        features.swap(at, other);
    }
    features.truncate(wanted);
    features.sort_unstable();
    features
}

/// Derivatives as whole numbers: first in units that use up to 16 bits, second likewise (or 1 each).
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
                let (first, second) = loss.derivatives(f64::from(training.targets[row]), f64::from(*score));
                let weight = training.weights.map_or(1.0, |weights| f64::from(weights[row]));
                ((weight * first) as f32, (weight * second) as f32)
            })
            .collect();
        let largest = |values: fn(&(f32, f32)) -> f32| {
            f64::from(pairs.par_iter().map(|pair| values(pair).abs()).reduce(|| 0.0, f32::max))
        };
        let finest = FINEST.min((f64::from(i32::MAX) / n_drawn.max(1) as f64).floor() - 1.0).max(1.0);
        let first_unit = (largest(|pair| pair.0) / finest).max(f64::MIN_POSITIVE);
        let is_unit = loss.has_unit_curvature() && training.weights.is_none();
        let second_unit = if is_unit { 1.0 } else { (largest(|pair| pair.1) / finest).max(f64::MIN_POSITIVE) };
        let packed = pairs
            .par_iter()
            .enumerate()
            .map(|(row, (first, second))| {
                // Stochastic rounding keeps sums unbiased: up with a chance equal to the fraction cut off.
                let chance = mixed(seed ^ 0x5DEE_CE66, row as u64);
                let (low, high) = (f64::from(chance as u32), f64::from((chance >> 32) as u32));
                let first = (f64::from(*first) / first_unit + low / 4_294_967_296.0).floor() as i64;
                let second = if is_unit {
                    1
                } else {
                    (f64::from(*second) / second_unit + high / 4_294_967_296.0).floor() as i64
                };
                pack(first, second)
            })
            .collect();
        WholeDerivatives { packed, second_unit }
    }
}

/// A leaf's value: the quantile of its errors where the loss is one, else Newton's step; both drawn towards zero by λ.
fn leaf_answer(leaf: &Leaf, rows: &[u32], training: &TrainingRows, scores: &[f32], settings: &BoostingSettings) -> f32 {
    let weight = |row: usize| training.weights.map_or(1.0, |weights| weights[row]);
    let members = rows[leaf.start..leaf.end].iter().map(|row| *row as usize);
    if let Some(level) = settings.loss.leaf_quantile() {
        let mut errors: Vec<(f32, f32)> =
            members.map(|row| (training.targets[row] - scores[row], weight(row))).collect();
        let total: f64 = errors.iter().map(|pair| f64::from(pair.1)).sum();
        let shrunk = if total > 0.0 { total / (total + settings.l2) } else { 0.0 };
        return (weighted_quantile(&mut errors, level) * shrunk * settings.learning_rate) as f32;
    }
    let (first, second) = members.fold((0.0, 0.0), |(first, second), row| {
        let (g, h) = settings.loss.derivatives(f64::from(training.targets[row]), f64::from(scores[row]));
        let w = f64::from(weight(row));
        (first + w * g, second + w * h)
    });
    let step = if second + settings.l2 > 0.0 { -first / (second + settings.l2) } else { 0.0 };
    // Under a logarithm an early step of a leaf full of zeros would run away.
    let step = if settings.loss.has_log_link() { step.clamp(-4.0, 4.0) } else { step };
    (step * settings.learning_rate) as f32
}

fn check_settings(settings: &BoostingSettings, bins: &Bins) -> Result<(), MethodError> {
    if let Some(problem) = settings.loss.problem() {
        return Err(refused(problem));
    }
    let share = |name: &str, value: f64| {
        if value > 0.0 && value <= 1.0 {
            Ok(())
        } else {
            Err(refused(format!("{name}: found {value}, allowed is more than 0 and at most 1")))
        }
    };
    share("learning_rate", settings.learning_rate)?;
    share("row_fraction", settings.row_fraction)?;
    share("column_fraction", settings.column_fraction)?;
    if settings.max_leaves < 2 || settings.max_leaves > 65_536 {
        return Err(refused(format!("max_leaves: found {}, allowed are 2 to 65536", settings.max_leaves)));
    }
    if !(settings.l2 >= 0.0 && settings.l2.is_finite()) {
        return Err(refused(format!("l2: found {}, allowed are 0 and more", settings.l2)));
    }
    if bins.n_features() == 0 {
        return Err(refused("found no features, needs at least one"));
    }
    Ok(())
}

fn check_rows(bins: &Bins, rows: &TrainingRows, loss: Loss) -> Result<(), MethodError> {
    let n = rows.matrix.n_rows();
    if n == 0 || n > i32::MAX as usize {
        return Err(refused(format!("found {n} rows, allowed are 1 to {}", i32::MAX)));
    }
    if rows.matrix.n_features() != bins.n_features() {
        let (found, needed) = (rows.matrix.n_features(), bins.n_features());
        return Err(refused(format!("found {found} features in the rows, the cuts have {needed}")));
    }
    if rows.targets.len() != n || rows.weights.is_some_and(|weights| weights.len() != n) {
        return Err(refused(format!(
            "found {} targets for {n} rows; targets and weights need one each",
            rows.targets.len()
        )));
    }
    let is_wrong = |y: &f32| !y.is_finite() || (loss.has_log_link() && *y < 0.0);
    if let Some(row) = rows.targets.iter().position(is_wrong) {
        return Err(refused(format!(
            "target of row {row}: found {}, allowed are finite numbers (not negative under a logarithm)",
            rows.targets[row]
        )));
    }
    if let Some(row) = rows.weights.and_then(|weights| weights.iter().position(|w| !w.is_finite() || *w < 0.0)) {
        return Err(refused(format!("weight of row {row}: allowed are finite numbers from 0 on")));
    }
    Ok(())
}
