//! Reads what a plan is made from and turns it into facts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::facts::{Delivery, InventoryFacts, OpenOrder, OrderKnowledge, Product, Supplier};
use super::frame_columns::{dates, integers, texts};
use super::line_key::LineKey;
use super::{advice, forecasts, history};
use crate::datasets::PublishedAt;
use crate::datasets::{DAILY_SALES, DELIVERIES, OPEN_ORDERS, PRICES, PRODUCTS, STOCK_LEVELS, SUPPLIERS, Source};
use crate::job::RunContext;
use crate::published::{DEMAND_FORECASTS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES};

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

    let (deliveries, open_orders) = (frames.deliveries.as_ref(), frames.open_orders.as_ref());
    let arrived = deliveries.map(|frame| Received::read(frame, as_of, sole_location.as_deref())).transpose();
    let Received { deliveries, lead_times } = arrived.context("reading `deliveries`")?.unwrap_or_default();
    let on_order = open_orders.map(|frame| OnOrder::read(frame, as_of)).transpose();
    let OnOrder { orders, name_order_dates } = on_order.context("reading `open_orders`")?.unwrap_or_default();
    let suppliers = frames.suppliers.as_ref().map(suppliers).transpose().context("reading `suppliers`")?;
    let prices = frames.prices.as_ref().map(|frame| prices(frame, as_of)).transpose().context("reading `prices`")?;
    let optional = [
        ("suppliers", frames.suppliers.is_some()),
        ("deliveries", frames.deliveries.is_some()),
        ("open_orders", frames.open_orders.is_some()),
        ("prices", frames.prices.is_some()),
    ];
    Ok(InventoryFacts {
        forecast_as_of: *forecast_as_of,
        forecasts,
        products: products(&frames.products).context("reading `products`")?,
        suppliers: suppliers.unwrap_or_default(),
        snapshots,
        sales,
        order_knowledge: OrderKnowledge { open_orders: name_order_dates, deliveries: !deliveries.is_empty() },
        open_orders: orders,
        deliveries,
        lead_times,
        prices: prices.unwrap_or_default(),
        to_grade,
        previous,
        missing: optional.into_iter().filter(|(_, is_there)| !is_there).map(|(dataset, _)| dataset).collect(),
    })
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

/// What has arrived.
#[derive(Debug, Default)]
struct Received {
    /// Those that name product and location.
    deliveries: BTreeMap<LineKey, Vec<Delivery>>,
    /// Days from order to receipt per supplier.
    lead_times: BTreeMap<String, Vec<u32>>,
}

impl Received {
    /// Up to `as_of`. A delivery without a location went to the only one there is.
    fn read(frame: &DataFrame, as_of: NaiveDate, sole_location: Option<&str>) -> anyhow::Result<Self> {
        let (suppliers, products, locations) =
            (texts(frame, "supplier_id")?, texts(frame, "product_id")?, texts(frame, "location_id")?);
        let (ordered, received) = (dates(frame, "ordered_on")?, dates(frame, "received_on")?);
        let quantities = integers(frame, "quantity")?;
        let mut found = Self::default();
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
                found.deliveries.entry(LineKey { product_id, location_id }).or_default().push(delivery);
            }
            arrivals.insert((supplier, location, ordered_on, received_on));
        }
        for (supplier, _, ordered_on, received_on) in arrivals {
            let days = u32::try_from((received_on - ordered_on).num_days()).unwrap_or(0);
            found.lead_times.entry(supplier).or_default().push(days);
        }
        Ok(found)
    }
}

/// What is on its way.
#[derive(Debug, Default)]
struct OnOrder {
    orders: BTreeMap<LineKey, Vec<OpenOrder>>,
    /// Whether any order names its date, or there is none that could.
    name_order_dates: bool,
}

impl OnOrder {
    fn read(frame: &DataFrame, as_of: NaiveDate) -> anyhow::Result<Self> {
        let (products, locations) = (texts(frame, "product_id")?, texts(frame, "location_id")?);
        let (quantities, due, ordered) =
            (integers(frame, "quantity")?, dates(frame, "due_on")?, dates(frame, "ordered_on")?);
        let name_order_dates = frame.height() == 0 || ordered.iter().any(Option::is_some);
        let mut orders: BTreeMap<LineKey, Vec<OpenOrder>> = BTreeMap::new();
        for row in 0..frame.height() {
            let (Some(product_id), Some(location_id), Some(due_on)) =
                (products[row].clone(), locations[row].clone(), due[row])
            else {
                continue;
            };
            let order = OpenOrder { quantity: quantities[row].unwrap_or(0), due_on, ordered_on: ordered[row] };
            if order.quantity > 0 && order.ordered_on.is_none_or(|day| day <= as_of) {
                orders.entry(LineKey { product_id, location_id }).or_default().push(order);
            }
        }
        Ok(Self { orders, name_order_dates })
    }
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
