//! Everything decided, before it becomes tables and a page.

use std::collections::BTreeMap;

use super::accuracy::{Accuracy, AccuracyRow, Basis, HorizonRow};
use super::facts::DemandData;
use super::fitted::Fitted;
use super::node::{Node, SeriesOutcome};
use crate::day::Day;

/// What one night decides.
#[derive(Debug)]
pub(super) struct Decision {
    /// The forecast of each series, in their order.
    pub outcomes: Vec<SeriesOutcome>,
    /// The nodes in published order.
    pub nodes: Vec<Node>,
    /// How good they are.
    pub accuracy: Accuracy,
    /// Why sums are those of the series alone although they were to be reconciled, if so.
    pub not_coherent: Option<String>,
    /// The as-of day of the earlier night whose models were brought up to date; `None` = they were fitted tonight.
    pub fitted_before_on: Option<Day>,
    /// Series that were fitted again although a fit was not due.
    pub refitted: Vec<usize>,
    /// For the next night.
    pub fitted: Fitted,
}

/// Which rows grade us: a basis, and of earlier publications which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Graded {
    /// What was scored.
    pub basis: Basis,
    /// The day of the publication; `None` of the rolling origins.
    pub published_on: Option<Day>,
}

impl Graded {
    /// Whether it is this forecast that grades us.
    fn is(self, basis: Basis, forecast_as_of: Day) -> bool {
        self.basis == basis && self.published_on.is_none_or(|day| day == forecast_as_of)
    }
}

impl Decision {
    /// What grades us: the oldest publication read, else the rolling origins.
    pub fn graded(&self) -> Graded {
        let published = self.accuracy.nodes.iter().filter(|row| row.basis == Basis::Published);
        match published.map(|row| row.forecast_as_of).min() {
            Some(day) => Graded { basis: Basis::Published, published_on: Some(day) },
            None => Graded { basis: Basis::Backtest, published_on: None },
        }
    }

    /// The rows of a whole level that grade us: one for each of its units, that of most nodes first.
    pub fn graded_level(&self, level: &str) -> impl Iterator<Item = &AccuracyRow> {
        let graded = self.graded();
        let rows = self.accuracy.nodes.iter();
        rows.filter(move |row| graded.is(row.basis, row.forecast_as_of) && row.key.level == level && row.is_whole)
    }

    /// The rows of single nodes of a level that grade us, those of which anything was observed.
    pub fn graded_nodes<'a>(&'a self, level: &'a str) -> impl Iterator<Item = &'a AccuracyRow> {
        let graded = self.graded();
        let is_graded = move |row: &&AccuracyRow| graded.is(row.basis, row.forecast_as_of) && row.key.level == level;
        self.accuracy.nodes.iter().filter(is_graded).filter(|row| !row.is_whole && row.score.n_periods > 0)
    }

    /// The rows of a level by days ahead that grade us.
    pub fn graded_horizons(&self, level: &str) -> Vec<&HorizonRow> {
        let graded = self.graded();
        let rows = self.accuracy.by_horizon.iter();
        rows.filter(|row| graded.is(row.basis, row.forecast_as_of) && row.level == level).collect()
    }

    /// The nodes of a level.
    pub fn nodes_of<'a>(&'a self, level: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter(move |node| node.level() == level)
    }

    /// The levels in published order.
    pub fn levels(&self) -> Vec<&str> {
        let mut levels: Vec<&str> = self.nodes.iter().map(Node::level).collect();
        levels.dedup();
        levels
    }

    /// How many series each model forecasts, most first.
    pub fn chosen(&self) -> Vec<(String, usize)> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for outcome in &self.outcomes {
            *counts.entry(outcome.method.as_str()).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
        counts.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        counts
    }

    /// Minor currency units per unit of a node, weighted by what is expected of each series; `None` without revenue.
    pub fn unit_value(&self, data: &DemandData, node: &Node) -> Option<f64> {
        let (mut money, mut units) = (0.0, 0.0);
        for index in &node.children {
            if let Some(value) = data.series[*index].unit_value {
                let expected = self.outcomes[*index].expected();
                money += value * expected;
                units += expected;
            }
        }
        (units > 0.0).then(|| money / units)
    }
}
