//! Cells of the ledger's rows, as each engine gives them.

use chrono::NaiveDate;

use crate::warehouse::Value;

/// A text value.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The integer in a cell; 0 for NULL.
pub(crate) fn as_integer(row: &[Value], index: usize) -> i64 {
    match row.get(index) {
        Some(Value::Integer(number)) => *number,
        Some(Value::Real(number)) => *number as i64,
        _ => 0,
    }
}

/// The text in a cell; empty for NULL.
pub(crate) fn as_text(row: &[Value], index: usize) -> String {
    match row.get(index) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The date in a cell, which SQLite holds as text; the epoch when it is none, which the schema rules out.
pub(crate) fn as_date(row: &[Value], index: usize) -> NaiveDate {
    match row.get(index) {
        Some(Value::Date(date)) => *date,
        Some(Value::Text(text)) => text.parse().unwrap_or_default(),
        _ => NaiveDate::default(),
    }
}

/// The flag in a cell; false for NULL.
pub(crate) fn as_flag(row: &[Value], index: usize) -> bool {
    row.get(index).and_then(Value::as_flag).unwrap_or_default()
}
