//! `nightclerk status`.

use super::context::Context;
use super::failure::Failure;
use crate::migrations;
use crate::runner::ledger::PublicationRow;
use crate::runner::status;
use crate::warehouse::Create;

pub(super) async fn run(context: &Context) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    if migrations::inspect(&warehouse, project.config.currency).await?.is_fresh() {
        context.terminal.object(&serde_json::json!({ "jobs": [], "note": "nothing has run yet" }));
        context.terminal.line("nothing has run yet: `nightclerk run` runs the first night");
        return Ok(0);
    }
    let now = chrono::DateTime::from_timestamp_micros((context.now_micros)()).unwrap_or_default();
    let statuses = status::of_jobs(&project, &warehouse, now).await?;
    context.terminal.object(&serde_json::json!({ "jobs": statuses }));
    context.terminal.line(format!("{:<20} {:<12} {:<24} {:<26} next run", "job", "current", "last run", "published"));
    for status in &statuses {
        let current = status.current.as_ref().map_or("never".to_owned(), |row| row.as_of.to_string());
        let published = status.current.as_ref().map_or("-".to_owned(), |row| row.published_at.clone());
        let last = status.last_run.as_ref().map_or("-".to_owned(), |run| format!("{} for {}", run.state, run.as_of));
        let next = status.next_run.clone().unwrap_or_else(|| "by hand".to_owned());
        context.terminal.line(format!("{:<20} {current:<12} {last:<24} {published:<26} {next}", status.job));
        if let Some(error) = status.last_run.as_ref().and_then(|run| run.error.as_ref()) {
            context.terminal.line(format!("{:<20} {error}", ""));
        }
        for input in status.current.iter().flat_map(PublicationRow::remembered) {
            context.terminal.line(format!("{:<20} {}: {}", "", input.dataset, input.note));
        }
    }
    Ok(0)
}
