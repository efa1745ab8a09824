//! Gates: what must hold before rows become visible. `days` holds the days of a dataset against the days before and against what earlier
//! nights found of them, `columns` the columns of what is read and written against earlier nights, `beside` products against what is sold, `levels` the lines of the newest stock against the day before, `standing` rows of products and
//! suppliers one by one against the last publication, `counts` rows against rows; freshness,
//! newest days, the quarantine, audits in SQL and a kind's own are here.
//!
//! A gate is a function that returns [`GateResult`]s, and its line in `look` (the file beside this folder), which asks them all in
//! order: what says that data are old comes first, because the job is then refused and not blocked. [`accept`] lets pass what the
//! job's file answers for.

mod beside;
mod columns;
mod counts;
mod days;
mod excluded;
mod levels;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use polars::prelude::PolarsResult;

use super::ledger::{as_text, recorded_inputs, text};
use columns::Role;
pub(super) use counts::least_by_chance;
pub use counts::{input_gates, output_gates};
pub use excluded::excluded_gates;

use super::ledger::profiles::{self, ColumnHistory};
use super::ledger::standing::last;
use crate::datasets::{DATASETS, Dataset, Excluded, InputFact};
use crate::gate::{GateResult, GateSeverity};
use crate::job::RunContext;
use crate::job_file::Accepted;
use crate::migrations::in_currency;
use crate::profile::{self, ColumnProfile, Days};
use crate::publication::{Publication, PublishedTable};
use crate::published::staged_name;
use crate::quantities::Currency;
use crate::standing::Standing;
use crate::table::ColumnType;
use crate::warehouse::{Side, Value, Warehouse, WarehouseError};

/// What the gates are held against; the `[gates]` table of `nightclerk.toml`.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings {
    /// The newest day of an input may be at most this many days before `as_of`.
    pub max_age_days: u32,
    /// Rows read, and rows published, must be at least this share of what history leads to expect.
    pub row_count_ratio: f64,
}

/// An audit: a query that returns offending rows of a staged table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The stem of its file.
    pub name: String,
    /// The file, for messages.
    pub file: String,
    /// The published table it is about.
    pub table: String,
    /// What a failure does.
    pub severity: GateSeverity,
    /// What it means when rows come back.
    pub meaning: String,
    /// The query; `{staged}` stands for the staged rows of this run, `{money_units}` for how many of the currency's smallest coin make
    /// one.
    pub sql: String,
}

impl Audit {
    /// Reads an audit file: `-- table:`, `-- severity:` and `-- meaning:` in its head, then one SELECT.
    ///
    /// # Errors
    /// A sentence with the file's name and what is missing.
    pub fn parse(file: &str, sql: &str) -> Result<Self, String> {
        let header = |key: &str| {
            sql.lines().find_map(|line| line.strip_prefix("-- ")?.strip_prefix(key)?.strip_prefix(':').map(str::trim))
        };
        let (Some(table), Some(severity), Some(meaning)) = (header("table"), header("severity"), header("meaning"))
        else {
            let keys = ["table", "severity", "meaning"].into_iter().filter(|key| header(key).is_none());
            let lines: Vec<String> = keys.map(|key| format!("`-- {key}: ...`")).collect();
            return Err(format!("{file}: header lines are missing: {}", lines.join(", ")));
        };
        let severity = match severity {
            "block" => GateSeverity::Block,
            "warn" => GateSeverity::Warn,
            other => return Err(format!("{file}: severity is `{other}`, allowed are `block` and `warn`")),
        };
        if !sql.contains("{staged}") {
            return Err(format!("{file}: the query must read `{{staged}}`, the rows that are about to be published"));
        }
        let stem = file.rsplit('/').next().unwrap_or(file);
        Ok(Self {
            name: stem.trim_end_matches(".sql").to_owned(),
            file: file.to_owned(),
            table: table.to_owned(),
            severity,
            meaning: meaning.to_owned(),
            sql: sql.to_owned(),
        })
    }

    /// The query against the staged rows of a run.
    pub fn staged_sql(&self, run_id: i64, currency: Currency) -> String {
        let staged = format!("(SELECT * FROM {} WHERE run_id = {run_id})", staged_name(&self.table));
        let sql = in_currency(&self.sql, currency);
        format!("SELECT * FROM ({}) offending LIMIT 6", sql.trim().trim_end_matches(';').replace("{staged}", &staged))
    }
}

/// What an earlier publication read and wrote.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Rows read per dataset by the newest publication before this business date.
    pub inputs: BTreeMap<String, u64>,
    /// What the SQL of datasets left out in the last publications, newest first.
    pub excluded: BTreeMap<String, Vec<Excluded>>,
    /// Rows per table of the last publications, newest first.
    pub tables: BTreeMap<String, Vec<u64>>,
    /// Rows per table of the publication of a week before, if there is one.
    pub week_ago: BTreeMap<String, u64>,
    /// Days of datasets, as earlier publications found them.
    pub days: BTreeMap<String, Days>,
    /// Columns of what earlier publications read and wrote.
    pub columns: ColumnHistory,
    /// The rows of datasets that keep theirs, as the newest publication before this business date read them.
    pub standing: BTreeMap<String, Standing>,
}

/// How many publications the output row counts are held against.
const HISTORY: usize = 7;

/// Reads what earlier publications of the job read and wrote.
///
/// # Errors
/// When the warehouse refuses.
pub async fn history(warehouse: &Warehouse, ctx: &RunContext, inputs: &[InputFact]) -> Result<History, WarehouseError> {
    let sql = "SELECT inputs_json, tables_json, as_of FROM nightclerk_publications \
               WHERE job = $1 AND as_of < $2 AND state = 'published' ORDER BY as_of DESC";
    let rows = warehouse.read_values(Side::Target, sql, &[text(&ctx.job), Value::Date(ctx.as_of)]).await?;
    let mut history = History::default();
    for (index, row) in rows.iter().take(HISTORY).enumerate() {
        let tables: BTreeMap<String, u64> = serde_json::from_str(&as_text(row, 1)).unwrap_or_default();
        if row.get(2).and_then(Value::as_date) == Some(ctx.as_of - chrono::TimeDelta::days(7)) {
            history.week_ago.clone_from(&tables);
        }
        for (table, n) in tables {
            history.tables.entry(table).or_default().push(n);
        }
        let inputs = as_text(row, 0);
        for excluded in recorded_inputs(&inputs).unwrap_or_default().into_iter().flat_map(|input| input.excluded) {
            history.excluded.entry(excluded.dataset.clone()).or_default().push(excluded);
        }
        if index == 0 {
            history.inputs = recorded_rows(&inputs);
        }
    }
    for input in inputs.iter().filter(|input| !input.days.is_empty()) {
        let known = profiles::days(warehouse, &ctx.job, &input.dataset).await?;
        history.days.insert(input.dataset.clone(), known);
    }
    for input in inputs.iter().filter(|input| input.standing.is_some()) {
        if let Some(known) = last(warehouse, &ctx.job, &input.dataset, ctx.as_of).await? {
            history.standing.insert(input.dataset.clone(), known);
        }
    }
    history.columns = profiles::columns(warehouse, &ctx.job, ctx.as_of).await?;
    Ok(history)
}

/// Rows by dataset, as the ledger has them: within the recorded inputs, or alone, as publications of version 0.1.0 left them.
fn recorded_rows(json: &str) -> BTreeMap<String, u64> {
    match recorded_inputs(json) {
        Some(inputs) => inputs.into_iter().map(|input| (input.dataset, input.rows)).collect(),
        None => serde_json::from_str(json).unwrap_or_default(),
    }
}

fn known_dataset(input: &InputFact) -> Option<&'static Dataset> {
    DATASETS.iter().copied().find(|dataset| dataset.name() == input.dataset)
}

/// What a dataset that lags behind does: of those `tolerated`, old rows make the answer narrower, not wrong.
fn severity_of(input: &InputFact, tolerated: &[&Dataset]) -> GateSeverity {
    if tolerated.iter().any(|dataset| dataset.name() == input.dataset) {
        GateSeverity::Warn
    } else {
        GateSeverity::Block
    }
}

/// Holds the newest day of every dataset that grows each day against the as-of date.
pub fn freshness_gates(inputs: &[InputFact], tolerated: &[&Dataset], settings: &GateSettings) -> Vec<GateResult> {
    let oldest = |input: &InputFact| input.as_of - chrono::TimeDelta::days(i64::from(settings.max_age_days));
    inputs
        .iter()
        .filter(|input| input.grows_daily)
        .map(|input| GateResult {
            name: format!("freshness of {}", input.dataset),
            severity: severity_of(input, tolerated),
            passed: input.last_day.is_some_and(|day| day >= oldest(input)),
            observed: input.last_day.map_or_else(|| "no rows".to_owned(), |day| format!("newest day {day}")),
            expected: format!("{} or later", oldest(input)),
            explanation: "older data means that a load is missing; mend the load, or raise `max_age_days` in [gates]"
                .to_owned(),
        })
        .collect()
}

/// Holds the newest days of every dataset that grows each day against the days before: whether they are there at all, and whether the
/// newest has as many rows as its weekday. On `closed_on` the shop is closed.
pub fn newest_day_gates(
    inputs: &[InputFact],
    tolerated: &[&Dataset],
    settings: &GateSettings,
    closed_on: &BTreeSet<NaiveDate>,
) -> Vec<GateResult> {
    let special = inputs.iter().flat_map(|input| &input.special_days).chain(closed_on).copied().collect();
    let daily: Vec<&InputFact> =
        inputs.iter().filter(|input| input.grows_daily && !input.rows_by_day.is_empty()).collect();
    let mut results = Vec::new();
    for input in &daily {
        let others: Vec<&InputFact> = daily.iter().copied().filter(|other| other.dataset != input.dataset).collect();
        let tolerated = severity_of(input, tolerated) == GateSeverity::Warn;
        results.extend(days::missing(input, &others, &special, tolerated));
        results.extend(counts::newest_day(input, &special, settings, tolerated));
    }
    results
}

/// The days of a dataset: those that this run read, and before them those that earlier ones found.
fn all_days(input: &InputFact, history: &History) -> Days {
    let first = input.days.keys().next().copied().unwrap_or(input.as_of);
    let known = history.days.get(&input.dataset).into_iter().flat_map(|known| known.range(..first));
    known.chain(&input.days).map(|(day, profile)| (*day, profile.clone())).collect()
}

/// Holds the ratios of the newest days against those before, and the columns of what was read and of what is to be published against
/// earlier nights.
pub fn value_gates(
    inputs: &[InputFact],
    published: &[(&'static str, Vec<ColumnProfile>)],
    tolerated: &[&Dataset],
    history: &History,
) -> Vec<GateResult> {
    let mut results = Vec::new();
    let is_tolerated = |input: &InputFact| severity_of(input, tolerated) == GateSeverity::Warn;
    for input in inputs.iter().filter(|input| !input.days.is_empty()) {
        let Some(dataset) = known_dataset(input) else { continue };
        results.extend(days::measures(dataset, &all_days(input, history), input.as_of, is_tolerated(input)));
        results.extend(levels::newest_move(input, is_tolerated(input)));
        if let Some(known) = history.days.get(&input.dataset) {
            results.extend(days::restated(dataset, known, &input.days, input.as_of, is_tolerated(input)));
            results.extend(days::late(dataset, known, &input.days, input.as_of));
        }
    }
    results.extend(beside::products(inputs, is_tolerated));
    for input in inputs {
        if let (Some(now), Some(before), Some(dataset)) =
            (&input.standing, history.standing.get(&input.dataset), known_dataset(input))
        {
            results.extend(standing::compare(dataset, now, before, is_tolerated(input)));
        }
    }
    let read = inputs.iter().map(|input| (input.dataset.as_str(), &input.columns[..], Role::Read, is_tolerated(input)));
    let written = published.iter().map(|(table, columns)| (*table, &columns[..], Role::Published, false));
    for (relation, columns, role, tolerated) in read.chain(written) {
        let (mut n_compared, before) = (0, results.len());
        for column in columns {
            let Some(earlier) = history.columns.get(&(relation.to_owned(), column.column.clone())) else { continue };
            n_compared += 1;
            results.extend(columns::compare(relation, role, column, earlier, tolerated));
        }
        if n_compared > 0 && results.len() == before {
            results.push(GateResult {
                name: format!("values of {relation}"),
                severity: GateSeverity::Block,
                passed: true,
                observed: format!("{n_compared} columns look as they did"),
                expected: "numbers of the size that they had in earlier nights".to_owned(),
                explanation: "a column in another unit, or one that was not loaded, would show here".to_owned(),
            });
        }
    }
    results
}

/// What of the retailer's data was left out.
pub fn quarantine_gates(inputs: &[InputFact]) -> Vec<GateResult> {
    let left_out = inputs.iter().filter(|input| input.left_out_rows + input.left_out_values > 0);
    left_out
        .map(|input| GateResult {
            name: format!("quarantine of {}", input.dataset),
            severity: GateSeverity::Warn,
            passed: false,
            observed: input.note.clone(),
            expected: "nothing that breaks the contract".to_owned(),
            explanation: "every one stands in `nightclerk_quarantine` with its row, column and reason; mend it where it comes from, or leave \
                          it out in SQL"
                .to_owned(),
        })
        .collect()
}

/// The columns of a publication's tables whose totals are watched: quantities and money.
///
/// # Errors
/// A frame that is not what its table is.
pub fn published_columns(publication: &Publication) -> PolarsResult<Vec<(&'static str, Vec<ColumnProfile>)>> {
    let watched = |published: &PublishedTable| {
        let of_table = profile::columns(&published.frame, &published.table.schema)?;
        let is_total = |profile: &ColumnProfile| {
            let kind = published.table.schema.column(&profile.column).map(|column| column.kind);
            let is_amount = matches!(kind, Some(ColumnType::Quantity | ColumnType::Money));
            is_amount && profile.negatives == 0 && !published.table.is_what_fell_due()
        };
        Ok((published.table.name(), of_table.into_iter().filter(is_total).collect()))
    };
    publication.tables.iter().map(watched).collect()
}

/// Lets a run that stands in pass without the newest days of datasets. How old data may be at all still holds.
pub fn stand_in(gates: &mut [GateResult], datasets: &[&Dataset]) {
    let names: Vec<String> = datasets
        .iter()
        .flat_map(|dataset| {
            ["newest days of", "rows of the newest day of"].map(|gate| format!("{gate} {}", dataset.name()))
        })
        .collect();
    for gate in gates.iter_mut().filter(|gate| !gate.passed && names.contains(&gate.name)) {
        gate.severity = GateSeverity::Warn;
        gate.explanation =
            format!("the job was promised by now and stands in without them; else: {}", gate.explanation);
    }
}

/// Lets pass what somebody has looked at and answers for: a gate that is named in the job's file warns instead of stopping.
pub fn accept(gates: &mut [GateResult], accepted: &[Accepted], as_of: NaiveDate) {
    for gate in gates.iter_mut().filter(|gate| !gate.passed && gate.severity == GateSeverity::Block) {
        let of_gate = |one: &&Accepted| one.gate == gate.name && one.until.is_none_or(|until| as_of <= until);
        if let Some(Accepted { by, why, .. }) = accepted.iter().find(of_gate) {
            gate.severity = GateSeverity::Warn;
            gate.explanation = format!("accepted by {by}: {why}; else: {}", gate.explanation);
        }
    }
}

/// Offending rows that are named.
const NAMED_ROWS: usize = 3;

/// What the job itself found in its rows.
pub fn own_audits(publication: &Publication) -> Vec<GateResult> {
    (publication.audits.iter())
        .map(|audit| GateResult {
            name: format!("audit {}", audit.name),
            severity: GateSeverity::Block,
            passed: audit.offending.is_empty(),
            observed: match audit.offending.as_slice() {
                [] => "no offending rows".to_owned(),
                rows if rows.len() <= NAMED_ROWS => rows.join("; "),
                rows => format!("{} and {} more", rows[..NAMED_ROWS].join("; "), rows.len() - NAMED_ROWS),
            },
            expected: "no offending rows".to_owned(),
            explanation: audit.meaning.clone(),
        })
        .collect()
}

/// Audits that read at the same time; each looks through all that is staged.
const AUDITS_AT_ONCE: usize = 3;

/// Runs the audits of the publication's tables against the staged rows.
///
/// # Errors
/// When an audit is not valid SQL, or the warehouse refuses.
pub async fn audits(
    warehouse: &Warehouse,
    audits: &[Audit],
    publication: &Publication,
    run_id: i64,
    currency: Currency,
) -> Result<Vec<GateResult>, WarehouseError> {
    let of_tables = |audit: &&Audit| publication.tables.iter().any(|published| published.table.name() == audit.table);
    let run = async |audit: &Audit| -> Result<GateResult, WarehouseError> {
        let rows = warehouse.read_named(Side::Target, &audit.file, &audit.staged_sql(run_id, currency), &[]).await?;
        let observed = match rows.len() {
            0 => "no offending rows".to_owned(),
            6 => "more than 5 offending rows".to_owned(),
            n => format!("{n} offending rows"),
        };
        Ok(GateResult {
            name: format!("audit {}", audit.name),
            severity: audit.severity,
            passed: rows.is_empty(),
            observed,
            expected: "no offending rows".to_owned(),
            explanation: format!("{} ({})", audit.meaning, audit.file),
        })
    };
    stream::iter(audits.iter().filter(of_tables)).map(run).buffered(AUDITS_AT_ONCE).try_collect().await
}
