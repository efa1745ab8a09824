//! Fit and forecast.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::choice::choose;
use super::features::{Origin, SIMPLE};
use super::layout::Layout;
use super::linear::Linear;
use super::panel::{Member, Panel};
use super::rows::{Rows, bins_for, build, training_plan};
use super::{Base, GlobalOptions, GlobalSeries};
use crate::forecast::MethodError;
use crate::forecast::boosting::{Bins, Booster, BoostingSettings, Loss, TrainingRows, mixed, refused};

/// A fitted global model. It holds no demand: it can be asked again when a day has passed, or about a new series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlobalModel {
    layout: Layout,
    /// Periods to forecast.
    horizon: usize,
    linear: Option<Linear>,
    bins: Bins,
    /// Boosters of the point forecast.
    boosters: Vec<Part>,
    /// Boosters of the quantiles, by level.
    quantiles: Vec<(f64, Part)>,
    tried: Vec<(String, f64)>,
}

/// A booster of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    /// It corrects the linear forecast; otherwise nothing.
    is_correction: bool,
    booster: Booster,
}

/// Forecasts of all series, in the order given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GlobalForecast {
    /// Series x horizon. Zero for a series in which nothing was sold yet.
    pub point: Vec<Vec<f64>>,
    /// Levels, ascending.
    pub levels: Vec<f64>,
    /// Level x series x horizon; never crossing.
    pub quantiles: Vec<Vec<Vec<f64>>>,
}

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub base: Base,
    /// Periods ahead that the model answers at once.
    pub step: usize,
}

/// Fits a global model to forecast `horizon` periods after the end of each series.
///
/// `season_lengths` in periods, such as `[7]` or `[7, 365]`; with `[7]` alone the same weekday 364 days before is looked
/// at too where histories reach that far.
///
/// ```
/// use nightclerk_models::forecast::Regressors;
/// use nightclerk_models::forecast::global::{GlobalOptions, GlobalSeries, fit};
/// // Twelve shops of different size that all sell 3 on Mondays and 1 on other days.
/// let shops: Vec<Vec<f64>> =
///     (1..=12).map(|size| (0..140).map(|t| f64::from(size) * if t % 7 == 0 { 3.0 } else { 1.0 }).collect()).collect();
/// let none = Regressors::default();
/// let series: Vec<GlobalSeries> = shops
///     .iter()
///     .map(|demand| GlobalSeries { demand, first_index: 0, regressors: &none, categories: &[] })
///     .collect();
/// let model = fit(&series, &[7], 7, &GlobalOptions::default())?;
/// let forecast = model.forecast(&series)?;
/// assert!((forecast.point[11][0] - 36.0).abs() < 1.0 && (forecast.point[11][1] - 12.0).abs() < 1.0);
/// # Ok::<(), nightclerk_models::forecast::MethodError>(())
/// ```
///
/// # Errors
/// No series, no horizon, series with different numbers of categories or names of columns, a column that does not cover
/// the history, settings out of range, or no period to learn from.
pub fn fit(
    series: &[GlobalSeries],
    season_lengths: &[usize],
    horizon: usize,
    options: &GlobalOptions,
) -> Result<GlobalModel, MethodError> {
    check(series, horizon)?;
    let (plan, tried) = choose(series, season_lengths, horizon, options)?;
    let model = fit_plan(series, season_lengths, horizon, options, plan)?;
    Ok(GlobalModel { tried, ..model })
}

/// Fits what a plan says.
pub(crate) fn fit_plan(
    series: &[GlobalSeries],
    season_lengths: &[usize],
    horizon: usize,
    options: &GlobalOptions,
    plan: Plan,
) -> Result<GlobalModel, MethodError> {
    let longest = series.iter().map(|one| one.demand.len()).max().unwrap_or(0);
    let (n_categories, names) =
        series.first().map_or((0, Vec::new()), |one| (one.categories.len(), one.regressors.names.clone()));
    let layout = Layout::new(season_lengths, plan.step, longest, n_categories, names);
    let panel = Panel::new(series, &layout);
    let row_plan = training_plan(&panel, &layout, options.max_rows, options.seed);
    let bins = bins_for(&panel, &layout, &row_plan, options.max_bins);
    let rows = build(&panel, &layout, &row_plan, &bins, options.by_naive_error);
    if rows.linear.is_empty() {
        return Err(MethodError::TooShort { method: "gbm", found: longest, needed: layout.least_history() + 1 });
    }
    let base = if options.boosting.loss.has_log_link() { Base::Nothing } else { plan.base };
    let linear = (base != Base::Nothing).then(|| Linear::fit(&rows.linear, plan.step));
    let settings = |loss: Loss, number: usize| BoostingSettings {
        loss,
        seed: mixed(options.seed, number as u64),
        monotone: layout.monotone(&options.falling_in),
        patience: 0,
        ..options.boosting.clone()
    };
    let n_boosters = options.n_boosters.max(if base == Base::Both { 2 } else { 1 });
    let mut boosters = Vec::with_capacity(n_boosters);
    for number in 0..n_boosters {
        let is_correction = base == Base::Linear || (base == Base::Both && number % 2 == 0);
        let from = linear.as_ref().filter(|_| is_correction);
        let booster = grow(&bins, &rows, from, &settings(options.boosting.loss, number))?;
        boosters.push(Part { is_correction, booster });
    }
    let mut quantiles = Vec::with_capacity(options.quantile_levels.len());
    let mut levels = options.quantile_levels.clone();
    levels.sort_by(f64::total_cmp);
    for level in levels {
        let is_correction = linear.is_some();
        let booster = grow(&bins, &rows, linear.as_ref(), &settings(Loss::Quantile(level), 0))?;
        quantiles.push((level, Part { is_correction, booster }));
    }
    Ok(GlobalModel { layout, horizon, linear, bins, boosters, quantiles, tried: Vec::new() })
}

fn grow(
    bins: &Bins,
    rows: &Rows,
    linear: Option<&Linear>,
    settings: &BoostingSettings,
) -> Result<Booster, MethodError> {
    let base = |ahead, simple: &[f32; SIMPLE]| linear.map_or(0.0, |l| l.predict(ahead, &simple.map(f64::from))) as f32;
    let lowest = if settings.loss.has_log_link() { 0.0 } else { f32::MIN };
    let (targets, weights): (Vec<f32>, Vec<f32>) = rows
        .linear
        .iter()
        .map(|row| ((row.target - base(row.ahead as usize, &row.simple)).max(lowest), row.weight))
        .unzip();
    let training = TrainingRows { matrix: &rows.matrix, targets: &targets, weights: Some(&weights) };
    Booster::fit(bins, training, None, settings)
}

impl GlobalModel {
    /// What was tried on the last periods of the training part, with its mean absolute error in units of the series'
    /// naive errors; empty when nothing was to be chosen.
    pub fn tried(&self) -> &[(String, f64)] {
        &self.tried
    }

    /// Names of the features and how often each is cut on, over all boosters of the point forecast.
    pub fn feature_cuts(&self) -> Vec<(String, usize)> {
        let mut counts = vec![0; self.layout.n_features()];
        for part in &self.boosters {
            for (count, cuts) in counts.iter_mut().zip(part.booster.cuts_per_feature()) {
                *count += cuts;
            }
        }
        self.layout.names().into_iter().zip(counts).collect()
    }

    /// Forecasts the periods after each series' end. The series may be those of the fit, longer ones, or others with the
    /// same columns and categories.
    ///
    /// # Errors
    /// Columns or categories are not those of the fit, or a column does not cover the history.
    pub fn forecast(&self, series: &[GlobalSeries]) -> Result<GlobalForecast, MethodError> {
        check(series, self.horizon)?;
        if let Some(one) = series.first()
            && (one.categories.len() != self.layout.n_categories || one.regressors.names != self.layout.regressors)
        {
            return Err(refused("columns or categories differ from those of the fit"));
        }
        let mut forecast = GlobalForecast {
            point: vec![Vec::with_capacity(self.horizon); series.len()],
            levels: self.quantiles.iter().map(|(level, _)| *level).collect(),
            quantiles: vec![vec![Vec::with_capacity(self.horizon); series.len()]; self.quantiles.len()],
        };
        let step = self.layout.horizon.max(1);
        let mut extended: Vec<Vec<f64>> = Vec::new();
        for from in (0..self.horizon).step_by(step) {
            if from == 0 {
                self.add_step(series, step, &mut forecast);
                continue;
            }
            // Further than one answer reaches: what was forecast counts as history.
            extended = (0..series.len())
                .map(|at| series[at].demand.iter().chain(&forecast.point[at]).copied().collect())
                .collect();
            let longer: Vec<GlobalSeries> =
                series.iter().zip(&extended).map(|(one, demand)| GlobalSeries { demand, ..*one }).collect();
            self.add_step(&longer, step.min(self.horizon - from), &mut forecast);
        }
        drop(extended);
        Ok(forecast)
    }

    /// Appends the next `step` periods to a forecast.
    fn add_step(&self, series: &[GlobalSeries], step: usize, forecast: &mut GlobalForecast) {
        let panel = Panel::new(series, &self.layout);
        let all: Vec<(usize, Vec<Vec<f64>>)> =
            panel.series.par_iter().map(|member| (member.given, self.of_member(&panel, member, step))).collect();
        for (given, rows) in all {
            for (at, row) in rows.into_iter().enumerate() {
                let into = if at == 0 { &mut forecast.point } else { &mut forecast.quantiles[at - 1] };
                into[given].extend(row);
            }
        }
    }

    /// Point forecast and quantiles of one series.
    fn of_member(&self, panel: &Panel, member: &Member, step: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; step]; 1 + self.quantiles.len()];
        let Some(origin) = Origin::new(panel, member, &self.layout, member.history.len()) else { return rows };
        let (mut row, mut cells) = (Vec::new(), vec![0; self.layout.n_features()]);
        for ahead in 1..=step {
            let simple = origin.row(ahead, &mut row);
            self.bins.bin_row(&row, &mut cells);
            let base = self.linear.as_ref().map_or(0.0, |linear| linear.predict(ahead, &simple));
            let answer =
                |part: &Part| part.booster.predict_binned(&cells) + if part.is_correction { base } else { 0.0 };
            let in_units = |value: f64| (value * origin.scale * member.unit).clamp(-f64::MAX, f64::MAX);
            let total: f64 = self.boosters.iter().map(answer).sum();
            rows[0][ahead - 1] = in_units(total / self.boosters.len().max(1) as f64);
            let mut levels: Vec<f64> = self.quantiles.iter().map(|(_, part)| in_units(answer(part))).collect();
            levels.sort_by(f64::total_cmp);
            for (at, value) in levels.into_iter().enumerate() {
                rows[1 + at][ahead - 1] = value;
            }
        }
        rows
    }
}

fn check(series: &[GlobalSeries], horizon: usize) -> Result<(), MethodError> {
    let Some(first) = series.first() else { return Err(refused("found no series, needs at least one")) };
    if horizon == 0 || horizon > usize::from(u16::MAX) {
        return Err(refused(format!("horizon: found {horizon}, allowed are 1 to {}", u16::MAX)));
    }
    for (at, one) in series.iter().enumerate() {
        if one.categories.len() != first.categories.len() || one.regressors.names != first.regressors.names {
            return Err(refused(format!("series {at}: columns or categories differ from those of the first series")));
        }
        if one.demand.len() > i32::MAX as usize || one.first_index.unsigned_abs() > 1 << 48 {
            return Err(refused(format!("series {at}: length or first index is absurdly large")));
        }
        let needed = one.demand.len() + horizon;
        for (at, name) in one.regressors.names.iter().enumerate() {
            let found = one.regressors.columns.get(at).map_or(0, Vec::len);
            if found < needed {
                let problem = format!("has {found} values");
                return Err(MethodError::Regressor { name: name.clone(), problem, needed });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "global_tests.rs"]
mod tests;
