//! The files: orders per supplier, the whole plan, the exceptions; in the shadow what was asked for beside what was ordered.

use std::collections::BTreeMap;

use super::beside::{Ask, AskEnd, Beside, Unasked};
use super::decision::Decision;
use super::erp_files;
use super::line::Line;
use super::line_key::LineKey;
use super::units::in_units;
use crate::day::Day;
use crate::page_kit::ViewRows;
use crate::publication::{Export, ExportFormat, Unit};
use crate::quantities::Quantity;

const BOTH: &[ExportFormat] = &[ExportFormat::Csv, ExportFormat::Xlsx];

/// As it is published.
fn to_the_thousandth(units: f64) -> f64 {
    Quantity::from_units(units).units()
}

pub(super) fn exports(decision: &Decision<'_>) -> Vec<Export> {
    let mut exports = supplier_files(decision);
    exports.push(plan_file(decision));
    exports.extend(erp_files::exports(decision));
    exports.push(exception_file(decision));
    exports.extend((!decision.transfers.is_empty()).then(|| transfer_file(decision)));
    exports.extend(decision.beside.as_ref().map(|beside| beside_file(decision, beside)));
    exports
}

/// The file of a supplier's orders for a day; characters that file systems refuse become `_`.
pub(super) fn supplier_stem(supplier_id: Option<&str>, order_on: Day) -> String {
    let safe =
        |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    supplier_id.map_or_else(
        || format!("orders-{order_on}-without-supplier"),
        |id| format!("orders-{order_on}-{}", id.chars().map(safe).collect::<String>()),
    )
}

fn supplier_files(decision: &Decision<'_>) -> Vec<Export> {
    let mut groups: BTreeMap<(Option<&str>, Day), Vec<&Line>> = BTreeMap::new();
    for line in decision.handed_out() {
        groups.entry((line.product.supplier_id.as_deref(), line.order_on())).or_default().push(line);
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let file = |((supplier_id, order_on), mut lines): ((Option<&str>, Day), Vec<&Line>)| {
        let stem = supplier_stem(supplier_id, order_on);
        let uses = taken.entry(stem.clone()).or_default();
        *uses += 1;
        // Ids that differ only in refused characters must not share a file.
        let stem = if *uses > 1 { format!("{stem}-{uses}") } else { stem };
        lines.sort_by(|left, right| left.key.cmp(&right.key));
        let supplier = supplier_id.unwrap_or("no supplier");
        let as_of = decision.as_of();
        let about = format!("Order lines for {supplier} to send on {order_on}, planned at the close of {as_of}");
        order_columns(ViewRows::of(lines)).export(stem, BOTH, &about).leaving()
    };
    groups.into_iter().map(file).collect()
}

/// What a supplier has to know.
fn order_columns(rows: ViewRows<'_, Line>) -> ViewRows<'_, Line> {
    rows.text("Product", |line| line.key.product_id.as_str())
        .text("Name", |line| line.product.name.as_str())
        .text("Location", |line| line.key.location_id.as_str())
        .text("Order on", Line::order_on)
        .text("Arrives on", |line| line.plan.arrives_on)
        .text("Arrives by", |line| line.plan.arrives_by)
        .number("Quantity", Unit::Units, |line| in_units(line.to_order_milli()))
        .number("Packs", Unit::Count, Line::packs_to_order)
        .number("Unit cost", Unit::Money, |line| line.product.unit_cost)
        .number("Value", Unit::Money, Line::to_order_value)
        .text("Urgency", |line| line.urgency.name())
}

fn plan_file(decision: &Decision<'_>) -> Export {
    let about = format!("Every line planned at the close of {}, also those with nothing to order", decision.as_of());
    let suppliers = ViewRows::of(&decision.lines).text("Supplier", |line| line.product.supplier_id.as_deref());
    order_columns(suppliers)
        .number("On hand", Unit::Units, |line| in_units(line.stock.on_hand.max(0)))
        .number("Reserved", Unit::Units, |line| in_units(line.stock.reserved))
        .number("On order", Unit::Units, |line| in_units(line.on_order_milli))
        .number("Expected demand", Unit::Units, |line| in_units(line.plan.expected_demand_milli))
        .number("Order up to", Unit::Units, |line| in_units(line.plan.order_up_to_milli))
        .text("Covers until", Line::last_covered_day)
        .text("Stock-out on, if nothing is ordered", |line| line.stock_out_on)
        .text("Flags", |line| line.flags.join(","))
        .text("Explanation", Line::explanation)
        .export("inventory-plan", BOTH, &about)
}

fn exception_file(decision: &Decision<'_>) -> Export {
    let about = format!("What a planner should look at, as known at the close of {}", decision.as_of());
    ViewRows::of(&decision.exceptions)
        .text("Severity", |exception| exception.severity)
        .text("Exception", |exception| exception.code)
        .text("Product", |exception| exception.product_id.as_deref())
        .text("Name", |exception| {
            let product = decision.facts.products.get(exception.product_id.as_ref()?)?;
            Some(product.name.as_str())
        })
        .text("Location", |exception| exception.location_id.as_deref())
        .text("Supplier", |exception| exception.supplier_id.as_deref())
        .text("From", |exception| exception.first_on)
        .number("Quantity", Unit::Units, |exception| exception.quantity.map(to_the_thousandth))
        .number("Value", Unit::Money, |exception| exception.value)
        .text("What to do", |exception| exception.text.as_str())
        .export("inventory-exceptions", BOTH, &about)
}

fn transfer_file(decision: &Decision<'_>) -> Export {
    let about = format!("What locations can give to each other, planned at the close of {}", decision.as_of());
    ViewRows::of(&decision.transfers)
        .text("Product", |one| one.product_id.as_str())
        .text("Name", |one| decision.name_of(&one.product_id))
        .text("From", |one| one.from.as_str())
        .text("To", |one| one.to.as_str())
        .number("Quantity", Unit::Units, |one| in_units(one.quantity_milli))
        .number("Sales saved", Unit::Money, |one| one.value)
        .text("Send on", |one| one.move_on)
        .text("Arrives by", |one| one.arrives_by)
        .text("Why", |one| one.text.as_str())
        .export("inventory-transfers", BOTH, &about)
}

/// Everything that was asked for or ordered in the weeks that a plan in the shadow looks back on.
fn beside_file(decision: &Decision<'_>, beside: &Beside) -> Export {
    let mut rows: Vec<Compared<'_>> = beside.asks.iter().map(Compared::Asked).collect();
    rows.extend(beside.unasked.iter().map(Compared::Unasked));
    rows.sort_by(|left, right| (left.key(), left.day()).cmp(&(right.key(), right.day())));
    let about = format!("What the plan asked for from {} to {}, and what was ordered", beside.from, decision.as_of());
    ViewRows::of(&rows)
        .text("Product", |row| row.key().product_id.as_str())
        .text("Name", |row| decision.name_of(&row.key().product_id))
        .text("Location", |row| row.key().location_id.as_str())
        .text("What was done", Compared::done)
        .text("Asked for on", |row| row.asked().map(|ask| ask.asked_on))
        .number("Asked for", Unit::Units, |row| row.asked().map(|ask| in_units(ask.asked)))
        .text("Ordered on", |row| row.ordered().map(|(on, _)| on))
        .number("Ordered", Unit::Units, |row| row.ordered().map(|(_, quantity)| in_units(quantity)))
        .number("Days without stock", Unit::Count, |row| row.asked().map(|ask| f64::from(ask.empty_days)))
        .number("Sales lost", Unit::Money, |row| row.asked().and_then(|ask| ask.lost))
        .export("beside-what-was-ordered", BOTH, &about)
}

/// A row of that file.
enum Compared<'b> {
    Asked(&'b Ask),
    Unasked(&'b Unasked),
}

impl Compared<'_> {
    fn key(&self) -> &LineKey {
        match self {
            Self::Asked(ask) => &ask.key,
            Self::Unasked(order) => &order.key,
        }
    }

    fn day(&self) -> Day {
        match self {
            Self::Asked(ask) => ask.asked_on,
            Self::Unasked(order) => order.on,
        }
    }

    fn asked(&self) -> Option<&Ask> {
        match self {
            Self::Asked(ask) => Some(ask),
            Self::Unasked(_) => None,
        }
    }

    /// When, and how much in thousandths.
    fn ordered(&self) -> Option<(Day, i64)> {
        match self {
            Self::Asked(Ask { end: AskEnd::Ordered(on, quantity), .. }) => Some((*on, *quantity)),
            Self::Asked(_) => None,
            Self::Unasked(order) => Some((order.on, order.quantity)),
        }
    }

    fn done(&self) -> &'static str {
        match self {
            Self::Asked(Ask { end: AskEnd::Ordered(..), .. }) => "ordered",
            Self::Asked(Ask { end: AskEnd::Open, .. }) => "not ordered yet",
            Self::Asked(Ask { end: AskEnd::Passed, .. }) => "not ordered, the need passed",
            Self::Unasked(_) => "ordered unasked",
        }
    }
}
