//! Choosing a method for one series by rolling-origin error.

use super::cold_start::ended;
use super::cross_validation::{Backtest, cutoffs};
use super::imputation::impute_seasonal;
use super::intermittent::{sba, tsb};
use super::regression::regression;
use super::seasonal_naive::{flat_naive, seasonal_naive};
use super::smoothing::{Smoother, fitting_seasons, seasonal_strength};
use super::{
    DemandClass, Method, MethodError, Series, Settings, accuracy, classify, observed_count, observed_mean,
    silence_is_chance,
};

/// A challenger must have less than this share of the default's error: with several challengers and few windows the
/// smallest error is partly luck.
const MARGIN: f64 = 0.99;
/// Periods with demand that the windows of a series with gaps must hold for their errors to tell methods apart.
const MIN_DEMANDS_TO_CHOOSE: usize = 8;
/// Observed periods before the first origin.
const MIN_TRAINING: usize = 12;
/// Periods with demand that an intermittent series needs for a regression.
const MIN_DEMANDS_FOR_REGRESSION: usize = 20;
/// Above this strength of season, plain exponential smoothing cannot win and is not fitted beside the decomposition.
const STRONG_SEASON: f64 = 0.3;
/// Below this strength of every season, the decomposition fits noise and is not fitted beside plain smoothing.
const WEAK_SEASON: f64 = 0.05;
/// A forecast beyond this multiple of the largest observed demand is taken for a failure.
const LARGEST_MULTIPLE: f64 = 5.0;

/// Out-of-sample accuracy of one method over all windows; definitions in [`accuracy`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MethodScore {
    /// The method.
    pub method: Method,
    /// Weighted absolute percentage error, a share.
    pub wape: f64,
    /// Mean absolute scaled error, scaled by the seasonal naive before the first origin.
    pub mase: f64,
    /// Root mean squared scaled error, scaled alike.
    pub rmsse: f64,
    /// Relative bias, positive = too high.
    pub bias: f64,
    /// Number of observed periods scored.
    pub n: usize,
}

/// What was used instead of the usual choice, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Fallback {
    /// What would have been done.
    pub wanted: String,
    /// What was done.
    pub used: Method,
    /// Why.
    pub reason: String,
}

/// A method that could not take part.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodFailure {
    /// The method.
    pub method: Method,
    /// Why.
    pub reason: String,
}

/// The forecast of one series and how it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesForecast {
    /// The chosen method.
    pub method: Method,
    /// Demand pattern, from the first sale on.
    pub class: DemandClass,
    /// Mean demand per period ahead, at least 0, `horizon` values.
    pub mean: Vec<f64>,
    /// Rolling-origin forecasts of the chosen method; empty when the history is too short.
    pub backtest: Backtest,
    /// Rolling-origin forecasts of the yardstick over the same origins.
    pub naive_backtest: Backtest,
    /// Every method that ran, best first.
    pub scores: Vec<MethodScore>,
    /// Set when the usual choice was not possible.
    pub fallback: Option<Fallback>,
    /// Methods that could not take part, in the order of [`Method`].
    pub failures: Vec<MethodFailure>,
}

/// Forecasts one series by the method with the smallest rolling-origin error. Never panics and always answers.
///
/// 1. Periods before the first sale are left out unless they passed without one by chance ([`silence_is_chance`]); cutoffs
///    still count from the start of `demand`. A series without demand, or whose demand has ended, is zero.
/// 2. Candidates: for demand with gaps the flat naive, TSB, SBA and, from 20 periods with demand on, regression; otherwise the
///    seasonal naive, smoothing after decomposition, plain smoothing (left out when the season is strong) and regression.
/// 3. Every candidate forecasts from every origin. The criterion is the mean absolute error, but the mean
///    squared error for demand with gaps: absolute error is smallest at the median, which is zero when
///    most periods have no demand, and would always choose the forecast of nothing.
/// 4. The default is kept unless another is at least 1 % better: the seasonal naive, and for demand with gaps TSB, whose
///    forecasts of many series add up to what they sell. There the windows must hold 8 periods with demand, or the default
///    stays: choosing by a handful of sales favours whatever happened to forecast high before them. The choice is refitted
///    on the whole history; if that fails, the next best takes its place and `fallback` says so.
///
/// ```
/// use nightclerk_models::forecast::{Method, Regressors, Series, Settings, forecast_series};
/// let demand: Vec<f64> = (0..70).map(|t| if t % 7 == 5 { 30.0 } else { 10.0 }).collect();
/// let series = Series { demand: &demand, regressors: &Regressors::default(), season_lengths: &[7] };
/// let forecast = forecast_series(&series, &Settings { horizon: 7, ..Settings::default() });
/// assert_eq!(forecast.method, Method::SeasonalNaive); // nothing beats it on a pure season
/// assert_eq!(forecast.mean, vec![10.0, 10.0, 10.0, 10.0, 10.0, 30.0, 10.0]);
/// ```
pub fn forecast_series(series: &Series, settings: &Settings) -> SeriesForecast {
    let horizon = settings.horizon;
    let Some(start) = first_period(series.demand) else {
        return zero_forecast(series.demand, settings, None, "no demand was observed");
    };
    let demand = &series.demand[start..];
    let class = classify(demand);
    if ended(demand, series.season_lengths, horizon).is_some() {
        let reason = "demand has ended: the gap since the last sale is too long for the former rate of demand";
        return zero_forecast(series.demand, settings, Some(start), reason);
    }
    let mut fitter = Fitter::new(series, start, class, horizon);
    let origins: Vec<usize> = cutoffs(demand.len(), horizon, settings.n_windows, settings.step_size, MIN_TRAINING)
        .into_iter()
        .filter(|cutoff| observed_count(&demand[..*cutoff]) >= MIN_TRAINING)
        .collect();

    let mut runs: Vec<Run> = Vec::new();
    let mut failures = Vec::new();
    for method in fitter.candidates(&settings.methods) {
        match fitter.backtest(method, &origins) {
            Ok(backtest) => runs.push(Run::new(method, backtest, &fitter, &origins)),
            Err(error) => failures.push(MethodFailure { method, reason: error.to_string() }),
        }
    }
    let naive_backtest = runs.iter().find(|run| run.method == Method::SeasonalNaive).map(|run| run.backtest.clone());
    let naive_backtest = naive_backtest.unwrap_or_default();
    let scored = runs.iter().any(|run| run.score.n > 0);
    rank(&mut runs, class);
    let scores = if scored { runs.iter().map(|run| run.score).collect() } else { Vec::new() };
    let mut fallback = (!scored).then(|| Fallback {
        wanted: "the method with the smallest rolling-origin error".to_owned(),
        used: Method::SeasonalNaive,
        reason: format!(
            "history too short to compare methods: found {} observed periods since the first sale, needs {} and a horizon of {horizon}",
            observed_count(demand),
            MIN_TRAINING
        ),
    });
    if !scored {
        runs.retain(|run| run.method == Method::SeasonalNaive);
    }
    let wanted = runs.first().map_or(Method::SeasonalNaive, |run| run.method);
    let mut chosen = None;
    for run in runs {
        match fitter.forecast(run.method, demand.len()) {
            Ok(mean) => {
                chosen = Some((run, mean));
                break;
            }
            Err(error) => failures.push(MethodFailure { method: run.method, reason: error.to_string() }),
        }
    }
    failures.sort_by_key(|failure| failure.method);
    let (method, backtest, mean) = match chosen {
        Some((run, mean)) => (run.method, run.backtest, mean),
        None => (Method::SeasonalNaive, Backtest::default(), flat_naive(demand, 1, horizon)),
    };
    if method != wanted {
        fallback = Some(Fallback {
            wanted: wanted.name().to_owned(),
            used: method,
            reason: failures.iter().find(|f| f.method == wanted).map_or_else(String::new, |f| f.reason.clone()),
        });
    }
    SeriesForecast { method, class, mean, backtest, naive_backtest, scores, fallback, failures }
}

struct Run {
    method: Method,
    backtest: Backtest,
    score: MethodScore,
    /// Mean absolute or mean squared error, by class.
    criterion: f64,
}

impl Run {
    fn new(method: Method, mut backtest: Backtest, fitter: &Fitter, origins: &[usize]) -> Run {
        let (actual, forecast) = (backtest.flat_actuals(), backtest.flat_forecasts());
        let training = &fitter.demand[..origins.first().copied().unwrap_or(fitter.demand.len())];
        let season = fitter.main_season;
        let score = MethodScore {
            method,
            wape: accuracy::wape(&actual, &forecast),
            mase: accuracy::mase(&actual, &forecast, training, season),
            rmsse: accuracy::rmsse(&actual, &forecast, training, season),
            bias: accuracy::bias(&actual, &forecast),
            n: accuracy::scored_pairs(&actual, &forecast),
        };
        let criterion = if fitter.class.has_gaps() {
            accuracy::mse(&actual, &forecast).sqrt()
        } else {
            accuracy::mae(&actual, &forecast)
        };
        for cutoff in &mut backtest.cutoffs {
            *cutoff += fitter.start;
        }
        Run { method, backtest, score, criterion }
    }
}

/// Best first; the default of the class moves to the front unless the best beats it by the margin, see [`forecast_series`].
fn rank(runs: &mut [Run], class: DemandClass) {
    runs.sort_by(|a, b| a.criterion.total_cmp(&b.criterion).then(a.method.cmp(&b.method)));
    let place = |method: Method| runs.iter().position(|run| run.method == method);
    let usual = if class.has_gaps() { place(Method::Tsb) } else { None };
    let Some(usual) = usual.or_else(|| place(Method::SeasonalNaive)) else { return };
    let demands = runs[usual].backtest.actuals.iter().flatten().filter(|actual| **actual > 0.0).count();
    let too_few = class.has_gaps() && demands < MIN_DEMANDS_TO_CHOOSE;
    if too_few || runs[0].criterion >= MARGIN * runs[usual].criterion || runs[0].criterion.is_nan() {
        runs[..=usual].rotate_right(1);
    }
}

/// One series prepared for all methods.
struct Fitter<'a> {
    demand: &'a [f64],
    complete: Vec<f64>,
    columns: Result<Vec<&'a [f64]>, MethodError>,
    season_lengths: &'a [usize],
    main_season: usize,
    class: DemandClass,
    start: usize,
    horizon: usize,
    largest: f64,
    smoothers: [Smoother; 2],
}

impl<'a> Fitter<'a> {
    fn new(series: &Series<'a>, start: usize, class: DemandClass, horizon: usize) -> Fitter<'a> {
        let demand = &series.demand[start..];
        let main_season = series.season_lengths.iter().copied().filter(|m| *m > 1).min().unwrap_or(1);
        Fitter {
            demand,
            complete: Vec::new(),
            columns: regressor_columns(series, start, horizon),
            season_lengths: series.season_lengths,
            main_season,
            class,
            start,
            horizon,
            largest: demand.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max),
            smoothers: [Smoother::default(), Smoother::default()],
        }
    }

    fn candidates(&self, allowed: &[Method]) -> Vec<Method> {
        let mut candidates = vec![Method::SeasonalNaive];
        let wants = |method: Method| allowed.contains(&method);
        if self.class.has_gaps() {
            let demands = self.demand.iter().filter(|value| value.is_finite() && **value > 0.0).count();
            candidates.extend([Method::Tsb, Method::Sba].into_iter().filter(|method| wants(*method)));
            if wants(Method::Regression) && demands >= MIN_DEMANDS_FOR_REGRESSION {
                candidates.push(Method::Regression);
            }
        } else {
            let complete = impute_seasonal(self.demand, self.main_season).unwrap_or_default();
            let seasons = fitting_seasons(self.season_lengths, complete.len());
            let strength = seasons.iter().map(|m| seasonal_strength(&complete, *m)).fold(0.0, f64::max);
            let both = wants(Method::MstlEts) && wants(Method::Ets);
            if wants(Method::MstlEts) && !seasons.is_empty() && (!both || strength > WEAK_SEASON) {
                candidates.push(Method::MstlEts);
            }
            if wants(Method::Ets) && (!both || strength < STRONG_SEASON) {
                candidates.push(Method::Ets);
            }
            if wants(Method::Regression) {
                candidates.push(Method::Regression);
            }
        }
        candidates
    }

    fn backtest(&mut self, method: Method, origins: &[usize]) -> Result<Backtest, MethodError> {
        let mut backtest = Backtest::default();
        for cutoff in origins {
            let forecast = self.forecast(method, *cutoff)?;
            let actual = &self.demand[*cutoff..*cutoff + self.horizon];
            backtest.cutoffs.push(*cutoff);
            backtest.forecasts.push(forecast);
            backtest.actuals.push(actual.iter().map(|y| if y.is_finite() { *y } else { f64::NAN }).collect());
        }
        Ok(backtest)
    }

    /// Forecast from the first `n` periods; nothing after them is looked at but regressors.
    fn forecast(&mut self, method: Method, n: usize) -> Result<Vec<f64>, MethodError> {
        let horizon = self.horizon;
        let demand = &self.demand[..n];
        let mean = match method {
            Method::SeasonalNaive if self.class.has_gaps() => flat_naive(demand, self.main_season, horizon),
            Method::SeasonalNaive => seasonal_naive(demand, self.main_season, horizon),
            Method::MstlEts => {
                self.complete = impute_seasonal(demand, self.main_season).unwrap_or_default();
                self.smoothers[0].mstl_ets(&self.complete, self.season_lengths, horizon)?
            }
            Method::Ets => {
                self.complete = impute_seasonal(demand, self.main_season).unwrap_or_default();
                self.smoothers[1].ets(&self.complete, horizon)?
            }
            Method::Regression => {
                let columns = self.columns.as_ref().map_err(Clone::clone)?;
                regression(demand, columns, self.season_lengths, horizon)?.mean
            }
            Method::Tsb => tsb(demand, horizon)?,
            Method::Sba => sba(demand, horizon)?,
            Method::Zero => vec![0.0; horizon],
        };
        let limit = LARGEST_MULTIPLE * self.largest;
        match mean.iter().find(|value| !value.is_finite() || **value > limit) {
            Some(found) => Err(MethodError::Unusable { method: method.name(), found: *found, limit }),
            None => Ok(mean.iter().map(|value| value.max(0.0)).collect()),
        }
    }
}

/// Where a series begins: with its first demand, or with its data where the silence before that is chance.
pub(super) fn first_period(demand: &[f64]) -> Option<usize> {
    let has_demand = |value: &&f64| value.is_finite() && **value > 0.0;
    let first = demand.iter().position(|value| has_demand(&value))?;
    let after = &demand[first + 1..];
    let (before, periods_after) = (observed_count(&demand[..first]), observed_count(after));
    let is_chance = silence_is_chance(before, after.iter().filter(has_demand).count(), periods_after);
    Some(if is_chance { 0 } else { first })
}

/// The regressors from the first sale on, each checked for length and finite values.
fn regressor_columns<'a>(series: &Series<'a>, start: usize, horizon: usize) -> Result<Vec<&'a [f64]>, MethodError> {
    let needed = series.demand.len() + horizon;
    let mut columns = Vec::with_capacity(series.regressors.columns.len());
    for (position, column) in series.regressors.columns.iter().enumerate() {
        let name = series.regressors.names.get(position).cloned().unwrap_or_else(|| format!("column {position}"));
        if column.len() != needed {
            let problem = format!("has {} values", column.len());
            return Err(MethodError::Regressor { name, problem, needed });
        }
        if let Some(value) = column.iter().find(|value| !value.is_finite()) {
            let problem = format!("contains {value}");
            return Err(MethodError::Regressor { name, problem, needed });
        }
        columns.push(&column[start..]);
    }
    Ok(columns)
}

/// Zero for a series without demand (`first_sale` = `None`) or whose demand has ended.
fn zero_forecast(demand: &[f64], settings: &Settings, first_sale: Option<usize>, reason: &str) -> SeriesForecast {
    let horizon = settings.horizon;
    let origins = cutoffs(demand.len(), horizon, settings.n_windows, settings.step_size, MIN_TRAINING);
    let actuals: Vec<Vec<f64>> = origins.iter().map(|cutoff| demand[*cutoff..*cutoff + horizon].to_vec()).collect();
    let backtest = Backtest {
        forecasts: vec![vec![0.0; horizon]; origins.len()],
        actuals: actuals.clone(),
        cutoffs: origins.clone(),
    };
    let naive = origins.iter().map(|cutoff| vec![observed_mean(&demand[..*cutoff]).max(0.0); horizon]).collect();
    let naive_backtest =
        if first_sale.is_some() { Backtest { cutoffs: origins, forecasts: naive, actuals } } else { backtest.clone() };
    SeriesForecast {
        method: Method::Zero,
        class: first_sale.map_or(DemandClass::NoDemand, |start| classify(&demand[start..])),
        mean: vec![0.0; horizon],
        backtest,
        naive_backtest,
        scores: Vec::new(),
        fallback: Some(Fallback {
            wanted: "a forecast from observed demand".to_owned(),
            used: Method::Zero,
            reason: reason.to_owned(),
        }),
        failures: Vec::new(),
    }
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
