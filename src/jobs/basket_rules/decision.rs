//! All that tables, page and files are made from.

use super::catalogue::Catalogue;
use super::cross_sell::CrossSell;
use super::frames::BasketFrames;
use super::grade::RulesGrade;
use super::levels::LevelFacts;
use super::next_counts::{NextCounts, NextRow};
use super::rule_row::RuleRow;
use super::substitutes::Replacement;
use super::{BasketRules, RuleLevel};
use crate::day::Day;
use crate::job::RunContext;

/// All that tables, page and files are made from.
pub(super) struct Decision<'a> {
    pub params: &'a BasketRules,
    pub ctx: &'a RunContext,
    pub frames: &'a BasketFrames,
    /// The day of the last complete read, when older baskets are remembered from it.
    pub remembered_since: Option<Day>,
    pub catalogue: &'a Catalogue,
    /// From products up to the top of the category tree; strongest first within a level.
    pub rules: Vec<RuleRow>,
    /// What was searched, in the same order of levels.
    pub searched: Vec<LevelFacts>,
    pub cross_sell: Vec<CrossSell>,
    /// Both ways round.
    pub substitutes: Vec<Replacement>,
    /// `None` without the dataset.
    pub next: Option<&'a NextCounts>,
    pub next_rows: Vec<NextRow<'a>>,
    pub grade: RulesGrade,
}

impl Decision<'_> {
    pub fn n_rules(&self, kind: RuleLevel) -> usize {
        self.rules.iter().filter(|row| row.kind == kind).count()
    }

    /// Baskets of the window.
    pub fn n_baskets(&self) -> usize {
        self.frames.baskets.n_baskets(Day::MIN)
    }

    /// Baskets left out because they hold too many products.
    pub fn n_too_large(&self) -> u64 {
        self.frames.baskets.days.values().map(|day| u64::from(day.n_too_large)).sum()
    }

    /// Products with something to recommend.
    pub fn n_with_cross_sell(&self) -> usize {
        self.cross_sell.iter().map(|row| &row.product).collect::<std::collections::BTreeSet<_>>().len()
    }
}
