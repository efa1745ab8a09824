//! What we did to customers: campaigns, offers, who got them, who used them, and what came of it.

use super::Dataset;
use crate::table::ColumnType::{Date, Flag, Instant, Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// The campaigns.
pub const CAMPAIGNS: Dataset = Dataset {
    schema: TableSchema {
        name: "campaigns",
        doc: "one row per campaign",
        grain: &["campaign_id"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("name", Text, "what people call it"),
            Column::new("kind", Text, "email, coupon, leaflet ..."),
            Column::new("starts_on", Date, "first day on which it can have an effect"),
            Column::new("ends_on", Date, "last day that is counted"),
            Column::nullable("randomised", Flag, "whether chance decided who got it; NULL: unknown, treated as no"),
            Column::nullable("contact_cost", Integer, "minor currency units per contacted customer"),
            Column::nullable("offer_id", Text, "the offer it carries"),
            Column::nullable("budget", Integer, "minor currency units"),
            Column::nullable("primary_metric", Text, "`spend`, `orders`, `conversion` or a name in campaign_outcomes"),
        ],
    },
    day_column: Some("starts_on"),
    keeps_attributes: false,
    grows_daily: false,
};

/// What an offer is.
pub const OFFERS: Dataset = Dataset {
    schema: TableSchema {
        name: "offers",
        doc: "one row per offer",
        grain: &["offer_id"],
        columns: &[
            Column::new("offer_id", Text, "the offer"),
            Column::new("kind", Text, "`amount` or `rate`"),
            Column::new("value", Real, "minor currency units off, or a share of the price"),
            Column::nullable("capacity", Integer, "how many may be given out"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};

/// Who was put into which arm; our own published coupon assignments are added to it.
pub const ASSIGNMENTS: Dataset = Dataset {
    schema: TableSchema {
        name: "assignments",
        doc: "one row per campaign and customer",
        grain: &["campaign_id", "customer_id"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("variant", Text, "`control` for those held out, any other name for an arm"),
            Column::nullable("assigned_at", Instant, "when it was decided"),
            Column::nullable("probability", Real, "probability of this variant; NULL where it is not known"),
        ],
    },
    day_column: Some("assigned_at"),
    keeps_attributes: false,
    grows_daily: false,
};

/// Coupons used.
pub const REDEMPTIONS: Dataset = Dataset {
    schema: TableSchema {
        name: "redemptions",
        doc: "one row per redemption",
        grain: &[],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("redeemed_at", Instant, "when"),
            Column::nullable("amount", Integer, "minor currency units given away"),
        ],
    },
    day_column: Some("redeemed_at"),
    keeps_attributes: false,
    grows_daily: false,
};

/// Outcomes per customer where they are given rather than derived from orders.
pub const CAMPAIGN_OUTCOMES: Dataset = Dataset {
    schema: TableSchema {
        name: "campaign_outcomes",
        doc: "one row per campaign, customer and metric; a customer without a row has 0",
        grain: &["campaign_id", "customer_id", "metric"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("metric", Text, "`conversion`, `spend` (in minor currency units), or another name"),
            Column::new("value", Real, "its value within the campaign's dates"),
            Column::nullable("before", Real, "the same metric in an equally long time before the campaign"),
        ],
    },
    day_column: None,
    keeps_attributes: false,
    grows_daily: false,
};
