//! What people and their systems decided about earlier orders.

use std::collections::BTreeMap;

use super::advice::PastLine;
use super::line_key::LineKey;
use crate::day::Day;
use crate::decidable::Decidable;
use crate::decided::{Action, Decision};
use crate::explain::Key;
use crate::published::INVENTORY_RECOMMENDATIONS;

/// `decide order PRODUCT LOCATION`.
pub(super) const ORDER: Decidable = Decidable {
    word: "order",
    about: "The order of a product at a location: approve, change, reject or snooze it, or say that it was handed over or placed",
    table: &INVENTORY_RECOMMENDATIONS,
    keys: &[
        (Key { name: "product", about: "The product", optional: false }, "product_id"),
        (Key { name: "location", about: "The location", optional: false }, "location_id"),
    ],
    id: "recommendation_id",
    quantity: "order_quantity",
    step: "pack_size",
};

/// The last decision about each recommendation.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    last: BTreeMap<String, Decision>,
    /// Rows with an action that there is not.
    pub(super) unknown: usize,
}

impl Decisions {
    /// Of decisions, the oldest first.
    pub(super) fn of(decisions: Vec<Decision>, unknown: usize) -> Self {
        let last = decisions.into_iter().map(|decision| (decision.recommendation_id.clone(), decision)).collect();
        Self { last, unknown }
    }

    /// The one that holds.
    pub(super) fn last(&self, recommendation_id: &str) -> Option<&Decision> {
        self.last.get(recommendation_id)
    }

    /// By line, the plans of which somebody snoozed it, and until when.
    pub(super) fn left_alone<'a>(&self, advice: &'a [PastLine]) -> BTreeMap<&'a LineKey, Vec<(Day, Day)>> {
        let mut found: BTreeMap<&LineKey, Vec<(Day, Day)>> = BTreeMap::new();
        for past in advice {
            let decision = self.last(&past.published.recommendation_id);
            let until =
                decision.filter(|decision| decision.action == Action::Snooze).and_then(|decision| decision.until);
            if let Some(until) = until {
                found.entry(&past.key).or_default().push((past.published.as_of, until.into()));
            }
        }
        found
    }

    /// Lines that somebody wants left alone on the day of the next order, and until when.
    pub(super) fn snoozed(&self, advice: &[PastLine], as_of: Day) -> BTreeMap<LineKey, Day> {
        let of_line = |past: &PastLine| {
            let decision = self.last(&past.published.recommendation_id)?;
            let until = decision.until.map(Day::from).filter(|_| decision.action == Action::Snooze)?;
            (until > as_of + 1).then(|| (past.key.clone(), until))
        };
        // Advice is in no order: the longest holds.
        let mut snoozed: BTreeMap<LineKey, Day> = BTreeMap::new();
        for (key, until) in advice.iter().filter_map(of_line) {
            let known = snoozed.entry(key).or_insert(until);
            *known = until.max(*known);
        }
        snoozed
    }
}
