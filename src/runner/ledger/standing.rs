//! Rows that stand for long, as the last publications of a job read them.

use super::cells::{as_integer, as_text, text};
use crate::standing::Standing;
use crate::warehouse::{Side, Transaction, Value, Warehouse, WarehouseError};
use chrono::NaiveDate;

/// Publications of a job whose rows are kept: where the newest are withdrawn, the one before speaks.
const PUBLICATIONS: usize = 3;
/// Characters in a piece: what every engine holds in one cell.
const PIECE: usize = 60_000;

/// The rows of a dataset as the job's newest publication before a business date read them; `None` where there is none, or its form is
/// another program's.
///
/// # Errors
/// When the warehouse refuses.
pub async fn last(
    warehouse: &Warehouse,
    job: &str,
    dataset: &str,
    before: NaiveDate,
) -> Result<Option<Standing>, WarehouseError> {
    let sql = "SELECT s.run_id, s.content FROM nightclerk_standing s \
               JOIN nightclerk_publications p ON p.run_id = s.run_id \
               WHERE s.job = $1 AND s.dataset = $2 AND p.as_of < $3 AND p.state = 'published' \
               ORDER BY p.as_of DESC, s.run_id DESC, s.position";
    let binds = [text(job), text(dataset), Value::Date(before)];
    let rows = warehouse.read_values(Side::Target, sql, &binds).await?;
    let newest = rows.first().map(|row| as_integer(row, 0));
    let pieces = rows.iter().take_while(|row| Some(as_integer(row, 0)) == newest).map(|row| as_text(row, 1));
    Ok(Standing::decode(&pieces.collect::<String>()))
}

/// Inside the publishing transaction: the rows of a dataset as this run read them.
pub(in crate::runner) async fn keep(
    transaction: &mut Transaction,
    (job, run_id): (&str, i64),
    dataset: &str,
    standing: &Standing,
) -> Result<(), WarehouseError> {
    let fail = |error: std::io::Error| WarehouseError::Frame {
        table: "nightclerk_standing".to_owned(),
        message: error.to_string(),
    };
    // Base 64 is one byte a character.
    let content = standing.encode().map_err(fail)?;
    let sql = "INSERT INTO nightclerk_standing (run_id, dataset, position, job, content) VALUES ($1, $2, $3, $4, $5)";
    for (position, piece) in content.as_bytes().chunks(PIECE).enumerate() {
        let values = [
            Value::Integer(run_id),
            text(dataset),
            Value::Integer(position as i64),
            text(job),
            Value::Text(String::from_utf8_lossy(piece).into_owned()),
        ];
        transaction.execute(sql, &values).await?;
    }
    Ok(())
}

/// Inside the publishing transaction: forgets the rows of all but the job's newest publications.
pub(in crate::runner) async fn forget(transaction: &mut Transaction, job: &str) -> Result<(), WarehouseError> {
    let newest =
        "SELECT run_id FROM nightclerk_publications WHERE job = $1 AND state = 'published' ORDER BY as_of DESC";
    let newest = transaction.read_values(newest, &[text(job)]).await?;
    let kept: Vec<String> = newest.iter().take(PUBLICATIONS).map(|row| as_integer(row, 0).to_string()).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let sql = format!("DELETE FROM nightclerk_standing WHERE job = $1 AND run_id NOT IN ({})", kept.join(", "));
    transaction.execute(&sql, &[text(job)]).await.map(|_| ())
}
