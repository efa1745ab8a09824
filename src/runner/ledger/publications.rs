//! What was published, what of it was withdrawn, and whether it had been sent by then.

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{as_date, as_flag, as_integer, as_text, text};
use super::{files, slots};
use crate::datasets::{InputFact, InputOrigin};
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// A publication as the ledger knows it.
#[derive(Clone, Debug, Serialize)]
pub struct PublicationRow {
    /// The run that made it.
    pub run_id: i64,
    /// The job.
    pub job: String,
    /// Its kind.
    pub kind: String,
    /// The business date.
    pub as_of: NaiveDate,
    /// `published`, `rolled_back`, or `withdrawn_sent`: rolled back after what it publishes had been sent to people.
    pub state: String,
    /// When, ISO.
    pub published_at: String,
    /// The same in microseconds since 1970.
    #[serde(skip)]
    pub published_us: i64,
    /// When it is out of date, because the next should be there, ISO; none where no schedule says so.
    pub valid_until: Option<String>,
    /// The same in microseconds since 1970.
    #[serde(skip)]
    pub valid_until_us: Option<i64>,
    /// Whether nobody was to act on it.
    pub shadow: bool,
    /// How many rows.
    pub rows: i64,
    /// The page's headline.
    pub headline: String,
    /// How many rows per table, and the metrics: JSON as written.
    pub tables_json: String,
    /// JSON list of metrics.
    pub metrics_json: String,
    /// What it was made from: datasets, earlier publications, what an earlier night left.
    pub inputs: Vec<InputFact>,
    /// The sentence that grades earlier advice, when there was any.
    pub grade: Option<String>,
    /// How many caveats it carries.
    pub n_caveats: i64,
}

impl PublicationRow {
    /// Whether the next publication should be there by then.
    pub fn is_stale(&self, now_us: i64) -> bool {
        self.valid_until_us.is_some_and(|until| until <= now_us)
    }

    /// What it begins with that an earlier night left.
    pub fn remembered(&self) -> impl Iterator<Item = &InputFact> {
        self.inputs.iter().filter(|input| input.origin == InputOrigin::Remembered)
    }
}

/// The publications of a job, newest business date first; of all jobs when `job` is `None`.
///
/// # Errors
/// When the warehouse refuses.
pub async fn publications(warehouse: &Warehouse, job: Option<&str>) -> Result<Vec<PublicationRow>, WarehouseError> {
    let filter = job.map_or("WHERE $1 = ''", |_| "WHERE job = $1");
    let sql = format!(
        "SELECT run_id, job, kind, as_of, state, published_us, rows_out, headline, tables_json, metrics_json, grade, \
         n_caveats, inputs_json, valid_until_us, shadow FROM nightclerk_publications {filter} ORDER BY as_of DESC, job"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[text(job.unwrap_or_default())]).await?;
    Ok(rows.iter().map(|row| publication_row(row)).collect())
}

fn publication_row(row: &[Value]) -> PublicationRow {
    PublicationRow {
        run_id: as_integer(row, 0),
        job: as_text(row, 1),
        kind: as_text(row, 2),
        as_of: as_date(row, 3),
        state: as_text(row, 4),
        published_at: crate::table::instant_text(as_integer(row, 5)),
        published_us: as_integer(row, 5),
        valid_until: row.get(13).and_then(Value::as_integer).map(crate::table::instant_text),
        valid_until_us: row.get(13).and_then(Value::as_integer),
        shadow: as_flag(row, 14),
        rows: as_integer(row, 6),
        headline: as_text(row, 7),
        tables_json: as_text(row, 8),
        metrics_json: as_text(row, 9),
        grade: Some(as_text(row, 10)).filter(|grade| !grade.is_empty()),
        n_caveats: as_integer(row, 11),
        inputs: recorded_inputs(&as_text(row, 12)).unwrap_or_default(),
    }
}

/// The inputs that were recorded with a publication; `None` where only their rows were.
pub(in crate::runner) fn recorded_inputs(json: &str) -> Option<Vec<InputFact>> {
    serde_json::from_str(json).ok()
}

/// Withdraws the current publication of a job, so that the one before it is current again. One that was `sent` to people
/// keeps counting as contact with its customers, and is scored like any campaign.
/// Gives the publication withdrawn and the one that is current now.
///
/// # Errors
/// When the warehouse refuses.
pub async fn rollback(
    warehouse: &Warehouse,
    job: &str,
    sent: bool,
) -> Result<Option<(PublicationRow, Option<PublicationRow>)>, WarehouseError> {
    let mut published = publications(warehouse, Some(job)).await?.into_iter().filter(|row| row.state == "published");
    let Some(current) = published.next() else { return Ok(None) };
    let previous = published.next();
    let state = if sent { "withdrawn_sent" } else { "rolled_back" };
    let mut transaction = warehouse.begin().await?;
    transaction
        .execute(
            "UPDATE nightclerk_publications SET state = $1 WHERE run_id = $2",
            &[text(state), Value::Integer(current.run_id)],
        )
        .await?;
    if !sent {
        files::withdraw(&mut transaction, current.run_id).await?;
    }
    slots::withdraw(&mut transaction, job, current.as_of).await?;
    transaction.commit().await?;
    Ok(Some((PublicationRow { state: state.to_owned(), ..current }, previous)))
}

/// Whether what the job published for a date was withdrawn after it had been sent.
///
/// # Errors
/// When the warehouse refuses.
pub async fn was_sent(warehouse: &Warehouse, job: &str, as_of: NaiveDate) -> Result<bool, WarehouseError> {
    let published = publications(warehouse, Some(job)).await?;
    Ok(published.iter().any(|row| row.as_of == as_of && row.state == "withdrawn_sent"))
}

/// Whether the job has a publication for a date that nobody has withdrawn.
///
/// # Errors
/// When the warehouse refuses.
pub async fn is_published(warehouse: &Warehouse, job: &str, as_of: NaiveDate) -> Result<bool, WarehouseError> {
    let sql = "SELECT run_id FROM nightclerk_publications WHERE job = $1 AND as_of = $2 AND state = 'published'";
    Ok(!warehouse.read_values(Side::Target, sql, &[text(job), Value::Date(as_of)]).await?.is_empty())
}

/// Whether consumers see what the job has published for a date.
///
/// # Errors
/// When the warehouse refuses.
pub async fn is_live(warehouse: &Warehouse, job: &str, as_of: NaiveDate) -> Result<bool, WarehouseError> {
    let published = publications(warehouse, Some(job)).await?;
    Ok(published.iter().any(|row| row.as_of == as_of && row.state == "published" && !row.shadow))
}

/// The runs whose publication, for a business date, has a gate that did not pass: a warning, or one that somebody accepted.
///
/// # Errors
/// When the warehouse refuses.
pub async fn runs_with_warnings(warehouse: &Warehouse, as_of: NaiveDate) -> Result<Vec<i64>, WarehouseError> {
    let sql = "SELECT DISTINCT p.run_id FROM nightclerk_publications p JOIN nightclerk_gates g ON g.run_id = p.run_id \
               WHERE p.as_of = $1 AND NOT g.passed";
    let rows = warehouse.read_values(Side::Target, sql, &[Value::Date(as_of)]).await?;
    Ok(rows.iter().map(|row| as_integer(row, 0)).collect())
}
