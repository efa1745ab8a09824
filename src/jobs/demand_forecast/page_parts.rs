//! What the parts of the page share.

use super::dataset::DemandData;
use crate::publication::{Cell, Figure, Unit, ViewColumn};

/// Rows of a table that are shown.
pub(super) const SHOWN_ROWS: usize = 15;
/// Positions of p10 and p90 among the published quantiles.
pub(super) const P10: usize = 1;
pub(super) const P90: usize = 5;

/// A column of a table.
pub(super) fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}

/// A big number.
pub(super) fn figure(label: &str, value: Option<f64>, unit: Unit, note: &str) -> Figure {
    Figure { label: label.to_owned(), value, unit, note: note.to_owned() }
}

/// `12 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `3 % more`, `12 % less`.
pub(super) fn more_or_less(relative: f64) -> String {
    let word = if relative < 0.0 { "less" } else { "more" };
    format!("{} {word}", percent(relative.abs()))
}

/// A number where there is one.
pub(super) fn optional(value: Option<f64>) -> Cell {
    value.map_or(Cell::Empty, Cell::Number)
}

/// `Corvo Shampoo 3 (P0047) @ L01` for a series whose product has a name, else the node as it is.
pub(super) fn shown_name(data: &DemandData, node: &str) -> String {
    let Some((id, location)) = node.split_once(" @ ") else { return node.to_owned() };
    match data.products.get(id).map(|product| product.name.as_str()).filter(|name| *name != id) {
        Some(name) => format!("{name} ({id}) @ {location}"),
        None => node.to_owned(),
    }
}
