//! Reads what a plan is made from and turns it into facts.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use super::advice::EarlierAdvice;
use super::beside::DAYS_BESIDE;
use super::decisions::Decisions;
use super::facts::{InventoryFacts, Skipped};
use super::handed_out::{Books, untraced};
use super::hindsight::NAIVE_DAYS;
use super::history::Movements;
use super::line_key::LineKey;
use super::orders::{LineDelivery, LineOrder, OrderKnowledge};
use super::rests::Rests;
use super::wanted::Wanted;
use super::wishes::OrderRuleBook;
use super::{advice, forecasts, history, stand_in};
use crate::contract::ContractError;
use crate::datasets::{
    DAILY_SALES, DELIVERIES, Delivery, LoadError, OPEN_ORDERS, ORDER_RULES, OpenOrder, OrderRule, PRICES, PRODUCTS,
    Price, Product, PublishedAt, STOCK_LEVELS, SUPPLIERS, Sale, Source, Supplier,
};
use crate::day::Day;
use crate::job::{Mode, RunContext};
use crate::published::{DEMAND_FORECASTS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES};

/// Days for which decisions are looked at.
const DECIDED_DAYS: u64 = 400;

/// Longest quoted lead time that is believed, in days.
const LONGEST_QUOTE: i64 = 3660;

/// The frames as read.
#[derive(Debug, Default)]
pub struct InventoryFrames {
    pub(super) forecast: Option<(Day, DataFrame)>,
    pub(super) products: DataFrame,
    pub(super) stock_levels: DataFrame,
    pub(super) daily_sales: DataFrame,
    pub(super) suppliers: Option<DataFrame>,
    pub(super) deliveries: Option<DataFrame>,
    pub(super) open_orders: Option<DataFrame>,
    pub(super) prices: Option<DataFrame>,
    pub(super) order_rules: Option<DataFrame>,
    pub(super) past_advice: Option<DataFrame>,
    pub(super) past_outcomes: Option<DataFrame>,
    /// The as-of dates of the earlier plans that nobody was to act on.
    pub(super) in_shadow: BTreeSet<Day>,
    /// The as-of dates of those that left no file.
    pub(super) without_files: BTreeSet<Day>,
    /// Whether these are compared with what was ordered.
    pub(super) is_compared: bool,
    /// What was decided about earlier orders.
    pub(super) decisions: Decisions,
}

pub(super) async fn load(ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<InventoryFacts> {
    let forecast = source.read_published(&DEMAND_FORECASTS, PublishedAt::Latest).await?;
    let earlier = PublishedAt::Before(ctx.as_of);
    let past_advice = source.read_published(&INVENTORY_RECOMMENDATIONS, earlier).await?;
    let (decided, unknown) = source.decisions(DECIDED_DAYS).await?;
    let frames = InventoryFrames {
        forecast: forecast.map(|published| (published.as_of.into(), published.frame)),
        products: source.read(&PRODUCTS).await?,
        stock_levels: source.read(&STOCK_LEVELS).await?,
        daily_sales: source.read(&DAILY_SALES).await?,
        suppliers: source.read_if_present(&SUPPLIERS).await?,
        deliveries: source.read_if_present(&DELIVERIES).await?,
        open_orders: source.read_if_present(&OPEN_ORDERS).await?,
        prices: source.read_if_present(&PRICES).await?,
        order_rules: source.read_if_present(&ORDER_RULES).await?,
        in_shadow: past_advice.iter().flat_map(|published| &published.in_shadow).map(|day| Day::from(*day)).collect(),
        without_files: past_advice
            .iter()
            .flat_map(|published| &published.without_files)
            .map(|day| Day::from(*day))
            .collect(),
        past_advice: past_advice.map(|published| published.frame),
        past_outcomes: source.read_published(&RECOMMENDATION_OUTCOMES, earlier).await?.map(|published| published.frame),
        is_compared: ctx.mode == Mode::Shadow,
        decisions: Decisions::of(decided, unknown),
    };
    let mut facts = shape(ctx.as_of.into(), &frames)?;
    if ctx.stand_in {
        stand_in(ctx, &mut facts, &frames)?;
    }
    Ok(facts)
}

/// Completes the facts with what is taken for known where the newest data are missing.
pub(super) fn stand_in(ctx: &RunContext, facts: &mut InventoryFacts, frames: &InventoryFrames) -> anyhow::Result<()> {
    let forecasts = frames.forecast.as_ref().map(|(_, frame)| forecasts::read(frame, 0)).transpose()?;
    let newest_sale = Sale::read(&frames.daily_sales)?.map(|sale| sale.sold_on).max();
    if facts.previous.as_ref().is_some_and(|(day, _)| frames.in_shadow.contains(day)) {
        // Nobody placed what was recommended.
        facts.previous = None;
    }
    stand_in::assume(ctx.as_of.into(), facts, &forecasts.unwrap_or_default(), newest_sale);
    Ok(())
}

/// What the forecast has to bring first: the run is refused.
fn unpublished<T>(why: String) -> anyhow::Result<T> {
    Err(LoadError::Unpublished(why).into())
}

/// Turns frames into facts.
///
/// # Errors
/// When there is no forecast, or one whose days have all passed.
pub(super) fn shape(as_of: Day, frames: &InventoryFrames) -> anyhow::Result<InventoryFacts> {
    let Some((forecast_as_of, forecast)) = &frames.forecast else {
        return unpublished(format!(
            "planning orders: no `demand_forecasts` have been published up to {as_of}; run the job of kind `demand_forecast` for {as_of} first"
        ));
    };
    let age = usize::try_from(as_of - *forecast_as_of).unwrap_or(0);
    let forecasts = forecasts::read(forecast, age)?;
    if forecasts.is_empty() {
        return unpublished(format!(
            "planning orders: the newest `demand_forecasts`, of {forecast_as_of}, hold no day after {as_of} at level `product_location`; \
             run the job of kind `demand_forecast` for {as_of} first"
        ));
    }
    let locations: BTreeSet<&str> = forecasts.keys().map(|key| key.location_id.as_str()).collect();
    let sole_location = if locations.len() == 1 { locations.first().copied() } else { None };
    let received = |frame: &DataFrame| Received::read(frame, as_of, sole_location);
    let Received { deliveries, lead_times, n_reversed: reversed_deliveries } =
        frames.deliveries.as_ref().map(received).transpose()?.unwrap_or_default();
    let on_order = |frame: &DataFrame| OnOrder::read(frame, as_of);
    let OnOrder { mut orders, name_order_dates, n_reversed: reversed_orders } =
        frames.open_orders.as_ref().map(on_order).transpose()?.unwrap_or_default();

    let compared_from = frames.is_compared.then(|| as_of + 1 - DAYS_BESIDE);
    let EarlierAdvice { to_grade, newest, all: all_advice } =
        advice::read(as_of, frames.past_advice.as_ref(), frames.past_outcomes.as_ref())?;
    let wanted = match (compared_from, &frames.past_advice) {
        (Some(from), Some(advice)) => Wanted::read(advice, &frames.in_shadow, from..=as_of)?,
        _ => Wanted::default(),
    };
    let products = products(&frames.products)?;
    let order_knowledge = OrderKnowledge { open_orders: name_order_dates, deliveries: !deliveries.is_empty() };
    let books =
        Books { as_of, open_orders: &orders, deliveries: &deliveries, knowledge: order_knowledge, products: &products };
    let (believed, untraced) = untraced(&books, &all_advice, &frames.without_files, &frames.decisions);
    for (key, order) in believed {
        orders.entry(key).or_default().push(order);
    }
    let grading_from = to_grade.iter().map(|line| line.published.as_of).min().unwrap_or(as_of);
    let grading_from = grading_from.min(compared_from.unwrap_or(as_of));
    let mut snapshots = history::snapshots(&frames.stock_levels, as_of, grading_from)?;
    let taken_for_empty =
        history::take_left_out_for_empty(&frames.stock_levels, &frames.daily_sales, as_of, &mut snapshots)?;
    let oldest_stock = snapshots.values().filter_map(|days| days.last()).map(|snapshot| snapshot.on).min();
    let sales_from = (grading_from - NAIVE_DAYS).min(oldest_stock.unwrap_or(as_of));
    let optional = [
        ("suppliers", frames.suppliers.is_some()),
        ("deliveries", frames.deliveries.is_some()),
        ("open_orders", frames.open_orders.is_some()),
        ("prices", frames.prices.is_some()),
    ];
    let suppliers = frames.suppliers.as_ref().map(suppliers).transpose()?;
    let named = products.values().filter_map(|product| product.supplier_id.as_ref()).chain(lead_times.keys());
    let unknown_suppliers = match &suppliers {
        Some(known) => named.filter(|id| !known.contains_key(*id)).cloned().collect(),
        None => BTreeSet::new(),
    };
    let rests = match &frames.deliveries {
        Some(frame) => Rests::of(as_of, Delivery::read(frame)?, &orders, &products),
        None => Rests::default(),
    };
    let rules = match &frames.order_rules {
        Some(frame) => OrderRuleBook::of(OrderRule::read(frame)?, as_of + 1, &products, &forecasts),
        None => OrderRuleBook::default(),
    };
    Ok(InventoryFacts {
        rests,
        rules,
        movements: Movements::read(&frames.daily_sales, &frames.stock_levels, as_of)?,
        taken_for_empty,
        untraced,
        snoozed: frames.decisions.snoozed(&all_advice, as_of),
        decisions: frames.decisions.clone(),
        skipped: Skipped { reversed_deliveries, reversed_orders, unknown_suppliers },
        forecast_as_of: *forecast_as_of,
        forecasts,
        products,
        suppliers: suppliers.unwrap_or_default(),
        sales: history::sales(&frames.daily_sales, as_of, sales_from)?,
        snapshots,
        order_knowledge,
        open_orders: orders,
        deliveries,
        lead_times,
        prices: frames.prices.as_ref().map(|frame| prices(frame, as_of)).transpose()?.unwrap_or_default(),
        to_grade,
        wanted,
        previous: newest,
        stand_in: None,
        missing: optional.into_iter().filter(|(_, is_there)| !is_there).map(|(dataset, _)| dataset).collect(),
    })
}

/// By id, without numbers that cannot be.
fn products(frame: &DataFrame) -> Result<BTreeMap<String, Product>, ContractError> {
    let plausible = |product: Product| Product {
        unit_cost: product.unit_cost.filter(|&cost| cost >= 0),
        list_price: product.list_price.filter(|&price| price >= 0),
        supplier_id: product.supplier_id.filter(|supplier| !supplier.is_empty()),
        pack_size: product.pack_size.filter(|&pack| pack > 0),
        min_order_quantity: product.min_order_quantity.filter(|&minimum| minimum > 0),
        shelf_life_days: product.shelf_life_days.filter(|&days| days > 0),
        presentation_quantity: product.presentation_quantity.filter(|&quantity| quantity > 0),
        ..product
    };
    Ok(Product::read(frame)?.map(|product| (product.product_id.clone(), plausible(product))).collect())
}

/// By id, without numbers that cannot be.
fn suppliers(frame: &DataFrame) -> Result<BTreeMap<String, Supplier>, ContractError> {
    let plausible = |supplier: Supplier| Supplier {
        lead_time_days: supplier.lead_time_days.filter(|days| (0..=LONGEST_QUOTE).contains(days)),
        min_order_value: supplier.min_order_value.filter(|&minimum| minimum > 0),
        ..supplier
    };
    Ok(Supplier::read(frame)?.map(|supplier| (supplier.supplier_id.clone(), plausible(supplier))).collect())
}

/// What has arrived.
#[derive(Debug, Default)]
struct Received {
    /// Those that name product and location.
    deliveries: BTreeMap<LineKey, Vec<LineDelivery>>,
    /// Order days and days from order to receipt per supplier.
    lead_times: BTreeMap<String, Vec<(Day, u32)>>,
    /// How many were received before they were ordered.
    n_reversed: usize,
}

impl Received {
    /// Up to `as_of`. A delivery without a location went to the only one there is.
    fn read(frame: &DataFrame, as_of: Day, sole_location: Option<&str>) -> Result<Self, ContractError> {
        let mut found = Self::default();
        // The lines of one order that arrive together are one observation of a lead time, not many.
        let mut arrivals = BTreeSet::new();
        for delivery in Delivery::read(frame)? {
            let Delivery { supplier_id, product_id, location_id, ordered_on, received_on, quantity, .. } = delivery;
            if received_on > as_of {
                continue;
            }
            let is_reversed = received_on < ordered_on;
            found.n_reversed += usize::from(is_reversed);
            let location = location_id.or(sole_location);
            if let (Some(product_id), Some(location_id)) = (product_id, location) {
                let delivery = LineDelivery { ordered_on, received_on, quantity: quantity.max(0) };
                found.deliveries.entry(LineKey::new(product_id, location_id)).or_default().push(delivery);
            }
            // It arrived all the same; how long it took is not known.
            if !is_reversed {
                arrivals.insert((supplier_id, ordered_on, location, received_on));
            }
        }
        for (supplier, ordered_on, _, received_on) in arrivals {
            let days = u32::try_from(received_on - ordered_on).unwrap_or(0);
            found.lead_times.entry(supplier.to_owned()).or_default().push((ordered_on, days));
        }
        Ok(found)
    }
}

/// What is on its way.
#[derive(Debug, Default)]
struct OnOrder {
    orders: BTreeMap<LineKey, Vec<LineOrder>>,
    /// Whether any order names its date, or there is none that could.
    name_order_dates: bool,
    /// How many are due before they were ordered.
    n_reversed: usize,
}

impl OnOrder {
    /// Placed up to `as_of`.
    fn read(frame: &DataFrame, as_of: Day) -> Result<Self, ContractError> {
        let mut found = Self { name_order_dates: frame.height() == 0, ..Self::default() };
        for order in OpenOrder::read(frame)? {
            let OpenOrder { product_id, location_id, quantity, due_on, ordered_on, order_number, received } = order;
            found.name_order_dates |= ordered_on.is_some();
            found.n_reversed += usize::from(ordered_on.is_some_and(|day| due_on < day));
            if quantity > 0 && ordered_on.is_none_or(|day| day <= as_of) {
                // Nothing is due before it is ordered: it is expected after another lead time, as an overdue one is.
                let order_number = order_number.map(ToOwned::to_owned);
                let order = LineOrder {
                    quantity,
                    due_on: due_on.max(ordered_on.unwrap_or(due_on)),
                    ordered_on,
                    order_number,
                    received: received.unwrap_or(0),
                    is_in_books: true,
                };
                found.orders.entry(LineKey::new(product_id, location_id)).or_default().push(order);
            }
        }
        Ok(found)
    }
}

/// The newest price up to `as_of` per product and location; location `None` holds everywhere.
fn prices(frame: &DataFrame, as_of: Day) -> Result<BTreeMap<(String, Option<String>), i64>, ContractError> {
    let mut newest: BTreeMap<(String, Option<String>), (Day, i64)> = BTreeMap::new();
    for Price { product_id, location_id, valid_from, price } in Price::read(frame)? {
        if valid_from > as_of || price < 0 {
            continue;
        }
        let entry = newest.entry((product_id, location_id)).or_insert((valid_from, price));
        if valid_from >= entry.0 {
            *entry = (valid_from, price);
        }
    }
    Ok(newest.into_iter().map(|(key, (_, price))| (key, price)).collect())
}
