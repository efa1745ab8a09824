//! Cells into typed columns: tolerant in representation, strict in meaning.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, DataFrame, DataType, Float64Type, Int32Type, Int64Type, IntoColumn,
    IntoSeries, NewChunkedArray, PrimitiveChunkedBuilder, StringChunkedBuilder,
};

use super::{Cell, Expectation};
use crate::contract::{ContractError, Fault, MOST_EXAMPLES, Quarantine, Quarantined};
use crate::table::{ColumnType, date_text, instant_text};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// How far a product of floats may lie from the whole number that it stands for, relative to it.
const FLOAT_NOISE: f64 = 1e-14;
/// Beyond it a float no longer stands for one whole number.
const LARGEST_EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// A column of a result, as the engine names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Whether the engine declares it a boolean, which SQLite stores as 0 and 1.
    pub declared_flag: bool,
}

impl FoundColumn {
    /// A column of which only the name is known.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), declared_flag: false }
    }
}

/// Collects cells, row by row, into the columns of a schema.
pub struct FrameBuilder<'a> {
    expected: Expectation<'a>,
    /// One per found column.
    columns: Vec<Collecting>,
    quarantine: Quarantine,
    /// The first fault of each column and how many there were, by its place.
    faults: BTreeMap<usize, (ContractError, u64)>,
    /// Rows to be left out, from 1, in order.
    left_out: Vec<usize>,
}

/// A found column on its way.
struct Collecting {
    name: String,
    builder: Builder,
    range: Option<(i64, i64)>,
    nullable: bool,
    personal: bool,
}

/// polars' builders cannot be printed; the names of the columns can.
impl std::fmt::Debug for FrameBuilder<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        formatter.debug_struct("FrameBuilder").field("columns", &names).finish_non_exhaustive()
    }
}

enum Builder {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Real(PrimitiveChunkedBuilder<Float64Type>),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Instant(PrimitiveChunkedBuilder<Int64Type>),
    Flag(BooleanChunkedBuilder),
    Attribute { cells: Vec<Option<Attribute>>, declared_flag: bool },
}

/// A value of an attribute, whose type is decided when all of them are there.
#[derive(Clone, Debug, PartialEq)]
enum Attribute {
    Integer(i64),
    Real(f64),
    Text(String),
    Flag(bool),
}

impl<'a> FrameBuilder<'a> {
    /// Checks the names and prepares a column for each.
    ///
    /// # Errors
    /// [`Fault::MissingColumn`], [`Fault::UnknownColumn`], [`Fault::RepeatedColumn`].
    pub fn new(expected: Expectation<'a>, found: &[FoundColumn], capacity: usize) -> Result<Self, ContractError> {
        let fail = |fault| Err(ContractError { origin: expected.origin.to_owned(), fault });
        let names: Vec<String> = found.iter().map(|column| column.name.clone()).collect();
        for (position, name) in names.iter().enumerate() {
            if names[..position].contains(name) {
                return fail(Fault::RepeatedColumn { name: name.clone() });
            }
        }
        for column in expected.schema.columns.iter().filter(|column| !column.nullable) {
            if !names.iter().any(|name| name == column.name) {
                let (name, doc) = (column.name.to_owned(), column.doc.to_owned());
                return fail(Fault::MissingColumn { name, doc, found: names });
            }
        }
        let mut columns = Vec::with_capacity(found.len());
        for column in found {
            let builder = match expected.schema.column(&column.name) {
                Some(known) => Builder::new(known.kind, &column.name, capacity),
                None if expected.keeps_attributes => {
                    Builder::Attribute { cells: Vec::with_capacity(capacity), declared_flag: column.declared_flag }
                }
                None => {
                    let allowed = expected.schema.columns.iter().map(|column| column.name.to_owned()).collect();
                    return fail(Fault::UnknownColumn { name: column.name.clone(), allowed });
                }
            };
            let known = expected.schema.column(&column.name);
            columns.push(Collecting {
                name: column.name.clone(),
                builder,
                range: known.and_then(|known| known.range),
                nullable: known.is_none_or(|known| known.nullable),
                personal: known.is_some_and(|known| known.personal),
            });
        }
        let quarantine = Quarantine::default();
        Ok(Self { expected, columns, quarantine, faults: BTreeMap::new(), left_out: Vec::new() })
    }

    /// Adds the cell of one found column; `row` counts from 1 and is used in errors only. Where the expectation allows a quarantine, a
    /// cell that breaks the contract goes there.
    ///
    /// # Errors
    /// [`Fault::WrongType`], [`Fault::OutOfRange`], or [`Fault::Null`] where the column may not hold NULL.
    pub fn push(&mut self, column: usize, row: usize, cell: Cell<'_>) -> Result<(), ContractError> {
        let collecting = &mut self.columns[column];
        let fault = if let Some(fault) = collecting.out_of_range(&cell, row) {
            fault
        } else if cell == Cell::Null && !collecting.nullable && self.expected.quarantine.is_some() {
            Fault::Null { column: collecting.name.clone(), row }
        } else {
            let Err(cell) = collecting.builder.push(cell, self.expected.timezone) else { return Ok(()) };
            collecting.wrong_type(&cell, row)
        };
        let leaves_row_out = !collecting.nullable;
        let name = collecting.name.clone();
        let error = ContractError { origin: self.expected.origin.to_owned(), fault };
        if self.expected.quarantine.is_none() || collecting.builder.push(Cell::Null, self.expected.timezone).is_err() {
            return Err(error);
        }
        if leaves_row_out {
            if self.left_out.last() != Some(&row) {
                self.left_out.push(row);
            }
        } else {
            self.quarantine.values += 1;
        }
        if self.quarantine.examples.len() < MOST_EXAMPLES {
            let reason = error.fault.to_string();
            self.quarantine.examples.push(Quarantined { row: row as u64, column: name, reason, leaves_row_out });
        }
        self.faults.entry(column).or_insert((error, 0)).1 += 1;
        Ok(())
    }

    /// The frame: columns in schema order, absent ones as NULLs, attributes after them.
    ///
    /// # Errors
    /// The first fault of a column of which more than the allowed share is in quarantine. [`Fault::Frame`] when columns differ in
    /// length, which would be a fault of ours.
    pub fn finish(self) -> Result<(DataFrame, Quarantine), ContractError> {
        let Self { expected, columns, mut quarantine, faults, left_out } = self;
        let mut finished: Vec<Column> = Vec::with_capacity(columns.len());
        for Collecting { name, builder, .. } in columns {
            finished.push(builder.finish(&name));
        }
        let height = finished.first().map_or(0, Column::len);
        let mut ordered = Vec::with_capacity(finished.len());
        for column in expected.schema.columns {
            let place = finished.iter().position(|found| found.name().as_str() == column.name);
            ordered.push(match place {
                Some(place) => finished.remove(place),
                None => Column::full_null(column.name.into(), height, &column.kind.dtype()),
            });
        }
        ordered.append(&mut finished);
        let failed = |error: polars::prelude::PolarsError| ContractError {
            origin: expected.origin.to_owned(),
            fault: Fault::Frame(format!("cannot assemble the result: {error}")),
        };
        let frame = DataFrame::new(height, ordered).map_err(failed)?;
        let most = expected.quarantine.unwrap_or_default() * height as f64;
        if let Some((first, n)) = faults.into_values().filter(|(_, n)| *n as f64 > most).max_by_key(|(_, n)| *n) {
            let fault =
                if n > 1 { Fault::Many { first: Box::new(first.fault), n, rows: height as u64 } } else { first.fault };
            return Err(ContractError { fault, ..first });
        }
        (quarantine.rows_read, quarantine.rows) = (height as u64, left_out.len() as u64);
        if left_out.is_empty() {
            return Ok((frame, quarantine));
        }
        let mut keep = vec![true; height];
        for row in left_out {
            keep[row - 1] = false;
        }
        let keep = polars::prelude::BooleanChunked::from_slice("keep".into(), &keep);
        Ok((frame.filter(&keep).map_err(failed)?, quarantine))
    }
}

impl Collecting {
    fn out_of_range(&self, cell: &Cell<'_>, row: usize) -> Option<Fault> {
        let (least, most) = self.range?;
        let inside = match cell {
            Cell::Integer(number) => (least..=most).contains(number),
            Cell::Real(number) => (least as f64..=most as f64).contains(number),
            _ => true,
        };
        let found = if self.personal { "a number (not shown)".to_owned() } else { cell.to_string() };
        (!inside).then(|| Fault::OutOfRange { column: self.name.clone(), found, least, most, row })
    }

    fn wrong_type(&self, cell: &Cell<'_>, row: usize) -> Fault {
        let found = if *cell == Cell::Null {
            cell.describe()
        } else if self.personal {
            format!("{} (not shown)", cell.describe())
        } else {
            format!("{} `{}`", cell.describe(), shorten(&cell.to_string()))
        };
        Fault::WrongType { column: self.name.clone(), expected: self.builder.kind(), found, row }
    }
}

impl Builder {
    fn new(kind: ColumnType, name: &str, capacity: usize) -> Self {
        let named = name.into();
        match kind {
            ColumnType::Text => Self::Text(StringChunkedBuilder::new(named, capacity)),
            ColumnType::Integer => Self::Integer(PrimitiveChunkedBuilder::new(named, capacity)),
            ColumnType::Real | ColumnType::Quantity | ColumnType::Money => {
                Self::Real(PrimitiveChunkedBuilder::new(named, capacity))
            }
            ColumnType::Date => Self::Date(PrimitiveChunkedBuilder::new(named, capacity)),
            ColumnType::Instant => Self::Instant(PrimitiveChunkedBuilder::new(named, capacity)),
            ColumnType::Flag => Self::Flag(BooleanChunkedBuilder::new(named, capacity)),
        }
    }

    fn kind(&self) -> ColumnType {
        match self {
            Self::Text(_) | Self::Attribute { .. } => ColumnType::Text,
            Self::Integer(_) => ColumnType::Integer,
            Self::Real(_) => ColumnType::Real,
            Self::Date(_) => ColumnType::Date,
            Self::Instant(_) => ColumnType::Instant,
            Self::Flag(_) => ColumnType::Flag,
        }
    }

    /// Adds the cell, or gives it back when it cannot be what the column holds.
    fn push<'c>(&mut self, cell: Cell<'c>, timezone: Tz) -> Result<(), Cell<'c>> {
        match (self, &cell) {
            (Self::Text(builder), Cell::Null) => builder.append_null(),
            (Self::Integer(builder) | Self::Instant(builder), Cell::Null) => builder.append_null(),
            (Self::Real(builder), Cell::Null) => builder.append_null(),
            (Self::Date(builder), Cell::Null) => builder.append_null(),
            (Self::Flag(builder), Cell::Null) => builder.append_null(),
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Text(builder), Cell::Owned(text)) => builder.append_value(text),
            (Self::Text(builder), Cell::Integer(number)) => builder.append_value(number.to_string()),
            (Self::Integer(builder), cell) => match whole(cell) {
                Some(number) => builder.append_value(number),
                None => return Err(cell.clone()),
            },
            (Self::Real(builder), Cell::Real(number)) if number.is_finite() => builder.append_value(*number),
            (Self::Real(builder), Cell::Integer(number)) => builder.append_value(*number as f64),
            (Self::Date(builder), cell) => match days(cell) {
                Some(days) => builder.append_value(days),
                None => return Err(cell.clone()),
            },
            (Self::Instant(builder), cell) => match micros(cell, timezone) {
                Some(micros) => builder.append_value(micros),
                None => return Err(cell.clone()),
            },
            (Self::Flag(builder), cell) => match flag(cell) {
                Some(flag) => builder.append_value(flag),
                None => return Err(cell.clone()),
            },
            (Self::Attribute { cells, declared_flag }, cell) => cells.push(attribute(cell, *declared_flag)),
            _ => return Err(cell),
        }
        Ok(())
    }

    fn finish(self, name: &str) -> Column {
        match self {
            Self::Text(builder) => builder.finish().into_series().into_column(),
            Self::Integer(builder) | Self::Instant(builder) => builder.finish().into_series().into_column(),
            Self::Real(builder) => builder.finish().into_series().into_column(),
            Self::Date(builder) => builder.finish().into_date().into_series().into_column(),
            Self::Flag(builder) => builder.finish().into_series().into_column(),
            Self::Attribute { cells, .. } => attribute_column(name, &cells),
        }
    }
}

fn whole(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Integer(number) => Some(*number),
        Cell::Real(number) if number.abs() < LARGEST_EXACT_FLOAT => {
            // 2.034 kg are 2033.9999999999998 thousandths of floats, and no other number of them.
            let nearest = number.round();
            ((number - nearest).abs() <= FLOAT_NOISE * nearest.abs()).then_some(nearest as i64)
        }
        _ => None,
    }
}

fn days(cell: &Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Date(days) => Some(*days),
        Cell::Naive(micros) if micros.rem_euclid(MICROS_PER_DAY) == 0 => {
            i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()
        }
        Cell::Text(text) => iso_days(text),
        Cell::Owned(text) => iso_days(text),
        _ => None,
    }
}

/// `2026-11-22`, with or without a midnight after it.
fn iso_days(text: &str) -> Option<i32> {
    let (date, time) = text.split_at_checked(10)?;
    let midnight = time.is_empty()
        || time.strip_prefix(['T', ' ']).is_some_and(|time| {
            ["00:00", "00:00:00"].contains(&time)
                || time
                    .strip_prefix("00:00:00.")
                    .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b == b'0'))
        });
    let digits: Vec<&str> = date.split('-').collect();
    let [year, month, day] = digits[..] else { return None };
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u32>().ok())?
    };
    let date = NaiveDate::from_ymd_opt(number(year, 4)?.cast_signed(), number(month, 2)?, number(day, 2)?)?;
    midnight.then(|| date.to_epoch_days())
}

fn micros(cell: &Cell<'_>, timezone: Tz) -> Option<i64> {
    let parse = |text: &str| {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(at.timestamp_micros());
        }
        // PostgreSQL and people write `2026-11-22 01:30:00+01`.
        if let Ok(at) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z") {
            return Some(at.timestamp_micros());
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .and_then(|local| local_micros(local, timezone))
    };
    match cell {
        Cell::Instant(micros) => Some(*micros),
        Cell::Naive(micros) => local_micros(DateTime::from_timestamp_micros(*micros)?.naive_utc(), timezone),
        Cell::Text(text) => parse(text),
        Cell::Owned(text) => parse(text),
        _ => None,
    }
}

/// A local time as an instant. When clocks go back the first of the two is meant; a time that clocks jump over is read
/// with the offset before the jump.
pub(crate) fn local_micros(local: NaiveDateTime, timezone: Tz) -> Option<i64> {
    let first = timezone.from_local_datetime(&local).earliest();
    let before_jump = || {
        let earlier = timezone.from_local_datetime(&(local - Duration::hours(3))).earliest()?;
        Some(earlier + Duration::hours(3))
    };
    first.or_else(before_jump).map(|at| at.timestamp_micros())
}

fn flag(cell: &Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Flag(flag) => Some(*flag),
        Cell::Integer(0) => Some(false),
        Cell::Integer(1) => Some(true),
        Cell::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Cell::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn attribute(cell: &Cell<'_>, declared_flag: bool) -> Option<Attribute> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Integer(number @ (0 | 1)) if declared_flag => Attribute::Flag(*number == 1),
        Cell::Integer(number) => Attribute::Integer(*number),
        Cell::Real(number) => Attribute::Real(*number),
        Cell::Flag(flag) => Attribute::Flag(*flag),
        Cell::Date(days) => Attribute::Text(date_text(*days)),
        Cell::Instant(micros) => Attribute::Text(instant_text(*micros)),
        other => Attribute::Text(other.to_string()),
    })
}

/// Integers where all are, reals where all are numbers, flags where all are, else text.
fn attribute_column(name: &str, cells: &[Option<Attribute>]) -> Column {
    let all = |test: fn(&Attribute) -> bool| cells.iter().flatten().all(test);
    let name = name.into();
    if cells.iter().flatten().next().is_none() {
        return Column::full_null(name, cells.len(), &DataType::String);
    }
    if all(|cell| matches!(cell, Attribute::Integer(_))) {
        let values =
            cells.iter().map(|cell| if let Some(Attribute::Integer(value)) = cell { Some(*value) } else { None });
        return polars::prelude::Int64Chunked::from_iter_options(name, values).into_series().into_column();
    }
    if all(|cell| matches!(cell, Attribute::Integer(_) | Attribute::Real(_))) {
        let values = cells.iter().map(|cell| match cell {
            Some(Attribute::Integer(value)) => Some(*value as f64),
            Some(Attribute::Real(value)) => Some(*value),
            _ => None,
        });
        return polars::prelude::Float64Chunked::from_iter_options(name, values).into_series().into_column();
    }
    if all(|cell| matches!(cell, Attribute::Flag(_))) {
        let values = cells.iter().map(|cell| if let Some(Attribute::Flag(value)) = cell { Some(*value) } else { None });
        return polars::prelude::BooleanChunked::from_iter_options(name, values).into_series().into_column();
    }
    let values = cells.iter().map(|cell| {
        cell.as_ref().map(|cell| match cell {
            Attribute::Integer(value) => value.to_string(),
            Attribute::Real(value) => value.to_string(),
            Attribute::Flag(value) => value.to_string(),
            Attribute::Text(value) => value.clone(),
        })
    });
    polars::prelude::StringChunked::from_iter_options(name, values).into_series().into_column()
}

/// At most 40 characters, so that a long text does not fill the screen.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}
