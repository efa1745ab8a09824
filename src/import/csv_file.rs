//! CSV files, plain or gzipped: a first pass for the types, a second for the rows.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use polars::prelude::DataFrame;

use super::frame::{Cell, FrameBuilder};
use super::infer::{Choice, Shape, Tally};
use super::line_ends::LineFeeds;
use super::rejects::Rejects;
use super::{FileOutcome, ImportError, ImportSettings, ImportedColumn, names};
use crate::job::Progress;

/// A row this long, in lines or bytes, is the rest of a file after a quote that was left open.
const MAX_ROW_LINES: u64 = 1_000;
const MAX_ROW_BYTES: usize = 1 << 20;

/// After how many rows progress is reported.
const PROGRESS_ROWS: u64 = 10_000;

/// What the first pass found.
#[derive(Debug)]
pub struct CsvPlan {
    /// The columns, without the row number.
    pub columns: Vec<ImportedColumn>,
    /// Data rows in the file, bad ones included.
    pub rows: u64,
    /// What a person should know about the types.
    pub notes: Vec<String>,
    shapes: Vec<Shape>,
}

/// Reads the whole file once and chooses the type of each column.
///
/// # Errors
/// When the file cannot be read to its end, or its heading is not fit for column names.
pub fn plan(path: &Path, file: &str, settings: &ImportSettings, progress: &Progress) -> Result<CsvPlan, ImportError> {
    let what = format!("look at {file}");
    let mut rows = Rows::open(path, file)?;
    let names = names::column_names(file, &rows.headings)?;
    let mut tallies = vec![Tally::default(); names.len()];
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if count % PROGRESS_ROWS == 0 {
            progress.report(&what, count, 0);
        }
        if let Ok(fields) = row.fields(names.len()) {
            for (tally, field) in tallies.iter_mut().zip(fields) {
                tally.add(field);
            }
        }
    }
    progress.report(&what, count, count);
    let kept_text = |name: &String| settings.text_columns.contains(name);
    let choices: Vec<Choice> = names
        .iter()
        .zip(&tallies)
        .map(|(name, tally)| match tally.choose() {
            choice if kept_text(name) => Choice { shape: Shape::Text, misfits: 0, ..choice },
            choice => choice,
        })
        .collect();
    let notes = names.iter().zip(&choices).filter_map(|(name, choice)| note(name, choice)).collect();
    let columns = names
        .into_iter()
        .zip(rows.headings)
        .zip(&choices)
        .map(|((name, original), choice)| ImportedColumn { name, original, kind: choice.shape.column_type(), nulls: 0 })
        .collect();
    Ok(CsvPlan { columns, rows: count, notes, shapes: choices.iter().map(|choice| choice.shape).collect() })
}

/// Reads the file again and hands its good rows to `accept`, a chunk at a time; bad ones go to the rejects.
///
/// # Errors
/// When the file cannot be read to its end, rejects cannot be written, or `accept` fails.
pub(super) fn read(
    plan: &CsvPlan,
    path: &Path,
    file: &str,
    mut rejects: Rejects,
    accept: &mut dyn FnMut(DataFrame) -> Result<(), ImportError>,
) -> Result<FileOutcome, ImportError> {
    let unreadable = |source: polars::prelude::PolarsError| ImportError::Read {
        file: file.to_owned(),
        line: None,
        source: source.into(),
    };
    let mut rows = Rows::open(path, file)?;
    let mut builder = FrameBuilder::new(&plan.columns);
    let (mut number, mut loaded) = (0, 0);
    while let Some(row) = rows.next()? {
        number += 1;
        match row.fields(plan.columns.len()).and_then(|fields| cells(plan, &fields)) {
            Ok(cells) => {
                loaded += 1;
                builder.push(number, &cells);
            }
            Err(reason) => rejects.add(row.line, &reason, row.record)?,
        }
        if builder.is_full() {
            accept(builder.take().map_err(unreadable)?)?;
        }
    }
    if !builder.is_empty() {
        accept(builder.take().map_err(unreadable)?)?;
    }
    let (rejected, rejects_file) = rejects.finish()?;
    Ok(FileOutcome { loaded, rejected, rejects_file, nulls: builder.nulls().to_vec() })
}

fn cells<'a>(plan: &CsvPlan, fields: &[&'a str]) -> Result<Vec<Cell<'a>>, String> {
    let mut cells = Vec::with_capacity(fields.len());
    for ((field, shape), column) in fields.iter().zip(&plan.shapes).zip(&plan.columns) {
        let cell = shape.parse(field);
        cells.push(cell.ok_or_else(|| format!("`{}` is `{field}`, expected {}", column.name, shape.name()))?);
    }
    Ok(cells)
}

fn note(name: &str, choice: &Choice) -> Option<String> {
    let (values, misfits, word) = (choice.values, choice.misfits, choice.shape.name());
    match choice.shape {
        _ if misfits > 0 => Some(format!(
            "`{name}` is {word} in all but {misfits} of {values} values; the rows of those are rejected (`--text \
             {name}` keeps them)"
        )),
        Shape::LocalTime => Some(format!("`{name}` is {word}; it is kept as text, as its zone is not known")),
        _ => None,
    }
}

/// The rows of a file, one at a time.
pub(crate) struct Rows {
    file: String,
    pub(crate) headings: Vec<String>,
    reader: csv::Reader<LineFeeds<Box<dyn Read>>>,
    record: csv::ByteRecord,
}

/// One row and where it stands.
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    until: u64,
    pub(crate) record: &'a csv::ByteRecord,
}

impl Rows {
    pub(crate) fn open(path: &Path, file: &str) -> Result<Self, ImportError> {
        let source = open(path).map_err(|error| unreadable(file, None, error))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 16).from_reader(source);
        let headings = reader.byte_headers().map_err(|error| unreadable(file, None, error))?;
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_owned();
        let headings: Vec<String> = headings.iter().map(text).collect();
        match headings.as_slice() {
            [] => return Err(ImportError::Empty { file: file.to_owned() }),
            [only] if only.contains(';') => {
                return Err(ImportError::Separator { file: file.to_owned(), separator: "`;`" });
            }
            [only] if only.contains('\t') => {
                return Err(ImportError::Separator { file: file.to_owned(), separator: "tabs" });
            }
            _ => {}
        }
        Ok(Self { file: file.to_owned(), headings, reader, record: csv::ByteRecord::new() })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, ImportError> {
        let before = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Err(error) => Err(unreadable(&self.file, Some(before.saturating_sub(1)), error)),
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = self.record.position().map_or(before, csv::Position::line);
                let until = self.reader.position().line().saturating_sub(1).max(line);
                if until - line > MAX_ROW_LINES || self.record.as_slice().len() > MAX_ROW_BYTES {
                    return Err(ImportError::OpenQuote { file: self.file.clone(), line, until });
                }
                Ok(Some(Row { line, until, record: &self.record }))
            }
        }
    }
}

impl<'a> Row<'a> {
    /// The fields as text, or why the row is bad.
    fn fields(&self, expected: usize) -> Result<Vec<&'a str>, String> {
        let found = self.record.len();
        if found != expected {
            let lines = match self.until - self.line {
                0 => String::new(),
                _ => format!("; the row goes on to line {}, a quote may be left open", self.until),
            };
            return Err(format!("{found} fields, expected {expected}{lines}"));
        }
        self.record
            .iter()
            .enumerate()
            .map(|(index, field)| {
                std::str::from_utf8(field).map_err(|_| format!("field {} is not valid UTF-8", index + 1))
            })
            .collect()
    }
}

fn open(path: &Path) -> io::Result<LineFeeds<Box<dyn Read>>> {
    let file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let bytes: Box<dyn Read> =
        if is_packed { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(LineFeeds::new(bytes))
}

fn unreadable(
    file: &str,
    line: Option<u64>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ImportError {
    ImportError::Read { file: file.to_owned(), line, source: source.into() }
}
