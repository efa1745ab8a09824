//! Rows to learn from: which origins and periods ahead, and their features in bins.

use rayon::prelude::*;

use super::features::Origin;
use super::layout::Layout;
use super::linear::LinearRow;
use super::members::{Member, Members};
use crate::forecast::boosting::{BinnedMatrix, Bins, mixed};

/// About this many rows are learnt from: memory is about 100 bytes a row.
const MAX_ROWS: usize = 40_000;
/// Most bins per feature.
const MAX_BINS: usize = 63;
/// Periods ahead drawn per origin.
const AHEAD_PER_ORIGIN: usize = 10;
/// Rows from which the bins are cut.
const ROWS_FOR_BINS: usize = 20_000;
/// A row weighs at most this often what the middle row weighs, and at least the inverse.
const WEIGHT_BOUND: f64 = 8.0;

/// Rows of many series and origins.
pub(crate) struct Rows {
    pub matrix: BinnedMatrix,
    /// Simple forecasts, target and weight per row.
    pub linear: Vec<LinearRow>,
}

/// The (origin, ahead) pairs of one series.
type Plan = Vec<(usize, Vec<usize>)>;

/// Origins thinned so that about [`MAX_ROWS`] rows remain, and ten periods ahead drawn for each.
pub(crate) fn training_plan(members: &Members, layout: &Layout, seed: u64) -> Vec<Plan> {
    let span = |member: &Member| (member.history.first_sale + layout.least_history(), member.history.len());
    let total: usize = members.series.iter().map(span).map(|(from, to)| to.saturating_sub(from)).sum();
    let per_origin = AHEAD_PER_ORIGIN.min(layout.horizon);
    let mut stride = (total * per_origin).div_ceil(MAX_ROWS).max(1);
    while stride > 1 && layout.season > 1 && common_divisor(stride, layout.season) > 1 {
        stride += 1;
    }
    members
        .series
        .iter()
        .enumerate()
        .map(|(at, member)| {
            let (from, to) = span(member);
            let seed = mixed(seed, at as u64);
            let first = from + (seed % stride as u64) as usize;
            let origins = (first..to).step_by(stride);
            origins
                .map(|origin| {
                    (origin, draw_ahead(layout.horizon.min(to - origin), per_origin, mixed(seed, origin as u64)))
                })
                .collect()
        })
        .collect()
}

/// `wanted` different numbers of 1..=most, ascending.
fn draw_ahead(most: usize, wanted: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (1..=most).collect();
    let wanted = wanted.min(most);
    for at in 0..wanted {
        let other = at + (mixed(seed, at as u64) % (most - at) as u64) as usize;
        all.swap(at, other);
    }
    all.truncate(wanted);
    all.sort_unstable();
    all
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Cuts from about twenty thousand rows of a plan.
pub(crate) fn bins_for(members: &Members, layout: &Layout, plan: &[Plan]) -> Bins {
    let total: usize = plan.iter().flatten().map(|(_, ahead)| ahead.len()).sum();
    let every = (total / ROWS_FOR_BINS).max(1);
    let rows: Vec<Vec<f32>> = members
        .series
        .par_iter()
        .zip(plan)
        .enumerate()
        .flat_map_iter(|(at, (member, plan))| {
            let chosen = plan.iter().enumerate().filter(move |(i, _)| (i + at) % every == 0);
            chosen
                .filter_map(move |(_, (origin, ahead))| Some((Origin::new(members, member, layout, *origin)?, ahead)))
                .flat_map(|(origin, ahead)| {
                    ahead
                        .iter()
                        .map(move |ahead| {
                            let mut row = Vec::new();
                            origin.row(*ahead, &mut row);
                            row
                        })
                        .collect::<Vec<_>>()
                })
        })
        .collect();
    let columns: Vec<Vec<f32>> =
        (0..layout.n_features()).map(|feature| rows.iter().map(|row| row[feature]).collect()).collect();
    Bins::from_columns(&columns, MAX_BINS)
}

/// The rows of a plan whose target was observed.
pub(crate) fn build(members: &Members, layout: &Layout, plan: &[Plan], bins: &Bins) -> Rows {
    let n_features = layout.n_features();
    let blocks: Vec<(Vec<u8>, Vec<LinearRow>)> = members
        .series
        .par_iter()
        .zip(plan)
        .map(|(member, plan)| {
            let (mut cells, mut linear, mut row) = (Vec::new(), Vec::new(), Vec::new());
            for (origin, ahead) in plan {
                let Some(at) = Origin::new(members, member, layout, *origin) else { continue };
                let age = (member.history.len() - origin) as f64;
                let weight = 0.5_f64.powf(age / layout.half_life() as f64) as f32;
                for ahead in ahead {
                    let target = member.history.at((origin + ahead - 1) as i64) / at.scale;
                    if !target.is_finite() {
                        continue;
                    }
                    let simple = at.row(*ahead, &mut row).map(|x| x as f32);
                    let start = cells.len();
                    cells.resize(start + n_features, 0);
                    bins.bin_row(&row, &mut cells[start..]);
                    linear.push(LinearRow { ahead: *ahead as u16, simple, target: target as f32, weight });
                }
            }
            (cells, linear)
        })
        .collect();
    let (cells, linear): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    let mut linear: Vec<LinearRow> = linear.concat();
    bound_weights(&mut linear);
    Rows { matrix: BinnedMatrix::from_row_blocks(n_features, &cells), linear }
}

/// Divides weights by their middle and bounds them; a row so old that it has none weighs 1.
fn bound_weights(rows: &mut [LinearRow]) {
    let mut known: Vec<f32> = rows.iter().map(|row| row.weight).filter(|w| w.is_finite() && *w > 0.0).collect();
    known.sort_unstable_by(f32::total_cmp);
    let middle = known.get(known.len() / 2).copied().map_or(1.0, f64::from);
    for row in rows {
        let share = f64::from(row.weight) / middle;
        let share = if share.is_nan() || share <= 0.0 { 1.0 } else { share };
        row.weight = share.clamp(1.0 / WEIGHT_BOUND, WEIGHT_BOUND) as f32;
    }
}
