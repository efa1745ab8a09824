//! Scores of single forecasts, and their means over series and origins.

use super::chosen::Point;
use super::forecaster::SeriesResult;
use super::metrics::{
    LEVELS, RunLevels, coverage, fill_seasonal, mase_scale, mean, naive2, pinball_scale, rmsse_scale, smape,
};
use crate::models::forecast::origins::accuracy;

/// The two-sided intervals that are judged: name, place of the lower and of the upper bound in [`LEVELS`].
pub const INTERVALS: [(&str, usize, usize); 2] = [("80", 2, 6), ("95", 0, 8)];

/// Place of the median in [`LEVELS`].
const MEDIAN: usize = 4;

/// The scores of one forecast: one series from one origin. `NaN` where a score does not exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// See [`smape`], in percent.
    pub smape: f64,
    /// Mean absolute error / [`mase_scale`].
    pub mase: f64,
    /// √(mean squared error / [`rmsse_scale`]).
    pub rmsse: f64,
    /// sMAPE of [`naive2`].
    pub naive2_smape: f64,
    /// MASE of [`naive2`].
    pub naive2_mase: f64,
    /// Sum of absolute errors, and of absolute actuals.
    pub absolute: (f64, f64),
    /// Mean pinball loss / [`pinball_scale`], per level of [`LEVELS`].
    pub pinball: Vec<f64>,
    /// Share of actuals within each of [`INTERVALS`].
    pub coverage: Vec<f64>,
    /// The same for sums from the origin on: per number of periods, per interval; 1 or 0.
    pub sum_coverage: Vec<Vec<f64>>,
    /// Actuals that were observed.
    pub n: usize,
}

/// Season lengths that scores need.
#[derive(Clone, Copy, Debug)]
pub struct Seasons {
    /// Of the data, for filling unobserved periods before Naive2.
    pub data: usize,
    /// Of the MASE scale and of Naive2.
    pub mase: usize,
}

/// Scores one forecast; `None` when no actual was observed.
///
/// `training` is what the forecaster was given, `actual` has a value (or `NaN`) per period ahead and may be shorter
/// than the forecast. `sum_periods` are the numbers of periods that `result.sum_quantiles` belong to.
pub fn score(
    training: &[f64],
    actual: &[f64],
    result: &SeriesResult,
    seasons: Seasons,
    sum_periods: &[usize],
    (levels, point): (&RunLevels, Point),
) -> Option<Score> {
    let n = actual.iter().filter(|value| value.is_finite()).count();
    if n == 0 {
        return None;
    }
    let level = |place: usize| -> Vec<f64> { result.quantiles.iter().map(|row| row[levels.scored[place]]).collect() };
    let quantiles: Vec<Vec<f64>> = (0..LEVELS.len()).map(level).collect();
    let forecast = match point {
        Point::Mean => &result.mean,
        Point::Median => &quantiles[MEDIAN],
    };
    let forecast = &forecast[..actual.len().min(forecast.len())];
    let scale = mase_scale(training, seasons.mase);
    let reference = naive2(&fill_seasonal(training, seasons.data), actual.len(), seasons.mase);
    let errors = accuracy::mae(actual, forecast) * n as f64;
    let total: f64 = actual.iter().filter(|value| value.is_finite()).map(|value| value.abs()).sum();
    let pinball_scale = pinball_scale(training);
    let pinball = LEVELS
        .iter()
        .zip(&quantiles)
        .map(|(level, quantile)| accuracy::pinball_loss(actual, quantile, *level) / pinball_scale);
    let covered = |(_, lower, upper): &(&str, usize, usize)| coverage(actual, &quantiles[*lower], &quantiles[*upper]);
    let sum_coverage = sum_periods.iter().zip(&result.sum_quantiles).map(|(periods, quantiles)| {
        // A sum is known only when every period of it was observed.
        let sum = actual.get(..*periods).map_or(f64::NAN, |values| values.iter().sum());
        let bound = |place: usize| [quantiles[levels.scored[place]]];
        INTERVALS.iter().map(|(_, lower, upper)| coverage(&[sum], &bound(*lower), &bound(*upper))).collect()
    });
    Some(Score {
        smape: smape(actual, forecast),
        mase: accuracy::mae(actual, forecast) / scale,
        rmsse: (accuracy::mse(actual, forecast) / rmsse_scale(training)).sqrt(),
        naive2_smape: smape(actual, &reference),
        naive2_mase: accuracy::mae(actual, &reference) / scale,
        absolute: (errors, total),
        pinball: pinball.collect(),
        coverage: INTERVALS.iter().map(covered).collect(),
        sum_coverage: sum_coverage.collect(),
        n,
    })
}

/// Mean of one score over all forecasts that have it.
pub fn mean_score(scores: &[Score], of: impl Fn(&Score) -> f64) -> f64 {
    mean(scores.iter().map(of))
}

/// Overall weighted average of the two M4 errors relative to Naive2: the mean of sMAPE / sMAPE of Naive2 and
/// MASE / MASE of Naive2, each a ratio of means.
pub fn owa(scores: &[Score]) -> f64 {
    let smape = mean_score(scores, |score| score.smape) / mean_score(scores, |score| score.naive2_smape);
    let mase = mean_score(scores, |score| score.mase) / mean_score(scores, |score| score.naive2_mase);
    f64::midpoint(smape, mase)
}

/// Weighted absolute percentage error over all forecasts: Σ|y - f| / Σ|y|, a share.
pub fn wape(scores: &[Score]) -> f64 {
    let errors: f64 = scores.iter().map(|score| score.absolute.0).sum();
    let total: f64 = scores.iter().map(|score| score.absolute.1).sum();
    if total > 0.0 { errors / total } else { f64::NAN }
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
