//! The tables of the truth, which no job reads: tests and benches compare with them.

use crate::table::ColumnType::{Date, Flag, Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// Demand as it was, seen or not; for every day.
pub const TRUTH_DEMAND: TableSchema = TableSchema {
    name: "truth_demand",
    doc: "one row per day, product and location on sale",
    grain: &["day", "product_id", "location_id"],
    columns: &[
        Column::new("day", Date, "the day"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "the store"),
        Column::new("mean", Real, "expected demand in units were everything in stock"),
        Column::new("demanded", Integer, "units asked for"),
        Column::new("sold", Integer, "units sold"),
        Column::new("lost", Integer, "units asked for when there was no stock: demanded - sold"),
    ],
};

/// Planted complements.
pub const TRUTH_ASSOCIATIONS: TableSchema = TableSchema {
    name: "truth_associations",
    doc: "one row per planted pair",
    grain: &["kind", "antecedent", "consequent"],
    columns: &[
        Column::new("antecedent", Text, "product_id or category_path whose purchase causes"),
        Column::new("consequent", Text, "the purchase of this product, or of a product of this category"),
        Column::new("strength", Real, "probability that a line of the antecedent adds a line of the consequent"),
        Column::new("kind", Text, "`product` or `category`"),
    ],
};

/// What campaigns cause, in expectation.
pub const TRUTH_CAMPAIGNS: TableSchema = TableSchema {
    name: "truth_campaigns",
    doc: "one row per campaign",
    grain: &["campaign_id"],
    columns: &[
        Column::new("campaign_id", Text, "the campaign"),
        Column::new("randomised", Flag, "whether chance decided who got it"),
        Column::new("strength", Real, "factor on the customers' standard uplift; 0: no effect at all"),
        Column::new(
            "effect_conversion",
            Real,
            "expected average effect on P(at least one order in the window) of the treated",
        ),
        Column::new("effect_spend", Real, "expected average effect on cents spent in the window per treated customer"),
        Column::new("baseline_conversion", Real, "expected conversion of the treated without the campaign"),
    ],
};

/// What campaigns caused, order by order.
pub const TRUTH_CAMPAIGN_ORDERS: TableSchema = TableSchema {
    name: "truth_campaign_orders",
    doc: "one row per order that a campaign changed; the sum of spend_effect over the treated is what it caused",
    grain: &["campaign_id", "order_id"],
    columns: &[
        Column::new("campaign_id", Text, "the campaign"),
        Column::new("customer_id", Text, "the customer"),
        Column::new("order_id", Text, "the order"),
        Column::new("day", Date, "the day of the order"),
        Column::new(
            "kind",
            Text,
            "`extra`: only due to it; `redeemed`: came anyway, paid less; `guest`: came, hid the card",
        ),
        Column::new("spend_effect", Integer, "cents more (or less) on the customer's account because of the campaign"),
    ],
};

/// What a standard coupon (5.00 off) does to each customer.
pub const TRUTH_UPLIFT: TableSchema = TableSchema {
    name: "truth_uplift",
    doc: "one row per customer: the expected effect of a standard coupon over its 14 days on an average day",
    grain: &["customer_id"],
    columns: &[
        Column::new("customer_id", Text, "the customer"),
        Column::new("segment", Text, "`persuadable`, `mild`, `sure_thing`, `lost_cause`, `sleeping_dog`"),
        Column::new("baseline_conversion", Real, "P(at least one order in 14 days) without a coupon"),
        Column::new("uplift_conversion", Real, "what the coupon adds to it"),
        Column::new("uplift_spend", Real, "what the coupon adds to the cents spent in 14 days, discount deducted"),
        Column::nullable(
            "lapsed_on",
            Date,
            "last day as an active customer; no orders after it, with or without a coupon",
        ),
    ],
};

/// The lines that are wrong on purpose.
pub const TRUTH_DIRTY_LINES: TableSchema = TableSchema {
    name: "truth_dirty_lines",
    doc: "one row per dirty line of order_lines; dirty lines come in addition, stock and demand know nothing of them",
    grain: &["order_id", "line_no"],
    columns: &[
        Column::new("order_id", Text, "the order"),
        Column::new("line_no", Integer, "the line"),
        Column::new("fault", Text, "`unknown_product`, `zero_quantity` or `absurd_price` (guests only)"),
    ],
};

/// What was planted in a troubled shop.
pub const TRUTH_TROUBLES: TableSchema = TableSchema {
    name: "truth_troubles",
    doc: "one row per product with a trouble, none in a shop without",
    grain: &["product_id"],
    columns: &[
        Column::new("product_id", Text, "the product"),
        Column::new(
            "trouble",
            Text,
            "`always_empty`, `christmas`, `easter`, `summer`, `own_week`, `jump`, `bulk`, `short_saturdays`",
        ),
    ],
};

/// Which sold lines come back, and when; part of what [`super::ShopState::resume`] needs.
pub const TRUTH_RETURNS: TableSchema = TableSchema {
    name: "truth_returns",
    doc: "one row per sold line that will be returned",
    grain: &["order_id", "line_no"],
    columns: &[
        Column::new("order_id", Text, "the order in which it was sold"),
        Column::new("line_no", Integer, "its line"),
        Column::nullable("customer_id", Text, "NULL for guests"),
        Column::new("product_id", Text, "the product"),
        Column::new("location_id", Text, "the store"),
        Column::new("quantity", Integer, "units, positive"),
        Column::new("net_amount", Integer, "cents to pay back, positive"),
        Column::new("due_on", Date, "the day it comes back, 2 to 14 days after the sale"),
    ],
};
