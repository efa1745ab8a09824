//! What stock and sales did: for the stock of today and for grading.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::frame_columns::{dates, integers, texts};
use super::line_key::LineKey;

/// Closing stock of one day, in thousandths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot {
    pub(super) on: NaiveDate,
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
}

/// Sales of one day, in thousandths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct DaySales {
    pub(super) on: NaiveDate,
    pub(super) sold: i64,
    pub(super) returned: i64,
}

/// Per line, ascending: every snapshot from `from` on, and the newest one however old.
pub(super) fn snapshots(
    frame: &DataFrame,
    as_of: NaiveDate,
    from: NaiveDate,
) -> anyhow::Result<BTreeMap<LineKey, Vec<Snapshot>>> {
    let (days, products, locations) =
        (dates(frame, "snapshot_on")?, texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (on_hand, reserved) = (integers(frame, "on_hand")?, integers(frame, "reserved")?);
    let mut lines: BTreeMap<LineKey, Vec<Snapshot>> = BTreeMap::new();
    for row in 0..frame.height() {
        let (Some(on), Some(product_id), Some(location_id)) =
            (days[row], products[row].clone(), locations[row].clone())
        else {
            continue;
        };
        if on > as_of {
            continue;
        }
        let snapshot = Snapshot { on, on_hand: on_hand[row].unwrap_or(0), reserved: reserved[row].unwrap_or(0).max(0) };
        let line = lines.entry(LineKey { product_id, location_id }).or_default();
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
    as_of: NaiveDate,
    from: NaiveDate,
) -> anyhow::Result<BTreeMap<LineKey, Vec<DaySales>>> {
    let (days, products, locations) =
        (dates(frame, "sold_on")?, texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (sold, returned) = (integers(frame, "quantity")?, integers(frame, "returned_quantity")?);
    let mut lines: BTreeMap<LineKey, Vec<DaySales>> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(on) = days[row].filter(|day| (from..=as_of).contains(day)) else { continue };
        let (Some(product_id), Some(location_id)) = (products[row].clone(), locations[row].clone()) else { continue };
        let day = DaySales { on, sold: sold[row].unwrap_or(0), returned: returned[row].unwrap_or(0) };
        lines.entry(LineKey { product_id, location_id }).or_default().push(day);
    }
    for line in lines.values_mut() {
        line.sort_by_key(|day| day.on);
    }
    Ok(lines)
}
