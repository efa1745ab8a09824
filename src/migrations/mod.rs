//! Migrations: the tables we own, brought up to date step by step, each step once.
//!
//! ```text
//! published, ledger_tables -> schemas ─┐                    steps (frozen files, sql/migrations)
//!                                      ├─> differences ─> generator ─> the next step; what mends a warehouse
//! the warehouse's real columns -> relations ─┘                 state ─> check, plan, run
//! ```
//! A step is a file per engine; those of MariaDB begin with the ninth, which makes everything. A step is frozen once it is committed: `sql/migrations/CHECKSUMS` holds its SHA-256, every
//! warehouse that applied it holds the same, and `check`, `plan`, `rollback` and whatever runs a night compare them.
//! Beside it lies a snapshot of the schemas after it, `sql/migrations/schemas`.
//!
//! To change a table, change its schema in `published` and let
//! `NIGHTCLERK_UPDATE_MIGRATIONS=1 cargo test --lib migrations` write the next step from the difference to the last
//! snapshot; how rows are carried over where a type changes, `CONVERSIONS` in `tests.rs` says. Rename it, complete it
//! by hand where that is needed, and freeze it by the same command with `NIGHTCLERK_UPDATE_MIGRATIONS=freeze`.
//!
//! A step leaves open how many decimals money has: [`in_currency`] fills that in, and takes it out of what a warehouse says.
//!
//! Warehouses that a program without checksums left are known by the names in their record of steps and by their real
//! columns; texts that were renamed under their number stand in `sql/migrations/*/former`, with what they lack.

mod differences;
pub mod generator;
mod ledger_tables;
pub mod relations;
pub mod schemas;
mod state;
mod steps;

#[cfg(test)]
mod tests;

pub use differences::Difference;
pub use state::{Problem, State};
pub use steps::{Step, in_currency, steps};

use crate::quantities::Currency;
use crate::warehouse::{Dialect, Transaction, Value, Warehouse, WarehouseError};
use relations::Reader;

/// Why our tables were not brought up to date.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The warehouse refused.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The tables are not what they should be; nothing was changed.
    #[error("{}", listed(.0))]
    Refused(Vec<Problem>),
    /// A job runs while its tables were to change under it; nothing was changed.
    #[error(
        "our tables are to be brought up to date, and process {process} of {place} is running `{job}` on them; try again when \
         it is done"
    )]
    Running {
        /// The job.
        job: String,
        /// Host and project folder of the process.
        place: String,
        /// The process.
        process: i64,
    },
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\nerror: ")
}

/// Where the target warehouse stands; changes nothing.
///
/// # Errors
/// When the warehouse cannot be asked.
pub async fn inspect(warehouse: &Warehouse, currency: Currency) -> Result<State, WarehouseError> {
    state::inspect(&mut Reader::Warehouse(warehouse), currency).await
}

/// Brings the tables up to date in one transaction; gives the names of the steps applied. MariaDB has no transaction around what
/// changes tables: a step that is cut short there is marked as begun, and the next call applies it from its start.
///
/// # Errors
/// When the tables differ from what the steps so far leave, or would differ afterwards; when a job is running; when a
/// statement is refused. Nothing is left behind then, but on MariaDB.
pub async fn apply(
    warehouse: &Warehouse,
    currency: Currency,
    now_micros: i64,
) -> Result<Vec<&'static str>, MigrationError> {
    if refuse(inspect(warehouse, currency).await?)?.is_current() {
        return Ok(Vec::new());
    }
    let mut transaction = warehouse.begin().await?;
    // Two processes that find the same steps pending apply them one after the other.
    lock(&mut transaction).await?;
    let applied = apply_in(&mut transaction, currency, now_micros).await;
    unlock(&mut transaction, applied.is_ok()).await?;
    if applied.is_ok() {
        transaction.commit().await?;
    }
    applied
}

async fn apply_in(
    transaction: &mut Transaction,
    currency: Currency,
    now_micros: i64,
) -> Result<Vec<&'static str>, MigrationError> {
    let state = refuse(state::inspect(&mut Reader::Transaction(transaction), currency).await?)?;
    if state.is_current() {
        return Ok(Vec::new());
    }
    if !state.is_fresh() {
        if transaction.dialect() == Dialect::Mariadb {
            transaction.read_values("SELECT version FROM nightclerk_migrations FOR UPDATE", &[]).await?;
        }
        nobody_runs(transaction, now_micros).await?;
    }
    for statement in state.work(now_micros) {
        transaction.execute(&statement, &[]).await?;
    }
    refuse(state::inspect(&mut Reader::Transaction(transaction), currency).await?)?;
    Ok(state.pending.iter().map(|step| step.name).collect())
}

/// Keeps our tables as they are until a transaction ends. Gives what is wrong where a newer program has changed them since
/// this one was started: what it is about to write would mean something else there.
///
/// # Errors
/// When the warehouse refuses.
pub async fn hold(transaction: &mut Transaction) -> Result<Option<Problem>, WarehouseError> {
    match transaction.dialect() {
        Dialect::Sqlite => {}
        Dialect::Postgres => {
            let sql = "SELECT pg_advisory_xact_lock_shared(hashtext('nightclerk_migrations'))";
            transaction.execute(sql, &[]).await?;
        }
        // Whoever brings the tables up to date waits for these rows before he asks who runs.
        Dialect::Mariadb => {
            let sql = "SELECT version FROM nightclerk_migrations LOCK IN SHARE MODE";
            transaction.read_values(sql, &[]).await?;
        }
    }
    state::newer_step(&mut Reader::Transaction(transaction)).await
}

/// How long another process may take to bring the tables up to date, on MariaDB; elsewhere the engine's own limits hold.
const LOCK_SECONDS: u32 = 120;

/// Keeps other processes from bringing our tables up to date until the transaction ends, on MariaDB until [`unlock`]; SQLite has one
/// writer anyway.
async fn lock(transaction: &mut Transaction) -> Result<(), WarehouseError> {
    match transaction.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            let sql = "SELECT pg_advisory_xact_lock(hashtext('nightclerk_migrations'))";
            transaction.execute(sql, &[]).await.map(|_| ())
        }
        Dialect::Mariadb => {
            let sql = format!("SELECT GET_LOCK(CONCAT(DATABASE(), '.nightclerk_migrations'), {LOCK_SECONDS})");
            let rows = transaction.read_values(&sql, &[]).await?;
            let is_ours = rows.first().and_then(|row| row.first()).and_then(Value::as_integer) == Some(1);
            let message = format!("another process has been bringing our tables up to date for {LOCK_SECONDS} s");
            let busy = || WarehouseError::Busy { origin: "migrations".to_owned(), message };
            is_ours.then_some(()).ok_or_else(busy)
        }
    }
}

/// Ends what [`lock`] began where the end of the transaction does not.
async fn unlock(transaction: &mut Transaction, keeps: bool) -> Result<(), WarehouseError> {
    if transaction.dialect() == Dialect::Mariadb {
        // Before anybody else looks.
        transaction.execute(if keeps { "COMMIT" } else { "ROLLBACK" }, &[]).await?;
        transaction.execute("DO RELEASE_LOCK(CONCAT(DATABASE(), '.nightclerk_migrations'))", &[]).await?;
    }
    Ok(())
}

/// Whoever runs now knows the tables as they are before the steps, and would write what he staged into those after them.
async fn nobody_runs(transaction: &mut Transaction, now_micros: i64) -> Result<(), MigrationError> {
    let sql = "SELECT job, place, process FROM nightclerk_leases WHERE lease_until_us > $1 ORDER BY job";
    let rows = transaction.read_values(sql, &[Value::Integer(now_micros)]).await?;
    let Some([Value::Text(job), Value::Text(place), Value::Integer(process)]) = rows.first().map(Vec::as_slice) else {
        return Ok(());
    };
    Err(MigrationError::Running { job: job.clone(), place: place.clone(), process: *process })
}

fn refuse(state: State) -> Result<State, MigrationError> {
    if state.problems.is_empty() { Ok(state) } else { Err(MigrationError::Refused(state.problems)) }
}

/// What `plan` prints for those who apply it by hand: what brings the tables up to date, or, where they are not what
/// they should be, what mends them. Empty where there is nothing to do.
pub fn script(state: &State, schema: &str) -> String {
    let statements = match (&state.problems[..], state.is_current()) {
        (_, true) => return String::new(),
        ([], false) => state.work(0),
        _ => state.mending.clone(),
    };
    if statements.is_empty() {
        return String::new();
    }
    let head = match state.dialect {
        Dialect::Sqlite => String::new(),
        Dialect::Postgres => format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\";\nSET search_path = \"{schema}\";\n"),
        Dialect::Mariadb => "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES');\n".to_owned(),
    };
    let body: Vec<String> = statements.iter().map(|statement| format!("{statement};\n")).collect();
    format!("{head}BEGIN;\n\n{}\nCOMMIT;\n", body.join("\n"))
}
