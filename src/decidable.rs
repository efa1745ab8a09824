//! What people and their systems decide about what was recommended: `nightclerk decide`, and rows that other programs add.
//!
//! Decisions are only ever added. A run of a date again makes the same recommendation under the same id, and what was decided about it
//! stands. Of several decisions about one recommendation the last holds.

use crate::explain::Key;
use crate::published::Table;

/// Recommendations that can be decided about.
#[derive(Clone, Copy, Debug)]
pub struct Decidable {
    /// The word after `decide` on the command line: `order`.
    pub word: &'static str,
    /// What is decided, for the help.
    pub about: &'static str,
    /// The table of the recommendations.
    pub table: &'static Table,
    /// What names one, in the order in which it is typed, with its column.
    pub keys: &'static [(Key, &'static str)],
    /// The column of its id.
    pub id: &'static str,
    /// The column of its quantity.
    pub quantity: &'static str,
    /// The column of what a quantity should be a multiple of.
    pub step: &'static str,
}
