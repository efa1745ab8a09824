//! The levels that are mined: products, brands, and categories at every depth.

use std::collections::BTreeSet;

use super::basket_store::BasketStore;
use super::catalogue::Catalogue;
use super::level_items::LevelItems;
use super::{BasketRules, RuleLevel};
use crate::category_path::{self, CategoryPath, is_within};

/// One level of a run.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub kind: RuleLevel,
    /// Levels of the category path; `None`: all of it.
    depth: Option<u32>,
    /// In the tables.
    pub name: String,
}

/// What was searched at a level.
#[derive(Clone, Debug)]
pub(super) struct LevelFacts {
    pub name: String,
    pub n_baskets: u32,
    /// Baskets of one item.
    pub n_single: u32,
    pub n_items: usize,
    pub n_searched: f64,
    pub n_candidates: usize,
    /// Rules that the rest of their categories explains.
    pub n_explained: usize,
    pub n_kept: usize,
    /// Whether the counts of an earlier night were carried on.
    pub advanced: bool,
}

/// What is mined, from the top of the category tree down to products.
pub(super) fn levels(params: &BasketRules, catalogue: &Catalogue) -> Vec<Level> {
    let wanted = |kind: RuleLevel| params.levels.contains(&kind);
    let deepest =
        catalogue.products.iter().filter_map(|facts| facts.category.as_deref()).map(category_path::depth).max();
    let mut levels = Vec::new();
    if let Some(deepest) = deepest.filter(|_| wanted(RuleLevel::Category)) {
        levels.extend((1..deepest).map(|depth| Level {
            kind: RuleLevel::Category,
            depth: Some(depth as u32),
            name: category_level(depth),
        }));
        levels.push(Level { kind: RuleLevel::Category, depth: None, name: "category".to_owned() });
    }
    if wanted(RuleLevel::Brand) && catalogue.products.iter().any(|facts| facts.brand.is_some()) {
        levels.push(Level { kind: RuleLevel::Brand, depth: None, name: "brand".to_owned() });
    }
    if wanted(RuleLevel::Product) {
        levels.push(Level { kind: RuleLevel::Product, depth: None, name: "product".to_owned() });
    }
    levels
}

impl Level {
    pub fn items(&self, store: &BasketStore, catalogue: &Catalogue) -> LevelItems {
        LevelItems::new(self.kind, self.depth, &store.product_ids, &catalogue.products)
    }

    /// The items that are named, or inside a category that is.
    pub fn named_items(&self, names: &[String], items: &LevelItems, catalogue: &Catalogue) -> BTreeSet<u32> {
        let named = Named::new(names);
        let is_named = |id: &String| match self.kind {
            RuleLevel::Product => named.holds_product(id, catalogue),
            RuleLevel::Brand => names.contains(id),
            RuleLevel::Category => named.holds_category(id),
        };
        (0..items.ids.len() as u32).filter(|item| is_named(&items.ids[*item as usize])).collect()
    }

    /// Whether one item is a category inside the other.
    pub fn is_nested(&self, one: &str, other: &str) -> bool {
        self.kind == RuleLevel::Category && one != other && (is_within(one, other) || is_within(other, one))
    }

    /// The name of the level above, and the item there.
    pub fn parent(&self, id: &str, catalogue: &Catalogue) -> Option<(String, String)> {
        match self.kind {
            RuleLevel::Brand => None,
            RuleLevel::Product => Some(("category".to_owned(), catalogue.product(id)?.category.clone()?)),
            RuleLevel::Category => {
                let above = category_path::parent(id)?;
                Some((category_level(category_path::depth(above)), above.to_owned()))
            }
        }
    }
}

/// Products by id and categories by path, as a merchandiser names them.
pub(super) struct Named<'n> {
    names: &'n [String],
    categories: Vec<CategoryPath>,
}

impl<'n> Named<'n> {
    pub fn new(names: &'n [String]) -> Self {
        Self { names, categories: names.iter().filter_map(|name| CategoryPath::parse(name)).collect() }
    }

    /// Whether a product, or a category that it is in, is named.
    pub fn holds_product(&self, id: &String, catalogue: &Catalogue) -> bool {
        let category = || catalogue.product(id).and_then(|facts| facts.category.as_deref());
        self.names.contains(id) || category().is_some_and(|path| self.holds_category(path))
    }

    /// Whether a category is named, or inside one that is.
    fn holds_category(&self, path: &str) -> bool {
        self.categories.iter().any(|category| is_within(path, category.as_str()))
    }
}

/// The level of categories of `depth` levels, where deeper ones exist.
fn category_level(depth: usize) -> String {
    format!("category_{depth}")
}
