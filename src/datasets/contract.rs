//! What every frame keeps: the checks that do not depend on where it came from.
//!
//! Tolerant in representation, strict in meaning: an id may arrive as a number, a date as ISO text; a word where a
//! quantity belongs is an error with its row.

use std::cmp::Ordering;

use polars::prelude::{
    AnyValue, BooleanChunked, ChunkCompareEq, Column, DataFrame, DataType, Int32Chunked, Int64Chunked,
    SortMultipleOptions, StringChunked,
};

use crate::contract::{ContractError, Fault};
use crate::table::{ColumnType, TableSchema, cell_text};
use crate::warehouse::{Cell, Expectation, FoundColumn, FrameBuilder};

/// The frame in schema order, attributes last, absent nullable columns added as NULLs, sorted by grain (by all columns
/// where the grain is empty; NULL first, texts by their bytes), so that every engine gives the same frame.
///
/// # Errors
/// [`ContractError`] for the first fault: missing, unknown or repeated columns, wrong types, NULLs, duplicate keys.
pub fn conform(frame: DataFrame, expected: &Expectation<'_>) -> Result<DataFrame, ContractError> {
    let frame = if fits(&frame, expected) { frame } else { convert(&frame, expected)? };
    let fail = |fault| ContractError { origin: expected.origin.to_owned(), fault };
    for (column, values) in expected.schema.columns.iter().zip(frame.columns()) {
        if !column.nullable && values.null_count() > 0 {
            let row = values.is_null().iter().position(|null| null == Some(true)).unwrap_or(0) + 1;
            return Err(fail(Fault::Null { column: column.name.to_owned(), row }));
        }
    }
    if is_strictly_sorted(&frame, expected.schema.grain).map_err(|error| fail(Fault::Frame(error.to_string())))? {
        return Ok(frame);
    }
    let sorted = sort(&frame, expected.schema).map_err(|error| fail(Fault::Frame(error.to_string())))?;
    if !expected.schema.grain.is_empty()
        && let Some(row) =
            first_repeat(&sorted, expected.schema.grain).map_err(|error| fail(Fault::Frame(error.to_string())))?
    {
        return Err(fail(duplicate(&frame, &sorted, expected.schema, row)));
    }
    Ok(sorted)
}

/// A column of a grain that can be compared row by row.
enum Key<'a> {
    Day(&'a Int32Chunked),
    Integer(&'a Int64Chunked),
    Text(&'a StringChunked),
}

/// Whether the rows are in the order of the grain, no key twice: then there is nothing to sort and nothing to find. Most tables
/// are stored that way, and one look costs a fraction of a sort. Keys with NULL, and types that are no usual keys, are left to it.
fn is_strictly_sorted(frame: &DataFrame, grain: &[&str]) -> polars::prelude::PolarsResult<bool> {
    let mut keys = Vec::with_capacity(grain.len());
    for name in grain {
        let series = frame.column(name)?.as_materialized_series();
        if series.null_count() > 0 || series.n_chunks() > 1 {
            return Ok(false);
        }
        keys.push(match series.dtype() {
            DataType::Date => Key::Day(series.date()?.physical()),
            DataType::Int64 => Key::Integer(series.i64()?),
            DataType::String => Key::Text(series.str()?),
            _ => return Ok(false),
        });
    }
    let order = |row: usize| {
        let mut orders = keys.iter().map(|key| match key {
            Key::Day(days) => days.get(row - 1).cmp(&days.get(row)),
            Key::Integer(numbers) => numbers.get(row - 1).cmp(&numbers.get(row)),
            Key::Text(texts) => texts.get(row - 1).cmp(&texts.get(row)),
        });
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    Ok(!keys.is_empty() && (1..frame.height()).all(|row| order(row).is_lt()))
}

/// Sorts by the grain, or by all columns where it is empty.
fn sort(frame: &DataFrame, schema: &TableSchema<'_>) -> polars::prelude::PolarsResult<DataFrame> {
    if frame.height() < 2 {
        return Ok(frame.clone());
    }
    let options = SortMultipleOptions::default().with_maintain_order(true);
    if schema.grain.is_empty() {
        let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
        return frame.sort(names, options);
    }
    frame.sort(schema.grain.iter().copied(), options)
}

/// Whether names, order and types are right already.
fn fits(frame: &DataFrame, expected: &Expectation<'_>) -> bool {
    let columns = expected.schema.columns;
    let width = frame.width();
    (width == columns.len() || (expected.keeps_attributes && width > columns.len()))
        && columns
            .iter()
            .zip(frame.columns())
            .all(|(column, values)| values.name().as_str() == column.name && *values.dtype() == column.kind.dtype())
}

/// Puts columns in order, adds the absent ones and converts representations, through the rules for warehouse cells.
fn convert(frame: &DataFrame, expected: &Expectation<'_>) -> Result<DataFrame, ContractError> {
    let found: Vec<FoundColumn> = frame.columns().iter().map(|column| FoundColumn::named(column.name())).collect();
    let mut builder = FrameBuilder::new(*expected, &found, frame.height())?;
    for (position, column) in frame.columns().iter().enumerate() {
        let is_instant = expected.schema.column(column.name()).is_some_and(|column| column.kind == ColumnType::Instant);
        for (row, value) in column.as_materialized_series().iter().enumerate() {
            builder.push(position, row + 1, frame_cell(&value, is_instant))?;
        }
    }
    builder.finish().map(|(frame, _)| frame)
}

/// A frame's value as a cell; instants are integers in frames.
fn frame_cell<'v>(value: &'v AnyValue<'_>, is_instant: bool) -> Cell<'v> {
    match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(flag) => Cell::Flag(*flag),
        AnyValue::String(text) => Cell::Text(text),
        AnyValue::StringOwned(text) => Cell::Text(text.as_str()),
        AnyValue::Date(days) => Cell::Date(*days),
        AnyValue::Float64(number) => Cell::Real(*number),
        AnyValue::Float32(number) => Cell::Real(f64::from(*number)),
        other => match other.extract::<i64>() {
            Some(micros) if is_instant => Cell::Instant(micros),
            Some(number) => Cell::Integer(number),
            None => Cell::Other(other.dtype().to_string()),
        },
    }
}

/// The first row of a sorted frame that has the key of the row before it.
fn first_repeat(sorted: &DataFrame, grain: &[&str]) -> polars::prelude::PolarsResult<Option<usize>> {
    let pairs = sorted.height().saturating_sub(1);
    let mut same: Option<BooleanChunked> = None;
    for name in grain {
        let column: &Column = sorted.column(name)?;
        let equal = column.slice(0, pairs).equal_missing(&column.slice(1, pairs))?;
        same = Some(same.map_or_else(|| equal.clone(), |same| &same & &equal));
    }
    Ok(same.and_then(|same| same.iter().position(|equal| equal == Some(true))).map(|position| position + 1))
}

/// The fault of the key in `row` of the sorted frame, with the rows where it stands in the frame as it arrived.
fn duplicate(arrived: &DataFrame, sorted: &DataFrame, schema: &TableSchema<'_>, row: usize) -> Fault {
    let text = |frame: &DataFrame, name: &str, row: usize| {
        let kind = schema.column(name).map_or(ColumnType::Text, |column| column.kind);
        let value = frame.column(name).ok().and_then(|column| column.get(row).ok().map(AnyValue::into_static));
        value.and_then(|value| cell_text(kind, &value)).unwrap_or_else(|| "NULL".to_owned())
    };
    let key_of = |frame: &DataFrame, row| schema.grain.iter().map(|name| text(frame, name, row)).collect::<Vec<_>>();
    let key = key_of(sorted, row);
    let mut rows = (0..arrived.height()).filter(|&row| key_of(arrived, row) == key).map(|row| row + 1);
    let rows = (rows.next().unwrap_or(0), rows.next().unwrap_or(0));
    // Ids of customers may be their addresses: rows are named, their ids are not.
    let is_personal = |name: &str| schema.column(name).is_some_and(|column| column.personal);
    let shown = |name: &str, value: String| if is_personal(name) { "(not shown)".to_owned() } else { value };
    let key = schema.grain.iter().zip(key).map(|(name, value)| format!("{name} = {}", shown(name, value)));
    let key = key.collect::<Vec<_>>();
    Fault::Duplicate { key: key.join(", "), rows }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use polars::prelude::df;

    use super::*;
    use crate::datasets::{PRICES, SUPPRESSIONS};

    fn conformed(frame: DataFrame, dataset: &crate::datasets::Dataset) -> Result<DataFrame, String> {
        let expected = Expectation {
            origin: "f.sql",
            schema: &dataset.schema,
            keeps_attributes: false,
            timezone: Tz::UTC,
            quarantine: None,
        };
        conform(frame, &expected).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_ordered_converted_completed_and_rows_sorted() {
        let frame = df!("reason" => ["x", "x"], "customer_id" => [11i64, 7]).unwrap();
        let frame = conformed(frame, &SUPPRESSIONS).unwrap();
        SUPPRESSIONS.schema.check(&frame).unwrap();
        let ids: Vec<_> = frame.column("customer_id").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(ids, ["11", "7"]);
        assert_eq!(frame.column("until").unwrap().null_count(), 2);
    }

    #[test]
    fn rows_in_order_stay_as_they_are_and_others_are_sorted() {
        let prices = |days: [&str; 3]| {
            df!("product_id" => ["p", "p", "q"], "location_id" => ["l", "l", "a"], "valid_from" => days,
                "price" => [1i64, 2, 3])
        };
        let in_order = conformed(prices(["2026-01-01", "2026-01-02", "2026-01-01"]).unwrap(), &PRICES).unwrap();
        let reversed = in_order.reverse();
        assert!(is_strictly_sorted(&in_order, PRICES.schema.grain).unwrap());
        assert!(!is_strictly_sorted(&reversed, PRICES.schema.grain).unwrap());
        assert!(conformed(reversed, &PRICES).unwrap().equals(&in_order));
        let repeated = prices(["2026-01-01", "2026-01-01", "2026-01-01"]).unwrap();
        assert!(conformed(repeated, &PRICES).unwrap_err().contains("rows 1 and 2 have the same key"));
    }

    #[test]
    fn a_key_with_null_is_a_key() {
        let none: [Option<&str>; 3] = [None, Some("l"), None];
        let frame = df!("product_id" => ["p", "p", "p"], "location_id" => none,
            "valid_from" => ["2026-01-01", "2026-01-01", "2026-01-01"], "price" => [1i64, 2, 3])
        .unwrap();
        let message = conformed(frame, &PRICES).unwrap_err();
        let key = "product_id = p, location_id = NULL, valid_from = 2026-01-01";
        assert!(message.starts_with(&format!("f.sql: rows 1 and 3 have the same key ({key})")), "{message}");
    }

    #[test]
    fn an_empty_frame_conforms() {
        let frame = df!("customer_id" => [""; 0], "reason" => [""; 0]).unwrap();
        assert_eq!(conformed(frame, &SUPPRESSIONS).unwrap().width(), 3);
    }
}
