//! Columns of frames as plain vectors, for every kind of job.

use polars::prelude::{DataFrame, PolarsResult};

/// A text column.
pub(crate) fn texts<'f>(frame: &'f DataFrame, name: &str) -> PolarsResult<Vec<Option<&'f str>>> {
    Ok(frame.column(name)?.as_materialized_series().str()?.iter().collect())
}

/// An integer column.
pub(crate) fn integers(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i64>>> {
    Ok(frame.column(name)?.as_materialized_series().i64()?.iter().collect())
}

/// A real column.
pub(crate) fn reals(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<f64>>> {
    Ok(frame.column(name)?.as_materialized_series().f64()?.iter().collect())
}

/// A date column as days since 1970-01-01.
pub(crate) fn days(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i32>>> {
    Ok(frame.column(name)?.as_materialized_series().date()?.physical().iter().collect())
}
