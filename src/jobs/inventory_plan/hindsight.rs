//! What an order that has run its course cost, as it was advised, as it was placed, and as last month's average would have had it.

use super::advice::PastLine;
use super::facts::InventoryFacts;
use super::units::in_units;
use crate::day::Day;
use crate::models::inventory::{Cycle, CycleDay, MILLI};
use crate::quantities::Quantity;

/// Days of sales whose mean the naive rule orders by.
pub(super) const NAIVE_DAYS: i32 = 28;
const DAYS_A_YEAR: f64 = 365.0;

/// The order of which it is told, and when it was there.
pub(super) struct Past<'a> {
    pub(super) advice: &'a PastLine,
    pub(super) ordered_milli: Option<i64>,
    pub(super) arrived_on: Day,
    pub(super) window_to: Day,
}

/// One order, in three quantities, from its arrival until the next one could arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hindsight {
    /// What was promised, and what was kept.
    pub(super) promised_fill_rate: Option<f64>,
    pub(super) achieved_fill_rate: Option<f64>,
    /// Units asked for in these days.
    pub(super) asked: f64,
    /// What the mean of the last four weeks would have ordered, in thousandths.
    pub(super) naive_milli: i64,
    /// Minor units; `None` without a price and a cost, or where it is not known what was ordered.
    pub(super) cost_recommended: Option<f64>,
    pub(super) cost_ordered: Option<f64>,
    pub(super) cost_naive: Option<f64>,
}

/// `None` where the stock of some day, or what was there when the order came, is not known.
///
/// Demand is what was sold, and on days that closed with nothing no less than was expected of a day. What was kept is what was sold of it.
/// For what other quantities would have cost, whatever moved the stock beside sales and this order is as it was. A unit that was not there
/// costs its margin at today's price, one on the shelf the yearly rate of its cost.
pub(super) fn look_back(facts: &InventoryFacts, past: &Past<'_>, holding_rate: f64) -> Option<Hindsight> {
    let PastLine { key, published } = past.advice;
    let Lived { cycle, sold } = lived(facts, past)?;
    let asked: f64 = cycle.days.iter().map(|day| day.demand).sum();
    let naive_milli = naive(facts, past.advice)?;
    let cost = facts.products.get(&key.product_id).and_then(|product| product.unit_cost);
    let rates = facts
        .price(key)
        .zip(cost)
        .map(|(price, cost)| ((price - cost).max(0) as f64, cost as f64 * holding_rate / DAYS_A_YEAR));
    // Where it is not known what was ordered, it is not known what would have been there without it.
    let cost_of = |milli: i64| {
        let (lost, holding) = rates.filter(|_| past.ordered_milli.is_some())?;
        Some(cycle.with(in_units(milli)).cost(lost, holding))
    };
    Some(Hindsight {
        promised_fill_rate: published.expected_fill_rate,
        achieved_fill_rate: (asked > 0.0).then(|| sold / asked),
        asked,
        naive_milli,
        cost_recommended: cost_of(published.order_quantity.thousandths()),
        cost_ordered: past.ordered_milli.and_then(cost_of),
        cost_naive: cost_of(naive_milli),
    })
}

/// The days as they were.
struct Lived {
    cycle: Cycle,
    /// Units.
    sold: f64,
}

fn lived(facts: &InventoryFacts, past: &Past<'_>) -> Option<Lived> {
    let PastLine { key, published } = past.advice;
    let snapshots = facts.snapshots.get(key)?;
    let closing = |on: Day| snapshots.iter().find(|snapshot| snapshot.on == on).map(|snapshot| snapshot.on_hand.max(0));
    let sold = |on: Day| -> i64 {
        let sales = facts.sales.get(key).into_iter().flatten();
        sales.filter(|day| day.on == on).map(|day| day.sold).sum()
    };
    let received = || {
        let deliveries = facts.deliveries.get(key).into_iter().flatten();
        deliveries.filter(|one| one.ordered_on == published.order_on)
    };
    let of_this_order =
        |on: Day| -> i64 { received().filter(|one| one.received_on == on).map(|one| one.quantity).sum() };
    // What came early was there early.
    let from = received().map(|one| one.received_on).min().unwrap_or(past.arrived_on).min(past.arrived_on);
    let expected_a_day = published.expected_demand.units() / f64::from((past.window_to - published.as_of).max(1));
    let n_days = usize::try_from(past.window_to - from + 1).ok().filter(|days| *days > 0)?;
    let (mut days, mut all_sold) = (Vec::with_capacity(n_days), 0);
    for ahead in 0..n_days as i32 {
        let on = from + ahead;
        let (before, after, sold) = (closing(on - 1)?, closing(on)?, sold(on));
        let least = if after == 0 { expected_a_day } else { 0.0 };
        let moved = after - before + sold - of_this_order(on);
        days.push(CycleDay { demand: in_units(sold).max(least), received: in_units(moved) });
        all_sold += sold;
    }
    let cycle = Cycle {
        opening: in_units(closing(from - 1)?),
        days,
        // The rest of a pack is no rule's doing.
        order_up_to: published.order_up_to.units() + in_units(least_order(facts, past.advice)),
        expected_a_day,
    };
    Some(Lived { cycle, sold: in_units(all_sold) })
}

/// Last month's average: the mean of a day of the last four weeks for every day to be covered, less the stock position, in whole packs and no less than can be ordered.
/// `None` where the advice does not say what there was.
fn naive(facts: &InventoryFacts, advice: &PastLine) -> Option<i64> {
    let PastLine { key, published } = advice;
    let since = published.as_of - NAIVE_DAYS;
    let sales = facts.sales.get(key).into_iter().flatten();
    let sold: i64 = sales.filter(|day| day.on > since && day.on <= published.as_of).map(|day| day.sold).sum();
    let days = f64::from((published.covers_until - published.as_of).max(0));
    let position =
        published.on_hand?.thousandths() - published.reserved?.thousandths() + published.on_order?.thousandths();
    let wanted = sold as f64 * days / f64::from(NAIVE_DAYS) - position as f64;
    let wanted = if wanted > 0.0 { wanted.max(least_order(facts, advice) as f64) } else { 0.0 };
    let step = step(facts, advice);
    Some((wanted / step as f64 - 1e-9).ceil().max(0.0) as i64 * step)
}

/// What an order is a multiple of, in thousandths.
fn step(facts: &InventoryFacts, advice: &PastLine) -> i64 {
    let pack = advice.published.pack_size.map(Quantity::thousandths);
    let unit = || facts.movements.units.get(&advice.key.product_id).copied();
    pack.or_else(unit).unwrap_or(MILLI as i64).max(1)
}

/// The least that can be ordered, in thousandths.
fn least_order(facts: &InventoryFacts, advice: &PastLine) -> i64 {
    let product = facts.products.get(&advice.key.product_id);
    product.and_then(|product| product.min_order_quantity).unwrap_or(0).max(step(facts, advice))
}
