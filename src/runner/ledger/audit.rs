//! Who changed what by hand: append-only, but that what became of a change is filled in once.

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
    /// What was asked for: `run`, `cancel`, `export`, `request`, `token add`, `token revoke`.
    pub action: String,
    /// Of what: a job and a date, a file, or the name of a token.
    pub subject: String,
    /// What became of it, in words.
    pub outcome: String,
}

/// What stands for the outcome of a change that is being made, or whose process died while it was.
const UNDER_WAY: &str = "under way, or cut short";

/// Writes down a change that is about to be made: what cannot be written down is not to be done. Gives the entry, for [`end`].
///
/// # Errors
/// When the warehouse refuses.
pub async fn begin(warehouse: &Warehouse, what: (&str, &str, &str), now_micros: i64) -> Result<String, WarehouseError> {
    write(warehouse, what, UNDER_WAY, now_micros).await
}

/// Writes down what became of a change.
///
/// # Errors
/// When the warehouse refuses.
pub async fn end(warehouse: &Warehouse, entry: &str, outcome: &str) -> Result<(), WarehouseError> {
    let sql = "UPDATE nightclerk_audit SET outcome = $1 WHERE entry = $2 AND outcome = $3";
    warehouse.execute(Side::Target, sql, &[text(outcome), text(entry), text(UNDER_WAY)]).await.map(drop)
}

/// Writes down a change and what became of it. Gives the entry.
///
/// # Errors
/// When the warehouse refuses.
pub async fn write(
    warehouse: &Warehouse,
    (actor, action, subject): (&str, &str, &str),
    outcome: &str,
    now_micros: i64,
) -> Result<String, WarehouseError> {
    let entry = by_chance();
    let sql =
        "INSERT INTO nightclerk_audit (entry, at_us, actor, action, subject, outcome) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [text(&entry), Value::Integer(now_micros), text(actor), text(action), text(subject), text(outcome)];
    warehouse.execute(Side::Target, sql, &values).await?;
    Ok(entry)
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
