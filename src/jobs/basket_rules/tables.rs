//! The published tables.

use super::cross_sell::CrossSell;
use super::decision::Decision;
use super::evidence::QUARTERS;
use super::next_counts::NextRow;
use super::rule_row::RuleRow;
use super::substitutes::Replacement;
use crate::publication::PublishedTable;
use crate::published::{ASSOCIATION_RULES, CROSS_SELL, NEXT_PURCHASES, RULE_MEASURES, Rows, RowsError, SUBSTITUTES};
use crate::quantities::{Currency, ExpectedMoney};

/// The tables, in the order in which they are published.
///
/// # Errors
/// A table that is not as its schema says.
pub(super) fn tables(decision: &Decision<'_>) -> Result<Vec<PublishedTable>, RowsError> {
    let currency = decision.ctx.currency;
    Ok(vec![
        rules(&decision.rules, currency)?,
        measures(&decision.rules)?,
        cross_sell(&decision.cross_sell, currency)?,
        substitutes(&decision.substitutes)?,
        next_purchases(&decision.next_rows)?,
    ])
}

/// `association_rules`.
fn rules(rows: &[RuleRow], currency: Currency) -> Result<PublishedTable, RowsError> {
    Rows::of(&ASSOCIATION_RULES, rows)
        .in_currency(currency)
        .column("level", |row| row.level.as_str())
        .column("antecedent", |row| row.antecedent.as_str())
        .column("consequent", |row| row.consequent.as_str())
        .column("antecedent_name", |row| row.antecedent_name.as_str())
        .column("consequent_name", |row| row.consequent_name.as_str())
        .column("rank", |row| row.rank)
        .column("n_baskets", |row| row.rule.n_baskets)
        .column("n_antecedent", |row| row.rule.n_antecedent)
        .column("n_consequent", |row| row.rule.n_consequent)
        .column("n_both", |row| row.rule.n_both)
        .column("support", |row| row.rule.measures.support)
        .column("confidence", |row| row.rule.measures.confidence)
        .column("lift", |row| row.rule.measures.lift)
        .column("lift_lower", |row| row.rule.lift_lower)
        .column("leverage", |row| row.rule.measures.leverage)
        .column("conviction", |row| row.rule.measures.conviction.ok())
        .column("p_value", |row| row.rule.p_value)
        .column("q_value", |row| row.rule.q_value)
        .column("margin_per_1000", |row| row.margin_per_1000.map(ExpectedMoney::from_minor))
        .column("sentence", |row| row.sentence.as_str())
        .publish()
}

/// `rule_measures`.
fn measures(rows: &[RuleRow]) -> Result<PublishedTable, RowsError> {
    Rows::of(&RULE_MEASURES, rows)
        .column("level", |row| row.level.as_str())
        .column("antecedent", |row| row.antecedent.as_str())
        .column("consequent", |row| row.consequent.as_str())
        .column("n_expected", |row| row.rule.n_expected)
        .column("improvement", |row| row.rule.improvement)
        .column("zhang", |row| row.rule.measures.zhang.ok())
        .column("kulczynski", |row| row.rule.measures.kulczynski)
        .column("imbalance", |row| row.rule.measures.imbalance)
        .column("jaccard", |row| row.rule.measures.jaccard)
        .column("cosine", |row| row.rule.measures.cosine)
        .column("phi", |row| row.rule.measures.phi.ok())
        .column("odds_ratio", |row| row.rule.measures.odds_ratio.ok())
        .column("odds_ratio_low", |row| row.rule.measures.odds_ratio_95.map(|limits| limits[0]).ok())
        .column("odds_ratio_high", |row| row.rule.measures.odds_ratio_95.map(|limits| limits[1]).ok())
        .column("chi_squared", |row| row.rule.measures.chi_squared.ok())
        .column("ln_chi_squared_p", |row| row.rule.measures.ln_chi_squared_p().ok())
        .column("ln_fisher_p", |row| row.rule.measures.ln_fisher_p)
        .column("mutual_information", |row| row.rule.measures.mutual_information)
        .column("hyper_lift", |row| row.rule.measures.hyper_lift.ok())
        .column("hyper_confidence", |row| row.rule.measures.hyper_confidence)
        .column("undefined", RuleRow::undefined)
        .column("days_with_both", |row| row.evidence.days_with_both)
        .column("trend", |row| row.evidence.trend().name())
        .column("lift_recent", |row| row.evidence.lift(QUARTERS - 1))
        .column("parent_lift", |row| row.parent_lift)
        .publish()
}

/// `cross_sell`.
fn cross_sell(rows: &[CrossSell], currency: Currency) -> Result<PublishedTable, RowsError> {
    Rows::of(&CROSS_SELL, rows)
        .in_currency(currency)
        .column("product_id", |row| row.product.as_str())
        .column("rank", |row| row.rank)
        .column("recommended_id", |row| row.recommended.as_str())
        .column("product_name", |row| row.product_name.as_str())
        .column("recommended_name", |row| row.recommended_name.as_str())
        .column("recommended_category", |row| row.category.as_deref())
        .column("in_stock", |row| row.in_stock.map(i64::from))
        .column("confidence", |row| row.confidence)
        .column("lift_lower", |row| row.lift_lower)
        .column("n_both", |row| row.n_both)
        .column("margin_per_1000", |row| row.margin_per_1000.map(ExpectedMoney::from_minor))
        .column("sentence", |row| row.sentence.as_str())
        .publish()
}

/// `substitutes`.
fn substitutes(rows: &[Replacement]) -> Result<PublishedTable, RowsError> {
    Rows::of(&SUBSTITUTES, rows)
        .column("product_id", |row| row.product.as_str())
        .column("substitute_id", |row| row.substitute.as_str())
        .column("product_name", |row| row.product_name.as_str())
        .column("substitute_name", |row| row.substitute_name.as_str())
        .column("category", |row| row.category.as_str())
        .column("n_product", |row| row.n_product)
        .column("n_substitute", |row| row.n_substitute)
        .column("n_both", |row| row.n_both)
        .column("n_expected", |row| row.n_expected)
        .column("q_value", |row| row.q_value)
        .column("in_stock", |row| row.in_stock.map(i64::from))
        .column("sentence", |row| row.sentence.as_str())
        .publish()
}

/// `next_purchases`.
fn next_purchases(rows: &[NextRow<'_>]) -> Result<PublishedTable, RowsError> {
    Rows::of(&NEXT_PURCHASES, rows)
        .column("product_id", |row| row.pair.first.as_str())
        .column("next_id", |row| row.pair.next.as_str())
        .column("product_name", |row| row.product_name.as_str())
        .column("next_name", |row| row.next_name.as_str())
        .column("rank", |row| row.rank)
        .column("within_days", |row| row.within_days)
        .column("median_days", |row| row.pair.median_days)
        .column("n_customers", |row| row.pair.n_first)
        .column("n_followed", |row| row.pair.n_followed)
        .column("confidence", |row| row.pair.confidence())
        .column("n_expected", |row| row.pair.n_expected)
        .column("lift", |row| row.pair.lift())
        .column("lift_lower", |row| row.pair.lift_lower)
        .column("n_forward", |row| row.pair.n_forward)
        .column("n_backward", |row| row.pair.n_backward)
        .column("p_value", |row| row.pair.p_value)
        .column("q_value", |row| row.pair.q_value)
        .column("in_stock", |row| row.in_stock.map(i64::from))
        .column("counted_on", |row| row.counted_on)
        .column("sentence", |row| row.sentence.as_str())
        .publish()
}
