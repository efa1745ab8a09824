//! What an earlier night published, to be graded now that its days have passed, and to be compared with.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::node_key::NodeKey;
use crate::contract::ContractError;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::published::{DEMAND_FORECASTS, QUANTILES};

/// A publication of ours from before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierForecast {
    /// Its as-of day.
    pub as_of: Day,
    /// What it said of each node.
    pub nodes: BTreeMap<NodeKey, EarlierNode>,
}

/// One node of an earlier publication.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierNode {
    /// The model.
    pub method: String,
    /// What was forecast, by day.
    pub days: BTreeMap<Day, EarlierDay>,
}

/// One day of one node of an earlier publication, units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EarlierDay {
    /// The mean.
    pub mean: f64,
    /// The published quantiles, lowest level first.
    pub quantiles: [f64; QUANTILES.len()],
}

typed_rows! {
    /// A day of a node as it was published.
    pub struct ForecastRow<'f> of DEMAND_FORECASTS.schema;
    {
        /// As in [`NodeKey`].
        pub level: &'f str,
        /// As in [`NodeKey`].
        pub node: &'f str,
        /// The model.
        pub method: &'f str,
        /// The day.
        pub period_start: Day,
        /// Expected units.
        pub mean: f64,
        /// Units.
        pub p05: f64,
        /// Units.
        pub p10: f64,
        /// Units.
        pub p25: f64,
        /// Units.
        pub p50: f64,
        /// Units.
        pub p75: f64,
        /// Units.
        pub p90: f64,
        /// Units.
        pub p95: f64,
        /// Units.
        pub p99: f64,
    }
}

impl EarlierForecast {
    /// Shapes the rows of a publication of `as_of`: those of its days up to `last_day`.
    ///
    /// # Errors
    /// A column is missing or holds another type.
    pub fn of_rows(as_of: Day, frame: &DataFrame, last_day: Day) -> Result<Self, ContractError> {
        let mut earlier = Self { as_of, nodes: BTreeMap::new() };
        let mut rows = ForecastRow::read(frame)?.peekable();
        // Rows of one node mostly follow each other: it is looked up once.
        while let Some(first) = rows.peek().copied() {
            let node = earlier.nodes.entry(NodeKey::new(first.level, first.node)).or_default();
            while let Some(row) = rows.next_if(|row| (row.level, row.node) == (first.level, first.node)) {
                if node.method != row.method {
                    row.method.clone_into(&mut node.method);
                }
                if row.period_start <= last_day {
                    let quantiles = [row.p05, row.p10, row.p25, row.p50, row.p75, row.p90, row.p95, row.p99];
                    node.days.insert(row.period_start, EarlierDay { mean: row.mean, quantiles });
                }
            }
        }
        Ok(earlier)
    }
}
