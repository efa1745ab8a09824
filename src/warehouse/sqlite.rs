//! SQLite through sqlx.

use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use polars::prelude::DataFrame;
use sqlx::sqlite::{
    SqliteArguments, SqliteArgumentsBuffer, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteStatement, SqliteSynchronous, SqliteTypeInfo, SqliteValueRef,
};
use sqlx::{
    Arguments as _, Column as _, Decode, Encode, Executor as _, Row as _, Sqlite, Statement as _, Type, TypeInfo as _,
    ValueRef as _,
};

use super::frame_cells::cell_columns;
use super::statement::{Rewritten, bind_values, only_place_of, place, rewrite, vouch};
use super::{
    Access, Cell, DescribedColumn, Dialect, FoundColumn, FrameBuilder, Query, Value, WarehouseError, WarehouseUrl,
};
use crate::contract::Quarantine;
use crate::datasets::conform;
use crate::table::{Column, date_text, instant_text};

/// Rows that SQLite's thread may be ahead of us.
const ROWS_AHEAD: usize = 8_192;
/// How long it is left to fill them when there are none.
const FILLING: Duration = Duration::from_millis(1);

pub(super) async fn open(url: &WarehouseUrl, access: Access, create: bool) -> Result<SqlitePool, WarehouseError> {
    let fail = |error: sqlx::Error| WarehouseError::from_connect(url.redacted(), &error);
    let mut options: SqliteConnectOptions = url.reveal().parse().map_err(fail)?;
    if let Some(kind) = network_file_system(options.get_filename()) {
        return Err(WarehouseError::Connect {
            url: url.redacted(),
            message: format!(
                "the file lies on a network file system ({kind}), where two hosts would write into each other's pages"
            ),
            hint: "use a disk of this machine, or PostgreSQL or MariaDB for several hosts".to_owned(),
            transient: false,
        });
    }
    options = options.busy_timeout(Duration::from_secs(30)).foreign_keys(false).pragma("temp_store", "MEMORY");
    options = options.row_buffer_size(ROWS_AHEAD);
    options = if access.is_read_only() {
        options.read_only(true)
    } else {
        options.create_if_missing(create).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal)
    };
    let pool = SqlitePoolOptions::new().max_connections(4);
    match access {
        Access::ReadWhereWeWrite => Ok(pool.connect_lazy_with(options)),
        Access::Read | Access::Write => pool.connect_with(options).await.map_err(fail),
    }
}

/// File systems of other machines: SQLite's locks and its shared memory do not reach across them.
const OF_THE_NETWORK: [&str; 11] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "lustre", "afs"];

/// The kind of the network file system that a file lies on, if it does; only Linux says.
fn network_file_system(file: &std::path::Path) -> Option<&'static str> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    network_mount(&mounts, &folder.canonicalize().ok()?)
}

/// The kind of the innermost mount above a folder, if it is one of the network's. Lines are `DEVICE FOLDER KIND OPTIONS`.
fn network_mount(mounts: &str, folder: &std::path::Path) -> Option<&'static str> {
    let innermost = mounts
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ').skip(1);
            // Blanks are written as `\040` there.
            Some((parts.next()?.replace("\\040", " "), parts.next()?))
        })
        .filter(|(mount, _)| folder.starts_with(mount))
        // Of two at one place the later one lies over the other.
        .max_by_key(|(mount, _)| mount.len())?;
    OF_THE_NETWORK.into_iter().find(|kind| *kind == innermost.1)
}

pub(super) async fn describe(
    connection: &mut SqliteConnection,
    origin: &str,
    sql: &str,
) -> Result<Vec<DescribedColumn>, WarehouseError> {
    let (_, statement) = prepare(connection, origin, sql).await?;
    let describe = |column: &sqlx::sqlite::SqliteColumn| DescribedColumn {
        name: column.name().to_owned(),
        sql_type: column.type_info().name().to_owned(),
    };
    Ok(statement.columns().iter().map(describe).collect())
}

pub(super) async fn read(
    connection: &mut SqliteConnection,
    query: &Query<'_>,
) -> Result<(DataFrame, Quarantine), WarehouseError> {
    let (rewritten, statement) = prepare(connection, query.origin, query.sql).await?;
    let found: Vec<FoundColumn> = statement
        .columns()
        .iter()
        .map(|column| FoundColumn {
            name: column.name().to_owned(),
            declared_flag: column.type_info().name() == "BOOLEAN",
        })
        .collect();
    let mut builder = FrameBuilder::new(query.expectation(), &found, 1024)?;
    let binds = bind_values(query.origin, &rewritten.names, &query.binds)?;
    let arguments = arguments(query.origin, binds)?;
    let mut rows = connection.fetch(sqlx::query_with(vouch(&rewritten.sql), arguments));
    let failed = |error: sqlx::Error| sql_error(query.origin, query.sql, &error);
    let (mut batch, mut number, mut ended) = (Vec::with_capacity(ROWS_AHEAD), 0, false);
    while !ended {
        // The rows come from a thread of SQLite's own, through a channel. What is there is taken out at once and looked at
        // after: a channel that stays full, or empty, would make one thread wake the other for every single row, at several
        // times the price of the row.
        while batch.len() < ROWS_AHEAD {
            match futures_util::poll!(rows.next()) {
                Poll::Ready(Some(row)) => batch.push(row.map_err(failed)?),
                Poll::Ready(None) => {
                    ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        if batch.is_empty() && !ended {
            if number == 0 {
                match rows.next().await {
                    Some(row) => batch.push(row.map_err(failed)?),
                    None => ended = true,
                }
            } else {
                tokio::time::sleep(FILLING).await;
            }
        }
        for row in batch.drain(..) {
            number += 1;
            for column in 0..found.len() {
                let value = row.try_get_raw(column).map_err(failed)?;
                builder.push(column, number, cell(value))?;
            }
        }
    }
    drop(rows);
    let (frame, quarantine) = builder.finish()?;
    Ok((conform(frame, &query.expectation())?, quarantine))
}

pub(super) async fn read_values(
    connection: &mut SqliteConnection,
    sql: &str,
    binds: &[Value],
) -> Result<Vec<Vec<Value>>, WarehouseError> {
    let arguments = arguments(OWN, binds)?;
    let fail = |error: sqlx::Error| sql_error(OWN, sql, &error);
    let rows: Vec<SqliteRow> = connection.fetch_all(sqlx::query_with(vouch(sql), arguments)).await.map_err(fail)?;
    rows.iter()
        .map(|row| (0..row.len()).map(|at| Ok(cell(row.try_get_raw(at).map_err(fail)?).into_value())).collect())
        .collect()
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    sql: &str,
    binds: &[Value],
) -> Result<u64, WarehouseError> {
    let done = if binds.is_empty() {
        connection.execute(sqlx::raw_sql(vouch(sql))).await
    } else {
        connection.execute(sqlx::query_with(vouch(sql), arguments(OWN, binds)?)).await
    };
    done.map(|done| done.rows_affected()).map_err(|error| sql_error(OWN, sql, &error))
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    table: &str,
    columns: &[Column<'_>],
    frame: &DataFrame,
) -> Result<u64, WarehouseError> {
    let dialect = Dialect::Sqlite;
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
        let mut arguments = SqliteArguments::default();
        arguments.reserve((end - row) * columns.len(), 0);
        for row in row..end {
            for column in &cells {
                arguments.add(Bind(column.get(row))).map_err(|error| encode_error(table, &error))?;
            }
        }
        let sql = if end - row == rows_per_insert { full.clone() } else { vouch(&sql_of(end - row)) };
        let place = format!(" rows {} to {end}", row + 1);
        connection
            .execute(sqlx::query_with(sql, arguments))
            .await
            .map_err(|error| WarehouseError::from_sqlx(&format!("insert into `{table}`"), place, &error))?;
        row = end;
    }
    Ok(frame.height() as u64)
}

/// The origin of statements of our own.
const OWN: &str = "warehouse";

async fn prepare(
    connection: &mut SqliteConnection,
    origin: &str,
    sql: &str,
) -> Result<(Rewritten, SqliteStatement), WarehouseError> {
    let rewritten = rewrite(sql, Dialect::Sqlite);
    let statement = connection.prepare(vouch(&rewritten.sql)).await.map_err(|error| sql_error(origin, sql, &error))?;
    Ok((rewritten, statement))
}

fn cell(value: SqliteValueRef<'_>) -> Cell<'_> {
    if value.is_null() {
        return Cell::Null;
    }
    // The type of the value itself: a declared type promises nothing in SQLite.
    match value.type_info().name() {
        "INTEGER" | "BOOLEAN" => <i64 as Decode<Sqlite>>::decode(value).map_or_else(|_| undecodable(), Cell::Integer),
        "REAL" => <f64 as Decode<Sqlite>>::decode(value).map_or_else(|_| undecodable(), Cell::Real),
        "TEXT" => <&str as Decode<Sqlite>>::decode(value).map_or_else(|_| undecodable(), Cell::Text),
        other => Cell::Other(other.to_owned()),
    }
}

fn undecodable() -> Cell<'static> {
    Cell::Other("text that is not UTF-8".to_owned())
}

/// SQLite names the word it stumbled over, not its place.
fn sql_error(origin: &str, sql: &str, error: &sqlx::Error) -> WarehouseError {
    let message = error.to_string();
    let word = ["no such column: ", "no such table: ", "no such function: ", "near \""]
        .iter()
        .find_map(|lead| message.split_once(lead))
        .map(|(_, rest)| rest.split(['"', ' ', ':']).next().unwrap_or(""));
    let offset = word.and_then(|word| only_place_of(sql, word));
    let place = offset.map_or_else(String::new, |offset| {
        let (line, column, text) = place(sql, offset);
        format!(" line {line}, column {column}, `{}`", text.trim())
    });
    WarehouseError::from_sqlx(origin, place, error)
}

fn encode_error(origin: &str, error: &sqlx::error::BoxDynError) -> WarehouseError {
    WarehouseError::Frame { table: origin.to_owned(), message: error.to_string() }
}

fn arguments<'v>(origin: &str, values: impl IntoIterator<Item = &'v Value>) -> Result<SqliteArguments, WarehouseError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        arguments.add(Bind(Cell::of(value))).map_err(|error| encode_error(origin, &error))?;
    }
    Ok(arguments)
}

/// A cell as SQLite stores it.
struct Bind<'c>(Cell<'c>);

impl Type<Sqlite> for Bind<'_> {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Bind<'_> {
    fn encode_by_ref(
        &self,
        buffer: &mut SqliteArgumentsBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        match &self.0 {
            Cell::Null | Cell::Other(_) => Ok(sqlx::encode::IsNull::Yes),
            Cell::Integer(number) => <i64 as Encode<Sqlite>>::encode_by_ref(number, buffer),
            Cell::Real(number) | Cell::Decimal(number) => <f64 as Encode<Sqlite>>::encode_by_ref(number, buffer),
            Cell::Text(text) => <&str as Encode<Sqlite>>::encode_by_ref(text, buffer),
            Cell::Owned(text) => <String as Encode<Sqlite>>::encode_by_ref(text, buffer),
            Cell::Date(days) => <String as Encode<Sqlite>>::encode(date_text(*days), buffer),
            Cell::Naive(micros) | Cell::Instant(micros) => {
                <String as Encode<Sqlite>>::encode(instant_text(*micros), buffer)
            }
            Cell::Flag(flag) => <i64 as Encode<Sqlite>>::encode(i64::from(*flag), buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_machine_is_known_by_its_mount() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\nfiler:/shops /srv/my\\040shops nfs4 rw 0 0\n/dev/sdb1 /srv/my\\040shops/fast ext4 rw 0 0\n";
        let kind = |folder: &str| network_mount(mounts, std::path::Path::new(folder));
        assert_eq!(kind("/srv/my shops/berlin"), Some("nfs4"));
        assert_eq!(kind("/srv/my shops/fast/berlin"), None);
        assert_eq!(kind("/opt/shop"), None);
    }
}
