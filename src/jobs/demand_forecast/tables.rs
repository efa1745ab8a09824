//! The published tables.

use polars::prelude::{Column, DataFrame, NamedFrom, PlSmallStr, PolarsResult, Series};

use super::accuracy::{AccuracyRow, HorizonRow};
use super::dataset::DemandData;
use super::decision::Decision;
use super::node::Node;
use crate::publication::PublishedTable;
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY, FORECAST_ACCURACY_BY_HORIZON, QUANTILES};
use crate::table::TableSchema;

/// All of them.
pub(super) fn tables(data: &DemandData, decision: &Decision) -> PolarsResult<Vec<PublishedTable>> {
    let accuracy = &decision.accuracy;
    Ok(vec![
        PublishedTable { table: &DEMAND_FORECASTS, frame: forecast_frame(data, &decision.nodes)? },
        PublishedTable { table: &FORECAST_ACCURACY, frame: accuracy_frame(data, &accuracy.nodes)? },
        PublishedTable { table: &FORECAST_ACCURACY_BY_HORIZON, frame: horizon_frame(&accuracy.by_horizon)? },
    ])
}

/// `demand_forecasts`.
fn forecast_frame(data: &DemandData, nodes: &[Node]) -> PolarsResult<DataFrame> {
    let rows: Vec<(&Node, usize)> =
        nodes.iter().flat_map(|node| (0..node.mean.len()).map(move |ahead| (node, ahead))).collect();
    let series = |node: &Node| node.is_series().then(|| &data.series[node.children[0]]);
    let mut columns = vec![
        text(rows.iter().map(|(node, _)| node.level())),
        text(rows.iter().map(|(node, _)| node.name())),
        optional_text(rows.iter().map(|(node, _)| series(node).map(|series| series.product_id.as_str()))),
        optional_text(rows.iter().map(|(node, _)| series(node).map(|series| series.location_id.as_str()))),
        integer_days(rows.iter().map(|(_, ahead)| data.as_of + 1 + *ahead as i32)),
        integer(rows.iter().map(|(_, ahead)| *ahead as i64 + 1)),
        text(rows.iter().map(|(node, _)| node.method.as_str())),
        real(rows.iter().map(|(node, ahead)| Some(node.mean[*ahead]))),
    ];
    for level in 0..QUANTILES.len() {
        columns.push(real(rows.iter().map(|(node, ahead)| Some(node.quantiles.per_period[*ahead][level]))));
    }
    columns.push(real(rows.iter().map(|(node, ahead)| Some(node.mean[..=*ahead].iter().sum()))));
    for level in 0..QUANTILES.len() {
        columns.push(real(rows.iter().map(|(node, ahead)| Some(node.quantiles.total[*ahead][level]))));
    }
    table(&DEMAND_FORECASTS, columns, rows.len())
}

/// `forecast_accuracy`.
fn accuracy_frame(data: &DemandData, rows: &[AccuracyRow]) -> PolarsResult<DataFrame> {
    let series = |row: &AccuracyRow| row.series.map(|index| &data.series[index]);
    let columns = vec![
        text(rows.iter().map(|row| row.basis.name())),
        integer_days(rows.iter().map(|row| row.forecast_as_of)),
        text(rows.iter().map(|row| row.key.level.as_str())),
        text(rows.iter().map(|row| row.key.name.as_str())),
        optional_text(rows.iter().map(|row| series(row).map(|series| series.product_id.as_str()))),
        optional_text(rows.iter().map(|row| series(row).map(|series| series.location_id.as_str()))),
        text(rows.iter().map(|row| row.method.as_str())),
        integer(rows.iter().map(|row| row.score.n_periods as i64)),
        real(rows.iter().map(|row| (row.score.n_periods > 0).then_some(row.score.actual))),
        real(rows.iter().map(|row| (row.score.n_periods > 0).then_some(row.score.forecast))),
        real(rows.iter().map(|row| row.score.wape())),
        real(rows.iter().map(|row| row.score.naive_wape())),
        real(rows.iter().map(|row| row.score.mase())),
        real(rows.iter().map(|row| row.score.rmsse())),
        real(rows.iter().map(|row| row.score.bias())),
        real(rows.iter().map(|row| row.score.coverage_80())),
        real(rows.iter().map(|row| row.score.coverage_90())),
        real(rows.iter().map(|row| row.score.mean_pinball())),
    ];
    table(&FORECAST_ACCURACY, columns, rows.len())
}

/// `forecast_accuracy_by_horizon`.
fn horizon_frame(rows: &[HorizonRow]) -> PolarsResult<DataFrame> {
    let columns = vec![
        text(rows.iter().map(|row| row.basis.name())),
        integer_days(rows.iter().map(|row| row.forecast_as_of)),
        text(rows.iter().map(|row| row.level.as_str())),
        integer(rows.iter().map(|row| row.ahead.first as i64)),
        integer(rows.iter().map(|row| row.ahead.last as i64)),
        text(rows.iter().map(|row| row.method.as_str())),
        integer(rows.iter().map(|row| row.score.n_periods as i64)),
        real(rows.iter().map(|row| row.score.wape())),
        real(rows.iter().map(|row| row.score.naive_wape())),
        real(rows.iter().map(|row| row.score.mase())),
        real(rows.iter().map(|row| row.score.rmsse())),
        real(rows.iter().map(|row| row.score.bias())),
        real(rows.iter().map(|row| row.score.coverage_80())),
        real(rows.iter().map(|row| row.score.coverage_90())),
        real(rows.iter().map(|row| row.score.mean_pinball())),
    ];
    table(&FORECAST_ACCURACY_BY_HORIZON, columns, rows.len())
}

fn table(schema: &TableSchema<'static>, columns: Vec<Series>, height: usize) -> PolarsResult<DataFrame> {
    let mut named: Vec<Column> = Vec::with_capacity(columns.len());
    for (column, values) in schema.columns.iter().zip(columns) {
        named.push(values.cast(&column.kind.dtype())?.with_name(PlSmallStr::from_static(column.name)).into());
    }
    DataFrame::new(height, named)
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> Series {
    Series::new(PlSmallStr::EMPTY, values.collect::<Vec<_>>())
}

fn optional_text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Series {
    Series::new(PlSmallStr::EMPTY, values.collect::<Vec<_>>())
}

fn integer(values: impl Iterator<Item = i64>) -> Series {
    Series::new(PlSmallStr::EMPTY, values.collect::<Vec<_>>())
}

fn integer_days(values: impl Iterator<Item = i32>) -> Series {
    Series::new(PlSmallStr::EMPTY, values.collect::<Vec<_>>())
}

fn real(values: impl Iterator<Item = Option<f64>>) -> Series {
    Series::new(PlSmallStr::EMPTY, values.collect::<Vec<_>>())
}
