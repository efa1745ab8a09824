//! Judging how orders are made, on a long file, without a warehouse: history is replayed period by period.
//!
//! Every round: what is due arrives, demand is served, what was not there is lost (or waits), costs are counted, the demand of the
//! period becomes known, and the policy orders. A policy is handed nothing of a period before it is over.
//!
//! | file | what it holds |
//! |---|---|
//! | `shop.rs` | the lines of the file, and their stock under a policy |
//! | `per_line.rs`, `leads.rs`, `state_file.rs` | costs and packs by line, lead times that vary, the stock at the start |
//! | `seasonal.rs`, `policies.rs` | the seasonal moving average, and the baselines |
//! | `ours.rs` | the policy `auto` |
//! | `planned.rs`, `line_order.rs` | the policy `plan`: what the nightly job does |
//! | `report.rs` | what came out |

mod leads;
mod line_order;
mod ours;
mod per_line;
mod planned;
mod policies;
mod report;
mod seasonal;
mod shop;
mod state_file;

use std::path::PathBuf;

pub use leads::LeadTimeFile;
pub use per_line::PerLine;
pub use policies::Policy;
pub use report::{InventoryEvaluation, PolicyCosts};

use super::EvalError;
use super::forecaster::Forecaster;
use super::input;
use super::input_options::InputOptions;
use super::methods;
use super::process::CpuClock;
use super::time::Step;
use crate::job::Progress;
use crate::models::inventory::{LeadTime, ReplayRules, ReplayStock};
use leads::Leads;
use ours::{Aim, Ours};
use planned::Round;
use seasonal::SeasonalMean;
use shop::{Life, Shop};

/// Most rounds before the first that `auto` replays to choose its buffer.
const REHEARSALS: usize = 26;

/// How a file is replayed.
#[derive(Clone, Debug)]
pub struct InventoryRun {
    /// Periods between two chances to order, at least 1.
    pub review: usize,
    /// What is ordered at the close of a period serves from the start of the period so many later; at least 1.
    pub arrives_after: usize,
    /// Deliveries that orders take as long as, in place of always the same; `arrives_after` above 1 is added less 1.
    pub lead_times: Option<LeadTimeFile>,
    /// Cost of a unit on the shelf at the close of a period.
    pub holding: PerLine,
    /// Cost of a unit that was wanted and not there.
    pub shortage: PerLine,
    /// Units of which an order is a multiple; 0 is one.
    pub pack: PerLine,
    /// What a unit costs, for the budget.
    pub unit_cost: PerLine,
    /// Most money for the orders of a round.
    pub budget: Option<f64>,
    /// Whether unmet demand waits; else it is lost.
    pub backorders: bool,
    /// Rounds that are lived and not counted, before those that are.
    pub warm_up: usize,
    /// The last rounds of the file, which are counted.
    pub rounds: usize,
    /// Who orders.
    pub policy: Policy,
    /// The share of demand to serve at once, in place of the least cost.
    pub target_fill: Option<f64>,
    /// Whether `plan` has to serve it on each line, else on all together with the least stock, at what it costs to hold.
    pub each_line: bool,
    /// The season, in periods; default: a year of weeks or months, a week of days.
    pub season: Option<usize>,
    /// Models of `eval forecast`: all of them for `auto`, the first for `plan`.
    pub models: Vec<String>,
    /// The stock at the start; nothing without one.
    pub initial_state: Option<PathBuf>,
    /// Threads; default: as many as the machine has.
    pub threads: Option<usize>,
    /// Where the orders go.
    pub orders_out: Option<PathBuf>,
}

/// Reads a file and replays its last rounds, under the policy asked for and every baseline.
///
/// # Errors
/// When the options do not fit, a file cannot be used, or the orders cannot be written.
pub fn evaluate_inventory(
    input: &InputOptions,
    run: &InventoryRun,
    clock: &dyn CpuClock,
    progress: &Progress,
) -> Result<InventoryEvaluation, EvalError> {
    let forecasters = (run.models.iter().map(|name| methods::forecaster(name)).collect::<Result<Vec<_>, _>>())
        .map_err(|problem| EvalError::Options { problem, mend: "give --model one of them".to_owned() })?;
    let pool = super::costs::pool(run.threads)?;
    let replayed = run.warm_up + run.rounds;
    let columns = columns(run);
    let input = InputOptions { horizon: Some(replayed.max(1)), split: None, statics: columns.clone(), ..input.clone() };
    let dataset = input::read(&input)?;
    let leads = match &run.lead_times {
        Some(file) => Leads::read(file, dataset.axis.step(), run.arrives_after.saturating_sub(1))?,
        None => Leads::fixed(run.arrives_after),
    };
    let shop = Shop::new(&dataset, &input.ids, &columns, run, &leads)?;
    let lines = shop.demand.len();
    let mut lives: Vec<Life> = policies(run, &leads).into_iter().map(|policy| Life::new(policy, &shop)).collect();
    let first = shop.length - replayed;
    let season = run.season.unwrap_or_else(|| usual_season(dataset.axis.step()));
    let rehearsals = if run.policy == Policy::Auto { REHEARSALS.min(first.saturating_sub(season.max(8))) } else { 0 };
    let timing = shop.rules.first().copied().unwrap_or(NOTHING);
    let level = shop.rules.iter().map(ReplayRules::critical_ratio).sum::<f64>() / lines.max(1) as f64;
    let aim = run.target_fill.map_or(Aim::Cost, Aim::Fill);
    let empty = vec![ReplayStock::default(); lines];
    let mut ours = Ours::new(&empty, forecasters.len(), aim, (level, timing.protection()), season);
    let positions = shop.positions(&dataset, season, timing.protection() + 1);
    let seasonal = SeasonalMean { positions: &positions };
    let (levels, distribution, certain) = (planned::levels(), leads.distribution(), leads.certain());
    let mut orders_made = Vec::new();
    for round in first - rehearsals..shop.length {
        let known = shop.known(round);
        let is_real = round >= first;
        let counts = round >= first + run.warm_up;
        let since_first = round + run.review - first % run.review;
        let orders_now = since_first.is_multiple_of(run.review);
        let arrivals = leads.of_round(round, lines);
        if orders_now && run.policy == Policy::Auto {
            let forecast = |forecaster: &dyn Forecaster| {
                shop.forecast(forecaster, &dataset, round, (season, timing.protection()), None)
            };
            let models: Vec<Vec<Vec<f64>>> = pool.install(|| {
                let means = |one: &dyn Forecaster| forecast(one).into_iter().map(|outlook| outlook.mean).collect();
                forecasters.iter().map(|one| means(one.as_ref())).collect()
            });
            let stocks = if is_real { &lives[0].stocks } else { &empty };
            let orders = ours.orders(&known, stocks, &shop, &seasonal, &models, &leads.rehearsed(round, lines));
            if is_real {
                lives[0].order(orders, &shop, run.budget, &arrivals);
            }
        }
        if let Some(forecaster) = forecasters.first().filter(|_| orders_now && is_real && run.policy.is_planned()) {
            let ahead = planned::periods_ahead(&leads, run.review);
            let outlooks =
                pool.install(|| shop.forecast(forecaster.as_ref(), &dataset, round, (season, ahead), Some(&levels)));
            for life in lives.iter_mut().filter(|life| life.policy.is_planned()) {
                let lead_time: &Option<LeadTime> = if life.policy == Policy::Plan { &distribution } else { &certain };
                let Some(lead_time) = lead_time else { continue };
                let round = Round {
                    shop: &shop,
                    outlooks: &outlooks,
                    levels: &levels,
                    lead_time,
                    target_fill: run.target_fill,
                    each_line: run.each_line,
                    budget: run.budget,
                };
                let (orders, unplanned) = pool.install(|| round.orders(&life.stocks));
                life.n_unplanned += unplanned;
                life.promise(&shop, &orders, counts);
                life.order(orders.iter().map(|order| order.quantity).collect(), &shop, None, &arrivals);
            }
        }
        for life in lives.iter_mut().filter(|life| is_real && orders_now && life.policy.is_baseline()) {
            let orders = policies::orders(life.policy, &known, &life.stocks, &shop.rules, &seasonal);
            life.order(orders, &shop, run.budget, &arrivals);
        }
        let demand: Vec<f64> = shop.demand.iter().map(|line| line[round]).collect();
        ours.live(&demand, &shop);
        if is_real {
            if run.orders_out.is_some() {
                orders_made.push((lives[0].ordered.clone(), arrivals));
            }
            for life in &mut lives {
                life.live(&demand, &shop, counts);
            }
        }
        progress.report("rounds replayed", (round + 1 + rehearsals - first) as u64, (replayed + rehearsals) as u64);
    }
    if let Some(path) = &run.orders_out {
        report::write_orders(path, &input.ids, &dataset, &shop, (first, leads.vary()), &orders_made)?;
    }
    let choice = (run.policy == Policy::Auto).then(|| ours.choice(forecasters.len(), &timing));
    let used = (clock.cpu_seconds(), clock.peak_rss_mb());
    Ok(InventoryEvaluation::new(&dataset, run, (&shop, &leads), &lives, choice, rehearsals, used))
}

/// Of a file without lines.
const NOTHING: ReplayRules =
    ReplayRules { review: 1, arrives_after: 1, holding: 0.0, shortage: 0.0, backorders: false };

/// The policy asked for first, then those beside it: the baselines, and of one that plans what it would do with the mean lead time.
fn policies(run: &InventoryRun, leads: &Leads) -> Vec<Policy> {
    let beside = Policy::ALL.into_iter().filter(|policy| {
        *policy != run.policy
            && (policy.is_baseline() || run.policy == Policy::Plan && leads.vary() && policy.is_planned())
    });
    std::iter::once(run.policy).chain(beside).collect()
}

/// Columns with one number per line, each once.
fn columns(run: &InventoryRun) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for column in [&run.holding, &run.shortage, &run.pack, &run.unit_cost].into_iter().filter_map(PerLine::column) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// A year of weeks, months or quarters, a week of days; nothing of what only counts.
fn usual_season(step: Step) -> usize {
    match step {
        Step::Days(7) => 52,
        Step::Days(1) => 7,
        Step::Months(1) => 12,
        Step::Quarters(1) | Step::Months(3) => 4,
        Step::Seconds(3600) => 24,
        _ => 1,
    }
}
