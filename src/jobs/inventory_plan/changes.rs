//! What changed since the last publication.

use std::collections::BTreeMap;

use super::cells::{table, text, units};
use super::decision::Decision;
use super::line::{Line, Urgency};
use super::line_key::LineKey;
use super::words::{count, money};
use crate::models::inventory::MILLI;
use crate::publication::{Cell, Section, Unit};

pub(super) fn changes(decision: &Decision<'_>) -> Vec<Section> {
    let heading = "Since the last plan".to_owned();
    let Some((day, past)) = &decision.facts.previous else {
        let text = vec!["This is the first plan, so there is nothing to compare it with.".to_owned()];
        return vec![Section { heading, text, ..Section::default() }];
    };
    let before: BTreeMap<&LineKey, _> = past.iter().map(|line| (&line.key, line)).collect();
    let value_before: i64 = past.iter().filter_map(|line| line.order_value).sum();
    let value_now: i64 = decision.lines.iter().filter_map(|line| line.order_value).sum();
    let is_red = |line: &&Line| line.urgency == Urgency::Red;
    let was_red = |line: &Line| before.get(&line.key).is_some_and(|past| past.urgency == "red");
    let new_red = decision.lines.iter().filter(is_red).filter(|line| !was_red(line)).count();
    let no_longer_red = decision.lines.iter().filter(|line| !is_red(line) && was_red(line)).count();

    let mut changed: Vec<(&Line, i64)> = decision
        .lines
        .iter()
        .map(|line| (line, before.get(&line.key).map_or(0, |past| past.order_quantity)))
        .filter(|(line, quantity_before)| line.plan.quantity_milli != *quantity_before)
        .collect();
    let weight = |(line, quantity_before): &(&Line, i64)| {
        let difference = (line.plan.quantity_milli - quantity_before).abs() as f64 / MILLI;
        difference * line.product.unit_cost.unwrap_or(1) as f64
    };
    changed.sort_by(|left, right| weight(right).total_cmp(&weight(left)).then_with(|| left.0.key.cmp(&right.0.key)));
    let currency = decision.ctx.currency;
    let sentences = vec![
        format!(
            "All orders are worth {}, against {} in the plan of {day}; the order changed on {}.",
            money(value_now as f64, currency),
            money(value_before as f64, currency),
            count(changed.len(), "line", "lines")
        ),
        format!(
            "{} newly at risk of running out before an order can arrive; {} no longer.",
            count(new_red, "line is", "lines are"),
            count(no_longer_red, "line is", "lines are")
        ),
    ];
    let row = |(line, quantity_before): &(&Line, i64)| {
        let difference = line.plan.quantity_milli - quantity_before;
        let value =
            line.product.unit_cost.map_or(Cell::Empty, |cost| Cell::Number(difference as f64 / MILLI * cost as f64));
        vec![
            text(&line.product.name),
            text(&line.key.location_id),
            units(*quantity_before),
            units(line.plan.quantity_milli),
            value,
            text(line.urgency.name()),
        ]
    };
    let labels = [
        ("Product", None),
        ("Location", None),
        ("Before", Some(Unit::Units)),
        ("Now", Some(Unit::Units)),
        ("Difference", Some(Unit::Money)),
        ("Urgency", None),
    ];
    let table = table(&format!("Orders that changed most since {day}"), &labels, &changed, row);
    let tables = if changed.is_empty() { Vec::new() } else { vec![table] };
    vec![Section { heading, text: sentences, tables, ..Section::default() }]
}
