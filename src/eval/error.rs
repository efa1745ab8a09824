//! What can go wrong before the first answer: operation, file, line, what was found, how to mend it.

use crate::import::ImportError;
use crate::models::rules::RulesError;

/// Why an evaluation stopped.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file cannot be read, or is no CSV or Parquet file.
    #[error(transparent)]
    Read(#[from] ImportError),
    /// A file whose ending is not known.
    #[error("cannot read `{file}`: its name must end in .csv, .csv.gz or .parquet")]
    Ending {
        /// The file.
        file: String,
    },
    /// A column that the file does not have.
    #[error("`{file}` has no column `{column}` (asked for by {option}); {help}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The option that named it.
        option: &'static str,
        /// The columns there are.
        help: String,
    },
    /// One cell cannot be used.
    #[error(transparent)]
    Cell(Box<CellFault>),
    /// A row with too few or too many fields.
    #[error("`{file}`, line {line}: {problem}; mend the row or quote its commas")]
    Row {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// Two rows for one period of one series.
    #[error(
        "`{file}`: more than one row for the same series and period ({count} such); it cannot be forecast: {examples}; \
         sum or drop the rows, or name the column that tells them apart in --id"
    )]
    Duplicates {
        /// The file.
        file: String,
        /// Rows too many.
        count: usize,
        /// The first of them, with their lines.
        examples: String,
    },
    /// Times that do not lie on one grid, or on grids of different steps.
    #[error("`{file}`: {problem}; {mend}")]
    Times {
        /// The file.
        file: String,
        /// What is wrong, with lines.
        problem: String,
        /// What to do.
        mend: String,
    },
    /// The file has nothing to work on.
    #[error("`{file}`: {problem}; {mend}")]
    Nothing {
        /// The file.
        file: String,
        /// What is missing.
        problem: String,
        /// What to do.
        mend: String,
    },
    /// Options that do not go together.
    #[error("{problem}; {mend}")]
    Options {
        /// What is wrong.
        problem: String,
        /// What to do.
        mend: String,
    },
    /// Baskets cannot be mined as asked.
    #[error(transparent)]
    Rules(RulesError),
    /// What was made cannot be written.
    #[error("cannot write `{path}`: {source}; give --output a file in a folder this user may write")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The threads cannot be started.
    #[error("cannot start {threads} threads: {reason}; give --threads a smaller number")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system says.
        reason: String,
    },
}

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`, line {line}, column `{column}`: found `{found}`, {problem}; {mend}")]
pub struct CellFault {
    /// The file.
    pub file: String,
    /// The line of a CSV file (the heading is line 1), the row of a Parquet file (from 1).
    pub line: u64,
    /// The column.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub mend: String,
}

impl EvalError {
    /// Whether the file or the options are at fault (exit code 2), not the machine (exit code 1).
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Write { .. } | Self::Threads { .. })
    }
}
