//! What is wrong with a frame or a result that is not what its schema promises, in words that name the mend.

use std::fmt;

use crate::table::ColumnType;

/// A frame or a result that is not what its schema promises.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{origin}: {fault}")]
pub struct ContractError {
    /// The file or table.
    pub origin: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a frame. Rows count from 1, in the order in which they arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A column that has to be there is not.
    MissingColumn {
        /// Its name.
        name: String,
        /// What it means.
        doc: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// A column that no one asked for.
    UnknownColumn {
        /// Its name.
        name: String,
        /// The columns that were asked for.
        allowed: Vec<String>,
    },
    /// A column that is there twice.
    RepeatedColumn {
        /// Its name.
        name: String,
    },
    /// A value of another type.
    WrongType {
        /// The column.
        column: String,
        /// What it has to be.
        expected: ColumnType,
        /// What it is, with an article, and the value, shortened.
        found: String,
        /// The first offending row.
        row: usize,
    },
    /// A NULL where none is allowed.
    Null {
        /// The column.
        column: String,
        /// The first offending row.
        row: usize,
    },
    /// A number that cannot be meant.
    OutOfRange {
        /// The column.
        column: String,
        /// The number, or `a number (not shown)`.
        found: String,
        /// The least that can be.
        least: i64,
        /// The greatest that can be.
        most: i64,
        /// The row.
        row: usize,
    },
    /// Two rows with one key.
    Duplicate {
        /// `column = value, ...`.
        key: String,
        /// The first two rows that have it.
        rows: (usize, usize),
    },
    /// The same fault in many rows.
    Many {
        /// In the first of them.
        first: Box<Fault>,
        /// In how many.
        n: u64,
        /// Of how many.
        rows: u64,
    },
    /// The frame could not be put together; this is a fault of ours.
    Frame(String),
}

/// What of an answer was left out because it broke the contract: few rows are, so that one bad row costs no night; many stop it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// Rows of the answer, those left out included.
    pub rows_read: u64,
    /// Rows left out.
    pub rows: u64,
    /// Values that were taken for unknown, in rows that stay.
    pub values: u64,
    /// The first of them, in order of their rows.
    pub examples: Vec<Quarantined>,
}

/// A value that broke the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The row of the answer, from 1.
    pub row: u64,
    /// The column.
    pub column: String,
    /// What is wrong with it, without personal data.
    pub reason: String,
    /// Whether the row is left out; else the value is taken for unknown.
    pub leaves_row_out: bool,
}

/// How many examples of a dataset are kept.
pub const MOST_EXAMPLES: usize = 1_000;

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingColumn { name, doc, found } => {
                let hint = nearest(name, found).map(|near| format!("; is it `{near}`? then write `{near} AS {name}`"));
                let hint = hint.unwrap_or_default();
                write!(formatter, "column `{name}` ({doc}) is missing, found {}{hint}", quoted(found))
            }
            Self::UnknownColumn { name, allowed } => {
                let hint =
                    nearest(name, allowed).map_or_else(|| ";".to_owned(), |near| format!("; did you mean `{near}`?"));
                write!(formatter, "unknown column `{name}`{hint} the columns are {}", quoted(allowed))
            }
            Self::RepeatedColumn { name } => {
                write!(formatter, "column `{name}` is there twice; give each its own name")
            }
            Self::WrongType { column, expected, found, row } => {
                write!(formatter, "row {row}, column `{column}`: expected {}, found {found}", wanted(*expected))
            }
            Self::Null { column, row } => {
                write!(
                    formatter,
                    "row {row}, column `{column}`: NULL is not allowed; leave such rows out or fill them in SQL"
                )
            }
            Self::OutOfRange { column, found, least, most, row } => {
                write!(formatter, "row {row}, column `{column}`: {found} is outside of {least} to {most}")
            }
            Self::Duplicate { key, rows: (first, second) } => {
                write!(formatter, "rows {first} and {second} have the same key ({key}); aggregate in SQL or drop one")
            }
            Self::Many { first, n, rows } => write!(formatter, "{first} (and so in {n} of {rows} rows)"),
            Self::Frame(message) => formatter.write_str(message),
        }
    }
}

/// The words for a type, with what else is understood.
fn wanted(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "text or an integer id",
        ColumnType::Integer => "an integer",
        ColumnType::Real | ColumnType::Quantity | ColumnType::Money => "a number",
        ColumnType::Date => "a date (a DATE, or text such as `2026-11-22`)",
        ColumnType::Instant => "a point in time (a TIMESTAMP, or text such as `2026-11-22T01:30:00Z`)",
        ColumnType::Flag => "true or false (or 1 or 0)",
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The known name most like `name`, when one is like it at all.
fn nearest<'n>(name: &str, known: &'n [String]) -> Option<&'n str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
