//! What to show beside a product.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::rule_row::RuleRow;
use super::{BasketRules, RuleLevel};

/// One recommendation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CrossSell {
    pub product: String,
    pub rank: i64,
    pub recommended: String,
    pub product_name: String,
    pub recommended_name: String,
    pub category: Option<String>,
    pub in_stock: Option<bool>,
    pub confidence: f64,
    pub lift_lower: f64,
    pub n_both: i64,
    pub margin_per_1000: Option<f64>,
    pub sentence: String,
}

/// From the product rules with one product on the left: what is in stock first, then by the lower bound of lift.
pub(super) fn cross_sell(params: &BasketRules, rows: &[RuleRow], catalogue: &Catalogue) -> Vec<CrossSell> {
    let mut by_product: BTreeMap<&str, Vec<&RuleRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind == RuleLevel::Product && row.rule.antecedent.len() == 1) {
        by_product.entry(&row.antecedent).or_default().push(row);
    }
    let in_stock = |id: &str| catalogue.product(id).and_then(|facts| facts.in_stock);
    let category = |id: &str| catalogue.product(id).and_then(|facts| facts.category.clone());
    let mut found = Vec::new();
    for (product, mut rules) in by_product {
        // Rows come strongest first, and the sort is stable.
        rules.sort_by_key(|row| in_stock(&row.consequent) == Some(false));
        let mut seen = BTreeSet::new();
        let varied = |row: &&RuleRow| {
            !params.cross_sell_one_per_category || category(&row.consequent).is_none_or(|path| seen.insert(path))
        };
        let shown = rules.into_iter().filter(varied).take(params.cross_sell_per_product.get() as usize);
        found.extend(shown.enumerate().map(|(place, row)| CrossSell {
            product: product.to_owned(),
            rank: place as i64 + 1,
            recommended: row.consequent.clone(),
            product_name: row.antecedent_name.clone(),
            recommended_name: row.consequent_name.clone(),
            category: category(&row.consequent),
            in_stock: in_stock(&row.consequent),
            confidence: row.rule.measures.confidence,
            lift_lower: row.rule.lift_lower,
            n_both: i64::from(row.rule.n_both),
            margin_per_1000: row.margin_per_1000,
            sentence: row.sentence.clone(),
        }));
    }
    found
}
