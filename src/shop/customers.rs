//! Who buys: activity, attributes, and what a coupon does to each of them.

use rand::Rng;

use super::catalogue::{BASE_LINES_PER_DAY, LOCATION_SHARES, Span};
use super::chance::{Stream, Weighted, between, happens, log_normal, normal, rng};

pub(super) const AGE_BANDS: [&str; 4] = ["18-29", "30-44", "45-59", "60+"];
pub(super) const TIERS: [&str; 3] = ["none", "silver", "gold"];
/// Mean lines of a basket that nobody was sent for.
pub(super) const LINES_PER_BASKET: f64 = 4.2;
/// Share of baskets with a card.
const KNOWN_SHARE: f64 = 0.45;
/// Standard deviation of the logarithm of activity: the top 1 % of customers place about a third of the orders.
const ACTIVITY_SIGMA: f64 = 1.8;
const MOST_ORDERS_PER_DAY: f64 = 0.6;
/// Share of orders placed at the home location; the rest goes evenly to the others.
const HOME_SHARE: f64 = 0.9;
/// Expected lines of an order that a campaign causes: 1 + negative binomial of this mean with shape 1.
pub(super) const EXTRA_LINES: f64 = 2.2;
/// How long coupons are valid.
pub(super) const COUPON_DAYS: i32 = 14;

/// What a coupon does to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Persuadable,
    Mild,
    SureThing,
    LostCause,
    SleepingDog,
}

impl Segment {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Persuadable => "persuadable",
            Self::Mild => "mild",
            Self::SureThing => "sure_thing",
            Self::LostCause => "lost_cause",
            Self::SleepingDog => "sleeping_dog",
        }
    }

    /// Mean probability that a standard coupon causes an extra order.
    const fn mean_extra(self) -> f64 {
        match self {
            Self::Persuadable => 0.05,
            Self::Mild => 0.012,
            Self::SureThing => 0.004,
            Self::LostCause => 0.001,
            Self::SleepingDog => 0.0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Customer {
    pub id: String,
    pub joined: i32,
    /// Last active day.
    pub lapsed: i32,
    pub consent: Option<bool>,
    pub contact: usize,
    pub age: usize,
    pub home: usize,
    pub tier: usize,
    /// Expected orders per average day while active, over all locations.
    pub orders_per_day: f64,
    /// Weight of their baskets when lines are handed out.
    pub size: f64,
    pub segment: Segment,
    /// Probability that a standard coupon causes one extra order within its days.
    pub extra: f64,
    /// Probability that, having a coupon, they order without their card instead.
    pub hides: f64,
    pub suppressed: Option<&'static str>,
}

impl Customer {
    pub(super) fn active(&self, day: i32) -> bool {
        (self.joined..=self.lapsed).contains(&day)
    }

    /// Expected orders per average day at a location.
    pub(super) fn orders_at(&self, location: usize) -> f64 {
        let elsewhere = (1.0 - HOME_SHARE) / (LOCATION_SHARES.len() - 1) as f64;
        self.orders_per_day * if location == self.home { HOME_SHARE } else { elsewhere }
    }

    /// May be written to.
    pub(super) fn reachable(&self) -> bool {
        self.consent == Some(true) && self.suppressed.is_none()
    }
}

pub(super) fn customers(seed: u64, scale: f64, span: Span) -> Vec<Customer> {
    let count = ((6000.0 * scale).round() as usize).max(200);
    let mut customers: Vec<Customer> = (0..count).map(|number| customer(seed, number, span)).collect();
    let raw: f64 = customers.iter().map(|customer| customer.orders_per_day).sum();
    let factor = KNOWN_SHARE * BASE_LINES_PER_DAY * scale / LINES_PER_BASKET / raw;
    for customer in &mut customers {
        customer.orders_per_day = (customer.orders_per_day * factor).min(MOST_ORDERS_PER_DAY);
    }
    customers
}

/// Draws the customer of each order with a card at a location.
pub(super) fn shoppers(customers: &[Customer], location: usize) -> Weighted {
    Weighted::new(customers.iter().map(|customer| customer.orders_at(location)))
}

fn customer(seed: u64, number: usize, span: Span) -> Customer {
    let mut rng = rng(seed, Stream::Customers, [number as u64, 0, 0]);
    let activity = normal(&mut rng, 0.0, 1.0);
    let days = f64::from(span.last - span.first);
    let joined = if happens(&mut rng, 0.8) {
        span.first - rng.random_range(1..1500)
    } else {
        span.first + (days * rng.random::<f64>()) as i32
    };
    let lapsed = if happens(&mut rng, 0.12) { joined.max(span.first) + rng.random_range(60..900) } else { i32::MAX };
    let standing = activity + normal(&mut rng, 0.0, 0.5);
    let tier = if standing > 1.5 { 2 } else { usize::from(standing > 0.5) };
    let age = Weighted::new([0.2, 0.3, 0.28, 0.22].into_iter()).draw(&mut rng).unwrap_or(0);
    let home = Weighted::new(LOCATION_SHARES.into_iter()).draw(&mut rng).unwrap_or(0);
    let segment = segment(age, tier, activity);
    let consent =
        [Some(true), Some(false), None][Weighted::new([0.85, 0.11, 0.04].into_iter()).draw(&mut rng).unwrap_or(0)];
    let extra = (segment.mean_extra() * log_normal(&mut rng, 0.35)).min(0.5);
    let hides = if segment == Segment::SleepingDog { between(&mut rng, 0.2, 0.5) } else { 0.0 };
    let suppressed = happens(&mut rng, 0.02).then(|| ["complaint", "unsubscribed"][rng.random_range(0..2)]);
    Customer {
        id: format!("C{:06}", number + 1),
        joined,
        lapsed,
        consent,
        contact: if number > 0 && happens(&mut rng, 0.005) { number - 1 } else { number },
        age,
        home,
        tier,
        orders_per_day: (ACTIVITY_SIGMA * activity).exp(),
        size: log_normal(&mut rng, 0.6),
        segment,
        extra,
        hides,
        suppressed,
    }
}

/// The segment follows from age and tier together (neither alone tells it), and for some from activity.
fn segment(age: usize, tier: usize, activity: f64) -> Segment {
    match (tier, age) {
        (2, _) => Segment::SureThing,
        (1, 0 | 1) | (0, 2) => Segment::Persuadable,
        (0, 3) if activity > -0.8 => Segment::SleepingDog,
        (0, 3) => Segment::LostCause,
        _ => Segment::Mild,
    }
}
