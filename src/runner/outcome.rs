//! How a job of a night ended.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::ledger::Claim;
use super::ledger::slots::{SlotEnd, SlotState};
use super::slots;
use crate::datasets::InputFact;
use crate::gate::{GateResult, GateSeverity};
use crate::job_file::JobFile;
use crate::publication::{Publication, PublishedMetric, PublishedTable};
use crate::report;
use crate::warehouse::WarehouseError;

/// When a run is repeated that found its data old, in microseconds: it has read everything by then.
const REFUSED_AGAIN_MICROS: i64 = 15 * 60 * 1_000_000;

/// How a job ended, for people and for `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct JobOutcome {
    /// The job.
    pub job: String,
    /// Its kind.
    pub kind: &'static str,
    /// The business date.
    pub as_of: NaiveDate,
    /// How it ended.
    pub state: JobState,
    /// Why, when it did not publish.
    pub reason: String,
    /// The page's headline, when there is one.
    pub headline: String,
    /// The numbers of the publication.
    pub metrics: Vec<PublishedMetric>,
    /// Published rows per table.
    pub tables: Vec<TableRows>,
    /// What it was made from.
    pub inputs: Vec<InputFact>,
    /// What the gates found.
    pub gates: Vec<GateResult>,
    /// The page, relative to the output folder.
    pub page: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
    /// What the index says about it.
    #[serde(skip)]
    pub entry: Option<Box<report::NightJob>>,
}

impl JobOutcome {
    /// The gates that did not hold and stopped nothing.
    pub fn warnings(&self) -> impl Iterator<Item = &GateResult> {
        self.gates.iter().filter(|gate| !gate.passed && gate.severity == GateSeverity::Warn)
    }

    /// How it ended, in a sentence.
    pub(super) fn in_words(&self) -> String {
        let rows: u64 = self.tables.iter().map(|table| table.rows).sum();
        match self.state {
            JobState::Published => match self.warnings().count() {
                0 => format!("published {rows} rows: {}", self.headline),
                1 => format!("published {rows} rows, with a warning: {}", self.headline),
                n => format!("published {rows} rows, with {n} warnings: {}", self.headline),
            },
            state => format!("{}: {}", state.in_ledger(), self.reason),
        }
    }

    /// The outcome of a job that read and computed nothing.
    pub(super) fn not_run(job: &JobFile, as_of: NaiveDate, stop: Stop) -> Self {
        Self {
            job: job.name.clone(),
            kind: job.kind,
            as_of,
            state: stop.state,
            reason: stop.reason,
            headline: String::new(),
            metrics: Vec::new(),
            tables: Vec::new(),
            inputs: Vec::new(),
            gates: Vec::new(),
            page: None,
            duration_ms: 0,
            entry: None,
        }
    }
}

/// How many rows a table got.
#[derive(Clone, Debug, Serialize)]
pub struct TableRows {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its rows are visible.
    Published,
    /// A gate stopped it; the previous publication is still current.
    Blocked,
    /// Its input is missing, or a rule forbids it.
    Refused,
    /// Its input is old or empty; for whoever calls us that is a refusal like any other. A date of the schedule waits for it where its job
    /// has a deadline.
    #[serde(rename = "refused")]
    Stale,
    /// It failed.
    Failed,
    /// Something it depends on did not publish.
    Skipped,
    /// Another process runs it.
    Locked,
    /// Its lease was lost while it ran; whoever took it over publishes.
    Superseded,
    /// Somebody cancelled it while it ran.
    Cancelled,
    /// The warehouse is busy or away, or a disk is full; trying again later may work.
    Retry,
    /// What was published for the date has left the house: it is kept as it is.
    Kept,
    /// Its rows are visible, its files could not be put into their places yet; the next process does.
    Undelivered,
}

impl JobState {
    /// Whether rows of the date are visible, so that what runs after it may run.
    pub fn is_published(self) -> bool {
        matches!(self, Self::Published | Self::Kept | Self::Undelivered)
    }

    /// The process's exit code if this is how the night ended.
    pub fn exit_code(self) -> u8 {
        match self {
            // A skipped job adds nothing to what the job before it says.
            Self::Published | Self::Skipped | Self::Kept => 0,
            Self::Failed | Self::Undelivered => 1,
            Self::Blocked => 3,
            Self::Refused | Self::Stale => 4,
            Self::Locked | Self::Superseded => 5,
            Self::Retry => 75,
            Self::Cancelled => 130,
        }
    }

    /// What the ledger calls it.
    pub(super) fn in_ledger(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Blocked => "blocked",
            Self::Refused | Self::Stale => "refused",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Kept => "kept",
            Self::Failed | Self::Skipped | Self::Locked | Self::Retry | Self::Undelivered => "failed",
        }
    }
}

/// Why a run did not publish.
#[derive(Debug)]
pub(super) struct Stop {
    /// What that makes of the job.
    pub state: JobState,
    /// In words.
    pub reason: String,
}

impl Stop {
    /// What a run that did not publish makes of its slot: a passing trouble, a lost lease and data that have not arrived end none.
    pub(super) fn slot_end(&self, claim: &Claim, has_deadline: bool, now_micros: i64) -> SlotEnd {
        let reason = self.reason.clone();
        let state = match self.state {
            JobState::Blocked => SlotState::Blocked,
            JobState::Stale if has_deadline && claim.is_scheduled => {
                return SlotEnd::Again { reason, next_try_us: now_micros + REFUSED_AGAIN_MICROS };
            }
            JobState::Refused | JobState::Stale => SlotState::Refused,
            JobState::Retry | JobState::Superseded | JobState::Locked | JobState::Skipped => {
                let wait = slots::backoff(claim.attempt, &format!("{} {}", claim.job, claim.run_id));
                let wait = i64::try_from(wait.as_micros()).unwrap_or_default();
                return SlotEnd::Again { reason, next_try_us: now_micros + wait };
            }
            JobState::Kept | JobState::Published | JobState::Undelivered => SlotState::Published,
            JobState::Failed => SlotState::Failed,
            JobState::Cancelled => SlotState::Cancelled,
        };
        SlotEnd::Ended { state, reason }
    }
}

impl From<WarehouseError> for Stop {
    fn from(error: WarehouseError) -> Self {
        let state = if error.is_transient() { JobState::Retry } else { JobState::Failed };
        Self { state, reason: error.to_string() }
    }
}

/// What a run has computed, whether or not it may be published.
#[derive(Default)]
pub(super) struct Computed {
    /// What would be published.
    pub publication: Publication,
    /// What it was made from.
    pub inputs: Vec<InputFact>,
    /// Days that the project names as special and that the job did not read.
    pub special_days: BTreeSet<NaiveDate>,
    /// What the gates found.
    pub gates: Vec<GateResult>,
    /// Its page and what the front page says of it, once it is published.
    pub published: Option<(String, Box<report::NightJob>)>,
}

impl Computed {
    /// Rows per table that would be published.
    pub fn table_rows(&self) -> Vec<TableRows> {
        let rows = |published: &PublishedTable| TableRows {
            table: published.table.name(),
            rows: published.frame.height() as u64,
        };
        self.publication.tables.iter().map(rows).collect()
    }
}
