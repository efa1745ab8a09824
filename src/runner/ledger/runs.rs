//! Runs: what was begun by whom, and how it ended.

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use super::slots::{self, Asked, SlotEnd};
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};

/// What the ledger writes down about a run before it starts.
#[derive(Clone, Debug)]
pub struct RunStart {
    /// The job.
    pub job: String,
    /// Its kind.
    pub kind: &'static str,
    /// The business date.
    pub as_of: NaiveDate,
    /// Which host, project folder and process runs it.
    pub owner: Owner,
    /// The parameters in full.
    pub params_toml: String,
    /// Hash of every text of the project.
    pub config_hash: String,
    /// The seed.
    pub seed: u64,
    /// Until when its slot is tried again, in microseconds since 1970, where no schedule says so.
    pub until_us: i64,
    /// How many processes may die of its slot.
    pub most_crashes: u32,
    /// Who asks for it.
    pub claimant: Claimant,
}

/// Who asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimant {
    /// A person or a program that calls us: a date that has been published is published anew.
    Person,
    /// The schedule: only what waits is run.
    Schedule,
}

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Host and project folder, with what tells the folder from another of its name. Two processes of one place exclude each other by a
    /// file lock too.
    pub place: String,
    /// The process, for people: two containers may both be process 1.
    pub process: u32,
    /// Drawn by chance when the program started: no other has it.
    pub runner: String,
}

/// A claimed job.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The run.
    pub run_id: i64,
    /// The job.
    pub job: String,
    /// The fencing token.
    pub fence: i64,
    /// Runs of this job that were found dead.
    pub crashed_runs: u64,
    /// Which try of its slot this is, from 1.
    pub attempt: i64,
    /// Whether the schedule made its slot due, whoever runs it.
    pub is_scheduled: bool,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// `published`, `blocked`, `failed`, `refused`, `superseded`.
    pub state: &'static str,
    /// The error, if any; without personal data.
    pub error: Option<String>,
    /// Rows read.
    pub rows_in: u64,
    /// Rows published.
    pub rows_out: u64,
    /// What that makes of the slot.
    pub slot: SlotEnd,
}

/// The latest run of a job.
#[derive(Clone, Debug, Serialize)]
pub struct RunRow {
    /// The run.
    pub run_id: i64,
    /// The job.
    pub job: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// Its state.
    pub state: String,
    /// When it started, ISO.
    pub started_at: String,
    /// When it ended, ISO.
    pub finished_at: Option<String>,
    /// The error, if any.
    pub error: Option<String>,
}

/// Whether a run's publication is there.
///
/// # Errors
/// When the warehouse refuses.
pub(in crate::runner) async fn has_published(warehouse: &Warehouse, run_id: i64) -> Result<bool, WarehouseError> {
    let sql = "SELECT run_id FROM nightclerk_publications WHERE run_id = $1";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Integer(run_id)]).await?;
    Ok(!rows.is_empty())
}

/// When a run began, in microseconds since 1970, and its state.
///
/// # Errors
/// When the warehouse refuses.
pub(in crate::runner) async fn begun(
    warehouse: &Warehouse,
    run_id: i64,
) -> Result<Option<(i64, String)>, WarehouseError> {
    let sql = "SELECT started_us, state FROM nightclerk_runs WHERE run_id = $1";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Integer(run_id)]).await?;
    Ok(rows.first().map(|row| (as_integer(row, 0), as_text(row, 1))))
}

/// Runs over which the usual time of a job is looked at.
const USUAL_RUNS: u32 = 7;

/// How long a job usually takes, in microseconds: the median of its last published runs; `None` where there are none.
///
/// # Errors
/// When the warehouse refuses.
pub(in crate::runner) async fn usual_micros(warehouse: &Warehouse, job: &str) -> Result<Option<i64>, WarehouseError> {
    let sql = format!(
        "SELECT finished_us - started_us FROM nightclerk_runs \
         WHERE job = $1 AND state = 'published' AND finished_us IS NOT NULL ORDER BY run_id DESC LIMIT {USUAL_RUNS}"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job)]).await?;
    let mut micros: Vec<i64> = rows.iter().map(|row| as_integer(row, 0)).collect();
    micros.sort_unstable();
    Ok(micros.get(micros.len() / 2).copied())
}

/// Which of these runs have ended.
///
/// # Errors
/// When the warehouse refuses.
pub(in crate::runner) async fn ended(warehouse: &Warehouse, runs: &[i64]) -> Result<Vec<i64>, WarehouseError> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = runs.iter().map(i64::to_string).collect();
    let sql = format!("SELECT run_id FROM nightclerk_runs WHERE state <> 'running' AND run_id IN ({})", ids.join(", "));
    let rows = warehouse.read_values(Side::Target, &sql, &[]).await?;
    Ok(rows.iter().map(|row| as_integer(row, 0)).collect())
}

pub(super) async fn insert_run(
    transaction: &mut Transaction,
    start: &RunStart,
    run_id: i64,
    fence: i64,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    transaction
        .execute(
            "INSERT INTO nightclerk_runs (run_id, job, kind, as_of, state, fence, started_us, params_toml, config_hash, \
             code_version, seed, rows_in, rows_out) VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9, $10, 0, 0)",
            &[
                Value::Integer(run_id),
                text(&start.job),
                text(start.kind),
                Value::Date(start.as_of),
                Value::Integer(fence),
                Value::Integer(now_micros),
                text(&start.params_toml),
                text(&start.config_hash),
                text(env!("CARGO_PKG_VERSION")),
                Value::Integer(start.seed as i64),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn next_run_id(transaction: &mut Transaction) -> Result<i64, WarehouseError> {
    transaction.execute("UPDATE nightclerk_counters SET value = value + 1 WHERE name = 'run_id'", &[]).await?;
    let rows = transaction.read_values("SELECT value FROM nightclerk_counters WHERE name = 'run_id'", &[]).await?;
    Ok(rows.first().map_or(1, |row| as_integer(row, 0)))
}

/// Writes how the run ended and frees the job.
///
/// # Errors
/// When the warehouse refuses.
pub async fn finish(warehouse: &Warehouse, claim: &Claim, end: &RunEnd, now_micros: i64) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    finish_in(&mut transaction, claim, end, now_micros).await?;
    transaction
        .execute(
            "UPDATE nightclerk_leases SET lease_until_us = 0 WHERE job = $1 AND fence = $2",
            &[text(&claim.job), Value::Integer(claim.fence)],
        )
        .await?;
    transaction.commit().await
}

/// Writes how the run ended, inside another transaction.
///
/// # Errors
/// When the warehouse refuses.
pub async fn finish_in(
    transaction: &mut Transaction,
    claim: &Claim,
    end: &RunEnd,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    transaction
        .execute(
            "UPDATE nightclerk_runs SET state = $1, error = $2, rows_in = $3, rows_out = $4, finished_us = $5 \
             WHERE run_id = $6 AND state NOT IN ('published', 'cancelled')",
            &[
                text(end.state),
                end.error.as_ref().map_or(Value::Null, |error| text(error)),
                Value::Integer(end.rows_in as i64),
                Value::Integer(end.rows_out as i64),
                Value::Integer(now_micros),
                Value::Integer(claim.run_id),
            ],
        )
        .await?;
    slots::end(transaction, claim.run_id, &end.slot, now_micros).await
}

/// The newest run of every job.
///
/// # Errors
/// When the warehouse refuses.
pub async fn latest_runs(warehouse: &Warehouse) -> Result<Vec<RunRow>, WarehouseError> {
    let sql = "SELECT run_id, job, as_of, state, started_us, finished_us, error FROM nightclerk_runs r \
               WHERE run_id = (SELECT MAX(q.run_id) FROM nightclerk_runs q WHERE q.job = r.job) ORDER BY job";
    let rows = warehouse.read_values(Side::Target, sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| RunRow {
            run_id: as_integer(row, 0),
            job: as_text(row, 1),
            as_of: as_date(row, 2),
            state: as_text(row, 3),
            started_at: crate::table::instant_text(as_integer(row, 4)),
            finished_at: match row.get(5) {
                Some(Value::Integer(micros)) => Some(crate::table::instant_text(*micros)),
                _ => None,
            },
            error: Some(as_text(row, 6)).filter(|error| !error.is_empty()),
        })
        .collect())
}

/// Writes down that a job of a night was not run: its slot waits, or, where there is none yet, is opened by that.
///
/// # Errors
/// When the warehouse refuses.
pub async fn record_waiting(
    warehouse: &Warehouse,
    start: &RunStart,
    reason: &str,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    let asked = Asked { job: &start.job, as_of: start.as_of, until_us: start.until_us };
    slots::record_waiting(warehouse, &asked, reason, now_micros).await
}
