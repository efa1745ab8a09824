//! Which type the values of a column have.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::frame::Cell;
use crate::table::ColumnType;

/// The least share of a column's values, in thousandths, that must be of a narrow type for the column to get it.
const NEEDED_PER_MILLE: u64 = 995;

/// The largest integer up to which every integer is also an exact float.
const EXACT_IN_FLOAT: u64 = 1 << 53;

/// What the values of a column look like; nearly a [`ColumnType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Integers within 64 bits, without leading zeros; `1e+05` too.
    Integer,
    /// Numbers with a point or an exponent.
    Real,
    /// ISO dates.
    Date,
    /// ISO date-times with a zone.
    Instant,
    /// ISO date-times without a zone. Only the retailer knows the zone, so they are kept as text in the form
    /// `YYYY-MM-DD HH:MM:SS`, for the SQL of a dataset to interpret.
    LocalTime,
    /// `true` and `false`, whatever the case.
    Flag,
    /// Anything else.
    Text,
}

impl Shape {
    /// The type of the column in the warehouse.
    pub fn column_type(self) -> ColumnType {
        match self {
            Self::Integer => ColumnType::Integer,
            Self::Real => ColumnType::Real,
            Self::Date => ColumnType::Date,
            Self::Instant => ColumnType::Instant,
            Self::Flag => ColumnType::Flag,
            Self::LocalTime | Self::Text => ColumnType::Text,
        }
    }

    /// The words used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Real => "a number",
            Self::Date => "a date such as `2026-11-22`",
            Self::Instant => "a date-time with a zone",
            Self::LocalTime => "a date-time without a zone",
            Self::Flag => "`true` or `false`",
            Self::Text => "text",
        }
    }

    /// The value of `text` in a column of this shape; `None` when it has none.
    pub fn parse(self, text: &str) -> Option<Cell<'_>> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Some(Cell::Null);
        }
        match self {
            Self::Integer => integer(trimmed).map(Cell::Integer),
            Self::Real => real(trimmed).map(Cell::Real),
            Self::Date => date(trimmed).map(|day| Cell::Date(day.to_epoch_days())),
            Self::Instant => match date_time(trimmed)? {
                (local, Some(offset)) => Some(Cell::Integer(local.and_utc().timestamp_micros() - offset * 1_000_000)),
                (_, None) => None,
            },
            Self::LocalTime => match date_time(trimmed)? {
                (local, None) => Some(Cell::OwnedText(local_text(local))),
                (_, Some(_)) => None,
            },
            Self::Flag => flag(trimmed).map(Cell::Flag),
            Self::Text => Some(Cell::Text(text)),
        }
    }
}

/// Counts of what the values of one column are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    integers: u64,
    wide_integers: u64,
    reals: u64,
    dates: u64,
    instants: u64,
    local_times: u64,
    flags: u64,
    codes: u64,
    others: u64,
}

/// The shape chosen for a column, and how many of its values do not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The shape.
    pub shape: Shape,
    /// Values that are not empty.
    pub values: u64,
    /// Values without this shape; their rows are rejected.
    pub misfits: u64,
}

impl Tally {
    /// Counts one value; an empty one says nothing.
    pub fn add(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if let Some(number) = integer(text) {
            self.integers += 1;
            self.wide_integers += u64::from(number.unsigned_abs() > EXACT_IN_FLOAT);
        } else if real(text).is_some() {
            self.reals += 1;
        } else if date(text).is_some() {
            self.dates += 1;
        } else if let Some((_, zone)) = date_time(text) {
            if zone.is_some() { self.instants += 1 } else { self.local_times += 1 }
        } else if flag(text).is_some() {
            self.flags += 1;
        } else if is_code(text) {
            self.codes += 1;
        } else {
            self.others += 1;
        }
    }

    /// The narrowest shape that at least 99.5 % of the values have; text when there is none.
    ///
    /// Among numbers a single code (`007`, `C536379`, `85123A`, a number beyond 64 bits) makes the column text: it is
    /// more likely an identifier than a damaged number, and no row may be lost for that.
    pub fn choose(&self) -> Choice {
        let numbers = self.integers + self.reals;
        let values = numbers + self.dates + self.instants + self.local_times + self.flags + self.codes + self.others;
        let number = if self.reals > 0 { Shape::Real } else { Shape::Integer };
        let exact = self.codes == 0 && (self.reals == 0 || self.wide_integers == 0);
        let candidates = [
            (number, if exact { numbers } else { 0 }),
            (Shape::Date, self.dates),
            (Shape::Instant, self.instants),
            (Shape::LocalTime, self.local_times),
            (Shape::Flag, self.flags),
        ];
        candidates.into_iter().find(|&(_, count)| count > 0 && count * 1000 >= values * NEEDED_PER_MILLE).map_or(
            Choice { shape: Shape::Text, values, misfits: 0 },
            |(shape, count)| Choice { shape, values, misfits: values - count },
        )
    }
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    if plain { text.parse().ok() } else { round_number(text) }
}

/// R writes the integers 100000 and 31000000 as `1e+05` and `3.1e+07`.
fn round_number(text: &str) -> Option<i64> {
    let (mantissa, exponent) = text.split_once("e+")?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = (digits(exponent)? as usize).checked_sub(fraction.len())?;
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let in_form = unsigned.len() == 1 && unsigned != "0" && digits(unsigned).is_some() && zeros <= 18;
    if in_form { format!("{whole}{fraction}{}", "0".repeat(zeros)).parse().ok() } else { None }
}

fn real(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|part| {
        let part = part.strip_prefix(['+', '-']).unwrap_or(part);
        !part.is_empty() && digits(part)
    });
    let fits = (fraction.is_some() || exponent.is_some())
        && digits(whole)
        && fraction.is_none_or(digits)
        && whole.len() + fraction.map_or(0, str::len) > 0
        && (whole.len() <= 1 || !whole.starts_with('0'))
        && exponent_fits;
    if fits || integer(text).is_some() { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

fn flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Digits that are not a number, or digits among letters.
fn is_code(text: &str) -> bool {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An ISO date.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(digits(&text[..4])? as i32, digits(&text[5..7])?, digits(&text[8..])?)
}

/// `YYYY-MM-DDTHH:MM[:SS[.fraction]][zone]`, with a blank or `T` in the middle; the zone (`Z`, `UTC`, `+01`, `+0100`,
/// `+01:00`) in seconds east.
pub(crate) fn date_time(text: &str) -> Option<(NaiveDateTime, Option<i64>)> {
    let day = date(text.get(..10)?)?;
    let rest = text[10..].strip_prefix(['T', 't', ' '])?;
    let end = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == ':' || letter == '.'));
    let (clock, zone) = rest.split_at(end.unwrap_or(rest.len()));
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(whole, part)| (whole, Some(part)));
    let mut parts = clock.split(':');
    let mut two = || parts.next().filter(|part| part.len() == 2).map(digits);
    let (hour, minute, second) = (two()??, two()??, two().unwrap_or(Some(0))?);
    if parts.next().is_some() || clock.len() > 8 || (fraction.is_some() && clock.len() != 8) {
        return None;
    }
    let micros = match fraction {
        None => 0,
        Some(part) if (1..=9).contains(&part.len()) => digits(&format!("{part:0<9}")).map(|nanos| nanos / 1000)?,
        Some(_) => return None,
    };
    let local = day.and_time(NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?);
    match zone.trim_start() {
        "" => Some((local, None)),
        zone => Some((local, Some(offset_seconds(zone)?))),
    }
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") || zone.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, rest) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (rest, "00"),
        4 => (rest.get(..2)?, rest.get(2..)?),
        5 => rest.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (i64::from(digits(hours)?), i64::from(digits(minutes)?));
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str) -> Option<u32> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `YYYY-MM-DD HH:MM:SS`, with the fraction when there is one.
pub fn local_text(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%d %H:%M:%S%.f").to_string()
}
