//! The numbers of the night.

use super::decision::Decision;
use super::node::Node;
use super::node_key::{PRODUCT_LOCATION, TOTAL};
use crate::page_kit::metric;
use crate::publication::{Metric, Unit};

/// The numbers that the night's index and the gates look at.
pub(super) fn metrics(decision: &Decision) -> Vec<Metric> {
    let words = match decision.graded().published_on {
        Some(_) => "published forecast",
        None => "backtest",
    };
    // Of a shop that counts in several units, the one that most series have.
    let row = |level: &str| decision.graded_level(level).next().map(|row| row.score);
    let series = row(PRODUCT_LOCATION);
    // Levels begin with the total, whose error is the first number of the night.
    let mut metrics = Vec::new();
    for level in decision.levels() {
        let Some(score) = row(level) else { continue };
        let meaning = match level {
            TOTAL => format!("Error of the total per day (WAPE, {words})"),
            _ => format!("WAPE of {level}, {words}"),
        };
        metrics.push(metric(format!("wape_{level}"), score.wape(), Unit::Share, &meaning));
        let meaning = format!("WAPE of the seasonal naive at {level}, {words}");
        metrics.push(metric(format!("naive_wape_{level}"), score.naive_wape(), Unit::Share, &meaning));
    }
    let covered = series.and_then(|score| score.coverage_80());
    metrics.push(metric("coverage_80", covered, Unit::Share, &format!("Days inside p10..p90, {words}")));
    let totals: Vec<&Node> = decision.nodes_of(TOTAL).collect();
    for (place, total) in totals.iter().enumerate() {
        let name = if place == 0 { "units_expected".to_owned() } else { format!("units_expected_{}", place + 1) };
        let meaning = match totals.len() {
            1 => "Units expected over the horizon".to_owned(),
            _ => format!("Expected over the horizon, in {}", total.unit),
        };
        metrics.push(metric(name, Some(total.expected()), Unit::Units, &meaning));
    }
    let n = decision.outcomes.len() as f64;
    metrics.push(metric("series", n, Unit::Count, "Series forecast"));
    for (name, count) in decision.chosen() {
        let meaning = format!("Share of series forecast by {name}");
        metrics.push(metric(format!("chosen_{name}"), count as f64 / n.max(1.0), Unit::Share, &meaning));
    }
    metrics
}
