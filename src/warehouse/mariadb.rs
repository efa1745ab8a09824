//! MariaDB through sqlx; the retailer's own tables may also be on MySQL.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use polars::prelude::DataFrame;
use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions, MySqlRow};
use sqlx::{
    Arguments as _, Column as _, ConnectOptions as _, Connection as _, Executor as _, Row as _, Statement as _,
    TypeInfo as _,
};

use super::frame_cells::cell_columns;
use super::mariadb_wire::{Bind, ColumnDecoder};
use super::statement::{bind_values, only_place_of, place, question_marks, rewrite, vouch};
use super::{
    Access, Cell, DescribedColumn, Dialect, FoundColumn, FrameBuilder, Query, Value, WarehouseError, WarehouseUrl,
};
use crate::contract::Quarantine;
use crate::datasets::conform;
use crate::table::Column;

/// What makes the engine read SQL as the others do: names in double quotes, `||` for concatenation, no escapes by backslash, values
/// that do not fit refused instead of bent.
const SQL_MODE: &str = "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
/// The expressions of an UPDATE see the row as it was. MySQL has no such mode, and none of our tables are there.
const MARIADB_ONLY: &str = ",SIMULTANEOUS_ASSIGNMENT";

/// Connects; our own tables live in the URL's database.
pub(super) async fn open(url: &WarehouseUrl, access: Access) -> Result<MySqlPool, WarehouseError> {
    let fail = |error: sqlx::Error| WarehouseError::from_connect(url.redacted(), &error);
    let options: MySqlConnectOptions = url.reveal().parse().map_err(fail)?;
    let read_only = access.is_read_only();
    // A pool tries again for as long as it may; a wrong port should be told at once.
    let mut first = options.connect().await.map_err(fail)?;
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut first).await.map_err(fail)?;
    first.close().await.map_err(fail)?;
    let is_mariadb = version.contains("MariaDB");
    if !is_mariadb && !read_only {
        return Err(WarehouseError::UnsupportedServer { url: url.redacted(), version });
    }
    // A process of ours that was frozen in a transaction must not keep the others waiting for ever.
    let (mode, idle) = if is_mariadb {
        ([SQL_MODE, MARIADB_ONLY].concat(), ", SESSION idle_transaction_timeout = 300")
    } else {
        (SQL_MODE.to_owned(), "")
    };
    // A snapshot is one of repeatable reads; who writes sees what others have committed, as on PostgreSQL.
    let level = if read_only { "REPEATABLE READ, READ ONLY" } else { "READ COMMITTED, READ WRITE" };
    let settings = format!(
        "SET SESSION sql_mode = '{mode}', SESSION time_zone = '+00:00', SESSION lock_wait_timeout = 30, \
         SESSION innodb_lock_wait_timeout = 30{idle}; \
         SET SESSION TRANSACTION ISOLATION LEVEL {level}"
    );
    MySqlPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(move |connection, _| {
            let settings = vouch(&settings);
            Box::pin(async move { connection.execute(sqlx::raw_sql(settings)).await.map(|_| ()) })
        })
        .connect_with(options)
        .await
        .map_err(fail)
}

pub(super) async fn describe(
    connection: &mut MySqlConnection,
    origin: &str,
    sql: &str,
) -> Result<Vec<DescribedColumn>, WarehouseError> {
    let (sent, _) = question_marks(&rewrite(sql, Dialect::Mariadb).sql);
    let statement = connection.prepare(vouch(&sent)).await.map_err(|error| sql_error(origin, sql, &error))?;
    let describe = |column: &sqlx::mysql::MySqlColumn| DescribedColumn {
        name: column.name().to_owned(),
        sql_type: column.type_info().name().to_owned(),
    };
    Ok(statement.columns().iter().map(describe).collect())
}

pub(super) async fn read(
    connection: &mut MySqlConnection,
    query: &Query<'_>,
) -> Result<(DataFrame, Quarantine), WarehouseError> {
    let fail = |error: sqlx::Error| sql_error(query.origin, query.sql, &error);
    let rewritten = rewrite(query.sql, Dialect::Mariadb);
    let (sent, order) = question_marks(&rewritten.sql);
    let known = bind_values(query.origin, &rewritten.names, &query.binds)?;
    let binds = order.iter().filter_map(|&position| known.get(position).copied());
    let statement = connection.prepare(vouch(&sent)).await.map_err(fail)?;
    let found: Vec<FoundColumn> = statement
        .columns()
        .iter()
        .map(|column| FoundColumn {
            name: column.name().to_owned(),
            declared_flag: column.type_info().name() == "BOOLEAN",
        })
        .collect();
    let mut builder = FrameBuilder::new(query.expectation(), &found, 1024)?;
    let arguments = arguments(query.origin, binds)?;
    let mut rows = connection.fetch(sqlx::query_with(vouch(&sent), arguments).persistent(false));
    // The types of what is bound are known only when it runs, and so are those of columns made of it.
    let mut decoders: Vec<ColumnDecoder> = Vec::new();
    let mut number = 0;
    while let Some(row) = rows.try_next().await.map_err(fail)? {
        if number == 0 {
            decoders = decoders_of(&row);
        }
        number += 1;
        for (column, decoder) in decoders.iter().enumerate() {
            builder.push(column, number, decoder.cell(row.try_get_raw(column).map_err(fail)?))?;
        }
    }
    drop(rows);
    let (frame, quarantine) = builder.finish()?;
    Ok((conform(frame, &query.expectation())?, quarantine))
}

pub(super) async fn read_values(
    connection: &mut MySqlConnection,
    sql: &str,
    binds: &[Value],
) -> Result<Vec<Vec<Value>>, WarehouseError> {
    let fail = |error: sqlx::Error| sql_error(OWN, sql, &error);
    let (sent, order) = question_marks(sql);
    let arguments = arguments(OWN, order.iter().filter_map(|&position| binds.get(position)))?;
    let query = sqlx::query_with(vouch(&sent), arguments);
    let rows: Vec<MySqlRow> = connection.fetch_all(query).await.map_err(fail)?;
    let decoders = rows.first().map(decoders_of).unwrap_or_default();
    rows.iter()
        .map(|row| {
            let cell = |(at, decoder): (usize, &ColumnDecoder)| {
                Ok(decoder.cell(row.try_get_raw(at).map_err(fail)?).into_value())
            };
            decoders.iter().enumerate().map(cell).collect()
        })
        .collect()
}

pub(super) async fn execute(
    connection: &mut MySqlConnection,
    sql: &str,
    binds: &[Value],
) -> Result<u64, WarehouseError> {
    let done = if binds.is_empty() {
        connection.execute(sqlx::raw_sql(vouch(sql))).await
    } else {
        let (sent, order) = question_marks(sql);
        let arguments = arguments(OWN, order.iter().filter_map(|&position| binds.get(position)))?;
        connection.execute(sqlx::query_with(vouch(&sent), arguments)).await
    };
    done.map(|done| done.rows_affected()).map_err(|error| sql_error(OWN, sql, &error))
}

pub(super) async fn insert(
    connection: &mut MySqlConnection,
    table: &str,
    columns: &[Column<'_>],
    frame: &DataFrame,
) -> Result<u64, WarehouseError> {
    let dialect = Dialect::Mariadb;
    let mut frame = frame.clone();
    frame.rechunk_mut();
    let cells = cell_columns(table, columns, &frame)?;
    let names: Vec<String> = columns.iter().map(|column| dialect.quote(column.name)).collect();
    let head = format!("INSERT INTO {} ({}) VALUES ", dialect.quote(table), names.join(", "));
    let one = format!("({})", vec!["?"; columns.len()].join(", "));
    let rows_per_insert = dialect.rows_per_insert(columns.len());
    let sql_of = |rows: usize| format!("{head}{}", vec![one.as_str(); rows].join(", "));
    let full = vouch(&sql_of(rows_per_insert));
    let mut row = 0;
    while row < frame.height() {
        let end = (row + rows_per_insert).min(frame.height());
        let mut arguments = MySqlArguments::default();
        arguments.reserve((end - row) * columns.len(), 0);
        for row in row..end {
            for column in &cells {
                arguments.add(Bind(column.get(row))).map_err(|error| encode_error(table, &error))?;
            }
        }
        // The statement of all full batches stays prepared; that of the rest is used once.
        let is_full = end - row == rows_per_insert;
        let sql = if is_full { full.clone() } else { vouch(&sql_of(end - row)) };
        let place = format!(" rows {} to {end}", row + 1);
        connection
            .execute(sqlx::query_with(sql, arguments).persistent(is_full))
            .await
            .map_err(|error| WarehouseError::from_sqlx(&format!("insert into `{table}`"), place, &error))?;
        row = end;
    }
    Ok(frame.height() as u64)
}

/// The origin of statements of our own.
const OWN: &str = "warehouse";

fn decoders_of(row: &MySqlRow) -> Vec<ColumnDecoder> {
    row.columns().iter().map(|column| ColumnDecoder::of(column.type_info())).collect()
}

/// The engine names a line, or the word it stumbled over.
fn sql_error(origin: &str, sql: &str, error: &sqlx::Error) -> WarehouseError {
    let message = error.to_string();
    let line = message.rsplit_once(" at line ").and_then(|(_, rest)| rest.trim().parse::<usize>().ok());
    let word = || {
        let (_, rest) =
            ["Unknown column '", "Table '", "FUNCTION "].iter().find_map(|lead| message.split_once(lead))?;
        // A table is named with its database, a function too.
        rest.split(['\'', ' ']).next()?.rsplit('.').next()
    };
    let place = if let Some(line) = line {
        format!(" line {line}, `{}`", sql.lines().nth(line.saturating_sub(1)).unwrap_or("").trim())
    } else if let Some(offset) = word().and_then(|word| only_place_of(sql, word)) {
        let (line, column, text) = place(sql, offset);
        format!(" line {line}, column {column}, `{}`", text.trim())
    } else {
        String::new()
    };
    WarehouseError::from_sqlx(origin, place, error)
}

fn encode_error(origin: &str, error: &sqlx::error::BoxDynError) -> WarehouseError {
    WarehouseError::Frame { table: origin.to_owned(), message: error.to_string() }
}

fn arguments<'v>(origin: &str, values: impl IntoIterator<Item = &'v Value>) -> Result<MySqlArguments, WarehouseError> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        arguments.add(Bind(Cell::of(value))).map_err(|error| encode_error(origin, &error))?;
    }
    Ok(arguments)
}
