//! A whole night: the jobs of one business date in dependency order, and its index page.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::Runner;
use super::events::Event;
use super::files;
use super::ledger;
use super::outcome::{JobOutcome, JobState, Stop};
use super::run::{missing_datasets, run_job, run_start};
use crate::job_file::JobFile;
use crate::project::Project;
use crate::publication::{Figure, Metric, PublishedMetric, Unit};
use crate::report::{self, NightFacts, NightJob, RunFacts, RunState};

/// How a night ended.
#[derive(Debug, Serialize)]
pub struct NightOutcome {
    /// The business date.
    pub as_of: NaiveDate,
    /// The jobs, in the order they ran.
    pub jobs: Vec<JobOutcome>,
    /// The index page.
    pub index: Option<String>,
    /// Why there is no index page, if there is none.
    pub index_error: Option<String>,
}

impl NightOutcome {
    /// The process's exit code: the gravest of the jobs'.
    pub fn exit_code(&self) -> u8 {
        let gravest = gravest(self.jobs.iter().map(|job| job.state.exit_code()));
        if gravest == 0 && self.index_error.is_some() { 1 } else { gravest }
    }
}

/// The gravest of several exit codes; 0 when all are.
pub fn gravest(codes: impl IntoIterator<Item = u8>) -> u8 {
    const GRAVEST_FIRST: [u8; 5] = [1, 3, 4, 75, 5];
    let codes: Vec<u8> = codes.into_iter().collect();
    GRAVEST_FIRST.into_iter().find(|code| codes.contains(code)).unwrap_or(0)
}

/// The jobs of a night: the enabled ones, each after those it waits for.
pub fn in_order(project: &Project) -> Vec<&JobFile> {
    project.jobs_in_order().into_iter().filter(|job| job.enabled).collect()
}

/// Runs `jobs` (all enabled ones when empty) for a business date, in order, and writes the index.
pub async fn run_night(runner: &Runner, as_of: NaiveDate, only: &[String]) -> NightOutcome {
    let wanted = |job: &&JobFile| if only.is_empty() { job.enabled } else { only.contains(&job.name) };
    let jobs: Vec<&JobFile> = runner.project.jobs_in_order().into_iter().filter(wanted).collect();
    (runner.events)(&Event::NightStarted { as_of, jobs: jobs.iter().map(|job| job.name.clone()).collect() });
    let mut outcomes: Vec<JobOutcome> = Vec::new();
    for job in jobs {
        if (runner.stopping)() {
            break;
        }
        let outcome = match unmet(job, &outcomes) {
            // A job without its datasets refuses in its own name, whatever became of the jobs before it.
            Some(reason) if missing_datasets(runner, job).is_empty() => skip(runner, job, as_of, reason).await,
            _ => run_job(runner, job, as_of).await,
        };
        outcomes.push(outcome);
    }
    let written = write_index(runner, as_of, &outcomes).await;
    let (index, index_error) = match written {
        Ok(index) => (Some(index), None),
        Err(reason) => (None, Some(reason)),
    };
    NightOutcome { as_of, jobs: outcomes, index, index_error }
}

/// Which dependency did not publish this night, if any.
fn unmet(job: &JobFile, outcomes: &[JobOutcome]) -> Option<String> {
    let failed =
        outcomes.iter().find(|outcome| job.after.contains(&outcome.job) && outcome.state != JobState::Published)?;
    Some(format!("it runs after `{}`, which did not publish: {}", failed.job, failed.reason))
}

/// Does not run a job, and writes down why.
pub async fn skip(runner: &Runner, job: &JobFile, as_of: NaiveDate, reason: String) -> JobOutcome {
    let start = run_start(runner, job, as_of);
    let recorded = ledger::record_skipped(&runner.warehouse, &start, &reason, (runner.clock)()).await;
    let reason = match recorded {
        Ok(()) => reason,
        Err(error) => format!("{reason}; and the ledger could not be written: {error}"),
    };
    let outcome = JobOutcome::not_run(job, as_of, Stop { state: JobState::Skipped, reason });
    (runner.events)(&Event::JobFinished(Box::new(outcome.clone())));
    outcome
}

/// Writes `index.html`: this night's jobs, and for those that did not run now what the ledger knows of them.
async fn write_index(runner: &Runner, as_of: NaiveDate, outcomes: &[JobOutcome]) -> Result<String, String> {
    let project = &runner.project;
    let known = ledger::publications(&runner.warehouse, None).await.map_err(|error| error.to_string())?;
    let current: BTreeMap<&str, &ledger::PublicationRow> =
        known.iter().filter(|row| row.state == "published").rev().map(|row| (row.job.as_str(), row)).collect();
    let mut jobs = Vec::new();
    for job in in_order(project) {
        let outcome = outcomes.iter().find(|outcome| outcome.job == job.name);
        jobs.push(match (outcome, current.get(job.name.as_str())) {
            (Some(JobOutcome { entry: Some(entry), .. }), _) => (**entry).clone(),
            (Some(outcome), row) => without_page(runner, job, outcome, row.map(|row| row.as_of)),
            (None, Some(row)) => from_ledger(runner, job, row),
            (None, None) => continue,
        });
    }
    let night = NightFacts {
        project: project.config.name.clone(),
        as_of,
        timezone: project.config.zone().name().to_owned(),
        currency: project.config.currency,
        totals: totals(&jobs),
        jobs,
    };
    let html = report::index_html(&runner.templates, &night).map_err(|error| error.to_string())?;
    let path = project.config.output.dir.join("index.html");
    files::write(&path, html.as_bytes()).map_err(|error| error.to_string())?;
    Ok(path.display().to_string())
}

/// The metrics that jobs name `headline_*`, first of each job: the night in a handful of numbers.
fn totals(jobs: &[NightJob]) -> Vec<Figure> {
    jobs.iter()
        .filter_map(|job| {
            let metric = job.metrics.first()?;
            Some(Figure {
                label: metric.meaning.clone(),
                value: metric.value,
                unit: metric.unit,
                note: format!("{} for {}", job.facts.job, job.facts.as_of),
            })
        })
        .chain(std::iter::once(Figure {
            label: "Rows published".to_owned(),
            value: Some(jobs.iter().map(|job| job.facts.rows_out as f64).sum()),
            unit: Unit::Count,
            note: "all tables".to_owned(),
        }))
        .collect()
}

fn without_page(runner: &Runner, job: &JobFile, outcome: &JobOutcome, current_as_of: Option<NaiveDate>) -> NightJob {
    let state = match outcome.state {
        JobState::Skipped | JobState::Locked => RunState::Skipped,
        _ => RunState::Failed,
    };
    let facts =
        RunFacts { state, reason: outcome.reason.clone(), current_as_of, ..bare_facts(runner, job, outcome.as_of) };
    NightJob {
        facts,
        headline: String::new(),
        grade_headline: None,
        metrics: Vec::new(),
        n_caveats: 0,
        href: String::new(),
    }
}

fn from_ledger(runner: &Runner, job: &JobFile, row: &ledger::PublicationRow) -> NightJob {
    let facts = RunFacts {
        run_id: row.run_id,
        state: RunState::Published,
        current_as_of: Some(row.as_of),
        started_at: row.published_at.clone(),
        rows_out: row.rows.unsigned_abs(),
        ..bare_facts(runner, job, row.as_of)
    };
    NightJob {
        facts,
        headline: row.headline.clone(),
        grade_headline: row.grade.clone(),
        metrics: (serde_json::from_str::<Vec<PublishedMetric>>(&row.metrics_json).unwrap_or_default().into_iter())
            .map(Metric::from)
            .collect(),
        n_caveats: usize::try_from(row.n_caveats).unwrap_or_default(),
        href: format!("{}/{}.html", row.as_of, row.job),
    }
}

fn bare_facts(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> RunFacts {
    let config = &runner.project.config;
    RunFacts {
        project: config.name.clone(),
        job: job.name.clone(),
        kind: job.kind.to_owned(),
        as_of,
        run_id: 0,
        timezone: config.zone().name().to_owned(),
        currency: config.currency,
        state: RunState::Skipped,
        reason: String::new(),
        current_as_of: None,
        data_from: None,
        data_to: None,
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_hash: runner.project.config_hash.clone(),
        seed: config.seed,
        started_at: String::new(),
        duration_ms: 0,
        rows_in: 0,
        rows_out: 0,
        params_toml: job.job.params_toml(),
        gates: Vec::new(),
        inputs: Vec::new(),
        files: Vec::new(),
    }
}
