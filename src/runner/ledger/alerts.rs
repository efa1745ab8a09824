//! The outbox: what people are to be told, one row per message and channel, until it is told or given up.
//!
//! A message is sent at least once: it is `due`, then `sending` by one process, then `sent`. One whose process died in between is
//! `unknown` and never sent again by itself, because nobody knows whether it arrived; `failed` has been tried often enough.

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A message. Instants are microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    /// The same for a message that is meant to be the same: who receives it twice can tell.
    pub dedupe_key: String,
    /// Who is told, by the name in `[[alerts]]`.
    pub channel: String,
    /// The job that it is about; empty for a ping, which is about all jobs of its channel.
    pub job: String,
    /// The business date that began the incident, or that is published.
    pub as_of: NaiveDate,
    /// `opened`, `recovered`, `expected_late` or `ping`.
    pub kind: String,
    /// What is sent.
    pub body_json: String,
    /// `due`, `sending`, `sent`, `failed` or `unknown`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Before that it is not tried.
    pub next_try_us: i64,
    /// When it was written down.
    pub created_us: i64,
    /// Why it did not arrive; empty otherwise.
    pub error: String,
}

const COLUMNS: &str =
    "dedupe_key, channel, job, as_of, kind, body_json, state, attempts, next_try_us, created_us, error";

fn alert_row(row: &[Value]) -> AlertRow {
    AlertRow {
        dedupe_key: as_text(row, 0),
        channel: as_text(row, 1),
        job: as_text(row, 2),
        as_of: as_date(row, 3),
        kind: as_text(row, 4),
        body_json: as_text(row, 5),
        state: as_text(row, 6),
        attempts: as_integer(row, 7),
        next_try_us: as_integer(row, 8),
        created_us: as_integer(row, 9),
        error: as_text(row, 10),
    }
}

/// The newest message about a job: where it is `opened`, the incident goes on.
///
/// # Errors
/// When the warehouse refuses.
pub async fn newest(warehouse: &Warehouse, job: &str) -> Result<Option<AlertRow>, WarehouseError> {
    let sql =
        format!("SELECT {COLUMNS} FROM nightclerk_alerts WHERE job = $1 ORDER BY created_us DESC, kind DESC LIMIT 1");
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job)]).await?;
    Ok(rows.first().map(|row| alert_row(row)))
}

/// Writes a message down; whether nobody had.
///
/// # Errors
/// When the warehouse refuses.
pub async fn write(warehouse: &Warehouse, alert: &AlertRow) -> Result<bool, WarehouseError> {
    let rows =
        format!("nightclerk_alerts ({COLUMNS}, changed_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)");
    let sql = warehouse.dialect(Side::Target).insert_new(&rows, "dedupe_key, channel");
    let values = [
        text(&alert.dedupe_key),
        text(&alert.channel),
        text(&alert.job),
        Value::Date(alert.as_of),
        text(&alert.kind),
        text(&alert.body_json),
        text(&alert.state),
        Value::Integer(alert.attempts),
        Value::Integer(alert.next_try_us),
        Value::Integer(alert.created_us),
        text(&alert.error),
    ];
    Ok(warehouse.execute(Side::Target, &sql, &values).await? == 1)
}

/// The messages that may be sent now, oldest first.
///
/// # Errors
/// When the warehouse refuses.
pub async fn due(warehouse: &Warehouse, now_micros: i64) -> Result<Vec<AlertRow>, WarehouseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nightclerk_alerts WHERE state = 'due' AND next_try_us <= $1 ORDER BY created_us, channel"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[Value::Integer(now_micros)]).await?;
    Ok(rows.iter().map(|row| alert_row(row)).collect())
}

/// Takes a message for sending; whether no other process did.
///
/// # Errors
/// When the warehouse refuses.
pub async fn claim(warehouse: &Warehouse, alert: &AlertRow, now_micros: i64) -> Result<bool, WarehouseError> {
    let sql = "UPDATE nightclerk_alerts SET state = 'sending', attempts = attempts + 1, changed_us = $1 \
               WHERE dedupe_key = $2 AND channel = $3 AND state = 'due' AND attempts = $4";
    let values =
        [Value::Integer(now_micros), text(&alert.dedupe_key), text(&alert.channel), Value::Integer(alert.attempts)];
    Ok(warehouse.execute(Side::Target, sql, &values).await? == 1)
}

/// What became of a try.
#[derive(Clone, Debug)]
pub enum Sent {
    /// It arrived.
    Yes,
    /// It did not, and is tried again from then on.
    Again {
        /// Why it did not.
        error: String,
        /// Not before that.
        next_try_us: i64,
    },
    /// It did not, and is given up.
    Never {
        /// Why it did not.
        error: String,
    },
}

/// Writes down what became of a try.
///
/// # Errors
/// When the warehouse refuses.
pub async fn settle(
    warehouse: &Warehouse,
    alert: &AlertRow,
    sent: &Sent,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    let (state, error, next_try_us) = match sent {
        Sent::Yes => ("sent", "", alert.next_try_us),
        Sent::Again { error, next_try_us } => ("due", error.as_str(), *next_try_us),
        Sent::Never { error } => ("failed", error.as_str(), alert.next_try_us),
    };
    let sql = "UPDATE nightclerk_alerts SET state = $1, error = $2, next_try_us = $3, changed_us = $4 \
               WHERE dedupe_key = $5 AND channel = $6 AND state = 'sending'";
    let values = [
        text(state),
        text(error),
        Value::Integer(next_try_us),
        Value::Integer(now_micros),
        text(&alert.dedupe_key),
        text(&alert.channel),
    ];
    warehouse.execute(Side::Target, sql, &values).await.map(|_| ())
}

/// Gives up what has been on its way since before `before_micros`: its process is dead, and whether it arrived nobody knows.
///
/// # Errors
/// When the warehouse refuses.
pub async fn lose(warehouse: &Warehouse, before_micros: i64, now_micros: i64) -> Result<u64, WarehouseError> {
    let sql = "UPDATE nightclerk_alerts SET state = 'unknown', error = 'the process that sent it ended without a word', \
               changed_us = $1 WHERE state = 'sending' AND changed_us < $2";
    warehouse.execute(Side::Target, sql, &[Value::Integer(now_micros), Value::Integer(before_micros)]).await
}

/// The messages that have not arrived, oldest first.
///
/// # Errors
/// When the warehouse refuses.
pub async fn undelivered(warehouse: &Warehouse) -> Result<Vec<AlertRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_alerts WHERE state <> 'sent' ORDER BY created_us, channel");
    let rows = warehouse.read_values(Side::Target, &sql, &[]).await?;
    Ok(rows.iter().map(|row| alert_row(row)).collect())
}
