//! Slots: what is due, one row per job and business date from the moment it is due until it has ended.
//!
//! A slot is open while it waits or runs. It is ended by a publication, by a rule (a gate, a refusal, the misfire policy), by a fault
//! that trying again cannot mend, or by the end of its window; never by an outage, a dead process or a busy neighbour.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};

/// Where a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// It is due and waits: for its turn, for a job before it, for the next try.
    Waiting,
    /// A process has claimed it.
    Running,
    /// Its rows are visible.
    Published,
    /// A gate stopped it.
    Blocked,
    /// Its input was stale, empty or missing.
    Refused,
    /// It failed in a way that trying again does not mend.
    Failed,
    /// A person stopped what a person had started.
    Cancelled,
    /// Its window ended before it could be published.
    Expired,
    /// The job's misfire policy does not run it.
    PassedOver,
}

impl SlotState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Running,
        Self::Published,
        Self::Blocked,
        Self::Refused,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
        Self::PassedOver,
    ];

    /// The word in the ledger and in `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Published => "published",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::PassedOver => "passed_over",
        }
    }

    /// A word that is none of ours, which only a newer program writes, counts as ended.
    fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == word).unwrap_or(Self::Failed)
    }
}

impl fmt::Display for SlotState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name().replace('_', " "))
    }
}

/// A slot. Instants are microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SlotRow {
    /// The job.
    pub job: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// Where it stands.
    pub state: SlotState,
    /// Why, where it is not published.
    pub reason: String,
    /// The schedule that made it due, in words; empty when a person asked for it.
    pub schedule: String,
    /// When it fell due.
    pub due_us: i64,
    /// Until when it is tried.
    pub until_us: i64,
    /// Before that it is not tried.
    pub next_try_us: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// How many of these tries ended with the death of their process.
    pub crashes: i64,
    /// Its newest run.
    pub run_id: Option<i64>,
}

const COLUMNS: &str = "job, as_of, state, reason, schedule, due_us, until_us, next_try_us, attempts, crashes, run_id";

fn slot_row(row: &[Value]) -> SlotRow {
    SlotRow {
        job: as_text(row, 0),
        as_of: as_date(row, 1),
        state: SlotState::parse(&as_text(row, 2)),
        reason: as_text(row, 3),
        schedule: as_text(row, 4),
        due_us: as_integer(row, 5),
        until_us: as_integer(row, 6),
        next_try_us: as_integer(row, 7),
        attempts: as_integer(row, 8),
        crashes: as_integer(row, 9),
        run_id: match row.get(10) {
            Some(Value::Integer(run_id)) => Some(*run_id),
            _ => None,
        },
    }
}

/// Every slot from a business date on, and every older one that is open; by date, then job.
///
/// # Errors
/// When the warehouse refuses.
pub async fn slots(warehouse: &Warehouse, since: NaiveDate) -> Result<Vec<SlotRow>, WarehouseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nightclerk_slots WHERE as_of >= $1 OR state IN ('waiting', 'running') ORDER BY as_of, job"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[Value::Date(since)]).await?;
    Ok(rows.iter().map(|row| slot_row(row)).collect())
}

/// Every slot that is open, and every one newer than its job's newest publication that ended without one; by job, newest date first.
///
/// # Errors
/// When the warehouse refuses.
pub async fn unpublished(warehouse: &Warehouse) -> Result<Vec<SlotRow>, WarehouseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nightclerk_slots s WHERE state IN ('waiting', 'running') OR (state <> 'published' AND as_of > \
         COALESCE((SELECT MAX(p.as_of) FROM nightclerk_publications p WHERE p.job = s.job AND p.state = 'published'), $1)) \
         ORDER BY job, as_of DESC"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[Value::Date(NaiveDate::default())]).await?;
    Ok(rows.iter().map(|row| slot_row(row)).collect())
}

/// The slot of a job and business date, if there is one.
///
/// # Errors
/// When the warehouse refuses.
pub async fn slot(warehouse: &Warehouse, job: &str, as_of: NaiveDate) -> Result<Option<SlotRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_slots WHERE job = $1 AND as_of = $2");
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job), Value::Date(as_of)]).await?;
    Ok(rows.first().map(|row| slot_row(row)))
}

/// Whether the job had a slot before a business date: then it has been here, and dates without a row were missed.
///
/// # Errors
/// When the warehouse refuses.
pub async fn had_slot_before(warehouse: &Warehouse, job: &str, as_of: NaiveDate) -> Result<bool, WarehouseError> {
    let sql = "SELECT as_of FROM nightclerk_slots WHERE job = $1 AND as_of < $2 LIMIT 1";
    let rows = warehouse.read_values(Side::Target, sql, &[text(job), Value::Date(as_of)]).await?;
    Ok(!rows.is_empty())
}

/// Writes a slot down, unless its job has one for that date already; whether it was written. One that a person asked for before it
/// was due, and that did not publish then, becomes the schedule's: it is tried again.
///
/// # Errors
/// When the warehouse refuses.
pub async fn open(warehouse: &Warehouse, slot: &SlotRow, now_micros: i64) -> Result<bool, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    // Looked at first: who writes what is there already, and changes it then, makes others who do the same wait in a circle.
    let known = state_in(&mut transaction, &slot.job, slot.as_of).await?;
    let written = known.is_none() && insert(&mut transaction, slot, now_micros).await?;
    let is_asked_for = known.is_some_and(|known| known.schedule.is_empty() && known.state != SlotState::Published);
    let adopted = if !is_asked_for || slot.schedule.is_empty() {
        0
    } else {
        // One that runs goes on; how it ends is the schedule's business from here.
        transaction
            .execute(
                "UPDATE nightclerk_slots SET schedule = $1, due_us = $2, until_us = $3, next_try_us = $4, changed_us = $5, \
                 state = CASE WHEN state = 'running' THEN state ELSE 'waiting' END \
                 WHERE job = $6 AND as_of = $7 AND schedule = '' AND state <> 'published'",
                &[
                    text(&slot.schedule),
                    Value::Integer(slot.due_us),
                    Value::Integer(slot.until_us),
                    Value::Integer(slot.next_try_us),
                    Value::Integer(now_micros),
                    text(&slot.job),
                    Value::Date(slot.as_of),
                ],
            )
            .await?
    };
    transaction.commit().await?;
    Ok(written || adopted > 0)
}

async fn insert(transaction: &mut Transaction, slot: &SlotRow, now_micros: i64) -> Result<bool, WarehouseError> {
    let rows =
        format!("nightclerk_slots ({COLUMNS}, changed_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11)");
    let sql = transaction.dialect().insert_new(&rows, "job, as_of");
    let values = [
        text(&slot.job),
        Value::Date(slot.as_of),
        text(slot.state.name()),
        text(&slot.reason),
        text(&slot.schedule),
        Value::Integer(slot.due_us),
        Value::Integer(slot.until_us),
        Value::Integer(slot.next_try_us),
        Value::Integer(slot.attempts),
        Value::Integer(slot.crashes),
        Value::Integer(now_micros),
    ];
    Ok(transaction.execute(&sql, &values).await? == 1)
}

/// Writes down why a slot waits; whether that is news.
///
/// # Errors
/// When the warehouse refuses.
pub async fn wait(
    warehouse: &Warehouse,
    job: &str,
    as_of: NaiveDate,
    reason: &str,
    now_micros: i64,
) -> Result<bool, WarehouseError> {
    settle(warehouse, job, as_of, SlotState::Waiting, reason, now_micros).await
}

/// Writes down why a slot waits, and that it is not looked at before a time; whether the reason is news.
///
/// # Errors
/// When the warehouse refuses.
pub async fn wait_until(
    warehouse: &Warehouse,
    slot: &SlotRow,
    (reason, next_try_us): (&str, i64),
    now_micros: i64,
) -> Result<bool, WarehouseError> {
    let sql = "UPDATE nightclerk_slots SET next_try_us = $1 WHERE job = $2 AND as_of = $3 AND state = 'waiting'";
    let key = [Value::Integer(next_try_us), text(&slot.job), Value::Date(slot.as_of)];
    warehouse.execute(Side::Target, sql, &key).await?;
    wait(warehouse, &slot.job, slot.as_of, reason, now_micros).await
}

/// Moves a waiting slot to another state, or gives it another reason; whether that is news.
///
/// # Errors
/// When the warehouse refuses.
pub async fn settle(
    warehouse: &Warehouse,
    job: &str,
    as_of: NaiveDate,
    state: SlotState,
    reason: &str,
    now_micros: i64,
) -> Result<bool, WarehouseError> {
    let hit = warehouse
        .execute(
            Side::Target,
            "UPDATE nightclerk_slots SET state = $1, reason = $2, changed_us = $3 \
             WHERE job = $4 AND as_of = $5 AND state = 'waiting' AND (reason <> $2 OR state <> $1)",
            &[text(state.name()), text(reason), Value::Integer(now_micros), text(job), Value::Date(as_of)],
        )
        .await?;
    Ok(hit == 1)
}

/// A date that somebody asks for.
pub(super) struct Asked<'a> {
    pub(super) job: &'a str,
    pub(super) as_of: NaiveDate,
    pub(super) until_us: i64,
}

impl Asked<'_> {
    /// Its slot, where no schedule made it due.
    fn slot(&self, reason: &str, now_micros: i64) -> SlotRow {
        SlotRow {
            job: self.job.to_owned(),
            as_of: self.as_of,
            state: SlotState::Waiting,
            reason: reason.to_owned(),
            schedule: String::new(),
            due_us: now_micros,
            until_us: self.until_us,
            next_try_us: now_micros,
            attempts: 0,
            crashes: 0,
            run_id: None,
        }
    }
}

/// Writes down that a date somebody asked for was not run: its slot waits, or, where there is none yet, is opened by that.
///
/// # Errors
/// When the warehouse refuses.
pub(super) async fn record_waiting(
    warehouse: &Warehouse,
    asked: &Asked<'_>,
    reason: &str,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    if !open(warehouse, &asked.slot(reason, now_micros), now_micros).await? {
        wait(warehouse, asked.job, asked.as_of, reason, now_micros).await?;
    }
    Ok(())
}

/// Lets a date wait that somebody asks for. Gives the state of a slot that is not opened by that: one that is published, waits or runs.
///
/// # Errors
/// When the warehouse refuses.
pub async fn ask(
    warehouse: &Warehouse,
    (job, as_of): (&str, NaiveDate),
    until_us: i64,
    now_micros: i64,
) -> Result<Option<SlotState>, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    let asked = Asked { job, as_of, until_us };
    let Some(known) = state_in(&mut transaction, job, as_of).await? else {
        insert(&mut transaction, &asked.slot("", now_micros), now_micros).await?;
        transaction.commit().await?;
        return Ok(None);
    };
    if matches!(known.state, SlotState::Published | SlotState::Waiting | SlotState::Running) {
        transaction.rollback().await?;
        return Ok(Some(known.state));
    }
    let sql = "UPDATE nightclerk_slots SET state = 'waiting', reason = '', attempts = 0, crashes = 0, next_try_us = $1, \
               until_us = $2, changed_us = $1 WHERE job = $3 AND as_of = $4";
    let values =
        [Value::Integer(now_micros), Value::Integer(until_us.max(known.until_us)), text(job), Value::Date(as_of)];
    transaction.execute(sql, &values).await?;
    transaction.commit().await?;
    Ok(None)
}

/// Inside the transaction of a claim: the slot runs. Tries of an ended slot are counted anew; gives the slot.
pub(super) async fn begin(
    transaction: &mut Transaction,
    asked: &Asked<'_>,
    run_id: i64,
    now_micros: i64,
) -> Result<Option<SlotRow>, WarehouseError> {
    if state_in(transaction, asked.job, asked.as_of).await?.is_none() {
        insert(transaction, &asked.slot("", now_micros), now_micros).await?;
    }
    transaction
        .execute(
            "UPDATE nightclerk_slots SET attempts = CASE WHEN state IN ('waiting', 'running') THEN attempts ELSE 0 END + 1, \
             crashes = CASE WHEN state IN ('waiting', 'running') THEN crashes ELSE 0 END, \
             state = 'running', reason = '', run_id = $1, changed_us = $2 WHERE job = $3 AND as_of = $4",
            &[Value::Integer(run_id), Value::Integer(now_micros), text(asked.job), Value::Date(asked.as_of)],
        )
        .await?;
    state_in(transaction, asked.job, asked.as_of).await
}

/// Inside a claim for the schedule: the slot as it stands.
pub(super) async fn state_in(
    transaction: &mut Transaction,
    job: &str,
    as_of: NaiveDate,
) -> Result<Option<SlotRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_slots WHERE job = $1 AND as_of = $2");
    let rows = transaction.read_values(&sql, &[text(job), Value::Date(as_of)]).await?;
    Ok(rows.first().map(|row| slot_row(row)))
}

/// Inside the transaction that ends a run: what that makes of its slot. Nothing where another run has taken the slot over.
pub(super) async fn end(
    transaction: &mut Transaction,
    run_id: i64,
    end: &SlotEnd,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    let (state, reason, next_try_us) = match end {
        SlotEnd::Ended { state, reason } => (*state, reason.as_str(), 0),
        SlotEnd::Again { reason, next_try_us } => (SlotState::Waiting, reason.as_str(), *next_try_us),
    };
    transaction
        .execute(
            "UPDATE nightclerk_slots SET reason = $2, next_try_us = $3, changed_us = $4, \
             state = CASE WHEN $1 = 'waiting' AND until_us <= $3 THEN 'expired' ELSE $1 END \
             WHERE run_id = $5 AND state = 'running'",
            &[
                text(state.name()),
                text(reason),
                Value::Integer(next_try_us),
                Value::Integer(now_micros),
                Value::Integer(run_id),
            ],
        )
        .await?;
    Ok(())
}

/// Inside the transaction that withdraws a publication: its date is not published any more, and runs again only when asked for.
pub(super) async fn withdraw(transaction: &mut Transaction, job: &str, as_of: NaiveDate) -> Result<(), WarehouseError> {
    let sql = "UPDATE nightclerk_slots SET state = 'cancelled', reason = 'what it published was withdrawn' \
               WHERE job = $1 AND as_of = $2 AND state = 'published'";
    transaction.execute(sql, &[text(job), Value::Date(as_of)]).await.map(|_| ())
}

/// What the end of a run makes of its slot.
#[derive(Clone, Debug)]
pub enum SlotEnd {
    /// It has ended.
    Ended {
        /// How.
        state: SlotState,
        /// Why, where it is not published.
        reason: String,
    },
    /// It is tried again; its window may end before.
    Again {
        /// Why it was not published.
        reason: String,
        /// Not before that.
        next_try_us: i64,
    },
}

/// Inside a transaction that found runs of a job dead: their slots wait again, or have failed where that happened too often.
pub(super) async fn crashed(
    transaction: &mut Transaction,
    job: &str,
    most_crashes: u32,
    again_us: i64,
    now_micros: i64,
) -> Result<(), WarehouseError> {
    transaction
        .execute(
            "UPDATE nightclerk_slots SET crashes = crashes + 1, next_try_us = $1, changed_us = $2, \
             state = CASE WHEN crashes + 1 >= $3 THEN 'failed' ELSE 'waiting' END, \
             reason = CASE WHEN crashes + 1 >= $3 \
                 THEN 'the process that ran it ended without a word, as often as [limits] attempts allows' \
                 ELSE 'the process that ran it ended without a word' END \
             WHERE job = $4 AND state = 'running'",
            &[Value::Integer(again_us), Value::Integer(now_micros), Value::Integer(i64::from(most_crashes)), text(job)],
        )
        .await?;
    Ok(())
}
