//! What a reader must know beside the rules.

use super::RuleLevel;
use super::decision::Decision;
use super::facts::ProductFacts;
use super::frames::Window;
use crate::page_kit::{Concern, Rule};
use crate::publication::Caveat;

/// Days without baskets at the start of the window that are worth a word.
const LATE_START: u64 = 7;

pub(super) fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let rules = [
        Rule::note("large_baskets", large_baskets),
        Rule::note("remembered_baskets", remembered_baskets),
        Rule::note("no_customer_purchases", no_customer_purchases),
        Rule::note("short_history", short_history),
        Rule::note("echoes_of_categories", echoes_of_categories),
        Rule::warning("no_products", no_products),
        Rule::warning("unknown_products", unknown_products),
        Rule::warning("no_unit_cost", no_unit_cost),
        Rule::warning("no_category", no_category),
    ];
    Rule::caveats(&rules, decision)
}

fn large_baskets(decision: &Decision<'_>) -> Option<Concern> {
    let limit = decision.params.max_basket_items.get();
    let text = format!(
        "baskets of more than {limit} products were left out as no shopper's; raise `max_basket_items` if they are"
    );
    Concern::of_any(decision.n_too_large(), text)
}

fn remembered_baskets(decision: &Decision<'_>) -> Option<Concern> {
    let day = decision.remembered_since?;
    let how = if decision.searched.iter().all(|facts| facts.advanced) { " and counts" } else { "" };
    let text = format!(
        "rows: baskets{how} from before the last {} days are those read on {day}; a correction of older ones is seen at the \
         next complete read, {} days after it",
        decision.params.reread_days.get(),
        decision.params.complete_read_days.get()
    );
    Some(Concern::of(decision.frames.baskets.n_rows(), text))
}

fn no_customer_purchases(decision: &Decision<'_>) -> Option<Concern> {
    let text = "nothing is said about what customers buy next: there is no dataset `customer_purchases`; write \
                sql/datasets/customer_purchases.sql if orders name their customers";
    decision.next.is_none().then(|| Concern::of(1, text))
}

fn short_history(decision: &Decision<'_>) -> Option<Concern> {
    let days = &decision.frames.baskets.days;
    let (first, _) = days.iter().find(|(_, day)| day.n_baskets() > 0)?;
    let late = u64::try_from(*first - Window::of(decision.params, decision.ctx).first).ok()?;
    let text = "days at the start of the window have no baskets; rarer rules will show as history grows";
    (late > LATE_START).then(|| Concern::of(late, text))
}

fn echoes_of_categories(decision: &Decision<'_>) -> Option<Concern> {
    let explained: usize = decision.searched.iter().map(|facts| facts.n_explained).sum();
    let text =
        "rules were left out because the rest of their categories meets as often: the rule of the categories says it";
    Concern::of_any(explained as u64, text)
}

fn no_products(decision: &Decision<'_>) -> Option<Concern> {
    let text =
        "there is no dataset `products`: rules name ids, without categories and money; write sql/datasets/products.sql";
    (!decision.catalogue.has_products).then(|| Concern::of(decision.catalogue.products.len() as u64, text))
}

fn unknown_products(decision: &Decision<'_>) -> Option<Concern> {
    let text = "products sold are not in `products`: they are named by id, without category and cost; add them";
    lacking(decision, |facts| facts.name.is_none(), text)
}

fn no_unit_cost(decision: &Decision<'_>) -> Option<Concern> {
    let text = "products have no `unit_cost`: `margin_per_1000` is empty for rules that lead to them or to their category; fill it in";
    lacking(decision, |facts| facts.name.is_some() && facts.unit_cost.is_none(), text)
}

fn no_category(decision: &Decision<'_>) -> Option<Concern> {
    let text = "products have no `category_path` and are absent from the category rules; fill it in";
    let asked = decision.params.levels.contains(&RuleLevel::Category);
    lacking(decision, |facts| asked && facts.name.is_some() && facts.category.is_none(), text)
}

/// Of the products that lack something, where products are known at all.
fn lacking(decision: &Decision<'_>, lacks: impl Fn(&ProductFacts) -> bool, text: &str) -> Option<Concern> {
    let products = decision.frames.baskets.product_ids.iter().zip(&decision.catalogue.products);
    let mut found: Vec<&String> = products.filter(|(_, facts)| lacks(facts)).map(|(id, _)| id).collect();
    found.sort_unstable();
    let known = decision.catalogue.has_products;
    Concern::of_any(found.len() as u64, text).filter(|_| known).map(|concern| concern.naming(found))
}
