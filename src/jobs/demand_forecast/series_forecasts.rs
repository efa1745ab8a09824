//! From histories to forecasts: what is shared is divided out, models forecast the rest, what is shared comes back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::dataset::DemandData;
use super::hierarchy::SeriesOutcome;
use super::history::SeriesHistory;
use super::known_effects::Effects;
use super::learnt_demand::{Learnt, learnt_demand};
use super::pooled::{Shape, shapes};
use super::regressors::{PromotionIndex, is_below};
use super::{DemandForecast, LEVELS, WEEK};
use crate::job::{Progress, RunContext};
use crate::models::forecast::calibration::demand_quantiles;
use crate::models::forecast::lifecycle::{CategoryProfile, Sibling, cold_start, ended};
use crate::models::forecast::local::seasonal_naive;
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::{PanelForecast, PanelSeries, PanelState, Updated, fit_panel, update_panel};
use crate::models::forecast::{DemandQuantiles, QuantileBasis, Regressors};

/// The name of the forecast of a product too new for a model.
pub(super) const COLD_START: &str = "cold_start";
/// The name of the forecast of a product too new for a model, without siblings.
pub(super) const OWN_MEAN: &str = "own_mean";
/// The name of the forecast of a product whose demand has ended.
pub(super) const ZERO: &str = "zero";
/// Days of a year.
const YEAR: usize = 365;
/// Series between two reports of progress.
const REPORT_EVERY: u64 = 100;

/// What every series' forecast is made of besides its own past.
struct Shared {
    shapes: Vec<Shape>,
    effects: Effects,
    factors: Vec<Vec<f64>>,
}

impl Shared {
    /// Learnt from the days up to `last_day`; responses to promotions are `known`, where they are.
    fn learn(
        job: &DemandForecast,
        data: &DemandData,
        promotions: &PromotionIndex,
        learnt: &[Learnt],
        last_day: i32,
        known: Option<Effects>,
    ) -> Shared {
        let horizon = job.horizon();
        let shapes = shapes(job, data, learnt, last_day);
        let effects = known.unwrap_or_else(|| Effects::learn(data, promotions, learnt, &shapes, last_day, horizon));
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
        Shared { shapes, effects, factors }
    }
}

/// Siblings that a cold start needs.
const MIN_SIBLINGS: usize = 3;

/// How a series is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Too few days: what its siblings sell counts beside its own.
    ColdStart,
    /// Demand has ended.
    Zero,
    /// By the models.
    Models,
}

/// Every series' forecast, and what the forecasts of sums are made from: one entry per series each, in order.
pub(super) struct SeriesForecasts {
    /// The last day of every history.
    pub as_of: i32,
    /// The forecasts.
    pub outcomes: Vec<SeriesOutcome>,
    /// What was learnt from.
    pub learnt: Vec<Learnt>,
    /// What multiplies demand over history and horizon, as known today ...
    pub now: Vec<Vec<f64>>,
    /// ... and as known before the first rolling origin; empty where nothing is forecast from those.
    pub past: Vec<Vec<f64>>,
    /// Responses to promotions and prices.
    pub effects: Effects,
    /// The place of each series among the modelled ones.
    pub places: Vec<Option<usize>>,
    /// The models.
    pub panel: PanelState,
    /// Series that were fitted again although a fit was not due.
    pub refitted: Vec<usize>,
}

impl SeriesForecasts {
    /// What multiplied demand of a series as it was known before the first rolling origin; empty = as known today.
    pub fn past_factor(&self, index: usize) -> &[f64] {
        self.past.get(index).map_or(&[], Vec::as_slice)
    }
}

/// Forecasts every series; the same whatever the thread count.
pub(super) fn forecast_series(
    job: &DemandForecast,
    ctx: &RunContext,
    data: &DemandData,
    progress: &Progress,
) -> SeriesForecasts {
    let horizon = job.horizon();
    let promotions = PromotionIndex::new(&data.promotions);
    let fitted = data.fitted.as_ref();
    let known = fitted.map_or_else(|| vec![None; data.series.len()], |fitted| fitted.places(data));
    progress.report("histories cleaned", 0, 1);
    let learnt = learnt_demand(data, &promotions, &known);
    progress.report("effects learnt", 0, 2);
    let first_origin = data.as_of - job.backtest_days() as i32;
    let past = match fitted {
        Some(_) => Vec::new(),
        None => Shared::learn(job, data, &promotions, &learnt, first_origin, None).factors,
    };
    progress.report("effects learnt", 1, 2);
    let effects = fitted.map(|fitted| Effects::known(data, fitted, &known));
    let now = Shared::learn(job, data, &promotions, &learnt, data.as_of, effects);
    progress.report("effects learnt", 2, 2);

    let routes: Vec<Route> = data.series.par_iter().map(|series| route(job, series)).collect();
    let codes = category_codes(data);
    let none = Regressors::default();
    let modelled: Vec<usize> = (0..routes.len()).filter(|index| routes[*index] == Route::Models).collect();
    let panel: Vec<PanelSeries> = (modelled.iter())
        .map(|index| PanelSeries {
            demand: &learnt[*index].demand,
            first_index: i64::from(data.series[*index].first_day),
            regressors: &none,
            categories: &codes[*index],
            factor: &now.factors[*index],
            past_factor: past.get(*index).map_or(&[], Vec::as_slice),
        })
        .collect();
    let settings = job.panel_settings(ctx.seed);
    let done = AtomicU64::new(0);
    let one_done = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(REPORT_EVERY) || done == panel.len() as u64 {
            progress.report("series forecast", done, panel.len() as u64);
        }
    };
    progress.report("series forecast", 0, panel.len() as u64);
    let Updated { forecasts, state, refitted } = if let Some(fitted) = fitted {
        let places: Vec<Option<usize>> = modelled.iter().map(|index| fitted.series[known[*index]?].place).collect();
        update_panel(&panel, &places, fitted.panel.clone(), &settings, &one_done)
    } else {
        let (forecasts, state) = fit_panel(&panel, job.model.0, &settings, &one_done);
        Updated { forecasts, state, refitted: Vec::new() }
    };
    let mut forecasts = forecasts.into_iter();
    let siblings = Siblings { data, learnt: &learnt, routes: &routes, factors: &now.factors };
    let mut profiles = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(routes.len());
    for (index, ((series, route), learnt)) in data.series.iter().zip(&routes).zip(&learnt).enumerate() {
        let mut outcome = match route {
            Route::Models => forecasts.next().map(|forecast| of_model(series, forecast, horizon)),
            Route::ColdStart => siblings.cold_start(index, &mut profiles, horizon),
            Route::Zero => Some(of_nothing(horizon)),
        }
        .unwrap_or_else(|| own_mean(data.as_of, series, &now.shapes[index], horizon));
        let last_day = data.products.get(&series.product_id).and_then(|product| product.discontinued_on);
        outcome.end_after(last_day.map_or(horizon, |day| ((day - data.as_of).max(0) as usize).min(horizon)));
        outcome.outliers.clone_from(&learnt.outliers);
        outcome.shift = learnt.shift;
        if let Some((fitted, place)) = fitted.zip(known[index]) {
            outcome.error_variance = fitted.series[place].error_variance;
        }
        outcomes.push(outcome);
    }
    let mut places = vec![None; routes.len()];
    for (place, index) in modelled.iter().enumerate() {
        places[*index] = Some(place);
    }
    SeriesForecasts {
        as_of: data.as_of,
        outcomes,
        learnt,
        now: now.factors,
        past,
        effects: now.effects,
        places,
        panel: state,
        refitted: refitted.into_iter().map(|place| modelled[place]).collect(),
    }
}

fn route(job: &DemandForecast, series: &SeriesHistory) -> Route {
    let observed = series.demand.iter().filter(|units| units.is_finite()).count();
    if observed < job.min_history_days.get() as usize {
        Route::ColdStart
    } else if ended(&series.demand, &[WEEK, YEAR], job.horizon()).is_some() {
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

/// What a new series is compared with.
struct Siblings<'a> {
    data: &'a DemandData,
    learnt: &'a [Learnt],
    routes: &'a [Route],
    factors: &'a [Vec<f64>],
}

/// What the series of a category at a location, or everywhere, have in common; `None` where they say nothing.
type Profiles<'a> = BTreeMap<(&'a str, Option<&'a str>), Option<CategoryProfile>>;

impl<'a> Siblings<'a> {
    /// The forecast of a new series: its own days and its category's level, each as far as it says something. The siblings are
    /// those of the category at the same location, else everywhere, else of the category above.
    fn cold_start(&self, index: usize, profiles: &mut Profiles<'a>, horizon: usize) -> Option<SeriesOutcome> {
        let series = &self.data.series[index];
        let path = self.data.category_path(&series.product_id)?;
        let ends = [path.len()].into_iter().chain(path.rmatch_indices('/').map(|(at, _)| at));
        let groups = ends.flat_map(|end| [(&path[..end], Some(series.location_id.as_str())), (&path[..end], None)]);
        let mut groups = groups.map(|group| profiles.entry(group).or_insert_with(|| self.profile(group)).clone());
        let profile = groups.find_map(|profile| profile.filter(|profile| profile.n_siblings >= MIN_SIBLINGS))?;
        let forecast = cold_start(&self.learnt[index].demand, &profile, &self.factors[index], horizon);
        let quantiles = DemandQuantiles {
            levels: LEVELS.to_vec(),
            per_period: forecast.quantiles(&LEVELS),
            total: forecast.total_quantiles(&LEVELS),
            basis: QuantileBasis::CountModel,
        };
        let outcome = SeriesOutcome::without_backtest(COLD_START, forecast.mean, quantiles);
        Some(SeriesOutcome { cold_start: Some(forecast.weight_own), ..outcome })
    }

    fn profile(&self, (path, location): (&str, Option<&str>)) -> Option<CategoryProfile> {
        let members = (0..self.data.series.len()).filter(|index| {
            let series = &self.data.series[*index];
            self.routes[*index] == Route::Models
                && location.is_none_or(|location| series.location_id == location)
                && self.data.category_path(&series.product_id).is_some_and(|own| is_below(own, path))
        });
        let siblings: Vec<Sibling> = members
            .map(|index| {
                let series = &self.data.series[index];
                let launch = self.data.products.get(&series.product_id).and_then(|product| product.launched_on);
                let launched = launch == Some(series.first_day);
                Sibling { demand: &self.learnt[index].demand, factors: &self.factors[index], launched }
            })
            .collect();
        CategoryProfile::fit(&siblings)
    }
}

fn of_model(series: &SeriesHistory, mut forecast: PanelForecast, horizon: usize) -> SeriesOutcome {
    // Models learn from a usual day where there was an outlier, but nothing is graded by it.
    let backtest = &mut forecast.backtest;
    for (cutoff, actuals) in backtest.cutoffs.iter().zip(&mut backtest.actuals) {
        let end = *cutoff + actuals.len();
        actuals.copy_from_slice(&series.demand[*cutoff..end]);
    }
    let naive = forecast.backtest.cutoffs.iter();
    let naive = naive.map(|cutoff| seasonal_naive(&series.demand[..*cutoff], WEEK, horizon)).collect();
    let outcome = SeriesOutcome::without_backtest(&forecast.model, forecast.mean, forecast.quantiles);
    SeriesOutcome {
        error_variance: forecast.backtest.error_variance(),
        backtest: forecast.backtest,
        window_quantiles: forecast.window_quantiles,
        naive,
        fallback: forecast.fallback,
        ..outcome
    }
}

fn of_nothing(horizon: usize) -> SeriesOutcome {
    let reason = "demand has ended: the gap since the last sale is too long for the former rate of demand";
    let mean = vec![0.0; horizon];
    let quantiles = demand_quantiles(&mean, &Backtest::default(), &[], &LEVELS);
    SeriesOutcome { fallback: Some(reason.to_owned()), ..SeriesOutcome::without_backtest(ZERO, mean, quantiles) }
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
    let quantiles = demand_quantiles(&mean, &Backtest::default(), values, &LEVELS);
    SeriesOutcome { cold_start: Some(1.0), ..SeriesOutcome::without_backtest(OWN_MEAN, mean, quantiles) }
}
