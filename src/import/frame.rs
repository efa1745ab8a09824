//! Rows become frames, a chunk at a time.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column as PolarsColumn, DataFrame, DataType, Float64Type, Int32Type,
    Int64Type, IntoSeries, PolarsError, PrimitiveChunkedBuilder, StringChunkedBuilder,
};

use super::{ImportedColumn, ROW_COLUMN};
use crate::table::ColumnType;

/// How many rows are in memory at a time.
pub const CHUNK_ROWS: usize = 50_000;

/// One value on its way into a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// An integer, or an instant in microseconds since 1970-01-01T00:00:00Z.
    Integer(i64),
    /// A float.
    Real(f64),
    /// Days since 1970-01-01.
    Date(i32),
    /// True or false.
    Flag(bool),
    /// Text of the file.
    Text(&'a str),
    /// Text in our own form.
    OwnedText(String),
}

/// Collects rows and hands them out as frames whose first column is the row's number.
pub struct FrameBuilder {
    names: Vec<String>,
    kinds: Vec<ColumnType>,
    rows: usize,
    numbers: PrimitiveChunkedBuilder<Int64Type>,
    columns: Vec<ColumnBuilder>,
    nulls: Vec<u64>,
}

enum ColumnBuilder {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Real(PrimitiveChunkedBuilder<Float64Type>),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Flag(BooleanChunkedBuilder),
}

impl FrameBuilder {
    /// A builder for these columns.
    pub fn new(columns: &[ImportedColumn]) -> Self {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let kinds: Vec<ColumnType> = columns.iter().map(|column| column.kind).collect();
        Self {
            rows: 0,
            numbers: row_numbers(),
            columns: builders(&names, &kinds),
            nulls: vec![0; names.len()],
            names,
            kinds,
        }
    }

    /// Adds a row; `cells` are in the order of the columns and of their types.
    pub fn push(&mut self, number: u64, cells: &[Cell<'_>]) {
        self.rows += 1;
        self.numbers.append_value(number as i64);
        for ((builder, cell), nulls) in self.columns.iter_mut().zip(cells).zip(&mut self.nulls) {
            *nulls += u64::from(*cell == Cell::Null);
            builder.push(cell);
        }
    }

    /// Whether a chunk is complete.
    pub fn is_full(&self) -> bool {
        self.rows >= CHUNK_ROWS
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// NULLs per column in all rows so far.
    pub fn nulls(&self) -> &[u64] {
        &self.nulls
    }

    /// The rows since the last call.
    pub fn take(&mut self) -> Result<DataFrame, PolarsError> {
        let height = std::mem::take(&mut self.rows);
        let numbers = std::mem::replace(&mut self.numbers, row_numbers());
        let columns = std::mem::replace(&mut self.columns, builders(&self.names, &self.kinds));
        let mut series = vec![PolarsColumn::from(numbers.finish().into_series())];
        for builder in columns {
            series.push(builder.finish()?);
        }
        DataFrame::new(height, series)
    }
}

impl ColumnBuilder {
    fn push(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Text(builder), Cell::OwnedText(text)) => builder.append_value(text),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Integer(builder), Cell::Integer(number)) => builder.append_value(*number),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Real(builder), Cell::Real(number)) => builder.append_value(*number),
            (Self::Real(builder), _) => builder.append_null(),
            (Self::Date(builder), Cell::Date(days)) => builder.append_value(*days),
            (Self::Date(builder), _) => builder.append_null(),
            (Self::Flag(builder), Cell::Flag(flag)) => builder.append_value(*flag),
            (Self::Flag(builder), _) => builder.append_null(),
        }
    }

    fn finish(self) -> Result<PolarsColumn, PolarsError> {
        Ok(match self {
            Self::Text(builder) => builder.finish().into_series(),
            Self::Integer(builder) => builder.finish().into_series(),
            Self::Real(builder) => builder.finish().into_series(),
            Self::Date(builder) => builder.finish().into_series().cast(&DataType::Date)?,
            Self::Flag(builder) => builder.finish().into_series(),
        }
        .into())
    }
}

fn row_numbers() -> PrimitiveChunkedBuilder<Int64Type> {
    PrimitiveChunkedBuilder::new(ROW_COLUMN.into(), CHUNK_ROWS)
}

fn builders(names: &[String], kinds: &[ColumnType]) -> Vec<ColumnBuilder> {
    names
        .iter()
        .zip(kinds)
        .map(|(name, kind)| {
            let name = name.as_str().into();
            match kind {
                ColumnType::Text => ColumnBuilder::Text(StringChunkedBuilder::new(name, CHUNK_ROWS)),
                ColumnType::Integer | ColumnType::Instant => {
                    ColumnBuilder::Integer(PrimitiveChunkedBuilder::new(name, CHUNK_ROWS))
                }
                ColumnType::Real | ColumnType::Quantity | ColumnType::Money => {
                    ColumnBuilder::Real(PrimitiveChunkedBuilder::new(name, CHUNK_ROWS))
                }
                ColumnType::Date => ColumnBuilder::Date(PrimitiveChunkedBuilder::new(name, CHUNK_ROWS)),
                ColumnType::Flag => ColumnBuilder::Flag(BooleanChunkedBuilder::new(name, CHUNK_ROWS)),
            }
        })
        .collect()
}
