//! Staging and publishing: rows become visible all at once or not at all.

use std::collections::BTreeMap;

use polars::prelude::{Column as Series, DataFrame, DataType, IntoColumn, NamedFrom, Series as Values};

use super::faults::point;
use super::ledger::files::NewFile;
use super::ledger::profiles;
use super::ledger::slots::{SlotEnd, SlotState};
use super::ledger::standing;
use super::ledger::{self, Claim, RunEnd, text};
use crate::datasets::InputFact;
use crate::gate::GateResult;
use crate::job::{Mode, RunContext};
use crate::profile::{ColumnProfile, Days};
use crate::publication::{Publication, PublishedTable};
use crate::published::{KEY_COLUMNS, Table, staged_name};
use crate::standing::Standing;
use crate::table::Column;
use crate::warehouse::{Transaction, Value, Warehouse, WarehouseError};

/// Writes the publication's rows into the staging tables, in place of whatever an earlier run of the job left there.
///
/// False when the lease was lost: whoever holds it now may have staged rows of its own, which must stay.
///
/// # Errors
/// When the warehouse refuses; nothing is staged then.
pub async fn stage(
    warehouse: &Warehouse,
    ctx: &RunContext,
    claim: &Claim,
    publication: &Publication,
) -> Result<bool, WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    if !ledger::hold_fence(&mut transaction, claim).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    for published in &publication.tables {
        let staged = staged_name(published.table.name());
        clear_staged(&mut transaction, published.table, &ctx.job).await?;
        let frame = keyed(ctx, claim, published)?;
        transaction.insert(&staged, &columns(published.table), &frame).await?;
        transaction.refresh_statistics(&staged).await?;
        point("staging");
    }
    transaction.commit().await?;
    Ok(true)
}

/// Removes what a run has staged.
///
/// # Errors
/// When the warehouse refuses.
pub async fn discard(warehouse: &Warehouse, claim: &Claim, publication: &Publication) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    for published in &publication.tables {
        let sql = format!("DELETE FROM {} WHERE run_id = $1", staged_name(published.table.name()));
        transaction.execute(&sql, &[Value::Integer(claim.run_id)]).await?;
    }
    transaction.commit().await
}

/// What the publishing transaction needs besides the staged rows.
#[derive(Clone, Copy, Debug)]
pub struct Publishing<'a> {
    /// The run's context.
    pub ctx: &'a RunContext,
    /// The claim, with its fence.
    pub claim: &'a Claim,
    /// The job's kind.
    pub kind: &'static str,
    /// What is published.
    pub publication: &'a Publication,
    /// What was read.
    pub inputs: &'a [InputFact],
    /// The files that it owes.
    pub files: &'a [NewFile],
    /// The days of the datasets as earlier publications found them.
    pub known_days: &'a BTreeMap<String, Days>,
    /// The rows of datasets that keep theirs, as the last publication read them.
    pub known_standing: &'a BTreeMap<String, Standing>,
    /// The columns of the publication's tables, in a few numbers.
    pub published_columns: &'a [(&'static str, Vec<ColumnProfile>)],
    /// Host and project folder that writes them.
    pub place: &'a str,
    /// How many publications of the job to keep.
    pub keep: u32,
    /// The time, microseconds since 1970.
    pub now_micros: i64,
    /// When it is out of date, microseconds since 1970; none where no schedule says so.
    pub valid_until_us: Option<i64>,
}

/// Makes the staged rows visible, in one transaction: fence check, swap, ledger row, retention.
/// False when the lease was lost: then nothing has changed.
///
/// # Errors
/// When the warehouse refuses; then nothing has changed either.
pub async fn publish(warehouse: &Warehouse, publishing: &Publishing<'_>) -> Result<bool, WarehouseError> {
    let Publishing { ctx, claim, publication, .. } = *publishing;
    let mut transaction = warehouse.begin().await?;
    if !ledger::hold_fence(&mut transaction, claim).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    let same_date = "SELECT run_id FROM nightclerk_publications WHERE job = $1 AND as_of = $2";
    let key = [text(&ctx.job), Value::Date(ctx.as_of)];
    for PublishedTable { table, frame } in &publication.tables {
        let name = table.name();
        let names: Vec<&str> = columns(table).iter().map(|column| column.name).collect();
        let names = names.join(", ");
        transaction.execute(&format!("DELETE FROM {name} WHERE run_id IN ({same_date})"), &key).await?;
        let moved = transaction
            .execute(
                &format!("INSERT INTO {name} ({names}) SELECT {names} FROM {} WHERE run_id = $1", staged_name(name)),
                &[Value::Integer(claim.run_id)],
            )
            .await?;
        if moved != frame.height() as u64 {
            transaction.rollback().await?;
            let staged = frame.height();
            return Err(WarehouseError::Frame {
                table: name.to_owned(),
                message: format!(
                    "{staged} rows were staged and {moved} are there to be published; nothing was changed"
                ),
            });
        }
        clear_staged(&mut transaction, table, &ctx.job).await?;
        point("swapping");
    }
    transaction.execute("DELETE FROM nightclerk_publications WHERE job = $1 AND as_of = $2", &key).await?;
    insert_publication(&mut transaction, publishing).await?;
    ledger::files::owe(&mut transaction, claim, ctx.as_of, publishing.files, publishing.place).await?;
    keep_profiles(&mut transaction, publishing).await?;
    prune(&mut transaction, publishing).await?;
    let end = RunEnd {
        state: "published",
        error: None,
        rows_in: rows_in(publishing.inputs),
        rows_out: rows_out(publication),
        slot: SlotEnd::Ended { state: SlotState::Published, reason: String::new() },
    };
    ledger::finish_in(&mut transaction, claim, &end, publishing.now_micros).await?;
    transaction
        .execute(
            "UPDATE nightclerk_leases SET lease_until_us = 0 WHERE job = $1 AND fence = $2",
            &[text(&claim.job), Value::Integer(claim.fence)],
        )
        .await?;
    point("before_commit");
    transaction.commit().await?;
    Ok(true)
}

/// Writes the gates' outcomes down; they are kept whether or not the run was published.
///
/// # Errors
/// When the warehouse refuses.
pub async fn record_gates(warehouse: &Warehouse, run_id: i64, gates: &[GateResult]) -> Result<(), WarehouseError> {
    let mut transaction = warehouse.begin().await?;
    for (position, gate) in gates.iter().enumerate() {
        transaction
            .execute(
                "INSERT INTO nightclerk_gates (run_id, position, name, severity, passed, observed, expected, explanation) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                &[
                    Value::Integer(run_id),
                    Value::Integer(position as i64),
                    text(&gate.name),
                    text(gate.severity.name()),
                    Value::Flag(gate.passed),
                    text(&gate.observed),
                    text(&gate.expected),
                    text(&gate.explanation),
                ],
            )
            .await?;
    }
    transaction.commit().await
}

/// Rows read in a run.
pub fn rows_in(inputs: &[InputFact]) -> u64 {
    inputs.iter().map(|input| input.rows).sum()
}

/// Rows in a publication.
pub fn rows_out(publication: &Publication) -> u64 {
    publication.tables.iter().map(|table| table.frame.height() as u64).sum()
}

async fn insert_publication(transaction: &mut Transaction, publishing: &Publishing<'_>) -> Result<(), WarehouseError> {
    let Publishing { ctx, claim, kind, publication, inputs, now_micros, .. } = *publishing;
    let tables: BTreeMap<&str, u64> =
        publication.tables.iter().map(|rows| (rows.table.name(), rows.frame.height() as u64)).collect();
    let grade = publication.page.grade.as_ref().and_then(|section| section.text.first());
    let metrics = publication.published_metrics(ctx.currency);
    transaction
        .execute(
            "INSERT INTO nightclerk_publications (run_id, job, kind, as_of, state, published_us, rows_out, headline, grade, \
             n_caveats, tables_json, inputs_json, metrics_json, valid_until_us, shadow) \
             VALUES ($1, $2, $3, $4, 'published', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &[
                Value::Integer(claim.run_id),
                text(&ctx.job),
                text(kind),
                Value::Date(ctx.as_of),
                Value::Integer(now_micros),
                Value::Integer(rows_out(publication) as i64),
                text(&publication.page.headline),
                grade.map_or(Value::Null, |grade| text(grade)),
                Value::Integer(publication.caveats.len() as i64),
                text(&json(&tables)),
                text(&json(&inputs)),
                text(&json(&metrics)),
                publishing.valid_until_us.map_or(Value::Null, Value::Integer),
                Value::Flag(ctx.mode == Mode::Shadow),
            ],
        )
        .await?;
    Ok(())
}

/// Writes down what this night read and wrote looks like, for the nights to come.
async fn keep_profiles(transaction: &mut Transaction, publishing: &Publishing<'_>) -> Result<(), WarehouseError> {
    let Publishing { ctx, claim, inputs, known_days, known_standing, published_columns, .. } = *publishing;
    let nothing = Days::new();
    for input in inputs.iter().filter(|input| !input.days.is_empty()) {
        let known = known_days.get(&input.dataset).unwrap_or(&nothing);
        profiles::keep_days(transaction, &ctx.job, &input.dataset, (known, &input.days), ctx.as_of).await?;
    }
    for input in inputs {
        let Some(found) = &input.standing else { continue };
        let found = Standing::clone(found);
        let found = match known_standing.get(&input.dataset) {
            Some(known) => found.after(known),
            None => found,
        };
        standing::keep(transaction, (&ctx.job, claim.run_id), &input.dataset, &found).await?;
    }
    standing::forget(transaction, &ctx.job).await?;
    let read = inputs.iter().map(|input| (input.dataset.as_str(), &input.columns[..]));
    let written = published_columns.iter().map(|(table, columns)| (*table, &columns[..]));
    profiles::keep_columns(transaction, &ctx.job, ctx.as_of, &read.chain(written).collect::<Vec<_>>()).await
}

/// Forgets all but the newest publications of the job, unless a table of it is kept for ever.
async fn prune(transaction: &mut Transaction, publishing: &Publishing<'_>) -> Result<(), WarehouseError> {
    if publishing.publication.tables.iter().any(|rows| rows.table.is_kept_for_ever()) {
        return Ok(());
    }
    // Asked first: not every engine deletes from a table by a question to the same, or bounds an inner one.
    let job = [text(&publishing.ctx.job)];
    let all = "SELECT run_id, as_of, state FROM nightclerk_publications WHERE job = $1 ORDER BY as_of DESC";
    let rows = transaction.read_values(all, &job).await?;
    let published = rows.iter().filter(|row| row.get(2).and_then(Value::as_text) == Some("published"));
    let kept: Vec<Option<&Value>> = published.take(publishing.keep.max(2) as usize).map(|row| row.get(1)).collect();
    let old: Vec<String> = rows
        .iter()
        .filter(|row| !kept.contains(&row.get(1)))
        .filter_map(|row| row.first()?.as_integer())
        .filter(|run_id| *run_id != publishing.claim.run_id)
        .map(|run_id| run_id.to_string())
        .collect();
    if old.is_empty() {
        return ledger::files::forget(transaction, &publishing.ctx.job).await;
    }
    let old = old.join(", ");
    for PublishedTable { table, .. } in &publishing.publication.tables {
        transaction.execute(&format!("DELETE FROM {} WHERE run_id IN ({old})", table.name()), &[]).await?;
    }
    transaction.execute(&format!("DELETE FROM nightclerk_publications WHERE run_id IN ({old})"), &[]).await?;
    ledger::files::forget(transaction, &publishing.ctx.job).await
}

async fn clear_staged(transaction: &mut Transaction, table: &Table, job: &str) -> Result<(), WarehouseError> {
    let sql = format!("DELETE FROM {} WHERE job = $1", staged_name(table.name()));
    transaction.execute(&sql, &[text(job)]).await?;
    Ok(())
}

fn columns(table: &Table) -> Vec<Column<'static>> {
    KEY_COLUMNS.iter().chain(table.schema.columns).copied().collect()
}

/// The table's frame with `job`, `as_of` and `run_id` before its own columns.
fn keyed(ctx: &RunContext, claim: &Claim, published: &PublishedTable) -> Result<DataFrame, WarehouseError> {
    let height = published.frame.height();
    let days = chrono::Datelike::num_days_from_ce(&ctx.as_of) - EPOCH_DAYS_FROM_CE;
    let as_of = Values::new("as_of".into(), vec![days; height]).cast(&DataType::Date);
    let fail = |error: polars::prelude::PolarsError| WarehouseError::Frame {
        table: published.table.name().to_owned(),
        message: error.to_string(),
    };
    let as_of = as_of.map_err(fail)?;
    let mut all: Vec<Series> = vec![
        Values::new("job".into(), vec![ctx.job.as_str(); height]).into_column(),
        as_of.into_column(),
        Values::new("run_id".into(), vec![claim.run_id; height]).into_column(),
    ];
    all.extend(published.frame.columns().iter().cloned());
    DataFrame::new(height, all).map_err(fail)
}

/// 1970-01-01 counted from 0001-01-01, which is day 1.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
