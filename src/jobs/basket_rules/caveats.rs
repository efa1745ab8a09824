//! What a reader must know beside the rules.

use super::dataset::{BasketFrames, Catalogue, window};
use super::next_purchases::NextCounts;
use super::recommend::LevelFacts;
use super::{BasketRules, RuleLevel};
use crate::job::RunContext;
use crate::publication::{Caveat, Severity};

/// Days without baskets at the start of the window that are worth a word.
const LATE_START: i32 = 7;

fn caveat((severity, code): (Severity, &str), count: u64, text: String) -> Caveat {
    Caveat { severity, code: code.to_owned(), count, text, examples: Vec::new() }
}

pub(super) fn caveats(
    params: &BasketRules,
    ctx: &RunContext,
    frames: &BasketFrames,
    catalogue: &Catalogue,
    (searched, next): (&[LevelFacts], Option<&NextCounts>),
) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    let store = &frames.baskets;
    let too_large: u64 = store.days.values().map(|day| u64::from(day.n_too_large)).sum();
    if too_large > 0 {
        let limit = params.max_basket_items.get();
        caveats.push(caveat(
            (Severity::Note, "large_baskets"),
            too_large,
            format!("baskets of more than {limit} products were left out as no shopper's; raise `max_basket_items` if they are"),
        ));
    }
    if let Some(day) = frames.remembered_since.and_then(chrono::NaiveDate::from_epoch_days) {
        let how = if searched.iter().all(|facts| facts.advanced) { " and counts" } else { "" };
        caveats.push(caveat(
            (Severity::Note, "remembered_baskets"),
            store.n_rows(),
            format!(
                "rows: baskets{how} from before the last {} days are those read on {day}; a correction of older ones is seen at the \
                 next complete read, {} days after it",
                params.reread_days.get(),
                params.complete_read_days.get()
            ),
        ));
    }
    if next.is_none() {
        let text = "nothing is said about what customers buy next: there is no dataset `customer_purchases`; write \
                    sql/datasets/customer_purchases.sql if orders name their customers";
        caveats.push(caveat((Severity::Note, "no_customer_purchases"), 1, text.to_owned()));
    }
    let start = window(params, ctx).0.to_epoch_days();
    let first_day = store.days.iter().find(|(_, day)| day.n_baskets() > 0).map(|(day, _)| *day);
    if let Some(late) = first_day.map(|day| day - start).filter(|late| *late > LATE_START) {
        caveats.push(caveat(
            (Severity::Note, "short_history"),
            late as u64,
            "days at the start of the window have no baskets; rarer rules will show as history grows".to_owned(),
        ));
    }
    let explained: usize = searched.iter().map(|facts| facts.n_explained).sum();
    if explained > 0 {
        caveats.push(caveat(
            (Severity::Note, "echoes_of_categories"),
            explained as u64,
            "rules were left out because the rest of their categories meets as often: the rule of the categories says it".to_owned(),
        ));
    }
    if !catalogue.has_products {
        caveats.push(caveat(
            (Severity::Warning, "no_products"),
            catalogue.products.len() as u64,
            "there is no dataset `products`: rules name ids, without categories and money; write sql/datasets/products.sql"
                .to_owned(),
        ));
        return caveats;
    }
    let mut missing = |code: &str, text: &str, lacks: &dyn Fn(usize) -> bool| {
        let mut found: Vec<&str> = (0..catalogue.products.len())
            .filter(|&number| lacks(number))
            .map(|number| store.product_ids[number].as_str())
            .collect();
        if !found.is_empty() {
            found.sort_unstable();
            let mut one = caveat((Severity::Warning, code), found.len() as u64, text.to_owned());
            one.examples = found.iter().take(5).map(|id| (*id).to_owned()).collect();
            caveats.push(one);
        }
    };
    let named = |number: usize| catalogue.products[number].name.is_some();
    missing(
        "unknown_products",
        "products sold are not in `products`: they are named by id, without category and cost; add them",
        &|number| !named(number),
    );
    missing(
        "no_unit_cost",
        "products have no `unit_cost`: `margin_per_1000` is empty for rules that lead to them or to their category; fill it in",
        &|number| named(number) && catalogue.products[number].unit_cost.is_none(),
    );
    if params.levels.contains(&RuleLevel::Category) {
        missing(
            "no_category",
            "products have no `category_path` and are absent from the category rules; fill it in",
            &|number| named(number) && catalogue.products[number].category.is_none(),
        );
    }
    caveats
}
