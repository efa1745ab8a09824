//! Why data could not be loaded.

use chrono::NaiveDate;

use crate::warehouse::WarehouseError;

/// Why data could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Datasets have no file.
    #[error("no SQL file for {}; write sql/datasets/NAME.sql for each", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
    Missing {
        /// Their names.
        names: Vec<String>,
    },
    /// What another kind has to publish first.
    #[error("{0}")]
    Unpublished(String),
    /// A dataset without a single row up to the as-of date.
    #[error("{origin}: no rows up to {as_of}; check the dates of the tables it reads, or choose another as-of date")]
    Empty {
        /// The dataset.
        dataset: String,
        /// Its file.
        origin: String,
        /// The as-of date.
        as_of: NaiveDate,
    },
    /// Files that include each other.
    #[error("sql/datasets: these files include each other: {path}")]
    Cycle {
        /// `a -> b -> a`.
        path: String,
    },
    /// A `-- timezone:` line with an unknown zone.
    #[error(
        "{origin}: unknown time zone `{zone}` in its `-- timezone:` line, expected an IANA name such as `Europe/London`"
    )]
    Timezone {
        /// The file.
        origin: String,
        /// The text.
        zone: String,
    },
    /// The warehouse, or what it holds.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// A frame could not be handled; a fault of ours.
    #[error("{dataset}: {message}")]
    Frame {
        /// The dataset or table.
        dataset: String,
        /// What polars says.
        message: String,
    },
}

impl LoadError {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Warehouse(error) if error.is_transient())
    }
}
