//! Parses arguments, prints errors. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser;
use nightclerk::cli::{self, Arguments};

/// The one clock of the program.
#[expect(clippy::disallowed_methods, reason = "here it is handed down from")]
fn now_micros() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

fn main() -> ExitCode {
    // Structured logs go to standard error when asked for: NIGHTCLERK_LOG=info.
    let filter = tracing_subscriber::EnvFilter::try_from_env("NIGHTCLERK_LOG");
    if let Ok(filter) = filter {
        tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    let arguments = Arguments::parse();
    let json = arguments.json();
    ExitCode::from(cli::run(arguments, now_micros).unwrap_or_else(|failure| cli::report(&failure, json)))
}
