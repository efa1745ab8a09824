//! What was fitted to the series on one night, for the nights that only take in a new day.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::cleaned_demand::CleaningRecord;
use super::history::SeriesHistory;
use crate::day::Day;
use crate::models::forecast::cleaning::GroupResponse;
use crate::models::forecast::panel::PanelState;

/// What was fitted to all series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SeriesModels {
    /// The as-of day of the fit.
    pub fitted_on: Day,
    /// The series, sorted by product and location.
    pub series: Vec<SeriesModel>,
    /// Responses to promotions and prices, by group.
    pub effects: BTreeMap<String, GroupResponse>,
    /// The models.
    pub panel: PanelState,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SeriesModel {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
    /// Its place among the modelled series.
    pub place: Option<usize>,
    /// Mean squared error over the rolling origins, where there are some.
    pub error_variance: Option<f64>,
    /// Its response to promotions and prices.
    pub slopes: Option<Vec<f64>>,
    /// Why its last weeks stand in for its model, if they do.
    pub loses: Option<String>,
    /// What was found in its history.
    pub cleaning: CleaningRecord,
}

impl SeriesModels {
    /// What is known of each series; `None` of a new one.
    pub fn of_each(&self, series: &[SeriesHistory]) -> Vec<Option<&SeriesModel>> {
        let known: HashMap<(&str, &str), &SeriesModel> =
            self.series.iter().map(|model| ((model.product_id.as_str(), model.location_id.as_str()), model)).collect();
        series.iter().map(|own| known.get(&(own.product_id.as_str(), own.location_id.as_str())).copied()).collect()
    }
}
