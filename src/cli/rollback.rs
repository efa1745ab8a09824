//! `nightclerk rollback JOB`.

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::migrations;
use crate::runner::ledger;
use crate::runner::ledger::files::FileRow;
use crate::warehouse::Create;

/// Withdraw a job's current publication; the one before it becomes current again.
///
/// Of a list that reaches people it must be said whether it was sent: one that was keeps counting as contact with its
/// customers, so that nobody is written to twice within the contact window.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The job.
    job: String,
    /// What the job published had been sent to people.
    #[arg(long, conflicts_with = "not_sent")]
    sent: bool,
    /// It had not been sent to anybody.
    #[arg(long)]
    not_sent: bool,
}

pub(super) async fn run(context: &Context, command: &Rollback) -> Result<u8, Failure> {
    let project = context.project()?;
    let publishes = project.job(&command.job).map(|job| job.job.publishes()).unwrap_or_default();
    let reaches_people = publishes.iter().find(|table| table.reaches_people);
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    migrations::apply(&warehouse, project.config.currency, (context.now_micros)()).await?;
    let published = ledger::publications(&warehouse, Some(&command.job)).await?;
    let files = match published.iter().find(|row| row.state == "published") {
        Some(row) => ledger::files::of_run(&warehouse, row.run_id).await?,
        None => Vec::new(),
    };
    let leaving: Vec<&FileRow> = files.iter().filter(|file| file.leaves).collect();
    match (reaches_people, leaving.first()) {
        (Some(table), _) if !command.sent && !command.not_sent => {
            let (job, table) = (&command.job, table.name());
            return Err(Failure::usage(format!(
                "`{job}` publishes `{table}`, which is sent to people: say `--sent` or `--not-sent`"
            )));
        }
        (None, Some(file)) if !command.sent && !command.not_sent => {
            return Err(Failure::usage(format!(
                "somebody may have acted on `{}`: say `--sent` or `--not-sent`",
                file.path
            )));
        }
        (None, None) if command.sent || command.not_sent => {
            return Err(Failure::usage(format!(
                "`--sent` and `--not-sent` are about what leaves the house, and `{}` published nothing of the kind",
                command.job
            )));
        }
        _ => {}
    }
    let Some((withdrawn, current)) = ledger::rollback(&warehouse, &command.job, command.sent).await? else {
        return Err(Failure::usage(format!("`{}` has no publication to withdraw", command.job)));
    };
    if command.not_sent {
        // Out of the way of whoever sends what lies there; kept, because it is what was decided.
        for file in &leaving {
            let path = project.config.output.dir.join(&file.path);
            let aside = project.config.output.dir.join(format!("{}.withdrawn", file.path));
            match std::fs::rename(&path, &aside) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    context
                        .terminal
                        .trouble(format!("`{}` is withdrawn and still stands there: {error}", path.display()));
                }
                _ => {}
            }
        }
    }
    context.terminal.object(&serde_json::json!({ "withdrawn": withdrawn, "current": current }));
    context.terminal.line(format!("withdrawn: {} for {} (run {})", withdrawn.job, withdrawn.as_of, withdrawn.run_id));
    context.terminal.line(match current {
        Some(row) => format!("current:   {} for {} (run {})", row.job, row.as_of, row.run_id),
        None => format!("current:   none; {}_current views are empty until the next run", command.job),
    });
    Ok(0)
}
