//! `nightclerk status`.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::context::{Context, Failure};
use crate::runner::ledger::{self, PublicationRow, RunRow};
use crate::runner::{migrations, night};
use crate::schedule::Schedule;
use crate::warehouse::Create;

#[derive(Serialize)]
struct JobStatus {
    job: String,
    kind: &'static str,
    enabled: bool,
    current: Option<PublicationRow>,
    last_run: Option<RunRow>,
    next_run: Option<String>,
}

pub(super) async fn run(context: &Context) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    if !migrations::pending(&warehouse).await?.is_empty() {
        context.terminal.object(&serde_json::json!({ "jobs": [], "note": "nothing has run yet" }));
        context.terminal.line("nothing has run yet: `nightclerk run` runs the first night");
        return Ok(0);
    }
    let publications = ledger::publications(&warehouse, None).await?;
    let runs = ledger::latest_runs(&warehouse).await?;
    let now = chrono::DateTime::from_timestamp_micros((context.now_micros)()).unwrap_or_default();
    let mut statuses = Vec::new();
    for job in night::in_order(&project) {
        statuses.push(JobStatus {
            job: job.name.clone(),
            kind: job.kind,
            enabled: job.enabled,
            current: publications.iter().find(|row| row.job == job.name && row.state == "published").cloned(),
            last_run: runs.iter().find(|row| row.job == job.name).cloned(),
            next_run: job.schedule.as_ref().and_then(|timetable| next_slot(&timetable.schedule, now)),
        });
    }
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
    }
    Ok(0)
}

fn next_slot(schedule: &Schedule, now: DateTime<Utc>) -> Option<String> {
    schedule.next(now.with_timezone(&schedule.zone())).map(|slot| slot.at.to_rfc3339())
}
