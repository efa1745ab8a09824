//! What an order that has run its course cost, as it was advised, as it was placed, and as last month's average would have had it.

use super::advice::PastLine;
use super::facts::InventoryFacts;
use super::units::in_units;
use crate::day::Day;
use crate::models::inventory::{Cycle, CycleDay, CycleResult, MILLI};
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
    /// What was promised, and what was kept with what was ordered (with what was advised, where that is not known).
    pub(super) promised_fill_rate: Option<f64>,
    pub(super) achieved_fill_rate: Option<f64>,
    /// Units asked for in these days.
    pub(super) asked: f64,
    /// What the mean of the last four weeks would have ordered, in thousandths.
    pub(super) naive_milli: i64,
    /// Minor units; `None` without a price and a cost, of what was ordered also where that is not known.
    pub(super) cost_recommended: Option<f64>,
    pub(super) cost_ordered: Option<f64>,
    pub(super) cost_naive: Option<f64>,
}

/// `None` where the stock of some day, or what was there when the order came, is not known.
///
/// Demand is what was sold, and on days that closed with nothing no less than was expected of a day. A unit that was not there costs its
/// margin at today's price, one on the shelf the yearly rate of its cost.
pub(super) fn look_back(facts: &InventoryFacts, past: &Past<'_>, holding_rate: f64) -> Option<Hindsight> {
    let PastLine { key, published } = past.advice;
    let cycle = cycle(facts, past)?;
    let recommended_milli = published.order_quantity.thousandths();
    let naive_milli = naive(facts, past.advice)?;
    let with = |milli: i64| cycle.with(in_units(milli));
    let lived = with(past.ordered_milli.unwrap_or(recommended_milli));
    let cost = facts.products.get(&key.product_id).and_then(|product| product.unit_cost);
    let rates = facts
        .price(key)
        .zip(cost)
        .map(|(price, cost)| ((price - cost).max(0) as f64, cost as f64 * holding_rate / DAYS_A_YEAR));
    let cost = |result: CycleResult| rates.map(|(lost, holding)| result.cost(lost, holding));
    Some(Hindsight {
        promised_fill_rate: published.expected_fill_rate,
        achieved_fill_rate: lived.fill_rate(),
        asked: lived.asked,
        naive_milli,
        cost_recommended: cost(with(recommended_milli)),
        cost_ordered: past.ordered_milli.and_then(|milli| cost(with(milli))),
        cost_naive: cost(with(naive_milli)),
    })
}

fn cycle(facts: &InventoryFacts, past: &Past<'_>) -> Option<Cycle> {
    let PastLine { key, published } = past.advice;
    let snapshots = facts.snapshots.get(key)?;
    let closing = |on: Day| snapshots.iter().find(|snapshot| snapshot.on == on).map(|snapshot| snapshot.on_hand);
    let sold = |on: Day| -> i64 {
        let sales = facts.sales.get(key).into_iter().flatten();
        sales.filter(|day| day.on == on).map(|day| day.sold).sum()
    };
    let received = |on: Day| -> i64 {
        let deliveries = facts.deliveries.get(key).into_iter().flatten();
        let others = deliveries.filter(|one| one.received_on == on && one.ordered_on != published.order_on);
        others.map(|one| one.quantity).sum()
    };
    let expected_a_day = published.expected_demand.units() / f64::from((past.window_to - published.as_of).max(1));
    let days = usize::try_from(past.window_to - past.arrived_on + 1).ok().filter(|days| *days > 0)?;
    let days: Option<Vec<CycleDay>> = (0..days as i32)
        .map(|ahead| {
            let on = past.arrived_on + ahead;
            let least = if closing(on)? <= 0 { expected_a_day } else { 0.0 };
            Some(CycleDay { demand: in_units(sold(on)).max(least), received: in_units(received(on)) })
        })
        .collect();
    Some(Cycle {
        opening: in_units(closing(past.arrived_on - 1)?),
        days: days?,
        // The rest of a pack is no rule's doing.
        order_up_to: published.order_up_to.units() + in_units(least_order(facts, past.advice)),
        expected_a_day,
    })
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
