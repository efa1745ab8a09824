//! From histories to forecasts: what is shared is divided out, models forecast the rest, what is shared comes back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::dataset::DemandData;
use super::hierarchy::SeriesOutcome;
use super::history::SeriesHistory;
use super::known_effects::Effects;
use super::pooled::{Shape, shapes};
use super::regressors::PromotionIndex;
use super::{DemandForecast, WEEK};
use crate::job::{Progress, RunContext};
use crate::models::forecast::panel::{PanelForecast, PanelSeries, PanelSettings, Windows, forecast_panel_reporting};
use crate::models::forecast::seasonal_naive::seasonal_naive;
use crate::models::forecast::selection::demand_has_ended;
use crate::models::forecast::{Backtest, Regressors, demand_quantiles};
use crate::published::QUANTILES;

/// The name of the forecast of a product too new for a model.
pub(super) const OWN_MEAN: &str = "own_mean";
/// The name of the forecast of a product whose demand has ended.
pub(super) const ZERO: &str = "zero";
/// Series between two reports of progress.
const REPORT_EVERY: u64 = 100;

/// What every series' forecast is made of besides its own past.
struct Shared {
    shapes: Vec<Shape>,
    factors: Vec<Vec<f64>>,
}

impl Shared {
    /// Learnt from the days up to `last_day`.
    fn learn(job: &DemandForecast, data: &DemandData, promotions: &PromotionIndex, last_day: i32) -> Shared {
        let horizon = job.horizon();
        let shapes = shapes(job, data, last_day);
        let effects = Effects::learn(data, promotions, &shapes, last_day, horizon);
        let factors = (data.series.par_iter().zip(&shapes).enumerate())
            .map(|(index, (series, shape))| {
                let days = series.first_day..=data.as_of + horizon as i32;
                let mut factors: Vec<f64> = days.map(|day| shape.on(day)).collect();
                if let Some(effects) = effects.factors(data, promotions, index, horizon) {
                    factors.iter_mut().zip(effects).for_each(|(factor, effect)| *factor *= effect);
                }
                factors
            })
            .collect();
        Shared { shapes, factors }
    }
}

/// How a series is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Too few days.
    OwnMean,
    /// Demand has ended.
    Zero,
    /// By the models.
    Models,
}

/// One outcome per series, in order; the same whatever the thread count.
pub(super) fn forecast_series(
    job: &DemandForecast,
    ctx: &RunContext,
    data: &DemandData,
    progress: &Progress,
) -> Vec<SeriesOutcome> {
    let horizon = job.horizon();
    let promotions = PromotionIndex::new(&data.promotions);
    let first_origin = data.as_of - job.backtest_days() as i32;
    let past = Shared::learn(job, data, &promotions, first_origin);
    let now = Shared::learn(job, data, &promotions, data.as_of);

    let routes: Vec<Route> = data.series.par_iter().map(|series| route(job, series)).collect();
    let codes = category_codes(data);
    let none = Regressors::default();
    let modelled: Vec<usize> = (0..routes.len()).filter(|index| routes[*index] == Route::Models).collect();
    let panel: Vec<PanelSeries> = (modelled.iter())
        .map(|index| PanelSeries {
            demand: &data.series[*index].demand,
            first_index: i64::from(data.series[*index].first_day),
            regressors: &none,
            categories: &codes[*index],
            factor: &now.factors[*index],
            past_factor: &past.factors[*index],
        })
        .collect();
    let levels = QUANTILES.map(|(level, _)| level);
    let settings = PanelSettings {
        season_lengths: &[WEEK],
        horizon,
        levels: &levels,
        windows: Some(Windows { count: job.n_windows.get() as usize, step: job.step_days.get() as usize }),
        seed: ctx.seed,
    };
    let done = AtomicU64::new(0);
    let one_done = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(REPORT_EVERY) || done == panel.len() as u64 {
            progress.report("series forecast", done, panel.len() as u64);
        }
    };
    let mut forecasts = forecast_panel_reporting(&panel, job.model.0, &settings, &one_done).into_iter();
    (data.series.iter().zip(&routes).enumerate())
        .map(|(index, (series, route))| {
            let mut outcome = match route {
                Route::Models => forecasts.next().map(|forecast| of_model(series, forecast, horizon)),
                Route::OwnMean => None,
                Route::Zero => Some(of_nothing(series, horizon)),
            }
            .unwrap_or_else(|| own_mean(data.as_of, series, &now.shapes[index], horizon));
            let last_day = data.products.get(&series.product_id).and_then(|product| product.discontinued_on);
            outcome.end_after(last_day.map_or(horizon, |day| ((day - data.as_of).max(0) as usize).min(horizon)));
            outcome
        })
        .collect()
}

fn route(job: &DemandForecast, series: &SeriesHistory) -> Route {
    let observed = series.demand.iter().filter(|units| units.is_finite()).count();
    if observed < job.min_history_days.get() as usize {
        Route::OwnMean
    } else if demand_has_ended(&series.demand, &[WEEK], job.horizon()) {
        Route::Zero
    } else {
        Route::Models
    }
}

/// Codes of location and top category.
fn category_codes(data: &DemandData) -> Vec<[u32; 2]> {
    let mut seen: [BTreeMap<&str, u32>; 2] = [BTreeMap::new(), BTreeMap::new()];
    let mut code = |column: usize, value| {
        let next = seen[column].len() as u32;
        *seen[column].entry(value).or_insert(next)
    };
    (data.series.iter())
        .map(|series| {
            let path = data.category_path(&series.product_id).unwrap_or("");
            [code(0, series.location_id.as_str()), code(1, path.split('/').next().unwrap_or(""))]
        })
        .collect()
}

fn of_model(series: &SeriesHistory, forecast: PanelForecast, horizon: usize) -> SeriesOutcome {
    let naive = forecast.backtest.cutoffs.iter();
    let naive = naive.map(|cutoff| seasonal_naive(&series.demand[..*cutoff], WEEK, horizon)).collect();
    SeriesOutcome {
        method: forecast.model,
        mean: forecast.mean,
        quantiles: forecast.quantiles,
        backtest: forecast.backtest,
        window_quantiles: forecast.window_quantiles,
        naive,
        fallback: forecast.fallback,
        cold_start: false,
    }
}

fn of_nothing(series: &SeriesHistory, horizon: usize) -> SeriesOutcome {
    let reason = "demand has ended: the gap since the last sale is too long for the former rate of demand";
    let levels = QUANTILES.map(|(level, _)| level);
    let mean = vec![0.0; horizon];
    SeriesOutcome {
        method: ZERO.to_owned(),
        quantiles: demand_quantiles(&mean, &Backtest::default(), &series.demand[series.demand.len()..], &levels),
        mean,
        backtest: Backtest::default(),
        window_quantiles: Vec::new(),
        naive: Vec::new(),
        fallback: Some(reason.to_owned()),
        cold_start: false,
    }
}

/// The mean of the series' own observed days, with the shape of its category.
fn own_mean(as_of: i32, series: &SeriesHistory, shape: &Shape, horizon: usize) -> SeriesOutcome {
    let any_observed = series.demand.iter().any(|units| units.is_finite());
    // Where every day was sold out, sales are all there is.
    let values = if any_observed { &series.demand } else { &series.sold };
    let days = (series.first_day..).zip(values).filter(|(_, units)| units.is_finite());
    let (units, usual) = days.fold((0.0, 0.0), |(sum, usual), (day, units)| (sum + units, usual + shape.on(day)));
    let level = if usual > 0.0 { units / usual } else { 0.0 };
    let mean: Vec<f64> = (1..=horizon as i32).map(|ahead| level * shape.on(as_of + ahead)).collect();
    let levels = QUANTILES.map(|(level, _)| level);
    SeriesOutcome {
        method: OWN_MEAN.to_owned(),
        quantiles: demand_quantiles(&mean, &Backtest::default(), values, &levels),
        mean,
        backtest: Backtest::default(),
        window_quantiles: Vec::new(),
        naive: Vec::new(),
        fallback: None,
        cold_start: true,
    }
}
