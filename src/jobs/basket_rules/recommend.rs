//! From what was read to the publication.

use super::catalogue::Catalogue;
use super::cross_sell::cross_sell;
use super::dataset::BasketData;
use super::decision::Decision;
use super::frames::Window;
use super::level_items::LevelItems;
use super::levels::levels;
use super::mining::{Mine, Mined};
use super::next_counts::NextCounts;
use super::substitutes::substitutes;
use super::{BasketRules, RuleLevel, caveats, exports, grade, memory, metrics, page, tables};
use crate::day::Day;
use crate::job::{Progress, RunContext};
use crate::models::rules::{RulesError, SizeTally};
use crate::publication::Publication;

pub(super) fn recommend(
    params: &BasketRules,
    ctx: &RunContext,
    data: &BasketData,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let BasketData { frames, carried_on } = data;
    let (carried_on, window) = (carried_on.as_ref(), Window::of(params, ctx));
    if frames.baskets.n_baskets(Day::MIN) == 0 {
        anyhow::bail!(
            "basket_lines: no basket of at most {} products from {} to {}; raise `window_days` or `max_basket_items`",
            params.max_basket_items.get(),
            window.first,
            window.last
        );
    }
    let catalogue = &Catalogue::new(frames, params.category_depth)?;
    let mine = Mine { params, window, store: &frames.baskets, catalogue, carried_on };
    let mined = mine.all(&levels(params, catalogue), progress)?;
    let tally = product_tally(data, &mined)?;
    let next = NextCounts::of(params, ctx, frames, carried_on.and_then(|carried_on| carried_on.next.as_ref()))?;
    let decision = Decision {
        params,
        ctx,
        frames,
        remembered_since: carried_on.map(|carried_on| carried_on.complete_on),
        catalogue,
        cross_sell: cross_sell(params, &mined.rules, catalogue),
        substitutes: substitutes(params, frames, catalogue, &tally),
        next: next.as_ref(),
        next_rows: next.as_ref().map(|counts| counts.rows(params, catalogue)).unwrap_or_default(),
        grade: grade::grade(params, ctx, frames, catalogue)?,
        rules: mined.rules,
        searched: mined.searched,
    };
    let tables = tables::tables(&decision)?;
    let publication = Publication {
        metrics: metrics::metrics(&decision),
        caveats: caveats::caveats(&decision),
        page: page::page(&decision)?,
        exports: exports::exports(&decision, &tables)?,
        tables,
        ..Publication::default()
    };
    let memory = memory::encoded(params, ctx, &frames.baskets, carried_on, mined.counted, next)?;
    Ok(Publication { memory, ..publication })
}

/// How many baskets of each size hold each product: counted while pairs of products were, or else anew.
fn product_tally(data: &BasketData, mined: &Mined) -> Result<SizeTally, RulesError> {
    let store = &data.frames.baskets;
    match mined.counted.iter().find(|counts| counts.level == RuleLevel::Product.name()) {
        Some(counts) => Ok(counts.book.tally().clone()),
        None => Ok(SizeTally::of(&LevelItems::new(RuleLevel::Product, None, &store.product_ids, &[]).baskets(store)?)),
    }
}
