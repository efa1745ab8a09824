//! `nightclerk cancel JOB`.

use chrono::NaiveDate;
use clap::Args;

use super::context::Context;
use super::date;
use super::failure::Failure;
use super::run::known_jobs;
use crate::runner::ledger;

/// Stop a job wherever it runs, or a date that waits to be tried again.
///
/// Its process stops computing within a quarter of a minute and publishes nothing, even if it cannot hear of it. The date counts as
/// cancelled: the schedule leaves it alone, and `nightclerk run --job JOB --as-of DATE` runs it when you want it.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The job.
    job: String,
    /// The business date; none: the one that runs now.
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<NaiveDate>,
    /// Why, for those who ask `status` tomorrow.
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
}

pub(super) async fn run(context: &Context, command: &Cancel) -> Result<u8, Failure> {
    let project = context.project()?;
    known_jobs(&project, std::slice::from_ref(&command.job))?;
    let warehouse = context.current_warehouse(&project).await?;
    let reason =
        command.why.as_ref().map_or_else(|| "cancelled by hand".to_owned(), |why| format!("cancelled by hand: {why}"));
    let now = (context.now_micros)();
    let Some(cancelled) = ledger::cancel_job(&warehouse, &command.job, command.as_of, &reason, now).await? else {
        let which = command
            .as_of
            .map_or_else(|| "does not run now".to_owned(), |date| format!("neither runs nor waits for {date}"));
        return Err(Failure::usage(format!("`{}` {which}: `nightclerk status` says what stands", command.job)));
    };
    context.terminal.object(&cancelled);
    context.terminal.line(match &cancelled.owner {
        Some(owner) => format!(
            "{} for {} is cancelled: {owner} stops within {} seconds and publishes nothing",
            cancelled.job,
            cancelled.as_of,
            ledger::HEARTBEAT_SECONDS
        ),
        None => format!("{} for {} is cancelled: it waited, and is not tried again", cancelled.job, cancelled.as_of),
    });
    Ok(0)
}
