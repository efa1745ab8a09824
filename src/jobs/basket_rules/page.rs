//! The page for category managers, from the rows that are published.

use super::decision::Decision;
use super::levels::LevelFacts;
use super::rule_row::RuleRow;
use super::{RuleLevel, actions, changes, next_purchases, rule_table};
use crate::contract::ContractError;
use crate::page_kit::figure;
use crate::publication::{BarChart, Chart, NetworkChart, Page, Section, Unit};
use crate::words::{count, grouped};

/// Rows of a table on the page.
pub(super) const SHOWN_ROWS: usize = 25;
/// Bars of a chart.
const SHOWN_BARS: usize = 15;
/// Rules of a network.
const SHOWN_LINKS: usize = 40;
/// Rules of a level that are told in words.
const TOLD: usize = 3;

pub(super) fn page(decision: &Decision<'_>) -> Result<Page, ContractError> {
    let mut actions = actions::actions(decision);
    actions.extend(next_purchases::section(decision));
    Ok(Page {
        title: "What sells together".to_owned(),
        headline: format!(
            "{} product and {} category rules hold beyond chance in {} baskets",
            count(decision.n_rules(RuleLevel::Product) as u64),
            count(decision.n_rules(RuleLevel::Category) as u64),
            count(decision.n_baskets() as u64)
        ),
        grade: Some(grade(decision)),
        actions,
        changes: changes::changes(decision)?,
        details: details(decision),
    })
}

fn grade(decision: &Decision<'_>) -> Section {
    let grade = &decision.grade;
    let n_baskets = count(grade.n_baskets as u64);
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
    let too_rare = (grade.n_judged > 0).then_some(grade.n_rules - grade.n_judged).filter(|n| *n > 0);
    Section::headed("How good were the last rules")
        .saying([text])
        .saying(too_rare.map(|n| format!("{n} more are too rare to be judged on so few baskets.")))
}

fn details(decision: &Decision<'_>) -> Vec<Section> {
    let mut sections = vec![searched(decision)];
    sections.extend(decision.searched.iter().filter_map(|facts| strongest(decision, facts)));
    sections
}

/// How much was looked at, so that the rules found can be weighed.
fn searched(decision: &Decision<'_>) -> Section {
    let too_large = count(decision.n_too_large());
    let products = decision.searched.iter().find(|facts| facts.name == RuleLevel::Product.name());
    let single = count(products.map_or(0, |facts| facts.n_single).into());
    let mut figures = vec![figure(
        "Baskets",
        decision.n_baskets() as f64,
        Unit::Count,
        format!("{single} of one product; {too_large} too large, left out"),
    )];
    figures.extend(decision.searched.iter().map(|facts| {
        figure(
            &format!("Rules of {} level", facts.name.replace('_', " ")),
            facts.n_kept as f64,
            Unit::Count,
            format!(
                "of {} possible ones among {} items in {} baskets; {} were frequent enough, {} said no more than their categories{}",
                grouped(facts.n_searched, 0),
                count(facts.n_items as u64),
                count(facts.n_baskets.into()),
                count(facts.n_candidates as u64),
                count(facts.n_explained as u64),
                if facts.advanced { "; counts carried on from the last night" } else { "" }
            ),
        )
    }));
    Section { figures, ..Section::headed("What was searched") }
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
