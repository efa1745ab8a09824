//! What a planner must look at, one row each.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::dataset::{InventoryFacts, LineKey};
use super::plan_line::Line;
use super::words::{count, money, number, units};
use crate::models::inventory::{MILLI, SupplierLine, SupplierMinimum, check_supplier_minimum};
use crate::quantities::Currency;

/// One row of `inventory_exceptions`.
#[derive(Debug, Clone, Default)]
pub(super) struct Exception {
    pub(super) code: &'static str,
    pub(super) severity: &'static str,
    pub(super) product_id: Option<String>,
    pub(super) location_id: Option<String>,
    pub(super) supplier_id: Option<String>,
    pub(super) first_on: Option<NaiveDate>,
    pub(super) quantity: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) text: String,
}

impl Exception {
    /// An exception about one line.
    pub(super) fn of_line(
        code: &'static str,
        severity: &'static str,
        key: &LineKey,
        supplier_id: Option<&String>,
    ) -> Self {
        Self {
            code,
            severity,
            product_id: Some(key.product_id.clone()),
            location_id: Some(key.location_id.clone()),
            supplier_id: supplier_id.cloned(),
            ..Self::default()
        }
    }
}

/// The order of one supplier on one day against its minimum.
#[derive(Debug, Clone)]
pub(super) struct SupplierOrder {
    pub(super) supplier_id: Option<String>,
    pub(super) name: String,
    pub(super) order_on: NaiveDate,
    pub(super) lines: usize,
    pub(super) minimum: Option<i64>,
    pub(super) check: SupplierMinimum,
}

/// Orders by supplier and order day.
pub(super) fn supplier_orders(facts: &InventoryFacts, lines: &[&Line]) -> Vec<SupplierOrder> {
    let mut groups: BTreeMap<(Option<String>, NaiveDate), Vec<SupplierLine>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_ordered()) {
        let part = SupplierLine {
            quantity_milli: line.plan.quantity_milli,
            unit_cost: line.product.unit_cost.map(|cost| cost as f64),
        };
        groups.entry((line.product.supplier_id.clone(), line.plan.order_on)).or_default().push(part);
    }
    let order = |((supplier_id, order_on), parts): ((Option<String>, NaiveDate), Vec<SupplierLine>)| {
        let supplier = supplier_id.as_ref().and_then(|id| facts.suppliers.get(id));
        let minimum = supplier.and_then(|supplier| supplier.min_order_value);
        let name = supplier.and_then(|supplier| supplier.name.clone()).or_else(|| supplier_id.clone());
        SupplierOrder {
            name: name.unwrap_or_else(|| "no supplier".to_owned()),
            supplier_id,
            order_on,
            lines: parts.len(),
            minimum,
            check: check_supplier_minimum(&parts, minimum.unwrap_or(0) as f64),
        }
    };
    groups.into_iter().map(order).collect()
}

/// Exceptions of planned lines, then of suppliers, then of costs.
pub(super) fn find(
    as_of: NaiveDate,
    facts: &InventoryFacts,
    lines: &[Line],
    suppliers: &[SupplierOrder],
    currency: Currency,
) -> Vec<Exception> {
    let mut found = Vec::new();
    for line in lines {
        found.extend(stock_out(as_of, line, currency));
        found.extend(overstock(as_of, line, currency));
        if line.flags.contains(&"stale_stock") {
            found.push(Exception {
                first_on: Some(line.stock.snapshot_on),
                quantity: Some(line.stock.on_hand.max(0) as f64 / MILLI),
                text: format!(
                    "Stock was last counted on {}; it was rolled forward by sales and deliveries since. Count it, or load the newer snapshot",
                    line.stock.snapshot_on
                ),
                ..about("stale_stock", "amber", line)
            });
        }
        if line.stock.on_hand < 0 {
            found.push(Exception {
                first_on: Some(line.stock.snapshot_on),
                quantity: Some(line.stock.on_hand as f64 / MILLI),
                value: line.product.unit_cost.map(|cost| line.stock.on_hand as f64 / MILLI * cost as f64),
                text: format!(
                    "The books say {} on hand; planned as 0. Count the shelf and correct the books",
                    units(line.stock.on_hand)
                ),
                ..about("negative_stock", "amber", line)
            });
        }
    }
    for (key, orders) in &facts.open_orders {
        let late: Vec<_> = orders.iter().filter(|order| order.due_on <= as_of).collect();
        let Some(first_due) = late.iter().map(|order| order.due_on).min() else { continue };
        let quantity: i64 = late.iter().map(|order| order.quantity).sum();
        let product = facts.products.get(&key.product_id);
        found.push(Exception {
            first_on: Some(first_due),
            quantity: Some(quantity as f64 / MILLI),
            value: product.and_then(|product| product.unit_cost).map(|cost| quantity as f64 / MILLI * cost as f64),
            text: format!("{} on order were due on {first_due} and have not arrived. Ask the supplier for a date, or cancel the order", units(quantity)),
            ..Exception::of_line("late_order", "amber", key, product.and_then(|product| product.supplier_id.as_ref()))
        });
    }
    for order in suppliers.iter().filter(|order| !order.check.is_met()) {
        found.push(minimum_not_met(order, currency));
    }
    let without_cost = lines.iter().filter(|line| line.is_ordered() && line.product.unit_cost.is_none()).count();
    if without_cost > 0 {
        found.push(Exception {
            code: "missing_cost",
            severity: "note",
            quantity: Some(without_cost as f64),
            text: format!(
                "{} ordered without a unit cost: order values leave them out. Fill `unit_cost` in `products`",
                count(without_cost, "line is", "lines are")
            ),
            ..Exception::default()
        });
    }
    found
}

fn about(code: &'static str, severity: &'static str, line: &Line) -> Exception {
    Exception::of_line(code, severity, &line.key, line.product.supplier_id.as_ref())
}

fn stock_out(as_of: NaiveDate, line: &Line, currency: Currency) -> Option<Exception> {
    let projection = &line.before_arrival;
    let first_short_on = projection.first_short_on;
    let is_out = line.is_out_now();
    if !is_out && first_short_on.is_none() {
        return None;
    }
    let lost = format!(
        "{} units of sales{} are expected to be lost before an order of {} can arrive on {}",
        number((projection.lost_units * 10.0).round() / 10.0),
        projection.lost_value.map_or_else(String::new, |value| format!(" worth {}", money(value, currency))),
        line.plan.order_on,
        line.plan.arrives_on
    );
    let (code, first_on, lead) = match (is_out, first_short_on) {
        (false, Some(day)) => ("stock_out_risk", day, format!("Stock is expected to run out on {day}")),
        _ => ("stock_out_now", as_of, "Nothing is available now".to_owned()),
    };
    Some(Exception {
        first_on: Some(first_on),
        quantity: Some(projection.lost_units),
        value: projection.lost_value,
        text: format!("{lead}; {lost}. Move stock from elsewhere or ask for a faster delivery"),
        ..about(code, "red", line)
    })
}

fn overstock(as_of: NaiveDate, line: &Line, currency: Currency) -> Option<Exception> {
    let excess = line.overstock.as_ref()?;
    let cover = excess
        .days_of_cover
        .map_or_else(|| "never sells through".to_owned(), |days| format!("lasts {} days", number(days.round())));
    let until = excess.sold_through_on.map_or_else(String::new, |day| format!(", until {day}"));
    let worth = excess.excess_value.map_or_else(String::new, |value| format!(" worth {}", money(value, currency)));
    Some(Exception {
        first_on: Some(as_of),
        quantity: Some(excess.excess_milli as f64 / MILLI),
        value: excess.excess_value,
        text: format!(
            "Stock {cover}{until}: {}{worth} too much. Transfer it, mark it down or stop ordering",
            units(excess.excess_milli)
        ),
        ..about("overstock", "amber", line)
    })
}

fn minimum_not_met(order: &SupplierOrder, currency: Currency) -> Exception {
    let unknown = match order.check.lines_without_cost {
        0 => String::new(),
        n => format!(" ({} without a cost not counted)", count(n, "line", "lines")),
    };
    Exception {
        code: "supplier_minimum_not_met",
        severity: "amber",
        supplier_id: order.supplier_id.clone(),
        first_on: Some(order.order_on),
        quantity: None,
        value: Some(order.check.shortfall),
        text: format!(
            "The order of {} to {} is worth {}{unknown}, {} below the minimum of {}. Pull later orders forward, or postpone this one",
            order.order_on,
            order.name,
            money(order.check.order_value, currency),
            money(order.check.shortfall, currency),
            money(order.minimum.unwrap_or(0) as f64, currency)
        ),
        ..Exception::default()
    }
}

/// Red first, then by kind, money and line.
pub(super) fn sort(exceptions: &mut [Exception]) {
    let rank = |severity: &str| match severity {
        "red" => 0,
        "amber" => 1,
        _ => 2,
    };
    exceptions.sort_by(|left, right| {
        rank(left.severity)
            .cmp(&rank(right.severity))
            .then_with(|| left.code.cmp(right.code))
            .then_with(|| right.value.unwrap_or(f64::NEG_INFINITY).total_cmp(&left.value.unwrap_or(f64::NEG_INFINITY)))
            .then_with(|| {
                (&left.product_id, &left.location_id, &left.supplier_id).cmp(&(
                    &right.product_id,
                    &right.location_id,
                    &right.supplier_id,
                ))
            })
    });
}
