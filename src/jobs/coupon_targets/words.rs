//! Numbers in sentences.

use crate::job::RunContext;
use crate::publication::{Caveat, Severity, Unit, ViewColumn};

/// `1,204`.
pub(super) fn count(number: u64) -> String {
    crate::words::grouped(number as f64, 0)
}

/// `998.40 EUR` from minor units.
pub(super) fn money(ctx: &RunContext, minor: f64) -> String {
    crate::words::money(minor, ctx.currency)
}

/// `12.3 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A column of a table on the page.
pub(super) fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}

/// A caveat without examples.
pub(super) fn caveat(severity: Severity, code: &str, count: u64, text: String) -> Caveat {
    Caveat { severity, code: code.to_owned(), count, text, examples: Vec::new() }
}
