//! What most commands need: the project, the warehouse, a runner.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::failure::Failure;
use super::telemetry::traced;
use super::terminal::Terminal;
use crate::migrations;
use crate::project::{ProcessEnvironment, Project};
use crate::registry::Registry;
use crate::runner::Runner;
use crate::runner::slots::yesterday;
use crate::warehouse::{Create, Warehouse, WarehouseConfig};

/// The command line's surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    /// The project folder.
    pub folder: PathBuf,
    /// The kinds of job that a project may use.
    pub registry: Registry,
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
        self.project_in(&self.folder)
    }

    /// Reads the project in another folder.
    ///
    /// # Errors
    /// Every fault of every file at once, exit code 2.
    pub fn project_in(&self, folder: &Path) -> Result<Project, Failure> {
        Project::load(folder, &self.registry, &ProcessEnvironment).map_err(|diagnostics| Failure {
            exit_code: 2,
            message: diagnostics.to_string(),
            json: serde_json::json!({ "error": "the project has errors", "exit_code": 2, "diagnostics": diagnostics }),
        })
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

    /// Opens the project's warehouse for a command that needs our tables as they are today and does not change them.
    ///
    /// # Errors
    /// When it cannot be reached, or our tables are not up to date.
    pub async fn current_warehouse(&self, project: &Project) -> Result<Warehouse, Failure> {
        let warehouse = self.warehouse(project, Create::Nothing).await?;
        if migrations::inspect(&warehouse, project.config.currency).await?.is_current() {
            return Ok(warehouse);
        }
        Err(Failure::usage(
            "our tables are not up to date: the next `nightclerk run` sees to that, `nightclerk check` says more",
        ))
    }

    /// A runner for the project: output can be written, our tables are up to date.
    ///
    /// # Errors
    /// When the output folder or the warehouse cannot be written.
    pub async fn runner(&self, project: Project, warehouse: Warehouse) -> Result<Runner, Failure> {
        let runner = Runner::of(project, warehouse, Arc::new(self.now_micros)).await?;
        let events = traced(self.terminal.events(), &self.terminal);
        Ok(Runner { events, by_server_clock: true, ..runner })
    }

    /// The business date of a run: as asked for, else fixed by the project, else yesterday in its zone.
    ///
    /// # Errors
    /// When it is not over yet: a publication of half a day would pass for a whole one.
    pub fn as_of(&self, project: &Project, asked: Option<NaiveDate>) -> Result<NaiveDate, Failure> {
        let now = chrono::DateTime::from_timestamp_micros((self.now_micros)()).unwrap_or_default();
        let yesterday = yesterday(now, project.config.zone());
        // A project of the past or of a generated shop says which day it is.
        let last_complete = project.config.as_of.map_or(yesterday, |fixed| fixed.max(yesterday));
        match (asked, project.config.as_of) {
            (Some(asked), _) if asked > last_complete => Err(Failure::usage(format!(
                "{asked} is not over yet in {}: the last complete business day is {last_complete}",
                project.config.zone()
            ))),
            (Some(asked), _) => Ok(asked),
            (None, fixed) => Ok(fixed.unwrap_or(yesterday)),
        }
    }
}
