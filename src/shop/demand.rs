//! Expected demand; the formulas are in the documentation of [`super`].

use std::f64::consts::TAU;

use chrono::Datelike;

use super::calendar::{Event, date_of, event, weekday};
use super::catalogue::{Catalogue, Category, LOCATION_SHARES, Scope, Span};
use super::chance::{Stream, happens, log_normal, normal, rng};
use super::troubles::Troubles;

const DAYS_PER_WEEK: i32 = 7;
const DIP_DAYS: i32 = 7;

/// A promotion as one product at one location sees it.
#[derive(Clone, Copy, Debug)]
struct Discount {
    start: i32,
    end: i32,
    rate: f64,
    display: bool,
}

/// What moves demand slowly, made once for the whole span.
#[derive(Debug)]
pub(super) struct DemandModel {
    first: i32,
    weeks: usize,
    products: usize,
    /// Logarithm of the level at the start of each week, by location, product, week.
    levels: Vec<f32>,
    /// Share of a product's demand at a location, by location, product.
    affinity: Vec<f64>,
    discounts: Vec<Vec<Discount>>,
}

impl DemandModel {
    pub(super) fn new(seed: u64, catalogue: &Catalogue, span: Span) -> Self {
        let weeks = ((span.horizon - span.first) / DAYS_PER_WEEK + 2) as usize;
        let products = catalogue.products.len();
        let mut levels = Vec::with_capacity(products * weeks * LOCATION_SHARES.len());
        let mut affinity = Vec::new();
        let mut discounts = Vec::new();
        for (location, share) in LOCATION_SHARES.iter().enumerate() {
            for product in 0..products {
                let key = [product as u64, location as u64, 0];
                affinity.push(share * log_normal(&mut rng(seed, Stream::Affinity, key), 0.25));
                levels.extend(walk(seed, product, location, weeks));
                discounts.push(seen_by(catalogue, product, location));
            }
        }
        Self { first: span.first, weeks, products, levels, affinity, discounts }
    }

    /// The share of the price given away today, 0 without a promotion.
    pub(super) fn discount_rate(&self, product: usize, location: usize, day: i32) -> f64 {
        self.running(product, location, day)
            .filter(|promotion| day <= promotion.end)
            .fold(0.0, |rate, promotion| rate.max(promotion.rate))
    }

    /// Expected units of every product at a location on a day, before complements and campaigns.
    pub(super) fn own_units(&self, catalogue: &Catalogue, troubles: &Troubles, location: usize, day: i32) -> Vec<f64> {
        let season: Vec<f64> = catalogue.categories.iter().map(|category| season(category, day)).collect();
        let week = ((day - self.first) / DAYS_PER_WEEK).max(0) as usize;
        let within = f64::from((day - self.first).rem_euclid(DAYS_PER_WEEK)) / f64::from(DAYS_PER_WEEK);
        let years = f64::from(day - self.first) / 365.25;
        (0..self.products)
            .map(|number| {
                let product = &catalogue.products[number];
                if !product.on_sale(day) {
                    return 0.0;
                }
                let at = location * self.products + number;
                let level_at = |week: usize| f64::from(self.levels[at * self.weeks + week.min(self.weeks - 1)]);
                let level = level_at(week) * (1.0 - within) + level_at(week + 1) * within;
                let list_price = product.prices[0].1 as f64;
                let price_effect = (product.price(day) as f64 / list_price).powf(-product.elasticity);
                product.base
                    * self.affinity[at]
                    * season[product.category]
                    * troubles.factor(number, day, catalogue.categories[product.category].weekday[weekday(day)])
                    * (level + product.yearly_trend * years.min(5.0)).exp()
                    * price_effect
                    * self.promotion_effect(number, product.elasticity, location, day)
            })
            .collect()
    }

    /// `(1 - rate)^(-1.5 elasticity)`, times 1.25 with a display; after the end a dip that heals within a week.
    fn promotion_effect(&self, product: usize, elasticity: f64, location: usize, day: i32) -> f64 {
        let (mut lift, mut dip) = (1.0_f64, 1.0_f64);
        for promotion in self.running(product, location, day) {
            if day <= promotion.end {
                let display = if promotion.display { 1.25 } else { 1.0 };
                lift = lift.max((1.0 - promotion.rate).powf(-1.5 * elasticity) * display);
            } else {
                let healing = f64::from(day - promotion.end - 1) / f64::from(DIP_DAYS);
                dip = dip.min(1.0 - promotion.rate * (1.0 - healing));
            }
        }
        if lift > 1.0 { lift } else { dip }
    }

    /// Promotions that run today or ended within the last days.
    fn running(&self, product: usize, location: usize, day: i32) -> impl Iterator<Item = &Discount> {
        let discounts = &self.discounts[location * self.products + product];
        let begun = discounts.partition_point(|promotion| promotion.start <= day);
        discounts[begun.saturating_sub(4)..begun].iter().filter(move |promotion| day <= promotion.end + DIP_DAYS)
    }
}

/// Lines that planted pairs add, per product, given the expected lines that can trigger them.
pub(super) fn complement_lines(catalogue: &Catalogue, lines: &[f64]) -> Vec<f64> {
    let mut added = vec![0.0; lines.len()];
    for pair in &catalogue.product_pairs {
        added[pair.consequent] += pair.strength * lines[pair.antecedent];
    }
    for pair in &catalogue.category_pairs {
        let of = |category: usize| move |&number: &usize| catalogue.products[number].category == category;
        let trigger: f64 = (0..lines.len()).filter(of(pair.antecedent)).map(|number| lines[number]).sum();
        let total: f64 = (0..lines.len()).filter(of(pair.consequent)).map(|number| lines[number]).sum();
        if total > 0.0 {
            for number in (0..lines.len()).filter(of(pair.consequent)) {
                added[number] += pair.strength * trigger * lines[number] / total;
            }
        }
    }
    added
}

/// Weekday, yearly waves and events of a category.
fn season(category: &Category, day: i32) -> f64 {
    let angle = TAU * f64::from(date_of(day).ordinal0()) / 365.25;
    let [(first, first_phase), (second, second_phase)] = category.waves;
    let waves = first * (angle - first_phase).cos() + second * (2.0 * angle - second_phase).cos();
    let spike = match event(day) {
        Some(Event::ChristmasSeason) => category.christmas,
        Some(Event::EasterWeek) => category.easter,
        Some(Event::BlackFriday) => category.black_friday,
        Some(Event::ChristmasDay | Event::NewYear) => 0.15,
        None => 1.0,
    };
    category.weekday[weekday(day)] * waves.exp() * spike
}

/// A weekly random walk drawn back to 0, `l(w) = 0.985 l(w-1) + N(0, 0.035)`, of which the larger part is common to all
/// locations, with a level shift of N(0, 0.3) every four years on average.
fn walk(seed: u64, product: usize, location: usize, weeks: usize) -> Vec<f32> {
    let mut level = 0.0_f64;
    (0..weeks)
        .map(|week| {
            let mut common = rng(seed, Stream::Levels, [product as u64, week as u64, 0]);
            let mut local = rng(seed, Stream::Levels, [product as u64, week as u64, 1 + location as u64]);
            let step = normal(&mut common, 0.0, 0.03) + normal(&mut local, 0.0, 0.018);
            let shift = if happens(&mut common, 1.0 / 208.0) { normal(&mut common, 0.0, 0.3) } else { 0.0 };
            level = (0.985 * level + step + shift).clamp(-0.9, 0.9);
            level as f32
        })
        .collect()
}

fn seen_by(catalogue: &Catalogue, product: usize, location: usize) -> Vec<Discount> {
    let category = catalogue.products[product].category;
    let middle = &catalogue.categories[category].middle_path;
    catalogue
        .promotions
        .iter()
        .filter(|promotion| promotion.location.is_none_or(|only| only == location))
        .filter(|promotion| match promotion.scope {
            Scope::Product(only) => only == product,
            Scope::Middle(leaf) => catalogue.categories[leaf].middle_path == *middle,
        })
        .map(|promotion| Discount {
            start: promotion.start,
            end: promotion.end,
            rate: promotion.rate,
            display: promotion.display,
        })
        .collect()
}
