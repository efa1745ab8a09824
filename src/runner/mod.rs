//! Runs jobs: claim -> load -> recommend -> stage -> gates -> publish -> report.
//!
//! This is the only module that sees all of it. `night` puts the jobs of a business date in order, `run` is one job,
//! `publish` the transaction, `ledger` the memory, `gates` the conditions, `page` and `files` what is written to disk.

pub mod events;
pub mod files;
pub mod gates;
pub mod ledger;
pub mod memory;
pub mod migrations;
pub mod night;
mod page;
pub mod publish;
pub mod run;

use std::sync::Arc;

use crate::project::Project;
use crate::report::Templates;
use crate::warehouse::Warehouse;
use events::Events;

/// Gives the time, in microseconds since 1970-01-01T00:00:00Z. The only clock below `main`.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What every run shares.
#[derive(Clone)]
pub struct Runner {
    /// The project, read and checked.
    pub project: Arc<Project>,
    /// The audits of the project, parsed.
    pub audits: Arc<Vec<gates::Audit>>,
    /// The templates: the project's where it has its own, else ours.
    pub templates: Arc<Templates>,
    /// The warehouse.
    pub warehouse: Arc<Warehouse>,
    /// The clock.
    pub clock: Clock,
    /// Who runs: host and project folder, process.
    pub owner: ledger::Owner,
    /// Where events go.
    pub events: Events,
    /// Whether somebody has asked to stop: then no further job is begun.
    pub stopping: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Runner").field("owner", &self.owner).finish_non_exhaustive()
    }
}
