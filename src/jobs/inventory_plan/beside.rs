//! What a plan in the shadow asked for, beside what was ordered, and what came of both.
//!
//! A plan that nobody follows asks for the same order again every order day until somebody places it, so its asks are counted as
//! episodes: one begins on the first order day on which the plan wants a line, and ends when that line is ordered or the plan no longer
//! wants it. An order that comes some days before the day on which the newest plan wanted the line is one that it asked for. What the plan
//! would have wanted had it been followed is not known: each episode stands for one order.

use std::collections::{BTreeMap, BTreeSet};

use super::advice::PublishedAdvice;
use super::facts::InventoryFacts;
use super::line_key::LineKey;
use super::units::in_units;
use crate::day::Day;

/// Days that are looked back on.
pub(super) const DAYS_BESIDE: i32 = 28;

/// An episode in which the plan wanted a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) key: LineKey,
    /// The first order day on which the plan wanted it.
    pub(super) asked_on: Day,
    /// How much at last, in thousandths.
    pub(super) asked: i64,
    pub(super) end: AskEnd,
    /// Days without stock that the order would have met, had it been placed when the plan first asked.
    pub(super) empty_days: u32,
    /// Minor units: the sales lost on them, estimated from expected demand.
    pub(super) lost: Option<f64>,
}

/// How an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskEnd {
    /// The line was ordered: when, and how much in thousandths.
    Ordered(Day, i64),
    /// The plan no longer wanted it.
    Passed,
    /// It has not ended.
    Open,
}

/// An order that no plan had asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unasked {
    pub(super) key: LineKey,
    pub(super) on: Day,
    /// In thousandths.
    pub(super) quantity: i64,
    /// Minor units; `None` without a cost.
    pub(super) value: Option<f64>,
}

/// The last [`DAYS_BESIDE`] days.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Beside {
    /// The first day on which a plan could be compared.
    pub(super) from: Day,
    /// By line and day.
    pub(super) asks: Vec<Ask>,
    /// By line and day.
    pub(super) unasked: Vec<Unasked>,
}

/// An order as it was placed: how much in thousandths, and when it arrived or will.
#[derive(Debug, Clone, Copy, Default)]
struct Placed {
    quantity: i64,
    arrives_on: Day,
}

/// Compares; `None` where no plan was made in the shadow, or where it is not known what was ordered.
pub(super) fn compare(facts: &InventoryFacts, as_of: Day) -> Option<Beside> {
    let known = facts.order_knowledge;
    if !known.deliveries || !known.open_orders {
        return None;
    }
    // Before the first plan nothing could have been asked for.
    let from = facts.wanted.last_words.values().filter_map(|words| words.keys().next()).min().copied()?;
    let mut beside = Beside { from, ..Beside::default() };
    let placed = placed(facts, from, as_of);
    let keys: BTreeSet<&LineKey> = facts.wanted.last_words.keys().chain(placed.keys()).collect();
    let (no_words, no_orders) = (BTreeMap::new(), BTreeMap::new());
    for key in keys {
        let words = facts.wanted.last_words.get(key).unwrap_or(&no_words);
        follow(facts, (key, as_of), words, placed.get(key).unwrap_or(&no_orders), &mut beside);
    }
    Some(beside)
}

/// What was ordered of each line within the days.
fn placed(facts: &InventoryFacts, from: Day, as_of: Day) -> BTreeMap<LineKey, BTreeMap<Day, Placed>> {
    let mut placed: BTreeMap<LineKey, BTreeMap<Day, Placed>> = BTreeMap::new();
    let mut add = |key: &LineKey, on: Day, quantity: i64, arrives_on: Day| {
        if (from..=as_of).contains(&on) && quantity > 0 {
            let known = placed.entry(key.clone()).or_default().entry(on).or_default();
            known.quantity += quantity;
            known.arrives_on = known.arrives_on.max(arrives_on);
        }
    };
    for (key, deliveries) in &facts.deliveries {
        for delivery in deliveries {
            add(key, delivery.ordered_on, delivery.quantity, delivery.received_on);
        }
    }
    for (key, orders) in &facts.open_orders {
        for order in orders.iter().filter(|order| order.is_in_books) {
            if let Some(on) = order.ordered_on {
                add(key, on, order.quantity, order.due_on);
            }
        }
    }
    placed
}

/// Follows a line through the days.
fn follow(
    facts: &InventoryFacts,
    (key, as_of): (&LineKey, Day),
    words: &BTreeMap<Day, PublishedAdvice>,
    placed: &BTreeMap<Day, Placed>,
    beside: &mut Beside,
) {
    let days: BTreeSet<Day> = words.keys().chain(placed.keys()).copied().collect();
    // The first advice of the episode, and its last.
    let mut open: Option<(&PublishedAdvice, &PublishedAdvice)> = None;
    for day in days {
        if let Some(advice) = words.get(&day) {
            let wants = advice.order_quantity.thousandths() > 0;
            match (wants, open) {
                (true, Some((first, _))) => open = Some((first, advice)),
                (true, None) => open = Some((advice, advice)),
                (false, Some(episode)) => {
                    beside.asks.push(ask(facts, key, episode, AskEnd::Passed, day - 1));
                    open = None;
                }
                (false, None) => {}
            }
        }
        let Some(order) = placed.get(&day) else { continue };
        match open.take() {
            Some(episode) => {
                let end = AskEnd::Ordered(day, order.quantity);
                beside.asks.push(ask(facts, key, episode, end, (order.arrives_on - 1).min(as_of)));
            }
            None => match facts.wanted.ahead(key, day) {
                Some((asked_on, asked)) => beside.asks.push(Ask {
                    key: key.clone(),
                    asked_on,
                    asked,
                    end: AskEnd::Ordered(day, order.quantity),
                    empty_days: 0,
                    lost: None,
                }),
                None => beside.unasked.push(Unasked {
                    key: key.clone(),
                    on: day,
                    quantity: order.quantity,
                    value: cost(facts, key).map(|cost| cost as f64 * in_units(order.quantity)),
                }),
            },
        }
    }
    if let Some(episode) = open {
        beside.asks.push(ask(facts, key, episode, AskEnd::Open, as_of));
    }
}

/// The episode, with the days without stock from the one on which its order would have arrived to `until`.
fn ask(
    facts: &InventoryFacts,
    key: &LineKey,
    (first, last): (&PublishedAdvice, &PublishedAdvice),
    end: AskEnd,
    until: Day,
) -> Ask {
    let snapshots = facts.snapshots.get(key).into_iter().flatten();
    let is_empty_then = |on: Day| on >= first.arrives_on && on <= until;
    let empty_days = snapshots.filter(|snapshot| is_empty_then(snapshot.on) && snapshot.on_hand <= 0).count();
    let empty_days = u32::try_from(empty_days).unwrap_or(u32::MAX);
    let days_covered = f64::from((first.covers_until - first.as_of).max(1));
    let a_day = first.expected_demand.units() / days_covered;
    let lost = facts.price(key).map(|price| price as f64 * a_day * f64::from(empty_days));
    Ask {
        key: key.clone(),
        asked_on: first.order_on,
        asked: last.order_quantity.thousandths(),
        end,
        empty_days,
        lost: lost.filter(|_| empty_days > 0),
    }
}

fn cost(facts: &InventoryFacts, key: &LineKey) -> Option<i64> {
    facts.products.get(&key.product_id)?.unit_cost
}
