//! One job for one business date, from claim to page.

use chrono::NaiveDate;

use super::Runner;
use super::delivery;
use super::events::{Event, Phase};
use super::faults::point;
use super::files::{self, JobLock};
use super::gates;
use super::heartbeat::Heartbeat;
use super::ledger::files::NewFile;
use super::ledger::slots::SlotState;
use super::ledger::{self, Claim, Claimant, Claimed, RunEnd, RunStart};
use super::look::{Looked, blocked_by, look};
use super::memory;
use super::outcome::{Computed, JobOutcome, JobState, Stop};
use super::page::{self, Facts};
use super::publish::{self, Publishing};
use super::run_log::RunLog;
use super::slots;
use super::strangers;
use crate::datasets::{Dataset, LoadError, Source, SqlFiles};
use crate::job::{Mode, Progress, RunContext};
use crate::job_file::JobFile;
use crate::report::NightJob;
use crate::table::instant_text;
use crate::warehouse::Side;

/// Runs one job for one business date, because somebody asks for it, and writes its page. A passing trouble is met by further
/// attempts; what is still open after the last is left to a daemon or to the next call.
pub async fn run_job(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> JobOutcome {
    let mut attempt = 1;
    let outcome = loop {
        let outcome = match attempt_run(runner, job, as_of, (Claimant::Person, false)).await {
            Ok(outcome) => outcome,
            // Only the schedule is told that its slot does not wait.
            Err(state) => elsewhere(job, as_of, state),
        };
        if outcome.state != JobState::Retry || attempt >= job.limits.attempts {
            break outcome;
        }
        let salt = format!("{} {as_of} {attempt} {}", job.name, runner.owner.runner);
        let wait = slots::backoff(i64::from(attempt), &salt);
        let text = format!("attempt {attempt} met a passing trouble ({}); again in {wait:.0?}", outcome.reason);
        (runner.events)(&Event::Note { job: job.name.clone(), text });
        tokio::time::sleep(wait).await;
        // A daemon may have been faster.
        if let Ok(Some(slot)) = ledger::slots::slot(&runner.warehouse, &job.name, as_of).await
            && slot.state == SlotState::Published
        {
            break elsewhere(job, as_of, slot.state);
        }
        attempt += 1;
    };
    (runner.events)(&Event::JobFinished(Box::new(outcome.clone())));
    outcome
}

fn elsewhere(job: &JobFile, as_of: NaiveDate, state: SlotState) -> JobOutcome {
    let reason = format!("another process has dealt with `{}` for {as_of} meanwhile: {state}", job.name);
    JobOutcome::not_run(job, as_of, Stop { state: JobState::Locked, reason })
}

/// Runs a slot of the schedule, once; `None` when it does not wait any more, because another process has dealt with it.
///
/// `stand_in` says that its deadline is over and its newest data are missing.
pub async fn run_slot(runner: &Runner, job: &JobFile, as_of: NaiveDate, stand_in: bool) -> Option<JobOutcome> {
    let outcome = attempt_run(runner, job, as_of, (Claimant::Schedule, stand_in)).await.ok()?;
    if outcome.state != JobState::Locked {
        (runner.events)(&Event::JobFinished(Box::new(outcome.clone())));
    }
    Some(outcome)
}

/// What the ledger writes down before a run.
pub(super) fn run_start(runner: &Runner, job: &JobFile, as_of: NaiveDate, claimant: Claimant) -> RunStart {
    RunStart {
        job: job.name.clone(),
        kind: job.kind,
        as_of,
        owner: runner.owner.clone(),
        params_toml: job.params_toml.clone(),
        config_hash: runner.project.config_hash.clone(),
        seed: runner.project.config.seed,
        until_us: slots::asked_until(job, as_of, runner.project.config.zone()),
        most_crashes: job.limits.attempts,
        claimant,
    }
}

/// One attempt; an error is the state of a slot that does not wait for the schedule.
async fn attempt_run(
    runner: &Runner,
    job: &JobFile,
    as_of: NaiveDate,
    (claimant, stand_in): (Claimant, bool),
) -> Result<JobOutcome, SlotState> {
    let ctx = &RunContext {
        job: job.name.clone(),
        as_of,
        seed: runner.project.config.seed,
        currency: runner.project.config.currency,
        stand_in,
        mode: runner.project.mode_of(job),
        closed_on: runner.project.config.closed_on.clone(),
    };
    phase(runner, ctx, Phase::Claim);
    let not_run = |stop: Stop| JobOutcome::not_run(job, as_of, stop);
    if let Err(error) = runner.compare_clocks().await {
        return Ok(not_run(error.into()));
    }
    point("before_claim");
    let (started, lock) = (runner.now(), JobLock::try_take(&runner.project.root, &job.name));
    let start = run_start(runner, job, as_of, claimant);
    let claim = match ledger::claim(&runner.warehouse, &start, started, lock.state()).await {
        Ok(Claimed::Ours(claim)) => claim,
        Ok(Claimed::Locked { owner, seconds_left }) => {
            let reason = match claimant {
                Claimant::Person => {
                    format!("`{}` is being run by {owner}; its lease lasts {seconds_left} s more", ctx.job)
                }
                Claimant::Schedule => format!("`{}` is being run by {owner}", ctx.job),
            };
            return Ok(not_run(Stop { state: JobState::Locked, reason }));
        }
        Ok(Claimed::NotWaiting(state)) => return Err(state),
        Ok(Claimed::Outdated(problem)) => {
            return Ok(not_run(Stop { state: JobState::Failed, reason: problem.to_string() }));
        }
        Err(error) => return Ok(not_run(error.into())),
    };
    if claim.crashed_runs > 0 {
        (runner.events)(&Event::Note {
            job: ctx.job.clone(),
            text: format!("{} earlier run ended without a word; it published nothing", claim.crashed_runs),
        });
    }
    point("claimed");
    let heartbeat = Heartbeat::new(runner, &claim);
    let log = RunLog::new(runner, &claim);
    let runner = &log.runner().clone();
    let mut computed = None;
    let mut result = Box::pin(carry_out(runner, job, ctx, (&claim, &heartbeat), started, &mut computed)).await;
    drop(heartbeat);
    if let Err(stop) = &mut result
        && stop.state == JobState::Superseded
        && let Ok(Some(reason)) = ledger::cancelled(&runner.warehouse, claim.run_id).await
    {
        *stop = Stop { state: JobState::Cancelled, reason };
    }
    let outcome = finish(runner, job, ctx, &claim, started, computed, result).await;
    log.end(outcome.in_words()).await;
    Ok(outcome)
}

/// Load, decide, stage, check, publish.
async fn carry_out(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    (claim, heartbeat): (&Claim, &Heartbeat),
    started: i64,
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
    let missing = missing_datasets(runner, job);
    if !missing.is_empty() {
        return Err(Stop { state: JobState::Refused, reason: refusal(job, &missing) });
    }
    if let Some(file) = ledger::files::left_the_house(&runner.warehouse, &ctx.job, ctx.as_of).await? {
        let since =
            file.written_us.map_or_else(|| "soon".to_owned(), |micros| format!("since {}", instant_text(micros)));
        let reason = format!(
            "what `{job}` published for {as_of} has left the house: `{path}` stands there {since}; it is kept as it is; if nobody \
             acted on it, `nightclerk rollback {job} --not-sent` takes it back, and the date can be run again",
            job = ctx.job,
            as_of = ctx.as_of,
            path = file.path
        );
        return Err(Stop { state: JobState::Kept, reason });
    }
    if ctx.mode == Mode::Shadow && ledger::is_live(&runner.warehouse, &ctx.job, ctx.as_of).await? {
        let reason = format!(
            "what `{}` published for {} is live: a night in the shadow does not take it from those who read it; run a later date",
            ctx.job, ctx.as_of
        );
        return Err(Stop { state: JobState::Kept, reason });
    }
    if let Some(reason) = strangers::unknown_list(runner, job, ctx.as_of).await? {
        return Err(Stop { state: JobState::Refused, reason });
    }
    phase(runner, ctx, Phase::Compute);
    // What is computed when the lease is lost, nobody can publish: dropping it ends its computations.
    let computed = computed.insert(tokio::select! {
        computed = compute(runner, job, ctx) => computed?,
        () = heartbeat.lost() => return Err(superseded()),
    });
    point("loaded");
    for input in computed.inputs.iter().filter(|input| !input.quarantined.is_empty()) {
        ledger::profiles::keep_quarantine(&runner.warehouse, claim, &input.dataset, &input.quarantined).await?;
    }
    let history = gates::history(&runner.warehouse, ctx, &computed.inputs).await?;
    let Looked { published_columns, is_stale } = look(runner, job, ctx, computed, &history)?;

    phase(runner, ctx, Phase::Staging);
    if !publish::stage(&runner.warehouse, ctx, claim, &computed.publication).await? {
        return Err(superseded());
    }

    point("staged");
    phase(runner, ctx, Phase::Gates);
    let audits =
        gates::audits(&runner.warehouse, &runner.audits, &computed.publication, claim.run_id, ctx.currency).await?;
    computed.gates.extend(audits);
    gates::accept(&mut computed.gates, &job.accepted, ctx.as_of);
    publish::record_gates(&runner.warehouse, claim.run_id, &computed.gates).await?;
    point("gates_recorded");
    if let Some(reason) = blocked_by(&computed.gates) {
        publish::discard(&runner.warehouse, claim, &computed.publication).await?;
        let state = if is_stale { JobState::Stale } else { JobState::Blocked };
        return Err(Stop { state, reason });
    }

    phase(runner, ctx, Phase::Report);
    let files = make_files(runner, job, ctx, claim, started, computed).await?;
    point("laid_aside");
    phase(runner, ctx, Phase::Publishing);
    let publishing = Publishing {
        ctx,
        claim,
        kind: job.kind,
        publication: &computed.publication,
        inputs: &computed.inputs,
        files: &files,
        known_days: &history.days,
        known_standing: &history.standing,
        published_columns: &published_columns,
        place: &runner.owner.place,
        keep: runner.project.config.output.keep_publications,
        now_micros: runner.now(),
        valid_until_us: slots::valid_until(&runner.project, job, ctx.as_of).map(|until| until.timestamp_micros()),
    };
    let published = match publish::publish(&runner.warehouse, &publishing).await {
        // Whether a commit happened whose answer was lost, the ledger says. Where it cannot be asked, what was laid aside stays, and the
        // next process finds out.
        Err(error) => match ledger::has_published(&runner.warehouse, claim.run_id).await {
            Ok(true) => Ok(true),
            Ok(false) => {
                delivery::drop_staged(runner, claim.run_id);
                Err(error)
            }
            Err(_) => Err(error),
        },
        Ok(false) => {
            delivery::drop_staged(runner, claim.run_id);
            Ok(false)
        }
        Ok(true) => Ok(true),
    };
    if !matches!(published, Ok(true)) {
        computed.published = None;
    }
    if !published? {
        return Err(superseded());
    }
    point("committed");
    if let Some(bytes) = &computed.publication.memory
        && let Err(error) = memory::keep(&runner.project.root, &ctx.job, &runner.project.config_hash, bytes)
    {
        let text = format!("the next night begins without what this one read: {error}");
        (runner.events)(&Event::Note { job: ctx.job.clone(), text });
    }
    point("memory_kept");
    Ok(())
}

/// Makes the page and the exports of a run that is about to be published, and lays them aside.
async fn make_files(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    claim: &Claim,
    started: i64,
    computed: &mut Computed,
) -> Result<Vec<NewFile>, Stop> {
    let newest = newest_published(runner, ctx).await.max(Some(ctx.as_of));
    let facts = facts(runner, job, ctx, claim, started, newest);
    let failed = |reason| Stop { state: JobState::Failed, reason };
    let page::Pages { files, entry } = page::render(&facts, computed, None).map_err(failed)?;
    if let Some(reason) = strangers::unknown_file(runner, &ctx.job, &files).await? {
        return Err(Stop { state: JobState::Refused, reason });
    }
    // No room, or a folder that is read-only for now: the date is tried again.
    let passing = |error: files::WriteError| Stop { state: JobState::Retry, reason: error.to_string() };
    let laid = delivery::lay_aside(runner, claim.run_id, &files).map_err(passing)?;
    computed.published = Some((entry.href.clone(), Box::new(entry)));
    Ok(laid)
}

/// The newest business date that the job has published.
async fn newest_published(runner: &Runner, ctx: &RunContext) -> Option<NaiveDate> {
    let current = ledger::publications(&runner.warehouse, Some(&ctx.job)).await.unwrap_or_default();
    current.iter().find(|row| row.state == "published").map(|row| row.as_of)
}

fn facts<'a>(
    runner: &'a Runner,
    job: &'a JobFile,
    ctx: &'a RunContext,
    claim: &'a Claim,
    started: i64,
    current_as_of: Option<NaiveDate>,
) -> Facts<'a> {
    let duration_ms = u64::try_from((runner.now() - started) / 1000).unwrap_or_default();
    Facts { runner, job, ctx, claim, started, duration_ms, current_as_of }
}

fn superseded() -> Stop {
    let reason = "the lease was lost while the job ran; whoever took it over publishes".to_owned();
    Stop { state: JobState::Superseded, reason }
}

async fn compute(runner: &Runner, job: &JobFile, ctx: &RunContext) -> Result<Computed, Stop> {
    let project = &runner.project;
    let sql = SqlFiles::from_texts(project.sql.clone(), runner.warehouse.dialect(Side::Source));
    let source = Source::new(&runner.warehouse, &sql, ctx.as_of, project.config.zone()).of_job(&job.name, &job.after);
    let source = source.with_quarantine(project.config.gates.quarantine_share);
    let source = source.with_memory(memory::recall(&project.root, &job.name, &project.config_hash));
    let (events, name) = (runner.events.clone(), ctx.job.clone());
    let progress = Progress::new(move |what, done, total| {
        events(&Event::Progress { job: name.clone(), what: what.to_owned(), done, total });
    });
    let run = job.job.clone().run(ctx, &source, &progress);
    let mut publication = match tokio::time::timeout(job.limits.timeout, run).await {
        Ok(Ok(publication)) => publication,
        Ok(Err(error)) => return Err(stop_for(&error)),
        Err(_) => {
            let reason =
                format!("not done after {:?}, the `timeout` in [limits] of {}", job.limits.timeout, job.path.display());
            return Err(Stop { state: JobState::Failed, reason });
        }
    };
    if ctx.mode == Mode::Shadow {
        publication.page.headline = format!("SHADOW, nobody acts on it. {}", publication.page.headline);
    }
    let inputs = source.inputs();
    let special_days = source.further_special_days().await;
    Ok(Computed { publication, inputs, special_days, gates: Vec::new(), published: None })
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
        Some(LoadError::Empty { .. }) => JobState::Stale,
        Some(LoadError::Missing { .. } | LoadError::Unpublished(_)) => JobState::Refused,
        Some(error) if error.is_transient() => JobState::Retry,
        _ => JobState::Failed,
    };
    Stop { state, reason }
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
        let has_deadline = job.schedule.as_ref().is_some_and(|timetable| timetable.deliver_by.is_some());
        let end = RunEnd {
            state: stop.state.in_ledger(),
            error: Some(stop.reason.clone()),
            rows_in,
            rows_out: 0,
            slot: stop.slot_end(claim, has_deadline, runner.now()),
        };
        if let Err(error) = ledger::finish(&runner.warehouse, claim, &end, runner.now()).await {
            stop.reason = format!("{}; and the ledger could not be written: {error}", stop.reason);
        }
    }
    let mut computed = computed.unwrap_or_default();
    let (page, entry) = match (&stop, computed.published.take()) {
        (None, Some((page, entry))) => {
            phase(runner, ctx, Phase::Files);
            // The rows are published; that a file is not yet must not be lost.
            let undone = delivery::deliver(runner).await.unwrap_or_else(|error| vec![error.to_string()]);
            point("files_done");
            if !undone.is_empty() {
                let reason = format!("its rows are published, its files not all: {}", undone.join("; "));
                stop = Some(Stop { state: JobState::Undelivered, reason });
            }
            (Some(page), Some(entry))
        }
        // The page of whoever took the job over, or of what left the house, is not to be overwritten.
        (Some(Stop { state: JobState::Superseded | JobState::Cancelled | JobState::Kept, .. }), _) | (None, None) => {
            (None, None)
        }
        (Some(stopped), _) => match write_page(runner, job, ctx, claim, started, &computed, stopped).await {
            Ok((page, entry)) => (Some(page), Some(entry)),
            Err(reason) => {
                (runner.events)(&Event::Note { job: ctx.job.clone(), text: reason });
                (None, None)
            }
        },
    };
    let duration_ms = u64::try_from((runner.now() - started) / 1000).unwrap_or_default();
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

/// Writes the page of a run that did not publish.
async fn write_page(
    runner: &Runner,
    job: &JobFile,
    ctx: &RunContext,
    claim: &Claim,
    started: i64,
    computed: &Computed,
    stop: &Stop,
) -> Result<(String, Box<NightJob>), String> {
    phase(runner, ctx, Phase::Report);
    let newest = newest_published(runner, ctx).await;
    let pages = page::render(&facts(runner, job, ctx, claim, started, newest), computed, Some(stop))?;
    for file in &pages.files {
        let path = runner.project.config.output.dir.join(&file.path);
        files::write(&path, &file.bytes).map_err(|error| error.to_string())?;
    }
    Ok((pages.entry.href.clone(), Box::new(pages.entry)))
}

fn phase(runner: &Runner, ctx: &RunContext, phase: Phase) {
    (runner.events)(&Event::Phase { job: ctx.job.clone(), as_of: ctx.as_of, phase });
}
