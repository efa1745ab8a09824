//! `nightclerk schedule`: the daemon, and the preview of what it will do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::service_manager;
use super::terminal::Terminal;
use crate::runner::{Runner, daemon};
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
        None => wait_and_run(context, Duration::from_secs(command.grace_seconds)).await,
    }
}

fn now(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn next(context: &Context, n: usize) -> Result<u8, Failure> {
    let project = context.project()?;
    let from = now((context.now_micros)());
    for job in project.enabled_in_order() {
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

async fn wait_and_run(context: &Context, grace: Duration) -> Result<u8, Failure> {
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
    service_manager::tell(service_manager::READY);
    service_manager::keep_alive();
    tokio::spawn(tell_when_stopping(stop.clone()));
    let terminal = context.terminal.clone();
    let away_since = Arc::new(Mutex::new(None));
    let tick = move || {
        let (runner, terminal, away_since) = (runner.clone(), terminal.clone(), away_since.clone());
        let future: futures_util::future::BoxFuture<'static, ()> = Box::pin(async move {
            let ticked = daemon::tick(&runner).await;
            tell_of_outages(&terminal, &away_since, ticked, (runner.clock)());
        });
        future
    };
    let ended = scheduler::run(tick, stop, grace).await.map_err(|error| Failure::new(1, error.to_string()))?;
    Ok(if ended == Ended::Drained { 0 } else { 130 })
}

/// Tells the service manager that the daemon ends, once it does.
async fn tell_when_stopping(mut stop: tokio::sync::watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop != Stop::Running).await.is_ok() {
        service_manager::tell(service_manager::STOPPING);
    }
}

/// Says once that the ledger cannot be reached, and once that it can again.
fn tell_of_outages(
    terminal: &Terminal,
    away_since: &Mutex<Option<i64>>,
    ticked: Result<(), WarehouseError>,
    now_micros: i64,
) {
    let mut away_since = away_since.lock().unwrap_or_else(PoisonError::into_inner);
    match (ticked, *away_since) {
        (Err(error), None) => {
            *away_since = Some(now_micros);
            terminal.trouble(format!(
                "the ledger cannot be asked: {error}; nothing is run until it can, what is due stays due; trying again every ten \
                 seconds"
            ));
        }
        (Err(error), Some(_)) => tracing::warn!(%error, "the ledger still cannot be asked"),
        (Ok(()), Some(since)) => {
            *away_since = None;
            let seconds = (now_micros - since) / 1_000_000;
            terminal.trouble(format!("the ledger answers again, after {seconds} s"));
        }
        (Ok(()), None) => {}
    }
}
