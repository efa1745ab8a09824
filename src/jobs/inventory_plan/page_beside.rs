//! What the plan asked for in the shadow, beside what was ordered.

use super::beside::{Ask, AskEnd, Beside, DAYS_BESIDE, Unasked};
use super::decision::{Decision, ROWS_SHOWN};
use super::units::in_units;
use crate::job::Mode;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{Section, TableView, Unit};
use crate::words::{counted, money, short};

/// Days by which an order may follow the plan's and still count as placed with it: it is made in the morning, or the day after.
const PROMPT_DAYS: i32 = 1;

/// The section of a plan in the shadow; `None` where people act on it.
pub(super) fn section(decision: &Decision<'_>) -> Option<Section> {
    if decision.ctx.mode == Mode::Live {
        return None;
    }
    let section = Section::headed("Beside what was ordered");
    let Some(beside) = &decision.beside else {
        return Some(section.saying([nothing_to_compare(decision)]));
    };
    let asks = |is: fn(&AskEnd) -> bool| -> Vec<&Ask> { beside.asks.iter().filter(|ask| is(&ask.end)).collect() };
    let ordered = asks(|end| matches!(end, AskEnd::Ordered(..)));
    let (open, passed) = (asks(|end| *end == AskEnd::Open), asks(|end| *end == AskEnd::Passed));
    let empty: u32 = beside.asks.iter().map(|ask| ask.empty_days).sum();
    let lost: f64 = beside.asks.iter().filter_map(|ask| ask.lost).sum();
    let prompt = ordered.iter().filter(|ask| days_late(ask).is_some_and(|days| days <= PROMPT_DAYS)).count();
    let figures = vec![
        figure("Asked for and ordered", ordered.len() as f64, Unit::Count, "orders that the plan had asked for"),
        figure("Not ordered", open.len() as f64, Unit::Count, "lines that the plan asks for and nobody has ordered"),
        figure("Ordered unasked", beside.unasked.len() as f64, Unit::Count, "orders that no plan had asked for"),
        figure(
            "Empty shelves",
            f64::from(empty),
            Unit::Count,
            "line-days without stock that the plan's orders would have met",
        ),
    ];
    let mut text = vec![
        format!(
            "From {} to {}: of {} the plan asked for, {} ordered, {} of these no later than a day after; {} still not ordered, and for {} the need passed.",
            beside.from,
            decision.as_of(),
            counted(beside.asks.len(), "order that", "orders that"),
            counted(ordered.len(), "was", "were"),
            prompt,
            counted(open.len(), "is", "are"),
            passed.len(),
        ),
        unasked(decision, &beside.unasked),
    ];
    text.extend(quantities(&ordered));
    if empty > 0 {
        text.push(format!(
            "Where an order came later than the plan asked for it, or not at all, lines were without stock on {} that it would have met: about {} of \
             sales.",
            counted(empty as usize, "day", "days"),
            money(lost, decision.ctx.currency)
        ));
    }
    text.push(
        "Each need counts once, with the quantity that the plan asked for last: what it would have asked for had it been followed is not known."
            .to_owned(),
    );
    let tables =
        [differences(decision, beside), unasked_table(decision, &beside.unasked)].into_iter().flatten().collect();
    Some(Section { figures, tables, ..section.saying(text) })
}

fn nothing_to_compare(decision: &Decision<'_>) -> String {
    let known = decision.facts.order_knowledge;
    if known.deliveries && known.open_orders {
        return format!(
            "No plan of the {DAYS_BESIDE} days before has an order day that is over: there is nothing to compare yet."
        );
    }
    "What was ordered is not known, so nothing can be compared. Load `open_orders` with `ordered_on`, and `deliveries` with product and location."
        .to_owned()
}

fn days_late(ask: &Ask) -> Option<i32> {
    match ask.end {
        AskEnd::Ordered(on, _) => Some(on - ask.asked_on),
        AskEnd::Passed | AskEnd::Open => None,
    }
}

/// `12 orders worth 340.00 EUR were placed that no plan had asked for.`
fn unasked(decision: &Decision<'_>, unasked: &[Unasked]) -> String {
    let known: Vec<f64> = unasked.iter().filter_map(|order| order.value).collect();
    let worth = if known.is_empty() {
        String::new()
    } else {
        format!(" worth {}", money(known.iter().sum(), decision.ctx.currency))
    };
    let orders = counted(unasked.len(), "order", "orders");
    let were = if unasked.len() == 1 { "was" } else { "were" };
    format!("{orders}{worth} {were} placed that no plan had asked for.")
}

/// What was ordered beside what was asked for, in the middle of the orders.
fn quantities(ordered: &[&Ask]) -> Option<String> {
    let factor = |ask: &&Ask| match ask.end {
        AskEnd::Ordered(_, quantity) if ask.asked > 0 => Some(quantity as f64 / ask.asked as f64),
        _ => None,
    };
    let mut factors: Vec<f64> = ordered.iter().filter_map(factor).collect();
    factors.sort_by(f64::total_cmp);
    let middle = factors.get(factors.len() / 2)?;
    if (middle - 1.0).abs() < 0.005 {
        return Some("In the middle of these orders, as much was ordered as the plan asked for.".to_owned());
    }
    Some(format!(
        "In the middle of these orders, {} times the quantity that the plan asked for was ordered.",
        short(*middle, 2)
    ))
}

/// What cost most first: lost sales, then orders that are missing.
fn differences(decision: &Decision<'_>, beside: &Beside) -> Option<TableView> {
    let differs = |ask: &&Ask| days_late(ask).is_none_or(|days| days > PROMPT_DAYS);
    let mut asks: Vec<&Ask> = beside.asks.iter().filter(differs).collect();
    asks.sort_by(|left, right| {
        let lost = |ask: &Ask| ask.lost.unwrap_or_default();
        lost(right).total_cmp(&lost(left)).then(right.empty_days.cmp(&left.empty_days)).then(left.key.cmp(&right.key))
    });
    let told = |ask: &&Ask| match ask.end {
        AskEnd::Ordered(on, _) => format!("ordered on {on}"),
        AskEnd::Passed => "not ordered, the need passed".to_owned(),
        AskEnd::Open => "not ordered yet".to_owned(),
    };
    let ordered = |ask: &&Ask| match ask.end {
        AskEnd::Ordered(_, quantity) => Some(in_units(quantity)),
        AskEnd::Passed | AskEnd::Open => None,
    };
    let view = ViewRows::of(asks.iter().take(ROWS_SHOWN).copied())
        .text("Product", |ask| decision.name_of(&ask.key.product_id))
        .text("Location", |ask| ask.key.location_id.as_str())
        .text("Asked for on", |ask| ask.asked_on)
        .number("Asked for", Unit::Units, |ask| in_units(ask.asked))
        .text("What was done", |ask| told(&ask))
        .number("Ordered", Unit::Units, |ask| ordered(&ask))
        .number("Days without stock", Unit::Count, |ask| f64::from(ask.empty_days))
        .number("Sales lost", Unit::Money, |ask| ask.lost);
    (!asks.is_empty())
        .then(|| view.view_of("Asked for and ordered later or not at all, what cost most first", asks.len()))
}

fn unasked_table(decision: &Decision<'_>, unasked: &[Unasked]) -> Option<TableView> {
    let mut orders: Vec<&Unasked> = unasked.iter().collect();
    let value = |order: &Unasked| order.value.unwrap_or(-1.0);
    orders.sort_by(|left, right| value(right).total_cmp(&value(left)).then_with(|| left.key.cmp(&right.key)));
    let view = ViewRows::of(orders.iter().take(ROWS_SHOWN).copied())
        .text("Product", |order| decision.name_of(&order.key.product_id))
        .text("Location", |order| order.key.location_id.as_str())
        .text("Ordered on", |order| order.on)
        .number("Ordered", Unit::Units, |order| in_units(order.quantity))
        .number("Value", Unit::Money, |order| order.value);
    (!orders.is_empty()).then(|| view.view_of("Ordered and not asked for, what is worth most first", orders.len()))
}
