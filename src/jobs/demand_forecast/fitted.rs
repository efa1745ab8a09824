//! What a night that fits leaves for the nights that only take in a new day.
//!
//! Fitting looks through two years of every series, chooses models, and forecasts from every rolling origin; one more day changes
//! little of that. Between two fits the outliers and shifts found, the responses to promotions, the models and their errors
//! are therefore those of the last fit, while sales, seasons, levels and everything that is summed are as new as the day.
//! Accuracy over rolling origins is that of the fit, and dated so.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::accuracy::{AccuracyRow, Basis, HorizonRow};
use super::coherence::Coherence;
use super::dataset::DemandData;
use super::hierarchy::{Node, NodeErrors};
use super::history::SeriesHistory;
use super::learnt_demand::Learnt;
use super::series_forecasts::SeriesForecasts;
use crate::models::forecast::cleaning::{GroupResponse, LevelShift, Outlier};
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::panel::PanelState;

/// The state of a night.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fitted {
    /// The as-of day of the fit.
    pub as_of: i32,
    /// The series, sorted by product and location.
    pub series: Vec<FittedSeries>,
    /// Responses to promotions and prices, by category path.
    pub effects: BTreeMap<String, GroupResponse>,
    /// Models of the series.
    pub panel: PanelState,
    /// Models of the sums, and how far each errs.
    pub sums: Coherence,
    /// Errors of the sums as they are published.
    pub sum_errors: NodeErrors,
    /// Accuracy over the rolling origins.
    pub accuracy: Vec<AccuracyRow>,
    /// The same by days ahead, and the challenger's.
    pub by_horizon: Vec<HorizonRow>,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FittedSeries {
    product_id: String,
    location_id: String,
    /// Its place among the modelled series.
    pub place: Option<usize>,
    /// Mean squared error over the rolling origins, where there are some.
    pub error_variance: Option<f64>,
    /// Its response to promotions and prices.
    pub slopes: Option<Vec<f64>>,
    /// Days whose demand was replaced: day, found, used.
    outliers: Vec<(i32, f64, f64)>,
    /// The last change of level: day, before, after.
    shift: Option<(i32, f64, f64)>,
    /// The highest demand of a day that was learnt from.
    highest: f64,
}

impl FittedSeries {
    fn of(series: &SeriesHistory, learnt: &Learnt) -> Self {
        let day = |index: usize| series.first_day + index as i32;
        Self {
            product_id: series.product_id.clone(),
            location_id: series.location_id.clone(),
            place: None,
            error_variance: None,
            slopes: None,
            outliers: learnt.outliers.iter().map(|outlier| (day(outlier.index), outlier.found, outlier.used)).collect(),
            shift: learnt.shift.map(|shift| (day(shift.index), shift.before, shift.after)),
            highest: learnt.demand.iter().copied().filter(|units| units.is_finite()).fold(0.0, f64::max),
        }
    }

    /// What was found up to `fitted_on`, in today's history. `None` when a day since sold more than any before.
    pub fn learnt_again(&self, series: &SeriesHistory, fitted_on: i32) -> Option<Learnt> {
        let since = usize::try_from(fitted_on + 1 - series.first_day).unwrap_or(0).min(series.demand.len());
        if series.demand[since..].iter().any(|units| *units > self.highest) {
            return None;
        }
        let mut demand = series.demand.clone();
        let index =
            |day: i32| usize::try_from(day - series.first_day).ok().filter(|index| *index < series.demand.len());
        let mut outliers = Vec::new();
        for (day, found, used) in &self.outliers {
            // A day that was corrected since is no longer what was found.
            if let Some(index) = index(*day).filter(|index| series.demand[*index] == *found) {
                demand[index] = *used;
                outliers.push(Outlier { index, found: *found, used: *used });
            }
        }
        let shift = self.shift.and_then(|(day, before, after)| Some(LevelShift { index: index(day)?, before, after }));
        Some(Learnt { demand, outliers, shift })
    }
}

impl Fitted {
    /// For each series of today its place in [`Fitted::series`].
    pub fn places(&self, data: &DemandData) -> Vec<Option<usize>> {
        let key = |series: &FittedSeries| (series.product_id.clone(), series.location_id.clone());
        let known: HashMap<(String, String), usize> =
            self.series.iter().enumerate().map(|(place, series)| (key(series), place)).collect();
        let own = |series: &SeriesHistory| known.get(&(series.product_id.clone(), series.location_id.clone())).copied();
        data.series.iter().map(own).collect()
    }

    /// Rows over the rolling origins of nodes that are still there.
    pub fn backtest_rows(&self, data: &DemandData, nodes: &[Node]) -> (Vec<AccuracyRow>, Vec<HorizonRow>) {
        let by_name: HashMap<(&str, &str), &Node> =
            nodes.iter().map(|node| ((node.level.as_str(), node.name.as_str()), node)).collect();
        let rows = (self.accuracy.iter())
            .filter_map(|row| {
                let node = by_name.get(&(row.level.as_str(), row.node.as_str()));
                if node.is_none() && row.node != super::hierarchy::ALL {
                    return None;
                }
                let series = node.filter(|node| node.is_series()).map(|node| node.children[0]);
                debug_assert!(series.is_none_or(|series| series < data.series.len()));
                Some(AccuracyRow { series, ..row.clone() })
            })
            .collect();
        (rows, self.by_horizon.clone())
    }

    /// What tonight leaves: of a fit everything, of an update what moved.
    pub fn after(
        data: &DemandData,
        forecasts: &SeriesForecasts,
        sums: Coherence,
        sum_errors: NodeErrors,
        (accuracy, by_horizon): (&[AccuracyRow], &[HorizonRow]),
    ) -> Fitted {
        let known = data.fitted.as_ref();
        let series = (data.series.iter().zip(&forecasts.learnt).enumerate())
            .map(|(index, (series, learnt))| FittedSeries {
                place: forecasts.places[index],
                error_variance: forecasts.outcomes[index].error_variance,
                slopes: forecasts.effects.slopes[index].clone(),
                ..FittedSeries::of(series, learnt)
            })
            .collect();
        let kept = |basis: Basis| basis != Basis::Published;
        Fitted {
            as_of: known.map_or(data.as_of, |known| known.as_of),
            series,
            effects: forecasts.effects.of_groups.clone(),
            panel: forecasts.panel.clone(),
            sums,
            sum_errors,
            accuracy: accuracy.iter().filter(|row| kept(row.basis)).cloned().collect(),
            by_horizon: by_horizon.iter().filter(|row| kept(row.basis)).cloned().collect(),
        }
    }

    /// As bytes.
    pub fn encoded(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// From bytes; `None` when they are anything else.
    pub fn decoded(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// A record by days of the calendar, so that it outlives the day a history begins with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// First day of each window.
    days: Vec<i32>,
    forecasts: Vec<Vec<f64>>,
    actuals: Vec<Vec<f64>>,
}

impl Record {
    /// Of a history that begins on `first_day`.
    pub fn of(backtest: &Backtest, first_day: i32) -> Self {
        Self {
            days: backtest.cutoffs.iter().map(|cutoff| first_day + *cutoff as i32).collect(),
            forecasts: backtest.forecasts.clone(),
            actuals: backtest.actuals.clone(),
        }
    }

    /// For a history that begins on `first_day`; windows before it are gone.
    pub fn backtest(&self, first_day: i32) -> Backtest {
        let mut backtest = Backtest::default();
        for ((day, forecasts), actuals) in self.days.iter().zip(&self.forecasts).zip(&self.actuals) {
            if let Some(cutoff) = usize::try_from(day - first_day).ok().filter(|cutoff| *cutoff > 0) {
                backtest.cutoffs.push(cutoff);
                backtest.forecasts.push(forecasts.clone());
                backtest.actuals.push(actuals.clone());
            }
        }
        backtest
    }
}
