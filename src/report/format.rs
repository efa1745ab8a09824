//! How numbers, dates, durations and sizes are written for people.
//!
//! NaN and infinities are written as a dash, like missing values: a page never shows `NaN`. A number that is not zero
//! but would round to zero is written `<0.1`, so that "a little" and "nothing" look different.

use chrono::NaiveDate;

use crate::publication::Unit;
use crate::quantities::Currency;

/// What stands for a missing value.
pub(super) const DASH: &str = "–";
/// Keeps a number and its unit on one line.
const NO_BREAK_SPACE: char = '\u{a0}';
/// From here on a grouped number is longer than its cell.
const TOO_LONG_TO_GROUP: f64 = 1e15;

/// A number in the scale that people read: per cent for shares, major units for money.
pub(super) fn display_value(unit: Unit, value: f64, currency: Currency) -> f64 {
    match unit {
        Unit::Share => value * 100.0,
        Unit::Money => value / 10_f64.powi(currency.minor_digits().cast_signed()),
        Unit::Count | Unit::Units | Unit::Days | Unit::Ratio => value,
    }
}

/// A number standing alone, and the unit to write after it (empty when it needs none).
pub(super) fn number_and_unit(unit: Unit, value: Option<f64>, currency: Currency) -> (String, String) {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return (DASH.to_owned(), String::new());
    };
    let shown = display_value(unit, value, currency);
    let decimals =
        if unit == Unit::Money && shown.abs() >= 1_000.0 { 0 } else { decimals_for(unit, &[shown], currency) };
    let number = rounded(shown, decimals);
    let word = match unit {
        Unit::Count | Unit::Ratio => "",
        Unit::Share => "%",
        Unit::Money => currency.code(),
        Unit::Units if number == "1" => "unit",
        Unit::Units => "units",
        Unit::Days if number == "1" => "day",
        Unit::Days => "days",
    };
    (number, word.to_owned())
}

/// A number with its unit, for sentences: `18,230 EUR`, `12.3 %`, `4 days`; `–` when there is none.
pub(super) fn number_with_unit(unit: Unit, value: Option<f64>, currency: Currency) -> String {
    let (number, word) = number_and_unit(unit, value, currency);
    if word.is_empty() { number } else { format!("{number}{NO_BREAK_SPACE}{word}") }
}

/// How the numbers of one column are written: all with the same number of decimals, so that they align.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnFormat {
    unit: Unit,
    decimals: usize,
    currency: Currency,
}

impl ColumnFormat {
    /// Looks at all values of a column.
    pub(super) fn new(unit: Unit, values: impl Iterator<Item = f64>, currency: Currency) -> Self {
        let shown: Vec<f64> =
            values.filter(|value| value.is_finite()).map(|value| display_value(unit, value, currency)).collect();
        Self { unit, decimals: decimals_for(unit, &shown, currency), currency }
    }

    /// One cell. Shares keep their per cent sign; other units stand in the column's heading.
    pub(super) fn cell(self, value: f64) -> String {
        if !value.is_finite() {
            return DASH.to_owned();
        }
        let text = rounded(display_value(self.unit, value, self.currency), self.decimals);
        if self.unit == Unit::Share { format!("{text}{NO_BREAK_SPACE}%") } else { text }
    }
}

/// The unit to write in a column's heading, unless the label already says it.
pub(super) fn heading_unit(label: &str, unit: Option<Unit>, currency: Currency) -> String {
    let word = match unit {
        Some(Unit::Money) => currency.code(),
        Some(Unit::Days) => "days",
        Some(Unit::Share | Unit::Count | Unit::Units | Unit::Ratio) | None => return String::new(),
    };
    let stem = word.trim_end_matches('s');
    if label.to_lowercase().contains(&stem.to_lowercase()) { String::new() } else { word.to_owned() }
}

/// The unit to write at a chart's axis.
pub(super) fn axis_unit(unit: Unit, currency: Currency) -> String {
    match unit {
        Unit::Count => "count".to_owned(),
        Unit::Share => "%".to_owned(),
        Unit::Money => currency.code().to_owned(),
        Unit::Units => "units".to_owned(),
        Unit::Days => "days".to_owned(),
        Unit::Ratio => "ratio".to_owned(),
    }
}

/// A number without a unit in a column that has none: at most two decimals, no trailing zeros.
pub(super) fn plain(value: f64) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    let decimals = (0..2).find(|&decimals| is_whole(value * 10_f64.powi(decimals))).unwrap_or(2);
    rounded(value, decimals.unsigned_abs() as usize)
}

/// `1,214` for a count.
pub(super) fn count(value: u64) -> String {
    group(&value.to_string())
}

/// A number with exactly `decimals` decimals, a thousands separator and a true minus sign.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    if value.abs() >= TOO_LONG_TO_GROUP {
        return format!("{value:.2e}").replace('-', "\u{2212}");
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let mut out = String::new();
    if value < 0.0 && !is_zero {
        out.push('\u{2212}');
    }
    out.push_str(&group(whole));
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `Sun 22 Nov 2026`.
pub(super) fn long_date(date: NaiveDate) -> String {
    date.format("%a %-d %b %Y").to_string()
}

/// `1.4 s`, `2 min 05 s`, `1 h 03 min`.
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..=59 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        60..=3599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `812 B`, `12.4 kB`, `3.1 MB`.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_949 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `1 caveat`, `3 caveats`.
pub(super) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n as u64), if n == 1 { one } else { many })
}

/// How many decimals a set of shown values needs.
fn decimals_for(unit: Unit, shown: &[f64], currency: Currency) -> usize {
    let largest = shown.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let all_whole = shown.iter().all(|&value| is_whole(value));
    let small_fraction = shown.iter().any(|&value| !is_whole(value) && value.abs() < 100.0);
    match unit {
        Unit::Count => 0,
        Unit::Share => 1,
        Unit::Money if largest >= 100_000.0 => 0,
        Unit::Money => currency.minor_digits() as usize,
        Unit::Units if all_whole => 0,
        Unit::Units if largest < 1.0 => 2,
        Unit::Units => usize::from(small_fraction),
        Unit::Days => usize::from(!all_whole),
        Unit::Ratio if largest >= 1_000.0 => 0,
        Unit::Ratio => 2,
    }
}

fn rounded(value: f64, decimals: usize) -> String {
    let step = 10_f64.powi(-(decimals as i32));
    if value != 0.0 && value.abs() < step / 2.0 {
        let smallest = fixed(step, decimals);
        return if value > 0.0 { format!("<{smallest}") } else { format!(">\u{2212}{smallest}") };
    }
    fixed(value, decimals)
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-9
}

/// Puts a comma before every third digit from the right.
fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
