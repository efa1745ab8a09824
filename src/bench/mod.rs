//! How good the published advice is, on a generated shop, where the truth is known; and how fast the warehouse is.
//!
//! What judges advice reads `truth_*` tables, which no job may.

mod advice;
mod forecasts;
mod inventory;
mod lift;
mod rules;
mod uplift;
mod warehouse;

use serde::Serialize;

use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

pub use advice::{coupon_contacts, planned_orders};
pub use forecasts::{LevelAccuracy, MethodShare, forecast_accuracy, methods_chosen};
pub use inventory::{ORDERING_KINDS, PolicyResult, UnitValue, policy_result};
pub use lift::{Coverage, lift_coverage};
pub use rules::{RulesFound, rules_found};
pub use uplift::{UpliftRanking, listing_job, uplift_ranking, uplift_scores};
pub use warehouse::{Clocks, Rate, Throughput, throughput};

/// The judgement on a demo's published tables.
#[derive(Debug, Serialize)]
pub struct Judgement {
    /// Per level: our error, the seasonal naive's and that of the true mean.
    pub forecasts: Vec<LevelAccuracy>,
    /// How often each model was chosen.
    pub methods: Vec<MethodShare>,
    /// Planted associations found.
    pub rules: Vec<RulesFound>,
    /// How often the interval of a campaign's lift held the truth.
    pub lift: Vec<Coverage>,
}

/// Judges the newest publications of a demo.
///
/// # Errors
/// When the warehouse refuses.
pub async fn judge(warehouse: &Warehouse, seed: u64) -> Result<Judgement, WarehouseError> {
    Ok(Judgement {
        forecasts: forecast_accuracy(warehouse).await?,
        methods: methods_chosen(warehouse).await?,
        rules: rules_found(warehouse).await?,
        lift: lift_coverage(seed),
    })
}

async fn rows(warehouse: &Warehouse, sql: &str) -> Result<Vec<Vec<Value>>, WarehouseError> {
    warehouse.read_values(Side::Target, sql, &[]).await
}

/// The text in a cell; empty for NULL.
fn text(row: &[Value], index: usize) -> &str {
    row.get(index).and_then(Value::as_text).unwrap_or_default()
}

/// The number in a cell; 0 for NULL.
fn number(row: &[Value], index: usize) -> f64 {
    match row.get(index) {
        Some(Value::Integer(number)) => *number as f64,
        Some(Value::Real(number)) => *number,
        _ => 0.0,
    }
}
