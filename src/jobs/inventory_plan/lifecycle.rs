//! What begins, ends or does not move: launches without stock, goods that are no longer sold, dead stock.

use std::collections::{BTreeMap, BTreeSet};

use super::InventoryPlan;
use super::exception::Exception;
use super::facts::InventoryFacts;
use super::line::Line;
use super::line_key::LineKey;
use super::orders::LineOrder;
use super::supplier_terms::SupplierTerms;
use super::units::{in_units, units};
use crate::datasets::Product;
use crate::day::Day;
use crate::quantities::Currency;
use crate::words::{counted, money};

/// Days after the first one on sale for which a launch without stock is told of.
const LAUNCH_DAYS: i32 = 28;

/// Stock that has not moved for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Still {
    /// The day since which it has not, or longer.
    pub(super) since: Day,
    /// Thousandths of a unit.
    pub(super) on_hand: i64,
    /// Whether it was ever sold, as far as is known.
    was_sold: bool,
}

/// Stock of products on sale of which nothing was sold for `dead_stock_days`, and nothing delivered.
pub(super) fn dead_stock(settings: &InventoryPlan, as_of: Day, facts: &InventoryFacts) -> BTreeMap<LineKey, Still> {
    let longest = settings.dead_stock_days.get().cast_signed();
    let still = |key: &LineKey| {
        let product = facts.products.get(&key.product_id).filter(|product| product.discontinued_on.is_none())?;
        let on_hand = facts.current_stock(key, as_of)?.on_hand;
        let delivered = facts.deliveries.get(key).into_iter().flatten().map(|delivery| delivery.received_on).max();
        let since = facts.movements.still_since(key)?;
        let since = since.max(delivered.unwrap_or(since)).max(product.launched_on.unwrap_or(since));
        let was_sold = facts.movements.last_sold.contains_key(key);
        (on_hand > 0 && as_of - since >= longest).then_some(Still { since, on_hand, was_sold })
    };
    facts.snapshots.keys().filter_map(|key| Some((key.clone(), still(key)?))).collect()
}

/// At cost, in minor units.
fn worth(product: &Product, milli: i64) -> Option<f64> {
    product.unit_cost.map(|cost| in_units(milli) * cost as f64)
}

/// What is looked through.
pub(super) struct Lives<'a> {
    pub(super) as_of: Day,
    pub(super) currency: Currency,
    pub(super) facts: &'a InventoryFacts,
    pub(super) lines: &'a [Line],
    pub(super) dead: &'a BTreeMap<LineKey, Still>,
    pub(super) terms: &'a BTreeMap<Option<String>, SupplierTerms>,
}

impl Lives<'_> {
    /// All exceptions.
    pub(super) fn exceptions(&self) -> Vec<Exception> {
        let mut found = self.still();
        found.extend(self.ended());
        found.extend(self.ending());
        found.extend(self.launches());
        found
    }

    fn worth_text(&self, value: Option<f64>) -> String {
        value.map_or_else(String::new, |value| format!(" worth {}", money(value, self.currency)))
    }

    fn still(&self) -> Vec<Exception> {
        let about = |(key, still): (&LineKey, &Still)| {
            let product = self.facts.products.get(&key.product_id)?;
            let value = worth(product, still.on_hand);
            let days = counted((self.as_of - still.since) as usize, "day", "days");
            let long =
                if still.was_sold { format!("for {days}") } else { format!("in {days}, as far back as is known") };
            Some(Exception {
                first_on: Some(still.since),
                quantity: Some(in_units(still.on_hand)),
                value,
                text: format!(
                    "Dead stock: {} on hand{} and not one sold {long}. Mark it down, return it or write it off",
                    units(still.on_hand),
                    self.worth_text(value)
                ),
                ..Exception::of_line("dead_stock", "amber", key, product.supplier_id.as_ref())
            })
        };
        self.dead.iter().filter_map(about).collect()
    }

    /// Products that are no longer sold, with stock or with orders on their way.
    fn ended(&self) -> Vec<Exception> {
        let keys: BTreeSet<&LineKey> = self.facts.snapshots.keys().chain(self.facts.open_orders.keys()).collect();
        let mut found = Vec::new();
        for key in keys {
            let Some(product) = self.facts.products.get(&key.product_id) else { continue };
            let Some(last_day) = product.discontinued_on.filter(|day| *day <= self.as_of) else { continue };
            found.extend(self.cancel(key, product, last_day));
            let on_hand = self.facts.current_stock(key, self.as_of).map_or(0, |stock| stock.on_hand);
            if on_hand > 0 {
                let value = worth(product, on_hand);
                found.push(Exception {
                    first_on: Some(last_day),
                    quantity: Some(in_units(on_hand)),
                    value,
                    text: format!(
                        "Discontinued on {last_day}, with {} still on hand{}. Mark it down, return it or write it off",
                        units(on_hand),
                        self.worth_text(value)
                    ),
                    ..Exception::of_line("phase_out_stock", "amber", key, product.supplier_id.as_ref())
                });
            }
        }
        found
    }

    /// Products that end soon: what will be left, and what comes too late.
    fn ending(&self) -> Vec<Exception> {
        let mut found = Vec::new();
        for line in self.lines {
            let Some(last_day) = line.product.discontinued_on else { continue };
            found.extend(self.cancel(&line.key, &line.product, last_day));
            if let Some(excess) = &line.overstock {
                found.push(Exception {
                    first_on: Some(last_day),
                    quantity: Some(in_units(excess.excess_milli)),
                    value: excess.excess_value,
                    text: format!(
                        "Sold until {last_day}: about {} will be left{}. Mark it down while it sells, or transfer it",
                        units(excess.excess_milli),
                        self.worth_text(excess.excess_value)
                    ),
                    ..Exception::of_line("phase_out_stock", "amber", &line.key, line.product.supplier_id.as_ref())
                });
            }
        }
        found
    }

    /// Orders of a product that arrive after its last day on sale.
    fn cancel(&self, key: &LineKey, product: &Product, last_day: Day) -> Option<Exception> {
        let orders = self.facts.open_orders.get(key)?.iter();
        let rests_come = self.facts.rests.come(product.supplier_id.as_ref());
        let comes = |order: &&LineOrder| order.is_in_books && (rests_come || !order.is_rest());
        let late: Vec<&LineOrder> =
            orders.filter(|order| order.due_on.max(self.as_of + 1) > last_day).filter(comes).collect();
        let first_due = late.iter().map(|order| order.due_on).min()?;
        let quantity: i64 = late.iter().map(|order| order.quantity).sum();
        let value = worth(product, quantity);
        let names: Vec<String> = late.iter().map(|order| order.name()).collect();
        let ends = if last_day <= self.as_of { "Discontinued" } else { "Sold for the last time" };
        Some(Exception {
            first_on: Some(first_due),
            quantity: Some(in_units(quantity)),
            value,
            text: format!(
                "{ends} on {last_day}, and {}{} still on order, due from {first_due} on: cancel {}",
                units(quantity),
                self.worth_text(value),
                names.join(", ")
            ),
            ..Exception::of_line("cancel_order", "red", key, product.supplier_id.as_ref())
        })
    }

    /// Products whose first day on sale comes before the order after the next one could arrive, or came and went by without a sale, and
    /// that have no stock anywhere, and no order that comes in time.
    fn launches(&self) -> Vec<Exception> {
        let provisions = self.provisions();
        let known: BTreeSet<&str> = (self.facts.forecasts.keys().chain(self.facts.movements.last_sold.keys()))
            .map(|key| key.product_id.as_str())
            .collect();
        let about = |product: &Product| {
            let launch = product.launched_on.filter(|day| *day > self.as_of - LAUNCH_DAYS)?;
            let ends_before = product.discontinued_on.is_some_and(|last_day| last_day < launch.max(self.as_of));
            let provision = provisions.get(product.product_id.as_str()).copied().unwrap_or_default();
            if ends_before || provision.is_in_stock || known.contains(product.product_id.as_str()) {
                return None;
            }
            let terms = self.terms.get(&product.supplier_id)?;
            let (lead_time, _) = terms.lead_time.as_ref()?;
            let order_on = terms.calendar.next_order_day((self.as_of + 1).date()).ok()?;
            let next_order_on = Day::from(terms.calendar.following_order_day(order_on).ok()?);
            let days = lead_time.planning_days.cast_signed();
            let (arrives_by, too_late) = (Day::from(order_on) + days, next_order_on + days);
            let is_over = launch <= self.as_of;
            let begins = if is_over { "First day on sale was" } else { "First day on sale is" };
            let text = match provision.first_due {
                Some(due) if due.max(self.as_of + 1) <= launch.max(self.as_of + 1) => return None,
                Some(due) => format!(
                    "{begins} {launch}, nothing is on hand, and the first order is due on {due}, {} later. Ask for an earlier delivery, or put \
                     the launch off",
                    counted((due.max(self.as_of + 1) - launch) as usize, "day", "days")
                ),
                None if too_late <= launch => return None,
                None => format!(
                    "{begins} {launch}, and nothing is on hand or on order anywhere. Order the first stock on {order_on}: it arrives by \
                     {arrives_by}{}",
                    if arrives_by > launch { ", too late for the first day" } else { "" }
                ),
            };
            Some(Exception {
                severity: "red",
                code: "launch_without_stock",
                product_id: Some(product.product_id.clone()),
                supplier_id: product.supplier_id.clone(),
                first_on: Some(launch),
                text,
                ..Exception::default()
            })
        };
        self.facts.products.values().filter_map(about).collect()
    }

    /// By product, what there is anywhere.
    fn provisions(&self) -> BTreeMap<&str, Provision> {
        let mut found: BTreeMap<&str, Provision> = BTreeMap::new();
        for key in self.facts.snapshots.keys() {
            let is_there = self.facts.current_stock(key, self.as_of).is_some_and(|stock| stock.on_hand > 0);
            found.entry(&key.product_id).or_default().is_in_stock |= is_there;
        }
        for (key, orders) in &self.facts.open_orders {
            let supplier = self.facts.products.get(&key.product_id).map(|product| &product.supplier_id);
            let lead_time = supplier.and_then(|id| self.terms.get(id)?.lead_time.as_ref());
            let is_coming =
                |order: &&LineOrder| lead_time.is_none_or(|(lead_time, _)| !order.is_given_up(self.as_of, lead_time));
            let first = orders.iter().filter(is_coming).map(|order| order.due_on).min();
            let provision = found.entry(&key.product_id).or_default();
            provision.first_due = provision.first_due.into_iter().chain(first).min();
        }
        found
    }
}

/// What there is of a product, at any location.
#[derive(Debug, Clone, Copy, Default)]
struct Provision {
    is_in_stock: bool,
    /// When the first order that is still believed in is due.
    first_due: Option<Day>,
}
