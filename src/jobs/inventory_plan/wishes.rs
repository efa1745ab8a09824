//! What planners want for lines: rows of `order_rules`, of which the one that says most about a line holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::line_key::LineKey;
use crate::datasets::{OrderRule, Product};
use crate::day::Day;

/// What holds for one line; each part from the rule that is closest to it and has that part.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wishes {
    pub(super) service_level: Option<f64>,
    pub(super) demand_factor: Option<f64>,
    pub(super) min_stock: Option<i64>,
    pub(super) max_stock: Option<i64>,
    pub(super) max_order: Option<i64>,
    pub(super) frozen: Option<bool>,
    /// The reasons given, each once.
    pub(super) reasons: Vec<String>,
}

/// The rules that hold on the day after the as-of day.
#[derive(Debug, Default)]
pub struct OrderRuleBook {
    /// By product; `None` holds for all, or for those of a category.
    by_product: BTreeMap<Option<String>, Vec<OrderRule>>,
    /// Rows that name a product, category or location which no line has, or say nothing.
    pub(super) n_idle: usize,
    /// Rows with a service level of 0 or 1, which no stock can hold.
    pub(super) n_impossible: usize,
}

impl Wishes {
    /// Whether nothing is to be ordered.
    pub(super) fn is_frozen(&self) -> bool {
        self.frozen == Some(true)
    }
}

impl OrderRuleBook {
    /// Of rows, for orders of a day and lines that could be planned.
    pub(super) fn of<L>(
        rules: impl Iterator<Item = OrderRule>,
        order_day: Day,
        products: &BTreeMap<String, Product>,
        lines: &BTreeMap<LineKey, L>,
    ) -> Self {
        let mut book = Self::default();
        for mut rule in rules {
            let holds =
                rule.starts_on.is_none_or(|day| day <= order_day) && rule.ends_on.is_none_or(|day| day >= order_day);
            if !holds {
                continue;
            }
            if rule.service_level.is_some_and(|level| level <= 0.0 || level >= 1.0) {
                book.n_impossible += 1;
                rule.service_level = None;
            }
            let says_nothing = rule.service_level.is_none()
                && rule.demand_factor.is_none()
                && (rule.min_stock, rule.max_stock, rule.max_order) == (None, None, None)
                && rule.frozen.is_none();
            let meets = |key: &LineKey| rank(&rule, key, products.get(&key.product_id)).is_some();
            let meets_any = match &rule.product_id {
                Some(id) => (lines.range(LineKey::new(id, "")..).map(|(key, _)| key))
                    .take_while(|key| key.product_id == *id)
                    .any(meets),
                None => lines.keys().any(meets),
            };
            if says_nothing || !meets_any {
                book.n_idle += 1;
                continue;
            }
            book.by_product.entry(rule.product_id.clone()).or_default().push(rule);
        }
        book
    }

    /// What holds for a line.
    pub(super) fn wishes(&self, key: &LineKey, product: &Product) -> Wishes {
        let of = |id: Option<String>| self.by_product.get(&id).into_iter().flatten();
        let mut ranked: Vec<(Rank, &OrderRule)> = of(Some(key.product_id.clone()))
            .chain(of(None))
            .filter_map(|rule| Some((rank(rule, key, Some(product))?, rule)))
            .collect();
        // The closest first; of equally close ones that which began last, then the strictest.
        ranked.sort_by_key(|(rank, rule)| (Reverse(*rank), strictness(rule)));
        let mut wishes = Wishes::default();
        for (_, rule) in ranked {
            let before = wishes.clone();
            wishes.service_level = wishes.service_level.or(rule.service_level);
            wishes.demand_factor = wishes.demand_factor.or(rule.demand_factor);
            wishes.min_stock = wishes.min_stock.or(rule.min_stock);
            wishes.max_stock = wishes.max_stock.or(rule.max_stock);
            wishes.max_order = wishes.max_order.or(rule.max_order);
            wishes.frozen = wishes.frozen.or(rule.frozen);
            if wishes != before {
                let reason = rule.reason.as_ref().filter(|reason| !wishes.reasons.contains(reason));
                wishes.reasons.extend(reason.cloned());
            }
        }
        wishes
    }
}

/// How close a rule is to a line: by product, depth of the category, location, first day.
type Rank = (bool, usize, bool, Option<Day>);

/// Smallest first: the least that may be ordered and held, the most that has to be.
fn strictness(rule: &OrderRule) -> (Option<Reverse<bool>>, i64, i64, Reverse<i64>, u64, u64) {
    let bits = |value: Option<f64>| value.unwrap_or(0.0).to_bits();
    (
        rule.frozen.map(Reverse),
        rule.max_order.unwrap_or(i64::MAX),
        rule.max_stock.unwrap_or(i64::MAX),
        Reverse(rule.min_stock.unwrap_or(0)),
        u64::MAX - bits(rule.service_level),
        u64::MAX - bits(rule.demand_factor),
    )
}

/// `None` where it does not hold for the line.
fn rank(rule: &OrderRule, key: &LineKey, product: Option<&Product>) -> Option<Rank> {
    let by_product = match &rule.product_id {
        Some(id) if *id != key.product_id => return None,
        Some(_) => true,
        None => false,
    };
    let depth = match &rule.category_path {
        None => 0,
        Some(category) => {
            let path = product?.category_path.as_ref()?;
            path.levels().position(|level| level == category.as_str())? + 1
        }
    };
    match &rule.location_id {
        Some(location) if *location != key.location_id => None,
        location => Some((by_product, depth, location.is_some(), rule.starts_on)),
    }
}
