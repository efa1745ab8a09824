//! Where jobs read: the project's datasets and what was published before, nothing that became known after the as-of date (data without a
//! day column, planned ahead or standing, are read as they are).

mod acted_on;
mod days;
mod decisions;
mod error;
mod excluded;
mod facts;
mod ours;
mod special_days;
mod sql_files;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use chrono_tz::Tz;
use polars::prelude::{
    BooleanChunked, ChunkCompareIneq, Column as FrameColumn, DataFrame, Int32Chunked, NewChunkedArray,
};

use super::Dataset;
use crate::profile;
use crate::published::{Seen, Table};
use crate::remembered::{Memorable, MemoryTerms, Remembered};
use crate::standing::Standing;
use crate::table::{Column, ColumnType, TableSchema};
use crate::warehouse::{Query, Side, Transaction, Value, Warehouse, WarehouseError};

use acted_on::ActedOn;
use excluded::{ExcludedRows, RECENT_DAYS};
use ours::{Ours, begun, refuse_refilled};

pub use error::LoadError;
pub use excluded::{EXCLUDED, Excluded};
pub use facts::{InputFact, InputOrigin};
pub use sql_files::{DatasetSql, ExcludedSql, SqlFiles, dataset_sql, declared_timezone, excluded_sql};

/// How many days of history `:history_from` reaches back: two years and a season.
pub const HISTORY_DAYS: u64 = 800;

/// How many days back [`InputFact::rows_by_day`] counts: nine weeks, so that the last can be held against eight.
pub const DAYS_COUNTED: i32 = 63;

/// Up to which day publications are meant; which of them is said by the table, see [`crate::published::Seen`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedAt {
    /// Up to the run's as-of date.
    Latest,
    /// Before that date.
    Before(NaiveDate),
    /// Before that date, and in the shadow: what would have reached people.
    ShadowBefore(NaiveDate),
}

/// Rows that were published.
#[derive(Clone, Debug)]
pub struct PublishedFrame {
    /// Their as-of date; the newest where there are several.
    pub as_of: NaiveDate,
    /// The table's own columns; `as_of` before them where several publications are seen.
    pub frame: DataFrame,
    /// The as-of dates, among those seen, of what nobody was to act on.
    pub in_shadow: BTreeSet<NaiveDate>,
    /// The as-of dates of what left no file for anybody to act on: in the shadow, or of a backfill.
    pub without_files: BTreeSet<NaiveDate>,
}

/// Reads for one run: all datasets as they are at one moment.
#[derive(Debug)]
pub struct Source<'a> {
    warehouse: &'a Warehouse,
    files: &'a SqlFiles,
    as_of: NaiveDate,
    timezone: Tz,
    job: &'a str,
    after: &'a [String],
    memory: Option<Vec<u8>>,
    quarantine_share: f64,
    facts: Mutex<Vec<InputFact>>,
    /// Begun by the first dataset that is read.
    snapshot: tokio::sync::Mutex<Option<Transaction>>,
}

/// Rows of a dataset that a job remembers from an earlier night, so that it reads the days after them alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRows {
    /// They lie before this day; rows from it on are read.
    pub before: NaiveDate,
    /// How many they are: a run that remembers rows must not look like one that lost them.
    pub rows: u64,
    /// How many they are per day.
    pub rows_by_day: BTreeMap<NaiveDate, u64>,
}

impl<'a> Source<'a> {
    /// A source that ends with `as_of`, inclusive, in the project's `timezone`.
    pub fn new(warehouse: &'a Warehouse, files: &'a SqlFiles, as_of: NaiveDate, timezone: Tz) -> Self {
        Self {
            warehouse,
            files,
            as_of,
            timezone,
            job: "",
            after: &[],
            memory: None,
            quarantine_share: 0.0,
            facts: Mutex::new(Vec::new()),
            snapshot: tokio::sync::Mutex::new(None),
        }
    }

    /// The same for a job: of our own tables it sees what that job published and what the jobs it runs after did, so that
    /// two jobs of one kind do not pass for each other.
    #[must_use]
    pub fn of_job(mut self, job: &'a str, after: &'a [String]) -> Self {
        (self.job, self.after) = (job, after);
        self
    }

    /// The same with what the job's last publication left for it.
    #[must_use]
    pub fn with_memory(mut self, memory: Option<Vec<u8>>) -> Self {
        self.memory = memory;
        self
    }

    /// The same where this share of a column's values may break the contract and is left out, counted.
    #[must_use]
    pub fn with_quarantine(mut self, share: f64) -> Self {
        self.quarantine_share = share;
        self
    }

    /// The rows of a dataset that follow those known, up to the as-of date.
    ///
    /// # Errors
    /// As [`Source::read`]; no row at all, known or read, is [`LoadError::Empty`].
    pub async fn read_on(&self, dataset: &'static Dataset, known: &KnownRows) -> Result<DataFrame, LoadError> {
        let (origin, frame) = self.load(dataset, Some(known)).await?;
        if frame.height() == 0 && known.rows == 0 {
            return Err(LoadError::Empty { dataset: dataset.name().to_owned(), origin, as_of: self.as_of });
        }
        Ok(frame)
    }

    /// How many rows a dataset has on the as-of date: the days before are not read where its SQL uses `:history_from`.
    ///
    /// # Errors
    /// As [`Source::read`], but that no row is a count.
    pub async fn rows_of_the_day(&self, dataset: &'static Dataset) -> Result<u64, LoadError> {
        let before = KnownRows { before: self.as_of, rows: 0, rows_by_day: BTreeMap::new() };
        self.load(dataset, Some(&before)).await?;
        let inputs = self.inputs();
        let fact = inputs.iter().rev().find(|input| input.dataset == dataset.name());
        Ok(fact.and_then(|input| input.rows_by_day.get(&self.as_of)).copied().unwrap_or_default())
    }

    /// The rows of a dataset up to the as-of date.
    ///
    /// # Errors
    /// [`LoadError::Missing`], [`LoadError::Empty`], and whatever its SQL or its rows do wrong.
    pub async fn read(&self, dataset: &'static Dataset) -> Result<DataFrame, LoadError> {
        let (origin, frame) = self.load(dataset, None).await?;
        if frame.height() == 0 {
            return Err(LoadError::Empty { dataset: dataset.name().to_owned(), origin, as_of: self.as_of });
        }
        Ok(frame)
    }

    /// The same for a dataset that may be absent: `None` without a file, an empty frame without rows.
    ///
    /// # Errors
    /// Whatever its SQL or its rows do wrong.
    pub async fn read_if_present(&self, dataset: &'static Dataset) -> Result<Option<DataFrame>, LoadError> {
        match self.load(dataset, None).await {
            Ok((_, frame)) => Ok(Some(frame)),
            Err(LoadError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the job's last publication left, where this night may begin with it by these terms and by `serves`; it is then one of
    /// the run's inputs.
    pub fn remembered<T: Memorable>(
        &self,
        terms: MemoryTerms,
        serves: impl FnOnce(&Remembered<T>) -> bool,
    ) -> Option<Remembered<T>> {
        let known = Remembered::decode(self.memory.as_deref()?)?;
        if !known.serves(self.as_of.into(), terms) || !serves(&known) {
            return None;
        }
        // Rows that it stands for are counted with their dataset.
        self.record(InputFact {
            last_day: Some(known.as_of.date()),
            note: format!("left by the night of {}; everything was last read on {}", known.as_of, known.complete_on),
            ..InputFact::of("memory", InputOrigin::Remembered, self.as_of)
        });
        Some(known)
    }

    /// Ends the reading of the retailer's tables: nobody has to keep what they were for us any more. What is read after it is read
    /// as it is then.
    pub async fn release(&self) {
        if let Some(snapshot) = self.snapshot.lock().await.take() {
            // A connection that is gone has nothing to keep.
            let _ = snapshot.rollback().await;
        }
    }

    /// What was read so far, in order.
    pub fn inputs(&self) -> Vec<InputFact> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rows of a table of ours from earlier publications; `None` when there is none.
    ///
    /// # Errors
    /// What the warehouse refuses.
    pub async fn read_published(
        &self,
        table: &'static Table,
        at: PublishedAt,
    ) -> Result<Option<PublishedFrame>, LoadError> {
        let mut ours = self.ours().await?;
        for name in ["nightclerk_publications", table.name()] {
            if !ours.table_exists(name).await? {
                return Ok(None);
            }
        }
        // Days end before `end`, which is at most the day after the as-of date.
        let next = self.as_of.succ_opt().unwrap_or(self.as_of);
        let end = match at {
            PublishedAt::Latest => next,
            PublishedAt::Before(day) | PublishedAt::ShadowBefore(day) => day.min(next),
        };
        let dialect = self.warehouse.dialect(Side::Target);
        let quoted = dialect.quote(table.name());
        let counts = match table.seen {
            _ if matches!(at, PublishedAt::ShadowBefore(_)) => {
                format!("p.state = 'published' AND p.shadow AND p.job = '{}'", self.job.replace('\'', "''"))
            }
            // What was published in the shadow has reached nobody.
            Seen::SideBySide => "p.state IN ('published', 'withdrawn_sent') AND NOT p.shadow".to_owned(),
            Seen::Newest | Seen::OnePerDate => {
                format!("p.state = 'published'{}", self.among_jobs(&mut ours, &quoted).await?)
            }
        };
        let newest = format!(
            "SELECT p.job, p.as_of, p.run_id FROM nightclerk_publications p \
             WHERE {counts} AND p.as_of < $1 \
             AND EXISTS (SELECT 1 FROM {quoted} t WHERE t.run_id = p.run_id) \
             ORDER BY p.as_of DESC, p.run_id DESC LIMIT 1"
        );
        let rows = ours.read_values(&newest, &[end.into()]).await?;
        let Some([job, as_of, run_id]) = rows.first().map(Vec::as_slice) else { return Ok(None) };
        let (Some(job), Some(as_of), Some(run_id)) = (job.as_text(), as_of.as_date(), run_id.as_integer()) else {
            return Ok(None);
        };
        let several = table.seen != Seen::Newest;
        let key = [Column::new("as_of", ColumnType::Date, "the as-of date of the publication")];
        let columns: Vec<Column<'_>> = key.iter().filter(|_| several).chain(table.columns).copied().collect();
        let grain: Vec<&str> = ["as_of"].into_iter().filter(|_| several).chain(table.grain.iter().copied()).collect();
        let schema = TableSchema { name: table.name(), doc: table.doc, grain: &grain, columns: &columns };
        let names: Vec<String> = columns.iter().map(|column| format!("t.{}", dialect.quote(column.name))).collect();
        let which = match table.seen {
            Seen::Newest => "t.run_id = :run_id".to_owned(),
            Seen::OnePerDate => format!(
                "t.run_id IN (SELECT MAX(p.run_id) FROM nightclerk_publications p WHERE {counts} \
                 AND p.as_of < :end AND EXISTS (SELECT 1 FROM {quoted} u WHERE u.run_id = p.run_id) GROUP BY p.as_of)"
            ),
            Seen::SideBySide => {
                format!(
                    "t.run_id IN (SELECT p.run_id FROM nightclerk_publications p WHERE {counts} AND p.as_of < :end)"
                )
            }
        };
        let sql = format!("SELECT {} FROM {quoted} t WHERE {which}", names.join(", "));
        let query = Query {
            origin: table.name(),
            sql: &sql,
            binds: vec![("end", Value::Date(end)), ("run_id", Value::Integer(run_id))],
            schema: &schema,
            keeps_attributes: false,
            timezone: self.timezone,
            quarantine: None,
        };
        let frame = ours.read(&query).await?;
        let acted_on = ActedOn::of(&ours.read_values(&ActedOn::sql(&counts), &[end.into()]).await?);
        drop(ours);
        self.record(InputFact {
            rows: frame.height() as u64,
            last_day: Some(as_of),
            note: format!("published by `{job}`"),
            ..InputFact::of(table.name(), InputOrigin::Published, self.as_of)
        });
        let ActedOn { in_shadow, without_files } = acted_on;
        Ok(Some(PublishedFrame { as_of, frame, in_shadow, without_files }))
    }

    /// Who is asked for our own tables.
    async fn ours(&self) -> Result<Ours<'_>, WarehouseError> {
        if !self.warehouse.is_one_database() {
            return Ok(Ours::Warehouse(self.warehouse));
        }
        let mut snapshot = self.snapshot.lock().await;
        begun(&mut snapshot, self.warehouse).await?;
        Ok(Ours::Snapshot(snapshot))
    }

    /// `AND p.job IN (...)` for the jobs whose rows in a table of ours are meant: this job where it publishes the table, else
    /// those it runs after where one of them does, else any.
    async fn among_jobs(&self, ours: &mut Ours<'_>, quoted_table: &str) -> Result<String, LoadError> {
        let sql = format!(
            "SELECT DISTINCT p.job FROM nightclerk_publications p \
             WHERE EXISTS (SELECT 1 FROM {quoted_table} t WHERE t.run_id = p.run_id)"
        );
        let rows = ours.read_values(&sql, &[]).await?;
        let publishers: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_text()).collect();
        let meant: Vec<&str> = if publishers.contains(&self.job) {
            vec![self.job]
        } else {
            publishers.into_iter().filter(|job| self.after.iter().any(|after| after == job)).collect()
        };
        if meant.is_empty() {
            return Ok(String::new());
        }
        let names: Vec<String> = meant.iter().map(|job| format!("'{}'", job.replace('\'', "''"))).collect();
        Ok(format!(" AND p.job IN ({})", names.join(", ")))
    }

    async fn load(
        &self,
        dataset: &'static Dataset,
        known: Option<&KnownRows>,
    ) -> Result<(String, DataFrame), LoadError> {
        let sql = dataset_sql(self.files, dataset.name())?;
        let origin = sql.label.clone();
        let timezone = declared_timezone(&origin, &sql.text)?.unwrap_or(self.timezone);
        let query = Query {
            origin: &origin,
            sql: &sql.text,
            binds: self.binds(known.map(|known| known.before)),
            schema: &dataset.schema,
            keeps_attributes: dataset.keeps_attributes,
            timezone,
            quarantine: Some(self.quarantine_share),
        };
        let (frame, quarantine) = {
            let mut snapshot = self.snapshot.lock().await;
            let read = begun(&mut snapshot, self.warehouse).await?.read_sound(&query).await;
            read.map_err(|error| sql.blame(error))?
        };
        if frame.height() == 0 {
            refuse_refilled(self.warehouse, &query).await?;
        }
        let fail = |error: polars::prelude::PolarsError| LoadError::Frame {
            dataset: dataset.name().to_owned(),
            message: error.to_string(),
        };
        let (frame, mut fact) = self.up_to_as_of(dataset, frame).map_err(fail)?;
        fact.take(quarantine);
        fact.take_excluded(self.count_excluded(&sql, timezone).await?);
        if dataset.grows_daily {
            if let Some(day_column) = dataset.day_column {
                let is_instant =
                    dataset.schema.column(day_column).is_some_and(|column| column.kind == ColumnType::Instant);
                let column = frame.column(day_column).map_err(fail)?;
                fact.days =
                    days::profiles(dataset, &self.days(column, is_instant).map_err(fail)?, &frame).map_err(fail)?;
            }
            fact.moves = days::moves(dataset, &frame).map_err(fail)?;
        } else {
            fact.columns = profile::columns(&frame, &dataset.schema).map_err(fail)?;
        }
        if dataset.keeps_its_rows {
            fact.standing = Standing::of(&frame, &dataset.schema).map_err(fail)?.map(Arc::new);
        }
        if let Some(known) = known {
            // SQL that does not use :history_from gives all rows; those known are not counted twice.
            let recent = fact.rows_by_day.range(known.before..).map(|(day, rows)| (*day, *rows));
            fact.rows_by_day = known.rows_by_day.iter().map(|(day, rows)| (*day, *rows)).chain(recent).collect();
            fact.rows += known.rows;
        }
        self.record(fact);
        Ok((origin, frame))
    }

    /// What a dataset's SQL leaves out, and what it includes does; what was counted before in this run is not counted again.
    async fn count_excluded(&self, of: &DatasetSql, timezone: Tz) -> Result<Vec<Excluded>, LoadError> {
        let mut found = Vec::new();
        for ExcludedSql { dataset, sql } in excluded_sql(self.files, of)? {
            if self.inputs().iter().flat_map(|input| &input.excluded).any(|known| known.dataset == dataset) {
                continue;
            }
            let query = Query {
                origin: &sql.label,
                sql: &sql.text,
                binds: self.binds(None),
                schema: &EXCLUDED,
                keeps_attributes: false,
                timezone,
                quarantine: None,
            };
            let frame = {
                let mut snapshot = self.snapshot.lock().await;
                let read = begun(&mut snapshot, self.warehouse).await?.read_sound(&query).await;
                read.map_err(|error| sql.blame(error))?.0
            };
            let rows = ExcludedRows::read(&frame)
                .map_err(|error| LoadError::Frame { dataset: dataset.clone(), message: error.to_string() })?;
            found.push(Excluded::of(&dataset, rows));
        }
        Ok(found)
    }

    /// The binds a dataset's SQL may use.
    fn binds(&self, known_before: Option<NaiveDate>) -> Vec<(&'static str, Value)> {
        let earliest = self.as_of.checked_sub_days(chrono::Days::new(HISTORY_DAYS)).unwrap_or(NaiveDate::MIN);
        let from = known_before.map_or(earliest, |day| day.max(earliest));
        let next = self.as_of.succ_opt().unwrap_or(self.as_of);
        let midnight = next.and_time(chrono::NaiveTime::MIN);
        let end = crate::warehouse::local_micros(midnight, self.timezone).map_or(Value::Null, Value::Instant);
        let recent = self.as_of.checked_sub_days(chrono::Days::new(RECENT_DAYS - 1)).unwrap_or(NaiveDate::MIN);
        vec![
            ("as_of", Value::Date(self.as_of)),
            ("as_of_end", end),
            ("history_from", Value::Date(from)),
            ("recent_from", Value::Date(recent)),
        ]
    }

    /// Leaves out what became known after the as-of date, whatever the SQL lets through. Rows without a day stay.
    fn up_to_as_of(
        &self,
        dataset: &Dataset,
        frame: DataFrame,
    ) -> polars::prelude::PolarsResult<(DataFrame, InputFact)> {
        let mut fact = InputFact {
            rows: frame.height() as u64,
            grows_daily: dataset.grows_daily,
            ..InputFact::of(dataset.name(), InputOrigin::Dataset, self.as_of)
        };
        if let Some(column) = dataset.names_days {
            let days = self.days(frame.column(column)?, false)?;
            fact.special_days = days.iter().flatten().filter_map(NaiveDate::from_epoch_days).collect();
        }
        let Some(day_column) = dataset.day_column else { return Ok((frame, fact)) };
        let is_instant = dataset.schema.column(day_column).is_some_and(|column| column.kind == ColumnType::Instant);
        let days = self.days(frame.column(day_column)?, is_instant)?;
        let limit = self.as_of.to_epoch_days();
        let late = days.gt(limit);
        let n_late = late.sum().unwrap_or(0) as usize;
        let frame = if n_late > 0 {
            let keep: BooleanChunked = late.iter().map(|late| Some(late != Some(true))).collect();
            fact.note = format!("{n_late} rows after {} left out", self.as_of);
            frame.filter(&keep)?
        } else {
            frame
        };
        let kept = || days.iter().flatten().filter(|day| *day <= limit);
        fact.rows = frame.height() as u64;
        if dataset.grows_daily {
            for day in kept().filter(|day| *day > limit - DAYS_COUNTED) {
                if let Some(day) = NaiveDate::from_epoch_days(day) {
                    *fact.rows_by_day.entry(day).or_default() += 1;
                }
            }
        }
        fact.first_day = kept().min().and_then(NaiveDate::from_epoch_days);
        fact.last_day = kept().max().and_then(NaiveDate::from_epoch_days);
        let last = self.days(frame.column(day_column)?, is_instant)?.iter().flatten().max();
        if last.is_some_and(|last| last > limit) {
            let message = format!("a row after {} is left in `{day_column}`", self.as_of);
            return Err(polars::prelude::PolarsError::ComputeError(message.into()));
        }
        Ok((frame, fact))
    }

    /// Business dates as days since 1970-01-01, in the project's zone.
    fn days(&self, column: &FrameColumn, is_instant: bool) -> polars::prelude::PolarsResult<Int32Chunked> {
        let series = column.as_materialized_series();
        if !is_instant {
            return Ok(series.date()?.physical().clone());
        }
        let day_of = |micros: i64| {
            let utc = chrono::DateTime::from_timestamp_micros(micros)?;
            Some(utc.with_timezone(&self.timezone).date_naive().to_epoch_days())
        };
        let days = series.i64()?.iter().map(|micros| micros.and_then(day_of));
        Ok(Int32Chunked::from_iter_options("day".into(), days))
    }

    fn record(&self, fact: InputFact) {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).push(fact);
    }
}
