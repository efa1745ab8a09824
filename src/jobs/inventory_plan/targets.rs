//! What each line's stock is held for: what a planner's rule says, else the job's service level, or its part in a fill rate.

use std::collections::BTreeMap;

use super::line_basis::LineBasis;
use super::line_key::LineKey;
use super::{FillRateOf, InventoryPlan};
use crate::models::inventory::{FillCurve, ServiceTarget, SharingLine, fill_curve, share_fill_rate};
use crate::quantities::Level;

/// A line that has a part in the fill rate of all.
pub(super) struct Sharer {
    curve: FillCurve,
    /// Minor units of money.
    price: Option<i64>,
    cost: Option<i64>,
}

/// The services per cycle with which the lines together serve the wanted fill rate; none where there is no such target.
#[derive(Debug, Default)]
pub(super) struct Targets(BTreeMap<LineKey, f64>);

/// Whether the lines share a fill rate, so that all have to be looked at before any is planned.
pub(super) fn are_shared(settings: &InventoryPlan) -> bool {
    settings.fill_rate.is_some() && settings.fill_rate_of == FillRateOf::Assortment
}

/// The part of a line: `None` where a planner's rule gives it a service level, or nothing is asked for.
pub(super) fn sharer(basis: &LineBasis<'_>) -> Option<Sharer> {
    if basis.wishes.service_level.is_some() {
        return None;
    }
    // Its own target is not read.
    let curve = fill_curve(&basis.request(ServiceTarget::FillRate(0.5))).ok()??;
    let positive = |money: &i64| *money > 0;
    let input = basis.input;
    Some(Sharer {
        curve,
        price: input.facts.price(input.key).filter(positive),
        cost: input.product.unit_cost.filter(positive),
    })
}

impl Targets {
    /// Shares the fill rate: of the value of demand at the selling price, at the least cost of the goods that stand on shelves. A line whose
    /// price or cost is not known has the median ratio of the two; one without either is worth as much as the median line.
    pub(super) fn share(settings: &InventoryPlan, sharers: Vec<(LineKey, Sharer)>) -> Self {
        let Some(wanted) = settings.fill_rate else { return Self::default() };
        let both = |one: &Sharer| Some(one.price? as f64 / one.cost? as f64);
        let ratio = median(sharers.iter().filter_map(|(_, one)| both(one)).collect()).unwrap_or(1.0);
        let money = |one: &Sharer| {
            let (price, cost) = (one.price.map(|price| price as f64), one.cost.map(|cost| cost as f64));
            Some((price.or_else(|| Some(cost? * ratio))?, cost.or_else(|| Some(price? / ratio))?))
        };
        let value = |one: &Sharer| Some(money(one)?.0 * one.curve.demand());
        let usual = median(sharers.iter().filter_map(|(_, one)| value(one)).collect()).unwrap_or(1.0);
        let sharing: Vec<SharingLine<'_>> = (sharers.iter())
            .map(|(_, one)| {
                let unknown = || (usual / one.curve.demand(), usual / one.curve.demand() / ratio);
                let (worth, holding) = money(one).unwrap_or_else(unknown);
                SharingLine { curve: &one.curve, worth, holding }
            })
            .collect();
        // Amounts are above 0 here, and the share is a level.
        let services = share_fill_rate(&sharing, wanted.get()).unwrap_or_default();
        Self(sharers.into_iter().map(|(key, _)| key).zip(services).collect())
    }

    /// Of a line.
    pub(super) fn of(&self, settings: &InventoryPlan, basis: &LineBasis<'_>) -> ServiceTarget {
        let shared = || self.0.get(basis.input.key).copied();
        match (basis.wishes.service_level, settings.fill_rate.map(Level::get)) {
            (Some(level), _) => ServiceTarget::Cycle(level),
            (None, Some(share)) => shared()
                .map_or(ServiceTarget::FillRate(share), |service| ServiceTarget::SharedFill { of_all: share, service }),
            (None, None) => ServiceTarget::Cycle(settings.service_level.get()),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite() && *value > 0.0);
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
