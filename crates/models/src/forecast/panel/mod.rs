//! Many series at once: forecasts, quantiles and what they rest on, by one method or by the best mixture for the panel.
//!
//! [`fit_panel`] is what a night calls that fits, [`update_panel`] what the nights until the next fit call ([`state`]),
//! [`forecast_panel`] what `nightclerk eval forecast` runs. A local method fits every series alone ([`local`]), the
//! global one all together ([`boosted`]), counts get distributions of their own ([`counts`]); [`PanelMethod::Auto`]
//! takes counts where the panel is one of counts, with a second opinion ([`second_opinion`]), else a mixture of the local
//! mean and the global model whose weight comes from rolling origins ([`blend`]). Intervals of continuous demand are
//! conformal, calibrated over the panel.
//!
//! The order of the series, a shift of all indices and the number of threads change nothing but their own place.

mod blend;
mod boosted;
mod closures;
mod counts;
mod effect_estimates;
mod known_effects;
#[cfg(test)]
mod known_tests;
mod local;
mod method;
mod second_opinion;
mod state;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

pub use self::method::PanelMethod;
use self::second_opinion::SecondOpinion;
use self::state::ContinuousState;
pub use self::state::{PanelState, Updated, update_panel};
use crate::forecast::calendar::Calendar;
use crate::forecast::calibration::{CalibrationSeries, DemandCeiling, ErrorShapes};
use crate::forecast::global::{GlobalModel, GlobalSeries};
use crate::forecast::local::{FittedLocal, LocalMethod, seasonal_naive};
use crate::forecast::origins::{Backtest, Origins};
use crate::forecast::quantiles::{DemandQuantiles, QuantileBasis};
use crate::forecast::series::Regressors;

/// One series of a panel.
#[derive(Clone, Copy, Debug)]
pub struct PanelSeries<'a> {
    /// Demand per period, oldest first; `NaN` = not observed (missing, or censored by a stock-out).
    pub demand: &'a [f64],
    /// Number of the first period on a calendar that all series share (days since any date, say).
    pub first_index: i64,
    /// Known-ahead columns, the same names for all series, each over history and horizon; `NaN` = unknown.
    pub regressors: &'a Regressors,
    /// Static codes, such as store, department, category: as many for every series.
    pub categories: &'a [u32],
    /// What is known to multiply demand in each period of history **and** horizon (season, event, promotion); empty = one.
    /// It is divided out before a model sees the series, and multiplies its forecasts.
    pub factor: &'a [f64],
    /// The same, estimated from what lies before the first rolling origin alone; empty = `factor`. Backtests use it.
    pub past_factor: &'a [f64],
    /// What the dates of the periods say; the same for all series.
    pub calendar: &'a Calendar,
}

impl<'a> PanelSeries<'a> {
    /// The same series with the factors as they were known at the rolling origins.
    fn past(&self) -> PanelSeries<'a> {
        PanelSeries { factor: if self.past_factor.is_empty() { self.factor } else { self.past_factor }, ..*self }
    }

    /// The factor of a period, one where there is none.
    fn factor_at(&self, period: usize) -> f64 {
        self.factor.get(period).copied().filter(|factor| factor.is_finite() && *factor > 0.0).unwrap_or(1.0)
    }

    /// Demand without what is known to multiply it.
    fn plain_demand(&self) -> Vec<f64> {
        self.demand.iter().enumerate().map(|(t, value)| value / self.factor_at(t)).collect()
    }

    /// As the global model sees it, with the given demand.
    fn with_demand<'b>(&self, demand: &'b [f64]) -> GlobalSeries<'b>
    where
        'a: 'b,
    {
        let PanelSeries { first_index, regressors, categories, calendar, .. } = *self;
        GlobalSeries { demand, first_index, regressors, categories, calendar }
    }
}

/// A series as models see it: without its factors as known today, and as known at the rolling origins.
#[derive(Clone, Copy, Debug)]
struct Views<'a> {
    now: GlobalSeries<'a>,
    past: GlobalSeries<'a>,
}

/// What is wanted of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PanelSettings<'a> {
    /// Season lengths in periods, the main one first; 1 = no season.
    pub season_lengths: &'a [usize],
    /// Periods to forecast.
    pub horizon: usize,
    /// Quantile levels in (0, 1), ascending.
    pub levels: &'a [f64],
    /// Where the rolling origins lie; `None` = a dozen, spread by the length of each history.
    pub windows: Option<Windows>,
    /// Seed of all draws.
    pub seed: u64,
}

/// Rolling origins counted back from the end, the same for every series, so that their errors can be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Origins; fewer where the history is short.
    pub count: usize,
    /// Periods between two.
    pub step: usize,
}

impl PanelSettings<'_> {
    /// The main season length, at least 1.
    fn season(&self) -> usize {
        self.season_lengths.first().copied().unwrap_or(1).max(1)
    }

    /// The rolling origins that every method of a panel shares, so that their errors can be compared.
    fn origins(&self) -> Origins {
        Origins {
            horizon: self.horizon,
            season: self.season(),
            wanted: self.windows.map_or(12, |windows| windows.count),
            step: self.windows.map(|windows| windows.step),
            min_training: (2 * self.season()).clamp(10, 120),
        }
    }
}

/// Quantiles by window of a backtest, period ahead and level.
pub type WindowQuantiles = Vec<Vec<Vec<f64>>>;

/// The forecast of one series of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelForecast {
    /// Mean demand per period ahead; never below zero where no demand was.
    pub mean: Vec<f64>,
    /// Quantiles per period and of running totals.
    pub quantiles: DemandQuantiles,
    /// Rolling-origin forecasts; empty where the history is too short.
    pub backtest: Backtest,
    /// Quantiles per period of each window of the backtest, as they would have been published.
    pub window_quantiles: WindowQuantiles,
    /// What made it.
    pub model: String,
    /// Why the method asked for did not, if so.
    pub fallback: Option<String>,
}

/// A point forecast with its rolling-origin record, before quantiles.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    mean: Vec<f64>,
    backtest: Backtest,
    model: String,
    fallback: Option<String>,
}

/// Forecasts every series of a panel: one result each, in order, whatever the series is.
///
/// [`PanelMethod::Auto`] takes every series for what it is: small whole numbers go to the distributions of counts, the rest to
/// the mixture of local mean and global model.
///
/// ```
/// use nightclerk_models::forecast::{NO_CALENDAR, Regressors};
/// use nightclerk_models::forecast::local::LocalMethod;
/// use nightclerk_models::forecast::panel::{PanelMethod, PanelSeries, PanelSettings, forecast_panel};
/// let (demand, none) = ([7.5; 40], Regressors::default());
/// let series = PanelSeries { demand: &demand, first_index: 0, regressors: &none, categories: &[], factor: &[], past_factor: &[],
///     calendar: &NO_CALENDAR };
/// let settings = PanelSettings { season_lengths: &[4], horizon: 3, levels: &[0.1, 0.9], windows: None, seed: 1 };
/// let forecast = forecast_panel(&[series], PanelMethod::Local(LocalMethod::Mean), &settings);
/// assert!(forecast[0].mean.iter().all(|mean| (mean - 7.5).abs() < 1e-3));
/// ```
pub fn forecast_panel(series: &[PanelSeries], method: PanelMethod, settings: &PanelSettings) -> Vec<PanelForecast> {
    forecast_panel_reporting(series, method, settings, &|| ())
}

/// [`forecast_panel`] that calls `one_done` once per series, from several threads, when most of its work is done.
pub fn forecast_panel_reporting(
    series: &[PanelSeries],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> Vec<PanelForecast> {
    fit_panel(series, method, settings, one_done).0
}

/// [`forecast_panel_reporting`], and what [`update_panel`] needs of it on the nights after.
pub fn fit_panel(
    series: &[PanelSeries],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> (Vec<PanelForecast>, PanelState) {
    if let Some(open) = closures::Open::of(series) {
        let (mut forecasts, state) = fit_known(&open.series(series), method, settings, one_done);
        open.close(&mut forecasts);
        return (forecasts, state);
    }
    fit_known(series, method, settings, one_done)
}

/// [`fit_panel`] of a panel without closed periods.
fn fit_known(
    series: &[PanelSeries],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> (Vec<PanelForecast>, PanelState) {
    // Such a model learns what the columns do by itself.
    if matches!(method, PanelMethod::Local(method) if method.uses_columns()) {
        return fit_open(series, method, settings, one_done);
    }
    match known_effects::KnownEffects::of(series, settings) {
        Some(known) => fit_open(&known.series(series), method, settings, one_done),
        None => fit_open(series, method, settings, one_done),
    }
}

/// [`fit_panel`] of a panel without closed periods and known effects.
fn fit_open(
    series: &[PanelSeries],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> (Vec<PanelForecast>, PanelState) {
    let is_count = match method {
        PanelMethod::Auto => counts::are_counts(series),
        method => vec![method == PanelMethod::Counts; series.len()],
    };
    let (of_counts, others) = split(series, &is_count);
    let mut state = PanelState::default();
    let mut of_counts = if of_counts.is_empty() {
        Vec::new().into_iter()
    } else {
        // Who asks for counts by name gets nothing else.
        let with_second = method == PanelMethod::Auto && SecondOpinion::is_asked(&of_counts);
        let with_record = with_second || settings.windows.is_some();
        let (mut forecasts, group) = counts::forecast(&of_counts, settings, with_record, one_done);
        if with_second {
            state.second = SecondOpinion::fit(&of_counts, &mut forecasts, settings);
        }
        if settings.windows.is_none() {
            // Nobody adds these origins up.
            for forecast in &mut forecasts {
                (forecast.backtest, forecast.window_quantiles) = Default::default();
            }
        }
        state.group = Some(group);
        forecasts.into_iter()
    };
    let (forecasts, fitted) = continuous(&others, method, settings, one_done);
    state.continuous = Some(fitted);
    let mut others = forecasts.into_iter();
    let forecasts = is_count.iter().filter_map(|is_count| if *is_count { of_counts.next() } else { others.next() });
    let mut forecasts: Vec<PanelForecast> = forecasts.collect();
    keep_possible(&mut forecasts, series, settings);
    state.is_count = is_count;
    (forecasts, state)
}

/// Lowers every forecast to what its panel could possibly sell.
fn keep_possible(forecasts: &mut [PanelForecast], series: &[PanelSeries], settings: &PanelSettings) {
    let histories: Vec<&[f64]> = series.iter().map(|series| series.demand).collect();
    let ceiling = DemandCeiling::of(&histories, settings.horizon);
    for forecast in forecasts {
        ceiling.bound(&mut forecast.mean, &mut forecast.quantiles);
    }
}

/// Called when a series is done.
pub type OneDone<'a> = &'a (dyn Fn() + Sync);

/// Those that are counts, and the others.
fn split<'a>(series: &[PanelSeries<'a>], is_count: &[bool]) -> (Vec<PanelSeries<'a>>, Vec<PanelSeries<'a>>) {
    let part = |wanted: bool| {
        series.iter().zip(is_count).filter(|(_, is)| **is == wanted).map(|(series, _)| *series).collect()
    };
    (part(true), part(false))
}

/// Points of a method, and the models behind them.
struct Fitted {
    points: Vec<Point>,
    /// One per series; `None` where no model of its own was fitted, or none that can be kept.
    models: Vec<Option<FittedLocal>>,
    global: Option<GlobalModel>,
    /// The global model's share.
    weight: f64,
}

/// Points of a method for continuous demand, in quantiles.
fn continuous(
    series: &[PanelSeries],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> (Vec<PanelForecast>, ContinuousState) {
    let plain: Vec<[Vec<f64>; 2]> =
        series.par_iter().map(|series| [series.plain_demand(), series.past().plain_demand()]).collect();
    let views: Vec<Views> = (series.iter().zip(&plain))
        .map(|(series, [now, past])| Views { now: series.with_demand(now), past: series.with_demand(past) })
        .collect();
    let mut fitted = match method {
        PanelMethod::Auto => blend::forecast(&views, settings, one_done),
        PanelMethod::Gbm => {
            let (points, global) = boosted::forecast(&views, settings);
            for _ in &points {
                one_done();
            }
            Fitted { models: vec![None; points.len()], points, global, weight: 1.0 }
        }
        PanelMethod::Local(method) => local::fitted(&views, method, settings, one_done),
        PanelMethod::Counts => local::fitted(&views, LocalMethod::Mean, settings, one_done),
    };
    fitted.points.par_iter_mut().zip(series).for_each(|(point, series)| point.multiply(series));
    let mut by_season = false;
    let naive = short_of_seasons(series, settings).then(|| naive_records(series, settings));
    let mut calibration = calibration(series, &fitted.points, settings);
    let (shapes, loss) = ErrorShapes::fit_with_loss(&calibration, settings.horizon);
    let own = 1.0 - fitted.weight;
    let mut shapes = shapes.centred(fitted.weight).fitted_with(own * PARAMETERS_OF_OWN_MODELS);
    if let Some(naive) = &naive {
        // The model has seen more of its season than at the origins; so has last year, repeated. The better of both bounds its errors.
        let seasonal: Vec<CalibrationSeries> = (calibration.iter().zip(naive))
            .map(|(series, backtest)| CalibrationSeries { backtest, ..*series })
            .collect();
        let (naive_shapes, naive_loss) = ErrorShapes::fit_with_loss(&seasonal, settings.horizon);
        if naive_loss < loss {
            (shapes, calibration) = (naive_shapes.symmetric(), seasonal);
            by_season = true;
        }
    }
    let quantiles: Vec<(DemandQuantiles, WindowQuantiles)> = (calibration.par_iter().zip(&fitted.points))
        .map(|(series, point)| {
            let mut own = shapes.quantiles(series, &point.mean, settings.levels);
            in_its_unit(own.rows_mut(), series.history);
            if let (true, QuantileBasis::Backtest { n_errors }) = (by_season, own.basis) {
                own.basis = QuantileBasis::Seasons { n_errors };
            }
            // Without common windows nobody adds them up, and nobody asks for their quantiles.
            let windows = settings.windows.map(|_| shapes.window_quantiles(series, settings.levels));
            let mut windows = windows.unwrap_or_default();
            in_its_unit(windows.iter_mut().flatten(), series.history);
            (own, windows)
        })
        .collect();
    let (state, points) = ContinuousState::of(series, method, shapes, fitted);
    let forecasts = (points.into_iter().zip(quantiles))
        .map(|(point, (quantiles, window_quantiles))| PanelForecast {
            mean: point.mean,
            quantiles,
            backtest: point.backtest,
            window_quantiles,
            model: point.model,
            fallback: point.fallback,
        })
        .collect();
    (forecasts, state)
}

/// Whether no series has room for two seasons before its first rolling origin: models know less of the season there than now.
fn short_of_seasons(series: &[PanelSeries], settings: &PanelSettings) -> bool {
    let origins = settings.origins();
    settings.season() > 1 && series.iter().all(|series| series.demand.len() < origins.min_training + settings.horizon)
}

/// What repeating the season before would have said, from every origin that has one before it and the horizon after.
fn naive_records(series: &[PanelSeries], settings: &PanelSettings) -> Vec<Backtest> {
    let (season, horizon) = (settings.season(), settings.horizon);
    (series.par_iter())
        .map(|series| {
            let demand = series.demand;
            let mut backtest = Backtest::default();
            let Some(last) = demand.len().checked_sub(horizon).filter(|last| *last >= season) else { return backtest };
            for cutoff in (season..=last).step_by((last - season).div_ceil(NAIVE_ORIGINS).max(1)) {
                backtest.cutoffs.push(cutoff);
                backtest.forecasts.push(seasonal_naive(&demand[..cutoff], season, horizon));
                backtest.actuals.push(demand[cutoff..cutoff + horizon].to_vec());
            }
            backtest
        })
        .collect()
}

/// Parameters of a series' own model: smoothing, trend, damping and where it began. The global one has its record from a model that
/// saw none of it.
const PARAMETERS_OF_OWN_MODELS: f64 = 5.0;
/// Origins at which the season before is repeated, at most.
const NAIVE_ORIGINS: usize = 12;

/// What conformal quantiles are put around: the errors of all series are one pool, each in the unit of its own.
fn calibration<'a>(
    series: &[PanelSeries<'a>],
    points: &'a [Point],
    settings: &PanelSettings,
) -> Vec<CalibrationSeries<'a>> {
    (series.iter().zip(points))
        .map(|(series, point)| CalibrationSeries {
            history: series.demand,
            backtest: &point.backtest,
            season_length: settings.season(),
        })
        .collect()
}

impl Point {
    /// A record without a forecast.
    fn of_record(backtest: Backtest) -> Point {
        Point { mean: Vec::new(), backtest, model: String::new(), fallback: None }
    }

    /// Puts back what was divided out.
    fn multiply(&mut self, series: &PanelSeries) {
        let scale = |values: &mut [f64], from: usize, series: &PanelSeries| {
            for (ahead, value) in values.iter_mut().enumerate() {
                *value *= series.factor_at(from + ahead);
            }
        };
        scale(&mut self.mean, series.demand.len(), series);
        let (past, backtest) = (series.past(), &mut self.backtest);
        for ((cutoff, forecasts), actuals) in
            backtest.cutoffs.iter().zip(&mut backtest.forecasts).zip(&mut backtest.actuals)
        {
            scale(forecasts, *cutoff, &past);
            let end = *cutoff + actuals.len();
            actuals.copy_from_slice(&series.demand[*cutoff..end]);
        }
    }
}

/// What stands in where a method cannot: the last season again, zero for a series that never sold.
fn naive_point(demand: &[f64], settings: &PanelSettings, fallback: String) -> Point {
    let season = settings.season();
    let mut backtest = Backtest::default();
    for cutoff in settings.origins().cutoffs(demand.len()) {
        backtest.cutoffs.push(cutoff);
        backtest.forecasts.push(seasonal_naive(&demand[..cutoff], season, settings.horizon));
        backtest.actuals.push(demand[cutoff..cutoff + settings.horizon].to_vec());
    }
    Point {
        mean: seasonal_naive(demand, season, settings.horizon),
        backtest,
        model: "seasonal_naive".to_owned(),
        fallback: Some(fallback),
    }
}

/// A series of nothing: zero, for certain.
fn zero_forecast(settings: &PanelSettings, model: &str, reason: &str) -> PanelForecast {
    let zeros = vec![vec![0.0; settings.levels.len()]; settings.horizon];
    PanelForecast {
        mean: vec![0.0; settings.horizon],
        quantiles: DemandQuantiles {
            levels: settings.levels.to_vec(),
            per_period: zeros.clone(),
            total: zeros,
            basis: QuantileBasis::WideDefault,
        },
        backtest: Backtest::default(),
        window_quantiles: Vec::new(),
        model: model.to_owned(),
        fallback: Some(reason.to_owned()),
    }
}

/// Rounds quantiles of demand that only ever came in whole units.
fn in_its_unit<'a>(rows: impl Iterator<Item = &'a mut Vec<f64>>, demand: &[f64]) {
    if demand.iter().all(|value| !value.is_finite() || value.fract() == 0.0) {
        for quantile in rows.flatten() {
            *quantile = quantile.round();
        }
    }
}

/// Whether no observed demand is below zero: then no forecast may be.
fn is_non_negative(demand: &[f64]) -> bool {
    demand.iter().all(|value| !value.is_finite() || *value >= 0.0)
}

/// Cuts at zero where demand never fell below.
fn cut_at_zero(values: &mut [f64], demand: &[f64]) {
    if is_non_negative(demand) {
        for value in values {
            *value = value.max(0.0);
        }
    }
}
