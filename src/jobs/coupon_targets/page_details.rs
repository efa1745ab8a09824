//! The page's details: how all customers became the list, and what the ranking rests on.

use super::UpliftMetric;
use super::decision::Decision;
use super::eligibility::Fate;
use crate::models::uplift::QiniPoint;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{BarChart, Chart, Section, Unit};
use crate::words::{count, money, percent};

/// Points at which the Qini curve is read.
const TENTHS: usize = 10;

/// How all customers became the list.
pub(super) fn drop_section(decision: &Decision<'_>) -> Section {
    let word = |fate: &Fate| fate.reason().replace('_', " ");
    let n = count(decision.fates.len() as u64);
    Section {
        charts: vec![Chart::Bars(BarChart {
            title: "Customers by what happened to them".to_owned(),
            unit: Unit::Count,
            bars: Fate::ALL.iter().map(|fate| (word(fate), decision.count(*fate) as f64)).collect(),
        })],
        tables: vec![
            ViewRows::of(&Fate::ALL)
                .text("What", word)
                .number("Customers", Unit::Count, |fate| decision.count(*fate))
                .text("Meaning", |fate| format!("The customer {}", fate.text()))
                .view("What the words mean"),
        ],
        ..Section::headed("How all customers became the list")
            .saying([format!("Each of {n} customers counts once, at the first of these that applies.")])
    }
}

/// What past campaigns say; `None` when nothing was learnt.
pub(super) fn evidence_section(decision: &Decision<'_>) -> Option<Section> {
    let training = decision.training;
    let learnt = training.learnt.as_ref()?;
    let is_spend = decision.params.metric == UpliftMetric::Spend;
    let (unit, metric) = if is_spend { (Unit::Money, "spend") } else { (Unit::Share, "conversion") };
    let value = |value: f64| if is_spend { money(value, decision.ctx.currency) } else { percent(value, 1) };
    let rows = &training.rows.rows;
    let best = &learnt.gate.best;
    let about_the_data = format!(
        "Learnt from {} customers of {} randomised campaigns, {} of them treated. On average a campaign changed {metric} by {} per customer (95 %: {} to {}).",
        count(rows.len() as u64),
        training.rows.campaigns.len(),
        count(rows.iter().filter(|row| row.treated).count() as u64),
        value(learnt.effect.estimate),
        value(learnt.effect.lower),
        value(learnt.effect.upper)
    );
    let about_the_model = match &learnt.model {
        Some(model) => format!(
            "Customers can be told apart: the {} learner ranks better than chance on customers it has not seen. {} of the differences it predicts show in outcomes, and its predictions are shrunk to that.",
            best.learner.name(), percent(model.calibration.slope, 1)
        ),
        None => "Customers cannot be told apart reliably, so nobody is ranked: the order is random and everybody is expected to have the average effect.".to_owned(),
    };
    let points = tenths(&learnt.curve.curve, rows.len());
    let everybody = points.last().map_or(0.0, |point| point.extra);
    // Per cent of all customers: the curve counts treated customers, this is per customer of the data.
    let bars = points.iter().map(|point| (format!("best {:.0} %", 100.0 * point.share), point.extra)).collect();
    let curve_unit = if is_spend { Unit::Money } else { Unit::Count };
    Some(Section {
        figures: vec![
            figure("Average effect", learnt.effect.estimate, unit, format!("on {metric}, per customer treated")),
            figure("Qini", best.qini, Unit::Ratio, format!("from {:.3} to {:.3}; 0 is chance", best.lower, best.upper)),
        ],
        charts: vec![Chart::Bars(BarChart {
            title: format!("Extra {metric} in past campaigns, had only the best been treated"),
            unit: curve_unit,
            bars,
        })],
        tables: vec![
            ViewRows::of(&learnt.gate.tried)
                .text("Learner", |score| score.learner.name())
                .number("Qini", Unit::Ratio, |score| score.qini)
                .number("Lower", Unit::Ratio, |score| score.lower)
                .number("Upper", Unit::Ratio, |score| score.upper)
                .view("Learners, out of fold, with the interval that the decision uses"),
            ViewRows::of(&points)
                .number("Best customers", Unit::Share, |point| point.share)
                .number("Extra when they are treated", curve_unit, |point| point.extra)
                .number("Extra of as many at random", curve_unit, |point| point.share * everybody)
                .view("The Qini curve in tenths"),
        ],
        ..Section::headed("What the ranking rests on").saying([about_the_data, about_the_model])
    })
}

/// What treating the best of the customers would have brought.
struct Tenth {
    /// Their share of all customers.
    share: f64,
    extra: f64,
}

/// The curve at each tenth of the customers: the last point up to there.
fn tenths(curve: &[QiniPoint], n: usize) -> Vec<Tenth> {
    (1..=TENTHS)
        .map(|tenth| {
            let end = curve.partition_point(|point| point.customers <= tenth * n / TENTHS);
            let extra = curve[..end].last().map_or(0.0, |point| point.incremental);
            Tenth { share: tenth as f64 / TENTHS as f64, extra }
        })
        .collect()
}
