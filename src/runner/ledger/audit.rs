//! Who changed what by hand: append-only.

use serde::Serialize;

use super::cells::{as_integer, as_text, text};
use crate::runner::files::by_chance;
use crate::table::instant_text;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A change, or one that was refused.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// When, ISO.
    pub at: String,
    /// Whose token it was; `command line` without one.
    pub actor: String,
    /// What was asked for: `run`, `cancel`, `token add`, `token revoke`.
    pub action: String,
    /// Of what: `demand_forecast 2026-11-25`, or the name of a token.
    pub subject: String,
    /// What became of it, in words.
    pub outcome: String,
}

/// Writes down a change.
///
/// # Errors
/// When the warehouse refuses.
pub async fn write(
    warehouse: &Warehouse,
    (actor, action, subject): (&str, &str, &str),
    outcome: &str,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    let sql =
        "INSERT INTO nightclerk_audit (entry, at_us, actor, action, subject, outcome) VALUES ($1, $2, $3, $4, $5, $6)";
    let values =
        [text(&by_chance()), Value::Integer(now_micros), text(actor), text(action), text(subject), text(outcome)];
    warehouse.execute(Side::Target, sql, &values).await.map(drop)
}

/// The newest changes, newest first.
///
/// # Errors
/// When the warehouse refuses.
pub async fn newest(warehouse: &Warehouse, most: u32) -> Result<Vec<AuditRow>, WarehouseError> {
    let sql = format!(
        "SELECT at_us, actor, action, subject, outcome FROM nightclerk_audit ORDER BY at_us DESC, entry LIMIT {most}"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[]).await?;
    let audit_row = |row: &Vec<Value>| AuditRow {
        at: instant_text(as_integer(row, 0)),
        actor: as_text(row, 1),
        action: as_text(row, 2),
        subject: as_text(row, 3),
        outcome: as_text(row, 4),
    };
    Ok(rows.iter().map(audit_row).collect())
}
