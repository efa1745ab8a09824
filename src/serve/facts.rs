//! What the pages and the API say, read from the ledger and the project.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;

use super::Site;
use super::problem::Problem;
use crate::gate::GateResult;
use crate::job_file::JobFile;
use crate::runner::ledger::files::FileRow;
use crate::runner::ledger::history::{self, RunFull};
use crate::runner::ledger::slots::{self, SlotRow, SlotState};
use crate::runner::ledger::{self, PublicationRow};
use crate::runner::status::{self, JobStatus};
use crate::table::instant_text;

/// Dates of the timeline.
pub(super) const DAYS: u32 = 30;

/// Every job's dates side by side.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    /// The dates, oldest first.
    pub days: Vec<NaiveDate>,
    pub jobs: Vec<JobLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct JobLine {
    #[serde(flatten)]
    pub status: JobStatus,
    /// One for each date of the timeline.
    pub dates: Vec<DateCell>,
}

/// What became of a date.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DateCell {
    pub as_of: NaiveDate,
    /// A slot's state, `missing` where the schedule asked for a date and nothing is known of it, `none` where it asked for none.
    pub state: String,
    pub reason: String,
    pub run_id: Option<i64>,
}

/// The states of the last dates, by job.
pub(super) async fn timeline(site: &Site) -> Result<Timeline, Problem> {
    let statuses = status::of_jobs(&site.project, &site.warehouse, site.now()).await?;
    let newest = crate::runner::slots::default_as_of(&site.project, site.now());
    let first = newest - TimeDelta::days(i64::from(DAYS) - 1);
    let known = slots::slots(&site.warehouse, first).await?;
    let days: Vec<NaiveDate> = first.iter_days().take(DAYS as usize).collect();
    let mut jobs = Vec::new();
    for status in statuses {
        let Some(job) = site.project.job(&status.job) else { continue };
        let had_one_before = slots::had_slot_before(&site.warehouse, &job.name, first).await?;
        let of_job: Vec<&SlotRow> = known.iter().filter(|slot| slot.job == job.name).collect();
        let dates = dates(job, &days, &of_job, had_one_before, site.now());
        jobs.push(JobLine { status, dates });
    }
    Ok(Timeline { days, jobs })
}

fn dates(
    job: &JobFile,
    days: &[NaiveDate],
    slots: &[&SlotRow],
    had_one_before: bool,
    now: DateTime<Utc>,
) -> Vec<DateCell> {
    let asked_for: Vec<NaiveDate> = job.schedule.as_ref().map_or_else(Vec::new, |timetable| {
        let schedule = &timetable.schedule;
        let due = schedule.fallen_due(now.with_timezone(&schedule.zone()), DAYS + 1);
        due.into_iter().map(|slot| slot.as_of).collect()
    });
    let first_known = slots.iter().map(|slot| slot.as_of).min();
    let cell = |day: &NaiveDate| {
        if let Some(slot) = slots.iter().find(|slot| slot.as_of == *day) {
            let (state, reason) = (slot.state.name().to_owned(), slot.reason.clone());
            return DateCell { as_of: *day, state, reason, run_id: slot.run_id };
        }
        let was_here = had_one_before || first_known.is_some_and(|first| first < *day);
        let is_missing = was_here && asked_for.contains(day);
        let reason = if is_missing { "the schedule asked for it, and nothing ran" } else { "" };
        let state = if is_missing { "missing" } else { "none" };
        DateCell { as_of: *day, state: state.to_owned(), reason: reason.to_owned(), run_id: None }
    };
    days.iter().map(cell).collect()
}

/// A job: where it stands, what it reads and publishes, what it did.
#[derive(Debug, Serialize)]
pub(super) struct JobFull {
    #[serde(flatten)]
    pub status: JobStatus,
    pub description: Option<String>,
    /// When it runs, in words.
    pub schedule: Option<String>,
    pub deliver_by: Option<String>,
    /// The jobs that must have published before it.
    pub after: Vec<String>,
    /// The jobs that wait for it.
    pub before: Vec<String>,
    /// The datasets that it reads.
    pub reads: Vec<Read>,
    /// The tables that it publishes.
    pub publishes: Vec<String>,
    pub params_toml: String,
    /// The newest runs.
    pub runs: Vec<RunFull>,
}

/// A dataset that a job reads.
#[derive(Debug, Serialize)]
pub(super) struct Read {
    pub dataset: String,
    /// Whether the job is refused without it.
    pub required: bool,
    /// Whether the project has SQL for it.
    pub present: bool,
}

/// Runs that a page of a job shows.
const RUNS_SHOWN: u32 = 30;

pub(super) async fn job(site: &Site, name: &str) -> Result<JobFull, Problem> {
    let statuses = status::of_jobs(&site.project, &site.warehouse, site.now()).await?;
    let unknown = || Problem::not_found(format!("no enabled job is called `{name}`"));
    let job = site.project.job(name).ok_or_else(unknown)?;
    let status = statuses.into_iter().find(|status| status.job == name).ok_or_else(unknown)?;
    let present = |dataset: &str| {
        site.project
            .sql
            .keys()
            .any(|file| file == &format!("{dataset}.sql") || file.starts_with(&format!("{dataset}.")))
    };
    let reads = job.job.needs().iter().map(|dataset| (dataset, true));
    let reads = reads.chain(job.job.uses().iter().map(|dataset| (dataset, false)));
    let reads = reads.map(|(dataset, required)| Read {
        dataset: dataset.name().to_owned(),
        required,
        present: present(dataset.name()),
    });
    Ok(JobFull {
        status,
        description: job.description.clone(),
        schedule: job.schedule.as_ref().map(|timetable| timetable.schedule.describe()),
        deliver_by: job
            .schedule
            .as_ref()
            .and_then(|timetable| timetable.deliver_by)
            .map(|by| by.format("%H:%M").to_string()),
        after: job.after.clone(),
        before: site
            .project
            .jobs
            .iter()
            .filter(|other| other.after.contains(&job.name))
            .map(|other| other.name.clone())
            .collect(),
        reads: reads.collect(),
        publishes: job.job.publishes().iter().map(|table| table.name().to_owned()).collect(),
        params_toml: job.params_toml.clone(),
        runs: history::runs(&site.warehouse, Some(name), RUNS_SHOWN).await?,
    })
}

/// A run: what it was made from, what its gates found, what it left.
#[derive(Debug, Serialize)]
pub(super) struct RunPage {
    #[serde(flatten)]
    pub run: RunFull,
    /// What it published, with what it was made from; none where it published nothing, or that is forgotten.
    pub publication: Option<PublicationRow>,
    /// Rows of each table that it published.
    pub tables: BTreeMap<String, u64>,
    pub gates: Vec<GateResult>,
    pub files: Vec<FileRow>,
    /// Where its page is, below `/reports/`.
    pub report: Option<String>,
}

pub(super) async fn run(site: &Site, run_id: i64) -> Result<RunPage, Problem> {
    let Some(run) = history::run(&site.warehouse, run_id).await? else {
        return Err(Problem::not_found(format!("no run {run_id} is known; old ones are forgotten by `prune`")));
    };
    let publications = ledger::publications(&site.warehouse, Some(&run.job)).await?;
    let publication = publications.into_iter().find(|row| row.run_id == run_id);
    let tables = publication.as_ref().and_then(|row| serde_json::from_str(&row.tables_json).ok()).unwrap_or_default();
    let report = format!("{}/{}.html", run.as_of, run.job);
    let has_report = site.project.config.output.dir.join(&report).is_file();
    Ok(RunPage {
        gates: history::gates(&site.warehouse, run_id).await?,
        files: ledger::files::of_run(&site.warehouse, run_id).await?,
        publication,
        tables,
        report: has_report.then_some(report),
        run,
    })
}

/// When a job runs next.
#[derive(Debug, Serialize)]
pub(super) struct Coming {
    pub job: String,
    /// In words; none where it runs after others, or when asked.
    pub schedule: Option<String>,
    pub deliver_by: Option<String>,
    pub after: Vec<String>,
    pub slots: Vec<ComingSlot>,
}

#[derive(Debug, Serialize)]
pub(super) struct ComingSlot {
    /// When, ISO, in the schedule's zone.
    pub at: String,
    pub as_of: NaiveDate,
    /// What daylight saving does to it, in words.
    pub line: String,
}

/// Slots of a schedule that are shown.
const COMING: usize = 5;

pub(super) fn schedule(site: &Site) -> Vec<Coming> {
    let coming = |job: &&JobFile| {
        let slots = job.schedule.as_ref().map_or_else(Vec::new, |timetable| {
            let schedule = &timetable.schedule;
            let slots = schedule.upcoming(site.now().with_timezone(&schedule.zone())).take(COMING);
            slots
                .map(|slot| ComingSlot { at: slot.at.to_rfc3339(), as_of: slot.as_of, line: slot.to_string() })
                .collect()
        });
        Coming {
            job: job.name.clone(),
            schedule: job.schedule.as_ref().map(|timetable| timetable.schedule.describe()),
            deliver_by: job
                .schedule
                .as_ref()
                .and_then(|table| table.deliver_by)
                .map(|by| by.format("%H:%M").to_string()),
            after: job.after.clone(),
            slots,
        }
    };
    site.project.enabled_in_order().iter().map(coming).collect()
}

/// A slot with its instants in words.
#[derive(Debug, Serialize)]
pub(super) struct SlotWords {
    #[serde(flatten)]
    pub slot: SlotRow,
    pub due_at: String,
    pub next_try_at: Option<String>,
    pub until: String,
}

/// Slots from a date on, and older ones that are open; of one job or of all, newest first.
pub(super) async fn slots_since(site: &Site, since: NaiveDate, job: Option<&str>) -> Result<Vec<SlotWords>, Problem> {
    let rows = slots::slots(&site.warehouse, since).await?;
    let wanted = rows.into_iter().rev().filter(|slot| job.is_none_or(|job| slot.job == job));
    let words = |slot: SlotRow| SlotWords {
        due_at: instant_text(slot.due_us),
        next_try_at: (slot.state == SlotState::Waiting).then(|| instant_text(slot.next_try_us)),
        until: instant_text(slot.until_us),
        slot,
    };
    Ok(wanted.map(words).collect())
}
