//! A mixture of the local mean and the global model, its weight chosen for the panel by rolling origins.
//!
//! One weight for all series: a weight per series would be chosen by a dozen correlated errors and follow chance (the winner's
//! curse). Errors at the newest origins say most about the origin that matters, and what they say is drawn to a share that does well
//! on most panels (Bates and Granger, "The combination of forecasts", Operational Research Quarterly 20 (1969), 451-468; Stock
//! and Watson, "Combination forecasts of output growth", Journal of Forecasting 23 (2004), 405-430, on why simple weights are
//! hard to beat). The constants are those of `tests/bench/blend_weights.py`.

use std::collections::BTreeMap;

use super::{Fitted, OneDone, PanelSettings, Point, Views, boosted, cut_at_zero, local};
use crate::forecast::local::LocalMethod;
use crate::forecast::origins::Backtest;

/// Weights of the global model that are tried.
const WEIGHTS: [f64; 9] = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0];
/// The share that weights are drawn to, and how strongly: what a whole one's distance costs, in errors of the local mean.
const USUAL: f64 = 0.5;
const PULL: f64 = 0.1;
/// Horizons by which an origin lies before the newest, per halving of its weight.
const HALF_LIFE: f64 = 0.25;

/// The mixture, one point per series. A series that one side cannot forecast is left to the other.
pub(super) fn forecast(series: &[Views], settings: &PanelSettings, one_done: OneDone) -> Fitted {
    let local = local::fitted(series, LocalMethod::Mean, settings, one_done);
    let (global, global_model) = boosted::forecast(series, settings);
    let weight = weight(series, &local.points, &global, settings);
    let points = (series.iter().zip(local.points).zip(global))
        .map(|((series, local), global)| mixed(series, local, global, weight))
        .collect();
    Fitted { points, models: local.models, global: global_model.filter(|_| weight > 0.0), weight }
}

/// The global model's share with the smallest mean scaled absolute error, relative to that of the local mean at each origin that
/// both sides have, the newest with most weight, drawn to the usual share.
fn weight(series: &[Views], local: &[Point], global: &[Point], settings: &PanelSettings) -> f64 {
    let horizon = settings.horizon.max(1);
    // By how many periods an origin lies before the newest of its series: errors per weight, and how many.
    let mut origins: BTreeMap<usize, ([f64; WEIGHTS.len()], f64)> = BTreeMap::new();
    for ((series, local), global) in series.iter().zip(local).zip(global) {
        if local.fallback.is_some() || global.fallback.is_some() {
            continue;
        }
        let Some(scale) = naive_error(series.past.demand, settings.season()) else { continue };
        let newest = series.past.demand.len().saturating_sub(horizon);
        for (left, right) in shared_windows(&local.backtest, &global.backtest) {
            let before = newest.saturating_sub(local.backtest.cutoffs[left]);
            let (errors, count) = origins.entry(before).or_default();
            let actuals = &local.backtest.actuals[left];
            let forecasts = local.backtest.forecasts[left].iter().zip(&global.backtest.forecasts[right]);
            for (actual, (a, b)) in actuals.iter().zip(forecasts).filter(|(actual, _)| actual.is_finite()) {
                for (error, weight) in errors.iter_mut().zip(WEIGHTS) {
                    *error += (actual - ((1.0 - weight) * a + weight * b)).abs() / scale;
                }
                *count += 1.0;
            }
        }
    }
    let mut relative = [0.0; WEIGHTS.len()];
    let mut trusts = 0.0;
    for (before, (errors, count)) in origins.into_iter().filter(|(_, (errors, _))| errors[0] > 0.0) {
        let trust = count * 0.5_f64.powf(before as f64 / horizon as f64 / HALF_LIFE);
        trusts += trust;
        for (relative, error) in relative.iter_mut().zip(errors) {
            *relative += trust * error / errors[0];
        }
    }
    if trusts <= 0.0 {
        return USUAL;
    }
    let cost = |index: usize| relative[index] / trusts + PULL * (WEIGHTS[index] - USUAL).powi(2);
    let best = (0..WEIGHTS.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b)));
    best.map_or(USUAL, |best| WEIGHTS[best])
}

/// Indices of windows with the same cutoff.
fn shared_windows(left: &Backtest, right: &Backtest) -> Vec<(usize, usize)> {
    (left.cutoffs.iter().enumerate())
        .filter_map(|(at, cutoff)| Some((at, right.cutoffs.iter().position(|other| other == cutoff)?)))
        .collect()
}

/// Mean absolute error of the seasonal naive in sample, the unit of MASE; `None` where it is zero.
fn naive_error(demand: &[f64], season: usize) -> Option<f64> {
    let lag = if demand.len() > season { season } else { 1 };
    let steps = (lag..demand.len()).map(|t| (demand[t] - demand[t - lag]).abs()).filter(|step| step.is_finite());
    let (sum, count) = steps.fold((0.0, 0.0), |(sum, count), step| (sum + step, count + 1.0));
    (sum > 0.0).then(|| sum / count)
}

/// One point of both, on the origins that both have.
pub(super) fn mixed(series: &Views, local: Point, global: Point, weight: f64) -> Point {
    if global.fallback.is_some() || weight == 0.0 {
        return local;
    }
    if local.fallback.is_some() || weight == 1.0 {
        return global;
    }
    let mix = |a: &[f64], b: &[f64]| -> Vec<f64> {
        let mut mixed: Vec<f64> = a.iter().zip(b).map(|(a, b)| (1.0 - weight) * a + weight * b).collect();
        cut_at_zero(&mut mixed, series.now.demand);
        mixed
    };
    let mut backtest = Backtest::default();
    for (left, right) in shared_windows(&local.backtest, &global.backtest) {
        backtest.cutoffs.push(local.backtest.cutoffs[left]);
        backtest.forecasts.push(mix(&local.backtest.forecasts[left], &global.backtest.forecasts[right]));
        backtest.actuals.push(local.backtest.actuals[left].clone());
    }
    Point { mean: mix(&local.mean, &global.mean), backtest, model: "blend".to_owned(), fallback: None }
}
