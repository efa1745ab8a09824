//! Rules as rows of the page's tables and of the files.

use std::collections::BTreeSet;

use super::RuleLevel;
use super::rule_row::RuleRow;
use crate::page_kit::ViewRows;
use crate::publication::{TableView, Unit};

/// The columns that page and files share.
pub(super) fn view<'r>(rows: impl IntoIterator<Item = &'r RuleRow>) -> ViewRows<'r, RuleRow> {
    ViewRows::of(rows)
        .text("Level", |row| row.level.as_str())
        .text("Baskets with", |row| row.antecedent_name.as_str())
        .text("also hold", |row| row.consequent_name.as_str())
        .number("Lift", Unit::Ratio, |row| row.rule.measures.lift)
        .number("At least", Unit::Ratio, |row| row.rule.lift_lower)
        .number("Confidence", Unit::Share, |row| row.rule.measures.confidence)
        .number("Support", Unit::Share, |row| row.rule.measures.support)
        .number("Baskets with both", Unit::Count, |row| row.rule.n_both)
        .number("Extra margin per 1,000", Unit::Money, |row| row.margin_per_1000)
}

/// A table of the first `shown` rules.
pub(super) fn table(caption: &str, rows: &[&RuleRow], shown: usize) -> TableView {
    view(rows.iter().take(shown).copied()).view_of(caption, rows.len())
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
