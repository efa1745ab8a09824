//! A whole night: the jobs of one business date in dependency order, and its index page.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;
use tokio::sync::{Mutex, MutexGuard, watch};

use super::Runner;
use super::alerts;
use super::delivery;
use super::events::Event;
use super::faults::point;
use super::index::write_index;
use super::ledger::slots::{SlotState, slot};
use super::ledger::{self, Claimant};
use super::outcome::{JobOutcome, JobState, Stop};
use super::run::{missing_datasets, run_job, run_start};
use crate::job_file::JobFile;

/// How a night ended.
#[derive(Debug, Serialize)]
pub struct NightOutcome {
    /// The business date.
    pub as_of: NaiveDate,
    /// The jobs, in the order they ran.
    pub jobs: Vec<JobOutcome>,
    /// The index page; none where a newer night has it.
    pub index: Option<String>,
    /// Why the index page could not be written, if so.
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
    const GRAVEST_FIRST: [u8; 6] = [1, 3, 4, 130, 75, 5];
    let codes: Vec<u8> = codes.into_iter().collect();
    GRAVEST_FIRST.into_iter().find(|code| codes.contains(code)).unwrap_or(0)
}

/// Whose turn it is where several nights are at work at once: a job runs its dates one after the other, in the order in which they
/// are planned, because each carries on from the one before; and one night at a time is brought to its end.
#[derive(Debug)]
pub struct Turns {
    /// The dates of each job, in order.
    planned: BTreeMap<String, Vec<NaiveDate>>,
    /// Jobs and dates whose turn is over.
    over: watch::Sender<BTreeSet<(String, NaiveDate)>>,
    end: Mutex<()>,
}

impl Turns {
    /// For nights in the order in which they are begun, each with its jobs.
    pub fn of(nights: &[(NaiveDate, Vec<String>)]) -> Self {
        let mut planned: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
        for (as_of, jobs) in nights {
            for job in jobs {
                planned.entry(job.clone()).or_default().push(*as_of);
            }
        }
        Self { planned, over: watch::Sender::new(BTreeSet::new()), end: Mutex::default() }
    }

    /// Waits until the job is done with the dates before.
    async fn wait(&self, job: &str, as_of: NaiveDate) {
        let before: Vec<(String, NaiveDate)> = (self.planned.get(job).into_iter().flatten())
            .take_while(|date| **date != as_of)
            .map(|date| (job.to_owned(), *date))
            .collect();
        let is_next = |over: &BTreeSet<(String, NaiveDate)>| before.iter().all(|turn| over.contains(turn));
        // The sender is ours: it is there as long as somebody waits.
        let _ = self.over.subscribe().wait_for(is_next).await;
    }
}

/// Ends the turns of a night, each when its job is done, and at the latest all with the night, however that ends.
struct Night<'a> {
    turns: Option<&'a Turns>,
    as_of: NaiveDate,
    jobs: Vec<&'a str>,
}

impl Night<'_> {
    fn is_over(&self, jobs: &[&str]) {
        if let Some(turns) = self.turns {
            turns.over.send_modify(|over| over.extend(jobs.iter().map(|job| ((*job).to_owned(), self.as_of))));
        }
    }
}

impl Drop for Night<'_> {
    fn drop(&mut self) {
        self.is_over(&self.jobs);
    }
}

/// Waits until no other night is being brought to its end, where there may be one.
async fn only_one(turns: Option<&Turns>) -> Option<MutexGuard<'_, ()>> {
    match turns {
        Some(turns) => Some(turns.end.lock().await),
        None => None,
    }
}

/// Runs `jobs` (all enabled ones when empty) for a business date, in order, because somebody asks for it, and writes the index.
pub async fn run_night(runner: &Runner, as_of: NaiveDate, only: &[String]) -> NightOutcome {
    let wanted = |job: &&JobFile| if only.is_empty() { job.enabled } else { only.contains(&job.name) };
    let jobs: Vec<&JobFile> = runner.project.jobs_in_order().into_iter().filter(wanted).collect();
    (runner.events)(&Event::NightStarted { as_of, jobs: jobs.iter().map(|job| job.name.clone()).collect() });
    let turns = runner.turns.as_deref();
    let night = Night { turns, as_of, jobs: jobs.iter().map(|job| job.name.as_str()).collect() };
    {
        let _only = only_one(turns).await;
        // What cannot be asked now is told by the first job.
        let _ = delivery::catch_up(runner).await;
    }
    let mut outcomes: Vec<JobOutcome> = Vec::new();
    // Published meanwhile by other processes.
    let mut elsewhere: Vec<String> = Vec::new();
    for job in &jobs {
        if let Some(turns) = turns {
            turns.wait(&job.name, as_of).await;
        }
        if (runner.stopping)() {
            break;
        }
        let outcome = match unmet(job, &outcomes, &elsewhere) {
            // A job without its datasets refuses in its own name, whatever became of the jobs before it.
            Some(reason) if missing_datasets(runner, job).is_empty() => skip(runner, job, as_of, reason).await,
            _ => run_job(runner, job, as_of).await,
        };
        let is_awaited = jobs.iter().any(|later| later.after.contains(&job.name));
        if outcome.state == JobState::Locked && is_awaited && published_by_other(runner, job, as_of).await {
            elsewhere.push(job.name.clone());
        }
        outcomes.push(outcome);
        night.is_over(&[&job.name]);
    }
    let _only = only_one(turns).await;
    let (index, index_error) = match write_index(runner, as_of, &outcomes).await {
        Ok(index) => (index, None),
        Err(reason) => (None, Some(reason)),
    };
    point("index_written");
    // What cannot be told now stays in the ledger.
    if let Err(error) = alerts::tell(runner).await {
        (runner.events)(&Event::Note { job: "alerts".to_owned(), text: format!("not told yet: {error}") });
    }
    NightOutcome { as_of, jobs: outcomes, index, index_error }
}

/// How often the ledger is asked whether another process is done, in seconds.
const ASK_AGAIN_SECONDS: u64 = 2;

/// Waits for another process to end the slot that others wait for, as long as the job may take; whether it published.
async fn published_by_other(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> bool {
    let text = format!("others wait for it: waiting until the other process is done with {as_of}");
    (runner.events)(&Event::Note { job: job.name.clone(), text });
    let patience = job.limits.timeout.as_secs() / ASK_AGAIN_SECONDS;
    for _ in 0..patience {
        match slot(&runner.warehouse, &job.name, as_of).await {
            Ok(Some(slot)) if slot.state == SlotState::Running && !(runner.stopping)() => {}
            Ok(slot) => return slot.is_some_and(|slot| slot.state == SlotState::Published),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_secs(ASK_AGAIN_SECONDS)).await;
    }
    false
}

/// Which dependency did not publish this night, if any.
fn unmet(job: &JobFile, outcomes: &[JobOutcome], elsewhere: &[String]) -> Option<String> {
    let failed = outcomes.iter().find(|outcome| {
        job.after.contains(&outcome.job) && !outcome.state.is_published() && !elsewhere.contains(&outcome.job)
    })?;
    Some(format!("it runs after `{}`, which did not publish: {}", failed.job, failed.reason))
}

/// Does not run a job, and writes down why: its slot waits.
async fn skip(runner: &Runner, job: &JobFile, as_of: NaiveDate, reason: String) -> JobOutcome {
    let start = run_start(runner, job, as_of, Claimant::Person);
    let recorded = ledger::record_waiting(&runner.warehouse, &start, &reason, runner.now()).await;
    let reason = match recorded {
        Ok(()) => reason,
        Err(error) => format!("{reason}; and the ledger could not be written: {error}"),
    };
    let outcome = JobOutcome::not_run(job, as_of, Stop { state: JobState::Skipped, reason });
    (runner.events)(&Event::JobFinished(Box::new(outcome.clone())));
    outcome
}
