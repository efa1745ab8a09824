//! The page for category managers, from the rows that are published.

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::RuleLevel;
use super::dataset::{BasketBook, BasketFrames};
use super::grade::{RulesGrade, sides};
use super::recommend::{LevelFacts, RuleRow};
use crate::job::RunContext;
use crate::publication::{
    BarChart, Cell, Chart, Export, ExportFormat, Figure, Page, Section, TableView, Unit, ViewColumn,
};

/// Rules named in a list of actions.
const SHOWN_ACTIONS: usize = 10;
/// Rows of a table on the page.
const SHOWN_ROWS: usize = 25;

pub(super) fn page(
    ctx: &RunContext,
    frames: &BasketFrames,
    book: &BasketBook,
    rows: &[RuleRow],
    searched: &[LevelFacts],
    grade: &RulesGrade,
) -> PolarsResult<Page> {
    let n_of = |level: RuleLevel| rows.iter().filter(|row| row.level == level).count();
    Ok(Page {
        title: "What sells together".to_owned(),
        headline: format!(
            "{} product and {} category rules hold beyond chance in {} baskets",
            grouped(n_of(RuleLevel::Product) as f64),
            grouped(n_of(RuleLevel::Category) as f64),
            grouped(book.n_baskets as f64)
        ),
        grade: Some(grade_section(ctx, grade)),
        actions: actions(rows),
        changes: vec![changes(frames, rows)?],
        details: details(book, rows, searched),
    })
}

fn grade_section(ctx: &RunContext, grade: &RulesGrade) -> Section {
    let text = match (grade.as_of, grade.share()) {
        (None, _) => "No rules were published before, so there is nothing to grade yet.".to_owned(),
        (Some(day), None) => format!(
            "The {} rules of {day} cannot be judged yet: in the {} baskets up to {} chance alone would not bring five with both sides of any of them.",
            grade.n_rules,
            grouped(grade.n_baskets as f64),
            ctx.as_of
        ),
        (Some(day), Some(share)) => format!(
            "{} of the {} rules of {day} that could be judged still hold ({:.0} %), in the {} baskets since.",
            grade.n_holding,
            grade.n_judged,
            100.0 * share,
            grouped(grade.n_baskets as f64)
        ),
    };
    let mut text = vec![text];
    if grade.n_judged > 0 && grade.n_judged < grade.n_rules {
        text.push(format!("{} more are too rare to be judged on so few baskets.", grade.n_rules - grade.n_judged));
    }
    Section { heading: "How good were the last rules".to_owned(), text, ..Section::default() }
}

fn actions(rows: &[RuleRow]) -> Vec<Section> {
    let pairs = || rows.iter().filter(|row| row.level == RuleLevel::Product && row.rule.antecedent.len() == 1);
    let mut by_value: Vec<&RuleRow> = rows.iter().filter(|row| row.level == RuleLevel::Product).collect();
    // What the association was worth in the window: per basket, times how often its antecedent was bought. Stable: without
    // money the order is that of the lower bound of lift.
    let worth =
        |row: &RuleRow| row.margin_per_1000.map_or(f64::MIN, |margin| margin * f64::from(row.rule.n_antecedent));
    by_value.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let mut sections = vec![Section {
        heading: "Offer together".to_owned(),
        text: if by_value.is_empty() {
            vec!["No two products sell together beyond chance; leave placement as it is.".to_owned()]
        } else {
            vec!["Place or recommend the second with the first. The margin is what the association is worth now, an upper limit of what acting on it brings; try it against a holdout.".to_owned()]
        },
        tables: if by_value.is_empty() {
            Vec::new()
        } else {
            vec![table(
                "Worth most over the window (margin per 1,000 baskets that hold the first)",
                &by_value,
                SHOWN_ACTIONS,
            )]
        },
        ..Section::default()
    }];
    let mut seen = BTreeSet::new();
    let partners: Vec<String> = pairs()
        .filter(|row| {
            let (a, b) = (row.antecedent.as_str(), row.consequent.as_str());
            seen.insert(if a < b { (a, b) } else { (b, a) })
        })
        .take(5)
        .map(|row| {
            format!("{} and {}: who buys one often buys the other anyway.", row.antecedent_name, row.consequent_name)
        })
        .collect();
    if !partners.is_empty() {
        sections.push(Section {
            heading: "Do not discount at the same time".to_owned(),
            text: partners,
            ..Section::default()
        });
    }
    sections
}

fn changes(frames: &BasketFrames, rows: &[RuleRow]) -> PolarsResult<Section> {
    let heading = "New and lost rules".to_owned();
    let Some((day, earlier)) = &frames.earlier else {
        let text = vec!["This is the first publication.".to_owned()];
        return Ok(Section { heading, text, ..Section::default() });
    };
    let mut before = BTreeSet::new();
    for level in [RuleLevel::Product, RuleLevel::Category] {
        before.extend(sides(earlier, level)?.into_iter().map(|(left, right)| (level, left, right)));
    }
    let key = |row: &RuleRow| (row.level, row.antecedent.clone(), row.consequent.clone());
    let now: BTreeSet<_> = rows.iter().map(key).collect();
    let new: Vec<&RuleRow> = rows.iter().filter(|row| !before.contains(&key(row))).collect();
    let lost: Vec<_> = before.difference(&now).collect();
    let mut text = vec![format!("{} rules are new and {} are gone since {day}.", new.len(), lost.len())];
    text.extend(lost.iter().take(5).map(|(_, left, right)| format!("Gone: {left} with {right}.")));
    let tables = if new.is_empty() { Vec::new() } else { vec![table("New rules", &new, SHOWN_ACTIONS)] };
    Ok(Section { heading, text, tables, ..Section::default() })
}

fn details(book: &BasketBook, rows: &[RuleRow], searched: &[LevelFacts]) -> Vec<Section> {
    let figure =
        |label: String, value: f64, note: String| Figure { label, value: Some(value), unit: Unit::Count, note };
    let mut figures = vec![figure(
        "Baskets".to_owned(),
        book.n_baskets as f64,
        format!("{} too large, left out", grouped(book.n_too_large as f64)),
    )];
    figures.extend(searched.iter().map(|facts| {
        figure(
            format!("Rules of {} level", facts.level.name()),
            facts.n_kept as f64,
            format!(
                "of {} possible ones among {} items in {} baskets; {} were frequent enough",
                grouped(facts.n_searched),
                grouped(facts.n_items as f64),
                grouped(facts.n_baskets as f64),
                grouped(facts.n_candidates as f64)
            ),
        )
    }));
    let mut sections = vec![Section { heading: "What was searched".to_owned(), figures, ..Section::default() }];
    for level in [RuleLevel::Product, RuleLevel::Category] {
        let of_level: Vec<&RuleRow> = rows.iter().filter(|row| row.level == level).collect();
        if of_level.is_empty() {
            continue;
        }
        let bars = of_level
            .iter()
            .take(15)
            .map(|row| (format!("{} → {}", row.antecedent_name, row.consequent_name), row.rule.lift_lower))
            .collect();
        sections.push(Section {
            heading: format!("Strongest rules, {} level", level.name()),
            text: of_level.iter().take(3).map(|row| format!("{}.", row.sentence)).collect(),
            charts: vec![Chart::Bars(BarChart {
                title: "At least so many times as often as chance (95 % lower bound of lift)".to_owned(),
                unit: Unit::Ratio,
                bars,
            })],
            tables: vec![table("Rules by the lower bound of lift", &of_level, SHOWN_ROWS)],
            ..Section::default()
        });
    }
    sections
}

fn columns() -> Vec<ViewColumn> {
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    vec![
        column("Level", None),
        column("Baskets with", None),
        column("also hold", None),
        column("Lift", Some(Unit::Ratio)),
        column("At least", Some(Unit::Ratio)),
        column("Confidence", Some(Unit::Share)),
        column("Support", Some(Unit::Share)),
        column("Baskets with both", Some(Unit::Count)),
        column("Extra margin per 1,000", Some(Unit::Money)),
    ]
}

fn cells(row: &RuleRow) -> Vec<Cell> {
    vec![
        Cell::Text(row.level.name().to_owned()),
        Cell::Text(row.antecedent_name.clone()),
        Cell::Text(row.consequent_name.clone()),
        Cell::Number(row.rule.measures.lift),
        Cell::Number(row.rule.lift_lower),
        Cell::Number(row.rule.measures.confidence),
        Cell::Number(row.rule.measures.support),
        Cell::Number(f64::from(row.rule.n_both)),
        row.margin_per_1000.map_or(Cell::Empty, Cell::Number),
    ]
}

fn table(caption: &str, rows: &[&RuleRow], shown: usize) -> TableView {
    TableView {
        caption: caption.to_owned(),
        columns: columns(),
        rows: rows.iter().take(shown).map(|row| cells(row)).collect(),
        total_rows: rows.len(),
    }
}

pub(super) fn export(rows: &[RuleRow]) -> Export {
    let ids =
        ["Antecedent id", "Consequent id", "In words"].map(|label| ViewColumn { label: label.to_owned(), unit: None });
    let all = rows.iter().map(|row| {
        let ids = [&row.antecedent, &row.consequent, &row.sentence].map(|text| Cell::Text(text.clone()));
        cells(row).into_iter().chain(ids).collect()
    });
    Export {
        stem: "association-rules".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: "Every rule that holds beyond chance, strongest first within its level.".to_owned(),
        columns: columns().into_iter().chain(ids).collect(),
        rows: all.collect(),
    }
}

/// A whole number with thousands separators.
pub(super) fn grouped(value: f64) -> String {
    crate::words::grouped(value, 0)
}
