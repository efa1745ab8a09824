//! How much of what is sold could be planned: the first thing that a planner has to know.

use std::collections::{BTreeMap, BTreeSet};

use super::exception::Exception;
use super::facts::InventoryFacts;
use super::line::Line;
use super::line_key::LineKey;
use crate::publication::OwnAudit;
use crate::quantities::Share;
use crate::words::{counted, percent};

/// Locations named in a sentence.
const NAMED: usize = 3;

/// Why a line with a forecast could not be planned: the code of its exception, and what follows `12`.
const REASONS: [(&str, &str); 4] = [
    ("no_stock_level", "without a stock record"),
    ("missing_lead_time", "without a lead time"),
    ("unknown_product", "not in `products`"),
    ("unusable_forecast", "with an unusable forecast"),
];

/// Lines with a forecast that were planned, and those that could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    planned: usize,
    /// In the order of the reasons.
    unplanned: Vec<(&'static str, usize)>,
    /// What to look at where forecasts and stock have no location in common.
    apart: Option<String>,
}

impl Coverage {
    pub(super) fn of(facts: &InventoryFacts, lines: &[Line], exceptions: &[Exception]) -> Self {
        let is_forecast = |exception: &&Exception| {
            let key = exception.product_id.as_ref().zip(exception.location_id.as_ref());
            key.is_some_and(|(product, location)| facts.forecasts.contains_key(&LineKey::new(product, location)))
        };
        let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
        for exception in exceptions.iter().filter(is_forecast) {
            *by_code.entry(exception.code).or_default() += 1;
        }
        let unplanned = REASONS.iter().filter_map(|(code, text)| Some((*text, *by_code.get(code)?))).collect();
        Self { planned: lines.len(), unplanned, apart: apart(facts) }
    }

    fn missing(&self) -> usize {
        self.unplanned.iter().map(|(_, n)| n).sum()
    }

    /// The share of the lines with a forecast that were planned.
    pub(super) fn share(&self) -> f64 {
        let all = self.planned + self.missing();
        if all == 0 { 1.0 } else { self.planned as f64 / all as f64 }
    }

    /// `3 of 3 lines could not be planned (3 without a stock record)`; `None` where all were.
    pub(super) fn sentence(&self) -> Option<String> {
        let missing = self.missing();
        let reasons: Vec<String> = self.unplanned.iter().map(|(text, n)| format!("{n} {text}")).collect();
        let apart = self.apart.as_ref().map_or_else(String::new, |apart| format!(": {apart}"));
        (missing > 0).then(|| {
            format!(
                "{missing} of {} could not be planned ({}){apart}",
                counted(self.planned + missing, "line", "lines"),
                reasons.join(", ")
            )
        })
    }

    /// Whether anything was planned at all.
    pub(super) fn is_empty(&self) -> bool {
        self.planned == 0
    }

    /// Stops a plan of too little of what is sold.
    pub(super) fn audit(&self, least: Share) -> OwnAudit {
        let too_little = self.share() < least.get();
        OwnAudit {
            name: "plan_covers_what_is_sold",
            meaning: format!(
                "at least {} of the lines with a forecast can be planned; see whether ids and locations agree between sales, stock and \
                 products, or set `min_planned_share` of the job lower",
                percent(least.get(), 0)
            ),
            offending: self.sentence().filter(|_| too_little).into_iter().collect(),
        }
    }
}

/// Forecasts at one set of locations, stock at another.
fn apart(facts: &InventoryFacts) -> Option<String> {
    let sold: BTreeSet<&str> = facts.forecasts.keys().map(|key| key.location_id.as_str()).collect();
    let stocked: BTreeSet<&str> = facts.snapshots.keys().map(|key| key.location_id.as_str()).collect();
    let named = |locations: &BTreeSet<&str>| {
        let first: Vec<String> = locations.iter().take(NAMED).map(|location| format!("`{location}`")).collect();
        let more = if locations.len() > NAMED { " ..." } else { "" };
        format!("{}{more}", first.join(", "))
    };
    (!sold.is_empty() && !stocked.is_empty() && sold.is_disjoint(&stocked))
        .then(|| format!("sales are at {}, stock is at {}, and no location has both", named(&sold), named(&stocked)))
}
