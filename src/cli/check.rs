//! `nightclerk check`: every file read, every query prepared, the first rows of each tried, nothing run.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::datasets::{DatasetSql, EXCLUDED, ExcludedSql, Source, SqlFiles, dataset_sql, excluded_sql};
use crate::migrations::{self, State};
use crate::project::Project;
use crate::report::{ReportError, Templates, rehearse_index, rehearse_page};
use crate::runner;
use crate::warehouse::{Create, Expectation, FoundColumn, FrameBuilder, Side, Warehouse};

/// One file or one job, and what is wrong with it.
#[derive(Serialize)]
struct Checked {
    what: String,
    problems: Vec<String>,
    notes: Vec<String>,
}

/// Read every file, prepare every query, try the first rows of each dataset; run nothing.
#[derive(Debug, Args)]
pub struct Check {
    /// Rows of each dataset that are read and held against its contract; 0 reads none.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    rows: u32,
}

pub(super) async fn run(context: &Context, command: &Check) -> Result<u8, Failure> {
    let project = context.project()?;
    let templates = runner::templates(&project)?;
    let audits = runner::audits(&project)?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    let sql = SqlFiles::from_texts(project.sql.clone(), warehouse.dialect(Side::Source));
    let as_of = context.as_of(&project, None)?;
    let source = Source::new(&warehouse, &sql, as_of, project.config.zone());
    let mut checked = Vec::new();
    for dataset in project.registry.datasets() {
        if !sql.has(dataset.name()) {
            continue;
        }
        let mut entry =
            Checked { what: format!("sql/datasets/{}.sql", dataset.name()), problems: vec![], notes: vec![] };
        match dataset_sql(&sql, dataset.name()) {
            Ok(of_dataset) => {
                let expectation = Expectation {
                    origin: &of_dataset.label,
                    schema: &dataset.schema,
                    keeps_attributes: dataset.keeps_attributes,
                    timezone: project.config.zone(),
                    quarantine: None,
                };
                entry.what.clone_from(&of_dataset.label);
                entry.problems.extend(problem(&warehouse, &of_dataset, expectation).await);
                if entry.problems.is_empty() && command.rows > 0 {
                    match source.try_rows(dataset, command.rows).await {
                        Ok(0) => entry.notes.push("no rows".to_owned()),
                        Ok(_) => {}
                        Err(error) => entry.problems.push(error.to_string()),
                    }
                }
                checked.push(entry);
                let beside = match excluded_sql(&sql, &of_dataset) {
                    Ok(all) => all.into_iter().find(|one| one.dataset == dataset.name()),
                    Err(error) => {
                        let what = format!("sql/datasets/{}.excluded.sql", dataset.name());
                        checked.push(Checked { what, problems: vec![error.to_string()], notes: vec![] });
                        None
                    }
                };
                if let Some(ExcludedSql { sql: counting, .. }) = beside {
                    let expectation = Expectation {
                        origin: &counting.label,
                        schema: &EXCLUDED,
                        keeps_attributes: false,
                        ..expectation
                    };
                    let problems = problem(&warehouse, &counting, expectation).await.into_iter().collect();
                    checked.push(Checked { what: counting.label.clone(), problems, notes: vec![] });
                }
            }
            Err(error) => {
                entry.problems.push(error.to_string());
                checked.push(entry);
            }
        }
    }
    let state = migrations::inspect(&warehouse, project.config.currency).await?;
    checked.push(our_tables(&state));
    if state.is_current() {
        for audit in &audits {
            let mut entry = Checked { what: audit.file.clone(), problems: vec![], notes: vec![] };
            if let Err(error) =
                warehouse.describe(Side::Target, &audit.file, &audit.staged_sql(0, project.config.currency)).await
            {
                entry.problems.push(error.to_string());
            }
            checked.push(entry);
        }
    } else {
        context.terminal.note("note: our tables are not up to date, so audits were not prepared");
    }
    checked.extend(rehearsals(&project, &templates));
    for job in project.enabled_in_order() {
        let missing: Vec<&str> = job.job.needs().iter().map(|d| d.name()).filter(|name| !sql.has(name)).collect();
        let mut entry = Checked { what: job.path.display().to_string(), problems: vec![], notes: vec![] };
        if !missing.is_empty() {
            entry.notes.push(format!("will refuse: `{}` needs {}", job.kind, missing.join(", ")));
        }
        checked.push(entry);
    }
    Ok(tell(context, &project.warnings, &checked))
}

/// The pages of the project's own templates, each rendered once with one of everything.
fn rehearsals(project: &Project, templates: &Templates) -> Vec<Checked> {
    if project.templates.is_empty() {
        return Vec::new();
    }
    let currency = project.config.currency;
    let kinds: BTreeSet<&str> = project.jobs.iter().map(|job| job.kind).collect();
    let pages = kinds.into_iter().map(|kind| (kind, rehearse_page(templates, kind, currency)));
    let tried = |(name, tried): (&str, Result<(), ReportError>)| Checked {
        what: format!("the page of {name}"),
        problems: tried.err().map(|error| error.to_string()).into_iter().collect(),
        notes: vec![],
    };
    pages.chain([("the night", rehearse_index(templates, currency))]).map(tried).collect()
}

/// What is wrong with a query: that the engine refuses it, or that its columns are not those that are expected.
async fn problem(warehouse: &Warehouse, sql: &DatasetSql, expectation: Expectation<'_>) -> Option<String> {
    match warehouse.describe(Side::Source, &sql.label, &sql.text).await {
        Ok(columns) => {
            let found: Vec<_> = columns.iter().map(|column| FoundColumn::named(&column.name)).collect();
            FrameBuilder::new(expectation, &found, 0).err().map(|error| error.to_string())
        }
        Err(error) => Some(sql.blame(error).to_string()),
    }
}

/// The warehouse's real tables, held against what the steps leave.
fn our_tables(state: &State) -> Checked {
    let what = format!("our tables, at step {} of {}", state.applied, state.applied + state.pending.len() as i64);
    let problems: Vec<String> = state.problems.iter().map(ToString::to_string).collect();
    let notes = if problems.is_empty() && !state.is_current() {
        vec!["the next run brings them up to date; `nightclerk plan` prints how".to_owned()]
    } else {
        vec![]
    };
    Checked { what, problems, notes }
}

fn tell(context: &Context, warnings: &crate::diagnostic::Diagnostics, checked: &[Checked]) -> u8 {
    let n_problems: usize = checked.iter().map(|entry| entry.problems.len()).sum();
    context.terminal.object(&serde_json::json!({ "warnings": warnings, "checked": checked, "problems": n_problems }));
    if !warnings.is_empty() {
        context.terminal.note(warnings.to_string());
    }
    for entry in checked {
        let mark = if entry.problems.is_empty() { "ok  " } else { "BAD " };
        context.terminal.line(format!("{mark} {}", entry.what));
        for text in entry.problems.iter().chain(&entry.notes) {
            context.terminal.line(format!("       {}", text.replace('\n', "\n       ")));
        }
    }
    context.terminal.line(match n_problems {
        0 => format!("{} files and jobs checked, no problem", checked.len()),
        n => format!("{} files and jobs checked, {n} problems", checked.len()),
    });
    if n_problems == 0 { 0 } else { 2 }
}
