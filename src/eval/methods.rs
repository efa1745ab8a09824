//! The models that can be evaluated, by name: every one that a night can be told to use, and two yardsticks.

use std::collections::{BTreeMap, BTreeSet};

use super::forecaster::{EachSeries, Forecaster, OriginData, OriginSeries, SeriesResult};
use super::metrics::from_first_sale;
use crate::diagnostic::allowed_words;
use crate::models::forecast::Regressors;
use crate::models::forecast::calibration::demand_quantiles;
use crate::models::forecast::local::seasonal_naive;
use crate::models::forecast::origins::{Backtest, cutoffs};
use crate::models::forecast::panel::{PanelMethod, PanelSeries, PanelSettings, forecast_panel};

/// A model by name.
#[derive(Clone, Copy, Debug)]
pub struct MethodEntry {
    /// What `--model` is given.
    pub name: &'static str,
    /// What it does, for the help.
    pub about: &'static str,
    makes: Makes,
}

#[derive(Clone, Copy, Debug)]
enum Makes {
    Panel(PanelMethod),
    LastValue,
    LastSeason,
}

/// Every model: `auto`, then the others by name.
pub fn methods() -> Vec<MethodEntry> {
    let of_panels = PanelMethod::ALL.iter();
    let mut methods: Vec<MethodEntry> = of_panels
        .map(|method| MethodEntry { name: method.name(), about: method.about(), makes: Makes::Panel(*method) })
        .collect();
    methods.push(MethodEntry { name: "naive", about: "the last value", makes: Makes::LastValue });
    methods.push(MethodEntry { name: "seasonal_naive", about: "the last season", makes: Makes::LastSeason });
    methods.sort_by_key(|entry| (entry.name != PanelMethod::Auto.name(), entry.name));
    methods
}

/// The model of that name.
///
/// # Errors
/// With the allowed names when there is none.
pub fn forecaster(name: &str) -> Result<Box<dyn Forecaster>, String> {
    let methods = methods();
    let Some(entry) = methods.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = methods.iter().map(|entry| entry.name).collect();
        return Err(format!("`{name}` is no model; {}", allowed_words(name, &names)));
    };
    Ok(match entry.makes {
        Makes::Panel(method) => Box::new(OfPanel(method)),
        Makes::LastValue => Box::new(EachSeries(naive)),
        Makes::LastSeason => Box::new(EachSeries(last_season)),
    })
}

/// The methods of [`crate::models::forecast::panel`], which see all series at once.
struct OfPanel(PanelMethod);

/// Seed of the draws of the boosted model: an evaluation is repeatable.
const SEED: u64 = 1;

impl Forecaster for OfPanel {
    fn forecast(&self, data: &OriginData<'_>, levels: &[f64]) -> Vec<SeriesResult> {
        let regressors: Vec<Regressors> = (data.series.iter())
            .map(|series| Regressors {
                names: [data.known_names, data.past_names].concat(),
                columns: columns_of(series, data.horizon),
                n_past: data.past_names.len(),
            })
            .collect();
        let categories = categories(&data.series);
        let series: Vec<PanelSeries<'_>> = (data.series.iter().zip(&regressors).zip(&categories))
            .map(|((series, regressors), categories)| PanelSeries {
                demand: &series.demand,
                first_index: series.start,
                regressors,
                categories,
                factor: &[],
                past_factor: &[],
                calendar: data.calendar,
            })
            .collect();
        let settings = PanelSettings {
            season_lengths: data.season_lengths,
            horizon: data.horizon,
            levels,
            windows: None,
            seed: SEED,
        };
        let forecasts = forecast_panel(&series, self.0, &settings);
        (forecasts.into_iter())
            .map(|forecast| {
                let total = |periods: &usize| {
                    forecast.quantiles.total.get(periods.saturating_sub(1)).cloned().unwrap_or_default()
                };
                SeriesResult {
                    intervals: forecast.quantiles.basis.about(),
                    sum_quantiles: data.sum_periods.iter().map(total).collect(),
                    mean: forecast.mean,
                    quantiles: forecast.quantiles.per_period,
                    model: forecast.model,
                    failed: forecast.fallback.is_some(),
                    note: forecast.fallback,
                }
            })
            .collect()
    }
}

/// Known-ahead columns, then those known until the origin, nothing after it.
fn columns_of(series: &OriginSeries<'_>, horizon: usize) -> Vec<Vec<f64>> {
    let unknown = vec![f64::NAN; horizon];
    let known = series.known.iter().map(|column| column.to_vec());
    known.chain(series.past.iter().map(|column| [*column, &unknown].concat())).collect()
}

/// Codes of the id columns that several series share (store, department); one that names a single series says nothing.
fn categories(series: &[OriginSeries<'_>]) -> Vec<Vec<u32>> {
    let n_columns = series.first().map_or(0, |series| series.keys.len());
    let mut codes = vec![Vec::new(); series.len()];
    for column in 0..n_columns {
        let values: BTreeSet<&str> = series.iter().map(|series| series.keys[column].as_str()).collect();
        if values.len() < 2 || 2 * values.len() > series.len() {
            continue;
        }
        let code: BTreeMap<&str, u32> = values.into_iter().zip(0..).collect();
        for (codes, series) in codes.iter_mut().zip(series) {
            codes.push(code.get(series.keys[column].as_str()).copied().unwrap_or(0));
        }
    }
    for column in 0..series.first().map_or(0, |series| series.statics.len()) {
        let values: Vec<f64> = series.iter().map(|series| series.statics[column]).collect();
        for (codes, code) in codes.iter_mut().zip(static_codes(&values)) {
            codes.push(code);
        }
    }
    codes
}

/// Groups that a static number makes, at most; of more values, as many of about the same size.
const STATIC_GROUPS: usize = 10;

/// Codes of a static column: by value where there are few, else in groups of about the same size; nothing is a value too.
fn static_codes(values: &[f64]) -> Vec<u32> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut bounds = sorted.clone();
    bounds.dedup();
    if bounds.len() > STATIC_GROUPS {
        bounds = (0..STATIC_GROUPS).map(|group| sorted[group * sorted.len() / STATIC_GROUPS]).collect();
        bounds.dedup();
    }
    let code = |value: &f64| {
        if value.is_finite() { bounds.partition_point(|bound| bound <= value) as u32 } else { u32::MAX }
    };
    values.iter().map(code).collect()
}

/// Origins whose errors give the quantiles of the naive methods.
const NAIVE_ORIGINS: usize = 20;

/// Repeats the last value.
fn naive(series: &OriginSeries<'_>, data: &OriginData<'_>, levels: &[f64]) -> SeriesResult {
    naive_result(series, data, levels, 1, "naive")
}

/// Repeats the last season of the main season length. Also what stands in for a model that fails.
pub(super) fn last_season(series: &OriginSeries<'_>, data: &OriginData<'_>, levels: &[f64]) -> SeriesResult {
    naive_result(series, data, levels, data.season_lengths.first().copied().unwrap_or(1), "seasonal_naive")
}

fn naive_result(
    series: &OriginSeries<'_>,
    data: &OriginData<'_>,
    levels: &[f64],
    season: usize,
    model: &str,
) -> SeriesResult {
    let (demand, horizon) = (series.demand.as_ref(), data.horizon);
    let sold = from_first_sale(demand);
    let mut backtest = Backtest::default();
    for cutoff in cutoffs(sold.len(), horizon, NAIVE_ORIGINS, 1, season.max(1)) {
        backtest.cutoffs.push(cutoff);
        backtest.forecasts.push(seasonal_naive(&sold[..cutoff], season, horizon));
        backtest.actuals.push(sold[cutoff..cutoff + horizon].to_vec());
    }
    let mean = seasonal_naive(demand, season, horizon);
    with_quantiles(mean, &backtest, sold, data, levels, model)
}

fn with_quantiles(
    mean: Vec<f64>,
    backtest: &Backtest,
    history: &[f64],
    data: &OriginData<'_>,
    levels: &[f64],
    model: &str,
) -> SeriesResult {
    let quantiles = demand_quantiles(&mean, backtest, history, levels);
    let total = |periods: &usize| quantiles.total.get(periods.saturating_sub(1)).cloned().unwrap_or_default();
    let sum_quantiles = data.sum_periods.iter().map(total).collect();
    let (intervals, per_period) = (quantiles.basis.about(), quantiles.per_period);
    let model = model.to_owned();
    SeriesResult { mean, quantiles: per_period, sum_quantiles, model, intervals, note: None, failed: false }
}
