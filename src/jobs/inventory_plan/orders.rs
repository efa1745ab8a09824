//! Orders for a line and what came of them.

use crate::day::Day;
use crate::models::inventory::LeadTime;

/// An order for a line on its way.
#[derive(Debug, Clone)]
pub struct LineOrder {
    pub(super) quantity: i64,
    pub(super) due_on: Day,
    pub(super) ordered_on: Option<Day>,
    pub(super) order_number: Option<String>,
    /// What came of it so far, in thousandths.
    pub(super) received: i64,
    /// Whether the books show it; else it was handed out and is believed.
    pub(super) is_in_books: bool,
}

impl LineOrder {
    /// Whether it is so late that it no longer counts as on its way: by more than the longest wait for this supplier's deliveries
    /// lets expect, see [`LeadTime::patience_days`].
    pub(super) fn is_given_up(&self, as_of: Day, lead_time: &LeadTime) -> bool {
        as_of - self.due_on > lead_time.patience_days().saturating_sub(lead_time.median_days).cast_signed()
    }

    /// Whether it is what is left of one that came in part. Without a number it is not known what became of others.
    pub(super) fn is_rest(&self) -> bool {
        self.received > 0 && self.order_number.is_some()
    }

    /// `order PO7`, or `an order`.
    pub(super) fn name(&self) -> String {
        self.order_number.as_ref().map_or_else(|| "an order".to_owned(), |number| format!("order {number}"))
    }
}

/// A delivery for a line that arrived.
#[derive(Debug, Clone)]
pub struct LineDelivery {
    pub(super) ordered_on: Day,
    pub(super) received_on: Day,
    pub(super) quantity: i64,
}

/// What past orders can be known from.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderKnowledge {
    /// Open orders name their order date.
    pub(super) open_orders: bool,
    /// Deliveries name product and location.
    pub(super) deliveries: bool,
}

/// Days from the as-of day to another; 0 for one that is over.
pub(super) fn days_after(as_of: Day, day: Day) -> usize {
    usize::try_from(day - as_of).unwrap_or(0)
}
