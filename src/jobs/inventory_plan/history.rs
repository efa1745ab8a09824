//! What stock and sales did: for the stock of today and for grading.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::line_key::LineKey;
use crate::contract::ContractError;
use crate::datasets::{Sale, StockLevel};
use crate::day::Day;

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
