//! Who buys, and who must not be written to.

use super::Dataset;
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
};

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
};
