//! What can be sold, at what price, with which help: products, prices, promotions, calendar.

use super::Dataset;
use crate::category_path::CategoryPath;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::table::ColumnType::{Date, Integer, Real, Text};
use crate::table::{Column, MOST_MILLI, MOST_MINOR, TableSchema};

/// The products.
pub const PRODUCTS: Dataset = Dataset {
    schema: TableSchema {
        name: "products",
        doc: "one row per product",
        grain: &["product_id"],
        columns: &[
            Column::new("product_id", Text, "the product"),
            Column::new("name", Text, "what people call it"),
            Column::nullable("category_path", Text, "from the top, separated by slashes: `Grocery/Dairy/Milk`"),
            Column::nullable("brand", Text, "the brand"),
            Column::nullable("unit_cost", Integer, "minor currency units per unit, what we pay").within(1, MOST_MINOR),
            Column::nullable("list_price", Integer, "minor currency units per unit, without tax").within(0, MOST_MINOR),
            Column::nullable("supplier_id", Text, "who delivers it"),
            Column::nullable("pack_size", Integer, "thousandths of a unit in an orderable pack").within(1, MOST_MILLI),
            Column::nullable("min_order_quantity", Integer, "thousandths of a unit").within(0, MOST_MILLI),
            Column::nullable("shelf_life_days", Integer, "days it can be sold after arrival").within(0, 100_000),
            Column::nullable("launched_on", Date, "first day on sale"),
            Column::nullable("discontinued_on", Date, "last day on sale"),
            Column::nullable(
                "unit",
                Text,
                "what it is counted in: `pieces`, `kg`; NULL: pieces where it is only sold whole",
            ),
            Column::nullable(
                "presentation_quantity",
                Integer,
                "thousandths of a unit that are to stand on the shelf of a location, sold or not",
            )
            .within(0, MOST_MILLI),
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
    /// A product.
    pub struct Product of PRODUCTS.schema;
    {
        /// The product.
        pub product_id: String,
        /// What people call it.
        pub name: String,
        /// The category it lies in.
        pub category_path: Option<CategoryPath>,
        /// The brand.
        pub brand: Option<String>,
        /// Minor currency units per unit, what we pay.
        pub unit_cost: Option<i64>,
        /// Minor currency units per unit, without tax.
        pub list_price: Option<i64>,
        /// Who delivers it.
        pub supplier_id: Option<String>,
        /// Thousandths of a unit in an orderable pack.
        pub pack_size: Option<i64>,
        /// Thousandths of a unit.
        pub min_order_quantity: Option<i64>,
        /// Days it can be sold after arrival.
        pub shelf_life_days: Option<i64>,
        /// First day on sale.
        pub launched_on: Option<Day>,
        /// Last day on sale.
        pub discontinued_on: Option<Day>,
        /// What it is counted in.
        pub unit: Option<String>,
        /// Thousandths of a unit that are to stand on the shelf of a location.
        pub presentation_quantity: Option<i64>,
    }
}

/// Prices with their first day.
pub const PRICES: Dataset = Dataset {
    schema: TableSchema {
        name: "prices",
        doc: "one row per product, location and first day of a price",
        grain: &["product_id", "location_id", "valid_from"],
        columns: &[
            Column::new("product_id", Text, "the product"),
            Column::nullable("location_id", Text, "NULL: everywhere"),
            Column::new("valid_from", Date, "first day of this price"),
            Column::new("price", Integer, "minor currency units per unit, without promotion").within(0, MOST_MINOR),
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
    /// A price and the day from which it holds.
    pub struct Price of PRICES.schema;
    {
        /// The product.
        pub product_id: String,
        /// `None`: everywhere.
        pub location_id: Option<String>,
        /// First day of this price.
        pub valid_from: Day,
        /// Minor currency units per unit, without promotion.
        pub price: i64,
    }
}

/// Promotions, past and planned.
pub const PROMOTIONS: Dataset = Dataset {
    schema: TableSchema {
        name: "promotions",
        doc: "one row per promotion of a product or of a category",
        grain: &[],
        columns: &[
            Column::nullable("product_id", Text, "the product; or category_path"),
            Column::nullable("category_path", Text, "every product below it"),
            Column::nullable("location_id", Text, "NULL: everywhere"),
            Column::new("starts_on", Date, "first day"),
            Column::new("ends_on", Date, "last day"),
            Column::new("kind", Text, "price, display, leaflet ..."),
            Column::nullable("discount_rate", Real, "share of the price given away, 0 to 1").within(0, 1),
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
    /// A promotion of a product or of a category.
    pub struct Promotion of PROMOTIONS.schema;
    {
        /// The product; or `category_path`.
        pub product_id: Option<String>,
        /// Every product in it.
        pub category_path: Option<CategoryPath>,
        /// `None`: everywhere.
        pub location_id: Option<String>,
        /// First day.
        pub starts_on: Day,
        /// Last day.
        pub ends_on: Day,
        /// `price`, `display`, `leaflet` ...
        pub kind: String,
        /// Share of the price given away, 0 to 1.
        pub discount_rate: Option<f64>,
    }
}

/// Holidays and events, past and known ahead.
pub const CALENDAR: Dataset = Dataset {
    schema: TableSchema {
        name: "calendar",
        doc: "one row per date and event",
        grain: &["date", "event"],
        columns: &[Column::new("date", Date, "the day"), Column::new("event", Text, "its name, the same every year")],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: Some("date"),
    level: None,
};

typed_rows! {
    /// A holiday or an event.
    pub struct CalendarDay<'f> of CALENDAR.schema;
    {
        /// The day.
        pub date: Day,
        /// Its name, the same every year.
        pub event: &'f str,
    }
}
