//! Rows that stand for long, number by number: what one night reads of products and suppliers, so that the next can name those that
//! changed out of all proportion.

use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use polars::prelude::{DataFrame, DataType, PolarsResult};
use serde::{Deserialize, Serialize};

use crate::table::{Column, ColumnType, TableSchema, cell_text};

/// Times what a number was, or its inverse, from which it has jumped.
pub const JUMP: f64 = 1.8;
/// Nights of which it is remembered how many rows jumped.
const NIGHTS: usize = 28;
/// Nights without which it is not known how many usually do.
const LEAST_NIGHTS: usize = 10;
/// Of these nights, the share that is usual.
const USUAL_SHARE: f64 = 0.9;

/// The numbers of such rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The key of each row: the parts of its grain.
    keys: Vec<String>,
    /// The columns of numbers.
    columns: Vec<StandingColumn>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct StandingColumn {
    name: String,
    /// One per key.
    numbers: Vec<Option<f64>>,
    /// The shares of rows that jumped in the last nights, newest first.
    jumped: Vec<f64>,
}

/// A number that is out of proportion to what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Jump {
    /// The key of its row.
    pub key: String,
    /// What it was, in the column's unit.
    pub was: f64,
    /// What it is.
    pub is: f64,
}

/// What became of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The column.
    pub column: String,
    /// Rows that had a number above 0 then and have one now.
    pub compared: usize,
    /// Those that jumped, furthest first.
    pub jumps: Vec<Jump>,
    /// The share of rows that nine of ten earlier nights did not exceed; 0 where too few are known.
    pub usual: f64,
}

impl Changes {
    /// The share of rows that jumped.
    pub fn share(&self) -> f64 {
        self.jumps.len() as f64 / self.compared.max(1) as f64
    }
}

impl Jump {
    fn distance(&self) -> f64 {
        (self.is / self.was).ln().abs()
    }
}

impl Standing {
    /// The numbers of a frame's rows; `None` where rows have no key, one that says who a person is, or no numbers.
    ///
    /// # Errors
    /// When a column is not of its schema's type.
    pub fn of(frame: &DataFrame, schema: &TableSchema<'_>) -> PolarsResult<Option<Self>> {
        let key: Vec<&Column<'_>> = schema.grain.iter().filter_map(|name| schema.column(name)).collect();
        let is_number = |column: &&Column<'_>| {
            let is_one = matches!(
                column.kind,
                ColumnType::Integer | ColumnType::Real | ColumnType::Quantity | ColumnType::Money
            );
            is_one && !column.personal && !schema.grain.contains(&column.name)
        };
        let numbers: Vec<&Column<'_>> = schema.columns.iter().filter(is_number).collect();
        if key.is_empty() || numbers.is_empty() || key.iter().any(|column| column.personal) {
            return Ok(None);
        }
        let mut keys = vec![String::new(); frame.height()];
        for column in key {
            let values = frame.column(column.name)?;
            for (row, key) in keys.iter_mut().enumerate() {
                if !key.is_empty() {
                    key.push(' ');
                }
                key.push_str(&cell_text(column.kind, &values.get(row)?).unwrap_or_default());
            }
        }
        let of_column = |column: &Column<'_>| {
            let values = frame.column(column.name)?.cast(&DataType::Float64)?;
            let numbers = values.f64()?.iter().collect();
            Ok(StandingColumn { name: column.name.to_owned(), numbers, jumped: Vec::new() })
        };
        let columns = numbers.into_iter().map(of_column).collect::<PolarsResult<_>>()?;
        Ok(Some(Self { keys, columns }))
    }

    /// How many rows there are, and how many of these had the same key on an earlier night.
    pub fn known_from(&self, before: &Self) -> (usize, usize) {
        let keys: HashSet<&str> = before.keys.iter().map(String::as_str).collect();
        (self.keys.len(), self.keys.iter().filter(|key| keys.contains(key.as_str())).count())
    }

    /// What changed since an earlier night, by column; columns that were not there then are left out.
    pub fn changes_since(&self, before: &Self) -> Vec<Changes> {
        let rows: HashMap<&str, usize> = before.keys.iter().enumerate().map(|(row, key)| (key.as_str(), row)).collect();
        let pairs: Vec<(usize, usize)> = (self.keys.iter().enumerate())
            .filter_map(|(row, key)| rows.get(key.as_str()).map(|earlier| (row, *earlier)))
            .collect();
        let of_column = |column: &StandingColumn| {
            let earlier = before.columns.iter().find(|earlier| earlier.name == column.name)?;
            let above_0 = |numbers: &[Option<f64>], row: usize| {
                numbers.get(row).copied().flatten().filter(|number| *number > 0.0 && number.is_finite())
            };
            let (mut compared, mut jumps) = (0, Vec::new());
            for (row, row_before) in &pairs {
                let numbers = (above_0(&earlier.numbers, *row_before), above_0(&column.numbers, *row));
                let (Some(was), Some(is)) = numbers else { continue };
                compared += 1;
                if is / was >= JUMP || was / is >= JUMP {
                    jumps.push(Jump { key: self.keys[*row].clone(), was, is });
                }
            }
            jumps.sort_by(|left, right| right.distance().total_cmp(&left.distance()));
            Some(Changes { column: column.name.clone(), compared, jumps, usual: usual(&earlier.jumped) })
        };
        self.columns.iter().filter_map(of_column).collect()
    }

    /// The same, remembering how many rows jumped since an earlier night and in those before it.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        for changes in self.changes_since(before) {
            let known = before.columns.iter().find(|earlier| earlier.name == changes.column);
            let Some(column) = self.columns.iter_mut().find(|column| column.name == changes.column) else { continue };
            let known = known.into_iter().flat_map(|earlier| &earlier.jumped);
            column.jumped = std::iter::once(changes.share()).chain(known.copied()).take(NIGHTS).collect();
        }
        self
    }

    /// As text for the ledger: a packed form in base 64.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn encode(&self) -> Result<String, std::io::Error> {
        let bytes = postcard::to_extend(self, vec![FORMAT]).map_err(std::io::Error::other)?;
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&bytes)?;
        Ok(STANDARD_NO_PAD.encode(packed.finish()?))
    }

    /// What [`Standing::encode`] made; `None` when it is of another format, or damaged.
    pub fn decode(text: &str) -> Option<Self> {
        let packed = STANDARD_NO_PAD.decode(text).ok()?;
        let mut bytes = Vec::new();
        ZlibDecoder::new(&packed[..]).read_to_end(&mut bytes).ok()?;
        let (format, rest) = bytes.split_first()?;
        (*format == FORMAT).then(|| postcard::from_bytes(rest).ok())?
    }
}

/// The layout of the packed form.
const FORMAT: u8 = 1;

fn usual(shares: &[f64]) -> f64 {
    if shares.len() < LEAST_NIGHTS {
        return 0.0;
    }
    let mut shares = shares.to_vec();
    shares.sort_by(f64::total_cmp);
    shares.get(((shares.len().max(1) - 1) as f64 * USUAL_SHARE).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;
    use proptest::prelude::*;

    use super::*;
    use crate::datasets::{CUSTOMERS, PRODUCTS};

    fn standing(numbers: &[(&str, Option<f64>)]) -> Standing {
        let keys = numbers.iter().map(|(key, _)| (*key).to_owned()).collect();
        let numbers = numbers.iter().map(|(_, number)| *number).collect();
        Standing { keys, columns: vec![StandingColumn { name: "pack_size".to_owned(), numbers, jumped: Vec::new() }] }
    }

    #[test]
    fn numbers_are_taken_by_key_and_persons_are_not_remembered() {
        let frame = df!(
            "product_id" => ["a", "b"], "name" => ["A", "B"], "unit_cost" => [Some(250_i64), None]
        )
        .unwrap();
        let columns = [PRODUCTS.schema.columns[0], PRODUCTS.schema.columns[1], PRODUCTS.schema.columns[4]];
        let schema = TableSchema { columns: &columns, ..PRODUCTS.schema };
        let found = Standing::of(&frame, &schema).unwrap().unwrap();
        assert_eq!(found.keys, ["a", "b"]);
        assert_eq!(found.columns.len(), 1, "names are no numbers");
        assert_eq!(found.columns[0].numbers, [Some(250.0), None]);
        assert_eq!(Standing::of(&DataFrame::empty(), &CUSTOMERS.schema).unwrap(), None);
    }

    #[test]
    fn what_jumped_is_named_furthest_first_and_rows_that_come_and_go_are_not_compared() {
        let before =
            standing(&[("a", Some(6.0)), ("b", Some(6.0)), ("c", Some(6.0)), ("d", None), ("gone", Some(1.0))]);
        let now =
            standing(&[("a", Some(6000.0)), ("b", Some(3.0)), ("c", Some(10.0)), ("d", Some(9.0)), ("new", Some(9.0))]);
        let changes = now.changes_since(&before);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].compared, 3);
        let jumps: Vec<(&str, f64)> = changes[0].jumps.iter().map(|jump| (jump.key.as_str(), jump.is)).collect();
        assert_eq!(jumps, [("a", 6000.0), ("b", 3.0)]);
        assert_eq!(changes[0].usual, 0.0);
        assert!(now.changes_since(&now)[0].jumps.is_empty());
    }

    #[test]
    fn how_many_rows_jump_is_remembered_for_28_nights() {
        let [calm, wild] =
            [standing(&[("a", Some(1.0)), ("b", Some(1.0))]), standing(&[("a", Some(2.0)), ("b", Some(1.0))])];
        let mut known = calm.clone();
        for night in 0..40 {
            known = if night % 2 == 0 { &wild } else { &calm }.clone().after(&known);
        }
        assert_eq!(known.columns[0].jumped, [0.5; NIGHTS]);
        assert_eq!(wild.changes_since(&known)[0].usual, 0.5);
        assert_eq!(usual(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            rows in proptest::collection::vec(("[a-z]{0,8}", proptest::option::of(-1e12..1e12_f64)), 0..50)
        ) {
            let rows: Vec<(&str, Option<f64>)> = rows.iter().map(|(key, number)| (key.as_str(), *number)).collect();
            let standing = standing(&rows);
            prop_assert_eq!(Standing::decode(&standing.encode().unwrap()), Some(standing));
        }

        #[test]
        fn anything_else_is_not_read(text in ".{0,40}") {
            prop_assert_eq!(Standing::decode(&text), None);
        }
    }
}
