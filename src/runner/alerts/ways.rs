//! The ways to tell somebody: a program, a web address, an e-mail.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use lettre::message::header::ContentType;
use lettre::{SmtpTransport, Transport as _};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::project::{Secret, SecretUrl, Way};
use crate::runner::ledger::alerts::AlertRow;
use crate::words::hex;

/// How long a program, a server or a mail may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked whether a program has ended.
const ASK_AGAIN: Duration = Duration::from_millis(20);
/// Characters of a reason in a mail: the whole stays far below the 80 kB that every server takes.
const MAIL_LIMIT: usize = 20_000;

/// What is told, with what its ways need of it.
#[derive(Clone)]
pub(super) struct Telling {
    /// The project's folder.
    pub(super) root: PathBuf,
    /// When, in microseconds since 1970-01-01T00:00:00Z: part of what is signed.
    pub(super) now_us: i64,
    /// The message.
    pub(super) alert: AlertRow,
}

impl Telling {
    /// Tells it; why it did not arrive otherwise. It blocks, for as long as [`PATIENCE`].
    pub(super) fn tell(&self, way: &Way) -> Result<(), String> {
        match way {
            Way::Command(words) => self.command(words),
            Way::Webhook { url, secret } => self.webhook(url, secret.as_ref()),
            Way::Slack(url) => {
                let text = format!("{}: {}", self.word("project"), self.word("text"));
                post(url, &[], &json!({ "text": text }).to_string())
            }
            Way::Email { to, from, smtp } => self.email(to, from, smtp),
            Way::Ping(url) => answered(url, agent().get(url.expose()).call()),
        }
    }

    /// A word of the message.
    fn word(&self, key: &str) -> String {
        let message: Json = serde_json::from_str(&self.alert.body_json).unwrap_or_default();
        message[key].as_str().unwrap_or_default().to_owned()
    }

    fn command(&self, words: &[String]) -> Result<(), String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("it names no program".to_owned());
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command.env("NIGHTCLERK_ALERT", &self.alert.kind).env("NIGHTCLERK_ALERT_JOB", &self.alert.job);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("run `{program}`: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            // One that does not read is judged by how it ends.
            let _ = input.write_all(format!("{}\n", self.alert.body_json).as_bytes());
        }
        for _ in 0..PATIENCE.as_millis() / ASK_AGAIN.as_millis() {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("`{program}`: {status}")),
                Ok(None) => std::thread::sleep(ASK_AGAIN),
                Err(error) => return Err(format!("`{program}`: {error}")),
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(format!("`{program}` has not ended within {} seconds", PATIENCE.as_secs()))
    }

    fn webhook(&self, url: &SecretUrl, secret: Option<&Secret>) -> Result<(), String> {
        let (id, seconds) = (&self.alert.dedupe_key, self.now_us.div_euclid(1_000_000));
        let mut headers = vec![("webhook-id", id.clone()), ("webhook-timestamp", seconds.to_string())];
        if let Some(secret) = secret {
            headers.push(("webhook-signature", signature(secret.expose(), id, seconds, &self.alert.body_json)?));
        }
        post(url, &headers, &self.alert.body_json)
    }

    fn email(&self, to: &[String], from: &str, smtp: &SecretUrl) -> Result<(), String> {
        let (job, as_of, state) = (&self.alert.job, self.alert.as_of, self.word("state"));
        let subject = match self.alert.kind.as_str() {
            "recovered" => format!("[{}] {job} has published again", self.word("project")),
            "expected_late" => format!("[{}] {job} will probably be late: {as_of}", self.word("project")),
            _ => format!("[{}] {job} {state}: {as_of} is not published", self.word("project")),
        };
        let text: String = self.word("text").chars().take(MAIL_LIMIT).collect();
        let next = match self.alert.kind.as_str() {
            "recovered" => String::new(),
            "expected_late" => "\nWhat stands: nightclerk status\n".to_owned(),
            _ => format!(
                "\nWhat stands: nightclerk status\nOnce it is mended: nightclerk run --job {job} --as-of {as_of}\n"
            ),
        };
        let body = format!("{text}\n{next}\n{}\n", self.alert.dedupe_key);
        // The same message has the same id: a reader that gets it twice shows it once.
        let id = hex(&Sha256::digest(format!("{} {}", self.alert.dedupe_key, self.alert.channel)));
        let mut message = lettre::Message::builder()
            .from(from.parse().map_err(|error| format!("`from`: {error}"))?)
            .subject(subject)
            .message_id(Some(format!("<{id}@nightclerk>")))
            .header(ContentType::TEXT_PLAIN);
        for address in to {
            message = message.to(address.parse().map_err(|error| format!("`email`: {error}"))?);
        }
        let message = message.body(body).map_err(|error| error.to_string())?;
        let server = SmtpTransport::from_url(&encrypted(smtp.expose()))
            .map_err(|_| format!("{smtp} is no address of a mail server"))?;
        let sent = server.timeout(Some(PATIENCE)).build().send(&message);
        sent.map(drop).map_err(|error| hidden(&format!("{smtp}: {error}"), smtp))
    }
}

/// A password is never sent in the open: `smtp://` with one asks for encryption first, where the address does not say otherwise.
fn encrypted(url: &str) -> String {
    if url.starts_with("smtp://") && url.contains('@') && !url.contains("tls=") {
        format!("{url}{}tls=required", if url.contains('?') { '&' } else { '?' })
    } else {
        url.to_owned()
    }
}

/// The signature of a message as Standard Webhooks 1.0 writes it: `v1,` and the base64 of HMAC-SHA256 over id, seconds and body.
fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> Result<String, String> {
    let key = match secret.strip_prefix("whsec_") {
        Some(text) => STANDARD.decode(text).map_err(|_| "the secret is `whsec_` and no base64".to_owned())?,
        None => secret.as_bytes().to_vec(),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Asks nobody but the address: a redirection may lead anywhere.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("nightclerk/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn post(url: &SecretUrl, headers: &[(&str, String)], body: &str) -> Result<(), String> {
    let mut request = agent().post(url.expose()).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    answered(url, request.send(body))
}

fn answered(url: &SecretUrl, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(), String> {
    match answer {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(format!("{url} answers {}", response.status())),
        Err(error) => Err(hidden(&format!("{url}: {error}"), url)),
    }
}

/// A text without what is secret of an address.
fn hidden(text: &str, url: &SecretUrl) -> String {
    let whole = url.expose();
    let rest = whole.split_once("://").map_or(whole, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let user = rest.rfind('@').map_or("", |at| &rest[..at]);
    let secrets = [whole, user, path].into_iter().filter(|secret| secret.len() > 1);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification 1.0 (spec/standard-webhooks.md, "Signature scheme").
    #[test]
    fn a_signature_is_that_of_the_standards_example() {
        let found = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(found.as_deref(), Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert!(signature("whsec_***", "a", 1, "b").is_err());
        assert_ne!(signature("plain", "a", 1, "b"), signature("other", "a", 1, "b"));
    }

    #[test]
    fn no_error_shows_what_is_secret_of_an_address() {
        let url = SecretUrl::new("https://hooks.example.org/services/T0/B0/secret".to_owned());
        let text = "https://hooks.example.org: bad uri: https://hooks.example.org/services/T0/B0/secret, /services/T0/B0/secret";
        assert_eq!(hidden(text, &url), "https://hooks.example.org: bad uri: ***, ***");
        let mail = SecretUrl::new("smtp://clerk:p%40ss@mail.example.org".to_owned());
        assert_eq!(mail.to_string(), "smtp://mail.example.org");
        assert_eq!(hidden("clerk:p%40ss is wrong", &mail), "*** is wrong");
        assert_eq!(SecretUrl::new("smtp://clerk:p/a@mail.example.org".to_owned()).to_string(), "smtp://***");
    }

    #[test]
    fn a_password_is_not_sent_in_the_open() {
        assert_eq!(encrypted("smtp://a:b@mail"), "smtp://a:b@mail?tls=required");
        assert_eq!(encrypted("smtp://127.0.0.1:25"), "smtp://127.0.0.1:25");
        assert_eq!(encrypted("smtp://a:b@mail?tls=opportunistic"), "smtp://a:b@mail?tls=opportunistic");
        assert_eq!(encrypted("smtps://a:b@mail"), "smtps://a:b@mail");
    }
}
