//! What runs said while they ran.

use serde::Serialize;

use super::cells::{as_integer, as_text, text};
use crate::table::instant_text;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A line of a run's log.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    /// Its number, from 1.
    pub position: i64,
    /// When, ISO.
    pub at: String,
    /// What was said; without personal data.
    pub text: String,
}

/// Writes lines down: number, time in microseconds since 1970, text.
///
/// # Errors
/// When the warehouse refuses; then none is written.
pub(in crate::runner) async fn append(
    warehouse: &Warehouse,
    run_id: i64,
    lines: &[(i64, i64, String)],
) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    // Lines whose commit was answered by silence are there already.
    let rows = "nightclerk_log (run_id, position, at_us, said) VALUES ($1, $2, $3, $4)";
    let sql = transaction.dialect().insert_new(rows, "run_id, position");
    for (position, at_us, said) in lines {
        let values = [Value::Integer(run_id), Value::Integer(*position), Value::Integer(*at_us), text(said)];
        transaction.execute(&sql, &values).await?;
    }
    transaction.commit().await
}

/// The lines of a run after a number, in order.
///
/// # Errors
/// When the warehouse refuses.
pub async fn after(warehouse: &Warehouse, run_id: i64, position: i64) -> Result<Vec<LogLine>, WarehouseError> {
    let sql = "SELECT position, at_us, said FROM nightclerk_log WHERE run_id = $1 AND position > $2 ORDER BY position";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Integer(run_id), Value::Integer(position)]).await?;
    let line = |row: &Vec<Value>| LogLine {
        position: as_integer(row, 0),
        at: instant_text(as_integer(row, 1)),
        text: as_text(row, 2),
    };
    Ok(rows.iter().map(line).collect())
}
