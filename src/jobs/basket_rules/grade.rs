//! How good the last rules were: do they still hold in the baskets since?

use std::collections::BTreeMap;

use super::BasketRules;
use super::basket_store::BasketStore;
use super::catalogue::Catalogue;
use super::frames::{BasketFrames, EarlierRule, Window};
use super::level_items::LevelItems;
use super::levels::levels;
use crate::contract::ContractError;
use crate::day::Day;
use crate::job::RunContext;

/// A rule is judged when chance alone would give at least this many baskets with both.
const FEWEST_EXPECTED: f64 = 5.0;

/// The verdict on an earlier publication.
#[derive(Clone, Debug, Default)]
pub(super) struct RulesGrade {
    /// Its as-of date; `None` when there is nothing to grade.
    pub as_of: Option<Day>,
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

pub(super) fn grade(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    catalogue: &Catalogue,
) -> Result<RulesGrade, ContractError> {
    let Some((published_on, rules)) = &frames.graded else { return Ok(RulesGrade::default()) };
    // Baskets from before the window are not at hand.
    let from = (*published_on + 1).max(Window::of(params, ctx).first);
    let n_baskets = frames.baskets.n_baskets(from);
    let mut grade =
        RulesGrade { as_of: Some(*published_on), n_baskets, n_rules: rules.height(), n_judged: 0, n_holding: 0 };
    for level in levels(params, catalogue) {
        let items = level.items(&frames.baskets, catalogue);
        let postings = postings(&frames.baskets, from, &items);
        for rule in EarlierRule::read(rules)?.filter(|rule| rule.level == level.name) {
            let Some(holders) = together(&postings, rule.antecedent.split(" + ")) else { continue };
            let Some(of_consequent) = postings.get(rule.consequent) else { continue };
            let expected = holders.len() as f64 * of_consequent.len() as f64 / n_baskets as f64;
            if expected >= FEWEST_EXPECTED {
                grade.n_judged += 1;
                grade.n_holding += usize::from(common(&holders, of_consequent).len() as f64 > expected);
            }
        }
    }
    Ok(grade)
}

/// The baskets of each item from a day on, ascending.
fn postings<'i>(store: &BasketStore, from: Day, items: &'i LevelItems) -> BTreeMap<&'i str, Vec<u32>> {
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); items.ids.len()];
    let baskets = store.days.range(from..).flat_map(|(_, day)| day.baskets());
    for (number, basket) in baskets.enumerate() {
        for item in basket.iter().filter_map(|product| items.item_of[*product as usize]) {
            let list = &mut lists[item as usize];
            if list.last() != Some(&(number as u32)) {
                list.push(number as u32);
            }
        }
    }
    items.ids.iter().map(String::as_str).zip(lists).collect()
}

fn together<'a>(postings: &BTreeMap<&str, Vec<u32>>, ids: impl Iterator<Item = &'a str>) -> Option<Vec<u32>> {
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
