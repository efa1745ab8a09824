//! Daily series from sparse sales: where nothing was sold, where nothing could be sold, and where nothing is known.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::daily_sales::{DailySales, Sold, SoldSeries};
use super::openings::{Opening, Openings};
use crate::datasets::Product;
use crate::day::Day;
use crate::models::forecast::cleaning::uncensored;
use crate::models::forecast::lifecycle::{Season, silence_is_chance};

/// Days whose revenue over units values a unit.
const VALUE_DAYS: usize = 91;

/// The demand of one product at one location, one value per day up to as_of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SeriesHistory {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
    /// The day of the first value: the launch, or the first day on which it was plausibly on sale, within the history.
    pub first_day: Day,
    /// Units demanded; `NaN` where the shelf was empty and sales say little about demand, and where the location was closed.
    pub demand: Vec<f64>,
    /// Units sold.
    pub sold: Vec<f64>,
    /// Days on which an empty shelf hid demand: unknown, or raised above what was sold.
    pub censored_days: usize,
    /// Whether it closes without stock nearly whenever it sells: sales are then its demand, which may have been more.
    pub is_always_empty: bool,
    /// Its season, where it sells in one of the year alone.
    pub season: Option<Season>,
    /// Minor currency units per unit, from sales of the last 91 days, or of all; `None` without revenue.
    pub unit_value: Option<f64>,
}

impl SeriesHistory {
    /// `PRODUCT @ LOCATION`.
    pub fn node(&self) -> String {
        format!("{} @ {}", self.product_id, self.location_id)
    }

    /// The demand of a day; `NaN` where it is not known, before the first day and after the last.
    pub fn demand_on(&self, day: Day) -> f64 {
        let index = usize::try_from(day - self.first_day).ok();
        index.and_then(|index| self.demand.get(index)).copied().unwrap_or(f64::NAN)
    }

    /// Units sold in the last `n` days.
    pub fn sold_in_last(&self, n: usize) -> f64 {
        self.sold.iter().rev().take(n).sum()
    }
}

/// Every series with a sale in the span, sorted by product and location.
pub(super) fn series_histories(
    sales: &DailySales,
    products: &BTreeMap<String, Product>,
    openings: &Openings,
) -> Vec<SeriesHistory> {
    sales.series.par_iter().filter_map(|series| history_of(sales, series, products, openings)).collect()
}

fn history_of(
    sales: &DailySales,
    series: &SoldSeries,
    products: &BTreeMap<String, Product>,
    openings: &Openings,
) -> Option<SeriesHistory> {
    let DailySales { first_day, as_of, begin, .. } = *sales;
    let opening = openings.at(&series.location);
    // Before a location sold anything it was not open, or its sales are not there.
    let begin = opening.map_or(begin, |opening: &Opening| opening.begins);
    let first_sale = first_day + series.sold.iter().position(|sold| sold.quantity > 0)? as i32;
    let launched = products.get(&series.product).and_then(|product| product.launched_on).map(|day| day.max(begin));
    let sale_days = series.sold.iter().filter(|sold| sold.quantity > 0).count();
    let guessed = plausible_start(begin, first_sale, as_of, sale_days);
    let start = launched.map_or(guessed, |day| day.min(first_sale)).min(as_of + 1);
    let days = &series.sold[(start - first_day) as usize..];
    let sold: Vec<f64> = days.iter().map(|sold| sold.quantity as f64 / 1000.0).collect();
    let place = |day: Day| usize::try_from(day - start).ok().filter(|place| *place < sold.len());
    let mut closed_empty = vec![false; sold.len()];
    for place in series.closed_empty.iter().filter_map(|day| place(*day)) {
        closed_empty[place] = true;
    }
    let mut observed = sold.clone();
    for place in opening.into_iter().flat_map(|opening| &opening.closed).filter_map(|day| place(*day)) {
        observed[place] = f64::NAN;
    }
    let uncensored = uncensored(&observed, &closed_empty);
    let value = |days: &[Sold]| {
        let quantity: i64 = days.iter().map(|sold| sold.quantity).sum();
        let amount: i64 = days.iter().map(|sold| sold.amount).sum();
        (quantity > 0 && amount > 0).then(|| amount as f64 / (quantity as f64 / 1000.0))
    };
    let recent = days.len().saturating_sub(VALUE_DAYS);
    Some(SeriesHistory {
        product_id: series.product.clone(),
        location_id: series.location.clone(),
        first_day: start,
        demand: uncensored.demand,
        sold,
        censored_days: uncensored.n_unknown + uncensored.n_raised,
        is_always_empty: uncensored.is_always_empty,
        season: None,
        unit_value: value(&days[recent..]).or(value(days)),
    })
}

/// The first day of a series without a known launch: the data's, unless the silence before the first sale is no chance.
/// Then the product is new and its series begins the day after its first sale, which is why we look.
fn plausible_start(data_begin: Day, first_sale: Day, as_of: Day, sale_days: usize) -> Day {
    let (before, after) = ((first_sale - data_begin).max(0) as usize, (as_of - first_sale).max(0) as usize);
    if silence_is_chance(before, sale_days - 1, after) { data_begin } else { first_sale + 1 }
}
