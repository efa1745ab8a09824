//! `nightclerk schedule`: the daemon, and the preview of what it will do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};

use super::context::{Context, Failure};
use crate::runner::{Runner, ledger, night};
use crate::scheduler::{self, Ended, Stop};

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
    let warehouse = context.warehouse(&project, false).await?;
    let runner = Arc::new(context.runner(project, warehouse).await?);
    let stop = scheduler::stop_on_signals().map_err(|error| Failure::new(1, error.to_string()))?;
    context.terminal.note("waiting; SIGINT or SIGTERM ends after the job in flight");
    let draining = stop.clone();
    let tick = move || {
        let (runner, draining) = (runner.clone(), draining.clone());
        let future: futures_util::future::BoxFuture<'static, ()> = Box::pin(async move {
            if let Err(error) = run_due(&runner, || *draining.borrow() != Stop::Running).await {
                tracing::error!(%error, "the ledger cannot be read; trying again in ten seconds");
            }
        });
        future
    };
    let ended = scheduler::run(tick, stop, grace).await.map_err(|error| Failure::new(1, error.to_string()))?;
    Ok(if ended == Ended::Drained { 0 } else { 130 })
}

/// Runs every slot that is due, oldest business date first.
async fn run_due(runner: &Runner, stopping: impl Fn() -> bool) -> Result<(), crate::warehouse::WarehouseError> {
    let done = ledger::newest_ended(&runner.warehouse).await?;
    let mut due: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    let from = now((runner.clock)());
    for job in night::in_order(&runner.project) {
        let Some(timetable) = &job.schedule else { continue };
        let zone = timetable.schedule.zone();
        for as_of in timetable.due(done.get(&job.name).copied(), from.with_timezone(&zone)) {
            due.entry(as_of).or_default().push(job.name.clone());
        }
    }
    for (as_of, jobs) in due {
        if stopping() {
            break;
        }
        night::run_night(runner, as_of, &jobs).await;
    }
    Ok(())
}
