//! Numbers in sentences.

use crate::job::RunContext;
use crate::publication::{Caveat, Severity, Unit, ViewColumn};

/// `1,204`.
pub(super) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// `998.40 EUR` from minor units.
pub(super) fn money(ctx: &RunContext, minor: f64) -> String {
    let digits = ctx.currency.minor_digits() as usize;
    let text = format!("{:.digits$}", minor.abs() / ctx.currency.minor_per_major());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if minor < 0.0 && !is_zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction} {}", grouped(whole), ctx.currency.code())
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

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
