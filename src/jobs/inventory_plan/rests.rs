//! Whether the rest of a partly delivered order comes at all: of some suppliers a second delivery follows, others ship short for good.

use std::collections::{BTreeMap, BTreeSet};

use super::line_key::LineKey;
use super::orders::LineOrder;
use crate::datasets::{Delivery, Product};
use crate::day::Day;

/// Days after its due date from which on an open rest has not come.
const OVER_DAYS: i32 = 28;
/// Partly delivered orders from which on a supplier is known.
const ENOUGH: usize = 5;
/// A rest that comes less often than this does not count as on its way.
const SELDOM: f64 = 0.2;

/// What became of partly delivered orders, by supplier.
#[derive(Debug, Clone, Default)]
pub struct Rests {
    by_supplier: BTreeMap<Option<String>, Rest>,
}

/// Of one supplier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// Lines that came in several deliveries.
    pub(super) came: usize,
    /// Lines whose rest is open four weeks after it was due.
    pub(super) never_came: usize,
}

impl Rest {
    fn comes(self) -> bool {
        let all = self.came + self.never_came;
        all < ENOUGH || self.came as f64 >= SELDOM * all as f64
    }
}

impl Rests {
    /// Counts deliveries of numbered orders, and what is still open of orders that came in part.
    pub(super) fn of<'d>(
        as_of: Day,
        deliveries: impl Iterator<Item = Delivery<'d>>,
        open: &BTreeMap<LineKey, Vec<LineOrder>>,
        products: &BTreeMap<String, Product>,
    ) -> Self {
        // By order, product and location: the supplier, and the days of arrival.
        let mut days = BTreeMap::<_, (String, BTreeSet<Day>)>::new();
        for delivery in deliveries {
            if let (Some(number), Some(product)) = (delivery.order_number, delivery.product_id) {
                let (supplier, days) = days.entry((number, product, delivery.location_id)).or_default();
                delivery.supplier_id.clone_into(supplier);
                days.insert(delivery.received_on);
            }
        }
        let mut found = Self::default();
        for (supplier, days) in days.into_values() {
            found.by_supplier.entry(Some(supplier)).or_default().came += usize::from(days.len() > 1);
        }
        for (key, orders) in open {
            let supplier = products.get(&key.product_id).and_then(|product| product.supplier_id.clone());
            let over = orders.iter().filter(|order| order.is_rest() && as_of - order.due_on > OVER_DAYS);
            found.by_supplier.entry(supplier).or_default().never_came += over.count();
        }
        found
    }

    /// Whether what is open of a partly delivered order counts as on its way.
    pub(super) fn come(&self, supplier: Option<&String>) -> bool {
        self.by_supplier.get(&supplier.cloned()).is_none_or(|rest| rest.comes())
    }

    /// Suppliers of whom it does not.
    pub(super) fn short(&self) -> impl Iterator<Item = (Option<&str>, Rest)> {
        let short = self.by_supplier.iter().filter(|(_, rest)| !rest.comes());
        short.map(|(supplier, rest)| (supplier.as_deref(), *rest))
    }
}
