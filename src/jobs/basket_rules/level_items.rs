//! Products, brands and categories as items.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::RuleLevel;
use super::basket_store::{BasketStore, baskets_of};
use super::facts::ProductFacts;
use crate::category_path::levels;
use crate::models::rules::{Baskets, Rule, RulesError};

/// What the items of a level are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LevelItems {
    /// An item's number is its place.
    pub ids: Vec<String>,
    /// Of each product; `None`: it is in none.
    pub item_of: Vec<Option<u32>>,
}

impl LevelItems {
    /// The items of a level. Categories are cut at `depth` levels; a product whose path is shorter than that is in none, unless the
    /// level is that of whole paths (`depth` = `None`).
    pub fn new(level: RuleLevel, depth: Option<u32>, ids: &[String], products: &[ProductFacts]) -> Self {
        let named: Vec<Option<&str>> = match level {
            RuleLevel::Product => {
                return Self { ids: ids.to_vec(), item_of: (0..ids.len() as u32).map(Some).collect() };
            }
            RuleLevel::Brand => products.iter().map(|facts| facts.brand.as_deref()).collect(),
            RuleLevel::Category => {
                products.iter().map(|facts| facts.category.as_deref().and_then(|path| cut(path, depth))).collect()
            }
        };
        let known: BTreeSet<&str> = named.iter().flatten().copied().collect();
        let numbers: BTreeMap<&str, u32> = known.iter().enumerate().map(|(number, &id)| (id, number as u32)).collect();
        let item_of = named.iter().map(|id| id.and_then(|id| numbers.get(id).copied())).collect();
        Self { ids: known.into_iter().map(str::to_owned).collect(), item_of }
    }

    /// The baskets of a store.
    pub fn baskets(&self, store: &BasketStore) -> Result<Baskets, RulesError> {
        baskets_of(store.days.values(), &self.item_of, self.ids.len() as u32)
    }

    /// Baskets that hold an item at all.
    pub fn n_baskets(&self, store: &BasketStore) -> u32 {
        let holds = |basket: &&[u32]| basket.iter().any(|product| self.item_of[*product as usize].is_some());
        store.days.values().map(|day| day.baskets().filter(holds).count() as u32).sum()
    }

    /// Baskets that hold one item.
    pub fn n_single(&self, store: &BasketStore) -> u32 {
        let is_single = |basket: &&[u32]| {
            let mut items = basket.iter().filter_map(|product| self.item_of[*product as usize]);
            items.next().is_some_and(|first| items.all(|item| item == first))
        };
        store.days.values().map(|day| day.baskets().filter(is_single).count() as u32).sum()
    }

    /// The ids of both sides of a rule; those of the antecedent ascending.
    pub fn sides(&self, rule: &Rule) -> (Vec<&str>, &str) {
        let mut left: Vec<&str> = rule.antecedent.iter().map(|item| self.ids[*item as usize].as_str()).collect();
        left.sort_unstable();
        (left, self.ids[rule.consequent as usize].as_str())
    }

    /// Whether counts of `self` are counts of `now` as well: what was an item still is the same one.
    pub fn still_means(&self, now: &Self) -> bool {
        now.ids.starts_with(&self.ids) && now.item_of.starts_with(&self.item_of)
    }
}

/// The first `depth` levels of a category path.
fn cut(path: &str, depth: Option<u32>) -> Option<&str> {
    depth.map_or(Some(path), |depth| levels(path).nth(depth.max(1) as usize - 1))
}
