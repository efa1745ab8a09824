//! What the pages say about runs besides their publications. Plain data, given by the runner.

use chrono::NaiveDate;
use serde::Serialize;

use crate::datasets::InputFact;
use crate::gate::GateResult;
use crate::publication::{Figure, Metric};
use crate::quantities::Currency;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Published, every gate passed without a warning.
    Published,
    /// Published; at least one gate warned.
    PublishedWithWarnings,
    /// Computed, but a gate refused; the previous publication is still current.
    Blocked,
    /// Ended with an error.
    Failed,
    /// Not started, for a reason that is said.
    Skipped,
}

impl RunState {
    /// Whether this run's rows are the current ones.
    pub fn is_published(self) -> bool {
        matches!(self, Self::Published | Self::PublishedWithWarnings)
    }
}

/// One run as its page tells it.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The project's name.
    pub project: String,
    /// The job: the stem of its file in `jobs/`.
    pub job: String,
    /// The kind: which code ran, and which template renders the page.
    pub kind: String,
    /// The last complete business day the run looked at.
    pub as_of: NaiveDate,
    /// The run's number in the ledger.
    pub run_id: i64,
    /// The IANA time zone of business dates.
    pub timezone: String,
    /// The currency of all money on the page.
    pub currency: Currency,
    /// How the run ended.
    pub state: RunState,
    /// Why it was blocked, failed or skipped, or what the warnings are; may be empty when all is well.
    pub reason: String,
    /// The as-of date of the publication that readers see now; `None` when there is none.
    pub current_as_of: Option<NaiveDate>,
    /// When what is published here is out of date, in words: when the next should be there; `None` where no schedule says so.
    pub valid_until: Option<String>,
    /// The first day of data that was read.
    pub data_from: Option<NaiveDate>,
    /// The last day of data that was read.
    pub data_to: Option<NaiveDate>,
    /// The program's version.
    pub code_version: String,
    /// A hash of the job file, the SQL and the project's settings.
    pub config_hash: String,
    /// The seed of all chance in the run.
    pub seed: u64,
    /// When it started, as ISO text.
    pub started_at: String,
    /// How long it took.
    pub duration_ms: u64,
    /// Rows read.
    pub rows_in: u64,
    /// Rows published.
    pub rows_out: u64,
    /// The `[params]` table as it was used, defaults included.
    pub params_toml: String,
    /// The checks before publication.
    pub gates: Vec<GateResult>,
    /// The datasets that were read.
    pub inputs: Vec<InputFact>,
    /// The files beside the page.
    pub files: Vec<FileLink>,
}

/// A file beside the page.
#[derive(Clone, Debug, Serialize)]
pub struct FileLink {
    /// The file name with its extension.
    pub name: String,
    /// Where it is, relative to the page.
    pub href: String,
    /// What it is for, one sentence.
    pub about: String,
    /// Its size.
    pub bytes: u64,
}

/// One night over all jobs.
#[derive(Clone, Debug)]
pub struct NightFacts {
    /// The project's name.
    pub project: String,
    /// The last complete business day.
    pub as_of: NaiveDate,
    /// The IANA time zone of business dates.
    pub timezone: String,
    /// The currency of all money on the page.
    pub currency: Currency,
    /// The big numbers of the night.
    pub totals: Vec<Figure>,
    /// The jobs, in the order they ran.
    pub jobs: Vec<NightJob>,
}

/// One job in the index.
#[derive(Clone, Debug)]
pub struct NightJob {
    /// The run.
    pub facts: RunFacts,
    /// The page's headline; empty when there is no page.
    pub headline: String,
    /// How good the last advice was, in one sentence.
    pub grade_headline: Option<String>,
    /// The numbers worth showing beside it; the first four are shown.
    pub metrics: Vec<Metric>,
    /// How many caveats the page carries.
    pub n_caveats: usize,
    /// Where the page is, relative to the index; empty when there is none.
    pub href: String,
}
