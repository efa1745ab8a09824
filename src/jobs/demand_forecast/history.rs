//! Daily series from sparse sales: where nothing was sold, where nothing could be sold, and where nothing is known.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::{DataFrame, PolarsResult};

use rayon::prelude::*;

use super::dataset::Product;
use crate::frames::{days, integers, texts};
use crate::models::forecast::silence_is_chance;

/// Days whose revenue over units values a unit.
const VALUE_DAYS: i32 = 91;

/// The demand of one product at one location, one value per day up to as_of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesHistory {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
    /// The day of the first value: the launch, or the first day on which it was plausibly on sale, within the history.
    pub first_day: i32,
    /// Units demanded; `NaN` where the shelf was empty and sales say little about demand.
    pub demand: Vec<f64>,
    /// Units sold.
    pub sold: Vec<f64>,
    /// Days taken out of `demand` for want of stock.
    pub censored_days: usize,
    /// Minor currency units per unit, from sales of the last 91 days, or of all; `None` without revenue.
    pub unit_value: Option<f64>,
}

impl SeriesHistory {
    /// `PRODUCT @ LOCATION`.
    pub fn node(&self) -> String {
        format!("{} @ {}", self.product_id, self.location_id)
    }

    /// The demand of a day; `NaN` where it is not known, before the first day and after the last.
    pub fn demand_on(&self, day: i32) -> f64 {
        let index = usize::try_from(day - self.first_day).ok();
        index.and_then(|index| self.demand.get(index)).copied().unwrap_or(f64::NAN)
    }

    /// Units sold in the last `n` days.
    pub fn sold_in_last(&self, n: usize) -> f64 {
        self.sold.iter().rev().take(n).sum()
    }
}

/// Sales of one product at one location while rows are read.
struct Gathered<'a> {
    key: (&'a str, &'a str),
    /// Units per day of the history.
    units: Vec<f64>,
    /// Units and revenue of the last days, and of all.
    recent: (f64, f64),
    all: (f64, f64),
}

/// Finds the place of a key. Rows come day by day in the order of the keys, so the next one is mostly the one after the last.
#[derive(Default)]
struct Places<'a> {
    places: HashMap<(&'a str, &'a str), usize>,
    next: usize,
}

impl<'a> Places<'a> {
    fn of(&mut self, key: (&'a str, &'a str), gathered: &mut Vec<Gathered<'a>>, days: usize) -> usize {
        let place = if gathered.get(self.next).is_some_and(|series| series.key == key) {
            self.next
        } else {
            *self.places.entry(key).or_insert_with(|| {
                gathered.push(Gathered { key, units: vec![0.0; days], recent: (0.0, 0.0), all: (0.0, 0.0) });
                gathered.len() - 1
            })
        };
        self.next = if place + 1 < gathered.len() { place + 1 } else { 0 };
        place
    }
}

/// Sold units of every series with a sale in the history, and the first day with a row.
fn gather(sales: &DataFrame, first_day: i32, as_of: i32) -> PolarsResult<(Vec<Gathered<'_>>, i32)> {
    let column = |name: &str| PolarsResult::Ok(sales.column(name)?.as_materialized_series());
    let (dates, ids) = (column("sold_on")?.date()?.physical(), column("product_id")?.str()?);
    let (locations, quantities) = (column("location_id")?.str()?, column("quantity")?.i64()?);
    let amounts = column("net_amount")?.i64()?;
    let days = usize::try_from(as_of + 1 - first_day).unwrap_or(0);
    let (mut gathered, mut places) = (Vec::new(), Places::default());
    let mut begin = as_of;
    let rows = dates.iter().zip(ids.iter()).zip(locations.iter()).zip(quantities.iter()).zip(amounts.iter());
    for ((((day, product), location), quantity), amount) in rows {
        let (Some(day), Some(product), Some(location), Some(quantity)) = (day, product, location, quantity) else {
            continue;
        };
        if !(first_day..=as_of).contains(&day) {
            continue;
        }
        begin = begin.min(day);
        if quantity <= 0 {
            continue;
        }
        let (units, amount) = (quantity as f64 / 1000.0, amount.unwrap_or(0) as f64);
        let place = places.of((product, location), &mut gathered, days);
        let series: &mut Gathered = &mut gathered[place];
        series.units[(day - first_day) as usize] += units;
        series.all = (series.all.0 + units, series.all.1 + amount);
        if day > as_of - VALUE_DAYS {
            series.recent = (series.recent.0 + units, series.recent.1 + amount);
        }
    }
    gathered.sort_by_key(|series| series.key);
    Ok((gathered, if sales.height() == 0 { first_day } else { begin }))
}

/// Every series with a sale in the history, sorted by product and location.
pub(super) fn series_histories(
    sales: &DataFrame,
    stock_levels: Option<&DataFrame>,
    products: &BTreeMap<String, Product>,
    first_day: i32,
    as_of: i32,
) -> PolarsResult<Vec<SeriesHistory>> {
    let (gathered, data_begin) = gather(sales, first_day, as_of)?;
    let mut empty_shelves: BTreeMap<(&str, &str), Vec<i32>> = BTreeMap::new();
    if let Some(stock) = stock_levels {
        let (dates, ids) = (days(stock, "snapshot_on")?, texts(stock, "product_id")?);
        let (locations, on_hand) = (texts(stock, "location_id")?, integers(stock, "on_hand")?);
        for row in 0..stock.height() {
            if let (Some(day), Some(product), Some(location), Some(on_hand)) =
                (dates[row], ids[row], locations[row], on_hand[row])
                && on_hand <= 0
                && (first_day..=as_of).contains(&day)
            {
                empty_shelves.entry((product, location)).or_default().push(day);
            }
        }
    }
    let series = gathered.into_par_iter().filter_map(|series| {
        let (product, location) = series.key;
        let is_sale = |units: &f64| *units > 0.0;
        let first_sale = first_day + series.units.iter().position(is_sale)? as i32;
        let launched = products.get(product).and_then(|product| product.launched_on).map(|day| day.max(first_day));
        let sale_days = series.units.iter().filter(|units| is_sale(units)).count();
        let guessed = plausible_start(data_begin, first_sale, as_of, sale_days);
        let start = launched.map_or(guessed, |day| day.min(first_sale)).min(as_of + 1);
        let sold = series.units[(start - first_day) as usize..].to_vec();
        let empty = empty_shelves.get(&(product, location)).map_or(&[][..], Vec::as_slice);
        let mut demand = sold.clone();
        let mut closed_empty = vec![false; sold.len()];
        for day in empty {
            if let Some(flag) = usize::try_from(day - start).ok().and_then(|index| closed_empty.get_mut(index)) {
                *flag = true;
            }
        }
        let censored_days = censor(&mut demand, &closed_empty);
        let value = |(units, amount): (f64, f64)| (units > 0.0 && amount > 0.0).then_some(amount / units);
        Some(SeriesHistory {
            product_id: product.to_owned(),
            location_id: location.to_owned(),
            first_day: start,
            demand,
            sold,
            censored_days,
            unit_value: value(series.recent).or(value(series.all)),
        })
    });
    Ok(series.collect())
}

/// The first day of a series without a known launch: the data's, unless the silence before the first sale is no chance.
/// Then the product is new and its series begins the day after its first sale, which is why we look.
fn plausible_start(data_begin: i32, first_sale: i32, as_of: i32, sale_days: usize) -> i32 {
    let (before, after) = ((first_sale - data_begin).max(0) as usize, (as_of - first_sale).max(0) as usize);
    if silence_is_chance(before, sale_days - 1, after) { data_begin } else { first_sale + 1 }
}

/// Marks the days on which an empty shelf hid demand and returns how many.
///
/// A day that closed without stock is kept when at least as much was sold as on the average day of that weekday with stock:
/// demand was no less, and leaving such days out would remove the highest ones.
fn censor(demand: &mut [f64], closed_empty: &[bool]) -> usize {
    if closed_empty.iter().all(|empty| !empty) {
        return 0;
    }
    let mut stocked = [(0.0, 0.0); 7];
    for (t, units) in demand.iter().enumerate().filter(|(t, _)| !closed_empty[*t]) {
        stocked[t % 7].0 += units;
        stocked[t % 7].1 += 1.0;
    }
    let mut censored = 0;
    for (t, units) in demand.iter_mut().enumerate().filter(|(t, _)| closed_empty[*t]) {
        let (sum, count) = stocked[t % 7];
        if count == 0.0 || *units * count < sum || *units == 0.0 {
            *units = f64::NAN;
            censored += 1;
        }
    }
    censored
}
