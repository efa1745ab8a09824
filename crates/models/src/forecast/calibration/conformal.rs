//! Quantiles of continuous demand from out-of-sample errors, calibrated across a group of series.
//!
//! A series alone has too few rolling-origin errors for its outer quantiles. [`ErrorShapes`] divides every error by what
//! its own series said about its size beforehand and pools what remains over a group (a class, a category): the pooled
//! quantiles hold for the outer levels, the series keeps its own width. This is split conformal prediction with
//! normalised scores (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for
//! regression", Journal of the American Statistical Association 113 (2018), 1094-1111, section 5.2), signed, per
//! number of periods ahead, and for running totals on their own, so that correlated errors widen them as they did.

use serde::{Deserialize, Serialize};

use super::error_shape::Shape;
use super::volatility::Volatility;
use crate::forecast::origins::Backtest;
use crate::forecast::quantiles::{DemandQuantiles, QuantileBasis, clean_levels, lift_totals, make_monotone};
use crate::forecast::series::{observed_count, observed_mean};

/// Exponents tried for the growth of errors with the forecast: the same everywhere, as its root, in proportion.
const MEAN_POWERS: [f64; 3] = [0.0, 0.5, 1.0];
/// Windows that the group's width is worth against the series' own, as tried.
const GROUP_WINDOWS: [f64; 5] = [0.5, 1.0, 2.0, 5.0, 15.0];
/// A forecast counts as at least this share of its window's average when it scales an error.
const SMALLEST_SHARE_OF_MEAN: f64 = 0.05;
/// Errors that make a pool; fewer are joined by those of neighbouring periods ahead.
const ENOUGH_ERRORS: usize = 60;
/// A window counts when the series stepped at least this share as far before it as it does now. Where it stood still and came to
/// life since, its steps were no measure of its errors, and would be one for nobody else.
const COMPARABLE_VOLATILITY: f64 = 0.1;
/// An error h periods ahead counts as at most this many steps of its series, times the root of h.
const LARGEST_SCORE: f64 = 50.0;
/// A history counts as at least this many periods for each parameter fitted to it.
const FEWEST_PER_PARAMETER: f64 = 3.0;
/// Levels at which the constants are judged.
const JUDGED_LEVELS: [f64; 6] = [0.025, 0.1, 0.5, 0.9, 0.95, 0.975];

/// One series with its rolling-origin forecasts.
#[derive(Clone, Copy, Debug)]
pub struct CalibrationSeries<'a> {
    /// Demand per period, oldest first; `NaN` = not observed. Window w of the backtest saw the first `cutoffs[w]`.
    pub history: &'a [f64],
    /// Rolling-origin forecasts.
    pub backtest: &'a Backtest,
    /// Periods per season, 1 without one.
    pub season_length: usize,
}

/// How errors of a group are distributed, once each is divided by the size expected for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorShapes {
    /// `per_period[h]`: shape of the error h + 1 periods ahead.
    per_period: Vec<Shape>,
    /// `total[h]`: shape of the error of the total of periods 1 to h + 1 ahead.
    total: Vec<Shape>,
    mean_power: f64,
    group_windows: f64,
    n_errors: usize,
    /// Parameters that were fitted to the whole of a history, the rolling origins among it.
    n_parameters: f64,
    /// What the errors are centred on: 0 = their mean, 1 = their median, between them in proportion.
    median_share: f64,
}

/// Errors of one series in the unit of its volatility: windows x horizon, per period and of running totals; `NaN`
/// where unobserved, and in windows before which its steps were of another kind.
struct Scores {
    per_period: Vec<Vec<f64>>,
    total: Vec<Vec<f64>>,
}

impl Scores {
    fn new(series: &CalibrationSeries, mean_power: f64) -> Scores {
        let volatility = Volatility::new(series.history, series.season_length);
        let least = COMPARABLE_VOLATILITY * volatility.at(series.history.len());
        let backtest = series.backtest;
        let mut scores = Scores { per_period: Vec::new(), total: Vec::new() };
        for ((cutoff, forecasts), actuals) in backtest.cutoffs.iter().zip(&backtest.forecasts).zip(&backtest.actuals) {
            let unit = Some(volatility.at(*cutoff)).filter(|unit| *unit >= least).unwrap_or(f64::NAN);
            let relative = RelativeMean::new(forecasts, mean_power);
            let mut error_sum = 0.0;
            let (mut period, mut total) = (Vec::new(), Vec::new());
            for (ahead, (forecast, actual)) in forecasts.iter().zip(actuals).enumerate() {
                let error = actual - forecast;
                error_sum += error;
                let n = ahead as f64 + 1.0;
                period.push(bounded_score(error / (unit * relative.period(ahead)), n.sqrt()));
                total.push(bounded_score(error_sum / (unit * relative.total(ahead)), n * n.sqrt()));
            }
            scores.per_period.push(period);
            scores.total.push(total);
        }
        scores
    }

    /// Mean absolute score of each window, every period ahead relative to the group's.
    fn window_sizes(&self, sizes: &[f64], cutoffs: &[usize]) -> WindowSizes {
        let of_windows = (self.per_period)
            .iter()
            .map(|row| {
                let (mut sum, mut count) = (0.0, 0.0);
                for (z, size) in row.iter().zip(sizes).filter(|(z, size)| z.is_finite() && **size > 0.0) {
                    sum += z.abs() / size;
                    count += 1.0;
                }
                (count > 0.0).then(|| sum / count)
            })
            .collect();
        WindowSizes { cutoffs: cutoffs.to_vec(), sizes: of_windows, horizon: sizes.len() }
    }
}

/// How large the errors of each window of a series were, relative to the group's.
struct WindowSizes {
    cutoffs: Vec<usize>,
    sizes: Vec<Option<f64>>,
    /// Periods of a window.
    horizon: usize,
}

/// A score within what is possible at `reach`, the growth of errors with the distance; `NaN` where its series' steps say nothing.
fn bounded_score(score: f64, reach: f64) -> f64 {
    if score.is_finite() { score.clamp(-LARGEST_SCORE * reach, LARGEST_SCORE * reach) } else { f64::NAN }
}

/// A forecast relative to its window's average, to a power.
struct RelativeMean {
    per_period: Vec<f64>,
    total: Vec<f64>,
}

impl RelativeMean {
    fn new(forecasts: &[f64], power: f64) -> RelativeMean {
        let average = observed_mean(forecasts);
        let share = |value: f64| {
            if average > 0.0 && value.is_finite() {
                (value / average).max(SMALLEST_SHARE_OF_MEAN).powf(power)
            } else {
                1.0
            }
        };
        let mut sum = 0.0;
        let total = forecasts
            .iter()
            .enumerate()
            .map(|(ahead, forecast)| {
                sum += forecast;
                share(sum / (ahead as f64 + 1.0))
            })
            .collect();
        RelativeMean { per_period: forecasts.iter().map(|forecast| share(*forecast)).collect(), total }
    }

    fn period(&self, ahead: usize) -> f64 {
        self.per_period[ahead]
    }

    fn total(&self, ahead: usize) -> f64 {
        self.total[ahead]
    }
}

impl WindowSizes {
    /// Width of the series relative to the group: (g + Σ a) / (g + n) over the sizes a of its windows.
    fn width(&self, group_windows: f64) -> f64 {
        Self::drawn(self.sizes.iter().flatten(), group_windows)
    }

    /// The same as each window would have had it: from those that share less than half of their periods with it. Windows lie
    /// closer together than they are long, and a window's neighbours hold its own errors: a width taken from them would
    /// follow every large error and thin the tails of what is divided by it.
    fn of_windows(&self, group_windows: f64) -> Vec<f64> {
        let apart = self.horizon.div_ceil(2).max(1);
        let width = |own: &usize| {
            let others = self.sizes.iter().zip(&self.cutoffs);
            let others = others.filter(|(_, cutoff)| cutoff.abs_diff(*own) >= apart);
            Self::drawn(others.filter_map(|(size, _)| size.as_ref()), group_windows)
        };
        self.cutoffs.iter().map(width).collect()
    }

    fn drawn<'a>(sizes: impl Iterator<Item = &'a f64>, group_windows: f64) -> f64 {
        let (sum, count) = sizes.fold((group_windows, group_windows), |(sum, count), size| (sum + size, count + 1.0));
        sum / count
    }
}

impl ErrorShapes {
    /// Pools the errors of a group for forecasts of up to `horizon` periods.
    ///
    /// Symbols: e error, v volatility of the series before the window, m forecast / average forecast of its window, p
    /// power, a mean |z| of a window relative to the group, w width of the series. Each error becomes
    /// z = e / (v m^p), kept within 50 √h (50 h^1.5 for totals), and then u = z / w, where w is taken **from windows apart** (else the division would thin
    /// the tails): w = (g + Σ a) / (g + n). p and g are those with the smallest pinball loss of the pooled quantiles
    /// over all windows. A series with one window or none has w = 1 or the group's.
    pub fn fit(group: &[CalibrationSeries], horizon: usize) -> ErrorShapes {
        Self::fit_with_loss(group, horizon).0
    }

    /// The same, and the mean pinball loss of the pooled quantiles over all windows, relative to the steps of each series; infinite
    /// without any error.
    pub fn fit_with_loss(group: &[CalibrationSeries], horizon: usize) -> (ErrorShapes, f64) {
        let mut best: Option<(f64, ErrorShapes)> = None;
        for mean_power in MEAN_POWERS {
            let scores: Vec<Scores> = group.iter().map(|series| Scores::new(series, mean_power)).collect();
            let sizes: Vec<f64> = (0..horizon).map(|ahead| mean_size(&scores, |s| &s.per_period, ahead)).collect();
            let windows: Vec<WindowSizes> = (scores.iter().zip(group))
                .map(|(scores, series)| scores.window_sizes(&sizes, &series.backtest.cutoffs))
                .collect();
            for group_windows in GROUP_WINDOWS {
                let widths: Vec<Vec<f64>> = windows.iter().map(|sizes| sizes.of_windows(group_windows)).collect();
                let pool = |rows: fn(&Scores) -> &Vec<Vec<f64>>| {
                    (0..horizon).map(|ahead| pooled_shape(&scores, &widths, rows, ahead)).collect()
                };
                let shapes = ErrorShapes {
                    per_period: pool(|scores| &scores.per_period),
                    total: pool(|scores| &scores.total),
                    mean_power,
                    group_windows,
                    n_parameters: 0.0,
                    median_share: 0.0,
                    n_errors: scores.iter().flat_map(|s| &s.per_period).flatten().filter(|z| z.is_finite()).count(),
                };
                let loss = shapes.loss(group, &widths);
                if best.as_ref().is_none_or(|(smallest, _)| loss < *smallest) {
                    best = Some((loss, shapes));
                }
            }
        }
        match best {
            Some((loss, mut shapes)) if shapes.n_errors > 0 => {
                fill_unseen(&mut shapes.per_period);
                fill_unseen(&mut shapes.total);
                (shapes, loss)
            }
            _ => (ErrorShapes::reference(horizon), f64::INFINITY),
        }
    }

    /// The same for points that forecast the median (`median_share` = 1), as a model of least absolute errors does, or stand between
    /// mean (0) and median: the errors are centred on what the point is.
    #[must_use]
    pub fn centred(self, median_share: f64) -> ErrorShapes {
        ErrorShapes { median_share: median_share.clamp(0.0, 1.0), ..self }
    }

    /// The same for models whose `n_parameters` were fitted to each whole history before their rolling origins were looked at: the
    /// errors there are smaller than those to come, by the root of (n - k) / (n + k) with n observed periods (Akaike, "Fitting
    /// autoregressive models for prediction", Annals of the Institute of Statistical Mathematics 21 (1969), 243-247).
    #[must_use]
    pub fn fitted_with(self, n_parameters: f64) -> ErrorShapes {
        ErrorShapes { n_parameters, ..self }
    }

    /// How much larger errors are than those of the rolling origins.
    fn optimism(&self, history: &[f64]) -> f64 {
        let n = (observed_count(history) as f64).max(FEWEST_PER_PARAMETER * self.n_parameters).max(1.0);
        ((n + self.n_parameters) / (n - self.n_parameters)).sqrt()
    }

    /// The same for errors whose skewness says nothing of the next ones, such as differences from one season to the next: each as
    /// likely upwards as downwards.
    #[must_use]
    pub fn symmetric(mut self) -> ErrorShapes {
        for shape in self.per_period.iter_mut().chain(&mut self.total) {
            *shape = shape.symmetric();
        }
        self
    }

    /// Nothing learnt: Student's t with the width of the history's steps, growing with the root of the distance.
    fn reference(horizon: usize) -> ErrorShapes {
        let shapes: Vec<Shape> = (1..=horizon).map(|ahead| Shape::new((ahead as f64).sqrt(), &[])).collect();
        let total = (1..=horizon).map(|ahead| Shape::new(ahead as f64, &[])).collect();
        ErrorShapes {
            per_period: shapes,
            total,
            mean_power: 0.5,
            group_windows: 2.0,
            n_errors: 0,
            n_parameters: 0.0,
            median_share: 0.0,
        }
    }

    /// Mean pinball loss of the pooled quantiles, relative to each window's average error size without its own series' part.
    fn loss(&self, group: &[CalibrationSeries], widths: &[Vec<f64>]) -> f64 {
        let table: Vec<[f64; JUDGED_LEVELS.len()]> =
            self.per_period.iter().map(|shape| JUDGED_LEVELS.map(|level| shape.quantile(level))).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        for (series, widths) in group.iter().zip(widths) {
            let volatility = Volatility::new(series.history, series.season_length);
            let scale = volatility.at(series.history.len());
            if scale.is_nan() || scale <= 0.0 {
                continue;
            }
            for (window, (forecasts, actuals)) in
                series.backtest.forecasts.iter().zip(&series.backtest.actuals).enumerate()
            {
                let relative = RelativeMean::new(forecasts, self.mean_power);
                let unit = volatility.at(series.backtest.cutoffs[window]) * widths[window];
                for (ahead, (forecast, actual)) in forecasts.iter().zip(actuals).enumerate().take(table.len()) {
                    let error = actual - forecast;
                    if !error.is_finite() {
                        continue;
                    }
                    let unit = unit * relative.period(ahead);
                    for (level, quantile) in JUDGED_LEVELS.iter().zip(table[ahead]) {
                        let gap = error - quantile * unit;
                        sum += if gap >= 0.0 { level * gap } else { (level - 1.0) * gap } / scale;
                    }
                    count += 1.0;
                }
            }
        }
        if count > 0.0 { sum / count } else { f64::INFINITY }
    }

    /// Quantiles of one series around its `mean` forecast.
    ///
    /// q(h) = μ_h + v w m_h^p U_h(level), U_h the pooled quantile; the same for running totals with their own errors.
    /// Never negative, never crossing, totals never falling with h. Periods beyond the fitted horizon use the last
    /// shape. Levels outside (0, 1) are dropped; a mean that is not a number or negative counts as zero.
    ///
    /// ```
    /// use nightclerk_models::forecast::origins::Backtest;
    /// use nightclerk_models::forecast::calibration::{CalibrationSeries, ErrorShapes};
    /// let history = [10.0, 12.0, 9.0, 11.0, 10.0, 12.0, 10.0, 11.0];
    /// let backtest =
    ///     Backtest { cutoffs: vec![4, 6], forecasts: vec![vec![10.5; 2]; 2], actuals: vec![vec![10.0, 12.0], vec![10.0, 11.0]] };
    /// let series = CalibrationSeries { history: &history, backtest: &backtest, season_length: 1 };
    /// let quantiles = ErrorShapes::fit(&[series], 2).quantiles(&series, &[10.5, 10.5], &[0.05, 0.95]);
    /// assert!(quantiles.per_period[0][0] < 10.5 && quantiles.per_period[0][1] > 10.5);
    /// ```
    pub fn quantiles(&self, series: &CalibrationSeries, mean: &[f64], levels: &[f64]) -> DemandQuantiles {
        let levels = clean_levels(levels);
        let mean: Vec<f64> = mean.iter().map(|m| if m.is_finite() { m.max(0.0) } else { 0.0 }).collect();
        let relative = RelativeMean::new(&mean, self.mean_power);
        let volatility = Volatility::new(series.history, series.season_length);
        let sizes: Vec<f64> = self.per_period.iter().map(|shape| shape.size).collect();
        let windows = Scores::new(series, self.mean_power).window_sizes(&sizes, &series.backtest.cutoffs);
        let unit =
            volatility.at(series.history.len()) * windows.width(self.group_windows) * self.optimism(series.history);
        let around = |centre: f64, unit: f64, shape: Option<&Shape>, median_share: f64| {
            quantiles_around(centre, unit, shape, median_share, &levels)
        };
        let (mut per_period, mut total, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for (ahead, mean) in mean.iter().enumerate() {
            let period_unit = unit * relative.period(ahead);
            let shape = self.per_period.get(ahead).or(self.per_period.last());
            per_period.push(around(*mean, period_unit, shape, self.median_share));
            // Means add up; medians of skewed errors do not.
            sum += mean + shape.map_or(0.0, |shape| period_unit * shape.skew(self.median_share));
            let shape = self.total.get(ahead).or(self.total.last());
            total.push(around(sum, unit * relative.total(ahead), shape, 0.0));
        }
        // One period is a total of one.
        if let (Some(total), Some(period)) = (total.first_mut(), per_period.first()) {
            total.clone_from(period);
        }
        lift_totals(&mut total);
        let basis = if self.n_errors > 0 {
            QuantileBasis::Backtest { n_errors: self.n_errors }
        } else {
            QuantileBasis::WideDefault
        };
        DemandQuantiles { levels, per_period, total, basis }
    }

    /// Quantiles per period of every window of the series' own backtest, its width taken from windows apart.
    pub fn window_quantiles(&self, series: &CalibrationSeries, levels: &[f64]) -> Vec<Vec<Vec<f64>>> {
        let levels = clean_levels(levels);
        let volatility = Volatility::new(series.history, series.season_length);
        let sizes: Vec<f64> = self.per_period.iter().map(|shape| shape.size).collect();
        let windows = Scores::new(series, self.mean_power).window_sizes(&sizes, &series.backtest.cutoffs);
        let widths = windows.of_windows(self.group_windows);
        (series.backtest.cutoffs.iter().zip(&series.backtest.forecasts).enumerate())
            .map(|(window, (cutoff, mean))| {
                let relative = RelativeMean::new(mean, self.mean_power);
                let unit = volatility.at(*cutoff) * widths[window];
                let row = |(ahead, mean): (usize, &f64)| {
                    let shape = self.per_period.get(ahead).or(self.per_period.last());
                    quantiles_around(mean.max(0.0), unit * relative.period(ahead), shape, self.median_share, &levels)
                };
                mean.iter().enumerate().map(row).collect()
            })
            .collect()
    }
}

/// Quantiles of an error of the given unit around a centre, never negative, never crossing.
///
/// The errors are centred on what the point is, their mean or their median: a dozen overlapping origins share the shocks of a few weeks, and a distribution that
/// followed them would be displaced by what happened then. That its median lies beside its mean, as far as errors are
/// skewed, stays.
fn quantiles_around(centre: f64, unit: f64, shape: Option<&Shape>, median_share: f64, levels: &[f64]) -> Vec<f64> {
    let bias = shape.map_or(0.0, |shape| shape.centre(median_share));
    let mut row: Vec<f64> = (levels.iter())
        .map(|level| centre + shape.map_or(0.0, |shape| unit * (shape.quantile(*level) - bias)))
        .collect();
    make_monotone(&mut row);
    row
}

/// Mean over series of their mean |z| at one period ahead.
fn mean_size(scores: &[Scores], rows: fn(&Scores) -> &Vec<Vec<f64>>, ahead: usize) -> f64 {
    let means: Vec<f64> = scores
        .iter()
        .map(|scores| {
            let sizes: Vec<f64> = rows(scores).iter().filter_map(|row| row.get(ahead)).map(|z| z.abs()).collect();
            observed_mean(&sizes)
        })
        .collect();
    observed_mean(&means)
}

/// Periods ahead without an error of their own take the shape before them.
fn fill_unseen(shapes: &mut [Shape]) {
    for ahead in 1..shapes.len() {
        if !shapes[ahead].size.is_finite() {
            shapes[ahead] = shapes[ahead - 1].clone();
        }
    }
    for shape in shapes.iter_mut().filter(|shape| !shape.size.is_finite()) {
        shape.size = 0.0;
    }
}

fn pooled_shape(scores: &[Scores], widths: &[Vec<f64>], rows: fn(&Scores) -> &Vec<Vec<f64>>, ahead: usize) -> Shape {
    let longest = scores.iter().flat_map(rows).map(Vec::len).max().unwrap_or(0);
    let mut errors: Vec<f64> = Vec::new();
    let size = mean_size(scores, rows, ahead);
    for reach in 0..=longest {
        errors.clear();
        for near in ahead.saturating_sub(reach)..=ahead + reach {
            let size = mean_size(scores, rows, near);
            if size.is_nan() || size <= 0.0 {
                continue;
            }
            for (scores, widths) in scores.iter().zip(widths) {
                for (width, row) in widths.iter().zip(rows(scores)) {
                    let u = row.get(near).map_or(f64::NAN, |z| z / (size * width));
                    if u.is_finite() {
                        errors.push(u);
                    }
                }
            }
        }
        if errors.len() >= ENOUGH_ERRORS {
            break;
        }
    }
    Shape::new(size, &errors)
}

#[cfg(test)]
#[path = "conformal_tests.rs"]
mod tests;
