//! What is there and what is coming: stock, open orders, deliveries, suppliers.

use super::Dataset;
use crate::table::ColumnType::{Date, Integer, Text};
use crate::table::{Column, TableSchema};

/// Closing stock.
pub const STOCK_LEVELS: Dataset = Dataset {
    schema: TableSchema {
        name: "stock_levels",
        doc: "one row per closing stock of a product at a location",
        grain: &["snapshot_on", "product_id", "location_id"],
        columns: &[
            Column::new("snapshot_on", Date, "the day at whose close it was counted"),
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "the location"),
            Column::new("on_hand", Integer, "thousandths of a unit; may be negative in books"),
            Column::nullable("reserved", Integer, "thousandths of a unit promised to customers"),
        ],
    },
    day_column: Some("snapshot_on"),
    keeps_attributes: false,
    grows_daily: true,
};

/// Orders to suppliers that have not arrived.
pub const OPEN_ORDERS: Dataset = Dataset {
    schema: TableSchema {
        name: "open_orders",
        doc: "one row per order line still to be received at the end of the as-of day",
        grain: &[],
        columns: &[
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "where it will arrive"),
            Column::new("quantity", Integer, "thousandths of a unit outstanding"),
            Column::new("due_on", Date, "expected arrival"),
            Column::nullable("ordered_on", Date, "when it was ordered"),
        ],
    },
    day_column: Some("ordered_on"),
    keeps_attributes: false,
    grows_daily: false,
};

/// Deliveries received: where lead times come from.
pub const DELIVERIES: Dataset = Dataset {
    schema: TableSchema {
        name: "deliveries",
        doc: "one row per delivery received",
        grain: &[],
        columns: &[
            Column::new("supplier_id", Text, "the supplier"),
            Column::nullable("product_id", Text, "the product"),
            Column::nullable("location_id", Text, "where it arrived"),
            Column::new("ordered_on", Date, "when it was ordered"),
            Column::new("received_on", Date, "when it arrived"),
            Column::new("quantity", Integer, "thousandths of a unit"),
        ],
    },
    day_column: Some("received_on"),
    keeps_attributes: false,
    grows_daily: false,
};

/// The suppliers.
pub const SUPPLIERS: Dataset = Dataset {
    schema: TableSchema {
        name: "suppliers",
        doc: "one row per supplier",
        grain: &["supplier_id"],
        columns: &[
            Column::new("supplier_id", Text, "the supplier"),
            Column::nullable("name", Text, "its name"),
            Column::nullable("lead_time_days", Integer, "days from order to arrival, as quoted"),
            Column::nullable("order_weekdays", Text, "days it takes orders: `mon,thu`; NULL: every day"),
            Column::nullable("min_order_value", Integer, "minor currency units per order"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};
