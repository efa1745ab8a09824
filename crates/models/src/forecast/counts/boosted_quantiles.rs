//! Quantiles of counts by boosted trees over the recent past of all series: what no small model says of a part that was
//! quiet for a year, or of one that just began to sell.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::count_series::Prepared;
use super::rate_levels::JUDGED_LEVELS;
use crate::forecast::boosting::{BinnedMatrix, Bins, Booster, BoostingSettings, Loss, TrainingRows};

/// Rows learnt from, about: of short histories ...
const MOST_ROWS: usize = 40_000;
/// ... and of those that are longer than this many periods on average, whose rows repeat each other.
const LONG_HISTORY: usize = 120;
const MOST_ROWS_OF_LONG: usize = 20_000;
/// Periods ahead that an origin is learnt from, at most.
const AHEAD_PER_ORIGIN: usize = 3;
/// Periods of history an origin needs.
const LEAST_HISTORY: usize = 6;
/// Rows without which trees are not worth growing.
const LEAST_ROWS: usize = 2_000;
/// Periods over which the recent past is averaged.
const SPANS: [usize; 5] = [3, 7, 14, 28, 91];
/// Memories of the smoothed levels, in periods.
const MEMORIES: [f64; 2] = [3.0, 10.0];
/// Features of a period ahead: it and its factor, the smoothed levels, the mean, the largest and the share of periods with demand
/// of each span, and those of the whole past with its spread, the size of a demand, the time since the last and since the first.
const N_FEATURES: usize = 2 + MEMORIES.len() + 3 * SPANS.len() + 7;
/// A row weighs at most this often what the middle row weighs.
const WEIGHT_BOUND: f64 = 16.0;

/// One booster per judged level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CountBoost {
    bins: Bins,
    boosters: Vec<Booster>,
}

impl CountBoost {
    /// Learns from the first periods of each series (as many as given), evenly picked; `None` where there are too few.
    ///
    /// Weights are the inverse of the series' scale, so that what is minimised is the scaled pinball loss.
    pub fn fit(series: &[(&Prepared, usize)], horizon: usize) -> Option<CountBoost> {
        let origins: usize = series.iter().map(|(_, n)| n.saturating_sub(LEAST_HISTORY)).sum();
        let ahead = AHEAD_PER_ORIGIN.min(horizon);
        let is_long = origins > LONG_HISTORY * series.len();
        let most = if is_long { MOST_ROWS_OF_LONG } else { MOST_ROWS };
        let stride = (origins * ahead).div_ceil(most).max(1);
        let rows: Vec<Vec<Row>> = (series.par_iter().enumerate())
            .map(|(index, (series, n))| rows_of(series, *n, horizon, (index, stride, ahead)))
            .collect();
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        if rows.len() < LEAST_ROWS {
            return None;
        }
        let columns: Vec<Vec<f32>> =
            (0..N_FEATURES).map(|feature| rows.iter().map(|row| row.features[feature]).collect()).collect();
        let bins = Bins::from_columns(&columns, 63);
        let mut cells = vec![0; N_FEATURES * rows.len()];
        for (row, cells) in rows.iter().zip(cells.chunks_mut(N_FEATURES)) {
            bins.bin_row(&row.features, cells);
        }
        let matrix = BinnedMatrix::from_row_blocks(N_FEATURES, &[cells]);
        let targets: Vec<f32> = rows.iter().map(|row| row.target).collect();
        let weights = bounded(rows.iter().map(|row| row.weight).collect());
        let boosters = JUDGED_LEVELS.iter().map(|level| {
            let settings = BoostingSettings {
                loss: Loss::Quantile(*level),
                n_trees: 100,
                learning_rate: 0.1,
                max_leaves: 15,
                min_rows_per_leaf: 150,
                row_fraction: 0.7,
                seed: 0,
            };
            let training = TrainingRows { matrix: &matrix, targets: &targets, weights: &weights };
            Booster::fit(&bins, training, &settings).ok()
        });
        let boosters = boosters.collect::<Option<Vec<Booster>>>()?;
        Some(CountBoost { bins, boosters })
    }

    /// Quantiles at the judged levels, ascending and not below zero, of each of the periods `n` + 1 to `n` + H.
    pub fn quantiles(&self, series: &Prepared, n: usize, horizon: usize) -> Vec<[f64; JUDGED_LEVELS.len()]> {
        let mut features = past_features(series, n);
        let mut cells = vec![0; N_FEATURES];
        (0..horizon)
            .map(|ahead| {
                look_ahead(&mut features, series, n, ahead);
                self.bins.bin_row(&features, &mut cells);
                let mut quantiles = [0.0; JUDGED_LEVELS.len()];
                for (quantile, booster) in quantiles.iter_mut().zip(&self.boosters) {
                    *quantile = booster.predict(&cells).max(0.0);
                }
                quantiles.sort_by(f64::total_cmp);
                quantiles
            })
            .collect()
    }
}

struct Row {
    features: [f32; N_FEATURES],
    target: f32,
    weight: f64,
}

/// Every `stride`-th origin of a series, another first one for each, with periods ahead that change from origin to origin.
fn rows_of(series: &Prepared, n: usize, horizon: usize, (index, stride, n_ahead): (usize, usize, usize)) -> Vec<Row> {
    let weight = 1.0 / series.scale();
    let first = LEAST_HISTORY + index % stride;
    let mut rows = Vec::new();
    for (turn, origin) in (first..n).step_by(stride).enumerate() {
        if !series.has_demand(origin) {
            continue;
        }
        let mut features = past_features(series, origin);
        for part in 0..n_ahead {
            // Each third of the horizon, say, in turn.
            let ahead = (part * horizon + (index + turn) % horizon) / n_ahead;
            let Some(target) = series.demand[..n].get(origin + ahead).filter(|target| target.is_finite()) else {
                continue;
            };
            look_ahead(&mut features, series, origin, ahead);
            rows.push(Row { features, target: *target as f32, weight });
        }
    }
    rows
}

/// What the first `n` periods say, each demand without its factor; the two features of the period ahead are left open.
fn past_features(series: &Prepared, n: usize) -> [f32; N_FEATURES] {
    let plain: Vec<f64> = (series.demand[..n].iter().zip(&series.factor))
        .filter(|(demand, _)| demand.is_finite())
        .map(|(demand, factor)| demand / factor)
        .collect();
    let mut features = [f32::NAN; N_FEATURES];
    let mut place = 2;
    let mut put = |value: f64| {
        features[place] = value as f32;
        place += 1;
    };
    for memory in MEMORIES {
        let smooth = |level: Option<f64>, y: &f64| Some(level.map_or(*y, |level| level + (y - level) / memory));
        put(plain.iter().fold(None, smooth).unwrap_or(f64::NAN));
    }
    let spans = SPANS.iter().map(|span| &plain[plain.len().saturating_sub(*span)..]).chain([plain.as_slice()]);
    for span in spans {
        let count = span.len() as f64;
        put(span.iter().sum::<f64>() / count);
        put(span.iter().copied().fold(0.0, f64::max));
        put(span.iter().filter(|y| **y > 0.0).count() as f64 / count);
    }
    let count = plain.len() as f64;
    let mean = plain.iter().sum::<f64>() / count;
    put((plain.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count).sqrt());
    let sales = plain.iter().filter(|y| **y > 0.0).count();
    put(if sales > 0 { plain.iter().sum::<f64>() / sales as f64 } else { 0.0 });
    let since = |place: Option<usize>| place.map_or(f64::NAN, |place| (plain.len() - place) as f64);
    put(since(plain.iter().rposition(|y| *y > 0.0)));
    put(since(plain.iter().position(|y| *y > 0.0)));
    features
}

fn look_ahead(features: &mut [f32; N_FEATURES], series: &Prepared, n: usize, ahead: usize) {
    features[0] = ahead as f32;
    features[1] = series.factor.get(n + ahead).copied().unwrap_or(1.0) as f32;
}

/// Weights in units of the middle one, none beyond the bound.
fn bounded(weights: Vec<f64>) -> Vec<f32> {
    let mut sorted = weights.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
    weights.into_iter().map(|weight| (weight / middle).clamp(1.0 / WEIGHT_BOUND, WEIGHT_BOUND) as f32).collect()
}
