//! Changes: a date is run, or one is cancelled. Each is written down with who asked, also one that was refused.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form, Json};
use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;
use serde_json::json;

use super::Site;
use super::access::Caller;
use super::problem::Problem;
use crate::runner::ledger::slots::{self, SlotState};
use crate::runner::ledger::tokens::Role;
use crate::runner::ledger::{self, audit};
use crate::runner::slots::{asked_until, default_as_of, yesterday};

/// Which date is meant.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Empty or absent: the last complete day, or what runs now.
    #[serde(default)]
    as_of: String,
    /// Why, for those who read it later.
    #[serde(default)]
    why: String,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Run,
    Cancel,
}

type Sent<T> = Result<T, Problem>;

/// Of which site, who asks, and for which job.
type Of = (State<Arc<Site>>, Extension<Caller>, Path<String>);
type FromProgram = Result<Json<Asked>, JsonRejection>;
type FromPage = Result<Form<Asked>, FormRejection>;

pub(super) async fn run(of: Of, sent: FromProgram) -> Sent<Response> {
    answered(of, Change::Run, sent).await
}

pub(super) async fn run_from_page(of: Of, sent: FromPage) -> Sent<Redirect> {
    sent_back(of, Change::Run, sent).await
}

pub(super) async fn cancel(of: Of, sent: FromProgram) -> Sent<Response> {
    answered(of, Change::Cancel, sent).await
}

pub(super) async fn cancel_from_page(of: Of, sent: FromPage) -> Sent<Redirect> {
    sent_back(of, Change::Cancel, sent).await
}

/// A program is told what was done.
async fn answered(of: Of, what: Change, sent: FromProgram) -> Sent<Response> {
    let sent =
        sent.map(|Json(asked)| asked).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()));
    let done = change(of, what, sent).await?;
    let status = if what == Change::Run { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(json!({ "done": done }))).into_response())
}

/// A browser is sent to the job's page.
async fn sent_back(of: Of, what: Change, sent: FromPage) -> Sent<Redirect> {
    let back = Redirect::to(&format!("/jobs/{}", of.2.0));
    let sent =
        sent.map(|Form(asked)| asked).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()));
    change(of, what, sent).await.map(|_| back)
}

/// Makes a change, or refuses it, and writes down which. In a task of its own: who hangs up cannot cut the two apart.
async fn change((State(site), Extension(caller), Path(job)): Of, what: Change, sent: Sent<Asked>) -> Sent<String> {
    let made = tokio::spawn(async move {
        let action = match what {
            Change::Run => "run",
            Change::Cancel => "cancel",
        };
        let asked = sent.as_ref().map_or_else(|_| String::new(), |asked| format!(" {}", clean(&asked.as_of, 40)));
        let subject = format!("{}{}", clean(&job, 100), asked.trim_end());
        // What cannot be written down is not done.
        let entry = audit::begin(&site.warehouse, (&caller.name, action, &subject), site.now_us()).await?;
        let outcome = match (sent, what) {
            (Err(problem), _) => Err(problem),
            (Ok(asked), Change::Run) => open_slot(&site, &caller, &job, &asked).await,
            (Ok(asked), Change::Cancel) => stop(&site, &caller, &job, &asked).await,
        };
        let told = match &outcome {
            Ok(done) => done.clone(),
            Err(problem) => format!("refused: {}", clean(&problem.text, 400)),
        };
        if let Err(error) = audit::end(&site.warehouse, &entry, &told).await {
            tracing::warn!(%error, "what became of a change could not be written down");
        }
        outcome
    });
    made.await.unwrap_or_else(|_| Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the change was cut short")))
}

/// Text that somebody sent, cut and without what moves a terminal's cursor.
fn clean(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// A date as it is written, `2026-11-22` and not otherwise.
fn date(text: &str) -> Result<Option<NaiveDate>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let date = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
    let wrong = || {
        Problem::new(StatusCode::BAD_REQUEST, format!("`{}` is not a date; write it as 2026-11-22", clean(text, 40)))
    };
    date.map(Some).ok_or_else(wrong)
}

async fn open_slot(site: &Site, caller: &Caller, name: &str, asked: &Asked) -> Result<String, Problem> {
    caller.needs(Role::Operate)?;
    let as_of = date(&asked.as_of)?.unwrap_or_else(|| default_as_of(&site.project, site.now()));
    let job = site.project.job(name).filter(|job| job.enabled);
    let job = job.ok_or_else(|| Problem::not_found("no enabled job has this name"))?;
    let refused = |text: String| Err(Problem::new(StatusCode::CONFLICT, text));
    let last = yesterday(site.now(), site.project.config.zone());
    if as_of > site.project.config.as_of.map_or(last, |fixed| fixed.max(last)) {
        return refused(format!("{as_of} is not over yet: the last complete business day is {last}"));
    }
    let published = ledger::publications(&site.warehouse, Some(name)).await?;
    let current = published.iter().find(|row| row.state == "published").map(|row| row.as_of);
    let oldest = current.unwrap_or(last - TimeDelta::days(OLDEST_DAYS));
    // Files that somebody acts on come of a night, not of days that are long over.
    if as_of < oldest {
        return refused(format!(
            "{as_of} is older than what is current: `nightclerk backfill --job {name} --from {as_of} --to {as_of}` runs it without \
             making files that somebody acts on"
        ));
    }
    let until_us = asked_until(job, as_of, site.project.config.zone()).max(site.now_us() + ASKED_FOR_MICROS);
    match slots::ask(&site.warehouse, (&job.name, as_of), until_us, site.now_us()).await? {
        None => Ok(format!("{name} for {as_of} waits for the daemon (`nightclerk schedule`)")),
        Some(SlotState::Published) => refused(format!(
            "{name} for {as_of} is published; who wants it anew runs `nightclerk run --job {name} --as-of {as_of}`"
        )),
        Some(state) => refused(format!("{name} for {as_of} is {state} already")),
    }
}

/// How long a date that is asked for is tried at least, in microseconds.
const ASKED_FOR_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// How far back a job that never published is run when asked.
const OLDEST_DAYS: i64 = 31;

async fn stop(site: &Site, caller: &Caller, job: &str, asked: &Asked) -> Result<String, Problem> {
    caller.needs(Role::Operate)?;
    let date = date(&asked.as_of)?;
    if site.project.job(job).is_none() {
        return Err(Problem::not_found("no job has this name"));
    }
    let why = clean(&asked.why, 200);
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let reason = format!("cancelled by `{}`{why}", caller.name);
    let cancelled = ledger::cancel_job(&site.warehouse, job, date, &reason, site.now_us()).await?;
    match cancelled {
        Some(cancelled) => Ok(match cancelled.owner {
            Some(owner) => format!(
                "{job} for {} is cancelled: {owner} stops within {} seconds and publishes nothing",
                cancelled.as_of,
                ledger::HEARTBEAT_SECONDS
            ),
            None => format!("{job} for {} is cancelled: it waited, and is not tried again", cancelled.as_of),
        }),
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            format!("`{job}` neither runs nor waits for what is to be cancelled"),
        )),
    }
}
