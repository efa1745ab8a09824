//! Files: which pages and exports a publication has, whether they stand in their places, and which of them left the house.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_integer, as_text, text};
use super::runs::Claim;
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};

/// The front page: no run's own, it is written anew whenever a run is published.
pub const INDEX: &str = "index.html";

/// A page or an export of a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// The run that made it.
    pub run_id: i64,
    /// The job.
    pub job: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// Its place, from the output folder on.
    pub path: String,
    /// `pending` until it stands there, `written`, `obsolete` where the date was published anew without it, `withdrawn`.
    pub state: String,
    /// SHA-256 of its bytes in hexadecimal digits; empty for the front page.
    pub sha256: String,
    /// How many bytes.
    pub bytes: i64,
    /// Whether somebody outside acts on it.
    pub leaves: bool,
    /// Host and project folder that writes it.
    pub place: String,
    /// Since when it stands in its place, microseconds since 1970.
    pub written_us: Option<i64>,
}

const COLUMNS: &str = "run_id, job, as_of, path, state, sha256, bytes, leaves, place, written_us";

fn file_row(row: &[Value]) -> FileRow {
    FileRow {
        run_id: as_integer(row, 0),
        job: as_text(row, 1),
        as_of: as_date(row, 2),
        path: as_text(row, 3),
        state: as_text(row, 4),
        sha256: as_text(row, 5),
        bytes: as_integer(row, 6),
        leaves: matches!(row.get(7), Some(Value::Flag(true) | Value::Integer(1))),
        place: as_text(row, 8),
        written_us: match row.get(9) {
            Some(Value::Integer(micros)) => Some(*micros),
            _ => None,
        },
    }
}

/// A file that a publication is about to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its place, from the output folder on.
    pub path: String,
    /// SHA-256 of its bytes in hexadecimal digits.
    pub sha256: String,
    /// How many bytes.
    pub bytes: i64,
    /// Whether somebody outside acts on it.
    pub leaves: bool,
}

/// Inside the publishing transaction: the files of this publication are owed, those of the one it replaces are obsolete.
pub(in crate::runner) async fn owe(
    transaction: &mut Transaction,
    claim: &Claim,
    as_of: NaiveDate,
    files: &[NewFile],
    place: &str,
) -> Result<(), WarehouseError> {
    transaction
        .execute(
            "UPDATE nightclerk_files SET state = 'obsolete' WHERE job = $1 AND as_of = $2 AND run_id <> $3 \
             AND state IN ('pending', 'written')",
            &[text(&claim.job), Value::Date(as_of), Value::Integer(claim.run_id)],
        )
        .await?;
    let index = NewFile { path: INDEX.to_owned(), sha256: String::new(), bytes: 0, leaves: false };
    for file in files.iter().chain([&index]) {
        let sql = format!(
            "INSERT INTO nightclerk_files ({COLUMNS}) VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, NULL)"
        );
        let values = [
            Value::Integer(claim.run_id),
            text(&claim.job),
            Value::Date(as_of),
            text(&file.path),
            text(&file.sha256),
            Value::Integer(file.bytes),
            Value::Flag(file.leaves),
            text(place),
        ];
        transaction.execute(&sql, &values).await?;
    }
    Ok(())
}

/// Inside the publishing transaction, after old publications were forgotten: their files are forgotten too. What left the house is not.
pub(in crate::runner) async fn forget(transaction: &mut Transaction, job: &str) -> Result<(), WarehouseError> {
    let sql = "DELETE FROM nightclerk_files WHERE job = $1 AND NOT leaves AND state <> 'obsolete' \
               AND run_id NOT IN (SELECT run_id FROM nightclerk_publications WHERE job = $1)";
    transaction.execute(sql, &[text(job)]).await.map(|_| ())
}

/// The places, from the output folder on, of files that are kept whatever their age: those of publications that are kept, and what
/// left the house.
///
/// # Errors
/// When the warehouse refuses.
pub async fn kept(warehouse: &Warehouse) -> Result<BTreeSet<String>, WarehouseError> {
    let sql = "SELECT path FROM nightclerk_files f WHERE leaves OR state = 'pending' \
               OR EXISTS (SELECT 1 FROM nightclerk_publications p WHERE p.run_id = f.run_id)";
    let rows = warehouse.read_values(Side::Target, sql, &[]).await?;
    Ok(rows.iter().map(|row| as_text(row, 0)).collect())
}

/// The files in a state that a place has to deal with; all places where `place` is `None`.
///
/// # Errors
/// When the warehouse refuses.
pub async fn in_state(warehouse: &Warehouse, state: &str, place: Option<&str>) -> Result<Vec<FileRow>, WarehouseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nightclerk_files WHERE state = $1 AND ($2 = '' OR place = $2) ORDER BY run_id, path"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[text(state), text(place.unwrap_or_default())]).await?;
    Ok(rows.iter().map(|row| file_row(row)).collect())
}

/// The files of a publication, by path; the front page is not among them.
///
/// # Errors
/// When the warehouse refuses.
pub async fn of_run(warehouse: &Warehouse, run_id: i64) -> Result<Vec<FileRow>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS} FROM nightclerk_files WHERE run_id = $1 AND path <> '{INDEX}' ORDER BY path");
    let rows = warehouse.read_values(Side::Target, &sql, &[Value::Integer(run_id)]).await?;
    Ok(rows.iter().map(|row| file_row(row)).collect())
}

/// The places of all files of a job that the ledger knows.
///
/// # Errors
/// When the warehouse refuses.
pub async fn paths(warehouse: &Warehouse, job: &str) -> Result<BTreeSet<String>, WarehouseError> {
    let sql = "SELECT path FROM nightclerk_files WHERE job = $1";
    let rows = warehouse.read_values(Side::Target, sql, &[text(job)]).await?;
    Ok(rows.iter().map(|row| as_text(row, 0)).collect())
}

/// Whether another file in its place is owed or written for the same path: then an obsolete one is not to be removed.
///
/// # Errors
/// When the warehouse refuses.
pub async fn is_replaced(warehouse: &Warehouse, path: &str, place: &str) -> Result<bool, WarehouseError> {
    let sql = "SELECT run_id FROM nightclerk_files WHERE path = $1 AND place = $2 AND state IN ('pending', 'written')";
    Ok(!warehouse.read_values(Side::Target, sql, &[text(path), text(place)]).await?.is_empty())
}

/// Writes down that a file stands in its place.
///
/// # Errors
/// When the warehouse refuses.
pub async fn written(warehouse: &Warehouse, file: &FileRow, now_micros: i64) -> Result<(), WarehouseError> {
    let sql = "UPDATE nightclerk_files SET state = 'written', written_us = $1 WHERE run_id = $2 AND path = $3";
    let values = [Value::Integer(now_micros), Value::Integer(file.run_id), text(&file.path)];
    warehouse.execute(Side::Target, sql, &values).await.map(|_| ())
}

/// Forgets a file that is obsolete and gone.
///
/// # Errors
/// When the warehouse refuses.
pub async fn gone(warehouse: &Warehouse, file: &FileRow) -> Result<(), WarehouseError> {
    let sql = "DELETE FROM nightclerk_files WHERE run_id = $1 AND path = $2";
    warehouse.execute(Side::Target, sql, &[Value::Integer(file.run_id), text(&file.path)]).await.map(|_| ())
}

/// Writes down that the front page of a place shows everything up to a business date.
///
/// # Errors
/// When the warehouse refuses.
pub async fn index_written(warehouse: &Warehouse, place: &str, as_of: NaiveDate) -> Result<(), WarehouseError> {
    let sql = format!("DELETE FROM nightclerk_files WHERE path = '{INDEX}' AND place = $1 AND as_of <= $2");
    warehouse.execute(Side::Target, &sql, &[text(place), Value::Date(as_of)]).await.map(|_| ())
}

/// The file of a job's publication for a date on which somebody outside may have acted: it stands, or will stand, in its place, and the
/// publication was not withdrawn as not sent.
///
/// # Errors
/// When the warehouse refuses.
pub async fn left_the_house(
    warehouse: &Warehouse,
    job: &str,
    as_of: NaiveDate,
) -> Result<Option<FileRow>, WarehouseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nightclerk_files f WHERE f.job = $1 AND f.as_of = $2 AND f.leaves AND f.state IN ('pending', 'written') \
         AND EXISTS (SELECT 1 FROM nightclerk_publications p WHERE p.run_id = f.run_id AND p.state = 'published') ORDER BY path LIMIT 1"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job), Value::Date(as_of)]).await?;
    Ok(rows.first().map(|row| file_row(row)))
}

/// Writes down that somebody outside may act on a file from now on.
///
/// # Errors
/// When the warehouse refuses.
pub async fn leaves(warehouse: &Warehouse, file: &FileRow) -> Result<(), WarehouseError> {
    let sql = "UPDATE nightclerk_files SET leaves = $1 WHERE run_id = $2 AND path = $3";
    let values = [Value::Flag(true), Value::Integer(file.run_id), text(&file.path)];
    warehouse.execute(Side::Target, sql, &values).await.map(drop)
}

/// Inside the transaction that withdraws a publication: what leaves the house of it counts no more.
pub(super) async fn withdraw(transaction: &mut Transaction, run_id: i64) -> Result<(), WarehouseError> {
    let sql = "UPDATE nightclerk_files SET state = 'withdrawn' WHERE run_id = $1 AND leaves";
    transaction.execute(sql, &[Value::Integer(run_id)]).await.map(|_| ())
}
