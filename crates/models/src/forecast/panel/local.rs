//! Every series on its own.

use rayon::prelude::*;

use super::{Fitted, OneDone, PanelSettings, Point, Views, cut_at_zero, naive_point};
use crate::forecast::lifecycle::first_period;
use crate::forecast::local::{FittedLocal, LocalMethod};
use crate::forecast::origins::Backtest;
use crate::forecast::series::LocalHistory;

/// The forecast of one series and the model behind it, where a model stands behind it that can be kept.
type Modelled = (Point, Option<FittedLocal>);

/// One point forecast per series, with its rolling-origin record, and the models.
pub(super) fn fitted(series: &[Views], method: LocalMethod, settings: &PanelSettings, one_done: OneDone) -> Fitted {
    let forecast = |series| {
        let modelled = one(series, method, settings);
        one_done();
        modelled
    };
    let modelled: Vec<Modelled> = series.par_iter().map(forecast).collect();
    let (points, models) = modelled.into_iter().unzip();
    Fitted { points, models, global: None, weight: 0.0 }
}

/// The same for one series.
pub(super) fn one(series: &Views, method: LocalMethod, settings: &PanelSettings) -> Modelled {
    let naive = |reason: String| (naive_point(series.now.demand, settings, reason), None);
    let Some(start) = first_period(series.now.demand) else { return naive("no demand was observed".to_owned()) };
    let (demand, past) = (&series.now.demand[start..], &series.past.demand[start..]);
    let columns = if method.uses_columns() { complete_columns(series, start) } else { Vec::new() };
    let history = LocalHistory { demand, season: settings.season(), columns: &columns };
    let model = match method.fit(&history) {
        Ok(model) => model,
        Err(error) => return naive(error.to_string()),
    };
    let mut backtest = model.backtest(&LocalHistory { demand: past, ..history }, settings.origins());
    for (cutoff, forecasts) in backtest.cutoffs.iter_mut().zip(&mut backtest.forecasts) {
        *cutoff += start;
        cut_at_zero(forecasts, demand);
    }
    // A model of known-ahead columns ends with those it was given: it cannot be kept for another night.
    let lasts = !method.uses_columns() || series.now.regressors.columns.is_empty();
    match point(model.forecast(settings.horizon), demand, method) {
        Ok(point) => (Point { backtest, ..point }, lasts.then_some(model)),
        Err(reason) => naive(reason),
    }
}

/// Known-ahead columns from a period on. One that is not known throughout cannot be learnt from.
fn complete_columns(series: &Views, start: usize) -> Vec<Vec<f64>> {
    (series.now.regressors.columns.iter())
        .map(|column| column[start..].to_vec())
        .filter(|column| column.iter().all(|value| value.is_finite()))
        .collect()
}

/// What a model says, without a record. `Err`: why it cannot be used.
pub(super) fn point(mut mean: Vec<f64>, demand: &[f64], method: LocalMethod) -> Result<Point, String> {
    if mean.iter().any(|value| !value.is_finite()) {
        return Err(format!("`{}` gave no finite forecast", method.name()));
    }
    cut_at_zero(&mut mean, demand);
    Ok(Point { mean, backtest: Backtest::default(), model: method.name().to_owned(), fallback: None })
}
