//! Who asks, and what they may: tokens with roles, kept as hashes; on this machine alone, reading needs none.
//!
//! A program sends `Authorization: Bearer TOKEN`. A browser shows a token once and gets a cookie for a session, which no script reads and
//! which no other site can make it send; a change that comes with a cookie must come from our own page (`Origin`), and a question without
//! a token must be addressed to this machine (`Host`) and not be passed on by another, so that a page elsewhere whose name was bent to us
//! learns nothing.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Form;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Site;
use super::problem::Problem;
use crate::runner::ledger::audit;
use crate::runner::ledger::tokens::{self, Role, TokenRow};
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

/// 256 bits that nobody can guess.
pub(crate) fn drawn() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Browsers that have logged in: a number drawn for each, not its token, because a cookie is sent to whatever else listens on this host.
#[derive(Default)]
pub(super) struct Sessions(Mutex<BTreeMap<String, Session>>);

struct Session {
    fingerprint: String,
    until_us: i64,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fingerprint of the token that a session began with.
    fn fingerprint(&self, session: &str, now_us: i64) -> Option<String> {
        self.lock().get(session).filter(|known| known.until_us > now_us).map(|known| known.fingerprint.clone())
    }

    fn begin(&self, fingerprint: String, now_us: i64) -> std::io::Result<String> {
        let session = drawn()?;
        let mut known = self.lock();
        known.retain(|_, session| session.until_us > now_us);
        let until_us = now_us + i64::from(COOKIE_SECONDS) * 1_000_000;
        known.insert(session.clone(), Session { fingerprint, until_us });
        Ok(session)
    }

    fn end(&self, session: &str) {
        self.lock().remove(session);
    }
}

/// Lets a question through, or refuses it.
pub(super) async fn admit(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    match caller(&site, request.method(), request.uri().path(), request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => {
            let is_unknown = problem.status == StatusCode::UNAUTHORIZED && cookie(request.headers()).is_some();
            let mut response = problem.into_response();
            if is_unknown {
                set_cookie(&mut response, request.headers(), "", 0);
            }
            response
        }
    }
}

/// The token behind a fingerprint. What is wrong with the ledger is told to nobody who has not shown one.
async fn find(site: &Site, fingerprint: &str) -> Result<Option<TokenRow>, Problem> {
    tokens::find(&site.warehouse, fingerprint).await.map_err(|error| {
        tracing::warn!(%error, "a token could not be looked up");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be asked now; the log says why")
    })
}

async fn caller(site: &Site, method: &Method, path: &str, headers: &HeaderMap) -> Result<Caller, Problem> {
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let unauthorized = |text: &str| Problem::new(StatusCode::UNAUTHORIZED, text);
    let by_program = headers.contains_key(header::AUTHORIZATION);
    let shown = if by_program {
        let value = text(headers, header::AUTHORIZATION).unwrap_or_default();
        let scheme = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = scheme.ok_or_else(|| unauthorized("`Authorization` is understood as `Bearer TOKEN`"))?.1;
        Some(fingerprint(token))
    } else {
        cookie(headers).and_then(|session| site.sessions.fingerprint(&session, site.now_us()))
    };
    let Some(shown) = shown else {
        if !site.reads_are_free {
            return Err(unauthorized("a token is needed"));
        }
        if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
            return Err(unauthorized("a token is needed: this was passed on from another machine"));
        }
        if !text(headers, header::HOST).is_some_and(|host| is_this_machine(&host)) {
            return Err(unauthorized("without a token only this machine is answered, by its own name"));
        }
        if changes {
            return Err(unauthorized("a change needs a token: `nightclerk token add NAME --role operate`"));
        }
        return Ok(Caller { name: "this machine".to_owned(), role: Role::Read, has_token: false });
    };
    let Some(found) = find(site, &shown).await? else {
        tracing::warn!(path, "an unknown or revoked token");
        return Err(unauthorized("this token is unknown or revoked"));
    };
    if changes && !by_program && !is_from_here(headers) {
        let text = "a change from a browser must come from a page of this site";
        let refused = format!("refused: {text}");
        audit::write(&site.warehouse, (&found.name, "request", path), &refused, site.now_us()).await?;
        return Err(Problem::new(StatusCode::FORBIDDEN, text));
    }
    Ok(Caller { name: found.name, role: found.role, has_token: true })
}

/// What says that a question came through another server.
const FORWARDED: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

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

/// The page on which a browser logs in.
pub(super) async fn ask_for_token() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "a token is needed")
}

/// Begins a session of a browser that shows a token.
pub(super) async fn log_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Result<Response, Problem> {
    let shown = fingerprint(&login.token);
    if find(&site, &shown).await?.is_none() {
        tracing::warn!("a log-in with an unknown or revoked token");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "this token is unknown or revoked"));
    }
    let session = site.sessions.begin(shown, site.now_us()).map_err(|error| {
        tracing::warn!(%error, "draw a number");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no number could be drawn")
    })?;
    let mut response = Redirect::to("/").into_response();
    set_cookie(&mut response, &headers, &session, COOKIE_SECONDS);
    Ok(response)
}

/// Ends it.
pub(super) async fn log_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Result<Response, Problem> {
    if !is_from_here(&headers) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a browser is logged out from a page of this site"));
    }
    if let Some(session) = cookie(&headers) {
        site.sessions.end(&session);
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(&mut response, &headers, "", 0);
    Ok(response)
}

fn set_cookie(response: &mut Response, headers: &HeaderMap, session: &str, seconds: u32) {
    let is_encrypted = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if is_encrypted { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
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
