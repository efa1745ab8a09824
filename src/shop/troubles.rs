//! What is wrong with ordinary shops, planted in a demo that asks for it: goods whose stock is never in the books, seasons with
//! nothing between them, products with a week of their own, levels that jump, customers who buy in bulk, sold-out
//! Saturdays, closed days, counts that leave out zeros.

use rand::Rng;

use super::calendar::{date_of, easter_sunday, weekday};
use super::catalogue::{LOCATION_NAMES, Product, Span};
use super::chance::{Stream, between, happens, rng};
use chrono::Datelike;

/// The location that is closed on Sundays and whose counts of stock have no rows of zero.
const SUNDAYS_OFF: usize = 2;
/// The location that was rebuilt.
const REBUILT: usize = 1;
/// Days for which it was closed.
const REBUILT_DAYS: i32 = 24;
/// Days of the lockdown, in which nothing was open.
const LOCKDOWN_DAYS: i32 = 17;

/// The trouble of a product.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    /// Enough is there, but the books say 0 every evening.
    AlwaysEmpty,
    /// Sold before a feast only; factors run up to it.
    Seasonal(Season),
    /// Another week than its category's: factors Monday to Sunday, mean 1.
    OwnWeek([f64; 7]),
    /// The level is another one since a day.
    Jump { since: i32, factor: f64 },
    /// Somebody buys very many on these days.
    Bulk { days: Vec<i32>, times: f64 },
    /// On Saturdays no more than this share of what is expected is there.
    ShortSaturdays(f64),
}

/// When a seasonal product is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Season {
    /// From 10 November to Christmas Eve.
    Christmas,
    /// The five weeks before Easter Sunday.
    Easter,
    /// May to August.
    Summer,
}

impl Season {
    /// Factor of a day, 0 out of season.
    fn factor(self, day: i32) -> f64 {
        let date = date_of(day);
        match self {
            Self::Christmas => {
                let days_left = date_of(day).with_month(12).and_then(|date| date.with_day(24));
                let days_left = days_left.map_or(i32::MAX, |eve| super::calendar::day_number(eve) - day);
                if (0..45).contains(&days_left) { 4.0 * (-f64::from(days_left) / 20.0).exp() } else { 0.0 }
            }
            Self::Easter => {
                let days_left = easter_sunday(date.year()).map_or(i32::MAX, |sunday| sunday - day);
                if (1..=35).contains(&days_left) { 4.0 * (-f64::from(days_left) / 14.0).exp() } else { 0.0 }
            }
            Self::Summer => f64::from(u8::from((5..=8).contains(&date.month()))) * 1.8,
        }
    }
}

impl Trouble {
    /// As `truth_troubles` has it.
    const fn name(&self) -> &'static str {
        match self {
            Self::AlwaysEmpty => "always_empty",
            Self::Seasonal(Season::Christmas) => "christmas",
            Self::Seasonal(Season::Easter) => "easter",
            Self::Seasonal(Season::Summer) => "summer",
            Self::OwnWeek(_) => "own_week",
            Self::Jump { .. } => "jump",
            Self::Bulk { .. } => "bulk",
            Self::ShortSaturdays(_) => "short_saturdays",
        }
    }

    /// Of a product, by chance; `None` for most.
    fn of(seed: u64, number: usize, product: &Product, span: Span) -> Option<Self> {
        let mut rng = rng(seed, Stream::Troubles, [number as u64, 0, 0]);
        let lasting = product.launched == i32::MIN && product.discontinued == i32::MAX;
        let draw: f64 = rng.random();
        match draw {
            _ if !lasting => None,
            ..0.08 => Some(Self::AlwaysEmpty),
            ..0.12 => Some(Self::Seasonal(Season::Christmas)),
            ..0.15 => Some(Self::Seasonal(Season::Easter)),
            ..0.18 => Some(Self::Seasonal(Season::Summer)),
            ..0.26 => Some(Self::OwnWeek([1.5, 1.5, 1.5, 1.45, 1.05, 0.0, 0.0])),
            ..0.33 => Some(Self::OwnWeek([0.2, 0.2, 0.3, 0.5, 1.4, 2.9, 1.5])),
            ..0.40 => Some(Self::Jump {
                since: span.last - rng.random_range(21..200),
                factor: if happens(&mut rng, 0.5) { between(&mut rng, 1.7, 2.5) } else { between(&mut rng, 0.35, 0.6) },
            }),
            ..0.47 => Some(Self::Bulk {
                days: (0..rng.random_range(1..4)).map(|_| rng.random_range(span.last - 500..span.last - 2)).collect(),
                times: between(&mut rng, 15.0, 50.0),
            }),
            ..0.52 => Some(Self::ShortSaturdays(between(&mut rng, 0.7, 1.1))),
            _ => None,
        }
    }
}

/// The troubles of a shop; none in one without.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    of_products: Vec<Option<Trouble>>,
    /// First days of the lockdown and of the rebuilding.
    lockdown: i32,
    rebuilding: i32,
}

impl Troubles {
    /// `is_wanted_with_others`: whether a product is bought because of another.
    pub(super) fn new(
        seed: u64,
        products: &[Product],
        span: Span,
        is_wanted_with_others: impl Fn(usize) -> bool,
    ) -> Self {
        let mut rng = rng(seed, Stream::Troubles, [u64::MAX, 0, 0]);
        // What is bought with others has no season of its own.
        let of = |number: usize, product: &Product| {
            Trouble::of(seed, number, product, span)
                .filter(|trouble| !(matches!(trouble, Trouble::Seasonal(_)) && is_wanted_with_others(number)))
        };
        let of_products = (products.iter().enumerate()).map(|(number, product)| of(number, product)).collect();
        Self {
            of_products,
            lockdown: span.last - rng.random_range(60..600),
            rebuilding: span.last - rng.random_range(30..400),
        }
    }

    /// Whether the shop has any.
    fn is_any(&self) -> bool {
        !self.of_products.is_empty()
    }

    /// Of a product.
    pub(super) fn of(&self, product: usize) -> Option<&Trouble> {
        self.of_products.get(product)?.as_ref()
    }

    /// Every product with a trouble, and its name.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let named = |(number, trouble): (usize, &Option<Trouble>)| trouble.as_ref().map(|it| (number, it.name()));
        self.of_products.iter().enumerate().filter_map(named)
    }

    /// Whether a location is closed on a day.
    pub(super) fn is_closed(&self, location: usize, day: i32) -> bool {
        debug_assert!(location < LOCATION_NAMES.len(), "a location of the shop");
        let date = date_of(day);
        let feast = matches!((date.month(), date.day()), (1, 1) | (12, 25));
        let locked = (self.lockdown..self.lockdown + LOCKDOWN_DAYS).contains(&day);
        let rebuilt = location == REBUILT && (self.rebuilding..self.rebuilding + REBUILT_DAYS).contains(&day);
        self.is_any() && (feast || locked || rebuilt || location == SUNDAYS_OFF && weekday(day) == 6)
    }

    /// Whether the counts of stock of a location have rows of zero.
    pub(super) fn counts_zeros(&self, location: usize) -> bool {
        !self.is_any() || location != SUNDAYS_OFF
    }

    /// Puts on the shelves in the morning what no order brings, given the units expected.
    pub(super) fn stock_up(&self, day: i32, expected: &[f64], on_hand: &mut [i64]) {
        let ample = |expected: f64| (expected * 4.0).ceil() as i64 + 10;
        for (trouble, (&expected, on_hand)) in self.of_products.iter().zip(expected.iter().zip(on_hand)) {
            match trouble {
                Some(Trouble::AlwaysEmpty) => *on_hand = ample(expected),
                Some(Trouble::Seasonal(_)) => *on_hand = if expected > 0.0 { ample(expected) } else { 0 },
                Some(Trouble::ShortSaturdays(share)) if weekday(day) == 5 => *on_hand = (share * expected) as i64,
                Some(Trouble::ShortSaturdays(_)) => *on_hand = (*on_hand).max(ample(expected)),
                _ => {}
            }
        }
    }

    /// Takes out of the books in the evening what they never hold.
    pub(super) fn write_off(&self, on_hand: &mut [i64]) {
        for (trouble, on_hand) in self.of_products.iter().zip(on_hand) {
            if *trouble == Some(Trouble::AlwaysEmpty) {
                *on_hand = 0;
            }
        }
    }

    /// Whether the shop orders a product; others come by themselves.
    pub(super) fn is_ordered(&self, product: usize) -> bool {
        !matches!(self.of(product), Some(Trouble::AlwaysEmpty | Trouble::Seasonal(_) | Trouble::ShortSaturdays(_)))
    }

    /// First day of sale by the books, given that of the first sale.
    pub(super) fn listed(&self, product: usize, launched: i32) -> i32 {
        if self.is_any() && launched != i32::MIN { launched - 37 * (product as i32 % 5) } else { launched }
    }

    /// Factor on a product's demand on a day, given its category's factor of that weekday.
    pub(super) fn factor(&self, product: usize, day: i32, weekday_factor: f64) -> f64 {
        match self.of(product) {
            Some(Trouble::Seasonal(season)) => season.factor(day),
            Some(Trouble::OwnWeek(week)) => week[weekday(day)] / weekday_factor,
            Some(Trouble::Jump { since, factor }) if day >= *since => *factor,
            _ => 1.0,
        }
    }

    /// Units that one customer wants on a day beside everybody's, given what is expected on a day.
    pub(super) fn bulk(&self, product: usize, day: i32, expected: f64) -> i64 {
        match self.of(product) {
            Some(Trouble::Bulk { days, times }) if days.contains(&day) => (expected * times).ceil() as i64,
            _ => 0,
        }
    }
}
