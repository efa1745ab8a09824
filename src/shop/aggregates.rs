//! A shop of any size as its daily sales alone: what a forecast reads, without orders, customers and stock.
//!
//! For measuring how work grows with the number of series. Expected demand of series (product, location) on a day:
//! `base * weekday_c * exp(wave_c) * exp(level(week)) * promotion`, with the distributions of [`super`] (base log-normal, a
//! fifth of the products intermittent, weekly random walks, promotions with an elasticity); units are negative binomial.
//! Every series draws from its own stream, so that days may be made in any pieces.

use std::f64::consts::TAU;

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series};
use rayon::prelude::*;

use super::chance::{Stream, day_key, happens, log_normal, negative_binomial, normal, rng};

/// Locations of the shop.
const LOCATIONS: usize = 10;
/// Leaf categories, in groups of ten.
const CATEGORIES: usize = 40;
/// Days between the promotions of a product, and days that one lasts.
const PROMOTION_EVERY: i32 = 91;
const PROMOTION_DAYS: i32 = 7;
/// Weekday factors, Monday first.
const WEEKDAY: [f64; 7] = [0.85, 0.85, 0.9, 1.0, 1.2, 1.5, 0.7];

/// A shop of daily sales.
#[derive(Clone, Debug)]
pub struct Aggregates {
    seed: u64,
    first_day: i32,
    days: usize,
    series: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    product: usize,
    location: usize,
    base: f64,
    shape: f64,
    /// Probability of demand at all on a day.
    awake: f64,
    elasticity: f64,
    /// Logarithm of the level at the start of each week.
    levels: Vec<f32>,
}

impl Aggregates {
    /// `n_series` series over `days` days from `first_day` (days since 1970-01-01): products at ten locations.
    pub fn new(seed: u64, n_series: usize, first_day: i32, days: usize) -> Self {
        let series = (0..n_series)
            .into_par_iter()
            .map(|index| {
                let (product, location) = (index / LOCATIONS, index % LOCATIONS);
                let mut own = rng(seed, Stream::Products, [product as u64, 0, 0]);
                let base = log_normal(&mut own, 1.1);
                let elasticity = 0.8 + 1.7 * normal(&mut own, 0.5, 0.2).clamp(0.0, 1.0);
                let intermittent = happens(&mut own, 0.2);
                let mut here = rng(seed, Stream::Affinity, [product as u64, location as u64, 0]);
                let base = 1.5 * base * log_normal(&mut here, 0.5) / if intermittent { 6.0 } else { 1.0 };
                let mut walk = rng(seed, Stream::Levels, [product as u64, location as u64, 0]);
                let mut level = 0.0_f64;
                let levels = (0..days / 7 + 2)
                    .map(|_| {
                        level = (0.985 * level + normal(&mut walk, 0.0, 0.035)).clamp(-0.9, 0.9);
                        level as f32
                    })
                    .collect();
                let awake = if intermittent { 0.35 } else { 1.0 };
                Member { product, location, base, shape: 4.0, awake, elasticity, levels }
            })
            .collect();
        Self { seed, first_day, days, series }
    }

    /// `daily_sales` of the days `from` to `to`, counted from the first: one row per day, product and location, also where
    /// nothing was sold.
    ///
    /// # Errors
    /// When polars refuses the columns; a fault of ours.
    pub fn daily_sales(&self, from: usize, to: usize) -> PolarsResult<DataFrame> {
        let to = to.min(self.days);
        let n = self.series.len();
        let units: Vec<Vec<i64>> = (from..to).into_par_iter().map(|day| self.units_of(day)).collect();
        let rows = n * units.len();
        let days = (from..to).flat_map(|day| std::iter::repeat_n(self.first_day + day as i32, n)).collect::<Vec<i32>>();
        let products: Vec<String> = self.series.iter().map(|member| product_id(member.product)).collect();
        let locations: Vec<String> = self.series.iter().map(|member| format!("L{:02}", member.location)).collect();
        let repeated = |texts: &[String]| -> Series {
            let texts = texts.iter().map(String::as_str).cycle().take(rows);
            Series::new("".into(), texts.collect::<Vec<&str>>())
        };
        let flat = || units.iter().flatten().copied();
        let named = |name: &str, series: Series| -> Column { series.with_name(name.into()).into_column() };
        DataFrame::new(
            rows,
            vec![
                named("sold_on", Series::new("".into(), days).cast(&DataType::Date)?),
                named("product_id", repeated(&products)),
                named("location_id", repeated(&locations)),
                named("quantity", Series::new("".into(), flat().map(|units| units * 1000).collect::<Vec<i64>>())),
                named("returned_quantity", Series::new("".into(), vec![0_i64; rows])),
                named("net_amount", Series::new("".into(), flat().map(|units| units * 299).collect::<Vec<i64>>())),
                named("orders", Series::new("".into(), flat().collect::<Vec<i64>>())),
            ],
        )
    }

    /// Units of every series on a day.
    fn units_of(&self, day: usize) -> Vec<i64> {
        let date = self.first_day + day as i32;
        let weekday = WEEKDAY[(date + 3).rem_euclid(7) as usize];
        let (week, within) = (day / 7, (day % 7) as f64 / 7.0);
        (self.series.iter())
            .map(|member| {
                let mut chance =
                    rng(self.seed, Stream::Demand, [member.product as u64, member.location as u64, day_key(date)]);
                if !happens(&mut chance, member.awake) {
                    return 0;
                }
                let category = member.product % CATEGORIES;
                let angle = TAU * (f64::from(date) / 365.25 - category as f64 / CATEGORIES as f64);
                let level_at = |week: usize| f64::from(member.levels.get(week).copied().unwrap_or_default());
                let level = level_at(week) * (1.0 - within) + level_at(week + 1) * within;
                let rate = Self::discount_rate(member.product, date);
                let promotion = (1.0 - rate).powf(-1.5 * member.elasticity);
                let mean = member.base * weekday * (0.25 * angle.cos() + level).exp() * promotion;
                i64::from(negative_binomial(&mut chance, mean, member.shape))
            })
            .collect()
    }

    /// The share of the price given away.
    fn discount_rate(product: usize, date: i32) -> f64 {
        let position = (date + product as i32 * 17).rem_euclid(PROMOTION_EVERY);
        if position < PROMOTION_DAYS { [0.1, 0.2, 0.3][product % 3] } else { 0.0 }
    }

    /// `products`: id, name, category path.
    ///
    /// # Errors
    /// When polars refuses the columns; a fault of ours.
    pub fn products(&self) -> PolarsResult<DataFrame> {
        let count = self.series.last().map_or(0, |member| member.product + 1);
        let ids: Vec<String> = (0..count).map(product_id).collect();
        let paths: Vec<String> = (0..count)
            .map(|product| {
                let category = product % CATEGORIES;
                format!("Group {}/Category {category}", category / 10)
            })
            .collect();
        let text = |name: &str, texts: &[String]| -> Column {
            Series::new(name.into(), texts.iter().map(String::as_str).collect::<Vec<_>>()).into_column()
        };
        DataFrame::new(count, vec![text("product_id", &ids), text("name", &ids), text("category_path", &paths)])
    }

    /// `promotions` of the days made and of 60 more: product, first and last day, rate.
    ///
    /// # Errors
    /// When polars refuses the columns; a fault of ours.
    pub fn promotions(&self) -> PolarsResult<DataFrame> {
        let count = self.series.last().map_or(0, |member| member.product + 1);
        let (mut ids, mut starts, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for product in 0..count {
            for date in self.first_day..self.first_day + self.days as i32 + 60 {
                if (date + product as i32 * 17).rem_euclid(PROMOTION_EVERY) == 0 {
                    ids.push(product_id(product));
                    starts.push(date);
                    rates.push(Self::discount_rate(product, date));
                }
            }
        }
        let ends: Vec<i32> = starts.iter().map(|day| day + PROMOTION_DAYS - 1).collect();
        let dates = |name: &str, days: &[i32]| -> PolarsResult<Column> {
            Ok(Series::new(name.into(), days).cast(&DataType::Date)?.into_column())
        };
        DataFrame::new(
            ids.len(),
            vec![
                Series::new("product_id".into(), ids.iter().map(String::as_str).collect::<Vec<_>>()).into_column(),
                dates("starts_on", &starts)?,
                dates("ends_on", &ends)?,
                Series::new("kind".into(), vec!["price"; ids.len()]).into_column(),
                Series::new("discount_rate".into(), rates).into_column(),
            ],
        )
    }
}

fn product_id(product: usize) -> String {
    format!("P{product:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_can_be_made_in_any_pieces() {
        let shop = Aggregates::new(1, 40, 20_000, 30);
        let (whole, early, late) = (shop.daily_sales(0, 30), shop.daily_sales(0, 11), shop.daily_sales(11, 30));
        let pieces = early.unwrap().vstack(&late.unwrap()).unwrap();
        assert!(whole.unwrap().equals(&pieces));
        assert_eq!(pieces.height(), 40 * 30);
    }

    #[test]
    fn promotions_raise_sales() {
        let shop = Aggregates::new(1, 200, 20_000, 364);
        let sum = |promoted: bool| {
            let mut sum = (0.0, 0.0);
            for day in 0..364 {
                for (member, units) in shop.series.iter().zip(shop.units_of(day)) {
                    if (Aggregates::discount_rate(member.product, 20_000 + day as i32) > 0.0) == promoted {
                        sum = (sum.0 + units as f64, sum.1 + 1.0);
                    }
                }
            }
            sum.0 / sum.1
        };
        assert!(sum(true) > 1.3 * sum(false));
        assert!((20 * 4..=20 * 5).contains(&shop.promotions().unwrap().height()));
    }
}
