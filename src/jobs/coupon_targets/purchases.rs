//! What each customer bought when, for quick questions about windows of days.

use std::collections::HashMap;

use polars::prelude::{DataFrame, PolarsResult};

use super::dataset::{days, integers, texts};

/// Purchases within a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bought {
    /// Orders.
    pub orders: f64,
    /// Minor currency units, returns deducted.
    pub spend: f64,
    /// Orders with an offer.
    pub coupon_orders: f64,
}

#[derive(Clone, Copy, Debug)]
struct Visit {
    customer: usize,
    day: i32,
    bought: Bought,
}

/// The purchases of all known customers.
#[derive(Debug)]
pub(super) struct Purchases {
    visits: Vec<Visit>,
    /// Where each customer's visits begin; one entry more than customers.
    starts: Vec<usize>,
    /// The first day of the data.
    pub first_day: i32,
}

impl Purchases {
    /// From `customer_days`; rows of unknown customers are left out.
    pub(super) fn new(frame: &DataFrame, index: &HashMap<&str, usize>, n_customers: usize) -> PolarsResult<Self> {
        let (ids, sold_on) = (texts(frame, "customer_id")?, days(frame, "sold_on")?);
        let (orders, net, coupons) =
            (integers(frame, "orders")?, integers(frame, "net_amount")?, integers(frame, "coupon_orders")?);
        let mut visits = Vec::with_capacity(frame.height());
        for row in 0..frame.height() {
            let (Some(customer), Some(day)) = (ids[row].and_then(|id| index.get(id)), sold_on[row]) else { continue };
            let number = |values: &[Option<i64>]| values[row].unwrap_or(0) as f64;
            let bought = Bought { orders: number(&orders), spend: number(&net), coupon_orders: number(&coupons) };
            visits.push(Visit { customer: *customer, day, bought });
        }
        visits.sort_by_key(|visit| (visit.customer, visit.day));
        let starts =
            (0..=n_customers).map(|customer| visits.partition_point(|visit| visit.customer < customer)).collect();
        let first_day = sold_on.iter().flatten().copied().min().unwrap_or(0);
        Ok(Self { visits, starts, first_day })
    }

    /// What a customer bought on the days `from..=to`.
    pub(super) fn within(&self, customer: usize, from: i32, to: i32) -> Bought {
        let visits = self.of(customer);
        let first = visits.partition_point(|visit| visit.day < from);
        let mut sum = Bought::default();
        for visit in visits.iter().skip(first).take_while(|visit| visit.day <= to) {
            sum.orders += visit.bought.orders;
            sum.spend += visit.bought.spend;
            sum.coupon_orders += visit.bought.coupon_orders;
        }
        sum
    }

    /// The last day up to `day` on which a customer ordered.
    pub(super) fn last_order(&self, customer: usize, day: i32) -> Option<i32> {
        let visits = self.of(customer);
        let end = visits.partition_point(|visit| visit.day <= day);
        visits.iter().take(end).rev().find(|visit| visit.bought.orders > 0.0).map(|visit| visit.day)
    }

    fn of(&self, customer: usize) -> &[Visit] {
        match (self.starts.get(customer), self.starts.get(customer + 1)) {
            (Some(&from), Some(&to)) => &self.visits[from..to],
            _ => &[],
        }
    }
}
