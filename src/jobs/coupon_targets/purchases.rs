//! What each customer bought when, for quick questions about windows of days.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use crate::contract::ContractError;
use crate::datasets::CustomerDay;
use crate::day::Day;

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
    day: Day,
    bought: Bought,
}

/// The purchases of all known customers.
#[derive(Debug)]
pub(super) struct Purchases {
    visits: Vec<Visit>,
    /// Where each customer's visits begin; one entry more than customers.
    starts: Vec<usize>,
    /// The first day of the data.
    pub first_day: Day,
}

impl Purchases {
    /// From `customer_days`; rows of unknown customers are left out.
    pub(super) fn new(
        frame: &DataFrame,
        index: &HashMap<&str, usize>,
        n_customers: usize,
    ) -> Result<Self, ContractError> {
        let rows = CustomerDay::read(frame)?;
        let mut first_day = None;
        let mut visits = Vec::with_capacity(rows.len());
        for row in rows {
            first_day = Some(first_day.map_or(row.sold_on, |first: Day| first.min(row.sold_on)));
            let Some(&customer) = index.get(row.customer_id) else { continue };
            let bought = Bought {
                orders: row.orders as f64,
                spend: row.net_amount as f64,
                coupon_orders: row.coupon_orders as f64,
            };
            visits.push(Visit { customer, day: row.sold_on, bought });
        }
        visits.sort_by_key(|visit| (visit.customer, visit.day));
        let starts =
            (0..=n_customers).map(|customer| visits.partition_point(|visit| visit.customer < customer)).collect();
        Ok(Self { visits, starts, first_day: first_day.unwrap_or_default() })
    }

    /// What a customer bought on the days `from..=to`.
    pub(super) fn within(&self, customer: usize, from: Day, to: Day) -> Bought {
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
    pub(super) fn last_order(&self, customer: usize, day: Day) -> Option<Day> {
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
