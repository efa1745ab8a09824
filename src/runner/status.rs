//! What is current, what ran last, what runs next, per job.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::delivery;
use super::ledger::slots::SlotRow;
use super::ledger::{self, PublicationRow, RunRow};
use crate::gate::GateResult;
use crate::job::Mode;
use crate::project::Project;
use crate::schedule::Schedule;
use crate::warehouse::{Warehouse, WarehouseError};

/// The state of a job.
#[derive(Clone, Debug, Serialize)]
pub struct JobStatus {
    /// The job.
    pub job: String,
    /// Its kind.
    pub kind: &'static str,
    /// Whether the schedule and a full night run it.
    pub enabled: bool,
    /// The publication that consumers see.
    pub current: Option<PublicationRow>,
    /// What the gates of the current publication warned of.
    pub warnings: Vec<GateResult>,
    /// Whether what it publishes next is acted on.
    pub mode: Mode,
    /// Whether the next should be there by now.
    pub is_stale: bool,
    /// The newest run, however it ended.
    pub last_run: Option<RunRow>,
    /// What waits, runs, or ended since the current publication without one; newest business date first.
    pub unpublished: Vec<SlotRow>,
    /// Pages and exports of the current publication that do not stand in their places, with the reason.
    pub missing_files: Vec<String>,
    /// When the schedule runs it next.
    pub next_run: Option<String>,
}

/// The state of every job of a night, in the order in which it runs them. Our tables must be there.
///
/// # Errors
/// When the warehouse refuses.
pub async fn of_jobs(
    project: &Project,
    warehouse: &Warehouse,
    now: DateTime<Utc>,
) -> Result<Vec<JobStatus>, WarehouseError> {
    let publications = ledger::publications(warehouse, None).await?;
    let runs = ledger::latest_runs(warehouse).await?;
    let unpublished = ledger::slots::unpublished(warehouse).await?;
    let mut statuses = Vec::new();
    for job in project.enabled_in_order() {
        let current = publications.iter().find(|row| row.job == job.name && row.state == "published").cloned();
        let (missing_files, mut warnings) = match &current {
            Some(row) => (
                delivery::missing(project, &ledger::files::of_run(warehouse, row.run_id).await?),
                ledger::history::gates(warehouse, row.run_id).await?,
            ),
            None => (Vec::new(), Vec::new()),
        };
        warnings.retain(|gate| !gate.passed);
        statuses.push(JobStatus {
            job: job.name.clone(),
            kind: job.kind,
            enabled: job.enabled,
            mode: project.mode_of(job),
            is_stale: current.as_ref().is_some_and(|row| row.is_stale(now.timestamp_micros())),
            current,
            warnings,
            missing_files,
            last_run: runs.iter().find(|row| row.job == job.name).cloned(),
            unpublished: unpublished.iter().filter(|row| row.job == job.name).cloned().collect(),
            next_run: job.schedule.as_ref().and_then(|timetable| next_slot(&timetable.schedule, now)),
        });
    }
    Ok(statuses)
}

fn next_slot(schedule: &Schedule, now: DateTime<Utc>) -> Option<String> {
    schedule.next(now.with_timezone(&schedule.zone())).map(|slot| slot.at.to_rfc3339())
}
