//! The wanted columns of a CSV, gzipped CSV or Parquet file, one row at a time.
//!
//! Reads through [`crate::import`]: its CSV rows, its Parquet cells, its column shapes.

use std::path::Path;

use chrono::DateTime;
use parquet::file::reader::FileReader;
use parquet::schema::types::Type;

use super::error::{CellFault, EvalError};
use crate::diagnostic::allowed_words;
use crate::import::ImportError;
use crate::import::csv_file::Rows;
use crate::import::frame::Cell;
use crate::import::infer::local_text;
use crate::import::parquet_file::{self, FieldShape};

/// The file endings that can be read.
const ENDINGS: [&str; 3] = [".csv", ".csv.gz", ".parquet"];

/// The wanted columns of a row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The line of a CSV file (the heading is line 1), the row of a Parquet file (from 1).
    pub line: u64,
    /// One cell per wanted column, in the order in which they were asked for.
    pub cells: &'a [Cell<'a>],
}

/// A file with a heading.
#[derive(Clone, Debug)]
pub(super) struct Table {
    path: std::path::PathBuf,
    /// The file's name, for messages.
    pub file: String,
    /// The headings, as they stand in the file.
    pub headings: Vec<String>,
}

impl Table {
    /// Opens a file and reads its heading.
    pub(super) fn open(path: &Path) -> Result<Self, EvalError> {
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        if !ENDINGS.iter().any(|ending| file.ends_with(ending)) {
            return Err(EvalError::Ending { file });
        }
        let headings = if is_parquet(path) {
            let reader = parquet_file::open(path, &file)?;
            let fields = reader.metadata().file_metadata().schema().get_fields();
            fields.iter().map(|field| field.name().to_owned()).collect()
        } else {
            Rows::open(path, &file)?.headings
        };
        Ok(Self { path: path.to_owned(), file, headings })
    }

    /// The position of a column: by its exact name, else by its name in other case when only one has it.
    pub(super) fn find(&self, column: &str) -> Option<usize> {
        let exact = self.headings.iter().position(|heading| heading == column);
        exact.or_else(|| {
            let mut alike =
                self.headings.iter().enumerate().filter(|(_, heading)| heading.eq_ignore_ascii_case(column));
            let first = alike.next().map(|(position, _)| position);
            if alike.next().is_some() { None } else { first }
        })
    }

    /// The position of a column that must be there.
    pub(super) fn column(&self, column: &str, option: &'static str) -> Result<usize, EvalError> {
        self.find(column).ok_or_else(|| {
            let there: Vec<&str> = self.headings.iter().map(String::as_str).collect();
            let (file, column) = (self.file.clone(), column.to_owned());
            let help = allowed_words(&column, &there);
            EvalError::NoColumn { file, column, option, help }
        })
    }

    /// Hands every row's wanted columns to `visit`, in the order of the file.
    pub(super) fn visit(
        &self,
        wanted: &[usize],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        if is_parquet(&self.path) { self.visit_parquet(wanted, visit) } else { self.visit_csv(wanted, visit) }
    }

    /// An error about one cell.
    pub(super) fn cell(&self, column: usize, row: &Row<'_>, found: &Cell<'_>, problem: &str, mend: &str) -> EvalError {
        EvalError::Cell(Box::new(CellFault {
            file: self.file.clone(),
            line: row.line,
            column: self.headings.get(column).cloned().unwrap_or_default(),
            found: shown(found),
            problem: problem.to_owned(),
            mend: mend.to_owned(),
        }))
    }

    fn visit_csv(
        &self,
        wanted: &[usize],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let mut rows = Rows::open(&self.path, &self.file)?;
        let bad = |line: u64, problem: String| EvalError::Row { file: self.file.clone(), line, problem };
        while let Some(row) = rows.next()? {
            let (line, found, expected) = (row.line, row.record.len(), self.headings.len());
            if found != expected {
                return Err(bad(line, format!("{found} fields, expected {expected}")));
            }
            let mut cells = Vec::with_capacity(wanted.len());
            for column in wanted {
                let field = std::str::from_utf8(row.record.get(*column).unwrap_or_default());
                let field = field.map_err(|_| bad(line, format!("field {} is not valid UTF-8", column + 1)))?;
                cells.push(Cell::Text(field));
            }
            visit(&Row { line, cells: &cells })?;
        }
        Ok(())
    }

    fn visit_parquet(
        &self,
        wanted: &[usize],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let reader = parquet_file::open(&self.path, &self.file)?;
        let schema = reader.metadata().file_metadata().schema();
        let fields = schema.get_fields();
        // The reader hands columns out in the order of the file, whatever was asked for.
        let mut sorted: Vec<usize> = wanted.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut shapes = Vec::with_capacity(sorted.len());
        for column in &sorted {
            let field = &fields[*column];
            shapes.push(parquet_file::shape(field).ok_or_else(|| ImportError::Unsupported {
                file: self.file.clone(),
                column: field.name().to_owned(),
                found: parquet_file::describe(field),
            })?);
        }
        let chosen = sorted.iter().map(|column| fields[*column].clone()).collect();
        let failed = |source: parquet::errors::ParquetError| {
            EvalError::Read(ImportError::Read { file: self.file.clone(), line: None, source: source.into() })
        };
        let projection = Type::group_type_builder(schema.name()).with_fields(chosen).build().map_err(failed)?;
        let places: Vec<usize> = wanted.iter().map(|column| sorted.binary_search(column).unwrap_or_default()).collect();
        for (index, row) in reader.get_row_iter(Some(projection)).map_err(failed)?.enumerate() {
            let (row, line) = (row.map_err(failed)?, index as u64 + 1);
            let mut found = Vec::with_capacity(shapes.len());
            for ((_, field), shape) in row.get_column_iter().zip(&shapes) {
                let value = parquet_file::cell(*shape, field).map(|cell| zoned_text(*shape, cell));
                let problem = || EvalError::Row {
                    file: self.file.clone(),
                    line,
                    problem: format!("`{field}` does not fit its column"),
                };
                found.push(value.ok_or_else(problem)?);
            }
            let cells: Vec<Cell<'_>> = places.iter().map(|place| found[*place].clone()).collect();
            visit(&Row { line, cells: &cells })?;
        }
        Ok(())
    }
}

/// A number; `None` when nothing stands there, `Err` when something else does.
pub(super) fn number(cell: &Cell<'_>) -> Result<Option<f64>, ()> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Integer(number) => Ok(Some(*number as f64)),
        Cell::Real(number) if number.is_finite() => Ok(Some(*number)),
        Cell::Flag(flag) => Ok(Some(f64::from(u8::from(*flag)))),
        Cell::Real(_) | Cell::Date(_) => Err(()),
        Cell::Text(text) => number_in(text),
        Cell::OwnedText(text) => number_in(text),
    }
}

fn number_in(text: &str) -> Result<Option<f64>, ()> {
    let text = text.trim();
    if matches!(text, "" | "NA" | "NaN" | "nan" | "null" | "NULL") {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ if text.eq_ignore_ascii_case("true") => Ok(Some(1.0)),
        _ if text.eq_ignore_ascii_case("false") => Ok(Some(0.0)),
        _ => Err(()),
    }
}

/// The cell as text, as a name of a series or for a message.
pub(super) fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => (*text).to_owned(),
        Cell::OwnedText(text) => text.clone(),
        Cell::Date(days) => chrono::NaiveDate::from_epoch_days(*days).map_or_else(String::new, |date| date.to_string()),
    }
}

/// Instants come as microseconds; here a time is a time, not a number.
fn zoned_text(shape: FieldShape, cell: Cell<'_>) -> Cell<'_> {
    match (shape, cell) {
        (FieldShape::Timestamp { zoned: true, .. }, Cell::Integer(micros)) => DateTime::from_timestamp_micros(micros)
            .map_or(Cell::Null, |moment| Cell::OwnedText(local_text(moment.naive_utc()))),
        (_, cell) => cell,
    }
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "parquet")
}
