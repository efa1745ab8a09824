//! What is there and what is coming: stock, open orders, deliveries, suppliers.

use super::Dataset;
use crate::category_path::CategoryPath;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::profile::Measure;
use crate::table::ColumnType::{Date, Flag, Integer, Real, Text};
use crate::table::{Column, MOST_MILLI, MOST_MINOR, TableSchema};

const STOCK_PER_LINE: Measure = Measure {
    name: "stock per line",
    of: "on_hand",
    per: None,
    warns_at: 2.0,
    blocks_at: 4.0,
    hint: "stock is in another unit, or was not counted and stands at 0",
};

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
            Column::new("on_hand", Integer, "thousandths of a unit; may be negative in books")
                .within(-MOST_MILLI, MOST_MILLI),
            Column::nullable("reserved", Integer, "thousandths of a unit promised to customers")
                .within(-MOST_MILLI, MOST_MILLI),
        ],
    },
    day_column: Some("snapshot_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[STOCK_PER_LINE],
    names_days: None,
    level: Some("on_hand"),
};

typed_rows! {
    /// The stock of a product at a location at the close of a day.
    pub struct StockLevel<'f> of STOCK_LEVELS.schema;
    {
        /// The day at whose close it was counted.
        pub snapshot_on: Day,
        /// The product.
        pub product_id: &'f str,
        /// The location.
        pub location_id: &'f str,
        /// Thousandths of a unit; may be negative in books.
        pub on_hand: i64,
        /// Thousandths of a unit promised to customers.
        pub reserved: Option<i64>,
    }
}

/// Orders to suppliers that have not arrived.
pub const OPEN_ORDERS: Dataset = Dataset {
    schema: TableSchema {
        name: "open_orders",
        doc: "one row per order line still to be received at the end of the as-of day",
        grain: &[],
        columns: &[
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "where it will arrive"),
            Column::new("quantity", Integer, "thousandths of a unit outstanding").within(-MOST_MILLI, MOST_MILLI),
            Column::new("due_on", Date, "expected arrival"),
            Column::nullable("ordered_on", Date, "when it was ordered"),
            Column::nullable("order_number", Text, "what the supplier is asked about"),
            Column::nullable("received", Integer, "thousandths of a unit that came of it so far").within(0, MOST_MILLI),
        ],
    },
    day_column: Some("ordered_on"),
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A line of an order that has not arrived.
    pub struct OpenOrder<'f> of OPEN_ORDERS.schema;
    {
        /// The product.
        pub product_id: &'f str,
        /// Where it will arrive.
        pub location_id: &'f str,
        /// Thousandths of a unit outstanding.
        pub quantity: i64,
        /// Expected arrival.
        pub due_on: Day,
        /// When it was ordered.
        pub ordered_on: Option<Day>,
        /// What the supplier is asked about.
        pub order_number: Option<&'f str>,
        /// Thousandths of a unit that came of it so far.
        pub received: Option<i64>,
    }
}

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
            Column::new("quantity", Integer, "thousandths of a unit").within(-MOST_MILLI, MOST_MILLI),
            Column::nullable("order_number", Text, "the order that it belongs to: tells a rest that came later"),
        ],
    },
    day_column: Some("received_on"),
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A delivery received.
    pub struct Delivery<'f> of DELIVERIES.schema;
    {
        /// The supplier.
        pub supplier_id: &'f str,
        /// The product.
        pub product_id: Option<&'f str>,
        /// Where it arrived.
        pub location_id: Option<&'f str>,
        /// When it was ordered.
        pub ordered_on: Day,
        /// When it arrived.
        pub received_on: Day,
        /// Thousandths of a unit.
        pub quantity: i64,
        /// The order that it belongs to.
        pub order_number: Option<&'f str>,
    }
}

/// The suppliers.
pub const SUPPLIERS: Dataset = Dataset {
    schema: TableSchema {
        name: "suppliers",
        doc: "one row per supplier",
        grain: &["supplier_id"],
        columns: &[
            Column::new("supplier_id", Text, "the supplier"),
            Column::nullable("name", Text, "its name"),
            Column::nullable("lead_time_days", Integer, "days from order to arrival, as quoted").within(0, 3_650),
            Column::nullable("order_weekdays", Text, "days it takes orders: `mon,thu`; NULL: every day"),
            Column::nullable("min_order_value", Integer, "minor currency units per order").within(0, MOST_MINOR),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: true,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A supplier.
    pub struct Supplier of SUPPLIERS.schema;
    {
        /// The supplier.
        pub supplier_id: String,
        /// Its name.
        pub name: Option<String>,
        /// Days from order to arrival, as quoted.
        pub lead_time_days: Option<i64>,
        /// Days it takes orders: `mon,thu`; `None`: every day.
        pub order_weekdays: Option<String>,
        /// Minor currency units per order.
        pub min_order_value: Option<i64>,
    }
}

/// What a planner wants for lines: the forecast and the settings do not know everything.
pub const ORDER_RULES: Dataset = Dataset {
    schema: TableSchema {
        name: "order_rules",
        doc: "one row per wish of a planner for the orders of a product, a category or a location",
        grain: &[],
        columns: &[
            Column::nullable("product_id", Text, "the product; or category_path; NULL: every product"),
            Column::nullable("category_path", Text, "every product below it"),
            Column::nullable("location_id", Text, "NULL: everywhere"),
            Column::nullable("starts_on", Date, "first order day; NULL: always"),
            Column::nullable("ends_on", Date, "last order day; NULL: for good"),
            Column::nullable("service_level", Real, "probability of no stock-out, between 0 and 1").within(0, 1),
            Column::nullable("demand_factor", Real, "what is expected, as a factor on the forecast: 1.5 is half more")
                .within(0, 100),
            Column::nullable(
                "min_stock",
                Integer,
                "thousandths of a unit that stock and orders are never to fall below",
            )
            .within(0, MOST_MILLI),
            Column::nullable("max_stock", Integer, "thousandths of a unit that an order is not to lift stock above")
                .within(0, MOST_MILLI),
            Column::nullable("max_order", Integer, "thousandths of a unit in one order at most").within(1, MOST_MILLI),
            Column::nullable("frozen", Flag, "whether nothing is ordered"),
            Column::nullable("reason", Text, "why, for whoever reads the plan"),
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
    /// What a planner wants for some lines.
    pub struct OrderRule of ORDER_RULES.schema;
    {
        /// The product; or `category_path`; `None`: every product.
        pub product_id: Option<String>,
        /// Every product in it.
        pub category_path: Option<CategoryPath>,
        /// `None`: everywhere.
        pub location_id: Option<String>,
        /// First order day.
        pub starts_on: Option<Day>,
        /// Last order day.
        pub ends_on: Option<Day>,
        /// Probability of no stock-out.
        pub service_level: Option<f64>,
        /// A factor on the forecast.
        pub demand_factor: Option<f64>,
        /// Thousandths of a unit that stock and orders are never to fall below.
        pub min_stock: Option<i64>,
        /// Thousandths of a unit that an order is not to lift stock above.
        pub max_stock: Option<i64>,
        /// Thousandths of a unit in one order at most.
        pub max_order: Option<i64>,
        /// Whether nothing is ordered.
        pub frozen: Option<bool>,
        /// Why.
        pub reason: Option<String>,
    }
}
