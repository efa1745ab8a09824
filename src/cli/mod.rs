//! The command line: one file or folder per subcommand. Every command has `--json`.

mod backfill;
mod bench;
mod cancel;
mod check;
mod context;
mod decide;
mod demo;
mod doctor;
mod eval;
mod explain;
mod export;
mod failure;
mod formula;
mod import;
mod init;
mod plan;
mod prune;
mod rollback;
mod run;
mod schedule;
mod serve;
mod service_manager;
mod shell;
mod status;
mod telemetry;
mod terminal;
mod token;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Parser, Subcommand};

use crate::registry::Registry;
pub use failure::Failure;
use terminal::Terminal;

/// The clerk who works while the shop sleeps: every night it reads your warehouse, forecasts demand, finds what sells
/// together, scores campaigns, plans orders, picks who gets a coupon, and grades its own advice.
#[derive(Debug, Parser)]
#[command(name = "nightclerk", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The project folder, with nightclerk.toml in it.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// One JSON object per line on standard output instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// Say only what went wrong.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// No progress bars, also on a terminal.
    #[arg(long, global = true)]
    no_progress: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 a job failed, 2 bad configuration or usage, 3 a gate blocked \
publication, 4 input missing, stale or empty, 5 another process runs the job, 75 try again later, 130 cancelled.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented project folder for your own warehouse.
    Init(init::Init),
    /// Generate a shop with known truth, beside a project, and run two nights four weeks apart.
    Demo(demo::Demo),
    /// Judge a demo's published advice against the truth about its shop, or measure speed.
    Bench(bench::Bench),
    Eval(eval::Eval),
    /// Load CSV, CSV.gz and Parquet files into warehouse tables.
    Import(import::Import),
    Check(check::Check),
    /// Whether a night could run here: folders, warehouse, clocks, privileges, what waits and what was not delivered.
    Doctor,
    /// What a night would run, replace and create; nothing is changed.
    Plan(plan::Plan),
    /// Run a night, or one job.
    Run(run::Run),
    /// Run every business date of a range, oldest first.
    Backfill(backfill::Backfill),
    /// What is current, what ran last, what runs next.
    Status,
    /// Why this number: the chain behind one order, one coupon.
    Explain(explain::Explain),
    Formula(formula::FormulaCommand),
    /// Say what is done with a recommendation: approved, changed, rejected, snoozed, handed over, placed.
    Decide(decide::Decide),
    /// Stop a job wherever it runs, or a date that waits to be tried again.
    Cancel(cancel::Cancel),
    /// Withdraw a job's current publication; the one before it becomes current again.
    Rollback(rollback::Rollback),
    /// Forget old runs, gates and ended slots, and remove old pages and exports.
    Prune(prune::Prune),
    /// Run as a daemon by the schedules of the job files; `schedule next` previews them.
    Schedule(schedule::ScheduleCommand),
    Export(export::Export),
    Serve(serve::Serve),
    Token(token::Token),
    Completions(shell::Completions),
    /// Print the manual page: `nightclerk man | man -l -`.
    Man,
}

/// Runs the command to its end; gives the exit code.
///
/// The runtime is made here and not in `main`: what is asynchronous is compiled where it is waited for, and `main` would
/// compile the whole program once more.
///
/// # Errors
/// What `main` prints, with the exit code that belongs to it.
pub fn run(arguments: Arguments, now_micros: fn() -> i64) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(1, format!("starting the threads that wait for the warehouse: {error}")))?;
    let outcome = runtime.block_on(carry_out(arguments, now_micros));
    // Without waiting for a fit that ran into its timeout or was cancelled.
    runtime.shutdown_background();
    outcome
}

async fn carry_out(arguments: Arguments, now_micros: fn() -> i64) -> Result<u8, Failure> {
    let terminal = Terminal::new(arguments.json, arguments.quiet, arguments.no_progress);
    let context = context::Context { folder: arguments.project, registry: Registry::standard(), terminal, now_micros };
    match arguments.command {
        Command::Init(command) => init::run(&context, &command),
        Command::Demo(command) => demo::run(&context, &command).await,
        Command::Bench(command) => bench::run(&context, &command).await,
        Command::Eval(command) => eval::run(&context, &command),
        Command::Import(command) => import::run(&context, &command).await,
        Command::Check(command) => check::run(&context, &command).await,
        Command::Doctor => doctor::run(&context).await,
        Command::Plan(command) => plan::run(&context, &command).await,
        Command::Run(command) => run::run(&context, &command).await,
        Command::Backfill(command) => backfill::backfill(&context, &command).await,
        Command::Status => status::run(&context).await,
        Command::Explain(command) => explain::run(&context, &command).await,
        Command::Formula(command) => formula::run(&context, &command),
        Command::Decide(command) => decide::run(&context, &command).await,
        Command::Cancel(command) => cancel::run(&context, &command).await,
        Command::Rollback(command) => rollback::run(&context, &command).await,
        Command::Prune(command) => prune::run(&context, &command).await,
        Command::Schedule(command) => schedule::run(&context, &command).await,
        Command::Export(command) => export::run(&context, &command).await,
        Command::Serve(command) => serve::run(&context, &command).await,
        Command::Token(command) => token::run(&context, &command).await,
        Command::Completions(command) => Ok(shell::completions(&context, &command)),
        Command::Man => shell::manual(&context),
    }
}

/// Prints a failure on standard error, or as JSON where that was asked for; gives its exit code.
pub fn report(failure: &Failure, json: bool) -> u8 {
    terminal::failure(failure, json);
    failure.exit_code
}

impl Arguments {
    /// Whether output is to be JSON.
    pub fn json(&self) -> bool {
        self.json
    }
}

/// A date on the command line.
fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("`{text}` is not a date; write it as 2026-11-22"))
}
