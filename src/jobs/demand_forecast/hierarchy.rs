//! From series to nodes: the total, every category, every product at every location.

use std::collections::BTreeMap;

use super::dataset::DemandData;
use crate::models::forecast::quantiles::QuantileBasis;
use crate::models::forecast::{Backtest, DemandQuantiles, demand_quantiles, sum_backtests};
use crate::published::QUANTILES;

/// The level of the single node above everything.
pub(super) const TOTAL: &str = "total";
/// The level of the series.
pub(super) const PRODUCT_LOCATION: &str = "product_location";
/// The node of the total, and of a level as a whole.
pub(super) const ALL: &str = "all";
/// The model of a sum.
pub(super) const BOTTOM_UP: &str = "bottom_up";

/// One forecast series.
#[derive(Clone, Debug)]
pub(super) struct SeriesOutcome {
    /// The model's name.
    pub method: String,
    /// Mean per day ahead.
    pub mean: Vec<f64>,
    /// Rolling-origin forecasts of the chosen model.
    pub backtest: Backtest,
    /// Same weekday of the last week, over the same origins.
    pub naive: Vec<Vec<f64>>,
    /// Days ahead on which the product is still sold.
    pub days_on_sale: usize,
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

/// Every node in published order: total, categories from the top, series.
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
    let mut series: Vec<Plan> = (data.series.iter().enumerate())
        .map(|(index, series)| (PRODUCT_LOCATION.to_owned(), series.node(), vec![index]))
        .collect();
    series.sort();
    plans.extend(series);
    plans
}

/// The forecast of a node from those of its series.
pub(super) fn forecast_node((level, name, children): Plan, data: &DemandData, outcomes: &[SeriesOutcome]) -> Node {
    let horizon = children.first().map_or(0, |index| outcomes[*index].mean.len());
    let is_series = level == PRODUCT_LOCATION;
    let mut mean = vec![0.0; horizon];
    for index in &children {
        for (sum, value) in mean.iter_mut().zip(&outcomes[*index].mean) {
            *sum += value;
        }
    }
    let backtests: Vec<&Backtest> = children.iter().map(|index| &outcomes[*index].backtest).collect();
    let (history, backtest) = if is_series {
        (data.series[children[0]].demand.clone(), backtests[0].clone())
    } else {
        (summed_sales(data, &children), sum_backtests(&backtests).unwrap_or_default())
    };
    let levels = QUANTILES.map(|(level, _)| level);
    let mut quantiles = demand_quantiles(&mean, &backtest, &history, &levels);
    let days_on_sale = children.iter().map(|index| outcomes[*index].days_on_sale).max().unwrap_or(horizon);
    end_after(&mut quantiles, days_on_sale);
    let method = if is_series { outcomes[children[0]].method.clone() } else { BOTTOM_UP.to_owned() };
    Node { level, name, children, method, mean, backtest, quantiles, history }
}

/// After its last day on sale a product has no demand, and its running total stays.
fn end_after(quantiles: &mut DemandQuantiles, days_on_sale: usize) {
    for ahead in days_on_sale..quantiles.per_period.len() {
        quantiles.per_period[ahead].fill(0.0);
        quantiles.total[ahead] = match ahead.checked_sub(1) {
            Some(before) => quantiles.total[before].clone(),
            None => vec![0.0; quantiles.levels.len()],
        };
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
