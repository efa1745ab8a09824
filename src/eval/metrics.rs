//! How far off a forecast was: the metrics of the M competitions, defined as in the peer script that we stand beside.
//!
//! Symbols: y actual, f forecast, x training demand, m season length. Pairs whose actual was not observed (`NaN`) are
//! left out; nothing left, or a scale of zero, gives `NaN`, and a `NaN` is left out of the mean over series. Sources:
//! Makridakis, Spiliotis and Assimakopoulos, "The M4 Competition", International Journal of Forecasting 36 (2020),
//! 54-74 (sMAPE, MASE, OWA, Naive2); "The M5 Accuracy competition", ibid. 38 (2022), 1346-1364 (RMSSE, scaled pinball
//! loss).

use std::iter::zip;

/// The quantile levels that are asked for and scored.
pub const LEVELS: [f64; 10] = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99];

/// Levels that are written when none are asked for, beside [`LEVELS`].
const DECILES: [f64; 6] = [0.2, 0.3, 0.4, 0.6, 0.7, 0.8];

/// The levels of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLevels {
    /// Every level that is forecast, ascending.
    pub all: Vec<f64>,
    /// Places of [`LEVELS`] among them.
    pub scored: Vec<usize>,
    /// Places of those that are written.
    pub written: Vec<usize>,
}

impl RunLevels {
    /// Those asked for, none = [`LEVELS`] and the deciles.
    ///
    /// # Errors
    /// The first that does not lie in (0, 1).
    pub fn new(asked: &[f64]) -> Result<Self, f64> {
        if let Some(outside) = asked.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
            return Err(*outside);
        }
        let mut all = [&LEVELS[..], if asked.is_empty() { &DECILES } else { asked }].concat();
        all.sort_unstable_by(f64::total_cmp);
        all.dedup();
        let places = |wanted: &[f64]| (0..all.len()).filter(|place| wanted.contains(&all[*place])).collect::<Vec<_>>();
        let (scored, written) = (places(&LEVELS), places(if asked.is_empty() { &all } else { asked }));
        Ok(Self { all, scored, written })
    }
}

/// Symmetric mean absolute percentage error, in percent: mean of 200 |y - f| / (|y| + |f|), a pair of zeros being 0.
///
/// ```
/// use nightclerk::eval::metrics::smape;
/// assert_eq!(smape(&[1.0, 0.0, f64::NAN], &[3.0, 0.0, 9.0]), 50.0); // (200 * 2 / 4 + 0) / 2
/// ```
pub fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    mean(zip(actual, forecast).filter(|(y, _)| y.is_finite()).map(|(y, f)| {
        let size = y.abs() + f.abs();
        if size == 0.0 { 0.0 } else { 200.0 * (y - f).abs() / size }
    }))
}

/// The scale of MASE: mean |x_t - x_{t-m}|, with m = 1 when the series is not longer than m. Zero becomes `NaN`.
pub fn mase_scale(training: &[f64], season: usize) -> f64 {
    let lag = if training.len() > season { season.max(1) } else { 1 };
    positive(mean(differences(training, lag).map(f64::abs)))
}

/// The scale of RMSSE: mean (x_t - x_{t-1})² from the first sale on. Zero becomes `NaN`.
pub fn rmsse_scale(training: &[f64]) -> f64 {
    positive(mean(differences(from_first_sale(training), 1).map(|step| step * step)))
}

/// The scale of the pinball loss: mean |x_t - x_{t-1}| from the first sale on. Zero becomes `NaN`.
pub fn pinball_scale(training: &[f64]) -> f64 {
    positive(mean(differences(from_first_sale(training), 1).map(f64::abs)))
}

/// Share of observed actuals within the bounds, both included.
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> f64 {
    let bounds = zip(lower, upper);
    mean(
        zip(actual, bounds)
            .filter(|(y, _)| y.is_finite())
            .map(|(y, (lower, upper))| f64::from(u8::from(lower <= y && y <= upper))),
    )
}

/// Fills unobserved periods with the median of the same position in the season, else with that of the series. A series
/// without any observation stays as it is.
///
/// ```
/// use nightclerk::eval::metrics::fill_seasonal;
/// assert_eq!(fill_seasonal(&[1.0, 5.0, 3.0, f64::NAN], 2), vec![1.0, 5.0, 3.0, 5.0]);
/// ```
pub fn fill_seasonal(values: &[f64], season: usize) -> Vec<f64> {
    if values.iter().all(|value| value.is_finite()) {
        return values.to_vec();
    }
    let season = season.max(1);
    let overall = median(values.iter().copied());
    let positions: Vec<f64> =
        (0..season.min(values.len())).map(|at| median(values.iter().skip(at).step_by(season).copied())).collect();
    let filled = values.iter().enumerate().map(|(at, value)| match (*value, positions[at % season]) {
        (value, _) if value.is_finite() => value,
        (_, same) if same.is_finite() => same,
        _ => overall,
    });
    filled.collect()
}

/// Whether M4's 90 % test finds a season: |r_m| > 1.645 √((1 + 2 Σ_{k<m} r_k²) / n), r the autocorrelations; needs
/// three seasons.
pub fn is_seasonal(training: &[f64], season: usize) -> bool {
    let n = training.len();
    if season <= 1 || n < 3 * season {
        return false;
    }
    let average = training.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = training.iter().map(|value| value - average).collect();
    let variance: f64 = centred.iter().map(|value| value * value).sum();
    if variance == 0.0 {
        return false;
    }
    let correlation = |lag: usize| zip(&centred[lag..], &centred).map(|(a, b)| a * b).sum::<f64>() / variance;
    let before: f64 = (1..season).map(|lag| correlation(lag).powi(2)).sum();
    correlation(season).abs() > 1.645 * ((1.0 + 2.0 * before) / n as f64).sqrt()
}

/// M4's Naive2: the last value, seasonally adjusted by classical multiplicative decomposition where the series is
/// positive and [`is_seasonal`]. `training` has no unobserved periods; empty gives `NaN`.
///
/// ```
/// use nightclerk::eval::metrics::naive2;
/// let training: Vec<f64> = (0..12).map(|t| if t % 2 == 0 { 10.0 } else { 30.0 }).collect();
/// let forecast = naive2(&training, 2, 2); // season figures 0.5 and 1.5
/// assert!((forecast[0] - 10.0).abs() < 1e-12 && (forecast[1] - 30.0).abs() < 1e-12);
/// ```
pub fn naive2(training: &[f64], horizon: usize, season: usize) -> Vec<f64> {
    let n = training.len();
    let last = training.last().copied().unwrap_or(f64::NAN);
    if !is_seasonal(training, season) || training.iter().any(|value| *value <= 0.0) {
        return vec![last; horizon];
    }
    // A centred moving average over one season: an even season has half weights at both ends.
    let even = season.is_multiple_of(2);
    let width = if even { season + 1 } else { season };
    let weight = |at: usize| if even && (at == 0 || at == width - 1) { 0.5 } else { 1.0 } / season as f64;
    let mut sums = vec![(0.0, 0.0); season];
    for (at, window) in training.windows(width).enumerate() {
        let average: f64 = window.iter().enumerate().map(|(place, value)| weight(place) * value).sum();
        let centre = at + width / 2;
        let (sum, count) = &mut sums[centre % season];
        *sum += training[centre] / average;
        *count += 1.0;
    }
    let figures: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
    let average = figures.iter().sum::<f64>() / season as f64;
    let figure = |at: usize| figures[at % season] / average;
    (0..horizon).map(|ahead| last / figure(n - 1) * figure(n + ahead)).collect()
}

/// Demand from the first observed value that is not zero; all of it when there is none.
pub fn from_first_sale(training: &[f64]) -> &[f64] {
    let first = training.iter().position(|value| value.is_finite() && *value != 0.0);
    &training[first.unwrap_or(0)..]
}

/// Mean of the values that are numbers; `NaN` when there is none.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) =
        values.filter(|value| !value.is_nan()).fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { f64::NAN }
}

/// Median of the values that are numbers; `NaN` when there is none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

fn differences(values: &[f64], lag: usize) -> impl Iterator<Item = f64> {
    zip(values.iter().skip(lag), values).map(|(now, before)| now - before)
}

fn positive(scale: f64) -> f64 {
    if scale > 0.0 { scale } else { f64::NAN }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
