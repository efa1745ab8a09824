//! Leases: who may run a job, and until when.
//!
//! A job is claimed through its row in `nightclerk_leases`: whoever raises its fence owns it until the lease runs out.
//! A heartbeat renews the lease; publication checks the fence in the transaction that makes rows visible, so that a run
//! which lost its lease can do no harm (the fencing token of Kleppmann, *Designing Data-Intensive Applications*, ch. 8).

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use super::runs::{Claim, Claimant, Owner, RunStart, insert_run, next_run_id};
use super::slots::{self, Asked, SlotState};
use crate::migrations;
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};

/// How long a lease holds without a heartbeat, in microseconds.
pub const LEASE_MICROS: i64 = 60_000_000;
/// How often a running job renews its lease, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 15;

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
    /// The schedule asks for a slot that does not wait any more, or not yet again.
    NotWaiting(SlotState),
    /// A newer program has changed our tables since this one was started.
    Outdated(migrations::Problem),
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
    let held = lease(&mut transaction, &start.job).await?;
    if !held.is_free(&start.owner, holds_file_lock, now_micros) {
        transaction.rollback().await?;
        let owner = format!("process {} of {}", held.process, held.place);
        return Ok(Claimed::Locked { owner, seconds_left: (held.until_us - now_micros) / 1_000_000 + 1 });
    }
    let fence = held.fence + 1;
    let crashed_runs = bury(&mut transaction, &start.job, start.most_crashes, now_micros, now_micros).await?;
    if start.claimant == Claimant::Schedule {
        let slot = slots::state_in(&mut transaction, &start.job, start.as_of).await?;
        let stands = slot.map_or((SlotState::PassedOver, 0), |slot| (slot.state, slot.next_try_us));
        if stands.0 != SlotState::Waiting || stands.1 > now_micros {
            // What was found dead stays found.
            transaction.commit().await?;
            return Ok(Claimed::NotWaiting(stands.0));
        }
    }
    let run_id = next_run_id(&mut transaction).await?;
    transaction
        .execute(
            "UPDATE nightclerk_leases SET place = $1, process = $2, fence = $3, lease_until_us = $4, runner = $5, locked = $6 \
             WHERE job = $7",
            &[
                text(&start.owner.place),
                Value::Integer(i64::from(start.owner.process)),
                Value::Integer(fence),
                Value::Integer(now_micros + LEASE_MICROS),
                text(&start.owner.runner),
                Value::Integer(i64::from(holds_file_lock == FileLock::Held)),
                text(&start.job),
            ],
        )
        .await?;
    insert_run(&mut transaction, start, run_id, fence, now_micros).await?;
    let asked = Asked { job: &start.job, as_of: start.as_of, until_us: start.until_us };
    let slot = slots::begin(&mut transaction, &asked, run_id, now_micros).await?;
    transaction.commit().await?;
    let (attempt, is_scheduled) = slot.map_or((1, false), |slot| (slot.attempts, !slot.schedule.is_empty()));
    Ok(Claimed::Ours(Claim { run_id, job: start.job.clone(), fence, crashed_runs, attempt, is_scheduled }))
}

/// Marks the runs of a job whose process is dead; gives how many there were. Their slots are tried again from `again_us` on.
async fn bury(
    transaction: &mut Transaction,
    job: &str,
    most_crashes: u32,
    again_us: i64,
    now_micros: i64,
) -> Result<u64, WarehouseError> {
    let found = transaction
        .execute(
            "UPDATE nightclerk_runs SET state = 'crashed', finished_us = $1, error = 'the process ended without a word' \
             WHERE job = $2 AND state = 'running'",
            &[Value::Integer(now_micros), text(job)],
        )
        .await?;
    slots::crashed(transaction, job, most_crashes, again_us, now_micros).await?;
    Ok(found)
}

/// Finds out whether the process that runs a job is dead: its lease has run out, or it was one of our place and this process has the
/// file lock. Then its slots wait again, and nobody can publish under its lease. Gives how many runs it left.
///
/// # Errors
/// When the warehouse refuses.
pub async fn recover(
    warehouse: &Warehouse,
    job: &str,
    owner: &Owner,
    holds_file_lock: FileLock,
    most_crashes: u32,
    again_us: i64,
    now_micros: i64,
) -> Result<u64, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let lease = lease(&mut transaction, job).await?;
    if !lease.is_free(owner, holds_file_lock, now_micros) {
        transaction.rollback().await?;
        return Ok(0);
    }
    let found = bury(&mut transaction, job, most_crashes, again_us, now_micros).await?;
    transaction
        .execute("UPDATE nightclerk_leases SET fence = fence + 1, lease_until_us = 0 WHERE job = $1", &[text(job)])
        .await?;
    transaction.commit().await?;
    Ok(found)
}

/// Who has a job, and until when.
struct Lease {
    place: String,
    process: i64,
    fence: i64,
    until_us: i64,
    runner: String,
    locked: bool,
}

impl Lease {
    /// Whether it may be taken: it has run out, this program left it, or a process of our own place did that had the file lock which we
    /// have now, so that it is dead. One that ran without the lock is known by its lease alone.
    fn is_free(&self, owner: &Owner, holds_file_lock: FileLock, now_micros: i64) -> bool {
        let is_dead = self.place == owner.place && self.locked && holds_file_lock == FileLock::Held;
        self.until_us <= now_micros || self.runner == owner.runner || is_dead
    }
}

/// Reads the lease of a job and keeps it from being taken until the transaction ends.
async fn lease(transaction: &mut Transaction, job: &str) -> Result<Lease, WarehouseError> {
    // Writing the row first makes two claimants queue on it instead of both reading an expired lease.
    let hold = "UPDATE nightclerk_leases SET fence = fence WHERE job = $1";
    if transaction.execute(hold, &[text(job)]).await? == 0 {
        let rows = "nightclerk_leases (job, place, process, fence, lease_until_us, runner, locked) VALUES ($1, '', 0, 0, 0, '', 0)";
        let sql = transaction.dialect().insert_new(rows, "job");
        transaction.execute(&sql, &[text(job)]).await?;
        transaction.execute(hold, &[text(job)]).await?;
    }
    let rows = transaction
        .read_values(
            "SELECT place, process, fence, lease_until_us, runner, locked FROM nightclerk_leases WHERE job = $1",
            &[text(job)],
        )
        .await?;
    let row = rows.first().map(Vec::as_slice).unwrap_or_default();
    Ok(Lease {
        place: as_text(row, 0),
        process: as_integer(row, 1),
        fence: as_integer(row, 2),
        until_us: as_integer(row, 3),
        runner: as_text(row, 4),
        locked: as_integer(row, 5) == 1,
    })
}

/// Whether this process could take the project's file lock for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLock {
    /// It could: no other live process of this project folder runs the job.
    Held,
    /// Another process has it, or locks are not to be had here.
    NotHeld,
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

/// Frees every job that this program holds and marks its runs as cancelled.
///
/// # Errors
/// When the warehouse refuses.
pub async fn cancel(warehouse: &Warehouse, owner: &Owner, now_micros: i64) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let held = [text(&owner.runner), Value::Integer(now_micros)];
    // What a person began, a person ends; what the schedule began, it begins again.
    transaction
        .execute(
            "UPDATE nightclerk_slots SET changed_us = $2, next_try_us = $2, reason = 'cancelled by a signal', \
             state = CASE WHEN schedule = '' THEN 'cancelled' ELSE 'waiting' END \
             WHERE state = 'running' AND job IN (SELECT job FROM nightclerk_leases WHERE runner = $1)",
            &held,
        )
        .await?;
    transaction
        .execute(
            "UPDATE nightclerk_runs SET state = 'cancelled', finished_us = $2, error = 'cancelled by a signal' \
             WHERE state = 'running' AND job IN (SELECT job FROM nightclerk_leases WHERE runner = $1)",
            &held,
        )
        .await?;
    transaction.execute("UPDATE nightclerk_leases SET lease_until_us = 0 WHERE runner = $1", &held[..1]).await?;
    transaction.commit().await
}

/// A run or a date that somebody cancelled.
#[derive(Clone, Debug, Serialize)]
pub struct Cancelled {
    /// The job.
    pub job: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// Who ran it; none where the date only waited.
    pub owner: Option<String>,
    /// Its run.
    pub run_id: Option<i64>,
}

/// Cancels the run of a job, or the date `as_of` where that runs or waits: its slot ends, and whoever runs it has lost the lease.
///
/// # Errors
/// When the warehouse refuses.
pub async fn cancel_job(
    warehouse: &Warehouse,
    job: &str,
    as_of: Option<NaiveDate>,
    reason: &str,
    now_micros: i64,
) -> Result<Option<Cancelled>, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let held = lease(&mut transaction, job).await?;
    let sql =
        "SELECT run_id, as_of FROM nightclerk_runs WHERE job = $1 AND state = 'running' ORDER BY run_id DESC LIMIT 1";
    let rows = transaction.read_values(sql, &[text(job)]).await?;
    let running = rows.first().map(|row| (as_integer(row, 0), as_date(row, 1)));
    let cancelled = match (running, as_of) {
        (Some((run_id, date)), wanted) if wanted.is_none_or(|wanted| wanted == date) => {
            transaction
                .execute(
                    "UPDATE nightclerk_runs SET state = 'cancelled', finished_us = $1, error = $2 WHERE run_id = $3",
                    &[Value::Integer(now_micros), text(reason), Value::Integer(run_id)],
                )
                .await?;
            let lose = "UPDATE nightclerk_leases SET fence = fence + 1, lease_until_us = 0 WHERE job = $1";
            transaction.execute(lose, &[text(job)]).await?;
            let owner = Some(format!("process {} of {}", held.process, held.place));
            Cancelled { job: job.to_owned(), as_of: date, owner, run_id: Some(run_id) }
        }
        (_, Some(date)) => Cancelled { job: job.to_owned(), as_of: date, owner: None, run_id: None },
        (_, None) => return transaction.rollback().await.map(|()| None),
    };
    let ended = transaction
        .execute(
            "UPDATE nightclerk_slots SET state = 'cancelled', reason = $1, changed_us = $2 \
             WHERE job = $3 AND as_of = $4 AND state IN ('waiting', 'running')",
            &[text(reason), Value::Integer(now_micros), text(job), Value::Date(cancelled.as_of)],
        )
        .await?;
    if ended == 0 && cancelled.run_id.is_none() {
        return transaction.rollback().await.map(|()| None);
    }
    transaction.commit().await?;
    Ok(Some(cancelled))
}

/// Why a run was cancelled, if it was.
///
/// # Errors
/// When the warehouse refuses.
pub async fn cancelled(warehouse: &Warehouse, run_id: i64) -> Result<Option<String>, WarehouseError> {
    let sql = "SELECT error FROM nightclerk_runs WHERE run_id = $1 AND state = 'cancelled'";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Integer(run_id)]).await?;
    Ok(rows.first().map(|row| as_text(row, 0)))
}
