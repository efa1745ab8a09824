//! The files beside the page.

use super::dataset::DemandData;
use super::decision::Decision;
use super::facts::date_of;
use super::node::Node;
use super::page_parts::{P10, P90, column, optional};
use crate::publication::{Cell, Export, ExportFormat, Unit};

/// Rows above which nobody opens a file.
const LARGEST_EXPORT: usize = 200_000;

/// Every day of every series as a file.
pub(super) fn exports(data: &DemandData, decision: &Decision) -> Vec<Export> {
    let series: Vec<&Node> = decision.nodes.iter().filter(|node| node.is_series()).collect();
    if series.iter().map(|node| node.mean.len()).sum::<usize>() > LARGEST_EXPORT {
        return Vec::new();
    }
    let rows = series.iter().flat_map(|node| {
        let own = &data.series[node.children[0]];
        let name = data.products.get(&own.product_id).map_or(own.product_id.as_str(), |product| &product.name);
        let value = decision.unit_value(data, node);
        (0..node.mean.len()).map(move |ahead| {
            vec![
                Cell::Text(own.product_id.clone()),
                Cell::Text(name.to_owned()),
                Cell::Text(own.location_id.clone()),
                Cell::Date(date_of(data.as_of + 1 + ahead as i32)),
                Cell::Number(node.mean[ahead]),
                Cell::Number(node.quantiles.per_period[ahead][P10]),
                Cell::Number(node.quantiles.per_period[ahead][P90]),
                optional(value.map(|value| value * node.mean[ahead])),
                Cell::Text(node.method.clone()),
            ]
        })
    });
    vec![Export {
        stem: "demand-forecast".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: format!("Expected units of every product at every location on the days after {}", date_of(data.as_of)),
        columns: vec![
            column("Product", None),
            column("Name", None),
            column("Location", None),
            column("Day", None),
            column("Units expected", Some(Unit::Units)),
            column("10 % are below", Some(Unit::Units)),
            column("90 % are below", Some(Unit::Units)),
            column("Revenue at recent prices", Some(Unit::Money)),
            column("Model", None),
        ],
        rows: rows.collect(),
    }]
}
