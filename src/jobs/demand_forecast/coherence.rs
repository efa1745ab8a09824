//! Sums that are forecast themselves, and series and sums made to add up.
//!
//! A total has its own season and level, seen far better than in any of its series. Every sum is forecast from its summed
//! demand; then all forecasts, of series and sums, are moved as little as their errors allow until they add up (minimum
//! trace). The same is done at every rolling origin, so that accuracy is that of what is published.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::hierarchy::{Plan, SeriesOutcome};
use super::series_forecasts::SeriesForecasts;
use super::{DemandForecast, Reconciled};
use crate::models::forecast::local::LocalMethod;
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::{PanelForecast, PanelMethod, PanelSeries, PanelState, fit_panel, update_panel};
use crate::models::forecast::reconcile::{Hierarchy, ReconcileError, Reconciliation, move_quantiles_to, reconcile};
use crate::models::forecast::{Regressors, lift_totals, observed_mean};

/// The variance of a forecast that stands as it is.
const STANDS: f64 = 0.0;
/// The variance of a forecast that says nothing.
const SAYS_NOTHING: f64 = f64::INFINITY;

/// Models of the sums, and how far each errs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Coherence {
    panel: PanelState,
    /// Mean squared error over the rolling origins by (level, node), in the order of the panel.
    sums: Vec<((String, String), Option<f64>)>,
}

/// Moves the series' forecasts and backtests so that they and the sums agree. `sums`: the plans above the series. Sums
/// are forecast by what is `known` of them from an earlier night, where something is.
///
/// Returns what the next night may begin with, and why forecasts were left as they are, if they were.
pub(super) fn make_coherent(
    job: &DemandForecast,
    forecasts: &mut SeriesForecasts,
    sums: &[Plan],
    known: Option<&Coherence>,
    seed: u64,
) -> (Coherence, Option<String>) {
    if job.reconciliation == Reconciled::BottomUp || sums.is_empty() {
        return (Coherence::default(), None);
    }
    let (bases, coherence) = forecast_sums(job, forecasts, sums, known, seed);
    let problem = reconcile_all(job, forecasts, sums, &bases, &coherence).err();
    (coherence, problem.map(|error| error.to_string()))
}

/// Means of tonight, then those of every rolling origin.
fn reconcile_all(
    job: &DemandForecast,
    forecasts: &mut SeriesForecasts,
    sums: &[Plan],
    bases: &[PanelForecast],
    coherence: &Coherence,
) -> Result<(), ReconcileError> {
    let horizon = job.horizon();
    let groups: Vec<Vec<usize>> = sums.iter().map(|(_, _, children)| children.clone()).collect();
    let hierarchy = Hierarchy::from_groups(forecasts.outcomes.len(), &groups)?;
    let of_sums = (bases.iter().zip(&coherence.sums))
        .map(|(base, (_, variance))| variance.filter(|_| base.fallback.is_none()).unwrap_or(SAYS_NOTHING));
    let of_series = forecasts.outcomes.iter().map(series_variance);
    let variances: Vec<f64> = of_sums.chain(of_series).collect();
    let coherent = |base: Vec<Vec<f64>>, variances: &[f64]| match job.reconciliation {
        Reconciled::TopDown => reconcile(&hierarchy, &base, &Reconciliation::ForecastShares),
        _ => reconcile(&hierarchy, &base, &Reconciliation::MinimumTrace { variances }),
    };

    let base = bases.iter().map(|base| base.mean.clone());
    let base = base.chain(forecasts.outcomes.iter().map(|outcome| outcome.mean.clone())).collect();
    let means = coherent(base, &variances)?;
    for (outcome, mean) in forecasts.outcomes.iter_mut().zip(means.into_iter().skip(sums.len())) {
        outcome.move_to(mean);
    }

    // Windows are counted from the end: a series with fewer of them has no part in the earlier ones.
    for back in 1..=job.n_windows.get() as usize {
        let at = |backtest: &Backtest| backtest.cutoffs.len().checked_sub(back);
        let forecast = |backtest: &Backtest| at(backtest).map(|window| backtest.forecasts[window].clone());
        let backtests = bases.iter().map(|base| &base.backtest).chain(forecasts.outcomes.iter().map(|o| &o.backtest));
        let rows: Vec<Option<Vec<f64>>> = backtests.map(forecast).collect();
        if rows[sums.len()..].iter().all(Option::is_none) {
            break;
        }
        let known = |(node, row): (usize, &Option<Vec<f64>>)| match row {
            Some(_) => variances[node],
            None if node < sums.len() => SAYS_NOTHING,
            None => STANDS,
        };
        let variances: Vec<f64> = rows.iter().enumerate().map(known).collect();
        let base = rows.into_iter().map(|row| row.unwrap_or_else(|| vec![0.0; horizon])).collect();
        let windows = coherent(base, &variances)?;
        for (outcome, moved) in forecasts.outcomes.iter_mut().zip(windows.into_iter().skip(sums.len())) {
            let Some(window) = at(&outcome.backtest) else { continue };
            let was_whole = is_whole(&outcome.window_quantiles[window]);
            let quantiles = &mut outcome.window_quantiles[window];
            move_quantiles_to(quantiles, &outcome.backtest.forecasts[window], &moved);
            round_if(was_whole, quantiles);
            outcome.backtest.forecasts[window] = moved;
        }
    }
    Ok(())
}

/// Every sum from its own summed demand.
fn forecast_sums(
    job: &DemandForecast,
    forecasts: &SeriesForecasts,
    sums: &[Plan],
    known: Option<&Coherence>,
    seed: u64,
) -> (Vec<PanelForecast>, Coherence) {
    let made: Vec<Summed> = sums.par_iter().map(|(_, _, children)| Summed::of(forecasts, children)).collect();
    let none = Regressors::default();
    let panel: Vec<PanelSeries> = (made.iter())
        .map(|sum| PanelSeries {
            demand: &sum.demand,
            first_index: sum.first_day,
            regressors: &none,
            categories: &[],
            factor: &sum.factor,
            past_factor: &sum.past_factor,
        })
        .collect();
    let settings = job.panel_settings(seed);
    let keys: Vec<(String, String)> = sums.iter().map(|(level, name, _)| (level.clone(), name.clone())).collect();
    if let Some(known) = known {
        let place: HashMap<&(String, String), usize> =
            known.sums.iter().enumerate().map(|(place, (key, _))| (key, place)).collect();
        let places: Vec<Option<usize>> = keys.iter().map(|key| place.get(key).copied()).collect();
        let updated = update_panel(&panel, &places, known.panel.clone(), &settings, &|| ());
        let variance = |place: &Option<usize>| place.and_then(|place| known.sums[place].1);
        let variances: Vec<Option<f64>> = places.iter().map(variance).collect();
        let coherence = Coherence { panel: updated.state, sums: keys.into_iter().zip(variances).collect() };
        return (updated.forecasts, coherence);
    }
    let (bases, state) = fit_panel(&panel, PanelMethod::Local(LocalMethod::Mean), &settings, &|| ());
    let variances: Vec<Option<f64>> = bases.iter().map(|base| base.backtest.error_variance()).collect();
    (bases, Coherence { panel: state, sums: keys.into_iter().zip(variances).collect() })
}

/// The demand of several series, as one.
struct Summed {
    demand: Vec<f64>,
    first_day: i64,
    factor: Vec<f64>,
    past_factor: Vec<f64>,
}

impl Summed {
    /// A day that is not known of a series counts as its usual demand; the factor of the sum is that of its series, each with
    /// the weight of its level. All series end on the same day.
    fn of(forecasts: &SeriesForecasts, children: &[usize]) -> Summed {
        let longest = children.iter().map(|index| forecasts.learnt[*index].demand.len()).max().unwrap_or(0);
        let reach = children.iter().map(|index| forecasts.now[*index].len()).max().unwrap_or(0);
        let mut demand = vec![0.0; longest];
        let (mut factor, mut past_factor, mut weight) = (vec![0.0; reach], vec![0.0; reach], vec![0.0; reach]);
        for index in children {
            let (own, now) = (&forecasts.learnt[*index].demand, &forecasts.now[*index]);
            let past = Some(forecasts.past_factor(*index)).filter(|past| !past.is_empty()).unwrap_or(now);
            let plain: Vec<f64> = own.iter().zip(now).map(|(units, factor)| units / factor).collect();
            let level = observed_mean(&plain).max(0.0);
            if level.is_nan() {
                continue;
            }
            let offset = longest - own.len();
            for (t, (units, factor)) in own.iter().zip(now).enumerate() {
                demand[offset + t] += if units.is_finite() { *units } else { level * factor };
            }
            for (t, (now, past)) in now.iter().zip(past).enumerate() {
                factor[offset + t] += level * now;
                past_factor[offset + t] += level * past;
                weight[offset + t] += level;
            }
        }
        for (t, weight) in weight.iter().enumerate() {
            let share = |sum: f64| if *weight > 0.0 { sum / weight } else { 1.0 };
            (factor[t], past_factor[t]) = (share(factor[t]), share(past_factor[t]));
        }
        let first_day = i64::from(forecasts.as_of) + 1 - longest as i64;
        Summed { demand, first_day, factor, past_factor }
    }
}

/// How far a series' forecast may be moved: as far as it errs. A product that ends, or has ended, is known to.
fn series_variance(outcome: &SeriesOutcome) -> f64 {
    if outcome.ends || outcome.mean.iter().all(|mean| *mean <= 0.0) {
        return STANDS;
    }
    outcome.error_variance.unwrap_or_else(|| {
        // Without a past forecast, what its own quantiles say: p10 and p90 lie 2.56 standard deviations apart.
        let spreads = outcome.quantiles.per_period.iter().map(|row| (row[5] - row[1]) / 2.56);
        let mean = outcome.mean.iter().sum::<f64>() / outcome.mean.len().max(1) as f64;
        spreads.map(|spread| spread * spread).sum::<f64>() / outcome.mean.len().max(1) as f64 + 0.1 * mean
    })
}

impl SeriesOutcome {
    /// Moves the forecast to another mean; quantiles keep their shape, whole numbers stay whole.
    fn move_to(&mut self, mean: Vec<f64>) {
        let running = |mean: &[f64]| -> Vec<f64> {
            let mut sum = 0.0;
            let add = |value: &f64| {
                sum += value;
                sum
            };
            mean.iter().map(add).collect()
        };
        let quantiles = &mut self.quantiles;
        let was_whole = is_whole(&quantiles.per_period) && is_whole(&quantiles.total);
        move_quantiles_to(&mut quantiles.per_period, &self.mean, &mean);
        move_quantiles_to(&mut quantiles.total, &running(&self.mean), &running(&mean));
        round_if(was_whole, &mut quantiles.per_period);
        round_if(was_whole, &mut quantiles.total);
        lift_totals(&mut quantiles.total);
        self.mean = mean;
    }
}

fn is_whole(quantiles: &[Vec<f64>]) -> bool {
    quantiles.iter().flatten().all(|quantile| quantile.fract() == 0.0)
}

fn round_if(whole: bool, quantiles: &mut [Vec<f64>]) {
    for quantile in quantiles.iter_mut().flatten().filter(|_| whole) {
        *quantile = quantile.round();
    }
}
