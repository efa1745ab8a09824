//! The port to the retailer's warehouse: typed frames out, typed frames in, and what can go wrong said plainly.
//!
//! A warehouse has two sides. The source holds the retailer's tables and is only read; the target holds ours. Each has a
//! connection pool of its own, also where both are one database: the engine keeps the source's from writing (only SQLite in
//! memory shares one). `sqlx` is named nowhere outside of this folder.
//!
//! | file | what it holds |
//! |---|---|
//! | `dialect.rs` | what differs between engines in the SQL that we write |
//! | `url.rs`, `error.rs` | addresses, which hold passwords; what can go wrong |
//! | `statement.rs`, `value.rs` | SQL texts and their binds on the way in, single values |
//! | `columns.rs`, `frame_cells.rs` | cells into frames, checked; frames into cells |
//! | `transaction.rs` | readings and publications, each as of one moment |
//! | `sqlite.rs`, `postgres.rs`, `mariadb.rs` | an engine each; `_wire.rs` beside the servers' is their binary form |
//!
//! # Adding an engine
//! Here: its file, an arm of `Pool`, of `transaction.rs` and of every `match` that the compiler then names; `url.rs` and `SCHEMES` in
//! `project/config.rs` and `secrets.rs` for its addresses. What the compiler does not name: `git grep 'Dialect::Mariadb'` finds where
//! an engine is asked for by `==` (migrations, demo, import). In `migrations/steps.rs` the number that its steps begin with, the
//! folder in `sql/migrations`, and in `tests/it` a server (`server.rs`) and the tests of `mariadb.rs`.

mod columns;
mod dialect;
mod error;
mod frame_cells;
mod mariadb;
mod mariadb_wire;
mod postgres;
mod postgres_wire;
mod sqlite;
mod statement;
mod transaction;
mod url;
mod value;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono_tz::Tz;
use polars::prelude::DataFrame;

pub(crate) use columns::local_micros;
pub use columns::{FoundColumn, FrameBuilder};
pub use dialect::{Dialect, MONEY_DECIMALS, create_table_sql};
pub use error::WarehouseError;
pub(crate) use statement::skip_quoted;
pub use transaction::Transaction;
pub use url::WarehouseUrl;
pub use value::{Cell, Value};

use crate::table::TableSchema;

/// Where a warehouse is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarehouseConfig {
    /// Where our own tables are, and the retailer's unless `source_url` is given.
    pub url: WarehouseUrl,
    /// Where the retailer's tables are, when that is elsewhere; opened for reading only.
    pub source_url: Option<WarehouseUrl>,
    /// The PostgreSQL schema of our own tables; `nightclerk` unless the project says otherwise.
    pub schema: String,
    /// What is created where it is missing.
    pub create: Create,
}

/// What opening a warehouse may create.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Create {
    /// Nothing: to look.
    #[default]
    Nothing,
    /// The PostgreSQL schema of our tables, which would land in `public` without it.
    Schema,
    /// A SQLite file too.
    Everything,
}

impl WarehouseConfig {
    /// One URL for both sides, the schema `nightclerk`, nothing created.
    pub fn new(url: impl Into<WarehouseUrl>) -> Self {
        Self { url: url.into(), source_url: None, schema: "nightclerk".to_owned(), create: Create::Nothing }
    }

    /// The same, creating what is missing.
    #[must_use]
    pub fn create_if_missing(mut self) -> Self {
        self.create = Create::Everything;
        self
    }
}

/// A side of the warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The retailer's tables; may be read-only.
    Source,
    /// Our own tables.
    Target,
}

/// An open warehouse; a cheap handle, clones share its connections.
#[derive(Clone, Debug)]
pub struct Warehouse {
    /// The engine refuses to write through it.
    source: Pool,
    target: Pool,
    is_one_database: bool,
}

#[derive(Clone, Debug)]
enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(postgres::Sessions),
    Mariadb(sqlx::MySqlPool),
}

/// A column of a statement's result, as the engine describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedColumn {
    /// Its name.
    pub name: String,
    /// The engine's word for its type; SQLite knows none for an expression and says `NULL`.
    pub sql_type: String,
}

/// A question to the warehouse, with what the answer has to be.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The file or step that is named in errors.
    pub origin: &'a str,
    /// One `SELECT`, with binds as `:name`.
    pub sql: &'a str,
    /// The binds by name; those that the text does not use are ignored.
    pub binds: Vec<(&'a str, Value)>,
    /// The columns and the grain of the answer.
    pub schema: &'a TableSchema<'a>,
    /// Whether further columns are kept, after the others, with inferred types.
    pub keeps_attributes: bool,
    /// The zone of local times in the answer.
    pub timezone: Tz,
    /// The share of a column's values that may break the contract and is left out; `None`: the first stops the reading.
    pub quarantine: Option<f64>,
}

/// What a frame has to be.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// The file or table that is named in errors.
    pub origin: &'a str,
    /// The columns and the grain.
    pub schema: &'a TableSchema<'a>,
    /// Whether further columns are kept as attributes.
    pub keeps_attributes: bool,
    /// The zone of local times.
    pub timezone: Tz,
    /// The share of a column's values that may break the contract and is left out; `None`: the first stops the reading.
    pub quarantine: Option<f64>,
}

impl<'a> Query<'a> {
    /// What the answer has to be.
    pub fn expectation(&self) -> Expectation<'a> {
        Expectation {
            origin: self.origin,
            schema: self.schema,
            keeps_attributes: self.keeps_attributes,
            timezone: self.timezone,
            quarantine: self.quarantine,
        }
    }
}

impl Warehouse {
    /// Connects both sides.
    ///
    /// # Errors
    /// [`WarehouseError::UnsupportedScheme`], [`WarehouseError::Connect`] with a hint; no message holds a password.
    pub async fn open(config: &WarehouseConfig) -> Result<Self, WarehouseError> {
        let target = Pool::open(&config.url, config, Access::Write).await?;
        let source = match &config.source_url {
            Some(url) => Pool::open(url, config, Access::Read).await?,
            None if config.url.is_in_memory() => target.clone(),
            None => Pool::open(&config.url, config, Access::ReadWhereWeWrite).await?,
        };
        Ok(Self { source, target, is_one_database: config.source_url.is_none() })
    }

    /// The engine of a side.
    pub fn dialect(&self, side: Side) -> Dialect {
        match self.pool(side) {
            Pool::Sqlite(_) => Dialect::Sqlite,
            Pool::Postgres(_) => Dialect::Postgres,
            Pool::Mariadb(_) => Dialect::Mariadb,
        }
    }

    /// The columns a statement would give. Prepares it and runs nothing.
    ///
    /// # Errors
    /// What the engine refuses, with its place in the text where the engine names one; on the source all but a reading of data.
    pub async fn describe(&self, side: Side, origin: &str, sql: &str) -> Result<Vec<DescribedColumn>, WarehouseError> {
        if side == Side::Source
            && let Some((offset, word)) = statement::what_writes(sql)
        {
            let (line, column, _) = statement::place(sql, offset);
            let place = format!(" line {line}, column {column}");
            return Err(WarehouseError::Writes { origin: origin.to_owned(), place, word });
        }
        within(QUICK, origin, async {
            match self.pool(side) {
                Pool::Sqlite(pool) => sqlite::describe(&mut *acquired(pool).await?, origin, sql).await,
                Pool::Postgres(sessions) => {
                    let mut transaction = sessions.begin().await?;
                    let described = postgres::describe(&mut transaction, origin, sql).await;
                    postgres::settle(transaction, described).await
                }
                Pool::Mariadb(pool) => mariadb::describe(&mut *acquired(pool).await?, origin, sql).await,
            }
        })
        .await
    }

    /// The answer as a frame: in schema order, absent nullable columns as NULLs, sorted by grain (by all columns where
    /// the grain is empty), so that every engine gives the same frame. Rows are streamed into typed columns.
    ///
    /// # Errors
    /// What the engine refuses; [`WarehouseError::Contract`] with column and row when the answer is not as expected.
    pub async fn read(&self, side: Side, query: &Query<'_>) -> Result<DataFrame, WarehouseError> {
        let sound = within(BULK, query.origin, async {
            match self.pool(side) {
                Pool::Sqlite(pool) => sqlite::read(&mut *acquired(pool).await?, query).await,
                Pool::Postgres(sessions) => {
                    let mut transaction = sessions.begin().await?;
                    let read = postgres::read(&mut transaction, query).await;
                    postgres::settle(transaction, read).await
                }
                Pool::Mariadb(pool) => mariadb::read(&mut *acquired(pool).await?, query).await,
            }
        });
        sound.await.map(|(frame, _)| frame)
    }

    /// A small answer without a schema; placeholders are `$1`, `$2` ... on every engine. On SQLite dates and instants
    /// come as text: read them with [`Value::as_date`] and [`Value::as_instant`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn read_values(&self, side: Side, sql: &str, binds: &[Value]) -> Result<Vec<Vec<Value>>, WarehouseError> {
        self.read_within(QUICK, side, sql, binds).await
    }

    async fn read_within(
        &self,
        limit: Duration,
        side: Side,
        sql: &str,
        binds: &[Value],
    ) -> Result<Vec<Vec<Value>>, WarehouseError> {
        within(limit, "warehouse", async {
            match self.pool(side) {
                Pool::Sqlite(pool) => sqlite::read_values(&mut *acquired(pool).await?, sql, binds).await,
                Pool::Postgres(sessions) => {
                    let mut transaction = sessions.begin().await?;
                    let values = postgres::read_values(&mut transaction, sql, binds).await;
                    postgres::settle(transaction, values).await
                }
                Pool::Mariadb(pool) => mariadb::read_values(&mut *acquired(pool).await?, sql, binds).await,
            }
        })
        .await
    }

    /// The same for SQL from a project's file, with binds as `:name`.
    ///
    /// # Errors
    /// What the engine refuses; a bind that is not among `binds`.
    pub async fn read_named(
        &self,
        side: Side,
        origin: &str,
        sql: &str,
        binds: &[(&str, Value)],
    ) -> Result<Vec<Vec<Value>>, WarehouseError> {
        let (sql, values) = statement::positional(origin, sql, binds, self.dialect(side))?;
        self.read_within(BULK, side, &sql, &values).await.map_err(|error| error.of_file(origin))
    }

    /// Runs a statement and returns how many rows it changed; without binds the text may hold several statements.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn execute(&self, side: Side, sql: &str, binds: &[Value]) -> Result<u64, WarehouseError> {
        within(QUICK, "warehouse", async {
            match self.pool(side) {
                Pool::Sqlite(pool) => sqlite::execute(&mut *acquired(pool).await?, sql, binds).await,
                Pool::Postgres(sessions) => {
                    let mut transaction = sessions.begin().await?;
                    let done = postgres::execute(&mut transaction, sql, binds).await;
                    postgres::settle(transaction, done).await
                }
                Pool::Mariadb(pool) => mariadb::execute(&mut *acquired(pool).await?, sql, binds).await,
            }
        })
        .await
    }

    /// Begins to read [`Side::Source`] as it is at one moment: what others write from then on is not seen, and nothing can be written.
    ///
    /// # Errors
    /// When the warehouse cannot be reached.
    pub async fn snapshot(&self) -> Result<Transaction, WarehouseError> {
        within(QUICK, "begin to read", async {
            match &self.source {
                Pool::Sqlite(pool) => Transaction::snapshot_of_sqlite(pool).await,
                Pool::Postgres(sessions) => sessions.snapshot().await.map(Transaction::of_postgres),
                Pool::Mariadb(pool) => Transaction::snapshot_of_mariadb(pool).await,
            }
        })
        .await
    }

    /// Begins a transaction on [`Side::Target`]; on SQLite it holds the write lock from the start.
    ///
    /// # Errors
    /// [`WarehouseError::Busy`] when another writer does not finish within 30 seconds.
    pub async fn begin(&self) -> Result<Transaction, WarehouseError> {
        within(QUICK, "begin", async {
            match &self.target {
                Pool::Sqlite(pool) => Transaction::begin_sqlite(pool).await,
                Pool::Postgres(sessions) => sessions.begin().await.map(Transaction::of_postgres),
                Pool::Mariadb(pool) => Transaction::begin_mariadb(pool).await,
            }
        })
        .await
    }

    /// What the clock of the target's server says, in microseconds since 1970; `None` where there is no server.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn server_micros(&self) -> Result<Option<i64>, WarehouseError> {
        let sql = match self.dialect(Side::Target) {
            Dialect::Sqlite => return Ok(None),
            Dialect::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
            Dialect::Mariadb => "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
        };
        // Asked before anything else: a server that does not answer is known by it.
        let rows = within(AT_ONCE, "the server's clock", self.read_values(Side::Target, sql, &[])).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_integer))
    }

    /// Whether there is a table or view of that name.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn table_exists(&self, side: Side, name: &str) -> Result<bool, WarehouseError> {
        let (sql, bind) = self.dialect(side).exists_sql(name);
        let rows = self.read_values(side, sql, &[bind]).await?;
        Ok(counts_some(&rows))
    }

    /// Whether the retailer's tables and ours are in one database, so that one reading can see both.
    pub fn is_one_database(&self) -> bool {
        self.is_one_database
    }

    /// Closes all connections; on SQLite this also folds the write-ahead log into the file.
    pub async fn close(&self) {
        for pool in [&self.source, &self.target] {
            match pool {
                Pool::Sqlite(pool) => pool.close().await,
                Pool::Postgres(sessions) => sessions.pool.close().await,
                Pool::Mariadb(pool) => pool.close().await,
            }
        }
    }

    fn pool(&self, side: Side) -> &Pool {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

impl Pool {
    async fn open(url: &WarehouseUrl, config: &WarehouseConfig, access: Access) -> Result<Self, WarehouseError> {
        Ok(match url.dialect()? {
            Dialect::Sqlite => Self::Sqlite(sqlite::open(url, access, config.create == Create::Everything).await?),
            Dialect::Postgres => {
                let create = config.create >= Create::Schema;
                Self::Postgres(postgres::Sessions::open(url, &config.schema, access, create).await?)
            }
            Dialect::Mariadb => Self::Mariadb(mariadb::open(url, access).await?),
        })
    }
}

/// What a pool of connections is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Our own tables.
    Write,
    /// The retailer's, elsewhere; the engine refuses to write.
    Read,
    /// The retailer's in the database that also has ours, which is open already; the engine refuses to write all the same. Connects
    /// when it is first used.
    ReadWhereWeWrite,
}

impl Access {
    const fn is_read_only(self) -> bool {
        !matches!(self, Self::Write)
    }
}

/// Whether an answer is one count, and more than none.
fn counts_some(rows: &[Vec<Value>]) -> bool {
    rows.first().and_then(|row| row.first()).and_then(Value::as_integer).is_some_and(|count| count > 0)
}

/// How long a server may take to say what time it is.
const AT_ONCE: Duration = Duration::from_secs(20);
/// How long a question of ours, or a statement of the ledger, may take. Writers wait 30 seconds for each other.
const QUICK: Duration = Duration::from_mins(5);
/// How long it may take to read a dataset, to write a publication or to ask an audit.
const BULK: Duration = Duration::from_hours(1);

/// The answer, or [`WarehouseError::Busy`] where there is none in time: a server that has frozen says nothing at all.
fn within<T>(
    limit: Duration,
    origin: &str,
    answer: impl Future<Output = Result<T, WarehouseError>> + Send,
) -> impl Future<Output = Result<T, WarehouseError>> + Send {
    // Boxed before anybody waits for it: three engines make a future too large to be carried through every caller.
    let answer = Box::pin(answer);
    async move {
        tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
            let message = format!("no answer within {} s", limit.as_secs());
            Err(WarehouseError::Busy { origin: origin.to_owned(), message })
        })
    }
}

async fn acquired<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> Result<sqlx::pool::PoolConnection<DB>, WarehouseError> {
    pool.acquire().await.map_err(|error| WarehouseError::from_sqlx("connect", String::new(), &error))
}
