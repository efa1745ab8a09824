//! What is asked of a file.

use std::path::PathBuf;

use super::EvalError;
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
    /// Columns known until the origin only.
    pub past: Vec<String>,
    /// Columns with one value per series.
    pub statics: Vec<String>,
    /// The option that named them.
    pub static_option: &'static str,
    /// Which of `known` and `statics` hold names of categories, not numbers.
    pub categorical: Vec<String>,
    /// Last periods known at the origins, as written in the time column; empty = origins count back from each series' end.
    pub cutoffs: Vec<String>,
    /// A file that holds some or all of these columns.
    pub known_file: Option<PathBuf>,
    /// What a missing value means.
    pub missing: Missing,
    /// The grid, when it is not to be found out.
    pub frequency: Option<Frequency>,
}

impl InputOptions {
    /// Every column beside the sales: known ahead, until the origin, one per series.
    pub(super) fn columns(&self) -> Vec<String> {
        [&self.known[..], &self.past, &self.statics].concat()
    }

    /// The option that gives a column its role.
    pub(super) fn role(&self, column: &str) -> &'static str {
        let is_in = |names: &[String]| names.iter().any(|name| name == column);
        if is_in(&self.past) {
            "--past"
        } else if is_in(&self.statics) {
            self.static_option
        } else {
            "--known"
        }
    }

    /// Refuses a column with two roles, or a category that has none.
    pub(super) fn check(&self) -> Result<(), EvalError> {
        let columns = self.columns();
        for (at, name) in columns.iter().enumerate() {
            if columns[..at].contains(name) || *name == self.value {
                return Err(EvalError::Options {
                    problem: format!("column `{name}` has two roles"),
                    mend: "name it once, in --value, --known, --past or --static".to_owned(),
                });
            }
        }
        let stray = self.categorical.iter().find(|name| !self.known.contains(name) && !self.statics.contains(name));
        stray.map_or(Ok(()), |name| {
            Err(EvalError::Options {
                problem: format!("--categorical names `{name}`, which is no column of --known or --static"),
                mend: "name it there too; what is known until the origin only has to be a number".to_owned(),
            })
        })
    }
}
