//! Changes: a date is run, or one is cancelled. Each is written down with who asked, also one that was refused.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form, Json};
use chrono::NaiveDate;
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
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Empty or absent: the last complete day, or what runs now.
    #[serde(default)]
    as_of: String,
    /// Why, for those who read it later.
    #[serde(default)]
    why: String,
}

impl Asked {
    fn date(&self) -> Result<Option<NaiveDate>, Problem> {
        if self.as_of.is_empty() {
            return Ok(None);
        }
        let wrong = |_| {
            let text =
                format!("`{}` is not a date; write it as 2026-11-22", self.as_of.chars().take(40).collect::<String>());
            Problem::new(StatusCode::BAD_REQUEST, text)
        };
        self.as_of.parse().map(Some).map_err(wrong)
    }
}

pub(super) async fn run(
    state: State<Arc<Site>>,
    caller: Extension<Caller>,
    path: Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let done = ask_to_run(&state, &caller, &path, &asked).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "done": done }))).into_response())
}

pub(super) async fn run_from_page(
    state: State<Arc<Site>>,
    caller: Extension<Caller>,
    path: Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    ask_to_run(&state, &caller, &path, &asked).await?;
    Ok(Redirect::to(&format!("/jobs/{}", path.0)))
}

pub(super) async fn cancel(
    state: State<Arc<Site>>,
    caller: Extension<Caller>,
    path: Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let done = ask_to_cancel(&state, &caller, &path, &asked).await?;
    Ok(Json(json!({ "done": done })).into_response())
}

pub(super) async fn cancel_from_page(
    state: State<Arc<Site>>,
    caller: Extension<Caller>,
    path: Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    ask_to_cancel(&state, &caller, &path, &asked).await?;
    Ok(Redirect::to(&format!("/jobs/{}", path.0)))
}

/// Writes down what became of a change before it is answered.
async fn written_down(
    site: &Site,
    caller: &Caller,
    (action, subject): (&str, String),
    outcome: Result<String, Problem>,
) -> Result<String, Problem> {
    let told = match &outcome {
        Ok(done) => done.clone(),
        Err(problem) => format!("refused: {}", problem.text),
    };
    audit::write(&site.warehouse, (&caller.name, action, &subject), &told, site.now_us()).await?;
    outcome
}

/// The subject of a change, as it is written down.
fn subject(job: &str, date: Option<NaiveDate>) -> String {
    let job: String = job.chars().take(100).collect();
    date.map_or_else(|| job.clone(), |date| format!("{job} {date}"))
}

async fn ask_to_run(site: &Site, caller: &Caller, job: &str, asked: &Asked) -> Result<String, Problem> {
    let date = asked.date()?.unwrap_or_else(|| default_as_of(&site.project, site.now()));
    let outcome = open_slot(site, caller, job, date).await;
    written_down(site, caller, ("run", subject(job, Some(date))), outcome).await
}

async fn open_slot(site: &Site, caller: &Caller, name: &str, as_of: NaiveDate) -> Result<String, Problem> {
    caller.needs(Role::Operate)?;
    let job = site.project.job(name).filter(|job| job.enabled);
    let job = job.ok_or_else(|| Problem::not_found("no enabled job has this name"))?;
    let refused = |text: String| Err(Problem::new(StatusCode::CONFLICT, text));
    let last = yesterday(site.now(), site.project.config.zone());
    if as_of > site.project.config.as_of.map_or(last, |fixed| fixed.max(last)) {
        return refused(format!("{as_of} is not over yet: the last complete business day is {last}"));
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

async fn ask_to_cancel(site: &Site, caller: &Caller, job: &str, asked: &Asked) -> Result<String, Problem> {
    let date = asked.date()?;
    let outcome = stop(site, caller, job, date, &asked.why).await;
    written_down(site, caller, ("cancel", subject(job, date)), outcome).await
}

async fn stop(site: &Site, caller: &Caller, job: &str, date: Option<NaiveDate>, why: &str) -> Result<String, Problem> {
    caller.needs(Role::Operate)?;
    if site.project.job(job).is_none() {
        return Err(Problem::not_found("no job has this name"));
    }
    let why: String = why.chars().take(200).collect();
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
