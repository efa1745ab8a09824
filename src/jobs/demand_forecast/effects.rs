//! What promotions and price changes multiply each series by, learnt for its category.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::cleaned_demand::CleanedDemand;
use super::facts::{DemandData, EVERYTHING};
use super::history::SeriesHistory;
use super::regressors::{PromotionIndex, known_columns};
use super::shapes::Shape;
use crate::day::Day;
use crate::models::forecast::cleaning::{GroupResponse, MovedPeriods, factors_of};

/// Moved days that a category needs for responses of its own; below it, the next one above lends its.
const MIN_MOVED_DAYS: usize = 300;

/// Responses by group, and those of every series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Effects {
    /// Of the groups, by category path; [`EVERYTHING`] is the group of all.
    pub of_groups: BTreeMap<String, GroupResponse>,
    /// Slopes of each series; `None` where its groups have none.
    pub slopes: Vec<Option<Vec<f64>>>,
}

impl Effects {
    /// Learns from the days up to `last_day`.
    pub fn learn(
        data: &DemandData,
        promotions: &PromotionIndex,
        cleaned: &[CleanedDemand],
        shapes: &[Shape],
        last_day: Day,
        horizon: usize,
    ) -> Effects {
        let moved: Vec<MovedPeriods> = (data.series.par_iter().zip(cleaned).zip(shapes))
            .map(|((series, cleaned), shape)| {
                let Some(columns) = known_columns(data, promotions, series, horizon) else {
                    return MovedPeriods::default();
                };
                let known = usize::try_from(last_day + 1 - series.first_day).unwrap_or(0).min(cleaned.demand.len());
                let days = series.first_day.through(last_day);
                let plain: Vec<f64> =
                    days.zip(&cleaned.demand[..known]).map(|(day, units)| shape.plain(day, *units)).collect();
                MovedPeriods::of(&plain, &columns)
            })
            .collect();
        let of_groups = effects_of_groups(data, &moved);
        let slopes = (data.series.par_iter().zip(&moved))
            .map(|(series, moved)| Some(nearest_group(data, &of_groups, series)?.member_slopes(moved)))
            .collect();
        Effects { of_groups, slopes }
    }

    /// As they were learnt on an earlier night: `slopes_of` a series that was there; a new one, without an entry, responds as its
    /// category does.
    pub fn known(
        data: &DemandData,
        of_groups: BTreeMap<String, GroupResponse>,
        slopes_of: &BTreeMap<usize, Option<Vec<f64>>>,
    ) -> Effects {
        let slopes = (data.series.iter().enumerate())
            .map(|(index, series)| match slopes_of.get(&index) {
                Some(slopes) => slopes.clone(),
                None => nearest_group(data, &of_groups, series).map(|effects| effects.slopes.clone()),
            })
            .collect();
        Effects { of_groups, slopes }
    }

    /// What one series is multiplied by over its history and the horizon; `None` where nothing moves it.
    pub fn factors(
        &self,
        data: &DemandData,
        promotions: &PromotionIndex,
        index: usize,
        horizon: usize,
    ) -> Option<Vec<f64>> {
        let slopes = self.slopes[index].as_ref()?;
        Some(factors_of(slopes, &known_columns(data, promotions, &data.series[index], horizon)?))
    }
}

/// What the series of each group have in common, of the groups that are the nearest usable one of some series.
fn effects_of_groups(data: &DemandData, moved: &[MovedPeriods]) -> BTreeMap<String, GroupResponse> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, series) in data.series.iter().enumerate().filter(|(index, _)| !moved[*index].is_empty()) {
        for group in data.groups(&series.product_id) {
            groups.entry(group).or_default().push(index);
        }
    }
    let days = |members: &[usize]| members.iter().map(|index| moved[*index].len()).sum::<usize>();
    groups.retain(|group, members| *group == EVERYTHING || days(members) >= MIN_MOVED_DAYS);
    let nearest = |series: &SeriesHistory| data.groups(&series.product_id).find(|group| groups.contains_key(group));
    let wanted: BTreeSet<&str> = data.series.iter().filter_map(nearest).collect();
    let wanted: Vec<(&str, &Vec<usize>)> = wanted.into_iter().map(|group| (group, &groups[group])).collect();
    let of_groups: Vec<(String, GroupResponse)> = (wanted.par_iter())
        .filter_map(|(group, members)| {
            let members: Vec<&MovedPeriods> = members.iter().map(|index| &moved[*index]).collect();
            GroupResponse::fit(&members).map(|effects| ((*group).to_owned(), effects))
        })
        .collect();
    of_groups.into_iter().collect()
}

/// The effects of the nearest group of a series that has some.
fn nearest_group<'a>(
    data: &DemandData,
    of_groups: &'a BTreeMap<String, GroupResponse>,
    series: &SeriesHistory,
) -> Option<&'a GroupResponse> {
    data.groups(&series.product_id).find_map(|group| of_groups.get(group))
}
