//! What a planner must look at, by what to do about it.

use super::cells::{optional, table, text};
use super::decision::Decision;
use super::exception::Exception;
use super::words::{count, money};
use crate::publication::{Cell, Section, Unit};

/// Headings, and the codes of the exceptions below each.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Running out before an order can arrive", &["stock_out_now", "stock_out_risk"]),
    ("Too much stock", &["overstock"]),
    ("Late orders and supplier minimums", &["late_order", "supplier_minimum_not_met"]),
    (
        "Facts to mend",
        &[
            "negative_stock",
            "stale_stock",
            "missing_lead_time",
            "no_stock_level",
            "no_forecast",
            "unusable_forecast",
            "missing_cost",
            "unknown_product",
        ],
    ),
];

const LABELS: [(&str, Option<Unit>); 8] = [
    ("What", None),
    ("Product", None),
    ("Location", None),
    ("Supplier", None),
    ("From", None),
    ("Quantity", Some(Unit::Units)),
    ("Value", Some(Unit::Money)),
    ("What to do", None),
];

pub(super) fn sections(decision: &Decision<'_>) -> Vec<Section> {
    GROUPS.iter().filter_map(|(heading, codes)| section(decision, heading, codes)).collect()
}

fn section(decision: &Decision<'_>, heading: &str, codes: &[&str]) -> Option<Section> {
    let rows: Vec<&Exception> = decision.with_code(codes).collect();
    // Negative stock is a recording error: its money is not at stake.
    let at_stake = rows.iter().filter(|row| row.code != "negative_stock").filter_map(|row| row.value);
    let worth = if at_stake.clone().count() == 0 {
        String::new()
    } else {
        format!(", {} at stake", money(at_stake.sum(), decision.ctx.currency))
    };
    (!rows.is_empty()).then(|| Section {
        heading: heading.to_owned(),
        text: vec![format!("{}{worth}.", count(rows.len(), "exception", "exceptions"))],
        tables: vec![table(heading, &LABELS, &rows, |row| cells(decision, row))],
        ..Section::default()
    })
}

fn cells(decision: &Decision<'_>, exception: &Exception) -> Vec<Cell> {
    vec![
        text(&exception.code.replace('_', " ")),
        exception.product_id.as_ref().map_or(Cell::Empty, |id| text(&decision.name_of(id))),
        optional(exception.location_id.as_deref()),
        optional(exception.supplier_id.as_deref()),
        exception.first_on.map_or(Cell::Empty, Cell::Date),
        exception.quantity.map_or(Cell::Empty, Cell::Number),
        exception.value.map_or(Cell::Empty, Cell::Number),
        text(&exception.text),
    ]
}
