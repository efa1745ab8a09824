//! Days on which demand took a new level and kept it: a shop next door closed, a shelf moved, a new price.
//!
//! A model that has to explain both levels forecasts neither; its caller trains on what follows the last shift.

use super::outliers::{Usual, clean_outliers, shortest_season};
use super::step_regression::StepRegression;
use crate::forecast::series::{observed_count, observed_mean};

/// Blocks on each side of a shift.
const MIN_BLOCKS: usize = 4;
/// The same when a block is a single period.
const MIN_PERIODS: usize = 12;
/// A longer season is no block: it is in the model as a wave.
const LONGEST_BLOCK: usize = 7;
/// Where the only season is a week of days, the year is that of days.
const DAYS_A_WEEK: usize = 7;
const DAYS_A_YEAR: usize = 365;
/// Most blocks a series is cut into.
const MAX_BLOCKS: usize = 400;
/// Smallest change worth losing the history for, as a share of the former level.
const MIN_CHANGE: f64 = 0.35;
/// Blocks on each side that the levels before and after are taken from.
const LEVEL_BLOCKS: usize = 8;
/// A change taken back within so many blocks was an episode.
const EPISODE_BLOCKS: usize = 13;
/// Added to a block's mean before the logarithm, as a share of the mean of all, so that no demand has one.
const OFFSET: f64 = 0.2;

/// A new level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelShift {
    /// First period of the new level.
    pub index: usize,
    /// Mean demand per period just before.
    pub before: f64,
    /// Mean demand per period just after.
    pub after: f64,
}

/// Lasting changes of level, oldest first.
///
/// `demand`: oldest first, `NaN` = not observed; what precedes the first demand is not looked at. `season_lengths`: in
/// periods, such as `[7, 365]`; the longest is the year (of `[7]` alone, 365).
///
/// The cleaned and deseasonalised series is cut into blocks of one season (single periods when the shortest season is
/// longer than seven); x = ln(mean of block + a fifth of the mean of all), cut to three robust spreads around its
/// running median. x is explained by a line, two waves a year (one when less than a year was seen, none when less than
/// half), and steps, with autocorrelated noise (Cochrane and Orcutt, Journal of the American Statistical Association 44
/// (1949), 32-61). Steps are added one by one where they explain most,
/// while (gain in squares / variance) > 20: the criterion of Bayes with three parameters a step (Zhang and Siegmund,
/// Biometrics 63 (2007), 22-32) asks for 14 at 104 weeks, and noise is less tame than assumed. Because a line, a year and
/// an autocorrelation are allowed for first, only what is abrupt is a step.
///
/// A step is a shift with four blocks (12 single periods) on both sides, a change of 35 % at least, no change alike a
/// year before or after, and not taken back within 13 blocks.
///
/// ```
/// use nightclerk_models::forecast::cleaning::level_shifts;
/// let demand: Vec<f64> = (0..210).map(|t| if t < 150 { 20.0 } else { 34.0 } + f64::from(t * 7 % 5)).collect();
/// let shifts = level_shifts(&demand, &[7]);
/// assert_eq!(shifts.len(), 1);
/// assert_eq!((shifts[0].index, shifts[0].before.round(), shifts[0].after.round()), (150, 22.0, 36.0));
/// ```
pub fn level_shifts(demand: &[f64], season_lengths: &[usize]) -> Vec<LevelShift> {
    let Some(start) = demand.iter().position(|y| y.is_finite() && *y > 0.0) else { return Vec::new() };
    let season = shortest_season(season_lengths);
    let cleaned = clean_outliers(&demand[start..], season_lengths, &[]).demand;
    let cleaned: Vec<f64> = cleaned.iter().map(|y| if y.is_finite() { y.max(0.0) } else { f64::NAN }).collect();
    let Some(usual) = Usual::of(&cleaned, season) else { return Vec::new() };
    let adjusted: Vec<f64> = cleaned.iter().enumerate().map(|(t, y)| y / usual.season_at(t)).collect();
    let base = if season <= LONGEST_BLOCK { season } else { 1 };
    let size = base * adjusted.len().div_ceil(base * MAX_BLOCKS).max(1);
    let min_blocks = if base > 1 { MIN_BLOCKS } else { MIN_PERIODS };
    let longest = season_lengths.iter().copied().max().unwrap_or(1);
    let year = if longest == DAYS_A_WEEK { DAYS_A_YEAR } else { longest } as f64 / size as f64;
    let blocks = Blocks::cut(&adjusted, size, year);
    let mut edges = blocks.regression.steps(min_blocks);
    edges.retain(|edge| !blocks.recurs(*edge));
    let mut shifts = blocks.shifts(&edges, &adjusted);
    drop_episodes(&mut shifts, EPISODE_BLOCKS * size);
    shifts.retain(LevelShift::is_large);
    for shift in &mut shifts {
        shift.index += start;
    }
    shifts
}

impl LevelShift {
    fn is_large(&self) -> bool {
        (self.after - self.before).abs() >= MIN_CHANGE * self.before
    }
}

/// A series cut into blocks of which the last is complete.
struct Blocks {
    /// Of the logarithms of block means.
    regression: StepRegression,
    size: usize,
    /// Index of the first period of the first block.
    first: usize,
}

impl Blocks {
    fn cut(adjusted: &[f64], size: usize, year: f64) -> Blocks {
        let first = adjusted.len() % size;
        let means: Vec<f64> = adjusted[first..]
            .chunks(size)
            .map(|block| {
                let seen = observed_count(block);
                if 2 * seen >= size { observed_mean(block).max(0.0) } else { f64::NAN }
            })
            .collect();
        let offset = OFFSET * observed_mean(&means);
        let logarithms: Vec<f64> = means.iter().map(|mean| (mean + offset).ln()).collect();
        let middle: Vec<f64> = (0..logarithms.len()).map(|j| median(around(&logarithms, j, 2))).collect();
        let spread = 3.0 * 1.4826 * median(logarithms.iter().zip(&middle).map(|(x, m)| (x - m).abs()));
        let mut last = observed_mean(&logarithms);
        let x = logarithms
            .iter()
            .zip(&middle)
            .map(|(x, m)| {
                if x.is_finite() {
                    last = if spread > 0.0 { x.clamp(m - spread, m + spread) } else { *x };
                }
                last
            })
            .collect();
        let observed = logarithms.iter().map(|x| x.is_finite()).collect();
        Blocks { regression: StepRegression { x, observed, year }, size, first }
    }

    /// Whether at least half of a change is found a year before or after, give or take four blocks.
    fn recurs(&self, edge: usize) -> bool {
        let StepRegression { x, year, .. } = &self.regression;
        let change = |at: usize| {
            let (before, after) = (x.get(at.checked_sub(MIN_BLOCKS)?..at)?, x.get(at..at + MIN_BLOCKS)?);
            Some(observed_mean(after) - observed_mean(before))
        };
        let Some(here) = change(edge) else { return false };
        let year = year.round() as usize;
        let near = |centre: usize| {
            (centre.saturating_sub(MIN_BLOCKS)..=centre + MIN_BLOCKS)
                .filter_map(change)
                .any(|there| there * here > 0.0 && there.abs() >= here.abs() / 2.0)
        };
        year > 3 * MIN_BLOCKS && (edge.checked_sub(year).is_some_and(near) || near(edge + year))
    }

    /// The first period of each new level and the levels on both sides.
    fn shifts(&self, edges: &[usize], adjusted: &[f64]) -> Vec<LevelShift> {
        let at = |block: usize| self.first + block * self.size;
        (0..edges.len())
            .map(|i| {
                let edge = edges[i];
                let from = edge.saturating_sub(LEVEL_BLOCKS).max(if i > 0 { edges[i - 1] } else { 0 });
                let to = (edge + LEVEL_BLOCKS).min(edges.get(i + 1).copied().unwrap_or(self.regression.x.len()));
                // The block in which the change may lie belongs to neither side.
                let before = observed_mean(&adjusted[at(from)..at(edge).saturating_sub(self.size).max(at(from) + 1)]);
                let after = observed_mean(&adjusted[at(edge + 1).min(at(to) - 1)..at(to)]);
                let window = at(edge).saturating_sub(self.size)..(at(edge) + self.size).min(adjusted.len());
                let index = turning_point(adjusted, window, (before, after));
                LevelShift { index, before, after }
            })
            .collect()
    }
}

/// The period from which on the new level explains the demand of the window better than the old one.
fn turning_point(adjusted: &[f64], window: std::ops::Range<usize>, (before, after): (f64, f64)) -> usize {
    let (mut best, mut sum) = ((0.0, window.start), 0.0);
    for t in window {
        let gain = (adjusted[t] - after).powi(2) - (adjusted[t] - before).powi(2);
        sum += if gain.is_finite() { gain } else { 0.0 };
        if sum > best.0 {
            best = (sum, t + 1);
        }
    }
    best.1
}

/// Drops pairs of shifts of which the second takes the first back within `longest` periods.
fn drop_episodes(shifts: &mut Vec<LevelShift>, longest: usize) {
    let mut i = 0;
    while i + 1 < shifts.len() {
        let (up, down) = (shifts[i], shifts[i + 1]);
        let whole = LevelShift { index: up.index, before: up.before, after: down.after };
        if down.index - up.index <= longest && !whole.is_large() {
            shifts.drain(i..i + 2);
            i = i.saturating_sub(1);
        } else {
            i += 1;
        }
    }
}

fn around(values: &[f64], j: usize, each_side: usize) -> impl Iterator<Item = f64> + '_ {
    values[j.saturating_sub(each_side)..(j + each_side + 1).min(values.len())].iter().copied()
}

/// Median of the finite values, the upper one of two; `NaN` without any.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite.get(finite.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
#[path = "level_shifts_tests.rs"]
mod tests;
