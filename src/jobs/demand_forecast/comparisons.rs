//! The coming weeks beside the weeks before, and beside the last publication.

use super::decision::Decision;
use super::earlier_forecast::EarlierForecast;
use super::facts::DemandData;
use super::node::Node;
use super::regressors::PromotionIndex;
use crate::day::Day;
use crate::words::percent;

/// A difference between sales and forecast that is worth saying.
const WORTH_SAYING: f64 = 0.05;

/// How one node's coming weeks compare.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
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

impl Comparison {
    /// Relative change; `None` from nothing.
    pub fn relative(&self) -> Option<f64> {
        (self.before > 0.0).then(|| self.expected / self.before - 1.0)
    }
}

/// Every node of the level beside the units of the last days, as many as the horizon; largest difference in money first.
pub(super) fn with_recent_sales(data: &DemandData, decision: &Decision, level: &str) -> Vec<Comparison> {
    let compared = decision.nodes_of(level).map(|node| {
        let horizon = node.mean.len();
        let (mut money, mut known, mut before) = (0.0, false, 0.0);
        for index in &node.children {
            let sold = data.series[*index].sold_in_last(horizon);
            before += sold;
            if let Some(value) = data.series[*index].unit_value {
                money += value * (decision.outcomes[*index].expected() - sold);
                known = true;
            }
        }
        Comparison {
            node: node.name().to_owned(),
            expected: node.expected(),
            before,
            money: known.then_some(money),
            why: String::new(),
        }
    });
    largest_first(compared.collect())
}

/// A forecast beside the one before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LastForecast {
    /// The as-of day of the earlier one.
    pub as_of: Day,
    /// Days that both forecast.
    pub common_days: usize,
    /// The nodes on those days, largest difference in money first.
    pub nodes: Vec<Comparison>,
}

/// Every node of the level beside the newest earlier publication; `None` where there is none of these days.
pub(super) fn with_last_forecast(data: &DemandData, decision: &Decision, level: &str) -> Option<LastForecast> {
    let earlier = data.earlier.first()?;
    let promotions = PromotionIndex::new(&data.promotions);
    let mut common_days = 0;
    let mut compared = Vec::new();
    for node in decision.nodes_of(level) {
        let Some(published) = earlier.nodes.get(&node.key) else { continue };
        let (mut expected, mut before, mut days) = (0.0, 0.0, 0);
        for (day, mean) in (data.as_of + 1).through(Day::MAX).zip(&node.mean) {
            if let Some(forecast) = published.days.get(&day) {
                expected += mean;
                before += forecast.mean;
                days += 1;
            }
        }
        common_days = common_days.max(days);
        if days > 0 {
            let value = decision.unit_value(data, node);
            compared.push(Comparison {
                node: node.name().to_owned(),
                expected,
                before,
                money: value.map(|value| value * (expected - before)),
                why: reasons(data, &promotions, node, earlier),
            });
        }
    }
    (common_days > 0).then(|| LastForecast { as_of: earlier.as_of, common_days, nodes: largest_first(compared) })
}

/// What speaks for another forecast than that of `earlier`: sales since then, and promotions in the coming days.
fn reasons(data: &DemandData, promotions: &PromotionIndex, node: &Node, earlier: &EarlierForecast) -> String {
    let mut reasons = Vec::new();
    let since = (data.as_of - earlier.as_of).max(0) as usize;
    let recent = &node.history[node.history.len().saturating_sub(since)..];
    let (mut sold, mut forecast) = (0.0, 0.0);
    let days = (data.as_of + 1 - recent.len() as i32).through(data.as_of);
    for (day, units) in days.zip(recent).filter(|(_, units)| units.is_finite()) {
        if let Some(published) = earlier.nodes.get(&node.key).and_then(|published| published.days.get(&day)) {
            sold += units;
            forecast += published.mean;
        }
    }
    if forecast > 0.0 && (sold / forecast - 1.0).abs() >= WORTH_SAYING && (sold - forecast).abs() >= 1.0 {
        reasons.push(format!("sold {} than forecast since", more_or_less(sold / forecast - 1.0)));
    }
    let horizon = node.mean.len() as i32;
    let promoted: Vec<Day> = (node.children.iter())
        .filter_map(|index| {
            let series = &data.series[*index];
            let own = promotions.of(series, data.category_path(&series.product_id));
            let coming = own
                .iter()
                .filter(|promotion| promotion.ends_on > data.as_of && promotion.starts_on <= data.as_of + horizon);
            coming.map(|promotion| promotion.starts_on.max(data.as_of + 1)).min()
        })
        .collect();
    if let Some(from) = promoted.iter().min() {
        reasons.push(if node.is_series() {
            format!("promotion from {from}")
        } else {
            format!("promotions of {} of {} series, from {from}", promoted.len(), node.children.len())
        });
    }
    reasons.join("; ")
}

fn largest_first(mut compared: Vec<Comparison>) -> Vec<Comparison> {
    let size = |compared: &Comparison| compared.money.unwrap_or(0.0).abs();
    compared.sort_by(|left, right| {
        (size(right).total_cmp(&size(left)))
            .then((right.expected - right.before).abs().total_cmp(&(left.expected - left.before).abs()))
            .then(left.node.cmp(&right.node))
    });
    compared
}

/// `3 % more`, `12 % less`.
pub(super) fn more_or_less(relative: f64) -> String {
    let word = if relative < 0.0 { "less" } else { "more" };
    format!("{} {word}", percent(relative.abs(), 0))
}
