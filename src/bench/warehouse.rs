//! How fast rows get into and out of a warehouse, beside the plain ways of doing the same.
//!
//! Rows are made like order lines, eight columns each. Written in bulk as publications are, read into a checked and sorted
//! frame as datasets are; beside them one INSERT a row, and rows of untyped values. CPU seconds are those of this process:
//! on SQLite they hold the engine, elsewhere the server's own work comes on top.

use polars::prelude::{Column as Series, DataFrame, DataType, IntoColumn, NamedFrom, Series as Values};
use serde::Serialize;

use crate::table::ColumnType::{Date, Integer, Real, Text};
use crate::table::{Column, TableSchema};
use crate::warehouse::{Query, Side, Value, Warehouse, WarehouseError};

const COLUMNS: &[Column<'static>] = &[
    Column::new("order_id", Integer, "the order line"),
    Column::new("product_id", Text, "one of 2,000"),
    Column::new("location_id", Text, "one of 20"),
    Column::new("customer_id", Text, "one of 50,000"),
    Column::new("sold_on", Date, "one of 730 days"),
    Column::new("quantity", Integer, "thousandths of a unit"),
    Column::new("net_amount", Integer, "minor currency units"),
    Column::new("share", Real, "a real number"),
];

const SCHEMA: TableSchema<'static> = TableSchema {
    name: "nightclerk_bench_rows",
    doc: "Rows made to be counted; dropped when the measurement ends.",
    grain: &["order_id"],
    columns: COLUMNS,
};

/// Rows of the plain ways: they are slow, and a rate needs no more.
const PLAIN_ROWS: usize = 50_000;

/// What a measurement is taken with: wall time in microseconds, and this process's CPU seconds where the system tells.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Microseconds since some instant.
    pub wall_micros: fn() -> i64,
    /// CPU seconds of this process so far.
    pub cpu_seconds: fn() -> Option<f64>,
}

/// One way of moving rows.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// Which way.
    pub way: &'static str,
    /// Rows moved.
    pub rows: u64,
    /// CPU seconds of this process; `None` where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Seconds on the wall.
    pub wall_seconds: f64,
    /// Rows per CPU second.
    pub rows_per_cpu_second: Option<f64>,
}

/// Rows in and out of one engine.
#[derive(Clone, Debug, Serialize)]
pub struct Throughput {
    /// The engine.
    pub engine: &'static str,
    /// Columns of a row.
    pub columns: usize,
    /// In bulk, as publications are written.
    pub write: Rate,
    /// One INSERT a row, in one transaction.
    pub plain_write: Rate,
    /// Into a checked, sorted frame, as datasets are read.
    pub read: Rate,
    /// Into rows of untyped values.
    pub plain_read: Rate,
}

impl Throughput {
    /// How many times the plain rate the bulk rate is, for writing and for reading.
    pub fn ratios(&self) -> (Option<f64>, Option<f64>) {
        let ratio = |fast: &Rate, plain: &Rate| Some(fast.rows_per_cpu_second? / plain.rows_per_cpu_second?);
        (ratio(&self.write, &self.plain_write), ratio(&self.read, &self.plain_read))
    }
}

/// Writes and reads `rows` rows in a table of its own, which it drops.
///
/// # Errors
/// What the engine refuses.
pub async fn throughput(warehouse: &Warehouse, rows: usize, clocks: Clocks) -> Result<Throughput, WarehouseError> {
    let drop = format!("DROP TABLE IF EXISTS {}", SCHEMA.name);
    warehouse.execute(Side::Target, &drop, &[]).await?;
    let measured = measure(warehouse, rows, clocks).await;
    warehouse.execute(Side::Target, &drop, &[]).await?;
    measured
}

async fn measure(warehouse: &Warehouse, rows: usize, clocks: Clocks) -> Result<Throughput, WarehouseError> {
    let plain_rows = rows.min(PLAIN_ROWS);
    let frame = made_rows(rows)?;

    let mut transaction = warehouse.begin().await?;
    transaction.create_table(SCHEMA.name, COLUMNS, SCHEMA.grain).await?;
    let stopwatch = Stopwatch::start(clocks);
    let values = plain_values(plain_rows);
    let insert = format!("INSERT INTO {} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", SCHEMA.name);
    for row in &values {
        transaction.execute(&insert, row).await?;
    }
    transaction.commit().await?;
    let plain_write = stopwatch.stop("one INSERT a row", plain_rows);

    warehouse.execute(Side::Target, &format!("DELETE FROM {}", SCHEMA.name), &[]).await?;
    let stopwatch = Stopwatch::start(clocks);
    let mut transaction = warehouse.begin().await?;
    transaction.insert(SCHEMA.name, COLUMNS, &frame).await?;
    transaction.commit().await?;
    let write = stopwatch.stop("in bulk", rows);

    let all = format!("SELECT * FROM {}", SCHEMA.name);
    let stopwatch = Stopwatch::start(clocks);
    let query = Query {
        origin: SCHEMA.name,
        sql: &all,
        binds: Vec::new(),
        schema: &SCHEMA,
        keeps_attributes: false,
        timezone: chrono_tz::UTC,
        quarantine: None,
    };
    let found = warehouse.read(Side::Target, &query).await?;
    let read = stopwatch.stop("into a checked frame", found.height());
    if !found.equals(&frame) {
        let message = "the rows that were read are not those that were written".to_owned();
        return Err(WarehouseError::Frame { table: SCHEMA.name.to_owned(), message });
    }

    let stopwatch = Stopwatch::start(clocks);
    let some = format!("{all} ORDER BY order_id LIMIT {plain_rows}");
    let found = warehouse.read_values(Side::Target, &some, &[]).await?;
    let plain_read = stopwatch.stop("into rows of untyped values", found.len());
    let engine = warehouse.dialect(Side::Target).name();
    Ok(Throughput { engine, columns: COLUMNS.len(), write, plain_write, read, plain_read })
}

struct Stopwatch {
    clocks: Clocks,
    wall: i64,
    cpu: Option<f64>,
}

impl Stopwatch {
    fn start(clocks: Clocks) -> Self {
        Self { clocks, wall: (clocks.wall_micros)(), cpu: (clocks.cpu_seconds)() }
    }

    fn stop(self, way: &'static str, rows: usize) -> Rate {
        let cpu_seconds = (self.clocks.cpu_seconds)().zip(self.cpu).map(|(now, then)| now - then);
        Rate {
            way,
            rows: rows as u64,
            cpu_seconds,
            wall_seconds: ((self.clocks.wall_micros)() - self.wall) as f64 / 1e6,
            rows_per_cpu_second: cpu_seconds.filter(|seconds| *seconds > 0.0).map(|seconds| rows as f64 / seconds),
        }
    }
}

/// The cells of a row: order, product, location, customer, day, quantity, amount, share.
fn cells(row: usize) -> (i64, String, String, String, i32, i64, i64, f64) {
    let mixed = row.wrapping_mul(2_654_435_761) >> 7;
    (
        row as i64,
        format!("P{:04}", mixed % 2_000),
        format!("L{:02}", mixed % 20),
        format!("C{:05}", mixed % 50_000),
        20_000 + (row % 730) as i32,
        1_000 * (1 + (mixed % 5) as i64),
        99 + (mixed % 10_000) as i64,
        (mixed % 997) as f64 / 997.0,
    )
}

fn plain_values(rows: usize) -> Vec<Vec<Value>> {
    let values = |row| {
        let (order, product, location, customer, day, quantity, amount, share) = cells(row);
        let day = chrono::NaiveDate::from_epoch_days(day).map_or(Value::Null, Value::Date);
        vec![
            Value::Integer(order),
            Value::Text(product),
            Value::Text(location),
            Value::Text(customer),
            day,
            Value::Integer(quantity),
            Value::Integer(amount),
            Value::Real(share),
        ]
    };
    (0..rows).map(values).collect()
}

fn made_rows(rows: usize) -> Result<DataFrame, WarehouseError> {
    let made: Vec<_> = (0..rows).map(cells).collect();
    let fail = |error: polars::prelude::PolarsError| WarehouseError::Frame {
        table: SCHEMA.name.to_owned(),
        message: error.to_string(),
    };
    let days = Values::new("sold_on".into(), made.iter().map(|row| row.4).collect::<Vec<i32>>());
    let columns: Vec<Series> = vec![
        Values::new("order_id".into(), made.iter().map(|row| row.0).collect::<Vec<i64>>()).into_column(),
        Values::new("product_id".into(), made.iter().map(|row| row.1.as_str()).collect::<Vec<_>>()).into_column(),
        Values::new("location_id".into(), made.iter().map(|row| row.2.as_str()).collect::<Vec<_>>()).into_column(),
        Values::new("customer_id".into(), made.iter().map(|row| row.3.as_str()).collect::<Vec<_>>()).into_column(),
        days.cast(&DataType::Date).map_err(fail)?.into_column(),
        Values::new("quantity".into(), made.iter().map(|row| row.5).collect::<Vec<i64>>()).into_column(),
        Values::new("net_amount".into(), made.iter().map(|row| row.6).collect::<Vec<i64>>()).into_column(),
        Values::new("share".into(), made.iter().map(|row| row.7).collect::<Vec<f64>>()).into_column(),
    ];
    DataFrame::new(rows, columns).map_err(fail)
}
