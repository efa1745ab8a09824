//! Frames into cells, for writing.

use polars::prelude::{BooleanChunked, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, StringChunked};

use super::{Cell, WarehouseError};
use crate::table::{Column, ColumnType};

/// One column of a frame, read by row.
pub(super) enum CellColumn<'f> {
    Text(&'f StringChunked),
    Integer(&'f Int64Chunked),
    Real(&'f Float64Chunked),
    Decimal(&'f Float64Chunked),
    Date(&'f Int32Chunked),
    Instant(&'f Int64Chunked),
    Flag(&'f BooleanChunked),
}

impl CellColumn<'_> {
    pub(super) fn get(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(values) => values.get(row).map_or(Cell::Null, Cell::Text),
            Self::Integer(values) => values.get(row).map_or(Cell::Null, Cell::Integer),
            Self::Real(values) => values.get(row).map_or(Cell::Null, Cell::Real),
            Self::Decimal(values) => values.get(row).map_or(Cell::Null, Cell::Decimal),
            Self::Date(values) => values.get(row).map_or(Cell::Null, Cell::Date),
            Self::Instant(values) => values.get(row).map_or(Cell::Null, Cell::Instant),
            Self::Flag(values) => values.get(row).map_or(Cell::Null, Cell::Flag),
        }
    }
}

/// The columns of a frame in the order of `columns`, checked against their types. The frame should have one chunk.
pub(super) fn cell_columns<'f>(
    table: &str,
    columns: &[Column<'_>],
    frame: &'f DataFrame,
) -> Result<Vec<CellColumn<'f>>, WarehouseError> {
    let fail = |message: String| WarehouseError::Frame { table: table.to_owned(), message };
    columns
        .iter()
        .map(|column| {
            let values = frame.column(column.name).map_err(|error| fail(error.to_string()))?;
            let null_count = values.null_count();
            if !column.nullable && null_count > 0 {
                return Err(fail(format!("column `{}` has {null_count} NULLs, none is allowed", column.name)));
            }
            let series = values.as_materialized_series();
            let cells = match column.kind {
                ColumnType::Text => series.str().map(CellColumn::Text),
                ColumnType::Integer => series.i64().map(CellColumn::Integer),
                ColumnType::Real => series.f64().map(CellColumn::Real),
                ColumnType::Quantity | ColumnType::Money => series.f64().map(CellColumn::Decimal),
                ColumnType::Date => series.date().map(|dates| CellColumn::Date(dates.physical())),
                ColumnType::Instant => series.i64().map(CellColumn::Instant),
                ColumnType::Flag => series.bool().map(CellColumn::Flag),
            };
            cells.map_err(|_| {
                fail(format!("column `{}` is {}, expected {}", column.name, series.dtype(), column.kind.name()))
            })
        })
        .collect()
}
