//! Decides: which model forecasts each series, what the categories above add up to, and how good that is.

use super::accuracy::Accuracy;
use super::caveats::caveats;
use super::challenge::challenge;
use super::coherence::make_coherent;
use super::decision::Decision;
use super::exports::exports;
use super::facts::DemandData;
use super::fitted::Fitted;
use super::hierarchy::{forecast_nodes, planned_nodes};
use super::memory::Recalled;
use super::metrics::metrics;
use super::node::BOTTOM_UP;
use super::page::page;
use super::series_forecasts::{SeriesForecasts, forecast_series};
use super::tables::tables;
use super::{DemandForecast, proportion};
use crate::job::{Progress, RunContext};
use crate::publication::Publication;

/// The whole publication.
pub(super) fn recommend(
    job: &DemandForecast,
    ctx: &RunContext,
    data: &DemandData,
    recalled: &Recalled,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    anyhow::ensure!(
        !data.series.is_empty(),
        "forecast demand: found no sale of a product still on sale in the {} days up to {}; check `daily_sales`",
        job.history_days.get(),
        ctx.as_of
    );
    let decision = decide(job, ctx.seed, data, recalled.fitted.as_ref(), progress);
    Ok(Publication {
        tables: tables(data, &decision)?,
        metrics: metrics(&decision),
        caveats: caveats(job, data, &decision, recalled.complete_on),
        page: page(data, &decision),
        exports: exports(data, &decision),
        audits: vec![proportion::audit(&decision.nodes)],
        memory: recalled.left_for_the_next(data.as_of, decision.fitted)?,
    })
}

/// Forecasts every series and every node above, from what was `known` on an earlier night or else anew; the same answer whatever
/// the thread count.
pub(super) fn decide(
    job: &DemandForecast,
    seed: u64,
    data: &DemandData,
    known: Option<&Fitted>,
    progress: &Progress,
) -> Decision {
    let mut forecasts = forecast_series(job, seed, data, known.map(|known| &known.models), progress);
    let planned = planned_nodes(data, job.category_levels);
    let n_sums = planned.len() - data.series.len();
    // Between two fits there are no new rolling origins to try a challenger on.
    let challenge = if known.is_none() {
        progress.report("challenger tried", 0, 1);
        challenge(job, data, &forecasts, seed)
    } else {
        Vec::new()
    };
    progress.report("sums reconciled", 0, 1);
    let (sums, not_coherent) =
        make_coherent(job, &mut forecasts, &planned[..n_sums], known.map(|known| &known.sums), seed);
    let method_of_sums = if not_coherent.is_some() { BOTTOM_UP } else { job.reconciliation.name() };
    progress.report("nodes forecast", 0, 1);
    let SeriesForecasts { outcomes, models, refitted, .. } = forecasts;
    let (nodes, sum_errors) =
        forecast_nodes(data, &outcomes, planned, method_of_sums, known.map(|known| &known.sum_errors));
    progress.report("nodes forecast", 1, 1);
    let mut accuracy = match known {
        Some(known) => known.accuracy_of(&nodes),
        None => Accuracy::of_backtest(data, &outcomes, &nodes),
    };
    accuracy.by_horizon.extend(challenge);
    let fitted = Fitted { models, sums, sum_errors, accuracy: accuracy.clone() };
    accuracy.extend(Accuracy::of_published(data, &nodes));
    let fitted_before_on = known.map(|known| known.models.fitted_on);
    Decision { outcomes, nodes, accuracy, not_coherent, fitted_before_on, refitted, fitted }
}
