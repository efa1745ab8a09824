//! One job for one business date, from claim to page.

use std::time::Duration;

use chrono::NaiveDate;

use super::Runner;
use super::events::{Event, Phase};
use super::files::JobLock;
use super::gates::{self, GateSettings};
use super::ledger::{self, Claim, Claimed, RunEnd, RunStart};
use super::memory;
use super::outcome::{Computed, JobOutcome, JobState, Stop};
use super::page::{self, Facts};
use super::publish::{self, Publishing};
use crate::datasets::{Dataset, LoadError, Source, SqlFiles};
use crate::gate::{GateResult, GateSeverity};
use crate::job::{Progress, RunContext};
use crate::job_file::JobFile;
use crate::warehouse::Side;

/// Runs one job for one business date and writes its page.
pub async fn run_job(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> JobOutcome {
    let started = (runner.clock)();
    let ctx = RunContext {
        job: job.name.clone(),
        as_of,
        seed: runner.project.config.seed,
        currency: runner.project.config.currency,
    };
    let lock = JobLock::try_take(&runner.project.root, &job.name);
    let mut attempt = 1;
    let outcome = loop {
        let outcome = attempt_run(runner, job, &ctx, &lock, started).await;
        let again = outcome.state == JobState::Retry && attempt < job.limits.attempts;
        if !again {
            break outcome;
        }
        let wait = Duration::from_secs(5 << attempt.min(6));
        (runner.events)(&Event::Note {
            job: job.name.clone(),
            text: format!("attempt {attempt} met a passing trouble ({}); again in {wait:?}", outcome.reason),
        });
        tokio::time::sleep(wait).await;
        attempt += 1;
    };
    (runner.events)(&Event::JobFinished(Box::new(outcome.clone())));
    outcome
}

/// What the ledger writes down before a run.
pub(super) fn run_start(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> RunStart {
    RunStart {
        job: job.name.clone(),
        kind: job.kind,
        as_of,
        owner: runner.owner.clone(),
        params_toml: job.params_toml.clone(),
        config_hash: runner.project.config_hash.clone(),
        seed: runner.project.config.seed,
    }
}

async fn attempt_run(runner: &Runner, job: &JobFile, ctx: &RunContext, lock: &JobLock, started: i64) -> JobOutcome {
    phase(runner, ctx, Phase::Claim);
    let start = run_start(runner, job, ctx.as_of);
    let claim = match ledger::claim(&runner.warehouse, &start, (runner.clock)(), lock.state()).await {
        Ok(Claimed::Ours(claim)) => claim,
        Ok(Claimed::Locked { owner, seconds_left }) => {
            let reason = format!("`{}` is being run by {owner}; its lease lasts {seconds_left} s more", ctx.job);
            return JobOutcome::not_run(job, ctx.as_of, Stop { state: JobState::Locked, reason });
        }
        Ok(Claimed::Outdated(problem)) => {
            return JobOutcome::not_run(job, ctx.as_of, Stop { state: JobState::Failed, reason: problem.to_string() });
        }
        Err(error) => return JobOutcome::not_run(job, ctx.as_of, error.into()),
    };
    if claim.crashed_runs > 0 {
        (runner.events)(&Event::Note {
            job: ctx.job.clone(),
            text: format!("{} earlier run ended without a word; it published nothing", claim.crashed_runs),
        });
    }
    let heartbeat = heartbeat(runner, &claim);
    let mut computed = None;
    let result = carry_out(runner, job, ctx, &claim, &mut computed).await;
    heartbeat.abort();
    finish(runner, job, ctx, &claim, started, computed, result).await
}

/// Renews the lease until aborted.
fn heartbeat(runner: &Runner, claim: &Claim) -> tokio::task::JoinHandle<()> {
    let (runner, claim) = (runner.clone(), claim.clone());
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(ledger::HEARTBEAT_SECONDS));
        loop {
            ticks.tick().await;
            // A lost lease is found by the fence check of the publishing transaction, which is the one that counts.
            let _ = ledger::renew(&runner.warehouse, &claim, (runner.clock)()).await;
        }
    })
}

/// Load, decide, stage, check, publish.
async fn carry_out(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    claim: &Claim,
    computed: &mut Option<Computed>,
) -> Result<(), Stop> {
    if ledger::was_sent(&runner.warehouse, &ctx.job, ctx.as_of).await? {
        let reason = format!(
            "what `{}` published for {} was sent before it was withdrawn; publishing anew for the same date would forget whom \
             it reached: run a later date",
            ctx.job, ctx.as_of
        );
        return Err(Stop { state: JobState::Refused, reason });
    }
    phase(runner, ctx, Phase::Compute);
    let computed = computed.insert(compute(runner, job, ctx).await?);
    let settings = GateSettings {
        max_age_days: runner.project.config.gates.max_age_days,
        row_count_ratio: runner.project.config.gates.row_count_ratio,
    };
    let history = gates::history(&runner.warehouse, ctx).await?;
    let tolerated = job.job.tolerates();
    computed.gates.extend(gates::freshness_gates(&computed.inputs, tolerated, &settings));
    let stale = failed(&computed.gates);
    computed.gates.extend(gates::input_gates(&computed.inputs, tolerated, &history, &settings));
    computed.gates.extend(gates::output_gates(&computed.publication, &history, &settings));
    computed.gates.extend(gates::own_audits(&computed.publication));
    for published in &computed.publication.tables {
        published.table.check(&published.frame).map_err(|reason| Stop { state: JobState::Failed, reason })?;
    }

    phase(runner, ctx, Phase::Staging);
    if !publish::stage(&runner.warehouse, ctx, claim, &computed.publication).await? {
        return Err(superseded());
    }

    phase(runner, ctx, Phase::Gates);
    let audits =
        gates::audits(&runner.warehouse, &runner.audits, &computed.publication, claim.run_id, ctx.currency).await?;
    computed.gates.extend(audits);
    publish::record_gates(&runner.warehouse, claim.run_id, &computed.gates).await?;
    if let Some(reason) = failed(&computed.gates) {
        publish::discard(&runner.warehouse, claim, &computed.publication).await?;
        let state = if stale.is_some() { JobState::Refused } else { JobState::Blocked };
        return Err(Stop { state, reason });
    }

    phase(runner, ctx, Phase::Publishing);
    let publishing = Publishing {
        ctx,
        claim,
        kind: job.kind,
        publication: &computed.publication,
        inputs: &computed.inputs,
        keep: runner.project.config.output.keep_publications,
        now_micros: (runner.clock)(),
    };
    if !publish::publish(&runner.warehouse, &publishing).await? {
        return Err(superseded());
    }
    if let Some(bytes) = &computed.publication.memory
        && let Err(error) = memory::keep(&runner.project.root, &ctx.job, &runner.project.config_hash, bytes)
    {
        let text = format!("the next night begins without what this one read: {error}");
        (runner.events)(&Event::Note { job: ctx.job.clone(), text });
    }
    Ok(())
}

fn superseded() -> Stop {
    let reason = "the lease was lost while the job ran; whoever took it over publishes".to_owned();
    Stop { state: JobState::Superseded, reason }
}

async fn compute(runner: &Runner, job: &JobFile, ctx: &RunContext) -> Result<Computed, Stop> {
    let project = &runner.project;
    let sql = SqlFiles::from_texts(project.sql.clone(), runner.warehouse.dialect(Side::Source));
    let source = Source::new(&runner.warehouse, &sql, ctx.as_of, project.config.zone()).of_job(&job.name, &job.after);
    let source = source.with_memory(memory::recall(&project.root, &job.name, &project.config_hash));
    let missing = missing_datasets(runner, job);
    if !missing.is_empty() {
        return Err(Stop { state: JobState::Refused, reason: refusal(job, &missing) });
    }
    let (events, name) = (runner.events.clone(), ctx.job.clone());
    let progress = Progress::new(move |what, done, total| {
        events(&Event::Progress { job: name.clone(), what: what.to_owned(), done, total });
    });
    let run = job.job.clone().run(ctx, &source, &progress);
    let publication = match tokio::time::timeout(job.limits.timeout, run).await {
        Ok(Ok(publication)) => publication,
        Ok(Err(error)) => return Err(stop_for(&error)),
        Err(_) => {
            let reason =
                format!("not done after {:?}, the `timeout` in [limits] of {}", job.limits.timeout, job.path.display());
            return Err(Stop { state: JobState::Failed, reason });
        }
    };
    Ok(Computed { publication, inputs: source.inputs(), gates: Vec::new() })
}

/// The required datasets of a job that the project has no SQL for.
pub fn missing_datasets(runner: &Runner, job: &JobFile) -> Vec<&'static Dataset> {
    let sql = SqlFiles::from_texts(runner.project.sql.clone(), runner.warehouse.dialect(Side::Source));
    job.job.needs().iter().copied().filter(|dataset| !sql.has(dataset.name())).collect()
}

/// Says which datasets are missing, and what their files have to return.
fn refusal(job: &JobFile, missing: &[&'static Dataset]) -> String {
    let names: Vec<String> = missing.iter().map(|dataset| format!("`{}`", dataset.name())).collect();
    let files: Vec<String> = missing
        .iter()
        .map(|dataset| {
            let required = dataset.schema.columns.iter().filter(|column| !column.nullable);
            let columns: Vec<&str> = required.map(|column| column.name).collect();
            format!("`sql/datasets/{}.sql` returning {}", dataset.name(), columns.join(", "))
        })
        .collect();
    let plural = if missing.len() == 1 { "" } else { "s" };
    format!("`{}` needs the dataset{plural} {}; write {}", job.kind, names.join(", "), files.join("; "))
}

/// What an error of `load` or `recommend` means for the run.
fn stop_for(error: &anyhow::Error) -> Stop {
    let reason = format!("{error:#}");
    let state = match error.chain().find_map(|cause| cause.downcast_ref::<LoadError>()) {
        Some(LoadError::Missing { .. } | LoadError::Empty { .. }) => JobState::Refused,
        Some(error) if error.is_transient() => JobState::Retry,
        _ => JobState::Failed,
    };
    Stop { state, reason }
}

/// The blocking gates that failed, in a sentence.
fn failed(gates: &[GateResult]) -> Option<String> {
    let failed: Vec<String> = gates
        .iter()
        .filter(|gate| !gate.passed && gate.severity == GateSeverity::Block)
        .map(|gate| format!("{}: {}, {} expected", gate.name, gate.observed, gate.expected))
        .collect();
    (!failed.is_empty()).then(|| failed.join("; "))
}

/// Writes the ledger's last word and the page.
async fn finish(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    claim: &Claim,
    started: i64,
    computed: Option<Computed>,
    result: Result<(), Stop>,
) -> JobOutcome {
    let mut stop = result.err();
    if let Some(stop) = &mut stop {
        let rows_in = computed.as_ref().map_or(0, |computed| publish::rows_in(&computed.inputs));
        let end = RunEnd { state: ledger_state(stop.state), error: Some(stop.reason.clone()), rows_in, rows_out: 0 };
        if let Err(error) = ledger::finish(&runner.warehouse, claim, &end, (runner.clock)()).await {
            stop.reason = format!("{}; and the ledger could not be written: {error}", stop.reason);
        }
    }
    phase(runner, ctx, Phase::Report);
    let duration_ms = u64::try_from(((runner.clock)() - started) / 1000).unwrap_or_default();
    let current = ledger::publications(&runner.warehouse, Some(&ctx.job)).await.unwrap_or_default();
    let current_as_of = current.iter().find(|row| row.state == "published").map(|row| row.as_of);
    let facts = Facts { runner, job, ctx, claim, started, duration_ms, current_as_of };
    let computed = computed.unwrap_or_default();
    // The page of whoever took the job over is not to be overwritten.
    let lost = stop.as_ref().is_some_and(|stop| stop.state == JobState::Superseded);
    let written = if lost { Ok(None) } else { page::write(&facts, &computed, stop.as_ref()).map(Some) };
    let (page, entry) = match written {
        Ok(None) => (None, None),
        Ok(Some((page, entry))) => (Some(page), Some(Box::new(entry))),
        Err(reason) => {
            // The rows are published; that the page is not must not be lost.
            stop = stop.or(Some(Stop { state: JobState::Failed, reason }));
            (None, None)
        }
    };
    JobOutcome {
        job: ctx.job.clone(),
        kind: job.kind,
        as_of: ctx.as_of,
        state: stop.as_ref().map_or(JobState::Published, |stop| stop.state),
        reason: stop.map(|stop| stop.reason).unwrap_or_default(),
        headline: computed.publication.page.headline.clone(),
        metrics: computed.publication.published_metrics(ctx.currency),
        tables: computed.table_rows(),
        inputs: computed.inputs,
        gates: computed.gates,
        page,
        duration_ms,
        entry,
    }
}

fn ledger_state(state: JobState) -> &'static str {
    match state {
        JobState::Published => "published",
        JobState::Blocked => "blocked",
        JobState::Refused => "refused",
        JobState::Superseded => "superseded",
        JobState::Failed | JobState::Skipped | JobState::Locked | JobState::Retry => "failed",
    }
}

fn phase(runner: &Runner, ctx: &RunContext, phase: Phase) {
    (runner.events)(&Event::Phase { job: ctx.job.clone(), as_of: ctx.as_of, phase });
}
