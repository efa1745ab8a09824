//! Every series on its own.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{OneDone, PanelMethod, PanelSettings, Point, Views, cut_at_zero, naive_point};
use crate::forecast::MethodError;
use crate::forecast::arima::{self, ArimaOrder, FittedArima};
use crate::forecast::beginning::first_period;
use crate::forecast::ces::{self, FittedCes};
use crate::forecast::combination::{self, FittedCombination};
use crate::forecast::cross_validation::Backtest;
use crate::forecast::ets::{self, FittedEtsAverage};
use crate::forecast::rolling::{Updatable, rolling_backtest};
use crate::forecast::theta::{self, FittedTheta, Season};

/// A fitted model of one series: what a night keeps of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum FittedLocal {
    Ets(FittedEtsAverage),
    Theta(FittedTheta),
    Ces(FittedCes),
    Mean(Box<FittedCombination>),
    Arima(Box<FittedArima>),
}

impl FittedLocal {
    /// Parameters and states after the last period of `demand`.
    fn fit(demand: &[f64], method: PanelMethod, season: usize) -> Result<Self, MethodError> {
        Ok(match method {
            PanelMethod::Ets => Self::Ets(ets::fit_average(demand, season)?),
            PanelMethod::Theta => Self::Theta(theta::fit(demand, season, Season::Tested)?),
            PanelMethod::Ces => Self::Ces(ces::fit(demand, season)?),
            PanelMethod::Arima => Self::Arima(Box::new(arima::auto(demand, season, &[])?)),
            _ => Self::Mean(Box::new(combination::fit(demand, season)?)),
        })
    }
}

impl Updatable for FittedLocal {
    /// `NaN` where an ARIMA cannot say anything.
    fn forecast(&self, horizon: usize) -> Vec<f64> {
        match self {
            Self::Ets(model) => model.forecast(horizon),
            Self::Theta(model) => model.forecast(horizon),
            Self::Ces(model) => model.forecast(horizon),
            Self::Mean(model) => Updatable::forecast(&**model, horizon),
            Self::Arima(model) => model.forecast(horizon).unwrap_or_else(|_| vec![f64::NAN; horizon]),
        }
    }

    fn update(&mut self, demand: f64) {
        match self {
            Self::Ets(model) => model.update(demand),
            Self::Theta(model) => model.update(demand),
            Self::Ces(model) => model.update(demand),
            Self::Mean(model) => model.update(demand),
            Self::Arima(model) => {
                // It fails only where regressors end, and one that is kept has none.
                let _ = model.update(demand);
            }
        }
    }
}

/// The forecast of one series and the model behind it, where a model stands behind it that can be kept.
pub(super) type Modelled = (Point, Option<FittedLocal>);

/// One point forecast per series, with its rolling-origin record.
pub(super) fn forecast(
    series: &[Views],
    method: PanelMethod,
    settings: &PanelSettings,
    one_done: OneDone,
) -> Vec<Modelled> {
    let forecast = |series| {
        let modelled = one(series, method, settings);
        one_done();
        modelled
    };
    series.par_iter().map(forecast).collect()
}

/// The same for one series.
pub(super) fn one(series: &Views, method: PanelMethod, settings: &PanelSettings) -> Modelled {
    let naive = |reason: String| (naive_point(series.now.demand, settings, reason), None);
    let Some(start) = first_period(series.now.demand) else { return naive("no demand was observed".to_owned()) };
    let (demand, past) = (&series.now.demand[start..], &series.past.demand[start..]);
    let forecast = if method == PanelMethod::Arima && !series.now.regressors.columns.is_empty() {
        with_arima(series, start, settings).map(|(mean, backtest)| (mean, backtest, None))
    } else {
        fitted(method, demand, past, settings)
    };
    let (mean, mut backtest, model) = match forecast {
        Ok(forecast) => forecast,
        Err(error) => return naive(error.to_string()),
    };
    for (cutoff, forecasts) in backtest.cutoffs.iter_mut().zip(&mut backtest.forecasts) {
        *cutoff += start;
        cut_at_zero(forecasts, demand);
    }
    match point(mean, demand, method) {
        Ok(point) => (Point { backtest, ..point }, model),
        Err(reason) => naive(reason),
    }
}

/// What a model says, without a record. `Err`: why it cannot be used.
pub(super) fn point(mut mean: Vec<f64>, demand: &[f64], method: PanelMethod) -> Result<Point, String> {
    if mean.iter().any(|value| !value.is_finite()) {
        return Err(format!("`{}` gave no finite forecast", method.name()));
    }
    cut_at_zero(&mut mean, demand);
    Ok(Point { mean, backtest: Backtest::default(), model: method.name().to_owned(), fallback: None })
}

type Fit = (Vec<f64>, Backtest, Option<FittedLocal>);

fn fitted(method: PanelMethod, demand: &[f64], past: &[f64], settings: &PanelSettings) -> Result<Fit, MethodError> {
    let season = settings.season();
    let model = FittedLocal::fit(demand, method, season)?;
    // A history too short to be cut shorter still has its forecast; its quantiles then rest on the other series.
    let backtest = match &model {
        FittedLocal::Arima(model) => arima_backtest(model.order(), past, &[], settings),
        _ => rolling_backtest(|y| FittedLocal::fit(y, method, season), past, settings.origins()).unwrap_or_default(),
    };
    Ok((model.forecast(settings.horizon), backtest, Some(model)))
}

fn with_arima(series: &Views, start: usize, settings: &PanelSettings) -> Result<(Vec<f64>, Backtest), MethodError> {
    let (demand, past) = (&series.now.demand[start..], &series.past.demand[start..]);
    // A column that is not known throughout cannot be regressed on.
    let columns: Vec<Vec<f64>> = (series.now.regressors.columns.iter())
        .map(|column| column[start..].to_vec())
        .filter(|column| column.iter().all(|value| value.is_finite()))
        .collect();
    let model = arima::auto(demand, settings.season(), &columns)?;
    Ok((model.forecast(settings.horizon)?, arima_backtest(model.order(), past, &columns, settings)))
}

/// The orders of the whole history's model are estimated anew before the first origin: searching twice would double the cost.
fn arima_backtest(order: ArimaOrder, past: &[f64], columns: &[Vec<f64>], settings: &PanelSettings) -> Backtest {
    let horizon = settings.horizon;
    let mut backtest = Backtest::default();
    let cutoffs = settings.origins().cutoffs(past.len());
    let Some(&first) = cutoffs.first() else { return backtest };
    let Ok(mut rolling) = arima::fit_order(&past[..first], order, columns) else { return backtest };
    let mut seen = first;
    for cutoff in cutoffs {
        let updated = past[seen..cutoff].iter().all(|value| rolling.update(*value).is_ok());
        let Some(forecast) = rolling.forecast(horizon).ok().filter(|_| updated) else { break };
        seen = cutoff;
        backtest.cutoffs.push(cutoff);
        backtest.forecasts.push(forecast);
        backtest.actuals.push(past[cutoff..cutoff + horizon].to_vec());
    }
    backtest
}
