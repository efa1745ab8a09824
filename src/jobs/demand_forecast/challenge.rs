//! Champion against challenger: another model on a sample of the series, over the same rolling origins.
//!
//! What would have been published is scored on exactly the days that the challenger is scored on, so that a night's figures
//! say whether it is time to change `model`. A sample is enough for that and costs the same at any size.

use super::accuracy::{Basis, HorizonRow};
use super::facts::DemandData;
use super::node_key::PRODUCT_LOCATION;
use super::score::{DaysAhead, NodeScore, Score, ScoredDay};
use super::series_forecasts::SeriesForecasts;
use super::{DemandForecast, WEEK};
use crate::models::forecast::local::seasonal_naive;
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::{PanelSeries, forecast_panel};
use crate::models::forecast::{NO_CALENDAR, Regressors};

/// Series that the challenger is tried on, evenly picked.
const SAMPLE: usize = 100;

/// Rows of champion and challenger by days ahead; none without a challenger or without backtests. The champion is scored before
/// its forecasts are reconciled, as the challenger is.
pub(super) fn challenge(
    job: &DemandForecast,
    data: &DemandData,
    forecasts: &SeriesForecasts,
    seed: u64,
) -> Vec<HorizonRow> {
    let Some(challenger) = job.challenger.0.filter(|challenger| *challenger != job.model.0) else { return Vec::new() };
    let modelled: Vec<usize> =
        (0..data.series.len()).filter(|index| !forecasts.outcomes[*index].backtest.is_empty()).collect();
    let sample: Vec<usize> = modelled.iter().copied().step_by(modelled.len().div_ceil(SAMPLE).max(1)).collect();
    let none = Regressors::default();
    let panel: Vec<PanelSeries> = (sample.iter())
        .map(|index| PanelSeries {
            demand: &forecasts.cleaned[*index].demand,
            first_index: i64::from(data.series[*index].first_day.number()),
            regressors: &none,
            categories: &[],
            factor: &forecasts.factors[*index],
            past_factor: forecasts.past_factor(*index),
            calendar: &NO_CALENDAR,
        })
        .collect();
    let settings = job.panel_settings(seed);
    let tried = forecast_panel(&panel, challenger, &settings);
    let ranges = DaysAhead::ranges(job.horizon());
    let mut sums = vec![[Score::default(), Score::default()]; ranges.len()];
    for (index, tried) in sample.iter().zip(&tried) {
        let champion = &forecasts.outcomes[*index];
        let demand = &data.series[*index].demand;
        let common = |backtest: &Backtest| backtest.cutoffs.len();
        // Windows of both are counted from the end; one that only one side has is not scored.
        let windows = common(&champion.backtest).min(common(&tried.backtest));
        let score = |backtest: &Backtest, quantiles: &[Vec<Vec<f64>>]| {
            let first = backtest.cutoffs.len() - windows;
            let days: Vec<ScoredDay> = (first..backtest.cutoffs.len())
                .flat_map(|window| scored_days(demand, backtest, quantiles, window))
                .collect();
            let training = backtest.cutoffs.get(first).map_or(demand.len(), |cutoff| *cutoff);
            NodeScore::of(&days, &demand[..training], &ranges).by_days_ahead
        };
        let both =
            [score(&champion.backtest, &champion.window_quantiles), score(&tried.backtest, &tried.window_quantiles)];
        for (sum, own) in both.iter().enumerate() {
            for (range, score) in own.iter().enumerate().filter(|(_, score)| score.n_periods > 0) {
                sums[range][sum].add(score);
            }
        }
    }
    let names = [(Basis::Champion, job.model.0.name()), (Basis::Challenger, challenger.name())];
    let mut rows = Vec::new();
    for (side, (basis, method)) in names.into_iter().enumerate() {
        for (ahead, sums) in ranges.iter().zip(&sums).filter(|(_, sums)| sums[side].n_periods > 0) {
            rows.push(HorizonRow {
                basis,
                forecast_as_of: data.as_of,
                level: PRODUCT_LOCATION.to_owned(),
                ahead: *ahead,
                method: method.to_owned(),
                is_all: false,
                score: sums[side],
            });
        }
    }
    rows
}

/// The days of one window.
fn scored_days(demand: &[f64], backtest: &Backtest, quantiles: &[Vec<Vec<f64>>], window: usize) -> Vec<ScoredDay> {
    let (cutoff, forecasts) = (backtest.cutoffs[window], &backtest.forecasts[window]);
    let naive = seasonal_naive(&demand[..cutoff], WEEK, forecasts.len());
    (0..forecasts.len())
        .map(|ahead| {
            let actual = demand[cutoff + ahead];
            ScoredDay {
                ahead: ahead + 1,
                actual,
                forecast: forecasts[ahead],
                naive: naive[ahead],
                whole_actual: actual,
                quantiles: quantiles.get(window).and_then(|rows| rows.get(ahead)).cloned().unwrap_or_default(),
            }
        })
        .collect()
}
