//! The files beside the page.

use super::decision::Decision;
use super::facts::DemandData;
use super::node::{Node, P10, P90};
use super::node_key::PRODUCT_LOCATION;
use crate::page_kit::ViewRows;
use crate::publication::{Export, ExportFormat, Unit};

/// Rows above which nobody opens a file.
const LARGEST_EXPORT: usize = 200_000;

/// A day of a series.
struct SeriesDay<'a> {
    node: &'a Node,
    ahead: usize,
    /// Minor currency units per unit.
    unit_value: Option<f64>,
}

/// Every day of every series as a file.
pub(super) fn exports(data: &DemandData, decision: &Decision) -> Vec<Export> {
    let nodes: Vec<&Node> = decision.nodes_of(PRODUCT_LOCATION).collect();
    if nodes.iter().map(|node| node.mean.len()).sum::<usize>() > LARGEST_EXPORT {
        return Vec::new();
    }
    let rows: Vec<SeriesDay> = (nodes.into_iter())
        .flat_map(|node| {
            let unit_value = decision.unit_value(data, node);
            (0..node.mean.len()).map(move |ahead| SeriesDay { node, ahead, unit_value })
        })
        .collect();
    let series = |row: &SeriesDay| &data.series[row.node.children[0]];
    let about = format!("Expected units of every product at every location on the days after {}", data.as_of);
    let file = ViewRows::of(&rows)
        .text("Product", |row| series(row).product_id.as_str())
        .text("Name", |row| {
            let id = series(row).product_id.as_str();
            data.products.get(id).map_or(id, |product| product.name.as_str())
        })
        .text("Location", |row| series(row).location_id.as_str())
        .text("Day", |row| data.as_of + 1 + row.ahead as i32)
        .number("Units expected", Unit::Units, |row| row.node.mean[row.ahead])
        .number("10 % are below", Unit::Units, |row| row.node.quantiles.per_period[row.ahead][P10])
        .number("90 % are below", Unit::Units, |row| row.node.quantiles.per_period[row.ahead][P90])
        .number("Revenue at recent prices", Unit::Money, |row| {
            row.unit_value.map(|value| value * row.node.mean[row.ahead])
        })
        .text("Model", |row| row.node.method.as_str());
    vec![file.export("demand-forecast", &[ExportFormat::Csv, ExportFormat::Xlsx], &about)]
}
