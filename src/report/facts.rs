//! What the pages say about runs besides their publications. Plain data, given by the runner.

use chrono::NaiveDate;
use serde::Serialize;

use crate::publication::{Figure, Metric};

/// A currency and how many digits its minor unit has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Currency {
    /// The ISO 4217 code: `EUR`.
    pub code: String,
    /// 2 for cents, 0 for yen.
    pub minor_digits: u32,
}

impl From<crate::quantities::Currency> for Currency {
    fn from(currency: crate::quantities::Currency) -> Self {
        Self { code: currency.code().to_owned(), minor_digits: currency.minor_digits() }
    }
}

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
#[derive(Clone, Debug, Serialize)]
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
    pub gates: Vec<GateLine>,
    /// The datasets that were read.
    pub inputs: Vec<InputLine>,
    /// The files beside the page.
    pub files: Vec<FileLink>,
}

/// A check before publication and its outcome.
#[derive(Clone, Debug, Serialize)]
pub struct GateLine {
    /// Its name: `row_count_band`.
    pub name: String,
    /// What a failure does: `block` or `warn`.
    pub severity: String,
    /// Whether it passed.
    pub passed: bool,
    /// What was seen.
    pub observed: String,
    /// What is allowed.
    pub expected: String,
    /// What it guards against, one sentence.
    pub explanation: String,
}

/// A dataset that was read.
#[derive(Clone, Debug, Serialize)]
pub struct InputLine {
    /// Its name: `daily_sales`.
    pub dataset: String,
    /// Rows read.
    pub rows: u64,
    /// The first day in it, where it has days.
    pub first_day: Option<NaiveDate>,
    /// The last day in it, where it has days.
    pub last_day: Option<NaiveDate>,
    /// Freshness, missing optional columns, anything odd; may be empty.
    pub note: String,
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
