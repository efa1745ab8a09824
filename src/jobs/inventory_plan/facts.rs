//! Everything a plan is made from, as plain structs keyed by line.

use std::collections::{BTreeMap, BTreeSet};

use super::advice::PastLine;
use super::decisions::Decisions;
use super::forecasts::SeriesForecast;
use super::handed_out::Untraced;
use super::history::{DaySales, Movements, Snapshot};
use super::line_key::LineKey;
use super::orders::{LineDelivery, LineOrder, OrderKnowledge};
use super::rests::Rests;
use super::wanted::Wanted;
use super::wishes::OrderRuleBook;
use crate::datasets::{Product, Supplier};
use crate::day::Day;
use crate::decided::Action;
use crate::quantities::Quantity;

/// Stock of a line at the close of `as_of`.
#[derive(Debug, Clone, Copy)]
pub struct CurrentStock {
    pub(super) snapshot_on: Day,
    /// Below 0 is a recording error.
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
    /// Whether sales and deliveries since the snapshot were booked onto it.
    pub(super) is_rolled_forward: bool,
}

/// What was taken for known, because the newest data had missed a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The days whose sales had not arrived, oldest first.
    pub(super) missing: Vec<Day>,
    /// Lines whose recommended order counts as placed.
    pub(super) assumed_orders: usize,
}

/// Rows that could not be used as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Deliveries received before they were ordered: they say nothing of lead times.
    pub(super) reversed_deliveries: usize,
    /// Open orders due before they were ordered.
    pub(super) reversed_orders: usize,
    /// Suppliers of products or deliveries that are not in `suppliers`, where there is such a dataset.
    pub(super) unknown_suppliers: BTreeSet<String>,
}

/// Everything a plan is made from. Quantities are thousandths of a unit, money is minor currency units.
#[derive(Debug, Default)]
pub struct InventoryFacts {
    pub(super) forecast_as_of: Day,
    pub(super) forecasts: BTreeMap<LineKey, SeriesForecast>,
    /// Without numbers that cannot be, such as a cost below 0.
    pub(super) products: BTreeMap<String, Product>,
    /// Likewise.
    pub(super) suppliers: BTreeMap<String, Supplier>,
    pub(super) snapshots: BTreeMap<LineKey, Vec<Snapshot>>,
    pub(super) sales: BTreeMap<LineKey, Vec<DaySales>>,
    pub(super) open_orders: BTreeMap<LineKey, Vec<LineOrder>>,
    pub(super) deliveries: BTreeMap<LineKey, Vec<LineDelivery>>,
    /// Order day and days to the receipt per supplier, by order day; one entry per supplier, location, order day and receipt day.
    pub(super) lead_times: BTreeMap<String, Vec<(Day, u32)>>,
    /// What moved when, of all days that are known.
    pub(super) movements: Movements,
    /// Lines that the newest list of their location leaves out, which holds no zeros: nothing is there.
    pub(super) taken_for_empty: Vec<LineKey>,
    /// Orders that were handed out and that the books do not show.
    pub(super) untraced: Vec<Untraced>,
    /// Whether rests of partly delivered orders come.
    pub(super) rests: Rests,
    /// What planners want.
    pub(super) rules: OrderRuleBook,
    /// Lines that somebody wants left alone, and until when.
    pub(super) snoozed: BTreeMap<LineKey, Day>,
    /// What was decided, also about what tonight's run recommends: a run of a date again makes the same recommendations.
    pub(super) decisions: Decisions,
    /// What was read and could not be used.
    pub(super) skipped: Skipped,
    /// By product and location; location `None` holds everywhere.
    pub(super) prices: BTreeMap<(String, Option<String>), i64>,
    pub(super) order_knowledge: OrderKnowledge,
    /// Advice whose time is over and that was not graded before.
    pub(super) to_grade: Vec<PastLine>,
    /// In the shadow: what plans of the last weeks wanted.
    pub(super) wanted: Wanted,
    /// The last publication before `as_of`, for what changed.
    pub(super) previous: Option<(Day, Vec<PastLine>)>,
    /// What was taken for known, where the run stands in at a deadline.
    pub(super) stand_in: Option<StandIn>,
    /// Datasets of `USES` that the project does not have.
    pub(super) missing: Vec<&'static str>,
}

impl InventoryFacts {
    /// The newest snapshot, less what was sold and plus what was returned and delivered after it (not below 0).
    pub(super) fn current_stock(&self, key: &LineKey, as_of: Day) -> Option<CurrentStock> {
        let snapshot = self.snapshots.get(key)?.last()?;
        let mut stock = CurrentStock {
            snapshot_on: snapshot.on,
            on_hand: snapshot.on_hand,
            reserved: snapshot.reserved,
            is_rolled_forward: false,
        };
        if snapshot.on < as_of {
            let since = |day: Day| day > snapshot.on && day <= as_of;
            let sales = self.sales.get(key).into_iter().flatten().filter(|day| since(day.on));
            let net_sold: i64 = sales.map(|day| day.sold - day.returned).sum();
            let deliveries =
                self.deliveries.get(key).into_iter().flatten().filter(|delivery| since(delivery.received_on));
            let received: i64 = deliveries.map(|delivery| delivery.quantity).sum();
            stock.on_hand = (snapshot.on_hand.max(0) - net_sold + received).max(0);
            stock.is_rolled_forward = true;
        }
        Some(stock)
    }

    /// Whether a line without a forecast is one whose stock can be given away: nothing of it was sold there for weeks, and the location is
    /// no other spelling of one of those that are `selling`.
    pub(super) fn is_store_room(&self, key: &LineKey, as_of: Day, selling: &BTreeSet<&str>) -> bool {
        let plain = |location: &str| location.trim().trim_start_matches('0').to_lowercase();
        let is_other = |known: &&str| **known != key.location_id && plain(known) == plain(&key.location_id);
        self.movements.lies_there(key, as_of) && !selling.iter().any(is_other)
    }

    /// What somebody decided to order instead of what is recommended; `None` where nobody did.
    pub(super) fn decided_milli(&self, key: &LineKey, recommendation_id: &str) -> Option<i64> {
        // What was decided about tonight's own recommendation is newer than any snooze of the line.
        match self.decisions.last(recommendation_id) {
            None => self.snoozed.contains_key(key).then_some(0),
            Some(decision) if matches!(decision.action, Action::Reject | Action::Snooze) => Some(0),
            Some(decision) => decision.quantity.map(|units| Quantity::from_units(units).thousandths()),
        }
    }

    /// Selling price of one unit: the location's, else the general one, else the list price.
    pub(super) fn price(&self, key: &LineKey) -> Option<i64> {
        let local = (key.product_id.clone(), Some(key.location_id.clone()));
        let general = (key.product_id.clone(), None);
        let list = || self.products.get(&key.product_id).and_then(|product| product.list_price);
        self.prices.get(&local).or_else(|| self.prices.get(&general)).copied().or_else(list)
    }
}
