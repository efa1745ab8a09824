//! Numbers as a planner reads them.

use crate::models::inventory::MILLI;
use crate::quantities::Currency;

/// Thousandths as units: `48`, `1.5`.
pub(super) fn units(milli: i64) -> String {
    number(milli as f64 / MILLI)
}

/// At most three decimals, thousands separated: `1,204.5`.
pub(super) fn number(value: f64) -> String {
    let text = grouped(value, 3);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Minor units as money: `18,230.40 EUR`.
pub(super) fn money(minor: f64, currency: Currency) -> String {
    format!("{} {}", grouped(minor / currency.minor_per_major(), currency.minor_digits() as usize), currency.code())
}

/// `12 lines`, `1 line`.
pub(super) fn count(n: usize, singular: &str, plural: &str) -> String {
    format!("{} {}", grouped(n as f64, 0), if n == 1 { singular } else { plural })
}

/// A share in per cent: `97.1 %`.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// With thousands separators and exactly `decimals` decimals.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    let is_zero = plain.chars().all(|character| character == '0' || character == '.');
    if value < 0.0 && !is_zero { format!("-{text}") } else { text }
}
