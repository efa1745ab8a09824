//! How each rule held over the window: one more look at its baskets.

use std::ops::RangeInclusive;

use super::basket_store::{BasketStore, baskets_of};
use super::level_items::LevelItems;
use crate::day::Day;
use crate::models::rules::{CrossCounts, Rule, RulesError, Trend, trend};

/// Parts of the window that are compared.
pub(super) const QUARTERS: usize = 4;

/// How a rule held.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Oldest first.
    pub quarters: [CrossCounts; QUARTERS],
    /// Days with at least one basket with both sides.
    pub days_with_both: u32,
}

impl Evidence {
    pub fn trend(&self) -> Trend {
        trend(&self.quarters)
    }

    /// Lift in a quarter; `None` where a side was not bought.
    pub fn lift(&self, quarter: usize) -> Option<f64> {
        let counts = &self.quarters[quarter];
        let chance = f64::from(counts.n_antecedent) * f64::from(counts.n_consequent);
        (chance > 0.0).then(|| f64::from(counts.n_both) * f64::from(counts.n_baskets) / chance)
    }
}

/// Of each rule, in order.
pub(super) fn evidence(
    store: &BasketStore,
    items: &LevelItems,
    rules: &[Rule],
    window: RangeInclusive<Day>,
) -> Result<Vec<Evidence>, RulesError> {
    let (from, to) = window.clone().into_inner();
    let none = CrossCounts { n_baskets: 0, n_antecedent: 0, n_consequent: 0, n_both: 0 };
    let mut found = vec![Evidence { quarters: [none; QUARTERS], days_with_both: 0 }; rules.len()];
    let n_items = items.ids.len();
    // Rules by the first item of their antecedent; items that matter at all.
    let mut by_first: Vec<Vec<u32>> = vec![Vec::new(); n_items];
    let mut matters = vec![false; n_items];
    for (number, rule) in rules.iter().enumerate() {
        by_first[rule.antecedent[0] as usize].push(number as u32);
        for item in rule.antecedent.iter().chain([&rule.consequent]) {
            matters[*item as usize] = true;
        }
    }
    let mut of_items = vec![[0_u32; QUARTERS]; n_items];
    let mut n_baskets = [0_u32; QUARTERS];
    let mut held = vec![false; n_items];
    let mut last_day = vec![Day::MIN; rules.len()];
    for (day, baskets) in store.days.range(window) {
        let quarter = (QUARTERS as i64 * i64::from(*day - from) / i64::from(to - from + 1)) as usize;
        for basket in baskets_of([baskets].into_iter(), &items.item_of, n_items as u32)?.iter() {
            n_baskets[quarter] += 1;
            let here: Vec<usize> = basket.iter().map(|item| *item as usize).filter(|item| matters[*item]).collect();
            for &item in &here {
                of_items[item][quarter] += 1;
                held[item] = true;
            }
            for &rule in here.iter().flat_map(|item| &by_first[*item]) {
                let (number, rule) = (rule as usize, &rules[rule as usize]);
                if rule.antecedent[1..].iter().all(|item| held[*item as usize]) {
                    let counts = &mut found[number].quarters[quarter];
                    counts.n_antecedent += 1;
                    if held[rule.consequent as usize] {
                        counts.n_both += 1;
                        found[number].days_with_both += u32::from(last_day[number] != *day);
                        last_day[number] = *day;
                    }
                }
            }
            for &item in &here {
                held[item] = false;
            }
        }
    }
    for (found, rule) in found.iter_mut().zip(rules) {
        for (quarter, counts) in found.quarters.iter_mut().enumerate() {
            counts.n_baskets = n_baskets[quarter];
            counts.n_consequent = of_items[rule.consequent as usize][quarter];
        }
    }
    Ok(found)
}
