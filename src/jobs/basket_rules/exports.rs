//! The files beside the page; none without rows.

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::cross_sell::CrossSell;
use super::decision::Decision;
use super::rule_row::RuleRow;
use super::{next_purchases, rule_table};
use crate::page_kit::ViewRows;
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
    let view = rule_table::view(rows)
        .text("Antecedent id", |row| row.antecedent.as_str())
        .text("Consequent id", |row| row.consequent.as_str())
        .text("Trend", |row| row.evidence.trend().name())
        .text("In words", |row| row.sentence.as_str());
    let about = "Every rule that holds beyond chance, strongest first within its level.";
    (!rows.is_empty()).then(|| view.export("association-rules", BOTH, about))
}

fn cross_sell(rows: &[CrossSell]) -> Option<Export> {
    let view = ViewRows::of(rows)
        .text("Product id", |row| row.product.as_str())
        .number("Rank", Unit::Count, |row| row.rank)
        .text("Recommended id", |row| row.recommended.as_str())
        .text("Product", |row| row.product_name.as_str())
        .text("Recommended", |row| row.recommended_name.as_str())
        .text("In stock", |row| row.in_stock.map(|stocked| if stocked { "yes" } else { "no" }))
        .number("Confidence", Unit::Share, |row| row.confidence)
        .number("At least", Unit::Ratio, |row| row.lift_lower)
        .number("Baskets with both", Unit::Count, |row| row.n_both)
        .number("Extra margin per 1,000", Unit::Money, |row| row.margin_per_1000)
        .text("In words", |row| row.sentence.as_str());
    (!rows.is_empty()).then(|| view.export("cross-sell", BOTH, "Per product, what to recommend with it, best first."))
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
    let columns = frame.columns().iter().map(|column| ViewColumn { label: column.name().to_string(), unit: None });
    Ok((!rows.is_empty()).then(|| Export {
        stem: "rule-measures".to_owned(),
        formats: BOTH,
        about: "Every other measure of the same rules, and how each held over the window.".to_owned(),
        columns: columns.collect(),
        rows,
        leaves: false,
    }))
}
