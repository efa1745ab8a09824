//! Shops of any size for `nightclerk bench scale`: what one kind of job reads, and nothing else.

use std::fmt;

use polars::prelude::{DataFrame, PolarsResult};

use super::aggregates::Aggregates;
use super::baskets::BasketStream;
use crate::datasets::{BASKET_LINES, DAILY_SALES, Dataset, PRODUCTS, PROMOTIONS};
use crate::job::Job;
use crate::jobs::{basket_rules::BasketRules, demand_forecast::DemandForecast};

/// Days of baskets, the window of the rules.
const BASKET_DAYS: u32 = 180;
/// Products of the baskets.
const BASKET_PRODUCTS: u32 = 20_000;
/// Rows of a basket, about.
const ROWS_A_BASKET: usize = 9;
/// The last day of the history of the first night, in days since 1970-01-01.
pub const HISTORY_ENDS: i32 = 20_751;

/// Makes the rows of some days, counted from the first.
pub type RowsOf = Box<dyn Fn(usize, usize) -> PolarsResult<DataFrame> + Send + Sync>;

/// What is measured on what.
pub struct MeasuredShop {
    /// The job whose nights are measured, of the default project.
    pub job: &'static str,
    /// What `size` counts: `series` or `baskets`.
    pub counted: &'static str,
    /// How many.
    pub size: u32,
    /// Days of history.
    pub days: u32,
    /// Tables that are written once.
    pub facts: Vec<(&'static Dataset, DataFrame)>,
    /// The table that grows by a day.
    pub daily: &'static Dataset,
    /// Its rows a day, about.
    pub rows_a_day: usize,
    /// Its rows.
    pub rows_of: RowsOf,
    /// The queries of the project.
    pub queries: &'static [(&'static str, &'static str)],
}

impl fmt::Debug for MeasuredShop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, counted, size, days, .. } = self;
        write!(formatter, "{job} on {size} {counted} over {days} days")
    }
}

impl MeasuredShop {
    /// At least so many baskets, for rules.
    ///
    /// # Errors
    /// When a frame cannot be made; a fault of ours.
    pub fn of_baskets(seed: u64, baskets: u32) -> PolarsResult<Self> {
        let per_day = baskets.div_ceil(BASKET_DAYS);
        let first_day = HISTORY_ENDS + 1 - BASKET_DAYS as i32;
        let shop = BasketStream::new(seed, BASKET_PRODUCTS, first_day, per_day);
        Ok(Self {
            job: BasketRules::KIND,
            counted: "baskets",
            size: per_day * BASKET_DAYS,
            days: BASKET_DAYS,
            facts: vec![(&PRODUCTS, shop.products()?)],
            daily: &BASKET_LINES,
            rows_a_day: per_day as usize * ROWS_A_BASKET,
            rows_of: Box::new(move |from, to| shop.basket_lines(from, to)),
            queries: &[
                ("basket_lines", "SELECT * FROM basket_lines WHERE sold_on BETWEEN :history_from AND :as_of"),
                ("products", "SELECT product_id, name, category_path, unit_cost FROM products"),
            ],
        })
    }

    /// Daily sales of so many series over so many days and `later_days` after them, for forecasts.
    ///
    /// # Errors
    /// When a frame cannot be made; a fault of ours.
    pub fn of_series(seed: u64, series: u32, days: u32, later_days: u32) -> PolarsResult<Self> {
        let first_day = HISTORY_ENDS + 1 - days as i32;
        let shop = Aggregates::new(seed, series as usize, first_day, (days + later_days) as usize);
        Ok(Self {
            job: DemandForecast::KIND,
            counted: "series",
            size: series,
            days,
            facts: vec![(&PRODUCTS, shop.products()?), (&PROMOTIONS, shop.promotions()?)],
            daily: &DAILY_SALES,
            rows_a_day: series as usize,
            rows_of: Box::new(move |from, to| shop.daily_sales(from, to)),
            queries: &[
                ("daily_sales", "SELECT * FROM daily_sales WHERE sold_on BETWEEN :history_from AND :as_of"),
                ("products", "SELECT product_id, name, category_path FROM products"),
                ("promotions", "SELECT product_id, starts_on, ends_on, kind, discount_rate FROM promotions"),
            ],
        })
    }
}
