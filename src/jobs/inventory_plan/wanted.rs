//! What plans in the shadow wanted, as published.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use polars::prelude::DataFrame;

use super::advice::{PastLine, PublishedAdvice};
use super::line_key::LineKey;
use crate::contract::ContractError;
use crate::day::Day;

/// Days before the day on which a plan wants a line, from which on an order is the one that it asked for.
const EARLY_DAYS: i32 = 7;

/// What plans in the shadow wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Their as-of days.
    plans: BTreeSet<Day>,
    /// Of all advice for a line and an order day, the last word.
    pub(super) last_words: BTreeMap<LineKey, BTreeMap<Day, PublishedAdvice>>,
    /// Of a line, the plans that wanted it: when it was to be ordered, and how much in thousandths.
    orders: BTreeMap<LineKey, BTreeMap<Day, (Day, i64)>>,
}

impl Wanted {
    /// Those of the plans `in_shadow` whose order day, or whose own, lies within the days.
    pub(super) fn read(
        advice: &DataFrame,
        in_shadow: &BTreeSet<Day>,
        days: RangeInclusive<Day>,
    ) -> Result<Self, ContractError> {
        let mut wanted = Self::default();
        for PastLine { key, published } in PublishedAdvice::read(advice)?.map(PastLine::from) {
            if !in_shadow.contains(&published.as_of) || published.as_of + 1 < *days.start() {
                continue;
            }
            wanted.plans.insert(published.as_of);
            let quantity = published.order_quantity.thousandths();
            if quantity > 0 {
                let order = (published.order_on, quantity);
                wanted.orders.entry(key.clone()).or_default().insert(published.as_of, order);
            }
            if days.contains(&published.order_on) && published.as_of < published.order_on {
                let words = wanted.last_words.entry(key).or_default();
                let is_newer = words.get(&published.order_on).is_none_or(|known| known.as_of < published.as_of);
                if is_newer {
                    words.insert(published.order_on, published);
                }
            }
        }
        Ok(wanted)
    }

    /// What the newest plan before a day wanted of a line on that day or within some days after it.
    pub(super) fn ahead(&self, key: &LineKey, day: Day) -> Option<(Day, i64)> {
        let plan = self.plans.range(..day).next_back()?;
        let (order_on, quantity) = self.orders.get(key)?.get(plan)?;
        (*order_on - day <= EARLY_DAYS).then_some((*order_on, *quantity))
    }
}
