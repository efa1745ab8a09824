//! What one location can give to another before an order could arrive.

use std::collections::{BTreeMap, BTreeSet};

use super::InventoryPlan;
use super::facts::InventoryFacts;
use super::line::{Line, Urgency};
use super::line_key::LineKey;
use super::units::{in_units, units};
use crate::day::Day;
use crate::models::inventory::{Donor, Receiver, plan_transfers};
use crate::quantities::Currency;
use crate::words::{counted, money};

/// The smallest part of a unit of lost sales that is worth a move.
const LEAST_NEED: f64 = 0.5;

/// Goods to be moved.
#[derive(Debug, Clone)]
pub(super) struct LineTransfer {
    pub(super) product_id: String,
    pub(super) from: String,
    pub(super) to: String,
    /// Thousandths of a unit.
    pub(super) quantity_milli: i64,
    /// Sales that are saved, in minor units.
    pub(super) value: Option<f64>,
    pub(super) move_on: Day,
    pub(super) arrives_by: Day,
    pub(super) text: String,
}

/// Every transfer, the most valuable first. A line that runs out gets what it would lose after a transfer can be there; a line gives what
/// lies above its own order-up-to level, a place that sells nothing of it all it has.
pub(super) fn transfers(
    settings: &InventoryPlan,
    as_of: Day,
    facts: &InventoryFacts,
    lines: &[Line],
    currency: Currency,
) -> Vec<LineTransfer> {
    let mut places: BTreeMap<&str, Vec<(&LineKey, Option<&Line>)>> = BTreeMap::new();
    let planned: BTreeSet<&LineKey> = lines.iter().map(|line| &line.key).collect();
    for line in lines {
        places.entry(&line.key.product_id).or_default().push((&line.key, Some(line)));
    }
    for key in facts.snapshots.keys().filter(|key| !planned.contains(key)) {
        if let Some(known) = places.get_mut(key.product_id.as_str()) {
            known.push((key, None));
        }
    }
    let selling: BTreeSet<&str> = facts.forecasts.keys().map(|key| key.location_id.as_str()).collect();
    let mut found = Vec::new();
    for (product_id, places) in places {
        let donors: Vec<Donor> = (places.iter().enumerate())
            .map(|(place, (key, line))| Donor { place, spare_milli: spare(facts, as_of, key, *line, &selling) })
            .collect();
        let receivers: Vec<Receiver> = (places.iter().enumerate())
            .filter_map(|(place, (_, line))| Some((place, (*line)?)))
            .filter(|(_, line)| line.urgency == Urgency::Red && in_units(line.savable_milli) >= LEAST_NEED)
            .map(|(place, line)| Receiver {
                place,
                need_milli: line.savable_milli,
                unit_value: line.price.or(line.product.unit_cost).unwrap_or(0) as f64,
            })
            .collect();
        let unit = facts.movements.units.get(product_id).copied().unwrap_or(1);
        for one in plan_transfers(&donors, &receivers, unit) {
            let (from, to) = (places[one.from], places[one.to]);
            let Some(line) = to.1 else { continue };
            // What is moved beyond what would be lost saves nothing now.
            let saved = in_units(one.quantity_milli.min(line.savable_milli));
            let value = line.price.map(|price| price as f64 * saved);
            let arrives_by = as_of + 1 + settings.transfer_days.get().cast_signed();
            let worth = value.map_or_else(String::new, |value| format!(" worth {}", money(value, currency)));
            let left = facts.current_stock(from.0, as_of).map_or(0, |stock| stock.on_hand.max(0));
            found.push(LineTransfer {
                product_id: product_id.to_owned(),
                from: from.0.location_id.clone(),
                to: to.0.location_id.clone(),
                quantity_milli: one.quantity_milli,
                value,
                move_on: as_of + 1,
                arrives_by,
                text: format!(
                    "Move {} of the {} at {}, which can spare them, to {}: sales{worth} would be lost there before an order can arrive on {}",
                    units(one.quantity_milli),
                    units(left),
                    from.0.location_id,
                    to.0.location_id,
                    line.plan.arrives_by
                ),
            });
        }
    }
    found.sort_by(|left, right| {
        (right.value.unwrap_or(0.0).total_cmp(&left.value.unwrap_or(0.0)))
            .then_with(|| (&left.product_id, &left.from, &left.to).cmp(&(&right.product_id, &right.from, &right.to)))
    });
    found
}

/// What a line does not need, in thousandths: what lies above its order-up-to level, and never more than its stock has left on the worst
/// day before its own next order arrives. A place that sells nothing gives all it has, where it has long held stock.
fn spare(facts: &InventoryFacts, as_of: Day, key: &LineKey, line: Option<&Line>, selling: &BTreeSet<&str>) -> i64 {
    match line {
        Some(line) if line.urgency == Urgency::Red => 0,
        Some(line) => {
            let available = line.stock.on_hand.max(0) - line.stock.reserved;
            let above = available + line.on_order_milli - line.plan.order_up_to_milli;
            available.min(above).min(line.least_left_milli).max(0)
        }
        None if !facts.is_store_room(key, as_of, selling) => 0,
        None => facts.current_stock(key, as_of).map_or(0, |stock| (stock.on_hand - stock.reserved).max(0)),
    }
}

/// `3 moves save sales worth 120.00 EUR`.
pub(super) fn told(transfers: &[LineTransfer], currency: Currency) -> String {
    let value: f64 = transfers.iter().filter_map(|one| one.value).sum();
    format!(
        "{} between locations would save sales worth {}",
        counted(transfers.len(), "move", "moves"),
        money(value, currency)
    )
}
