//! What a check before publication found: one record for the ledger, the page and the command line. The checks are in
//! [`crate::runner::gates`].

use serde::Serialize;

/// The outcome of one gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateResult {
    /// What was looked at: `rows of daily_sales`, `audit quantiles_do_not_cross`.
    pub name: String,
    /// Whether failing it stops the publication.
    pub severity: GateSeverity,
    /// Whether it holds.
    pub passed: bool,
    /// What was found.
    pub observed: String,
    /// What is allowed.
    pub expected: String,
    /// What it means and what to look at.
    pub explanation: String,
}

impl GateResult {
    /// What was found and what is allowed, in a line.
    pub fn in_words(&self) -> String {
        format!("{}: {}, {} expected", self.name, self.observed, self.expected)
    }
}

/// Whether a failed gate stops the publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateSeverity {
    /// It does.
    Block,
    /// It is shown.
    Warn,
}

impl GateSeverity {
    /// The word in the ledger and in audit headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn => "warn",
        }
    }
}
