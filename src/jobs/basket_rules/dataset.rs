//! Frames in, numbered baskets out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use polars::prelude::{DataFrame, PolarsResult};

use super::{BasketRules, RuleLevel};
use crate::datasets::{BASKET_LINES, PRODUCTS, PublishedAt, Source};
use crate::job::RunContext;
use crate::published::ASSOCIATION_RULES;

/// What the rules are mined from.
#[derive(Clone, Debug)]
pub struct BasketFrames {
    /// The dataset `basket_lines`.
    pub lines: DataFrame,
    /// The dataset `products`.
    pub products: Option<DataFrame>,
    /// Rules of the newest earlier publication with its as-of date: what changed is told against them.
    pub earlier: Option<(NaiveDate, DataFrame)>,
    /// Rules of the publication that is graded, with its as-of date.
    pub graded: Option<(NaiveDate, DataFrame)>,
}

pub(super) async fn load(params: &BasketRules, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<BasketFrames> {
    let lines = source.read(&BASKET_LINES).await?;
    let products = source.read_if_present(&PRODUCTS).await?;
    let earlier = source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(ctx.as_of)).await?;
    let age = Days::new(u64::from(params.grade_after_days.get()) - 1);
    let graded = match ctx.as_of.checked_sub_days(age) {
        Some(day) => source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(day)).await?,
        None => None,
    };
    let earlier = earlier.map(|published| (published.as_of, published.frame));
    let graded = graded.map(|published| (published.as_of, published.frame)).or_else(|| earlier.clone());
    Ok(BasketFrames { lines, products, earlier, graded })
}

/// A line of a basket, in numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub basket: u32,
    pub product: u32,
    pub day: i32,
    /// Minor currency units.
    pub net_amount: i64,
    /// Thousandths of a unit.
    pub quantity: i64,
}

/// What is known of a product.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductFacts {
    pub name: Option<String>,
    pub category: Option<String>,
    /// Minor currency units per unit.
    pub unit_cost: Option<i64>,
}

/// The baskets of a span of days, and the products in them.
#[derive(Debug)]
pub(super) struct BasketBook {
    pub lines: Vec<Line>,
    /// Product ids, ascending; a product's number is its place.
    pub product_ids: Vec<String>,
    pub products: Vec<ProductFacts>,
    pub n_baskets: usize,
    /// Baskets left out because they are too large.
    pub n_too_large: usize,
    /// The first day with a line, as a number.
    pub first_day: Option<i32>,
    pub has_products: bool,
}

impl BasketBook {
    /// The baskets sold from day `from` to day `to`, both included; those of more than `max_items` products are left out.
    pub fn read(frames: &BasketFrames, from: NaiveDate, to: NaiveDate, max_items: u32) -> PolarsResult<Self> {
        let (from, to) = (from.to_epoch_days(), to.to_epoch_days());
        let series = |name: &str| frames.lines.column(name).map(polars::prelude::Column::as_materialized_series);
        let (orders, products) = (series("order_id")?.str()?, series("product_id")?.str()?);
        let days = series("sold_on")?.date()?.physical();
        let (amounts, quantities) = (series("net_amount")?.i64()?, series("quantity")?.i64()?);
        let in_window = |day: Option<i32>| day.filter(|day| (from..=to).contains(day));
        let ids: BTreeSet<&str> = products
            .iter()
            .zip(days.iter())
            .filter(|(_, day)| in_window(*day).is_some())
            .filter_map(|(id, _)| id)
            .collect();
        let numbers: HashMap<&str, u32> = ids.iter().enumerate().map(|(number, &id)| (id, number as u32)).collect();
        let mut baskets: HashMap<&str, u32> = HashMap::new();
        let mut lines = Vec::new();
        let facts = days.iter().zip(amounts.iter()).zip(quantities.iter());
        for ((order, product), ((day, net_amount), quantity)) in orders.iter().zip(products.iter()).zip(facts) {
            let (Some(day), Some(order), Some(product)) = (in_window(day), order, product) else { continue };
            let next = baskets.len() as u32;
            let basket = *baskets.entry(order).or_insert(next);
            let (net_amount, quantity) = (net_amount.unwrap_or(0), quantity.unwrap_or(0));
            lines.push(Line { basket, product: numbers[product], day, net_amount, quantity });
        }
        let mut sizes = vec![0_u32; baskets.len()];
        for line in &lines {
            sizes[line.basket as usize] += 1;
        }
        lines.retain(|line| sizes[line.basket as usize] <= max_items);
        let n_too_large = sizes.iter().filter(|size| **size > max_items).count();
        let product_ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        Ok(Self {
            products: product_facts(frames.products.as_ref(), &product_ids)?,
            first_day: lines.iter().map(|line| line.day).min(),
            n_baskets: sizes.len() - n_too_large,
            has_products: frames.products.is_some(),
            lines,
            product_ids,
            n_too_large,
        })
    }

    /// The items of a level: ids in order, and the item of each product (`None`: in no category).
    pub fn items(&self, level: RuleLevel, depth: Option<u32>) -> (Vec<String>, Vec<Option<u32>>) {
        if level == RuleLevel::Product {
            return (self.product_ids.clone(), (0..self.product_ids.len() as u32).map(Some).collect());
        }
        let paths: Vec<Option<&str>> =
            self.products.iter().map(|facts| facts.category.as_deref().map(|path| cut(path, depth))).collect();
        let ids: BTreeSet<&str> = paths.iter().flatten().copied().collect();
        let numbers: BTreeMap<&str, u32> = ids.iter().enumerate().map(|(number, &id)| (id, number as u32)).collect();
        let item_of = paths.iter().map(|path| path.and_then(|path| numbers.get(path).copied())).collect();
        (ids.into_iter().map(str::to_owned).collect(), item_of)
    }

    /// What people call an item.
    pub fn name_of(&self, level: RuleLevel, id: &str) -> String {
        match level {
            RuleLevel::Category => id.rsplit('/').next().unwrap_or(id).to_owned(),
            RuleLevel::Product => self
                .product_ids
                .binary_search_by(|other| other.as_str().cmp(id))
                .ok()
                .and_then(|number| self.products[number].name.clone())
                .unwrap_or_else(|| id.to_owned()),
        }
    }
}

/// The first `depth` parts of a category path.
fn cut(path: &str, depth: Option<u32>) -> &str {
    let Some(depth) = depth else { return path };
    path.match_indices('/').nth(depth.max(1) as usize - 1).map_or(path, |(end, _)| &path[..end])
}

fn product_facts(products: Option<&DataFrame>, ids: &[String]) -> PolarsResult<Vec<ProductFacts>> {
    let mut facts = vec![ProductFacts::default(); ids.len()];
    let Some(products) = products else { return Ok(facts) };
    let series = |name: &str| products.column(name).map(polars::prelude::Column::as_materialized_series);
    let (known, names) = (series("product_id")?.str()?, series("name")?.str()?);
    let (paths, costs) = (series("category_path")?.str()?, series("unit_cost")?.i64()?);
    for (((id, name), path), cost) in known.iter().zip(names.iter()).zip(paths.iter()).zip(costs.iter()) {
        let Some(number) = id.and_then(|id| ids.binary_search_by(|other| other.as_str().cmp(id)).ok()) else {
            continue;
        };
        facts[number] = ProductFacts {
            name: name.map(str::to_owned),
            category: path.filter(|path| !path.is_empty()).map(str::to_owned),
            unit_cost: cost,
        };
    }
    Ok(facts)
}
