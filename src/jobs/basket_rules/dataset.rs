//! What the rules are made from: baskets read or remembered, products, stock, earlier rules.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use polars::prelude::{DataFrame, PolarsResult};
use serde::{Deserialize, Serialize};

use super::basket_store::{BasketStore, DayChange, Sale};
use super::level::LevelCounts;
use super::next_purchases::NextCounts;
use super::{BasketRules, RuleLevel};
use crate::datasets::{BASKET_LINES, CUSTOMER_PURCHASES, KnownRows, PRODUCTS, PublishedAt, STOCK_LEVELS, Source};
use crate::frames::{days, integers, texts};
use crate::job::RunContext;
use crate::published::ASSOCIATION_RULES;
use crate::quantities::Count;

/// What the rules are mined from.
#[derive(Clone, Debug, Default)]
pub struct BasketFrames {
    /// The baskets of the window.
    pub baskets: BasketStore,
    /// The dataset `products`.
    pub products: Option<DataFrame>,
    /// The dataset `stock_levels`.
    pub stock: Option<DataFrame>,
    /// The dataset `customer_purchases`, on nights that read everything.
    pub purchases: Option<DataFrame>,
    /// What was counted from it on the last such night.
    pub next_known: Option<NextCounts>,
    /// Rules of the newest earlier publication with its as-of date: what changed is told against them.
    pub earlier: Option<(NaiveDate, DataFrame)>,
    /// Rules of the publication that is graded, with its as-of date.
    pub graded: Option<(NaiveDate, DataFrame)>,
    /// The day of the last complete read, when older baskets are remembered from it.
    pub remembered_since: Option<i32>,
    /// The counts of an earlier night, and what changed since.
    pub(super) counted: Vec<LevelCounts>,
    pub(super) changes: Vec<DayChange>,
}

/// The layout of what is remembered; another one is not read.
const FORMAT: u8 = 3;

/// What one night leaves for the next.
#[derive(Serialize, Deserialize)]
pub(super) struct Memory {
    as_of: i32,
    /// The day of the last complete read.
    complete_on: i32,
    baskets: BasketStore,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
}

impl Memory {
    pub(super) fn decoded(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        (*format == FORMAT).then(|| postcard::from_bytes(rest).ok())?
    }

    /// Whether a night may begin with it.
    fn serves(&self, params: &BasketRules, as_of: i32) -> bool {
        (1..=params.reread_days.get() as i32).contains(&(as_of - self.as_of))
            && as_of - self.complete_on < params.complete_read_days.get() as i32
    }

    /// The first day that is read again.
    fn reread_from(&self, params: &BasketRules) -> i32 {
        self.as_of + 1 - params.reread_days.get() as i32
    }

    /// The window of a later night, with the rows of the days that are read again and of those since.
    pub(super) fn carried_on(
        self,
        params: &BasketRules,
        ctx: &RunContext,
        rows: &DataFrame,
    ) -> PolarsResult<BasketFrames> {
        let reread = self.reread_from(params);
        let (from, to) = window(params, ctx);
        let days = (from.to_epoch_days(), to.to_epoch_days());
        let (baskets, changes) = self.baskets.advanced(rows, reread, days, params.max_basket_items.get())?;
        let (counted, remembered_since) = (self.counted, Some(self.complete_on));
        Ok(BasketFrames {
            baskets,
            remembered_since,
            counted,
            changes,
            next_known: self.next,
            ..BasketFrames::default()
        })
    }
}

/// What the next night may begin with, where remembering is worth it.
pub(super) fn remembered(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    counted: Vec<LevelCounts>,
    next: Option<NextCounts>,
) -> Option<Vec<u8>> {
    if frames.baskets.n_rows() < u64::from(params.remember_from_rows.get()) {
        return None;
    }
    let as_of = ctx.as_of.to_epoch_days();
    let complete_on = frames.remembered_since.unwrap_or(as_of);
    let memory = Memory { as_of, complete_on, baskets: frames.baskets.clone(), counted, next };
    postcard::to_extend(&memory, vec![FORMAT]).ok()
}

/// The first and the last day of the window.
pub(super) fn window(params: &BasketRules, ctx: &RunContext) -> (NaiveDate, NaiveDate) {
    let from = ctx.as_of.checked_sub_days(Days::new(u64::from(params.window_days.get()) - 1)).unwrap_or(ctx.as_of);
    (from, ctx.as_of)
}

pub(super) async fn load(params: &BasketRules, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<BasketFrames> {
    let (first_day, last_day) = window(params, ctx);
    let (from, to) = (first_day.to_epoch_days(), last_day.to_epoch_days());
    let max_items = params.max_basket_items.get();
    let memory = source.memory().and_then(Memory::decoded).filter(|memory| memory.serves(params, to));
    let mut frames = BasketFrames::default();
    if let Some(memory) = memory {
        let reread = memory.reread_from(params);
        let rows_by_day: BTreeMap<NaiveDate, u64> = (memory.baskets.rows_before(reread).into_iter())
            .filter_map(|(day, rows)| Some((NaiveDate::from_epoch_days(day)?, rows)))
            .collect();
        let before = NaiveDate::from_epoch_days(reread).unwrap_or_default();
        let rows = rows_by_day.values().sum();
        let rows = source.read_on(&BASKET_LINES, &KnownRows { before, rows, rows_by_day }).await?;
        frames = memory.carried_on(params, ctx, &rows)?;
    } else {
        // Nothing before the window is looked at, so nothing before it is read.
        let known = KnownRows { before: first_day, rows: 0, rows_by_day: BTreeMap::new() };
        let rows = source.read_on(&BASKET_LINES, &known).await?;
        frames.baskets = BasketStore::read(&rows, from, to, max_items)?;
        drop(rows);
        frames.purchases = source.read_if_present(&CUSTOMER_PURCHASES).await?;
    }
    frames.products = source.read_if_present(&PRODUCTS).await?;
    frames.stock = source.read_if_present(&STOCK_LEVELS).await?;
    let earlier = source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(ctx.as_of)).await?;
    let age = Days::new(u64::from(params.grade_after_days.get()) - 1);
    let graded = match ctx.as_of.checked_sub_days(age) {
        Some(day) => source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(day)).await?,
        None => None,
    };
    frames.earlier = earlier.map(|published| (published.as_of, published.frame));
    frames.graded = graded.map(|published| (published.as_of, published.frame)).or_else(|| frames.earlier.clone());
    Ok(frames)
}

/// What is known of a product.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductFacts {
    pub name: Option<String>,
    pub category: Option<String>,
    pub brand: Option<String>,
    /// Minor currency units per unit.
    pub unit_cost: Option<i64>,
    /// Whether any location had some at the newest count; `None` where nothing was counted.
    pub in_stock: Option<bool>,
}

/// What is known of the products of a store, in its order.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub products: Vec<ProductFacts>,
    pub has_products: bool,
    /// The day of the newest stock count.
    pub stock_day: Option<i32>,
    number_of: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Category paths are cut at `depth` parts.
    pub fn new(frames: &BasketFrames, depth: Option<Count>) -> PolarsResult<Self> {
        let ids = &frames.baskets.product_ids;
        let number_of: BTreeMap<String, usize> =
            ids.iter().enumerate().map(|(number, id)| (id.clone(), number)).collect();
        let mut products = vec![ProductFacts::default(); ids.len()];
        if let Some(frame) = &frames.products {
            let (known, names, brands) = (texts(frame, "product_id")?, texts(frame, "name")?, texts(frame, "brand"));
            let (paths, costs) = (texts(frame, "category_path")?, integers(frame, "unit_cost")?);
            // A dataset may leave brands out.
            let brands = brands.unwrap_or_else(|_| vec![None; known.len()]);
            for row in 0..known.len() {
                let Some(number) = known[row].and_then(|id| number_of.get(id)) else { continue };
                let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
                products[*number] = ProductFacts {
                    name: names[row].map(str::to_owned),
                    category: filled(paths[row].map(|path| cut_at(path, depth))),
                    brand: filled(brands[row]),
                    unit_cost: costs[row],
                    in_stock: None,
                };
            }
        }
        let mut stock_day = None;
        if let Some(frame) = &frames.stock {
            let (counted, known, on_hand) =
                (days(frame, "snapshot_on")?, texts(frame, "product_id")?, integers(frame, "on_hand")?);
            stock_day = counted.iter().flatten().max().copied();
            for row in (0..known.len()).filter(|row| counted[*row] == stock_day) {
                let Some(number) = known[row].and_then(|id| number_of.get(id)) else { continue };
                let in_stock = &mut products[*number].in_stock;
                *in_stock = Some(in_stock.unwrap_or(false) || on_hand[row].is_some_and(|units| units > 0));
            }
        }
        Ok(Self { products, has_products: frames.products.is_some(), stock_day, number_of })
    }

    /// What is known of a product by its id.
    pub fn product(&self, id: &str) -> Option<&ProductFacts> {
        self.number_of.get(id).map(|number| &self.products[*number])
    }

    /// What people call an item.
    pub fn name_of(&self, level: RuleLevel, id: &str) -> String {
        match level {
            RuleLevel::Category => id.rsplit('/').next().unwrap_or(id).to_owned(),
            RuleLevel::Brand => id.to_owned(),
            RuleLevel::Product => {
                self.product(id).and_then(|facts| facts.name.clone()).unwrap_or_else(|| id.to_owned())
            }
        }
    }

    /// The margin of sales in thousandths of a minor currency unit; `None` without a cost.
    pub fn margin(&self, sale: &Sale) -> Option<i128> {
        let cost = self.products[sale.product as usize].unit_cost?;
        Some(1000 * i128::from(sale.net_amount) - i128::from(cost) * i128::from(sale.quantity))
    }
}

/// The first `depth` parts of a category path.
fn cut_at(path: &str, depth: Option<Count>) -> &str {
    let Some(depth) = depth else { return path };
    path.match_indices('/').nth(depth.get().max(1) as usize - 1).map_or(path, |(end, _)| &path[..end])
}
