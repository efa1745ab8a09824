//! Which products of a category replace each other.

use std::collections::BTreeMap;

use super::basket_store::DayBaskets;
use super::catalogue::Catalogue;
use super::frames::BasketFrames;
use super::{BasketRules, RuleLevel};
use crate::models::rules::{AvoidingSettings, SizeTally, avoiding_pairs};
use crate::words::count;

/// Fewest baskets with both that chance would give: a pair that would rarely meet anyway says nothing by not meeting.
const MIN_EXPECTED: f64 = 10.0;
/// A share of chance that still counts as chance.
const TOLERATED: f64 = 0.75;

/// One product and what may replace it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Replacement {
    pub product: String,
    pub substitute: String,
    pub product_name: String,
    pub substitute_name: String,
    pub category: String,
    pub n_product: i64,
    pub n_substitute: i64,
    pub n_both: i64,
    pub n_expected: f64,
    pub q_value: f64,
    pub in_stock: Option<bool>,
    pub sentence: String,
}

/// Both ways round; the most certain pairs first. Products without a category have none.
pub(super) fn substitutes(
    params: &BasketRules,
    frames: &BasketFrames,
    catalogue: &Catalogue,
    tally: &SizeTally,
) -> Vec<Replacement> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let groups: Vec<Option<u32>> = (catalogue.products.iter())
        .map(|facts| {
            let path = facts.category.as_deref()?;
            let next = numbers.len() as u32;
            Some(*numbers.entry(path).or_insert(next))
        })
        .collect();
    let baskets = frames.baskets.days.values().flat_map(DayBaskets::baskets);
    let settings =
        AvoidingSettings { min_expected: MIN_EXPECTED, tolerated: TOLERATED, alpha: params.significance.get() };
    let mut found: Vec<Replacement> = Vec::new();
    for pair in avoiding_pairs(baskets, tally, &groups, settings) {
        for (one, other) in [(0, 1), (1, 0)] {
            let id = |side: usize| frames.baskets.product_ids[pair.items[side] as usize].clone();
            let name = |side: usize| catalogue.name_of(RuleLevel::Product, &id(side));
            let facts = &catalogue.products[pair.items[other] as usize];
            let sentence = format!(
                "{} and {} were in one basket {} times where chance gives {:.0}: who takes one seldom takes the other",
                name(one),
                name(other),
                count(pair.n_both.into()),
                pair.n_expected
            );
            found.push(Replacement {
                product: id(one),
                substitute: id(other),
                product_name: name(one),
                substitute_name: name(other),
                category: facts.category.clone().unwrap_or_default(),
                n_product: i64::from(pair.n_each[one]),
                n_substitute: i64::from(pair.n_each[other]),
                n_both: i64::from(pair.n_both),
                n_expected: pair.n_expected,
                q_value: pair.q_value,
                in_stock: facts.in_stock,
                sentence,
            });
        }
    }
    // Numbers of products differ from night to night, their ids do not.
    found.sort_by(|a, b| {
        a.q_value.total_cmp(&b.q_value).then_with(|| (&a.product, &a.substitute).cmp(&(&b.product, &b.substitute)))
    });
    found
}
