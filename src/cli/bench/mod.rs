//! `nightclerk bench DIR`: published advice against the truth about a generated shop. `bench warehouse`: rows per CPU second.
//! `bench scale`: forecasts of many series or rules of many baskets, from the warehouse to published rows.

mod scale;
mod warehouse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::context::Context;
use super::demo;
use super::failure::Failure;
use crate::bench::{
    self, Judgement, ORDERING_KINDS, PolicyResult, UnitValue, UpliftRanking, listing_job, policy_result,
    uplift_ranking, uplift_scores,
};
use crate::project::Project;
use crate::quantities::{Currency, Money};
use crate::runner::Runner;
use crate::runner::night::run_night;
use crate::shop::{Planner, ShopTable};
use crate::warehouse::{Create, Side, Value, Warehouse};

/// Judge a demo's published advice against the truth about its shop, or measure speed.
///
/// Forecast errors beside the seasonal naive's and the true mean's, planted associations found, coverage of lift
/// intervals on 200 generated campaigns; with --weeks, the order plan against the shop's own habit of ordering last
/// month's average, from the same evening on. The demo itself is left as it is.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    /// The demo's folder.
    #[arg(default_value = "demo-shop")]
    dir: PathBuf,
    /// Let a copy of the shop live this many weeks by the clerk's advice, with a night every week, and another by habit.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=52))]
    weeks: u32,
    /// Seeds the generated campaigns.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Subcommand)]
enum What {
    Scale(scale::ScaleBench),
    Warehouse(warehouse::WarehouseBench),
}

pub(super) async fn run(context: &Context, command: &Bench) -> Result<u8, Failure> {
    match &command.what {
        Some(What::Warehouse(command)) => return warehouse::run(context, command).await,
        Some(What::Scale(command)) => return scale::run(context, command).await,
        None => {}
    }
    let project = context.project_in(&command.dir)?;
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    if demo::settings(&warehouse).await?.is_none() {
        let dir = command.dir.display();
        return Err(Failure::usage(format!("{dir} is not a demo: its warehouse has no table `truth_settings`")));
    }
    let judgement = bench::judge(&warehouse, command.seed).await?;
    tell(context, &judgement);
    let ranking = uplift(context, &project, &warehouse).await?;
    drop(warehouse);
    let policies = if command.weeks == 0 { None } else { Some(weeks(context, &command.dir, command.weeks).await?) };
    if let Some((clerk, habit)) = &policies {
        tell_policies(context, clerk, habit);
    }
    context.terminal.object(&serde_json::json!({
        "judgement": judgement,
        "uplift": ranking,
        "inventory": policies.map(|(clerk, habit)| serde_json::json!({ "clerk": clerk, "habit": habit })),
    }));
    Ok(0)
}

/// How well the uplift model of the project's listing job ranks customers, against an oracle.
async fn uplift(context: &Context, project: &Project, warehouse: &Warehouse) -> Result<Option<UpliftRanking>, Failure> {
    let Some(job) = listing_job(project) else { return Ok(None) };
    let as_of = demo::last_day(warehouse).await?;
    let scores = uplift_scores(project, job, warehouse, as_of).await;
    let Some(scores) = scores.map_err(|error| Failure::new(1, format!("{error:#}")))? else {
        context.terminal.line("uplift: past campaigns do not tell customers apart, so nothing is ranked");
        return Ok(None);
    };
    let ranking = uplift_ranking(warehouse, &scores, project.config.seed).await?;
    context.terminal.line(format!(
        "uplift: the ranking of {} customers reaches {:.0} % of the oracle's Qini (95 % interval {:.0} to {:.0} %)",
        ranking.customers,
        ranking.share_of_oracle * 100.0,
        ranking.lower * 100.0,
        ranking.upper * 100.0
    ));
    Ok(Some(ranking))
}

/// The same weeks twice, from the same evening: by the clerk's advice, and by habit.
async fn weeks(context: &Context, dir: &Path, weeks: u32) -> Result<(PolicyResult, PolicyResult), Failure> {
    let copy = dir.with_file_name(format!(".bench-{}", std::process::id()));
    copy_folder(dir, &copy).map_err(|error| Failure::new(1, format!("cannot copy the demo: {error}")))?;
    let result = weeks_in(context, &copy, weeks).await;
    // The copy served its purpose, whatever came of it.
    let _ = std::fs::remove_dir_all(&copy);
    result
}

async fn weeks_in(context: &Context, copy: &Path, weeks: u32) -> Result<(PolicyResult, PolicyResult), Failure> {
    let project = context.project_in(copy)?;
    if !project.config.warehouse.url.expose().starts_with("sqlite:") {
        return Err(Failure::usage("--weeks needs a demo on SQLite: it works on a copy of its file"));
    }
    let warehouse = context.warehouse(&project, Create::Schema).await?;
    let settings = demo::settings(&warehouse).await?;
    let Some(settings) = settings else { return Err(Failure::usage("not a demo")) };
    let start = demo::last_day(&warehouse).await?;
    let end = start + TimeDelta::weeks(i64::from(weeks));
    let values = unit_values(&warehouse, project.config.currency).await?;
    let by_habit = demo::live_by(&warehouse, &settings, start, end, &Planner::Habit).await?;
    let mut runner = context.runner(project, warehouse).await?;
    let mut by_clerk: Vec<ShopTable> = Vec::new();
    let mut last = start;
    while last < end {
        let to = last + TimeDelta::weeks(1);
        by_clerk.extend(demo::live_on(&runner, &settings, last, to).await?);
        demo::fix_date(copy, to)?;
        runner = Runner { project: std::sync::Arc::new(context.project_in(copy)?), ..runner };
        let ordering = runner.project.jobs.iter().filter(|job| ORDERING_KINDS.contains(&job.kind));
        let jobs: Vec<String> = ordering.map(|job| job.name.clone()).collect();
        let night = run_night(&runner, to, &jobs).await;
        if night.exit_code() != 0 {
            return Err(Failure::new(1, format!("the night of {to} did not publish")));
        }
        last = to;
    }
    let fail = |error: polars::prelude::PolarsError| Failure::new(1, error.to_string());
    Ok((policy_result(&by_clerk, &values).map_err(fail)?, policy_result(&by_habit, &values).map_err(fail)?))
}

async fn unit_values(warehouse: &Warehouse, currency: Currency) -> Result<BTreeMap<String, UnitValue>, Failure> {
    let sql = "SELECT product_id, unit_cost, list_price FROM products";
    let rows = warehouse.read_values(Side::Target, sql, &[]).await?;
    let value = |row: &Vec<Value>| {
        let in_currency = |minor: &Value| Some(Money::from_minor(minor.as_integer()?).in_currency(currency));
        let (cost, price) = (in_currency(&row[1])?, in_currency(&row[2])?);
        Some((row[0].as_text()?.to_owned(), UnitValue { cost, margin: price - cost }))
    };
    Ok(rows.iter().filter_map(value).collect())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == "out" || entry.file_name() == ".nightclerk" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn tell(context: &Context, judgement: &Judgement) {
    let say = |text: String| context.terminal.line(text);
    say("forecasts (WAPE over every published day that has been lived)".to_owned());
    say(format!("  {:<18} {:>9} {:>12} {:>9}", "level", "ours", "naive", "floor"));
    for level in &judgement.forecasts {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        say(format!(
            "  {:<18} {:>9} {:>12} {:>9}",
            level.level,
            percent(level.wape),
            percent(level.naive_wape),
            percent(level.floor_wape)
        ));
        if level.n_young > 0 {
            say(format!("    (without {} days of series of less than 56 days)", level.n_young));
        }
    }
    let chosen: Vec<String> =
        judgement.methods.iter().map(|share| format!("{} {}", share.method, share.series)).collect();
    say(format!("models chosen: {}", chosen.join(", ")));
    for rules in &judgement.rules {
        say(format!(
            "{} rules: {} of {} planted pairs found (recall {:.2}); {} of {} published pairs true (precision {:.2})",
            rules.level,
            rules.planted.iter().filter(|pair| pair.lift.is_some()).count(),
            rules.planted.len(),
            rules.recall,
            rules.true_pairs,
            rules.published,
            rules.precision
        ));
        for pair in &rules.planted {
            let found = match (pair.support, pair.lift) {
                (Some(support), Some(lift)) => format!("found: support {:.4} %, lift {lift:.2}", support * 100.0),
                _ => "not found".to_owned(),
            };
            say(format!("  strength {:.3}  {} -> {}  {found}", pair.strength, pair.antecedent, pair.consequent));
        }
    }
    for coverage in &judgement.lift {
        say(format!(
            "lift: the 95 % interval of {} held the truth in {} of {} generated campaigns",
            coverage.metric, coverage.covered, coverage.campaigns
        ));
    }
}

fn tell_policies(context: &Context, clerk: &PolicyResult, habit: &PolicyResult) {
    context.terminal.line(format!("inventory, {} days from the same evening", clerk.days));
    for (name, result) in [("by the clerk's advice", clerk), ("by habit", habit)] {
        context.terminal.line(format!(
            "  {name:<22} fill rate {:.2} %, in stock {:.2} % of product-days, stock worth {:.0} on average, \
             holding cost {:.0}, margin lost to stock-outs {:.0}, {} order lines",
            result.fill_rate * 100.0,
            result.in_stock * 100.0,
            result.stock_value,
            result.holding_cost,
            result.lost_margin,
            result.order_lines
        ));
    }
}
