//! The models that can be evaluated, by name. A new one is one line of [`METHODS`].

use std::collections::{BTreeMap, BTreeSet};

use super::forecaster::{EachSeries, Forecaster, Panel, PanelSeries, SeriesResult};
use super::metrics::from_first_sale;
use crate::diagnostic::allowed_words;
use crate::models::forecast::cross_validation::cutoffs;
use crate::models::forecast::panel::{self, PanelMethod, PanelSettings, forecast_panel};
use crate::models::forecast::seasonal_naive::seasonal_naive;
use crate::models::forecast::{Backtest, Regressors, demand_quantiles};

/// A model by name.
#[derive(Clone, Copy, Debug)]
pub struct MethodEntry {
    /// What `--model` is given.
    pub name: &'static str,
    /// What it does, for the help.
    pub about: &'static str,
    make: fn() -> Box<dyn Forecaster>,
}

/// Every model, `auto` first.
pub const METHODS: &[MethodEntry] = &[
    MethodEntry {
        name: "auto",
        about: "counts where the series are counts, else `mean` and `gbm` in the better mixture",
        make: || panel(PanelMethod::Auto),
    },
    MethodEntry { name: "arima", about: "seasonal ARIMA with regressors", make: || panel(PanelMethod::Arima) },
    MethodEntry { name: "ces", about: "complex exponential smoothing", make: || panel(PanelMethod::Ces) },
    MethodEntry { name: "counts", about: "distributions of counts", make: || panel(PanelMethod::Counts) },
    MethodEntry { name: "ets", about: "exponential smoothing", make: || panel(PanelMethod::Ets) },
    MethodEntry { name: "gbm", about: "one boosted model over all series", make: || panel(PanelMethod::Gbm) },
    MethodEntry { name: "mean", about: "the mean of ets, ces and theta", make: || panel(PanelMethod::Mean) },
    MethodEntry { name: "naive", about: "the last value", make: || Box::new(EachSeries(naive)) },
    MethodEntry { name: "seasonal_naive", about: "the last season", make: || Box::new(EachSeries(last_season)) },
    MethodEntry { name: "theta", about: "dynamic optimised theta", make: || panel(PanelMethod::Theta) },
];

/// The model of that name.
///
/// # Errors
/// With the allowed names when there is none.
pub fn forecaster(name: &str) -> Result<Box<dyn Forecaster>, String> {
    let names: Vec<&str> = METHODS.iter().map(|entry| entry.name).collect();
    match METHODS.iter().find(|entry| entry.name == name) {
        Some(entry) => Ok((entry.make)()),
        None => Err(format!("`{name}` is no model; {}", allowed_words(name, &names))),
    }
}

/// The methods of [`crate::models::forecast::panel`], for which a panel is one question.
fn panel(method: PanelMethod) -> Box<dyn Forecaster> {
    Box::new(WholePanel(method))
}

struct WholePanel(PanelMethod);

/// Seed of the draws of the boosted model: an evaluation is repeatable.
const SEED: u64 = 1;

impl Forecaster for WholePanel {
    fn forecast(&self, panel: &Panel<'_>, levels: &[f64]) -> Vec<SeriesResult> {
        let regressors: Vec<Regressors> = (panel.series.iter())
            .map(|series| Regressors {
                names: panel.known_names.to_vec(),
                columns: series.known.iter().map(|column| column.to_vec()).collect(),
            })
            .collect();
        let categories = categories(&panel.series);
        let series: Vec<panel::PanelSeries<'_>> = (panel.series.iter().zip(&regressors).zip(&categories))
            .map(|((series, regressors), categories)| panel::PanelSeries {
                demand: &series.demand,
                first_index: series.start,
                regressors,
                categories,
                factor: &[],
                past_factor: &[],
            })
            .collect();
        let settings = PanelSettings {
            season_lengths: panel.season_lengths,
            horizon: panel.horizon,
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
                    sum_quantiles: panel.sum_periods.iter().map(total).collect(),
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

/// Codes of the id columns that several series share (store, department); one that names a single series says nothing.
fn categories(series: &[PanelSeries<'_>]) -> Vec<Vec<u32>> {
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
    codes
}

/// Origins whose errors give the quantiles of the naive methods.
const NAIVE_ORIGINS: usize = 20;

/// Repeats the last value.
fn naive(series: &PanelSeries<'_>, panel: &Panel<'_>, levels: &[f64]) -> SeriesResult {
    naive_result(series, panel, levels, 1, "naive")
}

/// Repeats the last season of the main season length. Also what stands in for a model that fails.
pub(super) fn last_season(series: &PanelSeries<'_>, panel: &Panel<'_>, levels: &[f64]) -> SeriesResult {
    naive_result(series, panel, levels, panel.season_lengths.first().copied().unwrap_or(1), "seasonal_naive")
}

fn naive_result(
    series: &PanelSeries<'_>,
    panel: &Panel<'_>,
    levels: &[f64],
    season: usize,
    model: &str,
) -> SeriesResult {
    let (demand, horizon) = (series.demand.as_ref(), panel.horizon);
    let sold = from_first_sale(demand);
    let mut backtest = Backtest::default();
    for cutoff in cutoffs(sold.len(), horizon, NAIVE_ORIGINS, 1, season.max(1)) {
        backtest.cutoffs.push(cutoff);
        backtest.forecasts.push(seasonal_naive(&sold[..cutoff], season, horizon));
        backtest.actuals.push(sold[cutoff..cutoff + horizon].to_vec());
    }
    let mean = seasonal_naive(demand, season, horizon);
    with_quantiles(mean, &backtest, sold, panel, levels, model)
}

fn with_quantiles(
    mean: Vec<f64>,
    backtest: &Backtest,
    history: &[f64],
    panel: &Panel<'_>,
    levels: &[f64],
    model: &str,
) -> SeriesResult {
    let quantiles = demand_quantiles(&mean, backtest, history, levels);
    let total = |periods: &usize| quantiles.total.get(periods.saturating_sub(1)).cloned().unwrap_or_default();
    let sum_quantiles = panel.sum_periods.iter().map(total).collect();
    let per_period = quantiles.per_period;
    SeriesResult { mean, quantiles: per_period, sum_quantiles, model: model.to_owned(), note: None, failed: false }
}
