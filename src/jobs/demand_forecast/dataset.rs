//! What the forecast is made from: frames in, plain series and facts out.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsResult};

use super::daily_sales::DailySales;
use super::facts::{EarlierDay, EarlierForecast, Price, Product, Promotion};
use super::history::{SeriesHistory, series_histories};
use super::node_key::NodeKey;
use crate::datasets::{CALENDAR, PRICES, PRODUCTS, PROMOTIONS, PublishedAt, STOCK_LEVELS, Source};
use crate::frames::{days, integers, reals, texts};
use crate::job::RunContext;
use crate::published::{DEMAND_FORECASTS, QUANTILES};

/// Ages in days at which an earlier publication is looked for: the newest, one of a week, one of four weeks ago.
const EARLIER_AGES: [i32; 3] = [1, 7, 28];

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

/// Everything the decision depends on. Days are days since 1970-01-01.
#[derive(Clone, Debug, Default)]
pub(super) struct DemandData {
    /// The last complete day.
    pub as_of: i32,
    /// Product x location, sorted by both, without products that are no longer sold.
    pub series: Vec<SeriesHistory>,
    /// The products by id.
    pub products: BTreeMap<String, Product>,
    /// Products with sales in the history that are no longer sold.
    pub ended_products: Vec<String>,
    /// Promotions, past and planned.
    pub promotions: Vec<Promotion>,
    /// Prices by product.
    pub prices: BTreeMap<String, Vec<Price>>,
    /// Days of each event, ascending.
    pub events: BTreeMap<String, Vec<i32>>,
    /// Earlier publications, newest first.
    pub earlier: Vec<EarlierForecast>,
    /// Optional datasets that are not there or have no rows.
    pub missing: Vec<&'static str>,
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
    let mut data = DemandData::from_frames(&frames, &sales, has_stock, ctx)?;
    // From here on its series are known as histories.
    drop(sales);
    for age in EARLIER_AGES {
        let Some(before) = ctx.as_of.checked_sub_days(chrono::Days::new((age - 1) as u64)) else { continue };
        let Some(publication) = source.read_published(&DEMAND_FORECASTS, PublishedAt::Before(before)).await? else {
            continue;
        };
        let as_of = publication.as_of.to_epoch_days();
        if data.earlier.iter().all(|known| known.as_of != as_of) {
            // What the newest said of days to come shows what changed; of older ones the days that passed are graded.
            let last_day = if data.earlier.is_empty() { i32::MAX } else { data.as_of };
            data.earlier.push(EarlierForecast::from_frame(as_of, &publication.frame, last_day)?);
        }
    }
    Ok(data)
}

impl DemandData {
    /// Shapes what was read.
    ///
    /// # Errors
    /// When a frame lacks a column or has another type than its dataset declares.
    pub(super) fn from_frames(
        frames: &Frames,
        sales: &DailySales,
        has_stock: bool,
        ctx: &RunContext,
    ) -> PolarsResult<Self> {
        let as_of = ctx.as_of.to_epoch_days();
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
        let all = series_histories(sales, &products);
        let has_ended = |id: &str| {
            products.get(id).and_then(|product| product.discontinued_on).is_some_and(|last_day| last_day <= as_of)
        };
        let mut ended_products: Vec<String> =
            all.iter().filter(|series| has_ended(&series.product_id)).map(|series| series.product_id.clone()).collect();
        ended_products.dedup();
        Ok(Self {
            as_of,
            series: all.into_iter().filter(|series| !has_ended(&series.product_id)).collect(),
            ended_products,
            promotions: frames.promotions.as_ref().map(read_promotions).transpose()?.unwrap_or_default(),
            prices: frames.prices.as_ref().map(read_prices).transpose()?.unwrap_or_default(),
            events: frames.calendar.as_ref().map(read_events).transpose()?.unwrap_or_default(),
            products,
            earlier: Vec::new(),
            missing,
        })
    }

    /// The category path of a product.
    pub fn category_path(&self, product_id: &str) -> Option<&str> {
        self.products.get(product_id)?.category_path.as_deref()
    }
}

impl EarlierForecast {
    /// Shapes a frame of `demand_forecasts`: its days up to `last_day`.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn from_frame(as_of: i32, frame: &DataFrame, last_day: i32) -> PolarsResult<Self> {
        let (levels, nodes, methods) = (texts(frame, "level")?, texts(frame, "node")?, texts(frame, "method")?);
        let (dates, means) = (days(frame, "period_start")?, reals(frame, "mean")?);
        let quantiles: Vec<Vec<Option<f64>>> =
            QUANTILES.iter().map(|(_, name)| reals(frame, name)).collect::<PolarsResult<_>>()?;
        let mut earlier = Self { as_of, nodes: BTreeMap::new() };
        // Rows of one node mostly follow each other: it is looked up once.
        let mut begin = 0;
        while begin < frame.height() {
            let same = |row: &usize| (levels[*row], nodes[*row]) == (levels[begin], nodes[begin]);
            let end = (begin + 1..frame.height()).find(|row| !same(row)).unwrap_or(frame.height());
            if let (Some(level), Some(node)) = (levels[begin], nodes[begin]) {
                let entry = earlier.nodes.entry(NodeKey::new(level, node)).or_default();
                methods[end - 1].unwrap_or_default().clone_into(&mut entry.method);
                for row in begin..end {
                    let (Some(day), Some(mean)) = (dates[row], means[row]) else { continue };
                    if day <= last_day {
                        let at = |index: usize| quantiles[index][row].unwrap_or(f64::NAN);
                        entry.days.insert(day, EarlierDay { mean, quantiles: std::array::from_fn(at) });
                    }
                }
            }
            begin = end;
        }
        Ok(earlier)
    }
}

fn read_products(frame: &DataFrame) -> PolarsResult<BTreeMap<String, Product>> {
    let (ids, names, paths) = (texts(frame, "product_id")?, texts(frame, "name")?, texts(frame, "category_path")?);
    let (launched, discontinued) = (days(frame, "launched_on")?, days(frame, "discontinued_on")?);
    let mut products = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(id) = ids[row] else { continue };
        let path = paths[row].map(clean_path).filter(|path| !path.is_empty());
        let product = Product {
            name: names[row].unwrap_or(id).to_owned(),
            category_path: path,
            launched_on: launched[row],
            discontinued_on: discontinued[row],
        };
        products.insert(id.to_owned(), product);
    }
    Ok(products)
}

fn read_promotions(frame: &DataFrame) -> PolarsResult<Vec<Promotion>> {
    let (products, paths) = (texts(frame, "product_id")?, texts(frame, "category_path")?);
    let (locations, kinds) = (texts(frame, "location_id")?, texts(frame, "kind")?);
    let (starts, ends) = (days(frame, "starts_on")?, days(frame, "ends_on")?);
    let rates = reals(frame, "discount_rate")?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let promotion = |row: usize| {
        Some(Promotion {
            product_id: owned(products[row]),
            category_path: paths[row].map(clean_path),
            location_id: owned(locations[row]),
            starts_on: starts[row]?,
            ends_on: ends[row]?,
            kind: kinds[row].unwrap_or_default().to_owned(),
            discount_rate: rates[row].filter(|rate| (0.0..1.0).contains(rate)),
        })
    };
    Ok((0..frame.height()).filter_map(promotion).collect())
}

fn read_prices(frame: &DataFrame) -> PolarsResult<BTreeMap<String, Vec<Price>>> {
    let (products, locations) = (texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (from, prices) = (days(frame, "valid_from")?, integers(frame, "price")?);
    let mut all: BTreeMap<String, Vec<Price>> = BTreeMap::new();
    for row in 0..frame.height() {
        let (Some(product), Some(valid_from), Some(price)) = (products[row], from[row], prices[row]) else { continue };
        if price > 0 {
            let location_id = locations[row].map(str::to_owned);
            all.entry(product.to_owned()).or_default().push(Price { location_id, valid_from, price: price as f64 });
        }
    }
    for prices in all.values_mut() {
        prices.sort_by_key(|price| price.valid_from);
    }
    Ok(all)
}

fn read_events(frame: &DataFrame) -> PolarsResult<BTreeMap<String, Vec<i32>>> {
    let (dates, events) = (days(frame, "date")?, texts(frame, "event")?);
    let mut all: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (date, event) in dates.iter().zip(&events) {
        if let (Some(date), Some(event)) = (date, event) {
            all.entry((*event).to_owned()).or_default().push(*date);
        }
    }
    for days in all.values_mut() {
        days.sort_unstable();
        days.dedup();
    }
    Ok(all)
}

/// `Grocery/Dairy` without blanks around the parts and without empty parts.
fn clean_path(path: &str) -> String {
    path.split('/').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
