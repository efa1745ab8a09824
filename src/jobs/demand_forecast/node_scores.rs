//! The days of one node that are scored: over the rolling origins, and since an earlier publication.

use std::collections::BTreeMap;

use super::WEEK;
use super::earlier_forecast::EarlierForecast;
use super::facts::DemandData;
use super::node::{Node, SeriesOutcome};
use super::node_key::{NodeKey, PRODUCT_LOCATION};
use super::score::{DaysAhead, NodeScore, Score, ScoredDay};
use crate::day::Day;
use crate::models::forecast::local::seasonal_naive;

/// Over the rolling origins. A day counts for the children that were observed on it: forecast, naive and actual are summed
/// over the same series.
pub(super) fn backtest_score(
    node: &Node,
    data: &DemandData,
    outcomes: &[SeriesOutcome],
    ranges: &[DaysAhead],
) -> NodeScore {
    let (windows, horizon) = (node.backtest.cutoffs.len(), node.backtest.horizon());
    let mut days: Vec<ScoredDay> = Vec::with_capacity(windows * horizon);
    for window in 0..windows {
        let quantiles = node.window_quantiles.get(window);
        for ahead in 0..horizon {
            let mut day = ScoredDay {
                ahead: ahead + 1,
                actual: f64::NAN,
                whole_actual: node.backtest.actuals[window][ahead],
                ..ScoredDay::default()
            };
            for index in &node.children {
                let outcome = &outcomes[*index];
                let Some(own) = (window + outcome.backtest.cutoffs.len()).checked_sub(windows) else { continue };
                let actual = outcome.backtest.actuals[own][ahead];
                if actual.is_finite() {
                    day.actual = if day.actual.is_nan() { actual } else { day.actual + actual };
                    day.forecast += outcome.backtest.forecasts[own][ahead];
                    day.naive += outcome.naive[own][ahead];
                }
            }
            if let Some(quantiles) = &quantiles {
                day.quantiles.clone_from(&quantiles[ahead]);
            }
            days.push(day);
        }
    }
    // A sum's cutoffs count from the start of its child with the most windows; from the end they mean the same day.
    let first_origin = node.children.iter().filter_map(|index| {
        let backtest = &outcomes[*index].backtest;
        (backtest.cutoffs.len() == windows)
            .then(|| backtest.cutoffs.first().map(|cutoff| data.series[*index].demand.len() - cutoff))?
    });
    let scored = first_origin.max().unwrap_or(0);
    NodeScore::of(&days, &node.history[..node.history.len().saturating_sub(scored)], ranges)
}

/// An earlier publication on the days since. For a sum, what its series were forecast is compared on those with stock;
/// its published quantiles are compared with all demand, the forecast standing in for series without stock.
pub(super) fn published_score(
    node: &Node,
    data: &DemandData,
    earlier: &EarlierForecast,
    ranges: &[DaysAhead],
) -> NodeScore {
    let Some(published) = earlier.nodes.get(&node.key) else {
        return NodeScore { all: Score::default(), by_days_ahead: Vec::new() };
    };
    let naive: BTreeMap<usize, Vec<f64>> =
        node.children.iter().map(|index| (*index, naive_from(data, *index, earlier.as_of))).collect();
    let mut days = Vec::new();
    for (day, forecast) in published.days.range(earlier.as_of + 1..=data.as_of) {
        let step = (*day - earlier.as_of - 1) as usize;
        let mut scored = ScoredDay {
            ahead: step + 1,
            actual: f64::NAN,
            quantiles: forecast.quantiles.to_vec(),
            ..ScoredDay::default()
        };
        for index in &node.children {
            let series = &data.series[*index];
            let of_series = if node.is_series() {
                Some(forecast)
            } else {
                let key = NodeKey::new(PRODUCT_LOCATION, series.node());
                earlier.nodes.get(&key).and_then(|node| node.days.get(day))
            };
            let Some(forecast) = of_series.map(|day| day.mean) else { continue };
            let actual = series.demand_on(*day);
            if actual.is_finite() {
                scored.actual = if scored.actual.is_nan() { actual } else { scored.actual + actual };
                scored.forecast += forecast;
                scored.naive += naive.get(index).and_then(|naive| naive.get(step)).copied().unwrap_or(0.0);
                scored.whole_actual += actual;
            } else {
                scored.whole_actual += forecast;
            }
        }
        days.push(scored);
    }
    let since = (data.as_of - earlier.as_of).max(0) as usize;
    NodeScore::of(&days, &node.history[..node.history.len().saturating_sub(since)], ranges)
}

/// The same weekday of the last week before `as_of`, repeated up to today.
fn naive_from(data: &DemandData, index: usize, as_of: Day) -> Vec<f64> {
    let series = &data.series[index];
    let known = usize::try_from(as_of + 1 - series.first_day).unwrap_or(0).min(series.demand.len());
    seasonal_naive(&series.demand[..known], WEEK, (data.as_of - as_of).max(0) as usize)
}
