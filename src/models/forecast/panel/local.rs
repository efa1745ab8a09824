//! Every series on its own.

use rayon::prelude::*;

use super::{OneDone, PanelMethod, PanelSettings, Point, Views, cut_at_zero, naive_point};
use crate::models::forecast::arima::{self, ArimaOptions};
use crate::models::forecast::combination;
use crate::models::forecast::cross_validation::Backtest;
use crate::models::forecast::rolling::{Updatable, rolling_backtest};
use crate::models::forecast::selection::first_period;
use crate::models::forecast::{MethodError, ces, ets, theta};

/// One point forecast per series, with its rolling-origin record.
pub(super) fn forecast(
    series: &[Views],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> Vec<Point> {
    let forecast = |series| {
        let point = one(series, method, settings);
        one_done();
        point
    };
    series.par_iter().map(forecast).collect()
}

fn one(series: &Views, method: PanelMethod, settings: &PanelSettings) -> Point {
    let Some(start) = first_period(series.now.demand) else {
        return naive_point(series.now.demand, settings, "no demand was observed".to_owned());
    };
    let (demand, past) = (&series.now.demand[start..], &series.past.demand[start..]);
    let season = settings.season();
    let forecast = match method {
        PanelMethod::Ets => fitted(|y| ets::fit_average(y, season, &ets::Options::default()), demand, past, settings),
        PanelMethod::Theta => fitted(|y| theta::fit(y, season, &theta::Options::default()), demand, past, settings),
        PanelMethod::Ces => fitted(|y| ces::fit(y, season, &ces::CesSeason::ALL), demand, past, settings),
        PanelMethod::Arima => with_arima(series, start, settings),
        _ => fitted(|y| combination::fit(y, season), demand, past, settings),
    };
    let (mut mean, mut backtest) = match forecast {
        Ok((mean, _)) if mean.iter().any(|value| !value.is_finite()) => {
            return naive_point(series.now.demand, settings, format!("`{}` gave no finite forecast", method.name()));
        }
        Ok(forecast) => forecast,
        Err(error) => return naive_point(series.now.demand, settings, error.to_string()),
    };
    cut_at_zero(&mut mean, demand);
    for (cutoff, forecasts) in backtest.cutoffs.iter_mut().zip(&mut backtest.forecasts) {
        *cutoff += start;
        cut_at_zero(forecasts, demand);
    }
    Point { mean, backtest, model: method.name().to_owned(), fallback: None }
}

fn fitted<M: Updatable>(
    fit: impl Fn(&[f64]) -> Result<M, MethodError>,
    demand: &[f64],
    past: &[f64],
    settings: &PanelSettings,
) -> Result<(Vec<f64>, Backtest), MethodError> {
    let model = fit(demand)?;
    // A history too short to be cut shorter still has its forecast; its quantiles then rest on the other series.
    let backtest = rolling_backtest(&fit, past, settings.origins()).unwrap_or_default();
    Ok((model.forecast(settings.horizon), backtest))
}

/// The orders of the whole history's model are estimated anew before the first origin: searching twice would double the cost.
fn with_arima(series: &Views, start: usize, settings: &PanelSettings) -> Result<(Vec<f64>, Backtest), MethodError> {
    let (demand, past) = (&series.now.demand[start..], &series.past.demand[start..]);
    // A column that is not known throughout cannot be regressed on.
    let columns: Vec<Vec<f64>> = (series.now.regressors.columns.iter())
        .map(|column| column[start..].to_vec())
        .filter(|column| column.iter().all(|value| value.is_finite()))
        .collect();
    let model = arima::auto(demand, settings.season(), &columns, &ArimaOptions::default())?;
    let mean = model.forecast(settings.horizon)?;
    let mut backtest = Backtest::default();
    let horizon = settings.horizon;
    let cutoffs = settings.origins().cutoffs(demand.len());
    if let Some(&first) = cutoffs.first()
        && let Ok(mut rolling) = arima::fit_order(&past[..first], model.order(), &columns, None)
    {
        let mut seen = first;
        for cutoff in cutoffs {
            let updated = past[seen..cutoff].iter().all(|value| rolling.update(*value).is_ok());
            let Some(forecast) = rolling.forecast(horizon).ok().filter(|_| updated) else { break };
            seen = cutoff;
            backtest.cutoffs.push(cutoff);
            backtest.forecasts.push(forecast);
            backtest.actuals.push(past[cutoff..cutoff + horizon].to_vec());
        }
    }
    Ok((mean, backtest))
}
