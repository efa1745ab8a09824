//! The baskets of a window, by day and in numbers: what a night keeps for the next one.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use crate::contract::ContractError;
use crate::datasets::{BASKET_LINES, BasketLine};
use crate::day::Day;
use crate::frames::numbered;
use crate::models::rules::{Baskets, RulesError};

/// Baskets by day. Products are numbers: their places in `product_ids`, which only ever grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketStore {
    /// In the order in which they were first met.
    pub product_ids: Vec<String>,
    /// The days with baskets.
    pub days: BTreeMap<Day, DayBaskets>,
}

/// The baskets of one day: an order is a basket, on the day its lines name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBaskets {
    /// Rows they were read from.
    pub rows: u64,
    /// Baskets left out because they hold too many products.
    pub n_too_large: u32,
    /// Products of each basket, ascending; baskets in the order of their products, whatever order they were read in.
    items: Vec<u32>,
    /// Where in `items` each basket ends.
    ends: Vec<u32>,
    /// What each product brought, by product.
    sales: Vec<Sale>,
}

/// Sales of a product on a day, in the baskets that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The product's number.
    pub product: u32,
    /// Minor currency units.
    pub net_amount: i64,
    /// Thousandths of a unit.
    pub quantity: i64,
}

/// A day that is no longer what it was when it was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayChange {
    /// What was counted.
    pub before: Option<DayBaskets>,
    /// What is to be counted now.
    pub after: Option<DayBaskets>,
}

impl DayBaskets {
    /// The products of each basket.
    pub fn baskets(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.items[start as usize..*end as usize])
    }

    /// How many baskets.
    pub fn n_baskets(&self) -> usize {
        self.ends.len()
    }

    /// What each product brought.
    pub fn sales(&self) -> &[Sale] {
        &self.sales
    }

    fn new(mut baskets: Vec<Vec<u32>>, sales: BTreeMap<u32, Sale>, rows: u64, n_too_large: u32) -> Self {
        baskets.sort_unstable();
        let mut day = Self { rows, n_too_large, sales: sales.into_values().collect(), ..Self::default() };
        for basket in baskets {
            day.items.extend(basket);
            day.ends.push(day.items.len() as u32);
        }
        day
    }
}

impl BasketStore {
    /// The baskets of the days of a window in rows of `basket_lines`; those of more than `max_items` products are counted only.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(rows: &DataFrame, window: RangeInclusive<Day>, max_items: u32) -> Result<Self, ContractError> {
        let mut store = Self::default();
        store.days = store.days_of(rows, &window, max_items)?;
        Ok(store)
    }

    /// Moves to another window, with the days from `reread` on as the rows have them. Second: the days that changed.
    ///
    /// # Errors
    /// A column is missing.
    pub fn advanced(
        mut self,
        rows: &DataFrame,
        reread: Day,
        window: RangeInclusive<Day>,
        max_items: u32,
    ) -> Result<(Self, Vec<DayChange>), ContractError> {
        let (from, to) = window.into_inner();
        let mut new = self.days_of(rows, &(reread.max(from)..=to), max_items)?;
        let mut changes = Vec::new();
        let mut old = std::mem::take(&mut self.days);
        let seen_anew = old.split_off(&reread);
        let kept = old.split_off(&from);
        changes.extend(old.into_values().map(|day| DayChange { before: Some(day), after: None }));
        for (day, before) in seen_anew {
            let after = new.get(&day);
            if after != Some(&before) {
                changes.push(DayChange { before: Some(before), after: after.cloned() });
            }
            if let Some((day, after)) = new.remove_entry(&day) {
                self.days.insert(day, after);
            }
        }
        changes.extend(new.values().map(|day| DayChange { before: None, after: Some(day.clone()) }));
        self.days.extend(new);
        self.days.extend(kept);
        Ok((self, changes))
    }

    /// Rows of the days before one.
    pub fn rows_before(&self, day: Day) -> BTreeMap<Day, u64> {
        self.days.range(..day).map(|(day, baskets)| (*day, baskets.rows)).collect()
    }

    /// Rows of all days.
    pub fn n_rows(&self) -> u64 {
        self.days.values().map(|day| day.rows).sum()
    }

    /// Baskets from a day on.
    pub fn n_baskets(&self, from: Day) -> usize {
        self.days.range(from..).map(|(_, day)| day.n_baskets()).sum()
    }

    fn days_of(
        &mut self,
        rows: &DataFrame,
        window: &RangeInclusive<Day>,
        max_items: u32,
    ) -> Result<BTreeMap<Day, DayBaskets>, ContractError> {
        let lines = BasketLine::read(rows)?;
        let products = numbered(rows, &BASKET_LINES.schema, &["product_id"])?;
        let baskets = numbered(rows, &BASKET_LINES.schema, &["sold_on", "order_id"])?;
        let mut known: HashMap<String, u32> =
            self.product_ids.iter().enumerate().map(|(number, id)| (id.clone(), number as u32)).collect();
        // The store's number of each of the rows' products, from the first line of the window on that has it.
        let mut number_of = vec![None; products.iter().max().map_or(0, |last| *last as usize + 1)];
        let mut in_window: Vec<(Day, u32, Sale)> = Vec::with_capacity(rows.height());
        let in_rows = lines.zip(products).zip(baskets);
        for ((line, product), basket) in in_rows.filter(|((line, _), _)| window.contains(&line.sold_on)) {
            let product = *number_of[product as usize].get_or_insert_with(|| {
                *known.entry(line.product_id.to_owned()).or_insert_with_key(|id| {
                    self.product_ids.push(id.clone());
                    self.product_ids.len() as u32 - 1
                })
            });
            let sale = Sale { product, net_amount: line.net_amount, quantity: line.quantity };
            in_window.push((line.sold_on, basket, sale));
        }
        in_window.sort_unstable_by_key(|(day, basket, sale)| (*day, *basket, sale.product));
        let mut found = BTreeMap::new();
        for of_day in in_window.chunk_by(|a, b| a.0 == b.0) {
            let (mut kept, mut sales, mut n_too_large) = (Vec::new(), BTreeMap::new(), 0);
            for basket in of_day.chunk_by(|a, b| a.1 == b.1) {
                let mut items: Vec<u32> = basket.iter().map(|(_, _, sale)| sale.product).collect();
                items.dedup();
                if items.len() > max_items as usize {
                    n_too_large += 1;
                    continue;
                }
                kept.push(items);
                for (_, _, line) in basket {
                    let sale = sales.entry(line.product).or_insert(Sale { net_amount: 0, quantity: 0, ..*line });
                    sale.net_amount += line.net_amount;
                    sale.quantity += line.quantity;
                }
            }
            found.insert(of_day[0].0, DayBaskets::new(kept, sales, of_day.len() as u64, n_too_large));
        }
        Ok(found)
    }
}

/// The baskets of days as baskets of items, where each product is an item or none.
///
/// # Errors
/// Too many entries to number.
pub fn baskets_of<'d>(
    days: impl Iterator<Item = &'d DayBaskets>,
    item_of: &[Option<u32>],
    n_items: u32,
) -> Result<Baskets, RulesError> {
    let (mut items, mut ends) = (Vec::new(), Vec::new());
    for basket in days.flat_map(DayBaskets::baskets) {
        items.extend(basket.iter().filter_map(|product| item_of[*product as usize]));
        ends.push(items.len() as u32);
    }
    if items.len() > u32::MAX as usize {
        return Err(RulesError::TooManyEntries { entries: items.len() });
    }
    Baskets::from_rows(items, &ends, n_items)
}
