//! Orders that were handed out and that the books do not show yet: nothing is ordered twice between two extracts of the books.

use std::collections::{BTreeMap, BTreeSet};

use super::advice::PastLine;
use super::decisions::Decisions;
use super::line_key::LineKey;
use super::orders::{LineDelivery, LineOrder, OrderKnowledge};
use crate::datasets::Product;
use crate::day::Day;
use crate::decided::Action;
use crate::quantities::Quantity;

/// Days after which it is asked aloud where an order is that the books do not show.
const SILENT_DAYS: i32 = 3;
/// Days for which it is said of an order that it was not placed.
const TOLD_DAYS: i32 = 3;
/// Days for which it is said of an order that it should have come and did not.
const MISSED_DAYS: i32 = 14;

/// What the books say.
pub(super) struct Books<'a> {
    pub(super) as_of: Day,
    pub(super) open_orders: &'a BTreeMap<LineKey, Vec<LineOrder>>,
    pub(super) deliveries: &'a BTreeMap<LineKey, Vec<LineDelivery>>,
    pub(super) knowledge: OrderKnowledge,
    /// By id, for their suppliers.
    pub(super) products: &'a BTreeMap<String, Product>,
}

/// What is to be thought of an order that was handed out and has left no trace in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// The books may not know of it yet: it counts as on its way.
    OnItsWay,
    /// The books hold an order of its day or a later one of the same supplier for the same location, and not this one.
    NotPlaced,
    /// It should have come, and did not.
    NeverCame,
}

/// An order that was handed out and has left no trace in the books.
#[derive(Debug, Clone)]
pub struct Untraced {
    pub(super) key: LineKey,
    /// The plan that asked for it.
    pub(super) planned: Day,
    pub(super) ordered_on: Day,
    pub(super) quantity: i64,
    pub(super) trust: Trust,
    /// Whether it has to be told of: before, the books may simply be a few days behind.
    pub(super) is_news: bool,
}

/// The orders of earlier plans, not those `without_files`, that were to be placed on a day that is over, or that somebody says were placed or handed
/// over, and that the books do not show: as orders on their way, and what is known of each. What somebody decided about an order counts
/// before what was recommended.
///
/// An order shows when one of the line is dated on its day or later, or was delivered. Where the books hold an order of that day or a later
/// one of the same supplier for the same location, they have caught up, and what they do not show was not placed. Else it is believed
/// until nine in ten such orders have arrived: a night that asks again for what was ordered costs more than one that waits.
pub(super) fn untraced(
    books: &Books<'_>,
    advice: &[PastLine],
    without_files: &BTreeSet<Day>,
    decisions: &Decisions,
) -> (Vec<(LineKey, LineOrder)>, Vec<Untraced>) {
    let as_of = books.as_of;
    let caught_up = books.caught_up();
    let left_alone = decisions.left_alone(advice);
    let (mut orders, mut found) = (Vec::new(), Vec::new());
    for past in advice {
        let published = &past.published;
        let decided = decisions.last(&published.recommendation_id);
        // Somebody says that it left the house: on the morning after the plan, whenever the supplier takes it.
        let was_ordered = decided.is_some_and(|decided| decided.action == Action::Ordered);
        let has_left = was_ordered || decided.is_some_and(|decided| decided.action == Action::Exported);
        let morning = published.as_of + 1;
        let ordered_on = if has_left { morning } else { published.order_on };
        let was_handed_out = has_left || !without_files.contains(&published.as_of);
        let is_over = was_handed_out && ordered_on == morning && ordered_on <= as_of;
        // An earlier plan's line was snoozed beyond this one's order day: it stood in no file.
        let is_left_alone = decided.is_none()
            && left_alone
                .get(&past.key)
                .is_some_and(|all| all.iter().any(|(plan, until)| *plan <= published.as_of && *until > morning));
        let quantity = match decided.map(|decided| (decided.action, decided.quantity)) {
            _ if is_left_alone => 0,
            Some((Action::Reject | Action::Snooze, _)) => 0,
            Some((_, Some(units))) => Quantity::from_units(units).thousandths(),
            _ => published.order_quantity.thousandths(),
        };
        if !is_over || quantity <= 0 || books.show(&past.key, ordered_on, quantity) {
            continue;
        }
        let by = published.arrives_by.unwrap_or(published.arrives_on);
        let books_know = caught_up.get(&books.source(&past.key)).is_some_and(|day| *day >= ordered_on);
        let trust = match (was_ordered, books_know) {
            (false, true) => Trust::NotPlaced,
            _ if as_of < by => Trust::OnItsWay,
            _ => Trust::NeverCame,
        };
        let is_news = match trust {
            // Where there are no books of open orders, none can show it.
            Trust::OnItsWay => books.knowledge.open_orders && as_of - ordered_on >= SILENT_DAYS,
            Trust::NotPlaced => as_of - ordered_on < TOLD_DAYS,
            Trust::NeverCame => as_of - by < MISSED_DAYS,
        };
        if trust == Trust::OnItsWay {
            let order = LineOrder {
                quantity,
                due_on: published.arrives_on,
                ordered_on: Some(ordered_on),
                order_number: None,
                received: 0,
                is_in_books: false,
            };
            orders.push((past.key.clone(), order));
        }
        if is_news || trust == Trust::OnItsWay {
            let planned = published.as_of;
            found.push(Untraced { key: past.key.clone(), planned, ordered_on, quantity, trust, is_news });
        }
    }
    (orders, found)
}

impl Books<'_> {
    /// Who delivers a line, and where.
    fn source(&self, key: &LineKey) -> (Option<&str>, String) {
        let supplier = self.products.get(&key.product_id).and_then(|product| product.supplier_id.as_deref());
        (supplier, key.location_id.clone())
    }

    /// By supplier and location, the newest day up to which the books know of orders.
    fn caught_up(&self) -> BTreeMap<(Option<&str>, String), Day> {
        let is_known = |day: &Day| *day <= self.as_of;
        let ordered = self
            .open_orders
            .iter()
            .map(|(key, orders)| (key, orders.iter().filter_map(|order| order.ordered_on).filter(is_known).max()));
        let delivered = self.deliveries.iter().map(|(key, deliveries)| {
            (key, deliveries.iter().map(|delivery| delivery.ordered_on).filter(is_known).max())
        });
        let mut newest = BTreeMap::new();
        for (key, day) in ordered.chain(delivered).filter_map(|(key, day)| Some((key, day?))) {
            let known = newest.entry(self.source(key)).or_insert(day);
            *known = day.max(*known);
        }
        newest
    }

    /// Whether an order of a day, or one that takes its place, can be seen.
    fn show(&self, key: &LineKey, since: Day, quantity: i64) -> bool {
        let delivered = self.deliveries.get(key).into_iter().flatten();
        let open = || self.open_orders.get(key).into_iter().flatten();
        let undated: i64 = open().filter(|order| order.ordered_on.is_none()).map(|order| order.quantity).sum();
        delivered.into_iter().any(|delivery| delivery.ordered_on >= since)
            || open().any(|order| order.ordered_on.is_some_and(|day| day >= since))
            || (!self.knowledge.open_orders && undated >= quantity)
    }
}
