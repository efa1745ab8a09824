//! `nightclerk bench scale`: nights of forecasts over any number of series, or of rules over any number of baskets, from the
//! warehouse to published rows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{NaiveDate, TimeDelta};
use clap::Args;
use polars::prelude::DataFrame;
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::Failure;
use crate::datasets::Dataset;
use crate::eval::{CpuClock, ProcessClock};
use crate::project::embedded::{self, NewProject};
use crate::runner::Runner;
use crate::runner::events::Event;
use crate::runner::night::run_night;
use crate::shop::measured::{HISTORY_ENDS, MeasuredShop};
use crate::table::{Column, TableSchema};
use crate::warehouse::{Create, Warehouse};

/// Rows that are made and written at a time.
const ROWS_AT_A_TIME: usize = 2_000_000;

/// Measure nights of forecasts over many series or of rules over many baskets, from the warehouse to published rows.
///
/// Generates the daily sales of a shop (one row per series and day), or with --baskets its baskets, into a SQLite file in a new folder or into an empty
/// PostgreSQL database, runs a first night, then nights with one more day each, or more with --advance. Reports time and CPU by
/// phase, peak memory and rows.
#[derive(Debug, Args)]
pub struct ScaleBench {
    /// A folder that does not exist yet; one of the temporary folder, removed at the end, when not given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// An empty database to use instead of a SQLite file in the folder: `postgres://...`. What is written there stays.
    #[arg(long)]
    url: Option<String>,
    /// Measure rules on so many baskets of 20,000 products over 180 days.
    #[arg(long, conflicts_with_all = ["series", "days"], value_parser = clap::value_parser!(u32).range(1_000..=20_000_000))]
    baskets: Option<u32>,
    /// Products times locations.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    series: u32,
    /// Days of history.
    #[arg(long, default_value_t = 1_941, value_parser = clap::value_parser!(u32).range(30..=10_000))]
    days: u32,
    /// Nights after the first.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=365))]
    nights: u32,
    /// Days from each night to the next; the last stands for all that follow. `21,7,1` gives the fourth night earlier
    /// publications of every age that forecasts are graded at.
    #[arg(long, value_delimiter = ',', default_value = "1", value_parser = clap::value_parser!(u32).range(1..=365))]
    advance: Vec<u32>,
    /// The same seed makes the same shop.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Scale {
    job: &'static str,
    /// What `size` counts: series or baskets.
    #[serde(skip)]
    counted: &'static str,
    size: u32,
    days: u32,
    rows: u64,
    generate_seconds: f64,
    nights: Vec<Night>,
}

/// One night.
#[derive(Debug, Serialize)]
struct Night {
    as_of: NaiveDate,
    published_rows: u64,
    wall_seconds: f64,
    cpu_seconds: Option<f64>,
    /// Largest resident memory during the night, where it can be told apart.
    peak_rss_mb: Option<f64>,
    phases: Vec<PhaseTime>,
}

/// How long a phase took.
#[derive(Debug, Serialize)]
struct PhaseTime {
    phase: String,
    wall_seconds: f64,
    cpu_seconds: Option<f64>,
}

impl ScaleBench {
    /// How many days after the end of the history each night is.
    fn days_after(&self) -> Vec<u32> {
        let last = self.advance.last().copied().unwrap_or(1);
        let steps = self.advance.iter().copied().chain(std::iter::repeat(last)).take(self.nights as usize);
        let mut days_after = vec![0];
        for step in steps {
            days_after.push(days_after.last().copied().unwrap_or(0) + step);
        }
        days_after
    }
}

pub(super) async fn run(context: &Context, command: &ScaleBench) -> Result<u8, Failure> {
    let temporary = std::env::temp_dir().join(format!("nightclerk-scale-{}", std::process::id()));
    let dir = command.dir.clone().unwrap_or_else(|| temporary.clone());
    if dir.exists() {
        return Err(Failure::usage(format!("{} exists already: name a folder that does not", dir.display())));
    }
    let measured = measure(context, command, &dir).await;
    if command.dir.is_none() {
        // Only the measurement was in it; a folder that cannot be removed is the temporary folder's business.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    let measured = measured?;
    tell(context, &measured);
    context.terminal.object(&measured);
    Ok(0)
}

async fn measure(context: &Context, command: &ScaleBench, dir: &Path) -> Result<Scale, Failure> {
    let begun = (context.now_micros)();
    let fail = |error: polars::prelude::PolarsError| Failure::new(1, error.to_string());
    let last = command.days_after().last().copied().unwrap_or(0);
    let shop = match command.baskets {
        Some(baskets) => MeasuredShop::of_baskets(command.seed, baskets),
        None => MeasuredShop::of_series(command.seed, command.series, command.days, last),
    };
    let shop = shop.map_err(fail)?;
    let days = shop.days as usize;
    let url = command.url.as_deref().unwrap_or("sqlite:warehouse.db");
    write_project(context, dir, url, &shop)
        .map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", dir.display())))?;
    let project = context.project_in(dir)?;
    let warehouse = context.warehouse(&project, Create::Everything).await?;
    for (dataset, frame) in &shop.facts {
        create(&warehouse, dataset, frame).await?;
    }
    create(&warehouse, shop.daily, &(shop.rows_of)(0, 0).map_err(fail)?).await?;
    let at_a_time = (ROWS_AT_A_TIME / shop.rows_a_day).max(1);
    let mut rows = 0;
    for from in (0..days).step_by(at_a_time) {
        let frame = (shop.rows_of)(from, (from + at_a_time).min(days)).map_err(fail)?;
        rows += frame.height() as u64;
        insert(&warehouse, shop.daily, &frame).await?;
        context.terminal.note(format!("{} of {days} days written", (from + at_a_time).min(days)));
    }
    let generate_seconds = ((context.now_micros)() - begun) as f64 / 1e6;

    let runner = context.runner(project, warehouse).await?;
    let mut nights = Vec::new();
    let mut written = days;
    for days_after in command.days_after() {
        let as_of =
            NaiveDate::from_epoch_days(HISTORY_ENDS).unwrap_or_default() + TimeDelta::days(i64::from(days_after));
        for day in written..days + days_after as usize {
            insert(&runner.warehouse, shop.daily, &(shop.rows_of)(day, day + 1).map_err(fail)?).await?;
        }
        written = written.max(days + days_after as usize);
        let night = one_night(context, &runner, shop.job, as_of).await?;
        context.terminal.note(format!("night of {as_of}: {:.1} s", night.wall_seconds));
        nights.push(night);
    }
    Ok(Scale { job: shop.job, counted: shop.counted, size: shop.size, days: shop.days, rows, generate_seconds, nights })
}

/// The default project with what is measured alone: one job, and datasets that are tables of that name.
fn write_project(context: &Context, dir: &Path, url: &str, shop: &MeasuredShop) -> std::io::Result<()> {
    let as_of = NaiveDate::from_epoch_days(HISTORY_ENDS);
    let project = NewProject { name: "Scale", as_of, seed: 1, url };
    embedded::write(dir, &project, &context.registry.files())?;
    let job = format!("{}.toml", shop.job);
    for (folder, keep) in [("jobs", job.as_str()), ("sql/datasets", "")] {
        for entry in std::fs::read_dir(dir.join(folder))? {
            let entry = entry?;
            if entry.file_name() != keep {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    for (name, sql) in shop.queries {
        std::fs::write(dir.join("sql/datasets").join(format!("{name}.sql")), sql)?;
    }
    Ok(())
}

/// A table with the columns of a frame, and its rows.
async fn create(warehouse: &Warehouse, dataset: &Dataset, frame: &DataFrame) -> Result<(), Failure> {
    let columns = columns_of(dataset, frame);
    let mut transaction = warehouse.begin().await?;
    transaction.create_table(dataset.name(), &columns, dataset.schema.grain).await?;
    transaction.insert(dataset.name(), &columns, frame).await?;
    transaction.commit().await?;
    Ok(())
}

fn columns_of(dataset: &Dataset, frame: &DataFrame) -> Vec<Column<'static>> {
    let known: &TableSchema<'static> = &dataset.schema;
    known.columns.iter().filter(|column| frame.column(column.name).is_ok()).copied().collect()
}

async fn insert(warehouse: &Warehouse, dataset: &Dataset, frame: &DataFrame) -> Result<(), Failure> {
    let mut transaction = warehouse.begin().await?;
    transaction.insert(dataset.name(), dataset.schema.columns, frame).await?;
    transaction.commit().await?;
    Ok(())
}

/// When a phase began: its name, microseconds, CPU seconds.
type Mark = (String, i64, Option<f64>);

async fn one_night(context: &Context, runner: &Runner, job: &str, as_of: NaiveDate) -> Result<Night, Failure> {
    // Linux then counts the peak from here; where it does not, the peak includes the generation.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let marks: Arc<Mutex<Vec<Mark>>> = Arc::default();
    let now = context.now_micros;
    let sink = marks.clone();
    let inner = runner.events.clone();
    let mark = move |name: String| {
        let mut marks = sink.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.last().is_none_or(|(last, ..)| *last != name) {
            marks.push((name, now(), ProcessClock.cpu_seconds()));
        }
    };
    let events = move |event: &Event| {
        match event {
            Event::Phase { phase, .. } => mark(phase.name().to_owned()),
            Event::Progress { what, .. } => mark(what.clone()),
            _ => {}
        }
        inner(event);
    };
    let timed = Runner { events: Arc::new(events), ..runner.clone() };
    let (begun, cpu) = (now(), ProcessClock.cpu_seconds());
    let night = run_night(&timed, as_of, &[job.to_owned()]).await;
    let (ended, cpu_ended) = (now(), ProcessClock.cpu_seconds());
    if night.exit_code() != 0 {
        let reason = night.jobs.first().map_or_else(String::new, |job| job.reason.clone());
        return Err(Failure::new(night.exit_code(), format!("the night of {as_of} did not publish: {reason}")));
    }
    let marks = marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let ends = marks.iter().skip(1).map(|(_, wall, cpu)| (*wall, *cpu)).chain([(ended, cpu_ended)]);
    let phases = (marks.iter().zip(ends))
        .map(|((name, wall, cpu), (wall_end, cpu_end))| PhaseTime {
            phase: name.clone(),
            wall_seconds: (wall_end - wall) as f64 / 1e6,
            cpu_seconds: cpu_end.zip(*cpu).map(|(end, begin)| end - begin),
        })
        .collect();
    Ok(Night {
        as_of,
        published_rows: night.jobs.iter().flat_map(|job| &job.tables).map(|table| table.rows).sum(),
        wall_seconds: (ended - begun) as f64 / 1e6,
        cpu_seconds: cpu_ended.zip(cpu).map(|(end, begin)| end - begin),
        peak_rss_mb: ProcessClock.peak_rss_mb(),
        phases,
    })
}

fn tell(context: &Context, measured: &Scale) {
    let known = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:.1}"));
    context.terminal.line(format!(
        "{}: {} {} over {} days, {} rows (generated in {:.1} s)",
        measured.job, measured.size, measured.counted, measured.days, measured.rows, measured.generate_seconds
    ));
    for night in &measured.nights {
        context.terminal.line(format!(
            "night of {}: {:.1} s, {} CPU s, peak {} MB, {} rows published",
            night.as_of,
            night.wall_seconds,
            known(night.cpu_seconds),
            known(night.peak_rss_mb),
            night.published_rows
        ));
        for phase in &night.phases {
            let (wall, cpu) = (phase.wall_seconds, known(phase.cpu_seconds));
            context.terminal.line(format!("  {:<20} {wall:>8.1} s {cpu:>8} CPU s", phase.phase));
        }
    }
}
