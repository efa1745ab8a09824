//! What lines share: the least that a supplier takes, and the money of the day.
//!
//! Both change orders that were planned line by line, as a step of their own that the waterfall names. The worth of a pack is the margin on
//! what of it is expected to sell within the days in question, less the cost of holding what is not.

use std::collections::{BTreeMap, BTreeSet};

use super::exception::Exception;
use super::facts::InventoryFacts;
use super::line::Line;
use super::orders::days_after;
use super::units::{in_units, units};
use super::{InventoryPlan, SupplierMinimums};
use crate::day::Day;
use crate::models::inventory::{
    AddedPacks, BudgetLine, FillLine, FillRules, FillUp, InventoryError, LineWorth, MILLI, PackLine, StepCode,
    WhyNotFilled, expected_fill_rate, fill_up, spend_budget,
};
use crate::quantities::Currency;
use crate::words::{counted, money};

/// Most packs of a line that the budget weighs one by one; a line of more is kept as it is, and its price is spent first.
const MOST_PACKS: i64 = 100_000;

/// Flags of what was changed here.
const FILLED_UP: &str = "filled_up";
const BUDGET_CUT: &str = "budget_cut";

/// Where orders of several lines meet.
pub(super) struct Joint<'a> {
    pub(super) settings: &'a InventoryPlan,
    pub(super) as_of: Day,
    pub(super) currency: Currency,
    pub(super) facts: &'a InventoryFacts,
    /// The forecast's levels.
    pub(super) levels: &'a [f64],
}

impl Joint<'_> {
    /// Raises the orders of a supplier and day that stay below its minimum with what is worth most and sells in time, where the settings ask
    /// for it. What was decided about stays as it is.
    ///
    /// # Errors
    /// [`InventoryError`] for lines that cannot be weighed.
    pub(super) fn fill_up_minimums(&self, lines: &mut [Line]) -> Result<Vec<Exception>, InventoryError> {
        if self.settings.supplier_minimum == SupplierMinimums::Report {
            return Ok(Vec::new());
        }
        let mut groups: BTreeMap<(String, Day), Vec<usize>> = BTreeMap::new();
        for (place, line) in lines.iter().enumerate() {
            if let Some(supplier) = &line.product.supplier_id {
                groups.entry((supplier.clone(), line.order_on())).or_default().push(place);
            }
        }
        let longest = self.settings.overstock_days;
        let mut found = Vec::new();
        for ((supplier_id, order_on), places) in groups {
            let supplier = self.facts.suppliers.get(&supplier_id);
            let Some(minimum) = supplier.and_then(|supplier| supplier.min_order_value) else { continue };
            let worths: Vec<(usize, LineWorth<'_>)> = (places.iter())
                .filter(|place| cost_of_pack(&lines[**place]).is_some())
                .filter_map(|place| Some((*place, self.worth(&lines[*place], longest.get() as usize)?)))
                .collect();
            let fill: Vec<FillLine<'_>> = (worths.iter())
                .filter(|(place, _)| lines[*place].decided_milli.is_none())
                .filter_map(|(place, worth)| {
                    let line = pack_line(&lines[*place], *place, worth)?;
                    Some(FillLine { line, counts_per_pack: cost_of_pack(&lines[*place]) })
                })
                .collect();
            // What cannot be raised counts all the same.
            let weighed: BTreeSet<usize> = fill.iter().map(|line| line.line.key as usize).collect();
            let others = places.iter().filter(|place| !weighed.contains(place));
            let counted_already: i64 = others.filter_map(|place| lines[*place].to_order_value()).sum();
            let rules = FillRules { minimum: (minimum - counted_already).max(0), longest_days: longest.get() };
            let filled = fill_up(&fill, &rules)?;
            drop(fill);
            drop(worths);
            found.extend(self.filled(lines, (&supplier_id, order_on, minimum), filled));
        }
        Ok(found)
    }

    /// Applies and tells what became of one order.
    fn filled(&self, lines: &mut [Line], order: (&String, Day, i64), filled: FillUp) -> Option<Exception> {
        let (supplier_id, order_on, minimum) = order;
        let least = money(minimum as f64, self.currency);
        let told = |code, text| Exception {
            code,
            severity: "note",
            supplier_id: Some(supplier_id.clone()),
            first_on: Some(order_on),
            text,
            ..Exception::default()
        };
        match filled {
            FillUp::NothingOrdered | FillUp::MetAlready { .. } => None,
            FillUp::FilledUp { added_total, added, holding_cents, .. } => {
                for AddedPacks { key, added_milli, .. } in &added {
                    let text = format!("{} more to reach the minimum of {supplier_id}, {least}", units(*added_milli));
                    lines[*key as usize].adjust(StepCode::SupplierMinimum, *added_milli, text, FILLED_UP);
                }
                let raised = counted(added.len(), "line", "lines");
                let text = format!(
                    "The order was below the minimum of {least}: {} more of {raised} reach it, at about {} for holding them longer",
                    money(added_total as f64, self.currency),
                    money(holding_cents, self.currency)
                );
                Some(Exception { value: Some(added_total as f64), ..told("supplier_minimum_filled", text) })
            }
            FillUp::NotWorthIt { lacking, reason, .. } => {
                let why = match reason {
                    WhyNotFilled::LiesTooLong => "what could be added would lie too long",
                    WhyNotFilled::NoRoom => "the limits of the lines leave no room, or their costs are unknown",
                };
                let text =
                    format!("{} lack to the minimum of {least}, and {why}", money(lacking as f64, self.currency));
                Some(told("supplier_minimum_not_filled", text))
            }
        }
    }

    /// Cuts the orders of the day after `as_of` to the budget, where there is one: what is worth most per money is kept.
    ///
    /// # Errors
    /// [`InventoryError`] for lines that cannot be weighed.
    pub(super) fn keep_to_budget(&self, lines: &mut [Line]) -> Result<Vec<Exception>, InventoryError> {
        let Some(budget) = self.settings.budget else { return Ok(Vec::new()) };
        let budget = budget.minor(self.currency) as i64;
        let today: Vec<usize> = (0..lines.len())
            .filter(|place| lines[*place].is_ordered() && lines[*place].order_on() == self.as_of + 1)
            .collect();
        // What somebody decided is spent first.
        let (decided, open): (Vec<usize>, Vec<usize>) =
            today.into_iter().partition(|place| lines[*place].decided_milli.is_some());
        let mut spent: i64 = decided.iter().filter_map(|place| lines[*place].to_order_value()).sum();
        let mut values: Vec<(usize, i64, i64, Vec<f64>)> = Vec::new();
        let mut n_unweighed = 0;
        for place in open {
            let line = &lines[place];
            let days = days_after(self.as_of, line.plan.covers_until.into()).max(1);
            let weighed = cost_of_pack(line).zip(pack_of(line)).zip(self.worth(line, days)).filter(|((_, pack), _)| {
                line.plan.quantity_milli % pack == 0 && (1..=MOST_PACKS).contains(&(line.plan.quantity_milli / pack))
            });
            let Some(((cost, pack), worth)) = weighed else {
                spent += line.to_order_value().unwrap_or(0);
                n_unweighed += 1;
                continue;
            };
            let packs = line.plan.quantity_milli / pack;
            let worths = worth.pack_values(position(line), pack, packs as usize)?;
            // The last pack is worth no less than nothing: it was asked for by the service level, not by its margin.
            values.push((place, cost, pack, worths.into_iter().map(|value| value.max(0.01)).collect()));
        }
        let min_packs = |place: usize, pack: i64| {
            let minimum = lines[place].product.min_order_quantity.unwrap_or(0);
            usize::try_from((minimum + pack - 1) / pack).unwrap_or(0)
        };
        let wanted: Vec<BudgetLine<'_>> = (values.iter())
            .map(|(place, cost, pack, values)| BudgetLine {
                key: *place as u64,
                cost_per_pack_cents: *cost,
                min_packs: min_packs(*place, *pack),
                pack_values_cents: values,
            })
            .collect();
        let plan = spend_budget(&wanted, (budget - spent).max(0))?;
        let mut found = Vec::new();
        if n_unweighed > 0 || spent > budget {
            let lines = counted(n_unweighed, "line", "lines");
            found.push(Exception {
                code: "budget_unweighed",
                severity: if spent > budget { "amber" } else { "note" },
                first_on: Some(self.as_of + 1),
                value: Some(spent as f64),
                text: format!(
                    "{} of the budget of {} are spent before anything is weighed: on what was decided, and on {lines} without a price, a cost or \
                     whole packs",
                    money(spent as f64, self.currency),
                    money(budget as f64, self.currency)
                ),
                ..Exception::default()
            });
        }
        for share in plan.lines.iter().filter(|share| share.cut_packs > 0) {
            let Ok(at) = values.binary_search_by_key(&share.key, |(place, ..)| *place as u64) else { continue };
            let (place, cost, pack, _) = &values[at];
            let cut = share.cut_packs as i64 * pack;
            let limit = money(budget as f64, self.currency);
            let line = &mut lines[*place];
            line.adjust(
                StepCode::Budget,
                -cut,
                format!("{} less to keep to the budget of {limit}", units(cut)),
                BUDGET_CUT,
            );
            let supplier = line.product.supplier_id.clone();
            found.push(Exception {
                first_on: Some(line.order_on()),
                quantity: Some(in_units(cut)),
                value: Some(share.cut_value_cents),
                text: format!(
                    "{} of what is needed, for {}, are not ordered: the budget of {limit} a day is spent on what earns more. About {} of margin \
                     are at stake",
                    units(cut),
                    money((share.cut_packs as i64 * cost) as f64, self.currency),
                    money(share.cut_value_cents, self.currency)
                ),
                ..Exception::of_line("budget_cut", "amber", &line.key, supplier.as_ref())
            });
        }
        Ok(found)
    }

    /// What the orders that were changed above serve now.
    pub(super) fn expect_fill_rates(&self, lines: &mut [Line]) {
        for line in lines.iter_mut().filter(|line| line.flags.iter().any(|flag| [FILLED_UP, BUDGET_CUT].contains(flag)))
        {
            let Some(forecast) = line.own_forecast.as_ref().or_else(|| self.facts.forecasts.get(&line.key)) else {
                continue;
            };
            let first_day = self.as_of + 1;
            let next = Day::from(line.plan.covers_until) - first_day - line.lead_time.planning_days.cast_signed();
            let gaps = (days_after(first_day, line.order_on()), usize::try_from(next).unwrap_or(0));
            let after = in_units(position(line) + line.plan.quantity_milli);
            line.plan.fill_rate = expected_fill_rate(&forecast.outlook(self.levels), &line.lead_time, gaps, after);
        }
    }

    /// What packs of a line are worth over so many days; `None` without a price or a cost.
    fn worth<'l>(&'l self, line: &'l Line, days: usize) -> Option<LineWorth<'l>> {
        let (cost, price) = (line.product.unit_cost? as f64, line.price? as f64);
        let carry = cost * self.settings.holding_rate.get() * days as f64 / 365.0;
        let forecast = line.own_forecast.as_ref().or_else(|| self.facts.forecasts.get(&line.key))?;
        let outlook = forecast.outlook(self.levels);
        LineWorth::new(outlook, days, (price - cost).max(0.0), carry).ok()
    }
}

/// Stock position without this order, in thousandths.
fn position(line: &Line) -> i64 {
    line.stock.on_hand.max(0) - line.stock.reserved + line.on_order_milli
}

/// What is weighed at once: the pack, else a unit of what is counted. What is measured and comes in no packs is not weighed.
fn pack_of(line: &Line) -> Option<i64> {
    line.product.pack_size.or(line.unit_milli.filter(|unit| *unit >= 1000)).filter(|pack| *pack > 0)
}

fn cost_of_pack(line: &Line) -> Option<i64> {
    let cost = line.product.unit_cost? as f64 * pack_of(line)? as f64 / MILLI;
    Some(cost.round() as i64).filter(|cost| *cost > 0)
}

/// A line as it is weighed pack by pack; what ends, expires or is no whole packs is left alone.
fn pack_line<'w>(line: &Line, place: usize, worth: &'w LineWorth<'w>) -> Option<PackLine<'w>> {
    let pack = pack_of(line)?;
    let can_lie = line.product.discontinued_on.is_none() && line.product.shelf_life_days.is_none();
    let most = [line.levels.max_order_milli, line.levels.max_stock_milli.map(|most| most - position(line))];
    (can_lie && !line.levels.frozen && line.plan.quantity_milli % pack == 0).then(|| PackLine {
        key: place as u64,
        position_milli: position(line),
        quantity_milli: line.plan.quantity_milli,
        pack_milli: pack,
        min_milli: line.product.min_order_quantity.unwrap_or(0),
        max_milli: most.into_iter().flatten().min(),
        worth,
    })
}
