//! `[[alerts]]` of `nightclerk.toml`: who is told when a job has not published, and when it has again.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;

use super::filled::Filler;
use crate::diagnostic::Diagnostic;

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertChannel {
    /// What it is called in the ledger and in `status`.
    pub name: String,
    /// The jobs of which it is told; all of them where none is named.
    pub jobs: Vec<String>,
    /// The way to it.
    pub by: Way,
}

/// How somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A program and its arguments: the alert is written to its standard input as one line of JSON, and an exit status of 0 says that
    /// it has arrived. It runs in the project's folder.
    Command(Vec<String>),
    /// A POST of the alert as JSON; with a secret it is signed as Standard Webhooks 1.0 says.
    Webhook {
        /// Where to.
        url: SecretUrl,
        /// The key of the signature: `whsec_` and base64, or its bytes as they are.
        secret: Option<Secret>,
    },
    /// A POST of `{"text": ...}`, which Slack, Mattermost and others take.
    Slack(SecretUrl),
    /// A message with the state in its subject.
    Email {
        /// The addresses that it goes to.
        to: Vec<String>,
        /// The address that it comes from.
        from: String,
        /// The server: `smtps://` is encrypted from the start, `smtp://` before the password is sent, where one is given.
        smtp: SecretUrl,
    },
    /// A GET once a business date, when all of the jobs have published it: whoever expects it daily is alarmed by its absence (a dead
    /// man's switch).
    Ping(SecretUrl),
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// An address of which scheme and host alone are shown: the path of many a webhook is its password.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(String);

impl Secret {
    /// The text; only to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl SecretUrl {
    /// An address.
    pub const fn new(url: String) -> Self {
        Self(url)
    }

    /// The whole address; only to call it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        // A user part ends at the last `@` before the path; a raw password may hold anything, then nothing is shown.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = if rest[authority.len()..].contains('@') {
            "***"
        } else {
            authority.rsplit('@').next().unwrap_or_default()
        };
        write!(formatter, "{scheme}://{host}")
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}/***")
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl AlertChannel {
    /// Whether it is told of a job.
    pub fn wants(&self, job: &str) -> bool {
        self.jobs.is_empty() || self.jobs.iter().any(|name| name == job)
    }
}

/// One of the `[[alerts]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertTable {
    name: Spanned<String>,
    #[serde(default)]
    jobs: Vec<String>,
    command: Option<Spanned<Vec<String>>>,
    webhook: Option<Spanned<String>>,
    secret: Option<Spanned<String>>,
    slack: Option<Spanned<String>>,
    email: Option<Spanned<Vec<String>>>,
    from: Option<Spanned<String>>,
    smtp: Option<Spanned<String>>,
    ping: Option<Spanned<String>>,
}

/// The channels, and what is wrong with them beyond their types.
pub(super) fn channels(
    filler: &Filler<'_>,
    tables: Vec<AlertTable>,
    faults: &mut Vec<Diagnostic>,
) -> Vec<AlertChannel> {
    let mut names = BTreeSet::new();
    let mut channels = Vec::new();
    for table in tables {
        let name = table.name.get_ref().clone();
        if name.is_empty() || name.len() > 100 {
            faults.push(filler.fault(table.name.span(), "`name` of an alert must have 1 to 100 characters"));
        }
        if !names.insert(name.clone()) {
            let fault = filler.fault(table.name.span(), format!("two of the alerts are called `{name}`"));
            faults.push(fault.with_help("the ledger knows them by their names"));
        }
        let jobs = table.jobs.clone();
        channels.extend(way(filler, table, faults).map(|by| AlertChannel { name, jobs, by }));
    }
    channels
}

fn way(filler: &Filler<'_>, table: AlertTable, faults: &mut Vec<Diagnostic>) -> Option<Way> {
    let at = table.name.span();
    let name = table.name.get_ref();
    let ways = [
        table.command.is_some(),
        table.webhook.is_some(),
        table.slack.is_some(),
        table.email.is_some(),
        table.ping.is_some(),
    ];
    if ways.iter().filter(|given| **given).count() != 1 {
        let fault = filler.fault(at, format!("the alert `{name}` must say one way to tell it"));
        faults.push(fault.with_help("exactly one of `command`, `webhook`, `slack`, `email`, `ping`"));
        return None;
    }
    let unused = [
        ("secret", table.secret.as_ref().filter(|_| table.webhook.is_none()).map(Spanned::span)),
        ("from", table.from.as_ref().filter(|_| table.email.is_none()).map(Spanned::span)),
        ("smtp", table.smtp.as_ref().filter(|_| table.email.is_none()).map(Spanned::span)),
    ];
    for (key, span) in unused {
        faults.extend(span.map(|span| filler.fault(span, format!("`{key}` does nothing here"))));
    }
    if let Some(command) = table.command {
        if command.get_ref().first().is_none_or(String::is_empty) {
            let fault = filler.fault(command.span(), format!("`command` of the alert `{name}` names no program"));
            faults.push(fault.with_help("for example `command = [\"/usr/local/bin/tell\", \"--to\", \"on-call\"]`"));
            return None;
        }
        return Some(Way::Command(command.into_inner()));
    }
    let mut web = |key: &str, url: &Spanned<String>| address(filler, key, url, &["https://", "http://"], faults);
    if let Some(url) = &table.slack {
        return web("slack", url).map(Way::Slack);
    }
    if let Some(url) = &table.ping {
        return web("ping", url).map(Way::Ping);
    }
    if let Some(url) = &table.webhook {
        let url = web("webhook", url);
        let secret = table.secret.as_ref().map(|secret| secret_of(filler, secret, faults));
        return Some(Way::Webhook { url: url?, secret: secret.map_or(Some(None), |secret| secret.map(Some))? });
    }
    let to = table.email?;
    let is_address = |text: &String| text.contains('@') && !text.contains(char::is_control);
    if to.get_ref().is_empty() || !to.get_ref().iter().all(is_address) {
        faults.push(filler.fault(to.span(), "`email` must be a list of addresses"));
        return None;
    }
    let missing = |key: &str, example: &str| {
        filler
            .fault(at.clone(), format!("missing key `{key}` of the alert `{name}`"))
            .with_help(format!("for example `{example}`"))
    };
    let from = table.from.filter(|from| is_address(from.get_ref()));
    if from.is_none() {
        faults.push(missing("from", "from = \"nightclerk@example.org\""));
    }
    let smtp = if let Some(smtp) = &table.smtp {
        address(filler, "smtp", smtp, &["smtps://", "smtp://"], faults)
    } else {
        faults.push(missing("smtp", "smtp = \"smtps://clerk:${SMTP_PASSWORD}@mail.example.org\""));
        None
    };
    Some(Way::Email { to: to.into_inner(), from: from?.into_inner(), smtp: smtp? })
}

/// The key of a signature, which comes from a variable.
fn secret_of(filler: &Filler<'_>, secret: &Spanned<String>, faults: &mut Vec<Diagnostic>) -> Option<Secret> {
    if !secret.get_ref().contains("${") {
        let fault = filler.fault(secret.span(), "`secret` is written out");
        faults
            .push(fault.with_help(
                "put it into an environment variable and write `${NIGHTCLERK_WEBHOOK_SECRET}` in its place",
            ));
        return None;
    }
    filler.fill_in(secret, faults).map(Secret)
}

fn address(
    filler: &Filler<'_>,
    key: &str,
    url: &Spanned<String>,
    schemes: &[&str],
    faults: &mut Vec<Diagnostic>,
) -> Option<SecretUrl> {
    let filled = filler.fill_in(url, faults)?;
    let has_host =
        |scheme: &&&str| filled.strip_prefix(**scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_plain = !filled.contains(|letter: char| letter.is_control() || letter.is_whitespace());
    if !is_plain || schemes.iter().find(has_host).is_none() {
        // What is in the text may be secret.
        let allowed = schemes.iter().map(|scheme| format!("`{scheme}`")).collect::<Vec<_>>().join(" or ");
        faults.push(
            filler.fault(url.span(), format!("`{key}` must be an address that begins with {allowed} and a host")),
        );
        return None;
    }
    Some(SecretUrl(filled))
}
