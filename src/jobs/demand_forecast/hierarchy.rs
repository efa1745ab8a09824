//! Which nodes there are above the series, and what they add up to.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::facts::DemandData;
use super::node::{Node, NodeErrors, PlannedNode, SeriesOutcome};
use super::node_key::{ALL, LOCATION, NodeKey, PRODUCT_LOCATION, TOTAL};
use super::record::Record;
use super::units::{by_unit, in_unit};
use super::{LEVELS, WEEK};
use crate::category_path::CategoryPath;
use crate::models::forecast::calibration::{CalibrationSeries, DemandCeiling, ErrorShapes};
use crate::models::forecast::origins::{Backtest, sum_backtests};
use crate::models::forecast::{DemandQuantiles, QuantileBasis};

/// Every node in published order: total, categories from the top, locations where there are several, series. What is counted in
/// several units is not added up: each unit has its node.
pub(super) fn planned_nodes(data: &DemandData, category_levels: bool) -> Vec<PlannedNode> {
    let sums = |level: &str, name: &str, children: Vec<usize>| -> Vec<PlannedNode> {
        let parts = by_unit(children, |index| data.unit_of(*index));
        let is_mixed = parts.len() > 1;
        let part = |(unit, children): (&str, Vec<usize>)| PlannedNode {
            key: NodeKey::new(level, if is_mixed { in_unit(name, unit) } else { name.to_owned() }),
            unit: unit.to_owned(),
            children,
        };
        parts.into_iter().map(part).collect()
    };
    let mut planned = sums(TOTAL, ALL, (0..data.series.len()).collect());
    let mut categories: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, series) in data.series.iter().enumerate() {
        let path = data.category_path(&series.product_id).filter(|_| category_levels);
        for (above, category) in path.into_iter().flat_map(CategoryPath::levels).enumerate() {
            categories.entry((above + 1, category)).or_default().push(index);
        }
    }
    planned.extend(
        (categories.into_iter())
            .flat_map(|((depth, category), children)| sums(&format!("category_{depth}"), category, children)),
    );
    let mut locations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, series) in data.series.iter().enumerate() {
        locations.entry(&series.location_id).or_default().push(index);
    }
    if locations.len() > 1 {
        planned.extend(locations.into_iter().flat_map(|(id, children)| sums(LOCATION, id, children)));
    }
    let mut series: Vec<PlannedNode> = (data.series.iter().enumerate())
        .map(|(index, series)| PlannedNode {
            key: NodeKey::new(PRODUCT_LOCATION, series.node()),
            unit: data.unit_of(index).to_owned(),
            children: vec![index],
        })
        .collect();
    series.sort();
    planned.extend(series);
    planned
}

/// Every node with its forecast: the series' own, and above them sums whose errors are pooled for their quantiles, or are
/// those `known` from an earlier night.
pub(super) fn forecast_nodes(
    data: &DemandData,
    outcomes: &[SeriesOutcome],
    planned: Vec<PlannedNode>,
    method_of_sums: &str,
    known: Option<&NodeErrors>,
) -> (Vec<Node>, NodeErrors) {
    let horizon = outcomes.first().map_or(0, |outcome| outcome.mean.len());
    let mut nodes: Vec<Node> =
        planned.into_par_iter().map(|planned| node_of(planned, data, outcomes, method_of_sums)).collect();
    let n_sums = nodes.iter().take_while(|node| !node.is_series()).count();
    let first_day = |node: &Node| data.as_of + 1 - node.history.len() as i32;
    if let Some(known) = known {
        for node in &mut nodes[..n_sums] {
            let record = known.records.get(&node.key);
            node.backtest = record.map(|record| record.backtest(first_day(node))).unwrap_or_default();
        }
    }
    let sums = &nodes[..n_sums];
    let calibration: Vec<CalibrationSeries> = (sums.iter())
        .map(|node| CalibrationSeries { history: &node.history, backtest: &node.backtest, season_length: WEEK })
        .collect();
    let errors = known.cloned().unwrap_or_else(|| NodeErrors {
        shapes: ErrorShapes::fit(&calibration, horizon),
        records: sums.iter().map(|node| (node.key.clone(), Record::of(&node.backtest, first_day(node)))).collect(),
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
fn node_of(planned: PlannedNode, data: &DemandData, outcomes: &[SeriesOutcome], method_of_sums: &str) -> Node {
    let PlannedNode { key, unit, children } = planned;
    if key.is_series()
        && let [index] = children[..]
    {
        let (outcome, history) = (outcomes[index].clone(), data.series[index].demand.clone());
        let SeriesOutcome { method, mean, backtest, quantiles, window_quantiles, .. } = outcome;
        return Node { key, unit, children, method, mean, backtest, quantiles, window_quantiles, history };
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
        key,
        unit,
        children,
        mean,
    }
}

/// Units sold per day up to as_of by all of them.
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
