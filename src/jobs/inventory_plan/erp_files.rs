//! Files in the words of systems that place orders, or work them out themselves.

use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::line::Line;
use super::units::in_units;
use crate::page_kit::ViewRows;
use crate::publication::{Export, ExportFormat, Unit};

const CSV: &[ExportFormat] = &[ExportFormat::Csv];

/// A system that takes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erp {
    /// Odoo: reordering rules (`stock.warehouse.orderpoint`) and purchase order lines.
    Odoo,
    /// `ERPNext`: material requests of the type Purchase.
    Erpnext,
    /// frePPLe: proposed purchase orders.
    Frepple,
}

/// Reorder point, level and multiple of every line, for a system that works out its orders; and the files of the systems asked for.
pub(super) fn exports(decision: &Decision<'_>) -> Vec<Export> {
    let mut exports = vec![policies(decision)];
    for erp in &decision.settings.erp_files {
        exports.extend(match erp {
            Erp::Odoo => vec![odoo_rules(decision), odoo_lines(decision)],
            Erp::Erpnext => vec![erpnext(decision)],
            Erp::Frepple => vec![frepple(decision)],
        });
    }
    exports
}

/// Nothing where nothing is to be ordered, and no more than the most stock that is wanted.
fn order_up_to(line: &Line) -> i64 {
    let is_left_alone = line.levels.frozen || line.flags.contains(&"snoozed");
    let most = line.levels.max_stock_milli.unwrap_or(i64::MAX);
    if is_left_alone { 0 } else { line.levels.order_up_to_milli.min(most) }
}

fn reorder_point(line: &Line) -> i64 {
    line.levels.reorder_point_milli.min(order_up_to(line))
}

/// The orders of the day after the as-of day: those for later days are planned again until then.
fn today<'d>(decision: &'d Decision<'_>) -> impl Iterator<Item = &'d Line> {
    decision.handed_out().into_iter().filter(|line| decision.is_today(line))
}

fn policies(decision: &Decision<'_>) -> Export {
    let about = format!(
        "Levels for a system that works out its orders itself, valid for the order day after the close of {}: below the reorder point, order \
         up to the level in multiples",
        decision.as_of()
    );
    ViewRows::of(&decision.lines)
        .text("Product", |line| line.key.product_id.as_str())
        .text("Location", |line| line.key.location_id.as_str())
        .text("Supplier", |line| line.product.supplier_id.as_deref())
        .text("Valid on", Line::order_on)
        .number("Reorder point", Unit::Units, |line| in_units(reorder_point(line)))
        .number("Order up to", Unit::Units, |line| in_units(order_up_to(line)))
        .number("Safety stock", Unit::Units, |line| in_units(line.levels.safety_stock_milli))
        .number("Multiple", Unit::Units, |line| in_units(line.levels.multiple_milli))
        .number("Minimum order", Unit::Units, |line| in_units(line.levels.min_order_milli))
        .number("Maximum order", Unit::Units, |line| line.levels.max_order_milli.map(in_units))
        .export("inventory-policies", &[ExportFormat::Csv, ExportFormat::Xlsx], &about)
}

fn odoo_rules(decision: &Decision<'_>) -> Export {
    ViewRows::of(&decision.lines)
        .text("product_id", |line| line.key.product_id.as_str())
        .text("location_id", |line| line.key.location_id.as_str())
        .number("product_min_qty", Unit::Units, |line| in_units(reorder_point(line)))
        .number("product_max_qty", Unit::Units, |line| in_units(order_up_to(line)))
        .number("qty_multiple", Unit::Units, |line| in_units(line.levels.multiple_milli))
        .text("trigger", |_| "manual")
        .export("odoo-orderpoints", CSV, "Reordering rules for the import of Odoo (stock.warehouse.orderpoint)")
}

fn odoo_lines(decision: &Decision<'_>) -> Export {
    // Systems take bare numbers under bare names.
    let minor_per_major = decision.ctx.currency.minor_per_major();
    ViewRows::of(today(decision))
        .text("partner_id", |line| line.product.supplier_id.as_deref())
        .text("order_line/product_id", |line| line.key.product_id.as_str())
        .text("order_line/name", |line| line.product.name.as_str())
        .number("order_line/product_qty", Unit::Units, |line| in_units(line.to_order_milli()))
        .number("order_line/price_unit", Unit::Units, move |line| {
            line.product.unit_cost.map(|cost| cost as f64 / minor_per_major)
        })
        .text("order_line/date_planned", |line| line.plan.arrives_on)
        .text("picking_type_id", |line| line.key.location_id.as_str())
        .export("odoo-purchase-lines", CSV, "Order lines for the import of Odoo (purchase.order)")
        .leaving()
}

fn erpnext(decision: &Decision<'_>) -> Export {
    let as_of = decision.as_of();
    ViewRows::of(today(decision))
        .text("material_request_type", |_| "Purchase")
        .text("transaction_date", move |_| as_of + 1)
        .text("items.item_code", |line| line.key.product_id.as_str())
        .number("items.qty", Unit::Units, |line| in_units(line.to_order_milli()))
        .text("items.uom", |line| line.product.unit.as_deref().unwrap_or("Nos"))
        .text("items.warehouse", |line| line.key.location_id.as_str())
        .text("items.schedule_date", |line| line.plan.arrives_on)
        .export("erpnext-material-requests", CSV, "Material requests for the data import of ERPNext")
        .leaving()
}

fn frepple(decision: &Decision<'_>) -> Export {
    ViewRows::of(today(decision))
        .text("item", |line| line.key.product_id.as_str())
        .text("location", |line| line.key.location_id.as_str())
        .text("supplier", |line| line.product.supplier_id.as_deref())
        .number("quantity", Unit::Units, |line| in_units(line.to_order_milli()))
        .text("ordering date", Line::order_on)
        .text("receipt date", |line| line.plan.arrives_on)
        .text("status", |_| "proposed")
        .text("reference", |line| line.recommendation_id.as_str())
        .export("frepple-purchase-orders", CSV, "Proposed purchase orders for the upload of frePPLe")
        .leaving()
}
