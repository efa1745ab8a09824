//! What the ledger forgets: runs that published nothing that is kept, with their gates and what they left out, and slots that have
//! ended. Publications, what reached people and what left the house are kept; of a job's slots the newest is, by which missed dates
//! are known.

use chrono::NaiveDate;
use serde::Serialize;

use crate::warehouse::{Transaction, Value, Warehouse, WarehouseError};

/// How many rows were, or would be, forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Runs without a publication.
    pub runs: u64,
    /// Outcomes of gates of such runs.
    pub gates: u64,
    /// Values and rows that such runs left out.
    pub quarantined: u64,
    /// Slots.
    pub slots: u64,
    /// Alerts of incidents that are over.
    pub alerts: u64,
}

const OLD_RUNS: &str = "SELECT run_id FROM nightclerk_runs WHERE as_of < $1 AND state <> 'running' \
                        AND run_id NOT IN (SELECT run_id FROM nightclerk_publications)";

/// Forgets what lies before a date, in one transaction; with `dry` it only counts.
///
/// # Errors
/// When the warehouse refuses; then nothing has changed.
pub async fn forget(warehouse: &Warehouse, before: NaiveDate, dry: bool) -> Result<Forgotten, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    // Asked first: not every engine deletes from a table by a question to the same.
    let runs = ids(&mut transaction, OLD_RUNS, before).await?;
    let newest = transaction.read_values("SELECT job, MAX(as_of) FROM nightclerk_slots GROUP BY job", &[]).await?;
    let mut forgotten = Forgotten { runs: runs.len() as u64, ..Forgotten::default() };
    for part in runs.chunks(500) {
        let list: Vec<String> = part.iter().map(i64::to_string).collect();
        let list = list.join(", ");
        forgotten.gates += delete(&mut transaction, &format!("nightclerk_gates WHERE run_id IN ({list})"), &[]).await?;
        let quarantine = format!("nightclerk_quarantine WHERE run_id IN ({list})");
        forgotten.quarantined += delete(&mut transaction, &quarantine, &[]).await?;
        delete(&mut transaction, &format!("nightclerk_log WHERE run_id IN ({list})"), &[]).await?;
        delete(&mut transaction, &format!("nightclerk_runs WHERE run_id IN ({list})"), &[]).await?;
    }
    for row in &newest {
        let [job, newest] = row.as_slice() else { continue };
        let which =
            "nightclerk_slots WHERE job = $1 AND as_of < $2 AND as_of < $3 AND state NOT IN ('waiting', 'running')";
        let newest = newest.as_date().map_or(Value::Null, Value::Date);
        forgotten.slots += delete(&mut transaction, which, &[job.clone(), newest, Value::Date(before)]).await?;
    }
    // The newest of a job says whether its incident goes on, and that of a ping which date was told of.
    let sql = "SELECT job, channel, MAX(created_us) FROM nightclerk_alerts GROUP BY job, channel";
    for row in transaction.read_values(sql, &[]).await? {
        let [job, channel, newest] = row.as_slice() else { continue };
        let which = "nightclerk_alerts WHERE job = $1 AND channel = $2 AND created_us < $3 AND as_of < $4 \
                     AND state NOT IN ('due', 'sending')";
        let values = [job.clone(), channel.clone(), newest.clone(), Value::Date(before)];
        forgotten.alerts += delete(&mut transaction, which, &values).await?;
    }
    if dry {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(forgotten)
}

async fn ids(transaction: &mut Transaction, sql: &str, before: NaiveDate) -> Result<Vec<i64>, WarehouseError> {
    let rows = transaction.read_values(sql, &[Value::Date(before)]).await?;
    Ok(rows.iter().filter_map(|row| row.first()?.as_integer()).collect())
}

async fn delete(transaction: &mut Transaction, which: &str, binds: &[Value]) -> Result<u64, WarehouseError> {
    transaction.execute(&format!("DELETE FROM {which}"), binds).await
}
