//! The nights between two fits: models stay, their states take in the new periods.
//!
//! Choosing and fitting a model takes milliseconds and its rolling origins several times as long, while one more period changes
//! little: its parameters stay, its states move on in microseconds. What was fitted is kept ([`PanelState`]) and brought up to
//! date ([`update_panel`]) until the next fit is due. A series is fitted again at once when its past was corrected or when
//! its errors since the fit add up to more than chance (a tracking signal: Trigg, "Monitoring a forecasting system", Operational
//! Research Quarterly 15 (1964), 271-274).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::second_opinion::SecondOpinion;
use super::{
    Fitted, OneDone, PanelForecast, PanelMethod, PanelSeries, PanelSettings, Point, Views, Windows, blend, boosted,
    counts, in_its_unit, keep_possible, local, naive_point, split,
};
use crate::forecast::calibration::{CalibrationSeries, ErrorShapes};
use crate::forecast::counts::CountGroup;
use crate::forecast::global::{GlobalModel, GlobalSeries};
use crate::forecast::local::{FittedLocal, LocalMethod};
use crate::forecast::origins::Backtest;

/// Last periods that a model has seen whose sum tells whether the past was corrected.
const WATCHED: usize = 28;
/// They were when it moved by this share: less changes no forecast before the next fit.
const CORRECTED: f64 = 0.02;
/// Summed errors since the fit of so many standard deviations are no chance.
const TRACKING_LIMIT: f64 = 4.0;
/// New periods before errors are judged.
const MIN_TRACKED: u32 = 3;

/// What a fit leaves for the nights after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PanelState {
    /// Which series of the panel, in its order, are counts.
    pub(super) is_count: Vec<bool>,
    /// What the counts have in common.
    pub(super) group: Option<CountGroup>,
    /// What else is said of them, where it is followed.
    pub(super) second: Option<SecondOpinion>,
    /// The others.
    pub(super) continuous: Option<ContinuousState>,
}

/// The models of continuous demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ContinuousState {
    method: PanelMethod,
    shapes: ErrorShapes,
    global: Option<GlobalModel>,
    weight: f64,
    series: Vec<Moving>,
}

/// One series of continuous demand, and how far it has been seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Moving {
    local: Option<FittedLocal>,
    /// Calendar number of the first period not seen yet.
    next_index: i64,
    /// Demand of the last periods seen.
    watched: f64,
    /// Rolling origins by calendar number, and what was forecast from them.
    origins: Vec<i64>,
    forecasts: Vec<Vec<f64>>,
    /// Root mean squared error over them; `NaN` without any.
    scale: f64,
    /// Summed one-step errors since the fit, and over how many periods.
    drift: f64,
    tracked: u32,
}

/// A panel brought up to date.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// One per series, in order; without backtests.
    pub forecasts: Vec<PanelForecast>,
    /// For the next night.
    pub state: PanelState,
    /// Series that were fitted again, by place: new, corrected, or beyond the tracking limit.
    pub refitted: Vec<usize>,
}

impl ContinuousState {
    /// Keeps what was fitted; gives the points back.
    pub(super) fn of(
        series: &[PanelSeries],
        method: PanelMethod,
        shapes: ErrorShapes,
        fitted: Fitted,
    ) -> (Self, Vec<Point>) {
        let moving = series.iter().zip(&fitted.points).zip(fitted.models);
        let moving = moving.map(|((series, point), model)| Moving::of(series, point, model)).collect();
        let state = Self { method, shapes, global: fitted.global, weight: fitted.weight, series: moving };
        (state, fitted.points)
    }
}

impl Moving {
    fn of(series: &PanelSeries, point: &Point, local: Option<FittedLocal>) -> Self {
        let backtest = &point.backtest;
        let origins = backtest.cutoffs.iter().map(|cutoff| series.first_index + *cutoff as i64).collect();
        let mut moving = Self {
            local,
            next_index: 0,
            watched: 0.0,
            origins,
            forecasts: backtest.forecasts.clone(),
            scale: backtest.error_variance().map_or(f64::NAN, f64::sqrt),
            drift: 0.0,
            tracked: 0,
        };
        moving.has_seen(series);
        moving
    }

    /// Notes that everything was seen.
    fn has_seen(&mut self, series: &PanelSeries) {
        self.next_index = series.first_index + series.demand.len() as i64;
        self.watched = watched(series.demand);
    }

    /// The record, with the actuals as they are known today; origins before the first period are gone.
    fn backtest(&self, series: &PanelSeries) -> Backtest {
        let mut backtest = Backtest::default();
        for (origin, forecasts) in self.origins.iter().zip(&self.forecasts) {
            let Some(cutoff) = usize::try_from(origin - series.first_index).ok().filter(|cutoff| *cutoff > 0) else {
                continue;
            };
            let Some(actuals) = series.demand.get(cutoff..cutoff + forecasts.len()) else { continue };
            backtest.cutoffs.push(cutoff);
            backtest.forecasts.push(forecasts.clone());
            backtest.actuals.push(actuals.to_vec());
        }
        backtest
    }

    /// Takes in what is new. False when the model must be fitted again.
    fn advance(&mut self, series: &PanelSeries, plain: &[f64]) -> bool {
        let Some(seen) = usize::try_from(self.next_index - series.first_index).ok().filter(|n| *n <= plain.len())
        else {
            return false;
        };
        let corrected = (watched(&series.demand[..seen]) - self.watched).abs() > CORRECTED * self.watched.abs();
        let Some(model) = self.local.as_mut().filter(|_| !corrected) else { return false };
        for value in &plain[seen..] {
            if value.is_finite() && self.scale.is_finite() {
                self.drift += value - model.forecast(1)[0];
                self.tracked += 1;
            }
            model.update(*value);
        }
        let limit = TRACKING_LIMIT * self.scale * f64::from(self.tracked).sqrt();
        // A series that was always forecast without an error has no scale to compare with.
        if self.tracked >= MIN_TRACKED && self.scale > 0.0 && self.drift.abs() > limit {
            return false;
        }
        self.has_seen(series);
        true
    }
}

/// Demand observed in the last periods.
fn watched(demand: &[f64]) -> f64 {
    demand[demand.len().saturating_sub(WATCHED)..].iter().filter(|value| value.is_finite()).sum()
}

/// Forecasts a panel by what was fitted on an earlier night, whatever has come since.
///
/// `places[i]`: the place of series i in the panel that `state` was made from; `None` = it is new, and fitted alone. Calendar
/// numbers (`first_index`) are those of the fit. Parameters, shares, the shapes of errors and the record of rolling
/// origins are those of the fit; states, levels and everything that is observed are as new as the series.
pub fn update_panel(
    series: &[PanelSeries],
    places: &[Option<usize>],
    mut state: PanelState,
    settings: &PanelSettings,
    one_done: OneDone,
) -> Updated {
    // Places among the continuous series.
    let mut next = 0;
    let ranks: Vec<Option<usize>> = (state.is_count.iter())
        .map(|is_count| {
            let rank = (!is_count).then_some(next);
            next += usize::from(!is_count);
            rank
        })
        .collect();
    let as_new = state.new_counts(series, places);
    let is_count: Vec<bool> = (places.iter().zip(as_new))
        .map(|(place, as_new)| place.and_then(|place| state.is_count.get(place).copied()).unwrap_or(as_new))
        .collect();
    let (of_counts, others) = split(series, &is_count);
    let other_places: Vec<usize> = (0..series.len()).filter(|index| !is_count[*index]).collect();
    let mut count_forecasts = match &state.group {
        Some(group) => counts::update(group, &of_counts, settings, one_done),
        None => Vec::new(),
    };
    if let Some(second) = &state.second {
        second.add_to(&of_counts, &mut count_forecasts, settings);
    }
    let mut of_counts = count_forecasts.into_iter();
    let (mut other_forecasts, mut refitted) = (Vec::new().into_iter(), Vec::new());
    if let Some(continuous) = &mut state.continuous {
        let known =
            other_places.iter().map(|index| places[*index].and_then(|place| ranks.get(place).copied().flatten()));
        let (forecasts, again) = continuous.update(&others, &known.collect::<Vec<_>>(), settings, one_done);
        refitted = again.into_iter().map(|index| other_places[index]).collect();
        other_forecasts = forecasts.into_iter();
    }
    let forecasts =
        is_count.iter().filter_map(|is_count| if *is_count { of_counts.next() } else { other_forecasts.next() });
    let mut forecasts: Vec<PanelForecast> = forecasts.collect();
    keep_possible(&mut forecasts, series, settings);
    state.is_count = is_count;
    Updated { forecasts, state, refitted }
}

impl PanelState {
    /// Which series would be counts if they were new; those that are not are not looked at.
    fn new_counts(&self, series: &[PanelSeries], places: &[Option<usize>]) -> Vec<bool> {
        match (&self.group, &self.continuous) {
            (None, _) => vec![false; series.len()],
            (_, Some(continuous)) if continuous.method != PanelMethod::Auto => {
                vec![continuous.method == PanelMethod::Counts; series.len()]
            }
            _ if places.iter().all(Option::is_some) => vec![false; series.len()],
            _ => counts::are_counts(series),
        }
    }
}

impl ContinuousState {
    /// Forecasts, and which series were fitted again.
    fn update(
        &mut self,
        series: &[PanelSeries],
        known: &[Option<usize>],
        settings: &PanelSettings,
        one_done: OneDone,
    ) -> (Vec<PanelForecast>, Vec<usize>) {
        // A fit between two fits needs no rolling origins: the record stays.
        let alone = PanelSettings { windows: Some(Windows { count: 0, step: 1 }), ..*settings };
        let plain: Vec<Vec<f64>> = series.par_iter().map(PanelSeries::plain_demand).collect();
        let views: Vec<Views> = (series.iter().zip(&plain))
            .map(|(series, plain)| Views { now: series.with_demand(plain), past: series.with_demand(plain) })
            .collect();
        let mut moving: Vec<Option<Moving>> = std::mem::take(&mut self.series).into_iter().map(Some).collect();
        let moving: Vec<Option<Moving>> =
            known.iter().map(|place| place.and_then(|place| moving.get_mut(place)?.take())).collect();

        let advanced: Vec<(Point, Moving, bool)> = (series.par_iter().zip(&plain).zip(&views).zip(moving))
            .map(|(((series, plain), views), moving)| {
                let advanced = match self.method.local() {
                    Some(method) => self::advanced(series, plain, views, moving, method, &alone),
                    None => boosted_alone(series, moving),
                };
                one_done();
                advanced
            })
            .collect();
        let refitted =
            advanced.iter().enumerate().filter(|(_, (_, _, again))| *again).map(|(index, _)| index).collect();
        let (points, moving): (Vec<Point>, Vec<Moving>) =
            advanced.into_iter().map(|(point, moving, _)| (point, moving)).unzip();
        let mut points = self.with_global(points, &views, settings);
        points.par_iter_mut().zip(series).for_each(|(point, series)| point.multiply(series));
        let backtests: Vec<Backtest> =
            series.par_iter().zip(&moving).map(|(series, moving)| moving.backtest(series)).collect();
        let forecasts = (series.par_iter().zip(&backtests).zip(points))
            .map(|((series, backtest), point)| {
                let calibration =
                    CalibrationSeries { history: series.demand, backtest, season_length: settings.season() };
                let mut quantiles = self.shapes.quantiles(&calibration, &point.mean, settings.levels);
                in_its_unit(quantiles.rows_mut(), series.demand);
                PanelForecast {
                    quantiles,
                    mean: point.mean,
                    backtest: Backtest::default(),
                    window_quantiles: Vec::new(),
                    model: point.model,
                    fallback: point.fallback,
                }
            })
            .collect();
        self.series = moving;
        (forecasts, refitted)
    }

    /// Mixes in what the global model says.
    fn with_global(&self, points: Vec<Point>, views: &[Views], settings: &PanelSettings) -> Vec<Point> {
        let now: Vec<GlobalSeries> = views.iter().map(|views| views.now).collect();
        let global = self.global.as_ref().map(|model| boosted::by(model, &now, settings));
        match (self.method, global) {
            (PanelMethod::Gbm, Some(Ok(global))) => global,
            (PanelMethod::Gbm, failed) => {
                let reason = failed.and_then(Result::err).map_or_else(|| "gbm: no model".to_owned(), |e| e.to_string());
                now.iter().map(|now| naive_point(now.demand, settings, reason.clone())).collect()
            }
            (_, None) => points,
            (_, Some(Ok(global))) => (views.iter().zip(points).zip(global))
                .map(|((views, local), global)| blend::mixed(views, local, global, self.weight))
                .collect(),
            // The local models stand alone, and say so.
            (_, Some(Err(error))) => {
                let alone = |point: Point| Point { fallback: Some(format!("the global model: {error}")), ..point };
                points.into_iter().map(alone).collect()
            }
        }
    }
}

/// One series by its own model: brought up to date, or fitted anew.
fn advanced(
    series: &PanelSeries,
    plain: &[f64],
    views: &Views,
    moving: Option<Moving>,
    method: LocalMethod,
    settings: &PanelSettings,
) -> (Point, Moving, bool) {
    let record = moving.clone();
    if let Some(mut moving) = moving
        && moving.advance(series, plain)
        && let Some(model) = &moving.local
        && let Ok(point) = local::point(model.forecast(settings.horizon), plain, method)
    {
        return (point, moving, false);
    }
    let (point, model) = local::one(views, method, settings);
    let new = Moving::of(series, &point, model);
    let moving = match record {
        Some(Moving { origins, forecasts, scale, .. }) => Moving { origins, forecasts, scale, ..new },
        None => new,
    };
    // A series that has no model that could be kept is no news.
    let again = moving.local.is_some();
    (Point { backtest: Backtest::default(), ..point }, moving, again)
}

/// A series that the global model alone forecasts: nothing of its own moves but how far it was seen.
fn boosted_alone(series: &PanelSeries, moving: Option<Moving>) -> (Point, Moving, bool) {
    let point = Point { mean: Vec::new(), backtest: Backtest::default(), model: "gbm".to_owned(), fallback: None };
    let is_new = moving.is_none();
    let mut moving = moving.unwrap_or_else(|| Moving::of(series, &point, None));
    moving.has_seen(series);
    (point, moving, is_new)
}
