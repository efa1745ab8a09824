//! The rows of lived days, and their frames.

use polars::prelude::PolarsResult;

use super::calendar::{berlin_day_start, date_of};
use super::day::Influence;
use super::frames::{column, columns, table};
use super::plan::Plan;
use super::state::DueReturn;
use super::world::World;
use super::{ShopTable, schemas, truth};

/// Marks a dirty line: no coupon, and it never comes back.
pub(super) const NO_LABEL: usize = usize::MAX;
const UNKNOWN_PRODUCT: &str = "P9999X";
const MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * MICROS;

#[derive(Debug)]
pub(super) struct OrderLine {
    pub day: i32,
    pub location: usize,
    pub order_id: String,
    pub line_no: i64,
    /// Second of the local day.
    pub second: i64,
    pub days_late: i64,
    pub customer: Option<usize>,
    /// `None`: a product that does not exist.
    pub product: Option<usize>,
    pub quantity: i64,
    pub net_amount: i64,
    pub discount_amount: i64,
    /// The campaign whose coupon was used.
    pub label: Option<usize>,
    pub fault: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Stock {
    pub day: i32,
    pub location: usize,
    pub product: usize,
    pub on_hand: i64,
    pub on_sale: bool,
    pub mean: f64,
    pub demanded: i64,
    pub sold: i64,
}

#[derive(Debug)]
pub(super) struct Purchase {
    pub day: i32,
    pub location: usize,
    pub product: usize,
    pub quantity: i64,
}

#[derive(Debug)]
pub(super) struct Delivery {
    pub day: i32,
    pub ordered_on: i32,
    pub location: usize,
    pub product: usize,
    pub quantity: i64,
}

#[derive(Debug)]
pub(super) struct ChangedOrder {
    pub day: i32,
    pub location: usize,
    pub campaign: usize,
    pub customer: usize,
    pub order_id: String,
    pub influence: Influence,
    pub spend_effect: i64,
    /// Cents given away when the coupon was used.
    pub redeemed: Option<i64>,
    pub second: i64,
}

/// What happened at a location.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub lines: Vec<OrderLine>,
    pub stock: Vec<Stock>,
    pub purchases: Vec<Purchase>,
    pub deliveries: Vec<Delivery>,
    pub changed: Vec<ChangedOrder>,
    /// Day of the sale, location, and what will come back.
    pub returns: Vec<(i32, usize, DueReturn)>,
}

/// The daily tables, by day, then location.
pub(super) fn tables(world: &World, plan: &Plan, lived: Vec<Rows>) -> PolarsResult<Vec<ShopTable>> {
    let mut all = Rows::default();
    for rows in lived {
        all.lines.extend(rows.lines);
        all.stock.extend(rows.stock);
        all.purchases.extend(rows.purchases);
        all.deliveries.extend(rows.deliveries);
        all.changed.extend(rows.changed);
        all.returns.extend(rows.returns);
    }
    all.lines.sort_by_key(|row| (row.day, row.location));
    all.stock.sort_by_key(|row| (row.day, row.location));
    all.purchases.sort_by_key(|row| (row.day, row.location));
    all.deliveries.sort_by_key(|row| (row.day, row.location));
    all.changed.sort_by_key(|row| (row.day, row.location));
    all.returns.sort_by_key(|row| (row.0, row.1));
    let mut tables = sales(world, plan, &all)?;
    tables.extend(supply(world, &all)?);
    tables.extend(truths(world, plan, &all)?);
    Ok(tables)
}

fn sales(world: &World, plan: &Plan, rows: &Rows) -> PolarsResult<Vec<ShopTable>> {
    let lines = &rows.lines;
    let starts = DayStarts::new(lines.iter().map(|line| line.day));
    let at = |line: &OrderLine| starts.of(line.day) + line.second * MICROS;
    let redeemed: Vec<(&super::rows::ChangedOrder, i64)> =
        rows.changed.iter().filter_map(|order| order.redeemed.map(|amount| (order, amount))).collect();
    Ok(vec![
        table(
            &schemas::ORDER_LINES,
            columns![
                column!(lines, line => line.order_id.as_str()),
                column!(lines, line => line.line_no),
                column!(lines, line => at(line)),
                column!(lines, line => line.day),
                column!(lines, line => line.customer.map(|customer| world.customers[customer].id.as_str())),
                column!(lines, line => line.product.map_or(UNKNOWN_PRODUCT, |product| world.catalogue.products[product].id.as_str())),
                column!(lines, line => world.locations[line.location].as_str()),
                column!(lines, line => line.quantity),
                column!(lines, line => line.net_amount),
                column!(lines, line => line.discount_amount),
                column!(lines, line => line.label.and_then(|label| plan.labels.get(label)).map(|label| label.offer_id.as_str())),
                column!(lines, line => at(line) + line.days_late * DAY_MICROS),
            ],
        )?,
        table(
            &schemas::REDEMPTIONS,
            columns![
                column!(redeemed, (order, _) => plan.labels[order.campaign].campaign_id.as_str()),
                column!(redeemed, (order, _) => world.customers[order.customer].id.as_str()),
                column!(redeemed, (order, _) => starts.of(order.day) + order.second * MICROS),
                column!(redeemed, (_, amount) => *amount),
            ],
        )?,
    ])
}

fn supply(world: &World, rows: &Rows) -> PolarsResult<Vec<ShopTable>> {
    let (purchases, deliveries) = (&rows.purchases, &rows.deliveries);
    let is_counted = |row: &&Stock| row.on_hand != 0 || world.troubles.counts_zeros(row.location);
    let stock: Vec<&Stock> = rows.stock.iter().filter(is_counted).collect();
    let product = |number: usize| world.catalogue.products[number].id.as_str();
    let supplier = |number: usize| &world.catalogue.suppliers[world.catalogue.products[number].supplier];
    Ok(vec![
        table(
            &schemas::STOCK_LEVELS,
            columns![
                column!(stock, row => row.day),
                column!(stock, row => product(row.product)),
                column!(stock, row => world.locations[row.location].as_str()),
                column!(stock, row => row.on_hand),
                vec![0_i64; stock.len()],
            ],
        )?,
        table(
            &schemas::PURCHASE_ORDERS,
            columns![
                column!(purchases, row => order_number(world, row.day, row.location, row.product)),
                column!(purchases, row => product(row.product)),
                column!(purchases, row => world.locations[row.location].as_str()),
                column!(purchases, row => supplier(row.product).id.as_str()),
                column!(purchases, row => row.quantity),
                column!(purchases, row => row.day),
                column!(purchases, row => row.day + supplier(row.product).lead_time_days),
            ],
        )?,
        table(
            &schemas::DELIVERIES,
            columns![
                column!(deliveries, row => order_number(world, row.ordered_on, row.location, row.product)),
                column!(deliveries, row => supplier(row.product).id.as_str()),
                column!(deliveries, row => product(row.product)),
                column!(deliveries, row => world.locations[row.location].as_str()),
                column!(deliveries, row => row.ordered_on),
                column!(deliveries, row => row.day),
                column!(deliveries, row => row.quantity),
            ],
        )?,
    ])
}

fn truths(world: &World, plan: &Plan, rows: &Rows) -> PolarsResult<Vec<ShopTable>> {
    let product = |number: usize| world.catalogue.products[number].id.as_str();
    let customer = |number: usize| world.customers[number].id.as_str();
    let demand: Vec<&Stock> = rows.stock.iter().filter(|row| row.on_sale).collect();
    let dirty: Vec<(&OrderLine, &str)> =
        rows.lines.iter().filter_map(|line| line.fault.map(|fault| (line, fault))).collect();
    let (changed, returns) = (&rows.changed, &rows.returns);
    Ok(vec![
        table(
            &truth::TRUTH_DEMAND,
            columns![
                column!(demand, row => row.day),
                column!(demand, row => product(row.product)),
                column!(demand, row => world.locations[row.location].as_str()),
                column!(demand, row => row.mean),
                column!(demand, row => row.demanded),
                column!(demand, row => row.sold),
                column!(demand, row => row.demanded - row.sold),
            ],
        )?,
        table(
            &truth::TRUTH_CAMPAIGN_ORDERS,
            columns![
                column!(changed, row => plan.labels[row.campaign].campaign_id.as_str()),
                column!(changed, row => customer(row.customer)),
                column!(changed, row => row.order_id.as_str()),
                column!(changed, row => row.day),
                column!(changed, row => row.influence.name()),
                column!(changed, row => row.spend_effect),
            ],
        )?,
        table(
            &truth::TRUTH_DIRTY_LINES,
            columns![
                column!(dirty, (line, _) => line.order_id.as_str()),
                column!(dirty, (line, _) => line.line_no),
                column!(dirty, (_, fault) => *fault),
            ],
        )?,
        table(
            &truth::TRUTH_RETURNS,
            columns![
                column!(returns, (_, _, line) => line.order_id.as_str()),
                column!(returns, (_, _, line) => line.line_no),
                column!(returns, (_, _, line) => line.customer.map(customer)),
                column!(returns, (_, _, line) => product(line.product)),
                column!(returns, (_, location, _) => world.locations[*location].as_str()),
                column!(returns, (_, _, line) => line.quantity),
                column!(returns, (_, _, line) => line.net_amount),
                column!(returns, (_, _, line) => line.due_on),
            ],
        )?,
    ])
}

fn order_number(world: &World, day: i32, location: usize, product: usize) -> String {
    let date = date_of(day).format("%y%m%d");
    format!("PO{date}{}{}", world.locations[location], world.catalogue.products[product].id)
}

/// When each day of a range begins, looked up rather than computed per line.
struct DayStarts {
    first: i32,
    micros: Vec<i64>,
}

impl DayStarts {
    fn new(days: impl Iterator<Item = i32> + Clone) -> Self {
        let first = days.clone().min().unwrap_or(0);
        let last = days.max().unwrap_or(first);
        Self { first, micros: (first..=last).map(berlin_day_start).collect() }
    }

    fn of(&self, day: i32) -> i64 {
        self.micros.get((day - self.first) as usize).copied().unwrap_or_else(|| berlin_day_start(day))
    }
}
