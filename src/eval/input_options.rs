//! What is asked of a file.

use std::path::PathBuf;

use super::frequency::Frequency;

/// What a missing value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Not observed: models skip it, and it is not scored.
    Skip,
    /// Nothing was sold: it is zero, for models and for scoring.
    Zero,
    /// Not observed: models are given the median of the same season position before the origin; it is not scored.
    Seasonal,
}

/// Which columns of which file are read, and how.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// The file: .csv, .csv.gz or .parquet, one row per series and period.
    pub file: PathBuf,
    /// The columns that name a series.
    pub ids: Vec<String>,
    /// The time column.
    pub time: String,
    /// The column to forecast.
    pub value: String,
    /// A column with `train` and `test`; without one the last `horizon` periods of each series are the test.
    pub split: Option<String>,
    /// Periods to forecast. Needed without a split column; with one it may shorten the test.
    pub horizon: Option<usize>,
    /// A column with 0 or false in periods whose demand was hidden by a stock-out.
    pub stock: Option<String>,
    /// Columns known for history and horizon.
    pub known: Vec<String>,
    /// A file that holds some or all of them.
    pub known_file: Option<PathBuf>,
    /// What a missing value means.
    pub missing: Missing,
    /// The grid, when it is not to be found out.
    pub frequency: Option<Frequency>,
}
