//! What campaigns caused.

use super::{Kept, Seen, Table};
use crate::frames::typed_rows;
use crate::table::ColumnType::{Date, Flag, Integer, Money, Real, Text};
use crate::table::{Column, TableSchema};

/// Lift per campaign, arm and metric.
pub const CAMPAIGN_LIFT: Table = Table {
    schema: TableSchema {
        name: "campaign_lift",
        doc: "what each campaign caused, with its uncertainty, and whether it paid",
        grain: &["campaign_id", "arm", "metric"],
        columns: &[
            Column::new("campaign_id", Text, "the campaign"),
            Column::new("campaign_name", Text, "what people call it"),
            Column::new("arm", Text, "the variant compared with `control`"),
            Column::new("metric", Text, "`spend` in the currency, `orders`, `conversion`, or another name"),
            Column::new("primary_metric", Flag, "whether the verdict rests on it"),
            Column::new("grade", Text, "`randomised`, `quasi` or `descriptive`"),
            Column::new("window_from", Date, "first day counted"),
            Column::new("window_to", Date, "last day counted, at most as_of"),
            Column::new("complete", Flag, "whether the campaign's window is over"),
            Column::new("n_treated", Integer, "customers assigned to the arm, whether or not it reached them"),
            Column::new("n_control", Integer, "customers held out (or not listed, where nothing was randomised)"),
            Column::nullable("mean_treated", Real, "per customer, in the metric"),
            Column::nullable("mean_control", Real, "per customer, in the metric"),
            Column::nullable(
                "difference",
                Real,
                "intention to treat, per customer; NULL where no estimate is fit to be named",
            ),
            Column::nullable("lower", Real, "lower end of the 95 % interval"),
            Column::nullable("upper", Real, "upper end of the 95 % interval"),
            Column::nullable("p_value", Real, "two-sided"),
            Column::nullable("p_adjusted", Real, "after Holm, over every randomised comparison of the run"),
            Column::nullable("relative_lift", Real, "difference over the control mean"),
            Column::nullable("relative_lower", Real, "Fieller; NULL: unbounded"),
            Column::nullable("relative_upper", Real, "Fieller; NULL: unbounded"),
            Column::nullable(
                "sample_ratio_p",
                Real,
                "chi-squared test of the arm sizes; under 0.001 the split is broken",
            ),
            Column::nullable("incremental_margin", Money, "of the whole arm; for the metric spend"),
            Column::nullable("cost", Money, "contacts and discounts"),
            Column::nullable("net_value", Money, "incremental margin minus cost"),
            Column::nullable("net_lower", Money, "lower end of its 95 % interval"),
            Column::nullable("net_upper", Money, "upper end of its 95 % interval"),
            Column::nullable("return_on_spend", Real, "net value over cost; NULL where nothing was randomised"),
            Column::new("verdict", Text, "`paid`, `lost`, `unclear`, `not_randomised`, `broken_split`, `running`"),
            Column::new("explanation", Text, "the verdict in a sentence"),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

typed_rows! {
    /// The verdict on an arm.
    pub struct LiftVerdict<'f> of CAMPAIGN_LIFT.schema;
    {
        /// The campaign.
        pub campaign_id: &'f str,
        /// The variant compared with `control`.
        pub arm: &'f str,
        /// `paid`, `lost` ...
        pub verdict: &'f str,
    }
}
