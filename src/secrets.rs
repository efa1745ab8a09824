//! What may be shown of a text that is meant as a database URL and may hold a password.
//!
//! Only what has the form of a URL is shown, part by part; of anything else, which is where a mistyped password hides, nothing but the
//! scheme.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// `scheme://user:password@host:port/database?key=value`. The password reaches to the last `@`: a raw one may hold any character.
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) ^ [A-Za-z][A-Za-z0-9+.-]* :// (?: (?<user> [^:@/?\#\s;,"'`]* ) (?: : (?<password> .* ) )? @ )?
          (?: \[ [0-9A-Fa-f:.]* \] | [A-Za-z0-9._%-]* | \$\{\w+\} ) (?: : (?: \d{1,5} | \$\{\w+\} ) )?
          (?: / [^@?:\#\s;,"'`]* )? (?: \? (?<query> [^\#\s]* ) )? $"#,
    )
    .ok()
});

/// Keys of a query whose values are no secrets.
const OPEN_KEYS: &[&str] = &[
    "application_name",
    "channel_binding",
    "charset",
    "collation",
    "connect-timeout",
    "connect_timeout",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "options",
    "port",
    "socket",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslca",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "target_session_attrs",
    "tcp_user_timeout",
    "time-zone",
    "timezone",
    "user",
];

/// Whether a text has the form of a database URL.
pub fn is_url(text: &str) -> bool {
    text.starts_with("sqlite:") || URL.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Where secrets stand in a text that is meant as a database URL, in order. A `${VARIABLE}` is none.
pub fn secrets(text: &str) -> Vec<Range<usize>> {
    if text.starts_with("sqlite:") {
        return Vec::new();
    }
    let Some(found) = URL.as_ref().and_then(|pattern| pattern.captures(text)) else {
        let known = ["postgresql", "postgres", "mariadb", "mysql", "sqlite"];
        let scheme = known.iter().find(|scheme| text.starts_with(*scheme)).map_or(0, |scheme| scheme.len());
        let all = std::iter::once(scheme..text.len());
        return all.filter(|rest| !is_variable(text[rest.clone()].trim_start_matches([':', '/']))).collect();
    };
    let mut secrets: Vec<Range<usize>> = found.name("password").map(|password| password.range()).into_iter().collect();
    if let Some(query) = found.name("query") {
        let mut start = query.start();
        for pair in query.as_str().split('&') {
            let key_length = pair.find('=').map_or(0, |equals| equals + 1);
            let (key, value) = pair.split_at(key_length);
            let is_plain = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:%+-".contains(letter));
            let is_open = OPEN_KEYS.contains(&key.trim_end_matches('=').to_ascii_lowercase().as_str()) && is_plain;
            if !is_open {
                secrets.push(start + key_length..start + pair.len());
            }
            start += pair.len() + 1;
        }
    }
    secrets.retain(|secret| !secret.is_empty() && !is_variable(&text[secret.clone()]));
    secrets
}

/// Whether a URL spells out a password: before the `@`, or under a key that says so.
pub fn spells_out_password(url: &str) -> bool {
    let Some(found) = URL.as_ref().and_then(|pattern| pattern.captures(url)).filter(|_| !url.starts_with("sqlite:"))
    else {
        return false;
    };
    let is_secret = |text: &str| !text.is_empty() && !is_variable(text);
    let in_query = found.name("query").is_some_and(|query| {
        query.as_str().split('&').filter_map(|pair| pair.split_once('=')).any(|(key, value)| {
            let key = key.to_ascii_lowercase();
            ["pass", "pwd", "secret", "token"].iter().any(|word| key.contains(word)) && is_secret(value)
        })
    });
    in_query || found.name("password").is_some_and(|password| is_secret(password.as_str()))
}

/// A key of a URL's query that means nothing to us. It is refused: what it holds might be a password under a wrong name, which others
/// would write into their logs.
pub fn unknown_key(url: &str) -> Option<&str> {
    let found = URL.as_ref().and_then(|pattern| pattern.captures(url)).filter(|_| !url.starts_with("sqlite:"))?;
    let keys = found.name("query")?.as_str().split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let is_known = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.is_empty() || key == "password" || key.starts_with("options") || OPEN_KEYS.contains(&key.as_str())
    };
    keys.into_iter().find(|key| !is_known(key))
}

/// `${NAME}`, and nothing else.
fn is_variable(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(is_variable_name)
}

/// Whether an environment variable may be called so.
pub fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The text with `***` for each secret.
pub fn hidden(text: &str) -> String {
    let mut shown = text.to_owned();
    // From the back, so that the earlier positions stay true.
    for secret in secrets(text).into_iter().rev() {
        shown.replace_range(secret, "***");
    }
    shown
}

/// A line of a settings file with a `*` for every letter of a secret: the length stays, so that carets below it stay true. What stands
/// behind a key with `url` or `dsn` in its name counts as a URL, however it is written, and so does whatever holds `://`.
/// All that stands behind one of [`SECRET_KEYS`] is secret.
pub fn masked(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut at = 0;
    let of_key = line.find('=').filter(|equals| SECRET_KEYS.contains(&line[..*equals].trim().trim_matches('"')));
    let values = of_key.map_or_else(|| values(line), |equals| std::iter::once(equals + 1..line.len()).collect());
    for value in values {
        let text = &line[value.clone()];
        for secret in if of_key.is_some() { unquoted(text) } else { secrets(text) } {
            let (start, end) = (value.start + secret.start, value.start + secret.end);
            shown.push_str(&line[at..start]);
            shown.push_str(&"*".repeat(line[start..end].chars().count()));
            at = end;
        }
    }
    shown.push_str(&line[at..]);
    shown
}

/// Keys of `[[alerts]]`: the path of a webhook's address is its password.
const SECRET_KEYS: &[&str] = &["webhook", "secret", "slack", "smtp", "ping"];

/// The text between quotes, if it is no variable alone.
fn unquoted(value: &str) -> Vec<Range<usize>> {
    let is_open = |letter: char| letter.is_whitespace() || ['"', '\''].contains(&letter);
    let start = value.len() - value.trim_start_matches(is_open).len();
    let end = value.trim_end_matches(is_open).len().max(start);
    if is_variable(&value[start..end]) { Vec::new() } else { std::iter::once(start..end).collect() }
}

/// Where texts stand in a line that may be meant as URLs.
fn values(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..]
        .find(|letter: char| !letter.is_whitespace() && !['=', ':'].contains(&letter))
        .map(|skipped| at + skipped)
    {
        let before = line[..start].trim_end_matches([' ', '\t', '=', ':']).to_ascii_lowercase();
        let is_named = before.len() < start
            && (before.ends_with("url\"") || ["url", "dsn"].iter().any(|key| before.ends_with(key)));
        let first = line[start..].chars().next().unwrap_or(' ');
        if ['"', '\'', '`'].contains(&first) {
            // A password may hold the quote: all up to the last one is its value, where it is one.
            let inner = start + 1;
            let next = line[inner..].find(first).map(|length| inner + length);
            let last = line[inner..].rfind(first).map_or(line.len(), |length| inner + length);
            let text = &line[inner..last];
            if is_named || text.contains("://") {
                found.push(inner..last);
                at = last + usize::from(last < line.len());
            } else {
                at = next.map_or(line.len(), |next| next + 1);
            }
            continue;
        }
        let end = line[start..].find(char::is_whitespace).map_or(line.len(), |length| start + length);
        let word = &line[start..end];
        let value = word
            .rfind('=')
            .filter(|equals| !word[..*equals].contains("://"))
            .map_or(start, |equals| start + equals + 1);
        let is_key = word.split(['=', ':']).next().is_some_and(|key| {
            let key = key.to_ascii_lowercase();
            word.len() > key.len() + 1 && (key.ends_with("url") || key.ends_with("dsn"))
        });
        if is_named || is_key || word.contains("://") {
            // Without quotes all that follows may belong to it.
            let start =
                if is_key && value == start { start + word.find(':').map_or(0, |colon| colon + 1) } else { value };
            let quoted = line[start..].starts_with(['"', '\'', '`']);
            if quoted {
                at = start;
                continue;
            }
            found.push(start..line.trim_end().len());
            break;
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://anna:s3cret@db:5432/shop", "postgres://anna:***@db:5432/shop"),
            ("postgres://anna:a/b@c@db/shop", "postgres://anna:***@db/shop"),
            ("postgres://anna:a?b#c@db/shop", "postgres://anna:***@db/shop"),
            ("postgres://anna@db/shop?sslmode=require&user=anna", "postgres://anna@db/shop?sslmode=require&user=anna"),
            (
                "postgres:///shop?host=/run/postgresql&password=s3cret",
                "postgres:///shop?host=/run/postgresql&password=***",
            ),
            ("postgres://clerk:${PW}@db/shop", "postgres://clerk:${PW}@db/shop"),
            ("postgres://clerk:${PW}x@db/shop", "postgres://clerk:***@db/shop"),
            ("mariadb://anna:s3cret@[::1]:3306/shop", "mariadb://anna:***@[::1]:3306/shop"),
            ("sqlite:a@b:c.db", "sqlite:a@b:c.db"),
            ("${URL}", "${URL}"),
        ] {
            assert_eq!(hidden(url), shown);
        }
    }

    /// What people write when they mean `postgres://anna:s3cret@db:5432/shop`.
    pub(crate) const MISTYPED: &[&str] = &[
        "postgres//anna:s3cret@db/shop",
        "postgres:/anna:s3cret@db/shop",
        "postgres:anna:s3cret@db/shop",
        "postgres:://anna:s3cret@db/shop",
        "postgres;//anna:s3cret@db/shop",
        "//anna:s3cret@db/shop",
        "anna:s3cret@db/shop",
        "postgres://anna:s3cret#db/shop",
        "postgres://anna:s3cret/shop",
        "postgres://anna:s3cret",
        "postgres://anna s3cret@db/shop",
        "postgres://anna;s3cret@db/shop",
        "postgres://anna,s3cret@db/shop",
        "postgres://anna:s3cret@db:port/shop",
        "postgres://anna:s3cret@db:5432:shop",
        "postgres://db/anna:s3cret@shop",
        "postgres://db/shop?passwort=s3cret",
        "postgres://db/shop?user=anna;password=s3cret",
        "postgres://db/shop password=s3cret",
        "jdbc:postgresql://anna:s3cret@db/shop",
        "host=db user=anna password=s3cret",
        "postgers://anna:s3cret@db/shop",
        "postgres://anna:s3cret@db/shop@home",
        "postgres\\\\anna:s3cret@db",
    ];

    #[test]
    fn of_a_mistyped_url_no_password_is_shown() {
        for url in MISTYPED {
            let shown = hidden(url);
            assert!(!shown.contains("s3cret"), "{url} -> {shown}");
            for line in [
                format!("url = \"{url}\""),
                format!("url = {url}"),
                format!("source_url='{url}'"),
                format!("url: {url}"),
            ] {
                let shown = masked(&line);
                assert!(!shown.contains("s3cret"), "{line} -> {shown}");
                assert_eq!(shown.chars().count(), line.chars().count());
            }
        }
    }

    #[test]
    fn a_line_without_a_url_stays_as_it_is() {
        for line in ["name = \"Anna's\"", "# see https://example.org/a", "timezone = \"Europe/Berlin\"", "[warehouse]"]
        {
            assert_eq!(masked(line), line);
        }
        assert_eq!(
            masked("url = \"postgres://me:hunter2@db/x\" # mine"),
            "url = \"postgres://me:*******@db/x\" # mine"
        );
        assert_eq!(masked("url = \"sqlite:shop.db\""), "url = \"sqlite:shop.db\"");
        assert_eq!(masked("url = \"${SHOP_URL}\""), "url = \"${SHOP_URL}\"");
        for line in [
            "dsn = postgres://anna:s3cret@db/shop",
            "url_source = postgres://anna:s3cret@db/shop",
            "postgres://anna:s3cret@db/shop",
            "url = \"postgres://anna:12's3cret@db\"",
            "url = \"postgres://anna:12\"s3cret@db\"",
            "warehouse = { url = 'postgres//anna:s3cret@db' }",
        ] {
            assert!(!masked(line).contains("s3cret"), "{line} -> {}", masked(line));
        }
    }

    #[test]
    fn a_password_is_told_from_a_setting() {
        for url in ["postgres://me:hunter2@db/x", "postgres://me:${A}x@db/x", "postgres://db/x?passwort=hunter2"] {
            assert!(spells_out_password(url), "{url}");
        }
        for url in
            ["postgres://me:${PW}@db/x", "postgres://me@db/x?connect_timeout=10&options=-c%20a=b", "sqlite:a:b@c.db"]
        {
            assert!(!spells_out_password(url), "{url}");
        }
        assert_eq!(unknown_key("postgres://db/x?sslmode=require&passwort=a"), Some("passwort"));
        assert_eq!(unknown_key("postgres://db/x?sslmode=require&password=a"), None);
    }

    #[test]
    fn what_stands_behind_a_key_of_an_alert_is_secret() {
        assert_eq!(masked(r#"webhook = "https://a.test/b""#), r#"webhook = "****************""#);
        assert_eq!(masked(r#"  "secret"='abc'  "#), r#"  "secret"='***'  "#);
        assert_eq!(masked(r#"secret = "${HOOK_SECRET}""#), r#"secret = "${HOOK_SECRET}""#);
        assert_eq!(masked(r#"email = ["a@b.test"]"#), r#"email = ["a@b.test"]"#);
        assert_eq!(masked("ping = "), "ping = ");
    }
}
