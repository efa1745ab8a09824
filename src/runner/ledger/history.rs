//! Runs as people look them up: what was begun, how it ended, what its gates found.

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use crate::gate::{GateResult, GateSeverity};
use crate::table::instant_text;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A run.
#[derive(Clone, Debug, Serialize)]
pub struct RunFull {
    /// Its number.
    pub run_id: i64,
    /// The job.
    pub job: String,
    /// Its kind.
    pub kind: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// `running`, or how it ended.
    pub state: String,
    /// When it began, ISO.
    pub started_at: String,
    /// When it ended, ISO.
    pub finished_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Rows read.
    pub rows_in: i64,
    /// Rows published.
    pub rows_out: i64,
    /// Why it did not publish.
    pub error: Option<String>,
    /// The parameters in full.
    pub params_toml: String,
    /// Hash of every text of the project.
    pub config_hash: String,
    /// The version of the program.
    pub code_version: String,
    /// The seed.
    pub seed: i64,
}

const COLUMNS: &str = "run_id, job, kind, as_of, state, started_us, finished_us, rows_in, rows_out, error, params_toml, \
                       config_hash, code_version, seed";

fn run_full(row: &[Value]) -> RunFull {
    let finished_us = row.get(6).and_then(Value::as_integer);
    RunFull {
        run_id: as_integer(row, 0),
        job: as_text(row, 1),
        kind: as_text(row, 2),
        as_of: as_date(row, 3),
        state: as_text(row, 4),
        started_at: instant_text(as_integer(row, 5)),
        finished_at: finished_us.map(instant_text),
        duration_ms: finished_us.map(|finished| (finished - as_integer(row, 5)) / 1000),
        rows_in: as_integer(row, 7),
        rows_out: as_integer(row, 8),
        error: Some(as_text(row, 9)).filter(|error| !error.is_empty()),
        params_toml: as_text(row, 10),
        config_hash: as_text(row, 11),
        code_version: as_text(row, 12),
        seed: as_integer(row, 13),
    }
}

/// A run by its number.
///
/// # Errors
/// When the warehouse refuses.
pub async fn run(warehouse: &Warehouse, run_id: i64) -> Result<Option<RunFull>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_runs WHERE run_id = $1");
    let rows = warehouse.read_values(Side::Target, &sql, &[Value::Integer(run_id)]).await?;
    Ok(rows.first().map(|row| run_full(row)))
}

/// The newest runs, of one job or of all, newest first.
///
/// # Errors
/// When the warehouse refuses.
pub async fn runs(warehouse: &Warehouse, job: Option<&str>, most: u32) -> Result<Vec<RunFull>, WarehouseError> {
    let filter = job.map_or("$1 = ''", |_| "job = $1");
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_runs WHERE {filter} ORDER BY run_id DESC LIMIT {most}");
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job.unwrap_or_default())]).await?;
    Ok(rows.iter().map(|row| run_full(row)).collect())
}

/// What the gates of a run found, in their order.
///
/// # Errors
/// When the warehouse refuses.
pub async fn gates(warehouse: &Warehouse, run_id: i64) -> Result<Vec<GateResult>, WarehouseError> {
    let sql = "SELECT name, severity, passed, observed, expected, explanation FROM nightclerk_gates WHERE run_id = $1 \
               ORDER BY position";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Integer(run_id)]).await?;
    let gate = |row: &Vec<Value>| GateResult {
        name: as_text(row, 0),
        severity: if as_text(row, 1) == GateSeverity::Warn.name() { GateSeverity::Warn } else { GateSeverity::Block },
        passed: row.get(2).and_then(Value::as_flag).unwrap_or_default(),
        observed: as_text(row, 3),
        expected: as_text(row, 4),
        explanation: as_text(row, 5),
    };
    Ok(rows.iter().map(gate).collect())
}
