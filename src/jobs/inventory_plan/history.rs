//! What stock and sales did: for the stock of today and for grading.

use std::collections::{BTreeMap, HashMap, HashSet};

use polars::prelude::DataFrame;

use super::line_key::LineKey;
use crate::contract::ContractError;
use crate::datasets::{Counted, Sale, StockLevel, left_out, without_zeros};
use crate::day::Day;

/// Days for which goods, and places, count as new.
const NEW_DAYS: i32 = 28;

/// Closing stock of one day, in thousandths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot {
    pub(super) on: Day,
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
}

/// Sales of one day, in thousandths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct DaySales {
    pub(super) on: Day,
    pub(super) sold: i64,
    pub(super) returned: i64,
}

/// Per line, ascending: every snapshot from `from` on, and the newest one however old.
pub(super) fn snapshots(
    frame: &DataFrame,
    as_of: Day,
    from: Day,
) -> Result<BTreeMap<LineKey, Vec<Snapshot>>, ContractError> {
    let mut lines: BTreeMap<LineKey, Vec<Snapshot>> = BTreeMap::new();
    for level in StockLevel::read(frame)?.filter(|level| level.snapshot_on <= as_of) {
        let StockLevel { snapshot_on: on, on_hand, reserved, .. } = level;
        let snapshot = Snapshot { on, on_hand, reserved: reserved.unwrap_or(0).max(0) };
        let line = lines.entry(LineKey::new(level.product_id, level.location_id)).or_default();
        // A line holds either one snapshot older than `from` or only later ones.
        let holds_old = line.first().is_some_and(|known| known.on < from);
        if on >= from {
            if holds_old {
                line.clear();
            }
            line.push(snapshot);
        } else if line.is_empty() || (holds_old && on > line[0].on) {
            *line = vec![snapshot];
        }
    }
    for line in lines.values_mut() {
        line.sort_by_key(|snapshot| snapshot.on);
    }
    Ok(lines)
}

/// Lines that a location's newest list leaves out although its lists hold no line of zero at all: they have sold out, and their newest
/// snapshot becomes 0 of that list. What goes on selling out of what was counted before has not.
pub(super) fn take_left_out_for_empty(
    frame: &DataFrame,
    sales: &DataFrame,
    as_of: Day,
    snapshots: &mut BTreeMap<LineKey, Vec<Snapshot>>,
) -> Result<Vec<LineKey>, ContractError> {
    let levels = || Ok::<_, ContractError>(StockLevel::read(frame)?.filter(|level| level.snapshot_on <= as_of));
    let locations = without_zeros(levels()?);
    let mut newest: HashMap<&str, Day> = HashMap::new();
    for level in levels()? {
        let day = newest.entry(level.location_id).or_insert(level.snapshot_on);
        *day = level.snapshot_on.max(*day);
    }
    let lists = levels()?.filter(|level| locations.contains(level.location_id));
    let missing = left_out(lists, i32::MAX);
    let keys: HashSet<(&str, &str)> = missing.iter().map(|line| (line.product_id, line.location_id)).collect();
    let mut sold: HashMap<(&str, &str), BTreeMap<Day, i64>> = HashMap::new();
    for sale in Sale::read(sales)?.filter(|sale| sale.sold_on <= as_of) {
        let key = (sale.product_id, sale.location_id);
        if keys.contains(&key) {
            *sold.entry(key).or_default().entry(sale.sold_on).or_default() += sale.quantity;
        }
    }
    let mut taken = Vec::new();
    for line in missing {
        let newest = newest[line.location_id];
        let sold = sold.remove(&(line.product_id, line.location_id)).unwrap_or_default();
        // What is sold after the list speaks as loud as what was sold on its day.
        let later: i64 = sold.range(newest + 1..).map(|(_, quantity)| quantity).sum();
        let on_day = |day: Day| sold.get(&day).copied().unwrap_or(0) + if day == newest { later } else { 0 };
        let is_empty = line.empty_on(on_day).any(|day| day == newest);
        let key = LineKey::new(line.product_id, line.location_id);
        if let Some(days) = snapshots.get_mut(&key).filter(|_| is_empty) {
            days.push(Snapshot { on: newest, on_hand: 0, reserved: 0 });
            taken.push(key);
        }
    }
    taken.sort();
    Ok(taken)
}

/// What is known of how long goods have lain there.
#[derive(Debug, Clone, Default)]
pub struct Movements {
    /// The first day with a sale of anything.
    pub(super) begin: Option<Day>,
    /// The last day on which a line was sold.
    pub(super) last_sold: BTreeMap<LineKey, Day>,
    /// The first count of a line, and of a location.
    first_counted: BTreeMap<LineKey, Day>,
    location_counted_from: BTreeMap<String, Day>,
    /// By product, in thousandths: the smallest quantity that makes sense.
    pub(super) units: BTreeMap<String, i64>,
}

impl Movements {
    /// Looks through all sales and counts up to `as_of`.
    pub(super) fn read(sales: &DataFrame, stock: &DataFrame, as_of: Day) -> Result<Self, ContractError> {
        let mut found = Self::default();
        let mut counted: HashMap<&str, Counted> = HashMap::new();
        let mut last_sold: HashMap<(&str, &str), Day> = HashMap::new();
        for sale in Sale::read(sales)?.filter(|sale| sale.sold_on <= as_of && sale.quantity > 0) {
            counted.entry(sale.product_id).or_default().look_at(sale.quantity);
            let last = last_sold.entry((sale.product_id, sale.location_id)).or_insert(sale.sold_on);
            *last = sale.sold_on.max(*last);
            found.begin = Some(found.begin.map_or(sale.sold_on, |day| day.min(sale.sold_on)));
        }
        let mut first_counted: HashMap<(&str, &str), Day> = HashMap::new();
        for level in StockLevel::read(stock)?.filter(|level| level.snapshot_on <= as_of) {
            counted.entry(level.product_id).or_default().look_at(level.on_hand);
            let first = first_counted.entry((level.product_id, level.location_id)).or_insert(level.snapshot_on);
            *first = level.snapshot_on.min(*first);
        }
        let line = |((product, location), day): ((&str, &str), Day)| (LineKey::new(product, location), day);
        found.last_sold = last_sold.into_iter().map(line).collect();
        found.first_counted = first_counted.into_iter().map(line).collect();
        for (key, day) in &found.first_counted {
            let first = found.location_counted_from.entry(key.location_id.clone()).or_insert(*day);
            *first = (*day).min(*first);
        }
        found.units = counted.into_iter().map(|(product, counted)| (product.to_owned(), counted.unit())).collect();
        Ok(found)
    }

    /// Whether a location has long held stock of a product without selling any: a store room, or goods that are not sold there any more.
    /// Not a shop that opens, nor goods that were just listed.
    pub(super) fn lies_there(&self, key: &LineKey, as_of: Day) -> bool {
        let first_of_all = self.location_counted_from.values().min();
        let since = self.first_counted.get(key);
        let is_old = |day: &Day| as_of - *day >= NEW_DAYS || Some(day) == first_of_all;
        let sold_lately = self.last_sold.get(key).is_some_and(|day| as_of - *day < NEW_DAYS);
        since.is_some_and(is_old) && !sold_lately
    }

    /// The day since which a line has not moved for all that is known: it was sold on it, came into the stock on it, or the data begin.
    pub(super) fn still_since(&self, key: &LineKey) -> Option<Day> {
        let came = self.first_counted.get(key).copied();
        // A line that was there at the first count of its location came before it.
        let came = came.filter(|day| self.location_counted_from.get(&key.location_id).is_some_and(|first| day > first));
        self.last_sold.get(key).copied().or(self.begin).max(came)
    }
}

/// Per line, ascending: sales from `from` up to `as_of`.
pub(super) fn sales(
    frame: &DataFrame,
    as_of: Day,
    from: Day,
) -> Result<BTreeMap<LineKey, Vec<DaySales>>, ContractError> {
    let mut lines: BTreeMap<LineKey, Vec<DaySales>> = BTreeMap::new();
    for sale in Sale::read(frame)?.filter(|sale| (from..=as_of).contains(&sale.sold_on)) {
        let day = DaySales { on: sale.sold_on, sold: sale.quantity, returned: sale.returned_quantity };
        lines.entry(LineKey::new(sale.product_id, sale.location_id)).or_default().push(day);
    }
    for line in lines.values_mut() {
        line.sort_by_key(|day| day.on);
    }
    Ok(lines)
}
