//! The numbers that the night's index shows.

use super::RuleLevel;
use super::decision::Decision;
use crate::page_kit::metric;
use crate::publication::{Metric, Unit};

pub(super) fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let count = |name: &str, n: usize, meaning: &str| metric(name, n as f64, Unit::Count, meaning);
    let n_substitutes = decision.substitutes.len() as f64 / 2.0;
    let n_next = decision.next.map(|_| decision.next_rows.len() as f64);
    let holding = "Rules of the last publication that still hold";
    vec![
        count("rules", decision.rules.len(), "Rules beyond chance"),
        count("rules_product", decision.n_rules(RuleLevel::Product), "Product rules"),
        count("rules_category", decision.n_rules(RuleLevel::Category), "Category rules"),
        count("rules_brand", decision.n_rules(RuleLevel::Brand), "Brand rules"),
        count("products_with_cross_sell", decision.n_with_cross_sell(), "Products with something to recommend"),
        metric("substitutes", n_substitutes, Unit::Count, "Pairs of likely substitutes"),
        metric("next_purchases", n_next, Unit::Count, "Pairs of products that customers buy one after the other"),
        count("baskets", decision.n_baskets(), "Baskets in the window"),
        metric("rules_still_holding", decision.grade.share(), Unit::Share, holding),
    ]
}
