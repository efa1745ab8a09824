//! Daily sales as they were read, series by series: gathered from rows, remembered from night to night, brought up to date.
//!
//! Reading two years of a large shop takes minutes, and of those days all but the last are known since yesterday. What was read
//! is therefore remembered, and the next night reads the last days alone. The answer is the same, byte for byte, as long as
//! nobody corrects older days; a complete read every week takes such corrections in.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::{DataFrame, PolarsResult};

/// Sales of all series over one span of days.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DailySales {
    /// First day of the span.
    pub first_day: i32,
    /// Last day of the span.
    pub as_of: i32,
    /// First day with a row.
    pub begin: i32,
    /// Sorted by product and location.
    pub series: Vec<SoldSeries>,
    /// Rows per day of the span.
    pub rows_by_day: BTreeMap<i32, u64>,
}

/// Sales of one product at one location.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SoldSeries {
    /// The product.
    pub product: String,
    /// The location.
    pub location: String,
    /// Thousandths of a unit per day, and minor currency units for them.
    pub sold: Vec<(i64, i64)>,
    /// Days that closed without stock, ascending.
    pub closed_empty: Vec<i32>,
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

impl DailySales {
    /// From all rows of the span.
    ///
    /// # Errors
    /// When a frame lacks a column or has another type than its dataset declares.
    pub fn read(sales: &DataFrame, stock_levels: Option<&DataFrame>, first_day: i32, as_of: i32) -> PolarsResult<Self> {
        let none = Self { first_day, as_of: first_day - 1, begin: i32::MAX, ..Self::default() };
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
        from: i32,
        first_day: i32,
        as_of: i32,
    ) -> PolarsResult<Self> {
        let span = usize::try_from(as_of + 1 - first_day).unwrap_or(0);
        let from = from.max(first_day);
        let kept_days = first_day.max(self.first_day)..from.min(self.as_of + 1);
        // Days of the earlier span that stay; everything else begins empty.
        let mut series: Vec<SoldSeries> = (self.series.into_iter())
            .map(|series| {
                let mut sold = vec![(0, 0); span];
                for day in kept_days.clone() {
                    sold[(day - first_day) as usize] = series.sold[(day - self.first_day) as usize];
                }
                let closed_empty = series.closed_empty.into_iter().filter(|day| kept_days.contains(day)).collect();
                SoldSeries { sold, closed_empty, ..series }
            })
            .collect();
        let mut rows_by_day: BTreeMap<i32, u64> =
            self.rows_by_day.into_iter().filter(|(day, _)| kept_days.contains(day)).collect();

        let known: Vec<(String, String)> =
            series.iter().map(|series| (series.product.clone(), series.location.clone())).collect();
        let mut places = Places::new(known.iter().map(|(product, location)| (&**product, &**location)).collect());
        let column =
            |frame: &'_ DataFrame, name: &str| PolarsResult::Ok(frame.column(name)?.as_materialized_series().clone());
        let sold_columns =
            ["sold_on", "product_id", "location_id", "quantity", "net_amount"].map(|name| column(sales, name));
        let [dates, ids, locations, quantities, amounts] = sold_columns;
        let (dates, ids, locations, quantities, amounts) = (dates?, ids?, locations?, quantities?, amounts?);
        let rows = dates.date()?.physical().iter().zip(ids.str()?.iter()).zip(locations.str()?.iter());
        for (((day, product), location), (quantity, amount)) in
            rows.zip(quantities.i64()?.iter().zip(amounts.i64()?.iter()))
        {
            let (Some(day), Some(product), Some(location), Some(quantity)) = (day, product, location, quantity) else {
                continue;
            };
            if !(from..=as_of).contains(&day) {
                continue;
            }
            *rows_by_day.entry(day).or_default() += 1;
            if quantity > 0 {
                let place = places.of((product, location));
                add_places(&mut series, &places.keys, span);
                let sold = &mut series[place].sold[(day - first_day) as usize];
                *sold = (sold.0 + quantity, sold.1 + amount.unwrap_or(0));
            }
        }
        if let Some(stock) = stock_levels {
            let [dates, ids, locations, on_hand] =
                ["snapshot_on", "product_id", "location_id", "on_hand"].map(|name| column(stock, name));
            let (dates, ids, locations, on_hand) = (dates?, ids?, locations?, on_hand?);
            let rows = dates.date()?.physical().iter().zip(ids.str()?.iter()).zip(locations.str()?.iter());
            for (((day, product), location), on_hand) in rows.zip(on_hand.i64()?.iter()) {
                if let (Some(day), Some(product), Some(location), Some(on_hand)) = (day, product, location, on_hand)
                    && on_hand <= 0
                    && (from..=as_of).contains(&day)
                {
                    let place = places.of((product, location));
                    add_places(&mut series, &places.keys, span);
                    series[place].closed_empty.push(day);
                }
            }
        }
        for series in &mut series {
            series.closed_empty.sort_unstable();
        }
        series.retain(|series| !series.closed_empty.is_empty() || series.sold.iter().any(|(units, _)| *units > 0));
        series.sort_by(|left, right| (&left.product, &left.location).cmp(&(&right.product, &right.location)));
        let begin = rows_by_day.keys().next().copied().unwrap_or(first_day);
        Ok(Self { first_day, as_of, begin, series, rows_by_day })
    }

    /// Rows on days before `day`.
    pub fn rows_before(&self, day: i32) -> u64 {
        self.rows_by_day.range(..day).map(|(_, rows)| rows).sum()
    }

    /// As bytes: numbers in base 128, seven bits a byte, so that the many zeros take a byte each before they are packed.
    pub fn encoded(&self, bytes: &mut Vec<u8>) {
        let mut put = |number: i64| put_number(bytes, number);
        put(i64::from(self.first_day));
        put(i64::from(self.as_of));
        put(self.rows_by_day.len() as i64);
        for (day, rows) in &self.rows_by_day {
            put(i64::from(*day));
            put(*rows as i64);
        }
        put(self.series.len() as i64);
        for series in &self.series {
            for text in [&series.product, &series.location] {
                put_number(bytes, text.len() as i64);
                bytes.extend_from_slice(text.as_bytes());
            }
            put_number(bytes, series.closed_empty.len() as i64);
            for day in &series.closed_empty {
                put_number(bytes, i64::from(day - self.first_day));
            }
            for (units, amount) in &series.sold {
                put_number(bytes, *units);
                put_number(bytes, *amount);
            }
        }
    }

    /// What [`DailySales::encoded`] made; `None` when the bytes are anything else.
    pub fn decoded(bytes: &mut &[u8]) -> Option<Self> {
        let (first_day, as_of) = (day(bytes)?, day(bytes)?);
        let span = usize::try_from(as_of + 1 - first_day).ok().filter(|span| *span <= 100_000)?;
        let n_days = length(bytes)?;
        let mut rows_by_day = BTreeMap::new();
        for _ in 0..n_days {
            rows_by_day.insert(day(bytes)?, number(bytes)? as u64);
        }
        let n_series = length(bytes)?;
        let mut series = Vec::new();
        for _ in 0..n_series {
            let (product, location) = (text(bytes)?, text(bytes)?);
            let closed = length(bytes)?;
            let closed_empty = (0..closed).map(|_| Some(first_day + day(bytes)?)).collect::<Option<Vec<i32>>>()?;
            let sold = (0..span).map(|_| Some((number(bytes)?, number(bytes)?))).collect::<Option<Vec<_>>>()?;
            series.push(SoldSeries { product, location, sold, closed_empty });
        }
        let begin = rows_by_day.keys().next().copied().unwrap_or(first_day);
        Some(Self { first_day, as_of, begin, series, rows_by_day })
    }
}

/// Series for keys that are new.
fn add_places(series: &mut Vec<SoldSeries>, keys: &[(&str, &str)], span: usize) {
    for (product, location) in &keys[series.len()..] {
        series.push(SoldSeries {
            product: (*product).to_owned(),
            location: (*location).to_owned(),
            sold: vec![(0, 0); span],
            closed_empty: Vec::new(),
        });
    }
}

/// Zigzag, then seven bits a byte, low ones first.
fn put_number(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn number(bytes: &mut &[u8]) -> Option<i64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
        shift += 7;
    }
}

fn day(bytes: &mut &[u8]) -> Option<i32> {
    i32::try_from(number(bytes)?).ok()
}

/// A length: never more than there are bytes left, whatever damaged bytes say.
fn length(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(number(bytes)?).ok().filter(|length| *length <= bytes.len())
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = length(bytes)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}
