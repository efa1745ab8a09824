//! The plan of one line: from facts to order, projection and sentence.

use sha2::{Digest, Sha256};

use super::line::{Line, Urgency, value_of};
use super::line_basis::{LineBasis, LineInput};
use super::line_key::LineKey;
use super::orders::LineOrder;
use super::units::{in_units, tenth, units};
use super::wishes::Wishes;
use crate::day::Day;
use crate::models::inventory::{
    Flag, InventoryError, MILLI, OrderPlan, ProjectionRequest, Receipt, ServiceTarget, Step, StepCode, find_overstock,
    plan_order, policy_levels, project_stock,
};
use crate::words::short_percent;

/// No stock-out is looked for at a probability nearer to 0 or 1.
const LEAST_SERVICE: f64 = 0.001;

/// Plans one line.
///
/// # Errors
/// An outlook that cannot be used, or a date past the calendar.
pub(super) fn plan_line(basis: &LineBasis<'_>, target: ServiceTarget) -> Result<Line, InventoryError> {
    let input = basis.input;
    let &LineInput { settings, as_of, facts, levels, key, product, stock, lead_time, lead_time_basis, .. } = input;
    let LineBasis { coming, given_up, receipts, wishes, .. } = basis;
    let request = basis.request(target);
    let outlook = request.outlook;
    let arrival_day = basis.arrival_day();
    let mut plan = plan_order(&request)?;
    if let Some(factor) = wishes.demand_factor {
        let mean = basis.forecast_alone().outlook(levels).mean_total(basis.next_arrival_day()).units;
        split_demand(&mut plan.steps, (mean * MILLI).round() as i64, factor);
    }

    // What a wanted fill rate comes to, where it is one, may be next to nothing or all.
    let service_level = plan.cycle_service.clamp(LEAST_SERVICE, 1.0 - LEAST_SERVICE);
    let price = facts.price(key);
    let project = |days: usize, unit_value: Option<i64>| ProjectionRequest {
        as_of: as_of.date(),
        available_milli: stock.on_hand.max(0) - stock.reserved,
        receipts,
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
        forecast_method: basis.forecast.method.clone(),
        stock_out_on: ahead.first_short_on.map(Day::from),
        savable_milli: (savable * MILLI).round() as i64,
        least_left_milli: before_arrival.least_left_milli,
        before_arrival,
        overstock,
        price,
        order_value: product.unit_cost.map(|cost| value_of(plan.quantity_milli, cost)),
        urgency: Urgency::Green,
        flags: flags(basis, &plan),
        reasons: String::new(),
        unit_milli: facts.movements.units.get(&key.product_id).copied(),
        levels: policy_levels(&request)?,
        own_forecast: basis.own_forecast().cloned(),
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
    line.reasons = reasons(&line, coming, given_up);
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

/// Stable across reruns of a date.
fn recommendation_id(as_of: Day, key: &LineKey) -> String {
    let text = format!("{as_of}\u{1f}{}\u{1f}{}", key.product_id, key.location_id);
    let start =
        Sha256::digest(text.as_bytes()).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{start:016x}")
}

fn flags(basis: &LineBasis<'_>, plan: &OrderPlan) -> Vec<&'static str> {
    let LineBasis { input, coming, given_up, wishes, .. } = basis;
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
    add(*wishes != Wishes::default(), "planner_rule");
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
            ServiceTarget::SharedFill { of_all, service } => {
                format!(
                    "for {} service, its part in {} served of all lines",
                    short_percent(service),
                    short_percent(of_all)
                )
            }
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
