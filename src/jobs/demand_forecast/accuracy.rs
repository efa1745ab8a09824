//! How good the forecasts are: over the rolling origins, and of earlier publications now that the actuals are there.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::facts::DemandData;
use super::node::{BOTTOM_UP, Node, SeriesOutcome};
use super::node_key::{ALL, NodeKey, PRODUCT_LOCATION, TOTAL};
use super::node_scores::{backtest_score, published_score};
use super::score::{DaysAhead, NodeScore, Score};
use super::units::{by_unit, in_unit};
use crate::day::Day;

/// What was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Basis {
    /// Our rolling origins.
    Backtest,
    /// An earlier publication.
    Published,
    /// The rolling origins of a sample of series, by the model that forecasts ...
    Champion,
    /// ... and by the one tried beside it.
    Challenger,
}

impl Basis {
    /// The name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backtest => "backtest",
            Self::Published => "published",
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// A row of `forecast_accuracy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AccuracyRow {
    /// Backtest or published.
    pub basis: Basis,
    /// The day from which was forecast.
    pub forecast_as_of: Day,
    /// As in the forecasts; the node `all` for a level.
    pub key: NodeKey,
    /// Whether it says how good a whole level is.
    pub is_whole: bool,
    /// What its quantities are counted in.
    pub unit: String,
    /// The series, at level product_location; not kept from night to night.
    #[serde(skip)]
    pub series: Option<usize>,
    /// The model, `mixed` where several.
    pub method: String,
    /// The errors.
    pub score: Score,
}

/// A row of `forecast_accuracy_by_horizon`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HorizonRow {
    /// Any of them.
    pub basis: Basis,
    /// The day from which was forecast.
    pub forecast_as_of: Day,
    /// As in the forecasts.
    pub level: String,
    /// Days ahead.
    pub ahead: DaysAhead,
    /// The model, `all` over all of them; with the unit where there are several.
    pub method: String,
    /// Whether it is over all models.
    pub is_all: bool,
    /// The errors.
    pub score: Score,
}

/// Rows of both tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Accuracy {
    /// Per node, each level led by the row that sums it.
    pub nodes: Vec<AccuracyRow>,
    /// Per level, by days ahead and model.
    pub by_horizon: Vec<HorizonRow>,
}

impl Accuracy {
    /// Of the rolling origins.
    pub fn of_backtest(data: &DemandData, outcomes: &[SeriesOutcome], nodes: &[Node]) -> Self {
        let ranges = ranges_of(nodes);
        let scored: Vec<ScoredNode> = (nodes.par_iter())
            .map(|node| ScoredNode {
                node,
                method: node.method.clone(),
                score: backtest_score(node, data, outcomes, &ranges),
            })
            .collect();
        Self {
            nodes: node_rows(Basis::Backtest, data.as_of, &scored),
            by_horizon: horizon_rows(Basis::Backtest, data.as_of, &scored, &ranges),
        }
    }

    /// Of earlier publications now that their days have passed, newest first.
    pub fn of_published(data: &DemandData, nodes: &[Node]) -> Self {
        let ranges = ranges_of(nodes);
        let mut all = Self::default();
        for earlier in &data.earlier {
            let method = |node: &Node| {
                earlier.nodes.get(&node.key).map_or_else(|| BOTTOM_UP.to_owned(), |published| published.method.clone())
            };
            let mut scored: Vec<ScoredNode> = (nodes.par_iter())
                .map(|node| ScoredNode {
                    node,
                    method: method(node),
                    score: published_score(node, data, earlier, &ranges),
                })
                .collect();
            all.by_horizon.extend(horizon_rows(Basis::Published, earlier.as_of, &scored, &ranges));
            // What was not published then, or has not happened yet, has no row.
            scored.retain(|scored| scored.score.all.n_periods > 0);
            all.nodes.extend(node_rows(Basis::Published, earlier.as_of, &scored));
        }
        all
    }

    /// Rows of both.
    pub fn extend(&mut self, other: Self) {
        self.nodes.extend(other.nodes);
        self.by_horizon.extend(other.by_horizon);
    }
}

/// A node, what forecast it, and how well.
struct ScoredNode<'a> {
    node: &'a Node,
    method: String,
    score: NodeScore,
}

fn ranges_of(nodes: &[Node]) -> Vec<DaysAhead> {
    DaysAhead::ranges(nodes.first().map_or(1, |node| node.mean.len()))
}

/// Sums over the nodes of a level: over all models, then by model where there are several.
fn horizon_rows(basis: Basis, forecast_as_of: Day, scored: &[ScoredNode], ranges: &[DaysAhead]) -> Vec<HorizonRow> {
    let mut rows = Vec::new();
    for members in scored.chunk_by(|left, right| left.node.level() == right.node.level()) {
        let level = members[0].node.level();
        let parts = by_unit(members, |scored| scored.node.unit.as_str());
        let is_mixed = parts.len() > 1;
        for (unit, members) in parts {
            let mut names: Vec<&str> = members.iter().map(|scored| scored.method.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let by_model = names.into_iter().filter(|_| level == PRODUCT_LOCATION);
            for method in [ALL].into_iter().chain(by_model) {
                for (place, ahead) in ranges.iter().enumerate() {
                    let mut score = Score::default();
                    for scored in members.iter().filter(|scored| method == ALL || scored.method == method) {
                        if let Some(own) = scored.score.by_days_ahead.get(place).filter(|own| own.n_periods > 0) {
                            score.add(own);
                        }
                    }
                    if score.n_periods > 0 {
                        let (level, is_all) = (level.to_owned(), method == ALL);
                        let method = if is_mixed { in_unit(method, unit) } else { method.to_owned() };
                        rows.push(HorizonRow { basis, forecast_as_of, level, ahead: *ahead, method, is_all, score });
                    }
                }
            }
        }
    }
    rows
}

/// Rows per node, each level led by the row that sums it; the total is its own sum.
fn node_rows(basis: Basis, forecast_as_of: Day, scored: &[ScoredNode]) -> Vec<AccuracyRow> {
    let mut rows = Vec::new();
    for members in scored.chunk_by(|left, right| left.node.level() == right.node.level()) {
        let level = members[0].node.level();
        let parts = by_unit(members, |scored| scored.node.unit.as_str());
        let is_mixed = parts.len() > 1;
        for (unit, members) in parts.into_iter().filter(|_| level != TOTAL) {
            let mut score = Score::default();
            for scored in &members {
                score.add(&scored.score.all);
            }
            let mut methods: Vec<&str> = members.iter().map(|scored| scored.method.as_str()).collect();
            methods.sort_unstable();
            methods.dedup();
            let method = if let [only] = methods[..] { only } else { "mixed" }.to_owned();
            let key = NodeKey::new(level, if is_mixed { in_unit(ALL, unit) } else { ALL.to_owned() });
            let unit = unit.to_owned();
            rows.push(AccuracyRow { basis, forecast_as_of, key, is_whole: true, unit, series: None, method, score });
        }
        rows.extend(members.iter().map(|ScoredNode { node, method, score }| AccuracyRow {
            basis,
            forecast_as_of,
            key: node.key.clone(),
            is_whole: level == TOTAL,
            unit: node.unit.clone(),
            series: node.is_series().then(|| node.children[0]),
            method: method.clone(),
            score: score.all,
        }));
    }
    rows
}
