//! What a planner must look at, by what to do about it.

use super::decision::{Decision, ROWS_SHOWN};
use super::exception::Exception;
use crate::page_kit::ViewRows;
use crate::publication::{Section, Unit};
use crate::words::{counted, money};

/// Headings, and the codes of the exceptions below each.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Running out before an order can arrive", &["stock_out_now", "stock_out_risk"]),
    ("What begins and what ends", &["launch_without_stock", "cancel_order", "phase_out_stock"]),
    ("Too much stock", &["dead_stock", "overstock"]),
    (
        "Late orders and supplier minimums",
        &["order_given_up", "order_not_in_books", "late_order", "short_deliveries", "supplier_minimum_not_met"],
    ),
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

pub(super) fn sections(decision: &Decision<'_>) -> Vec<Section> {
    GROUPS.iter().filter_map(|(heading, codes)| section(decision, heading, codes)).collect()
}

fn section(decision: &Decision<'_>, heading: &str, codes: &[&str]) -> Option<Section> {
    let found: Vec<&Exception> = decision.with_code(codes).collect();
    if found.is_empty() {
        return None;
    }
    // Negative stock is a recording error: its money is not at stake.
    let at_stake = found.iter().filter(|row| row.code != "negative_stock").filter_map(|row| row.value);
    let at_stake: Vec<f64> = at_stake.collect();
    let worth = if at_stake.is_empty() {
        String::new()
    } else {
        format!(", {} at stake", money(at_stake.iter().sum(), decision.ctx.currency))
    };
    let table = ViewRows::of(found.iter().take(ROWS_SHOWN).copied())
        .text("What", |exception| exception.code.replace('_', " "))
        .text("Product", |exception| exception.product_id.as_ref().map(|id| decision.name_of(id)))
        .text("Location", |exception| exception.location_id.as_deref())
        .text("Supplier", |exception| exception.supplier_id.as_deref())
        .text("From", |exception| exception.first_on)
        .number("Quantity", Unit::Units, |exception| exception.quantity)
        .number("Value", Unit::Money, |exception| exception.value)
        .text("What to do", |exception| exception.text.as_str())
        .view_of(heading, found.len());
    let section = Section::headed(heading);
    let sentence = format!("{}{worth}.", counted(found.len(), "exception", "exceptions"));
    Some(Section { tables: vec![table], ..section.saying([sentence]) })
}
