//! Parquet files with flat columns; their types stand in the file.

use std::fs::File;
use std::path::Path;

use chrono::DateTime;
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;
use polars::prelude::DataFrame;

use super::frame::{Cell, FrameBuilder};
use super::infer::local_text;
use super::rejects::Rejects;
use super::{FileOutcome, ImportError, ImportedColumn, names};
use crate::table::ColumnType;

/// What the file says about itself.
#[derive(Debug)]
pub struct ParquetPlan {
    /// The columns, without the row number.
    pub columns: Vec<ImportedColumn>,
    /// Rows in the file.
    pub rows: u64,
    /// What a person should know about the types.
    pub notes: Vec<String>,
    shapes: Vec<FieldShape>,
}

/// What a Parquet column holds, as the row reader hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldShape {
    Flag,
    Integer,
    Real,
    Text,
    Date,
    /// Ticks per second since 1970; `zoned` when they count from midnight UTC, else from a local midnight.
    Timestamp {
        ticks_per_second: i64,
        zoned: bool,
    },
}

/// Reads the schema.
///
/// # Errors
/// When the file is no Parquet file, or has a column that is not flat.
pub fn plan(path: &Path, file: &str) -> Result<ParquetPlan, ImportError> {
    let reader = open(path, file)?;
    let metadata = reader.metadata().file_metadata();
    let fields = metadata.schema().get_fields();
    let headings: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let names = names::column_names(file, &headings)?;
    let shapes = fields
        .iter()
        .map(|field| {
            shape(field).ok_or_else(|| ImportError::Unsupported {
                file: file.to_owned(),
                column: field.name().to_owned(),
                found: describe(field),
            })
        })
        .collect::<Result<Vec<FieldShape>, ImportError>>()?;
    let notes = names
        .iter()
        .zip(&shapes)
        .filter(|(_, shape)| matches!(shape, FieldShape::Timestamp { zoned: false, .. }))
        .map(|(name, _)| {
            format!("`{name}` is a date-time without a zone; it is kept as text, as its zone is not known")
        })
        .collect();
    let columns = names
        .into_iter()
        .zip(headings)
        .zip(&shapes)
        .map(|((name, original), shape)| ImportedColumn { name, original, kind: shape.column_type(), nulls: 0 })
        .collect();
    Ok(ParquetPlan { columns, rows: metadata.num_rows().max(0) as u64, notes, shapes })
}

/// Hands the rows to `accept`, a chunk at a time; rows with a number beyond 64 bits go to the rejects.
///
/// # Errors
/// When the file cannot be read to its end, rejects cannot be written, or `accept` fails.
pub(super) fn read(
    plan: &ParquetPlan,
    path: &Path,
    file: &str,
    mut rejects: Rejects,
    accept: &mut dyn FnMut(DataFrame) -> Result<(), ImportError>,
) -> Result<FileOutcome, ImportError> {
    let reader = open(path, file)?;
    let rows = reader.get_row_iter(None).map_err(|error| unreadable(file, error))?;
    let mut builder = FrameBuilder::new(&plan.columns);
    let (mut number, mut loaded) = (0, 0);
    for row in rows {
        let row = row.map_err(|error| unreadable(file, error))?;
        number += 1;
        let fields = row.get_column_iter().zip(&plan.shapes).zip(&plan.columns);
        let cells: Result<Vec<Cell<'_>>, String> = fields
            .map(|(((_, field), shape), column)| {
                cell(*shape, field)
                    .ok_or_else(|| format!("`{}` is `{field}`, expected {}", column.name, column.kind.name()))
            })
            .collect();
        match cells {
            Ok(cells) => {
                loaded += 1;
                builder.push(number, &cells);
            }
            Err(reason) => {
                let texts: Vec<String> = row.get_column_iter().map(|(_, field)| field.to_string()).collect();
                rejects.add(number, &reason, &csv::ByteRecord::from(texts))?;
            }
        }
        if builder.is_full() {
            accept(builder.take().map_err(|error| unreadable(file, error))?)?;
        }
    }
    if !builder.is_empty() {
        accept(builder.take().map_err(|error| unreadable(file, error))?)?;
    }
    let (rejected, rejects_file) = rejects.finish()?;
    Ok(FileOutcome { loaded, rejected, rejects_file, nulls: builder.nulls().to_vec() })
}

impl FieldShape {
    fn column_type(self) -> ColumnType {
        match self {
            Self::Flag => ColumnType::Flag,
            Self::Integer => ColumnType::Integer,
            Self::Real => ColumnType::Real,
            Self::Date => ColumnType::Date,
            Self::Timestamp { zoned: true, .. } => ColumnType::Instant,
            Self::Text | Self::Timestamp { zoned: false, .. } => ColumnType::Text,
        }
    }
}

/// What a flat column holds; `None` for anything nested, repeated, or without a type of ours.
pub(crate) fn shape(field: &Type) -> Option<FieldShape> {
    let info = field.get_basic_info();
    if !field.is_primitive() || (info.has_repetition() && info.repetition() == Repetition::REPEATED) {
        return None;
    }
    let decimal = |scale: i32| if scale > 0 { FieldShape::Real } else { FieldShape::Integer };
    match (info.logical_type_ref(), info.converted_type(), field.get_physical_type()) {
        (Some(LogicalType::Timestamp(stamp)), _, Physical::INT64) => {
            let ticks_per_second = match stamp.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            };
            Some(FieldShape::Timestamp { ticks_per_second, zoned: stamp.is_adjusted_to_u_t_c })
        }
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => {
            Some(FieldShape::Timestamp { ticks_per_second: 1_000, zoned: true })
        }
        (None, ConvertedType::TIMESTAMP_MICROS, _) => {
            Some(FieldShape::Timestamp { ticks_per_second: 1_000_000, zoned: true })
        }
        // Written by Hive, Impala and old Spark, which say nothing of a zone.
        (_, _, Physical::INT96) => Some(FieldShape::Timestamp { ticks_per_second: 1_000, zoned: false }),
        (_, ConvertedType::DATE, _) => Some(FieldShape::Date),
        (_, ConvertedType::DECIMAL, _) => match field {
            Type::PrimitiveType { scale, .. } => Some(decimal(*scale)),
            Type::GroupType { .. } => None,
        },
        (_, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON, Physical::BYTE_ARRAY) => {
            Some(FieldShape::Text)
        }
        (_, _, Physical::BOOLEAN) => Some(FieldShape::Flag),
        (_, _, Physical::FLOAT | Physical::DOUBLE) => Some(FieldShape::Real),
        // A time of day, an interval or bytes: no type of ours.
        (Some(LogicalType::Time(_)), _, _)
        | (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS | ConvertedType::INTERVAL, _)
        | (_, _, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) => None,
        (_, _, Physical::INT32 | Physical::INT64) => Some(FieldShape::Integer),
    }
}

/// The value of a field, as a cell.
pub(crate) fn cell(shape: FieldShape, field: &Field) -> Option<Cell<'_>> {
    if let FieldShape::Timestamp { ticks_per_second, zoned } = shape {
        let ticks = match field {
            Field::Null => return Some(Cell::Null),
            Field::Long(ticks) | Field::TimestampMillis(ticks) | Field::TimestampMicros(ticks) => *ticks,
            _ => return None,
        };
        let micros = (i128::from(ticks) * 1_000_000).div_euclid(i128::from(ticks_per_second));
        let micros = i64::try_from(micros).ok()?;
        let moment = DateTime::from_timestamp_micros(micros)?;
        return Some(if zoned { Cell::Integer(micros) } else { Cell::OwnedText(local_text(moment.naive_utc())) });
    }
    Some(match (shape, field) {
        (_, Field::Null) => Cell::Null,
        (FieldShape::Flag, Field::Bool(flag)) => Cell::Flag(*flag),
        (FieldShape::Integer, Field::Byte(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::Short(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::Int(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::Long(number)) => Cell::Integer(*number),
        (FieldShape::Integer, Field::UByte(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::UShort(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::UInt(number)) => Cell::Integer(i64::from(*number)),
        (FieldShape::Integer, Field::ULong(number)) => Cell::Integer(i64::try_from(*number).ok()?),
        (FieldShape::Integer, Field::Decimal(_)) => Cell::Integer(field.to_string().parse().ok()?),
        (FieldShape::Real, Field::Decimal(_)) => Cell::Real(field.to_string().parse().ok()?),
        (FieldShape::Real, Field::Float(number)) => finite(f64::from(*number)),
        (FieldShape::Real, Field::Double(number)) => finite(*number),
        (FieldShape::Text, Field::Str(text)) => Cell::Text(text),
        (FieldShape::Date, Field::Date(days)) => Cell::Date(*days),
        _ => return None,
    })
}

/// Writers that know no NULL write NaN for it.
fn finite(number: f64) -> Cell<'static> {
    if number.is_finite() { Cell::Real(number) } else { Cell::Null }
}

/// The type of a column in words.
pub(crate) fn describe(field: &Type) -> String {
    let info = field.get_basic_info();
    if !field.is_primitive() {
        return "nested".to_owned();
    }
    if info.has_repetition() && info.repetition() == Repetition::REPEATED {
        return "a list".to_owned();
    }
    match info.converted_type() {
        ConvertedType::NONE => field.get_physical_type().to_string().to_lowercase(),
        converted => converted.to_string().to_lowercase(),
    }
}

/// Opens the file.
pub(crate) fn open(path: &Path, file: &str) -> Result<SerializedFileReader<File>, ImportError> {
    let source = File::open(path).map_err(|error| unreadable(file, error))?;
    SerializedFileReader::new(source).map_err(|error| unreadable(file, error))
}

fn unreadable(file: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ImportError {
    ImportError::Read { file: file.to_owned(), line: None, source: source.into() }
}
