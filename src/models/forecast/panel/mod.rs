//! Many series at once: forecasts, quantiles and what they rest on, by one method or by the best mixture for the panel.
//!
//! [`forecast_panel`] is what `nightclerk eval forecast` runs. A local method fits every series alone ([`local`]), the global
//! one all together ([`pooled`]), counts get distributions of their own ([`counts`]); [`PanelMethod::Auto`] takes counts
//! where the panel is one of counts, else a mixture of the local mean and the global model whose weight comes from rolling
//! origins ([`blend`]). Intervals of continuous demand are conformal, calibrated over the panel.
//!
//! The order of the series, a shift of all indices and the number of threads change nothing but their own place.

mod blend;
mod counts;
mod local;
mod pooled;
#[cfg(test)]
mod tests;

use super::conformal::{CalibrationSeries, ErrorShapes};
use super::cross_validation::Backtest;
use super::global::GlobalSeries;
use super::quantiles::{DemandQuantiles, QuantileBasis};
use super::rolling::Origins;
use super::seasonal_naive::seasonal_naive;

/// How a panel is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelMethod {
    /// Counts where the panel is one of counts, else a mixture of [`PanelMethod::Mean`] and [`PanelMethod::Gbm`].
    Auto,
    /// The mean of exponential smoothing, complex exponential smoothing (also of the root) and dynamic optimised theta.
    Mean,
    /// Exponential smoothing, its forms weighted by Akaike's criterion.
    Ets,
    /// Dynamic optimised theta.
    Theta,
    /// Complex exponential smoothing.
    Ces,
    /// Seasonal ARIMA, with known-ahead columns as regressors.
    Arima,
    /// One gradient-boosted model over all series.
    Gbm,
    /// Distributions of counts that lend each other strength.
    Counts,
}

impl PanelMethod {
    /// The name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PanelMethod::Auto => "auto",
            PanelMethod::Mean => "mean",
            PanelMethod::Ets => "ets",
            PanelMethod::Theta => "theta",
            PanelMethod::Ces => "ces",
            PanelMethod::Arima => "arima",
            PanelMethod::Gbm => "gbm",
            PanelMethod::Counts => "counts",
        }
    }
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
    /// Seed of all draws.
    pub seed: u64,
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
            wanted: 12,
            min_training: (2 * self.season()).clamp(10, 120),
        }
    }
}

/// The forecast of one series of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelForecast {
    /// Mean demand per period ahead; never below zero where no demand was.
    pub mean: Vec<f64>,
    /// Quantiles per period and of running totals.
    pub quantiles: DemandQuantiles,
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
/// ```
/// use nightclerk::models::forecast::Regressors;
/// use nightclerk::models::forecast::global::GlobalSeries;
/// use nightclerk::models::forecast::panel::{PanelMethod, PanelSettings, forecast_panel};
/// let (demand, none) = ([7.5; 40], Regressors::default());
/// let series = GlobalSeries { demand: &demand, first_index: 0, regressors: &none, categories: &[] };
/// let settings = PanelSettings { season_lengths: &[4], horizon: 3, levels: &[0.1, 0.9], seed: 1 };
/// let forecast = forecast_panel(&[series], PanelMethod::Mean, &settings);
/// assert!(forecast[0].mean.iter().all(|mean| (mean - 7.5).abs() < 1e-3));
/// ```
pub fn forecast_panel(series: &[GlobalSeries], method: PanelMethod, settings: &PanelSettings) -> Vec<PanelForecast> {
    let counts = |series: &[GlobalSeries]| counts::forecast(series, settings);
    let points = match method {
        PanelMethod::Auto if counts::is_panel_of_counts(series) => return counts(series),
        PanelMethod::Counts => return counts(series),
        PanelMethod::Auto => blend::forecast(series, settings),
        PanelMethod::Gbm => pooled::forecast(series, settings),
        local => local::forecast(series, local, settings),
    };
    with_quantiles(series, points, settings)
}

/// Puts conformal quantiles around the points; the errors of all series are one pool, each in the unit of its own.
fn with_quantiles(series: &[GlobalSeries], points: Vec<Point>, settings: &PanelSettings) -> Vec<PanelForecast> {
    let calibration: Vec<CalibrationSeries> = (series.iter().zip(&points))
        .map(|(series, point)| CalibrationSeries {
            history: series.demand,
            backtest: &point.backtest,
            season_length: settings.season(),
        })
        .collect();
    let shapes = ErrorShapes::fit(&calibration, settings.horizon);
    let quantiles: Vec<DemandQuantiles> = (calibration.iter().zip(&points))
        .map(|(series, point)| shapes.quantiles(series, &point.mean, settings.levels))
        .collect();
    (points.into_iter().zip(quantiles))
        .map(|(point, quantiles)| PanelForecast {
            mean: point.mean,
            quantiles,
            model: point.model,
            fallback: point.fallback,
        })
        .collect()
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
        model: model.to_owned(),
        fallback: Some(reason.to_owned()),
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
