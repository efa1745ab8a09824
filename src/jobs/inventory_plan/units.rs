//! Thousandths of a unit as units of goods.

use crate::models::inventory::MILLI;
use crate::words::short;

/// `1.5` for 1500 thousandths.
pub(super) fn in_units(milli: i64) -> f64 {
    milli as f64 / MILLI
}

/// Thousandths as units in a sentence: `48`, `1.5`.
pub(super) fn units(milli: i64) -> String {
    number(in_units(milli))
}

/// At most three decimals, thousands separated: `1,204.5`.
pub(super) fn number(value: f64) -> String {
    short(value, 3)
}

/// One decimal at most.
pub(super) fn tenth(value: f64) -> String {
    number((value * 10.0).round() / 10.0)
}
