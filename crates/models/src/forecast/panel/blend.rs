//! A mixture of the local mean and the global model, its weight chosen for the panel by rolling origins.
//!
//! One weight for all series: a weight per series would be chosen by a dozen correlated errors and follow chance (the winner's
//! curse). Equal shares are kept unless another weight is clearly better (Bates and Granger, "The combination of
//! forecasts", Operational Research Quarterly 20 (1969), 451-468; Stock and Watson, "Combination forecasts of output growth",
//! Journal of Forecasting 23 (2004), 405-430, on why simple weights are hard to beat).

use super::{Fitted, OneDone, PanelSettings, Point, Views, boosted, cut_at_zero, local};
use crate::forecast::local::LocalMethod;
use crate::forecast::origins::Backtest;

/// Weights of the global model that are tried.
const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Another weight must do so much better than equal shares.
const MARGIN: f64 = 0.985;

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

/// The global model's share with the smallest mean scaled absolute error over origins that both sides have.
fn weight(series: &[Views], local: &[Point], global: &[Point], settings: &PanelSettings) -> f64 {
    let mut errors = [0.0; WEIGHTS.len()];
    for ((series, local), global) in series.iter().zip(local).zip(global) {
        if local.fallback.is_some() || global.fallback.is_some() {
            continue;
        }
        let Some(scale) = naive_error(series.past.demand, settings.season()) else { continue };
        let shared = shared_windows(&local.backtest, &global.backtest);
        let mut own = [0.0; WEIGHTS.len()];
        let mut count = 0.0;
        for (left, right) in &shared {
            let actuals = &local.backtest.actuals[*left];
            let forecasts = local.backtest.forecasts[*left].iter().zip(&global.backtest.forecasts[*right]);
            for (actual, (a, b)) in actuals.iter().zip(forecasts).filter(|(actual, _)| actual.is_finite()) {
                for (own, weight) in own.iter_mut().zip(WEIGHTS) {
                    *own += (actual - ((1.0 - weight) * a + weight * b)).abs() / scale;
                }
                count += 1.0;
            }
        }
        if count > 0.0 {
            for (error, own) in errors.iter_mut().zip(own) {
                *error += own / count;
            }
        }
    }
    let equal = WEIGHTS.len() / 2;
    let best = (0..WEIGHTS.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap_or(equal);
    if errors[best] < MARGIN * errors[equal] { WEIGHTS[best] } else { WEIGHTS[equal] }
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
