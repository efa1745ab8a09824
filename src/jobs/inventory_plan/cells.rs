//! Cells of the page's tables and of the files.

use crate::models::inventory::MILLI;
use crate::publication::{Cell, TableView, Unit, ViewColumn};

/// Rows of a table on the page.
pub(super) const ROWS_SHOWN: usize = 25;

/// Labels and units.
pub(super) fn columns(columns: &[(&str, Option<Unit>)]) -> Vec<ViewColumn> {
    columns.iter().map(|(label, unit)| ViewColumn { label: (*label).to_owned(), unit: *unit }).collect()
}

pub(super) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

pub(super) fn optional(value: Option<&str>) -> Cell {
    value.map_or(Cell::Empty, text)
}

/// Thousandths as units.
pub(super) fn units(milli: i64) -> Cell {
    Cell::Number(milli as f64 / MILLI)
}

/// Money in minor units, or a count.
pub(super) fn amount(value: Option<i64>) -> Cell {
    value.map_or(Cell::Empty, |value| Cell::Number(value as f64))
}

/// The first [`ROWS_SHOWN`] rows of a table; the files hold the rest.
pub(super) fn table<R>(
    caption: &str,
    labels: &[(&str, Option<Unit>)],
    rows: &[R],
    cells: impl Fn(&R) -> Vec<Cell>,
) -> TableView {
    TableView {
        caption: caption.to_owned(),
        columns: columns(labels),
        rows: rows.iter().take(ROWS_SHOWN).map(cells).collect(),
        total_rows: rows.len(),
    }
}
