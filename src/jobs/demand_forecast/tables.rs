//! The published tables.

use super::accuracy::{AccuracyRow, HorizonRow};
use super::decision::Decision;
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::node::Node;
use super::score::Score;
use crate::publication::PublishedTable;
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY, FORECAST_ACCURACY_BY_HORIZON, QUANTILES, Rows, RowsError};
use crate::quantities::ExpectedQuantity;

/// All of them.
pub(super) fn tables(data: &DemandData, decision: &Decision) -> Result<Vec<PublishedTable>, RowsError> {
    let accuracy = &decision.accuracy;
    Ok(vec![
        demand_forecasts(data, &decision.nodes)?,
        forecast_accuracy(data, &accuracy.nodes)?,
        forecast_accuracy_by_horizon(&accuracy.by_horizon)?,
    ])
}

/// A day of a node.
struct NodeDay<'a> {
    node: &'a Node,
    /// At level product_location.
    series: Option<&'a SeriesHistory>,
    /// Days ahead, from 0.
    ahead: usize,
}

fn demand_forecasts(data: &DemandData, nodes: &[Node]) -> Result<PublishedTable, RowsError> {
    let days: Vec<NodeDay> = (nodes.iter())
        .flat_map(|node| {
            let series = node.is_series().then(|| &data.series[node.children[0]]);
            (0..node.mean.len()).map(move |ahead| NodeDay { node, series, ahead })
        })
        .collect();
    let units = ExpectedQuantity::from_units;
    let mut rows = Rows::of(&DEMAND_FORECASTS, &days)
        .column("level", |day| day.node.level())
        .column("node", |day| day.node.name())
        .column("unit", |day| day.node.unit.as_str())
        .column("product_id", |day| day.series.map(|series| series.product_id.as_str()))
        .column("location_id", |day| day.series.map(|series| series.location_id.as_str()))
        .column("period_start", |day| data.as_of + 1 + day.ahead as i32)
        .column("step", |day| day.ahead + 1)
        .column("method", |day| day.node.method.as_str())
        .column("mean", |day| units(day.node.mean[day.ahead]))
        .column("total_mean", |day| units(day.node.mean[..=day.ahead].iter().sum()));
    for (level, (_, name)) in QUANTILES.iter().enumerate() {
        rows = rows
            .column(name, |day| units(day.node.quantiles.per_period[day.ahead][level]))
            .column(&format!("total_{name}"), |day| units(day.node.quantiles.total[day.ahead][level]));
    }
    rows.publish()
}

fn forecast_accuracy(data: &DemandData, rows: &[AccuracyRow]) -> Result<PublishedTable, RowsError> {
    let series = |row: &AccuracyRow| row.series.map(|index| &data.series[index]);
    let scored = |row: &AccuracyRow, units: f64| (row.score.n_periods > 0).then(|| ExpectedQuantity::from_units(units));
    let rows = Rows::of(&FORECAST_ACCURACY, rows)
        .column("basis", |row| row.basis.name())
        .column("forecast_as_of", |row| row.forecast_as_of)
        .column("level", |row| row.key.level.as_str())
        .column("node", |row| row.key.name.as_str())
        .column("product_id", |row| series(row).map(|series| series.product_id.as_str()))
        .column("location_id", |row| series(row).map(|series| series.location_id.as_str()))
        .column("method", |row| row.method.as_str())
        .column("actual", |row| scored(row, row.score.actual))
        .column("forecast", |row| scored(row, row.score.forecast));
    with_score(rows, |row| &row.score).publish()
}

fn forecast_accuracy_by_horizon(rows: &[HorizonRow]) -> Result<PublishedTable, RowsError> {
    let rows = Rows::of(&FORECAST_ACCURACY_BY_HORIZON, rows)
        .column("basis", |row| row.basis.name())
        .column("forecast_as_of", |row| row.forecast_as_of)
        .column("level", |row| row.level.as_str())
        .column("first_step", |row| row.ahead.first)
        .column("last_step", |row| row.ahead.last)
        .column("method", |row| row.method.as_str());
    with_score(rows, |row| &row.score).publish()
}

/// The columns that both accuracy tables end with.
fn with_score<'r, R>(rows: Rows<'r, R>, score: impl Fn(&'r R) -> &'r Score) -> Rows<'r, R> {
    rows.column("n_periods", |row| score(row).n_periods)
        .column("wape", |row| score(row).wape())
        .column("naive_wape", |row| score(row).naive_wape())
        .column("mase", |row| score(row).mase())
        .column("rmsse", |row| score(row).rmsse())
        .column("bias", |row| score(row).bias())
        .column("coverage_80", |row| score(row).coverage_80())
        .column("coverage_90", |row| score(row).coverage_90())
        .column("pinball", |row| score(row).mean_pinball())
}
