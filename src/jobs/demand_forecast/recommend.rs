//! Decides: which model forecasts each series, what the categories above add up to, and how good that is.

use super::accuracy::{AccuracyRow, Basis, HorizonRow, backtest_rows, graded_rows};
use super::challenge::challenge;
use super::coherence::make_coherent;
use super::dataset::DemandData;
use super::fitted::Fitted;
use super::hierarchy::{BOTTOM_UP, Node, PRODUCT_LOCATION, SeriesOutcome, TOTAL, forecast_nodes, plan_nodes};
use super::published_rows::{accuracy_frame, forecast_frame, horizon_frame};
use super::series_forecasts::{SeriesForecasts, forecast_series};
use super::{DemandForecast, caveats, memory, page, proportion};
use crate::job::{Progress, RunContext};
use crate::publication::{Metric, Publication, PublishedTable, Unit};
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY, FORECAST_ACCURACY_BY_HORIZON};

/// Everything decided, before it becomes tables and a page.
#[derive(Debug)]
pub(super) struct Decision {
    pub outcomes: Vec<SeriesOutcome>,
    pub nodes: Vec<Node>,
    pub accuracy: Vec<AccuracyRow>,
    pub by_horizon: Vec<HorizonRow>,
    /// Why sums are those of the series alone although they were to be reconciled, if so.
    pub not_coherent: Option<String>,
    /// Series that were fitted again although a fit was not due.
    pub refitted: Vec<usize>,
    /// For the next night.
    pub fitted: Fitted,
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
        PublishedTable { table: &DEMAND_FORECASTS, frame: forecast_frame(data, &decision.nodes)? },
        PublishedTable { table: &FORECAST_ACCURACY, frame: accuracy_frame(data, &decision.accuracy)? },
        PublishedTable { table: &FORECAST_ACCURACY_BY_HORIZON, frame: horizon_frame(&decision.by_horizon)? },
    ];
    Ok(Publication {
        tables,
        metrics: metrics(&decision),
        caveats: caveats::caveats(job, data, &decision),
        page: page::page(data, &decision),
        exports: page::exports(ctx, data, &decision),
        audits: vec![proportion::audit(&decision.nodes)],
        memory: data.remembered.as_ref().map(|sales| memory::encoded(sales, &decision.fitted)),
    })
}

/// Forecasts every series and every node above; the same answer whatever the thread count.
pub(super) fn decide(job: &DemandForecast, ctx: &RunContext, data: &DemandData, progress: &Progress) -> Decision {
    let known = data.fitted.as_ref();
    let mut forecasts = forecast_series(job, ctx, data, progress);
    let plans = plan_nodes(data, job.category_levels);
    let n_sums = plans.len() - data.series.len();
    // Between two fits there are no new rolling origins to try a challenger on.
    let challenge = if known.is_none() {
        progress.report("challenger tried", 0, 1);
        challenge(job, data, &forecasts, ctx.seed)
    } else {
        Vec::new()
    };
    progress.report("sums reconciled", 0, 1);
    let (sums, not_coherent) =
        make_coherent(job, &mut forecasts, &plans[..n_sums], known.map(|known| &known.sums), ctx.seed);
    let method_of_sums = if not_coherent.is_some() { BOTTOM_UP } else { job.reconciliation.name() };
    progress.report("nodes forecast", 0, 1);
    let (nodes, sum_errors) =
        forecast_nodes(data, &forecasts.outcomes, plans, method_of_sums, known.map(|known| &known.sum_errors));
    progress.report("nodes forecast", 1, 1);
    let (mut accuracy, mut by_horizon) = match known {
        Some(known) => known.backtest_rows(data, &nodes),
        None => backtest_rows(data, &forecasts.outcomes, &nodes),
    };
    by_horizon.extend(challenge);
    let fitted = Fitted::after(data, &forecasts, sums, sum_errors, (&accuracy, &by_horizon));
    let (published, published_by_horizon) = graded_rows(data, &nodes);
    accuracy.extend(published);
    by_horizon.extend(published_by_horizon);
    let SeriesForecasts { outcomes, refitted, .. } = forecasts;
    Decision { outcomes, nodes, accuracy, by_horizon, not_coherent, refitted, fitted }
}

impl Decision {
    /// The basis and the day of the row that grades us: the oldest publication read, else the backtest.
    pub fn graded(&self) -> Option<(Basis, i32)> {
        let published = self.accuracy.iter().filter(|row| row.basis == Basis::Published);
        published.map(|row| (Basis::Published, row.forecast_as_of)).min_by_key(|(_, as_of)| *as_of)
    }

    /// The row of a whole level.
    pub fn level_row(&self, basis: Basis, as_of: Option<i32>, level: &str) -> Option<&AccuracyRow> {
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
    let (basis, as_of) = graded.map_or((Basis::Backtest, None), |(basis, day)| (basis, Some(day)));
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
    for (name, count) in decision.chosen() {
        let meaning = format!("Share of series forecast by {name}");
        metrics.push(metric(format!("chosen_{name}"), Some(count as f64 / n.max(1.0)), Unit::Share, meaning));
    }
    metrics
}
