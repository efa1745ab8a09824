//! Single values: what is bound to statements, what small results hold, and cells on their way into a frame.

use std::fmt;

use chrono::NaiveDate;

use crate::table::{date_text, instant_text};

/// One value of a statement's binds or of a small result.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A float.
    Real(f64),
    /// A text.
    Text(String),
    /// A date.
    Date(NaiveDate),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// True or false.
    Flag(bool),
}

impl Value {
    /// The whole number, also where an engine without booleans or a text column holds it.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) | Self::Instant(number) => Some(*number),
            Self::Flag(flag) => Some(i64::from(*flag)),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The number.
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Real(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The date, also from ISO text, which is how SQLite keeps dates.
    pub fn as_date(&self) -> Option<NaiveDate> {
        match self {
            Self::Date(date) => Some(*date),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z, also from ISO text with an offset, which is how SQLite keeps instants.
    pub fn as_instant(&self) -> Option<i64> {
        match self {
            Self::Instant(micros) => Some(*micros),
            Self::Text(text) => chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros()),
            _ => None,
        }
    }

    /// True or false, also from 0 and 1.
    pub fn as_flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Integer(0) => Some(false),
            Self::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<NaiveDate> for Value {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A cell as an engine gave it, before anyone decided what it has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// A whole number, or a decimal number without a fraction.
    Integer(i64),
    /// A float, or a decimal number with a fraction.
    Real(f64),
    /// A decimal number of at most three decimals, on its way into the warehouse.
    Decimal(f64),
    /// Text.
    Text(&'a str),
    /// Text the engine does not hold as such (a UUID).
    Owned(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds of a local time since 1970-01-01T00:00:00, without a zone.
    Naive(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// True or false.
    Flag(bool),
    /// Something no column type stands for; the engine's word for its type.
    Other(String),
}

impl Cell<'_> {
    /// What it is, with an article, for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer(_) => "an integer".to_owned(),
            Self::Real(_) | Self::Decimal(_) => "a number with a fraction".to_owned(),
            Self::Text(_) | Self::Owned(_) => "text".to_owned(),
            Self::Date(_) => "a date".to_owned(),
            Self::Naive(_) => "a timestamp without time zone".to_owned(),
            Self::Instant(_) => "a timestamp with time zone".to_owned(),
            Self::Flag(_) => "a boolean".to_owned(),
            Self::Other(type_name) => format!("a value of type {type_name}"),
        }
    }

    /// The cell of a value.
    pub(super) fn of(value: &Value) -> Cell<'_> {
        match value {
            Value::Null => Cell::Null,
            Value::Integer(number) => Cell::Integer(*number),
            Value::Real(number) => Cell::Real(*number),
            Value::Text(text) => Cell::Text(text),
            Value::Date(date) => Cell::Date(date.to_epoch_days()),
            Value::Instant(micros) => Cell::Instant(*micros),
            Value::Flag(flag) => Cell::Flag(*flag),
        }
    }

    /// The value as an owned [`Value`].
    pub fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(number),
            Self::Real(number) | Self::Decimal(number) => Value::Real(number),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Owned(text) => Value::Text(text),
            Self::Date(days) => NaiveDate::from_epoch_days(days).map_or(Value::Null, Value::Date),
            Self::Naive(micros) | Self::Instant(micros) => Value::Instant(micros),
            Self::Flag(flag) => Value::Flag(flag),
            Self::Other(type_name) => Value::Text(format!("<{type_name}>")),
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("NULL"),
            Self::Integer(number) => number.fmt(formatter),
            Self::Real(number) | Self::Decimal(number) => number.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
            Self::Owned(text) => formatter.write_str(text),
            Self::Date(days) => formatter.write_str(&date_text(*days)),
            Self::Naive(micros) => formatter.write_str(instant_text(*micros).trim_end_matches('Z')),
            Self::Instant(micros) => formatter.write_str(&instant_text(*micros)),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::Other(type_name) => write!(formatter, "<{type_name}>"),
        }
    }
}
