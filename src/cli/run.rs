//! `nightclerk run`.

use chrono::NaiveDate;
use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::runner::night::{NightOutcome, run_night};
use crate::runner::{Runner, ledger};
use crate::scheduler::{self, Stop};
use crate::warehouse::Create;

/// Run a night, or one job.
#[derive(Debug, Args)]
pub struct Run {
    /// Only this job (the stem of its file); may be given several times.
    #[arg(long = "job", value_name = "JOB")]
    jobs: Vec<String>,
    /// The last complete business day; default: the project's, else yesterday in its time zone.
    #[arg(long, value_parser = super::date, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

pub(super) async fn run(context: &Context, command: &Run) -> Result<u8, Failure> {
    let project = context.project()?;
    known_jobs(&project, &command.jobs)?;
    let as_of = context.as_of(&project, command.as_of)?;
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    let runner = context.runner(project, warehouse).await?;
    let night = unless_stopped(&runner, Box::pin(run_night(&runner, as_of, &command.jobs))).await?;
    Ok(night.map_or(CANCELLED, |night| tell(context, &night)))
}

/// The exit code after a signal.
pub(super) const CANCELLED: u8 = 130;

/// Waits for the work, or for SIGINT or SIGTERM: then what this process holds is freed at once.
pub(super) async fn unless_stopped<T>(runner: &Runner, work: impl Future<Output = T>) -> Result<Option<T>, Failure> {
    let mut stop = scheduler::stop_on_signals().map_err(|error| Failure::new(1, error.to_string()))?;
    // What `wait_for` gives is a lock: kept, the second signal would wait for it, and with it whoever waits for the network.
    let asked = async {
        let _ = stop.wait_for(|stop| *stop != Stop::Running).await.map(|_| ());
    };
    tokio::select! {
        done = work => Ok(Some(done)),
        () = asked => {
            ledger::cancel(&runner.warehouse, &runner.owner, runner.now()).await?;
            Ok(None)
        }
    }
}

/// Says how the night ended; gives the exit code.
pub(super) fn tell(context: &Context, night: &NightOutcome) -> u8 {
    context.terminal.object(night);
    match &night.index {
        Some(index) => context.terminal.line(format!("report: {index}")),
        None if night.index_error.is_none() => {
            context.terminal.line(format!("pages of {}; index.html stays with the newest night", night.as_of));
        }
        None => {}
    }
    if let Some(error) = &night.index_error {
        context.terminal.note(format!("error: {error}"));
    }
    night.exit_code()
}

/// Refuses names that no job has.
pub(super) fn known_jobs(project: &crate::project::Project, jobs: &[String]) -> Result<(), Failure> {
    for job in jobs {
        if !project.jobs.iter().any(|known| known.name == *job) {
            let names: Vec<&str> = project.jobs.iter().map(|known| known.name.as_str()).collect();
            return Err(Failure::usage(format!("there is no job `{job}` in jobs/; there are: {}", names.join(", "))));
        }
    }
    Ok(())
}
