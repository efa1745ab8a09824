//! Plans the lines that can be planned, and says why others cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::exception::Exception;
use super::facts::InventoryFacts;
use super::lifecycle::Still;
use super::line::Line;
use super::line_basis::{LineBasis, LineInput};
use super::line_key::LineKey;
use super::orders::LineOrder;
use super::plan_line::plan_line;
use super::supplier_terms::SupplierTerms;
use super::targets::{self, Targets};
use super::units::{in_units, units};
use super::{InventoryPlan, forecasts};
use crate::day::Day;
use crate::job::{Progress, RunContext};

/// Planned lines by product and location, and an exception for each with stock or a forecast that cannot be planned.
pub(super) fn plan_lines(
    settings: &InventoryPlan,
    ctx: &RunContext,
    facts: &InventoryFacts,
    terms: &BTreeMap<Option<String>, SupplierTerms>,
    dead: &BTreeMap<LineKey, Still>,
    progress: &Progress,
) -> (Vec<Line>, Vec<Exception>) {
    let (as_of, levels) = (Day::from(ctx.as_of), forecasts::levels());
    let (to_plan, mut exceptions) = keys_to_plan(as_of, facts, dead);
    let n = to_plan.len() as u64;
    let known = Known { settings, as_of, facts, terms, levels: &levels };
    let targets = if targets::are_shared(settings) {
        let done = AtomicU64::new(0);
        let look_at = |key: &&LineKey| {
            let sharer = known.of(key).ok().and_then(|input| targets::sharer(&LineBasis::new(&input).ok()?));
            progress.report("share the fill rate", done.fetch_add(1, Ordering::Relaxed) + 1, n);
            Some(((*key).clone(), sharer?))
        };
        Targets::share(settings, to_plan.par_iter().filter_map(look_at).collect())
    } else {
        Targets::default()
    };
    let done = AtomicU64::new(0);
    let plan = |key: &&LineKey| {
        let result = known.of(key).and_then(|input| plan_input(settings, &targets, &input));
        progress.report("plan lines", done.fetch_add(1, Ordering::Relaxed) + 1, n);
        result
    };
    let results: Vec<Result<Line, Box<Exception>>> = to_plan.par_iter().map(plan).collect();
    let mut lines = Vec::new();
    for result in results {
        match result {
            Ok(line) => lines.push(line),
            Err(exception) => exceptions.push(*exception),
        }
    }
    (lines, exceptions)
}

/// Orders for lines that have neither stock nor a forecast, and for products that are not known: nothing is planned with them.
pub(super) fn stray_orders(as_of: Day, facts: &InventoryFacts) -> Vec<Exception> {
    let is_known = |key: &LineKey| facts.forecasts.contains_key(key) || facts.snapshots.contains_key(key);
    let stray = facts.open_orders.iter().filter(|(key, _)| !is_known(key));
    let about = |(key, orders): (&LineKey, &Vec<LineOrder>)| {
        let orders: Vec<&LineOrder> = orders.iter().filter(|order| order.is_in_books).collect();
        let product = facts.products.get(&key.product_id);
        // What is not on sale yet, or any more, is told of as such.
        let is_on_sale = product.is_none_or(|product| {
            product.launched_on.is_none_or(|day| day <= as_of) && product.discontinued_on.is_none_or(|day| day > as_of)
        });
        let quantity: i64 = orders.iter().map(|order| order.quantity).sum();
        let first = orders.iter().min_by_key(|order| order.due_on).filter(|_| is_on_sale)?;
        let unknown = if product.is_none() { ", a product that is not in `products`" } else { "" };
        Some(Exception {
            first_on: Some(first.due_on),
            quantity: Some(in_units(quantity)),
            value: product.and_then(|product| product.unit_cost).map(|cost| in_units(quantity) * cost as f64),
            text: format!(
                "{} are on order ({}, due {}) for {} at {}{unknown}, of which there is no stock and no forecast there: no plan counts with \
                 them. Do the ids agree with those of stock and sales?",
                units(quantity),
                first.name(),
                first.due_on,
                key.product_id,
                key.location_id
            ),
            ..Exception::of_line("stray_order", "amber", key, product.and_then(|product| product.supplier_id.as_ref()))
        })
    };
    stray.filter_map(about).collect()
}

/// The lines to plan, and exceptions for those with stock or a forecast that cannot be.
fn keys_to_plan<'f>(
    as_of: Day,
    facts: &'f InventoryFacts,
    dead: &BTreeMap<LineKey, Still>,
) -> (Vec<&'f LineKey>, Vec<Exception>) {
    let (mut keys, mut exceptions) = (Vec::new(), Vec::new());
    let all: BTreeSet<&LineKey> = facts.forecasts.keys().chain(facts.snapshots.keys()).collect();
    for key in all {
        let Some(product) = facts.products.get(&key.product_id) else {
            exceptions.push(Exception {
                text: "The line has a forecast or stock, but its product is not in `products`. Add it".to_owned(),
                ..Exception::of_line("unknown_product", "note", key, None)
            });
            continue;
        };
        let is_sold = product.discontinued_on.is_none_or(|last_day| last_day > as_of)
            // What sells before its launch is on sale.
            && product.launched_on.is_none_or(|first_day| first_day <= as_of || facts.forecasts.contains_key(key));
        let supplier = product.supplier_id.as_ref();
        match (facts.forecasts.contains_key(key), facts.current_stock(key, as_of)) {
            _ if !is_sold => {}
            (true, Some(_)) => keys.push(key),
            (true, None) => exceptions.push(Exception {
                text: "There is a forecast but no stock record, so no order is planned. Load its stock, 0 included"
                    .to_owned(),
                ..Exception::of_line("no_stock_level", "amber", key, supplier)
            }),
            (false, _) if dead.contains_key(key) => {}
            (false, stock) => {
                let on_hand = stock.map_or(0, |stock| stock.on_hand.max(0));
                exceptions.push(Exception {
                    quantity: Some(in_units(on_hand)),
                    value: product.unit_cost.map(|cost| in_units(on_hand) * cost as f64),
                    text: "There is stock but no forecast, so no order is planned. Check whether it is still sold; if so, whether its sales are loaded".to_owned(),
                    ..Exception::of_line("no_forecast", "note", key, supplier)
                });
            }
        }
    }
    (keys, exceptions)
}

/// What is the same for all lines.
struct Known<'a> {
    settings: &'a InventoryPlan,
    as_of: Day,
    facts: &'a InventoryFacts,
    terms: &'a BTreeMap<Option<String>, SupplierTerms>,
    levels: &'a [f64],
}

impl<'a> Known<'a> {
    /// What a line is planned from, or why it cannot be.
    fn of(&self, key: &'a LineKey) -> Result<LineInput<'a>, Box<Exception>> {
        let &Self { settings, as_of, facts, terms, levels } = self;
        let missing =
            |code, severity, text: String| Exception { text, ..Exception::of_line(code, severity, key, None) };
        let (Some(product), Some(stock)) = (facts.products.get(&key.product_id), facts.current_stock(key, as_of))
        else {
            return Err(Box::new(missing("unknown_product", "note", "Product or stock is missing".to_owned())));
        };
        let supplier = product.supplier_id.as_ref();
        let Some((terms, (lead_time, lead_time_basis))) =
            terms.get(&product.supplier_id).and_then(|terms| Some((terms, terms.lead_time.as_ref()?)))
        else {
            return Err(Box::new(Exception {
            supplier_id: supplier.cloned(),
            ..missing(
                "missing_lead_time",
                "amber",
                "No delivery, no quoted lead time and no default, so no order is planned. Fill `lead_time_days` in `suppliers`, \
                 load `deliveries`, or set `default_lead_time_days`"
                    .to_owned(),
            )
        }));
        };
        let calendar = &terms.calendar;
        Ok(LineInput { settings, as_of, facts, levels, key, product, stock, lead_time, lead_time_basis, calendar })
    }
}

fn plan_input(settings: &InventoryPlan, targets: &Targets, input: &LineInput<'_>) -> Result<Line, Box<Exception>> {
    let planned = LineBasis::new(input).and_then(|basis| plan_line(&basis, targets.of(settings, &basis)));
    planned.map_err(|error| {
        Box::new(Exception {
            text: format!("No order is planned: {error}"),
            ..Exception::of_line("unusable_forecast", "amber", input.key, input.product.supplier_id.as_ref())
        })
    })
}
