//! How the orders came about.

use std::collections::BTreeMap;

use super::decision::{Decision, ROWS_SHOWN};
use super::forecasts;
use super::line::Line;
use super::tables::step_code;
use super::units::{in_units, tenth, units};
use crate::models::inventory::{Step, days_of_cover};
use crate::page_kit::ViewRows;
use crate::publication::{BarChart, Chart, Section, Unit};
use crate::words::counted;

pub(super) fn sections(decision: &Decision<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut by_supplier: BTreeMap<&str, f64> = BTreeMap::new();
    for order in &decision.suppliers {
        *by_supplier.entry(&order.name).or_default() += order.check.order_value;
    }
    let mut bars: Vec<(String, f64)> = by_supplier
        .into_iter()
        .filter(|(_, value)| *value > 0.0)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    bars.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    bars.truncate(ROWS_SHOWN);
    let mut charts = Vec::new();
    if !bars.is_empty() {
        charts.push(Chart::Bars(BarChart { title: "Order value per supplier".to_owned(), unit: Unit::Money, bars }));
    }
    if !decision.lines.is_empty() {
        charts.push(Chart::Bars(BarChart {
            title: "Lines by days of cover, before tonight's orders".to_owned(),
            unit: Unit::Count,
            bars: cover(decision),
        }));
        sections.push(Section { charts, ..Section::headed("Orders and cover") });
    }
    let example = decision.handed_out().into_iter().max_by_key(|line| (line.plan.steps.len(), line.order_value));
    sections.extend(example.map(|line| worked_example(decision, line)));
    sections
}

/// Lines by how long stock on hand lasts at mean demand.
fn cover(decision: &Decision<'_>) -> Vec<(String, f64)> {
    let levels = forecasts::levels();
    let edges: [(f64, &str); 6] = [
        (0.0, "none"),
        (7.0, "up to 1 week"),
        (14.0, "up to 2 weeks"),
        (28.0, "up to 4 weeks"),
        (60.0, "up to 60 days"),
        (f64::INFINITY, "longer"),
    ];
    let mut counts = [0.0; 6];
    for line in &decision.lines {
        let available = line.stock.on_hand.max(0) - line.stock.reserved;
        let forecast = decision.facts.forecasts.get(&line.key);
        let days =
            forecast.and_then(|forecast| days_of_cover(available, &forecast.outlook(&levels))).unwrap_or(f64::INFINITY);
        let place = edges.iter().position(|(edge, _)| days <= *edge).unwrap_or(edges.len() - 1);
        counts[place] += 1.0;
    }
    edges.iter().zip(counts).map(|((_, label), n)| ((*label).to_owned(), n)).collect()
}

fn worked_example(decision: &Decision<'_>, line: &Line) -> Section {
    let mut running = 0;
    let steps: Vec<(&Step, i64)> = (line.plan.steps.iter())
        .map(|step| {
            running += step.delta_milli;
            (step, running)
        })
        .collect();
    let table = ViewRows::of(&steps)
        .text("Step", |(step, _)| step_code(step.code).replace('_', " "))
        .number("Quantity", Unit::Units, |(step, _)| in_units(step.delta_milli))
        .number("Running", Unit::Units, |(_, running)| in_units(*running))
        .text("Meaning", |(step, _)| step.text.as_str())
        .view("How one order came about; the steps sum to the order");
    let basis = match line.lead_time_basis {
        "deliveries" => counted(line.lead_time.n_observed, "delivery", "deliveries"),
        "quoted" => "the supplier's quote".to_owned(),
        _ => "the default of this job".to_owned(),
    };
    let section = Section::headed("One order, worked").saying([
        format!("{} at {}. {}.", line.product.name, line.key.location_id, line.explanation()),
        format!(
            "Lead time: {} days on average, 90 % within {}, from {basis}; forecast: {} of {}.",
            tenth(line.lead_time.mean_days),
            line.lead_time.planning_days,
            line.forecast_method,
            decision.facts.forecast_as_of
        ),
        format!("Order-up-to level: {} units.", units(line.plan.order_up_to_milli)),
    ]);
    Section { tables: vec![table], ..section }
}
