//! Daily sales as they were read, series by series: gathered from rows, remembered from night to night, brought up to date.
//!
//! Reading two years of a large shop takes minutes, and of those days all but the last are known since yesterday. What was read
//! is therefore remembered, and the next night reads the last days alone. The answer is the same, byte for byte, as long as
//! nobody corrects older days; a complete read every week takes such corrections in.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use polars::prelude::DataFrame;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::ContractError;
use crate::datasets::{Sale, StockLevel, left_out, without_zeros};
use crate::day::Day;

/// Sales of all series over one span of days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DailySales {
    /// First day of the span.
    pub first_day: Day,
    /// Last day of the span.
    pub as_of: Day,
    /// First day with a row.
    pub begin: Day,
    /// Locations whose stock has no line of zero at all, so that a line that is missing is one.
    pub stock_without_zeros: Vec<String>,
    /// Sorted by product and location.
    pub series: Vec<SoldSeries>,
    /// Rows per day of the span.
    pub rows_by_day: BTreeMap<Day, u64>,
}

/// Sales of one product at one location.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SoldSeries {
    /// The product.
    pub product: String,
    /// The location.
    pub location: String,
    /// Per day of the span.
    pub sold: Vec<Sold>,
    /// Days that closed without stock, ascending.
    pub closed_empty: Vec<Day>,
}

/// Sales of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sold {
    /// Thousandths of a unit.
    pub quantity: i64,
    /// Minor currency units received for them.
    pub amount: i64,
}

impl DailySales {
    /// From all rows of the span.
    ///
    /// # Errors
    /// When a frame lacks a column or has another type than its dataset declares.
    pub fn read(
        sales: &DataFrame,
        stock_levels: Option<&DataFrame>,
        first_day: Day,
        as_of: Day,
    ) -> Result<Self, ContractError> {
        let none = Self { first_day, as_of: first_day - 1, begin: Day::MAX, ..Self::default() };
        none.advanced(sales, stock_levels, first_day, first_day, as_of)
    }

    /// The same span or a later one, with the days from `from` on as the rows have them; rows of earlier days are not looked at.
    ///
    /// # Errors
    /// As [`DailySales::read`].
    pub fn advanced(
        self,
        sales: &DataFrame,
        stock_levels: Option<&DataFrame>,
        from: Day,
        first_day: Day,
        as_of: Day,
    ) -> Result<Self, ContractError> {
        let (span, from) = (span(first_day, as_of), from.max(first_day));
        let (mut series, mut rows_by_day) = self.kept(first_day, from, span);

        let known: Vec<(String, String)> =
            series.iter().map(|series| (series.product.clone(), series.location.clone())).collect();
        let mut places = Places::new(known.iter().map(|(product, location)| (&**product, &**location)).collect());
        for sale in Sale::read(sales)?.filter(|sale| (from..=as_of).contains(&sale.sold_on)) {
            *rows_by_day.entry(sale.sold_on).or_default() += 1;
            if sale.quantity > 0 {
                let place = places.of((sale.product_id, sale.location_id));
                add_places(&mut series, &places.keys, span);
                let sold = &mut series[place].sold[(sale.sold_on - first_day) as usize];
                sold.quantity += sale.quantity;
                sold.amount += sale.net_amount;
            }
        }
        let mut stock_without_zeros = Vec::new();
        if let Some(stock) = stock_levels {
            let is_empty = |stock: &StockLevel| stock.on_hand <= 0 && (from..=as_of).contains(&stock.snapshot_on);
            for stock in StockLevel::read(stock)?.filter(is_empty) {
                let place = places.of((stock.product_id, stock.location_id));
                add_places(&mut series, &places.keys, span);
                series[place].closed_empty.push(stock.snapshot_on);
            }
            let locations = without_zeros(StockLevel::read(stock)?);
            let leaves_out = StockLevel::read(stock)?.filter(|stock| locations.contains(stock.location_id));
            for line in left_out(leaves_out, SOLD_OUT_DAYS) {
                let place = places.of((line.product_id, line.location_id));
                add_places(&mut series, &places.keys, span);
                let known = first_day..=as_of;
                let sold = |day: Day| {
                    if known.contains(&day) { series[place].sold[(day - first_day) as usize].quantity } else { 0 }
                };
                let empty: Vec<Day> = line.empty_on(sold).filter(|day| (from..=as_of).contains(day)).collect();
                series[place].closed_empty.extend(empty);
            }
            stock_without_zeros.extend(locations.into_iter().map(str::to_owned));
        }
        for series in &mut series {
            series.closed_empty.sort_unstable();
        }
        series.retain(|series| !series.closed_empty.is_empty() || series.sold.iter().any(|sold| sold.quantity > 0));
        series.sort_by(|left, right| (&left.product, &left.location).cmp(&(&right.product, &right.location)));
        let begin = rows_by_day.keys().next().copied().unwrap_or(first_day);
        Ok(Self { first_day, as_of, begin, stock_without_zeros, series, rows_by_day })
    }

    /// Rows on days before `day`.
    pub fn rows_before(&self, day: Day) -> u64 {
        self.rows_by_day.range(..day).map(|(_, rows)| rows).sum()
    }

    /// What stays of an earlier span in one of `span` days from `first_day` on: days before `from`; the others begin empty.
    fn kept(self, first_day: Day, from: Day, span: usize) -> (Vec<SoldSeries>, BTreeMap<Day, u64>) {
        let (first_kept, end) = (first_day.max(self.first_day), from.min(self.as_of + 1));
        let is_kept = |day: Day| (first_kept..end).contains(&day);
        let series = (self.series.into_iter())
            .map(|series| {
                let mut sold = vec![Sold::default(); span];
                for day in first_kept.through(end - 1) {
                    sold[(day - first_day) as usize] = series.sold[(day - self.first_day) as usize];
                }
                let closed_empty = series.closed_empty.into_iter().filter(|day| is_kept(*day)).collect();
                SoldSeries { sold, closed_empty, ..series }
            })
            .collect();
        (series, self.rows_by_day.into_iter().filter(|(day, _)| is_kept(*day)).collect())
    }
}

/// Days after its last line for which a product that is not in the stock is taken for sold out; later it is taken for delisted.
const SOLD_OUT_DAYS: i32 = 28;

/// Daily sales as bytes: they wait a whole night for the next one, and most of their numbers are small.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PackedSales(Vec<u8>);

/// As one string of bytes; a derived one takes them one by one, which is noticed in a large shop.
impl Serialize for PackedSales {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for PackedSales {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("packed sales")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_bytes(Bytes).map(Self)
    }
}

impl PackedSales {
    /// Packs.
    ///
    /// # Errors
    /// When something cannot be encoded.
    pub fn pack(sales: &DailySales) -> Result<Self, postcard::Error> {
        postcard::to_allocvec(sales).map(Self)
    }

    /// What was packed; `None` when the bytes are anything else.
    pub fn unpack(&self) -> Option<DailySales> {
        let sales: DailySales = postcard::from_bytes(&self.0).ok()?;
        let span = span(sales.first_day, sales.as_of);
        sales.series.iter().all(|series| series.sold.len() == span).then_some(sales)
    }
}

/// Days from the first to the last.
fn span(first_day: Day, as_of: Day) -> usize {
    usize::try_from(as_of + 1 - first_day).unwrap_or(0)
}

/// Finds the place of a key. Rows come day by day in the order of the keys, so the next one is mostly the one after the last.
struct Places<'a> {
    keys: Vec<(&'a str, &'a str)>,
    by_key: HashMap<(&'a str, &'a str), usize>,
    next: usize,
}

impl<'a> Places<'a> {
    fn new(keys: Vec<(&'a str, &'a str)>) -> Self {
        let by_key = keys.iter().enumerate().map(|(place, key)| (*key, place)).collect();
        Self { keys, by_key, next: 0 }
    }

    fn of(&mut self, key: (&'a str, &'a str)) -> usize {
        let place = if self.keys.get(self.next) == Some(&key) {
            self.next
        } else {
            *self.by_key.entry(key).or_insert_with(|| {
                self.keys.push(key);
                self.keys.len() - 1
            })
        };
        self.next = if place + 1 < self.keys.len() { place + 1 } else { 0 };
        place
    }
}

/// Series for keys that are new.
fn add_places(series: &mut Vec<SoldSeries>, keys: &[(&str, &str)], span: usize) {
    for (product, location) in &keys[series.len()..] {
        series.push(SoldSeries {
            product: (*product).to_owned(),
            location: (*location).to_owned(),
            sold: vec![Sold::default(); span],
            closed_empty: Vec::new(),
        });
    }
}
