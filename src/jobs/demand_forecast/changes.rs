//! Comparisons that the page shows: with the weeks before, and with the last publication.

use super::dataset::DemandData;
use super::hierarchy::Node;
use super::recommend::Decision;

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
        Change { node: node.name.clone(), expected: node.mean.iter().sum(), before, money: known.then_some(money) }
    });
    sorted(changes.collect())
}

/// Every node of the level against the newest earlier publication, on the days that both forecast. Second: how many days.
pub(super) fn against_last(data: &DemandData, decision: &Decision, level: &str) -> Option<(Vec<Change>, usize)> {
    let earlier = data.earlier.first()?;
    let mut common = 0;
    let changes: Vec<Change> = decision
        .nodes
        .iter()
        .filter(|node| node.level == level)
        .filter_map(|node| {
            let published = earlier.nodes.get(&(node.level.clone(), node.name.clone()))?;
            let mut change = Change { node: node.name.clone(), expected: 0.0, before: 0.0, money: None };
            let mut days = 0;
            for (ahead, mean) in node.mean.iter().enumerate() {
                if let Some((before, _)) = published.days.get(&(data.as_of + 1 + ahead as i32)) {
                    change.expected += mean;
                    change.before += before;
                    days += 1;
                }
            }
            common = common.max(days);
            change.money = node_value(data, decision, node).map(|value| value * (change.expected - change.before));
            (days > 0).then_some(change)
        })
        .collect();
    (common > 0).then(|| (sorted(changes), common))
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
