//! Reads what the forecast is made from and shapes it: frames in, plain series and facts out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::daily_sales::DailySales;
use super::earlier_forecast::EarlierForecast;
use super::facts::DemandData;
use super::history::series_histories;
use super::openings::{KnownClosures, Openings};
use super::seasons::find_seasons;
use super::units::units_of;
use crate::contract::ContractError;
use crate::datasets::{CALENDAR, PRICES, PRODUCTS, PROMOTIONS, PublishedAt, STOCK_LEVELS, Source};
use crate::datasets::{CalendarDay, Price, Product, Promotion};
use crate::day::Day;
use crate::job::RunContext;
use crate::published::DEMAND_FORECASTS;

/// Ages in days at which an earlier publication is looked for: the newest, one of a week, one of four weeks ago.
const EARLIER_AGES: [i32; 3] = [1, 7, 28];

/// Days ahead for which it is asked whether a location will be open.
const LONGEST_HORIZON: usize = 366;

/// The frames as they were read; `None` where the project has no such dataset.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// `products`.
    pub products: Option<DataFrame>,
    /// `promotions`.
    pub promotions: Option<DataFrame>,
    /// `prices`.
    pub prices: Option<DataFrame>,
    /// `calendar`.
    pub calendar: Option<DataFrame>,
}

/// Reads everything but the sales, which are there already, and shapes it.
pub(super) async fn load(ctx: &RunContext, source: &Source<'_>, sales: DailySales) -> anyhow::Result<DemandData> {
    let has_stock = source.inputs().iter().any(|fact| fact.dataset == STOCK_LEVELS.name() && fact.rows > 0);
    let frames = Frames {
        products: source.read_if_present(&PRODUCTS).await?,
        promotions: source.read_if_present(&PROMOTIONS).await?,
        prices: source.read_if_present(&PRICES).await?,
        calendar: source.read_if_present(&CALENDAR).await?,
    };
    let mut data = shaped(&frames, &sales, has_stock, &ctx.closed_on)?;
    // From here on they are known as histories.
    drop(sales);
    for age in EARLIER_AGES {
        let before = PublishedAt::Before((data.as_of + 1 - age).date());
        let Some(publication) = source.read_published(&DEMAND_FORECASTS, before).await? else { continue };
        let as_of = Day::from(publication.as_of);
        if data.earlier.iter().all(|known| known.as_of != as_of) {
            // What the newest said of days to come shows what changed; of older ones the days that passed are graded.
            let last_day = if data.earlier.is_empty() { Day::MAX } else { data.as_of };
            data.earlier.push(EarlierForecast::of_rows(as_of, &publication.frame, last_day)?);
        }
    }
    Ok(data)
}

/// Shapes what was read; on days of `closed_on` the whole shop is closed.
///
/// # Errors
/// When a frame lacks a column or has another type than its dataset declares.
pub(super) fn shaped(
    frames: &Frames,
    sales: &DailySales,
    has_stock: bool,
    closed_on: &BTreeSet<NaiveDate>,
) -> Result<DemandData, ContractError> {
    let as_of = sales.as_of;
    let present = |frame: &Option<DataFrame>| frame.as_ref().is_some_and(|frame| frame.height() > 0);
    let missing = [
        ("products", present(&frames.products)),
        ("stock_levels", has_stock),
        ("promotions", present(&frames.promotions)),
        ("prices", present(&frames.prices)),
        ("calendar", present(&frames.calendar)),
    ];
    let missing = missing.iter().filter(|(_, present)| !present).map(|(name, _)| *name).collect();
    let products = frames.products.as_ref().map(read_products).transpose()?.unwrap_or_default();
    let mut events = frames.calendar.as_ref().map(read_events).transpose()?.unwrap_or_default();
    let known = KnownClosures::of(&mut events, closed_on.iter().map(|day| Day::from(*day)));
    let openings = Openings::of(sales, &events, &known, LONGEST_HORIZON);
    let mut all = series_histories(sales, &products, &openings);
    find_seasons(&mut all, &products, &events, &openings, as_of);
    let has_ended = |id: &str| {
        products.get(id).and_then(|product| product.discontinued_on).is_some_and(|last_day| last_day <= as_of)
    };
    let mut ended_products: Vec<String> =
        all.iter().filter(|series| has_ended(&series.product_id)).map(|series| series.product_id.clone()).collect();
    ended_products.dedup();
    Ok(DemandData {
        as_of,
        series: all.into_iter().filter(|series| !has_ended(&series.product_id)).collect(),
        ended_products,
        promotions: frames.promotions.as_ref().map(read_promotions).transpose()?.unwrap_or_default(),
        prices: frames.prices.as_ref().map(read_prices).transpose()?.unwrap_or_default(),
        events,
        openings,
        stock_without_zeros: sales.stock_without_zeros.clone(),
        units: units_of(sales, &products),
        products,
        earlier: Vec::new(),
        missing,
    })
}

fn read_products(frame: &DataFrame) -> Result<BTreeMap<String, Product>, ContractError> {
    Ok(Product::read(frame)?.map(|product| (product.product_id.clone(), product)).collect())
}

fn read_promotions(frame: &DataFrame) -> Result<Vec<Promotion>, ContractError> {
    let with_known_rate = |promotion: Promotion| Promotion {
        discount_rate: promotion.discount_rate.filter(|rate| (0.0..1.0).contains(rate)),
        ..promotion
    };
    Ok(Promotion::read(frame)?.map(with_known_rate).collect())
}

fn read_prices(frame: &DataFrame) -> Result<BTreeMap<String, Vec<Price>>, ContractError> {
    let mut all: BTreeMap<String, Vec<Price>> = BTreeMap::new();
    for price in Price::read(frame)?.filter(|price| price.price > 0) {
        all.entry(price.product_id.clone()).or_default().push(price);
    }
    for prices in all.values_mut() {
        prices.sort_by_key(|price| price.valid_from);
    }
    Ok(all)
}

fn read_events(frame: &DataFrame) -> Result<BTreeMap<String, Vec<Day>>, ContractError> {
    let mut all: BTreeMap<String, Vec<Day>> = BTreeMap::new();
    for day in CalendarDay::read(frame)? {
        all.entry(day.event.to_owned()).or_default().push(day.date);
    }
    for days in all.values_mut() {
        days.sort_unstable();
        days.dedup();
    }
    Ok(all)
}
