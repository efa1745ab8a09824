//! The JSON API: what the pages say, for programs.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::Site;
use super::access::Caller;
use super::facts::{self, DAYS};
use super::problem::Problem;
use crate::runner::ledger::tokens::Role;
use crate::runner::ledger::{self, audit, history, log};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfJob {
    job: Option<String>,
    since: Option<NaiveDate>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Newest {
    limit: Option<u32>,
}

/// Rows that a list gives at most.
const MOST: u32 = 1000;
/// Rows that it gives where nothing is said.
const USUAL: u32 = 100;

fn json(value: impl Serialize) -> impl IntoResponse {
    Json(serde_json::to_value(value).unwrap_or_default())
}

pub(super) async fn jobs(State(site): State<Arc<Site>>) -> Result<impl IntoResponse, Problem> {
    let statuses = crate::runner::status::of_jobs(&site.project, &site.warehouse, site.now()).await?;
    Ok(json(statuses))
}

pub(super) async fn timeline(State(site): State<Arc<Site>>) -> Result<impl IntoResponse, Problem> {
    Ok(json(facts::timeline(&site).await?))
}

pub(super) async fn slots(
    State(site): State<Arc<Site>>,
    Query(query): Query<OfJob>,
) -> Result<impl IntoResponse, Problem> {
    let since = query.since.unwrap_or_else(|| site.now().date_naive() - TimeDelta::days(i64::from(DAYS)));
    Ok(json(facts::slots_since(&site, since, query.job.as_deref()).await?))
}

pub(super) async fn runs(
    State(site): State<Arc<Site>>,
    Query(query): Query<OfJob>,
) -> Result<impl IntoResponse, Problem> {
    let most = query.limit.unwrap_or(USUAL).min(MOST);
    Ok(json(history::runs(&site.warehouse, query.job.as_deref(), most).await?))
}

pub(super) async fn run(State(site): State<Arc<Site>>, Path(run_id): Path<i64>) -> Result<impl IntoResponse, Problem> {
    Ok(json(facts::run(&site, run_id).await?))
}

/// The lines of a run's log after a number, and whether more may come.
#[derive(Serialize)]
struct Log {
    state: String,
    lines: Vec<log::LogLine>,
}

pub(super) async fn log(
    State(site): State<Arc<Site>>,
    Path(run_id): Path<i64>,
    Query(After { after }): Query<After>,
) -> Result<impl IntoResponse, Problem> {
    // Asked first: lines that are written until the run has ended are not missed.
    let run = history::run(&site.warehouse, run_id).await?;
    let run = run.ok_or_else(|| Problem::not_found(format!("no run {run_id} is known")))?;
    let lines = log::after(&site.warehouse, run_id, after).await?;
    Ok(json(Log { state: run.state, lines }))
}

pub(super) async fn publications(
    State(site): State<Arc<Site>>,
    Query(query): Query<OfJob>,
) -> Result<impl IntoResponse, Problem> {
    let rows = ledger::publications(&site.warehouse, query.job.as_deref()).await?;
    let most = query.limit.unwrap_or(USUAL).min(MOST) as usize;
    Ok(json(rows.into_iter().take(most).collect::<Vec<_>>()))
}

pub(super) async fn schedule(State(site): State<Arc<Site>>) -> impl IntoResponse {
    json(facts::schedule(&site))
}

pub(super) async fn audit(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<Newest>,
) -> Result<impl IntoResponse, Problem> {
    caller.needs(Role::Admin)?;
    Ok(json(audit::newest(&site.warehouse, query.limit.unwrap_or(USUAL).min(MOST)).await?))
}
