//! Association rules and what backs them; what to show beside a product, what replaces it, what is bought next.

use super::{Kept, Seen, Table};
use crate::table::ColumnType::{Date, Integer, Money, Real, Text};
use crate::table::{Column, TableSchema};

/// What sells together, beyond chance.
pub const ASSOCIATION_RULES: Table = Table {
    schema: TableSchema {
        name: "association_rules",
        doc: "rules antecedent -> consequent that hold beyond chance, strongest first",
        grain: &["level", "antecedent", "consequent"],
        columns: &[
            Column::new(
                "level",
                Text,
                "`product`, `brand`, `category` (whole paths), `category_1` (their first part) ...",
            ),
            Column::new("antecedent", Text, "ids in order, joined by ` + `"),
            Column::new("consequent", Text, "one id"),
            Column::new("antecedent_name", Text, "what people call it"),
            Column::new("consequent_name", Text, "what people call it"),
            Column::new("rank", Integer, "1 is the strongest of its level by the lower bound of lift"),
            Column::new("n_baskets", Integer, "baskets in the window"),
            Column::new("n_antecedent", Integer, "baskets with the antecedent"),
            Column::new("n_consequent", Integer, "baskets with the consequent"),
            Column::new("n_both", Integer, "baskets with both"),
            Column::new("support", Real, "share of baskets with both"),
            Column::new("confidence", Real, "share of antecedent baskets with the consequent"),
            Column::new("lift", Real, "confidence over the consequent's share of all baskets"),
            Column::new("lift_lower", Real, "95 % lower bound of lift"),
            Column::new("leverage", Real, "support minus what independence predicts"),
            Column::nullable("conviction", Real, "NULL where confidence is 1"),
            Column::new("p_value", Real, "one-sided, given basket sizes"),
            Column::new("q_value", Real, "p corrected over everything that was searched"),
            Column::nullable("margin_per_1000", Money, "extra margin per 1,000 antecedent baskets"),
            Column::new("sentence", Text, "the rule in words"),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// The other measures of each rule, and how it held over the window.
pub const RULE_MEASURES: Table = Table {
    schema: TableSchema {
        name: "rule_measures",
        doc: "one row per rule of association_rules: the other measures, and how it held over the window",
        grain: &["level", "antecedent", "consequent"],
        columns: &[
            Column::new("level", Text, "as in association_rules"),
            Column::new("antecedent", Text, "as in association_rules"),
            Column::new("consequent", Text, "as in association_rules"),
            Column::new("n_expected", Real, "baskets with both that chance gives at the same basket sizes"),
            Column::new("improvement", Real, "confidence less that of the best rule with a part of the antecedent"),
            Column::nullable("zhang", Real, "-1 to 1"),
            Column::new("kulczynski", Real, "mean of the confidences in both directions"),
            Column::new("imbalance", Real, "0 to 1: how unlike the sides are in size"),
            Column::new("jaccard", Real, "baskets with both over baskets with either"),
            Column::new("cosine", Real, "support over the geometric mean of the shares"),
            Column::nullable("phi", Real, "correlation of the two sides"),
            Column::nullable("odds_ratio", Real, "odds of the consequent with the antecedent over those without"),
            Column::nullable("odds_ratio_low", Real, "95 % limit"),
            Column::nullable("odds_ratio_high", Real, "95 % limit"),
            Column::nullable("chi_squared", Real, "one degree of freedom, uncorrected"),
            Column::nullable("ln_chi_squared_p", Real, "natural logarithm of its p-value"),
            Column::new(
                "ln_fisher_p",
                Real,
                "natural logarithm of Fisher's exact one-sided p, basket sizes not considered",
            ),
            Column::new("mutual_information", Real, "nats"),
            Column::nullable("hyper_lift", Real, "n_both over the 99 % quantile of chance"),
            Column::new("hyper_confidence", Real, "probability that chance gives fewer"),
            Column::nullable("undefined", Text, "which measures are NULL, and why"),
            Column::new("days_with_both", Integer, "days with at least one basket with both"),
            Column::new(
                "trend",
                Text,
                "`steady`, `new`, `rising`, `fading` or `uneven` over the quarters of the window",
            ),
            Column::nullable("lift_recent", Real, "lift in the last quarter of the window"),
            Column::nullable(
                "parent_lift",
                Real,
                "lift that the rest of its categories gives it; NULL where they form no rule",
            ),
        ],
    },
    created_in: 4,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// What to show beside a product.
pub const CROSS_SELL: Table = Table {
    schema: TableSchema {
        name: "cross_sell",
        doc: "per product, what to recommend with it, best first",
        grain: &["product_id", "rank"],
        columns: &[
            Column::new("product_id", Text, "who looks at or buys this"),
            Column::new("rank", Integer, "1 is shown first"),
            Column::new("recommended_id", Text, "is shown this"),
            Column::new("product_name", Text, "what people call it"),
            Column::new("recommended_name", Text, "what people call it"),
            Column::nullable("recommended_category", Text, "its category path"),
            Column::nullable(
                "in_stock",
                Integer,
                "1: some location had it at the newest count, 0: none; NULL: not counted",
            ),
            Column::new("confidence", Real, "share of the product's baskets that hold the recommended one already"),
            Column::new("lift_lower", Real, "95 % lower bound of lift"),
            Column::new("n_both", Integer, "baskets with both"),
            Column::nullable("margin_per_1000", Money, "extra margin per 1,000 baskets with the product"),
            Column::new("sentence", Text, "why, in words"),
        ],
    },
    created_in: 4,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// Products of one category that replace each other.
pub const SUBSTITUTES: Table = Table {
    schema: TableSchema {
        name: "substitutes",
        doc: "pairs of products of one category that share a basket less often than chance: likely substitutes, both ways round",
        grain: &["product_id", "substitute_id"],
        columns: &[
            Column::new("product_id", Text, "what may run out or be delisted"),
            Column::new("substitute_id", Text, "what may replace it"),
            Column::new("product_name", Text, "what people call it"),
            Column::new("substitute_name", Text, "what people call it"),
            Column::new("category", Text, "the category of both"),
            Column::new("n_product", Integer, "baskets with the product"),
            Column::new("n_substitute", Integer, "baskets with the substitute"),
            Column::new("n_both", Integer, "baskets with both"),
            Column::new("n_expected", Real, "baskets with both that chance gives at the same basket sizes"),
            Column::new(
                "q_value",
                Real,
                "of meeting no less often than three quarters of chance, corrected over all pairs asked about",
            ),
            Column::nullable("in_stock", Integer, "the substitute at the newest count, 1 or 0; NULL: not counted"),
            Column::new("sentence", Text, "the pair in words"),
        ],
    },
    created_in: 4,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// What the same customers buy next.
pub const NEXT_PURCHASES: Table = Table {
    schema: TableSchema {
        name: "next_purchases",
        doc: "what customers buy within some days after a product, beyond chance and in this order, strongest first",
        grain: &["product_id", "next_id"],
        columns: &[
            Column::new("product_id", Text, "what was bought first"),
            Column::new("next_id", Text, "what the same customers bought later"),
            Column::new("product_name", Text, "what people call it"),
            Column::new("next_name", Text, "what people call it"),
            Column::new("rank", Integer, "1 is the strongest by the lower bound of lift"),
            Column::new("within_days", Integer, "days after the first in which the next counts; the same day does not"),
            Column::new("median_days", Real, "days between the two, for the customer in the middle"),
            Column::new("n_customers", Integer, "customers who bought the first early enough to be followed so long"),
            Column::new("n_followed", Integer, "those of them who then bought the next"),
            Column::new("confidence", Real, "their share"),
            Column::new(
                "n_expected",
                Real,
                "how many would by chance, with as many visits of the same size at the same time",
            ),
            Column::new("lift", Real, "n_followed over n_expected"),
            Column::new("lift_lower", Real, "95 % lower bound of lift"),
            Column::new("n_forward", Integer, "customers who bought them in this order only"),
            Column::new("n_backward", Integer, "customers who bought them in the other order only"),
            Column::new(
                "p_value",
                Real,
                "one-sided, of this order being no more frequent than the seasons of both make it",
            ),
            Column::new("q_value", Real, "p corrected over all ordered pairs that could have been found"),
            Column::nullable("in_stock", Integer, "the next at the newest count, 1 or 0; NULL: not counted"),
            Column::new("counted_on", Date, "last day of the purchases it was counted from"),
            Column::new("sentence", Text, "the pair in words"),
        ],
    },
    created_in: 5,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};
