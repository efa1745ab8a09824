//! The page: verdict, grade of earlier advice, what to do with money beside it, and how the orders came about.

use std::collections::BTreeSet;

use super::decision::{Decision, ROWS_SHOWN, total_value};
use super::exception::Exception;
use super::exports::supplier_stem;
use super::line::Line;
use super::supplier_orders::SupplierOrder;
use super::units::in_units;
use super::{FillRateOf, changes, metrics, page_beside, page_details, page_exceptions, page_grade, transfers};
use crate::job::Mode;
use crate::page_kit::ViewRows;
use crate::publication::{Page, Section, Unit};
use crate::words::{counted, money, short_percent};

pub(super) fn page(decision: &Decision<'_>) -> Page {
    let mut actions: Vec<Section> = page_beside::section(decision).into_iter().collect();
    actions.extend([orders(decision), suppliers(decision)]);
    actions.extend(moves(decision));
    actions.extend(page_exceptions::sections(decision));
    Page {
        title: "Inventory plan".to_owned(),
        headline: match &decision.facts.stand_in {
            Some(_) => format!(
                "STAND-IN from the forecast of {}, newer data had not arrived. {}",
                decision.facts.forecast_as_of,
                headline(decision)
            ),
            None => headline(decision),
        },
        grade: Some(page_grade::section(decision)),
        actions,
        changes: changes::changes(decision),
        details: page_details::sections(decision),
    }
}

fn headline(decision: &Decision<'_>) -> String {
    let sentence = match decision.coverage.sentence() {
        Some(unplanned) if decision.coverage.is_empty() => format!("Nothing could be planned: {unplanned}"),
        Some(unplanned) => format!("{unplanned}. Of the others: {}", of_what_was_planned(decision)),
        None => of_what_was_planned(decision),
    };
    // Launches without stock, orders to cancel or never come: no line of the plan tells of them.
    let is_other = |row: &&Exception| row.severity == "red" && !["stock_out_now", "stock_out_risk"].contains(&row.code);
    match decision.exceptions.iter().filter(is_other).count() {
        0 => sentence,
        n => format!("{sentence}; {}", counted(n, "other red exception", "other red exceptions")),
    }
}

fn of_what_was_planned(decision: &Decision<'_>) -> String {
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
        let suppliers = counted(suppliers(&today), "supplier", "suppliers");
        format!("Order {} {} from {suppliers}", counted(today.len(), "line", "lines"), worth(&today))
    };
    if !later.is_empty() {
        sentence.push_str(&format!(
            " ({} {} on later order days)",
            counted(later.len(), "line", "lines"),
            worth(&later)
        ));
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
    format!(
        "{sentence}; {} will run out before an order can arrive{money_lost}",
        counted(at_risk.len(), "line", "lines")
    )
}

fn orders(decision: &Decision<'_>) -> Section {
    let lines = decision.handed_out();
    let section = Section::headed("What to order");
    if lines.is_empty() {
        let text = match decision.coverage.sentence() {
            None => "Stock suffices everywhere: no line needs an order.".to_owned(),
            Some(unplanned) => format!("No line that could be planned needs an order; {unplanned}."),
        };
        return section.saying([text]);
    }
    // What a planner orders from comes first: a phone shows three columns.
    let table = ViewRows::of(lines.iter().take(ROWS_SHOWN).copied())
        .text("Product", |line| line.product.name.as_str())
        .text("Location", |line| line.key.location_id.as_str())
        .number("Quantity", Unit::Units, |line| in_units(line.to_order_milli()))
        .text("Urgency", |line| line.urgency.name())
        .text("Supplier", |line| line.product.supplier_id.as_deref())
        .text("Order on", Line::order_on)
        .text("Arrives on", |line| line.plan.arrives_on)
        .text("or by", |line| line.plan.arrives_by)
        .number("Value", Unit::Money, Line::to_order_value)
        .text("Why", Line::explanation)
        .view_of("Orders, most urgent first", lines.len());
    let advice = match decision.ctx.mode {
        Mode::Live => {
            "Every supplier has a file of its own, ready to send; orders for later days are planned again each night until then. Half of such \
             orders have come on the day they arrive on, nine in ten by the one after it."
        }
        Mode::Shadow => {
            "In the shadow there are no files for suppliers: this is what would be ordered. Orders for later days are planned again each night."
        }
    };
    Section {
        tables: vec![table],
        ..section.saying([Some(advice.to_owned()), service(decision)].into_iter().flatten())
    }
}

/// What the orders are expected to serve, beside what was asked for.
fn service(decision: &Decision<'_>) -> Option<String> {
    let share = metrics::expected_service(decision)?;
    let asked = match (decision.settings.fill_rate, decision.settings.fill_rate_of) {
        (None, _) => String::new(),
        (Some(wanted), FillRateOf::Assortment) => {
            format!(" ({} is asked of all lines together)", short_percent(wanted.get()))
        }
        (Some(wanted), FillRateOf::EachLine) => format!(" ({} is asked of every line)", short_percent(wanted.get())),
    };
    Some(format!(
        "With these orders, {} of the value of what customers ask for between their arrival and that of the next ones is expected to be \
         served from the shelf{asked}.",
        short_percent(share)
    ))
}

/// What locations can give to each other, where they can.
fn moves(decision: &Decision<'_>) -> Option<Section> {
    let all = &decision.transfers;
    let table = ViewRows::of(all.iter().take(ROWS_SHOWN))
        .text("Product", |one| decision.name_of(&one.product_id))
        .text("From", |one| one.from.as_str())
        .text("To", |one| one.to.as_str())
        .number("Quantity", Unit::Units, |one| in_units(one.quantity_milli))
        .number("Sales saved", Unit::Money, |one| one.value)
        .text("Send on", |one| one.move_on)
        .text("Why", |one| one.text.as_str())
        .view_of("Moves between locations, the most valuable first", all.len());
    let section = Section::headed("Move between locations");
    (!all.is_empty()).then(|| Section {
        tables: vec![table],
        ..section.saying([format!("{}.", transfers::told(all, decision.ctx.currency))])
    })
}

fn suppliers(decision: &Decision<'_>) -> Section {
    let short = decision.suppliers.iter().filter(|order| !order.check.is_met()).count();
    let sentence = match (decision.suppliers.len(), short) {
        (0, _) => "No supplier gets an order.".to_owned(),
        (n, 0) => format!("{}; none falls short of a known minimum.", counted(n, "order", "orders")),
        (n, short) => format!(
            "{}; {} short of the supplier's minimum.",
            counted(n, "order", "orders"),
            counted(short, "falls", "fall")
        ),
    };
    let section = Section::headed("Suppliers").saying([sentence]);
    if decision.suppliers.is_empty() {
        return section;
    }
    let mut orders: Vec<&SupplierOrder> = decision.suppliers.iter().collect();
    let value = |order: &SupplierOrder| order.check.order_value;
    orders.sort_by(|left, right| {
        value(right).total_cmp(&value(left)).then_with(|| left.supplier_id.cmp(&right.supplier_id))
    });
    let verdict = |order: &SupplierOrder| match (order.minimum, order.check.is_met()) {
        (None, _) => "no minimum known".to_owned(),
        (Some(_), true) => "meets the minimum".to_owned(),
        (Some(_), false) => format!("{} short", money(order.check.shortfall, decision.ctx.currency)),
    };
    let table = ViewRows::of(orders.iter().take(ROWS_SHOWN).copied())
        .text("Supplier", |order| order.name.as_str())
        .text("Order on", |order| order.order_on)
        .number("Lines", Unit::Count, |order| order.lines)
        .number("Value", Unit::Money, |order| (order.lines > order.check.lines_without_cost).then(|| value(order)))
        .number("Minimum", Unit::Money, |order| order.minimum)
        .text("Verdict", verdict)
        .text("File", |order| {
            let is_made = decision.ctx.mode == Mode::Live;
            is_made.then(|| supplier_stem(order.supplier_id.as_deref(), order.order_on))
        })
        .view_of("Order value per supplier and order day", orders.len());
    Section { tables: vec![table], ..section }
}
