//! What an import did, for people and for programs.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::table::ColumnType;

/// The files of one import, in the order in which they were loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// One entry per file.
    pub files: Vec<FileReport>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// The table it was loaded into.
    pub table: String,
    /// Rows loaded.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Where the rejected rows are, with their lines and reasons; `None` when there are none.
    pub rejects_file: Option<PathBuf>,
    /// The columns, after the row number `_row`.
    pub columns: Vec<ImportedColumn>,
    /// What a person should know about the types.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

/// A column of an imported table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedColumn {
    /// Its name in the table.
    pub name: String,
    /// Its name in the file.
    pub original: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// NULLs among the loaded rows.
    pub nulls: u64,
}

/// A small table, then notes and the places of rejected rows.
impl fmt::Display for ImportReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["file", "table", "rows", "rejected", "columns", "seconds"].map(str::to_owned);
        let mut lines = vec![head];
        lines.extend(self.files.iter().map(|file| {
            [
                file.file.clone(),
                file.table.clone(),
                file.rows.to_string(),
                file.rejected.to_string(),
                file.columns.len().to_string(),
                format!("{:.1}", file.seconds),
            ]
        }));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let [file, table, rows, rejected, columns, seconds] = [0, 1, 2, 3, 4, 5].map(width);
        for line in &lines {
            writeln!(
                formatter,
                "{:<file$}  {:<table$}  {:>rows$}  {:>rejected$}  {:>columns$}  {:>seconds$}",
                line[0], line[1], line[2], line[3], line[4], line[5]
            )?;
        }
        for file in &self.files {
            for note in &file.notes {
                writeln!(formatter, "{}: {note}", file.file)?;
            }
            if let Some(path) = &file.rejects_file {
                writeln!(formatter, "{}: {} bad rows are in `{}`", file.file, file.rejected, path.display())?;
            }
        }
        Ok(())
    }
}
