//! Living: receive, sell, take back, count, order; one location after the other within a day, all days of a location in
//! one thread.

use std::fmt::Write as _;

use chrono::Datelike;
use polars::prelude::PolarsResult;
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use super::calendar::{date_of, weekday};
use super::chance::{Stream, day_key, happens, rng};
use super::day::{Basket, Influence, Trade, trade};
use super::plan::{Plan, Planner};
use super::rows::{ChangedOrder, Delivery, OrderLine, Purchase, Rows, Stock};
use super::state::{DueReturn, HABIT_DAYS, LocationState, OpenOrder, ShopState, open_order};
use super::world::World;
use super::{ShopTable, rows, world_tables};

/// Share of lines that the warehouse learns of late.
const LATE_SHARE: f64 = 0.01;
/// Share of lines beside which a dirty one is written.
const DIRTY_SHARE: f64 = 0.0005;
/// Share of deliveries that bring a tenth less than ordered.
const SHORT_SHARE: f64 = 0.03;

pub(super) fn live(
    world: &World,
    state: &mut ShopState,
    from: i32,
    to: i32,
    planner: &Planner<'_>,
) -> PolarsResult<Vec<ShopTable>> {
    let plan = Plan::new(world, from, to, planner);
    let lived: Vec<Rows> = state
        .locations
        .par_iter_mut()
        .enumerate()
        .map(|(location, state)| {
            let mut rows = Rows::default();
            for day in from..=to {
                OpenDay { world, plan: &plan, location, day }.live(state, &mut rows);
            }
            rows
        })
        .collect();
    state.day = to;
    let mut tables = rows::tables(world, &plan, lived)?;
    if to > world.span.last {
        tables.extend(world_tables::plan_tables(world, from.max(world.span.last + 1) - 1, to)?);
    }
    Ok(tables)
}

struct OpenDay<'a> {
    world: &'a World,
    plan: &'a Plan,
    location: usize,
    day: i32,
}

impl OpenDay<'_> {
    fn live(&self, state: &mut LocationState, rows: &mut Rows) {
        self.receive(state, rows);
        let troubles = &self.world.troubles;
        let is_closed = troubles.is_closed(self.location, self.day);
        let returned = if is_closed { Vec::new() } else { self.take_back(state) };
        if self.world.settings.troubled {
            troubles.stock_up(self.day, &self.world.own_units(self.location, self.day), &mut state.on_hand);
        }
        let (trade, baskets) = trade(self.world, self.plan, self.location, self.day, &mut state.on_hand);
        let mut till = Till { day: self, number: 0, rng: self.till_rng(), rows, returns: &mut state.returns };
        for basket in &baskets {
            till.ring_up(basket);
        }
        for line in &returned {
            till.pay_back(line);
        }
        troubles.write_off(&mut state.on_hand);
        self.count(state, &trade, rows);
        state.recent.push_back(trade.sold);
        if state.recent.len() > HABIT_DAYS {
            state.recent.pop_front();
        }
        self.order(state, rows);
    }

    fn till_rng(&self) -> Pcg64Mcg {
        rng(self.world.settings.seed, Stream::Baskets, [self.location as u64, day_key(self.day), 1])
    }

    /// Puts what arrives this morning on the shelves.
    fn receive(&self, state: &mut LocationState, rows: &mut Rows) {
        let mut arriving: Vec<OpenOrder> = state.open.extract_if(.., |order| order.arrives_on <= self.day).collect();
        arriving.sort_by_key(|order| (order.ordered_on, order.product));
        for order in arriving {
            let key = [order.product as u64, self.location as u64, day_key(order.ordered_on)];
            let short = happens(&mut rng(self.world.settings.seed, Stream::LeadTimes, key), SHORT_SHARE);
            let quantity = if short { (order.quantity * 9 / 10).max(1) } else { order.quantity };
            state.on_hand[order.product] += quantity;
            rows.deliveries.push(Delivery {
                day: self.day,
                ordered_on: order.ordered_on,
                location: self.location,
                product: order.product,
                quantity,
            });
        }
    }

    /// Puts what is brought back today on the shelves.
    fn take_back(&self, state: &mut LocationState) -> Vec<DueReturn> {
        let mut returned: Vec<DueReturn> = state.returns.extract_if(.., |line| line.due_on <= self.day).collect();
        returned.sort();
        for line in &returned {
            state.on_hand[line.product] += line.quantity;
        }
        returned
    }

    fn count(&self, state: &LocationState, trade: &Trade, rows: &mut Rows) {
        for (product, &on_hand) in state.on_hand.iter().enumerate() {
            rows.stock.push(Stock {
                day: self.day,
                location: self.location,
                product,
                on_hand,
                on_sale: self.world.catalogue.products[product].on_sale(self.day) || trade.demanded[product] > 0,
                mean: trade.mean[product],
                demanded: trade.demanded[product],
                sold: trade.sold[product],
            });
        }
    }

    /// The evening's orders.
    fn order(&self, state: &mut LocationState, rows: &mut Rows) {
        let orders = if self.plan.habit {
            self.habit(state)
        } else {
            let mut orders = self.plan.orders.get(&(self.location, self.day)).cloned().unwrap_or_default();
            orders.extend(self.up_to_level(state, &orders));
            orders
        };
        for (product, quantity) in orders {
            let order = open_order(self.world, self.location, product, quantity, self.day);
            state.open.push(order);
            rows.purchases.push(Purchase { day: self.day, location: self.location, product, quantity });
        }
    }

    /// On the supplier's weekdays, up to the advised level, in whole packs; products ordered today anyway are left out.
    fn up_to_level(&self, state: &LocationState, ordered: &[(usize, i64)]) -> Vec<(usize, i64)> {
        let on_order = state.on_order();
        let today = weekday(self.day);
        let levels = self.plan.levels.get(&self.location).map(Vec::as_slice).unwrap_or_default();
        let mut orders = Vec::new();
        for &(number, level) in levels {
            let product = &self.world.catalogue.products[number];
            let supplier = &self.world.catalogue.suppliers[product.supplier];
            let need = level - (state.on_hand[number] + on_order[number]) as f64;
            let due = supplier.order_weekdays.contains(&today) && !ordered.iter().any(|(other, _)| *other == number);
            if due && need > 0.0 {
                let packs = (need / product.pack_size as f64).ceil() as i64;
                orders.push((number, (packs * product.pack_size).max(product.min_order_quantity)));
            }
        }
        orders
    }

    /// On the supplier's weekdays, up to last month's average for lead time and a week, without safety stock. One in
    /// thirty-three orders is forgotten, one in fifty is three times too large.
    fn habit(&self, state: &LocationState) -> Vec<(usize, i64)> {
        let on_order = state.on_order();
        let today = weekday(self.day);
        let mut orders = Vec::new();
        for (number, product) in self.world.catalogue.products.iter().enumerate() {
            let supplier = &self.world.catalogue.suppliers[product.supplier];
            let wanted =
                product.on_sale(self.day + supplier.lead_time_days) && product.on_sale(self.day.max(product.launched));
            if !supplier.order_weekdays.contains(&today) || !wanted || !self.world.troubles.is_ordered(number) {
                continue;
            }
            let sold: i64 = state.recent.iter().map(|day| day[number]).sum();
            let share = super::catalogue::LOCATION_SHARES[self.location];
            let unseen = (HABIT_DAYS - state.recent.len()) as f64 * product.base * share;
            let average = (sold as f64 + unseen) / HABIT_DAYS as f64;
            let target = (average * f64::from(supplier.lead_time_days + 7)).max(1.0);
            let need = target - (state.on_hand[number] + on_order[number]) as f64;
            let mut rng =
                rng(self.world.settings.seed, Stream::Habit, [number as u64, self.location as u64, day_key(self.day)]);
            if need <= 0.0 || happens(&mut rng, 0.03) {
                continue;
            }
            let slip = if happens(&mut rng, 0.02) { 3.0 } else { 1.0 };
            let packs = (need * slip / product.pack_size as f64).ceil() as i64;
            orders.push((number, (packs * product.pack_size).max(product.min_order_quantity)));
        }
        orders
    }
}

/// Numbers orders and writes their lines.
struct Till<'a> {
    day: &'a OpenDay<'a>,
    number: u32,
    rng: Pcg64Mcg,
    rows: &'a mut Rows,
    returns: &'a mut Vec<DueReturn>,
}

impl Till<'_> {
    fn ring_up(&mut self, basket: &Basket) {
        let OpenDay { world, plan, location, day } = *self.day;
        let order_id = self.next_id();
        let priced: Vec<(i64, i64)> = basket
            .lines
            .iter()
            .map(|&(product, units)| {
                let full = units * world.catalogue.products[product].price(day);
                let given = (full as f64 * world.demand.discount_rate(product, location, day)).round() as i64;
                (full, full - given)
            })
            .collect();
        let gross: i64 = priced.iter().map(|line| line.1).sum();
        let coupon =
            basket.influence.filter(|(_, influence)| *influence != Influence::Guest).map(|(position, _)| position);
        let coupon = coupon.filter(|&position| plan.treated[position].value.rate(gross) > 0.0);
        let coupon_rate = coupon.map_or(0.0, |position| plan.treated[position].value.rate(gross));
        let hidden = matches!(basket.influence, Some((_, Influence::Guest)));
        let customer = basket.customer.filter(|_| !hidden);
        let (mut paid, mut redeemed) = (0, 0);
        for (&(product, quantity), &(full, net)) in basket.lines.iter().zip(&priced) {
            let off = (net as f64 * coupon_rate).round() as i64;
            paid += net - off;
            redeemed += off;
            let line = OrderLine {
                day,
                location,
                order_id: order_id.clone(),
                line_no: 0,
                second: basket.second,
                days_late: 0,
                customer,
                product: Some(product),
                quantity,
                net_amount: net - off,
                discount_amount: full - net + off,
                label: coupon.map(|position| plan.treated[position].campaign),
                fault: None,
            };
            self.write(line);
        }
        self.dirt(&order_id, basket, customer);
        if let Some((position, influence)) = basket.influence {
            let spend_effect = match influence {
                Influence::Extra => paid,
                Influence::Redeemed => -redeemed,
                Influence::Guest => -gross,
            };
            let treated = &plan.treated[position];
            let redeemed = coupon.map(|_| redeemed);
            let (campaign, customer) = (treated.campaign, treated.customer);
            let second = basket.second;
            self.rows.changed.push(ChangedOrder {
                day,
                location,
                campaign,
                customer,
                order_id,
                influence,
                spend_effect,
                redeemed,
                second,
            });
        }
    }

    fn pay_back(&mut self, line: &DueReturn) {
        let order_id = self.next_id();
        let second = 36_000 + i64::from(self.rng.random_range(0..36_000));
        self.write(OrderLine {
            day: self.day.day,
            location: self.day.location,
            order_id,
            line_no: 0,
            second,
            days_late: 0,
            customer: line.customer,
            product: Some(line.product),
            quantity: -line.quantity,
            net_amount: -line.net_amount,
            discount_amount: 0,
            label: None,
            fault: None,
        });
    }

    /// Numbers the line within its order, makes it late or announces its return by chance.
    fn write(&mut self, mut line: OrderLine) {
        let previous = self.rows.lines.last();
        line.line_no =
            previous.filter(|previous| previous.order_id == line.order_id).map_or(1, |previous| previous.line_no + 1);
        if happens(&mut self.rng, LATE_SHARE) {
            line.days_late = self.rng.random_range(1..=3);
        }
        if let (Some(product), true, None) = (line.product, line.quantity > 0, line.label) {
            let catalogue = &self.day.world.catalogue;
            let category = &catalogue.categories[catalogue.products[product].category];
            if happens(&mut self.rng, category.return_rate) {
                let due = DueReturn {
                    due_on: line.day + self.rng.random_range(2..=14),
                    order_id: line.order_id.clone(),
                    line_no: line.line_no,
                    customer: line.customer,
                    product,
                    quantity: line.quantity,
                    net_amount: line.net_amount,
                };
                self.returns.push(due.clone());
                self.rows.returns.push((line.day, line.location, due));
            }
        }
        self.rows.lines.push(line);
    }

    /// Writes a wrong line beside one in two thousand.
    fn dirt(&mut self, order_id: &str, basket: &Basket, customer: Option<usize>) {
        if !happens(&mut self.rng, DIRTY_SHARE * basket.lines.len() as f64) {
            return;
        }
        let Some(&(product, _)) = basket.lines.first() else { return };
        let faults = if customer.is_none() { 3 } else { 2 };
        let fault = ["unknown_product", "zero_quantity", "absurd_price"][self.rng.random_range(0..faults)];
        self.write(OrderLine {
            day: self.day.day,
            location: self.day.location,
            order_id: order_id.to_owned(),
            line_no: 0,
            second: basket.second,
            days_late: 0,
            customer,
            product: (fault != "unknown_product").then_some(product),
            quantity: i64::from(fault != "zero_quantity"),
            net_amount: match fault {
                "unknown_product" => 499,
                "zero_quantity" => 0,
                _ => 99_999_900,
            },
            discount_amount: 0,
            label: Some(rows::NO_LABEL),
            fault: Some(fault),
        });
    }

    /// Twelve digits: yymmdd, the location, the number within the day.
    fn next_id(&mut self) -> String {
        self.number += 1;
        let date = date_of(self.day.day);
        let mut id = String::with_capacity(12);
        let (year, month, day) = (date.year() % 100, date.month(), date.day());
        // Writing into a String cannot fail.
        let _ = write!(id, "{year:02}{month:02}{day:02}{}{:05}", self.day.location + 1, self.number);
        id
    }
}
