//! The pages for a browser.

use std::path::{Component, Path as FilePath};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::Site;
use super::access::Caller;
use super::facts;
use super::problem::Problem;
use crate::runner::ledger::tokens::Role;
use crate::runner::ledger::{self, audit as changes, log};

const TEMPLATES: &[(&str, &str)] = &[
    ("site.html.j2", include_str!("pages/site.html.j2")),
    ("timeline.html.j2", include_str!("pages/timeline.html.j2")),
    ("job.html.j2", include_str!("pages/job.html.j2")),
    ("run.html.j2", include_str!("pages/run.html.j2")),
    ("schedule.html.j2", include_str!("pages/schedule.html.j2")),
    ("publications.html.j2", include_str!("pages/publications.html.j2")),
    ("audit.html.j2", include_str!("pages/audit.html.j2")),
    ("problem.html.j2", include_str!("pages/problem.html.j2")),
];

/// The pages, parsed.
pub(super) struct Pages(Environment<'static>);

impl Pages {
    /// The pages of a project whose business dates are those of a zone.
    pub(super) fn new(zone: Tz) -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.add_filter("when", move |text: &str| when(text, zone));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        Ok(Self(environment))
    }

    fn render(&self, name: &str, page: impl Serialize) -> Result<Html<String>, Problem> {
        let template = self.0.get_template(name)?;
        Ok(Html(template.render(Serde(page))?))
    }

    pub(super) fn problem(&self, problem: &Problem) -> Result<String, minijinja::Error> {
        let status = problem.status;
        let words = Refused {
            status: status.as_u16(),
            word: status.canonical_reason().unwrap_or("Problem"),
            text: &problem.text,
            asks_for_token: status == axum::http::StatusCode::UNAUTHORIZED,
        };
        self.0.get_template("problem.html.j2")?.render(Serde(words))
    }
}

/// An instant as people read it: to the second, on the wall clock of the project.
fn when(text: &str, zone: Tz) -> String {
    let at =
        DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string());
    at.unwrap_or_else(|_| text.to_owned())
}

#[derive(Serialize)]
struct Refused<'a> {
    status: u16,
    word: &'static str,
    text: &'a str,
    asks_for_token: bool,
}

/// What every page has: where one is, who one is, what one may.
#[derive(Serialize)]
struct Frame<'a, T> {
    project: &'a str,
    here: &'static str,
    caller: &'a str,
    may_operate: bool,
    may_admin: bool,
    has_token: bool,
    #[serde(flatten)]
    page: T,
}

fn frame<'a, T>(site: &'a Site, caller: &'a Caller, here: &'static str, page: T) -> Frame<'a, T> {
    Frame {
        project: &site.project.config.name,
        here,
        caller: &caller.name,
        may_operate: caller.role >= Role::Operate,
        may_admin: caller.role >= Role::Admin,
        has_token: caller.has_token,
        page,
    }
}

type Page = Result<Html<String>, Problem>;

pub(super) async fn timeline(State(site): State<Arc<Site>>, Extension(caller): Extension<Caller>) -> Page {
    let page = facts::timeline(&site).await?;
    site.pages.render("timeline.html.j2", frame(&site, &caller, "timeline", page))
}

pub(super) async fn job(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(job): Path<String>,
) -> Page {
    let page = facts::job(&site, &job).await?;
    site.pages.render("job.html.j2", frame(&site, &caller, "job", page))
}

#[derive(Serialize)]
struct Run {
    #[serde(flatten)]
    facts: facts::RunPage,
    log: Vec<log::LogLine>,
    last_line: i64,
}

pub(super) async fn run(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(run_id): Path<i64>,
) -> Page {
    let run = facts::run(&site, run_id).await?;
    let log = log::after(&site.warehouse, run_id, 0).await?;
    let last_line = log.last().map_or(0, |line| line.position);
    site.pages.render("run.html.j2", frame(&site, &caller, "run", Run { facts: run, log, last_line }))
}

#[derive(Serialize)]
struct Schedule {
    jobs: Vec<facts::Coming>,
}

pub(super) async fn schedule(State(site): State<Arc<Site>>, Extension(caller): Extension<Caller>) -> Page {
    let jobs = facts::schedule(&site);
    site.pages.render("schedule.html.j2", frame(&site, &caller, "schedule", Schedule { jobs }))
}

#[derive(Serialize)]
struct Publications {
    rows: Vec<Publication>,
}

#[derive(Serialize)]
struct Publication {
    run_id: i64,
    job: String,
    as_of: NaiveDate,
    state: String,
    published_at: String,
    valid_until: Option<String>,
    rows: i64,
    headline: String,
    /// Whether it is what consumers see.
    is_current: bool,
}

/// Publications that the page shows.
const PUBLICATIONS_SHOWN: usize = 200;

pub(super) async fn publications(State(site): State<Arc<Site>>, Extension(caller): Extension<Caller>) -> Page {
    let known = ledger::publications(&site.warehouse, None).await?;
    let mut seen = std::collections::BTreeSet::new();
    let rows = known.into_iter().take(PUBLICATIONS_SHOWN).map(|row| Publication {
        is_current: row.state == "published" && seen.insert(row.job.clone()),
        run_id: row.run_id,
        job: row.job,
        as_of: row.as_of,
        state: row.state,
        published_at: row.published_at,
        valid_until: row.valid_until,
        rows: row.rows,
        headline: row.headline,
    });
    let page = Publications { rows: rows.collect() };
    site.pages.render("publications.html.j2", frame(&site, &caller, "publications", page))
}

#[derive(Serialize)]
struct Changes {
    rows: Vec<changes::AuditRow>,
}

/// Changes that the page shows.
const CHANGES_SHOWN: u32 = 500;

pub(super) async fn audit(State(site): State<Arc<Site>>, Extension(caller): Extension<Caller>) -> Page {
    caller.needs(Role::Admin)?;
    let rows = changes::newest(&site.warehouse, CHANGES_SHOWN).await?;
    site.pages.render("audit.html.j2", frame(&site, &caller, "audit", Changes { rows }))
}

/// A page or an export of a night, as it stands in the output folder.
pub(super) async fn report(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let asked = FilePath::new(&path);
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().is_some_and(|name| !name.starts_with('.')),
        _ => false,
    };
    let missing = || Problem::not_found("there is no such report");
    if !asked.components().all(is_plain) {
        return Err(missing());
    }
    let kind = match asked.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        // Order files and coupon lists.
        Some("csv") => "text/csv; charset=utf-8",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return Err(missing()),
    };
    if !kind.starts_with("text/html") {
        caller.needs(Role::Operate)?;
    }
    let folder = site.project.config.output.dir.canonicalize().map_err(|_| missing())?;
    let file = folder.join(asked).canonicalize().map_err(|_| missing())?;
    // A link that leads out of the folder is not followed.
    if !file.starts_with(&folder) {
        return Err(missing());
    }
    if !file.is_file() {
        return Err(missing());
    }
    let read = tokio::task::spawn_blocking(move || std::fs::read(file)).await;
    let bytes = read.ok().and_then(Result::ok).ok_or_else(missing)?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// Style and script of our pages.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        "style.css" => (
            "text/css; charset=utf-8",
            concat!(include_str!("../../reports/style.css"), include_str!("pages/site.css")),
        ),
        "live.js" => ("text/javascript; charset=utf-8", include_str!("pages/live.js")),
        _ => return Err(Problem::not_found("there is no such file")),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
