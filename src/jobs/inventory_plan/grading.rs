//! Was the advice right? Earlier recommendations against sales, stock and orders.

use chrono::NaiveDate;

use super::advice::PastLine;
use super::facts::InventoryFacts;
use super::line::day_after;
use super::words::{count, number, units};
use crate::models::inventory::{GradeRules, MILLI, Outcome, PastAdvice, Verdict, WhatHappened, grade_advice};

/// A graded recommendation.
#[derive(Debug, Clone)]
pub(super) struct GradedLine {
    pub(super) advice: PastLine,
    pub(super) outcome: Outcome,
    pub(super) ordered_milli: Option<i64>,
    pub(super) window_from: NaiveDate,
    pub(super) window_to: NaiveDate,
    /// When the advised order arrived, as far as is known.
    pub(super) arrived_on: NaiveDate,
    pub(super) sold_milli: i64,
    pub(super) stock_out_days: u32,
    /// Days after arrival whose closing stock is known.
    pub(super) days_known: u32,
    pub(super) closing_milli: Option<i64>,
    /// Minor units: sales lost (too little, estimated) or cost of the excess (too much).
    pub(super) money: Option<f64>,
    pub(super) explanation: String,
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
pub(super) fn grade_all(facts: &InventoryFacts) -> Vec<GradedLine> {
    facts.to_grade.iter().map(|advice| grade(facts, advice)).collect()
}

fn grade(facts: &InventoryFacts, advice: &PastLine) -> GradedLine {
    let window_from = day_after(advice.recommended_as_of);
    let window_to = advice.covers_until;
    let snapshots = facts.snapshots.get(&advice.key).map_or(&[][..], Vec::as_slice);
    let arrived_on = arrived_on(facts, advice);
    let after_arrival: Vec<i64> = snapshots
        .iter()
        .filter(|snapshot| (arrived_on..=window_to).contains(&snapshot.on))
        .map(|snapshot| snapshot.on_hand)
        .collect();
    let days = u32::try_from((window_to - arrived_on).num_days() + 1).unwrap_or(0);
    let days_known = after_arrival.len() as u32;
    let stock_out_days = after_arrival.iter().filter(|on_hand| **on_hand <= 0).count() as u32;
    let sold_milli = facts
        .sales
        .get(&advice.key)
        .into_iter()
        .flatten()
        .filter(|day| (window_from..=window_to).contains(&day.on))
        .map(|day| day.sold)
        .sum();
    let closing_milli = snapshots
        .iter()
        .find(|snapshot| snapshot.on == window_to)
        .map(|snapshot| (snapshot.on_hand - later_deliveries(facts, advice)).max(0));
    let ordered_milli = ordered(facts, advice);
    let happened = WhatHappened {
        ordered_milli,
        sold_milli: Some(sold_milli),
        stock_out_days: (stock_out_days > 0 || days_known >= days).then_some(stock_out_days),
        closing_stock_milli: closing_milli,
    };
    let past = PastAdvice {
        quantity_milli: advice.order_quantity,
        order_up_to_milli: (advice.order_up_to * MILLI).round() as i64,
        expected_demand_milli: (advice.expected_demand * MILLI).round() as i64,
        order_step_milli: advice.pack_size.unwrap_or(1),
    };
    let outcome = grade_advice(&past, &happened, &GradeRules::default());
    let window_days = ((window_to - window_from).num_days() + 1).max(1) as f64;
    let money = match outcome.verdict {
        Verdict::TooLittle => {
            let lost = f64::from(stock_out_days) * advice.expected_demand / window_days;
            facts.price(&advice.key).map(|price| price as f64 * lost)
        }
        Verdict::TooMuch => {
            outcome.excess_milli.zip(advice.unit_cost).map(|(excess, cost)| excess as f64 / MILLI * cost as f64)
        }
        _ => None,
    };
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
        money,
        explanation: String::new(),
    };
    line.explanation = explanation(&line);
    line
}

/// The day the advised order arrived: a delivery that came late, but within the window, is the supplier's doing and not
/// the advice's. Without a known delivery it is the expected day.
fn arrived_on(facts: &InventoryFacts, advice: &PastLine) -> NaiveDate {
    let deliveries = facts.deliveries.get(&advice.key).into_iter().flatten();
    let received =
        deliveries.filter(|delivery| delivery.ordered_on == advice.order_on).map(|delivery| delivery.received_on);
    let late = received.filter(|on| (advice.arrives_on..=advice.covers_until).contains(on));
    late.max().unwrap_or(advice.arrives_on)
}

/// What arrived within the window from orders placed after the advised one: it is not this order's surplus.
fn later_deliveries(facts: &InventoryFacts, advice: &PastLine) -> i64 {
    let deliveries = facts.deliveries.get(&advice.key).into_iter().flatten();
    deliveries
        .filter(|delivery| delivery.ordered_on > advice.order_on && delivery.received_on <= advice.covers_until)
        .map(|delivery| delivery.quantity)
        .sum()
}

/// What was ordered on the advised day, received or still open. Nothing found means 0 only where both datasets could have told.
fn ordered(facts: &InventoryFacts, advice: &PastLine) -> Option<i64> {
    let received = facts
        .deliveries
        .get(&advice.key)
        .into_iter()
        .flatten()
        .filter(|delivery| delivery.ordered_on == advice.order_on);
    let open = facts
        .open_orders
        .get(&advice.key)
        .into_iter()
        .flatten()
        .filter(|order| order.ordered_on == Some(advice.order_on));
    let quantities: Vec<i64> =
        received.map(|delivery| delivery.quantity).chain(open.map(|order| order.quantity)).collect();
    let tells_none = facts.order_knowledge.deliveries && facts.order_knowledge.open_orders;
    (tells_none || !quantities.is_empty()).then(|| quantities.iter().sum())
}

fn explanation(line: &GradedLine) -> String {
    let advice = &line.advice;
    let sold = format!(
        "{} sold of {} expected",
        units(line.sold_milli),
        number((advice.expected_demand * 10.0).round() / 10.0)
    );
    match line.outcome.verdict {
        Verdict::Good => format!("{sold}, never out of stock after arrival, no excess"),
        Verdict::TooLittle => {
            format!("out of stock on {} from {} on; {sold}", day_count(line.stock_out_days), line.arrived_on)
        }
        Verdict::TooMuch => {
            format!(
                "{} left beyond the safety stock on {}; {sold}",
                units(line.outcome.excess_milli.unwrap_or(0)),
                line.window_to
            )
        }
        Verdict::NotFollowed => format!(
            "{} were ordered on {} instead of {}, so the result says nothing about the advice",
            units(line.ordered_milli.unwrap_or(0)),
            advice.order_on,
            units(advice.order_quantity)
        ),
        Verdict::Unknown => {
            format!("closing stock is not known for every day from {} to {}; {sold}", advice.arrives_on, line.window_to)
        }
    }
}

fn day_count(days: u32) -> String {
    count(days as usize, "day", "days")
}
