//! Which lines, orders and suppliers a planner must look at.

use std::collections::BTreeMap;

use super::exception::Exception;
use super::facts::InventoryFacts;
use super::handed_out::{Trust, Untraced};
use super::lifecycle::Still;
use super::line::Line;
use super::line_key::LineKey;
use super::orders::LineOrder;
use super::rests::Rest;
use super::supplier_orders::SupplierOrder;
use super::supplier_terms::SupplierTerms;
use super::transfers::LineTransfer;
use super::units::{in_units, number, tenth, units};
use crate::day::Day;
use crate::quantities::Currency;
use crate::words::{counted, money};

/// What is looked through.
pub(super) struct Planned<'a> {
    pub(super) as_of: Day,
    pub(super) currency: Currency,
    pub(super) facts: &'a InventoryFacts,
    pub(super) lines: &'a [Line],
    pub(super) dead: &'a BTreeMap<LineKey, Still>,
    pub(super) transfers: &'a [LineTransfer],
    pub(super) suppliers: &'a [SupplierOrder],
    pub(super) terms: &'a BTreeMap<Option<String>, SupplierTerms>,
}

/// Asked of every planned line.
const OF_LINES: [fn(&Planned<'_>, &Line) -> Option<Exception>; 4] = [stock_out, overstock, stale_stock, negative_stock];

/// Asked of the plan as a whole.
const OF_THE_PLAN: [fn(&Planned<'_>) -> Vec<Exception>; 6] =
    [late_orders, short_deliveries, lead_times_changed, not_in_the_books, minimums_not_met, missing_costs];

/// Exceptions of planned lines, then of orders, suppliers and costs.
pub(super) fn find(plan: &Planned<'_>) -> Vec<Exception> {
    let of_lines = plan.lines.iter().flat_map(|line| OF_LINES.iter().filter_map(|rule| rule(plan, line)));
    of_lines.chain(OF_THE_PLAN.iter().flat_map(|rule| rule(plan))).collect()
}

fn stock_out(plan: &Planned<'_>, line: &Line) -> Option<Exception> {
    let projection = &line.before_arrival;
    let first_short_on = projection.first_short_on;
    let is_out = line.is_out_now();
    if !is_out && first_short_on.is_none() {
        return None;
    }
    let lost = format!(
        "{} units of sales{} are expected to be lost before an order of {} can arrive on {}",
        tenth(projection.lost_units),
        projection.lost_value.map_or_else(String::new, |value| format!(" worth {}", money(value, plan.currency))),
        line.plan.order_on,
        line.plan.arrives_by
    );
    let (code, first_on, lead) = match (is_out, first_short_on) {
        (false, Some(day)) => ("stock_out_risk", Day::from(day), format!("Stock is expected to run out on {day}")),
        _ => ("stock_out_now", plan.as_of, "Nothing is available now".to_owned()),
    };
    let key = &line.key;
    let moves: Vec<String> = (plan.transfers.iter())
        .filter(|one| one.product_id == key.product_id && one.to == key.location_id)
        .map(|one| format!("{} from {}", units(one.quantity_milli), one.from))
        .collect();
    let help = match &moves[..] {
        [] => "No move between locations helps: ask for a faster delivery".to_owned(),
        moves => format!("Move {}", moves.join(" and ")),
    };
    Some(Exception {
        first_on: Some(first_on),
        quantity: Some(projection.lost_units),
        value: projection.lost_value,
        text: format!("{lead}; {lost}. {help}"),
        ..about(code, "red", line)
    })
}

fn overstock(plan: &Planned<'_>, line: &Line) -> Option<Exception> {
    let excess = line.overstock.as_ref()?;
    // Lifecycle says more of what ends and of what does not move at all.
    if line.product.discontinued_on.is_some() || plan.dead.contains_key(&line.key) {
        return None;
    }
    let cover = excess
        .days_of_cover
        .map_or_else(|| "never sells through".to_owned(), |days| format!("lasts {} days", number(days.round())));
    let until = excess.sold_through_on.map_or_else(String::new, |day| format!(", until {day}"));
    let worth = excess.excess_value.map_or_else(String::new, |value| format!(" worth {}", money(value, plan.currency)));
    Some(Exception {
        first_on: Some(plan.as_of),
        quantity: Some(in_units(excess.excess_milli)),
        value: excess.excess_value,
        text: format!(
            "Stock {cover}{until}: {}{worth} too much. Transfer it, mark it down or stop ordering",
            units(excess.excess_milli)
        ),
        ..about("overstock", "amber", line)
    })
}

fn stale_stock(_: &Planned<'_>, line: &Line) -> Option<Exception> {
    line.flags.contains(&"stale_stock").then(|| Exception {
        first_on: Some(line.stock.snapshot_on),
        quantity: Some(in_units(line.stock.on_hand.max(0))),
        text: format!(
            "Stock was last counted on {}; it was rolled forward by sales and deliveries since. Count it, or load the newer snapshot",
            line.stock.snapshot_on
        ),
        ..about("stale_stock", "amber", line)
    })
}

fn negative_stock(_: &Planned<'_>, line: &Line) -> Option<Exception> {
    (line.stock.on_hand < 0).then(|| Exception {
        first_on: Some(line.stock.snapshot_on),
        quantity: Some(in_units(line.stock.on_hand)),
        value: line.product.unit_cost.map(|cost| in_units(line.stock.on_hand) * cost as f64),
        text: format!(
            "The books say {} on hand; planned as 0. Count the shelf and correct the books",
            units(line.stock.on_hand)
        ),
        ..about("negative_stock", "amber", line)
    })
}

/// Of each product and location with open orders that should have arrived, and those given up.
fn late_orders(plan: &Planned<'_>) -> Vec<Exception> {
    let mut found = Vec::new();
    for (key, orders) in &plan.facts.open_orders {
        let product = plan.facts.products.get(&key.product_id);
        let supplier = product.and_then(|product| product.supplier_id.clone());
        let terms = plan.terms.get(&supplier).and_then(|terms| terms.lead_time.as_ref());
        let rests_come = plan.facts.rests.come(supplier.as_ref());
        let (given_up, late): (Vec<&LineOrder>, Vec<&LineOrder>) = (orders.iter())
            .filter(|order| order.due_on <= plan.as_of && order.is_in_books && (rests_come || !order.is_rest()))
            .partition(|order| terms.is_some_and(|(lead_time, _)| order.is_given_up(plan.as_of, lead_time)));
        let about = |orders: &[&LineOrder], code, severity| {
            let first_due = orders.iter().map(|order| order.due_on).min()?;
            let quantity: i64 = orders.iter().map(|order| order.quantity).sum();
            let numbers: Vec<&str> = orders.iter().filter_map(|order| order.order_number.as_deref()).collect();
            let named = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
            let exception = Exception {
                first_on: Some(first_due),
                quantity: Some(in_units(quantity)),
                value: product.and_then(|product| product.unit_cost).map(|cost| in_units(quantity) * cost as f64),
                ..Exception::of_line(code, severity, key, supplier.as_ref())
            };
            Some((exception, format!("{} on order{named} were due on {first_due}", units(quantity))))
        };
        found.extend(about(&given_up, "order_given_up", "red").map(|(exception, orders)| Exception {
            text: format!(
                "{orders}, {} ago, and never came: they no longer count as on their way. Close them in the books, or ask the supplier",
                counted(exception.first_on.map_or(0, |day| (plan.as_of - day).max(0) as usize), "day", "days")
            ),
            ..exception
        }));
        found.extend(about(&late, "late_order", "amber").map(|(exception, orders)| Exception {
            text: format!("{orders} and have not arrived. Ask the supplier for a date, or cancel the order"),
            ..exception
        }));
    }
    found
}

/// Suppliers whose partly delivered orders never get their rest.
fn short_deliveries(plan: &Planned<'_>) -> Vec<Exception> {
    let about = |(supplier, rest): (Option<&str>, Rest)| {
        let product = |key: &LineKey| plan.facts.products.get(&key.product_id);
        let is_of = |key: &LineKey| product(key).is_some_and(|product| product.supplier_id.as_deref() == supplier);
        let lines = plan.facts.open_orders.iter().filter(|(key, _)| is_of(key));
        let rests: Vec<(&LineKey, &LineOrder)> = lines
            .flat_map(|(key, orders)| orders.iter().map(move |order| (key, order)))
            .filter(|(_, order)| order.is_rest())
            .collect();
        let cost =
            |(key, order): &(&LineKey, &LineOrder)| Some(in_units(order.quantity) * product(key)?.unit_cost? as f64);
        let value: f64 = rests.iter().filter_map(cost).sum();
        Exception {
            supplier_id: supplier.map(ToOwned::to_owned),
            first_on: rests.iter().map(|(_, order)| order.due_on).min(),
            value: Some(value),
            code: "short_deliveries",
            severity: "note",
            text: format!(
                "Of {} delivered in part, {} never got the rest: what is open of {} now, worth {}, does not count as on its way. Close the \
                 orders in the books, or claim them",
                counted(rest.came + rest.never_came, "order line", "order lines"),
                rest.never_came,
                counted(rests.len(), "line", "lines"),
                money(value, plan.currency)
            ),
            ..Exception::default()
        }
    };
    plan.facts.rests.short().map(about).collect()
}

/// Suppliers whose newest deliveries take another time than those before.
fn lead_times_changed(plan: &Planned<'_>) -> Vec<Exception> {
    let about = |(supplier, terms): (&Option<String>, &SupplierTerms)| {
        let change = terms.change?;
        let (now, before) =
            (counted(change.now as usize, "day", "days"), counted(change.before as usize, "day", "days"));
        let (severity, what) = if change.now > change.before { ("amber", "slower") } else { ("note", "faster") };
        Some(Exception {
            code: "lead_time_changed",
            severity,
            supplier_id: supplier.clone(),
            first_on: Some(change.since),
            text: format!(
                "Deliveries have become {what}: half of the {} ordered since {} took {now} or more, before it was {before}. Orders are \
                 planned with what holds since then; ask whether it stays so",
                change.deliveries, change.since
            ),
            ..Exception::default()
        })
    };
    plan.terms.iter().filter_map(about).collect()
}

/// Orders that were handed out and that the books do not show, together by line and by what is to be thought of them.
fn not_in_the_books(plan: &Planned<'_>) -> Vec<Exception> {
    let mut together: BTreeMap<(&LineKey, Trust), Vec<&Untraced>> = BTreeMap::new();
    for order in plan.facts.untraced.iter().filter(|order| order.is_news) {
        together.entry((&order.key, order.trust)).or_default().push(order);
    }
    together.into_iter().map(|((key, trust), orders)| not_shown(plan, key, trust, &orders)).collect()
}

fn not_shown(plan: &Planned<'_>, key: &LineKey, trust: Trust, orders: &[&Untraced]) -> Exception {
    let product = plan.facts.products.get(&key.product_id);
    let days: BTreeMap<Day, Day> = orders.iter().map(|order| (order.ordered_on, order.planned)).collect();
    let milli: i64 = orders.iter().map(|order| order.quantity).sum();
    let quantity = units(milli);
    let on = match (days.keys().next(), days.keys().last()) {
        (Some(first), Some(last)) if first == last => format!("on {first}"),
        (Some(first), Some(last)) => format!("in {} orders from {first} to {last}", orders.len()),
        _ => String::new(),
    };
    let planned = days.values().next().map(ToString::to_string).unwrap_or_default();
    let of_plan = if days.len() > 1 { ", and so for the plans after it" } else { "" };
    let decide = |action: &str| {
        format!("`nightclerk decide order {} {} {action} --plan {planned}`{of_plan}", key.product_id, key.location_id)
    };
    let (code, severity, text) = match trust {
        Trust::OnItsWay => (
            "order_not_in_books",
            "amber",
            format!(
                "{quantity} were to be ordered {on}, and the books do not show that, nor that it was not done: they still count as on their way. \
                 Were they not placed? {}",
                decide("reject")
            ),
        ),
        Trust::NotPlaced => (
            "order_not_placed",
            "amber",
            format!(
                "{quantity} were to be ordered {on}; the books know of orders of this supplier since, and not of these: they count for nothing, \
                 and what is needed is ordered anew. Were they placed all the same? {}",
                decide("ordered")
            ),
        ),
        Trust::NeverCame => (
            "order_never_came",
            "red",
            format!(
                "{quantity} were to be ordered {on}, never stood in the books and should have come by now: they count for nothing any more, \
                 and what is needed is ordered anew. Find out whether there is such an order before you place another"
            ),
        ),
    };
    Exception {
        first_on: days.keys().next().copied(),
        quantity: Some(in_units(milli)),
        value: product.and_then(|product| product.unit_cost).map(|cost| in_units(milli) * cost as f64),
        text,
        ..Exception::of_line(code, severity, key, product.and_then(|product| product.supplier_id.as_ref()))
    }
}

fn minimums_not_met(plan: &Planned<'_>) -> Vec<Exception> {
    let short = plan.suppliers.iter().filter(|order| !order.check.is_met());
    short.map(|order| minimum_not_met(order, plan.currency)).collect()
}

fn minimum_not_met(order: &SupplierOrder, currency: Currency) -> Exception {
    let unknown = match order.check.lines_without_cost {
        0 => String::new(),
        n => format!(" ({} without a cost not counted)", counted(n, "line", "lines")),
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

fn missing_costs(plan: &Planned<'_>) -> Vec<Exception> {
    let lacks_cost = |line: &&Line| line.is_ordered() && line.product.unit_cost.is_none();
    match plan.lines.iter().filter(lacks_cost).count() {
        0 => Vec::new(),
        n => vec![Exception {
            code: "missing_cost",
            severity: "note",
            quantity: Some(n as f64),
            text: format!(
                "{} ordered without a unit cost: order values leave them out. Fill `unit_cost` in `products`",
                counted(n, "line is", "lines are")
            ),
            ..Exception::default()
        }],
    }
}

fn about(code: &'static str, severity: &'static str, line: &Line) -> Exception {
    Exception::of_line(code, severity, &line.key, line.product.supplier_id.as_ref())
}
