//! What changed since the last publication, and within the window.

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::decision::Decision;
use super::evidence::QUARTERS;
use super::grade::all_sides;
use super::rule_row::RuleRow;
use super::rule_table::table;
use crate::models::rules::Trend;
use crate::publication::{Cell, Section, TableView, Unit, ViewColumn};

/// New rules named.
const SHOWN_NEW: usize = 10;
/// Lost rules named.
const SHOWN_LOST: usize = 5;
/// Rules whose strength moved.
const SHOWN_MOVED: usize = 25;

pub(super) fn changes(decision: &Decision<'_>) -> PolarsResult<Vec<Section>> {
    Ok(vec![new_and_lost(decision)?, moved(&decision.rules)])
}

fn new_and_lost(decision: &Decision<'_>) -> PolarsResult<Section> {
    let (rows, heading) = (&decision.rules, "New and lost rules".to_owned());
    let Some((day, earlier)) = &decision.frames.earlier else {
        let text = vec!["This is the first publication.".to_owned()];
        return Ok(Section { heading, text, ..Section::default() });
    };
    let before: BTreeSet<(String, String, String)> = all_sides(earlier)?.into_iter().collect();
    let key = |row: &RuleRow| (row.level.clone(), row.antecedent.clone(), row.consequent.clone());
    let now: BTreeSet<_> = rows.iter().map(key).collect();
    let new: Vec<&RuleRow> = rows.iter().filter(|row| !before.contains(&key(row))).collect();
    let lost: Vec<_> = before.difference(&now).collect();
    let mut text = vec![format!("{} rules are new and {} are gone since {day}.", new.len(), lost.len())];
    text.extend(lost.iter().take(SHOWN_LOST).map(|(_, left, right)| format!("Gone: {left} with {right}.")));
    let tables = if new.is_empty() { Vec::new() } else { vec![table("New rules", &new, SHOWN_NEW)] };
    Ok(Section { heading, text, tables, ..Section::default() })
}

/// Rules whose strength moved over the window by more than chance.
fn moved(rows: &[RuleRow]) -> Section {
    let moved: Vec<&RuleRow> = rows.iter().filter(|row| row.evidence.trend() != Trend::Steady).collect();
    let heading = "Rules that came, went or changed within the window".to_owned();
    if moved.is_empty() {
        let text =
            vec!["None: over the quarters of the window every rule was as strong as its baskets can tell.".to_owned()];
        return Section { heading, text, ..Section::default() };
    }
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    let names = ["Level", "Baskets with", "also hold", "Trend"].map(|label| column(label, None));
    let quarters = (0..QUARTERS).map(|quarter| column(&format!("Lift, quarter {}", quarter + 1), Some(Unit::Ratio)));
    let view = moved.iter().take(SHOWN_MOVED).map(|row| {
        let names = [&row.level, &row.antecedent_name, &row.consequent_name].map(|text| Cell::Text(text.clone()));
        let lifts = (0..QUARTERS).map(|quarter| row.evidence.lift(quarter).map_or(Cell::Empty, Cell::Number));
        names.into_iter().chain([Cell::Text(row.evidence.trend().name().to_owned())]).chain(lifts).collect()
    });
    let table = TableView {
        caption: "Lift by quarter of the window, oldest first".to_owned(),
        columns: names.into_iter().chain(quarters).collect(),
        rows: view.collect(),
        total_rows: moved.len(),
    };
    let text = vec!["Check these before relying on them: a season, a promotion, or a range that changed.".to_owned()];
    Section { heading, text, tables: vec![table], ..Section::default() }
}
