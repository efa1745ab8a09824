//! A rule as it is published.

use super::RuleLevel;
use super::evidence::{Evidence, QUARTERS};
use crate::models::rules::Rule;
use crate::words::count;

/// A rule with the words and the money that are published with it.
#[derive(Clone, Debug)]
pub(super) struct RuleRow {
    pub kind: RuleLevel,
    /// The level's name in the tables.
    pub level: String,
    pub antecedent: String,
    pub consequent: String,
    pub antecedent_name: String,
    pub consequent_name: String,
    pub rank: i64,
    pub rule: Rule,
    pub margin_per_1000: Option<f64>,
    pub evidence: Evidence,
    /// How much more often than by chance its categories meet in other products.
    pub parent_lift: Option<f64>,
    pub sentence: String,
}

impl RuleRow {
    /// Which measures have no value, and why.
    pub fn undefined(&self) -> Option<String> {
        let mut reasons: Vec<String> =
            self.rule.measures.undefined().iter().map(|(name, why)| format!("{name}: {why}")).collect();
        if self.evidence.lift(QUARTERS - 1).is_none() {
            reasons.push("lift_recent: one side was not bought".to_owned());
        }
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// The rule in words.
    pub fn told(&self) -> String {
        let (rule, left, right) = (&self.rule, &self.antecedent_name, &self.consequent_name);
        let mut words = format!(
            "Baskets with {left} contain {right} {:.1} times as often as chance (in {} of {}; at least {:.1} times with 95 % confidence)",
            rule.measures.lift,
            count(rule.n_both.into()),
            count(rule.n_antecedent.into()),
            rule.lift_lower
        );
        if let Some(lift) = self.parent_lift {
            words.push_str(&format!("; the rest of their categories: {lift:.1} times"));
        }
        words
    }
}
