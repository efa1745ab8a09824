//! What multiplies the demand of a series by the calendar: the shape of its category (`group_shapes.rs`), and how far the series
//! departs from it (`own_shapes.rs`).

use std::sync::Arc;

use super::DemandForecast;
use super::cleaned_demand::CleanedDemand;
use super::event_days::EventDays;
use super::facts::DemandData;
use super::group_shapes::{GroupShape, group_shapes};
use super::own_shapes::{OwnShape, own_shapes};
use super::regressors::PromotionIndex;
use crate::day::Day;

/// A factor never exceeds this, whatever a single day in the history says ...
const LARGEST_FACTOR: f64 = 40.0;
/// ... nor is it smaller than this: nothing to speak of is sold then.
const SMALLEST_FACTOR: f64 = 0.002;
/// A day with a smaller factor says nothing about the level of a series: it is not meant to sell then.
pub(super) const SELLS: f64 = 0.05;

/// The shape of one series.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    group: Arc<GroupShape>,
    own: OwnShape,
    events: Arc<EventDays>,
}

impl Shape {
    /// Expected demand of a day over that of an average day.
    pub fn on(&self, day: Day) -> f64 {
        let own = self.own.on(day, &self.events);
        (self.group.on(day) * own).clamp(SMALLEST_FACTOR, LARGEST_FACTOR)
    }

    /// Demand without its shape; `NaN` on days on which it is not meant to sell.
    pub fn plain(&self, day: Day, units: f64) -> f64 {
        let factor = self.on(day);
        if factor < SELLS { f64::NAN } else { units / factor }
    }
}

/// The shape of each series, by series index.
///
/// Only days up to `last_day` are looked at: for the forecast up to as_of, for backtests up to the first rolling origin.
pub(super) fn shapes(
    job: &DemandForecast,
    data: &DemandData,
    promotions: &PromotionIndex,
    cleaned: &[CleanedDemand],
    last_day: Day,
) -> Vec<Shape> {
    let groups = group_shapes(job, data, cleaned, last_day);
    let events = Arc::new(if job.events { EventDays::known_by(data, last_day) } else { EventDays::default() });
    let own = own_shapes(data, promotions, cleaned, &groups, &events, last_day);
    let shape = |(group, own)| Shape { group, own, events: events.clone() };
    groups.into_iter().zip(own).map(shape).collect()
}
