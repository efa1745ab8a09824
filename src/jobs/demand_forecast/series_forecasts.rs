//! From histories to forecasts: what is shared is divided out, models forecast the rest, what is shared comes back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::beats_naive::{RECENT_WEEKS, give_way, loses};
use super::cleaned_demand::{CleanedDemand, CleaningRecord};
use super::cold_starts::{Siblings, own_mean};
use super::effects::Effects;
use super::factors::Factors;
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::node::SeriesOutcome;
use super::regressors::PromotionIndex;
use super::series_models::{SeriesModel, SeriesModels};
use super::shapes::SELLS;
use super::{DemandForecast, LEVELS, WEEK, YEAR};
use crate::day::Day;
use crate::job::Progress;
use crate::models::forecast::calibration::demand_quantiles;
use crate::models::forecast::lifecycle::{Season, ended};
use crate::models::forecast::local::seasonal_naive;
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::{PanelForecast, PanelSeries, Updated, fit_panel, update_panel};
use crate::models::forecast::{DemandQuantiles, NO_CALENDAR, QuantileBasis, Regressors};

/// The name of the forecast of a product whose demand has ended.
const ZERO: &str = "zero";
/// The name of the forecast of a product that sells in a season of the year alone.
pub(super) const SEASON: &str = "season";
/// Series between two reports of progress.
const REPORT_EVERY: u64 = 100;

/// How a series is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Too few days: what its siblings sell counts beside its own.
    ColdStart,
    /// Demand has ended.
    Zero,
    /// By the seasons before.
    Season,
    /// By the models.
    Models,
}

/// Every series' forecast, and what the forecasts of sums are made from: one entry per series each, in order.
pub(super) struct SeriesForecasts {
    /// The last day of every history.
    pub as_of: Day,
    /// The forecasts.
    pub outcomes: Vec<SeriesOutcome>,
    /// What was learnt from.
    pub cleaned: Vec<CleanedDemand>,
    /// What multiplies demand over history and horizon, as known today ...
    pub factors: Vec<Vec<f64>>,
    /// ... and as known before the first rolling origin; empty where nothing is forecast from those.
    past_factors: Vec<Vec<f64>>,
    /// Which of them sell in a season of the year alone.
    pub is_seasonal: Vec<bool>,
    /// What was fitted, for the next night.
    pub models: SeriesModels,
    /// Series that were fitted again although a fit was not due.
    pub refitted: Vec<usize>,
}

impl SeriesForecasts {
    /// What multiplied demand of a series as it was known before the first rolling origin; empty = as known today.
    pub fn past_factor(&self, index: usize) -> &[f64] {
        self.past_factors.get(index).map_or(&[], Vec::as_slice)
    }
}

/// Forecasts every series, from what was `fitted` on an earlier night or else anew; the same whatever the thread count.
pub(super) fn forecast_series(
    job: &DemandForecast,
    seed: u64,
    data: &DemandData,
    fitted: Option<&SeriesModels>,
    progress: &Progress,
) -> SeriesForecasts {
    let known = fitted.map_or_else(|| vec![None; data.series.len()], |fitted| fitted.of_each(&data.series));
    let night = Night { job, seed, data, fitted, known, progress };
    let promotions = PromotionIndex::new(&data.promotions);
    progress.report("histories cleaned", 0, 1);
    let mut cleaned = night.cleaned(&promotions);
    progress.report("effects learnt", 0, 2);
    let first_origin = data.as_of - job.backtest_days() as i32;
    let past_factors = match fitted {
        Some(_) => Vec::new(),
        None => Factors::learn(job, data, &promotions, &cleaned, first_origin, None).of_series,
    };
    progress.report("effects learnt", 1, 2);
    let now = Factors::learn(job, data, &promotions, &cleaned, data.as_of, night.known_effects());
    progress.report("effects learnt", 2, 2);
    // What a series sells on days on which it is not meant to says nothing about its level.
    cleaned.par_iter_mut().zip(&now.of_series).for_each(|(cleaned, factors)| {
        let days = cleaned.demand.iter_mut().zip(factors);
        days.filter(|(_, factor)| **factor < SELLS).for_each(|(units, _)| *units = f64::NAN);
    });

    let routes: Vec<Route> = data.series.par_iter().map(|series| route(job, series)).collect();
    let modelled: Vec<usize> = (0..routes.len()).filter(|index| routes[*index] == Route::Models).collect();
    let codes = category_codes(data);
    let none = Regressors::default();
    let panel: Vec<PanelSeries> = (modelled.iter())
        .map(|index| PanelSeries {
            demand: &cleaned[*index].demand,
            first_index: i64::from(data.series[*index].first_day.number()),
            regressors: &none,
            categories: &codes[*index],
            factor: &now.of_series[*index],
            past_factor: past_factors.get(*index).map_or(&[], Vec::as_slice),
            calendar: &NO_CALENDAR,
        })
        .collect();
    let Updated { forecasts, state, refitted } = night.of_models(&panel, &modelled);
    let outcomes = night.outcomes(&routes, forecasts, &cleaned, (&now, &past_factors));

    let mut places = vec![None; routes.len()];
    for (place, index) in modelled.iter().enumerate() {
        places[*index] = Some(place);
    }
    let series = (data.series.iter().enumerate())
        .map(|(index, series)| SeriesModel {
            product_id: series.product_id.clone(),
            location_id: series.location_id.clone(),
            place: places[index],
            error_variance: outcomes[index].error_variance,
            slopes: now.effects.slopes[index].clone(),
            loses: outcomes[index].fallback.clone().filter(|_| outcomes[index].method == RECENT_WEEKS),
            cleaning: CleaningRecord::of(series, &cleaned[index]),
        })
        .collect();
    let fitted_on = fitted.map_or(data.as_of, |fitted| fitted.fitted_on);
    SeriesForecasts {
        as_of: data.as_of,
        models: SeriesModels { fitted_on, series, effects: now.effects.of_groups, panel: state },
        is_seasonal: routes.iter().map(|route| *route == Route::Season).collect(),
        outcomes,
        cleaned,
        factors: now.of_series,
        past_factors,
        refitted: refitted.into_iter().map(|place| modelled[place]).collect(),
    }
}

/// What the steps of one night share.
struct Night<'a> {
    job: &'a DemandForecast,
    seed: u64,
    data: &'a DemandData,
    /// What was fitted on an earlier night, and ...
    fitted: Option<&'a SeriesModels>,
    /// ... what of it concerns each series.
    known: Vec<Option<&'a SeriesModel>>,
    progress: &'a Progress,
}

impl Night<'_> {
    /// What models learn from. What was found in a series on an earlier night stands, unless it is to be looked through again.
    fn cleaned(&self, promotions: &PromotionIndex) -> Vec<CleanedDemand> {
        (self.data.series.par_iter().zip(&self.known))
            .map(|(series, known)| {
                let known = self.fitted.zip(*known);
                known
                    .and_then(|(fitted, known)| known.cleaning.in_history(series, fitted.fitted_on))
                    .unwrap_or_else(|| CleanedDemand::of(self.data, promotions, series))
            })
            .collect()
    }

    /// Responses to promotions and prices as they were learnt on an earlier night.
    fn known_effects(&self) -> Option<Effects> {
        let known = self.known.iter().enumerate();
        let slopes_of = known.filter_map(|(index, known)| Some((index, (*known)?.slopes.clone()))).collect();
        self.fitted.map(|fitted| Effects::known(self.data, fitted.effects.clone(), &slopes_of))
    }

    /// The `modelled` series by their models: those of an earlier night brought up to date, or new ones.
    fn of_models(&self, panel: &[PanelSeries], modelled: &[usize]) -> Updated {
        let settings = self.job.panel_settings(self.seed);
        let done = AtomicU64::new(0);
        let one_done = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(REPORT_EVERY) || done == panel.len() as u64 {
                self.progress.report("series forecast", done, panel.len() as u64);
            }
        };
        self.progress.report("series forecast", 0, panel.len() as u64);
        if let Some(fitted) = self.fitted {
            let places: Vec<Option<usize>> = modelled.iter().map(|index| self.known[*index]?.place).collect();
            update_panel(panel, &places, fitted.panel.clone(), &settings, &one_done)
        } else {
            let (forecasts, state) = fit_panel(panel, self.job.model.0, &settings, &one_done);
            Updated { forecasts, state, refitted: Vec::new() }
        }
    }

    /// Every series' forecast: `forecasts` of those that have a model, in order, and a simpler one of the others.
    fn outcomes(
        &self,
        routes: &[Route],
        forecasts: Vec<PanelForecast>,
        cleaned: &[CleanedDemand],
        (factors, past_factors): (&Factors, &[Vec<f64>]),
    ) -> Vec<SeriesOutcome> {
        let (data, horizon) = (self.data, self.job.horizon());
        let is_modelled: Vec<bool> = routes.iter().map(|route| *route == Route::Models).collect();
        let siblings = Siblings { data, cleaned, is_modelled: &is_modelled, factors: &factors.of_series };
        let mut profiles = BTreeMap::new();
        let mut forecasts = forecasts.into_iter();
        let mut outcomes = Vec::with_capacity(routes.len());
        for (index, (series, route)) in data.series.iter().zip(routes).enumerate() {
            let mut outcome = match route {
                Route::Models => forecasts.next().map(|forecast| of_model(series, forecast, horizon)),
                Route::Season => series.season.as_ref().map(|season| of_season(series, season, horizon)),
                Route::ColdStart => siblings.cold_start(index, &mut profiles, horizon),
                Route::Zero => Some(of_nothing(horizon)),
            }
            .unwrap_or_else(|| own_mean(data.as_of, series, &factors.shapes[index], horizon));
            if *route == Route::Models {
                let factor = &factors.of_series[index];
                let past = past_factors.get(index).unwrap_or(factor);
                // On nights that fit nothing there is no record, and what was found stands.
                let reason = match self.known[index] {
                    Some(known) => known.loses.clone(),
                    None => loses(&outcome, &series.demand, past),
                };
                if let Some(reason) = reason {
                    give_way(&mut outcome, &cleaned[index].demand, (factor, past), reason);
                }
            }
            let last_day = data.products.get(&series.product_id).and_then(|product| product.discontinued_on);
            outcome.end_after(last_day.map_or(horizon, |day| ((day - data.as_of).max(0) as usize).min(horizon)));
            if let Some(opening) = data.openings.at(&series.location_id) {
                outcome.close_on(opening.closed_ahead.iter().map(|day| (*day - data.as_of - 1) as usize));
            }
            outcome.outliers.clone_from(&cleaned[index].outliers);
            outcome.shift = cleaned[index].shift;
            if let Some(known) = self.known[index] {
                outcome.error_variance = known.error_variance;
            }
            outcomes.push(outcome);
        }
        outcomes
    }
}

fn route(job: &DemandForecast, series: &SeriesHistory) -> Route {
    let observed = series.demand.iter().filter(|units| units.is_finite()).count();
    if series.season.is_some() {
        Route::Season
    } else if observed < job.min_history_days.get() as usize {
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
            let top = data.category_path(&series.product_id).map_or("", |path| path.cut(1));
            [code(0, series.location_id.as_str()), code(1, top)]
        })
        .collect()
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

fn of_season(series: &SeriesHistory, season: &Season, horizon: usize) -> SeriesOutcome {
    let forecast = season.ahead(&series.demand, horizon);
    let quantiles = DemandQuantiles {
        levels: LEVELS.to_vec(),
        per_period: forecast.quantiles(&LEVELS),
        total: forecast.total_quantiles(&LEVELS),
        basis: QuantileBasis::CountModel,
    };
    SeriesOutcome::without_backtest(SEASON, forecast.mean, quantiles)
}

fn of_nothing(horizon: usize) -> SeriesOutcome {
    let reason = "demand has ended: the gap since the last sale is too long for the former rate of demand";
    let mean = vec![0.0; horizon];
    let quantiles = demand_quantiles(&mean, &Backtest::default(), &[], &LEVELS);
    SeriesOutcome { fallback: Some(reason.to_owned()), ..SeriesOutcome::without_backtest(ZERO, mean, quantiles) }
}
