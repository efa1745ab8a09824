//! What was decided about recommendations: append-only.

use super::cells::text;
use crate::decidable::Decidable;
use crate::decided::Decision;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// Writes a decision down under a key of its own; false where there is one of that key.
///
/// # Errors
/// When the warehouse refuses.
pub async fn add(warehouse: &Warehouse, key: &str, decision: &Decision) -> Result<bool, WarehouseError> {
    let rows = "recommendation_decisions (decision_id, recommendation_id, decided_us, actor, action, quantity, until_day, reason, \
                reference) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let sql = warehouse.dialect(Side::Target).insert_new(rows, "decision_id");
    let or_null = |value: &Option<String>| value.as_ref().map_or(Value::Null, |value| text(value));
    let values = [
        text(key),
        text(&decision.recommendation_id),
        Value::Integer(decision.decided_us),
        text(&decision.actor),
        text(decision.action.name()),
        decision.quantity.map_or(Value::Null, Value::Real),
        decision.until.map_or(Value::Null, Value::Date),
        or_null(&decision.reason),
        or_null(&decision.reference),
    ];
    Ok(warehouse.execute(Side::Target, &sql, &values).await? == 1)
}

/// Decisions about one recommendation, or the newest about any, the newest first; and how many rows have an action that there is not.
///
/// # Errors
/// When the warehouse refuses.
pub async fn newest(
    warehouse: &Warehouse,
    recommendation: Option<&str>,
    most: usize,
) -> Result<(Vec<Decision>, usize), WarehouseError> {
    let columns = Decision::COLUMNS;
    let order = format!("ORDER BY decided_us DESC, decision_id DESC LIMIT {most}");
    let about = if recommendation.is_some() { "WHERE recommendation_id = $1 " } else { "" };
    let sql = format!("SELECT {columns} FROM recommendation_decisions {about}{order}");
    let binds: Vec<Value> = recommendation.into_iter().map(text).collect();
    let rows = warehouse.read_values(Side::Target, &sql, &binds).await?;
    let read: Vec<Decision> = rows.iter().filter_map(|row| Decision::of(row)).collect();
    let unknown = rows.len() - read.len();
    Ok((read, unknown))
}

/// How many recommendations of a run somebody decided otherwise about since an instant, in microseconds since 1970.
///
/// # Errors
/// When the warehouse refuses.
pub async fn otherwise_since(
    warehouse: &Warehouse,
    decidable: &Decidable,
    run_id: i64,
    since_us: i64,
) -> Result<i64, WarehouseError> {
    let sql = format!(
        "SELECT COUNT(DISTINCT d.recommendation_id) FROM recommendation_decisions d JOIN {} r ON r.{} = d.recommendation_id \
         WHERE r.run_id = $1 AND d.decided_us > $2 AND d.action IN ('change', 'reject', 'snooze')",
        decidable.table.name(),
        decidable.id
    );
    let binds = [Value::Integer(run_id), Value::Integer(since_us)];
    let rows = warehouse.read_values(Side::Target, &sql, &binds).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_integer).unwrap_or(0))
}
