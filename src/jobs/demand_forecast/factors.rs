//! What multiplies the demand of each series day by day: the shape that its category shares, promotions and prices.

use rayon::prelude::*;

use super::DemandForecast;
use super::cleaned_demand::CleanedDemand;
use super::effects::Effects;
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::regressors::PromotionIndex;
use super::shapes::{Shape, shapes};
use crate::day::Day;

/// What demand is multiplied by on a day on which the location is closed.
const CLOSED: f64 = 1e-3;

/// Days after which a change of level is believed, and after which it is the models' own matter: they have seen enough of the new one.
const RECENT_SHIFT: std::ops::Range<i32> = 14..120;
/// Days before and after it that are looked at.
const AROUND_SHIFT: usize = 56;
/// What was sold before a change of level is never taken for more than so many times more or less.
const LARGEST_SHIFT: f64 = 8.0;

/// The days before a recent change of level, and what their demand was multiplied by beside that of today: what was sold at a former
/// level then tells of the week and the year as before, and of the level as it is now. `factors`: of the calendar and of promotions.
fn former_level(
    series: &SeriesHistory,
    cleaned: &CleanedDemand,
    factors: &[f64],
    last_day: Day,
) -> Option<(usize, f64)> {
    let shift = cleaned.shift?;
    let n = usize::try_from(last_day + 1 - series.first_day).ok()?.min(cleaned.demand.len());
    let plain = |t: usize| cleaned.demand[t] / factors[t];
    let mean = |days: std::ops::Range<usize>| {
        let known = days.map(plain).filter(|units| units.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), units| (sum + units, count + 1.0));
        (sum, count)
    };
    // It was found by the week: the day is the one that parts the days around it best.
    let (from, to) = (shift.index.saturating_sub(AROUND_SHIFT), (shift.index + AROUND_SHIFT).min(n));
    let parted = |day: &usize| {
        let ((before, n_before), (after, n_after)) = (mean(from..*day), mean(*day..n));
        if n_before > 0.0 && n_after > 0.0 { before * before / n_before + after * after / n_after } else { 0.0 }
    };
    let day = (from + 1..to).max_by(|left, right| parted(left).total_cmp(&parted(right)))?;
    let ((before, n_before), (after, n_after)) = (mean(day.saturating_sub(AROUND_SHIFT)..day), mean(day..n));
    let age = last_day - (series.first_day + day as i32);
    if !RECENT_SHIFT.contains(&age) || before <= 0.0 || after <= 0.0 {
        return None;
    }
    let ratio = (before / n_before) / (after / n_after);
    Some((day, ratio.clamp(1.0 / LARGEST_SHIFT, LARGEST_SHIFT)))
}

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
                if let Some((n_before, ratio)) = former_level(series, &cleaned[index], &factors, last_day) {
                    factors[..n_before].iter_mut().for_each(|factor| *factor *= ratio);
                }
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
