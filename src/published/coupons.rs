//! Who gets which offer, who is held out, and who was left out and why.

use super::{Kept, Seen, Table};
use crate::day::Day;
use crate::frames::typed_rows;
use crate::quantities::PublishedMoney;
use crate::table::ColumnType::{Date, Flag, Integer, Money, Real, Text};
use crate::table::{Column, TableSchema};

/// The list for the CRM: treated customers only.
pub const COUPON_TARGETS: Table = Table {
    schema: TableSchema {
        name: "coupon_targets",
        doc: "customers to be sent an offer; the holdout is not among them",
        grain: &["campaign_id", "customer_id"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign that this list is"),
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("rank", Integer, "1 is worth most"),
            Column::new("offer_id", Text, "the offer"),
            Column::new(
                "expected_uplift",
                Real,
                "per contact: extra spend in the currency, or probability of an order, as the list's primary_metric says",
            ),
            Column::new("expected_value", Real, "per contact: margin in the currency after discount and contact cost"),
            Column::new("expected_cost", Real, "per contact, in the currency"),
            Column::new("reason", Text, "`uplift` or `exploration`"),
            Column::new("send_after", Date, "first day to send"),
            Column::new("send_before", Date, "last day to send"),
            Column::new("consent_basis", Text, "where consent was read"),
            Column::new("idempotency_key", Text, "send at most once per key"),
        ],
    },
    created_in: 2,
    seen: Seen::SideBySide,
    kept: Kept::ForEver,
    may_shrink: true,
    reaches_people: true,
};

typed_rows! {
    /// What was promised of a coupon.
    pub struct CouponPromise<'f> of COUPON_TARGETS.schema;
    {
        /// The list.
        pub campaign_id: &'f str,
        /// Margin after discount and contact cost, in the currency.
        pub expected_value: f64,
    }
}

/// Everyone who was put into an arm by chance, the holdout too.
pub const COUPON_ASSIGNMENTS: Table = Table {
    schema: TableSchema {
        name: "coupon_assignments",
        doc: "arm of every selected customer, so that the next campaign score can read the list back",
        grain: &["campaign_id", "customer_id"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("customer_id", Text, "the customer").personal(),
            Column::new("variant", Text, "`treatment` or `control`"),
            Column::new("probability", Real, "probability of this variant"),
            Column::new("assigned_on", Date, "the as-of date"),
        ],
    },
    created_in: 2,
    seen: Seen::SideBySide,
    kept: Kept::ForEver,
    may_shrink: true,
    reaches_people: false,
};

typed_rows! {
    /// The arm of a customer in one of our lists.
    pub struct CouponAssignment<'f> of COUPON_ASSIGNMENTS.schema;
    {
        /// The list.
        pub campaign_id: &'f str,
        /// The customer.
        pub customer_id: &'f str,
        /// `treatment` or `control`.
        pub variant: &'f str,
        /// Probability of this variant.
        pub probability: f64,
        /// The as-of date of the list.
        pub assigned_on: Day,
    }
}

/// The list as a campaign, in the columns of the dataset `campaigns`; money is in the currency here, in minor units there.
pub const COUPON_CAMPAIGNS: Table = Table {
    schema: TableSchema {
        name: "coupon_campaigns",
        doc: "our own coupon lists as campaigns",
        grain: &["campaign_id"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("name", Text, "what people call it"),
            Column::new("kind", Text, "`coupon`"),
            Column::new("starts_on", Date, "first day on which it can have an effect"),
            Column::new("ends_on", Date, "last day that is counted"),
            Column::new("randomised", Flag, "true: chance decided who was held out"),
            Column::nullable("contact_cost", Money, "per contact"),
            Column::nullable("offer_id", Text, "the offer"),
            Column::nullable("budget", Money, "most that the list may cost"),
            Column::nullable("primary_metric", Text, "what the verdict rests on"),
        ],
    },
    created_in: 2,
    seen: Seen::SideBySide,
    kept: Kept::ForEver,
    may_shrink: true,
    reaches_people: false,
};

typed_rows! {
    /// One of our own lists as a campaign.
    pub struct CouponCampaign of COUPON_CAMPAIGNS.schema;
    {
        /// The campaign.
        pub campaign_id: String,
        /// What people call it.
        pub name: String,
        /// `coupon`.
        pub kind: String,
        /// First day on which it can have an effect.
        pub starts_on: Day,
        /// Last day that is counted.
        pub ends_on: Day,
        /// Whether chance decided who was held out.
        pub randomised: bool,
        /// Per contacted customer.
        pub contact_cost: Option<PublishedMoney>,
        /// The offer it carries.
        pub offer_id: Option<String>,
        /// What the verdict rests on.
        pub primary_metric: Option<String>,
    }
}

/// How all customers became the list.
pub const COUPON_DROPS: Table = Table {
    schema: TableSchema {
        name: "coupon_drops",
        doc: "customers by what happened to them; the counts add up to all customers",
        grain: &["campaign_id", "reason"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("position", Integer, "order in which the filters apply"),
            Column::new("reason", Text, "`no_consent`, `suppressed`, `contacted_recently`, `held_out`, `targeted` ..."),
            Column::new("customers", Integer, "how many; each customer counts once, at the first reason that applies"),
            Column::new("text", Text, "the reason in a sentence"),
        ],
    },
    created_in: 2,
    seen: Seen::SideBySide,
    kept: Kept::ForEver,
    may_shrink: true,
    reaches_people: false,
};
