//! Columns of frames as plain vectors, and back.

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, PlSmallStr, PolarsResult, Series};

pub(super) use crate::frames::{integers, reals};
use crate::table::TableSchema;

pub(super) fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let column = frame.column(name)?.as_materialized_series();
    Ok(column.str()?.iter().map(|text| text.map(ToOwned::to_owned)).collect())
}

pub(super) fn dates(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<NaiveDate>>> {
    let column = frame.column(name)?.as_materialized_series();
    Ok(column.date()?.physical().iter().map(|day| day.and_then(NaiveDate::from_epoch_days)).collect())
}

/// One unnamed series per expression, in order.
macro_rules! columns {
    ($($values:expr),* $(,)?) => {
        vec![$(<polars::prelude::Series as polars::prelude::NamedFrom<_, _>>::new(
            polars::prelude::PlSmallStr::EMPTY, $values)),*]
    };
}

/// One `Vec` of a column: `column!(rows, row => row.field)`.
macro_rules! column {
    ($rows:expr, $row:pat => $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

pub(super) use {column, columns};

/// Names and types the columns as the schema says; dates come as day numbers.
pub(super) fn frame(schema: &TableSchema<'static>, columns: Vec<Series>) -> PolarsResult<DataFrame> {
    let height = columns.first().map_or(0, |values| values.len());
    let named = schema.columns.iter().zip(columns).map(|(column, values)| {
        Ok(Column::from(values.cast(&column.kind.dtype())?.with_name(PlSmallStr::from_static(column.name))))
    });
    DataFrame::new(height, named.collect::<PolarsResult<Vec<Column>>>()?)
}
