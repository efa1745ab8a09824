//! What the same customers buy next, on the page and in a file.

use chrono::NaiveDate;

use super::next_counts::{NextCounts, NextRow};
use crate::publication::{Cell, Export, ExportFormat, Section, TableView, Unit, ViewColumn};
use crate::words::grouped;

/// Pairs of a table on the page.
const SHOWN: usize = 15;

/// The section of the page; none without the dataset.
pub(super) fn section(counts: Option<&NextCounts>, rows: &[NextRow]) -> Option<Section> {
    let counts = counts?;
    let heading = "What customers buy next".to_owned();
    let day = NaiveDate::from_epoch_days(counts.counted_on).unwrap_or_default();
    let mut searched = format!(
        "Counted from the purchases of {} known customers up to {day}; {} ordered pairs could have been found.",
        grouped(counts.n_customers as f64, 0),
        grouped(counts.n_searched, 0)
    );
    if counts.n_echoes > 0 {
        searched.push_str(&format!(
            " {} more are left out: their items are bought together with those of a pair that is told, and follow for that reason.",
            grouped(counts.n_echoes as f64, 0)
        ));
    }
    if rows.is_empty() {
        let text = vec![format!("No product is followed by another beyond chance and in that order. {searched}")];
        return Some(Section { heading, text, ..Section::default() });
    }
    let advice = "Write to who bought the first about the second when the middle customer comes back for it. Only pairs that are bought in this order more often than the other way round: what a customer likes anyway does not count.";
    Some(Section {
        heading,
        text: vec![advice.to_owned(), searched],
        tables: vec![TableView {
            caption: format!("Bought within {} days after the first", counts.within_days),
            columns: columns(),
            rows: rows.iter().take(SHOWN).map(cells).collect(),
            total_rows: rows.len(),
        }],
        ..Section::default()
    })
}

/// The file beside the page; none without rows.
pub(super) fn export(rows: &[NextRow]) -> Option<Export> {
    let ids = ["Product id", "Next id", "In words"].map(|label| ViewColumn { label: label.to_owned(), unit: None });
    (!rows.is_empty()).then(|| Export {
        stem: "next-purchases".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: "What the same customers buy next, strongest first.".to_owned(),
        columns: columns().into_iter().chain(ids).collect(),
        rows: (rows.iter())
            .map(|row| {
                let ids = [&row.pair.first, &row.pair.next, &row.sentence].map(|text| Cell::Text(text.clone()));
                cells(row).into_iter().chain(ids).collect()
            })
            .collect(),
    })
}

fn columns() -> Vec<ViewColumn> {
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    vec![
        column("First", None),
        column("then", None),
        column("Customers with the first", Some(Unit::Count)),
        column("bought the second", Some(Unit::Count)),
        column("Share", Some(Unit::Share)),
        column("Lift", Some(Unit::Ratio)),
        column("At least", Some(Unit::Ratio)),
        column("Days between", Some(Unit::Count)),
        column("This order only", Some(Unit::Count)),
        column("Other order only", Some(Unit::Count)),
    ]
}

fn cells(row: &NextRow) -> Vec<Cell> {
    let pair = row.pair;
    vec![
        Cell::Text(row.product_name.clone()),
        Cell::Text(row.next_name.clone()),
        Cell::Number(f64::from(pair.n_first)),
        Cell::Number(f64::from(pair.n_followed)),
        Cell::Number(pair.confidence()),
        Cell::Number(pair.lift()),
        Cell::Number(pair.lift_lower),
        Cell::Number(pair.median_days),
        Cell::Number(f64::from(pair.n_forward)),
        Cell::Number(f64::from(pair.n_backward)),
    ]
}
