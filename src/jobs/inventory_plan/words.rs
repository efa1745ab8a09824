//! Numbers as a planner reads them.

use crate::models::inventory::MILLI;
pub(super) use crate::words::{grouped, money};

/// Thousandths as units: `48`, `1.5`.
pub(super) fn units(milli: i64) -> String {
    number(milli as f64 / MILLI)
}

/// At most three decimals, thousands separated: `1,204.5`.
pub(super) fn number(value: f64) -> String {
    let text = grouped(value, 3);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
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
