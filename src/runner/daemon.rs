//! What a daemon does every few seconds: write down what has fallen due, find the dead, run what waits.
//!
//! All of it goes through the ledger, so any number of daemons and of `run` calls share one warehouse: a slot is claimed by one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::Runner;
use super::alerts;
use super::arrival::{Ready, Unmet, ready};
use super::delivery;
use super::events::Event;
use super::files::JobLock;
use super::index::write_index;
use super::ledger::slots::{self as rows, SlotRow, SlotState};
use super::ledger::{self};
use super::outcome::{JobOutcome, JobState};
use super::run::run_slot;
use super::slots;
use crate::job_file::JobFile;
use crate::warehouse::WarehouseError;

/// Does what is to be done now and comes back.
///
/// # Errors
/// When the ledger cannot be asked or written; what was begun is repeated by the next tick.
pub async fn tick(runner: &Runner) -> Result<(), WarehouseError> {
    runner.compare_clocks().await?;
    delivery::catch_up(runner).await?;
    let now = DateTime::from_timestamp_micros(runner.now()).unwrap_or_default();
    let mut known = rows::slots(&runner.warehouse, oldest(runner, now)).await?;
    if recover(runner, &known).await? {
        known = rows::slots(&runner.warehouse, oldest(runner, now)).await?;
    }
    if open_due(runner, &known, now).await? {
        known = rows::slots(&runner.warehouse, oldest(runner, now)).await?;
    }
    expire(runner, &known).await?;
    // A job may run for hours: who wants to know of the others is told meanwhile.
    let (done, is_done) = tokio::sync::oneshot::channel::<()>();
    let run = async {
        let ran = run_waiting(runner, &known).await;
        drop(done);
        ran
    };
    let (ran, ()) = tokio::join!(run, tell_until(runner, is_done));
    ran?;
    alerts::tell(runner).await
}

/// How often it is looked, while jobs run, whom to tell what.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Tells who wants to know until the jobs are done. What cannot be told now is told later.
async fn tell_until(runner: &Runner, mut is_done: tokio::sync::oneshot::Receiver<()>) {
    while tokio::time::timeout(TELL_EVERY, &mut is_done).await.is_err() {
        if let Err(error) = alerts::tell(runner).await {
            note(runner, "alerts", format!("not told yet: {error}"));
        }
    }
}

/// The oldest business date that any job may still catch up.
fn oldest(runner: &Runner, now: DateTime<Utc>) -> NaiveDate {
    let days = runner.project.jobs.iter().filter_map(|job| job.schedule.as_ref()).map(|table| table.catchup_days).max();
    // Zones are at most a day apart, and the window of a slot may end a day after its last date.
    let days = Days::new(u64::from(days.unwrap_or_default()) + 3);
    now.date_naive().checked_sub_days(days).unwrap_or_default()
}

fn of_job<'a>(known: &'a [SlotRow], job: &str) -> Vec<&'a SlotRow> {
    known.iter().filter(|row| row.job == job).collect()
}

fn note(runner: &Runner, job: &str, text: String) {
    (runner.events)(&Event::Note { job: job.to_owned(), text });
}

/// What has fallen due of a job and is not written down: by its schedule, or, without one, after the jobs before it.
async fn fallen_due(
    runner: &Runner,
    job: &JobFile,
    known: &[SlotRow],
    opened: &[SlotRow],
    now: DateTime<Utc>,
) -> Result<Vec<SlotRow>, WarehouseError> {
    let of_this = of_job(known, &job.name);
    let Some(timetable) = &job.schedule else {
        let before: Vec<Vec<&SlotRow>> = enabled_before(runner, job)
            .map(|before| known.iter().chain(opened).filter(|row| row.job == before.name).collect())
            .collect();
        return Ok(slots::following(&job.name, &before, &of_this).into_iter().collect());
    };
    let due = slots::newly_due(&job.name, timetable, &of_this, true, now);
    let Some(first) = due.first() else { return Ok(due) };
    if rows::had_slot_before(&runner.warehouse, &job.name, first.as_of).await? {
        return Ok(due);
    }
    Ok(slots::newly_due(&job.name, timetable, &of_this, false, now))
}

/// Writes down what has fallen due; whether there was anything.
async fn open_due(runner: &Runner, known: &[SlotRow], now: DateTime<Utc>) -> Result<bool, WarehouseError> {
    let mut opened = Vec::new();
    for job in runner.project.enabled_in_order() {
        let of_this = of_job(known, &job.name);
        let due = fallen_due(runner, job, known, &opened, now).await?;
        for slot in due {
            if !rows::open(&runner.warehouse, &slot, runner.now()).await? {
                continue;
            }
            if let Some(last) = of_this.iter().rev().find(|row| !row.schedule.is_empty())
                && last.schedule != slot.schedule
                && job.schedule.is_some()
            {
                note(
                    runner,
                    &job.name,
                    format!("its schedule is now \"{}\", it was \"{}\"", slot.schedule, last.schedule),
                );
            }
            if slot.state == SlotState::PassedOver {
                note(runner, &job.name, format!("{} is passed over: {}", slot.as_of, slot.reason));
            }
            if let Some(timetable) = &job.schedule {
                for (row, reason) in slots::overtaken(timetable, &of_this, &slot) {
                    if settle(runner, row, SlotState::PassedOver, &reason).await? {
                        note(runner, &job.name, format!("{} is given up: {reason}", row.as_of));
                    }
                }
            }
            opened.push(slot);
        }
    }
    Ok(!opened.is_empty())
}

async fn settle(runner: &Runner, row: &SlotRow, state: SlotState, reason: &str) -> Result<bool, WarehouseError> {
    rows::settle(&runner.warehouse, &row.job, row.as_of, state, reason, runner.now()).await
}

fn enabled_before<'a>(runner: &'a Runner, job: &'a JobFile) -> impl Iterator<Item = &'a JobFile> {
    job.after.iter().filter_map(|name| runner.project.job(name)).filter(|before| before.enabled)
}

/// Finds runs whose process is dead; whether there were any. Nothing of this process is running now.
async fn recover(runner: &Runner, known: &[SlotRow]) -> Result<bool, WarehouseError> {
    let mut found_any = false;
    let running = known.iter().filter(|row| row.state == SlotState::Running);
    for row in running {
        let lock = JobLock::try_take(&runner.project.root, &row.job);
        let wait = slots::backoff(row.crashes + 1, &format!("{} {:?}", row.job, row.run_id));
        let again_us = runner.now() + i64::try_from(wait.as_micros()).unwrap_or_default();
        let most_crashes = runner.project.job(&row.job).map_or(1, |job| job.limits.attempts);
        let (owner, lock) = (&runner.owner, lock.state());
        let found =
            ledger::recover(&runner.warehouse, &row.job, owner, lock, most_crashes, again_us, runner.now()).await?;
        if found > 0 {
            let crash = row.crashes + 1;
            let text = format!(
                "the process that ran {} ended without a word (time {crash} of at most {most_crashes}); it published nothing",
                row.as_of
            );
            note(runner, &row.job, text);
            found_any = true;
        }
    }
    Ok(found_any)
}

/// Ends what waited until its window was over.
async fn expire(runner: &Runner, known: &[SlotRow]) -> Result<(), WarehouseError> {
    let now = runner.now();
    for row in known.iter().filter(|row| row.state == SlotState::Waiting && row.until_us <= now) {
        let last = if row.reason.is_empty() { "it never had its turn" } else { row.reason.as_str() };
        let until = crate::table::instant_text(row.until_us);
        let reason = format!("not published by {until}, when its window ended: {last}");
        if settle(runner, row, SlotState::Expired, &reason).await? {
            note(runner, &row.job, format!("{}: {reason}", row.as_of));
        }
    }
    Ok(())
}

/// Runs what waits and is ready, oldest business date first, each job after those before it.
async fn run_waiting(runner: &Runner, known: &[SlotRow]) -> Result<(), WarehouseError> {
    let order: BTreeMap<&str, usize> = runner
        .project
        .enabled_in_order()
        .iter()
        .enumerate()
        .map(|(position, job)| (job.name.as_str(), position))
        .collect();
    let now = runner.now();
    let mut waiting: Vec<&SlotRow> = known
        .iter()
        .filter(|row| row.state == SlotState::Waiting && row.next_try_us <= now && row.until_us > now)
        .filter(|row| order.contains_key(row.job.as_str()))
        .collect();
    waiting.sort_by_key(|row| (row.as_of, order.get(row.job.as_str())));
    let mut outcomes: BTreeMap<NaiveDate, Vec<JobOutcome>> = BTreeMap::new();
    let mut begun = BTreeSet::new();
    for row in &waiting {
        if (runner.stopping)() {
            break;
        }
        let Some(job) = runner.project.job(&row.job) else { continue };
        let unmet = unmet(runner, job, row.as_of).await?;
        let stand_in = match ready(runner, job, row, unmet).await? {
            Ready::Run { stand_in } => stand_in,
            Ready::Wait { reason, look_us } => {
                let next = (reason.as_str(), look_us.unwrap_or(row.next_try_us));
                if rows::wait_until(&runner.warehouse, row, next, runner.now()).await? {
                    note(runner, &row.job, format!("{} waits: {reason}", row.as_of));
                }
                continue;
            }
        };
        if begun.insert(row.as_of) {
            let jobs = waiting.iter().filter(|other| other.as_of == row.as_of).map(|other| other.job.clone()).collect();
            (runner.events)(&Event::NightStarted { as_of: row.as_of, jobs });
        }
        let Some(outcome) = run_slot(runner, job, row.as_of, stand_in).await else { continue };
        if outcome.state == JobState::Locked {
            if rows::wait(&runner.warehouse, &row.job, row.as_of, &outcome.reason, runner.now()).await? {
                note(runner, &row.job, format!("{} waits: {}", row.as_of, outcome.reason));
            }
            continue;
        }
        outcomes.entry(row.as_of).or_default().push(outcome);
    }
    for (as_of, outcomes) in outcomes {
        if let Err(reason) = write_index(runner, as_of, &outcomes).await {
            note(runner, "index.html", reason);
        }
    }
    Ok(())
}

/// Why a job has to wait for one before it, if it has to.
async fn unmet(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> Result<Option<Unmet>, WarehouseError> {
    for before in enabled_before(runner, job) {
        let slot = rows::slot(&runner.warehouse, &before.name, as_of).await?;
        let state = slot.as_ref().map(|slot| slot.state);
        let runs = state == Some(SlotState::Running);
        if !runs && ledger::is_published(&runner.warehouse, &before.name, as_of).await? {
            continue;
        }
        let name = &before.name;
        let reason = match slot {
            None => format!("it runs after `{name}`, which is not due yet"),
            Some(slot) if slot.state == SlotState::Running => format!("it runs after `{name}`, which is running"),
            Some(slot) if slot.reason.is_empty() => format!("it runs after `{name}`, which is {}", slot.state),
            Some(slot) => format!("it runs after `{name}`, which is {}: {}", slot.state, slot.reason),
        };
        return Ok(Some(Unmet { reason, is_running: runs }));
    }
    Ok(None)
}
