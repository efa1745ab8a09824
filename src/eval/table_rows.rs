//! The rows of a CSV file, by the columns that are asked for.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;

use super::{CellFault, EvalError};

/// Bytes read at a time.
pub(super) const BLOCK: usize = 1 << 20;

/// One row: the cells of the columns asked for, in their order.
pub(super) struct TableRow<'r> {
    record: &'r ByteRecord,
    places: &'r [usize],
}

impl<'r> TableRow<'r> {
    /// The cell of the `column`th of the columns asked for.
    pub fn cell(&self, column: usize) -> &'r [u8] {
        &self.record[self.places[column]]
    }

    /// The line of the file.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// One key of the first `n` cells.
    pub fn key(&self, n: usize, key: &mut Vec<u8>) {
        key.clear();
        for cell in (0..n).map(|column| self.cell(column)) {
            // The length before each part keeps `a,bc` and `ab,c` apart.
            key.extend_from_slice(&(cell.len() as u32).to_le_bytes());
            key.extend_from_slice(cell);
        }
    }
}

/// Hands over every row. `columns`: names, each with the option that gave it.
///
/// # Errors
/// The file cannot be read, lacks a column, has a broken row, or `take` refuses one.
pub(super) fn each_row(
    path: &Path,
    columns: &[(&str, &'static str)],
    mut take: impl FnMut(&TableRow<'_>) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let file = path.display().to_string();
    let mut reader = csv::Reader::from_reader(opened(path)?);
    let fail = |error: csv::Error| EvalError::Row {
        file: file.clone(),
        line: error.position().map_or(0, csv::Position::line),
        problem: error.to_string(),
    };
    let head = reader.byte_headers().map_err(fail)?.clone();
    let names: Vec<String> = head.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let place = |(name, option): &(&str, &'static str)| {
        names.iter().position(|known| known == name).ok_or_else(|| EvalError::NoColumn {
            file: file.clone(),
            column: (*name).to_owned(),
            option,
            help: format!("its columns are {}", names.join(", ")),
        })
    };
    let places = columns.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(fail)? {
        take(&TableRow { record: &record, places: &places })?;
    }
    Ok(())
}

/// What is said of an item without a name.
pub(super) fn nameless(path: &Path, line: u64, column: &str) -> EvalError {
    EvalError::Cell(Box::new(CellFault {
        file: path.display().to_string(),
        line,
        column: column.to_owned(),
        found: String::new(),
        problem: "an item without a name".to_owned(),
        mend: "name it or drop the row".to_owned(),
    }))
}

/// A file, unpacked where it ends in .gz.
pub(super) fn opened(path: &Path) -> Result<Box<dyn Read>, EvalError> {
    let file = BufReader::with_capacity(BLOCK, File::open(path).map_err(|source| unreadable(path, &source))?);
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

pub(super) fn unreadable(path: &Path, source: &std::io::Error) -> EvalError {
    EvalError::Nothing {
        file: path.display().to_string(),
        problem: format!("it cannot be read: {source}"),
        mend: "check the path and its permissions".to_owned(),
    }
}

pub(super) fn too_large(path: &Path) -> EvalError {
    EvalError::Nothing {
        file: path.display().to_string(),
        problem: format!("it has more than {} items", u32::MAX),
        mend: "give a shorter window".to_owned(),
    }
}
