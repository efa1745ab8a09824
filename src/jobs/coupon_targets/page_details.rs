//! The page's details: how all customers became the list, and what the ranking rests on.

use super::UpliftMetric;
use super::eligibility::Fate;
use super::recommend::Decision;
use super::words::{column, count, money, percent};
use crate::job::RunContext;
use crate::models::uplift::QiniPoint;
use crate::publication::{BarChart, Cell, Chart, Figure, Section, TableView, Unit};

/// Points at which the Qini curve is read.
const TENTHS: usize = 10;

/// How all customers became the list.
pub(super) fn drop_section(decision: &Decision<'_>) -> Section {
    let bars = Fate::ALL.iter().map(|&fate| (fate.reason().replace('_', " "), decision.count(fate) as f64)).collect();
    let rows: Vec<Vec<Cell>> = Fate::ALL
        .iter()
        .map(|&fate| {
            let (reason, text) = (fate.reason().replace('_', " "), format!("The customer {}", fate.text()));
            vec![Cell::Text(reason), Cell::Number(decision.count(fate) as f64), Cell::Text(text)]
        })
        .collect();
    let n = count(decision.fates.len() as u64);
    Section {
        heading: "How all customers became the list".to_owned(),
        text: vec![format!("Each of {n} customers counts once, at the first of these that applies.")],
        charts: vec![Chart::Bars(BarChart {
            title: "Customers by what happened to them".to_owned(),
            unit: Unit::Count,
            bars,
        })],
        tables: vec![TableView {
            caption: "What the words mean".to_owned(),
            columns: vec![column("What", None), column("Customers", Some(Unit::Count)), column("Meaning", None)],
            total_rows: rows.len(),
            rows,
        }],
        ..Section::default()
    }
}

/// What past campaigns say; `None` when nothing was learnt.
pub(super) fn evidence_section(ctx: &RunContext, decision: &Decision<'_>) -> Option<Section> {
    let training = decision.training;
    let learnt = training.learnt.as_ref()?;
    let is_spend = decision.params.metric == UpliftMetric::Spend;
    let (unit, metric) = if is_spend { (Unit::Money, "spend") } else { (Unit::Share, "conversion") };
    let value = |value: f64| if is_spend { money(ctx, value) } else { percent(value) };
    let n = training.rows.rows.len();
    let (treated, campaigns) =
        (training.rows.rows.iter().filter(|row| row.treated).count(), training.rows.campaigns.len());
    let mut text = vec![format!(
        "Learnt from {} customers of {campaigns} randomised campaigns, {} of them treated. On average a campaign changed {metric} by {} per customer (95 %: {} to {}).",
        count(n as u64),
        count(treated as u64),
        value(learnt.effect.estimate),
        value(learnt.effect.lower),
        value(learnt.effect.upper)
    )];
    text.push(match &learnt.model {
        Some(model) => format!(
            "Customers can be told apart: the {} learner ranks better than chance on customers it has not seen. {} of the differences it predicts show in outcomes, and its predictions are shrunk to that.",
            learnt.gate.best.learner.name(), percent(model.calibration.slope)
        ),
        None => "Customers cannot be told apart reliably, so nobody is ranked: the order is random and everybody is expected to have the average effect.".to_owned(),
    });
    let figures = vec![
        Figure {
            label: "Average effect".to_owned(),
            value: Some(learnt.effect.estimate),
            unit,
            note: format!("on {metric}, per customer treated"),
        },
        Figure {
            label: "Qini".to_owned(),
            value: Some(learnt.gate.best.qini),
            unit: Unit::Ratio,
            note: format!("from {:.3} to {:.3}; 0 is chance", learnt.gate.best.lower, learnt.gate.best.upper),
        },
    ];
    let learners: Vec<Vec<Cell>> = learnt
        .gate
        .tried
        .iter()
        .map(|score| {
            vec![
                Cell::Text(score.learner.name().to_owned()),
                Cell::Number(score.qini),
                Cell::Number(score.lower),
                Cell::Number(score.upper),
            ]
        })
        .collect();
    let points = tenths(&learnt.curve.curve, n);
    let everybody = points.last().map_or(0.0, |(_, incremental)| *incremental);
    // Per cent of all customers: the curve counts treated customers, this is per customer of the data.
    let bars =
        points.iter().map(|(share, incremental)| (format!("best {:.0} %", 100.0 * share), *incremental)).collect();
    let rows: Vec<Vec<Cell>> = points
        .iter()
        .map(|(share, incremental)| {
            vec![Cell::Number(*share), Cell::Number(*incremental), Cell::Number(share * everybody)]
        })
        .collect();
    let curve_unit = if is_spend { Unit::Money } else { Unit::Count };
    Some(Section {
        heading: "What the ranking rests on".to_owned(),
        text,
        figures,
        charts: vec![Chart::Bars(BarChart {
            title: format!("Extra {metric} in past campaigns, had only the best been treated"),
            unit: curve_unit,
            bars,
        })],
        tables: vec![
            TableView {
                caption: "Learners, out of fold, with the interval that the decision uses".to_owned(),
                columns: vec![
                    column("Learner", None),
                    column("Qini", Some(Unit::Ratio)),
                    column("Lower", Some(Unit::Ratio)),
                    column("Upper", Some(Unit::Ratio)),
                ],
                total_rows: learners.len(),
                rows: learners,
            },
            TableView {
                caption: "The Qini curve in tenths".to_owned(),
                columns: vec![
                    column("Best customers", Some(Unit::Share)),
                    column("Extra when they are treated", Some(curve_unit)),
                    column("Extra of as many at random", Some(curve_unit)),
                ],
                total_rows: rows.len(),
                rows,
            },
        ],
    })
}

/// The curve at each tenth of the customers: the last point up to there.
fn tenths(curve: &[QiniPoint], n: usize) -> Vec<(f64, f64)> {
    (1..=TENTHS)
        .map(|tenth| {
            let end = curve.partition_point(|point| point.customers <= tenth * n / TENTHS);
            (tenth as f64 / TENTHS as f64, curve[..end].last().map_or(0.0, |point| point.incremental))
        })
        .collect()
}
