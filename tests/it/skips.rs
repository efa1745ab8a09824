//! Tests that need more than Rust and a C compiler say so when they are skipped, and fail where they must not be.
//!
//! A passing test's output is captured, but only what the print macros write: these lines go past them.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// What a test may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A PostgreSQL server, or the programs to start one.
    Postgres,
    /// The programs to start a MariaDB server.
    Mariadb,
    /// PgBouncer.
    Pgbouncer,
    /// A browser.
    Chromium,
    /// The real data sets.
    Data,
}

impl Need {
    /// Its word in `NIGHTCLERK_REQUIRE`.
    fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Pgbouncer => "pgbouncer",
            Self::Chromium => "chromium",
            Self::Data => "data",
        }
    }
}

/// The skips of this process: the test, what it needs, why that is not there.
static SKIPS: Mutex<Vec<(String, Need, String)>> = Mutex::new(Vec::new());

/// Says that the running test, or its part that needs this, is skipped.
///
/// # Panics
/// When `NIGHTCLERK_REQUIRE`, a list like `postgres,data`, holds the need.
pub fn skip(need: Need, reason: &str) {
    let required = std::env::var("NIGHTCLERK_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|word| word.trim() == need.word());
    assert!(!is_required, "NIGHTCLERK_REQUIRE holds `{}`: {reason}", need.word());
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    say(&format!("SKIPPED {test}: {reason}"));
    SKIPS.lock().unwrap_or_else(PoisonError::into_inner).push((test, need, reason.to_owned()));
}

/// How many tests were skipped and for what; nothing when none was.
pub fn summary() -> Option<String> {
    let skips = SKIPS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    summed_up(skips)
}

fn summed_up(mut skips: Vec<(String, Need, String)>) -> Option<String> {
    skips.sort();
    skips.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
    let of = |need: Need| {
        let reasons: Vec<&str> =
            skips.iter().filter(|skip| skip.1 == need).map(|(_, _, reason)| reason.as_str()).collect();
        reasons.first().map(|reason| format!("{} for lack of {}: {reason}", reasons.len(), need.word()))
    };
    let told: Vec<String> = [Need::Postgres, Need::Mariadb, Need::Pgbouncer, Need::Chromium, Need::Data]
        .into_iter()
        .filter_map(of)
        .collect();
    (!told.is_empty()).then(|| format!("NOT ALL TESTS RAN. Skipped, wholly or in part: {}", told.join("; ")))
}

/// Writes a line to standard error, past the capture of tests' output.
pub fn say(line: &str) {
    // In one piece, for other threads write too. A test does not fail because nobody can read what it says.
    let _ = std::io::stderr().write_all(format!("*** {line} ***\n").as_bytes());
}

#[test]
fn what_is_skipped_is_counted_once_per_test_and_told_with_a_reason() {
    let skip = |test: &str, need, reason: &str| (test.to_owned(), need, reason.to_owned());
    assert_eq!(summed_up(Vec::new()), None);
    let said = summed_up(vec![
        skip("b", Need::Data, "no folder"),
        skip("a", Need::Postgres, "no initdb"),
        skip("a", Need::Postgres, "no initdb"),
        skip("c", Need::Postgres, "no initdb"),
    ]);
    let expected = "NOT ALL TESTS RAN. Skipped, wholly or in part: 2 for lack of postgres: no initdb; \
                    1 for lack of data: no folder";
    assert_eq!(said.as_deref(), Some(expected));
}
