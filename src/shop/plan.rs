//! What people decided for the days to be lived: orders to place, coupons sent.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::day_number;
use super::campaigns::{OfferValue, Treated, treat};
use super::state::{Names, customer_number};
use super::world::World;

/// A quantity to order from the supplier.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedOrder {
    /// The product.
    pub product_id: String,
    /// Where it shall arrive.
    pub location_id: String,
    /// Units.
    pub quantity: i64,
    /// The order goes out in the evening of this day.
    pub order_on: NaiveDate,
}

/// A stock level that the shop orders up to.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderUpTo {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
    /// Units on hand and on order, after ordering.
    pub level: f64,
}

/// A customer on a published coupon list.
#[derive(Clone, Debug, PartialEq)]
pub struct CouponContact {
    /// The campaign.
    pub campaign_id: String,
    /// The offer, as it shall appear in `order_lines.coupon_id`.
    pub offer_id: String,
    /// The customer.
    pub customer_id: String,
    /// `coupon` (or any other name) for those who got it, `holdout` or `control` for those who did not.
    pub variant: String,
    /// The coupon is valid for the 14 days after this one.
    pub assigned_on: NaiveDate,
    /// What it is worth.
    pub value: OfferValue,
}

/// What the clerk published.
#[derive(Clone, Copy, Debug, Default)]
pub struct Advice<'a> {
    /// Orders to place; those of other days are ignored.
    pub orders: &'a [PlacedOrder],
    /// What the shop orders up to on its suppliers' later order days, until there is newer advice.
    pub levels: &'a [OrderUpTo],
    /// Everybody whose coupon is valid on any of the days, so all lists of the last 14 days too.
    pub coupons: &'a [CouponContact],
}

/// Who runs the shop.
#[derive(Clone, Copy, Debug)]
pub enum Planner<'a> {
    /// The shop's own habit, order up to last month's average: right on average, so often too little.
    Habit,
    /// The shop follows the clerk's advice and orders nothing else.
    Follows(Advice<'a>),
}

/// Names of a campaign of ours or of the clerk.
#[derive(Debug)]
pub(super) struct Label {
    pub campaign_id: String,
    pub offer_id: String,
}

/// The plan of a range of days.
#[derive(Debug)]
pub(super) struct Plan {
    pub habit: bool,
    pub labels: Vec<Label>,
    pub treated: Vec<Treated>,
    /// Positions in `treated` by customer.
    pub holders: BTreeMap<usize, Vec<usize>>,
    /// Positions in `treated` of extra orders, by location and day.
    pub extra: BTreeMap<(usize, i32), Vec<usize>>,
    /// Expected extra orders by location and day.
    pub expected_extra: BTreeMap<(usize, i32), f64>,
    /// Product and units, by location and day.
    pub orders: BTreeMap<(usize, i32), Vec<(usize, i64)>>,
    /// Product and the units to order up to, by location.
    pub levels: BTreeMap<usize, Vec<(usize, f64)>>,
}

impl Plan {
    pub(super) fn new(world: &World, from: i32, to: i32, planner: &Planner<'_>) -> Self {
        let (habit, advice) = match planner {
            Planner::Habit => (true, Advice::default()),
            Planner::Follows(advice) => (false, *advice),
        };
        let Advice { orders, levels, coupons } = advice;
        let mut plan = Self {
            habit,
            labels: Vec::new(),
            treated: Vec::new(),
            holders: BTreeMap::new(),
            extra: BTreeMap::new(),
            expected_extra: BTreeMap::new(),
            orders: placed(world, orders),
            levels: levels_by_location(world, levels),
        };
        for campaign in &world.campaigns {
            if campaign.start <= to && campaign.end >= from {
                let label = plan.label(&campaign.id, &campaign.offer_id);
                plan.treated.extend(world.treated(label, campaign));
            }
        }
        plan.treated.extend(contacts(world, &mut plan.labels, coupons));
        plan.index(world, from, to);
        plan
    }

    fn label(&mut self, campaign_id: &str, offer_id: &str) -> usize {
        label(&mut self.labels, campaign_id, offer_id)
    }

    fn index(&mut self, world: &World, from: i32, to: i32) {
        for (position, treated) in self.treated.iter().enumerate() {
            let customer = &world.customers[treated.customer];
            self.holders.entry(treated.customer).or_default().push(position);
            if let Some(day) = treated.extra_day.filter(|day| (from..=to).contains(day)) {
                self.extra.entry((customer.home, day)).or_default().push(position);
            }
            let days = f64::from(treated.last - treated.first + 1);
            for day in treated.first.max(from)..=treated.last.min(to) {
                if customer.active(day) {
                    *self.expected_extra.entry((customer.home, day)).or_default() += treated.extra / days;
                }
            }
        }
    }
}

/// The customers on the clerk's lists who got a coupon, in the order of the lists; unknown ones are passed over.
fn contacts(world: &World, labels: &mut Vec<Label>, coupons: &[CouponContact]) -> Vec<Treated> {
    let seed = world.settings.seed;
    let mut sorted: Vec<&CouponContact> = coupons.iter().collect();
    sorted.sort_by(|one, other| (&one.campaign_id, &one.customer_id).cmp(&(&other.campaign_id, &other.customer_id)));
    sorted
        .into_iter()
        .filter(|contact| !matches!(contact.variant.as_str(), "holdout" | "control"))
        .filter_map(|contact| {
            let number = customer_number(&contact.customer_id)?;
            let customer = world.customers.get(number)?;
            let label = label(labels, &contact.campaign_id, &contact.offer_id);
            let first = day_number(contact.assigned_on) + 1;
            Some(treat(
                seed,
                (label, &contact.campaign_id),
                (number, customer),
                first,
                contact.value.strength(),
                contact.value,
            ))
        })
        .collect()
}

fn label(labels: &mut Vec<Label>, campaign_id: &str, offer_id: &str) -> usize {
    let known = labels.iter().rposition(|label| label.campaign_id == campaign_id && label.offer_id == offer_id);
    known.unwrap_or_else(|| {
        labels.push(Label { campaign_id: campaign_id.to_owned(), offer_id: offer_id.to_owned() });
        labels.len() - 1
    })
}

/// Orders by location and day, one per product; what this shop does not sell is passed over.
fn levels_by_location(world: &World, levels: &[OrderUpTo]) -> BTreeMap<usize, Vec<(usize, f64)>> {
    let names = Names::new(world);
    let mut by_location: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for level in levels {
        if let (Some(product), Some(location)) = (names.product(&level.product_id), names.location(&level.location_id))
        {
            by_location.entry(location).or_default().push((product, level.level));
        }
    }
    by_location
}

fn placed(world: &World, orders: &[PlacedOrder]) -> BTreeMap<(usize, i32), Vec<(usize, i64)>> {
    let names = Names::new(world);
    let mut summed: BTreeMap<(usize, i32), BTreeMap<usize, i64>> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.quantity > 0) {
        if let (Some(product), Some(location)) = (names.product(&order.product_id), names.location(&order.location_id))
        {
            let day = summed.entry((location, day_number(order.order_on))).or_default();
            *day.entry(product).or_default() += order.quantity;
        }
    }
    summed.into_iter().map(|(key, products)| (key, products.into_iter().collect())).collect()
}
