//! How good the forecasts are: over the rolling origins, and of earlier publications now that the actuals are there.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::WEEK;
use super::dataset::{DemandData, EarlierForecast};
use super::hierarchy::{ALL, BOTTOM_UP, Node, PRODUCT_LOCATION, SeriesOutcome, TOTAL};
use super::score::{Score, ScoredDay};
use crate::models::forecast::local::seasonal_naive;

/// What was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Basis {
    /// Our rolling origins.
    Backtest,
    /// An earlier publication.
    Published,
    /// The rolling origins of a sample of series, by the model that forecasts ...
    Champion,
    /// ... and by the one tried beside it.
    Challenger,
}

impl Basis {
    /// The name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backtest => "backtest",
            Self::Published => "published",
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// A row of `forecast_accuracy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AccuracyRow {
    /// Backtest or published.
    pub basis: Basis,
    /// The day from which was forecast.
    pub forecast_as_of: i32,
    /// As in the forecasts.
    pub level: String,
    /// As in the forecasts; `all` for a level.
    pub node: String,
    /// The series, at level product_location; not kept from night to night.
    #[serde(skip)]
    pub series: Option<usize>,
    /// The model, `mixed` where several.
    pub method: String,
    /// The errors.
    pub score: Score,
}

/// A row of `forecast_accuracy_by_horizon`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HorizonRow {
    /// Any of them.
    pub basis: Basis,
    /// The day from which was forecast.
    pub forecast_as_of: i32,
    /// As in the forecasts.
    pub level: String,
    /// Days ahead, first and last.
    pub steps: (usize, usize),
    /// The model, `all` over all of them.
    pub method: String,
    /// The errors.
    pub score: Score,
}

/// What a node's days come to: in all, and by days ahead.
pub(super) struct NodeScore {
    pub all: Score,
    pub by_steps: Vec<Score>,
}

/// Days ahead that are scored together: the first week, the second, the next two, the rest.
pub(super) fn step_ranges(horizon: usize) -> Vec<(usize, usize)> {
    let ends = [7, 14, 28].into_iter().filter(|end| *end < horizon).chain([horizon]);
    let mut first = 1;
    ends.map(|last| (std::mem::replace(&mut first, last + 1), last)).collect()
}

/// Rows of the rolling origins, and the same by days ahead.
pub(super) fn backtest_rows(
    data: &DemandData,
    outcomes: &[SeriesOutcome],
    nodes: &[Node],
) -> (Vec<AccuracyRow>, Vec<HorizonRow>) {
    let ranges = ranges_of(nodes);
    let scores: Vec<NodeScore> = nodes.par_iter().map(|node| backtest_score(node, data, outcomes, &ranges)).collect();
    let methods: Vec<String> = nodes.iter().map(|node| node.method.clone()).collect();
    let by_horizon = horizon_rows(Basis::Backtest, data.as_of, nodes, &methods, &scores, &ranges);
    let scored = nodes.iter().zip(methods).zip(scores).map(|((node, method), score)| (node, method, score.all));
    (with_levels(Basis::Backtest, data.as_of, scored.collect()), by_horizon)
}

/// Rows of earlier publications now that their days have passed, newest first, and the same by days ahead.
pub(super) fn graded_rows(data: &DemandData, nodes: &[Node]) -> (Vec<AccuracyRow>, Vec<HorizonRow>) {
    let ranges = ranges_of(nodes);
    let (mut rows, mut by_horizon) = (Vec::new(), Vec::new());
    for earlier in &data.earlier {
        let scores: Vec<NodeScore> =
            nodes.par_iter().map(|node| published_score(node, data, earlier, &ranges)).collect();
        let method = |node: &Node| {
            let key = (node.level.clone(), node.name.clone());
            earlier.nodes.get(&key).map_or_else(|| BOTTOM_UP.to_owned(), |published| published.method.clone())
        };
        let methods: Vec<String> = nodes.iter().map(method).collect();
        by_horizon.extend(horizon_rows(Basis::Published, earlier.as_of, nodes, &methods, &scores, &ranges));
        let scored = nodes.iter().zip(methods).zip(scores).filter(|(_, score)| score.all.n_periods > 0);
        let scored = scored.map(|((node, method), score)| (node, method, score.all)).collect();
        rows.extend(with_levels(Basis::Published, earlier.as_of, scored));
    }
    (rows, by_horizon)
}

fn ranges_of(nodes: &[Node]) -> Vec<(usize, usize)> {
    step_ranges(nodes.first().map_or(1, |node| node.mean.len()))
}

/// Sums over the nodes of a level: over all models, then by model where there are several.
fn horizon_rows(
    basis: Basis,
    forecast_as_of: i32,
    nodes: &[Node],
    methods: &[String],
    scores: &[NodeScore],
    ranges: &[(usize, usize)],
) -> Vec<HorizonRow> {
    let mut levels: Vec<&str> = nodes.iter().map(|node| node.level.as_str()).collect();
    levels.dedup();
    let mut rows = Vec::new();
    for level in levels {
        let members: Vec<usize> = (0..nodes.len()).filter(|index| nodes[*index].level == level).collect();
        let mut names: Vec<&str> = members.iter().map(|index| methods[*index].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let of_all = [ALL].into_iter();
        for method in of_all.chain(names.into_iter().filter(|_| level == PRODUCT_LOCATION)) {
            for (place, steps) in ranges.iter().enumerate() {
                let mut score = Score::default();
                for index in members.iter().filter(|index| method == ALL || methods[**index] == method) {
                    if let Some(own) = scores[*index].by_steps.get(place).filter(|own| own.n_periods > 0) {
                        score.add(own);
                    }
                }
                if score.n_periods > 0 {
                    let (level, method) = (level.to_owned(), method.to_owned());
                    rows.push(HorizonRow { basis, forecast_as_of, level, steps: *steps, method, score });
                }
            }
        }
    }
    rows
}

/// Scores days that lie so many steps ahead.
pub(super) fn node_score(days: &[(usize, ScoredDay)], training: &[f64], ranges: &[(usize, usize)]) -> NodeScore {
    let within = |first: usize, last: usize| -> Vec<ScoredDay> {
        days.iter().filter(|(step, _)| (first..=last).contains(step)).map(|(_, day)| day.clone()).collect()
    };
    NodeScore {
        all: Score::of(&within(1, usize::MAX), training),
        by_steps: ranges.iter().map(|(first, last)| Score::of(&within(*first, *last), training)).collect(),
    }
}

/// Rows per node, each level led by the row that sums it; the total is its own sum.
fn with_levels(basis: Basis, forecast_as_of: i32, scored: Vec<(&Node, String, Score)>) -> Vec<AccuracyRow> {
    let mut levels: Vec<(String, Vec<AccuracyRow>)> = Vec::new();
    for (node, method, score) in scored {
        let series = node.is_series().then(|| node.children[0]);
        let level = node.level.clone();
        let row = AccuracyRow { basis, forecast_as_of, level, node: node.name.clone(), series, method, score };
        match levels.last_mut() {
            Some((level, rows)) if *level == node.level => rows.push(row),
            _ => levels.push((node.level.clone(), vec![row])),
        }
    }
    let mut all = Vec::new();
    for (level, rows) in levels {
        if level != TOTAL {
            let mut sum = Score::default();
            for row in &rows {
                sum.add(&row.score);
            }
            let mut methods: Vec<&str> = rows.iter().map(|row| row.method.as_str()).collect();
            methods.sort_unstable();
            methods.dedup();
            let method = if let [only] = methods[..] { only } else { "mixed" }.to_owned();
            all.push(AccuracyRow {
                basis,
                forecast_as_of,
                level,
                node: ALL.to_owned(),
                series: None,
                method,
                score: sum,
            });
        }
        all.extend(rows);
    }
    all
}

/// Over the rolling origins. A day counts for the children that were observed on it: forecast, naive and actual are summed
/// over the same series.
fn backtest_score(node: &Node, data: &DemandData, outcomes: &[SeriesOutcome], ranges: &[(usize, usize)]) -> NodeScore {
    let (windows, horizon) = (node.backtest.cutoffs.len(), node.backtest.horizon());
    let mut days: Vec<(usize, ScoredDay)> = Vec::with_capacity(windows * horizon);
    for window in 0..windows {
        let quantiles = node.window_quantiles.get(window);
        for ahead in 0..horizon {
            let mut day = ScoredDay {
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
            days.push((ahead + 1, day));
        }
    }
    // A sum's cutoffs count from the start of its child with the most windows; from the end they mean the same day.
    let first_origin = node.children.iter().filter_map(|index| {
        let backtest = &outcomes[*index].backtest;
        (backtest.cutoffs.len() == windows)
            .then(|| backtest.cutoffs.first().map(|cutoff| data.series[*index].demand.len() - cutoff))?
    });
    let scored = first_origin.max().unwrap_or(0);
    node_score(&days, &node.history[..node.history.len().saturating_sub(scored)], ranges)
}

/// An earlier publication on the days since. For a sum, what its series were forecast is compared on those with stock;
/// its published quantiles are compared with all demand, the forecast standing in for series without stock.
fn published_score(node: &Node, data: &DemandData, earlier: &EarlierForecast, ranges: &[(usize, usize)]) -> NodeScore {
    let Some(published) = earlier.nodes.get(&(node.level.clone(), node.name.clone())) else {
        return NodeScore { all: Score::default(), by_steps: Vec::new() };
    };
    let naive: BTreeMap<usize, Vec<f64>> =
        node.children.iter().map(|index| (*index, naive_from(data, *index, earlier.as_of))).collect();
    let mut days = Vec::new();
    for (day, (mean, quantiles)) in published.days.range(earlier.as_of + 1..=data.as_of) {
        let ahead = (day - earlier.as_of - 1) as usize;
        let mut scored = ScoredDay { actual: f64::NAN, quantiles: quantiles.to_vec(), ..ScoredDay::default() };
        for index in &node.children {
            let series = &data.series[*index];
            let forecast = if node.is_series() {
                Some(*mean)
            } else {
                let key = (PRODUCT_LOCATION.to_owned(), series.node());
                earlier.nodes.get(&key).and_then(|node| node.days.get(day)).map(|(mean, _)| *mean)
            };
            let Some(forecast) = forecast else { continue };
            let actual = series.demand_on(*day);
            if actual.is_finite() {
                scored.actual = if scored.actual.is_nan() { actual } else { scored.actual + actual };
                scored.forecast += forecast;
                scored.naive += naive.get(index).and_then(|naive| naive.get(ahead)).copied().unwrap_or(0.0);
                scored.whole_actual += actual;
            } else {
                scored.whole_actual += forecast;
            }
        }
        days.push((ahead + 1, scored));
    }
    let since = (data.as_of - earlier.as_of).max(0) as usize;
    node_score(&days, &node.history[..node.history.len().saturating_sub(since)], ranges)
}

/// The same weekday of the last week before `as_of`, repeated up to today.
fn naive_from(data: &DemandData, index: usize, as_of: i32) -> Vec<f64> {
    let series = &data.series[index];
    let known = usize::try_from(as_of + 1 - series.first_day).unwrap_or(0).min(series.demand.len());
    seasonal_naive(&series.demand[..known], WEEK, (data.as_of - as_of).max(0) as usize)
}
