//! Mines each level and turns what survives into rows.

use std::collections::{BTreeMap, BTreeSet};

use super::basket_store::DayBaskets;
use super::cross_sell::cross_sell;
use super::dataset::{BasketFrames, Catalogue, remembered, window};
use super::evidence::evidence;
use super::level::{LevelCounts, LevelItems, parts};
use super::rows::{RuleRow, cross_sell_frame, measures_frame, next_purchases_frame, rules_frame, substitutes_frame};
use super::substitutes::substitutes;
use super::{BasketRules, RuleLevel, caveats, grade, next_purchases, page};
use crate::job::{Progress, RunContext};
use crate::models::rules::{
    Baskets, Rule, RuleSettings, RulesError, RulesFound, SizeTally, association_rules, ln_binomial_upper_tail,
};
use crate::publication::{Metric, Publication, PublishedTable, Unit};
use crate::published::{ASSOCIATION_RULES, CROSS_SELL, NEXT_PURCHASES, RULE_MEASURES, SUBSTITUTES};

/// One level of a run.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub kind: RuleLevel,
    /// Parts of the category path; `None`: all of it.
    depth: Option<u32>,
    /// In the tables.
    pub name: String,
}

impl Level {
    pub fn items(&self, frames: &BasketFrames, catalogue: &Catalogue) -> LevelItems {
        LevelItems::new(self.kind, self.depth, &frames.baskets.product_ids, &catalogue.products)
    }
}

/// What was searched at a level.
#[derive(Clone, Debug)]
pub(super) struct LevelFacts {
    pub name: String,
    pub n_baskets: u32,
    /// Baskets of one item.
    pub n_single: u32,
    pub n_items: usize,
    pub n_searched: f64,
    pub n_candidates: usize,
    /// Rules that the rest of their categories explains.
    pub n_explained: usize,
    pub n_kept: usize,
    /// Whether the counts of an earlier night were carried on.
    pub advanced: bool,
}

/// Rules of a level above, by the ids of both sides: baskets with both, and how many chance gives.
type Parents = BTreeMap<(String, String, String), (u32, f64)>;

pub(super) fn recommend(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let (from, to) = window(params, ctx);
    let n_baskets = frames.baskets.n_baskets(i32::MIN);
    if n_baskets == 0 {
        anyhow::bail!(
            "basket_lines: no basket of at most {} products from {from} to {to}; raise `window_days` or `max_basket_items`",
            params.max_basket_items.get()
        );
    }
    let catalogue = Catalogue::new(frames, params.category_depth)?;
    let levels = levels(params, &catalogue);
    let (mut rows, mut searched, mut counted, mut parents) = (Vec::new(), Vec::new(), Vec::new(), Parents::new());
    for (done, level) in levels.iter().enumerate() {
        let steps = |what: &str| progress.report(&format!("{} {what}", level.name), done as u64, levels.len() as u64);
        let items = level.items(frames, &catalogue);
        let (found, facts, counts) = mine(params, ctx, frames, &catalogue, (level, &items), &mut parents, &steps)?;
        rows.extend(found);
        searched.push(facts);
        counted.extend(counts);
    }
    progress.report("levels mined", levels.len() as u64, levels.len() as u64);
    // Mined from the top down, told from the bottom up.
    rows.sort_by_key(|row: &RuleRow| levels.iter().rev().position(|level| level.name == row.level));
    searched.reverse();
    let next = next_purchases::counts(params, ctx, frames)?;
    let followed = next.as_ref().map(|counts| counts.rows(params, &catalogue)).unwrap_or_default();
    let caveats = caveats::caveats(params, ctx, frames, &catalogue, (&searched, next.as_ref()));
    let recommended = cross_sell(params, &rows, &catalogue);
    let known = counted.iter().find(|counts: &&LevelCounts| counts.level == RuleLevel::Product.name());
    let tally = match known {
        Some(counts) => counts.book.tally().clone(),
        None => SizeTally::of(&products(frames)?),
    };
    let replaced = substitutes(params, frames, &catalogue, &tally);
    let graded = grade::grade(params, ctx, frames, &catalogue)?;
    let n_of = |kind: RuleLevel| rows.iter().filter(|row| row.kind == kind).count() as f64;
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let with_cross_sell = recommended.iter().map(|row| &row.product).collect::<BTreeSet<_>>().len();
    let metrics = vec![
        metric("rules", Some(rows.len() as f64), Unit::Count, "Rules beyond chance"),
        metric("rules_product", Some(n_of(RuleLevel::Product)), Unit::Count, "Product rules"),
        metric("rules_category", Some(n_of(RuleLevel::Category)), Unit::Count, "Category rules"),
        metric("rules_brand", Some(n_of(RuleLevel::Brand)), Unit::Count, "Brand rules"),
        metric(
            "products_with_cross_sell",
            Some(with_cross_sell as f64),
            Unit::Count,
            "Products with something to recommend",
        ),
        metric("substitutes", Some(replaced.len() as f64 / 2.0), Unit::Count, "Pairs of likely substitutes"),
        metric(
            "next_purchases",
            next.as_ref().map(|_| followed.len() as f64),
            Unit::Count,
            "Pairs of products that customers buy one after the other",
        ),
        metric("baskets", Some(n_baskets as f64), Unit::Count, "Baskets in the window"),
        metric("rules_still_holding", graded.share(), Unit::Share, "Rules of the last publication that still hold"),
    ];
    let mut page = page::page(ctx, frames, &rows, (&recommended, catalogue.stock_day), &replaced, &searched, &graded)?;
    page.actions.extend(next_purchases::section(next.as_ref(), &followed));
    let measures = measures_frame(&rows)?;
    let mut exports = page::exports(&rows, &recommended);
    exports.extend(page::measures_export(&measures)?);
    exports.extend(next_purchases::export(&followed));
    let tables = vec![
        (&ASSOCIATION_RULES, rules_frame(&rows)?),
        (&RULE_MEASURES, measures),
        (&CROSS_SELL, cross_sell_frame(&recommended)?),
        (&SUBSTITUTES, substitutes_frame(&replaced)?),
        (&NEXT_PURCHASES, next_purchases_frame(&followed)?),
    ];
    drop(followed);
    Ok(Publication {
        exports,
        audits: Vec::new(),
        memory: remembered(params, ctx, frames, counted, next),
        tables: tables.into_iter().map(|(table, frame)| PublishedTable { table, frame }).collect(),
        metrics,
        caveats,
        page,
    })
}

/// The baskets as baskets of products.
fn products(frames: &BasketFrames) -> Result<Baskets, RulesError> {
    let ids = &frames.baskets.product_ids;
    LevelItems::new(RuleLevel::Product, None, ids, &[]).baskets(&frames.baskets)
}

/// What is mined, from the top of the category tree down to products.
pub(super) fn levels(params: &BasketRules, catalogue: &Catalogue) -> Vec<Level> {
    let wanted = |kind: RuleLevel| params.levels.contains(&kind);
    let deepest = catalogue.products.iter().filter_map(|facts| facts.category.as_deref()).map(parts).max();
    let mut levels = Vec::new();
    if let Some(deepest) = deepest.filter(|_| wanted(RuleLevel::Category)) {
        levels.extend((1..deepest).map(|depth| Level {
            kind: RuleLevel::Category,
            depth: Some(depth),
            name: format!("category_{depth}"),
        }));
        levels.push(Level { kind: RuleLevel::Category, depth: None, name: "category".to_owned() });
    }
    if wanted(RuleLevel::Brand) && catalogue.products.iter().any(|facts| facts.brand.is_some()) {
        levels.push(Level { kind: RuleLevel::Brand, depth: None, name: "brand".to_owned() });
    }
    if wanted(RuleLevel::Product) {
        levels.push(Level { kind: RuleLevel::Product, depth: None, name: "product".to_owned() });
    }
    levels
}

fn mine(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    catalogue: &Catalogue,
    (level, items): (&Level, &LevelItems),
    parents: &mut Parents,
    steps: &dyn Fn(&str),
) -> anyhow::Result<(Vec<RuleRow>, LevelFacts, Option<LevelCounts>)> {
    steps("counted");
    let n_baskets = items.n_baskets(&frames.baskets);
    let side = |names: &[String]| (!names.is_empty()).then(|| named_items(names, level.kind, items, catalogue));
    let by_share = params.min_support.map_or(0.0, |share| (share.get() * f64::from(n_baskets)).ceil());
    let settings = RuleSettings {
        min_count: params.min_support_count.get().max(by_share as u32),
        min_confidence: params.min_confidence.get(),
        max_length: params.max_length.get(),
        alpha: params.significance.get(),
        forbidden: named_items(&params.never, level.kind, items, catalogue),
        antecedents: side(&params.antecedents),
        consequents: side(&params.consequents),
        ..RuleSettings::default()
    };
    // Which rules only echo their categories is asked of all rules between categories.
    let limited = settings.antecedents.is_some() || settings.consequents.is_some();
    let unlimited = (limited && level.kind == RuleLevel::Category).then(|| RuleSettings {
        antecedents: None,
        consequents: None,
        ..settings.clone()
    });
    let below = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    let related = |a: u32, b: u32| {
        let (a, b) = (items.ids[a as usize].as_str(), items.ids[b as usize].as_str());
        level.kind == RuleLevel::Category && (below(a, b) || below(b, a))
    };
    let baskets = || items.baskets(&frames.baskets);
    let (mut advanced, mut counts, mut of_parents) = (false, None, None);
    let found: RulesFound = if settings.max_length == 2 {
        let before = frames.counted.iter().find(|counts| counts.level == level.name);
        let carried = match before {
            Some(before) => before.advanced(items, &frames.changes, settings.min_count)?,
            None => None,
        };
        advanced = carried.is_some();
        let mut now = match carried {
            Some(carried) => carried,
            None => LevelCounts::mine(&level.name, items, &baskets()?, settings.min_count)?,
        };
        steps("tested");
        let found = now.book.rules(baskets, &settings, &related)?;
        if let Some(unlimited) = &unlimited {
            of_parents = Some(now.book.rules(baskets, unlimited, &related)?);
        }
        counts = Some(now);
        found
    } else {
        if let Some(unlimited) = &unlimited {
            of_parents = Some(association_rules(&baskets()?, unlimited, &related)?);
        }
        association_rules(&baskets()?, &settings, &related)?
    };
    steps("looked at again");
    let mut rules = found.rules;
    let sides = |rule: &Rule| {
        let mut left: Vec<&str> = rule.antecedent.iter().map(|item| items.ids[*item as usize].as_str()).collect();
        left.sort_unstable();
        (left, items.ids[rule.consequent as usize].as_str())
    };
    for rule in
        of_parents.as_ref().map_or(&rules, |found| &found.rules).iter().filter(|rule| rule.antecedent.len() == 1)
    {
        let (left, right) = sides(rule);
        let key = (level.name.clone(), left[0].to_owned(), right.to_owned());
        parents.insert(key, (rule.n_both, rule.n_expected));
    }
    let parent_lift = |rule: &Rule| {
        let [left] = rule.antecedent[..] else { return None };
        let (name, left) = parent(level, &items.ids[left as usize], catalogue)?;
        let (_, right) = parent(level, &items.ids[rule.consequent as usize], catalogue)?;
        let (n_both, n_expected) = parents.get(&(name, left, right))?;
        lift_of_the_rest(rule, *n_both, *n_expected)
    };
    let mined = rules.len();
    rules.retain(|rule| parent_lift(rule).is_none_or(|lift| says_more(rule, lift, settings.alpha)));
    let facts = LevelFacts {
        name: level.name.clone(),
        n_baskets,
        n_single: items.n_single(&frames.baskets),
        n_items: items.ids.len(),
        n_searched: found.n_searched,
        n_candidates: found.n_candidates,
        n_explained: mined - rules.len(),
        n_kept: rules.len(),
        advanced,
    };
    rules.sort_by(|a, b| b.lift_lower.total_cmp(&a.lift_lower).then_with(|| sides(a).cmp(&sides(b))));
    let (from, to) = window(params, ctx);
    let held = evidence(&frames.baskets, items, &rules, (from.to_epoch_days(), to.to_epoch_days()))?;
    let margins = margins(frames, catalogue, items);
    let name = |id: &str| catalogue.name_of(level.kind, id);
    let rows = rules.into_iter().zip(held).enumerate().map(|(place, (rule, evidence))| {
        let (left, right) = sides(&rule);
        let extra = rule.measures.confidence - f64::from(rule.n_consequent) / f64::from(rule.n_baskets);
        let margin = margins[rule.consequent as usize].map(|margin| margin / f64::from(rule.n_consequent));
        let parent_lift = parent_lift(&rule);
        let mut row = RuleRow {
            kind: level.kind,
            level: level.name.clone(),
            antecedent: left.join(" + "),
            consequent: right.to_owned(),
            antecedent_name: left.iter().map(|id| name(id)).collect::<Vec<_>>().join(" + "),
            consequent_name: name(right),
            rank: place as i64 + 1,
            margin_per_1000: margin.map(|margin| 1000.0 * extra * margin),
            evidence,
            parent_lift,
            sentence: String::new(),
            rule,
        };
        row.sentence = sentence(&row);
        row
    });
    Ok((rows.collect(), facts, counts))
}

/// The items of a level that are named, or inside a category that is.
fn named_items(names: &[String], kind: RuleLevel, items: &LevelItems, catalogue: &Catalogue) -> BTreeSet<u32> {
    let is_named = |id: &String| match kind {
        RuleLevel::Product => is_named_product(names, id, catalogue),
        RuleLevel::Brand => names.contains(id),
        RuleLevel::Category => is_inside(names, id),
    };
    (0..items.ids.len() as u32).filter(|item| is_named(&items.ids[*item as usize])).collect()
}

/// Whether a product, or a category that it is in, is named.
pub(super) fn is_named_product(names: &[String], id: &String, catalogue: &Catalogue) -> bool {
    let category = || catalogue.product(id).and_then(|facts| facts.category.as_deref());
    names.contains(id) || category().is_some_and(|path| is_inside(names, path))
}

/// Whether a category is named, or below one that is.
fn is_inside(names: &[String], path: &str) -> bool {
    let below =
        |name: &String| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    names.iter().any(below)
}

/// The level above and the item there.
fn parent(level: &Level, id: &str, catalogue: &Catalogue) -> Option<(String, String)> {
    match level.kind {
        RuleLevel::Brand => None,
        RuleLevel::Product => Some(("category".to_owned(), catalogue.product(id)?.category.clone()?)),
        RuleLevel::Category => {
            let (above, _) = id.rsplit_once('/')?;
            Some((format!("category_{}", parts(above)), above.to_owned()))
        }
    }
}

/// Lift between the two categories of a rule without the rule's own share in it; `None` where nothing of note is left.
fn lift_of_the_rest(rule: &Rule, n_both: u32, n_expected: f64) -> Option<f64> {
    let (both, expected) = (n_both.saturating_sub(rule.n_both), n_expected - rule.n_expected);
    (expected >= 1.0).then(|| f64::from(both) / expected).filter(|lift| *lift > 1.0)
}

/// Whether a rule meets more often than its categories make it, beyond chance.
fn says_more(rule: &Rule, parent_lift: f64, alpha: f64) -> bool {
    let predicted = rule.n_expected * parent_lift;
    let draws = rule.n_antecedent.min(rule.n_consequent);
    f64::from(rule.n_both) > predicted
        && ln_binomial_upper_tail(rule.n_both, draws, (predicted / f64::from(draws)).min(1.0)) <= alpha.ln()
}

/// Margin of the sales of each item in minor currency units; `None` where a product has no cost.
fn margins(frames: &BasketFrames, catalogue: &Catalogue, items: &LevelItems) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<i128>> = vec![Some(0); items.ids.len()];
    for sale in frames.baskets.days.values().flat_map(DayBaskets::sales) {
        let Some(item) = items.item_of[sale.product as usize] else { continue };
        let sum = &mut sums[item as usize];
        *sum = sum.zip(catalogue.margin(sale)).map(|(sum, margin)| sum + margin);
    }
    sums.into_iter().map(|sum| sum.map(|thousandths| thousandths as f64 / 1000.0)).collect()
}

fn sentence(row: &RuleRow) -> String {
    let (rule, left, right) = (&row.rule, &row.antecedent_name, &row.consequent_name);
    let mut words = format!(
        "Baskets with {left} contain {right} {:.1} times as often as chance (in {} of {}; at least {:.1} times with 95 % confidence)",
        rule.measures.lift,
        page::grouped(f64::from(rule.n_both)),
        page::grouped(f64::from(rule.n_antecedent)),
        rule.lift_lower
    );
    if let Some(lift) = row.parent_lift {
        words.push_str(&format!("; the rest of their categories: {lift:.1} times"));
    }
    words
}
