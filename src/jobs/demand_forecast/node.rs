//! The forecast of one series, and of one node of the tree above the series.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::node_key::NodeKey;
use super::record::Record;
use crate::models::forecast::calibration::ErrorShapes;
use crate::models::forecast::cleaning::{LevelShift, Outlier};
use crate::models::forecast::origins::Backtest;
use crate::models::forecast::{DemandQuantiles, QuantileBasis};

/// Positions of the ends of the 80 % band among the published quantiles.
pub(super) const P10: usize = 1;
pub(super) const P90: usize = 5;
/// The model of a sum that its series make alone.
pub(super) const BOTTOM_UP: &str = "bottom_up";

/// One forecast series.
#[derive(Clone, Debug)]
pub(super) struct SeriesOutcome {
    /// The model's name.
    pub method: String,
    /// Mean per day ahead.
    pub mean: Vec<f64>,
    /// The distribution.
    pub quantiles: DemandQuantiles,
    /// Rolling-origin forecasts.
    pub backtest: Backtest,
    /// Quantiles per day of every window of the backtest.
    pub window_quantiles: Vec<Vec<Vec<f64>>>,
    /// Same weekday of the last week, over the same origins.
    pub naive: Vec<Vec<f64>>,
    /// Mean squared error over the rolling origins, where there are some.
    pub error_variance: Option<f64>,
    /// Why the usual model did not forecast it, if so.
    pub fallback: Option<String>,
    /// Whether its product is no longer sold before the horizon ends.
    pub ends: bool,
    /// For a series too new for a model: the share of the forecast that its own days made.
    pub cold_start: Option<f64>,
    /// Days whose demand was taken for an outlier.
    pub outliers: Vec<Outlier>,
    /// The last lasting change of its level.
    pub shift: Option<LevelShift>,
}

impl SeriesOutcome {
    /// A forecast that no past one stands beside.
    pub fn without_backtest(method: &str, mean: Vec<f64>, quantiles: DemandQuantiles) -> Self {
        Self {
            method: method.to_owned(),
            mean,
            quantiles,
            backtest: Backtest::default(),
            window_quantiles: Vec::new(),
            naive: Vec::new(),
            error_variance: None,
            fallback: None,
            ends: false,
            cold_start: None,
            outliers: Vec::new(),
            shift: None,
        }
    }

    /// Units expected over the horizon.
    pub fn expected(&self) -> f64 {
        self.mean.iter().sum()
    }

    /// Nothing is sold on these days ahead, counted from zero; running totals lose the share that their means lose.
    pub fn close_on(&mut self, days: impl Iterator<Item = usize>) {
        let horizon = self.mean.len();
        let open = self.mean.clone();
        for ahead in days.filter(|ahead| *ahead < horizon) {
            self.mean[ahead] = 0.0;
            if let Some(quantiles) = self.quantiles.per_period.get_mut(ahead) {
                quantiles.fill(0.0);
            }
        }
        self.scale_totals(&open);
    }

    /// Running totals follow the means, which were `before`.
    fn scale_totals(&mut self, before: &[f64]) {
        let (mut was, mut is) = (0.0, 0.0);
        for (ahead, total) in self.quantiles.total.iter_mut().enumerate() {
            was += before[ahead];
            is += self.mean[ahead];
            if was > 0.0 && is != was {
                for units in total {
                    *units *= is / was;
                }
            }
        }
    }

    /// Another mean for every day ahead, by which the distribution is scaled.
    pub fn take_mean(&mut self, mean: Vec<f64>) {
        let before = std::mem::replace(&mut self.mean, mean);
        for ((quantiles, was), is) in self.quantiles.per_period.iter_mut().zip(&before).zip(&self.mean) {
            if *was > 0.0 {
                for units in quantiles {
                    *units *= is / was;
                }
            }
        }
        self.scale_totals(&before);
    }

    /// After its last day on sale a product has no demand, and its running total stays.
    pub fn end_after(&mut self, days_on_sale: usize) {
        let days_on_sale = days_on_sale.min(self.mean.len());
        self.ends = days_on_sale < self.mean.len();
        self.mean[days_on_sale..].fill(0.0);
        for ahead in days_on_sale..self.quantiles.per_period.len() {
            self.quantiles.per_period[ahead].fill(0.0);
            self.quantiles.total[ahead] = match ahead.checked_sub(1) {
                Some(before) => self.quantiles.total[before].clone(),
                None => vec![0.0; self.quantiles.levels.len()],
            };
        }
    }
}

/// One node with its forecast.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it is called.
    pub key: NodeKey,
    /// What its quantities are counted in, all of them.
    pub unit: String,
    /// The series below it, by index; one for a series itself.
    pub children: Vec<usize>,
    /// The model's name.
    pub method: String,
    /// Mean per day ahead.
    pub mean: Vec<f64>,
    /// Rolling-origin forecasts; unobserved actuals of a child are its forecasts where there are several children.
    pub backtest: Backtest,
    /// The distribution.
    pub quantiles: DemandQuantiles,
    /// Quantiles per day of every window of the backtest.
    pub window_quantiles: Vec<Vec<Vec<f64>>>,
    /// Units sold per day up to as_of by all children; for a series its demand.
    pub history: Vec<f64>,
}

impl Node {
    /// `total`, `category_1` ..., `product_location`.
    pub fn level(&self) -> &str {
        &self.key.level
    }

    /// `all`, a path, a location, `PRODUCT @ LOCATION`.
    pub fn name(&self) -> &str {
        &self.key.name
    }

    /// Whether it is a product at a location.
    pub fn is_series(&self) -> bool {
        self.key.is_series()
    }

    /// Units expected over the horizon.
    pub fn expected(&self) -> f64 {
        self.mean.iter().sum()
    }

    /// Whether its quantiles rest on too few errors.
    pub fn is_wide(&self) -> bool {
        self.quantiles.basis == QuantileBasis::WideDefault
    }
}

/// A node to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlannedNode {
    /// What it is called.
    pub key: NodeKey,
    /// What its quantities are counted in.
    pub unit: String,
    /// The series below it, by index; one for a series itself.
    pub children: Vec<usize>,
}

/// How the sums err, and over which rolling origins that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NodeErrors {
    /// The errors, pooled over the sums.
    pub shapes: ErrorShapes,
    /// The rolling origins of each sum.
    pub records: BTreeMap<NodeKey, Record>,
}
