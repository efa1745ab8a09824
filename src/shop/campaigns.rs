//! The campaigns of the history: who was written to, and what that causes.

use rand::Rng;
use rand::seq::SliceRandom;

use super::catalogue::Span;
use super::chance::{Stream, happens, key_of, rng};
use super::customers::{COUPON_DAYS, Customer};

/// Share of orders with which a customer who holds a coupon and would have come anyway redeems it.
pub(super) const REDEEMS: f64 = 0.5;
/// Days before the first and after the last campaign.
const MARGIN: i32 = 30;

/// What a coupon is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OfferValue {
    /// Cents off, at most half of the basket.
    Amount(i64),
    /// A share of the price.
    Rate(f64),
}

impl OfferValue {
    /// The share of a basket of this value in cents that is given away.
    pub(super) fn rate(self, gross: i64) -> f64 {
        match self {
            Self::Amount(cents) => (cents as f64 / gross.max(1) as f64).clamp(0.0, 0.5),
            Self::Rate(rate) => rate.clamp(0.0, 1.0),
        }
    }

    /// The factor on the uplift of a standard coupon (500 cents or 10 %): the square root of the ratio of values.
    pub(super) fn strength(self) -> f64 {
        match self {
            Self::Amount(cents) => (cents.max(0) as f64 / 500.0).sqrt().min(2.0),
            Self::Rate(rate) => (rate.max(0.0) / 0.1).sqrt().min(2.0),
        }
    }
}

impl Campaign {
    /// The offer, which campaigns without effect lack.
    pub(super) fn offer(&self) -> Option<&str> {
        (self.strength > 0.0).then_some(self.offer_id.as_str())
    }
}

#[derive(Debug)]
pub(super) struct Campaign {
    pub id: String,
    pub offer_id: String,
    pub kind: &'static str,
    pub start: i32,
    pub end: i32,
    pub randomised: bool,
    pub control_share: f64,
    pub strength: f64,
    pub value: OfferValue,
    pub contacts: Vec<Contact>,
}

/// A customer in a campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    pub customer: usize,
    pub treated: bool,
}

/// A customer under the influence of a coupon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Treated {
    /// Position of the campaign among those of the call.
    pub campaign: usize,
    pub customer: usize,
    pub first: i32,
    pub last: i32,
    /// Probability of an extra order, spread evenly over the days.
    pub extra: f64,
    /// Probability to order without the card.
    pub hides: f64,
    /// The day of the extra order, when there is one.
    pub extra_day: Option<i32>,
    pub value: OfferValue,
}

/// What a campaign of this strength does to a customer from `first` on; the same whenever it is asked.
pub(super) fn treat(
    seed: u64,
    campaign: (usize, &str),
    who: (usize, &Customer),
    first: i32,
    strength: f64,
    value: OfferValue,
) -> Treated {
    let (number, customer) = who;
    let mut rng = rng(seed, Stream::Treatment, [key_of(campaign.1), number as u64, 0]);
    let extra = (customer.extra * strength).min(0.9);
    let comes = happens(&mut rng, extra);
    let day = first + rng.random_range(0..COUPON_DAYS);
    Treated {
        campaign: campaign.0,
        customer: number,
        first,
        last: first + COUPON_DAYS - 1,
        extra,
        hides: (customer.hides * strength.min(1.5)).min(0.9),
        extra_day: (comes && customer.active(day)).then_some(day),
        value,
    }
}

/// How each campaign of the history is set up: (randomised, control share, share of customers, strength).
const PLAN: [(bool, f64, f64, f64); 12] = [
    (true, 0.3, 0.60, 1.1),
    (true, 0.2, 0.40, 0.0),
    (false, 0.0, 0.20, 0.6),
    (true, 0.5, 0.45, 0.7),
    (true, 0.3, 0.60, 0.3),
    (false, 0.0, 0.25, 0.0),
    (true, 0.2, 0.60, 0.9),
    (true, 0.4, 0.35, 0.0),
    (false, 0.0, 0.15, 1.0),
    (true, 0.1, 0.50, 0.5),
    (true, 0.5, 0.60, 1.1),
    (false, 0.0, 0.20, 0.3),
];

/// Up to twelve campaigns of 14 days, spread over the history without overlap.
pub(super) fn campaigns(seed: u64, span: Span, customers: &[Customer]) -> Vec<Campaign> {
    let room = span.last - span.first - 2 * MARGIN;
    let count = (room / (2 * COUPON_DAYS)).clamp(0, PLAN.len() as i32);
    (0..count as usize)
        .map(|number| {
            let start = span.first + MARGIN + number as i32 * (room / count);
            campaign(seed, number, start, customers)
        })
        .collect()
}

fn campaign(seed: u64, number: usize, start: i32, customers: &[Customer]) -> Campaign {
    let (randomised, control_share, share, strength) = PLAN[number];
    let mut rng = rng(seed, Stream::Campaigns, [number as u64, 0, 0]);
    let reachable: Vec<usize> =
        (0..customers.len()).filter(|&one| customers[one].reachable() && customers[one].joined < start).collect();
    let contacts = if randomised {
        let mut audience = less_active(&reachable, customers);
        audience.shuffle(&mut rng);
        audience.truncate((share * customers.len() as f64) as usize);
        let held_out = (control_share * audience.len() as f64).round() as usize;
        let mut contacts: Vec<Contact> = audience
            .into_iter()
            .enumerate()
            .map(|(rank, customer)| Contact { customer, treated: rank >= held_out })
            .collect();
        contacts.sort_by_key(|contact| contact.customer);
        contacts
    } else {
        best_customers(&reachable, customers, (share * customers.len() as f64) as usize)
    };
    let value = if strength <= 0.0 {
        OfferValue::Amount(0)
    } else if number % 3 == 1 {
        OfferValue::Rate(0.1)
    } else {
        OfferValue::Amount(500)
    };
    Campaign {
        id: format!("K{:03}", number + 1),
        offer_id: format!("OF{:02}", number + 1),
        kind: ["coupon", "email", "leaflet"][number % 3],
        start,
        end: start + COUPON_DAYS - 1,
        randomised,
        control_share,
        strength,
        value,
        contacts,
    }
}

/// The less active 70 %: those who would come anyway are not worth a coupon.
fn less_active(reachable: &[usize], customers: &[Customer]) -> Vec<usize> {
    let mut by_activity = reachable.to_vec();
    by_activity.sort_by(|&one, &other| {
        customers[one].orders_per_day.total_cmp(&customers[other].orders_per_day).then(one.cmp(&other))
    });
    by_activity.truncate(reachable.len() * 7 / 10);
    by_activity.sort_unstable();
    by_activity
}

/// The most active are written to, everyone else reachable is called control: a comparison that flatters.
fn best_customers(reachable: &[usize], customers: &[Customer], count: usize) -> Vec<Contact> {
    let mut by_activity = reachable.to_vec();
    by_activity.sort_by(|&one, &other| {
        customers[other].orders_per_day.total_cmp(&customers[one].orders_per_day).then(one.cmp(&other))
    });
    let mut contacts: Vec<Contact> = by_activity
        .into_iter()
        .enumerate()
        .map(|(rank, customer)| Contact { customer, treated: rank < count })
        .collect();
    contacts.sort_by_key(|contact| contact.customer);
    contacts
}
