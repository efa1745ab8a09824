//! How good the last rules were: do they still hold in the baskets since?

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsResult};

use super::dataset::{BasketBook, BasketFrames};
use super::{BasketRules, RuleLevel};
use crate::job::RunContext;

/// A rule is judged when chance alone would give at least this many baskets with both.
const FEWEST_EXPECTED: f64 = 5.0;

/// The verdict on an earlier publication.
#[derive(Clone, Debug, Default)]
pub(super) struct RulesGrade {
    /// Its as-of date; `None` when there is nothing to grade.
    pub as_of: Option<chrono::NaiveDate>,
    /// Baskets since.
    pub n_baskets: usize,
    /// Rules published then.
    pub n_rules: usize,
    /// Rules with enough baskets to judge.
    pub n_judged: usize,
    /// Judged rules whose lift is above 1 in the baskets since.
    pub n_holding: usize,
}

impl RulesGrade {
    /// Share of judged rules that hold.
    pub fn share(&self) -> Option<f64> {
        (self.n_judged > 0).then(|| self.n_holding as f64 / self.n_judged as f64)
    }
}

pub(super) fn grade(params: &BasketRules, ctx: &RunContext, frames: &BasketFrames) -> PolarsResult<RulesGrade> {
    let Some((published_on, rules)) = &frames.graded else { return Ok(RulesGrade::default()) };
    let from = published_on.succ_opt().unwrap_or(*published_on);
    let book = BasketBook::read(frames, from, ctx.as_of, params.max_basket_items.get())?;
    let mut grade = RulesGrade {
        as_of: Some(*published_on),
        n_baskets: book.n_baskets,
        n_rules: rules.height(),
        n_judged: 0,
        n_holding: 0,
    };
    for level in [RuleLevel::Product, RuleLevel::Category] {
        let postings = postings(&book, level, params);
        for (antecedent, consequent) in sides(rules, level)? {
            let Some(holders) = together(&postings, antecedent.split(" + ")) else { continue };
            let Some(of_consequent) = postings.get(consequent.as_str()) else { continue };
            let expected = holders.len() as f64 * of_consequent.len() as f64 / book.n_baskets as f64;
            if expected >= FEWEST_EXPECTED {
                grade.n_judged += 1;
                grade.n_holding += usize::from(common(&holders, of_consequent).len() as f64 > expected);
            }
        }
    }
    Ok(grade)
}

/// Antecedent and consequent of every published rule of a level.
pub(super) fn sides(rules: &DataFrame, level: RuleLevel) -> PolarsResult<Vec<(String, String)>> {
    let series = |name: &str| rules.column(name).map(polars::prelude::Column::as_materialized_series);
    let (levels, left, right) = (series("level")?.str()?, series("antecedent")?.str()?, series("consequent")?.str()?);
    let rows = levels.iter().zip(left.iter()).zip(right.iter());
    Ok(rows
        .filter(|((found, _), _)| *found == Some(level.name()))
        .filter_map(|((_, left), right)| Some((left?.to_owned(), right?.to_owned())))
        .collect())
}

/// The baskets of each item, ascending.
fn postings(book: &BasketBook, level: RuleLevel, params: &BasketRules) -> BTreeMap<String, Vec<u32>> {
    let (ids, item_of) = book.items(level, params.category_depth.map(crate::quantities::Count::get));
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); ids.len()];
    for line in &book.lines {
        if let Some(item) = item_of[line.product as usize] {
            lists[item as usize].push(line.basket);
        }
    }
    for list in &mut lists {
        list.sort_unstable();
        list.dedup();
    }
    ids.into_iter().zip(lists).collect()
}

fn together<'a>(postings: &BTreeMap<String, Vec<u32>>, ids: impl Iterator<Item = &'a str>) -> Option<Vec<u32>> {
    let mut held: Option<Vec<u32>> = None;
    for id in ids {
        let list = postings.get(id)?;
        held = Some(held.map_or_else(|| list.clone(), |held| common(&held, list)));
    }
    held
}

fn common(a: &[u32], b: &[u32]) -> Vec<u32> {
    a.iter().copied().filter(|basket| b.binary_search(basket).is_ok()).collect()
}
