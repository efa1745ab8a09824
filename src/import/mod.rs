//! Files become warehouse tables: CSV, gzipped CSV and Parquet.
//!
//! For trying things out and for shops without a warehouse. Each file replaces the table of its name in one
//! transaction. Types are inferred over the whole file ([`infer`]), bad rows are kept in `rejects/` beside the data
//! ([`rejects`]), and every table gets a first column `_row`, the 1-based number of the data row in its file (rejected
//! rows count), for data that has no key of its own. Memory is bounded by a few chunks of rows, whatever the size of
//! the file.
//!
//! `eval` reads Parquet and the times of CSV files through it.

pub(crate) mod csv_file;
mod error;
pub(crate) mod frame;
pub(crate) mod infer;
mod line_ends;
mod names;
pub(crate) mod parquet_file;
mod rejects;
mod report;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use polars::prelude::DataFrame;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

pub use error::ImportError;
pub use report::{FileReport, ImportReport, ImportedColumn};

use crate::job::Progress;
use crate::quantities::Share;
use crate::table::{Column, ColumnType};
use crate::warehouse::{Dialect, Side, Warehouse};
use crate::words::hex;
use csv_file::CsvPlan;
use parquet_file::ParquetPlan;
use rejects::Rejects;

/// The column with the number of the data row.
pub const ROW_COLUMN: &str = "_row";

/// The endings of the files that can be imported.
const ENDINGS: [&str; 3] = [".csv", ".csv.gz", ".parquet"];

/// How many frames may wait for the warehouse.
const FRAMES_AHEAD: usize = 2;

/// How strict an import is.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportSettings {
    /// A file with a larger share of bad rows is not loaded.
    pub max_reject_share: Share,
    /// Columns (by their names in the table) that stay text whatever they hold.
    pub text_columns: BTreeSet<String>,
}

impl ImportSettings {
    /// Files with more bad rows than this are refused; no column is kept as text.
    pub fn new(max_reject_share: Share) -> Self {
        Self { max_reject_share, text_columns: BTreeSet::new() }
    }
}

/// Loads the files of `dir` (or those of them named in `files`), in the order of their names.
///
/// # Errors
/// At the first file that cannot be loaded; nothing of it is then in the warehouse, files before it are.
pub async fn import_folder(
    dir: &Path,
    files: Option<&[String]>,
    warehouse: &Warehouse,
    settings: &ImportSettings,
    progress: &Progress,
) -> Result<ImportReport, ImportError> {
    let tables = choose_files(dir, files)?;
    let mut report = ImportReport::default();
    for (table, file) in tables {
        let job = FileJob {
            path: dir.join(&file),
            folder: dir.to_owned(),
            file,
            settings: settings.clone(),
            progress: progress.clone(),
        };
        report.files.push(load(job, table, warehouse).await?);
    }
    Ok(report)
}

/// What a reading thread needs to know.
#[derive(Clone, Debug)]
struct FileJob {
    path: PathBuf,
    folder: PathBuf,
    file: String,
    settings: ImportSettings,
    progress: Progress,
}

/// A file that was looked at.
#[derive(Debug)]
enum Plan {
    Csv(CsvPlan),
    Parquet(ParquetPlan),
}

/// What the second pass did.
#[derive(Debug, PartialEq)]
struct FileOutcome {
    loaded: u64,
    rejected: u64,
    rejects_file: Option<PathBuf>,
    nulls: Vec<u64>,
}

/// Table names with their files.
fn choose_files(dir: &Path, files: Option<&[String]>) -> Result<BTreeMap<String, String>, ImportError> {
    let unreadable = |source| ImportError::Folder { folder: dir.to_owned(), source };
    let mut there = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && names::table_name(&name).is_some() {
            there.push(name);
        }
    }
    there.sort();
    if there.is_empty() {
        return Err(ImportError::NoFiles { folder: dir.to_owned() });
    }
    if let Some(file) = files.into_iter().flatten().find(|file| !there.contains(file)) {
        return Err(ImportError::NoSuchFile { folder: dir.to_owned(), file: file.clone(), there });
    }
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    for file in there.into_iter().filter(|file| files.is_none_or(|files| files.contains(file))) {
        let Some(table) = names::table_name(&file) else { continue };
        if let Some(first) = tables.insert(table.clone(), file.clone()) {
            return Err(ImportError::SameTable { first, second: file, table });
        }
    }
    Ok(tables)
}

/// A name that nobody gives a table of his own, as short as the engine wants it.
fn aside(what: &str, table: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(table.as_bytes());
    let hash = hex(&digest[..6]);
    format!("nightclerk_{what}_{hash}")
}

/// Replaces the table by the file, in one transaction. A thread reads while the warehouse writes.
#[expect(clippy::disallowed_methods, reason = "how long a file took is told, and nothing else depends on it")]
async fn load(job: FileJob, table: String, warehouse: &Warehouse) -> Result<FileReport, ImportError> {
    let started = Instant::now();
    let planning = job.clone();
    let plan = joined(&job.file, spawn_blocking(move || planning.plan()).await)?;
    let (mut columns, total) = (plan.columns().to_vec(), plan.rows());
    let notes = plan.notes().to_vec();
    let refused = |source| ImportError::Warehouse { file: job.file.clone(), table: table.clone(), source };

    let mut transaction = warehouse.begin().await.map_err(|error| refused(error.into()))?;
    let target = table_columns(&columns);
    // MariaDB drops a table at once and for good: the new one is filled beside the old one there, and takes its name at the end.
    let beside = (transaction.dialect() == Dialect::Mariadb).then(|| aside("loading", &table));
    let filled = beside.as_deref().unwrap_or(&table);
    let drop_table = format!("DROP TABLE IF EXISTS \"{filled}\"");
    transaction.define(&drop_table).await.map_err(|error| refused(error.into()))?;
    transaction.create_table(filled, &target, &[ROW_COLUMN]).await.map_err(|error| refused(error.into()))?;

    let (sender, mut frames) = mpsc::channel(FRAMES_AHEAD);
    let reading = job.clone();
    let reader = spawn_blocking(move || {
        reading.read(&plan, &mut |frame| {
            // The receiver is gone only when the warehouse has failed, which is then what is reported.
            let gone = |_| ImportError::Read {
                file: reading.file.clone(),
                line: None,
                source: "the warehouse takes no more rows".into(),
            };
            sender.blocking_send(frame).map_err(gone)
        })
    });
    let what = format!("load {}", job.file);
    let mut loaded = 0;
    while let Some(frame) = frames.recv().await {
        loaded += transaction.insert(filled, &target, &frame).await.map_err(|error| refused(error.into()))?;
        job.progress.report(&what, loaded, total);
    }
    let outcome = joined(&job.file, reader.await)?;
    job.allow(&outcome)?;
    drop(target);
    if let Some(filled) = &beside {
        let there = warehouse.table_exists(Side::Target, &table).await.map_err(|error| refused(error.into()))?;
        let replaced = aside("replaced", &table);
        let old = if there { format!("\"{table}\" TO \"{replaced}\", ") } else { String::new() };
        for statement in [
            format!("DROP TABLE IF EXISTS \"{replaced}\""),
            format!("RENAME TABLE {old}\"{filled}\" TO \"{table}\""),
            format!("DROP TABLE IF EXISTS \"{replaced}\""),
        ] {
            transaction.define(&statement).await.map_err(|error| refused(error.into()))?;
        }
    }
    transaction.commit().await.map_err(|error| refused(error.into()))?;

    for (column, nulls) in columns.iter_mut().zip(&outcome.nulls) {
        column.nulls = *nulls;
    }
    Ok(FileReport {
        file: job.file,
        table,
        rows: outcome.loaded,
        rejected: outcome.rejected,
        rejects_file: outcome.rejects_file,
        columns,
        notes,
        seconds: started.elapsed().as_secs_f64(),
    })
}

impl FileJob {
    fn plan(&self) -> Result<Plan, ImportError> {
        if self.file.ends_with(".parquet") {
            parquet_file::plan(&self.path, &self.file).map(Plan::Parquet)
        } else {
            csv_file::plan(&self.path, &self.file, &self.settings, &self.progress).map(Plan::Csv)
        }
    }

    fn read(
        &self,
        plan: &Plan,
        accept: &mut dyn FnMut(DataFrame) -> Result<(), ImportError>,
    ) -> Result<FileOutcome, ImportError> {
        let rejects = Rejects::new(&self.folder, &self.file)?;
        match plan {
            Plan::Csv(plan) => csv_file::read(plan, &self.path, &self.file, rejects, accept),
            Plan::Parquet(plan) => parquet_file::read(plan, &self.path, &self.file, rejects, accept),
        }
    }

    /// Checks the share of bad rows.
    fn allow(&self, outcome: &FileOutcome) -> Result<(), ImportError> {
        let rows = outcome.loaded + outcome.rejected;
        let allowed = self.settings.max_reject_share.get();
        match &outcome.rejects_file {
            Some(rejects) if outcome.rejected as f64 > allowed * rows as f64 => Err(ImportError::TooManyRejects {
                file: self.file.clone(),
                rejected: outcome.rejected,
                rows,
                allowed,
                rejects: rejects.clone(),
            }),
            _ => Ok(()),
        }
    }
}

impl Plan {
    fn columns(&self) -> &[ImportedColumn] {
        match self {
            Self::Csv(plan) => &plan.columns,
            Self::Parquet(plan) => &plan.columns,
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Self::Csv(plan) => plan.rows,
            Self::Parquet(plan) => plan.rows,
        }
    }

    fn notes(&self) -> &[String] {
        match self {
            Self::Csv(plan) => &plan.notes,
            Self::Parquet(plan) => &plan.notes,
        }
    }
}

/// The columns of the table: the row number, then those of the file.
fn table_columns(columns: &[ImportedColumn]) -> Vec<Column<'_>> {
    let row = Column::new(ROW_COLUMN, ColumnType::Integer, "number of the data row in its file, from 1");
    let rest = columns.iter().map(|column| Column::nullable(&column.name, column.kind, &column.original));
    std::iter::once(row).chain(rest).collect()
}

fn joined<T>(file: &str, result: Result<Result<T, ImportError>, tokio::task::JoinError>) -> Result<T, ImportError> {
    result.unwrap_or_else(|error| Err(ImportError::Read { file: file.to_owned(), line: None, source: error.into() }))
}
