//! What we did to customers: campaigns, offers, who got them, who used them, and what came of it.

use super::Dataset;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::table::ColumnType::{Date, Flag, Instant, Integer, Real, Text};
use crate::table::{Column, MOST_MILLI, MOST_MINOR, TableSchema};

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
            Column::nullable("contact_cost", Integer, "minor currency units per contacted customer")
                .within(0, MOST_MINOR),
            Column::nullable("offer_id", Text, "the offer it carries"),
            Column::nullable("budget", Integer, "minor currency units").within(0, MOST_MINOR),
            Column::nullable("primary_metric", Text, "`spend`, `orders`, `conversion` or a name in campaign_outcomes"),
        ],
    },
    day_column: Some("starts_on"),
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A campaign as planned; our own lists are read the same way.
    pub struct Campaign of CAMPAIGNS.schema;
    {
        /// The campaign.
        pub campaign_id: String,
        /// What people call it.
        pub name: String,
        /// `email`, `coupon`, `leaflet` ...
        pub kind: String,
        /// First day on which it can have an effect.
        pub starts_on: Day,
        /// Last day that is counted.
        pub ends_on: Day,
        /// Whether chance decided who got it; `None`: unknown, treated as no.
        pub randomised: Option<bool>,
        /// Minor currency units per contacted customer.
        pub contact_cost: Option<i64>,
        /// The offer it carries.
        pub offer_id: Option<String>,
        /// Minor currency units.
        pub budget: Option<i64>,
        /// `spend`, `orders`, `conversion` or a name in `campaign_outcomes`.
        pub primary_metric: Option<String>,
    }
}

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
            Column::nullable("capacity", Integer, "how many may be given out").within(0, MOST_MILLI),
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
    /// An offer.
    pub struct Offer of OFFERS.schema;
    {
        /// The offer.
        pub offer_id: String,
        /// `amount` or `rate`.
        pub kind: String,
        /// Minor currency units off, or a share of the price.
        pub value: f64,
        /// How many may be given out.
        pub capacity: Option<i64>,
    }
}

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
            Column::nullable("probability", Real, "probability of this variant; NULL where it is not known")
                .within(0, 1),
        ],
    },
    day_column: Some("assigned_at"),
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A customer put into an arm.
    pub struct Assignment<'f> of ASSIGNMENTS.schema;
    {
        /// The campaign.
        pub campaign_id: &'f str,
        /// The customer.
        pub customer_id: &'f str,
        /// `control` for those held out, any other name for an arm.
        pub variant: &'f str,
        /// When it was decided.
        pub assigned_at: Option<crate::day::Instant>,
        /// Probability of this variant; `None` where it is not known.
        pub probability: Option<f64>,
    }
}

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
            Column::nullable("amount", Integer, "minor currency units given away").within(-MOST_MINOR, MOST_MINOR),
        ],
    },
    day_column: Some("redeemed_at"),
    keeps_attributes: false,
    grows_daily: false,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// A coupon used.
    pub struct Redemption<'f> of REDEMPTIONS.schema;
    {
        /// The campaign.
        pub campaign_id: &'f str,
        /// The customer.
        pub customer_id: &'f str,
        /// Minor currency units given away.
        pub amount: Option<i64>,
    }
}

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
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

typed_rows! {
    /// What came of a campaign for a customer, where it is given.
    pub struct CampaignOutcome<'f> of CAMPAIGN_OUTCOMES.schema;
    {
        /// The campaign.
        pub campaign_id: &'f str,
        /// The customer.
        pub customer_id: &'f str,
        /// `conversion`, `spend` (in minor currency units), or another name.
        pub metric: &'f str,
        /// Its value within the campaign's dates.
        pub value: f64,
        /// The same metric in an equally long time before the campaign.
        pub before: Option<f64>,
    }
}
