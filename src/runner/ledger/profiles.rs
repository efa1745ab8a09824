//! What earlier nights looked like: days of datasets, columns of what was read and written, and what was left out.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cells::{as_date, as_integer, as_text, text};
use super::runs::Claim;
use crate::contract::Quarantined;
use crate::profile::{ColumnProfile, DayProfile, Days};
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};

/// Nights whose columns are remembered and compared with.
const NIGHTS: usize = 28;
/// Days whose sums are remembered.
const DAYS_KEPT: i64 = 420;

/// The columns of earlier nights by relation and column, newest night first.
pub type ColumnHistory = BTreeMap<(String, String), Vec<ColumnProfile>>;

/// The days of a dataset as earlier publications of the job found them.
///
/// # Errors
/// When the warehouse refuses.
pub async fn days(warehouse: &Warehouse, job: &str, dataset: &str) -> Result<Days, WarehouseError> {
    let sql = "SELECT day, n_rows, sums_json FROM nightclerk_days WHERE job = $1 AND dataset = $2";
    let rows = warehouse.read_values(Side::Target, sql, &[text(job), text(dataset)]).await?;
    Ok(rows.iter().map(|row| day_profile(row)).collect())
}

fn day_profile(row: &[Value]) -> (NaiveDate, DayProfile) {
    let sums = serde_json::from_str(&as_text(row, 2)).unwrap_or_default();
    (as_date(row, 0), DayProfile { rows: as_integer(row, 1).unsigned_abs(), sums })
}

/// Inside the publishing transaction: the days as this run found them, where they differ from what was known.
pub(in crate::runner) async fn keep_days(
    transaction: &mut Transaction,
    job: &str,
    dataset: &str,
    (known, found): (&Days, &Days),
    as_of: NaiveDate,
) -> Result<(), WarehouseError> {
    let oldest = as_of - chrono::TimeDelta::days(DAYS_KEPT);
    let forget = "DELETE FROM nightclerk_days WHERE job = $1 AND dataset = $2 AND day = $3";
    for (day, profile) in found.range(oldest..).filter(|(day, profile)| known.get(day) != Some(*profile)) {
        let key = [text(job), text(dataset), Value::Date(*day)];
        transaction.execute(forget, &key).await?;
        let sums = serde_json::to_string(&profile.sums).unwrap_or_else(|_| "[]".to_owned());
        let [job, dataset, day] = key;
        let values = [job, dataset, day, Value::Integer(profile.rows as i64), Value::Text(sums)];
        let sql = "INSERT INTO nightclerk_days (job, dataset, day, n_rows, sums_json) VALUES ($1, $2, $3, $4, $5)";
        transaction.execute(sql, &values).await?;
    }
    let forget = "DELETE FROM nightclerk_days WHERE job = $1 AND dataset = $2 AND day < $3";
    transaction.execute(forget, &[text(job), text(dataset), Value::Date(oldest)]).await.map(|_| ())
}

/// The columns of the job's earlier nights, before a business date.
///
/// # Errors
/// When the warehouse refuses.
pub async fn columns(warehouse: &Warehouse, job: &str, before: NaiveDate) -> Result<ColumnHistory, WarehouseError> {
    let oldest = before - chrono::TimeDelta::days(DAYS_KEPT);
    let sql = "SELECT relation, column_name, n_rows, n_nulls, n_zeros, n_negatives, total, median, p95 FROM nightclerk_profiles \
               WHERE job = $1 AND as_of < $2 AND as_of >= $3 ORDER BY as_of DESC";
    let binds = [text(job), Value::Date(before), Value::Date(oldest)];
    let rows = warehouse.read_values(Side::Target, sql, &binds).await?;
    let mut history = ColumnHistory::new();
    for row in &rows {
        let nights = history.entry((as_text(row, 0), as_text(row, 1))).or_default();
        if nights.len() < NIGHTS {
            let count = |place| as_integer(row, place).unsigned_abs();
            let number = |place: usize| row.get(place).and_then(Value::as_real).unwrap_or_default();
            nights.push(ColumnProfile {
                column: as_text(row, 1),
                rows: count(2),
                nulls: count(3),
                zeros: count(4),
                negatives: count(5),
                sum: number(6),
                median: number(7),
                p95: number(8),
                largest: Vec::new(),
            });
        }
    }
    Ok(history)
}

/// Inside the publishing transaction: the columns of what this night read and wrote.
pub(in crate::runner) async fn keep_columns(
    transaction: &mut Transaction,
    job: &str,
    as_of: NaiveDate,
    relations: &[(&str, &[ColumnProfile])],
) -> Result<(), WarehouseError> {
    let key = [text(job), Value::Date(as_of)];
    transaction.execute("DELETE FROM nightclerk_profiles WHERE job = $1 AND as_of = $2", &key).await?;
    for (relation, profiles) in relations {
        for profile in *profiles {
            let values = [
                text(job),
                Value::Date(as_of),
                text(relation),
                text(&profile.column),
                Value::Integer(profile.rows as i64),
                Value::Integer(profile.nulls as i64),
                Value::Integer(profile.zeros as i64),
                Value::Integer(profile.negatives as i64),
                Value::Real(profile.sum),
                Value::Real(profile.median),
                Value::Real(profile.p95),
            ];
            let sql = "INSERT INTO nightclerk_profiles \
                       (job, as_of, relation, column_name, n_rows, n_nulls, n_zeros, n_negatives, total, median, p95) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
            transaction.execute(sql, &values).await?;
        }
    }
    Ok(())
}

/// Writes down what a run left out of a dataset, whether or not it publishes.
///
/// # Errors
/// When the warehouse refuses.
pub async fn keep_quarantine(
    warehouse: &Warehouse,
    claim: &Claim,
    dataset: &str,
    quarantined: &[Quarantined],
) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    for (position, found) in quarantined.iter().enumerate() {
        let values = [
            Value::Integer(claim.run_id),
            text(dataset),
            Value::Integer(position as i64),
            Value::Integer(found.row as i64),
            text(&found.column),
            text(&found.reason),
            text(if found.leaves_row_out { "row" } else { "value" }),
        ];
        let sql = "INSERT INTO nightclerk_quarantine (run_id, dataset, position, \"row_number\", column_name, reason, left_out) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        transaction.execute(sql, &values).await?;
    }
    transaction.commit().await
}
