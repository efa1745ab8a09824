//! Effects of columns on what a series shows, drawn to those of all series.

use rayon::prelude::*;

use crate::forecast::linear_algebra::{factor, solve_positive_definite, substitute};

/// Errors beyond so many typical ones pull no stronger (Huber).
const HUBER: f64 = 1.5;
const ROUNDS: usize = 3;
const EM_ROUNDS: usize = 8;
/// No variance of effects between series is smaller; the first guess is the square of half of the common effect, and this.
const SMALLEST_SPREAD: f64 = 1e-8;
const FIRST_SPREAD: f64 = 1e-6;
/// Mean size of a normal error, as a share of its standard deviation, inverted.
const SIZE_TO_DEVIATION: f64 = 1.253_314_137_315_500_3;

/// What a series shows of the effects: periods against those around them.
pub(super) struct Seen {
    /// Mean of each column.
    pub means: Vec<f64>,
    /// By how many periods each lies before the end of the panel.
    pub before: Vec<usize>,
    /// The period against those around it, and its columns: periods x columns.
    pub y: Vec<f64>,
    pub x: Vec<f64>,
}

impl Seen {
    /// Periods.
    pub fn len(&self) -> usize {
        self.y.len()
    }
}

/// What the effects say of one row.
pub(super) fn explained(seen: &Seen, row: usize, active: &[usize], effects: &[f64]) -> f64 {
    let p = seen.means.len();
    active.iter().zip(effects).map(|(at, effect)| seen.x[row * p + at] * effect).sum()
}

/// Sums over rows of one series, in units of its own variance.
#[derive(Clone)]
pub(super) struct Moments {
    gram: Vec<f64>,
    cross: Vec<f64>,
    /// Sizes of what is explained, and rows.
    size: f64,
    rows: f64,
}

impl Moments {
    /// Those of several parts, in units of the variance of what is explained.
    pub fn together<'a>(parts: impl Iterator<Item = &'a Moments>) -> Moments {
        let mut all: Option<Moments> = None;
        for part in parts {
            match &mut all {
                None => all = Some(part.clone()),
                Some(all) => {
                    all.gram.iter_mut().zip(&part.gram).for_each(|(sum, x)| *sum += x);
                    all.cross.iter_mut().zip(&part.cross).for_each(|(sum, x)| *sum += x);
                    all.size += part.size;
                    all.rows += part.rows;
                }
            }
        }
        let mut all = all.unwrap_or(Moments { gram: Vec::new(), cross: Vec::new(), size: 0.0, rows: 0.0 });
        let variance = (all.size / all.rows * SIZE_TO_DEVIATION).powi(2);
        // A series without rows, or without a trace of movement, says nothing.
        let weight = if variance > 0.0 { 1.0 / variance } else { 0.0 };
        all.gram.iter_mut().chain(&mut all.cross).for_each(|sum| *sum *= weight);
        all
    }

    /// Those of some columns.
    pub fn of(&self, active: &[usize]) -> Moments {
        let width = self.cross.len();
        let gram = active.iter().flat_map(|i| active.iter().map(move |j| self.gram[i * width + j]));
        Moments { gram: gram.collect(), cross: active.iter().map(|i| self.cross[*i]).collect(), ..*self }
    }
}

/// Effects of each series, drawn to the common ones.
pub(super) struct Drawn {
    /// One per series and column.
    pub effects: Vec<Vec<f64>>,
    /// Variance of each effect between series.
    spread: Vec<f64>,
}

impl Drawn {
    /// `None` where the columns cannot be told apart. `spread`: variances between series to go on from.
    pub fn new(moments: &[Moments], p: usize, spread: Option<Vec<f64>>) -> Option<Drawn> {
        let (mut gram, mut cross) = (vec![0.0; p * p], vec![0.0; p]);
        for one in moments {
            gram.iter_mut().zip(&one.gram).for_each(|(sum, x)| *sum += x);
            cross.iter_mut().zip(&one.cross).for_each(|(sum, x)| *sum += x);
        }
        (0..p).for_each(|j| gram[j * p + j] += 1.0);
        if !solve_positive_definite(&mut gram, &mut cross) {
            return None;
        }
        let common = cross;
        let half = || common.iter().map(|effect| (0.5 * effect).powi(2) + FIRST_SPREAD).collect();
        let mut spread: Vec<f64> = spread.unwrap_or_else(half);
        for _ in 0..if p == 0 { 0 } else { EM_ROUNDS } {
            let own: Vec<(Vec<f64>, Vec<f64>)> =
                moments.par_iter().map(|one| posterior(one, &common, &spread)).collect();
            for j in 0..p {
                let of = |(mean, variance): &(Vec<f64>, Vec<f64>)| (mean[j] - common[j]).powi(2) + variance[j];
                spread[j] = mean(own.iter().map(of)).max(SMALLEST_SPREAD);
            }
        }
        let effects = moments.par_iter().map(|one| posterior(one, &common, &spread).0).collect();
        Some(Drawn { effects, spread })
    }
}

/// Effects of the active columns for each series.
pub(super) fn fit(series: &[Seen], active: &[usize]) -> Option<Vec<Vec<f64>>> {
    let mut drawn: Option<Drawn> = None;
    for _ in 0..ROUNDS {
        let known = drawn.as_ref().map(|drawn| &drawn.effects);
        let moments: Vec<Moments> = (series.par_iter().enumerate())
            .map(|(place, seen)| {
                let known = known.map(|known| (active, known[place].as_slice()));
                Moments::together([moments(seen, |_| true, known)].iter()).of(active)
            })
            .collect();
        drawn = Some(Drawn::new(&moments, active.len(), drawn.map(|drawn| drawn.spread))?);
    }
    drawn.map(|drawn| drawn.effects)
}

/// Sums over the rows that count: all alike, or by how well the effects known so far explain them (Huber's weights).
pub(super) fn moments(seen: &Seen, counts: impl Fn(usize) -> bool, known: Option<(&[usize], &[f64])>) -> Moments {
    let p = seen.means.len();
    let error = |row: usize| match known {
        Some((active, effects)) => (seen.y[row] - explained(seen, row, active, effects)).abs(),
        None => seen.y[row].abs(),
    };
    let mut sums = Moments { gram: vec![0.0; p * p], cross: vec![0.0; p], size: 0.0, rows: 0.0 };
    for row in (0..seen.len()).filter(|row| counts(*row)) {
        sums.size += error(row);
        sums.rows += 1.0;
    }
    let typical = sums.size / sums.rows * SIZE_TO_DEVIATION;
    for row in (0..seen.len()).filter(|row| counts(*row)) {
        let x = &seen.x[row * p..(row + 1) * p];
        let weight = if known.is_some() { (HUBER * typical / error(row)).min(1.0) } else { 1.0 };
        for i in (0..p).filter(|i| x[*i] != 0.0) {
            sums.cross[i] += weight * x[i] * seen.y[row];
            for j in 0..p {
                sums.gram[i * p + j] += weight * x[i] * x[j];
            }
        }
    }
    sums
}

/// Mean and variance of a series' effects, given the others'.
fn posterior(moments: &Moments, common: &[f64], spread: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let p = common.len();
    let mut gram = moments.gram.clone();
    (0..p).for_each(|j| gram[j * p + j] += 1.0 / spread[j]);
    if !factor(&mut gram, p) {
        return (common.to_vec(), spread.to_vec());
    }
    let mut mean: Vec<f64> = (0..p).map(|j| moments.cross[j] + common[j] / spread[j]).collect();
    substitute(&gram, &mut mean);
    let variance = (0..p).map(|j| {
        let mut unit = vec![0.0; p];
        unit[j] = 1.0;
        substitute(&gram, &mut unit);
        unit[j]
    });
    (mean, variance.collect())
}

/// `NaN` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}
