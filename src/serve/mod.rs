//! `nightclerk serve`: what the ledger knows, for a browser and for programs.
//!
//! ```text
//! ledger, project -> facts -> api (JSON)      access: who asks, and what they may
//!                          -> pages (HTML)    actions: run a date, cancel one; every change is written down
//!                          -> metrics         openapi: what the API is
//! ```
//! It reads the ledger and nothing of the retailer's tables, and runs no job: what is asked for waits for the daemon. Pages need no
//! script; the page of a run that is at work has one, which fetches its log.

mod access;
mod actions;
mod api;
pub mod connections;
mod facts;
mod metrics;
mod openapi;
mod pages;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};

use crate::project::Project;
use crate::warehouse::{Warehouse, WarehouseError};

pub(crate) use access::{drawn, fingerprint};
pub use openapi::{ENDPOINTS, Endpoint};

/// What every answer is made from.
pub struct Site {
    project: Arc<Project>,
    warehouse: Arc<Warehouse>,
    now_micros: Arc<dyn Fn() -> i64 + Send + Sync>,
    pages: pages::Pages,
    /// Whether reading needs no token, because nobody but this machine can ask.
    reads_are_free: bool,
    sessions: access::Sessions,
}

impl Site {
    /// The site of a project. `reads_are_free` says that it listens on this machine alone, with no proxy before it.
    ///
    /// # Errors
    /// A page that does not parse; a fault of ours.
    pub fn new(
        project: Project,
        warehouse: Warehouse,
        now_micros: impl Fn() -> i64 + Send + Sync + 'static,
        reads_are_free: bool,
    ) -> Result<Self, minijinja::Error> {
        let zone = project.config.zone();
        Ok(Self {
            project: Arc::new(project),
            warehouse: Arc::new(warehouse),
            now_micros: Arc::new(now_micros),
            pages: pages::Pages::new(zone)?,
            reads_are_free,
            sessions: access::Sessions::default(),
        })
    }

    /// The time, microseconds since 1970.
    fn now_us(&self) -> i64 {
        (self.now_micros)()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now_us()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Site").field("reads_are_free", &self.reads_are_free).finish_non_exhaustive()
    }
}

/// Every address of the site.
pub fn router(site: Arc<Site>) -> Router {
    let open = Router::new().route("/healthz", get(|| async { "ok\n" }));
    let closed = Router::new()
        .route("/", get(pages::timeline))
        .route("/jobs/{job}", get(pages::job))
        .route("/runs/{run_id}", get(pages::run))
        .route("/schedule", get(pages::schedule))
        .route("/publications", get(pages::publications))
        .route("/audit", get(pages::audit))
        .route("/reports/{*path}", get(pages::report))
        .route("/assets/{name}", get(pages::asset))
        .route("/jobs/{job}/run", post(actions::run_from_page))
        .route("/jobs/{job}/cancel", post(actions::cancel_from_page))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/jobs", get(api::jobs))
        .route("/api/v1/timeline", get(api::timeline))
        .route("/api/v1/slots", get(api::slots))
        .route("/api/v1/runs", get(api::runs))
        .route("/api/v1/runs/{run_id}", get(api::run))
        .route("/api/v1/runs/{run_id}/log", get(api::log))
        .route("/api/v1/publications", get(api::publications))
        .route("/api/v1/schedule", get(api::schedule))
        .route("/api/v1/audit", get(api::audit))
        .route("/api/v1/jobs/{job}/run", post(actions::run))
        .route("/api/v1/jobs/{job}/cancel", post(actions::cancel))
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(site.clone(), access::admit));
    let entrance = Router::new()
        .route("/login", get(access::ask_for_token).post(access::log_in))
        .route("/logout", post(access::log_out));
    open.merge(entrance)
        .merge(closed)
        .layer(middleware::from_fn_with_state(site.clone(), problem::dress))
        .with_state(site)
}

async fn nowhere() -> Response {
    problem::Problem::not_found("there is no such page").into_response()
}

/// Whether the ledger can be asked.
async fn ready(State(site): State<Arc<Site>>) -> Response {
    match is_ready(&site).await {
        Ok(true) => (StatusCode::OK, "ready\n").into_response(),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the tables are not up to date: `nightclerk check` says more\n")
            .into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn is_ready(site: &Site) -> Result<bool, WarehouseError> {
    let state = crate::migrations::inspect(&site.warehouse, site.project.config.currency).await?;
    Ok(state.is_current() && state.problems.is_empty())
}
