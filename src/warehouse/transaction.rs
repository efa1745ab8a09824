//! A transaction on our own side of the warehouse.

use polars::prelude::DataFrame;

use super::dialect::columns_sql;
use super::{Dialect, Value, WarehouseError, postgres, sqlite};
use crate::table::Column;

/// Everything between its beginning and [`Transaction::commit`] happens, or nothing does; dropping it rolls back.
#[derive(Debug)]
pub struct Transaction {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    /// Takes the write lock at once on SQLite: a lock taken later could fail in the middle.
    pub(super) async fn begin_sqlite(pool: &sqlx::SqlitePool) -> Result<Self, WarehouseError> {
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| failed("begin", &error))?;
        Ok(Self { inner: Inner::Sqlite(transaction) })
    }

    pub(super) async fn begin_postgres(pool: &sqlx::PgPool) -> Result<Self, WarehouseError> {
        let transaction = pool.begin().await.map_err(|error| failed("begin", &error))?;
        Ok(Self { inner: Inner::Postgres(transaction) })
    }

    /// The engine.
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// See [`super::Warehouse::execute`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn execute(&mut self, sql: &str, binds: &[Value]) -> Result<u64, WarehouseError> {
        match &mut self.inner {
            Inner::Sqlite(transaction) => sqlite::execute(transaction, sql, binds).await,
            Inner::Postgres(transaction) => postgres::execute(transaction, sql, binds).await,
        }
    }

    /// See [`super::Warehouse::read_values`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn read_values(&mut self, sql: &str, binds: &[Value]) -> Result<Vec<Vec<Value>>, WarehouseError> {
        match &mut self.inner {
            Inner::Sqlite(transaction) => sqlite::read_values(transaction, sql, binds).await,
            Inner::Postgres(transaction) => postgres::read_values(transaction, sql, binds).await,
        }
    }

    /// Writes all rows of a frame, in order; `columns` says which columns and of which types. Returns how many rows.
    ///
    /// # Errors
    /// A frame that does not fit the columns; what the engine refuses.
    pub async fn insert(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        frame: &DataFrame,
    ) -> Result<u64, WarehouseError> {
        match &mut self.inner {
            Inner::Sqlite(transaction) => sqlite::insert(transaction, table, columns, frame).await,
            Inner::Postgres(transaction) => postgres::insert(transaction, table, columns, frame).await,
        }
    }

    /// Creates a table that is not there yet; an empty primary key means none.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn create_table(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        primary_key: &[&str],
    ) -> Result<(), WarehouseError> {
        let sql = columns_sql(self.dialect(), table, columns, primary_key, false);
        self.execute(&sql, &[]).await.map(|_| ())
    }

    /// Tells PostgreSQL's planner what is in a table: queries on rows that have just been written are planned as if there
    /// were hardly any, and a join of thousands then takes minutes. SQLite plans without it.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn refresh_statistics(&mut self, table: &str) -> Result<(), WarehouseError> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                let sql = format!("ANALYZE {}", Dialect::Postgres.quote(table));
                self.execute(&sql, &[]).await.map(|_| ())
            }
        }
    }

    /// Makes it all happen.
    ///
    /// # Errors
    /// When the engine cannot; then nothing has happened.
    pub async fn commit(self) -> Result<(), WarehouseError> {
        let done = match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await,
            Inner::Postgres(transaction) => transaction.commit().await,
        };
        done.map_err(|error| failed("commit", &error))
    }

    /// Undoes it all.
    ///
    /// # Errors
    /// When the connection is gone; then it is undone as well.
    pub async fn rollback(self) -> Result<(), WarehouseError> {
        let done = match self.inner {
            Inner::Sqlite(transaction) => transaction.rollback().await,
            Inner::Postgres(transaction) => transaction.rollback().await,
        };
        done.map_err(|error| failed("rollback", &error))
    }
}

fn failed(step: &str, error: &sqlx::Error) -> WarehouseError {
    WarehouseError::from_sqlx(step, String::new(), error)
}
