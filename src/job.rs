//! The `Job` trait: read, decide; the runner writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::datasets::{Dataset, Source};
use crate::decidable::Decidable;
use crate::explain::Explanation;
pub use crate::progress::Progress;
use crate::publication::Publication;
use crate::published::Table;
use crate::quantities::Currency;

/// One kind of job. The struct *is* the job's parameters: the `[params]` table of a file in `jobs/`.
///
/// A run is three steps. Only the second is ours to get right, so it can reach nothing but its arguments.
pub trait Job: DeserializeOwned + Serialize + Send + Sync + 'static {
    /// The `kind` in job files, the folder in `src/jobs/`, the template in `reports/`.
    const KIND: &'static str;

    /// What it decides, in a phrase that follows "decides".
    const DECIDES: &'static str;

    /// Datasets without which it refuses to run.
    const NEEDS: &'static [&'static Dataset];

    /// Datasets it reads when they are there.
    const USES: &'static [&'static Dataset];

    /// Those of [`Job::USES`] that may be out of date: old ones make the answer narrower, not wrong. The gates then warn; they stop the
    /// publication for every other dataset that lags behind.
    const TOLERATES: &'static [&'static Dataset] = &[];

    /// Those whose newest days may be missing at the deadline of its schedule: it then says what can be said without them, and that it does
    /// ([`RunContext::stand_in`]). Empty: it waits for them.
    const STANDS_IN: &'static [&'static Dataset] = &[];

    /// The tables it publishes, all of them in every publication.
    const PUBLISHES: &'static [&'static Table];

    /// How one of its numbers is explained; `None` when `explain` has nothing to say about it.
    const EXPLAINS: Option<&'static Explanation> = None;

    /// Which of its recommendations people decide about; `None` when `decide` has nothing of it.
    const DECIDES_ON: Option<&'static Decidable> = None;

    /// What the decision is made from.
    type Dataset: Send + Sync + 'static;

    /// Reads. May wait, may fail; decides nothing.
    fn load(&self, ctx: &RunContext, source: &Source<'_>)
    -> impl Future<Output = anyhow::Result<Self::Dataset>> + Send;

    /// Decides. Same arguments, same answer, whatever the thread count.
    ///
    /// # Errors
    /// Only when there is nothing fit to publish; a part that degrades becomes a caveat.
    fn recommend(&self, ctx: &RunContext, dataset: &Self::Dataset, progress: &Progress) -> anyhow::Result<Publication>;
}

/// Everything a run depends on besides its data and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunContext {
    /// The job's name: the stem of its file.
    pub job: String,
    /// The last complete business day, inclusive. Data after it does not exist.
    pub as_of: NaiveDate,
    /// Seeds every random choice, and is published with the result.
    pub seed: u64,
    /// The project's currency.
    pub currency: Currency,
    /// Whether the run stands in at its deadline for one whose newest data are missing, see [`Job::STANDS_IN`].
    pub stand_in: bool,
    /// Whether nobody acts on what it publishes.
    pub mode: Mode,
    /// Days on which the whole shop is closed.
    pub closed_on: BTreeSet<NaiveDate>,
}

/// Whether what a job publishes is acted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is.
    #[default]
    Live,
    /// It is not: the job runs beside whatever does its work today, and is compared with that.
    Shadow,
}

/// `Job` with its dataset hidden, so that the runner can hold a list of them.
#[async_trait]
pub trait AnyJob: Send + Sync {
    /// See [`Job::KIND`].
    fn kind(&self) -> &'static str;
    /// See [`Job::DECIDES`].
    fn decides(&self) -> &'static str;
    /// See [`Job::NEEDS`].
    fn needs(&self) -> &'static [&'static Dataset];
    /// See [`Job::USES`].
    fn uses(&self) -> &'static [&'static Dataset];
    /// See [`Job::TOLERATES`].
    fn tolerates(&self) -> &'static [&'static Dataset];
    /// See [`Job::STANDS_IN`].
    fn stands_in(&self) -> &'static [&'static Dataset];
    /// See [`Job::PUBLISHES`].
    fn publishes(&self) -> &'static [&'static Table];
    /// The parameters with every default filled in, as TOML.
    fn params_toml(&self) -> String;
    /// Reads and decides.
    async fn run(
        self: Arc<Self>,
        ctx: &RunContext,
        source: &Source<'_>,
        progress: &Progress,
    ) -> anyhow::Result<Publication>;
}

#[async_trait]
impl<J: Job> AnyJob for J {
    fn kind(&self) -> &'static str {
        J::KIND
    }
    fn decides(&self) -> &'static str {
        J::DECIDES
    }
    fn needs(&self) -> &'static [&'static Dataset] {
        J::NEEDS
    }
    fn uses(&self) -> &'static [&'static Dataset] {
        J::USES
    }
    fn tolerates(&self) -> &'static [&'static Dataset] {
        J::TOLERATES
    }
    fn stands_in(&self) -> &'static [&'static Dataset] {
        J::STANDS_IN
    }
    fn publishes(&self) -> &'static [&'static Table] {
        J::PUBLISHES
    }
    fn params_toml(&self) -> String {
        toml::to_string(self).unwrap_or_else(|error| format!("# parameters cannot be shown: {error}\n"))
    }
    async fn run(
        self: Arc<Self>,
        ctx: &RunContext,
        source: &Source<'_>,
        progress: &Progress,
    ) -> anyhow::Result<Publication> {
        let dataset = self.load(ctx, source).await;
        source.release().await;
        let (dataset, ctx) = (dataset?, ctx.clone());
        progress.while_awaited(move |progress| self.recommend(&ctx, &dataset, progress)).await?
    }
}
