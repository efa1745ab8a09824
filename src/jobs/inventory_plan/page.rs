//! The page: verdict, grade of earlier advice, what to do with money beside it, and how the orders came about.

use std::collections::BTreeSet;

use super::cells::{amount, optional, table, text, units};
use super::decision::{Decision, total_value};
use super::exception::Exception;
use super::exports::supplier_stem;
use super::line::Line;
use super::supplier_orders::SupplierOrder;
use super::words::{count, money};
use super::{changes, page_details, page_exceptions, page_grade};
use crate::publication::{Cell, Page, Section, Unit};

pub(super) fn page(decision: &Decision<'_>) -> Page {
    let mut actions = vec![orders(decision), suppliers(decision)];
    actions.extend(page_exceptions::sections(decision));
    Page {
        title: "Inventory plan".to_owned(),
        headline: headline(decision),
        grade: Some(page_grade::section(decision)),
        actions,
        changes: changes::changes(decision),
        details: page_details::sections(decision),
    }
}

fn headline(decision: &Decision<'_>) -> String {
    let currency = decision.ctx.currency;
    let today: Vec<&Line> = decision.lines.iter().filter(|line| line.is_ordered() && decision.is_today(line)).collect();
    let later: Vec<&Line> =
        decision.lines.iter().filter(|line| line.is_ordered() && !decision.is_today(line)).collect();
    let worth = |lines: &[&Line]| {
        total_value(lines.iter().copied())
            .map_or_else(|| "of unknown value".to_owned(), |value| format!("worth {}", money(value, currency)))
    };
    let suppliers = |lines: &[&Line]| lines.iter().map(|line| &line.product.supplier_id).collect::<BTreeSet<_>>().len();
    let mut sentence = if today.is_empty() {
        "Nothing to order today".to_owned()
    } else {
        let suppliers = count(suppliers(&today), "supplier", "suppliers");
        format!("Order {} {} from {suppliers}", count(today.len(), "line", "lines"), worth(&today))
    };
    if !later.is_empty() {
        sentence.push_str(&format!(" ({} {} on later order days)", count(later.len(), "line", "lines"), worth(&later)));
    }
    let at_risk: Vec<&Exception> = decision.with_code(&["stock_out_now", "stock_out_risk"]).collect();
    if at_risk.is_empty() {
        return format!("{sentence}; no line is expected to run out before an order can arrive");
    }
    let lost: Vec<f64> = at_risk.iter().filter_map(|row| row.value).collect();
    let money_lost = if lost.is_empty() {
        String::new()
    } else {
        format!(", {} of sales at risk", money(lost.iter().sum(), currency))
    };
    format!("{sentence}; {} will run out before an order can arrive{money_lost}", count(at_risk.len(), "line", "lines"))
}

fn orders(decision: &Decision<'_>) -> Section {
    let lines = decision.handed_out();
    let row = |line: &&Line| {
        vec![
            // What a planner orders from comes first: a phone shows three columns.
            text(&line.product.name),
            text(&line.key.location_id),
            units(line.plan.quantity_milli),
            text(line.urgency.name()),
            optional(line.product.supplier_id.as_deref()),
            Cell::Date(line.plan.order_on),
            Cell::Date(line.plan.arrives_on),
            amount(line.order_value),
            text(&line.explanation),
        ]
    };
    let labels = [
        ("Product", None),
        ("Location", None),
        ("Quantity", Some(Unit::Units)),
        ("Urgency", None),
        ("Supplier", None),
        ("Order on", None),
        ("Arrives on", None),
        ("Value", Some(Unit::Money)),
        ("Why", None),
    ];
    let table = table("Orders, most urgent first", &labels, &lines, row);
    let (sentence, tables) = if lines.is_empty() {
        ("Stock suffices everywhere: no line needs an order.".to_owned(), Vec::new())
    } else {
        ("Every supplier has a file of its own, ready to send; orders for later days are planned again each night until then.".to_owned(), vec![table])
    };
    Section { heading: "What to order".to_owned(), text: vec![sentence], tables, ..Section::default() }
}

fn suppliers(decision: &Decision<'_>) -> Section {
    let row = |order: &SupplierOrder| {
        let verdict = match (order.minimum, order.check.is_met()) {
            (None, _) => "no minimum known".to_owned(),
            (Some(_), true) => "meets the minimum".to_owned(),
            (Some(_), false) => format!("{} short", money(order.check.shortfall, decision.ctx.currency)),
        };
        let is_known = order.lines > order.check.lines_without_cost;
        vec![
            text(&order.name),
            Cell::Date(order.order_on),
            Cell::Number(order.lines as f64),
            if is_known { Cell::Number(order.check.order_value) } else { Cell::Empty },
            amount(order.minimum),
            text(&verdict),
            text(&supplier_stem(order.supplier_id.as_deref(), order.order_on)),
        ]
    };
    let short = decision.suppliers.iter().filter(|order| !order.check.is_met()).count();
    let sentence = match (decision.suppliers.len(), short) {
        (0, _) => "No supplier gets an order.".to_owned(),
        (n, 0) => format!("{}; none falls short of a known minimum.", count(n, "order", "orders")),
        (n, short) => format!(
            "{}; {} short of the supplier's minimum.",
            count(n, "order", "orders"),
            count(short, "falls", "fall")
        ),
    };
    let mut orders: Vec<&SupplierOrder> = decision.suppliers.iter().collect();
    orders.sort_by(|left, right| {
        right
            .check
            .order_value
            .total_cmp(&left.check.order_value)
            .then_with(|| left.supplier_id.cmp(&right.supplier_id))
    });
    let labels = [
        ("Supplier", None),
        ("Order on", None),
        ("Lines", Some(Unit::Count)),
        ("Value", Some(Unit::Money)),
        ("Minimum", Some(Unit::Money)),
        ("Verdict", None),
        ("File", None),
    ];
    let table = table("Order value per supplier and order day", &labels, &orders, |order| row(order));
    let tables = if orders.is_empty() { Vec::new() } else { vec![table] };
    Section { heading: "Suppliers".to_owned(), text: vec![sentence], tables, ..Section::default() }
}
