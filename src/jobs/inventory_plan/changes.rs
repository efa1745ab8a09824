//! What changed since the last publication.

use std::collections::BTreeMap;

use super::advice::{PastLine, PublishedAdvice};
use super::decision::{Decision, ROWS_SHOWN};
use super::line::{Line, Urgency};
use super::line_key::LineKey;
use super::units::in_units;
use crate::page_kit::ViewRows;
use crate::publication::{Section, Unit};
use crate::words::{counted, money};

/// A line and what was ordered of it in the last plan, in thousandths of a unit.
type Changed<'a> = (&'a Line, i64);

pub(super) fn changes(decision: &Decision<'_>) -> Vec<Section> {
    let section = Section::headed("Since the last plan");
    let Some((day, past)) = &decision.facts.previous else {
        return vec![section.saying(["This is the first plan, so there is nothing to compare it with."])];
    };
    let before: BTreeMap<&LineKey, &PublishedAdvice> = past.iter().map(|line| (&line.key, &line.published)).collect();
    let value = |line: &PastLine| line.published.order_value.map(|value| value.money(decision.ctx.currency).minor());
    let value_before: i64 = past.iter().filter_map(value).sum();
    let value_now: i64 = decision.lines.iter().filter_map(|line| line.order_value).sum();
    let is_red = |line: &&Line| line.urgency == Urgency::Red;
    let was_red = |line: &Line| before.get(&line.key).is_some_and(|past| past.urgency == "red");
    let new_red = decision.lines.iter().filter(is_red).filter(|line| !was_red(line)).count();
    let no_longer_red = decision.lines.iter().filter(|line| !is_red(line) && was_red(line)).count();
    let mut changed: Vec<Changed<'_>> = decision
        .lines
        .iter()
        .map(|line| (line, before.get(&line.key).map_or(0, |past| past.order_quantity.thousandths())))
        .filter(|(line, quantity_before)| line.plan.quantity_milli != *quantity_before)
        .collect();
    let weight = |(line, quantity_before): &Changed<'_>| {
        in_units((line.plan.quantity_milli - quantity_before).abs()) * line.product.unit_cost.unwrap_or(1) as f64
    };
    changed.sort_by(|left, right| weight(right).total_cmp(&weight(left)).then_with(|| left.0.key.cmp(&right.0.key)));
    let currency = decision.ctx.currency;
    let section = section.saying([
        format!(
            "All orders are worth {}, against {} in the plan of {day}; the order changed on {}.",
            money(value_now as f64, currency),
            money(value_before as f64, currency),
            counted(changed.len(), "line", "lines")
        ),
        format!(
            "{} newly at risk of running out before an order can arrive; {} no longer.",
            counted(new_red, "line is", "lines are"),
            counted(no_longer_red, "line is", "lines are")
        ),
    ]);
    let difference = |(line, quantity_before): &Changed<'_>| {
        let cost = line.product.unit_cost?;
        Some(in_units(line.plan.quantity_milli - quantity_before) * cost as f64)
    };
    let table = ViewRows::of(changed.iter().take(ROWS_SHOWN))
        .text("Product", |(line, _)| line.product.name.as_str())
        .text("Location", |(line, _)| line.key.location_id.as_str())
        .number("Before", Unit::Units, |(_, quantity_before)| in_units(*quantity_before))
        .number("Now", Unit::Units, |(line, _)| in_units(line.plan.quantity_milli))
        .number("Difference", Unit::Money, difference)
        .text("Urgency", |(line, _)| line.urgency.name())
        .view_of(format!("Orders that changed most since {day}"), changed.len());
    let tables = if changed.is_empty() { Vec::new() } else { vec![table] };
    vec![Section { tables, ..section }]
}
