//! When and how fast suppliers deliver, as far as known.

use std::collections::{BTreeMap, BTreeSet};

use super::InventoryPlan;
use super::facts::InventoryFacts;
use crate::day::Day;
use crate::models::inventory::{LeadTime, LeadTimeSource, OrderCalendar, lead_time_change};
use crate::quantities::Days;

/// When and how fast a supplier delivers, as far as known.
#[derive(Debug, Clone)]
pub(super) struct SupplierTerms {
    pub(super) calendar: OrderCalendar,
    /// With its basis: `deliveries`, `quoted` or `default`.
    pub(super) lead_time: Option<(LeadTime, &'static str)>,
    /// Why the order days could not be read.
    pub(super) calendar_problem: Option<String>,
    /// That deliveries take another time than they did.
    pub(super) change: Option<LeadTimeChange>,
}

/// A supplier's deliveries take another time than they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeadTimeChange {
    /// The first order day of the new lead times.
    pub(super) since: Day,
    /// Deliveries since.
    pub(super) deliveries: usize,
    /// Medians, in days.
    pub(super) before: u32,
    pub(super) now: u32,
}

/// What deliveries say of those to come, and whether that is new.
///
/// Of the newest orders only the fastest have arrived: a change is looked for among orders old enough for the slowest to have come.
fn believed(observed: &[(Day, u32)], as_of: Day) -> (Vec<u32>, Option<LeadTimeChange>) {
    let days = |part: &[(Day, u32)]| -> Vec<u32> { part.iter().map(|(_, days)| *days).collect() };
    // The shops of one order day share a van, a strike, a holiday: they are one observation.
    let longest = observed.iter().map(|(_, days)| *days).max().unwrap_or(0).cast_signed();
    let complete = &observed[..observed.partition_point(|(day, _)| *day + longest <= as_of)];
    let by_day: Vec<(Day, f64)> = (complete.chunk_by(|left, right| left.0 == right.0))
        .map(|day| (day[0].0, day.iter().map(|(_, days)| f64::from(*days)).sum::<f64>() / day.len() as f64))
        .collect();
    let means: Vec<f64> = by_day.iter().map(|(_, mean)| *mean).collect();
    let Some(since) = lead_time_change(&means).map(|start| by_day[start].0) else { return (days(observed), None) };
    let (old, new) = complete.split_at(complete.partition_point(|(day, _)| *day < since));
    let median = |part: &[(Day, u32)]| LeadTime::from_deliveries(&days(part), None).map(|known| known.median_days);
    let change = median(old).zip(median(new)).filter(|(before, now)| before != now);
    match change {
        Some((before, now)) => (days(new), Some(LeadTimeChange { since, deliveries: new.len(), before, now })),
        None => (days(observed), None),
    }
}

/// Terms per supplier; `None` is the supplier of products that name none.
pub(super) fn supplier_terms(
    plan: &InventoryPlan,
    as_of: Day,
    facts: &InventoryFacts,
) -> BTreeMap<Option<String>, SupplierTerms> {
    let named = facts.products.values().map(|product| product.supplier_id.clone());
    let ids: BTreeSet<Option<String>> = named.chain([None]).collect();
    let terms_of = |id: Option<String>| {
        let supplier = id.as_ref().and_then(|id| facts.suppliers.get(id));
        let (calendar, calendar_problem) =
            match OrderCalendar::from_text(supplier.and_then(|supplier| supplier.order_weekdays.as_deref())) {
                Ok(calendar) => (calendar, None),
                Err(error) => (OrderCalendar::every_day(), Some(error.to_string())),
            };
        let observed = id.as_ref().and_then(|id| facts.lead_times.get(id)).map_or(&[][..], Vec::as_slice);
        let (observed, change) = believed(observed, as_of);
        let quoted = supplier.and_then(|supplier| supplier.lead_time_days).and_then(|days| u32::try_from(days).ok());
        let assumed = || LeadTime::from_deliveries(&[], plan.default_lead_time_days.map(Days::get));
        let lead_time = match LeadTime::from_deliveries(&observed, quoted) {
            Some(known) => {
                let basis = if known.source == LeadTimeSource::Quoted { "quoted" } else { "deliveries" };
                Some((known, basis))
            }
            None => assumed().map(|lead_time| (lead_time, "default")),
        };
        (id, SupplierTerms { calendar, lead_time, calendar_problem, change })
    };
    ids.into_iter().map(terms_of).collect()
}
