//! What can go wrong with a file.

use std::path::PathBuf;

use super::ENDINGS;

/// Why an import stopped. Nothing of the file it names was loaded; files before it were.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error("cannot read folder `{}`: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// There is nothing to import.
    #[error("folder `{}` has no file ending in {}", folder.display(), endings())]
    NoFiles {
        /// The folder.
        folder: PathBuf,
    },
    /// A file was asked for that is not there.
    #[error("folder `{}` has no file `{file}` to import; it has {}", folder.display(), list(there))]
    NoSuchFile {
        /// The folder.
        folder: PathBuf,
        /// The file asked for.
        file: String,
        /// The files that are there.
        there: Vec<String>,
    },
    /// Two files go by one table name.
    #[error("files `{first}` and `{second}` would both be loaded into table `{table}`; rename one, or import one")]
    SameTable {
        /// One file.
        first: String,
        /// The other.
        second: String,
        /// The table.
        table: String,
    },
    /// A file cannot be read to its end.
    #[error("cannot read `{file}`{}: {source}; nothing of it was loaded", at(*line))]
    Read {
        /// The file.
        file: String,
        /// The line, when it is known.
        line: Option<u64>,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file without a heading.
    #[error("`{file}` is empty; its first line must hold the column names")]
    Empty {
        /// The file.
        file: String,
    },
    /// A file in which something else than commas separates.
    #[error("`{file}` seems to be separated by {separator}; a comma must separate the fields")]
    Separator {
        /// The file.
        file: String,
        /// What separates.
        separator: &'static str,
    },
    /// A heading that gives no name.
    #[error("column {number} of `{file}` has the heading `{heading}`; a name needs at least one letter or digit")]
    Heading {
        /// The file.
        file: String,
        /// The column's number, from 1.
        number: usize,
        /// The heading.
        heading: String,
    },
    /// Two headings that give one name.
    #[error("columns `{first}` and `{second}` of `{file}` would both be named `{name}`; rename one in the file")]
    SameName {
        /// The file.
        file: String,
        /// One heading.
        first: String,
        /// The other.
        second: String,
        /// The name.
        name: String,
    },
    /// A record so long that a quote must have been left open.
    #[error("the row in line {line} of `{file}` goes on to line {until}; a quote is probably left open there")]
    OpenQuote {
        /// The file.
        file: String,
        /// Its first line.
        line: u64,
        /// Its last line.
        until: u64,
    },
    /// A Parquet column that is not a plain value.
    #[error(
        "column `{column}` of `{file}` is {found}; only flat columns of flags, numbers, texts, dates and timestamps can be imported"
    )]
    Unsupported {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// Too many rows are bad.
    #[error(
        "{rejected} of {rows} rows of `{file}` are bad, at most {} % are allowed; nothing of it was loaded; see `{}`, \
         mend the file or raise `max_reject_share`",
        allowed * 100.0, rejects.display()
    )]
    TooManyRejects {
        /// The file.
        file: String,
        /// Bad rows.
        rejected: u64,
        /// All rows.
        rows: u64,
        /// The share allowed.
        allowed: f64,
        /// Where the bad rows are.
        rejects: PathBuf,
    },
    /// The bad rows cannot be kept.
    #[error("cannot write `{}`: {source}; nothing of the file was loaded", path.display())]
    Rejects {
        /// The file of rejected rows.
        path: PathBuf,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The warehouse refuses.
    #[error("cannot load `{file}` into table `{table}`: {source}")]
    Warehouse {
        /// The file.
        file: String,
        /// The table.
        table: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn endings() -> String {
    list(&ENDINGS.map(str::to_owned))
}

fn list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn at(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(" after line {line}"))
}
