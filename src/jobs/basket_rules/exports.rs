//! The files beside the page; none without rows.

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::cross_sell::CrossSell;
use super::decision::Decision;
use super::rule_row::RuleRow;
use super::{next_purchases, rule_table};
use crate::publication::{Cell, Export, ExportFormat, PublishedTable, Unit, ViewColumn};
use crate::published::RULE_MEASURES;

const BOTH: &[ExportFormat] = &[ExportFormat::Csv, ExportFormat::Xlsx];

/// # Errors
/// Polars refuses a column.
pub(super) fn exports(decision: &Decision<'_>, tables: &[PublishedTable]) -> PolarsResult<Vec<Export>> {
    let mut exports = Vec::new();
    exports.extend(rules(&decision.rules));
    exports.extend(cross_sell(&decision.cross_sell));
    for table in tables.iter().filter(|table| table.table.name() == RULE_MEASURES.name()) {
        exports.extend(measures(&table.frame)?);
    }
    exports.extend(next_purchases::export(&decision.next_rows));
    Ok(exports)
}

fn rules(rows: &[RuleRow]) -> Option<Export> {
    let ids = ["Antecedent id", "Consequent id", "Trend", "In words"].map(|label| column(label, None));
    let cells = rows.iter().map(|row| {
        let trend = row.evidence.trend().name().to_owned();
        let ids = [&row.antecedent, &row.consequent, &trend, &row.sentence].map(|text| Cell::Text(text.clone()));
        rule_table::cells(row).into_iter().chain(ids).collect()
    });
    (!rows.is_empty()).then(|| Export {
        stem: "association-rules".to_owned(),
        formats: BOTH,
        about: "Every rule that holds beyond chance, strongest first within its level.".to_owned(),
        columns: rule_table::columns().into_iter().chain(ids).collect(),
        rows: cells.collect(),
    })
}

fn cross_sell(rows: &[CrossSell]) -> Option<Export> {
    let text = |label: &str| column(label, None);
    let cells = rows.iter().map(|row| {
        let text = |text: &String| Cell::Text(text.clone());
        let stock = row.in_stock.map(|stocked| if stocked { "yes" } else { "no" });
        vec![
            text(&row.product),
            Cell::Number(row.rank as f64),
            text(&row.recommended),
            text(&row.product_name),
            text(&row.recommended_name),
            stock.map_or(Cell::Empty, |word| Cell::Text(word.to_owned())),
            Cell::Number(row.confidence),
            Cell::Number(row.lift_lower),
            Cell::Number(row.n_both as f64),
            row.margin_per_1000.map_or(Cell::Empty, Cell::Number),
            text(&row.sentence),
        ]
    });
    (!rows.is_empty()).then(|| Export {
        stem: "cross-sell".to_owned(),
        formats: BOTH,
        about: "Per product, what to recommend with it, best first.".to_owned(),
        columns: vec![
            text("Product id"),
            column("Rank", Some(Unit::Count)),
            text("Recommended id"),
            text("Product"),
            text("Recommended"),
            text("In stock"),
            column("Confidence", Some(Unit::Share)),
            column("At least", Some(Unit::Ratio)),
            column("Baskets with both", Some(Unit::Count)),
            column("Extra margin per 1,000", Some(Unit::Money)),
            text("In words"),
        ],
        rows: cells.collect(),
    })
}

/// The columns of `rule_measures`, as they are published.
fn measures(frame: &DataFrame) -> PolarsResult<Option<Export>> {
    let mut rows: Vec<Vec<Cell>> = vec![Vec::new(); frame.height()];
    for column in frame.columns() {
        let cells: Vec<Cell> = if column.dtype() == &DataType::String {
            let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
            column.str()?.iter().map(text).collect()
        } else {
            let number = |number: Option<f64>| number.map_or(Cell::Empty, Cell::Number);
            column.cast(&DataType::Float64)?.f64()?.iter().map(number).collect()
        };
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    Ok((!rows.is_empty()).then(|| Export {
        stem: "rule-measures".to_owned(),
        formats: BOTH,
        about: "Every other measure of the same rules, and how each held over the window.".to_owned(),
        columns: frame.columns().iter().map(|named| column(named.name(), None)).collect(),
        rows,
    }))
}

fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}
