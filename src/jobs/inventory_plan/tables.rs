//! The published tables.

use super::decision::Decision;
use super::exception::Exception;
use super::grading::{GradedLine, verdict_name};
use super::line::Line;
use super::transfers::LineTransfer;
use crate::day::Day;
use crate::models::inventory::StepCode;
use crate::publication::PublishedTable;
use crate::published::{
    INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, INVENTORY_TRANSFERS,
    RECOMMENDATION_OUTCOMES, Rows, RowsError,
};
use crate::quantities::{Currency, ExpectedMoney, Money, Quantity};

/// The tables, in the order in which they are published.
///
/// # Errors
/// A table that is not as its schema says.
pub(super) fn tables(decision: &Decision<'_>) -> Result<Vec<PublishedTable>, RowsError> {
    Ok(vec![
        recommendations(decision)?,
        explanations(&decision.lines)?,
        exceptions(&decision.exceptions, decision.ctx.currency)?,
        transfers(&decision.transfers, decision.ctx.currency)?,
        outcomes(&decision.graded, decision.ctx.currency)?,
    ])
}

/// `inventory_recommendations`.
fn recommendations(decision: &Decision<'_>) -> Result<PublishedTable, RowsError> {
    let first_day = decision.as_of() + 1;
    Rows::of(&INVENTORY_RECOMMENDATIONS, &decision.lines)
        .in_currency(decision.ctx.currency)
        .column("recommendation_id", |line| line.recommendation_id.as_str())
        .column("product_id", |line| line.key.product_id.as_str())
        .column("location_id", |line| line.key.location_id.as_str())
        .column("supplier_id", |line| line.product.supplier_id.as_deref())
        .column("order_on", Line::order_on)
        .column("arrives_on", |line| line.plan.arrives_on)
        .column("arrives_by", |line| line.plan.arrives_by)
        .column("covers_until", Line::last_covered_day)
        .column("order_quantity", |line| Quantity::from_thousandths(line.plan.quantity_milli))
        .column("pack_size", |line| line.product.pack_size.map(Quantity::from_thousandths))
        .column("unit_cost", |line| line.product.unit_cost.map(Money::from_minor))
        .column("order_value", |line| line.order_value.map(Money::from_minor))
        .column("on_hand", |line| Quantity::from_thousandths(line.stock.on_hand.max(0)))
        .column("reserved", |line| Quantity::from_thousandths(line.stock.reserved))
        .column("on_order", |line| Quantity::from_thousandths(line.on_order_milli))
        .column("expected_demand", |line| Quantity::from_thousandths(line.plan.expected_demand_milli))
        .column("safety_stock", |line| {
            Quantity::from_thousandths(line.plan.order_up_to_milli - line.plan.expected_demand_milli)
        })
        .column("order_up_to", |line| Quantity::from_thousandths(line.plan.order_up_to_milli))
        .column("service_level", |line| line.service_level)
        .column("lead_time_days", |line| line.lead_time.mean_days)
        .column("lead_time_basis", |line| line.lead_time_basis)
        .column("protection_days", |line| Day::from(line.plan.covers_until) - first_day)
        .column("forecast_as_of", |_| decision.facts.forecast_as_of)
        .column("forecast_method", |line| line.forecast_method.as_str())
        .column("stock_out_on", |line| line.stock_out_on)
        .column("urgency", |line| line.urgency.name())
        .column("flags", |line| line.flags.join(","))
        .column("explanation", Line::explanation)
        .column("expected_fill_rate", |line| line.plan.fill_rate)
        .publish()
}

/// `expected_demand`, `on_hand`: the sign stands in the quantity.
pub(super) fn step_code(code: StepCode) -> String {
    let name = code.name().to_ascii_lowercase();
    name.strip_prefix("minus_").map_or_else(|| name.clone(), ToOwned::to_owned)
}

/// A step of an order.
struct StepRow<'a> {
    recommendation_id: &'a str,
    /// From 1.
    number: i64,
    code: String,
    quantity: Quantity,
    running: Quantity,
    text: &'a str,
}

/// `inventory_explanations`.
fn explanations(lines: &[Line]) -> Result<PublishedTable, RowsError> {
    let mut rows: Vec<StepRow<'_>> = Vec::new();
    for line in lines {
        let mut running = 0;
        for (number, step) in (1..).zip(&line.plan.steps) {
            running += step.delta_milli;
            rows.push(StepRow {
                recommendation_id: &line.recommendation_id,
                number,
                code: step_code(step.code),
                quantity: Quantity::from_thousandths(step.delta_milli),
                running: Quantity::from_thousandths(running),
                text: &step.text,
            });
        }
    }
    Rows::of(&INVENTORY_EXPLANATIONS, &rows)
        .column("recommendation_id", |row| row.recommendation_id)
        .column("step_no", |row| row.number)
        .column("code", |row| row.code.as_str())
        .column("quantity", |row| row.quantity)
        .column("running", |row| row.running)
        .column("text", |row| row.text)
        .publish()
}

/// `inventory_exceptions`.
fn exceptions(rows: &[Exception], currency: Currency) -> Result<PublishedTable, RowsError> {
    Rows::of(&INVENTORY_EXCEPTIONS, rows)
        .in_currency(currency)
        .column("code", |row| row.code)
        .column("severity", |row| row.severity)
        .column("product_id", |row| row.product_id.as_deref())
        .column("location_id", |row| row.location_id.as_deref())
        .column("supplier_id", |row| row.supplier_id.as_deref())
        .column("first_on", |row| row.first_on)
        .column("quantity", |row| row.quantity.map(Quantity::from_units))
        .column("value", |row| row.value.map(ExpectedMoney::from_minor))
        .column("text", |row| row.text.as_str())
        .publish()
}

/// `inventory_transfers`.
fn transfers(rows: &[LineTransfer], currency: Currency) -> Result<PublishedTable, RowsError> {
    Rows::of(&INVENTORY_TRANSFERS, rows)
        .in_currency(currency)
        .column("product_id", |row| row.product_id.as_str())
        .column("from_location_id", |row| row.from.as_str())
        .column("to_location_id", |row| row.to.as_str())
        .column("quantity", |row| Quantity::from_thousandths(row.quantity_milli))
        .column("value", |row| row.value.map(|value| Money::from_minor(value.round() as i64)))
        .column("move_on", |row| row.move_on)
        .column("arrives_by", |row| row.arrives_by)
        .column("text", |row| row.text.as_str())
        .publish()
}

/// `recommendation_outcomes`.
fn outcomes(rows: &[GradedLine], currency: Currency) -> Result<PublishedTable, RowsError> {
    let money = |minor: Option<f64>| minor.map(ExpectedMoney::from_minor);
    Rows::of(&RECOMMENDATION_OUTCOMES, rows)
        .in_currency(currency)
        .column("recommended_as_of", |row| row.advice.published.as_of)
        .column("recommendation_id", |row| row.advice.published.recommendation_id.as_str())
        .column("product_id", |row| row.advice.key.product_id.as_str())
        .column("location_id", |row| row.advice.key.location_id.as_str())
        .column("recommended", |row| row.advice.published.order_quantity)
        .column("ordered", |row| row.ordered_milli.map(Quantity::from_thousandths))
        .column("followed", |row| row.outcome.followed)
        .column("window_from", |row| row.window_from)
        .column("window_to", |row| row.window_to)
        .column("demand_expected", |row| row.advice.published.expected_demand)
        .column("demand_actual", |row| Quantity::from_thousandths(row.sold_milli))
        .column("order_up_to", |row| row.advice.published.order_up_to)
        .column("stock_out_days", |row| row.stock_out_days)
        .column("closing_stock", |row| row.closing_milli.map(Quantity::from_thousandths))
        .column("verdict", |row| verdict_name(row.outcome.verdict))
        .column("explanation", |row| row.explanation.as_str())
        .column("promised_fill_rate", |row| row.hindsight?.promised_fill_rate)
        .column("achieved_fill_rate", |row| row.hindsight?.achieved_fill_rate)
        .column("naive_quantity", |row| Some(Quantity::from_thousandths(row.hindsight?.naive_milli)))
        .column("cost_recommended", move |row| money(row.hindsight?.cost_recommended))
        .column("cost_ordered", move |row| money(row.hindsight?.cost_ordered))
        .column("cost_naive", move |row| money(row.hindsight?.cost_naive))
        .publish()
}
