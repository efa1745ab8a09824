//! The ledger: who runs what, which publication is current. All of it in the target warehouse, in portable SQL.
//!
//! A job is claimed through its row in `nightclerk_leases`: whoever raises its fence owns it until the lease runs out.
//! A heartbeat renews the lease; publication checks the fence in the transaction that makes rows visible, so that a run
//! which lost its lease can do no harm (the fencing token of Kleppmann, *Designing Data-Intensive Applications*, ch. 8).

mod publications;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::migrations;
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};
pub(super) use publications::recorded_inputs;
pub use publications::{PublicationRow, publications, rollback, was_sent};

/// How long a lease holds without a heartbeat, in microseconds.
pub const LEASE_MICROS: i64 = 60_000_000;
/// How often a running job renews its lease, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 15;

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
}

/// Who holds a lease: `place` is host and project folder, `process` the process id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Host and project folder. Two processes of one place exclude each other by a file lock too.
    pub place: String,
    /// The process.
    pub process: u32,
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
}

/// The outcome of an attempt to claim.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(Claim),
    /// Somebody else runs it.
    Locked {
        /// Who.
        owner: String,
        /// Seconds until the lease can be taken over, unless it is renewed.
        seconds_left: i64,
    },
    /// A newer program has changed our tables since this one was started.
    Outdated(migrations::Problem),
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

/// Takes the job, if nobody has it. A lease of our own place whose file lock could be taken belongs to a dead process.
///
/// # Errors
/// When the warehouse refuses.
pub async fn claim(
    warehouse: &Warehouse,
    start: &RunStart,
    now_micros: i64,
    holds_file_lock: FileLock,
) -> Result<Claimed, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    if let Some(problem) = migrations::hold(&mut transaction).await? {
        return Ok(Claimed::Outdated(problem));
    }
    transaction
        .execute(
            "INSERT INTO nightclerk_leases (job, place, process, fence, lease_until_us) VALUES ($1, '', 0, 0, 0) \
             ON CONFLICT (job) DO NOTHING",
            &[text(&start.job)],
        )
        .await?;
    // Writing the row first makes two claimants queue on it instead of both reading an expired lease.
    transaction.execute("UPDATE nightclerk_leases SET fence = fence WHERE job = $1", &[text(&start.job)]).await?;
    let rows = transaction
        .read_values(
            "SELECT place, process, fence, lease_until_us FROM nightclerk_leases WHERE job = $1",
            &[text(&start.job)],
        )
        .await?;
    let lease = rows.first().map(Vec::as_slice).unwrap_or_default();
    let (place, process) = (as_text(lease, 0), as_integer(lease, 1));
    let (fence, lease_until) = (as_integer(lease, 2) + 1, as_integer(lease, 3));
    let ours = process == i64::from(start.owner.process);
    let abandoned = place == start.owner.place && (ours || matches!(holds_file_lock, FileLock::Held));
    if lease_until > now_micros && !abandoned {
        transaction.rollback().await?;
        let owner = format!("process {process} of {place}");
        return Ok(Claimed::Locked { owner, seconds_left: (lease_until - now_micros) / 1_000_000 + 1 });
    }
    let run_id = next_run_id(&mut transaction).await?;
    let crashed_runs = transaction
        .execute(
            "UPDATE nightclerk_runs SET state = 'crashed', finished_us = $1, error = 'the process ended without a word' \
             WHERE job = $2 AND state = 'running'",
            &[Value::Integer(now_micros), text(&start.job)],
        )
        .await?;
    transaction
        .execute(
            "UPDATE nightclerk_leases SET place = $1, process = $2, fence = $3, lease_until_us = $4 WHERE job = $5",
            &[
                text(&start.owner.place),
                Value::Integer(i64::from(start.owner.process)),
                Value::Integer(fence),
                Value::Integer(now_micros + LEASE_MICROS),
                text(&start.job),
            ],
        )
        .await?;
    insert_run(&mut transaction, start, run_id, fence, now_micros).await?;
    transaction.commit().await?;
    Ok(Claimed::Ours(Claim { run_id, job: start.job.clone(), fence, crashed_runs }))
}

/// Whether this process could take the project's file lock for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLock {
    /// It could: no other live process of this project folder runs the job.
    Held,
    /// Another process has it, or locks are not to be had here.
    NotHeld,
}

async fn insert_run(
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

async fn next_run_id(transaction: &mut Transaction) -> Result<i64, WarehouseError> {
    transaction.execute("UPDATE nightclerk_counters SET value = value + 1 WHERE name = 'run_id'", &[]).await?;
    let rows = transaction.read_values("SELECT value FROM nightclerk_counters WHERE name = 'run_id'", &[]).await?;
    Ok(rows.first().map_or(1, |row| as_integer(row, 0)))
}

/// Renews the lease; false when it was lost.
///
/// # Errors
/// When the warehouse cannot be reached.
pub async fn renew(warehouse: &Warehouse, claim: &Claim, now_micros: i64) -> Result<bool, WarehouseError> {
    let hit = warehouse
        .execute(
            Side::Target,
            "UPDATE nightclerk_leases SET lease_until_us = $1 WHERE job = $2 AND fence = $3 AND lease_until_us > 0",
            &[Value::Integer(now_micros + LEASE_MICROS), text(&claim.job), Value::Integer(claim.fence)],
        )
        .await?;
    Ok(hit == 1)
}

/// Inside the publishing transaction: makes sure that the lease is still ours and keeps it from being taken until commit.
///
/// # Errors
/// When the warehouse refuses; false when the fence has moved on.
pub async fn hold_fence(transaction: &mut Transaction, claim: &Claim) -> Result<bool, WarehouseError> {
    let hit = transaction
        .execute(
            "UPDATE nightclerk_leases SET fence = fence WHERE job = $1 AND fence = $2",
            &[text(&claim.job), Value::Integer(claim.fence)],
        )
        .await?;
    Ok(hit == 1)
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
             WHERE run_id = $6",
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
    Ok(())
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

/// The newest business date of every job for which a run has ended, however it ended: a slot is tried once, trying
/// again is the business of a job's own attempts and of people.
///
/// # Errors
/// When the warehouse refuses.
pub async fn newest_ended(
    warehouse: &Warehouse,
    yesterday: NaiveDate,
) -> Result<BTreeMap<String, NaiveDate>, WarehouseError> {
    // A run for a date that is not over yet says nothing about that date's slot.
    let sql = "SELECT job, MAX(as_of) FROM nightclerk_runs \
               WHERE state NOT IN ('running', 'crashed', 'cancelled') AND as_of <= $1 GROUP BY job";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Date(yesterday)]).await?;
    Ok(rows.iter().map(|row| (as_text(row, 0), as_date(row, 1))).collect())
}

/// Writes down that a job was not run, so that its slot is not due again.
///
/// # Errors
/// When the warehouse refuses.
pub async fn record_skipped(
    warehouse: &Warehouse,
    start: &RunStart,
    reason: &str,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let run_id = next_run_id(&mut transaction).await?;
    insert_run(&mut transaction, start, run_id, 0, now_micros).await?;
    let claim = Claim { run_id, job: start.job.clone(), fence: 0, crashed_runs: 0 };
    let end = RunEnd { state: "skipped", error: Some(reason.to_owned()), rows_in: 0, rows_out: 0 };
    finish_in(&mut transaction, &claim, &end, now_micros).await?;
    transaction.commit().await
}

/// Frees every job that this process holds and marks its runs as cancelled.
///
/// # Errors
/// When the warehouse refuses.
pub async fn cancel(warehouse: &Warehouse, owner: &Owner, now_micros: i64) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let held = [text(&owner.place), Value::Integer(i64::from(owner.process)), Value::Integer(now_micros)];
    transaction
        .execute(
            "UPDATE nightclerk_runs SET state = 'cancelled', finished_us = $3, error = 'cancelled by a signal' \
             WHERE state = 'running' AND job IN (SELECT job FROM nightclerk_leases WHERE place = $1 AND process = $2)",
            &held,
        )
        .await?;
    transaction
        .execute("UPDATE nightclerk_leases SET lease_until_us = 0 WHERE place = $1 AND process = $2", &held[..2])
        .await?;
    transaction.commit().await
}

/// A text value.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The integer in a cell; 0 for NULL.
pub(crate) fn as_integer(row: &[Value], index: usize) -> i64 {
    match row.get(index) {
        Some(Value::Integer(number)) => *number,
        Some(Value::Real(number)) => *number as i64,
        _ => 0,
    }
}

/// The text in a cell; empty for NULL.
pub(crate) fn as_text(row: &[Value], index: usize) -> String {
    match row.get(index) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The date in a cell, which SQLite holds as text; the epoch when it is none, which the schema rules out.
pub(crate) fn as_date(row: &[Value], index: usize) -> NaiveDate {
    match row.get(index) {
        Some(Value::Date(date)) => *date,
        Some(Value::Text(text)) => text.parse().unwrap_or_default(),
        _ => NaiveDate::default(),
    }
}
