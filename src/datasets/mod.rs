//! The canonical datasets: what `sql/datasets/NAME.sql` of a project must return.
//!
//! SQL maps a retailer's own tables onto these columns; everything after it speaks only of them. Money is an integer
//! in minor currency units, quantities are integers in thousandths of a unit, so that every engine sums the same
//! numbers. A nullable column may be absent from the result: that is a missing fact, never a zero.
//!
//! Each dataset has its columns (`DAILY_SALES`) and beside them its row (`Sale`), which reads a checked frame by name.

mod campaigns;
mod catalogue;
mod contract;
mod counted;
mod customers;
mod sales;
mod source;
mod stock_lists;
mod supply;

pub use campaigns::{ASSIGNMENTS, CAMPAIGN_OUTCOMES, CAMPAIGNS, OFFERS, REDEMPTIONS};
pub use campaigns::{Assignment, Campaign, CampaignOutcome, Offer, Redemption};
pub use catalogue::{CALENDAR, PRICES, PRODUCTS, PROMOTIONS};
pub use catalogue::{CalendarDay, Price, Product, Promotion};
pub use contract::conform;
pub use counted::Counted;
pub use customers::{AttributeValues, Customer, CustomerAttribute, Suppression};
pub use customers::{CUSTOMERS, SUPPRESSIONS};
pub use sales::{BASKET_LINES, CUSTOMER_DAYS, CUSTOMER_PURCHASES, DAILY_SALES, ORDER_LINES};
pub use sales::{BasketLine, CustomerDay, CustomerPurchase, Sale};
pub use source::{
    DatasetSql, EXCLUDED, Excluded, ExcludedSql, InputFact, InputOrigin, KnownRows, LoadError, PublishedAt,
    PublishedFrame, Source, SqlFiles, dataset_sql, excluded_sql,
};
pub use stock_lists::{LeftOut, left_out, without_zeros};
pub use supply::{DELIVERIES, OPEN_ORDERS, ORDER_RULES, STOCK_LEVELS, SUPPLIERS};
pub use supply::{Delivery, OpenOrder, OrderRule, StockLevel, Supplier};

use crate::profile::Measure;
use crate::table::TableSchema;

/// A canonical dataset.
#[derive(Debug)]
pub struct Dataset {
    /// Its columns. A nullable column may be absent.
    pub schema: TableSchema<'static>,
    /// The column that says when a row became known; rows after the as-of date are not part of a run.
    /// `None` for data without a time or whose future is planned (promotions, calendar).
    pub day_column: Option<&'static str>,
    /// Whether further columns are kept as attributes (customer features).
    pub keeps_attributes: bool,
    /// Whether every business day adds rows, so that an old newest day means a missing load.
    pub grows_daily: bool,
    /// Whether rows do not vanish by themselves: products, suppliers, customers. Many fewer mean that part of the load is missing.
    pub keeps_its_rows: bool,
    /// Ratios that stay near what they were, for datasets that grow daily; the gates hold the newest days against the ones before.
    pub measures: &'static [Measure],
    /// The column of days that are not like others: holidays, closures. A day without sales among them is no missing load.
    pub names_days: Option<&'static str>,
    /// The column of a level that a line carries on from day to day, as stock does; the gates hold the lines of the newest day against the
    /// same lines a day before.
    pub level: Option<&'static str>,
}

impl Dataset {
    /// The dataset's name: the stem of its file in `sql/datasets/`.
    pub const fn name(&self) -> &'static str {
        self.schema.name
    }
}

/// Every dataset, alphabetical.
pub const DATASETS: &[&Dataset] = &[
    &ASSIGNMENTS,
    &BASKET_LINES,
    &CALENDAR,
    &CAMPAIGN_OUTCOMES,
    &CAMPAIGNS,
    &CUSTOMER_DAYS,
    &CUSTOMER_PURCHASES,
    &CUSTOMERS,
    &DAILY_SALES,
    &DELIVERIES,
    &OFFERS,
    &OPEN_ORDERS,
    &ORDER_LINES,
    &ORDER_RULES,
    &PRICES,
    &PRODUCTS,
    &PROMOTIONS,
    &REDEMPTIONS,
    &STOCK_LEVELS,
    &SUPPLIERS,
    &SUPPRESSIONS,
];
