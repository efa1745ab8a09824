//! `nightclerk plan`: what a night would do.

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::datasets::{SqlFiles, dataset_sql};
use crate::job::Mode;
use crate::migrations::{self, State};
use crate::runner::ledger;
use crate::warehouse::{Create, Side};

/// What a night would run, replace and create; nothing is changed.
#[derive(Debug, Args)]
pub struct Plan {
    /// The last complete business day.
    #[arg(long, value_parser = super::date, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Print the SQL of every dataset too.
    #[arg(long)]
    sql: bool,
}

#[derive(Serialize)]
struct PlannedJob {
    job: String,
    kind: &'static str,
    decides: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    mode: Mode,
    after: Vec<String>,
    refuses_for: Vec<&'static str>,
    tables: Vec<&'static str>,
    replaces_rows: i64,
    current_as_of: Option<NaiveDate>,
    reads: Vec<PlannedQuery>,
}

#[derive(Serialize)]
struct PlannedQuery {
    dataset: &'static str,
    sql: String,
}

pub(super) async fn run(context: &Context, command: &Plan) -> Result<u8, Failure> {
    let project = context.project()?;
    let as_of = context.as_of(&project, command.as_of)?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    let state = migrations::inspect(&warehouse, project.config.currency).await?;
    let known = if state.is_current() { ledger::publications(&warehouse, None).await? } else { Vec::new() };
    let sql = SqlFiles::from_texts(project.sql.clone(), warehouse.dialect(Side::Source));
    let mut jobs = Vec::new();
    for job in project.enabled_in_order() {
        let mut reads = Vec::new();
        for dataset in job.job.needs().iter().chain(job.job.uses()) {
            if let Ok(sql) = dataset_sql(&sql, dataset.name()).map(|sql| sql.text) {
                reads.push(PlannedQuery { dataset: dataset.name(), sql });
            }
        }
        jobs.push(PlannedJob {
            job: job.name.clone(),
            kind: job.kind,
            decides: job.job.decides(),
            description: job.description.clone(),
            mode: project.mode_of(job),
            after: job.after.clone(),
            refuses_for: job.job.needs().iter().map(|d| d.name()).filter(|name| !sql.has(name)).collect(),
            tables: job.job.publishes().iter().map(|table| table.name()).collect(),
            replaces_rows: known.iter().find(|row| row.job == job.name && row.as_of == as_of).map_or(0, |row| row.rows),
            current_as_of: known
                .iter()
                .find(|row| row.job == job.name && row.state == "published")
                .map(|row| row.as_of),
            reads,
        });
    }
    let script = migrations::script(&state, &project.config.warehouse.schema);
    let problems: Vec<String> = state.problems.iter().map(ToString::to_string).collect();
    context
        .terminal
        .object(&serde_json::json!({ "as_of": as_of, "jobs": jobs, "migration_sql": script, "problems": problems }));
    tell(context, as_of, &jobs, command.sql);
    for problem in &problems {
        context.terminal.line(format!("\nNothing runs: {problem}"));
    }
    if !script.is_empty() {
        context.terminal.line(format!("\n{}\n", introduction(&state)));
        context.terminal.line(script);
    }
    Ok(if problems.is_empty() { 0 } else { 2 })
}

/// What the printed SQL is for.
fn introduction(state: &State) -> String {
    if !state.problems.is_empty() {
        return "To mend it, apply this to the target:".to_owned();
    }
    let does =
        if state.is_fresh() { "The first run creates our tables" } else { "The next run brings our tables up to date" };
    format!("{does}. To do it by hand, apply this to the target:")
}

fn tell(context: &Context, as_of: NaiveDate, jobs: &[PlannedJob], with_sql: bool) {
    context.terminal.line(format!("night of {as_of}"));
    for job in jobs {
        context.terminal.line(format!("\n{} ({})", job.job, job.kind));
        context.terminal.line(format!("  decides    {}", job.decides));
        if job.mode == Mode::Shadow {
            context
                .terminal
                .line("  runs in    the shadow: nobody acts on what it publishes, and consumers do not see it");
        }
        if let Some(description) = &job.description {
            context.terminal.line(format!("  is for     {description}"));
        }
        if !job.after.is_empty() {
            context.terminal.line(format!("  after      {}", job.after.join(", ")));
        }
        if !job.refuses_for.is_empty() {
            context.terminal.line(format!("  REFUSES    missing datasets: {}", job.refuses_for.join(", ")));
        }
        let reads: Vec<&str> = job.reads.iter().map(|query| query.dataset).collect();
        context.terminal.line(format!("  reads      {}", reads.join(", ")));
        context.terminal.line(format!("  publishes  {}", job.tables.join(", ")));
        let current = job.current_as_of.map_or("nothing".to_owned(), |date| format!("the publication for {date}"));
        context.terminal.line(format!("  replaces   {} rows of {as_of}; current is {current}", job.replaces_rows));
        if with_sql {
            for query in &job.reads {
                context.terminal.line(format!("\n  -- {}\n{}", query.dataset, query.sql));
            }
        }
    }
}
