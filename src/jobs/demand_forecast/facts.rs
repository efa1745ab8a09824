//! Everything the decision depends on.

use std::collections::BTreeMap;

use super::earlier_forecast::EarlierForecast;
use super::history::SeriesHistory;
use super::openings::Openings;
use super::units::PIECES;
use crate::category_path::CategoryPath;
use crate::datasets::{Price, Product, Promotion};
use crate::day::Day;

/// The group of all products.
pub(super) const EVERYTHING: &str = "";

/// The shop as a night sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct DemandData {
    /// The last complete day.
    pub as_of: Day,
    /// Product x location, sorted by both, without products that are no longer sold.
    pub series: Vec<SeriesHistory>,
    /// The products by id.
    pub products: BTreeMap<String, Product>,
    /// What each product with sales is counted in.
    pub units: BTreeMap<String, String>,
    /// Products with sales in the history that are no longer sold.
    pub ended_products: Vec<String>,
    /// Promotions, past and planned; a discount rate is at least 0 and below 1.
    pub promotions: Vec<Promotion>,
    /// Prices above 0 by product, by their first day.
    pub prices: BTreeMap<String, Vec<Price>>,
    /// Days of each event, ascending.
    pub events: BTreeMap<String, Vec<Day>>,
    /// On which days each location was and will be closed.
    pub openings: Openings,
    /// Locations whose stock has no line of zero, so that a line that is missing is one.
    pub stock_without_zeros: Vec<String>,
    /// Earlier publications, newest first.
    pub earlier: Vec<EarlierForecast>,
    /// Optional datasets that are not there or have no rows.
    pub missing: Vec<&'static str>,
}

impl DemandData {
    /// The category of a product.
    pub fn category_path(&self, product_id: &str) -> Option<&CategoryPath> {
        self.products.get(product_id)?.category_path.as_ref()
    }

    /// What a series is counted in.
    pub fn unit_of(&self, series: usize) -> &str {
        self.units.get(&self.series[series].product_id).map_or(PIECES, String::as_str)
    }

    /// `Corvo Shampoo 3 (P0047) @ L01` for a series whose product has a name, else the node as it is.
    pub fn shown_name(&self, node: &str) -> String {
        let Some((id, location)) = node.split_once(" @ ") else { return node.to_owned() };
        match self.products.get(id).map(|product| product.name.as_str()).filter(|name| *name != id) {
            Some(name) => format!("{name} ({id}) @ {location}"),
            None => node.to_owned(),
        }
    }

    /// The groups that a product is in, the narrowest first: its categories from the leaf up, and [`EVERYTHING`].
    pub fn groups(&self, product_id: &str) -> impl Iterator<Item = &str> {
        let categories = self.category_path(product_id).into_iter().flat_map(|path| path.levels().rev());
        categories.chain([EVERYTHING])
    }
}
