//! The front page: every job of the newest night, those that ran now and what the ledger knows of the others.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Runner;
use super::files;
use super::ledger;
use super::ledger::files::index_written;
use super::ledger::slots::{SlotState, slots};
use super::outcome::{JobOutcome, JobState};
use crate::job_file::JobFile;
use crate::publication::{Figure, Metric, PublishedMetric, Unit};
use crate::report::{self, NightFacts, NightJob, RunFacts, RunState};

/// Writes `index.html`: this night's jobs, and for those that did not run now what the ledger knows of them. The front page is that of
/// the newest night: an older one leaves it as it is, and gives `None`.
pub(super) async fn write_index(
    runner: &Runner,
    as_of: NaiveDate,
    outcomes: &[JobOutcome],
) -> Result<Option<String>, String> {
    let project = &runner.project;
    let known = ledger::publications(&runner.warehouse, None).await.map_err(|error| error.to_string())?;
    if known.iter().any(|row| row.state == "published" && row.as_of > as_of) {
        index_written(&runner.warehouse, &runner.owner.place, as_of).await.map_err(|error| error.to_string())?;
        return Ok(None);
    }
    let warned = ledger::runs_with_warnings(&runner.warehouse, as_of).await.map_err(|error| error.to_string())?;
    let slots = slots(&runner.warehouse, as_of).await.map_err(|error| error.to_string())?;
    let current: BTreeMap<&str, &ledger::PublicationRow> =
        known.iter().filter(|row| row.state == "published").rev().map(|row| (row.job.as_str(), row)).collect();
    let mut jobs = Vec::new();
    for job in project.enabled_in_order() {
        let outcome = outcomes.iter().find(|outcome| outcome.job == job.name);
        jobs.push(match (outcome, current.get(job.name.as_str())) {
            (Some(JobOutcome { entry: Some(entry), .. }), _) => (**entry).clone(),
            (Some(JobOutcome { state: JobState::Kept, .. }) | None, Some(row)) if row.as_of == as_of => {
                from_ledger(runner, job, row, warned.contains(&row.run_id))
            }
            (Some(outcome), row) => {
                let state = match outcome.state {
                    JobState::Skipped | JobState::Locked | JobState::Cancelled => RunState::Skipped,
                    _ => RunState::Failed,
                };
                without_page(runner, job, as_of, state, &outcome.reason, row.map(|row| row.as_of))
            }
            (None, row) => match (slots.iter().find(|slot| slot.job == job.name && slot.as_of == as_of), row) {
                // What this night's slot says counts before what an older night published.
                (Some(slot), row) if slot.state != SlotState::Published => {
                    let state = match slot.state {
                        SlotState::Blocked | SlotState::Refused => RunState::Blocked,
                        SlotState::Failed => RunState::Failed,
                        _ => RunState::Skipped,
                    };
                    let reason = format!("{}: {}", slot.state, slot.reason);
                    without_page(runner, job, as_of, state, &reason, row.map(|row| row.as_of))
                }
                (_, Some(row)) => from_ledger(runner, job, row, warned.contains(&row.run_id)),
                (_, None) => continue,
            },
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
    index_written(&runner.warehouse, &runner.owner.place, as_of).await.map_err(|error| error.to_string())?;
    Ok(Some(path.display().to_string()))
}

/// The first metric of each job that published: the night in a handful of numbers.
fn totals(jobs: &[NightJob]) -> Vec<Figure> {
    jobs.iter()
        .filter(|job| job.facts.state.is_published())
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

fn without_page(
    runner: &Runner,
    job: &JobFile,
    as_of: NaiveDate,
    state: RunState,
    reason: &str,
    current_as_of: Option<NaiveDate>,
) -> NightJob {
    let facts = RunFacts { state, reason: reason.to_owned(), current_as_of, ..bare_facts(runner, job, as_of) };
    NightJob {
        facts,
        headline: String::new(),
        grade_headline: None,
        metrics: Vec::new(),
        n_caveats: 0,
        href: String::new(),
    }
}

fn from_ledger(runner: &Runner, job: &JobFile, row: &ledger::PublicationRow, warned: bool) -> NightJob {
    let facts = RunFacts {
        run_id: row.run_id,
        state: if warned { RunState::PublishedWithWarnings } else { RunState::Published },
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
        valid_until: None,
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
