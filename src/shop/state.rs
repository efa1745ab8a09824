//! What changes from day to day and must be remembered overnight.

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;
use polars::prelude::{DataFrame, DataType, Int32Chunked, PolarsResult};

use super::calendar::day_number;
use super::catalogue::lead_time;
use super::world::World;

/// Days of sales that the shop's own habit looks back on.
pub(super) const HABIT_DAYS: usize = 28;
/// Days of expected demand in stock when the shop opens.
const OPENING_DAYS: f64 = 21.0;

/// Stock, orders under way, recent sales and announced returns of every location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopState {
    /// The last day that was lived.
    pub(super) day: i32,
    pub(super) locations: Vec<LocationState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LocationState {
    /// Units per product.
    pub on_hand: Vec<i64>,
    pub open: Vec<OpenOrder>,
    /// Units sold per product, latest day last.
    pub recent: VecDeque<Vec<i64>>,
    pub returns: Vec<DueReturn>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenOrder {
    pub product: usize,
    pub quantity: i64,
    pub ordered_on: i32,
    pub arrives_on: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DueReturn {
    pub due_on: i32,
    pub order_id: String,
    pub line_no: i64,
    pub customer: Option<usize>,
    pub product: usize,
    pub quantity: i64,
    pub net_amount: i64,
}

/// The tables a state is rebuilt from. They may hold more than is needed: older rows are ignored.
#[derive(Clone, Copy, Debug)]
pub struct Remembered<'a> {
    /// The last day that was lived.
    pub last_day: NaiveDate,
    /// `stock_levels`, at least of `last_day`.
    pub stock_levels: &'a DataFrame,
    /// `purchase_orders`, at least those of the last 60 days.
    pub purchase_orders: &'a DataFrame,
    /// `truth_demand`, at least of the last 28 days.
    pub truth_demand: &'a DataFrame,
    /// `truth_returns`, at least those due after `last_day`.
    pub truth_returns: &'a DataFrame,
}

impl ShopState {
    /// The evening before the first day: three weeks of stock, nothing on order.
    pub fn opening(world: &World) -> Self {
        let products = &world.catalogue.products;
        let locations = super::catalogue::LOCATION_SHARES
            .iter()
            .map(|share| LocationState {
                on_hand: products
                    .iter()
                    .map(|product| (product.base * share * OPENING_DAYS).ceil() as i64)
                    .map(|units| units.max(1))
                    .collect(),
                ..LocationState::default()
            })
            .collect();
        Self { day: world.span.first - 1, locations }
    }

    /// The state in which the shop stopped, from its tables.
    ///
    /// # Errors
    /// When a table lacks a column, has one of another type, or names a product or location that is not of this world.
    pub fn resume(world: &World, remembered: &Remembered<'_>) -> PolarsResult<Self> {
        let names = Names::new(world);
        let last = day_number(remembered.last_day);
        let count = world.catalogue.products.len();
        let mut locations =
            vec![LocationState { on_hand: vec![0; count], ..LocationState::default() }; world.locations.len()];
        let stock = Places::new(&names, remembered.stock_levels, "snapshot_on")?;
        let on_hand = remembered.stock_levels.column("on_hand")?.i64()?;
        for row in stock.rows(|day| day == last) {
            let row = row?;
            locations[row.location].on_hand[row.product] = on_hand.get(row.index).unwrap_or(0);
        }
        let orders = Places::new(&names, remembered.purchase_orders, "ordered_on")?;
        let quantities = remembered.purchase_orders.column("quantity")?.i64()?;
        for row in orders.rows(|day| day <= last) {
            let row = row?;
            let quantity = quantities.get(row.index).unwrap_or(0);
            let order = open_order(world, row.location, row.product, quantity, row.day);
            if order.arrives_on > last {
                locations[row.location].open.push(order);
            }
        }
        let first_recent = last + 1 - HABIT_DAYS as i32;
        for state in &mut locations {
            let days = (last + 1 - first_recent.max(world.span.first)).max(0) as usize;
            state.recent = std::iter::repeat_n(vec![0; count], days).collect();
        }
        let demand = Places::new(&names, remembered.truth_demand, "day")?;
        let sold = remembered.truth_demand.column("sold")?.i64()?;
        for row in demand.rows(|day| day > last - HABIT_DAYS as i32 && day <= last) {
            let row = row?;
            let recent = &mut locations[row.location].recent;
            if let Some(at) =
                (recent.len() as i32 - 1 - (last - row.day)).try_into().ok().filter(|&at: &usize| at < recent.len())
            {
                recent[at][row.product] = sold.get(row.index).unwrap_or(0);
            }
        }
        let returns = Places::new(&names, remembered.truth_returns, "due_on")?;
        let frame = remembered.truth_returns;
        let (ids, lines) = (frame.column("order_id")?.str()?, frame.column("line_no")?.i64()?);
        let (customers, quantities) = (frame.column("customer_id")?.str()?, frame.column("quantity")?.i64()?);
        let amounts = frame.column("net_amount")?.i64()?;
        for row in returns.rows(|day| day > last) {
            let row = row?;
            locations[row.location].returns.push(DueReturn {
                due_on: row.day,
                order_id: ids.get(row.index).unwrap_or_default().to_owned(),
                line_no: lines.get(row.index).unwrap_or(0),
                customer: customers.get(row.index).and_then(customer_number),
                product: row.product,
                quantity: quantities.get(row.index).unwrap_or(0),
                net_amount: amounts.get(row.index).unwrap_or(0),
            });
        }
        for state in &mut locations {
            state.returns.sort();
            state.open.sort_by_key(|order| (order.ordered_on, order.product));
        }
        Ok(Self { day: last, locations })
    }
}

impl LocationState {
    /// Units ordered and not received, per product.
    pub(super) fn on_order(&self) -> Vec<i64> {
        let mut units = vec![0; self.on_hand.len()];
        for order in &self.open {
            units[order.product] += order.quantity;
        }
        units
    }
}

/// An order placed in the evening of `ordered_on`, with the day on which it will arrive.
pub(super) fn open_order(world: &World, location: usize, product: usize, quantity: i64, ordered_on: i32) -> OpenOrder {
    let supplier = world.catalogue.products[product].supplier;
    let days = lead_time(world.settings.seed, supplier, &world.catalogue.suppliers[supplier], ordered_on, location);
    OpenOrder { product, quantity, ordered_on, arrives_on: ordered_on + days }
}

/// The position of a customer in the customers table.
pub(super) fn customer_number(id: &str) -> Option<usize> {
    id.strip_prefix('C')?.parse::<usize>().ok()?.checked_sub(1)
}

/// Positions of products and locations by id.
pub(super) struct Names<'a> {
    products: BTreeMap<&'a str, usize>,
    locations: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let products =
            world.catalogue.products.iter().enumerate().map(|(at, product)| (product.id.as_str(), at)).collect();
        let locations = world.locations.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        Self { products, locations }
    }

    pub(super) fn product(&self, id: &str) -> Option<usize> {
        self.products.get(id).copied()
    }

    pub(super) fn location(&self, id: &str) -> Option<usize> {
        self.locations.get(id).copied()
    }
}

/// The day, product and location columns of a frame.
struct Places<'a> {
    names: &'a Names<'a>,
    frame: &'a DataFrame,
    days: Int32Chunked,
}

struct Place {
    index: usize,
    day: i32,
    product: usize,
    location: usize,
}

impl<'a> Places<'a> {
    fn new(names: &'a Names<'a>, frame: &'a DataFrame, day_column: &str) -> PolarsResult<Self> {
        let days = frame.column(day_column)?.cast(&DataType::Int32)?.i32()?.clone();
        frame.column("product_id")?.str()?;
        frame.column("location_id")?.str()?;
        Ok(Self { names, frame, days })
    }

    fn rows(&self, wanted: impl Fn(i32) -> bool) -> impl Iterator<Item = PolarsResult<Place>> {
        (0..self.frame.height()).filter_map(move |index| {
            let day = self.days.get(index).filter(|&day| wanted(day))?;
            Some(self.place(index, day))
        })
    }

    fn place(&self, index: usize, day: i32) -> PolarsResult<Place> {
        let product = self.frame.column("product_id")?.str()?.get(index).unwrap_or_default();
        let location = self.frame.column("location_id")?.str()?.get(index).unwrap_or_default();
        match (self.names.product(product), self.names.location(location)) {
            (Some(product), Some(location)) => Ok(Place { index, day, product, location }),
            _ => Err(polars::prelude::PolarsError::ComputeError(
                format!("resume the shop: `{product}` at `{location}` is not of this world; use the seed and scale it was made with").into(),
            )),
        }
    }
}
