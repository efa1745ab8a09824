//! Rules that only echo the rule between their categories.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::level_items::LevelItems;
use super::levels::Level;
use crate::models::rules::{Rule, ln_binomial_upper_tail};

/// The rules between categories that the levels below are held against.
#[derive(Debug, Default)]
pub(super) struct CategoryRules {
    /// By level and the ids of both sides: baskets with both, and how many chance gives.
    counts: BTreeMap<(String, String, String), (u32, f64)>,
}

impl CategoryRules {
    /// Takes in the rules of two items of a level.
    pub fn add(&mut self, level: &Level, items: &LevelItems, rules: &[Rule]) {
        for rule in rules.iter().filter(|rule| rule.antecedent.len() == 1) {
            let (left, right) = items.sides(rule);
            let key = (level.name.clone(), left[0].to_owned(), right.to_owned());
            self.counts.insert(key, (rule.n_both, rule.n_expected));
        }
    }

    /// Lift between the two categories of a rule without the rule's own share in it; `None` where nothing of note is left.
    pub fn lift_of_the_rest(
        &self,
        level: &Level,
        items: &LevelItems,
        catalogue: &Catalogue,
        rule: &Rule,
    ) -> Option<f64> {
        let [left] = rule.antecedent[..] else { return None };
        let (name, left) = level.parent(&items.ids[left as usize], catalogue)?;
        let (_, right) = level.parent(&items.ids[rule.consequent as usize], catalogue)?;
        let (n_both, n_expected) = self.counts.get(&(name, left, right))?;
        let (both, expected) = (n_both.saturating_sub(rule.n_both), n_expected - rule.n_expected);
        (expected >= 1.0).then(|| f64::from(both) / expected).filter(|lift| *lift > 1.0)
    }
}

/// Whether a rule meets more often than its categories make it, beyond chance: its count has, at probability `alpha`, a binomial
/// distribution with the lift of the rest of its categories in place of independence.
pub(super) fn says_more(rule: &Rule, parent_lift: f64, alpha: f64) -> bool {
    let predicted = rule.n_expected * parent_lift;
    let draws = rule.n_antecedent.min(rule.n_consequent);
    f64::from(rule.n_both) > predicted
        && ln_binomial_upper_tail(rule.n_both, draws, (predicted / f64::from(draws)).min(1.0)) <= alpha.ln()
}
