//! Who buys, and who must not be written to.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, Series};

use super::Dataset;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::table::ColumnType::{Date, Flag, Text};
use crate::table::{Column, TableSchema};

/// The customers; every further column is kept as an attribute that models may use.
pub const CUSTOMERS: Dataset = Dataset {
    schema: TableSchema {
        name: "customers",
        doc: "one row per customer; further columns are attributes",
        grain: &["customer_id"],
        columns: &[
            Column::new("customer_id", Text, "the customer").personal(),
            Column::nullable("joined_on", Date, "first day as a customer"),
            Column::nullable("consent_marketing", Flag, "may be written to; NULL counts as no"),
            Column::nullable("contact_hash", Text, "hash of the address; two customers with one hash are one contact")
                .personal(),
        ],
    },
    day_column: Some("joined_on"),
    keeps_attributes: true,
    grows_daily: false,
    keeps_its_rows: true,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A customer, as far as permission goes; see [`CustomerAttribute`] for the rest.
    pub struct Customer<'f> of CUSTOMERS.schema;
    {
        /// The customer.
        pub customer_id: &'f str,
        /// First day as a customer.
        pub joined_on: Option<Day>,
        /// May be written to; `None` counts as no.
        pub consent_marketing: Option<bool>,
        /// Hash of the address; two customers with one hash are one contact.
        pub contact_hash: Option<&'f str>,
    }
}

/// A further column of `customers`.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerAttribute {
    /// The column's name.
    pub name: String,
    /// One value per row of the frame.
    pub values: AttributeValues,
}

/// What an attribute says of each customer.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValues {
    /// Words.
    Words(Vec<Option<String>>),
    /// Finite numbers; true is 1, false is 0.
    Numbers(Vec<Option<f64>>),
}

impl CustomerAttribute {
    /// The attributes by name. Columns that hold neither words nor numbers are left out.
    pub fn read(frame: &DataFrame) -> Vec<Self> {
        let further = frame.columns().iter().filter(|column| CUSTOMERS.schema.column(column.name()).is_none());
        let by_name: BTreeMap<String, AttributeValues> = further
            .filter_map(|column| Some((column.name().to_string(), values(column.as_materialized_series())?)))
            .collect();
        by_name.into_iter().map(|(name, values)| Self { name, values }).collect()
    }
}

fn values(series: &Series) -> Option<AttributeValues> {
    match series.dtype() {
        DataType::String => {
            let words = series.str().ok()?.iter().map(|word| word.map(str::to_owned));
            Some(AttributeValues::Words(words.collect()))
        }
        DataType::Float64 | DataType::Int64 | DataType::Int32 | DataType::Boolean => {
            let numbers = series.cast(&DataType::Float64).ok()?;
            let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
            Some(AttributeValues::Numbers(numbers.f64().ok()?.iter().map(finite).collect()))
        }
        _ => None,
    }
}

/// Customers who must not be contacted.
pub const SUPPRESSIONS: Dataset = Dataset {
    schema: TableSchema {
        name: "suppressions",
        doc: "one row per customer and reason",
        grain: &["customer_id", "reason"],
        columns: &[
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("reason", Text, "complaint, unsubscribed, deceased ..."),
            Column::nullable("until", Date, "last day it holds; NULL: for good"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// Why a customer must not be contacted.
    pub struct Suppression<'f> of SUPPRESSIONS.schema;
    {
        /// The customer.
        pub customer_id: &'f str,
        /// Last day it holds; `None`: for good.
        pub until: Option<Day>,
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;

    #[test]
    fn further_columns_of_customers_are_their_attributes() {
        let frame = df!("customer_id" => ["a", "b"], "size" => [Some(f64::NAN), Some(2.0)],
            "contact_hash" => ["x", "y"], "city" => [Some("Bonn"), None], "member" => [true, false])
        .unwrap();
        let found = CustomerAttribute::read(&frame);
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["city", "member", "size"]);
        assert_eq!(found[0].values, AttributeValues::Words(vec![Some("Bonn".to_owned()), None]));
        assert_eq!(found[1].values, AttributeValues::Numbers(vec![Some(1.0), Some(0.0)]));
        assert_eq!(found[2].values, AttributeValues::Numbers(vec![None, Some(2.0)]));
    }
}
