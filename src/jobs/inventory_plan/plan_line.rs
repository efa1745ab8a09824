//! The plan of one line: from facts to order, projection and sentence.

use sha2::{Digest, Sha256};

use super::InventoryPlan;
use super::facts::{CurrentStock, InventoryFacts};
use super::line::{Line, Urgency, value_of};
use super::line_key::LineKey;
use super::orders::{LineOrder, days_after};
use super::units::{in_units, tenth, units};
use super::wishes::Wishes;
use crate::datasets::Product;
use crate::day::Day;
use crate::models::inventory::{
    Batch, DemandOutlook, Flag, InventoryError, LeadTime, MILLI, OrderCalendar, OrderPlan, OrderRequest, OrderRules,
    PastReceipt, ProjectionRequest, Receipt, ServiceTarget, Step, StepCode, StockPosition, age_stock, expected_waste,
    find_overstock, plan_order, policy_levels, project_stock,
};
use crate::words::short_percent;

/// No stock-out is looked for at a probability nearer to 0 or 1.
const LEAST_SERVICE: f64 = 0.001;

/// What one line is planned from.
pub(super) struct LineInput<'a> {
    pub(super) settings: &'a InventoryPlan,
    pub(super) as_of: Day,
    pub(super) facts: &'a InventoryFacts,
    pub(super) levels: &'a [f64],
    pub(super) key: &'a LineKey,
    pub(super) product: &'a Product,
    pub(super) stock: CurrentStock,
    pub(super) lead_time: &'a LeadTime,
    pub(super) lead_time_basis: &'static str,
    pub(super) calendar: &'a OrderCalendar,
}

/// Plans one line.
///
/// # Errors
/// An outlook that cannot be used, or a date past the calendar.
pub(super) fn plan_line(input: &LineInput<'_>) -> Result<Line, InventoryError> {
    let &LineInput { settings, as_of, facts, levels, key, product, stock, lead_time, lead_time_basis, calendar } =
        input;
    let Some(forecast) = facts.forecasts.get(key) else {
        return Err(InventoryError::Outlook { problem: "there is none".to_owned() });
    };
    let wishes = facts.rules.wishes(key, product);
    let target = match (wishes.service_level, settings.fill_rate) {
        (Some(level), _) => ServiceTarget::Cycle(level),
        (None, Some(share)) => ServiceTarget::FillRate(share.get()),
        (None, None) => ServiceTarget::Cycle(settings.service_level.get()),
    };
    let ending = product.discontinued_on.map(|last_day| forecast.ending_on(as_of, last_day));
    let forecast_alone = ending.as_ref().unwrap_or(forecast);
    let wished = wishes.demand_factor.map(|factor| forecast_alone.times(factor));
    let outlook = wished.as_ref().unwrap_or(forecast_alone).outlook(levels);

    let orders = facts.open_orders.get(key).map_or(&[][..], Vec::as_slice);
    let rests_come = facts.rests.come(product.supplier_id.as_ref());
    // Rests that never come are told of by supplier.
    let expected = orders.iter().filter(|order| rests_come || !order.is_rest());
    let (given_up, coming): (Vec<&LineOrder>, Vec<&LineOrder>) =
        expected.partition(|order| order.is_given_up(as_of, lead_time));
    let receipts: Vec<Receipt> = coming.iter().map(|order| receipt(order, as_of, input)).collect();
    let mut request = OrderRequest {
        as_of: as_of.date(),
        target,
        unmet: settings.unmet_demand.into(),
        outlook,
        lead_time,
        calendar,
        stock: StockPosition {
            on_hand_milli: stock.on_hand,
            reserved_milli: stock.reserved,
            on_order_milli: 0,
            expected_waste_milli: 0,
        },
        rules: OrderRules {
            pack_size_milli: product.pack_size,
            presentation_milli: product.presentation_quantity,
            unit_milli: facts.movements.units.get(&key.product_id).copied(),
            min_order_milli: product.min_order_quantity,
            max_order_milli: wishes.max_order,
            min_stock_milli: wishes.min_stock,
            max_stock_milli: wishes.max_stock,
            frozen: wishes.is_frozen(),
            shelf_life_days: product.shelf_life_days.and_then(|days| u32::try_from(days).ok()),
        },
    };
    let horizon = plan_order(&request)?;
    let arrival_day = days_after(as_of, horizon.arrives_by.into());
    let next_arrival_day = days_after(as_of, horizon.covers_until.into());
    request.stock.expected_waste_milli = waste(input, &outlook, arrival_day)?;
    request.stock.on_order_milli =
        receipts.iter().filter(|receipt| receipt.day < next_arrival_day).map(|receipt| receipt.quantity_milli).sum();
    let mut plan = plan_order(&request)?;
    if let Some(factor) = wishes.demand_factor {
        let mean = forecast_alone.outlook(levels).mean_total(next_arrival_day).units;
        split_demand(&mut plan.steps, (mean * MILLI).round() as i64, factor);
    }

    // What a wanted fill rate comes to, where it is one, may be next to nothing or all.
    let service_level = plan.cycle_service.clamp(LEAST_SERVICE, 1.0 - LEAST_SERVICE);
    let price = facts.price(key);
    let project = |days: usize, unit_value: Option<i64>| ProjectionRequest {
        as_of: as_of.date(),
        available_milli: stock.on_hand.max(0) - stock.reserved,
        receipts: &receipts,
        outlook,
        service_level,
        days,
        unit_value: unit_value.map(|value| value as f64),
    };
    let before_arrival = project_stock(&project(arrival_day.saturating_sub(1), price))?;
    let before_transfer = project_stock(&project(settings.transfer_days.get() as usize, None))?;
    let savable = (before_arrival.lost_units - before_transfer.lost_units).max(0.0);
    let ahead = project_stock(&project(settings.stock_out_horizon_days.get() as usize, price))?;
    // One pack is the least that can be kept.
    let overstock_days = settings.overstock_days.get() as usize;
    let due: Vec<Receipt> = receipts.iter().filter(|receipt| receipt.day <= overstock_days).copied().collect();
    let overstock_request = ProjectionRequest { receipts: &due, ..project(overstock_days, product.unit_cost) };
    let overstock = find_overstock(&overstock_request, product.pack_size.unwrap_or(0))?;

    let recommendation_id = recommendation_id(as_of, key);
    let mut line = Line {
        key: key.clone(),
        decided_milli: facts.decided_milli(key, &recommendation_id),
        recommendation_id,
        product: product.clone(),
        stock,
        on_order_milli: request.stock.on_order_milli,
        lead_time: lead_time.clone(),
        lead_time_basis,
        forecast_method: forecast.method.clone(),
        stock_out_on: ahead.first_short_on.map(Day::from),
        savable_milli: (savable * MILLI).round() as i64,
        least_left_milli: before_arrival.least_left_milli,
        before_arrival,
        overstock,
        price,
        order_value: product.unit_cost.map(|cost| value_of(plan.quantity_milli, cost)),
        urgency: Urgency::Green,
        flags: flags(input, &plan, &coming, &given_up),
        reasons: String::new(),
        unit_milli: facts.movements.units.get(&key.product_id).copied(),
        levels: policy_levels(&request)?,
        own_forecast: wished.clone().or_else(|| ending.clone()),
        service_level,
        target,
        plan,
    };
    line.urgency =
        match (line.is_out_now() || line.before_arrival.first_short_on.is_some(), line.plan.quantity_milli > 0) {
            (true, _) => Urgency::Red,
            (false, true) => Urgency::Amber,
            (false, false) => Urgency::Green,
        };
    line.reasons = reasons(&line, &coming, &given_up);
    for reason in &wishes.reasons {
        line.reasons.push_str(&format!("; planner: {reason}"));
    }
    Ok(line)
}

/// Tells what the forecast expects apart from what a planner does.
fn split_demand(steps: &mut Vec<Step>, forecast_milli: i64, factor: f64) {
    let Some(first) = steps.first_mut() else { return };
    let wished = first.delta_milli - forecast_milli;
    first.delta_milli = forecast_milli;
    let text = format!("a planner expects {factor} times the forecast");
    steps.insert(1, Step { code: StepCode::PlannerDemand, text, delta_milli: wished });
}

/// What of the stock will expire before an order can arrive, as far as deliveries tell its age. Goods that should have expired already are
/// the business of whoever counts them.
fn waste(input: &LineInput<'_>, outlook: &DemandOutlook<'_>, arrival_day: usize) -> Result<i64, InventoryError> {
    let Some(shelf_life) = input.product.shelf_life_days.and_then(|days| u32::try_from(days).ok()) else {
        return Ok(0);
    };
    let received = input.facts.deliveries.get(input.key).into_iter().flatten();
    let receipts: Vec<PastReceipt> = received
        .filter(|delivery| delivery.quantity > 0 && delivery.received_on <= input.as_of)
        .filter_map(|delivery| {
            let age_days = u32::try_from(input.as_of - delivery.received_on).ok()?;
            Some(PastReceipt { age_days, quantity_milli: delivery.quantity })
        })
        .collect();
    let aged = age_stock(input.stock.on_hand, &receipts, shelf_life)?;
    let sellable: Vec<Batch> = aged.batches.into_iter().filter(|batch| batch.remaining_days > 0).collect();
    let days = arrival_day.saturating_sub(1).min(outlook.mean.len());
    Ok(expected_waste(&sellable, outlook.mean, days)?.total_milli)
}

/// Stable across reruns of a date.
fn recommendation_id(as_of: Day, key: &LineKey) -> String {
    let text = format!("{as_of}\u{1f}{}\u{1f}{}", key.product_id, key.location_id);
    let start =
        Sha256::digest(text.as_bytes()).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{start:016x}")
}

/// When an open order arrives, counted in days after `as_of`.
///
/// On its due date. When that has passed: after the median further wait of those lead times that were longer than the wait so far; when
/// none was (or the order date is unknown), after another planning lead time, as if it had been ordered again.
fn receipt(order: &LineOrder, as_of: Day, input: &LineInput<'_>) -> Receipt {
    let day = if order.due_on > as_of {
        days_after(as_of, order.due_on)
    } else {
        let lead_time = input.lead_time;
        let waited = order.ordered_on.and_then(|day| u32::try_from(as_of - day).ok());
        let longer: Vec<(u32, f64)> = lead_time
            .distribution
            .iter()
            .filter(|(days, _)| waited.is_some_and(|waited| *days > waited))
            .copied()
            .collect();
        let half = longer.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut reached = 0.0;
        let median = longer.iter().find(|(_, weight)| {
            reached += weight;
            reached >= half - 1e-12
        });
        let further = median.map_or(lead_time.planning_days, |(days, _)| days - waited.unwrap_or(0));
        further.max(1) as usize
    };
    Receipt { day, quantity_milli: order.quantity }
}

fn flags(input: &LineInput<'_>, plan: &OrderPlan, coming: &[&LineOrder], given_up: &[&LineOrder]) -> Vec<&'static str> {
    let (as_of, stock) = (input.as_of, input.stock);
    let mut flags: Vec<&'static str> = plan.flags.iter().map(|flag| flag_name(*flag)).collect();
    let mut add = |holds: bool, name: &'static str| {
        if holds {
            flags.push(name);
        }
    };
    let is_default = input.lead_time_basis == "default";
    add(is_default, "default_lead_time");
    add(input.facts.forecast_as_of < as_of, "older_forecast");
    add(coming.iter().any(|order| order.due_on <= as_of), "overdue_order");
    add(!given_up.is_empty(), "order_given_up");
    let wishes = input.facts.rules.wishes(input.key, input.product);
    add(wishes != Wishes::default(), "planner_rule");
    add(wishes.is_frozen(), "frozen");
    add(coming.iter().any(|order| !order.is_in_books), "handed_out");
    add(input.facts.snoozed.contains_key(input.key), "snoozed");
    add(input.facts.taken_for_empty.contains(input.key), "taken_for_empty");
    add(input.product.discontinued_on.is_some(), "phase_out");
    add(as_of - stock.snapshot_on > input.settings.max_stock_age_days.get().cast_signed(), "stale_stock");
    add(stock.is_rolled_forward, "stock_rolled_forward");
    if is_default {
        flags.retain(|flag| *flag != "quoted_lead_time");
    }
    flags
}

fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::NegativeStock => "negative_stock",
        Flag::BeyondForecastHorizon => "beyond_horizon",
        Flag::BeyondForecastLevels => "beyond_levels",
        Flag::QuotedLeadTime => "quoted_lead_time",
        Flag::FewDeliveries => "few_deliveries",
        Flag::Capped => "capped",
        Flag::ConstraintConflict => "constraint_conflict",
        Flag::NoDemand => "no_demand",
    }
}

/// Why it has the quantity it has, in a sentence that goes on after the order.
fn reasons(line: &Line, coming: &[&LineOrder], given_up: &[&LineOrder]) -> String {
    let plan = &line.plan;
    let safety = in_units(plan.order_up_to_milli - plan.expected_demand_milli);
    let mut text = format!(
        "{} expected until {} {} {} safety {}, {} on hand",
        tenth(in_units(plan.expected_demand_milli)),
        line.last_covered_day(),
        if safety < 0.0 { "less" } else { "plus" },
        tenth(safety.abs()),
        match line.target {
            ServiceTarget::Cycle(level) => format!("for {} service", short_percent(level)),
            ServiceTarget::FillRate(share) => format!("to serve {} from the shelf", short_percent(share)),
        },
        units(line.stock.on_hand.max(0)),
    );
    if line.stock.reserved > 0 {
        text.push_str(&format!(" of which {} reserved", units(line.stock.reserved)));
    }
    text.push_str(&format!(", {} on order", units(line.on_order_milli)));
    let believed: i64 = coming.iter().filter(|order| !order.is_in_books).map(|order| order.quantity).sum();
    if believed > 0 {
        text.push_str(&format!(" ({} of it handed out and not in the books yet)", units(believed)));
    }
    for step in &plan.steps {
        match step.code {
            StepCode::MinimumQuantity
            | StepCode::ShelfLifeCap
            | StepCode::MaximumQuantity
            | StepCode::PlannerDemand
            | StepCode::MinimumStock
            | StepCode::MaximumStock
            | StepCode::Frozen
            | StepCode::ConstraintConflict => {
                text.push_str(&format!("; {}", step.text));
            }
            _ => {}
        }
    }
    for order in given_up {
        text.push_str(&format!(
            "; {} of {} due on {} are given up and not counted",
            units(order.quantity),
            order.name(),
            order.due_on
        ));
    }
    text
}
