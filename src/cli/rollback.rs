//! `nightclerk rollback JOB`.

use clap::Args;

use super::context::{Context, Failure};
use crate::runner::{ledger, migrations};
use crate::warehouse::Create;

/// Withdraw a job's current publication; the one before it becomes current again.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The job.
    job: String,
}

pub(super) async fn run(context: &Context, command: &Rollback) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    migrations::apply(&warehouse, (context.now_micros)()).await?;
    let Some((withdrawn, current)) = ledger::rollback(&warehouse, &command.job).await? else {
        return Err(Failure::usage(format!("`{}` has no publication to withdraw", command.job)));
    };
    context.terminal.object(&serde_json::json!({ "withdrawn": withdrawn, "current": current }));
    context.terminal.line(format!("withdrawn: {} for {} (run {})", withdrawn.job, withdrawn.as_of, withdrawn.run_id));
    context.terminal.line(match current {
        Some(row) => format!("current:   {} for {} (run {})", row.job, row.as_of, row.run_id),
        None => format!("current:   none; {}_current views are empty until the next run", command.job),
    });
    Ok(0)
}
