//! The files: orders per supplier, the whole plan, the exceptions.

use std::collections::BTreeMap;

use super::cells::{amount, columns, optional, text, units};
use super::decision::Decision;
use super::exception::Exception;
use super::line::Line;
use crate::publication::{Cell, Export, ExportFormat, Unit};

const BOTH: &[ExportFormat] = &[ExportFormat::Csv, ExportFormat::Xlsx];

pub(super) fn exports(decision: &Decision<'_>) -> Vec<Export> {
    let mut exports = supplier_files(decision);
    exports.push(plan_file(decision));
    exports.push(exception_file(decision));
    exports
}

/// The file of a supplier's orders for a day; characters that file systems refuse become `_`.
pub(super) fn supplier_stem(supplier_id: Option<&str>, order_on: chrono::NaiveDate) -> String {
    let safe =
        |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    supplier_id.map_or_else(
        || format!("orders-{order_on}-without-supplier"),
        |id| format!("orders-{order_on}-{}", id.chars().map(safe).collect::<String>()),
    )
}

fn supplier_files(decision: &Decision<'_>) -> Vec<Export> {
    let mut groups: BTreeMap<(Option<&str>, chrono::NaiveDate), Vec<&Line>> = BTreeMap::new();
    for line in decision.handed_out() {
        groups.entry((line.product.supplier_id.as_deref(), line.plan.order_on)).or_default().push(line);
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let file = |((supplier_id, order_on), mut lines): ((Option<&str>, chrono::NaiveDate), Vec<&Line>)| {
        let stem = supplier_stem(supplier_id, order_on);
        let uses = taken.entry(stem.clone()).or_default();
        *uses += 1;
        // Ids that differ only in refused characters must not share a file.
        let stem = if *uses > 1 { format!("{stem}-{uses}") } else { stem };
        lines.sort_by(|left, right| (left.plan.order_on, &left.key).cmp(&(right.plan.order_on, &right.key)));
        let supplier = supplier_id.unwrap_or("no supplier");
        Export {
            stem,
            formats: BOTH,
            about: format!(
                "Order lines for {supplier} to send on {order_on}, planned at the close of {}",
                decision.ctx.as_of
            ),
            columns: columns(&[
                ("Product", None),
                ("Name", None),
                ("Location", None),
                ("Order on", None),
                ("Arrives on", None),
                ("Quantity", Some(Unit::Units)),
                ("Packs", Some(Unit::Count)),
                ("Unit cost", Some(Unit::Money)),
                ("Value", Some(Unit::Money)),
                ("Urgency", None),
            ]),
            rows: lines.iter().map(|line| order_row(line)).collect(),
        }
    };
    groups.into_iter().map(file).collect()
}

fn order_row(line: &Line) -> Vec<Cell> {
    vec![
        text(&line.key.product_id),
        text(&line.product.name),
        text(&line.key.location_id),
        Cell::Date(line.plan.order_on),
        Cell::Date(line.plan.arrives_on),
        units(line.plan.quantity_milli),
        amount(line.packs()),
        amount(line.product.unit_cost),
        amount(line.order_value),
        text(line.urgency.name()),
    ]
}

fn plan_file(decision: &Decision<'_>) -> Export {
    let row = |line: &Line| {
        let mut cells = vec![optional(line.product.supplier_id.as_deref())];
        cells.extend(order_row(line));
        cells.extend([
            units(line.stock.on_hand.max(0)),
            units(line.stock.reserved),
            units(line.on_order_milli),
            units(line.plan.expected_demand_milli),
            units(line.plan.order_up_to_milli),
            Cell::Date(line.last_covered_day()),
            line.stock_out_on.map_or(Cell::Empty, Cell::Date),
            text(&line.flags.join(",")),
            text(&line.explanation),
        ]);
        cells
    };
    Export {
        stem: "inventory-plan".to_owned(),
        formats: BOTH,
        about: format!("Every line planned at the close of {}, also those with nothing to order", decision.ctx.as_of),
        columns: columns(&[
            ("Supplier", None),
            ("Product", None),
            ("Name", None),
            ("Location", None),
            ("Order on", None),
            ("Arrives on", None),
            ("Quantity", Some(Unit::Units)),
            ("Packs", Some(Unit::Count)),
            ("Unit cost", Some(Unit::Money)),
            ("Value", Some(Unit::Money)),
            ("Urgency", None),
            ("On hand", Some(Unit::Units)),
            ("Reserved", Some(Unit::Units)),
            ("On order", Some(Unit::Units)),
            ("Expected demand", Some(Unit::Units)),
            ("Order up to", Some(Unit::Units)),
            ("Covers until", None),
            ("Stock-out on, if nothing is ordered", None),
            ("Flags", None),
            ("Explanation", None),
        ]),
        rows: decision.lines.iter().map(row).collect(),
    }
}

fn exception_file(decision: &Decision<'_>) -> Export {
    let row = |exception: &Exception| {
        let name = exception
            .product_id
            .as_ref()
            .and_then(|id| decision.facts.products.get(id))
            .map(|product| product.name.as_str());
        vec![
            text(exception.severity),
            text(exception.code),
            optional(exception.product_id.as_deref()),
            optional(name),
            optional(exception.location_id.as_deref()),
            optional(exception.supplier_id.as_deref()),
            exception.first_on.map_or(Cell::Empty, Cell::Date),
            exception.quantity.map_or(Cell::Empty, Cell::Number),
            exception.value.map_or(Cell::Empty, Cell::Number),
            text(&exception.text),
        ]
    };
    Export {
        stem: "inventory-exceptions".to_owned(),
        formats: BOTH,
        about: format!("What a planner should look at, as known at the close of {}", decision.ctx.as_of),
        columns: columns(&[
            ("Severity", None),
            ("Exception", None),
            ("Product", None),
            ("Name", None),
            ("Location", None),
            ("Supplier", None),
            ("From", None),
            ("Quantity", Some(Unit::Units)),
            ("Value", Some(Unit::Money)),
            ("What to do", None),
        ]),
        rows: decision.exceptions.iter().map(row).collect(),
    }
}
