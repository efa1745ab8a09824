//! What promotions and price changes multiply each series by, learnt for its category.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::cleaned_demand::CleanedDemand;
use super::dataset::DemandData;
use super::history::SeriesHistory;
use super::regressors::{PromotionIndex, known_columns};
use super::shapes::Shape;
use crate::models::forecast::cleaning::{GroupResponse, MovedPeriods, factors_of};

/// Moved days that a category needs for responses of its own; below it, the next one above lends its.
const MIN_MOVED_DAYS: usize = 300;

/// Responses by category path, and those of every series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Effects {
    /// Of the groups.
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
        last_day: i32,
        horizon: usize,
    ) -> Effects {
        let moved: Vec<MovedPeriods> = (data.series.par_iter().zip(cleaned).zip(shapes))
            .map(|((series, cleaned), shape)| {
                let Some(columns) = known_columns(data, promotions, series, horizon) else {
                    return MovedPeriods::default();
                };
                let known = usize::try_from(last_day + 1 - series.first_day).unwrap_or(0).min(cleaned.demand.len());
                let days = series.first_day..;
                let plain: Vec<f64> =
                    days.zip(&cleaned.demand[..known]).map(|(day, units)| units / shape.on(day)).collect();
                MovedPeriods::of(&plain, &columns)
            })
            .collect();
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, series) in data.series.iter().enumerate().filter(|(index, _)| !moved[*index].is_empty()) {
            for path in paths(data.category_path(&series.product_id).unwrap_or("")) {
                groups.entry(path).or_default().push(index);
            }
        }
        let days = |members: &[usize]| members.iter().map(|index| moved[*index].len()).sum::<usize>();
        let enough = |path: &str, members: &[usize]| path.is_empty() || days(members) >= MIN_MOVED_DAYS;
        let usable: BTreeSet<&str> =
            groups.iter().filter(|(path, members)| enough(path, members)).map(|(path, _)| *path).collect();
        // Only groups that are the nearest usable one of some series are learnt.
        let nearest = |path: &str| paths(path).find(|path| usable.contains(path)).map(str::to_owned);
        let wanted: BTreeSet<String> = (data.series.iter())
            .filter_map(|series| nearest(data.category_path(&series.product_id).unwrap_or("")))
            .collect();
        let groups: Vec<(&str, Vec<usize>)> = groups.into_iter().filter(|(path, _)| wanted.contains(*path)).collect();
        let of_groups = (groups.par_iter())
            .filter_map(|(path, members)| {
                let members: Vec<&MovedPeriods> = members.iter().map(|index| &moved[*index]).collect();
                GroupResponse::fit(&members).map(|effects| ((*path).to_owned(), effects))
            })
            .collect::<Vec<_>>();
        let of_groups: BTreeMap<String, GroupResponse> = of_groups.into_iter().collect();
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

/// The effects of the nearest category of a series that has some.
fn nearest_group<'a>(
    data: &DemandData,
    of_groups: &'a BTreeMap<String, GroupResponse>,
    series: &SeriesHistory,
) -> Option<&'a GroupResponse> {
    paths(data.category_path(&series.product_id).unwrap_or("")).find_map(|path| of_groups.get(path))
}

/// `a/b/c`, `a/b`, `a` and the empty path of everything.
fn paths(path: &str) -> impl Iterator<Item = &str> {
    let whole = (!path.is_empty()).then_some(path);
    whole.into_iter().chain(path.rmatch_indices('/').map(|(at, _)| &path[..at])).chain([""])
}
