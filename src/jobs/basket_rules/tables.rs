//! The published tables.

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use super::cross_sell::CrossSell;
use super::decision::Decision;
use super::evidence::QUARTERS;
use super::next_counts::NextRow;
use super::rule_row::RuleRow;
use super::substitutes::Replacement;
use crate::models::rules::Measure;
use crate::publication::PublishedTable;
use crate::published::{ASSOCIATION_RULES, CROSS_SELL, NEXT_PURCHASES, RULE_MEASURES, SUBSTITUTES};

/// The tables, in the order in which they are published.
pub(super) fn tables(decision: &Decision<'_>) -> PolarsResult<Vec<PublishedTable>> {
    let frames = [
        (&ASSOCIATION_RULES, rules(&decision.rules)?),
        (&RULE_MEASURES, measures(&decision.rules)?),
        (&CROSS_SELL, cross_sell(&decision.cross_sell)?),
        (&SUBSTITUTES, substitutes(&decision.substitutes)?),
        (&NEXT_PURCHASES, next_purchases(&decision.next_rows)?),
    ];
    Ok(frames.into_iter().map(|(table, frame)| PublishedTable { table, frame }).collect())
}

/// `association_rules`.
fn rules(rows: &[RuleRow]) -> PolarsResult<DataFrame> {
    let table = Table(rows);
    DataFrame::new(
        rows.len(),
        vec![
            table.text("level", |row| row.level.clone()),
            table.text("antecedent", |row| row.antecedent.clone()),
            table.text("consequent", |row| row.consequent.clone()),
            table.text("antecedent_name", |row| row.antecedent_name.clone()),
            table.text("consequent_name", |row| row.consequent_name.clone()),
            table.whole("rank", |row| row.rank),
            table.whole("n_baskets", |row| i64::from(row.rule.n_baskets)),
            table.whole("n_antecedent", |row| i64::from(row.rule.n_antecedent)),
            table.whole("n_consequent", |row| i64::from(row.rule.n_consequent)),
            table.whole("n_both", |row| i64::from(row.rule.n_both)),
            table.real("support", |row| row.rule.measures.support),
            table.real("confidence", |row| row.rule.measures.confidence),
            table.real("lift", |row| row.rule.measures.lift),
            table.real("lift_lower", |row| row.rule.lift_lower),
            table.real("leverage", |row| row.rule.measures.leverage),
            table.perhaps("conviction", |row| row.rule.measures.conviction.ok()),
            table.real("p_value", |row| row.rule.p_value),
            table.real("q_value", |row| row.rule.q_value),
            table.perhaps("margin_per_1000", |row| row.margin_per_1000),
            table.text("sentence", |row| row.sentence.clone()),
        ],
    )
}

/// `rule_measures`.
fn measures(rows: &[RuleRow]) -> PolarsResult<DataFrame> {
    let table = Table(rows);
    let measure = |name: &'static str, of: fn(&RuleRow) -> Measure| table.perhaps(name, move |row| of(row).ok());
    DataFrame::new(
        rows.len(),
        vec![
            table.text("level", |row| row.level.clone()),
            table.text("antecedent", |row| row.antecedent.clone()),
            table.text("consequent", |row| row.consequent.clone()),
            table.real("n_expected", |row| row.rule.n_expected),
            table.real("improvement", |row| row.rule.improvement),
            measure("zhang", |row| row.rule.measures.zhang),
            table.real("kulczynski", |row| row.rule.measures.kulczynski),
            table.real("imbalance", |row| row.rule.measures.imbalance),
            table.real("jaccard", |row| row.rule.measures.jaccard),
            table.real("cosine", |row| row.rule.measures.cosine),
            measure("phi", |row| row.rule.measures.phi),
            measure("odds_ratio", |row| row.rule.measures.odds_ratio),
            measure("odds_ratio_low", |row| row.rule.measures.odds_ratio_95.map(|limits| limits[0])),
            measure("odds_ratio_high", |row| row.rule.measures.odds_ratio_95.map(|limits| limits[1])),
            measure("chi_squared", |row| row.rule.measures.chi_squared),
            measure("ln_chi_squared_p", |row| row.rule.measures.ln_chi_squared_p()),
            table.real("ln_fisher_p", |row| row.rule.measures.ln_fisher_p),
            table.real("mutual_information", |row| row.rule.measures.mutual_information),
            measure("hyper_lift", |row| row.rule.measures.hyper_lift),
            table.real("hyper_confidence", |row| row.rule.measures.hyper_confidence),
            Column::new("undefined".into(), rows.iter().map(RuleRow::undefined).collect::<Vec<_>>()),
            table.whole("days_with_both", |row| i64::from(row.evidence.days_with_both)),
            table.text("trend", |row| row.evidence.trend().name().to_owned()),
            table.perhaps("lift_recent", |row| row.evidence.lift(QUARTERS - 1)),
            table.perhaps("parent_lift", |row| row.parent_lift),
        ],
    )
}

/// `cross_sell`.
fn cross_sell(rows: &[CrossSell]) -> PolarsResult<DataFrame> {
    let table = Table(rows);
    let stock: Vec<Option<i64>> = rows.iter().map(|row| row.in_stock.map(i64::from)).collect();
    let categories: Vec<Option<&str>> = rows.iter().map(|row| row.category.as_deref()).collect();
    DataFrame::new(
        rows.len(),
        vec![
            table.text("product_id", |row| row.product.clone()),
            table.whole("rank", |row| row.rank),
            table.text("recommended_id", |row| row.recommended.clone()),
            table.text("product_name", |row| row.product_name.clone()),
            table.text("recommended_name", |row| row.recommended_name.clone()),
            Column::new("recommended_category".into(), categories),
            Column::new("in_stock".into(), stock),
            table.real("confidence", |row| row.confidence),
            table.real("lift_lower", |row| row.lift_lower),
            table.whole("n_both", |row| row.n_both),
            table.perhaps("margin_per_1000", |row| row.margin_per_1000),
            table.text("sentence", |row| row.sentence.clone()),
        ],
    )
}

/// `substitutes`.
fn substitutes(rows: &[Replacement]) -> PolarsResult<DataFrame> {
    let table = Table(rows);
    let stock: Vec<Option<i64>> = rows.iter().map(|row| row.in_stock.map(i64::from)).collect();
    DataFrame::new(
        rows.len(),
        vec![
            table.text("product_id", |row| row.product.clone()),
            table.text("substitute_id", |row| row.substitute.clone()),
            table.text("product_name", |row| row.product_name.clone()),
            table.text("substitute_name", |row| row.substitute_name.clone()),
            table.text("category", |row| row.category.clone()),
            table.whole("n_product", |row| row.n_product),
            table.whole("n_substitute", |row| row.n_substitute),
            table.whole("n_both", |row| row.n_both),
            table.real("n_expected", |row| row.n_expected),
            table.real("q_value", |row| row.q_value),
            Column::new("in_stock".into(), stock),
            table.text("sentence", |row| row.sentence.clone()),
        ],
    )
}

/// `next_purchases`.
fn next_purchases(rows: &[NextRow]) -> PolarsResult<DataFrame> {
    let table = Table(rows);
    let stock: Vec<Option<i64>> = rows.iter().map(|row| row.in_stock.map(i64::from)).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.counted_on).collect();
    DataFrame::new(
        rows.len(),
        vec![
            table.text("product_id", |row| row.pair.first.clone()),
            table.text("next_id", |row| row.pair.next.clone()),
            table.text("product_name", |row| row.product_name.clone()),
            table.text("next_name", |row| row.next_name.clone()),
            table.whole("rank", |row| row.rank),
            table.whole("within_days", |row| i64::from(row.within_days)),
            table.real("median_days", |row| row.pair.median_days),
            table.whole("n_customers", |row| i64::from(row.pair.n_first)),
            table.whole("n_followed", |row| i64::from(row.pair.n_followed)),
            table.real("confidence", |row| row.pair.confidence()),
            table.real("n_expected", |row| row.pair.n_expected),
            table.real("lift", |row| row.pair.lift()),
            table.real("lift_lower", |row| row.pair.lift_lower),
            table.whole("n_forward", |row| i64::from(row.pair.n_forward)),
            table.whole("n_backward", |row| i64::from(row.pair.n_backward)),
            table.real("p_value", |row| row.pair.p_value),
            table.real("q_value", |row| row.pair.q_value),
            Column::new("in_stock".into(), stock),
            Column::new("counted_on".into(), days).cast(&DataType::Date)?,
            table.text("sentence", |row| row.sentence.clone()),
        ],
    )
}

/// Columns of rows.
struct Table<'r, R>(&'r [R]);

impl<R> Table<'_, R> {
    fn text(&self, name: &str, of: impl Fn(&R) -> String) -> Column {
        Column::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>())
    }

    fn whole(&self, name: &str, of: impl Fn(&R) -> i64) -> Column {
        Column::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>())
    }

    fn real(&self, name: &str, of: impl Fn(&R) -> f64) -> Column {
        Column::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>())
    }

    fn perhaps(&self, name: &str, of: impl Fn(&R) -> Option<f64>) -> Column {
        Column::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>())
    }
}
