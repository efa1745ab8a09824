//! `nightclerk schedule`: the daemon, and the preview of what it will do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};

use super::context::{Context, yesterday};
use super::failure::Failure;
use crate::job_file::JobFile;
use crate::project::Project;
use crate::runner::{Runner, ledger, night};
use crate::scheduler::{self, Ended, Stop};
use crate::warehouse::{Create, WarehouseError};

/// Run as a daemon by the schedules of the job files; `schedule next` previews them.
#[derive(Debug, Args)]
pub struct ScheduleCommand {
    #[command(subcommand)]
    action: Option<Action>,
    /// How long a shutdown waits for the job in flight, in seconds.
    #[arg(long, default_value_t = 600)]
    grace_seconds: u64,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The next slots of every job, with what daylight saving does to them.
    Next {
        /// How many per job.
        #[arg(short, default_value_t = 5)]
        n: usize,
    },
}

pub(super) async fn run(context: &Context, command: &ScheduleCommand) -> Result<u8, Failure> {
    match command.action {
        Some(Action::Next { n }) => next(context, n),
        None => daemon(context, Duration::from_secs(command.grace_seconds)).await,
    }
}

fn now(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn next(context: &Context, n: usize) -> Result<u8, Failure> {
    let project = context.project()?;
    let from = now((context.now_micros)());
    for job in night::in_order(&project) {
        let Some(timetable) = &job.schedule else {
            context.terminal.object(&serde_json::json!({ "job": job.name, "slots": [] }));
            context.terminal.line(format!("{}: no schedule; it runs when asked", job.name));
            continue;
        };
        let schedule = &timetable.schedule;
        let slots: Vec<_> = schedule.upcoming(from.with_timezone(&schedule.zone())).take(n).collect();
        let values: Vec<_> = slots
            .iter()
            .map(|slot| serde_json::json!({ "at": slot.at.to_rfc3339(), "as_of": slot.as_of, "shift": slot.shift }))
            .collect();
        context
            .terminal
            .object(&serde_json::json!({ "job": job.name, "schedule": schedule.describe(), "slots": values }));
        context.terminal.line(format!("{}: {}", job.name, schedule.describe()));
        for slot in slots {
            context.terminal.line(format!("  {slot}"));
        }
    }
    Ok(0)
}

async fn daemon(context: &Context, grace: Duration) -> Result<u8, Failure> {
    let project = context.project()?;
    if !project.jobs.iter().any(|job| job.enabled && job.schedule.is_some()) {
        return Err(Failure::usage("no enabled job in jobs/ has a [schedule]: there is nothing to wait for"));
    }
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    let stop = scheduler::stop_on_signals().map_err(|error| Failure::new(1, error.to_string()))?;
    let draining = stop.clone();
    let stopping = Arc::new(move || *draining.borrow() != Stop::Running);
    let runner = Arc::new(Runner { stopping, ..context.runner(project, warehouse).await? });
    context.terminal.note("waiting; SIGINT or SIGTERM ends after the job in flight");
    let tick = move || {
        let runner = runner.clone();
        let future: futures_util::future::BoxFuture<'static, ()> = Box::pin(async move {
            if let Err(error) = run_due(&runner).await {
                tracing::error!(%error, "the ledger cannot be read; trying again in ten seconds");
            }
        });
        future
    };
    let ended = scheduler::run(tick, stop, grace).await.map_err(|error| Failure::new(1, error.to_string()))?;
    Ok(if ended == Ended::Drained { 0 } else { 130 })
}

/// Runs every slot that is due, oldest business date first.
async fn run_due(runner: &Runner) -> Result<(), WarehouseError> {
    let from = now((runner.clock)());
    let yesterday = yesterday(from.timestamp_micros(), runner.project.config.zone());
    let done = ledger::newest_ended(&runner.warehouse, yesterday).await?;
    for (as_of, jobs) in due(&runner.project, &done, from) {
        let mut ready = Vec::new();
        for name in &jobs {
            let Some(job) = runner.project.job(name) else { continue };
            // What runs before it and is not due now has run, or has not been there at all.
            let mut absent = job.after.iter().filter(|before| !jobs.contains(before));
            let unpublished = absent.find(|before| runner.project.job(before).is_some_and(|before| before.enabled));
            let publications = match unpublished {
                Some(before) => ledger::publications(&runner.warehouse, Some(before)).await?,
                None => Vec::new(),
            };
            let there = publications.iter().any(|row| row.as_of == as_of && row.state == "published");
            match unpublished {
                Some(before) if !there => {
                    let reason = format!("it runs after `{before}`, which did not publish for {as_of}");
                    night::skip(runner, job, as_of, reason).await;
                }
                _ => ready.push(name.clone()),
            }
        }
        if !ready.is_empty() && !(runner.stopping)() {
            night::run_night(runner, as_of, &ready).await;
        }
    }
    Ok(())
}

/// The jobs that are due, by business date. A job waits until those before it have ended for that date; one without a
/// schedule of its own is due as soon as they have.
fn due(project: &Project, done: &BTreeMap<String, NaiveDate>, from: DateTime<Utc>) -> BTreeMap<NaiveDate, Vec<String>> {
    let mut due: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    for job in night::in_order(project) {
        let last = done.get(&job.name).copied();
        let before: Vec<&JobFile> =
            job.after.iter().filter_map(|name| project.job(name)).filter(|before| before.enabled).collect();
        let dates = if let Some(timetable) = &job.schedule {
            timetable.due(last, from.with_timezone(&timetable.schedule.zone()))
        } else {
            let ended = before.iter().map(|before| done.get(&before.name).copied()).min().flatten();
            let now_due = before.iter().filter_map(|before| {
                due.iter().rev().find(|(_, jobs)| jobs.contains(&before.name)).map(|(date, _)| *date)
            });
            let newest = now_due.min().max(ended);
            newest.filter(|newest| last.is_none_or(|last| last < *newest)).into_iter().collect()
        };
        for as_of in dates {
            let over = |before: &&JobFile| {
                done.get(&before.name).is_some_and(|ended| *ended >= as_of)
                    || due.get(&as_of).is_some_and(|jobs| jobs.contains(&before.name))
            };
            if before.iter().all(over) {
                due.entry(as_of).or_default().push(job.name.clone());
            }
        }
    }
    due
}
