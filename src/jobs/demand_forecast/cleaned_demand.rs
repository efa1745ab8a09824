//! What models learn from: observed demand, a usual day in the place of one that says nothing about other days.

use serde::{Deserialize, Serialize};

use super::facts::DemandData;
use super::history::SeriesHistory;
use super::regressors::PromotionIndex;
use super::{WEEK, YEAR};
use crate::day::Day;
use crate::models::forecast::cleaning::{LevelShift, Outlier, clean_outliers, level_shifts};

/// One series as models see it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CleanedDemand {
    /// Units per day; `NaN` where nothing is known.
    pub demand: Vec<f64>,
    /// Days whose demand was replaced.
    pub outliers: Vec<Outlier>,
    /// The last lasting change of level.
    pub shift: Option<LevelShift>,
}

impl CleanedDemand {
    /// Looks through a whole history.
    pub fn of(data: &DemandData, promotions: &PromotionIndex, series: &SeriesHistory) -> Self {
        let special = special_days(data, promotions, series);
        let cleaned = clean_outliers(&series.demand, &[WEEK, YEAR], &special);
        let shift = level_shifts(&series.demand, &[WEEK, YEAR]).pop();
        Self { demand: cleaned.demand, outliers: cleaned.replaced, shift }
    }
}

/// What was found in a history, by days of the calendar, so that it outlives the day the history begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CleaningRecord {
    outliers: Vec<FoundOutlier>,
    /// The last change of level.
    shift: Option<FoundShift>,
    /// The highest demand of a day that was learnt from.
    highest: f64,
}

/// A day whose demand was replaced, units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct FoundOutlier {
    day: Day,
    found: f64,
    used: f64,
}

/// A change of level, units a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct FoundShift {
    day: Day,
    before: f64,
    after: f64,
}

impl CleaningRecord {
    /// Of a history that was looked through.
    pub fn of(series: &SeriesHistory, cleaned: &CleanedDemand) -> Self {
        let day = |index: usize| series.first_day + index as i32;
        let found =
            |outlier: &Outlier| FoundOutlier { day: day(outlier.index), found: outlier.found, used: outlier.used };
        let shift = |shift: LevelShift| FoundShift { day: day(shift.index), before: shift.before, after: shift.after };
        Self {
            outliers: cleaned.outliers.iter().map(found).collect(),
            shift: cleaned.shift.map(shift),
            highest: cleaned.demand.iter().copied().filter(|units| units.is_finite()).fold(0.0, f64::max),
        }
    }

    /// What was found up to `fitted_on`, in today's history. `None` when a day since sold more than any before, which an outlier
    /// does: the history is then to be looked through again.
    pub fn in_history(&self, series: &SeriesHistory, fitted_on: Day) -> Option<CleanedDemand> {
        let since = usize::try_from(fitted_on + 1 - series.first_day).unwrap_or(0).min(series.demand.len());
        if series.demand[since..].iter().any(|units| *units > self.highest) {
            return None;
        }
        let mut demand = series.demand.clone();
        let index =
            |day: Day| usize::try_from(day - series.first_day).ok().filter(|index| *index < series.demand.len());
        let mut outliers = Vec::new();
        for FoundOutlier { day, found, used } in &self.outliers {
            // A day that was corrected since is no longer what was found.
            if let Some(index) = index(*day).filter(|index| series.demand[*index] == *found) {
                demand[index] = *used;
                outliers.push(Outlier { index, found: *found, used: *used });
            }
        }
        let shift = self
            .shift
            .and_then(|found| Some(LevelShift { index: index(found.day)?, before: found.before, after: found.after }));
        Some(CleanedDemand { demand, outliers, shift })
    }
}

/// Days under a promotion or an event: their height has a known cause.
fn special_days(data: &DemandData, promotions: &PromotionIndex, series: &SeriesHistory) -> Vec<bool> {
    let mut special = vec![false; series.sold.len()];
    let mut mark = |from: Day, to: Day| {
        let place = |day: Day| (day - series.first_day).clamp(0, special.len() as i32) as usize;
        let range = place(from)..place(to + 1);
        if !range.is_empty() {
            special[range].fill(true);
        }
    };
    for promotion in promotions.of(series, data.category_path(&series.product_id)) {
        mark(promotion.starts_on, promotion.ends_on);
    }
    for day in data.events.values().flatten() {
        mark(*day - 2, *day);
    }
    special
}
