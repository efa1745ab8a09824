//! Reads what the rules are made from: baskets, all of them or those since an earlier night, products, stock, earlier rules.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::BasketRules;
use super::basket_store::BasketStore;
use super::frames::{BasketFrames, Window};
use super::memory::{CarriedOn, Memory, carried_on, terms};
use crate::datasets::{
    BASKET_LINES, CUSTOMER_PURCHASES, KnownRows, PRODUCTS, PublishedAt, PublishedFrame, STOCK_LEVELS, Source,
};
use crate::day::Day;
use crate::job::RunContext;
use crate::published::ASSOCIATION_RULES;

/// What the rules are made from.
#[derive(Clone, Debug, Default)]
pub struct BasketData {
    /// As read tonight.
    pub frames: BasketFrames,
    /// Where the night does not begin from nothing.
    pub(super) carried_on: Option<CarriedOn>,
}

pub(super) async fn load(params: &BasketRules, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<BasketData> {
    let mut data = baskets(params, ctx, source).await?;
    let frames = &mut data.frames;
    frames.products = source.read_if_present(&PRODUCTS).await?;
    frames.stock = source.read_if_present(&STOCK_LEVELS).await?;
    let earlier = source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(ctx.as_of)).await?;
    let age = Days::new(u64::from(params.grade_after_days.get()) - 1);
    let graded = match ctx.as_of.checked_sub_days(age) {
        Some(day) => source.read_published(&ASSOCIATION_RULES, PublishedAt::Before(day)).await?,
        None => None,
    };
    let dated = |published: PublishedFrame| (Day::from(published.as_of), published.frame);
    frames.earlier = earlier.map(dated);
    frames.graded = graded.map(dated).or_else(|| frames.earlier.clone());
    Ok(data)
}

/// The baskets of the window; with those of `customer_purchases` where everything is read.
async fn baskets(params: &BasketRules, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<BasketData> {
    let window = Window::of(params, ctx);
    let terms = terms(params);
    if let Some(known) = source.remembered::<Memory>(terms, |_| true) {
        let before = known.reread_from(terms);
        let rows_by_day: BTreeMap<NaiveDate, u64> =
            known.content.baskets.rows_before(before).into_iter().map(|(day, rows)| (day.date(), rows)).collect();
        let rows = rows_by_day.values().sum();
        let known_rows = KnownRows { before: before.date(), rows, rows_by_day };
        let rows = source.read_on(&BASKET_LINES, &known_rows).await?;
        let (baskets, carried_on) = carried_on(known, params, ctx, &rows)?;
        let frames = BasketFrames { baskets, ..BasketFrames::default() };
        return Ok(BasketData { frames, carried_on: Some(carried_on) });
    }
    // Nothing before the window is looked at, so nothing before it is read.
    let known = KnownRows { before: window.first.date(), rows: 0, rows_by_day: BTreeMap::new() };
    let rows = source.read_on(&BASKET_LINES, &known).await?;
    let baskets = BasketStore::read(&rows, window.days(), params.max_basket_items.get())?;
    drop(rows);
    let purchases = source.read_if_present(&CUSTOMER_PURCHASES).await?;
    Ok(BasketData { frames: BasketFrames { baskets, purchases, ..BasketFrames::default() }, carried_on: None })
}
