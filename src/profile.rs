//! Profiles: what a dataset or a table looks like, in a few numbers, so that one night can be held against others.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::{AnyValue, DataFrame, DataType, PolarsResult};
use serde::Serialize;

use crate::table::{Column, ColumnType, TableSchema, cell_text};

/// A ratio of two sums over some days that stays near what it was: a price, the size of an order.
///
/// A load in another unit, or one that was loaded twice, moves it by that factor; a busy day hardly moves it at all, because both sums
/// grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// In words: `net amount per unit`.
    pub name: &'static str,
    /// The column whose sum is divided.
    pub of: &'static str,
    /// The column by whose sum; `None` divides by the number of rows.
    pub per: Option<&'static str>,
    /// Times what it was, or its inverse, that is remarked on, where history is steady.
    pub warns_at: f64,
    /// Times what it was, or its inverse, that stops the publication.
    pub blocks_at: f64,
    /// What is probably wrong then.
    pub hint: &'static str,
}

/// The rows of a day, and the sums of the columns that a dataset's measures name, in the order of [`summed`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayProfile {
    /// Rows of the day.
    pub rows: u64,
    /// Sums, in the columns' units.
    pub sums: Vec<f64>,
}

/// How the level of the lines of a dataset moved from one day to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelMove {
    /// The later day.
    pub day: NaiveDate,
    /// Lines whose level was above 0 on both days.
    pub lines: u64,
    /// The middle one of the lines' levels on the later day, each divided by that on the day before.
    pub factor: f64,
    /// The middle one of the lines' distances, `|ln(later / earlier)|`: lines that rise do not make up for lines that fall.
    pub distance: f64,
}

/// Profiles by day.
pub type Days = BTreeMap<NaiveDate, DayProfile>;

/// The columns that measures sum, each once, in order.
pub fn summed(measures: &[Measure]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in measures.iter().flat_map(|measure| [Some(measure.of), measure.per]).flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A column of a relation in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// The column.
    pub column: String,
    /// Rows of the relation.
    pub rows: u64,
    /// Cells without a value.
    pub nulls: u64,
    /// Numbers that are 0.
    pub zeros: u64,
    /// Numbers below 0.
    pub negatives: u64,
    /// The sum of the numbers; 0 for other types.
    pub sum: f64,
    /// The middle number; 0 without any.
    pub median: f64,
    /// The number that 95 of 100 do not exceed; 0 without any.
    pub p95: f64,
    /// The rows with the largest numbers, as `key: number`, largest first; not kept in the ledger.
    #[serde(skip)]
    pub largest: Vec<String>,
}

/// How many rows with the largest numbers are named.
const NAMED: usize = 3;

/// The profiles of a frame's columns that its schema knows; keys are left out.
///
/// # Errors
/// When a column is not of its schema's type.
pub fn columns(frame: &DataFrame, schema: &TableSchema<'_>) -> PolarsResult<Vec<ColumnProfile>> {
    let of_interest = |column: &&Column<'_>| !schema.grain.contains(&column.name);
    schema.columns.iter().filter(of_interest).map(|column| profile(frame, schema, column)).collect()
}

fn profile(frame: &DataFrame, schema: &TableSchema<'_>, column: &Column<'_>) -> PolarsResult<ColumnProfile> {
    let values = frame.column(column.name)?;
    let mut profile = ColumnProfile {
        column: column.name.to_owned(),
        rows: frame.height() as u64,
        nulls: values.null_count() as u64,
        ..ColumnProfile::default()
    };
    let is_number =
        matches!(column.kind, ColumnType::Integer | ColumnType::Real | ColumnType::Quantity | ColumnType::Money);
    if !is_number {
        return Ok(profile);
    }
    let numbers = values.cast(&DataType::Float64)?;
    let numbers = numbers.f64()?;
    let mut known: Vec<(f64, usize)> =
        numbers.iter().enumerate().filter_map(|(row, number)| number.map(|number| (number, row))).collect();
    profile.zeros = known.iter().filter(|(number, _)| *number == 0.0).count() as u64;
    profile.negatives = known.iter().filter(|(number, _)| *number < 0.0).count() as u64;
    profile.sum = known.iter().map(|(number, _)| number).sum();
    known.sort_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)));
    let at = |share: f64| known.get(((known.len() as f64 - 1.0) * share).round() as usize).map_or(0.0, |cell| cell.0);
    if !known.is_empty() {
        (profile.median, profile.p95) = (at(0.5), at(0.95));
    }
    let key_of = |row: usize| {
        // Who a person is, is not shown.
        let shown = schema.grain.iter().filter(|name| schema.column(name).is_some_and(|column| !column.personal));
        let text = |name: &&str| {
            let kind = schema.column(name).map_or(ColumnType::Text, |column| column.kind);
            let value = frame.column(name).ok()?.get(row).ok().map(AnyValue::into_static)?;
            cell_text(kind, &value)
        };
        shown.filter_map(text).collect::<Vec<_>>().join(" ")
    };
    profile.largest =
        (known.iter().rev().take(NAMED)).map(|(number, row)| format!("{}: {number}", key_of(*row))).collect();
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::datasets::PRODUCTS;

    #[test]
    fn a_column_is_told_in_a_few_numbers_and_its_largest_rows_are_named() {
        let frame = df!(
            "product_id" => ["a", "b", "c", "d"],
            "name" => ["A", "B", "C", "D"],
            "unit_cost" => [Some(0_i64), Some(-5), None, Some(300)]
        )
        .unwrap();
        let schema =
            TableSchema { columns: &[PRODUCTS.schema.columns[0], PRODUCTS.schema.columns[4]], ..PRODUCTS.schema };
        let profiles = columns(&frame, &schema).unwrap();
        let cost = &profiles[0];
        assert_eq!(
            (cost.column.as_str(), cost.rows, cost.nulls, cost.zeros, cost.negatives),
            ("unit_cost", 4, 1, 1, 1)
        );
        assert_eq!((cost.sum, cost.median, cost.p95), (295.0, 0.0, 300.0));
        assert_eq!(cost.largest, ["d: 300", "a: 0", "b: -5"]);
    }

    #[test]
    fn each_summed_column_stands_once() {
        let measure = |of, per| Measure { name: "", of, per, warns_at: 2.0, blocks_at: 3.0, hint: "" };
        let measures =
            [measure("net_amount", Some("quantity")), measure("quantity", Some("orders")), measure("orders", None)];
        assert_eq!(summed(&measures), ["net_amount", "quantity", "orders"]);
    }
}
