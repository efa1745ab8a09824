//! The published tables.

use polars::prelude::{DataFrame, PolarsResult};

use super::decision::Decision;
use super::exception::Exception;
use super::frame_columns::{column, columns, frame};
use super::grading::{GradedLine, verdict_name};
use super::line::{Line, day_after};
use crate::models::inventory::{MILLI, StepCode};
use crate::publication::PublishedTable;
use crate::published::{
    INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES,
};

/// The tables, in the order in which they are published.
pub(super) fn tables(decision: &Decision<'_>) -> PolarsResult<Vec<PublishedTable>> {
    let frames = [
        (&INVENTORY_RECOMMENDATIONS, recommendations(decision)?),
        (&INVENTORY_EXPLANATIONS, explanations(&decision.lines)?),
        (&INVENTORY_EXCEPTIONS, exceptions(&decision.exceptions)?),
        (&RECOMMENDATION_OUTCOMES, outcomes(&decision.graded)?),
    ];
    Ok(frames.into_iter().map(|(table, frame)| PublishedTable { table, frame }).collect())
}

fn recommendations(decision: &Decision<'_>) -> PolarsResult<DataFrame> {
    let (lines, forecast_as_of) = (&decision.lines, decision.facts.forecast_as_of);
    let units = |milli: i64| milli as f64 / MILLI;
    let first_day = day_after(decision.ctx.as_of);
    frame(
        &INVENTORY_RECOMMENDATIONS,
        columns![
            column!(lines, line => line.recommendation_id.as_str()),
            column!(lines, line => line.key.product_id.as_str()),
            column!(lines, line => line.key.location_id.as_str()),
            column!(lines, line => line.product.supplier_id.as_deref()),
            column!(lines, line => line.plan.order_on.to_epoch_days()),
            column!(lines, line => line.plan.arrives_on.to_epoch_days()),
            column!(lines, line => line.last_covered_day().to_epoch_days()),
            column!(lines, line => line.plan.quantity_milli),
            column!(lines, line => line.product.pack_size),
            column!(lines, line => line.product.unit_cost),
            column!(lines, line => line.order_value),
            column!(lines, line => line.stock.on_hand.max(0)),
            column!(lines, line => line.stock.reserved),
            column!(lines, line => line.on_order_milli),
            column!(lines, line => units(line.plan.expected_demand_milli)),
            column!(lines, line => units(line.plan.order_up_to_milli - line.plan.expected_demand_milli)),
            column!(lines, line => units(line.plan.order_up_to_milli)),
            column!(lines, line => line.service_level),
            column!(lines, line => line.lead_time.mean_days),
            column!(lines, line => line.lead_time_basis),
            column!(lines, line => (line.plan.covers_until - first_day).num_days()),
            column!(lines, _ => forecast_as_of.to_epoch_days()),
            column!(lines, line => line.forecast_method.as_str()),
            column!(lines, line => line.stock_out_on.map(|day| day.to_epoch_days())),
            column!(lines, line => line.urgency.name()),
            column!(lines, line => line.flags.join(",")),
            column!(lines, line => line.explanation.as_str()),
        ],
    )
}

/// `expected_demand`, `on_hand`: the sign stands in the quantity.
pub(super) fn step_code(code: StepCode) -> String {
    let name = code.name().to_ascii_lowercase();
    name.strip_prefix("minus_").map_or_else(|| name.clone(), ToOwned::to_owned)
}

fn explanations(lines: &[Line]) -> PolarsResult<DataFrame> {
    let mut rows: Vec<(&str, i64, String, i64, i64, &str)> = Vec::new();
    for line in lines {
        let mut running = 0;
        for (number, step) in (1..).zip(&line.plan.steps) {
            running += step.delta_milli;
            rows.push((&line.recommendation_id, number, step_code(step.code), step.delta_milli, running, &step.text));
        }
    }
    frame(
        &INVENTORY_EXPLANATIONS,
        columns![
            column!(rows, row => row.0),
            column!(rows, row => row.1),
            column!(rows, row => row.2.as_str()),
            column!(rows, row => row.3),
            column!(rows, row => row.4),
            column!(rows, row => row.5),
        ],
    )
}

fn exceptions(rows: &[Exception]) -> PolarsResult<DataFrame> {
    frame(
        &INVENTORY_EXCEPTIONS,
        columns![
            column!(rows, row => row.code),
            column!(rows, row => row.severity),
            column!(rows, row => row.product_id.as_deref()),
            column!(rows, row => row.location_id.as_deref()),
            column!(rows, row => row.supplier_id.as_deref()),
            column!(rows, row => row.first_on.map(|day| day.to_epoch_days())),
            column!(rows, row => row.quantity),
            column!(rows, row => row.value),
            column!(rows, row => row.text.as_str()),
        ],
    )
}

fn outcomes(rows: &[GradedLine]) -> PolarsResult<DataFrame> {
    frame(
        &RECOMMENDATION_OUTCOMES,
        columns![
            column!(rows, row => row.advice.recommended_as_of.to_epoch_days()),
            column!(rows, row => row.advice.recommendation_id.as_str()),
            column!(rows, row => row.advice.key.product_id.as_str()),
            column!(rows, row => row.advice.key.location_id.as_str()),
            column!(rows, row => row.advice.order_quantity),
            column!(rows, row => row.ordered_milli),
            column!(rows, row => row.outcome.followed),
            column!(rows, row => row.window_from.to_epoch_days()),
            column!(rows, row => row.window_to.to_epoch_days()),
            column!(rows, row => row.advice.expected_demand),
            column!(rows, row => row.sold_milli as f64 / MILLI),
            column!(rows, row => row.advice.order_up_to),
            column!(rows, row => i64::from(row.stock_out_days)),
            column!(rows, row => row.closing_milli.map(|milli| milli as f64 / MILLI)),
            column!(rows, row => verdict_name(row.outcome.verdict)),
            column!(rows, row => row.explanation.as_str()),
        ],
    )
}
