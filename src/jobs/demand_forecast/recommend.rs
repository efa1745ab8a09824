//! Decides: which model forecasts each series, what the categories above add up to, and how good that is.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::accuracy::{AccuracyRow, WEEK, accuracy_rows};
use super::dataset::DemandData;
use super::hierarchy::{Node, PRODUCT_LOCATION, SeriesOutcome, TOTAL, forecast_node, plan_nodes};
use super::history::SeriesHistory;
use super::pooled::{Shape, shapes};
use super::published_rows::{accuracy_frame, forecast_frame};
use super::regressors::regressors;
use super::{DemandForecast, caveats, page};
use crate::job::{Progress, RunContext};
use crate::models::forecast::seasonal_naive::seasonal_naive;
use crate::models::forecast::{
    Backtest, Fallback, Method, MethodFailure, Series, SeriesForecast, Settings, forecast_series,
};
use crate::publication::{Metric, Publication, PublishedTable, Unit};
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY, QUANTILES};

/// The name of the forecast of a product too new for a model.
pub(super) const OWN_MEAN: &str = "own_mean";
/// Days of a year; with it, regression fits yearly waves.
const YEAR: usize = 365;
/// Units a day from which a series may have a yearly wave of its own beside its category's.
const OWN_YEAR_FROM: f64 = 5.0;
/// Series between two reports of progress.
const REPORT_EVERY: u64 = 25;

/// What came of one series besides its numbers.
#[derive(Clone, Debug)]
pub(super) struct SeriesNote {
    /// Set when the usual choice was not possible.
    pub fallback: Option<Fallback>,
    /// Models that could not take part.
    pub failures: Vec<MethodFailure>,
    /// Whether it took the mean of its own days.
    pub cold_start: bool,
}

/// Everything decided, before it becomes tables and a page.
#[derive(Debug)]
pub(super) struct Decision {
    pub outcomes: Vec<SeriesOutcome>,
    pub notes: Vec<SeriesNote>,
    pub nodes: Vec<Node>,
    pub accuracy: Vec<AccuracyRow>,
}

/// The whole publication.
pub(super) fn recommend(
    job: &DemandForecast,
    ctx: &RunContext,
    data: &DemandData,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    anyhow::ensure!(
        !data.series.is_empty(),
        "forecast demand: found no sale of a product still on sale in the {} days up to {}; check `daily_sales`",
        job.history_days.get(),
        ctx.as_of
    );
    let decision = decide(job, ctx, data, progress);
    let tables = vec![
        PublishedTable { schema: &DEMAND_FORECASTS, frame: forecast_frame(data, &decision.nodes)? },
        PublishedTable { schema: &FORECAST_ACCURACY, frame: accuracy_frame(data, &decision.accuracy)? },
    ];
    Ok(Publication {
        tables,
        metrics: metrics(&decision),
        caveats: caveats::caveats(job, data, &decision),
        page: page::page(ctx, data, &decision),
        exports: page::exports(ctx, data, &decision),
    })
}

/// Forecasts every series and every node above; the same answer whatever the thread count.
pub(super) fn decide(job: &DemandForecast, ctx: &RunContext, data: &DemandData, progress: &Progress) -> Decision {
    let settings = Settings {
        horizon: job.horizon_days.get() as usize,
        n_windows: job.n_windows.get() as usize,
        step_size: job.step_days.get() as usize,
        quantile_levels: QUANTILES.iter().map(|(level, _)| *level).collect(),
        methods: job.methods.iter().map(|method| method.0).collect(),
        seed: ctx.seed,
    };
    let (done, total) = (AtomicU64::new(0), data.series.len() as u64);
    let shapes = shapes(job, data);
    let forecast = |(series, shape): (&SeriesHistory, &Shape)| {
        let outcome = forecast_one(job, data, series, shape, &settings);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(REPORT_EVERY) || done == total {
            progress.report("series forecast", done, total);
        }
        outcome
    };
    let (outcomes, notes): (Vec<SeriesOutcome>, Vec<SeriesNote>) =
        data.series.par_iter().zip(&shapes).map(forecast).unzip();
    let nodes: Vec<Node> = plan_nodes(data, job.category_levels)
        .into_par_iter()
        .map(|plan| forecast_node(plan, data, &outcomes))
        .collect();
    let accuracy = accuracy_rows(data, &outcomes, &nodes);
    Decision { outcomes, notes, nodes, accuracy }
}

fn forecast_one(
    job: &DemandForecast,
    data: &DemandData,
    series: &SeriesHistory,
    shape: &Shape,
    settings: &Settings,
) -> (SeriesOutcome, SeriesNote) {
    let horizon = settings.horizon;
    let observed = series.demand.iter().filter(|units| units.is_finite()).count();
    let cold_start = observed < job.min_history_days.get() as usize;
    let (mut outcome, note) = if cold_start {
        cold_start_forecast(data.as_of, series, shape, horizon)
    } else {
        let regressors = regressors(data, series, horizon);
        let demand: Vec<f64> =
            (series.first_day..).zip(&series.demand).map(|(day, units)| units / shape.on(day)).collect();
        let mean = demand.iter().filter(|units| units.is_finite()).sum::<f64>() / observed.max(1) as f64;
        // A year of its own is estimated only where there is enough demand to tell it from the category's.
        let seasons: &[usize] = if mean >= OWN_YEAR_FROM { &[WEEK, YEAR] } else { &[WEEK] };
        let view = Series { demand: &demand, regressors: &regressors, season_lengths: seasons };
        model_forecast(series, shape, forecast_series(&view, settings), horizon)
    };
    let last_day = data.products.get(&series.product_id).and_then(|product| product.discontinued_on);
    outcome.days_on_sale = last_day.map_or(horizon, |day| ((day - data.as_of).max(0) as usize).min(horizon));
    outcome.mean[outcome.days_on_sale..].fill(0.0);
    (outcome, note)
}

/// Puts the shape of the category back and the seasonal naive of the plain series beside it.
fn model_forecast(
    series: &SeriesHistory,
    shape: &Shape,
    mut forecast: SeriesForecast,
    horizon: usize,
) -> (SeriesOutcome, SeriesNote) {
    let shaped = |values: &mut [f64], from: usize| {
        for (value, day) in values.iter_mut().zip(series.first_day + from as i32..) {
            *value *= shape.on(day);
        }
    };
    shaped(&mut forecast.mean, series.demand.len());
    let backtest = &mut forecast.backtest;
    for ((cutoff, forecasts), actuals) in
        backtest.cutoffs.iter().zip(&mut backtest.forecasts).zip(&mut backtest.actuals)
    {
        shaped(forecasts, *cutoff);
        actuals.copy_from_slice(&series.demand[*cutoff..*cutoff + horizon]);
    }
    let naive = forecast.backtest.cutoffs.iter();
    let naive = naive.map(|cutoff| seasonal_naive(&series.demand[..*cutoff], WEEK, horizon)).collect();
    let outcome = SeriesOutcome {
        method: forecast.method.name().to_owned(),
        mean: forecast.mean,
        backtest: forecast.backtest,
        naive,
        days_on_sale: horizon,
    };
    (outcome, SeriesNote { fallback: forecast.fallback, failures: forecast.failures, cold_start: false })
}

/// The mean of the series' own observed days, with the shape of its category.
fn cold_start_forecast(
    as_of: i32,
    series: &SeriesHistory,
    shape: &Shape,
    horizon: usize,
) -> (SeriesOutcome, SeriesNote) {
    let any_observed = series.demand.iter().any(|units| units.is_finite());
    // Where every day was sold out, sales are all there is.
    let values = if any_observed { &series.demand } else { &series.sold };
    let days = (series.first_day..).zip(values).filter(|(_, units)| units.is_finite());
    let (units, usual) = days.fold((0.0, 0.0), |(sum, usual), (day, units)| (sum + units, usual + shape.on(day)));
    let mean = if usual > 0.0 { units / usual } else { 0.0 };
    let outcome = SeriesOutcome {
        method: OWN_MEAN.to_owned(),
        mean: (1..=horizon as i32).map(|ahead| mean * shape.on(as_of + ahead)).collect(),
        backtest: Backtest::default(),
        naive: Vec::new(),
        days_on_sale: horizon,
    };
    let note = SeriesNote { fallback: None, failures: Vec::new(), cold_start: true };
    (outcome, note)
}

impl Decision {
    /// The basis and the day of the row that grades us: the oldest publication read, else the backtest.
    pub fn graded(&self) -> Option<(&'static str, i32)> {
        let published = self.accuracy.iter().filter(|row| row.basis == "published");
        published.map(|row| ("published", row.forecast_as_of)).min_by_key(|(_, as_of)| *as_of)
    }

    /// The row of a whole level.
    pub fn level_row(&self, basis: &str, as_of: Option<i32>, level: &str) -> Option<&AccuracyRow> {
        self.accuracy.iter().find(|row| {
            row.basis == basis
                && as_of.is_none_or(|day| row.forecast_as_of == day)
                && row.level == level
                && row.node == super::hierarchy::ALL
        })
    }

    /// The levels in published order.
    pub fn levels(&self) -> Vec<&str> {
        let mut levels: Vec<&str> = self.nodes.iter().map(|node| node.level.as_str()).collect();
        levels.dedup();
        levels
    }

    /// How many series each model forecasts, most first.
    pub fn chosen(&self) -> Vec<(String, usize)> {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for outcome in &self.outcomes {
            *counts.entry(outcome.method.as_str()).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
        counts.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        counts
    }
}

fn metrics(decision: &Decision) -> Vec<Metric> {
    let metric = |name: String, value: Option<f64>, unit, meaning: String| Metric { name, value, unit, meaning };
    let graded = decision.graded();
    let (basis, as_of) = graded.map_or(("backtest", None), |(basis, day)| (basis, Some(day)));
    let words = if graded.is_some() { "published forecast" } else { "backtest" };
    let row = |level: &str| decision.level_row(basis, as_of, level).map(|row| row.score);
    let series = row(PRODUCT_LOCATION);
    // Levels begin with the total, whose error is the first number of the night.
    let mut metrics = Vec::new();
    for level in decision.levels() {
        let Some(score) = row(level) else { continue };
        let meaning = match level {
            TOTAL => format!("Error of the total per day (WAPE, {words})"),
            _ => format!("WAPE of {level}, {words}"),
        };
        metrics.push(metric(format!("wape_{level}"), score.wape(), Unit::Share, meaning));
        let meaning = format!("WAPE of the seasonal naive at {level}, {words}");
        metrics.push(metric(format!("naive_wape_{level}"), score.naive_wape(), Unit::Share, meaning));
    }
    let covered = series.and_then(|score| score.coverage_80());
    metrics.push(metric("coverage_80".to_owned(), covered, Unit::Share, format!("Days inside p10..p90, {words}")));
    let total = decision.nodes.iter().find(|node| node.level == TOTAL).map(|node| node.mean.iter().sum());
    metrics.push(metric("units_expected".to_owned(), total, Unit::Units, "Units expected over the horizon".to_owned()));
    let n = decision.outcomes.len() as f64;
    metrics.push(metric("series".to_owned(), Some(n), Unit::Count, "Series forecast".to_owned()));
    let chosen = decision.chosen();
    for name in Method::ALL.iter().map(|method| method.name()).chain([OWN_MEAN]) {
        let count = chosen.iter().find(|(method, _)| method == name).map_or(0, |(_, count)| *count);
        let meaning = format!("Share of series forecast by {name}");
        metrics.push(metric(format!("chosen_{name}"), Some(count as f64 / n.max(1.0)), Unit::Share, meaning));
    }
    metrics
}
