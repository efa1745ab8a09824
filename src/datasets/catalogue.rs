//! What can be sold, at what price, with which help: products, prices, promotions, calendar.

use super::Dataset;
use crate::table::ColumnType::{Date, Integer, Real, Text};
use crate::table::{Column, TableSchema};

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
            Column::nullable("unit_cost", Integer, "minor currency units per unit, what we pay"),
            Column::nullable("list_price", Integer, "minor currency units per unit, without tax"),
            Column::nullable("supplier_id", Text, "who delivers it"),
            Column::nullable("pack_size", Integer, "thousandths of a unit in an orderable pack"),
            Column::nullable("min_order_quantity", Integer, "thousandths of a unit"),
            Column::nullable("shelf_life_days", Integer, "days it can be sold after arrival"),
            Column::nullable("launched_on", Date, "first day on sale"),
            Column::nullable("discontinued_on", Date, "last day on sale"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};

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
            Column::new("price", Integer, "minor currency units per unit, without promotion"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};

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
            Column::nullable("discount_rate", Real, "share of the price given away, 0 to 1"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};

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
};
