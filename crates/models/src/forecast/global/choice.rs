//! What is tried on the last periods of the training part: every series is cut short by one horizon, candidates are fitted
//! to what remains and forecast what was cut off. The cut series are all a candidate sees.

use super::model::{Plan, fit_plan};
use super::{Base, GlobalOptions, GlobalSeries, Reach};
use crate::forecast::MethodError;

/// A candidate must be better by this share than the default to replace it: smaller leads are luck.
const CLEAR_LEAD: f64 = 0.02;
/// Trees are fewer and take larger steps while trying: ranks stay, time does not.
const HASTE: usize = 3;
/// Fewest forecast errors to choose by.
const LEAST_ERRORS: f64 = 30.0;

/// The plan to fit by, and the error of everything tried (mean absolute error over the series' naive errors).
pub(crate) fn choose(
    series: &[GlobalSeries],
    season_lengths: &[usize],
    horizon: usize,
    options: &GlobalOptions,
) -> Result<(Plan, Vec<(String, f64)>), MethodError> {
    let season = season_lengths.iter().copied().filter(|m| *m >= 2).min().unwrap_or(1);
    let default = Plan {
        base: if options.base == Base::Chosen { Base::Both } else { options.base },
        step: match options.reach {
            Reach::Steps(step) => step.clamp(1, horizon),
            Reach::Chosen | Reach::Direct => horizon,
        },
    };
    let steps = if options.reach == Reach::Chosen && season > 1 && horizon >= 2 * season {
        vec![horizon, season]
    } else {
        vec![default.step]
    };
    let bases = if options.base == Base::Chosen { vec![Base::Nothing, Base::Linear] } else { vec![options.base] };
    if steps.len() * bases.len() == 1 || options.boosting.loss.has_log_link() {
        return Ok((default, Vec::new()));
    }
    let short: Vec<GlobalSeries> = series
        .iter()
        .filter(|one| one.demand.len() >= 2 * horizon.max(season))
        .map(|one| GlobalSeries { demand: &one.demand[..one.demand.len() - horizon], ..*one })
        .collect();
    let future: Vec<&[f64]> = series
        .iter()
        .filter(|one| one.demand.len() >= 2 * horizon.max(season))
        .map(|one| &one.demand[one.demand.len() - horizon..])
        .collect();
    let hasty = GlobalOptions {
        boosting: options.boosting.hasty(HASTE),
        n_boosters: 1,
        quantile_levels: Vec::new(),
        ..options.clone()
    };
    let weights: Vec<f64> = short.iter().map(|one| 1.0 / naive_error(one.demand, season)).collect();
    if errors(&future, &future, &weights).1 < LEAST_ERRORS {
        return Ok((default, Vec::new()));
    }
    let mut tried: Vec<(Plan, f64)> = Vec::new();
    for step in steps {
        let mut sum: Vec<Vec<f64>> = Vec::new();
        for base in &bases {
            let plan = Plan { base: *base, step };
            let Ok(model) = fit_plan(&short, season_lengths, horizon, &hasty, plan) else {
                return Ok((default, Vec::new()));
            };
            let point = model.forecast(&short)?.point;
            tried.push((plan, errors(&future, &point, &weights).0));
            sum = if sum.is_empty() { point } else { mean_of(&sum, &point) };
        }
        if bases.len() > 1 {
            tried.push((Plan { base: Base::Both, step }, errors(&future, &sum, &weights).0));
        }
    }
    let found = |plan: Plan| tried.iter().find(|(p, _)| *p == plan).map_or(f64::INFINITY, |(_, error)| *error);
    let best = tried.iter().fold((default, found(default)), |best, candidate| {
        if candidate.1 < best.1 && candidate.1 < (1.0 - CLEAR_LEAD) * found(default) { *candidate } else { best }
    });
    let names = tried.iter().map(|(plan, error)| (format!("{:?} in steps of {}", plan.base, plan.step), *error));
    Ok((best.0, names.collect()))
}

/// Mean of two sets of forecasts.
fn mean_of(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| f64::midpoint(*a, *b)).collect()).collect()
}

/// Mean weighted absolute error over whatever was observed, and the number of errors.
fn errors<A: AsRef<[f64]>, F: AsRef<[f64]>>(actuals: &[A], forecasts: &[F], weights: &[f64]) -> (f64, f64) {
    let (mut sum, mut count) = (0.0, 0.0);
    for ((actual, forecast), weight) in actuals.iter().zip(forecasts).zip(weights) {
        for (y, f) in actual.as_ref().iter().zip(forecast.as_ref()) {
            let error = (y - f).abs() * weight;
            if error.is_finite() {
                sum += error;
                count += 1.0;
            }
        }
    }
    (sum / count, count)
}

/// Mean |y_t - y_{t-m}|; `NaN` when unknown or zero.
fn naive_error(demand: &[f64], season: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (now, before) in demand.iter().skip(season).zip(demand) {
        let change = (now - before).abs();
        if change.is_finite() {
            sum += change;
            count += 1.0;
        }
    }
    if sum > 0.0 { sum / count } else { f64::NAN }
}
