//! The page's details, and the file with every row.

use super::lift_row::{Grade, LiftRow, main_rows};
use crate::page_kit::ViewRows;
use crate::publication::{Chart, Export, ExportFormat, Interval, IntervalChart, Section, Unit};
use crate::quantities::Currency;

/// Rows of a table on the page.
pub(super) const SHOWN_ROWS: usize = 25;

/// Charts of the lift, and every campaign in words and numbers.
pub(super) fn details(rows: &[LiftRow]) -> Vec<Section> {
    let lifts = [
        ("spend", Unit::Money, "Extra spend per customer, with 95 % interval"),
        ("conversion", Unit::Share, "Extra share of customers who ordered, with 95 % interval"),
    ];
    let charts = lifts.into_iter().filter_map(|(metric, unit, title)| lift_chart(rows, metric, unit, title));
    charts.chain(every_campaign(rows)).collect()
}

fn lift_chart(rows: &[LiftRow], metric: &str, unit: Unit, title: &str) -> Option<Section> {
    let is_shown =
        |row: &&LiftRow| row.metric == metric && row.grade == Grade::Randomised && row.verdict != "broken_split";
    let interval = |row: &LiftRow| Interval {
        label: format!("{} ({})", row.campaign_name, row.verdict),
        estimate: row.difference.map(|found| found.estimate),
        lower: row.difference.map(|found| found.lower),
        upper: row.difference.map(|found| found.upper),
    };
    let intervals: Vec<Interval> = rows.iter().filter(is_shown).map(interval).collect();
    (!intervals.is_empty()).then(|| Section {
        charts: vec![Chart::Intervals(IntervalChart { title: title.to_owned(), unit, reference: 0.0, intervals })],
        ..Section::headed(format!("Lift of {metric}"))
    })
}

fn every_campaign(rows: &[LiftRow]) -> Option<Section> {
    let main: Vec<&LiftRow> = main_rows(rows).collect();
    let newest = || main.iter().rev().take(SHOWN_ROWS).copied();
    (!main.is_empty()).then(|| Section {
        tables: vec![columns(ViewRows::of(newest())).view_of("By the primary metric, newest first", main.len())],
        ..Section::headed("Every campaign")
            .saying(newest().map(|row| format!("{}: {}.", row.campaign_name, row.explanation)))
    })
}

/// The columns of the table on the page, which the file begins with.
fn columns(rows: ViewRows<'_, LiftRow>) -> ViewRows<'_, LiftRow> {
    rows.text("Campaign", |row| row.campaign_name.as_str())
        .text("Arm", |row| row.arm.as_str())
        .text("Metric", |row| row.metric.as_str())
        .text("Verdict", |row| row.verdict.replace('_', " "))
        .text("Grade", |row| row.grade.name())
        .number("Treated", Unit::Count, |row| row.n_treated)
        .number("Control", Unit::Count, |row| row.n_control)
        .number("Relative lift", Unit::Share, |row| row.relative[0])
        .number("p", Unit::Ratio, |row| row.p_value)
        .number("p after Holm", Unit::Ratio, |row| row.p_adjusted)
        .number("Cost", Unit::Money, |row| row.arm_money.map(|(_, cost)| cost))
        .number("Net value", Unit::Money, |row| row.arm_money.map(|(net, _)| net.estimate))
        .number("From", Unit::Money, |row| row.arm_money.map(|(net, _)| net.lower))
        .number("To", Unit::Money, |row| row.arm_money.map(|(net, _)| net.upper))
}

/// Every row, as a file.
pub(super) fn export(rows: &[LiftRow], currency: Currency) -> Export {
    let measured = |row: &LiftRow, value: Option<f64>| value.map(|value| row.measured(value, currency));
    columns(ViewRows::of(rows))
        .text("Campaign id", |row| row.campaign_id.as_str())
        .text("First day", |row| row.from)
        .text("Last day", |row| row.to)
        .number("Mean treated", Unit::Ratio, |row| measured(row, row.mean_treated))
        .number("Mean control", Unit::Ratio, |row| measured(row, row.mean_control))
        .number("Difference", Unit::Ratio, |row| measured(row, row.difference.map(|found| found.estimate)))
        .number("Lower", Unit::Ratio, |row| measured(row, row.difference.map(|found| found.lower)))
        .number("Upper", Unit::Ratio, |row| measured(row, row.difference.map(|found| found.upper)))
        .text("Explanation", |row| row.explanation.as_str())
        .export(
            "campaign-lift",
            &[ExportFormat::Csv, ExportFormat::Xlsx],
            "Every campaign, arm and metric; means and differences per customer, spend in minor currency units.",
        )
}
