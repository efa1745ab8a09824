//! The numbers that the night's index and the gates look at.

use super::RuleLevel;
use super::decision::Decision;
use crate::publication::{Metric, Unit};

pub(super) fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let count = |name: &str, n: usize, meaning: &str| metric(name, Some(n as f64), Unit::Count, meaning);
    vec![
        count("rules", decision.rules.len(), "Rules beyond chance"),
        count("rules_product", decision.n_rules(RuleLevel::Product), "Product rules"),
        count("rules_category", decision.n_rules(RuleLevel::Category), "Category rules"),
        count("rules_brand", decision.n_rules(RuleLevel::Brand), "Brand rules"),
        count("products_with_cross_sell", decision.n_with_cross_sell(), "Products with something to recommend"),
        metric(
            "substitutes",
            Some(decision.substitutes.len() as f64 / 2.0),
            Unit::Count,
            "Pairs of likely substitutes",
        ),
        metric(
            "next_purchases",
            decision.next.map(|_| decision.next_rows.len() as f64),
            Unit::Count,
            "Pairs of products that customers buy one after the other",
        ),
        count("baskets", decision.n_baskets(), "Baskets in the window"),
        metric(
            "rules_still_holding",
            decision.grade.share(),
            Unit::Share,
            "Rules of the last publication that still hold",
        ),
    ]
}
