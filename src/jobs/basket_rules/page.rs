//! The page for category managers, from the rows that are published.

use polars::prelude::PolarsResult;

use super::decision::Decision;
use super::levels::LevelFacts;
use super::rule_row::RuleRow;
use super::{RuleLevel, actions, changes, next_purchases, rule_table};
use crate::publication::{BarChart, Chart, Figure, NetworkChart, Page, Section, Unit};
use crate::words::grouped;

/// Rows of a table on the page.
pub(super) const SHOWN_ROWS: usize = 25;
/// Bars of a chart.
const SHOWN_BARS: usize = 15;
/// Rules of a network.
const SHOWN_LINKS: usize = 40;
/// Rules of a level that are told in words.
const TOLD: usize = 3;

pub(super) fn page(decision: &Decision<'_>) -> PolarsResult<Page> {
    let mut actions = actions::actions(decision);
    actions.extend(next_purchases::section(decision.next, &decision.next_rows));
    Ok(Page {
        title: "What sells together".to_owned(),
        headline: format!(
            "{} product and {} category rules hold beyond chance in {} baskets",
            grouped(decision.n_rules(RuleLevel::Product) as f64, 0),
            grouped(decision.n_rules(RuleLevel::Category) as f64, 0),
            grouped(decision.n_baskets() as f64, 0)
        ),
        grade: Some(grade(decision)),
        actions,
        changes: changes::changes(decision)?,
        details: details(decision),
    })
}

fn grade(decision: &Decision<'_>) -> Section {
    let grade = &decision.grade;
    let n_baskets = grouped(grade.n_baskets as f64, 0);
    let text = match (grade.as_of, grade.share()) {
        (None, _) => "No rules were published before, so there is nothing to grade yet.".to_owned(),
        (Some(day), None) => format!(
            "The {} rules of {day} cannot be judged yet: in the {n_baskets} baskets up to {} chance alone would not bring five with both sides of any of them.",
            grade.n_rules, decision.ctx.as_of
        ),
        (Some(day), Some(share)) => format!(
            "{} of the {} rules of {day} that could be judged still hold ({:.0} %), in the {n_baskets} baskets since.",
            grade.n_holding,
            grade.n_judged,
            100.0 * share
        ),
    };
    let mut text = vec![text];
    if grade.n_judged > 0 && grade.n_judged < grade.n_rules {
        text.push(format!("{} more are too rare to be judged on so few baskets.", grade.n_rules - grade.n_judged));
    }
    Section { heading: "How good were the last rules".to_owned(), text, ..Section::default() }
}

fn details(decision: &Decision<'_>) -> Vec<Section> {
    let mut sections = vec![searched(decision)];
    sections.extend(decision.searched.iter().filter_map(|facts| strongest(decision, facts)));
    sections
}

/// How much was looked at, so that the rules found can be weighed.
fn searched(decision: &Decision<'_>) -> Section {
    let figure =
        |label: String, value: f64, note: String| Figure { label, value: Some(value), unit: Unit::Count, note };
    let too_large = grouped(decision.n_too_large() as f64, 0);
    let products = decision.searched.iter().find(|facts| facts.name == RuleLevel::Product.name());
    let single = grouped(f64::from(products.map_or(0, |facts| facts.n_single)), 0);
    let mut figures = vec![figure(
        "Baskets".to_owned(),
        decision.n_baskets() as f64,
        format!("{single} of one product; {too_large} too large, left out"),
    )];
    figures.extend(decision.searched.iter().map(|facts| {
        figure(
            format!("Rules of {} level", facts.name.replace('_', " ")),
            facts.n_kept as f64,
            format!(
                "of {} possible ones among {} items in {} baskets; {} were frequent enough, {} said no more than their categories{}",
                grouped(facts.n_searched, 0),
                grouped(facts.n_items as f64, 0),
                grouped(f64::from(facts.n_baskets), 0),
                grouped(facts.n_candidates as f64, 0),
                grouped(facts.n_explained as f64, 0),
                if facts.advanced { "; counts carried on from the last night" } else { "" }
            ),
        )
    }));
    Section { heading: "What was searched".to_owned(), figures, ..Section::default() }
}

/// The strongest rules of a level; none where it has none.
fn strongest(decision: &Decision<'_>, facts: &LevelFacts) -> Option<Section> {
    let rules: Vec<&RuleRow> = decision.rules.iter().filter(|row| row.level == facts.name).collect();
    let pairs = rule_table::pairs(&decision.rules, rules.first()?.kind);
    let links = pairs
        .iter()
        .filter(|row| row.level == facts.name)
        .take(SHOWN_LINKS)
        .map(|row| (row.antecedent_name.clone(), row.consequent_name.clone(), row.rule.lift_lower));
    let bars = rules
        .iter()
        .take(SHOWN_BARS)
        .map(|row| (format!("{} → {}", row.antecedent_name, row.consequent_name), row.rule.lift_lower));
    Some(Section {
        heading: format!("Strongest rules, {} level", facts.name.replace('_', " ")),
        text: rules.iter().take(TOLD).map(|row| format!("{}.", row.sentence)).collect(),
        charts: vec![
            Chart::Network(NetworkChart {
                title: "What hangs together (the thicker, the more often beyond chance)".to_owned(),
                unit: Unit::Ratio,
                links: links.collect(),
            }),
            Chart::Bars(BarChart {
                title: "At least so many times as often as chance (95 % lower bound of lift)".to_owned(),
                unit: Unit::Ratio,
                bars: bars.collect(),
            }),
        ],
        tables: vec![rule_table::table("Rules by the lower bound of lift", &rules, SHOWN_ROWS)],
        ..Section::default()
    })
}
