//! What a dataset's SQL leaves out of itself, counted: rows that its WHERE or its joins drop are seen by no contract and no quarantine.
//!
//! `sql/datasets/NAME.excluded.sql` counts them beside `NAME.sql`: rows `reason`, `n_rows`, where the reason `kept` stands for those that
//! pass. Of a file that others include it is asked once a run, in the same reading.

use serde::{Deserialize, Serialize};

use crate::frames::typed_rows;
use crate::table::ColumnType::{Integer, Text};
use crate::table::{Column, MOST_MILLI, TableSchema};

/// Days up to the as-of date over which rows are counted, from `:recent_from` on.
pub const RECENT_DAYS: u64 = 28;

/// The reason that is none: rows that the query keeps.
const KEPT: &str = "kept";

/// What `NAME.excluded.sql` returns.
pub const EXCLUDED: TableSchema<'static> = TableSchema {
    name: "excluded",
    doc: "how many rows a query leaves out, by reason",
    grain: &["reason"],
    columns: &[
        Column::new("reason", Text, "why, in words; `kept` for the rows that pass"),
        Column::new("n_rows", Integer, "how many, of the last 28 days or of all").within(0, MOST_MILLI),
    ],
};

typed_rows! {
    /// Rows of a reason.
    pub struct ExcludedRows<'f> of EXCLUDED;
    {
        /// Why.
        pub reason: &'f str,
        /// How many.
        pub n_rows: i64,
    }
}

/// What a file's query left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// The dataset whose query it is.
    pub dataset: String,
    /// Rows that passed; `None` where the file does not count them.
    pub kept: Option<u64>,
    /// Rows by reason, the most first.
    pub by_reason: Vec<(String, u64)>,
}

impl Excluded {
    /// Gathers what the query returned.
    pub(super) fn of<'f>(dataset: &str, rows: impl Iterator<Item = ExcludedRows<'f>>) -> Self {
        let mut found = Self { dataset: dataset.to_owned(), ..Self::default() };
        for ExcludedRows { reason, n_rows } in rows {
            let n_rows = n_rows.unsigned_abs();
            match reason {
                KEPT => found.kept = Some(found.kept.unwrap_or(0) + n_rows),
                _ if n_rows > 0 => found.by_reason.push((reason.to_owned(), n_rows)),
                _ => {}
            }
        }
        found.by_reason.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        found
    }

    /// Rows left out, for whatever reason.
    pub fn rows(&self) -> u64 {
        self.by_reason.iter().map(|(_, rows)| rows).sum()
    }

    /// Rows of a reason.
    pub fn of_reason(&self, reason: &str) -> u64 {
        self.by_reason.iter().find(|(known, _)| known == reason).map_or(0, |(_, rows)| *rows)
    }

    /// In a sentence: how many of how many, by reason.
    pub fn told(&self) -> String {
        let reasons: Vec<String> = self.by_reason.iter().map(|(reason, rows)| format!("{rows} {reason}")).collect();
        let of = self.kept.map_or_else(String::new, |kept| format!(" of {}", kept + self.rows()));
        let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
        format!("its SQL leaves out {}{of} rows of the last {RECENT_DAYS} days{why}", self.rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_the_most_first_and_what_is_kept_is_no_reason() {
        let rows = [("no quantity", 3), ("kept", 90), ("not in the catalogue", 7), ("never", 0)];
        let rows = rows.map(|(reason, n_rows)| ExcludedRows { reason, n_rows });
        let found = Excluded::of("order_lines", rows.into_iter());
        assert_eq!((found.rows(), found.kept, found.of_reason("no quantity")), (10, Some(90), 3));
        assert_eq!(
            found.told(),
            "its SQL leaves out 10 of 100 rows of the last 28 days: 7 not in the catalogue, 3 no quantity"
        );
        let none = Excluded::of("order_lines", std::iter::empty());
        assert_eq!(none.told(), "its SQL leaves out 0 rows of the last 28 days");
    }
}
