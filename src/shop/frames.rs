//! From rows to frames.

use polars::prelude::{Column, DataFrame, PlSmallStr, PolarsResult, Series};

use super::ShopTable;
use crate::table::TableSchema;

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

/// Names and types the columns of a table as its schema says; dates come as day numbers.
pub(super) fn table(schema: &'static TableSchema<'static>, series: Vec<Series>) -> PolarsResult<ShopTable> {
    let height = series.first().map_or(0, |values| values.len());
    let mut named: Vec<Column> = Vec::with_capacity(series.len());
    for (column, values) in schema.columns.iter().zip(series) {
        named.push(values.cast(&column.kind.dtype())?.with_name(PlSmallStr::from_static(column.name)).into());
    }
    Ok(ShopTable { schema, frame: DataFrame::new(height, named)? })
}
