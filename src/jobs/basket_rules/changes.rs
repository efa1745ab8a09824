//! What changed since the last publication, and within the window.

use std::collections::BTreeSet;

use super::decision::Decision;
use super::evidence::QUARTERS;
use super::frames::EarlierRule;
use super::rule_row::RuleRow;
use super::rule_table::table;
use crate::contract::ContractError;
use crate::models::rules::Trend;
use crate::page_kit::ViewRows;
use crate::publication::{Section, Unit};

/// New rules named.
const SHOWN_NEW: usize = 10;
/// Lost rules named.
const SHOWN_LOST: usize = 5;
/// Rules whose strength moved.
const SHOWN_MOVED: usize = 25;

pub(super) fn changes(decision: &Decision<'_>) -> Result<Vec<Section>, ContractError> {
    Ok(vec![new_and_lost(decision)?, moved(&decision.rules)])
}

/// What a rule is known by: its level and both sides.
fn key(row: &RuleRow) -> (&str, &str, &str) {
    (&row.level, &row.antecedent, &row.consequent)
}

fn new_and_lost(decision: &Decision<'_>) -> Result<Section, ContractError> {
    let section = Section::headed("New and lost rules");
    let Some((day, earlier)) = &decision.frames.earlier else {
        return Ok(section.saying(["This is the first publication."]));
    };
    let before: BTreeSet<_> =
        EarlierRule::read(earlier)?.map(|rule| (rule.level, rule.antecedent, rule.consequent)).collect();
    let now: BTreeSet<_> = decision.rules.iter().map(key).collect();
    let new: Vec<&RuleRow> = decision.rules.iter().filter(|row| !before.contains(&key(row))).collect();
    let lost: Vec<_> = before.difference(&now).collect();
    let told = lost.iter().take(SHOWN_LOST).map(|(_, left, right)| format!("Gone: {left} with {right}."));
    let section =
        section.saying([format!("{} rules are new and {} are gone since {day}.", new.len(), lost.len())]).saying(told);
    let tables = if new.is_empty() { Vec::new() } else { vec![table("New rules", &new, SHOWN_NEW)] };
    Ok(Section { tables, ..section })
}

/// Rules whose strength moved over the window by more than chance.
fn moved(rows: &[RuleRow]) -> Section {
    let moved: Vec<&RuleRow> = rows.iter().filter(|row| row.evidence.trend() != Trend::Steady).collect();
    let section = Section::headed("Rules that came, went or changed within the window");
    if moved.is_empty() {
        return section
            .saying(["None: over the quarters of the window every rule was as strong as its baskets can tell."]);
    }
    let mut view = ViewRows::of(moved.iter().take(SHOWN_MOVED).copied())
        .text("Level", |row| row.level.as_str())
        .text("Baskets with", |row| row.antecedent_name.as_str())
        .text("also hold", |row| row.consequent_name.as_str())
        .text("Trend", |row| row.evidence.trend().name());
    for quarter in 0..QUARTERS {
        let lift = |row: &RuleRow| row.evidence.lift(quarter);
        view = view.number(&format!("Lift, quarter {}", quarter + 1), Unit::Ratio, lift);
    }
    let tables = vec![view.view_of("Lift by quarter of the window, oldest first", moved.len())];
    let advice = "Check these before relying on them: a season, a promotion, or a range that changed.";
    Section { tables, ..section.saying([advice]) }
}
