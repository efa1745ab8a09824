//! From series to nodes: the total, every category, every product at every location.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dataset::DemandData;
use super::fitted::Record;
use super::{LEVELS, WEEK};
use crate::models::forecast::calibration::{CalibrationSeries, DemandCeiling, ErrorShapes};
use crate::models::forecast::cleaning::{LevelShift, Outlier};
use crate::models::forecast::origins::{Backtest, sum_backtests};
use crate::models::forecast::{DemandQuantiles, QuantileBasis};

/// The level of the single node above everything.
pub(super) const TOTAL: &str = "total";
/// The level of everything at one location.
pub(super) const LOCATION: &str = "location";
/// The level of the series.
pub(super) const PRODUCT_LOCATION: &str = "product_location";
/// The node of the total, and of a level as a whole.
pub(super) const ALL: &str = "all";
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
    /// `total`, `category_1` ..., `product_location`.
    pub level: String,
    /// `all`, a path, `PRODUCT @ LOCATION`.
    pub name: String,
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
    /// Whether it is a product at a location.
    pub fn is_series(&self) -> bool {
        self.level == PRODUCT_LOCATION
    }

    /// Whether its quantiles rest on too few errors.
    pub fn is_wide(&self) -> bool {
        self.quantiles.basis == QuantileBasis::WideDefault
    }
}

/// A node to be: level, name, children.
pub(super) type Plan = (String, String, Vec<usize>);

/// Every node in published order: total, categories from the top, locations where there are several, series.
pub(super) fn plan_nodes(data: &DemandData, category_levels: bool) -> Vec<Plan> {
    let mut plans = vec![(TOTAL.to_owned(), ALL.to_owned(), (0..data.series.len()).collect())];
    let mut categories: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    for (index, series) in data.series.iter().enumerate() {
        let Some(path) = data.category_path(&series.product_id).filter(|_| category_levels) else { continue };
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for (depth, end) in ends.enumerate() {
            categories.entry((depth + 1, path[..end].to_owned())).or_default().push(index);
        }
    }
    plans.extend(categories.into_iter().map(|((depth, path), below)| (format!("category_{depth}"), path, below)));
    let mut locations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, series) in data.series.iter().enumerate() {
        locations.entry(&series.location_id).or_default().push(index);
    }
    if locations.len() > 1 {
        plans.extend(locations.into_iter().map(|(id, below)| (LOCATION.to_owned(), id.to_owned(), below)));
    }
    let mut series: Vec<Plan> = (data.series.iter().enumerate())
        .map(|(index, series)| (PRODUCT_LOCATION.to_owned(), series.node(), vec![index]))
        .collect();
    series.sort();
    plans.extend(series);
    plans
}

/// How the sums err, and over which rolling origins that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NodeErrors {
    shapes: ErrorShapes,
    records: BTreeMap<(String, String), Record>,
}

/// Every node with its forecast: the series' own, and above them sums whose errors are pooled for their quantiles, or are
/// those `known` from an earlier night.
pub(super) fn forecast_nodes(
    data: &DemandData,
    outcomes: &[SeriesOutcome],
    plans: Vec<Plan>,
    method_of_sums: &str,
    known: Option<&NodeErrors>,
) -> (Vec<Node>, NodeErrors) {
    let horizon = outcomes.first().map_or(0, |outcome| outcome.mean.len());
    let mut nodes: Vec<Node> =
        plans.into_par_iter().map(|plan| node_of(plan, data, outcomes, method_of_sums)).collect();
    let n_sums = nodes.iter().take_while(|node| !node.is_series()).count();
    let first_day = |node: &Node| data.as_of + 1 - node.history.len() as i32;
    let key = |node: &Node| (node.level.clone(), node.name.clone());
    if let Some(known) = known {
        for node in &mut nodes[..n_sums] {
            node.backtest =
                known.records.get(&key(node)).map(|record| record.backtest(first_day(node))).unwrap_or_default();
        }
    }
    let sums = &nodes[..n_sums];
    let calibration: Vec<CalibrationSeries> = (sums.iter())
        .map(|node| CalibrationSeries { history: &node.history, backtest: &node.backtest, season_length: WEEK })
        .collect();
    let errors = known.cloned().unwrap_or_else(|| NodeErrors {
        shapes: ErrorShapes::fit(&calibration, horizon),
        records: sums.iter().map(|node| (key(node), Record::of(&node.backtest, first_day(node)))).collect(),
    });
    let shapes = &errors.shapes;
    let quantiles: Vec<_> = (calibration.par_iter().zip(sums))
        .map(|(series, node)| (shapes.quantiles(series, &node.mean, &LEVELS), shapes.window_quantiles(series, &LEVELS)))
        .collect();
    let histories: Vec<&[f64]> = sums.iter().map(|node| node.history.as_slice()).collect();
    let ceiling = DemandCeiling::of(&histories, horizon);
    for (node, (quantiles, window_quantiles)) in nodes.iter_mut().zip(quantiles) {
        node.quantiles = quantiles;
        node.window_quantiles = window_quantiles;
        ceiling.bound(&mut [], &mut node.quantiles);
    }
    (nodes, errors)
}

/// A series' node as it is, a sum's without quantiles.
fn node_of((level, name, children): Plan, data: &DemandData, outcomes: &[SeriesOutcome], method_of_sums: &str) -> Node {
    if level == PRODUCT_LOCATION
        && let [index] = children[..]
    {
        let (outcome, history) = (outcomes[index].clone(), data.series[index].demand.clone());
        let SeriesOutcome { method, mean, backtest, quantiles, window_quantiles, .. } = outcome;
        return Node { level, name, children, method, mean, backtest, quantiles, window_quantiles, history };
    }
    let horizon = children.first().map_or(0, |index| outcomes[*index].mean.len());
    let mut mean = vec![0.0; horizon];
    for index in &children {
        for (sum, value) in mean.iter_mut().zip(&outcomes[*index].mean) {
            *sum += value;
        }
    }
    let backtests: Vec<&Backtest> = children.iter().map(|index| &outcomes[*index].backtest).collect();
    Node {
        history: summed_sales(data, &children),
        backtest: sum_backtests(&backtests).unwrap_or_default(),
        quantiles: DemandQuantiles {
            levels: Vec::new(),
            per_period: Vec::new(),
            total: Vec::new(),
            basis: QuantileBasis::WideDefault,
        },
        window_quantiles: Vec::new(),
        method: method_of_sums.to_owned(),
        level,
        name,
        children,
        mean,
    }
}

fn summed_sales(data: &DemandData, children: &[usize]) -> Vec<f64> {
    let longest = children.iter().map(|index| data.series[*index].sold.len()).max().unwrap_or(0);
    let mut sum = vec![0.0; longest];
    for index in children {
        let sold = &data.series[*index].sold;
        for (sum, units) in sum[longest - sold.len()..].iter_mut().zip(sold) {
            *sum += units;
        }
    }
    sum
}
