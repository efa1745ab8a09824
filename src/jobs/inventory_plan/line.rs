//! A planned line.

use super::facts::CurrentStock;
use super::forecasts::SeriesForecast;
use super::line_key::LineKey;
use super::units::units;
use crate::datasets::Product;
use crate::day::Day;
use crate::models::inventory::{
    LeadTime, OrderPlan, Overstock, PolicyLevels, ServiceTarget, Step, StepCode, StockProjection,
};

/// A planned line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) key: LineKey,
    pub(super) recommendation_id: String,
    pub(super) product: Product,
    pub(super) plan: OrderPlan,
    pub(super) stock: CurrentStock,
    pub(super) on_order_milli: i64,
    pub(super) lead_time: LeadTime,
    pub(super) lead_time_basis: &'static str,
    pub(super) forecast_method: String,
    /// First day whose mean demand cannot be served if nothing is ordered, within the horizon.
    pub(super) stock_out_on: Option<Day>,
    /// Stock from the day after `as_of` until the day before the order arrives.
    pub(super) before_arrival: StockProjection,
    /// What of the sales that would be lost by then goods of another location would save, in thousandths.
    pub(super) savable_milli: i64,
    /// The least that is left of the stock, at the service level, on any day before an order of today could arrive, in thousandths.
    pub(super) least_left_milli: i64,
    pub(super) overstock: Option<Overstock>,
    pub(super) price: Option<i64>,
    /// Of the recommended quantity.
    pub(super) order_value: Option<i64>,
    /// What somebody decided to order instead, in thousandths; 0 of what was rejected or is to be left alone.
    pub(super) decided_milli: Option<i64>,
    pub(super) urgency: Urgency,
    pub(super) flags: Vec<&'static str>,
    /// What follows `Order 24 (2 packs of 12): `.
    pub(super) reasons: String,
    /// The smallest part of a unit that can be ordered, where there is no pack.
    pub(super) unit_milli: Option<i64>,
    /// The demand it was planned with, where that is another than the forecast: what ends, or what a planner expects.
    pub(super) own_forecast: Option<SeriesForecast>,
    /// For a system that works out its orders itself.
    pub(super) levels: PolicyLevels,
    /// Probability that stock at the level lasts until the next order can arrive.
    pub(super) service_level: f64,
    /// What was asked for.
    pub(super) target: ServiceTarget,
}

/// How soon somebody must act; ordered, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Runs out before an order could arrive.
    Red,
    /// Order now.
    Amber,
    /// Nothing to do.
    Green,
}

impl Urgency {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
        }
    }
}

impl Line {
    /// Last day that the order has to cover.
    pub(super) fn last_covered_day(&self) -> Day {
        Day::from(self.plan.covers_until) - 1
    }

    /// The day on which the supplier is asked.
    pub(super) fn order_on(&self) -> Day {
        self.plan.order_on.into()
    }

    /// Nothing is available now although demand is expected.
    pub(super) fn is_out_now(&self) -> bool {
        self.stock.on_hand.max(0) <= self.stock.reserved && self.plan.expected_demand_milli > 0
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.to_order_milli() > 0
    }

    /// What a buyer is handed: what was decided, else what is recommended.
    pub(super) fn to_order_milli(&self) -> i64 {
        self.decided_milli.unwrap_or(self.plan.quantity_milli)
    }

    /// At cost, in minor units.
    pub(super) fn to_order_value(&self) -> Option<i64> {
        match self.decided_milli {
            Some(milli) => self.product.unit_cost.map(|cost| value_of(milli, cost)),
            None => self.order_value,
        }
    }

    /// The order in a sentence.
    pub(super) fn explanation(&self) -> String {
        let order = match (self.plan.quantity_milli, self.packs().zip(self.product.pack_size)) {
            (0, _) => "Order nothing".to_owned(),
            (quantity, Some((packs, pack))) if pack != 1000 => {
                let noun = if packs == 1 { "pack" } else { "packs" };
                format!("Order {} ({packs} {noun} of {})", units(quantity), units(pack))
            }
            (quantity, _) => format!("Order {}", units(quantity)),
        };
        format!("{order}: {}", self.reasons)
    }

    /// Changes the recommended order for what several lines share, as a step of its own.
    pub(super) fn adjust(&mut self, code: StepCode, delta_milli: i64, text: String, flag: &'static str) {
        self.reasons.push_str(&format!("; {text}"));
        self.plan.quantity_milli += delta_milli;
        self.plan.steps.push(Step { code, text, delta_milli });
        self.order_value = self.product.unit_cost.map(|cost| value_of(self.plan.quantity_milli, cost));
        self.urgency = self.urgency.min(if delta_milli != 0 { Urgency::Amber } else { Urgency::Green });
        self.flags.push(flag);
    }

    /// Packs of the recommended order, when it is made of packs.
    pub(super) fn packs(&self) -> Option<i64> {
        self.product.pack_size.map(|pack| self.plan.quantity_milli / pack)
    }

    /// Packs of what a buyer is handed, when it is made of whole ones.
    pub(super) fn packs_to_order(&self) -> Option<i64> {
        let pack = self.product.pack_size?;
        (self.to_order_milli() % pack == 0).then_some(self.to_order_milli() / pack)
    }
}

/// Money for a quantity, rounded to the nearest minor unit.
pub(super) fn value_of(quantity_milli: i64, unit_cost: i64) -> i64 {
    let product = i128::from(quantity_milli) * i128::from(unit_cost);
    i64::try_from((product + 500).div_euclid(1000)).unwrap_or(i64::MAX)
}
