//! Which products and categories sell together, beyond chance.
//!
//! # Decides
//! Which rules `antecedent -> consequent` are worth acting on: what to place, show or bundle together, and what not to
//! discount at the same time. A rule says that things are bought together, not that one sells the other.
//!
//! # From
//! `basket_lines` of the last `window_days`; a basket is an order on a day, and baskets of one item count too. `products` for
//! names, brands, categories and costs; `stock_levels` for what can be sold at all. Baskets of more than `max_basket_items`
//! products are left out and counted; returns are in no basket. `never` names products and categories that may stand in no
//! rule (carrier bags, deposits, gift cards); `antecedents` and `consequents` name the only ones that may stand on one side of a rule
//! (what a merchandiser wants to sell more of). `customer_purchases` of the same days for what is bought next.
//!
//! # Model
//! [`crate::models::rules::association_rules`] on products, brands, and categories at every depth: exact counts, tests that compare
//! baskets of like size only, Benjamini-Hochberg over everything that could have been found, redundant longer rules removed.
//! A rule whose categories form a rule as well is kept only if it is more frequent than the rest of its categories makes it
//! (Srikant and Agrawal, "Mining generalized association rules", VLDB 1995, with a test in place of their factor R).
//! Ranked by `lift_lower`, the 95 % lower bound of lift, so that a large lift of few baskets does not lead. Money:
//! `margin_per_1000 = 1000 (confidence - share of the consequent) * margin of the consequent per basket with it`, where
//! margin is `net_amount - unit_cost * quantity`. It is what the association is worth, an upper limit of what acting on
//! it can bring.
//!
//! # Publishes
//! `association_rules`, one row per level, antecedent and consequent (categories are named by their path); `rule_measures`, the
//! other measures of the same rules and how each held over the quarters of the window; `cross_sell`, what to show beside a product;
//! `substitutes`, pairs of one category that share a basket less often than three quarters of chance
//! ([`crate::models::rules::avoiding_pairs`]); `next_purchases`, what the same customers buy within `next_within_days` after a
//! product, in this order more often than in the other and not only because it comes with something that is
//! ([`crate::models::rules::next_purchases`]).
//!
//! # Remembers
//! From `remember_from_rows` rows on, the baskets and the counts of pairs ([`crate::models::rules::PairBook`]): the next
//! nights read the last `reread_days` alone, add what is new and take out what leaves the window, with the answer of a full
//! mine. Every `complete_read_days` everything is read and mined anew; `next_purchases` are counted then, and carried on in between
//! with the day of their count. Rules of three items are mined from the baskets every night.
//!
//! # Degrades
//! Without `products`: products only, by their ids, without money. A product without category is absent from the
//! category level; one without cost leaves `margin_per_1000` NULL. Each is a caveat. Without `stock_levels`, `in_stock` is NULL.
//! Without `customer_purchases` nothing is said about what is bought next, with a caveat. Where one of the two is out of date, the
//! answer is of its last day, and the gates warn.
//!
//! The last rules are graded on the baskets since: newest publication that is at least `grade_after_days` old, or else
//! the newest one. A rule is judged when chance alone would give five baskets with both.
//!
//! # Files, from the bottom up
//! - What is known: `facts`, `basket_store`, `frames`, `level_items`, `catalogue`.
//! - What is counted: `levels`, `level_counts`, `next_counts`.
//! - What is kept of it, and what is read beside it: `memory`, `dataset`.
//! - Rules: `evidence`, `rule_row`, `echoes`, `mining`; how good the last ones were: `grade`.
//! - What else baskets say of a product: `cross_sell`, `substitutes`.
//! - What is decided: `decision`.
//! - What people get: `tables`, `metrics`, `caveats`, `rule_table`, `actions`, `changes`, `next_purchases`, `page`,
//!   `exports`.
//! - In which order all this happens: `recommend`.
//!
//! # References
//! Webb (2007), *Machine Learning* 68:1; Webb (2008), *Machine Learning* 71:307; Benjamini & Hochberg (1995), *JRSS B*
//! 57:289; Breslow & Day (1987), vol. II, p. 69, for the bound.

mod actions;
mod basket_store;
mod catalogue;
mod caveats;
mod changes;
mod cross_sell;
mod dataset;
mod decision;
mod echoes;
mod evidence;
mod exports;
mod facts;
mod frames;
mod grade;
mod level_counts;
mod level_items;
mod levels;
mod memory;
mod metrics;
mod mining;
mod next_counts;
mod next_purchases;
mod page;
mod recommend;
mod rule_row;
mod rule_table;
mod substitutes;
mod tables;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use basket_store::{BasketStore, DayBaskets, Sale};
pub use dataset::BasketData;
pub use frames::BasketFrames;

use crate::datasets::{BASKET_LINES, CUSTOMER_PURCHASES, Dataset, PRODUCTS, STOCK_LEVELS, Source};
use crate::job::{Job, Progress, RunContext};
use crate::publication::Publication;
use crate::published::{ASSOCIATION_RULES, CROSS_SELL, NEXT_PURCHASES, RULE_MEASURES, SUBSTITUTES, Table};
use crate::quantities::{Count, Days, Level, Share};

/// The parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasketRules {
    /// Days of baskets that are looked at, up to the as-of date.
    pub window_days: Days,
    /// What is mined: products, brands, categories.
    pub levels: Vec<RuleLevel>,
    /// Fewest baskets that must hold all items of a rule.
    pub min_support_count: Count,
    /// The same as a share of all baskets; the larger of the two holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_support: Option<Share>,
    /// Lowest share of the antecedent's baskets that must hold the consequent.
    pub min_confidence: Share,
    /// Most items in a rule, both sides together: 2 for pairs, 3 for triples too. Work grows steeply with it.
    pub max_length: RuleLength,
    /// Expected share of false rules among those published.
    pub significance: Level,
    /// Baskets of more products than this are left out: resellers and wrong order ids, not shoppers.
    pub max_basket_items: Count,
    /// How many levels of the category path to keep; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_depth: Option<Count>,
    /// Products by id and categories by path, each with all that is below it, that may stand in no rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
    /// Products by id, brands by name and categories by path, each with all that is below it: only these may stand on the left of a
    /// rule; anything when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub antecedents: Vec<String>,
    /// The same for the right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequents: Vec<String>,
    /// Most products recommended with one product.
    pub cross_sell_per_product: Count,
    /// Whether the products recommended with one are each of another category.
    pub cross_sell_one_per_category: bool,
    /// Days after a purchase within which the next one of the same customer counts.
    pub next_within_days: Days,
    /// Fewest customers who must have bought the one after the other.
    pub next_min_customers: Count,
    /// Age in days of the publication that is graded, when there is one as old.
    pub grade_after_days: Days,
    /// Rows of baskets from which on they are remembered for the next night.
    pub remember_from_rows: Count,
    /// Days whose baskets are read again every night.
    pub reread_days: Days,
    /// Days after which everything is read again.
    pub complete_read_days: Days,
}

/// What the items of a rule are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// Products.
    Product,
    /// Brands.
    Brand,
    /// Categories, by path, at every depth.
    Category,
}

impl RuleLevel {
    /// The word in the published table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Brand => "brand",
            Self::Category => "category",
        }
    }
}

/// Most items in a rule: 2 or 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct RuleLength(u8);

impl RuleLength {
    /// Pairs.
    pub const PAIRS: Self = Self(2);

    /// The bare number.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u8> for RuleLength {
    type Error = String;
    fn try_from(length: u8) -> Result<Self, String> {
        if matches!(length, 2 | 3) {
            Ok(Self(length))
        } else {
            Err(format!("the length of a rule must be 2 (pairs) or 3 (triples too), got {length}"))
        }
    }
}

impl From<RuleLength> for u8 {
    fn from(length: RuleLength) -> Self {
        length.0
    }
}

impl Default for BasketRules {
    fn default() -> Self {
        Self {
            window_days: Days::literal(180),
            levels: vec![RuleLevel::Product, RuleLevel::Brand, RuleLevel::Category],
            min_support_count: Count::literal(20),
            min_support: None,
            min_confidence: Share::literal(0.05),
            max_length: RuleLength::PAIRS,
            significance: Level::literal(0.05),
            max_basket_items: Count::literal(100),
            category_depth: None,
            never: Vec::new(),
            antecedents: Vec::new(),
            consequents: Vec::new(),
            cross_sell_per_product: Count::literal(10),
            cross_sell_one_per_category: false,
            next_within_days: Days::literal(28),
            next_min_customers: Count::literal(20),
            grade_after_days: Days::literal(28),
            remember_from_rows: Count::literal(500_000),
            reread_days: Days::literal(14),
            complete_read_days: Days::literal(7),
        }
    }
}

impl Job for BasketRules {
    const KIND: &'static str = "basket_rules";
    const DECIDES: &'static str = "what sells together, beyond chance: products, brands, categories at every depth; how each rule holds \
        over time; what to show beside a product, what replaces it, and what its buyers buy next";
    const NEEDS: &'static [&'static Dataset] = &[&BASKET_LINES];
    const USES: &'static [&'static Dataset] = &[&PRODUCTS, &STOCK_LEVELS, &CUSTOMER_PURCHASES];
    const TOLERATES: &'static [&'static Dataset] = &[&STOCK_LEVELS, &CUSTOMER_PURCHASES];
    const PUBLISHES: &'static [&'static Table] =
        &[&ASSOCIATION_RULES, &RULE_MEASURES, &CROSS_SELL, &SUBSTITUTES, &NEXT_PURCHASES];
    type Dataset = BasketData;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<BasketData> {
        dataset::load(self, ctx, source).await
    }

    fn recommend(&self, ctx: &RunContext, data: &BasketData, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, data, progress)
    }
}
