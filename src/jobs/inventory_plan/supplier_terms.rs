//! When and how fast suppliers deliver, as far as known.

use std::collections::{BTreeMap, BTreeSet};

use super::InventoryPlan;
use super::facts::InventoryFacts;
use crate::models::inventory::{LeadTime, LeadTimeSource, OrderCalendar};
use crate::quantities::Days;

/// When and how fast a supplier delivers, as far as known.
#[derive(Debug, Clone)]
pub(super) struct SupplierTerms {
    pub(super) calendar: OrderCalendar,
    /// With its basis: `deliveries`, `quoted` or `default`.
    pub(super) lead_time: Option<(LeadTime, &'static str)>,
    /// Why the order days could not be read.
    pub(super) calendar_problem: Option<String>,
}

/// Terms per supplier; `None` is the supplier of products that name none.
pub(super) fn supplier_terms(plan: &InventoryPlan, facts: &InventoryFacts) -> BTreeMap<Option<String>, SupplierTerms> {
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
        let quoted = supplier.and_then(|supplier| supplier.lead_time_days).and_then(|days| u32::try_from(days).ok());
        let assumed = || LeadTime::from_deliveries(&[], plan.default_lead_time_days.map(Days::get));
        let lead_time = match LeadTime::from_deliveries(observed, quoted) {
            Some(known) => {
                let basis = if known.source == LeadTimeSource::Quoted { "quoted" } else { "deliveries" };
                Some((known, basis))
            }
            None => assumed().map(|lead_time| (lead_time, "default")),
        };
        (id, SupplierTerms { calendar, lead_time, calendar_problem })
    };
    ids.into_iter().map(terms_of).collect()
}
