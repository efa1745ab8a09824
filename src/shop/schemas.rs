//! The physical tables of the shop's warehouse: what a retailer would have. The truth is in [`super::truth`].

use crate::table::ColumnType::{Date, Flag, Instant, Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// The products.
pub const PRODUCTS: TableSchema = TableSchema {
    name: "products",
    doc: "one row per product",
    grain: &["product_id"],
    columns: &[
        Column::new("product_id", Text, "the product"),
        Column::new("name", Text, "what people call it"),
        Column::new("category_path", Text, "three levels, separated by slashes"),
        Column::new("brand", Text, "the brand"),
        Column::new("unit_cost", Integer, "cents per unit, what the shop pays"),
        Column::new("list_price", Integer, "cents per unit on the first day"),
        Column::new("supplier_id", Text, "who delivers it"),
        Column::new("pack_size", Integer, "units in an orderable pack"),
        Column::new("min_order_quantity", Integer, "units"),
        Column::nullable(
            "shelf_life_days",
            Integer,
            "days it can be sold after arrival; nothing perishes in the simulation",
        ),
        Column::nullable("launched_on", Date, "first day on sale"),
        Column::nullable("discontinued_on", Date, "last day on sale"),
    ],
};

/// The locations.
pub const LOCATIONS: TableSchema = TableSchema {
    name: "locations",
    doc: "one row per store",
    grain: &["location_id"],
    columns: &[Column::new("location_id", Text, "the store"), Column::new("name", Text, "what people call it")],
};

/// The suppliers.
pub const SUPPLIERS: TableSchema = TableSchema {
    name: "suppliers",
    doc: "one row per supplier",
    grain: &["supplier_id"],
    columns: &[
        Column::new("supplier_id", Text, "the supplier"),
        Column::new("name", Text, "its name"),
        Column::new("lead_time_days", Integer, "days from order to arrival, as quoted"),
        Column::new("order_weekdays", Text, "days it takes orders, such as `mon,thu`"),
        Column::nullable("min_order_value", Integer, "cents per order; NULL: none"),
    ],
};

/// Prices with their first day.
pub const PRICES: TableSchema = TableSchema {
    name: "prices",
    doc: "one row per product and first day of a price",
    grain: &["product_id", "location_id", "valid_from"],
    columns: &[
        Column::new("product_id", Text, "the product"),
        Column::nullable("location_id", Text, "NULL: everywhere"),
        Column::new("valid_from", Date, "first day of this price"),
        Column::new("price", Integer, "cents per unit, without promotion"),
    ],
};

/// Promotions, past and planned.
pub const PROMOTIONS: TableSchema = TableSchema {
    name: "promotions",
    doc: "one row per promotion of a product or of a category",
    grain: &["promotion_id"],
    columns: &[
        Column::new("promotion_id", Text, "the promotion"),
        Column::nullable("product_id", Text, "the product; or category_path"),
        Column::nullable("category_path", Text, "every product below it"),
        Column::nullable("location_id", Text, "NULL: everywhere"),
        Column::new("starts_on", Date, "first day"),
        Column::new("ends_on", Date, "last day"),
        Column::new("kind", Text, "`price` or `display`, which is also placed where people see it"),
        Column::new("discount_rate", Real, "share of the price given away"),
    ],
};

/// Events that move demand.
pub const CALENDAR: TableSchema = TableSchema {
    name: "calendar",
    doc: "one row per date and event",
    grain: &["date", "event"],
    columns: &[Column::new("date", Date, "the day"), Column::new("event", Text, "its name, the same every year")],
};

/// The customers with a card.
pub const CUSTOMERS: TableSchema = TableSchema {
    name: "customers",
    doc: "one row per customer",
    grain: &["customer_id"],
    columns: &[
        Column::new("customer_id", Text, "the customer"),
        Column::new("joined_on", Date, "first day as a customer"),
        Column::nullable("consent_marketing", Flag, "may be written to; NULL: never asked"),
        Column::new("contact_hash", Text, "hash of the address; 0.5 % share one with another customer"),
        Column::new("age_band", Text, "`18-29`, `30-44`, `45-59`, `60+`"),
        Column::new("home_location_id", Text, "where they mostly shop"),
        Column::new("loyalty_tier", Text, "`none`, `silver`, `gold`"),
    ],
};

/// Customers who must not be contacted.
pub const SUPPRESSIONS: TableSchema = TableSchema {
    name: "suppressions",
    doc: "one row per customer and reason",
    grain: &["customer_id", "reason"],
    columns: &[
        Column::new("customer_id", Text, "the customer"),
        Column::new("reason", Text, "`complaint` or `unsubscribed`"),
        Column::nullable("until", Date, "last day it holds; NULL: for good"),
    ],
};

/// Every line of every order.
pub const ORDER_LINES: TableSchema = TableSchema {
    name: "order_lines",
    doc: "one row per line of an order; returns are orders of their own with negative quantities",
    grain: &["order_id", "line_no"],
    columns: &[
        Column::new("order_id", Text, "the basket: yymmdd, number of the location, number within the day"),
        Column::new("line_no", Integer, "from 1"),
        Column::new("ordered_at", Instant, "moment of the order"),
        Column::new("ordered_on", Date, "business date in Europe/Berlin"),
        Column::nullable("customer_id", Text, "NULL for guests"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "the store"),
        Column::new("quantity", Integer, "units, negative for a return"),
        Column::new("net_amount", Integer, "cents received after discounts, negative for a return"),
        Column::new("discount_amount", Integer, "cents given away"),
        Column::nullable("coupon_id", Text, "the offer used"),
        Column::new("recorded_at", Instant, "when the warehouse learned of it; 1 % come 1 to 3 days late"),
    ],
};

/// Closing stock of every day.
pub const STOCK_LEVELS: TableSchema = TableSchema {
    name: "stock_levels",
    doc: "one row per day, product and location",
    grain: &["snapshot_on", "product_id", "location_id"],
    columns: &[
        Column::new("snapshot_on", Date, "the day at whose close it was counted"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "the store"),
        Column::new("on_hand", Integer, "units"),
        Column::new("reserved", Integer, "units promised to customers; always 0 here"),
    ],
};

/// Orders to suppliers.
pub const PURCHASE_ORDERS: TableSchema = TableSchema {
    name: "purchase_orders",
    doc: "one row per product, location and day ordered; open while no delivery names its order_number",
    grain: &["order_number"],
    columns: &[
        Column::new("order_number", Text, "the order"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "where it will arrive"),
        Column::new("supplier_id", Text, "the supplier"),
        Column::new("quantity", Integer, "units ordered"),
        Column::new("ordered_on", Date, "placed at the end of this day"),
        Column::new("due_on", Date, "ordered_on plus the quoted lead time"),
    ],
};

/// Deliveries received, in the morning.
pub const DELIVERIES: TableSchema = TableSchema {
    name: "deliveries",
    doc: "one row per delivered purchase order; a short delivery closes its order",
    grain: &["order_number"],
    columns: &[
        Column::new("order_number", Text, "the purchase order"),
        Column::new("supplier_id", Text, "the supplier"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "where it arrived"),
        Column::new("ordered_on", Date, "when it was ordered"),
        Column::new("received_on", Date, "when it arrived"),
        Column::new("quantity", Integer, "units received"),
    ],
};

/// The campaigns.
pub const CAMPAIGNS: TableSchema = TableSchema {
    name: "campaigns",
    doc: "one row per campaign",
    grain: &["campaign_id"],
    columns: &[
        Column::new("campaign_id", Text, "the campaign"),
        Column::new("name", Text, "what people call it"),
        Column::new("kind", Text, "`email`, `coupon` or `leaflet`"),
        Column::new("starts_on", Date, "first day on which it can have an effect"),
        Column::new("ends_on", Date, "last day on which it can have one"),
        Column::new("contact_cost", Integer, "cents per contacted customer"),
        Column::nullable("offer_id", Text, "the offer it carries"),
        Column::nullable("budget", Integer, "cents"),
        Column::new("primary_metric", Text, "`spend` or `conversion` (at least one order in the window)"),
        Column::new("randomised", Flag, "whether chance decided who got it"),
        Column::new("control_share", Real, "share of the audience held out"),
    ],
};

/// What an offer is.
pub const OFFERS: TableSchema = TableSchema {
    name: "offers",
    doc: "one row per offer",
    grain: &["offer_id"],
    columns: &[
        Column::new("offer_id", Text, "the offer"),
        Column::new("kind", Text, "`amount` or `rate`"),
        Column::new("value", Real, "cents off (at most half the basket), or a share of the price"),
        Column::nullable("min_basket", Integer, "cents; NULL: none"),
        Column::nullable("capacity", Integer, "how many may be given out; NULL: no limit"),
    ],
};

/// Who was put into which arm.
pub const ASSIGNMENTS: TableSchema = TableSchema {
    name: "assignments",
    doc: "one row per campaign and customer",
    grain: &["campaign_id", "customer_id"],
    columns: &[
        Column::new("campaign_id", Text, "the campaign"),
        Column::new("customer_id", Text, "the customer"),
        Column::new("variant", Text, "`treatment` or `control`"),
        Column::new("assigned_at", Instant, "when it was decided, the evening before the first day"),
        Column::nullable("probability", Real, "probability of this variant; NULL where chance did not decide"),
    ],
};

/// Coupons used.
pub const REDEMPTIONS: TableSchema = TableSchema {
    name: "redemptions",
    doc: "one row per order with a coupon",
    grain: &["campaign_id", "customer_id", "redeemed_at"],
    columns: &[
        Column::new("campaign_id", Text, "the campaign"),
        Column::new("customer_id", Text, "the customer"),
        Column::new("redeemed_at", Instant, "moment of the order"),
        Column::new("amount", Integer, "cents given away"),
    ],
};
