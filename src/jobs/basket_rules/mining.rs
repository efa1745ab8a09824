//! Mines each level and turns what survives into rows.

use super::BasketRules;
use super::RuleLevel;
use super::basket_store::BasketStore;
use super::catalogue::Catalogue;
use super::echoes::{CategoryRules, says_more};
use super::evidence::evidence;
use super::frames::Window;
use super::level_counts::LevelCounts;
use super::level_items::LevelItems;
use super::levels::{Level, LevelFacts};
use super::memory::CarriedOn;
use super::rule_row::RuleRow;
use crate::job::Progress;
use crate::models::rules::{Rule, RuleSettings, RulesError, RulesFound, association_rules};

/// What every level is mined from.
pub(super) struct Mine<'a> {
    pub params: &'a BasketRules,
    pub window: Window,
    pub store: &'a BasketStore,
    pub catalogue: &'a Catalogue,
    pub carried_on: Option<&'a CarriedOn>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Mined {
    /// From products up to the top of the category tree; strongest first within a level.
    pub rules: Vec<RuleRow>,
    /// What was searched, in the same order of levels.
    pub searched: Vec<LevelFacts>,
    /// What the next night may carry on.
    pub counted: Vec<LevelCounts>,
}

/// What a level holds before the echoes are left out.
struct Search {
    found: RulesFound,
    /// Of all rules between categories, where `found` is limited to some.
    unlimited: Option<RulesFound>,
    counts: Option<LevelCounts>,
    /// Whether `counts` were carried on.
    advanced: bool,
}

impl Mine<'_> {
    /// Mines from the top of the category tree down, so that rules between categories are known before those that may echo them.
    ///
    /// # Errors
    /// Baskets that cannot be numbered.
    pub fn all(&self, levels: &[Level], progress: &Progress) -> Result<Mined, RulesError> {
        let (mut mined, mut categories) = (Mined::default(), CategoryRules::default());
        for (done, level) in levels.iter().enumerate() {
            let steps =
                |what: &str| progress.report(&format!("{} {what}", level.name), done as u64, levels.len() as u64);
            self.level(level, &mut categories, &mut mined, &steps)?;
        }
        progress.report("levels mined", levels.len() as u64, levels.len() as u64);
        // Mined from the top down, told from the bottom up.
        mined.rules.sort_by_key(|row| levels.iter().rev().position(|level| level.name == row.level));
        mined.searched.reverse();
        Ok(mined)
    }

    fn level(
        &self,
        level: &Level,
        categories: &mut CategoryRules,
        mined: &mut Mined,
        steps: &dyn Fn(&str),
    ) -> Result<(), RulesError> {
        let items = level.items(self.store, self.catalogue);
        steps("counted");
        let n_baskets = items.n_baskets(self.store);
        let settings = self.settings(level, &items, n_baskets);
        let Search { found, unlimited, counts, advanced } = self.search(level, &items, &settings, steps)?;
        steps("looked at again");
        let mut rules = found.rules;
        categories.add(level, &items, unlimited.as_ref().map_or(&rules, |found| &found.rules));
        let parent_lift = |rule: &Rule| categories.lift_of_the_rest(level, &items, self.catalogue, rule);
        let n_significant = rules.len();
        rules.retain(|rule| parent_lift(rule).is_none_or(|lift| says_more(rule, lift, settings.alpha)));
        mined.searched.push(LevelFacts {
            name: level.name.clone(),
            n_baskets,
            n_single: items.n_single(self.store),
            n_items: items.ids.len(),
            n_searched: found.n_searched,
            n_candidates: found.n_candidates,
            n_explained: n_significant - rules.len(),
            n_kept: rules.len(),
            advanced,
        });
        mined.counted.extend(counts);
        rules.sort_by(|a, b| b.lift_lower.total_cmp(&a.lift_lower).then_with(|| items.sides(a).cmp(&items.sides(b))));
        mined.rules.extend(self.rows(level, &items, rules, &parent_lift)?);
        Ok(())
    }

    fn settings(&self, level: &Level, items: &LevelItems, n_baskets: u32) -> RuleSettings {
        let params = self.params;
        let by_share = params.min_support.map_or(0.0, |share| (share.get() * f64::from(n_baskets)).ceil());
        let named = |names: &[String]| level.named_items(names, items, self.catalogue);
        let side = |names: &[String]| (!names.is_empty()).then(|| named(names));
        RuleSettings {
            min_count: params.min_support_count.get().max(by_share as u32),
            min_confidence: params.min_confidence.get(),
            max_length: params.max_length.get(),
            alpha: params.significance.get(),
            forbidden: named(&params.never),
            antecedents: side(&params.antecedents),
            consequents: side(&params.consequents),
            ..RuleSettings::default()
        }
    }

    /// Pairs are counted in a way that can be carried on from night to night, longer rules are mined every night.
    fn search(
        &self,
        level: &Level,
        items: &LevelItems,
        settings: &RuleSettings,
        steps: &dyn Fn(&str),
    ) -> Result<Search, RulesError> {
        // Which rules only echo their categories is asked of all rules between categories.
        let limited = settings.antecedents.is_some() || settings.consequents.is_some();
        let without_limits = (limited && level.kind == RuleLevel::Category).then(|| RuleSettings {
            antecedents: None,
            consequents: None,
            ..settings.clone()
        });
        let related = |a: u32, b: u32| level.is_nested(&items.ids[a as usize], &items.ids[b as usize]);
        let baskets = || items.baskets(self.store);
        if settings.max_length > 2 {
            let rules = |settings: &RuleSettings| association_rules(&baskets()?, settings, &related);
            let unlimited = without_limits.as_ref().map(rules).transpose()?;
            return Ok(Search { found: rules(settings)?, unlimited, counts: None, advanced: false });
        }
        let known = self.carried_on.map_or(&[][..], |carried_on| &carried_on.counted);
        let carried = match known.iter().find(|counts| counts.level == level.name) {
            Some(before) => {
                let changes = self.carried_on.map_or(&[][..], |carried_on| &carried_on.changes);
                before.advanced(items, changes, settings.min_count)?
            }
            None => None,
        };
        let advanced = carried.is_some();
        let mut counts = match carried {
            Some(carried) => carried,
            None => LevelCounts::mine(&level.name, items, &baskets()?, settings.min_count)?,
        };
        steps("tested");
        let found = counts.book.rules(baskets, settings, &related)?;
        let unlimited = match &without_limits {
            Some(without_limits) => Some(counts.book.rules(baskets, without_limits, &related)?),
            None => None,
        };
        Ok(Search { found, unlimited, counts: Some(counts), advanced })
    }

    /// Rules with their names, money and how they held.
    fn rows(
        &self,
        level: &Level,
        items: &LevelItems,
        rules: Vec<Rule>,
        parent_lift: &dyn Fn(&Rule) -> Option<f64>,
    ) -> Result<Vec<RuleRow>, RulesError> {
        let held = evidence(self.store, items, &rules, self.window.days())?;
        let margins = self.catalogue.margins(self.store, items);
        let name = |id: &str| self.catalogue.name_of(level.kind, id);
        let rows = (1..).zip(rules.into_iter().zip(held)).map(|(rank, (rule, evidence))| {
            let (left, right) = items.sides(&rule);
            let extra = rule.measures.confidence - f64::from(rule.n_consequent) / f64::from(rule.n_baskets);
            let margin = margins[rule.consequent as usize].map(|margin| margin / f64::from(rule.n_consequent));
            let mut row = RuleRow {
                kind: level.kind,
                level: level.name.clone(),
                antecedent: left.join(" + "),
                consequent: right.to_owned(),
                antecedent_name: left.iter().map(|id| name(id)).collect::<Vec<_>>().join(" + "),
                consequent_name: name(right),
                rank,
                margin_per_1000: margin.map(|margin| 1000.0 * extra * margin),
                evidence,
                parent_lift: parent_lift(&rule),
                sentence: String::new(),
                rule,
            };
            row.sentence = row.told();
            row
        });
        Ok(rows.collect())
    }
}
