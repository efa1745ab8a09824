//! Was the advice right? Earlier recommendations against sales, stock and orders.

use super::advice::PastLine;
use super::facts::InventoryFacts;
use super::hindsight::{Hindsight, Past, look_back};
use super::orders::LineDelivery;
use super::units::{in_units, tenth, units};
use crate::day::Day;
use crate::models::inventory::{GradeRules, Outcome, PastAdvice, Verdict, WhatHappened, grade_advice};
use crate::quantities::{Currency, Quantity};
use crate::words::counted;

/// A graded recommendation.
#[derive(Debug, Clone)]
pub(super) struct GradedLine {
    pub(super) advice: PastLine,
    pub(super) outcome: Outcome,
    pub(super) ordered_milli: Option<i64>,
    pub(super) window_from: Day,
    pub(super) window_to: Day,
    /// When the advised order arrived, as far as is known.
    pub(super) arrived_on: Day,
    pub(super) sold_milli: i64,
    pub(super) stock_out_days: u32,
    /// Days after arrival whose closing stock is known.
    pub(super) days_known: u32,
    pub(super) closing_milli: Option<i64>,
    /// Minor units: sales lost (too little, estimated) or cost of the excess (too much).
    pub(super) money: Option<f64>,
    pub(super) explanation: String,
    /// What it cost, where the stock of every day is known.
    pub(super) hindsight: Option<Hindsight>,
}

pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::TooMuch => "too_much",
        Verdict::TooLittle => "too_little",
        Verdict::NotFollowed => "not_followed",
        Verdict::Unknown => "unknown",
    }
}

/// Grades everything that is due, in the order of `facts.to_grade`.
pub(super) fn grade_all(facts: &InventoryFacts, currency: Currency, holding_rate: f64) -> Vec<GradedLine> {
    let with_hindsight = |advice: &PastLine| {
        let line = grade(facts, advice, currency);
        let GradedLine { ordered_milli, arrived_on, window_to, .. } = line;
        let past = Past { advice, ordered_milli, arrived_on, window_to };
        GradedLine { hindsight: look_back(facts, &past, holding_rate), ..line }
    };
    facts.to_grade.iter().map(with_hindsight).collect()
}

fn grade(facts: &InventoryFacts, advice: &PastLine, currency: Currency) -> GradedLine {
    let PastLine { key, published } = advice;
    let (window_from, window_to) = (published.as_of + 1, published.covers_until);
    let snapshots = facts.snapshots.get(key).map_or(&[][..], Vec::as_slice);
    let arrived_on = arrived_on(facts, advice);
    let after_arrival = snapshots.iter().filter(|snapshot| (arrived_on..=window_to).contains(&snapshot.on));
    let (mut days_known, mut stock_out_days) = (0, 0);
    for snapshot in after_arrival {
        days_known += 1;
        stock_out_days += u32::from(snapshot.on_hand <= 0);
    }
    let days = u32::try_from(window_to - arrived_on + 1).unwrap_or(0);
    let sales = facts.sales.get(key).into_iter().flatten();
    let sold_milli = sales.filter(|day| (window_from..=window_to).contains(&day.on)).map(|day| day.sold).sum();
    let closing = snapshots.iter().find(|snapshot| snapshot.on == window_to);
    let closing_milli = closing.map(|snapshot| (snapshot.on_hand - later_deliveries(facts, advice)).max(0));
    let ordered_milli = ordered(facts, advice);
    let happened = WhatHappened {
        ordered_milli,
        sold_milli: Some(sold_milli),
        stock_out_days: (stock_out_days > 0 || days_known >= days).then_some(stock_out_days),
        closing_stock_milli: closing_milli,
    };
    let past = PastAdvice {
        quantity_milli: published.order_quantity.thousandths(),
        order_up_to_milli: published.order_up_to.thousandths(),
        expected_demand_milli: published.expected_demand.thousandths(),
        order_step_milli: published.pack_size.map_or(1, Quantity::thousandths),
    };
    let outcome = grade_advice(&past, &happened, &GradeRules::default());
    let mut line = GradedLine {
        advice: advice.clone(),
        outcome,
        ordered_milli,
        window_from,
        window_to,
        arrived_on,
        sold_milli,
        stock_out_days,
        days_known,
        closing_milli,
        money: None,
        explanation: String::new(),
        hindsight: None,
    };
    line.money = money(facts, &line, currency);
    line.explanation = explanation(&line);
    line
}

/// Minor units: sales lost (too little, estimated) or cost of the excess (too much).
fn money(facts: &InventoryFacts, line: &GradedLine, currency: Currency) -> Option<f64> {
    let PastLine { key, published } = &line.advice;
    match line.outcome.verdict {
        Verdict::TooLittle => {
            let window_days = f64::from((line.window_to - line.window_from + 1).max(1));
            let lost = f64::from(line.stock_out_days) * published.expected_demand.units() / window_days;
            facts.price(key).map(|price| price as f64 * lost)
        }
        Verdict::TooMuch => {
            let excess = line.outcome.excess_milli.zip(published.unit_cost);
            excess.map(|(excess, cost)| in_units(excess) * cost.money(currency).minor() as f64)
        }
        _ => None,
    }
}

fn deliveries<'f>(facts: &'f InventoryFacts, advice: &PastLine) -> impl Iterator<Item = &'f LineDelivery> {
    facts.deliveries.get(&advice.key).into_iter().flatten()
}

/// The day the advised order arrived: a delivery that came late, but within the window, is the supplier's doing and not
/// the advice's. Without a known delivery it is the expected day.
fn arrived_on(facts: &InventoryFacts, advice: &PastLine) -> Day {
    let published = &advice.published;
    let received = deliveries(facts, advice).filter(|delivery| delivery.ordered_on == published.order_on);
    let days = received.map(|delivery| delivery.received_on);
    let by = published.arrives_by.unwrap_or(published.arrives_on);
    let late = days.filter(|day| (by..=published.covers_until).contains(day));
    late.max().unwrap_or(by)
}

/// What arrived within the window from orders placed after the advised one: it is not this order's surplus.
fn later_deliveries(facts: &InventoryFacts, advice: &PastLine) -> i64 {
    let published = &advice.published;
    let is_later = |delivery: &&LineDelivery| {
        delivery.ordered_on > published.order_on && delivery.received_on <= published.covers_until
    };
    deliveries(facts, advice).filter(is_later).map(|delivery| delivery.quantity).sum()
}

/// What was ordered on the advised day, received or still open. Nothing found means 0 only where both datasets could have told.
fn ordered(facts: &InventoryFacts, advice: &PastLine) -> Option<i64> {
    let order_on = advice.published.order_on;
    let received = deliveries(facts, advice).filter(|delivery| delivery.ordered_on == order_on);
    let open = facts.open_orders.get(&advice.key).into_iter().flatten();
    let open = open.filter(|order| order.is_in_books && order.ordered_on == Some(order_on));
    let quantities: Vec<i64> =
        received.map(|delivery| delivery.quantity).chain(open.map(|order| order.quantity)).collect();
    let tells_none = facts.order_knowledge.deliveries && facts.order_knowledge.open_orders;
    (tells_none || !quantities.is_empty()).then(|| quantities.iter().sum())
}

fn explanation(line: &GradedLine) -> String {
    let published = &line.advice.published;
    let sold = format!("{} sold of {} expected", units(line.sold_milli), tenth(published.expected_demand.units()));
    match line.outcome.verdict {
        Verdict::Good => format!("{sold}, never out of stock after arrival, no excess"),
        Verdict::TooLittle => format!(
            "out of stock on {} from {} on; {sold}",
            counted(line.stock_out_days as usize, "day", "days"),
            line.arrived_on
        ),
        Verdict::TooMuch => format!(
            "{} left beyond the safety stock on {}; {sold}",
            tenth(in_units(line.outcome.excess_milli.unwrap_or(0))),
            line.window_to
        ),
        Verdict::NotFollowed => format!(
            "{} were ordered on {} instead of {}, so the result says nothing about the advice",
            units(line.ordered_milli.unwrap_or(0)),
            published.order_on,
            units(published.order_quantity.thousandths())
        ),
        Verdict::Unknown => format!(
            "closing stock is not known for every day from {} to {}; {sold}",
            published.arrives_on, line.window_to
        ),
    }
}
