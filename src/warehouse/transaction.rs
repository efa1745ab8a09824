//! A transaction: on our own side of the warehouse, or a reading of the retailer's.

use polars::prelude::DataFrame;

use super::dialect::columns_sql;
use super::{BULK, Dialect, QUICK, Query, Value, WarehouseError, counts_some, mariadb, postgres, sqlite, within};
use crate::contract::Quarantine;
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
    Mariadb(sqlx::Transaction<'static, sqlx::MySql>),
}

impl Transaction {
    /// Takes the write lock at once on SQLite: a lock taken later could fail in the middle.
    pub(super) async fn begin_sqlite(pool: &sqlx::SqlitePool) -> Result<Self, WarehouseError> {
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| failed("begin", &error))?;
        Ok(Self { inner: Inner::Sqlite(transaction) })
    }

    /// What a deferred transaction reads first fixes what it sees; in a write-ahead log nobody waits for it.
    pub(super) async fn snapshot_of_sqlite(pool: &sqlx::SqlitePool) -> Result<Self, WarehouseError> {
        let transaction = pool.begin_with("BEGIN DEFERRED").await.map_err(|error| failed("begin to read", &error))?;
        Ok(Self { inner: Inner::Sqlite(transaction) })
    }

    /// Tables of engines without transactions, such as MyISAM, are read as they are at the moment of each statement.
    pub(super) async fn snapshot_of_mariadb(pool: &sqlx::MySqlPool) -> Result<Self, WarehouseError> {
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        let transaction = pool.begin_with(begin).await.map_err(|error| failed("begin to read", &error))?;
        Ok(Self { inner: Inner::Mariadb(transaction) })
    }

    pub(super) fn of_postgres(transaction: sqlx::Transaction<'static, sqlx::Postgres>) -> Self {
        Self { inner: Inner::Postgres(transaction) }
    }

    pub(super) async fn begin_mariadb(pool: &sqlx::MySqlPool) -> Result<Self, WarehouseError> {
        let transaction = pool.begin().await.map_err(|error| failed("begin", &error))?;
        Ok(Self { inner: Inner::Mariadb(transaction) })
    }

    /// The engine.
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
            Inner::Mariadb(_) => Dialect::Mariadb,
        }
    }

    /// See [`super::Warehouse::execute`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn execute(&mut self, sql: &str, binds: &[Value]) -> Result<u64, WarehouseError> {
        within(BULK, "warehouse", async {
            match &mut self.inner {
                Inner::Sqlite(transaction) => sqlite::execute(transaction, sql, binds).await,
                Inner::Postgres(transaction) => postgres::execute(transaction, sql, binds).await,
                Inner::Mariadb(transaction) => mariadb::execute(transaction, sql, binds).await,
            }
        })
        .await
    }

    /// See [`super::Warehouse::read_values`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn read_values(&mut self, sql: &str, binds: &[Value]) -> Result<Vec<Vec<Value>>, WarehouseError> {
        within(QUICK, "warehouse", async {
            match &mut self.inner {
                Inner::Sqlite(transaction) => sqlite::read_values(transaction, sql, binds).await,
                Inner::Postgres(transaction) => postgres::read_values(transaction, sql, binds).await,
                Inner::Mariadb(transaction) => mariadb::read_values(transaction, sql, binds).await,
            }
        })
        .await
    }

    /// See [`super::Warehouse::table_exists`].
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn table_exists(&mut self, name: &str) -> Result<bool, WarehouseError> {
        let (sql, bind) = self.dialect().exists_sql(name);
        Ok(counts_some(&self.read_values(sql, &[bind]).await?))
    }

    /// The answer as a frame, see [`super::Warehouse::read`], with what was left out of it where the query allows a quarantine.
    ///
    /// # Errors
    /// What the engine refuses; [`WarehouseError::Contract`] when the answer is not as expected, or more is left out than the query
    /// allows.
    pub async fn read_sound(&mut self, query: &Query<'_>) -> Result<(DataFrame, Quarantine), WarehouseError> {
        within(BULK, query.origin, async {
            match &mut self.inner {
                Inner::Sqlite(transaction) => sqlite::read(transaction, query).await,
                Inner::Postgres(transaction) => postgres::read(transaction, query).await,
                Inner::Mariadb(transaction) => mariadb::read(transaction, query).await,
            }
        })
        .await
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
        within(BULK, table, async {
            match &mut self.inner {
                Inner::Sqlite(transaction) => sqlite::insert(transaction, table, columns, frame).await,
                Inner::Postgres(transaction) => postgres::insert(transaction, table, columns, frame).await,
                Inner::Mariadb(transaction) => mariadb::insert(transaction, table, columns, frame).await,
            }
        })
        .await
    }

    /// Creates a table that is not there yet, see [`Transaction::define`]; an empty primary key means none.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn create_table(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        primary_key: &[&str],
    ) -> Result<(), WarehouseError> {
        self.define(&columns_sql(self.dialect(), table, columns, primary_key, false)).await
    }

    /// Runs a statement that creates, changes or drops a table or an index. On MariaDB that ends the transaction and begins another:
    /// what was done before stays, and so does this.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn define(&mut self, sql: &str) -> Result<(), WarehouseError> {
        self.execute(sql, &[]).await?;
        if self.dialect() == Dialect::Mariadb {
            self.execute("START TRANSACTION", &[]).await?;
        }
        Ok(())
    }

    /// Tells PostgreSQL's planner what is in a table: queries on rows that have just been written are planned as if there
    /// were hardly any, and a join of thousands then takes minutes. SQLite plans without it.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn refresh_statistics(&mut self, table: &str) -> Result<(), WarehouseError> {
        match self.dialect() {
            // On MariaDB ANALYZE TABLE would commit; InnoDB counts by itself.
            Dialect::Sqlite | Dialect::Mariadb => Ok(()),
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
        within(BULK, "commit", async {
            let done = match self.inner {
                Inner::Sqlite(transaction) => transaction.commit().await,
                Inner::Postgres(transaction) => transaction.commit().await,
                Inner::Mariadb(transaction) => transaction.commit().await,
            };
            done.map_err(|error| failed("commit", &error))
        })
        .await
    }

    /// Undoes it all.
    ///
    /// # Errors
    /// When the connection is gone; then it is undone as well.
    pub async fn rollback(self) -> Result<(), WarehouseError> {
        within(QUICK, "rollback", async {
            let done = match self.inner {
                Inner::Sqlite(transaction) => transaction.rollback().await,
                Inner::Postgres(transaction) => transaction.rollback().await,
                Inner::Mariadb(transaction) => transaction.rollback().await,
            };
            done.map_err(|error| failed("rollback", &error))
        })
        .await
    }
}

fn failed(step: &str, error: &sqlx::Error) -> WarehouseError {
    WarehouseError::from_sqlx(step, String::new(), error)
}
