//! What to do with the rules: offer together, bundle, keep apart, replace.

use super::RuleLevel;
use super::decision::Decision;
use super::rule_row::RuleRow;
use super::rule_table::{pairs, table};
use super::substitutes::Replacement;
use crate::page_kit::ViewRows;
use crate::publication::{Section, Unit};
use crate::words::count;

/// Rows of a list of actions.
const SHOWN: usize = 10;
/// Pairs named as partners.
const SHOWN_PARTNERS: usize = 5;
/// Two products make a bundle when each is in this share of the other's baskets, on the mean of both directions ...
const BUNDLE_KULCZYNSKI: f64 = 0.15;
/// ... and neither is bought much more often than the other.
const BUNDLE_IMBALANCE: f64 = 0.6;

pub(super) fn actions(decision: &Decision<'_>) -> Vec<Section> {
    let pairs = pairs(&decision.rules, RuleLevel::Product);
    let mut sections = vec![offer_together(decision)];
    if decision.n_rules(RuleLevel::Product) > 0 {
        sections.extend(bundles(&pairs));
        sections.push(keep_apart(&pairs));
    }
    sections.extend(substitutes(&decision.substitutes));
    sections
}

fn offer_together(decision: &Decision<'_>) -> Section {
    let section = Section::headed("Offer together");
    let mut by_value: Vec<&RuleRow> = decision.rules.iter().filter(|row| row.kind == RuleLevel::Product).collect();
    if by_value.is_empty() {
        return section.saying(["No two products sell together beyond chance; leave placement as it is."]);
    }
    // What the association was worth in the window: per basket, times how often its antecedent was bought. Stable: without
    // money the order is that of the lower bound of lift.
    let worth =
        |row: &RuleRow| row.margin_per_1000.map_or(f64::MIN, |margin| margin * f64::from(row.rule.n_antecedent));
    by_value.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let advice = "Place or recommend the second with the first. The margin is what the association is worth now, an upper limit of what acting on it brings; try it against a holdout.";
    let out_of_stock = decision.cross_sell.iter().filter(|row| row.in_stock == Some(false)).count();
    let list = format!(
        "The cross-sell list has {} entries for {} products{}.",
        count(decision.cross_sell.len() as u64),
        count(decision.n_with_cross_sell() as u64),
        match decision.catalogue.stock_day {
            Some(day) if out_of_stock > 0 =>
                format!("; {out_of_stock} of them were out of stock everywhere at the close of {day} and stand last"),
            _ => String::new(),
        }
    );
    let caption = "Worth most over the window (margin per 1,000 baskets that hold the first)";
    Section { tables: vec![table(caption, &by_value, SHOWN)], ..section.saying([advice, &list]) }
}

/// Pairs of which each is often bought with the other.
fn bundles(pairs: &[&RuleRow]) -> Option<Section> {
    let is_bundle = |row: &&&RuleRow| {
        let measures = &row.rule.measures;
        measures.kulczynski >= BUNDLE_KULCZYNSKI && measures.imbalance <= BUNDLE_IMBALANCE
    };
    let bundles: Vec<&RuleRow> = pairs.iter().filter(is_bundle).copied().collect();
    let advice = format!(
        "Each is often bought with the other: at least {:.0} % on the mean of both directions, and neither much more often than the other.",
        100.0 * BUNDLE_KULCZYNSKI
    );
    (!bundles.is_empty()).then(|| Section {
        tables: vec![table("Bundle candidates", &bundles, SHOWN)],
        ..Section::headed("Sell as a bundle").saying([advice])
    })
}

fn keep_apart(pairs: &[&RuleRow]) -> Section {
    let partners = pairs.iter().take(SHOWN_PARTNERS).map(|row| {
        format!("{} and {}: who buys one often buys the other anyway.", row.antecedent_name, row.consequent_name)
    });
    Section::headed("Do not discount at the same time").saying(partners)
}

/// Likely substitutes, each pair once.
fn substitutes(replaced: &[Replacement]) -> Option<Section> {
    let once: Vec<&Replacement> = replaced.iter().filter(|row| row.product < row.substitute).collect();
    let view = ViewRows::of(once.iter().take(SHOWN).copied())
        .text("One", |row| row.product_name.as_str())
        .text("The other", |row| row.substitute_name.as_str())
        .text("Category", |row| row.category.as_str())
        .number("Baskets with both", Unit::Count, |row| row.n_both)
        .number("By chance", Unit::Count, |row| row.n_expected);
    let advice = "Of one category, and seldom in one basket: offer the second where the first is out of stock, and think before delisting both.";
    (!once.is_empty()).then(|| Section {
        tables: vec![view.view_of("Pairs that share a basket less often than chance", once.len())],
        ..Section::headed("Likely substitutes").saying([advice])
    })
}
