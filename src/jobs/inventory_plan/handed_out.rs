//! Orders that were handed out and that the books do not show yet: nothing is ordered twice between two extracts of the books.

use std::collections::{BTreeMap, BTreeSet};

use super::advice::PastLine;
use super::decisions::Decisions;
use super::line_key::LineKey;
use super::orders::{LineDelivery, LineOrder, OrderKnowledge};
use crate::day::Day;
use crate::decidable::Action;
use crate::quantities::Quantity;

/// Days for which an order that was handed out is believed without a trace in the books.
pub(super) const BELIEVED_DAYS: i32 = 3;

/// What the books say.
pub(super) struct Books<'a> {
    pub(super) as_of: Day,
    pub(super) open_orders: &'a BTreeMap<LineKey, Vec<LineOrder>>,
    pub(super) deliveries: &'a BTreeMap<LineKey, Vec<LineDelivery>>,
    pub(super) knowledge: OrderKnowledge,
    /// Whether there are open orders at all, as a dataset.
    pub(super) has_open_orders: bool,
}

/// An order that was handed out and has left no trace in the books.
#[derive(Debug, Clone)]
pub struct Untraced {
    pub(super) key: LineKey,
    pub(super) ordered_on: Day,
    pub(super) quantity: i64,
    /// Whether it still counts as on its way.
    pub(super) is_believed: bool,
}

/// The orders of earlier plans, not `in_shadow`, that were to be placed on a day that is over and that the books do not show: as orders on
/// their way, and what is known of each. What somebody decided about an order counts before what was recommended.
///
/// An order shows when one of the line is dated on its day or later, or was delivered. Where the books hold an order of that day or a later
/// one for anything, they have caught up, and what they do not show was not placed. Else it is believed for [`BELIEVED_DAYS`]; where there
/// are no books of open orders, until nine in ten such orders have arrived.
pub(super) fn untraced(
    books: &Books<'_>,
    advice: &[PastLine],
    in_shadow: &BTreeSet<Day>,
    decisions: &Decisions,
) -> (Vec<(LineKey, LineOrder)>, Vec<Untraced>) {
    let as_of = books.as_of;
    let ordered = books.open_orders.values().flatten().filter_map(|order| order.ordered_on);
    let delivered = books.deliveries.values().flatten().map(|delivery| delivery.ordered_on);
    let caught_up = ordered.chain(delivered).filter(|day| *day <= as_of).max();
    let (mut orders, mut found) = (Vec::new(), Vec::new());
    for past in advice {
        let published = &past.published;
        let is_over = published.order_on == published.as_of + 1 && published.order_on <= as_of;
        if !is_over || in_shadow.contains(&published.as_of) {
            continue;
        }
        let decided = decisions.last(&published.recommendation_id);
        let quantity = match decided.map(|decided| (decided.action, decided.quantity)) {
            Some((Action::Reject | Action::Snooze, _)) => 0,
            Some((_, Some(units))) => Quantity::from_units(units).thousandths(),
            _ => published.order_quantity.thousandths(),
        };
        let was_ordered = decided.is_some_and(|decided| decided.action == Action::Ordered);
        if quantity <= 0 || books.show(past, quantity) {
            continue;
        }
        let by = published.arrives_by.unwrap_or(published.arrives_on);
        let is_believed = match (caught_up, books.has_open_orders) {
            // Somebody says that it was placed: until it should have come.
            _ if was_ordered => as_of < by,
            (Some(day), _) if day >= published.order_on => continue,
            (_, false) => as_of < by,
            (_, true) => as_of - published.order_on < BELIEVED_DAYS,
        };
        let is_news = as_of - published.order_on <= BELIEVED_DAYS || is_believed;
        if is_believed {
            let order = LineOrder {
                quantity,
                due_on: published.arrives_on,
                ordered_on: Some(published.order_on),
                order_number: None,
                received: 0,
                is_in_books: false,
            };
            orders.push((past.key.clone(), order));
        }
        if is_news {
            found.push(Untraced { key: past.key.clone(), ordered_on: published.order_on, quantity, is_believed });
        }
    }
    (orders, found)
}

impl Books<'_> {
    /// Whether the order of an earlier plan, or one that takes its place, can be seen.
    fn show(&self, past: &PastLine, quantity: i64) -> bool {
        let since = past.published.order_on;
        let delivered = self.deliveries.get(&past.key).into_iter().flatten();
        let open = || self.open_orders.get(&past.key).into_iter().flatten();
        let undated: i64 = open().filter(|order| order.ordered_on.is_none()).map(|order| order.quantity).sum();
        delivered.into_iter().any(|delivery| delivery.ordered_on >= since)
            || open().any(|order| order.ordered_on.is_some_and(|day| day >= since))
            || (!self.knowledge.open_orders && undated >= quantity)
    }
}
