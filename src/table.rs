//! What a table is: named, typed columns with a grain.
//!
//! One vocabulary for everything that crosses the edge of the program: the datasets we read, the tables we publish,
//! the files we import and the shop we generate. Rows themselves live in polars frames; [`ColumnType::dtype`] says
//! which polars type stands for which column type.

use polars::prelude::{AnyValue, DataFrame, DataType};
use serde::Serialize;

/// The type of a column, as people who write SQL think of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A 64-bit signed integer. In datasets money is in minor currency units, quantities are in thousandths of a unit.
    Integer,
    /// A 64-bit float.
    Real,
    /// A quantity of goods as published: in the product's unit, to the thousandth. `DECIMAL(18,3)`; in frames a 64-bit float that
    /// prints as that decimal.
    Quantity,
    /// An amount of money as published: in the project's currency, to its smallest coin. `DECIMAL(18,2)` for euros; in frames a
    /// 64-bit float that prints as that decimal.
    Money,
    /// A calendar date without a time; ISO text in SQLite.
    Date,
    /// A point in time, in frames microseconds since 1970-01-01T00:00:00Z as an `i64`; ISO text ending in `Z` in SQLite.
    Instant,
    /// True or false; 0 or 1 in SQLite.
    Flag,
}

impl ColumnType {
    /// The polars type that holds this column.
    pub fn dtype(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Integer | Self::Instant => DataType::Int64,
            Self::Real | Self::Quantity | Self::Money => DataType::Float64,
            Self::Date => DataType::Date,
            Self::Flag => DataType::Boolean,
        }
    }

    /// The word used in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Quantity => "quantity",
            Self::Money => "money",
            Self::Date => "date",
            Self::Instant => "instant",
            Self::Flag => "flag",
        }
    }

    /// The type of that name.
    pub fn named(name: &str) -> Option<Self> {
        const ALL: [ColumnType; 8] = [
            ColumnType::Text,
            ColumnType::Integer,
            ColumnType::Real,
            ColumnType::Quantity,
            ColumnType::Money,
            ColumnType::Date,
            ColumnType::Instant,
            ColumnType::Flag,
        ];
        ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// More thousandths of a unit than any shop has: a billion units. Beyond it a number is a fault of the data.
pub const MOST_MILLI: i64 = 1_000_000_000_000;
/// More of the smallest coin than any shop has: a hundred billion euros. Beyond it a number is a fault of the data.
pub const MOST_MINOR: i64 = 10_000_000_000_000;

/// One column of a [`TableSchema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    /// Its name in SQL, in frames and in exports.
    pub name: &'a str,
    /// Its type.
    pub kind: ColumnType,
    /// Whether the column may hold NULL; in a dataset such a column may be absent altogether.
    pub nullable: bool,
    /// Whether it says who a person is; such values are never shown as examples in errors.
    pub personal: bool,
    /// What rows get that were there before the column was, as an SQL literal.
    pub default: Option<&'a str>,
    /// The least and the greatest number that can be meant, in the column's unit; anything else is a fault of the data.
    pub range: Option<(i64, i64)>,
    /// What it means, with its unit.
    pub doc: &'a str,
}

impl<'a> Column<'a> {
    /// A column without NULLs.
    pub const fn new(name: &'a str, kind: ColumnType, doc: &'a str) -> Self {
        Self { name, kind, nullable: false, personal: false, default: None, range: None, doc }
    }

    /// A column that may hold NULL.
    pub const fn nullable(name: &'a str, kind: ColumnType, doc: &'a str) -> Self {
        Self { name, kind, nullable: true, personal: false, default: None, range: None, doc }
    }

    /// The same column, of which no value may be shown.
    #[must_use]
    pub const fn personal(self) -> Self {
        Self { personal: true, ..self }
    }

    /// The same column, in which a number below `least` or above `most` cannot be meant.
    #[must_use]
    pub const fn within(self, least: i64, most: i64) -> Self {
        Self { range: Some((least, most)), ..self }
    }

    /// The same column, added to a table that has rows already: they get this SQL literal.
    #[must_use]
    pub const fn or_before(self, literal: &'a str) -> Self {
        Self { default: Some(literal), ..self }
    }
}

/// A table: its name, what one row stands for, and its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSchema<'a> {
    /// The name in SQL.
    pub name: &'a str,
    /// What the table says, in one sentence.
    pub doc: &'a str,
    /// The columns that together identify a row.
    pub grain: &'a [&'a str],
    /// The columns, in order.
    pub columns: &'a [Column<'a>],
}

impl<'a> TableSchema<'a> {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Checks that `frame` has exactly these columns, in this order, with the right types and no NULL where none is
    /// allowed.
    ///
    /// # Errors
    /// A sentence that names the table, the column, what was found and what is expected.
    pub fn check(&self, frame: &DataFrame) -> Result<(), String> {
        let found: Vec<&str> = frame.get_column_names().into_iter().map(polars::prelude::PlSmallStr::as_str).collect();
        let expected: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        if found != expected {
            return Err(format!("table `{}` has the columns {found:?}, expected {expected:?}", self.name));
        }
        for (column, series) in self.columns.iter().zip(frame.columns()) {
            if *series.dtype() != column.kind.dtype() {
                let found = series.dtype();
                return Err(format!("`{}.{}` is {found}, expected {}", self.name, column.name, column.kind.name()));
            }
            if !column.nullable && series.null_count() > 0 {
                let n = series.null_count();
                return Err(format!("`{}.{}` has {n} NULLs, none is allowed", self.name, column.name));
            }
        }
        Ok(())
    }
}

/// A cell as plain text: ISO dates and instants, floats in shortest form, `None` for NULL.
pub fn cell_text(kind: ColumnType, value: &AnyValue<'_>) -> Option<String> {
    Some(match (kind, value) {
        (_, AnyValue::Null) => return None,
        (ColumnType::Instant, AnyValue::Int64(micros)) => instant_text(*micros),
        (_, AnyValue::String(text)) => (*text).to_owned(),
        (_, AnyValue::StringOwned(text)) => text.to_string(),
        (_, AnyValue::Int64(number)) => number.to_string(),
        (_, AnyValue::Float64(number)) => number.to_string(),
        (_, AnyValue::Boolean(flag)) => flag.to_string(),
        (_, AnyValue::Date(days)) => date_text(*days),
        (_, other) => other.to_string(),
    })
}

/// `2026-11-22` for the number of days since 1970-01-01.
pub fn date_text(days: i32) -> String {
    chrono::NaiveDate::from_epoch_days(days).map_or_else(|| format!("day {days}"), |date| date.to_string())
}

/// `2026-11-22T01:30:00Z` for microseconds since 1970-01-01T00:00:00Z; fractions are shown when there are any.
pub fn instant_text(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros).map_or_else(
        || format!("instant {micros}"),
        |instant| instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    )
}
