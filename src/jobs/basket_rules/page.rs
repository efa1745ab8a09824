//! The page for category managers, from the rows that are published.

use std::collections::BTreeSet;

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::RuleLevel;
use super::cross_sell::CrossSell;
use super::dataset::BasketFrames;
use super::evidence::QUARTERS;
use super::grade::{RulesGrade, all_sides};
use super::recommend::LevelFacts;
use super::rows::RuleRow;
use super::substitutes::Replacement;
use crate::job::RunContext;
use crate::models::rules::Trend;
use crate::publication::{
    BarChart, Cell, Chart, Export, ExportFormat, Figure, NetworkChart, Page, Section, TableView, Unit, ViewColumn,
};

/// Rules named in a list of actions.
const SHOWN_ACTIONS: usize = 10;
/// Rows of a table on the page.
const SHOWN_ROWS: usize = 25;
/// Rules of a network.
const SHOWN_LINKS: usize = 40;
/// Two products make a bundle when each is in this share of the other's baskets, on the mean of both directions ...
const BUNDLE_KULCZYNSKI: f64 = 0.15;
/// ... and neither is bought much more often than the other.
const BUNDLE_IMBALANCE: f64 = 0.6;

pub(super) fn page(
    ctx: &RunContext,
    frames: &BasketFrames,
    rows: &[RuleRow],
    (recommended, stock_day): (&[CrossSell], Option<i32>),
    replaced: &[Replacement],
    searched: &[LevelFacts],
    grade: &RulesGrade,
) -> PolarsResult<Page> {
    let n_of = |kind: RuleLevel| rows.iter().filter(|row| row.kind == kind).count();
    Ok(Page {
        title: "What sells together".to_owned(),
        headline: format!(
            "{} product and {} category rules hold beyond chance in {} baskets",
            grouped(n_of(RuleLevel::Product) as f64),
            grouped(n_of(RuleLevel::Category) as f64),
            grouped(frames.baskets.n_baskets(i32::MIN) as f64)
        ),
        grade: Some(grade_section(ctx, grade)),
        actions: actions(rows, recommended, stock_day).into_iter().chain(substitutes(replaced)).collect(),
        changes: vec![changes(frames, rows)?, moving(rows)],
        details: details(frames, rows, searched),
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

fn actions(rows: &[RuleRow], recommended: &[CrossSell], stock_day: Option<i32>) -> Vec<Section> {
    let mut by_value: Vec<&RuleRow> = rows.iter().filter(|row| row.kind == RuleLevel::Product).collect();
    // What the association was worth in the window: per basket, times how often its antecedent was bought. Stable: without
    // money the order is that of the lower bound of lift.
    let worth =
        |row: &RuleRow| row.margin_per_1000.map_or(f64::MIN, |margin| margin * f64::from(row.rule.n_antecedent));
    by_value.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    if by_value.is_empty() {
        return vec![Section {
            heading: "Offer together".to_owned(),
            text: vec!["No two products sell together beyond chance; leave placement as it is.".to_owned()],
            ..Section::default()
        }];
    }
    let products = recommended.iter().map(|row| &row.product).collect::<BTreeSet<_>>().len();
    let out_of_stock = recommended.iter().filter(|row| row.in_stock == Some(false)).count();
    let mut text = vec!["Place or recommend the second with the first. The margin is what the association is worth now, an upper limit of what acting on it brings; try it against a holdout.".to_owned()];
    text.push(format!(
        "The cross-sell list has {} entries for {} products{}.",
        grouped(recommended.len() as f64),
        grouped(products as f64),
        match stock_day.and_then(chrono::NaiveDate::from_epoch_days) {
            Some(day) if out_of_stock > 0 =>
                format!("; {out_of_stock} of them were out of stock everywhere at the close of {day} and stand last"),
            _ => String::new(),
        }
    ));
    let mut sections = vec![Section {
        heading: "Offer together".to_owned(),
        text,
        tables: vec![table(
            "Worth most over the window (margin per 1,000 baskets that hold the first)",
            &by_value,
            SHOWN_ACTIONS,
        )],
        ..Section::default()
    }];
    let pairs = pairs(rows, RuleLevel::Product);
    let bundles: Vec<&RuleRow> = pairs
        .iter()
        .copied()
        .filter(|row| {
            let measures = &row.rule.measures;
            measures.kulczynski >= BUNDLE_KULCZYNSKI && measures.imbalance <= BUNDLE_IMBALANCE
        })
        .collect();
    if !bundles.is_empty() {
        sections.push(Section {
            heading: "Sell as a bundle".to_owned(),
            text: vec![format!(
                "Each is often bought with the other: at least {:.0} % on the mean of both directions, and neither much more often than the other.",
                100.0 * BUNDLE_KULCZYNSKI
            )],
            tables: vec![table("Bundle candidates", &bundles, SHOWN_ACTIONS)],
            ..Section::default()
        });
    }
    let partners: Vec<String> = pairs
        .iter()
        .take(5)
        .map(|row| {
            format!("{} and {}: who buys one often buys the other anyway.", row.antecedent_name, row.consequent_name)
        })
        .collect();
    sections.push(Section {
        heading: "Do not discount at the same time".to_owned(),
        text: partners,
        ..Section::default()
    });
    sections
}

/// Likely substitutes, each pair once.
fn substitutes(replaced: &[Replacement]) -> Option<Section> {
    let once: Vec<&Replacement> = replaced.iter().filter(|row| row.product < row.substitute).collect();
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    let rows = once.iter().take(SHOWN_ACTIONS).map(|row| {
        let names = [&row.product_name, &row.substitute_name, &row.category].map(|text| Cell::Text(text.clone()));
        names.into_iter().chain([Cell::Number(row.n_both as f64), Cell::Number(row.n_expected)]).collect()
    });
    (!once.is_empty()).then(|| Section {
        heading: "Likely substitutes".to_owned(),
        text: vec!["Of one category, and seldom in one basket: offer the second where the first is out of stock, and think before delisting both.".to_owned()],
        tables: vec![TableView {
            caption: "Pairs that share a basket less often than chance".to_owned(),
            columns: vec![
                column("One", None),
                column("The other", None),
                column("Category", None),
                column("Baskets with both", Some(Unit::Count)),
                column("By chance", Some(Unit::Count)),
            ],
            rows: rows.collect(),
            total_rows: once.len(),
        }],
        ..Section::default()
    })
}

/// The rules of two items of a kind, each pair once, strongest first.
fn pairs(rows: &[RuleRow], kind: RuleLevel) -> Vec<&RuleRow> {
    let mut seen = BTreeSet::new();
    rows.iter()
        .filter(|row| row.kind == kind && row.rule.antecedent.len() == 1)
        .filter(|row| {
            let (a, b) = (row.antecedent.as_str(), row.consequent.as_str());
            seen.insert((&row.level, if a < b { (a, b) } else { (b, a) }))
        })
        .collect()
}

fn changes(frames: &BasketFrames, rows: &[RuleRow]) -> PolarsResult<Section> {
    let heading = "New and lost rules".to_owned();
    let Some((day, earlier)) = &frames.earlier else {
        let text = vec!["This is the first publication.".to_owned()];
        return Ok(Section { heading, text, ..Section::default() });
    };
    let before: BTreeSet<(String, String, String)> = all_sides(earlier)?.into_iter().collect();
    let key = |row: &RuleRow| (row.level.clone(), row.antecedent.clone(), row.consequent.clone());
    let now: BTreeSet<_> = rows.iter().map(key).collect();
    let new: Vec<&RuleRow> = rows.iter().filter(|row| !before.contains(&key(row))).collect();
    let lost: Vec<_> = before.difference(&now).collect();
    let mut text = vec![format!("{} rules are new and {} are gone since {day}.", new.len(), lost.len())];
    text.extend(lost.iter().take(5).map(|(_, left, right)| format!("Gone: {left} with {right}.")));
    let tables = if new.is_empty() { Vec::new() } else { vec![table("New rules", &new, SHOWN_ACTIONS)] };
    Ok(Section { heading, text, tables, ..Section::default() })
}

/// Rules whose strength moved over the window by more than chance.
fn moving(rows: &[RuleRow]) -> Section {
    let moved: Vec<&RuleRow> = rows.iter().filter(|row| row.evidence.trend() != Trend::Steady).collect();
    let heading = "Rules that came, went or changed within the window".to_owned();
    if moved.is_empty() {
        let text =
            vec!["None: over the quarters of the window every rule was as strong as its baskets can tell.".to_owned()];
        return Section { heading, text, ..Section::default() };
    }
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    let names = ["Level", "Baskets with", "also hold", "Trend"].map(|label| column(label, None));
    let quarters = (0..QUARTERS).map(|quarter| column(&format!("Lift, quarter {}", quarter + 1), Some(Unit::Ratio)));
    let view = moved.iter().take(SHOWN_ROWS).map(|row| {
        let names = [&row.level, &row.antecedent_name, &row.consequent_name].map(|text| Cell::Text(text.clone()));
        let lifts = (0..QUARTERS).map(|quarter| row.evidence.lift(quarter).map_or(Cell::Empty, Cell::Number));
        names.into_iter().chain([Cell::Text(row.evidence.trend().name().to_owned())]).chain(lifts).collect()
    });
    let table = TableView {
        caption: "Lift by quarter of the window, oldest first".to_owned(),
        columns: names.into_iter().chain(quarters).collect(),
        rows: view.collect(),
        total_rows: moved.len(),
    };
    let text = vec!["Check these before relying on them: a season, a promotion, or a range that changed.".to_owned()];
    Section { heading, text, tables: vec![table], ..Section::default() }
}

fn details(frames: &BasketFrames, rows: &[RuleRow], searched: &[LevelFacts]) -> Vec<Section> {
    let figure =
        |label: String, value: f64, note: String| Figure { label, value: Some(value), unit: Unit::Count, note };
    let too_large: f64 = frames.baskets.days.values().map(|day| f64::from(day.n_too_large)).sum();
    let single = searched.iter().find(|facts| facts.name == "product").map_or(0, |facts| facts.n_single);
    let mut figures = vec![figure(
        "Baskets".to_owned(),
        frames.baskets.n_baskets(i32::MIN) as f64,
        format!("{} of one product; {} too large, left out", grouped(f64::from(single)), grouped(too_large)),
    )];
    figures.extend(searched.iter().map(|facts| {
        figure(
            format!("Rules of {} level", facts.name.replace('_', " ")),
            facts.n_kept as f64,
            format!(
                "of {} possible ones among {} items in {} baskets; {} were frequent enough, {} said no more than their categories{}",
                grouped(facts.n_searched),
                grouped(facts.n_items as f64),
                grouped(f64::from(facts.n_baskets)),
                grouped(facts.n_candidates as f64),
                grouped(facts.n_explained as f64),
                if facts.advanced { "; counts carried on from the last night" } else { "" }
            ),
        )
    }));
    let mut sections = vec![Section { heading: "What was searched".to_owned(), figures, ..Section::default() }];
    for facts in searched {
        let of_level: Vec<&RuleRow> = rows.iter().filter(|row| row.level == facts.name).collect();
        let Some(first) = of_level.first() else { continue };
        let links = pairs(rows, first.kind);
        let links = links.iter().filter(|row| row.level == facts.name).take(SHOWN_LINKS);
        let bars = of_level
            .iter()
            .take(15)
            .map(|row| (format!("{} → {}", row.antecedent_name, row.consequent_name), row.rule.lift_lower))
            .collect();
        sections.push(Section {
            heading: format!("Strongest rules, {} level", facts.name.replace('_', " ")),
            text: of_level.iter().take(3).map(|row| format!("{}.", row.sentence)).collect(),
            charts: vec![
                Chart::Network(NetworkChart {
                    title: "What hangs together (the thicker, the more often beyond chance)".to_owned(),
                    unit: Unit::Ratio,
                    links: links
                        .map(|row| (row.antecedent_name.clone(), row.consequent_name.clone(), row.rule.lift_lower))
                        .collect(),
                }),
                Chart::Bars(BarChart {
                    title: "At least so many times as often as chance (95 % lower bound of lift)".to_owned(),
                    unit: Unit::Ratio,
                    bars,
                }),
            ],
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
        Cell::Text(row.level.clone()),
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

/// The files beside the page; none without rows.
pub(super) fn exports(rows: &[RuleRow], recommended: &[CrossSell]) -> Vec<Export> {
    let mut exports = Vec::new();
    let column = |label: &str, unit: Option<Unit>| ViewColumn { label: label.to_owned(), unit };
    if !rows.is_empty() {
        let ids = ["Antecedent id", "Consequent id", "Trend", "In words"].map(|label| column(label, None));
        let all = rows.iter().map(|row| {
            let trend = row.evidence.trend().name().to_owned();
            let ids = [&row.antecedent, &row.consequent, &trend, &row.sentence].map(|text| Cell::Text(text.clone()));
            cells(row).into_iter().chain(ids).collect()
        });
        exports.push(Export {
            stem: "association-rules".to_owned(),
            formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
            about: "Every rule that holds beyond chance, strongest first within its level.".to_owned(),
            columns: columns().into_iter().chain(ids).collect(),
            rows: all.collect(),
        });
    }
    if !recommended.is_empty() {
        let text = |label: &str| column(label, None);
        exports.push(Export {
            stem: "cross-sell".to_owned(),
            formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
            about: "Per product, what to recommend with it, best first.".to_owned(),
            columns: vec![
                text("Product id"),
                column("Rank", Some(Unit::Count)),
                text("Recommended id"),
                text("Product"),
                text("Recommended"),
                text("In stock"),
                column("Confidence", Some(Unit::Share)),
                column("At least", Some(Unit::Ratio)),
                column("Baskets with both", Some(Unit::Count)),
                column("Extra margin per 1,000", Some(Unit::Money)),
                text("In words"),
            ],
            rows: (recommended.iter())
                .map(|row| {
                    let text = |text: &String| Cell::Text(text.clone());
                    let stock = row.in_stock.map(|stocked| if stocked { "yes" } else { "no" });
                    vec![
                        text(&row.product),
                        Cell::Number(row.rank as f64),
                        text(&row.recommended),
                        text(&row.product_name),
                        text(&row.recommended_name),
                        stock.map_or(Cell::Empty, |word| Cell::Text(word.to_owned())),
                        Cell::Number(row.confidence),
                        Cell::Number(row.lift_lower),
                        Cell::Number(row.n_both as f64),
                        row.margin_per_1000.map_or(Cell::Empty, Cell::Number),
                        text(&row.sentence),
                    ]
                })
                .collect(),
        });
    }
    exports
}

/// A whole number with thousands separators.
pub(super) fn grouped(value: f64) -> String {
    crate::words::grouped(value, 0)
}

/// The file with the columns of `rule_measures`; none without rows.
///
/// # Errors
/// Polars refuses a column.
pub(super) fn measures_export(measures: &DataFrame) -> PolarsResult<Option<Export>> {
    let mut rows: Vec<Vec<Cell>> = vec![Vec::new(); measures.height()];
    for column in measures.columns() {
        let cells: Vec<Cell> = if column.dtype() == &DataType::String {
            let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
            column.str()?.iter().map(text).collect()
        } else {
            let number = |number: Option<f64>| number.map_or(Cell::Empty, Cell::Number);
            column.cast(&DataType::Float64)?.f64()?.iter().map(number).collect()
        };
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    let columns = measures.columns().iter().map(|column| ViewColumn { label: column.name().to_string(), unit: None });
    Ok((!rows.is_empty()).then(|| Export {
        stem: "rule-measures".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: "Every other measure of the same rules, and how each held over the window.".to_owned(),
        columns: columns.collect(),
        rows,
    }))
}
