//! What is known about products, promotions and prices, and what earlier nights published. Days are days since 1970-01-01.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::node_key::NodeKey;
use crate::published::QUANTILES;

/// What is known about a product.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Product {
    /// What people call it.
    pub name: String,
    /// `Grocery/Dairy/Milk`.
    pub category_path: Option<String>,
    /// First day on sale.
    pub launched_on: Option<i32>,
    /// Last day on sale.
    pub discontinued_on: Option<i32>,
}

/// A promotion of a product or of a category.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Promotion {
    /// The product.
    pub product_id: Option<String>,
    /// Every product below this path.
    pub category_path: Option<String>,
    /// `None`: everywhere.
    pub location_id: Option<String>,
    /// First day.
    pub starts_on: i32,
    /// Last day.
    pub ends_on: i32,
    /// `price`, `display` ...
    pub kind: String,
    /// Share of the price given away.
    pub discount_rate: Option<f64>,
}

impl Promotion {
    /// Whether it runs on a day.
    pub fn runs_on(&self, day: i32) -> bool {
        (self.starts_on..=self.ends_on).contains(&day)
    }
}

/// A price from a day on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Price {
    /// `None`: everywhere.
    pub location_id: Option<String>,
    /// First day.
    pub valid_from: i32,
    /// Minor units per unit.
    pub price: f64,
}

/// A publication of ours from before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierForecast {
    /// Its as-of day.
    pub as_of: i32,
    /// What it said of each node.
    pub nodes: BTreeMap<NodeKey, EarlierNode>,
}

/// One node of an earlier publication.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierNode {
    /// The model.
    pub method: String,
    /// What was forecast, by day.
    pub days: BTreeMap<i32, EarlierDay>,
}

/// One day of one node of an earlier publication, units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EarlierDay {
    /// The mean.
    pub mean: f64,
    /// The published quantiles, lowest level first.
    pub quantiles: [f64; QUANTILES.len()],
}

/// The date of a day number.
pub(super) fn date_of(day: i32) -> NaiveDate {
    NaiveDate::from_epoch_days(day).unwrap_or_default()
}
