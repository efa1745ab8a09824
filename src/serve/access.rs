//! Who asks, and what they may: tokens with roles, kept as hashes; on this machine alone, reading needs none.
//!
//! A program sends `Authorization: Bearer TOKEN`. A browser gets a cookie for a token, which no script reads and which no other site can
//! make it send; a change that comes with a cookie must come from our own page (`Origin`), and a question without a token must be
//! addressed to this machine (`Host`), so that a page elsewhere whose name was bent to us learns nothing.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Site;
use super::problem::Problem;
use crate::runner::ledger::tokens::{self, Role};
use crate::words::hex;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The name of the token; `this machine` without one.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// Whether they showed a token.
    pub has_token: bool,
}

impl Caller {
    /// Refuses who may not do what asks for a role.
    pub(super) fn needs(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let text = format!(
            "this needs a token with the role `{}`, and `{}` may `{}`",
            role.name(),
            self.name,
            self.role.name()
        );
        Err(Problem::new(StatusCode::FORBIDDEN, text))
    }
}

const COOKIE: &str = "nightclerk";
/// How long a browser keeps its cookie, in seconds: a day's work.
const COOKIE_SECONDS: u32 = 12 * 60 * 60;

/// What is kept of a token.
pub(crate) fn fingerprint(token: &str) -> String {
    hex(&Sha256::digest(token.trim()))
}

/// Lets a question through, or refuses it.
pub(super) async fn admit(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    match caller(&site, request.method(), request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(site: &Site, method: &Method, headers: &HeaderMap) -> Result<Caller, Problem> {
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let bearer =
        text(headers, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let from_cookie = cookie(headers);
    let by_browser = bearer.is_none();
    let Some(token) = bearer.or(from_cookie) else {
        if !site.is_loopback {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "a token is needed"));
        }
        if !text(headers, header::HOST).is_some_and(|host| is_this_machine(&host)) {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "without a token only this machine is answered, by its own name",
            ));
        }
        if changes {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "a change needs a token: `nightclerk token add NAME --role operate`",
            ));
        }
        return Ok(Caller { name: "this machine".to_owned(), role: Role::Read, has_token: false });
    };
    if changes && by_browser && !is_from_here(headers) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a change from a browser must come from a page of this site"));
    }
    match tokens::find(&site.warehouse, &fingerprint(&token)).await? {
        Some(found) => Ok(Caller { name: found.name, role: found.role, has_token: true }),
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "this token is unknown or revoked")),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = text(headers, header::COOKIE)?;
    let ours = all.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE)?;
    Some(ours.1.to_owned()).filter(|token| !token.is_empty())
}

/// Whether a `Host` header names this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "[::1]")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a browser says that the page that asks is ours.
fn is_from_here(headers: &HeaderMap) -> bool {
    let (Some(origin), Some(host)) = (text(headers, header::ORIGIN), text(headers, header::HOST)) else { return false };
    origin.split_once("://").is_some_and(|(_, from)| from == host)
}

#[derive(Deserialize)]
pub(super) struct Login {
    token: String,
}

/// Gives a browser a cookie for a token.
pub(super) async fn log_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Result<Response, Problem> {
    let token = login.token.trim();
    let is_known = tokens::find(&site.warehouse, &fingerprint(token)).await?.is_some();
    if !is_known || !token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "this token is unknown or revoked"));
    }
    Ok(with_cookie(&headers, token, COOKIE_SECONDS))
}

/// Takes it away.
pub(super) async fn log_out(headers: HeaderMap) -> Response {
    with_cookie(&headers, "", 0)
}

fn with_cookie(headers: &HeaderMap, token: &str, seconds: u32) -> Response {
    let is_encrypted = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if is_encrypted { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    let mut response = Redirect::to("/").into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_own_names_alone() {
        for host in ["localhost", "localhost:8411", "127.0.0.1:8411", "127.8.9.1", "[::1]:8411", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "shop.example", "localhost.shop.example:8411", "127.0.0.1.nip.io", "10.0.0.1", "[::2]", "0.0.0.0:8411"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_change_by_a_browser_comes_from_a_page_of_ours() {
        let headers = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("clerk.shop:8411"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            headers
        };
        assert!(is_from_here(&headers(Some("http://clerk.shop:8411"))));
        assert!(is_from_here(&headers(Some("https://clerk.shop:8411"))));
        for origin in
            [None, Some("null"), Some("https://elsewhere.example"), Some("http://clerk.shop:8411.elsewhere.example")]
        {
            assert!(!is_from_here(&headers(origin)), "{origin:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; nightclerk=abc_1; c=d"));
        assert_eq!(cookie(&headers).as_deref(), Some("abc_1"));
        headers.insert(header::COOKIE, HeaderValue::from_static("nightclerk="));
        assert_eq!(cookie(&headers), None);
    }
}
