//! Association rules against the planted ones.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{number, rows, text};
use crate::warehouse::{Warehouse, WarehouseError};

/// Planted pairs found, and found pairs planted, at one level. Pairs have no direction here: a planted dependence shows
/// both ways.
#[derive(Clone, Debug, Serialize)]
pub struct RulesFound {
    /// `product` or `category`.
    pub level: String,
    /// The planted pairs, strongest first, with the published lift where they were found.
    pub planted: Vec<PlantedPair>,
    /// Planted pairs found over planted pairs.
    pub recall: f64,
    /// Published pairs.
    pub published: usize,
    /// Published pairs that are planted, or that a planted pair of the other level implies.
    pub true_pairs: usize,
    /// `true_pairs` over `published`.
    pub precision: f64,
}

/// A planted pair.
#[derive(Clone, Debug, Serialize)]
pub struct PlantedPair {
    /// The antecedent.
    pub antecedent: String,
    /// The consequent.
    pub consequent: String,
    /// Probability that a line of the antecedent adds one of the consequent.
    pub strength: f64,
    /// Baskets with both, over all baskets; `None` where it was not found.
    pub support: Option<f64>,
    /// Its lift, where it was found.
    pub lift: Option<f64>,
}

type Pair = (String, String);

/// Compares the current rules with the planted pairs, per level.
///
/// # Errors
/// When the warehouse refuses.
pub async fn rules_found(warehouse: &Warehouse) -> Result<Vec<RulesFound>, WarehouseError> {
    let categories: BTreeMap<String, String> = rows(warehouse, "SELECT product_id, category_path FROM products")
        .await?
        .iter()
        .map(|row| (text(row, 0).to_owned(), text(row, 1).to_owned()))
        .collect();
    let category = |id: &str| categories.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let sql = "SELECT kind, antecedent, consequent, strength FROM truth_associations \
               ORDER BY strength DESC, antecedent, consequent";
    let truth = rows(warehouse, sql).await?;
    let categories_true: BTreeSet<Pair> =
        truth.iter().map(|row| pair(&category(text(row, 1)), &category(text(row, 2)))).collect();
    let products_true: BTreeSet<Pair> = truth.iter().map(|row| pair(text(row, 1), text(row, 2))).collect();
    let planted_categories: BTreeSet<Pair> =
        truth.iter().filter(|row| text(row, 0) == "category").map(|row| pair(text(row, 1), text(row, 2))).collect();
    let sql = "SELECT level, antecedent, consequent, support, lift FROM association_rules_current";
    let published = rows(warehouse, sql).await?;
    let mut results = Vec::new();
    for level in ["product", "category"] {
        let found: BTreeMap<Pair, (f64, f64)> = published
            .iter()
            .filter(|row| text(row, 0) == level && !text(row, 1).contains(" + "))
            .map(|row| (pair(text(row, 1), text(row, 2)), (number(row, 3), number(row, 4))))
            .collect();
        let planted: Vec<PlantedPair> = truth
            .iter()
            .filter(|row| text(row, 0) == level)
            .map(|row| {
                let hit = found.get(&pair(text(row, 1), text(row, 2)));
                PlantedPair {
                    antecedent: text(row, 1).to_owned(),
                    consequent: text(row, 2).to_owned(),
                    strength: number(row, 3),
                    support: hit.map(|hit| hit.0),
                    lift: hit.map(|hit| hit.1),
                }
            })
            .collect();
        let is_true = |pair_found: &Pair| match level {
            "product" => {
                products_true.contains(pair_found)
                    || planted_categories.contains(&pair(&category(&pair_found.0), &category(&pair_found.1)))
            }
            _ => categories_true.contains(pair_found),
        };
        let true_pairs = found.keys().filter(|found| is_true(found)).count();
        let hits = planted.iter().filter(|planted| planted.lift.is_some()).count();
        results.push(RulesFound {
            level: level.to_owned(),
            recall: hits as f64 / planted.len().max(1) as f64,
            precision: true_pairs as f64 / found.len().max(1) as f64,
            published: found.len(),
            true_pairs,
            planted,
        });
    }
    Ok(results)
}

fn pair(a: &str, b: &str) -> Pair {
    if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}
