//! The page of a run and the files beside it.

use chrono::NaiveDate;

use super::Runner;
use super::delivery::Rendered;
use super::ledger::Claim;
use super::outcome::{Computed, JobState, Stop};
use super::publish::{rows_in, rows_out};
use super::slots;
use crate::datasets::InputOrigin;
use crate::job::{Mode, RunContext};
use crate::job_file::JobFile;
use crate::publication::{Caveat, Publication, Severity};
use crate::report::{self, FileLink, RunFacts, RunState};

/// What the page says about the run.
pub(super) struct Facts<'a> {
    pub runner: &'a Runner,
    pub job: &'a JobFile,
    pub ctx: &'a RunContext,
    pub claim: &'a Claim,
    pub started: i64,
    pub duration_ms: u64,
    pub current_as_of: Option<NaiveDate>,
}

impl Facts<'_> {
    /// What reaches a supplier or a customer comes of a night that is acted on, not of days that are long over.
    fn makes_none_for_action(&self) -> bool {
        self.runner.backfilling || self.ctx.mode == Mode::Shadow
    }

    /// When what is published is out of date, in words.
    fn valid_until(&self) -> Option<String> {
        let until = slots::valid_until(&self.runner.project, self.job, self.ctx.as_of)?;
        Some(until.format("%a %-d %b %Y %H:%M %Z").to_string())
    }

    fn describe(&self, computed: &Computed, stop: Option<&Stop>, files: Vec<FileLink>) -> RunFacts {
        let config = &self.runner.project.config;
        let warned = computed.gates.iter().any(|gate| !gate.passed);
        // What is remembered was not read: a caveat tells of it.
        let read = computed.inputs.iter().filter(|input| input.origin != InputOrigin::Remembered);
        RunFacts {
            project: config.name.clone(),
            job: self.ctx.job.clone(),
            kind: self.job.kind.to_owned(),
            as_of: self.ctx.as_of,
            run_id: self.claim.run_id,
            timezone: config.zone().name().to_owned(),
            currency: config.currency,
            state: match stop.map(|stop| stop.state) {
                None if warned => RunState::PublishedWithWarnings,
                None => RunState::Published,
                Some(JobState::Blocked | JobState::Refused | JobState::Stale) => RunState::Blocked,
                Some(_) => RunState::Failed,
            },
            reason: stop.map(|stop| stop.reason.clone()).unwrap_or_default(),
            current_as_of: self.current_as_of,
            valid_until: self.valid_until(),
            data_from: computed.inputs.iter().filter_map(|input| input.first_day).min(),
            data_to: computed.inputs.iter().filter_map(|input| input.last_day).max(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_hash: self.runner.project.config_hash.clone(),
            seed: self.ctx.seed,
            started_at: crate::table::instant_text(self.started),
            duration_ms: self.duration_ms,
            rows_in: rows_in(&computed.inputs),
            rows_out: rows_out(&computed.publication),
            params_toml: self.job.job.params_toml(),
            gates: computed.gates.clone(),
            inputs: read.cloned().collect(),
            files,
        }
    }
}

/// A run's page and exports as bytes, and what the front page says about it.
pub(super) struct Pages {
    /// The page, and, of a run that publishes, its exports. Exports of rows that were not published are not made: a list that a gate
    /// refused must not be sent by mistake.
    pub files: Vec<Rendered>,
    /// What the front page says.
    pub entry: report::NightJob,
}

/// Renders the page and the exports.
pub(super) fn render(facts: &Facts<'_>, computed: &Computed, stop: Option<&Stop>) -> Result<Pages, String> {
    let folder = facts.ctx.as_of.to_string();
    let Publication { page, metrics, caveats, exports, .. } = &computed.publication;
    let (mut files, mut links) = (Vec::new(), Vec::new());
    if stop.is_none() {
        let about = facts.describe(computed, stop, Vec::new());
        let is_made = |export: &&crate::publication::Export| !(export.leaves && facts.makes_none_for_action());
        for export in exports.iter().filter(is_made) {
            for format in export.formats {
                let (extension, bytes) = match format {
                    crate::publication::ExportFormat::Csv => ("csv", report::export_csv(export, about.currency)),
                    crate::publication::ExportFormat::Xlsx => ("xlsx", report::export_xlsx(export, &about)),
                };
                let bytes = bytes.map_err(|error| error.to_string())?;
                let name = format!("{}.{extension}", export.stem);
                let href = format!("{}/{name}", facts.ctx.job);
                links.push(FileLink {
                    name,
                    href: href.clone(),
                    about: export.about.clone(),
                    bytes: bytes.len() as u64,
                });
                // Nobody acts on an empty list.
                let leaves = export.leaves && !export.rows.is_empty();
                files.push(Rendered { path: format!("{folder}/{href}"), bytes, leaves });
            }
        }
    }
    let described = facts.describe(computed, stop, links);
    let mut caveats = caveats.clone();
    let kept_back: Vec<String> = exports
        .iter()
        .filter(|export| export.leaves && facts.makes_none_for_action() && stop.is_none())
        .map(|export| export.stem.clone())
        .collect();
    if !kept_back.is_empty() {
        let (code, text) = match facts.ctx.mode {
            Mode::Shadow => (
                "shadow",
                "This job runs in the shadow of what does its work today: files that somebody acts on are not made, and consumers do not see its \
                 rows; `mode = \"live\"` in its file, or in nightclerk.toml, changes that.",
            ),
            Mode::Live => (
                "backfilled",
                "This date was backfilled: files that somebody acts on are made by a night alone; `nightclerk run --as-of` makes them for a date.",
            ),
        };
        caveats.push(Caveat {
            severity: Severity::Note,
            code: code.to_owned(),
            count: kept_back.len() as u64,
            text: text.to_owned(),
            examples: kept_back,
        });
    }
    let html = report::page_html(&facts.runner.templates, &described, page, metrics, &caveats);
    let html = html.map_err(|error| error.to_string())?;
    let href = format!("{folder}/{}.html", facts.ctx.job);
    files.push(Rendered { path: href.clone(), bytes: html.into_bytes(), leaves: false });
    let entry = report::NightJob {
        facts: described,
        headline: page.headline.clone(),
        grade_headline: page.grade.as_ref().and_then(|grade| grade.text.first().cloned()),
        metrics: metrics.clone(),
        n_caveats: caveats.len(),
        href,
    };
    Ok(Pages { files, entry })
}
