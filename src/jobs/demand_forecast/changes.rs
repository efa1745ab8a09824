//! Comparisons that the page shows: with the weeks before, and with the last publication.

use super::dataset::{DemandData, EarlierNode};
use super::hierarchy::Node;
use super::published_rows::date_of;
use super::recommend::Decision;
use super::regressors::PromotionIndex;

/// A difference between sales and forecast that is worth saying.
const WORTH_SAYING: f64 = 0.05;

/// How one node's coming weeks compare.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// The node.
    pub node: String,
    /// Units expected.
    pub expected: f64,
    /// Units to compare with.
    pub before: f64,
    /// Minor currency units that the difference is worth; `None` without revenue.
    pub money: Option<f64>,
    /// What moved it, as far as we know; empty = nothing we know of.
    pub why: String,
}

impl Change {
    /// Relative change; `None` from nothing.
    pub fn relative(&self) -> Option<f64> {
        (self.before > 0.0).then(|| self.expected / self.before - 1.0)
    }
}

/// Every node of the level against the units of the last days, as many as the horizon; largest difference in money first.
pub(super) fn against_recent(data: &DemandData, decision: &Decision, level: &str) -> Vec<Change> {
    let changes = decision.nodes.iter().filter(|node| node.level == level).map(|node| {
        let horizon = node.mean.len();
        let (mut money, mut known, mut before) = (0.0, false, 0.0);
        for index in &node.children {
            let sold = data.series[*index].sold_in_last(horizon);
            before += sold;
            if let Some(value) = data.series[*index].unit_value {
                money += value * (decision.outcomes[*index].mean.iter().sum::<f64>() - sold);
                known = true;
            }
        }
        Change {
            node: node.name.clone(),
            expected: node.mean.iter().sum(),
            before,
            money: known.then_some(money),
            why: String::new(),
        }
    });
    sorted(changes.collect())
}

/// Every node of the level against the newest earlier publication, on the days that both forecast. Second: how many days.
pub(super) fn against_last(data: &DemandData, decision: &Decision, level: &str) -> Option<(Vec<Change>, usize)> {
    let earlier = data.earlier.first()?;
    let promotions = PromotionIndex::new(&data.promotions);
    let mut common = 0;
    let changes: Vec<Change> = decision
        .nodes
        .iter()
        .filter(|node| node.level == level)
        .filter_map(|node| {
            let published = earlier.nodes.get(&(node.level.clone(), node.name.clone()))?;
            let mut change =
                Change { node: node.name.clone(), expected: 0.0, before: 0.0, money: None, why: String::new() };
            let mut days = 0;
            for (ahead, mean) in node.mean.iter().enumerate() {
                if let Some((before, _)) = published.days.get(&(data.as_of + 1 + ahead as i32)) {
                    change.expected += mean;
                    change.before += before;
                    days += 1;
                }
            }
            common = common.max(days);
            change.why = reasons(data, &promotions, node, (earlier.as_of, published));
            change.money = node_value(data, decision, node).map(|value| value * (change.expected - change.before));
            (days > 0).then_some(change)
        })
        .collect();
    (common > 0).then(|| (sorted(changes), common))
}

/// What speaks for another forecast than that of `earlier`: sales since then, and promotions in the coming days.
fn reasons(
    data: &DemandData,
    promotions: &PromotionIndex,
    node: &Node,
    (as_of, published): (i32, &EarlierNode),
) -> String {
    let mut reasons = Vec::new();
    let since = (data.as_of - as_of).max(0) as usize;
    let recent = &node.history[node.history.len().saturating_sub(since)..];
    let (mut sold, mut forecast) = (0.0, 0.0);
    for (day, units) in (data.as_of + 1 - recent.len() as i32..).zip(recent).filter(|(_, units)| units.is_finite()) {
        if let Some((mean, _)) = published.days.get(&day) {
            sold += units;
            forecast += mean;
        }
    }
    if forecast > 0.0 && (sold / forecast - 1.0).abs() >= WORTH_SAYING && (sold - forecast).abs() >= 1.0 {
        let relative = sold / forecast - 1.0;
        let word = if relative > 0.0 { "more" } else { "less" };
        reasons.push(format!("sold {:.0} % {word} than forecast since", 100.0 * relative.abs()));
    }
    let horizon = node.mean.len() as i32;
    let promoted: Vec<i32> = (node.children.iter())
        .filter_map(|index| {
            let series = &data.series[*index];
            let own = promotions.of(series, data.category_path(&series.product_id));
            let coming = own.iter().filter(|p| p.ends_on > data.as_of && p.starts_on <= data.as_of + horizon);
            coming.map(|promotion| promotion.starts_on.max(data.as_of + 1)).min()
        })
        .collect();
    if let Some(first) = promoted.iter().min() {
        let from = date_of(*first);
        reasons.push(if node.is_series() {
            format!("promotion from {from}")
        } else {
            format!("promotions of {} of {} series, from {from}", promoted.len(), node.children.len())
        });
    }
    reasons.join("; ")
}

/// Minor currency units per unit, weighted by what is expected of each series.
pub(super) fn node_value(data: &DemandData, decision: &Decision, node: &Node) -> Option<f64> {
    let (mut money, mut units) = (0.0, 0.0);
    for index in &node.children {
        if let Some(value) = data.series[*index].unit_value {
            let mean = decision.outcomes[*index].mean.iter().sum::<f64>();
            money += value * mean;
            units += mean;
        }
    }
    (units > 0.0).then(|| money / units)
}

fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    let size = |change: &Change| change.money.unwrap_or(0.0).abs();
    changes.sort_by(|left, right| {
        (size(right).total_cmp(&size(left)))
            .then((right.expected - right.before).abs().total_cmp(&(left.expected - left.before).abs()))
            .then(left.node.cmp(&right.node))
    });
    changes
}
