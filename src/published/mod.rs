//! The tables we own: what each kind publishes and other kinds, planners and the CRM read.
//!
//! In the warehouse every one of them begins with `job`, `as_of` and `run_id`, added by the runner; rows of a table are
//! visible through `NAME_current`, the newest publication of each job. Quantities are
//! in the product's unit and money is in the project's currency, everywhere: what is ordered, counted or paid is a decimal
//! ([`ColumnType::Quantity`](crate::table::ColumnType::Quantity), [`ColumnType::Money`](crate::table::ColumnType::Money)), what is
//! only expected of one day, customer or contact is a real number.

mod coupons;
mod forecasts;
mod inventory;
mod lift;
mod rows;
mod rules;
mod table;

pub use coupons::{COUPON_ASSIGNMENTS, COUPON_CAMPAIGNS, COUPON_DROPS, COUPON_TARGETS};
pub use coupons::{CouponAssignment, CouponCampaign, CouponPromise};
pub use forecasts::{DEMAND_FORECASTS, FORECAST_ACCURACY, FORECAST_ACCURACY_BY_HORIZON, QUANTILES};
pub use inventory::{
    INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, INVENTORY_TRANSFERS,
    RECOMMENDATION_OUTCOMES,
};
pub use lift::{CAMPAIGN_LIFT, LiftVerdict};
pub use rows::{Published, Rows, RowsError};
pub use rules::{ASSOCIATION_RULES, CROSS_SELL, NEXT_PURCHASES, RULE_MEASURES, SUBSTITUTES};
pub use table::{Kept, Seen, Table};

use crate::table::Column;
use crate::table::ColumnType::{Date, Integer, Text};

/// The columns that the runner puts before a published table's own.
pub const KEY_COLUMNS: [Column<'static>; 3] = [
    Column::new("job", Text, "the job that published the row"),
    Column::new("as_of", Date, "the business date it was published for"),
    Column::new("run_id", Integer, "the run, see nightclerk_runs"),
];

/// The table in which the rows of a published one wait for their gates.
pub fn staged_name(table: &str) -> String {
    format!("staged_{table}")
}
