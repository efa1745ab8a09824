//! A shop of any size as its baskets alone: what association rules read, without stock, customers and prices.
//!
//! For measuring how work grows with the number of baskets. Product `i` of `n` is in a basket with a probability in proportion
//! to `1 / (i + 10)^0.9`; baskets hold 9 products on the mean, their sizes more varied than Poisson's. Every hundredth product
//! brings its successor along in three of ten baskets. Every day draws from its own stream, so that days may be made in any
//! pieces.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsResult, Series};
use rand::Rng;
use rayon::prelude::*;

use super::chance::{Stream, day_key, happens, negative_binomial, rng};

/// Mean number of draws per basket, and the shape of their negative binomial distribution.
const DRAWS: f64 = 9.0;
const SHAPE: f64 = 4.0;
/// Products between two that bring their successor along, and how often they do.
const LEADER_EVERY: u32 = 100;
const BRINGS: f64 = 0.3;
/// Categories, in groups of ten.
const CATEGORIES: u32 = 200;

/// A shop of baskets.
#[derive(Clone, Debug)]
pub struct BasketStream {
    seed: u64,
    first_day: i32,
    per_day: u32,
    /// Up to each product, the share of all draws.
    shares: Vec<f64>,
}

impl BasketStream {
    /// `per_day` baskets a day from `first_day` (days since 1970-01-01) of `n_products` products.
    pub fn new(seed: u64, n_products: u32, first_day: i32, per_day: u32) -> Self {
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (0..n_products)
            .map(|product| {
                sum += (f64::from(product) + 10.0).powf(-0.9);
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        Self { seed, first_day, per_day, shares }
    }

    /// `basket_lines` of the days `from` to `to`, counted from the first.
    ///
    /// # Errors
    /// When polars refuses the columns; a fault of ours.
    pub fn basket_lines(&self, from: usize, to: usize) -> PolarsResult<DataFrame> {
        let days: Vec<Vec<Vec<u32>>> = (from..to).into_par_iter().map(|day| self.baskets_of(day)).collect();
        let (mut orders, mut products, mut dates) = (Vec::new(), Vec::new(), Vec::new());
        for (day, baskets) in (from..to).zip(&days) {
            for (number, basket) in baskets.iter().enumerate() {
                for product in basket {
                    orders.push(format!("{day}-{number}"));
                    products.push(product_id(*product));
                    dates.push(self.first_day + day as i32);
                }
            }
        }
        let rows = orders.len();
        let named = |name: &str, series: Series| -> Column { series.with_name(name.into()).into_column() };
        DataFrame::new(
            rows,
            vec![
                named("order_id", Series::new("".into(), orders)),
                named("sold_on", Series::new("".into(), dates).cast(&DataType::Date)?),
                named("product_id", Series::new("".into(), products)),
                named("quantity", Series::new("".into(), vec![1_000_i64; rows])),
                named("net_amount", Series::new("".into(), vec![499_i64; rows])),
            ],
        )
    }

    /// The products of each basket of a day.
    fn baskets_of(&self, day: usize) -> Vec<Vec<u32>> {
        let mut chance = rng(self.seed, Stream::Demand, [0, 0, day_key(self.first_day + day as i32)]);
        let n = self.shares.len() as u32;
        (0..self.per_day)
            .map(|_| {
                let draws = negative_binomial(&mut chance, DRAWS - 1.0, SHAPE) + 1;
                let mut basket: Vec<u32> = (0..draws)
                    .map(|_| {
                        self.shares.partition_point(|share| *share < chance.random::<f64>()).min(n as usize - 1) as u32
                    })
                    .collect();
                let led: Vec<u32> = (basket.iter().copied())
                    .filter(|product| product % LEADER_EVERY == 0 && product + 1 < n)
                    .filter(|_| happens(&mut chance, BRINGS))
                    .map(|product| product + 1)
                    .collect();
                basket.extend(led);
                basket.sort_unstable();
                basket.dedup();
                basket
            })
            .collect()
    }

    /// `products`: id, name, category path, cost.
    ///
    /// # Errors
    /// When polars refuses the columns; a fault of ours.
    pub fn products(&self) -> PolarsResult<DataFrame> {
        let n = self.shares.len() as u32;
        let category = |product: u32| {
            let category = product % CATEGORIES;
            format!("G{:02}/C{category:03}", category / 10)
        };
        DataFrame::new(
            n as usize,
            vec![
                Column::new("product_id".into(), (0..n).map(product_id).collect::<Vec<_>>()),
                Column::new("name".into(), (0..n).map(|product| format!("Product {product}")).collect::<Vec<_>>()),
                Column::new("category_path".into(), (0..n).map(category).collect::<Vec<_>>()),
                Column::new("unit_cost".into(), vec![250_i64; n as usize]),
            ],
        )
    }
}

fn product_id(product: u32) -> String {
    format!("P{product:05}")
}
