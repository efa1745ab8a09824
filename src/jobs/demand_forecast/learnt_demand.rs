//! What models learn from: observed demand, a usual day in the place of one that says nothing about other days.

use rayon::prelude::*;

use super::WEEK;
use super::dataset::DemandData;
use super::history::SeriesHistory;
use super::regressors::PromotionIndex;
use crate::models::forecast::cleaning::{LevelShift, Outlier, clean_outliers, level_shifts};

/// Days of a year.
const YEAR: usize = 365;

/// One series as models see it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learnt {
    /// Units per day; `NaN` where nothing is known.
    pub demand: Vec<f64>,
    /// Days whose demand was replaced.
    pub outliers: Vec<Outlier>,
    /// The last lasting change of level.
    pub shift: Option<LevelShift>,
}

/// Every series, in order. Of a series that was looked through on an earlier night, what was found then stands; it is looked
/// through again only when a day since sold more than any before, which an outlier does.
pub(super) fn learnt_demand(data: &DemandData, promotions: &PromotionIndex, places: &[Option<usize>]) -> Vec<Learnt> {
    (data.series.par_iter().zip(places))
        .map(|(series, place)| {
            let known = data.fitted.as_ref().zip(*place).map(|(fitted, place)| (fitted.as_of, &fitted.series[place]));
            known
                .and_then(|(fitted_on, known)| known.learnt_again(series, fitted_on))
                .unwrap_or_else(|| learnt_of(data, promotions, series))
        })
        .collect()
}

fn learnt_of(data: &DemandData, promotions: &PromotionIndex, series: &SeriesHistory) -> Learnt {
    let special = special_days(data, promotions, series);
    let cleaned = clean_outliers(&series.demand, &[WEEK, YEAR], &special);
    let shift = level_shifts(&series.demand, &[WEEK, YEAR]).pop();
    Learnt { demand: cleaned.demand, outliers: cleaned.replaced, shift }
}

/// Days under a promotion or an event: their height has a known cause.
fn special_days(data: &DemandData, promotions: &PromotionIndex, series: &SeriesHistory) -> Vec<bool> {
    let mut special = vec![false; series.sold.len()];
    let mut mark = |from: i32, to: i32| {
        let place = |day: i32| (day - series.first_day).clamp(0, special.len() as i32) as usize;
        let range = place(from)..place(to + 1);
        if !range.is_empty() {
            special[range].fill(true);
        }
    };
    for promotion in promotions.of(series, data.category_path(&series.product_id)) {
        mark(promotion.starts_on, promotion.ends_on);
    }
    for day in data.events.values().flatten() {
        mark(day - 2, *day);
    }
    special
}
