//! Association rules.

use crate::table::ColumnType::{Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// What sells together, beyond chance.
pub const ASSOCIATION_RULES: TableSchema<'static> = TableSchema {
    name: "association_rules",
    doc: "rules antecedent -> consequent that hold beyond chance, strongest first",
    grain: &["level", "antecedent", "consequent"],
    columns: &[
        Column::new("level", Text, "`product` or `category`"),
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
        Column::nullable("margin_per_1000", Real, "minor currency units of extra margin per 1,000 antecedent baskets"),
        Column::new("sentence", Text, "the rule in words"),
    ],
};
