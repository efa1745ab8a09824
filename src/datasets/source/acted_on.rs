//! Which publications somebody could act on.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::warehouse::Value;

/// As-of dates of publications that nobody was to act on.
#[derive(Debug, Default)]
pub(super) struct ActedOn {
    /// Those of the shadow.
    pub(super) in_shadow: BTreeSet<NaiveDate>,
    /// Those that left no file for anybody to act on: of the shadow, or of a backfill.
    pub(super) without_files: BTreeSet<NaiveDate>,
}

impl ActedOn {
    /// The query for publications `p` that meet a condition, before the date `$1`.
    pub(super) fn sql(condition: &str) -> String {
        format!(
            "SELECT p.as_of, CASE WHEN p.shadow THEN 1 ELSE 0 END, \
             (SELECT COUNT(*) FROM nightclerk_files f WHERE f.run_id = p.run_id AND f.leaves) \
             FROM nightclerk_publications p WHERE {condition} AND p.as_of < $1"
        )
    }

    /// Of its rows.
    pub(super) fn of(rows: &[Vec<Value>]) -> Self {
        let mut found = Self::default();
        for row in rows {
            let Some(as_of) = row.first().and_then(Value::as_date) else { continue };
            let number = |place: usize| row.get(place).and_then(Value::as_integer).unwrap_or(0);
            if number(1) != 0 {
                found.in_shadow.insert(as_of);
            }
            if number(2) == 0 {
                found.without_files.insert(as_of);
            }
        }
        found
    }
}
