//! What a reader must know beside the rules.

use super::decision::Decision;
use super::facts::ProductFacts;
use super::frames::Window;
use super::{BasketRules, RuleLevel};
use crate::publication::{Caveat, Severity};

/// Days without baskets at the start of the window that are worth a word.
const LATE_START: u64 = 7;

/// Each says its caveat, or nothing.
const RULES: [fn(&Decision<'_>) -> Option<Caveat>; 6] =
    [large_baskets, remembered_baskets, no_customer_purchases, short_history, echoes_of_categories, no_products];

/// What products may lack: the code, whether one lacks it, and what follows.
const LACKS: [(&str, fn(&BasketRules, &ProductFacts) -> bool, &str); 3] = [
    (
        "unknown_products",
        |_, facts| facts.name.is_none(),
        "products sold are not in `products`: they are named by id, without category and cost; add them",
    ),
    (
        "no_unit_cost",
        |_, facts| facts.name.is_some() && facts.unit_cost.is_none(),
        "products have no `unit_cost`: `margin_per_1000` is empty for rules that lead to them or to their category; fill it in",
    ),
    (
        "no_category",
        |params, facts| {
            params.levels.contains(&RuleLevel::Category) && facts.name.is_some() && facts.category.is_none()
        },
        "products have no `category_path` and are absent from the category rules; fill it in",
    ),
];

pub(super) fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let mut caveats: Vec<Caveat> = RULES.iter().filter_map(|rule| rule(decision)).collect();
    if decision.catalogue.has_products {
        caveats.extend(LACKS.iter().filter_map(|(code, lacks, text)| missing(decision, code, *lacks, text)));
    }
    caveats
}

fn large_baskets(decision: &Decision<'_>) -> Option<Caveat> {
    let limit = decision.params.max_basket_items.get();
    let text = format!(
        "baskets of more than {limit} products were left out as no shopper's; raise `max_basket_items` if they are"
    );
    note("large_baskets", decision.n_too_large(), text)
}

fn remembered_baskets(decision: &Decision<'_>) -> Option<Caveat> {
    let day = decision.remembered_since.and_then(chrono::NaiveDate::from_epoch_days)?;
    let how = if decision.searched.iter().all(|facts| facts.advanced) { " and counts" } else { "" };
    let text = format!(
        "rows: baskets{how} from before the last {} days are those read on {day}; a correction of older ones is seen at the \
         next complete read, {} days after it",
        decision.params.reread_days.get(),
        decision.params.complete_read_days.get()
    );
    note("remembered_baskets", decision.frames.baskets.n_rows(), text)
}

fn no_customer_purchases(decision: &Decision<'_>) -> Option<Caveat> {
    let text = "nothing is said about what customers buy next: there is no dataset `customer_purchases`; write \
                sql/datasets/customer_purchases.sql if orders name their customers";
    note("no_customer_purchases", u64::from(decision.next.is_none()), text.to_owned())
}

fn short_history(decision: &Decision<'_>) -> Option<Caveat> {
    let start = *Window::of(decision.params, decision.ctx).days().start();
    let days = &decision.frames.baskets.days;
    let (first, _) = days.iter().find(|(_, day)| day.n_baskets() > 0)?;
    let late = u64::try_from(first - start).ok().filter(|late| *late > LATE_START)?;
    let text = "days at the start of the window have no baskets; rarer rules will show as history grows";
    note("short_history", late, text.to_owned())
}

fn echoes_of_categories(decision: &Decision<'_>) -> Option<Caveat> {
    let explained: usize = decision.searched.iter().map(|facts| facts.n_explained).sum();
    let text =
        "rules were left out because the rest of their categories meets as often: the rule of the categories says it";
    note("echoes_of_categories", explained as u64, text.to_owned())
}

fn no_products(decision: &Decision<'_>) -> Option<Caveat> {
    let text =
        "there is no dataset `products`: rules name ids, without categories and money; write sql/datasets/products.sql";
    (!decision.catalogue.has_products)
        .then(|| warning("no_products", decision.catalogue.products.len() as u64, text.to_owned()))
}

/// Of the products that lack something.
fn missing(
    decision: &Decision<'_>,
    code: &str,
    lacks: fn(&BasketRules, &ProductFacts) -> bool,
    text: &str,
) -> Option<Caveat> {
    let products = decision.frames.baskets.product_ids.iter().zip(&decision.catalogue.products);
    let mut found: Vec<&String> =
        products.filter(|(_, facts)| lacks(decision.params, facts)).map(|(id, _)| id).collect();
    found.sort_unstable();
    let examples = found.iter().take(5).map(|id| (*id).clone()).collect();
    (!found.is_empty()).then(|| Caveat { examples, ..warning(code, found.len() as u64, text.to_owned()) })
}

/// Nothing where there is nothing to count.
fn note(code: &str, count: u64, text: String) -> Option<Caveat> {
    (count > 0).then(|| Caveat { severity: Severity::Note, ..warning(code, count, text) })
}

fn warning(code: &str, count: u64, text: String) -> Caveat {
    Caveat { severity: Severity::Warning, code: code.to_owned(), count, text, examples: Vec::new() }
}
