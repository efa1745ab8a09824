//! What most commands need: the project, the warehouse, a runner.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::terminal::Terminal;
use crate::project::{ProcessEnvironment, Project};
use crate::registry::KINDS;
use crate::report::Templates;
use crate::runner::gates::Audit;
use crate::runner::ledger::Owner;
use crate::runner::{Runner, files, migrations};
use crate::warehouse::{Create, Warehouse, WarehouseConfig, WarehouseError};

/// Something that ends the command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit_code: u8,
    /// The message, ready to print.
    pub message: String,
    /// The same for `--json`.
    pub json: serde_json::Value,
}

impl Failure {
    /// A failure with a message.
    pub fn new(exit_code: u8, message: impl Into<String>) -> Self {
        let message = message.into();
        let json = serde_json::json!({ "error": message, "exit_code": exit_code });
        Self { exit_code, message: format!("error: {message}"), json }
    }

    /// Bad configuration or usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }
}

impl From<WarehouseError> for Failure {
    fn from(error: WarehouseError) -> Self {
        let exit_code = if error.is_transient() { 75 } else { 1 };
        Self::new(exit_code, error.to_string())
    }
}

/// The command line's surroundings.
#[derive(Debug)]
pub struct Context {
    /// The project folder.
    pub folder: PathBuf,
    /// Where output goes.
    pub terminal: Terminal,
    /// The clock.
    pub now_micros: fn() -> i64,
}

impl Context {
    /// Reads the project.
    ///
    /// # Errors
    /// Every fault of every file at once, exit code 2.
    pub fn project(&self) -> Result<Project, Failure> {
        project_in(&self.folder)
    }

    /// Opens the project's warehouse.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn warehouse(&self, project: &Project, create: Create) -> Result<Warehouse, Failure> {
        let settings = &project.config.warehouse;
        let config = WarehouseConfig {
            url: settings.url.expose().into(),
            source_url: settings.source_url.as_ref().map(|url| url.expose().into()),
            schema: settings.schema.clone(),
            create,
        };
        Ok(Warehouse::open(&config).await?)
    }

    /// A runner for the project: output can be written, our tables are up to date.
    ///
    /// # Errors
    /// When the output folder or the warehouse cannot be written.
    pub async fn runner(&self, project: Project, warehouse: Warehouse) -> Result<Runner, Failure> {
        files::probe(&project.config.output.dir).map_err(|error| Failure::usage(error.to_string()))?;
        let now = self.now_micros;
        migrations::apply(&warehouse, now()).await?;
        let (audits, templates) = (audits(&project)?, templates(&project)?);
        Ok(Runner {
            owner: owner(&project.root),
            audits: Arc::new(audits),
            templates: Arc::new(templates),
            project: Arc::new(project),
            warehouse: Arc::new(warehouse),
            clock: Arc::new(now),
            events: self.terminal.events(),
            stopping: Arc::new(|| false),
        })
    }

    /// The business date of a run: as asked for, else fixed by the project, else yesterday in its zone.
    ///
    /// # Errors
    /// When it is not over yet: a publication of half a day would pass for a whole one.
    pub fn as_of(&self, project: &Project, asked: Option<NaiveDate>) -> Result<NaiveDate, Failure> {
        let yesterday = yesterday((self.now_micros)(), project.config.zone());
        match (asked, project.config.as_of) {
            (Some(asked), None) if asked > yesterday => Err(Failure::usage(format!(
                "{asked} is not over yet in {}: the last complete business day is {yesterday}",
                project.config.zone()
            ))),
            (Some(asked), _) => Ok(asked),
            (None, fixed) => Ok(fixed.unwrap_or(yesterday)),
        }
    }
}

/// The last complete business day of a zone.
pub fn yesterday(now_micros: i64, zone: chrono_tz::Tz) -> NaiveDate {
    let now = chrono::DateTime::from_timestamp_micros(now_micros).unwrap_or_default();
    let today = now.with_timezone(&zone).date_naive();
    today.pred_opt().unwrap_or(today)
}

/// Reads the project in a folder.
///
/// # Errors
/// Every fault of every file at once, exit code 2.
pub fn project_in(folder: &Path) -> Result<Project, Failure> {
    Project::load(folder, KINDS, &ProcessEnvironment).map_err(|diagnostics| Failure {
        exit_code: 2,
        message: diagnostics.to_string(),
        json: serde_json::json!({ "error": "the project has errors", "exit_code": 2, "diagnostics": diagnostics }),
    })
}

/// The project's audits.
///
/// # Errors
/// Every file that is not an audit, exit code 2.
pub fn audits(project: &Project) -> Result<Vec<Audit>, Failure> {
    let mut faults = Vec::new();
    let mut audits = Vec::new();
    for (file, sql) in &project.audits {
        match Audit::parse(&format!("sql/audits/{file}"), sql) {
            Ok(audit) => audits.push(audit),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(audits) } else { Err(Failure::usage(faults.join("\nerror: "))) }
}

/// The project's templates over ours.
///
/// # Errors
/// The first template that does not parse, exit code 2.
pub fn templates(project: &Project) -> Result<Templates, Failure> {
    Templates::with_overrides(project.templates.clone()).map_err(|error| Failure::usage(error.to_string()))
}

/// Host and project folder, process: who holds a lease.
fn owner(root: &Path) -> Owner {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let folder = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    Owner { place: format!("{}:{}", host.trim(), folder.display()), process: std::process::id() }
}
