//! What to order, why, what is wrong, and what became of earlier advice.

use super::{Kept, Seen, Table};
use crate::table::ColumnType::{Date, Flag, Integer, Money, Quantity, Real, Text};
use crate::table::{Column, TableSchema};

/// One row per product and location that was planned, also where the order is 0.
pub const INVENTORY_RECOMMENDATIONS: Table = Table {
    schema: TableSchema {
        name: "inventory_recommendations",
        doc: "what to order, when, how much",
        grain: &["product_id", "location_id"],
        columns: &[
            Column::new("recommendation_id", Text, "stable across reruns of a date"),
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "where it is to arrive"),
            Column::nullable("supplier_id", Text, "whom to order from"),
            Column::new("order_on", Date, "next day the supplier takes orders"),
            Column::new("arrives_on", Date, "expected arrival: half of such orders have come by then"),
            Column::new("covers_until", Date, "last day before the next order could arrive"),
            Column::new("order_quantity", Quantity, "units; 0: nothing to order"),
            Column::nullable("pack_size", Quantity, "units; an order is a multiple of it"),
            Column::nullable("unit_cost", Money, "of one unit"),
            Column::nullable("order_value", Money, "quantity times unit cost"),
            Column::new("on_hand", Quantity, "units at the close of as_of, negative books counted as 0"),
            Column::new("reserved", Quantity, "units"),
            Column::new("on_order", Quantity, "units due in the protection interval"),
            Column::new("expected_demand", Quantity, "units over the protection interval"),
            Column::new("safety_stock", Quantity, "units above expected demand"),
            Column::new(
                "order_up_to",
                Quantity,
                "units: the demand quantile at the service level over the protection interval",
            ),
            Column::new("service_level", Real, "probability of no stock-out in the protection interval"),
            Column::new("lead_time_days", Real, "mean days from order to arrival"),
            Column::new("lead_time_basis", Text, "`deliveries`, `quoted` or `default`"),
            Column::new("protection_days", Integer, "days that this order has to cover, from the day after as_of"),
            Column::new("forecast_as_of", Date, "the forecast used"),
            Column::new("forecast_method", Text, "its model"),
            Column::nullable("stock_out_on", Date, "expected stock-out if nothing is ordered"),
            Column::new("urgency", Text, "`red`: stock-out before an order could arrive; `amber`: order now; `green`"),
            Column::new("flags", Text, "comma separated"),
            Column::new("explanation", Text, "the order in a sentence"),
            Column::nullable("arrives_by", Date, "nine of ten such orders have come by then: the plan counts on it"),
            Column::nullable(
                "expected_fill_rate",
                Real,
                "share of the demand between the arrivals of this order and the next that is served from the shelf if it is placed; \
                 empty without demand",
            ),
        ],
    },
    created_in: 2,
    seen: Seen::OnePerDate,
    kept: Kept::Newest,
    may_shrink: false,
    reaches_people: false,
};

/// The steps of each recommendation; their quantities sum exactly to the order.
pub const INVENTORY_EXPLANATIONS: Table = Table {
    schema: TableSchema {
        name: "inventory_explanations",
        doc: "how an order quantity came about; the quantities of a recommendation sum exactly to its order",
        grain: &["recommendation_id", "step_no"],
        columns: &[
            Column::new("recommendation_id", Text, "the recommendation"),
            Column::new("step_no", Integer, "from 1"),
            Column::new("code", Text, "`expected_demand`, `safety_stock`, `on_hand` ..."),
            Column::new("quantity", Quantity, "units, signed"),
            Column::new("running", Quantity, "units after this step"),
            Column::new("text", Text, "the step in a sentence"),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// What one location can give to another.
pub const INVENTORY_TRANSFERS: Table = Table {
    schema: TableSchema {
        name: "inventory_transfers",
        doc: "what one location can spare and another would lose sales without, before an order can arrive",
        grain: &["product_id", "from_location_id", "to_location_id"],
        columns: &[
            Column::new("product_id", Text, "the product"),
            Column::new("from_location_id", Text, "the location that gives"),
            Column::new("to_location_id", Text, "the location that receives"),
            Column::new("quantity", Quantity, "units to move"),
            Column::nullable("value", Money, "sales that are saved, at the selling price"),
            Column::new("move_on", Date, "the day to send them"),
            Column::new("arrives_by", Date, "the day by which they are taken to be there"),
            Column::new("text", Text, "why, in a sentence"),
        ],
    },
    created_in: 14,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// What a planner must look at.
pub const INVENTORY_EXCEPTIONS: Table = Table {
    schema: TableSchema {
        name: "inventory_exceptions",
        doc: "stock-outs, overstock and facts that are missing, with dates and money",
        grain: &["code", "product_id", "location_id", "supplier_id"],
        columns: &[
            Column::new("code", Text, "`stock_out_now`, `stock_out_risk`, `overstock`, `supplier_minimum_not_met` ..."),
            Column::new("severity", Text, "`red`, `amber` or `note`"),
            Column::nullable("product_id", Text, "the product"),
            Column::nullable("location_id", Text, "the location"),
            Column::nullable("supplier_id", Text, "the supplier"),
            Column::nullable("first_on", Date, "when it begins"),
            Column::nullable("quantity", Quantity, "units concerned"),
            Column::nullable("value", Money, "at stake"),
            Column::new("text", Text, "what is wrong and what to do, in a sentence"),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// Earlier recommendations against what happened.
pub const RECOMMENDATION_OUTCOMES: Table = Table {
    schema: TableSchema {
        name: "recommendation_outcomes",
        doc: "how earlier advice turned out, graded when its protection interval is over",
        grain: &["recommended_as_of", "recommendation_id"],
        columns: &[
            Column::new("recommended_as_of", Date, "the as-of date of the advice"),
            Column::new("recommendation_id", Text, "the recommendation"),
            Column::new("product_id", Text, "the product"),
            Column::new("location_id", Text, "the location"),
            Column::new("recommended", Quantity, "units advised"),
            Column::nullable("ordered", Quantity, "units ordered on that day; NULL: not known"),
            Column::nullable("followed", Flag, "whether the order agrees with the advice; NULL: not known"),
            Column::new("window_from", Date, "first day graded"),
            Column::new("window_to", Date, "last day graded"),
            Column::new("demand_expected", Quantity, "units"),
            Column::new("demand_actual", Quantity, "units sold; less than demand where there were stock-outs"),
            Column::new("order_up_to", Quantity, "units"),
            Column::new("stock_out_days", Integer, "days after the order's arrival that closed with nothing on hand"),
            Column::nullable(
                "closing_stock",
                Quantity,
                "units on hand on the last day, without what later orders brought",
            ),
            Column::new("verdict", Text, "`good`, `too_little`, `too_much`, `not_followed` or `unknown`"),
            Column::new("explanation", Text, "why, in a sentence"),
            Column::nullable(
                "promised_fill_rate",
                Real,
                "share of demand from the order's arrival that the advice was expected to serve",
            ),
            Column::nullable(
                "achieved_fill_rate",
                Real,
                "share of demand that was served from then on; of days that closed empty, demand is no less than was expected",
            ),
            Column::nullable(
                "naive_quantity",
                Quantity,
                "units that the mean of the four weeks before would have ordered",
            ),
            Column::nullable(
                "cost_recommended",
                Money,
                "margin of what would not have been served and holding of what would have stood there, had the advised quantity arrived",
            ),
            Column::nullable("cost_ordered", Money, "the same with the quantity that was ordered"),
            Column::nullable("cost_naive", Money, "the same with `naive_quantity`"),
        ],
    },
    created_in: 2,
    seen: Seen::OnePerDate,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};
