//! Mines each level and turns what survives into rows.

use std::collections::BTreeMap;

use chrono::Days;
use polars::prelude::{Column, DataFrame, PolarsResult};

use super::dataset::{BasketBook, BasketFrames};
use super::{BasketRules, RuleLevel, grade, page};
use crate::job::{Progress, RunContext};
use crate::models::rules::{Baskets, Rule, RuleSettings, association_rules};
use crate::publication::{Caveat, Metric, Publication, PublishedTable, Severity, Unit};
use crate::published::ASSOCIATION_RULES;

/// A rule with the words and the money that are published with it.
#[derive(Clone, Debug)]
pub(super) struct RuleRow {
    pub level: RuleLevel,
    pub antecedent: String,
    pub consequent: String,
    pub antecedent_name: String,
    pub consequent_name: String,
    pub rank: i64,
    pub rule: Rule,
    pub margin_per_1000: Option<f64>,
    pub sentence: String,
}

/// What was searched at a level.
#[derive(Clone, Debug)]
pub(super) struct LevelFacts {
    pub level: RuleLevel,
    pub n_baskets: usize,
    pub n_items: usize,
    pub n_searched: f64,
    pub n_candidates: usize,
    pub n_kept: usize,
}

pub(super) fn recommend(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let from = ctx.as_of.checked_sub_days(Days::new(u64::from(params.window_days.get()) - 1)).unwrap_or(ctx.as_of);
    let book = BasketBook::read(frames, from, ctx.as_of, params.max_basket_items.get())?;
    if book.n_baskets == 0 {
        anyhow::bail!(
            "basket_lines: no basket of at most {} products from {from} to {}; raise `window_days` or `max_basket_items`",
            params.max_basket_items.get(),
            ctx.as_of
        );
    }
    let mut caveats = caveats_of(params, &book, from);
    let mut levels = params.levels.clone();
    levels.sort_unstable();
    levels.dedup();
    if !book.products.iter().any(|facts| facts.category.is_some()) {
        levels.retain(|level| *level == RuleLevel::Product);
    }
    let (mut rows, mut searched) = (Vec::new(), Vec::new());
    for (done, &level) in levels.iter().enumerate() {
        progress.report("levels mined", done as u64, levels.len() as u64);
        let (found, facts) = mine(params, &book, level)?;
        rows.extend(found);
        searched.push(facts);
    }
    progress.report("levels mined", levels.len() as u64, levels.len() as u64);
    let echoes = name_category_lift(&mut rows, &book, params);
    if echoes > 0 {
        caveats.push(caveat(
            (Severity::Note, "echoes_of_categories"),
            echoes,
            "product rules whose categories are related as well; their sentence names the lift of the categories, which may be all there is to them".to_owned(),
        ));
    }
    let frame = frame_of(&rows)?;
    let graded = grade::grade(params, ctx, frames)?;
    let n_of = |level: RuleLevel| rows.iter().filter(|row| row.level == level).count() as f64;
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let metrics = vec![
        metric("rules", Some(rows.len() as f64), Unit::Count, "Rules beyond chance"),
        metric("rules_product", Some(n_of(RuleLevel::Product)), Unit::Count, "Product rules"),
        metric("rules_category", Some(n_of(RuleLevel::Category)), Unit::Count, "Category rules"),
        metric("baskets", Some(book.n_baskets as f64), Unit::Count, "Baskets in the window"),
        metric("rules_still_holding", graded.share(), Unit::Share, "Rules of the last publication that still hold"),
    ];
    let page = page::page(ctx, frames, &book, &rows, &searched, &graded)?;
    Ok(Publication {
        exports: if rows.is_empty() { Vec::new() } else { vec![page::export(&rows)] },
        memory: None,
        tables: vec![PublishedTable { schema: &ASSOCIATION_RULES, frame }],
        metrics,
        caveats,
        page,
    })
}

fn mine(params: &BasketRules, book: &BasketBook, level: RuleLevel) -> anyhow::Result<(Vec<RuleRow>, LevelFacts)> {
    let (ids, item_of) = book.items(level, params.category_depth.map(crate::quantities::Count::get));
    let pairs = book.lines.iter().filter_map(|line| Some((line.basket, item_of[line.product as usize]?))).collect();
    let baskets = Baskets::from_pairs(pairs, ids.len() as u32)?;
    let by_share = params.min_support.map_or(0.0, |share| (share.get() * baskets.n_baskets() as f64).ceil());
    let settings = RuleSettings {
        min_count: params.min_support_count.get().max(by_share as u32),
        min_confidence: params.min_confidence.get(),
        max_length: params.max_length.get(),
        alpha: params.significance.get(),
        ..RuleSettings::default()
    };
    let below = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    let related = |a: u32, b: u32| {
        let (a, b) = (ids[a as usize].as_str(), ids[b as usize].as_str());
        level == RuleLevel::Category && (below(a, b) || below(b, a))
    };
    let found = association_rules(&baskets, &settings, &related)?;
    let margins = margins(book, &item_of, ids.len());
    let facts = LevelFacts {
        level,
        n_baskets: baskets.n_baskets(),
        n_items: ids.len(),
        n_searched: found.n_searched,
        n_candidates: found.n_candidates,
        n_kept: found.rules.len(),
    };
    let mut rules = found.rules;
    rules.sort_by(|a, b| {
        b.lift_lower
            .total_cmp(&a.lift_lower)
            .then_with(|| a.antecedent.cmp(&b.antecedent))
            .then_with(|| a.consequent.cmp(&b.consequent))
    });
    let joined = |items: &[u32], word: &dyn Fn(&str) -> String| {
        items.iter().map(|&item| word(&ids[item as usize])).collect::<Vec<_>>().join(" + ")
    };
    let rows = rules.into_iter().enumerate().map(|(place, rule)| {
        let name = |id: &str| book.name_of(level, id);
        let (antecedent_name, consequent_name) =
            (joined(&rule.antecedent, &name), name(&ids[rule.consequent as usize]));
        let extra = rule.measures.confidence - f64::from(rule.n_consequent) / f64::from(rule.n_baskets);
        RuleRow {
            level,
            antecedent: joined(&rule.antecedent, &str::to_owned),
            consequent: ids[rule.consequent as usize].clone(),
            rank: place as i64 + 1,
            margin_per_1000: margins[rule.consequent as usize].map(|margin| 1000.0 * extra * margin),
            sentence: format!(
                "Baskets with {antecedent_name} contain {consequent_name} {:.1} times as often as chance (in {} of {}; at least {:.1} times with 95 % confidence)",
                rule.measures.lift,
                page::grouped(f64::from(rule.n_both)),
                page::grouped(f64::from(rule.n_antecedent)),
                rule.lift_lower
            ),
            antecedent_name,
            consequent_name,
            rule,
        }
    });
    Ok((rows.collect(), facts))
}

/// Margin of each item per basket that holds it, in minor currency units; `None` where a line has no cost.
fn margins(book: &BasketBook, item_of: &[Option<u32>], n_items: usize) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<f64>> = vec![Some(0.0); n_items];
    let mut held: Vec<(u32, u32)> = Vec::with_capacity(book.lines.len());
    for line in &book.lines {
        let Some(item) = item_of[line.product as usize] else { continue };
        let cost = book.products[line.product as usize].unit_cost;
        let margin = cost.map(|cost| line.net_amount as f64 - cost as f64 * line.quantity as f64 / 1000.0);
        sums[item as usize] = sums[item as usize].zip(margin).map(|(sum, margin)| sum + margin);
        held.push((item, line.basket));
    }
    held.sort_unstable();
    held.dedup();
    let mut baskets = vec![0.0; n_items];
    for (item, _) in held {
        baskets[item as usize] += 1.0;
    }
    sums.into_iter().zip(baskets).map(|(sum, baskets)| sum.filter(|_| baskets > 0.0).map(|sum| sum / baskets)).collect()
}

/// Adds the lift of its two categories to the sentence of every product pair whose categories form a rule.
fn name_category_lift(rows: &mut [RuleRow], book: &BasketBook, params: &BasketRules) -> u64 {
    let by_categories: BTreeMap<(String, String), f64> = rows
        .iter()
        .filter(|row| row.level == RuleLevel::Category && row.rule.antecedent.len() == 1)
        .map(|row| ((row.antecedent.clone(), row.consequent.clone()), row.rule.measures.lift))
        .collect();
    let (ids, item_of) = book.items(RuleLevel::Category, params.category_depth.map(crate::quantities::Count::get));
    let category = |product: u32| item_of[product as usize].map(|item| ids[item as usize].clone());
    let mut echoes = 0;
    for row in rows.iter_mut().filter(|row| row.level == RuleLevel::Product && row.rule.antecedent.len() == 1) {
        let Some(key) = category(row.rule.antecedent[0]).zip(category(row.rule.consequent)) else { continue };
        if let Some(lift) = by_categories.get(&key) {
            row.sentence.push_str(&format!("; their categories: {lift:.1} times"));
            echoes += 1;
        }
    }
    echoes
}

fn caveat((severity, code): (Severity, &str), count: u64, text: String) -> Caveat {
    Caveat { severity, code: code.to_owned(), count, text, examples: Vec::new() }
}

fn caveats_of(params: &BasketRules, book: &BasketBook, from: chrono::NaiveDate) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    if book.n_too_large > 0 {
        let limit = params.max_basket_items.get();
        caveats.push(caveat(
            (Severity::Note, "large_baskets"),
            book.n_too_large as u64,
            format!("baskets of more than {limit} products were left out as no shopper's; raise `max_basket_items` if they are"),
        ));
    }
    let start = from.to_epoch_days();
    if let Some(late) = book.first_day.map(|day| day - start).filter(|late| *late > 7) {
        caveats.push(caveat(
            (Severity::Note, "short_history"),
            late as u64,
            "days at the start of the window have no baskets; rarer rules will show as history grows".to_owned(),
        ));
    }
    if !book.has_products {
        caveats.push(caveat(
            (Severity::Warning, "no_products"),
            book.products.len() as u64,
            "there is no dataset `products`: rules name ids, without categories and money; write sql/datasets/products.sql"
                .to_owned(),
        ));
        return caveats;
    }
    let mut missing = |code: &str, text: &str, lacks: &dyn Fn(usize) -> bool| {
        let found: Vec<usize> = (0..book.products.len()).filter(|&number| lacks(number)).collect();
        if !found.is_empty() {
            let mut one = caveat((Severity::Warning, code), found.len() as u64, text.to_owned());
            one.examples = found.iter().take(5).map(|&number| book.product_ids[number].clone()).collect();
            caveats.push(one);
        }
    };
    let named = |number: usize| book.products[number].name.is_some();
    missing(
        "unknown_products",
        "products sold are not in `products`: they are named by id, without category and cost; add them",
        &|number| !named(number),
    );
    missing(
        "no_unit_cost",
        "products have no `unit_cost`: `margin_per_1000` is empty for rules that lead to them or to their category; fill it in",
        &|number| named(number) && book.products[number].unit_cost.is_none(),
    );
    if params.levels.contains(&RuleLevel::Category) {
        missing(
            "no_category",
            "products have no `category_path` and are absent from the category rules; fill it in",
            &|number| named(number) && book.products[number].category.is_none(),
        );
    }
    caveats
}

fn frame_of(rows: &[RuleRow]) -> PolarsResult<DataFrame> {
    let text =
        |name: &str, of: &dyn Fn(&RuleRow) -> String| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let whole =
        |name: &str, of: &dyn Fn(&RuleRow) -> i64| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let real =
        |name: &str, of: &dyn Fn(&RuleRow) -> f64| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let perhaps = |name: &str, of: &dyn Fn(&RuleRow) -> Option<f64>| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    DataFrame::new(
        rows.len(),
        vec![
            text("level", &|row| row.level.name().to_owned()),
            text("antecedent", &|row| row.antecedent.clone()),
            text("consequent", &|row| row.consequent.clone()),
            text("antecedent_name", &|row| row.antecedent_name.clone()),
            text("consequent_name", &|row| row.consequent_name.clone()),
            whole("rank", &|row| row.rank),
            whole("n_baskets", &|row| i64::from(row.rule.n_baskets)),
            whole("n_antecedent", &|row| i64::from(row.rule.n_antecedent)),
            whole("n_consequent", &|row| i64::from(row.rule.n_consequent)),
            whole("n_both", &|row| i64::from(row.rule.n_both)),
            real("support", &|row| row.rule.measures.support),
            real("confidence", &|row| row.rule.measures.confidence),
            real("lift", &|row| row.rule.measures.lift),
            real("lift_lower", &|row| row.rule.lift_lower),
            real("leverage", &|row| row.rule.measures.leverage),
            perhaps("conviction", &|row| row.rule.measures.conviction.ok()),
            real("p_value", &|row| row.rule.p_value),
            real("q_value", &|row| row.rule.q_value),
            perhaps("margin_per_1000", &|row| row.margin_per_1000),
            text("sentence", &|row| row.sentence.clone()),
        ],
    )
}
