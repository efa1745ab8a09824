//! The page for marketers, from the rows that are published.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::dataset::{CampaignFrames, series};
use super::frame::LiftRow;
use super::recommend::main_rows;
use super::verdicts::signed;
use crate::job::RunContext;
use crate::models::experiment::Estimate;
use crate::publication::{
    Cell, Chart, Export, ExportFormat, Interval, IntervalChart, Page, Section, TableView, Unit, ViewColumn,
};

/// Rows of a table on the page.
const SHOWN_ROWS: usize = 25;

pub(super) fn page(
    ctx: &RunContext,
    frames: &CampaignFrames,
    rows: &[LiftRow],
    total: Option<Estimate>,
) -> PolarsResult<Page> {
    Ok(Page {
        title: "Campaign lift".to_owned(),
        headline: headline(ctx, rows, total),
        grade: Some(grade(ctx, frames, rows)?),
        actions: vec![actions(rows)],
        changes: vec![changes(frames, rows)?],
        details: details(rows),
    })
}

fn headline(ctx: &RunContext, rows: &[LiftRow], total: Option<Estimate>) -> String {
    let count = |verdict: &str| main_rows(rows).filter(|row| row.verdict == verdict).count();
    let (paid, lost, unclear) = (count("paid"), count("lost"), count("unclear"));
    if main_rows(rows).count() == 0 {
        return "No campaign to score".to_owned();
    }
    let mut text = if paid + lost + unclear == 0 {
        "No campaign can be judged in money".to_owned()
    } else {
        format!("{paid} campaign{} paid, {lost} lost, {unclear} unclear", if paid == 1 { "" } else { "s" })
    };
    if let Some(net) = total {
        let [estimate, lower, upper] = [net.estimate, net.lower, net.upper].map(|minor| signed(minor, ctx.currency));
        let bare = |text: &str| text.trim_end_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
        let (lower, upper) = (bare(&lower), bare(&upper));
        text.push_str(&format!(": {estimate} net ({lower} to {upper})"));
    }
    for (verdict, words) in
        [("running", "still running"), ("not_randomised", "not randomised"), ("broken_split", "with a broken split")]
    {
        if count(verdict) > 0 {
            text.push_str(&format!("; {} {words}", count(verdict)));
        }
    }
    text
}

/// Our own coupon lists: what was expected of them against what was measured.
fn grade(ctx: &RunContext, frames: &CampaignFrames, rows: &[LiftRow]) -> PolarsResult<Section> {
    let mut expected: BTreeMap<String, f64> = BTreeMap::new();
    if let Some(targets) = &frames.our_targets {
        let (ids, values) = (series(targets, "campaign_id")?.str()?, series(targets, "expected_value")?.f64()?);
        for (id, value) in ids.iter().zip(values.iter()) {
            *expected.entry(id.unwrap_or_default().to_owned()).or_default() += value.unwrap_or(0.0);
        }
    }
    let scored: Vec<(&LiftRow, Estimate, f64)> = rows
        .iter()
        .filter(|row| row.ours && row.complete)
        .filter_map(|row| Some((row, row.net?, *expected.get(&row.campaign_id)?)))
        .collect();
    let heading = "How good were our own coupon lists".to_owned();
    if scored.is_empty() {
        let text =
            vec!["None of our own coupon lists has run its course yet, so there is nothing to grade.".to_owned()];
        return Ok(Section { heading, text, ..Section::default() });
    }
    let inside = scored.iter().filter(|(_, net, expected)| net.lower <= *expected && *expected <= net.upper).count();
    let promised: f64 = scored.iter().map(|(_, _, expected)| expected).sum();
    let brought: f64 = scored.iter().map(|(_, net, _)| net.estimate).sum();
    let text = vec![format!(
        "Our {} finished coupon list{} promised {} and brought {}; {inside} of {} promises lie within the measured interval.",
        scored.len(),
        if scored.len() == 1 { "" } else { "s" },
        signed(promised, ctx.currency),
        signed(brought, ctx.currency),
        scored.len()
    )];
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    let table = TableView {
        caption: "Promised and measured".to_owned(),
        columns: vec![
            column("List", None),
            column("Promised", Some(Unit::Money)),
            column("Measured", Some(Unit::Money)),
            column("From", Some(Unit::Money)),
            column("To", Some(Unit::Money)),
        ],
        rows: scored
            .iter()
            .rev()
            .take(SHOWN_ROWS)
            .map(|(row, net, expected)| {
                let numbers = [*expected, net.estimate, net.lower, net.upper].map(Cell::Number);
                std::iter::once(Cell::Text(row.campaign_name.clone())).chain(numbers).collect()
            })
            .collect(),
        total_rows: scored.len(),
    };
    Ok(Section { heading, text, tables: vec![table], ..Section::default() })
}

fn actions(rows: &[LiftRow]) -> Section {
    let advice = [
        ("paid", "Scale up, keeping a holdout"),
        ("lost", "Stop"),
        ("unclear", "Repeat with a larger holdout before deciding"),
        ("broken_split", "Find out where customers were lost, then repeat"),
        ("not_randomised", "Hold out a random 10 % next time"),
    ];
    let mut text = Vec::new();
    for (verdict, words) in advice {
        let named: Vec<&str> =
            main_rows(rows).filter(|row| row.verdict == verdict).map(|row| row.campaign_name.as_str()).collect();
        if !named.is_empty() {
            let more = named.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push(format!("{words}: {}{more}.", named.iter().take(8).copied().collect::<Vec<_>>().join(", ")));
        }
    }
    if text.is_empty() {
        text.push("Nothing to do.".to_owned());
    }
    Section { heading: "What to do".to_owned(), text, ..Section::default() }
}

fn changes(frames: &CampaignFrames, rows: &[LiftRow]) -> PolarsResult<Section> {
    let heading = "Since the last publication".to_owned();
    let Some((day, earlier)) = &frames.earlier else {
        let text = vec!["This is the first publication.".to_owned()];
        return Ok(Section { heading, text, ..Section::default() });
    };
    let (ids, arms) = (series(earlier, "campaign_id")?.str()?, series(earlier, "arm")?.str()?);
    let verdicts = series(earlier, "verdict")?.str()?;
    let before: BTreeMap<(&str, &str), &str> = ids
        .iter()
        .zip(arms.iter())
        .zip(verdicts.iter())
        .filter_map(|((id, arm), verdict)| Some(((id?, arm?), verdict?)))
        .collect();
    let mut text: Vec<String> = main_rows(rows)
        .filter_map(|row| match before.get(&(row.campaign_id.as_str(), row.arm.as_str())) {
            None => Some(format!("{} is new: {}.", row.campaign_name, row.verdict.replace('_', " "))),
            Some(old) if *old != row.verdict => Some(format!(
                "{} was {} and is {}.",
                row.campaign_name,
                old.replace('_', " "),
                row.verdict.replace('_', " ")
            )),
            Some(_) => None,
        })
        .collect();
    if text.is_empty() {
        text.push(format!("No verdict has changed since {day}."));
    }
    Ok(Section { heading, text, ..Section::default() })
}

fn details(rows: &[LiftRow]) -> Vec<Section> {
    let mut sections = Vec::new();
    for (metric, unit, title) in [
        ("spend", Unit::Money, "Extra spend per customer, with 95 % interval"),
        ("conversion", Unit::Share, "Extra share of customers who ordered, with 95 % interval"),
    ] {
        let intervals: Vec<Interval> = rows
            .iter()
            .filter(|row| row.metric == metric && row.grade.name() == "randomised" && row.verdict != "broken_split")
            .map(|row| Interval {
                label: format!("{} ({})", row.campaign_name, row.verdict),
                estimate: row.difference.map(|found| found.estimate),
                lower: row.difference.map(|found| found.lower),
                upper: row.difference.map(|found| found.upper),
            })
            .collect();
        if !intervals.is_empty() {
            sections.push(Section {
                heading: format!("Lift of {metric}"),
                charts: vec![Chart::Intervals(IntervalChart {
                    title: title.to_owned(),
                    unit,
                    reference: 0.0,
                    intervals,
                })],
                ..Section::default()
            });
        }
    }
    let main: Vec<&LiftRow> = main_rows(rows).collect();
    if !main.is_empty() {
        sections.push(Section {
            heading: "Every campaign".to_owned(),
            text: main
                .iter()
                .rev()
                .take(SHOWN_ROWS)
                .map(|row| format!("{}: {}.", row.campaign_name, row.explanation))
                .collect(),
            tables: vec![TableView {
                caption: "By the primary metric, newest first".to_owned(),
                columns: columns(),
                rows: main.iter().rev().take(SHOWN_ROWS).map(|row| cells(row)).collect(),
                total_rows: main.len(),
            }],
            ..Section::default()
        });
    }
    sections
}

fn columns() -> Vec<ViewColumn> {
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    vec![
        column("Campaign", None),
        column("Arm", None),
        column("Metric", None),
        column("Verdict", None),
        column("Grade", None),
        column("Treated", Some(Unit::Count)),
        column("Control", Some(Unit::Count)),
        column("Relative lift", Some(Unit::Share)),
        column("p", Some(Unit::Ratio)),
        column("p after Holm", Some(Unit::Ratio)),
        column("Cost", Some(Unit::Money)),
        column("Net value", Some(Unit::Money)),
        column("From", Some(Unit::Money)),
        column("To", Some(Unit::Money)),
    ]
}

fn cells(row: &LiftRow) -> Vec<Cell> {
    let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let text = |value: &str| Cell::Text(value.to_owned());
    vec![
        text(&row.campaign_name),
        text(&row.arm),
        text(&row.metric),
        Cell::Text(row.verdict.replace('_', " ")),
        text(row.grade.name()),
        Cell::Number(row.n_treated as f64),
        Cell::Number(row.n_control as f64),
        number(row.relative[0]),
        number(row.p_value),
        number(row.p_adjusted),
        number(row.arm_money.map(|(_, cost)| cost)),
        number(row.arm_money.map(|(net, _)| net.estimate)),
        number(row.arm_money.map(|(net, _)| net.lower)),
        number(row.arm_money.map(|(net, _)| net.upper)),
    ]
}

pub(super) fn export(rows: &[LiftRow]) -> Export {
    let more = [
        "Campaign id",
        "First day",
        "Last day",
        "Mean treated",
        "Mean control",
        "Difference",
        "Lower",
        "Upper",
        "Explanation",
    ];
    let all = rows.iter().map(|row| {
        let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
        let rest = vec![
            Cell::Text(row.campaign_id.clone()),
            Cell::Date(row.from),
            Cell::Date(row.to),
            number(row.mean_treated),
            number(row.mean_control),
            number(row.difference.map(|found| found.estimate)),
            number(row.difference.map(|found| found.lower)),
            number(row.difference.map(|found| found.upper)),
            Cell::Text(row.explanation.clone()),
        ];
        cells(row).into_iter().chain(rest).collect()
    });
    let plain = |label: &str| {
        let is_number = label.starts_with("Mean") || ["Difference", "Lower", "Upper"].contains(&label);
        ViewColumn { label: label.to_owned(), unit: is_number.then_some(Unit::Ratio) }
    };
    Export {
        stem: "campaign-lift".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: "Every campaign, arm and metric; means and differences per customer, spend in minor currency units."
            .to_owned(),
        columns: columns().into_iter().chain(more.map(plain)).collect(),
        rows: all.collect(),
    }
}
