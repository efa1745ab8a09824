use std::collections::BTreeSet;

use super::{CrossCounts, Measures};

/// What counts as a rule worth telling.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSettings {
    /// Fewest baskets that must hold all items of a rule (an absolute count, so that a busy night
    /// does not change the meaning).
    pub min_count: u32,
    /// Lowest share of the antecedent's baskets that must hold the consequent.
    pub min_confidence: f64,
    /// Most items in a rule, antecedent and consequent together; 2 means pairs. Each rule is held
    /// against all its sub-rules, so work grows as 2 to this power: above 12 it is read as 12.
    pub max_length: usize,
    /// Expected share of false rules among those kept.
    pub alpha: f64,
    /// Items that may stand in no rule (carrier bags, deposits). They still count towards the size
    /// of a basket.
    pub forbidden: BTreeSet<u32>,
    /// The only items that may stand on the left; `None` = any.
    pub antecedents: Option<BTreeSet<u32>>,
    /// The only items that may stand on the right; `None` = any.
    pub consequents: Option<BTreeSet<u32>>,
    /// Whether tests compare baskets of like size only. Leave it on for real shops.
    pub stratify_by_size: bool,
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            min_count: 20,
            min_confidence: 0.05,
            max_length: 3,
            alpha: 0.05,
            forbidden: BTreeSet::new(),
            antecedents: None,
            consequents: None,
            stratify_by_size: true,
        }
    }
}

/// "Baskets with the antecedent also hold the consequent": `A -> c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Items on the left, ascending.
    pub antecedent: Vec<u32>,
    /// The item on the right.
    pub consequent: u32,
    /// Baskets that hold the whole antecedent.
    pub n_antecedent: u32,
    /// Baskets that hold the consequent.
    pub n_consequent: u32,
    /// Baskets that hold both.
    pub n_both: u32,
    /// All baskets.
    pub n_baskets: u32,
    /// Baskets with both that chance alone would give, at the same basket sizes when the test is
    /// stratified by size.
    pub n_expected: f64,
    /// One-sided 95 % lower bound of the lift, given both margins: Byar's bound of a Poisson count,
    /// `lift · (1 - 1/(9 n_both) - 1.645/(3 √n_both))³` (Breslow & Day 1987, vol. II, p. 69).
    /// Cautious for rules of high confidence. Good to rank by.
    pub lift_lower: f64,
    /// Confidence less the highest confidence of a rule with a part of the antecedent; of a single antecedent its confidence.
    /// (Bayardo, Agrawal and Gunopulos, "Constraint-based rule mining in large, dense databases", ICDE 1999.)
    pub improvement: f64,
    /// Support, confidence, lift and the other measures.
    pub measures: Measures,
    /// One-sided p-value of "this rule says nothing": the largest over the test against chance and,
    /// for antecedents of several items, the tests against each antecedent with one item less (all
    /// must fail for the rule to be false). 0 when below 1e-308; see `ln_p`.
    pub p_value: f64,
    /// Natural logarithm of the p-value, which does not underflow.
    pub ln_p: f64,
    /// Benjamini-Hochberg q-value over the searched space.
    pub q_value: f64,
}

/// The rules kept, and what became of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct RulesFound {
    /// Most certain first (`ln_p`, then antecedent and consequent).
    pub rules: Vec<Rule>,
    /// Frequent itemsets, single items included.
    pub n_itemsets: usize,
    /// Rules that could have been found: over the `F` frequent items, `Σ l·C(F, l)` for lengths
    /// `l = 2..=max_length`; of a side that is limited, the choices there are.
    pub n_searched: f64,
    /// Rules of sufficient count and confidence whose items may stand together.
    pub n_candidates: usize,
    /// Candidates dropped because chance explains them (`lift <= 1` or `q_value > alpha`).
    pub n_insignificant: usize,
    /// Candidates dropped because a shorter rule with the same consequent says as much.
    pub n_redundant: usize,
}

impl Rule {
    /// The counts behind the measures.
    pub const fn counts(&self) -> CrossCounts {
        CrossCounts {
            n_baskets: self.n_baskets,
            n_antecedent: self.n_antecedent,
            n_consequent: self.n_consequent,
            n_both: self.n_both,
        }
    }
}
