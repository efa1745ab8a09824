//! What a question is answered with that cannot be answered: a page for people, JSON for programs; and what every answer carries.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::Site;
use crate::warehouse::WarehouseError;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub status: StatusCode,
    /// A sentence, without personal data and without secrets.
    pub text: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }
}

impl From<WarehouseError> for Problem {
    fn from(error: WarehouseError) -> Self {
        let status =
            if error.is_transient() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self::new(status, error.to_string())
    }
}

impl From<minijinja::Error> for Problem {
    fn from(error: minijinja::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("a page of ours is wrong: {error:#}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Our own pages: nothing from elsewhere, no script but ours.
const OUR_PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                         form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The reports of a night carry their style in themselves, and no script.
const REPORTS: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                       frame-ancestors 'none'";

/// How long an answer may take, the question included.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// Letters of what the framework says about a question that it does not understand.
const WORDS: usize = 2_000;

/// The problem that an answer stands for, also where the framework has found it.
async fn problem_in(response: &mut Response, path: &str) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || path == "/readyz" {
        return None;
    }
    let said = axum::body::to_bytes(std::mem::take(response.body_mut()), WORDS).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let word = status.canonical_reason().unwrap_or("it was not understood").to_owned();
    Some(Problem::new(status, if said.is_empty() { word } else { said }))
}

/// Gives a problem its form and every answer its headers.
pub(super) async fn dress(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::REQUEST_TIMEOUT, "it took too long").into_response(),
    };
    if let Some(problem) = problem_in(&mut response, &path).await {
        let form = if path.starts_with("/api/") {
            let body = json!({ "error": problem.text, "status": problem.status.as_u16() });
            (problem.status, Json(body)).into_response()
        } else {
            match site.pages.problem(&problem) {
                Ok(html) => (problem.status, Html(html)).into_response(),
                Err(_) => (problem.status, problem.text.clone()).into_response(),
            }
        };
        let kept = [header::SET_COOKIE, header::ALLOW].map(|name| (response.headers_mut().remove(&name), name));
        response = form;
        for (value, name) in kept {
            if let Some(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"nightclerk\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
    }
    let policy = if path.starts_with("/reports/") { REPORTS } else { OUR_PAGES };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: a browser would send `Origin: null` with our own forms, and they would be taken for another site's.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
