//! The integration tests: they drive the real binary and look at what it leaves behind.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and what it skips must be seen"
)]

mod broken_input;
mod cli;
mod crash;
mod daemon;
mod database;
mod difference;
mod dump;
mod eval;
mod eval_rules;
mod made_up_kind;
mod memory;
mod night;
mod postgres;
mod postgres_equals_sqlite;
mod projects;
mod same_bytes;
mod support;
mod tidy;
