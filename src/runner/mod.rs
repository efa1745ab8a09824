//! Runs jobs: claim -> load -> recommend -> gates -> stage -> audits -> lay pages and files aside -> publish -> deliver them.
//!
//! This is the only module that sees all of it. `daemon` runs what is due, `slots` says what that is, `arrival` whether its data are there, `night` puts the
//! jobs of a business date in order, `run` is one job, `heartbeat` keeps its lease, `run_log` what it says, `gates` the conditions, `look` asks them, `publish` the transaction, `ledger` what
//! is due, who runs it and what is current, `memory` what a job left for its next night, `page`, `index` and `files` what is
//! written to disk, `delivery` puts it where it belongs, `strangers` are files there that the ledger does not know, `alerts` tells who wants to know, `outcome` how a job ended, `faults` where tests let a process die, `events` what is told meanwhile, `status` what is told afterwards.

pub mod alerts;
mod arrival;
pub mod daemon;
pub mod delivery;
pub mod events;
pub mod faults;
pub mod files;
pub mod gates;
mod heartbeat;
mod index;
pub mod ledger;
mod look;
pub mod memory;
pub mod night;
pub mod outcome;
mod page;
pub mod publish;
pub mod run;
mod run_log;
pub mod slots;
pub mod status;
mod strangers;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::migrations::{self, MigrationError};
use crate::project::Project;
use crate::published::Table;
use crate::report::{ReportError, Templates};
use crate::warehouse::{Warehouse, WarehouseError};
use events::Events;

/// Gives the time, in microseconds since 1970-01-01T00:00:00Z. The only clock of this machine below `main`; leases go by the server's
/// where there is one.
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
    /// The clock of this machine.
    pub clock: Clock,
    /// Whether the ledger goes by the clock of the warehouse's server, where it has one: several hosts then agree.
    pub by_server_clock: bool,
    /// How far the server's clock is ahead of ours, in microseconds.
    pub server_ahead: Arc<AtomicI64>,
    /// Who runs: host and project folder, process.
    pub owner: ledger::Owner,
    /// Where events go.
    pub events: Events,
    /// Whether days are run that are long over: then no file is made that somebody acts on.
    pub backfilling: bool,
    /// Turns of the jobs, where several nights are at work at once in this process.
    pub turns: Option<Arc<night::Turns>>,
    /// Whether somebody has asked to stop: then no further job is begun.
    pub stopping: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Why a project cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The output folder cannot be written.
    #[error(transparent)]
    Output(#[from] files::WriteError),
    /// Files of `sql/audits/` that are no audits: a sentence for each.
    #[error("{}", .0.join("\nerror: "))]
    Audits(Vec<String>),
    /// A template that does not parse.
    #[error(transparent)]
    Template(#[from] ReportError),
    /// The warehouse refused.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// Our tables are not up to date and could not be brought there.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

impl Runner {
    /// A silent runner for the project: its output can be written, our tables are up to date.
    ///
    /// # Errors
    /// When the output folder or the warehouse cannot be written, or an audit or a template cannot be read.
    pub async fn of(project: Project, warehouse: Warehouse, clock: Clock) -> Result<Self, RunnerError> {
        files::probe(&project.config.output.dir)?;
        migrations::apply(&warehouse, project.config.currency, clock()).await?;
        Ok(Self {
            owner: owner(&project.root),
            audits: Arc::new(audits(&project)?),
            templates: Arc::new(templates(&project)?),
            project: Arc::new(project),
            warehouse: Arc::new(warehouse),
            clock,
            by_server_clock: false,
            server_ahead: Arc::default(),
            events: Arc::new(|_| {}),
            backfilling: false,
            turns: None,
            stopping: Arc::new(|| false),
        })
    }

    /// The time that the ledger goes by, microseconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)() + self.server_ahead.load(Ordering::Relaxed)
    }

    /// Compares our clock with the server's, where the ledger goes by that.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn compare_clocks(&self) -> Result<(), WarehouseError> {
        if self.by_server_clock
            && let Some(server) = self.warehouse.server_micros().await?
        {
            self.server_ahead.store(server - (self.clock)(), Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The project's audits.
///
/// # Errors
/// Every file that is not an audit.
pub fn audits(project: &Project) -> Result<Vec<gates::Audit>, RunnerError> {
    let tables: Vec<&str> = project.registry.tables().into_iter().map(Table::name).collect();
    let (mut audits, mut faults) = (Vec::new(), Vec::new());
    for (file, sql) in &project.audits {
        match gates::Audit::parse(&format!("sql/audits/{file}"), sql) {
            Ok(audit) if !tables.contains(&audit.table.as_str()) => faults.push(format!(
                "{}: no kind publishes a table `{}`, so it would never be asked; the tables are {}",
                audit.file,
                audit.table,
                tables.join(", ")
            )),
            Ok(audit) => audits.push(audit),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(audits) } else { Err(RunnerError::Audits(faults)) }
}

/// The project's templates over those of its kinds.
///
/// # Errors
/// The first template that does not parse.
pub fn templates(project: &Project) -> Result<Templates, RunnerError> {
    Ok(Templates::new(&project.registry.templates(), &project.templates)?)
}

/// Who holds a lease: host and project folder, process, and a number that no other program has.
fn owner(root: &Path) -> ledger::Owner {
    ledger::Owner { place: place(root), process: std::process::id(), runner: files::by_chance() }
}

/// Host and project folder.
fn place(root: &Path) -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let folder = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    // Two containers may have one host name and one path and yet not share the folder.
    let mark = files::mark(root).map_or_else(String::new, |mark| format!("#{mark}"));
    format!("{}:{}{mark}", host.trim(), folder.display())
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Runner").field("owner", &self.owner).finish_non_exhaustive()
    }
}
