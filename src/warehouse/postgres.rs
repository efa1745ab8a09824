//! PostgreSQL through sqlx.

use futures_util::TryStreamExt as _;
use polars::prelude::DataFrame;
use sqlx::postgres::{
    PgArgumentBuffer, PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgErrorPosition, PgPool,
    PgPoolOptions, PgRow, PgStatement, PgTypeInfo, types::Oid,
};
use sqlx::{
    Arguments as _, Column as _, ConnectOptions as _, Connection as _, Encode, Executor as _, Postgres, Row as _,
    Statement as _, Type, TypeInfo as _,
};

use super::frame_cells::cell_columns;
use super::postgres_wire::{self, ColumnDecoder, CopyBuffer, oid};
use super::statement::{Rewritten, bind_values, place, rewrite, vouch};
use super::{Access, DescribedColumn, Dialect, FoundColumn, FrameBuilder, Query, Value, WarehouseError, WarehouseUrl};
use crate::contract::Quarantine;
use crate::datasets::conform;
use crate::table::Column;

/// How much a `COPY` sends at once.
const COPY_CHUNK_BYTES: usize = 1 << 20;

/// Connections of which nothing is expected from one transaction to the next: a pooler may hand every transaction to another server
/// process. What a session would be told once, every transaction is told; no prepared statement outlives its own.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    pub(super) pool: PgPool,
    is_read_only: bool,
    settings: String,
}

impl Sessions {
    /// Connects; `schema` is where our own tables live.
    pub(super) async fn open(
        url: &WarehouseUrl,
        schema: &str,
        access: Access,
        create: bool,
    ) -> Result<Self, WarehouseError> {
        let fail = |error: sqlx::Error| WarehouseError::from_connect(url.redacted(), &error);
        let options: PgConnectOptions = url.reveal().parse().map_err(fail)?;
        // Poolers refuse start-up options they do not know, and know no names of prepared statements. Numbers are sent in binary.
        let options = options.application_name("nightclerk").extra_float_digits(None).statement_cache_capacity(0);
        // A process of ours that was frozen in a transaction must not keep the others waiting for ever.
        let settings = format!(
            "SET LOCAL search_path = {}, public; SET LOCAL idle_in_transaction_session_timeout = '5min'; \
             SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'",
            Dialect::Postgres.quote(schema)
        );
        if access != Access::ReadWhereWeWrite {
            // A pool tries again for as long as it may; a wrong port should be told at once.
            let first = options.connect().await.map_err(fail)?;
            first.close().await.map_err(fail)?;
        }
        let pool = PgPoolOptions::new().max_connections(4).acquire_timeout(std::time::Duration::from_secs(30));
        let pool = match access {
            Access::ReadWhereWeWrite => pool.connect_lazy_with(options),
            Access::Read | Access::Write => pool.connect_with(options).await.map_err(fail)?,
        };
        let sessions = Self { pool, is_read_only: access.is_read_only(), settings };
        if create && access == Access::Write {
            sessions.create_schema(schema).await?;
        }
        Ok(sessions)
    }

    /// Asking first spares the right to create schemas where an administrator has made ours.
    async fn create_schema(&self, schema: &str) -> Result<(), WarehouseError> {
        let mut transaction = self.begin().await?;
        let known = read_values(
            &mut transaction,
            "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)",
            &[Value::Text(schema.to_owned())],
        )
        .await?;
        if known.first().and_then(|row| row.first()) != Some(&Value::Flag(true)) {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", Dialect::Postgres.quote(schema));
            execute(&mut transaction, &sql, &[]).await?;
        }
        settle(transaction, Ok(())).await
    }

    /// Begins a transaction; on connections that are for reading one that reads.
    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, Postgres>, WarehouseError> {
        self.begin_with(if self.is_read_only { "BEGIN READ ONLY" } else { "BEGIN" }).await
    }

    /// Begins to read what is there at one moment.
    pub(super) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Postgres>, WarehouseError> {
        self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await
    }

    async fn begin_with(&self, begin: &str) -> Result<sqlx::Transaction<'static, Postgres>, WarehouseError> {
        let begin = vouch(&format!("{begin}; {}", self.settings));
        self.pool.begin_with(begin).await.map_err(|error| WarehouseError::from_sqlx("begin", String::new(), &error))
    }
}

/// Ends a transaction of a single statement with what came of it.
pub(super) async fn settle<T>(
    transaction: sqlx::Transaction<'static, Postgres>,
    answer: Result<T, WarehouseError>,
) -> Result<T, WarehouseError> {
    let failed = |error: sqlx::Error| WarehouseError::from_sqlx("commit", String::new(), &error);
    match answer {
        Ok(answer) => transaction.commit().await.map_err(failed).map(|()| answer),
        Err(error) => {
            // The error counts; a connection that is gone has rolled back.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// Drops the statements that were prepared under a name: behind a pooler the server process is somebody else's next.
async fn forget_prepared(connection: &mut PgConnection) -> Result<(), WarehouseError> {
    execute(connection, "DEALLOCATE ALL", &[]).await.map(|_| ())
}

pub(super) async fn describe(
    connection: &mut PgConnection,
    origin: &str,
    sql: &str,
) -> Result<Vec<DescribedColumn>, WarehouseError> {
    let rewritten = rewrite(sql, Dialect::Postgres);
    let statement = prepare(connection, origin, sql, &rewritten, &[]).await?;
    let describe = |column: &sqlx::postgres::PgColumn| DescribedColumn {
        name: column.name().to_owned(),
        sql_type: column.type_info().name().to_owned(),
    };
    let columns = statement.columns().iter().map(describe).collect();
    forget_prepared(connection).await?;
    Ok(columns)
}

pub(super) async fn read(
    connection: &mut PgConnection,
    query: &Query<'_>,
) -> Result<(DataFrame, Quarantine), WarehouseError> {
    let rewritten = rewrite(query.sql, Dialect::Postgres);
    let fail = |error: sqlx::Error| sql_error(query.origin, query.sql, Some(&rewritten), &error);
    let binds = bind_values(query.origin, &rewritten.names, &query.binds)?;
    let types: Vec<PgTypeInfo> = binds.iter().map(|value| bind_type(value)).collect();
    let statement = prepare(connection, query.origin, query.sql, &rewritten, &types).await?;
    let found: Vec<FoundColumn> = statement.columns().iter().map(|column| FoundColumn::named(column.name())).collect();
    let decoders: Vec<ColumnDecoder> =
        statement.columns().iter().map(|column| ColumnDecoder::of(column.type_info())).collect();
    forget_prepared(connection).await?;
    let mut builder = FrameBuilder::new(query.expectation(), &found, 1024)?;
    let arguments = arguments(query.origin, binds)?;
    let mut rows = connection.fetch(sqlx::query_with(vouch(&rewritten.sql), arguments).persistent(false));
    let mut number = 0;
    while let Some(row) = rows.try_next().await.map_err(fail)? {
        number += 1;
        for (column, decoder) in decoders.iter().enumerate() {
            builder.push(column, number, decoder.cell(&row.try_get_raw(column).map_err(fail)?))?;
        }
    }
    drop(rows);
    let (frame, quarantine) = builder.finish()?;
    Ok((conform(frame, &query.expectation())?, quarantine))
}

pub(super) async fn read_values(
    connection: &mut PgConnection,
    sql: &str,
    binds: &[Value],
) -> Result<Vec<Vec<Value>>, WarehouseError> {
    let fail = |error: sqlx::Error| sql_error(OWN, sql, None, &error);
    let query = sqlx::query_with(vouch(sql), arguments(OWN, binds)?).persistent(false);
    let rows: Vec<PgRow> = connection.fetch_all(query).await.map_err(fail)?;
    rows.iter()
        .map(|row| {
            let cell = |(at, column): (usize, &sqlx::postgres::PgColumn)| {
                let value = row.try_get_raw(at).map_err(fail)?;
                Ok(ColumnDecoder::of(column.type_info()).cell(&value).into_value())
            };
            row.columns().iter().enumerate().map(cell).collect()
        })
        .collect()
}

pub(super) async fn execute(connection: &mut PgConnection, sql: &str, binds: &[Value]) -> Result<u64, WarehouseError> {
    let done = if binds.is_empty() {
        connection.execute(sqlx::raw_sql(vouch(sql))).await
    } else {
        connection.execute(sqlx::query_with(vouch(sql), arguments(OWN, binds)?).persistent(false)).await
    };
    done.map(|done| done.rows_affected()).map_err(|error| sql_error(OWN, sql, None, &error))
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    table: &str,
    columns: &[Column<'_>],
    frame: &DataFrame,
) -> Result<u64, WarehouseError> {
    let origin = format!("copy into `{table}`");
    let fail = |error: sqlx::Error| WarehouseError::from_sqlx(&origin, String::new(), &error);
    let mut frame = frame.clone();
    frame.rechunk_mut();
    let cells = cell_columns(table, columns, &frame)?;
    let names: Vec<String> = columns.iter().map(|column| Dialect::Postgres.quote(column.name)).collect();
    let sql = format!("COPY {} ({}) FROM STDIN (FORMAT BINARY)", Dialect::Postgres.quote(table), names.join(", "));
    let mut copy = connection.copy_in_raw(&sql).await.map_err(fail)?;
    let mut buffer = CopyBuffer::new(COPY_CHUNK_BYTES);
    for row in 0..frame.height() {
        buffer.begin_row(columns.len());
        for column in &cells {
            buffer.push(&column.get(row));
        }
        if buffer.len() >= COPY_CHUNK_BYTES {
            copy.send(buffer.take()).await.map_err(fail)?;
        }
    }
    copy.send(buffer.finish()).await.map_err(fail)?;
    copy.finish().await.map_err(fail)
}

/// The origin of statements of our own.
const OWN: &str = "warehouse";

async fn prepare(
    connection: &mut PgConnection,
    origin: &str,
    sql: &str,
    rewritten: &Rewritten,
    types: &[PgTypeInfo],
) -> Result<PgStatement, WarehouseError> {
    connection
        .prepare_with(vouch(&rewritten.sql), types)
        .await
        .map_err(|error| sql_error(origin, sql, Some(rewritten), &error))
}

/// The engine counts characters in the statement it got; people read the one in their file.
fn sql_error(origin: &str, sql: &str, rewritten: Option<&Rewritten>, error: &sqlx::Error) -> WarehouseError {
    let position = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .and_then(PgDatabaseError::position);
    let place = match position {
        Some(PgErrorPosition::Original(position)) => {
            let offset = position.saturating_sub(1);
            let offset = rewritten.map_or(offset, |rewritten| rewritten.original_offset(offset));
            let (line, column, text) = place(sql, offset);
            format!(" line {line}, column {column}, `{}`", text.trim())
        }
        _ => String::new(),
    };
    WarehouseError::from_sqlx(origin, place, error)
}

fn arguments<'v>(origin: &str, values: impl IntoIterator<Item = &'v Value>) -> Result<PgArguments, WarehouseError> {
    let mut arguments = PgArguments::default();
    for value in values {
        arguments
            .add(Bind(value))
            .map_err(|error| WarehouseError::Frame { table: origin.to_owned(), message: error.to_string() })?;
    }
    Ok(arguments)
}

fn bind_type(value: &Value) -> PgTypeInfo {
    PgTypeInfo::with_oid(Oid(match value {
        // 0 lets the server infer the type from where the parameter stands.
        Value::Null => 0,
        Value::Integer(_) => oid::INT8,
        Value::Real(_) => oid::FLOAT8,
        Value::Text(_) => oid::TEXT,
        Value::Date(_) => oid::DATE,
        Value::Instant(_) => oid::TIMESTAMPTZ,
        Value::Flag(_) => oid::BOOL,
    }))
}

/// A value in PostgreSQL's binary form.
struct Bind<'v>(&'v Value);

impl Type<Postgres> for Bind<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::TEXT))
    }
}

impl Encode<'_, Postgres> for Bind<'_> {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(bind_type(self.0))
    }

    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        match self.0 {
            Value::Null => return Ok(sqlx::encode::IsNull::Yes),
            Value::Integer(number) => buffer.extend_from_slice(&number.to_be_bytes()),
            Value::Real(number) => buffer.extend_from_slice(&number.to_be_bytes()),
            Value::Text(text) => buffer.extend_from_slice(text.as_bytes()),
            Value::Date(date) => {
                buffer.extend_from_slice(&postgres_wire::date_bytes(date.to_epoch_days()));
            }
            Value::Instant(micros) => buffer.extend_from_slice(&postgres_wire::instant_bytes(*micros)),
            Value::Flag(flag) => buffer.push(u8::from(*flag)),
        }
        Ok(sqlx::encode::IsNull::No)
    }
}
