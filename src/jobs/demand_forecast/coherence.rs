//! Series and sums made to add up.
//!
//! All forecasts, of series and of sums, are moved as little as their errors allow until they add up (minimum trace). The same is
//! done at every rolling origin, so that accuracy is that of what is published.

use super::node::{P10, P90, PlannedNode, SeriesOutcome};
use super::series_forecasts::SeriesForecasts;
use super::sum_forecasts::{SumModels, forecast_sums};
use super::{DemandForecast, Reconciled};
use crate::models::forecast::lift_totals;
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::PanelForecast;
use crate::models::forecast::reconcile::{Hierarchy, ReconcileError, Reconciliation, move_quantiles_to, reconcile};

/// The variance of a forecast that stands as it is.
const STANDS: f64 = 0.0;
/// The variance of a forecast that says nothing.
const SAYS_NOTHING: f64 = f64::INFINITY;

/// Moves the series' forecasts and backtests so that they and the sums agree. `sums`: the nodes above the series. Sums
/// are forecast by what is `known` of them from an earlier night, where something is.
///
/// Returns what the next night may begin with, and why forecasts were left as they are, if they were.
pub(super) fn make_coherent(
    job: &DemandForecast,
    forecasts: &mut SeriesForecasts,
    sums: &[PlannedNode],
    known: Option<&SumModels>,
    seed: u64,
) -> (SumModels, Option<String>) {
    if job.reconciliation == Reconciled::BottomUp || sums.is_empty() {
        return (SumModels::default(), None);
    }
    let (bases, models) = forecast_sums(job, forecasts, sums, known, seed);
    let problem = reconcile_all(job, forecasts, sums, &bases, &models).err();
    (models, problem.map(|error| error.to_string()))
}

/// Means of tonight, then those of every rolling origin.
fn reconcile_all(
    job: &DemandForecast,
    forecasts: &mut SeriesForecasts,
    sums: &[PlannedNode],
    bases: &[PanelForecast],
    models: &SumModels,
) -> Result<(), ReconcileError> {
    let horizon = job.horizon();
    let groups: Vec<Vec<usize>> = sums.iter().map(|sum| sum.children.clone()).collect();
    let hierarchy = Hierarchy::from_groups(forecasts.outcomes.len(), &groups)?;
    let of_sums = (bases.iter().zip(&models.sums))
        .map(|(base, sum)| sum.error_variance.filter(|_| base.fallback.is_none()).unwrap_or(SAYS_NOTHING));
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

/// How far a series' forecast may be moved: as far as it errs. A product that ends, or has ended, is known to.
fn series_variance(outcome: &SeriesOutcome) -> f64 {
    if outcome.ends || outcome.mean.iter().all(|mean| *mean <= 0.0) {
        return STANDS;
    }
    outcome.error_variance.unwrap_or_else(|| {
        // Without a past forecast, what its own quantiles say: p10 and p90 lie 2.56 standard deviations apart.
        let spreads = outcome.quantiles.per_period.iter().map(|row| (row[P90] - row[P10]) / 2.56);
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
