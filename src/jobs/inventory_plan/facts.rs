//! Everything a plan is made from, as plain structs keyed by line.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::advice::{self, PastLine};
use super::cells::{dates, integers, texts};
use super::forecasts::{self, SeriesForecast};
use super::history::{self, DaySales, Snapshot};
use crate::datasets::PublishedAt;
use crate::datasets::{DAILY_SALES, DELIVERIES, OPEN_ORDERS, PRICES, PRODUCTS, STOCK_LEVELS, SUPPLIERS, Source};
use crate::job::RunContext;
use crate::published::{DEMAND_FORECASTS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES};

/// A product at a location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
}

/// What is known about a product.
#[derive(Debug, Clone, Default)]
pub struct Product {
    pub(super) name: String,
    pub(super) unit_cost: Option<i64>,
    pub(super) list_price: Option<i64>,
    pub(super) supplier_id: Option<String>,
    pub(super) pack_size: Option<i64>,
    pub(super) min_order_quantity: Option<i64>,
    pub(super) shelf_life_days: Option<i64>,
    pub(super) launched_on: Option<NaiveDate>,
    pub(super) discontinued_on: Option<NaiveDate>,
}

/// What is known about a supplier.
#[derive(Debug, Clone, Default)]
pub struct Supplier {
    pub(super) name: Option<String>,
    pub(super) lead_time_days: Option<i64>,
    pub(super) order_weekdays: Option<String>,
    pub(super) min_order_value: Option<i64>,
}

/// An order on its way.
#[derive(Debug, Clone)]
pub struct OpenOrder {
    pub(super) quantity: i64,
    pub(super) due_on: NaiveDate,
    pub(super) ordered_on: Option<NaiveDate>,
}

/// A delivery that arrived.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub(super) ordered_on: NaiveDate,
    pub(super) received_on: NaiveDate,
    pub(super) quantity: i64,
}

/// What past orders can be known from.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderKnowledge {
    /// Open orders name their order date.
    pub(super) open_orders: bool,
    /// Deliveries name product and location.
    pub(super) deliveries: bool,
}

/// Everything a plan is made from.
#[derive(Debug, Default)]
pub struct InventoryFacts {
    pub(super) forecast_as_of: NaiveDate,
    pub(super) forecasts: BTreeMap<LineKey, SeriesForecast>,
    pub(super) products: BTreeMap<String, Product>,
    pub(super) suppliers: BTreeMap<String, Supplier>,
    pub(super) snapshots: BTreeMap<LineKey, Vec<Snapshot>>,
    pub(super) sales: BTreeMap<LineKey, Vec<DaySales>>,
    pub(super) open_orders: BTreeMap<LineKey, Vec<OpenOrder>>,
    pub(super) deliveries: BTreeMap<LineKey, Vec<Delivery>>,
    /// Days from order to receipt per supplier; one entry per supplier, location, order day and receipt day.
    pub(super) lead_times: BTreeMap<String, Vec<u32>>,
    pub(super) prices: BTreeMap<(String, Option<String>), i64>,
    pub(super) order_knowledge: OrderKnowledge,
    /// Advice whose time is over and that was not graded before.
    pub(super) to_grade: Vec<PastLine>,
    /// The last publication before `as_of`, for what changed.
    pub(super) previous: Option<(NaiveDate, Vec<PastLine>)>,
    /// Datasets of `USES` that the project does not have.
    pub(super) missing: Vec<&'static str>,
}

/// The frames as read.
#[derive(Debug, Default)]
pub struct InventoryFrames {
    pub(super) forecast: Option<(NaiveDate, DataFrame)>,
    pub(super) products: DataFrame,
    pub(super) stock_levels: DataFrame,
    pub(super) daily_sales: DataFrame,
    pub(super) suppliers: Option<DataFrame>,
    pub(super) deliveries: Option<DataFrame>,
    pub(super) open_orders: Option<DataFrame>,
    pub(super) prices: Option<DataFrame>,
    pub(super) past_advice: Option<DataFrame>,
    pub(super) past_outcomes: Option<DataFrame>,
}

pub(super) async fn load(ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<InventoryFacts> {
    let forecast = source.read_published(&DEMAND_FORECASTS, PublishedAt::Latest).await?;
    let earlier = PublishedAt::Before(ctx.as_of);
    let frames = InventoryFrames {
        forecast: forecast.map(|published| (published.as_of, published.frame)),
        products: source.read(&PRODUCTS).await?,
        stock_levels: source.read(&STOCK_LEVELS).await?,
        daily_sales: source.read(&DAILY_SALES).await?,
        suppliers: source.read_if_present(&SUPPLIERS).await?,
        deliveries: source.read_if_present(&DELIVERIES).await?,
        open_orders: source.read_if_present(&OPEN_ORDERS).await?,
        prices: source.read_if_present(&PRICES).await?,
        past_advice: source.read_published(&INVENTORY_RECOMMENDATIONS, earlier).await?.map(|published| published.frame),
        past_outcomes: source.read_published(&RECOMMENDATION_OUTCOMES, earlier).await?.map(|published| published.frame),
    };
    shape(ctx.as_of, &frames)
}

/// Turns frames into facts.
///
/// # Errors
/// When there is no forecast, or one whose days have all passed.
pub(super) fn shape(as_of: NaiveDate, frames: &InventoryFrames) -> anyhow::Result<InventoryFacts> {
    let Some((forecast_as_of, forecast)) = &frames.forecast else {
        anyhow::bail!(
            "planning orders: no `demand_forecasts` have been published up to {as_of}; run the job of kind `demand_forecast` for {as_of} first"
        );
    };
    let age = usize::try_from((as_of - *forecast_as_of).num_days()).unwrap_or(0);
    let forecasts = forecasts::read(forecast, age).context("reading `demand_forecasts`")?;
    if forecasts.is_empty() {
        anyhow::bail!(
            "planning orders: the newest `demand_forecasts`, of {forecast_as_of}, hold no day after {as_of} at level `product_location`; \
             run the job of kind `demand_forecast` for {as_of} first"
        );
    }
    let locations: BTreeSet<&str> = forecasts.keys().map(|key| key.location_id.as_str()).collect();
    let sole_location = if locations.len() == 1 { locations.first().map(|only| (*only).to_owned()) } else { None };

    let (to_grade, previous) = advice::read(as_of, frames.past_advice.as_ref(), frames.past_outcomes.as_ref())?;
    let grading_from = to_grade.iter().map(|line| line.recommended_as_of).min().unwrap_or(as_of);
    let snapshots = history::snapshots(&frames.stock_levels, as_of, grading_from).context("reading `stock_levels`")?;
    let oldest_stock = snapshots.values().filter_map(|days| days.last()).map(|snapshot| snapshot.on).min();
    let sales_from = grading_from.min(oldest_stock.unwrap_or(as_of));
    let sales = history::sales(&frames.daily_sales, as_of, sales_from).context("reading `daily_sales`")?;

    let mut facts = InventoryFacts {
        forecast_as_of: *forecast_as_of,
        forecasts,
        products: products(&frames.products).context("reading `products`")?,
        snapshots,
        sales,
        to_grade,
        previous,
        ..InventoryFacts::default()
    };
    match &frames.suppliers {
        Some(frame) => facts.suppliers = suppliers(frame).context("reading `suppliers`")?,
        None => facts.missing.push("suppliers"),
    }
    match &frames.deliveries {
        Some(frame) => {
            read_deliveries(frame, as_of, sole_location.as_deref(), &mut facts).context("reading `deliveries`")?;
        }
        None => facts.missing.push("deliveries"),
    }
    match &frames.open_orders {
        Some(frame) => read_open_orders(frame, as_of, &mut facts).context("reading `open_orders`")?,
        None => facts.missing.push("open_orders"),
    }
    match &frames.prices {
        Some(frame) => facts.prices = prices(frame, as_of).context("reading `prices`")?,
        None => facts.missing.push("prices"),
    }
    Ok(facts)
}

fn products(frame: &DataFrame) -> anyhow::Result<BTreeMap<String, Product>> {
    let (ids, names, suppliers) = (texts(frame, "product_id")?, texts(frame, "name")?, texts(frame, "supplier_id")?);
    let (costs, list_prices) = (integers(frame, "unit_cost")?, integers(frame, "list_price")?);
    let (packs, minimums) = (integers(frame, "pack_size")?, integers(frame, "min_order_quantity")?);
    let shelf_lives = integers(frame, "shelf_life_days")?;
    let (launched, discontinued) = (dates(frame, "launched_on")?, dates(frame, "discontinued_on")?);
    let mut products = BTreeMap::new();
    for (row, id) in ids.into_iter().enumerate() {
        let Some(id) = id else { continue };
        let product = Product {
            name: names[row].clone().unwrap_or_else(|| id.clone()),
            unit_cost: costs[row].filter(|&cost| cost >= 0),
            list_price: list_prices[row].filter(|&price| price >= 0),
            supplier_id: suppliers[row].clone().filter(|supplier| !supplier.is_empty()),
            pack_size: packs[row].filter(|&pack| pack > 0),
            min_order_quantity: minimums[row].filter(|&minimum| minimum > 0),
            shelf_life_days: shelf_lives[row].filter(|&days| days > 0),
            launched_on: launched[row],
            discontinued_on: discontinued[row],
        };
        products.insert(id, product);
    }
    Ok(products)
}

fn suppliers(frame: &DataFrame) -> anyhow::Result<BTreeMap<String, Supplier>> {
    let (ids, names, weekdays) = (texts(frame, "supplier_id")?, texts(frame, "name")?, texts(frame, "order_weekdays")?);
    let (quotes, minimums) = (integers(frame, "lead_time_days")?, integers(frame, "min_order_value")?);
    let mut suppliers = BTreeMap::new();
    for (row, id) in ids.into_iter().enumerate() {
        let Some(id) = id else { continue };
        let supplier = Supplier {
            name: names[row].clone(),
            lead_time_days: quotes[row].filter(|days| (0..=3660).contains(days)),
            order_weekdays: weekdays[row].clone(),
            min_order_value: minimums[row].filter(|&minimum| minimum > 0),
        };
        suppliers.insert(id, supplier);
    }
    Ok(suppliers)
}

fn read_deliveries(
    frame: &DataFrame,
    as_of: NaiveDate,
    sole_location: Option<&str>,
    facts: &mut InventoryFacts,
) -> anyhow::Result<()> {
    let (suppliers, products, locations) =
        (texts(frame, "supplier_id")?, texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (ordered, received) = (dates(frame, "ordered_on")?, dates(frame, "received_on")?);
    let quantities = integers(frame, "quantity")?;
    // The lines of one order that arrive together are one observation of a lead time, not many.
    let mut arrivals: BTreeSet<(String, Option<String>, NaiveDate, NaiveDate)> = BTreeSet::new();
    for (row, supplier) in suppliers.into_iter().enumerate() {
        let (Some(supplier), Some(ordered_on), Some(received_on)) = (supplier, ordered[row], received[row]) else {
            continue;
        };
        if received_on > as_of || received_on < ordered_on {
            continue;
        }
        let location = locations[row].clone().or_else(|| sole_location.map(ToOwned::to_owned));
        if let (Some(product_id), Some(location_id)) = (products[row].clone(), location.clone()) {
            let delivery = Delivery { ordered_on, received_on, quantity: quantities[row].unwrap_or(0).max(0) };
            facts.deliveries.entry(LineKey { product_id, location_id }).or_default().push(delivery);
            facts.order_knowledge.deliveries = true;
        }
        arrivals.insert((supplier, location, ordered_on, received_on));
    }
    for (supplier, _, ordered_on, received_on) in arrivals {
        let days = u32::try_from((received_on - ordered_on).num_days()).unwrap_or(0);
        facts.lead_times.entry(supplier).or_default().push(days);
    }
    Ok(())
}

fn read_open_orders(frame: &DataFrame, as_of: NaiveDate, facts: &mut InventoryFacts) -> anyhow::Result<()> {
    let (products, locations) = (texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (quantities, due, ordered) =
        (integers(frame, "quantity")?, dates(frame, "due_on")?, dates(frame, "ordered_on")?);
    facts.order_knowledge.open_orders = frame.height() == 0 || ordered.iter().any(Option::is_some);
    for row in 0..frame.height() {
        let (Some(product_id), Some(location_id), Some(due_on)) =
            (products[row].clone(), locations[row].clone(), due[row])
        else {
            continue;
        };
        let order = OpenOrder { quantity: quantities[row].unwrap_or(0), due_on, ordered_on: ordered[row] };
        if order.quantity > 0 && order.ordered_on.is_none_or(|day| day <= as_of) {
            facts.open_orders.entry(LineKey { product_id, location_id }).or_default().push(order);
        }
    }
    Ok(())
}

/// The newest price up to `as_of` per product and location; location `None` holds everywhere.
fn prices(frame: &DataFrame, as_of: NaiveDate) -> anyhow::Result<BTreeMap<(String, Option<String>), i64>> {
    let (products, locations) = (texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (starts, amounts) = (dates(frame, "valid_from")?, integers(frame, "price")?);
    let mut newest: BTreeMap<(String, Option<String>), (NaiveDate, i64)> = BTreeMap::new();
    for (row, product) in products.into_iter().enumerate() {
        let (Some(product), Some(from), Some(price)) = (product, starts[row], amounts[row]) else { continue };
        if from > as_of || price < 0 {
            continue;
        }
        let entry = newest.entry((product, locations[row].clone())).or_insert((from, price));
        if from >= entry.0 {
            *entry = (from, price);
        }
    }
    Ok(newest.into_iter().map(|(key, (_, price))| (key, price)).collect())
}
