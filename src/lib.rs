//! The clerk who works while the shop sleeps: a retailer's nightly decisions, run as jobs.
//!
//! # Bird's eye
//! ```text
//! warehouse -> dataset -> model -> recommendation -> gates -> publication -> report
//!                                                                \-> next night: outcome (was the advice right?)
//! ```
//! A project is a folder: `nightclerk.toml`, `jobs/*.toml` (what runs when), `sql/` (how the retailer's tables become
//! our datasets, and what must hold of our rows) and `reports/` (templates). This repository's own folders of these
//! names are the default project, carried in the binary.
//!
//! # Entry points
//! [`cli::run`] is every command. [`runner::night::run_night`] is a night, [`runner::run::run_job`] one job of it; the daemon goes by
//! slots ([`runner::daemon::tick`]).
//! [`registry::KINDS`] lists the kinds of job; [`job::Job`] is what a kind has to say, [`kind::Kind`] what is known of it.
//!
//! # Map
//! - [`project`], [`job_file`], [`schedule`], [`diagnostic`]: files in, checked settings out, or every fault at once.
//! - [`table`], [`day`], [`category_path`], [`quantities`]: the words that everybody shares. [`contract`]: what is said
//!   where a frame is not what its schema promises. `frames`: rows of frames as structs. [`secrets`]: no password and no cell in what
//!   is said.
//! - [`warehouse`]: the port to SQLite, PostgreSQL and MariaDB. [`datasets`]: what it must deliver, checked row by row, and its rows as structs.
//! - [`jobs`]: one folder per kind, each `load` (reads), `recommend` (decides), a page. [`explain`]: why a number was
//!   published. `page_kit`, `words`, `progress`: what every kind makes its page, its sentences and its progress from.
//! - [`models`]: pure maths, one folder per field; a crate of its own, in `crates/models`.
//! - [`published`]: the tables that kinds publish, and how rows become one; [`migrations`] makes and changes them, and the ledger's. [`publication`]: what a run
//!   produces. [`remembered`]: what it leaves for the job's next night.
//! - [`runner`]: claim, load, decide, gate, stage, audit, lay pages and files aside, publish, deliver. [`scheduler`]: wakes it.
//!   What may stop a publication: too many cells that break a dataset's contract (its quarantine), [`runner::gates`] with the audits
//!   of `sql/audits` and a kind's own ([`publication::OwnAudit`]), asked in `runner/look.rs`; that a list of that date has left the
//!   house; a lease that another process has taken over. [`gate`]: what a gate says. [`profile`]: what it compares, a dataset or a
//!   table in a few numbers; [`standing`]: products and suppliers, number by number. `[[accept]]` in a job's file lets a gate pass.
//! - [`report`]: pages and files as bytes. [`import`]: files into tables. [`serve`]: the ledger for browsers and programs.
//! - [`shop`]: the generated retailer of the demo. [`bench`]: our advice against the truth about it, and how fast a
//!   warehouse is. [`eval`]: an engine on a file, without a warehouse, and how it is scored.
//!
//! # Invariants
//! What can be tested of them is, in `tests/it/tidy.rs` and `tests/it/made_up_kind.rs`.
//! - One capability has one name everywhere: kind, folder in `src/jobs`, template in `reports`, default job file.
//! - What a kind is, its folder and its tables say: elsewhere it is one line in [`registry`], and its files of the
//!   default project (README, "Adding a kind").
//! - Kinds do not import each other, and nothing outside their folders, [`published`], [`registry`] and the generated
//!   shop ([`shop`], [`bench`]) names a kind or its tables.
//! - What a published table is, is said once: [`published::Table`].
//! - [`models`] imports nothing that does I/O; [`jobs`] and [`models`] see no clock and no chance but
//!   [`job::RunContext`].
//! - Only [`warehouse`] names sqlx, only [`scheduler`] names tokio-cron-scheduler.
//! - The runner gets its clock from `main`; leases go by the server's clock where there is one.
//!
//! # A walkthrough: 02:30, the inventory plan
//! The ticker wakes the daemon ([`runner::daemon`]), [`schedule`] says that the slot of yesterday's business date is due, which
//! becomes a row of the ledger ([`runner::ledger`]), and the ledger gives us the job's lease with a fencing token. `load` reads products, stock and deliveries through
//! [`datasets::Source`], which lets nothing after the as-of date through (of data that has a day; what is planned ahead has none), and the demand quantiles that
//! the forecast published half an hour before. `recommend` turns them into orders whose explanation sums exactly,
//! grades the advice whose time is over, and builds the page from the same frames. Gates look at what was read
//! and at the rows; these are staged where nobody reads them, and the audits of `sql/audits` look at them there; one
//! transaction checks the fence and swaps them in. The page and the order files were written beside before, and are put in place now.

pub mod bench;
mod calendar_columns;
pub mod category_path;
pub mod cli;
pub mod contract;
pub mod datasets;
pub mod day;
pub mod decidable;
pub mod decided;
pub mod diagnostic;
pub mod eval;
pub mod explain;
mod frames;
pub mod gate;
pub mod import;
pub mod job;
pub mod job_file;
pub mod jobs;
pub mod kind;
pub mod migrations;
mod page_kit;
pub mod profile;
mod progress;
pub mod project;
pub mod publication;
pub mod published;
pub mod quantities;
pub mod registry;
pub mod remembered;
pub mod report;
pub mod runner;
pub mod schedule;
pub mod scheduler;
pub mod secrets;
pub mod serve;
pub mod shop;
pub mod standing;
pub mod table;
pub mod warehouse;
mod words;

pub use nightclerk_models as models;
