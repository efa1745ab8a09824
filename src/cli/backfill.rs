//! `nightclerk backfill`.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use clap::{Args, ValueEnum};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::run::{CANCELLED, known_jobs, tell, unless_stopped};
use crate::job_file::JobFile;
use crate::runner::Runner;
use crate::runner::ledger::slots::{self, SlotState};
use crate::runner::night::{Turns, gravest, run_night};
use crate::warehouse::Create;

/// Run the business dates of a range, one after the other.
///
/// No file that somebody acts on is made: no order to a supplier comes of a day that is long over. Jobs whose rows count as contact with
/// customers are left out altogether: nobody was contacted on a day that is over.
#[derive(Debug, Args)]
pub struct Backfill {
    /// The first business date.
    #[arg(long, value_parser = super::date, value_name = "DATE")]
    from: NaiveDate,
    /// The last business date.
    #[arg(long, value_parser = super::date, value_name = "DATE")]
    to: NaiveDate,
    /// Days between two runs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    step: u32,
    /// Only this job; may be given several times.
    #[arg(long = "job", value_name = "JOB")]
    jobs: Vec<String>,
    /// Which dates that were run before are run again.
    #[arg(long, value_enum, default_value_t = Reprocess::Failed)]
    reprocess: Reprocess,
    /// Newest first.
    #[arg(long)]
    reverse: bool,
    /// Dates that are at work at once, three at most. A job runs one date at a time, in order: while it is at the next, the jobs after it
    /// are at this one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3), value_name = "N")]
    max_active: u8,
    /// Says what would be run, and runs nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Which of the dates that were run before are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reprocess {
    /// None: only those that never came to an end of their own.
    None,
    /// Those that did not publish.
    Failed,
    /// All, those that are published too.
    Completed,
}

impl Reprocess {
    /// Whether a date that stands so is run; without a state it never was.
    fn runs(self, state: Option<SlotState>) -> bool {
        match state {
            None | Some(SlotState::Waiting | SlotState::Running | SlotState::Expired | SlotState::PassedOver) => true,
            Some(SlotState::Published) => self == Self::Completed,
            Some(SlotState::Blocked | SlotState::Refused | SlotState::Failed | SlotState::Cancelled) => {
                self != Self::None
            }
        }
    }
}

/// What is done about a job and date.
#[derive(Debug, Serialize)]
struct Planned {
    as_of: NaiveDate,
    job: String,
    /// How the date stands; none where it never was run.
    state: Option<SlotState>,
    runs: bool,
}

pub(super) async fn backfill(context: &Context, command: &Backfill) -> Result<u8, Failure> {
    if command.from > command.to {
        return Err(Failure::usage(format!("--from {} is after --to {}", command.from, command.to)));
    }
    let project = context.project()?;
    known_jobs(&project, &command.jobs)?;
    context.as_of(&project, Some(command.to))?;
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    let context = &Context { terminal: context.terminal.of_several_dates(command.max_active > 1), ..context.clone() };
    let mut runner = Runner { backfilling: true, ..context.runner(project, warehouse).await? };
    let (jobs, contacts): (Vec<&JobFile>, Vec<&JobFile>) = runner
        .project
        .jobs_in_order()
        .into_iter()
        .filter(|job| if command.jobs.is_empty() { job.enabled } else { command.jobs.contains(&job.name) })
        .partition(|job| !job.job.publishes().iter().any(|table| table.reaches_people));
    for job in contacts {
        let name = &job.name;
        let why = format!(
            "`{name}` is not backfilled: its rows count as contact with customers; `nightclerk run --job {name} --as-of DATE` runs it"
        );
        if command.jobs.contains(name) {
            return Err(Failure::usage(why));
        }
        context.terminal.note(why);
    }
    let planned = plan(&runner, command, &jobs).await?;
    if command.dry_run {
        return Ok(show(context, &planned));
    }
    let mut dates: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    for one in &planned {
        let jobs = dates.entry(one.as_of).or_default();
        if one.runs {
            jobs.push(one.job.clone());
        }
    }
    for one in planned.iter().filter(|one| !one.runs) {
        context.terminal.object(one);
        context.terminal.note(left(one));
    }
    let mut dates: Vec<(NaiveDate, Vec<String>)> = dates.into_iter().filter(|(_, jobs)| !jobs.is_empty()).collect();
    if command.reverse {
        dates.reverse();
    }
    if dates.is_empty() {
        context.terminal.line("nothing was run: every date of the range has come to its end; see --reprocess");
    }
    runner.turns = (command.max_active > 1).then(|| Arc::new(Turns::of(&dates)));
    let runner = &runner;
    let nights = stream::iter(dates)
        .map(|(as_of, jobs)| Box::pin(async move { run_night(runner, as_of, &jobs).await }))
        .buffered(usize::from(command.max_active))
        .map(|night| tell(context, &night));
    let codes: Option<Vec<u8>> = unless_stopped(runner, Box::pin(nights.collect())).await?;
    Ok(codes.map_or(CANCELLED, gravest))
}

/// Every job and date of the range, oldest first, and whether it is run.
async fn plan(runner: &Runner, command: &Backfill, jobs: &[&JobFile]) -> Result<Vec<Planned>, Failure> {
    let known = slots::slots(&runner.warehouse, command.from).await?;
    let state = |job: &str, as_of: NaiveDate| {
        known.iter().find(|slot| slot.job == job && slot.as_of == as_of).map(|slot| slot.state)
    };
    let (mut planned, mut as_of) = (Vec::new(), command.from);
    while as_of <= command.to {
        planned.extend(jobs.iter().map(|job| {
            let state = state(&job.name, as_of);
            Planned { as_of, job: job.name.clone(), state, runs: command.reprocess.runs(state) }
        }));
        as_of += TimeDelta::days(i64::from(command.step));
    }
    Ok(planned)
}

fn left(one: &Planned) -> String {
    let state = one.state.map_or_else(String::new, |state| state.to_string());
    let again = if one.state == Some(SlotState::Published) { "completed" } else { "failed" };
    format!("{} {}: stays as it is, {state}; `--reprocess {again}` runs it again", one.as_of, one.job)
}

fn show(context: &Context, planned: &[Planned]) -> u8 {
    for one in planned {
        context.terminal.object(one);
        let state = one.state.map_or_else(|| "never run".to_owned(), |state| state.to_string());
        let text = if one.runs {
            format!("{} {}: would run ({state})", one.as_of, one.job)
        } else {
            format!("{} {}: would stay as it is ({state})", one.as_of, one.job)
        };
        context.terminal.line(text);
    }
    let runs = planned.iter().filter(|one| one.runs).count();
    context.terminal.line(format!("{runs} of {} would run; nothing was run", planned.len()));
    0
}
