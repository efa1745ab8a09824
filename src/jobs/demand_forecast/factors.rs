//! What multiplies the demand of each series day by day: the shape that its category shares, promotions and prices.

use rayon::prelude::*;

use super::DemandForecast;
use super::cleaned_demand::CleanedDemand;
use super::effects::Effects;
use super::facts::DemandData;
use super::regressors::PromotionIndex;
use super::shapes::{Shape, shapes};
use crate::day::Day;

/// What demand is multiplied by on a day on which the location is closed.
const CLOSED: f64 = 1e-3;

/// What every series' forecast is made of besides its own past.
pub(super) struct Factors {
    /// The shape of each series' category.
    pub shapes: Vec<Shape>,
    /// Responses to promotions and prices.
    pub effects: Effects,
    /// Both, per day of each series' history and horizon.
    pub of_series: Vec<Vec<f64>>,
}

impl Factors {
    /// Learnt from the days up to `last_day`; responses to promotions are `known`, where they are.
    pub fn learn(
        job: &DemandForecast,
        data: &DemandData,
        promotions: &PromotionIndex,
        cleaned: &[CleanedDemand],
        last_day: Day,
        known: Option<Effects>,
    ) -> Self {
        let horizon = job.horizon();
        let shapes = shapes(job, data, promotions, cleaned, last_day);
        let effects = known.unwrap_or_else(|| Effects::learn(data, promotions, cleaned, &shapes, last_day, horizon));
        let of_series = (data.series.par_iter().zip(&shapes).enumerate())
            .map(|(index, (series, shape))| {
                let days = series.first_day.through(data.as_of + horizon as i32);
                let mut factors: Vec<f64> = days.map(|day| shape.on(day)).collect();
                let closed = data.openings.at(&series.location_id).map_or(&[][..], |opening| &opening.closed_ahead);
                for place in closed.iter().filter_map(|day| usize::try_from(*day - series.first_day).ok()) {
                    if let Some(factor) = factors.get_mut(place) {
                        *factor = CLOSED;
                    }
                }
                if let Some(effects) = effects.factors(data, promotions, index, horizon) {
                    factors.iter_mut().zip(effects).for_each(|(factor, effect)| *factor *= effect);
                }
                factors
            })
            .collect();
        Self { shapes, effects, of_series }
    }
}
