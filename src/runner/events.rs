//! What happens during a night, as it happens: for the terminal, for `--json` and for the log.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

/// Receives events; called from several threads.
pub type Events = Arc<dyn Fn(&Event) + Send + Sync>;

/// Something that happened. No event carries personal data.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The night begins.
    NightStarted {
        /// The business date.
        as_of: NaiveDate,
        /// The jobs, in order.
        jobs: Vec<String>,
    },
    /// A job enters a phase.
    Phase {
        /// The job.
        job: String,
        /// The business date.
        as_of: NaiveDate,
        /// The phase.
        phase: Phase,
    },
    /// A job is getting on.
    Progress {
        /// The job.
        job: String,
        /// What is being done.
        what: String,
        /// How much of it is done.
        done: u64,
        /// How much there is.
        total: u64,
    },
    /// Something a reader of the log should know.
    Note {
        /// The job.
        job: String,
        /// What.
        text: String,
    },
    /// A job has ended.
    JobFinished(Box<super::outcome::JobOutcome>),
}

/// The phases of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Taking the job's lease.
    Claim,
    /// Reading and deciding.
    Compute,
    /// Writing rows where nobody reads them.
    Staging,
    /// Checking them.
    Gates,
    /// Making pages and files, and laying them aside.
    Report,
    /// The one transaction.
    Publishing,
    /// Putting pages and files into their places.
    Files,
}

impl Phase {
    /// The word in plain output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Compute => "load and decide",
            Self::Staging => "stage",
            Self::Gates => "gates",
            Self::Publishing => "publish",
            Self::Report => "report",
            Self::Files => "files",
        }
    }
}
