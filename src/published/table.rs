//! What a published table is: one definition from which gates, publishing, reading, retention and `rollback` derive.

use std::ops::Deref;

use crate::table::TableSchema;

/// A table we own, with everything that the rest of the program decides by it.
///
/// It reads as its schema wherever only name and columns matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, what it says, its grain and its own columns; the runner adds [`super::KEY_COLUMNS`] before them.
    pub schema: TableSchema<'static>,
    /// The number of the migration step that creates it: 3 for `0003_*.sql` in `sql/migrations`. An engine whose steps begin later makes
    /// everything in its first.
    pub created_in: i64,
    /// Which of its earlier publications a later night sees.
    pub seen: Seen,
    /// How long its rows are kept.
    pub kept: Kept,
    /// Whether it may have far fewer rows than the publications before: a list whose length is itself the finding may, a
    /// forecast or a plan may not, and is then not published.
    pub may_shrink: bool,
    /// Whether its rows are sent to people. Such a table is never forgotten, and who withdraws it says whether it had been sent.
    pub reaches_people: bool,
}

/// Which publications of a table a later night sees, of those up to the day it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The newest one: it replaces those before it.
    Newest,
    /// One per as-of date, each a row of history; of several jobs those that the reading job runs after.
    OnePerDate,
    /// All of them, of every job: each names what it decided by an id of its own. What was withdrawn after it had been sent is
    /// among them, for it has reached people.
    SideBySide,
}

/// How long rows of a table are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// As many publications of a job as `keep_publications` in `nightclerk.toml` says.
    Newest,
    /// For ever. A publication is forgotten whole or not at all, so this holds for every table of its job.
    ForEver,
}

impl Table {
    /// The name in SQL.
    pub const fn name(&self) -> &'static str {
        self.schema.name
    }

    /// Whether no retention may remove its rows: what reached people is what keeps them from being written to twice.
    pub fn is_kept_for_ever(&self) -> bool {
        self.reaches_people || self.kept == Kept::ForEver
    }

    /// Whether its totals of one night say nothing of those of another: each night has what fell due, much or little.
    pub fn is_what_fell_due(&self) -> bool {
        self.seen == Seen::OnePerDate && self.may_shrink
    }
}

impl Deref for Table {
    type Target = TableSchema<'static>;

    fn deref(&self) -> &Self::Target {
        &self.schema
    }
}
