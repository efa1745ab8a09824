//! What the products of a category share: the shape of the week, the year, and its events.
//!
//! One slow product has too few sales to tell Christmas from chance, its category has not. So the shape is estimated on the summed
//! sales of the category. Pooling seasonal indices over a group: Withycombe, "Forecasting with combined seasonal indices",
//! International Journal of Forecasting 5 (1989), 547-552.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;

use super::cleaned_demand::CleanedDemand;
use super::event_days::event_columns;
use super::facts::{DemandData, EVERYTHING};
use super::history::SeriesHistory;
use super::{DemandForecast, WEEK, YEAR};
use crate::category_path::depth;
use crate::day::Day;
use crate::models::forecast::least_squares;

/// Units a day that a category needs for a shape of its own; below it, the next one above lends its.
const MIN_UNITS_PER_DAY: f64 = 20.0;
/// Days that a shape needs.
const MIN_DAYS: usize = 8 * WEEK;
/// Sine and cosine pairs of the year.
const YEAR_PAIRS: usize = 3;
/// A factor and its reciprocal never exceed this, whatever a single day in the history says.
const LARGEST_FACTOR: f64 = 8.0;

/// The shape of a group of series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupShape {
    /// How far down the tree of categories its group stands: zero for everything, one for a top category; `None` for no group.
    pub depth: Option<usize>,
    /// The day of the first factor.
    first_day: Day,
    /// Expected demand of a day over that of an average day, up to the end of the horizon.
    factors: Vec<f64>,
}

impl GroupShape {
    /// The factor of a day; 1 outside of what was estimated.
    pub fn on(&self, day: Day) -> f64 {
        let index = usize::try_from(day - self.first_day).ok();
        index.and_then(|index| self.factors.get(index)).copied().unwrap_or(1.0)
    }
}

/// The shape of each series' group, by series index; a flat one where nothing can be estimated.
///
/// Only days up to `last_day` are looked at: for the forecast up to as_of, for backtests up to the first rolling origin.
pub(super) fn group_shapes(
    job: &DemandForecast,
    data: &DemandData,
    cleaned: &[CleanedDemand],
    last_day: Day,
) -> Vec<Arc<GroupShape>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    // What sells in a season alone would give it to the others.
    let all_year = data.series.iter().enumerate().filter(|(_, series)| series.season.is_none());
    for (index, series) in all_year {
        for group in data.groups(&series.product_id) {
            groups.entry(group).or_default().push(index);
        }
    }
    let groups: Vec<(&str, Vec<usize>)> = groups.into_iter().collect();
    let shapes: BTreeMap<&str, Arc<GroupShape>> = groups
        .par_iter()
        .map(|(group, members)| (*group, shape_of(job, data, cleaned, members, depth_of(group), last_day)))
        .collect::<Vec<_>>()
        .into_iter()
        .filter_map(|(group, shape)| shape.map(|shape| (group, Arc::new(shape))))
        .collect();
    let flat = Arc::new(GroupShape { depth: None, first_day: data.as_of, factors: Vec::new() });
    let nearest = |series: &SeriesHistory| data.groups(&series.product_id).find_map(|group| shapes.get(group));
    data.series.iter().map(|series| nearest(series).unwrap_or(&flat).clone()).collect()
}

fn depth_of(group: &str) -> usize {
    if group == EVERYTHING { 0 } else { depth(group) }
}

fn shape_of(
    job: &DemandForecast,
    data: &DemandData,
    cleaned: &[CleanedDemand],
    members: &[usize],
    depth: usize,
    last_day: Day,
) -> Option<GroupShape> {
    let first_day = members.iter().map(|index| data.series[*index].first_day).min()?;
    let horizon = job.horizon_days.get() as usize;
    let n = usize::try_from(data.as_of + 1 - first_day).ok()?;
    let training = usize::try_from(last_day + 1 - first_day).ok()?.min(n);
    if training < MIN_DAYS {
        return None;
    }
    let relative = relative_demand(data, cleaned, members, first_day, training);
    let volume = relative.usual.iter().sum::<f64>() / training as f64;
    if volume <= 0.0 || (depth > 0 && volume < MIN_UNITS_PER_DAY) {
        return None;
    }
    let days: Vec<Day> = first_day.through(data.as_of + horizon as i32).collect();
    let mut shape: Vec<Vec<f64>> = (1..WEEK)
        .map(|position| {
            days.iter().map(|day| f64::from(u8::from(day.number().rem_euclid(7) as usize == position))).collect()
        })
        .collect();
    if training >= YEAR {
        for pair in 1..=YEAR_PAIRS {
            let angle = |day: &Day| TAU * pair as f64 * f64::from(day.number()) / 365.25;
            shape.push(days.iter().map(|day| angle(day).sin()).collect());
            shape.push(days.iter().map(|day| angle(day).cos()).collect());
        }
    }
    if job.events {
        shape.extend(event_columns(&data.events, &days, training).into_iter().map(|(_, column)| column));
    }
    let known: Vec<usize> = (0..training).filter(|t| relative.usual[*t] > 0.0).collect();
    if known.len() < MIN_DAYS {
        return None;
    }
    let mut fitted: Vec<Vec<f64>> = shape.iter().map(|column| known.iter().map(|t| column[*t]).collect()).collect();
    if training >= 2 * YEAR {
        fitted.push(known.iter().map(|t| *t as f64).collect());
    }
    // Days without any sale (closed) are rare; the added twentieth of a usual day keeps the logarithm finite.
    let target: Vec<f64> = known.iter().map(|t| (relative.demand[*t] / relative.usual[*t] + 0.05).ln()).collect();
    let slopes = least_squares(&fitted, &target).ok()?.slopes;
    let logs: Vec<f64> =
        (0..days.len()).map(|t| shape.iter().zip(&slopes).map(|(column, b)| column[t] * b).sum()).collect();
    let centre = logs[..training].iter().sum::<f64>() / training as f64;
    let limit = LARGEST_FACTOR.ln();
    let factors = logs.iter().map(|log| (log - centre).clamp(-limit, limit).exp()).collect();
    Some(GroupShape { depth: Some(depth), first_day, factors })
}

/// Demand per day of the members with stock, and what the same members have on an average day.
struct RelativeDemand {
    demand: Vec<f64>,
    usual: Vec<f64>,
}

/// Only members with stock count on a day: on days of high demand some are sold out, and sums of sales would hide the peak.
fn relative_demand(
    data: &DemandData,
    cleaned: &[CleanedDemand],
    members: &[usize],
    first_day: Day,
    training: usize,
) -> RelativeDemand {
    let mut sums = RelativeDemand { demand: vec![0.0; training], usual: vec![0.0; training] };
    for index in members {
        let demand = &cleaned[*index].demand;
        let offset = (data.series[*index].first_day - first_day) as usize;
        let Some(known) = training.checked_sub(offset).map(|n| &demand[..n.min(demand.len())]) else {
            continue;
        };
        let mean = observed_mean(known);
        for (t, units) in known.iter().enumerate().filter(|(_, units)| units.is_finite() && mean > 0.0) {
            sums.demand[offset + t] += units;
            sums.usual[offset + t] += mean;
        }
    }
    sums
}

fn observed_mean(values: &[f64]) -> f64 {
    let (sum, count) = values.iter().filter(|v| v.is_finite()).fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
