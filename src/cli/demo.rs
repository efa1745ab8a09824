//! `nightclerk demo`: a generated shop beside an ordinary project, and its first nights.

use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate, TimeDelta};
use clap::Args;
use polars::prelude::DataFrame;

use super::context::Context;
use super::failure::Failure;
use super::run::tell;
use crate::bench::{coupon_contacts, planned_orders};
use crate::project::embedded::{self, NewProject};
use crate::runner::Runner;
use crate::runner::night::run_night;
use crate::shop::{Advice, Planner, Remembered, ShopSettings, ShopState, ShopTable, World, live, schemas, truth};
use crate::table::{Column, ColumnType, TableSchema};
use crate::warehouse::{Create, Dialect, Query, Side, Value, Warehouse, WarehouseError, create_table_sql};

/// The last day of the generated history, the first night's business date, in days since 1970-01-01: 2026-10-25.
const HISTORY_ENDS: i32 = 20_751;
/// Days of history: two years and two months.
const HISTORY_DAYS: u32 = 790;
/// Days between the two nights.
const FIRST_ADVANCE: u32 = 28;

/// Generate a shop with known truth, beside a project, and run two nights four weeks apart.
///
/// The folder is an ordinary project: look at nightclerk.toml, jobs/, sql/ and reports/, change them, and run it again.
/// Tables named truth_* hold what the generator knows and no job reads.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder.
    #[arg(default_value = "demo-shop")]
    dir: PathBuf,
    /// 1: 120 products in 3 stores, 6,000 customers, about 200,000 order lines; order lines grow in proportion.
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// The same seed makes the same shop.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Let an existing demo live this many more days by the clerk's advice, then run the next night.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=365))]
    advance: Option<u32>,
    /// A shop with the troubles of ordinary ones: stock that is never in the books, seasons, closed days, jumps.
    #[arg(long)]
    troubled: bool,
    /// The last day of the history, the first night's business date.
    #[arg(long, value_name = "DATE", default_value_t = last_day_of_history(), value_parser = last_day_from)]
    until: NaiveDate,
    /// Generate into this warehouse instead of a SQLite file in the folder; write passwords as ${VARIABLE}.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

fn last_day_from(text: &str) -> Result<NaiveDate, String> {
    match text.parse::<NaiveDate>() {
        Ok(day) if (1972..2100).contains(&day.year()) => Ok(day),
        _ => Err(format!("`{text}` is not a date like 2026-10-25, from 1972 to 2099")),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.05..=50.0).contains(&scale) => Ok(scale),
        _ => Err(format!("`{text}` is not a scale from 0.05 to 50")),
    }
}

pub(super) async fn run(context: &Context, command: &Demo) -> Result<u8, Failure> {
    match command.advance {
        None => found(context, command).await,
        Some(days) => advance(context, &command.dir, days).await,
    }
}

/// Makes the shop and runs two nights. Where the shop cannot be made, the folder is left as it was found.
async fn found(context: &Context, command: &Demo) -> Result<u8, Failure> {
    let was_empty = std::fs::read_dir(&command.dir).map_or(true, |mut entries| entries.next().is_none());
    let runner = match make_shop(context, command).await {
        Ok(runner) => runner,
        Err(failure) => {
            if was_empty {
                let _ = std::fs::remove_dir_all(&command.dir);
            }
            return Err(failure);
        }
    };
    let first = run_night(&runner, command.until, &[]).await;
    let code = tell(context, &first);
    if code != 0 {
        return Ok(code);
    }
    advance(context, &command.dir, FIRST_ADVANCE).await
}

fn last_day_of_history() -> NaiveDate {
    NaiveDate::from_epoch_days(HISTORY_ENDS).unwrap_or_default()
}

/// Writes the project and fills its warehouse.
async fn make_shop(context: &Context, command: &Demo) -> Result<Runner, Failure> {
    let dir = command.dir.display();
    if command.dir.join(crate::project::CONFIG_FILE).exists() {
        return Err(Failure::usage(format!(
            "{dir} holds a project already: `nightclerk demo {dir} --advance 28` lets its shop live on; \
             or name another folder, or remove this one"
        )));
    }
    let last_day = command.until;
    let settings = ShopSettings {
        seed: command.seed,
        scale: command.scale,
        first_day: last_day - TimeDelta::days(i64::from(HISTORY_DAYS) - 1),
        days: HISTORY_DAYS,
        troubled: command.troubled,
    };
    write_project(context, command, last_day)?;
    let project = context.project_in(&command.dir)?;
    let warehouse = context.warehouse(&project, Create::Everything).await?;
    drop_half_made(&warehouse).await?;
    for schema in every_table() {
        if warehouse.table_exists(Side::Target, schema.name).await? {
            return Err(Failure::usage(format!(
                "the warehouse holds a table `{}` already: the demo makes its own, name an empty one",
                schema.name
            )));
        }
    }
    context.terminal.note(format!("generating {HISTORY_DAYS} days of a shop at scale {}", command.scale));
    let (world, mut state) = (World::new(&settings), None);
    let tables = history(&world, &settings, &mut state)?;
    let lines = tables.iter().find(|table| table.schema.name == "order_lines").map_or(0, |table| table.frame.height());
    write_history(&warehouse, &settings, &tables).await?;
    context.terminal.note(format!("{lines} order lines written"));
    context.runner(project, warehouse).await
}

/// Drops what a demo that was cut short has left, where the engine could not undo it: its settings are written with its rows.
async fn drop_half_made(warehouse: &Warehouse) -> Result<(), Failure> {
    let has_settings = warehouse.table_exists(Side::Target, TRUTH_SETTINGS.name).await?;
    if !has_settings || settings(warehouse).await?.is_some() {
        return Ok(());
    }
    for schema in every_table() {
        let name = warehouse.dialect(Side::Target).quote(schema.name);
        warehouse.execute(Side::Target, &format!("DROP TABLE IF EXISTS {name}"), &[]).await?;
    }
    Ok(())
}

/// Tables of the shop; first the one whose row says that all of them are filled.
fn every_table() -> impl Iterator<Item = &'static TableSchema<'static>> {
    std::iter::once(&TRUTH_SETTINGS).chain(schemas().iter().copied())
}

/// Lets the shop live on by the clerk's advice and runs the night that follows.
async fn advance(context: &Context, dir: &Path, days: u32) -> Result<u8, Failure> {
    let project = context.project_in(dir)?;
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    let Some(settings) = settings(&warehouse).await? else {
        return Err(Failure::usage(format!(
            "{} is not a demo: its warehouse has no table `truth_settings`",
            dir.display()
        )));
    };
    let runner = context.runner(project, warehouse).await?;
    let last = last_day(&runner.warehouse).await?;
    let to = last + TimeDelta::days(i64::from(days));
    context.terminal.note(format!("the shop lives from {} to {to} by the clerk's advice", last + TimeDelta::days(1)));
    live_on(&runner, &settings, last, to).await?;
    fix_date(dir, to)?;
    let project = context.project_in(dir)?;
    let runner = Runner { project: std::sync::Arc::new(project), ..runner };
    let night = run_night(&runner, to, &[]).await;
    Ok(tell(context, &night))
}

fn write_project(context: &Context, command: &Demo, as_of: NaiveDate) -> Result<(), Failure> {
    let project = NewProject {
        name: "Demo Shop",
        as_of: Some(as_of),
        seed: command.seed,
        url: command.url.as_deref().unwrap_or("sqlite:warehouse.db"),
    };
    let written = embedded::write(&command.dir, &project, &context.registry.files());
    written
        .map(|_| ())
        .map_err(|error| Failure::usage(format!("cannot write the project into `{}`: {error}", command.dir.display())))
}

/// Moves the fixed business date in nightclerk.toml.
pub(super) fn fix_date(dir: &Path, as_of: NaiveDate) -> Result<(), Failure> {
    let path = dir.join(crate::project::CONFIG_FILE);
    let fail = |error: std::io::Error| Failure::usage(format!("cannot set `as_of` in `{}`: {error}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(fail)?;
    let moved: Vec<String> = text
        .lines()
        .map(|line| if line.starts_with("as_of") { format!("as_of = \"{as_of}\"") } else { line.to_owned() })
        .collect();
    crate::runner::files::write(&path, format!("{}\n", moved.join("\n")).as_bytes())
        .map_err(|error| Failure::usage(error.to_string()))
}

fn history(world: &World, settings: &ShopSettings, state: &mut Option<ShopState>) -> Result<Vec<ShopTable>, Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure::new(1, format!("the shop cannot be generated: {error}"));
    let mut tables = world.tables().map_err(|error| fail(&error))?;
    let state = state.insert(ShopState::opening(world));
    let lived = live(world, state, settings.first_day, settings.last_day(), &Planner::Habit);
    tables.extend(lived.map_err(|error| fail(&error))?);
    Ok(tables)
}

const TRUTH_SETTINGS: TableSchema<'static> = TableSchema {
    name: "truth_settings",
    doc: "from which the shop was generated",
    grain: &["seed"],
    columns: &[
        Column::new("seed", ColumnType::Integer, "the seed"),
        Column::new("scale", ColumnType::Real, "the scale"),
        Column::new("first_day", ColumnType::Date, "the first day of the history"),
        Column::new("days", ColumnType::Integer, "days of the history"),
        Column::new("troubled", ColumnType::Flag, "whether it has the troubles of ordinary shops"),
    ],
};

/// Creates and fills every table in one transaction: a demo that was killed leaves none, on MariaDB none with rows.
async fn write_history(
    warehouse: &Warehouse,
    settings: &ShopSettings,
    tables: &[ShopTable],
) -> Result<(), WarehouseError> {
    let dialect = warehouse.dialect(Side::Target);
    let mut transaction = warehouse.begin().await?;
    for schema in every_table() {
        let bare = TableSchema { grain: &[], ..*schema };
        transaction.define(&create_table_sql(dialect, &bare, false)).await?;
    }
    append_in(&mut transaction, tables).await?;
    transaction
        .execute(
            "INSERT INTO truth_settings (seed, scale, first_day, days, troubled) VALUES ($1, $2, $3, $4, $5)",
            &[
                Value::Integer(settings.seed as i64),
                Value::Real(settings.scale),
                Value::Date(settings.first_day),
                Value::Integer(i64::from(settings.days)),
                Value::Flag(settings.troubled),
            ],
        )
        .await?;
    for (table, columns) in [
        ("order_lines", "ordered_on"),
        ("order_lines", "customer_id"),
        ("stock_levels", "snapshot_on"),
        ("purchase_orders", "order_number"),
        ("deliveries", "order_number"),
        ("truth_demand", "day"),
    ] {
        // MariaDB indexes no text without a length.
        let length = if dialect == Dialect::Mariadb && is_text(table, columns) { "(64)" } else { "" };
        transaction.define(&format!("CREATE INDEX {table}_by_{columns} ON {table} ({columns}{length})")).await?;
    }
    transaction.commit().await
}

fn is_text(table: &str, column: &str) -> bool {
    let column = every_table().find(|schema| schema.name == table).and_then(|schema| schema.column(column));
    column.is_some_and(|column| column.kind == ColumnType::Text)
}

async fn append_in(
    transaction: &mut crate::warehouse::Transaction,
    tables: &[ShopTable],
) -> Result<(), WarehouseError> {
    for table in tables {
        transaction.insert(table.schema.name, table.schema.columns, &table.frame).await?;
    }
    Ok(())
}

pub(super) async fn settings(warehouse: &Warehouse) -> Result<Option<ShopSettings>, Failure> {
    if !warehouse.table_exists(Side::Target, "truth_settings").await? {
        return Ok(None);
    }
    let frame = read(warehouse, &TRUTH_SETTINGS, "").await?;
    let cells = || -> polars::prelude::PolarsResult<Option<ShopSettings>> {
        let day = frame.column("first_day")?.date()?.physical().get(0).and_then(NaiveDate::from_epoch_days);
        let seed = frame.column("seed")?.i64()?.get(0);
        let (scale, days) = (frame.column("scale")?.f64()?.get(0), frame.column("days")?.i64()?.get(0));
        let troubled = frame.column("troubled")?.bool()?.get(0);
        Ok(day.zip(seed).zip(scale).zip(days).zip(troubled).map(|((((first_day, seed), scale), days), troubled)| {
            ShopSettings { seed: seed as u64, scale, first_day, days: days as u32, troubled }
        }))
    };
    cells().map_err(|error| frame_failure(&error))
}

pub(super) async fn last_day(warehouse: &Warehouse) -> Result<NaiveDate, Failure> {
    let rows = warehouse.read_values(Side::Target, "SELECT MAX(snapshot_on) FROM stock_levels", &[]).await?;
    Ok(rows.first().map(|row| crate::runner::ledger::as_date(row, 0)).unwrap_or_default())
}

/// Lives the days by the clerk's advice and appends their rows, in one transaction; gives the rows.
pub(super) async fn live_on(
    runner: &Runner,
    settings: &ShopSettings,
    last: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<ShopTable>, Failure> {
    let warehouse = &runner.warehouse;
    let (orders, levels) = planned_orders(warehouse).await?;
    let coupons = coupon_contacts(warehouse).await?;
    let planner = Planner::Follows(Advice { orders: &orders, levels: &levels, coupons: &coupons });
    let tables = live_by(warehouse, settings, last, to, &planner).await?;
    let mut transaction = warehouse.begin().await?;
    append_in(&mut transaction, &tables).await?;
    transaction.commit().await?;
    Ok(tables)
}

/// The rows of the days after `last` under a way of ordering; nothing is written.
pub(super) async fn live_by(
    warehouse: &Warehouse,
    settings: &ShopSettings,
    last: NaiveDate,
    to: NaiveDate,
    planner: &Planner<'_>,
) -> Result<Vec<ShopTable>, Failure> {
    let since = |column: &str, days: i64| format!("WHERE {column} >= '{}'", last - TimeDelta::days(days));
    let stock_levels = read(warehouse, &schemas::STOCK_LEVELS, &since("snapshot_on", 0)).await?;
    let purchase_orders = read(warehouse, &schemas::PURCHASE_ORDERS, &since("ordered_on", 90)).await?;
    let truth_demand = read(warehouse, &truth::TRUTH_DEMAND, &since("day", 28)).await?;
    let truth_returns = read(warehouse, &truth::TRUTH_RETURNS, &since("due_on", 0)).await?;
    let remembered = Remembered {
        last_day: last,
        stock_levels: &stock_levels,
        purchase_orders: &purchase_orders,
        truth_demand: &truth_demand,
        truth_returns: &truth_returns,
    };
    let world = World::new(settings);
    let mut state = ShopState::resume(&world, &remembered).map_err(|error| frame_failure(&error))?;
    live(&world, &mut state, last + TimeDelta::days(1), to, planner)
        .map_err(|error| Failure::new(1, format!("the shop cannot live on: {error}")))
}

async fn read(warehouse: &Warehouse, schema: &TableSchema<'_>, filter: &str) -> Result<DataFrame, Failure> {
    let names: Vec<&str> = schema.columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {} {filter}", names.join(", "), schema.name);
    let query = Query {
        origin: schema.name,
        sql: &sql,
        binds: Vec::new(),
        schema,
        keeps_attributes: false,
        timezone: chrono_tz::Tz::UTC,
        quarantine: None,
    };
    Ok(warehouse.read(Side::Target, &query).await?)
}

fn frame_failure(error: &polars::prelude::PolarsError) -> Failure {
    Failure::new(1, format!("the shop's tables cannot be read: {error}"))
}
