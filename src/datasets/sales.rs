//! What was sold: order lines and the summaries that jobs read instead of them.

use super::Dataset;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::profile::Measure;
use crate::table::ColumnType::{Date, Instant, Integer, Text};
use crate::table::{Column, MOST_MILLI, MOST_MINOR, TableSchema};

/// Every line of every order; the one file a new user maps first. Jobs read the summaries derived from it.
pub const ORDER_LINES: Dataset = Dataset {
    schema: TableSchema {
        name: "order_lines",
        doc: "one row per order line; returns are lines with a negative quantity",
        grain: &[],
        columns: &[
            Column::new("order_id", Text, "the basket"),
            Column::new("ordered_on", Date, "business date in the project's time zone"),
            Column::nullable("ordered_at", Instant, "moment of the order"),
            Column::nullable("customer_id", Text, "NULL for guests").personal(),
            Column::new("product_id", Text, "the product"),
            Column::nullable("location_id", Text, "store or warehouse that served it; NULL where there is only one"),
            Column::new("quantity", Integer, "thousandths of a unit, negative for a return")
                .within(-MOST_MILLI, MOST_MILLI),
            Column::new("net_amount", Integer, "minor currency units received after discounts, without tax")
                .within(-MOST_MINOR, MOST_MINOR),
            Column::nullable("discount_amount", Integer, "minor currency units given away")
                .within(-MOST_MINOR, MOST_MINOR),
            Column::nullable("coupon_id", Text, "the offer used"),
        ],
    },
    day_column: Some("ordered_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

const PRICE: Measure = Measure {
    name: "net amount per unit",
    of: "net_amount",
    per: Some("quantity"),
    warns_at: 1.5,
    blocks_at: 2.5,
    hint: "quantities or amounts are in another unit (pieces for packs, euros for cents), or one of them is missing",
};

const UNITS_PER_ORDER: Measure = Measure {
    name: "units per order",
    of: "quantity",
    per: Some("orders"),
    warns_at: 1.4,
    blocks_at: 1.7,
    hint: "order lines are loaded twice or more than once, or quantities are in another unit, a hundred times too large for example",
};

const UNITS_PER_LINE: Measure = Measure {
    name: "units per line",
    of: "quantity",
    per: None,
    warns_at: 1.4,
    blocks_at: 1.7,
    hint: "order lines are loaded twice or more than once, or quantities are in another unit, a hundred times too large for example",
};

const AMOUNT_PER_ORDER: Measure = Measure {
    name: "net amount per order",
    of: "net_amount",
    per: Some("orders"),
    warns_at: 1.5,
    blocks_at: 2.5,
    hint: "order lines are loaded twice or more than once, or amounts are in another unit (euros for cents)",
};

/// Sales per day, product and location: what forecasting reads.
pub const DAILY_SALES: Dataset = Dataset {
    schema: TableSchema {
        name: "daily_sales",
        doc: "one row per day, product and location with sales or returns",
        grain: &["sold_on", "product_id", "location_id"],
        columns: &[
            Column::new("sold_on", Date, "business date"),
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "the location; `all` where order lines name none"),
            Column::new("quantity", Integer, "thousandths of a unit sold, returns not deducted")
                .within(-MOST_MILLI, MOST_MILLI),
            Column::new("returned_quantity", Integer, "thousandths of a unit returned, positive").within(0, MOST_MILLI),
            Column::new("net_amount", Integer, "minor currency units of the sold lines")
                .within(-MOST_MINOR, MOST_MINOR),
            Column::new("orders", Integer, "distinct orders").within(0, MOST_MILLI),
        ],
    },
    day_column: Some("sold_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[PRICE, UNITS_PER_ORDER],
    names_days: None,
    level: None,
};

typed_rows! {
    /// What was sold of a product at a location on a day.
    pub struct Sale<'f> of DAILY_SALES.schema;
    {
        /// Business date.
        pub sold_on: Day,
        /// The product.
        pub product_id: &'f str,
        /// The location; `all` where order lines name none.
        pub location_id: &'f str,
        /// Thousandths of a unit sold, returns not deducted.
        pub quantity: i64,
        /// Thousandths of a unit returned, positive.
        pub returned_quantity: i64,
        /// Minor currency units of the sold lines.
        pub net_amount: i64,
    }
}

/// The sold lines of each order, one row per order and product: what basket rules read.
pub const BASKET_LINES: Dataset = Dataset {
    schema: TableSchema {
        name: "basket_lines",
        doc: "one row per order and product with a positive quantity",
        grain: &["order_id", "product_id"],
        columns: &[
            Column::new("order_id", Text, "the basket"),
            Column::new("sold_on", Date, "business date"),
            Column::new("product_id", Text, "the product"),
            Column::new("quantity", Integer, "thousandths of a unit").within(-MOST_MILLI, MOST_MILLI),
            Column::new("net_amount", Integer, "minor currency units").within(-MOST_MINOR, MOST_MINOR),
        ],
    },
    day_column: Some("sold_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[PRICE, UNITS_PER_LINE],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A product in a basket.
    pub struct BasketLine<'f> of BASKET_LINES.schema;
    {
        /// The basket.
        pub order_id: &'f str,
        /// Business date.
        pub sold_on: Day,
        /// The product.
        pub product_id: &'f str,
        /// Thousandths of a unit.
        pub quantity: i64,
        /// Minor currency units.
        pub net_amount: i64,
    }
}

/// What each known customer bought per day: what campaign lift and coupon targeting read.
pub const CUSTOMER_DAYS: Dataset = Dataset {
    schema: TableSchema {
        name: "customer_days",
        doc: "one row per customer and day with at least one order line",
        grain: &["customer_id", "sold_on"],
        columns: &[
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("sold_on", Date, "business date"),
            Column::new("orders", Integer, "distinct orders with a positive line").within(0, MOST_MILLI),
            Column::new("net_amount", Integer, "minor currency units, returns deducted")
                .within(-MOST_MINOR, MOST_MINOR),
            Column::new("coupon_orders", Integer, "distinct orders in which an offer was used").within(0, MOST_MILLI),
        ],
    },
    day_column: Some("sold_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[AMOUNT_PER_ORDER],
    names_days: None,
    level: None,
};

typed_rows! {
    /// What a customer bought on a day.
    pub struct CustomerDay<'f> of CUSTOMER_DAYS.schema;
    {
        /// The customer.
        pub customer_id: &'f str,
        /// Business date.
        pub sold_on: Day,
        /// Distinct orders with a positive line.
        pub orders: i64,
        /// Minor currency units, returns deducted.
        pub net_amount: i64,
        /// Distinct orders in which an offer was used.
        pub coupon_orders: i64,
    }
}

/// What each known customer bought per day: what basket rules find the next purchase in.
pub const CUSTOMER_PURCHASES: Dataset = Dataset {
    schema: TableSchema {
        name: "customer_purchases",
        doc: "one row per customer, day and product bought",
        grain: &["customer_id", "sold_on", "product_id"],
        columns: &[
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("sold_on", Date, "business date"),
            Column::new("product_id", Text, "the product"),
        ],
    },
    day_column: Some("sold_on"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A product that a customer bought on a day.
    pub struct CustomerPurchase<'f> of CUSTOMER_PURCHASES.schema;
    {
        /// The customer.
        pub customer_id: &'f str,
        /// Business date.
        pub sold_on: Day,
        /// The product.
        pub product_id: &'f str,
    }
}
