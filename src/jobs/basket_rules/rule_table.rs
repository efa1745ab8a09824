//! Rules as rows of the page's tables and of the files.

use std::collections::BTreeSet;

use super::RuleLevel;
use super::rule_row::RuleRow;
use crate::publication::{Cell, TableView, Unit, ViewColumn};

pub(super) fn columns() -> Vec<ViewColumn> {
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    vec![
        column("Level", None),
        column("Baskets with", None),
        column("also hold", None),
        column("Lift", Some(Unit::Ratio)),
        column("At least", Some(Unit::Ratio)),
        column("Confidence", Some(Unit::Share)),
        column("Support", Some(Unit::Share)),
        column("Baskets with both", Some(Unit::Count)),
        column("Extra margin per 1,000", Some(Unit::Money)),
    ]
}

pub(super) fn cells(row: &RuleRow) -> Vec<Cell> {
    vec![
        Cell::Text(row.level.clone()),
        Cell::Text(row.antecedent_name.clone()),
        Cell::Text(row.consequent_name.clone()),
        Cell::Number(row.rule.measures.lift),
        Cell::Number(row.rule.lift_lower),
        Cell::Number(row.rule.measures.confidence),
        Cell::Number(row.rule.measures.support),
        Cell::Number(f64::from(row.rule.n_both)),
        row.margin_per_1000.map_or(Cell::Empty, Cell::Number),
    ]
}

pub(super) fn table(caption: &str, rows: &[&RuleRow], shown: usize) -> TableView {
    TableView {
        caption: caption.to_owned(),
        columns: columns(),
        rows: rows.iter().take(shown).map(|row| cells(row)).collect(),
        total_rows: rows.len(),
    }
}

/// The rules of two items of a kind, each pair once, strongest first.
pub(super) fn pairs(rows: &[RuleRow], kind: RuleLevel) -> Vec<&RuleRow> {
    let mut seen = BTreeSet::new();
    rows.iter()
        .filter(|row| row.kind == kind && row.rule.antecedent.len() == 1)
        .filter(|row| {
            let (a, b) = (row.antecedent.as_str(), row.consequent.as_str());
            seen.insert((&row.level, if a < b { (a, b) } else { (b, a) }))
        })
        .collect()
}
