//! `nightclerk bench warehouse`: rows per CPU second in and out of an engine.

use clap::Args;

use super::super::context::Context;
use super::super::failure::Failure;
use crate::bench::{Clocks, Rate, Throughput, throughput};
use crate::eval::{CpuClock, ProcessClock};
use crate::warehouse::{Warehouse, WarehouseConfig};

/// Measure how fast rows get into and out of a warehouse, beside one INSERT a row and untyped reading.
///
/// Works in a table of its own, `nightclerk_bench_rows`, which it drops.
#[derive(Debug, Args)]
pub struct WarehouseBench {
    /// `sqlite:FILE`, `postgres://...` or `mariadb://...`; a temporary SQLite file when not given.
    #[arg(long)]
    url: Option<String>,
    /// Rows to write and read.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..=100_000_000))]
    rows: u32,
}

pub(super) async fn run(context: &Context, command: &WarehouseBench) -> Result<u8, Failure> {
    let file = std::env::temp_dir().join(format!("nightclerk-bench-{}.db", std::process::id()));
    let url = command.url.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let warehouse = Warehouse::open(&WarehouseConfig::new(url.as_str()).create_if_missing()).await?;
    let clocks = Clocks { wall_micros: context.now_micros, cpu_seconds: || ProcessClock.cpu_seconds() };
    let measured = throughput(&warehouse, command.rows as usize, clocks).await;
    warehouse.close().await;
    if command.url.is_none() {
        // Only the measurement was in it; a file that cannot be removed is the temporary folder's business.
        let _ = std::fs::remove_file(&file);
    }
    let measured = measured?;
    tell(context, &measured);
    context.terminal.object(&measured);
    Ok(0)
}

fn tell(context: &Context, measured: &Throughput) {
    context.terminal.line(format!("{}, rows of {} columns", measured.engine, measured.columns));
    let (write, read) = measured.ratios();
    for (what, rate, ratio) in [
        ("write", &measured.write, write),
        ("write", &measured.plain_write, None),
        ("read", &measured.read, read),
        ("read", &measured.plain_read, None),
    ] {
        context.terminal.line(line(what, rate, ratio));
    }
}

fn line(what: &str, rate: &Rate, ratio: Option<f64>) -> String {
    let speed = rate.rows_per_cpu_second.map_or_else(
        || "CPU time is not told on this system".to_owned(),
        |speed| format!("{:>7.3} million rows per CPU second", speed / 1e6),
    );
    let ratio = ratio.map_or_else(String::new, |ratio| format!(", {ratio:.1} times the plain way"));
    format!("  {what:<5} {:<28} {speed} ({} rows in {:.2} s){ratio}", rate.way, rate.rows, rate.wall_seconds)
}
