//! Environment variables in settings, and secrets that never show themselves.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::secrets;

/// Where `${NAME}` is looked up. Tests pass a closure.
pub trait Environment {
    /// The variable's value, if it is set.
    fn variable(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn variable(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The environment of this process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// A database URL whose password is never shown: `Debug`, `Display` and `Serialize` all write `***` in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Wraps a URL.
    pub const fn new(url: String) -> Self {
        Self(url)
    }

    /// The URL with its password; only for opening the connection.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&secrets::hidden(&self.0))
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redacted({self})")
    }
}

impl Serialize for Redacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text with variables could not be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// The variable is not set, or empty.
    Unset {
        /// Its name.
        name: String,
    },
    /// `${` without a name and `}` after it.
    Malformed,
}

/// Fills in every `${NAME}`. In the user part of a URL the value is percent-encoded, so that a variable can hold a
/// password as it is.
///
/// # Errors
/// All variables that are unset or empty, in order of appearance.
pub fn expand(template: &str, environment: &dyn Environment) -> Result<String, Vec<ExpandError>> {
    let user_part = user_part(template).unwrap_or(0..0);
    let (mut filled, mut errors, mut at) = (String::new(), Vec::new(), 0);
    while let Some(opening) = template[at..].find("${").map(|found| at + found) {
        filled.push_str(&template[at..opening]);
        let name = template[opening + 2..].split('}').next().unwrap_or("");
        let closing = opening + 2 + name.len();
        if !secrets::is_variable_name(name) || !template[closing..].starts_with('}') {
            errors.push(ExpandError::Malformed);
            at = opening + 2;
            continue;
        }
        match environment.variable(name).filter(|value| !value.is_empty()) {
            Some(value) if user_part.contains(&opening) => filled.push_str(&percent_encode(&value)),
            Some(value) => filled.push_str(&value),
            None => errors.push(ExpandError::Unset { name: name.to_owned() }),
        }
        at = closing + 1;
    }
    filled.push_str(&template[at..]);
    if errors.is_empty() { Ok(filled) } else { Err(errors) }
}

/// Whether a URL, before its variables are filled in, spells out a password.
pub fn has_inline_secret(template: &str) -> bool {
    secrets::spells_out_password(template)
}

/// `user:password` of a URL. It ends at the last `@`, because a raw password may hold `/`, `?` and `@`.
fn user_part(url: &str) -> Option<std::ops::Range<usize>> {
    if url.starts_with("sqlite:") {
        return None;
    }
    let start = url.find("://")? + 3;
    url[start..].rfind('@').map(|at| start..start + at)
}

fn percent_encode(value: &str) -> String {
    value.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_in_no_form() {
        for url in [
            "postgres://clerk:hunter2@db/retail",
            "postgres://clerk:hun/ter2@x@db/retail",
            "postgres://db/r?a=1&password=hunter2",
        ] {
            let url = Redacted::new(url.to_owned());
            let shown = format!("{url} {url:?} {}", serde_json::to_string(&url).unwrap());
            assert!(!shown.contains("ter2") && shown.contains("***"), "{shown}");
        }
        assert_eq!(
            Redacted::new("postgres://clerk:x@db/retail".to_owned()).to_string(),
            "postgres://clerk:***@db/retail"
        );
        assert_eq!(Redacted::new("sqlite:warehouse.db".to_owned()).to_string(), "sqlite:warehouse.db");
    }

    #[test]
    fn a_password_from_a_variable_is_encoded_and_a_whole_url_is_not() {
        let environment = |name: &str| match name {
            "PW" => Some("p@ss/word".to_owned()),
            "URL" => Some("postgres://a:b@c/d".to_owned()),
            _ => None,
        };
        assert_eq!(expand("postgres://me:${PW}@db/x", &environment).unwrap(), "postgres://me:p%40ss%2Fword@db/x");
        assert_eq!(expand("${URL}", &environment).unwrap(), "postgres://a:b@c/d");
        assert_eq!(
            expand("${NOPE}${", &environment),
            Err(vec![ExpandError::Unset { name: "NOPE".to_owned() }, ExpandError::Malformed])
        );
    }

    #[test]
    fn only_a_spelled_out_password_is_an_inline_secret() {
        assert!(has_inline_secret("postgres://me:hunter2@db/x"));
        assert!(has_inline_secret("postgres://me:${A}x@db/x"));
        assert!(has_inline_secret("postgres://db/x?password=hunter2"));
        assert!(!has_inline_secret("postgres://me:${PW}@db/x"));
        assert!(!has_inline_secret("postgres://me@db/x"));
        assert!(!has_inline_secret("sqlite:a:b@c.db"));
    }
}
