//! What a run was made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::excluded::Excluded;
use crate::contract::{Quarantine, Quarantined};
use crate::profile::{ColumnProfile, Days, LevelMove};
use crate::standing::Standing;

/// What a run was made from, for its report and for the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputFact {
    /// The dataset or published table; `memory` for what an earlier night left.
    pub dataset: String,
    /// Where it comes from.
    pub origin: InputOrigin,
    /// Rows that the run saw.
    pub rows: u64,
    /// The run's as-of date.
    pub as_of: NaiveDate,
    /// Whether every business day adds rows, see [`Dataset::grows_daily`].
    pub grows_daily: bool,
    /// Rows per day of the newest [`DAYS_COUNTED`] days, for datasets that grow daily.
    #[serde(skip)]
    pub rows_by_day: BTreeMap<NaiveDate, u64>,
    /// The first day in its day column.
    pub first_day: Option<NaiveDate>,
    /// The last day in its day column.
    pub last_day: Option<NaiveDate>,
    /// Anything worth knowing: rows left out, an empty table. Empty when there is nothing.
    pub note: String,
    /// Rows that broke the contract and were left out.
    #[serde(default)]
    pub left_out_rows: u64,
    /// Values that broke the contract and were taken for unknown.
    #[serde(default)]
    pub left_out_values: u64,
    /// What its SQL left out, and what the SQL that it includes did, where that is counted; each once a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
    /// What broke the contract: the first rows and values, with the reason.
    #[serde(skip)]
    pub quarantined: Vec<Quarantined>,
    /// Rows and sums of every day that was read, for datasets that grow daily.
    #[serde(skip)]
    pub days: Days,
    /// The columns in a few numbers, for the other datasets.
    #[serde(skip)]
    pub columns: Vec<ColumnProfile>,
    /// The numbers of its rows, for datasets that keep them, see [`Dataset::keeps_its_rows`](super::Dataset::keeps_its_rows).
    #[serde(skip)]
    pub standing: Option<Arc<Standing>>,
    /// How the level of its lines moved from day to day, newest first, see [`Dataset::level`](super::Dataset::level).
    #[serde(skip)]
    pub moves: Vec<LevelMove>,
    /// Days that the dataset names as special, see [`Dataset::names_days`].
    #[serde(skip)]
    pub special_days: BTreeSet<NaiveDate>,
}

impl InputFact {
    /// An input of which nothing is known yet but where it comes from.
    pub(crate) fn of(dataset: &str, origin: InputOrigin, as_of: NaiveDate) -> Self {
        Self {
            dataset: dataset.to_owned(),
            origin,
            rows: 0,
            as_of,
            grows_daily: false,
            rows_by_day: BTreeMap::new(),
            first_day: None,
            last_day: None,
            note: String::new(),
            left_out_rows: 0,
            left_out_values: 0,
            excluded: Vec::new(),
            quarantined: Vec::new(),
            days: Days::new(),
            columns: Vec::new(),
            standing: None,
            moves: Vec::new(),
            special_days: BTreeSet::new(),
        }
    }

    /// Tells of what its SQL left out.
    pub(super) fn take_excluded(&mut self, excluded: Vec<Excluded>) {
        for one in excluded.iter().filter(|one| one.rows() > 0) {
            let told =
                if one.dataset == self.dataset { one.told() } else { format!("`{}`: {}", one.dataset, one.told()) };
            self.note = if self.note.is_empty() { told } else { format!("{}; {told}", self.note) };
        }
        self.excluded = excluded;
    }

    /// Tells of what was left out.
    pub(super) fn take(&mut self, quarantine: Quarantine) {
        let Quarantine { rows, values, examples, .. } = quarantine;
        (self.left_out_rows, self.left_out_values) = (rows, values);
        if let Some(first) = examples.first() {
            let plural = |n: u64, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
            let mut parts = Vec::new();
            if rows > 0 {
                parts.push(format!("{} left out", plural(rows, "row")));
            }
            if values > 0 {
                parts.push(format!("{} taken for unknown", plural(values, "value")));
            }
            let told = format!("{}, the first: {}", parts.join(" and "), first.reason);
            self.note = if self.note.is_empty() { told } else { format!("{}; {told}", self.note) };
        }
        self.quarantined = examples;
    }
}

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputOrigin {
    /// The retailer's data.
    Dataset,
    /// A table that we published.
    Published,
    /// What an earlier night of the job left, as of [`InputFact::last_day`].
    Remembered,
}
