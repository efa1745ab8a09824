//! Judging how orders are made, on a long file, without a warehouse: history is replayed period by period.
//!
//! Every round: what is due arrives, demand is served, what was not there is lost (or waits), costs are counted, the demand of the
//! period becomes known, and the policy orders. A policy is handed nothing of a period before it is over.
//!
//! | file | what it holds |
//! |---|---|
//! | `seasonal.rs` | the seasonal moving average of the baselines |
//! | `policies.rs` | the baselines |
//! | `ours.rs` | the policy `auto` |
//! | `state_file.rs` | the stock with which a replay begins |
//! | `report.rs` | what came out |

mod ours;
mod policies;
mod report;
mod seasonal;
mod state_file;

use std::path::PathBuf;

pub use policies::Policy;
pub use report::{InventoryEvaluation, PolicyCosts};

use super::EvalError;
use super::forecaster::{Forecaster, OriginData, OriginSeries};
use super::input::{self, Dataset};
use super::input_options::InputOptions;
use super::methods;
use super::process::CpuClock;
use super::time::Step;
use crate::job::Progress;
use crate::models::inventory::{ReplayPeriod, ReplayRules, ReplayStock, ReplayTally};
use ours::{Aim, Ours};
use seasonal::SeasonalMean;

/// Most rounds before the first that `auto` replays to choose its buffer.
const REHEARSALS: usize = 26;
/// Quantile levels that a forecaster is asked for; only means are used.
const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

/// How a file is replayed.
#[derive(Clone, Debug)]
pub struct InventoryRun {
    /// When things happen and what they cost.
    pub rules: ReplayRules,
    /// Rounds that are lived and not counted, before those that are.
    pub warm_up: usize,
    /// The last rounds of the file, which are counted.
    pub rounds: usize,
    /// Who orders.
    pub policy: Policy,
    /// The share of demand to serve at once, in place of the least cost.
    pub target_fill: Option<f64>,
    /// The season, in periods; default: a year of weeks or months, a week of days.
    pub season: Option<usize>,
    /// Models of `eval forecast`, for `auto`.
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
    let input = InputOptions { horizon: Some(replayed.max(1)), split: None, ..input.clone() };
    let dataset = input::read(&input)?;
    let shop = Shop::new(&dataset, &input.ids, run)?;
    let mut lives = vec![Life::new(run.policy, &shop)];
    lives.extend(
        Policy::ALL
            .into_iter()
            .filter(|policy| *policy != run.policy && *policy != Policy::Auto)
            .map(|policy| Life::new(policy, &shop)),
    );
    let first = shop.length - replayed;
    let season = run.season.unwrap_or_else(|| usual_season(dataset.axis.step()));
    let rehearsals = if run.policy == Policy::Auto { REHEARSALS.min(first.saturating_sub(season.max(8))) } else { 0 };
    let level = run.rules.critical_ratio();
    let aim = run.target_fill.map_or(Aim::Cost, Aim::Fill);
    let empty = vec![ReplayStock::default(); shop.demand.len()];
    let mut ours = Ours::new(&empty, forecasters.len(), aim, level, season);
    let positions = shop.positions(&dataset, season, run.rules.protection() + 1);
    let seasonal = SeasonalMean { positions: &positions };
    let mut orders_made = Vec::new();
    for round in first - rehearsals..shop.length {
        let known = shop.known(round);
        let is_real = round >= first;
        let since_first = round + run.rules.review - first % run.rules.review;
        let orders_now = since_first.is_multiple_of(run.rules.review);
        if orders_now && run.policy == Policy::Auto {
            let horizon = run.rules.protection();
            let forecast = |forecaster: &dyn Forecaster| shop.forecast(forecaster, &dataset, round, season, horizon);
            let models: Vec<Vec<Vec<f64>>> =
                pool.install(|| forecasters.iter().map(|one| forecast(one.as_ref())).collect());
            let stocks = if is_real { &lives[0].stocks } else { &empty };
            let orders = ours.orders(&known, stocks, &run.rules, &seasonal, &models);
            if is_real {
                lives[0].order(orders, &run.rules);
            }
        }
        for life in lives.iter_mut().filter(|life| is_real && orders_now && life.policy != Policy::Auto) {
            let orders = policies::orders(life.policy, &known, &life.stocks, &run.rules, &seasonal, level);
            life.order(orders, &run.rules);
        }
        let demand: Vec<f64> = shop.demand.iter().map(|line| line[round]).collect();
        ours.live(&demand, &run.rules);
        if is_real {
            if run.orders_out.is_some() {
                orders_made.push(lives[0].ordered.clone());
            }
            for life in &mut lives {
                life.live(&demand, &run.rules, round >= first + run.warm_up);
            }
        }
        progress.report("rounds replayed", (round + 1 + rehearsals - first) as u64, (replayed + rehearsals) as u64);
    }
    if let Some(path) = &run.orders_out {
        report::write_orders(path, &input.ids, &dataset, &shop, first, &orders_made)?;
    }
    let choice = (run.policy == Policy::Auto).then(|| ours.choice(forecasters.len(), &run.rules));
    let used = (clock.cpu_seconds(), clock.peak_rss_mb());
    Ok(InventoryEvaluation::new(&dataset, run, &shop, &lives, choice, rehearsals, used))
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

/// Whole units, none below 0.
fn rounded(quantity: f64) -> f64 {
    quantity.round().max(0.0)
}

/// The lines of a file on common periods that end with its last.
#[derive(Debug)]
pub(super) struct Shop {
    /// Demand per line and period of the file, `NaN` where it was not observed.
    pub demand: Vec<Vec<f64>>,
    /// Periods of the file.
    pub length: usize,
    /// The place of its first period on the grid.
    start: i64,
    /// The stock of each line before the first round.
    pub stocks: Vec<ReplayStock>,
    /// Lines of the state file that the sales do not know, and the other way round.
    pub unknown: usize,
    pub without_state: usize,
}

impl Shop {
    fn new(dataset: &Dataset, ids: &[String], run: &InventoryRun) -> Result<Self, EvalError> {
        let fail = |problem: String, mend: &str| EvalError::Options { problem, mend: mend.to_owned() };
        if run.rounds == 0 {
            return Err(fail("--rounds 0 leaves nothing to count".to_owned(), "give the number of periods to count"));
        }
        let tails = dataset.open_actuals()?;
        let whole: Vec<Vec<f64>> =
            dataset.series.iter().zip(tails).map(|(series, tail)| [series.values.clone(), tail].concat()).collect();
        let ends = || dataset.series.iter().zip(&whole).map(|(series, values)| series.start + values.len() as i64);
        let start = dataset.series.iter().map(|series| series.start).min().unwrap_or(0);
        let length = (ends().max().unwrap_or(start) - start) as usize;
        if length < run.warm_up + run.rounds + run.rules.protection() {
            return Err(fail(
                format!(
                    "`{}` has {length} periods, too few for {} of warm-up, {} that are counted and some history",
                    dataset.file, run.warm_up, run.rounds
                ),
                "give fewer --rounds or a shorter --warm-up",
            ));
        }
        let on_grid = |(series, values): (&super::series_data::SeriesData, Vec<f64>)| {
            let mut line = vec![f64::NAN; (series.start - start) as usize];
            line.extend(values);
            line.resize(length, f64::NAN);
            line
        };
        let demand: Vec<Vec<f64>> = dataset.series.iter().zip(whole).map(on_grid).collect();
        let mut state = match &run.initial_state {
            Some(path) => state_file::read(path, ids)?,
            None => std::collections::BTreeMap::new(),
        };
        let mut without_state = 0;
        let stocks = (dataset.series.iter())
            .map(|series| {
                state.remove(&series.keys).unwrap_or_else(|| {
                    without_state += 1;
                    ReplayStock::default()
                })
            })
            .collect();
        let without_state = if run.initial_state.is_some() { without_state } else { 0 };
        Ok(Self { demand, length, start, stocks, unknown: state.len(), without_state })
    }

    /// What is known before a round.
    fn known(&self, round: usize) -> Vec<&[f64]> {
        self.demand.iter().map(|line| &line[..round]).collect()
    }

    /// The season's position of every period, and of some after the last.
    fn positions(&self, dataset: &Dataset, season: usize, more: usize) -> Vec<u32> {
        let phase = dataset.series.first().map_or(0, |series| series.phase);
        let position = |period: usize| {
            let index = self.start + period as i64;
            let date = dataset.axis.date(index, phase);
            match (dataset.axis.step(), date) {
                (Step::Days(7), Some(date)) if season == 52 => chrono::Datelike::iso_week(&date).week(),
                _ => index.rem_euclid(season.max(1) as i64) as u32,
            }
        };
        (0..self.length + more).map(position).collect()
    }

    /// The time of a round, as the file writes it.
    pub(super) fn time(&self, dataset: &Dataset, round: usize) -> String {
        let phase = dataset.series.first().map_or(0, |series| series.phase);
        dataset.axis.label(self.start + round as i64, phase)
    }

    /// The engine's means of the protected periods, from what is known before a round.
    fn forecast(
        &self,
        forecaster: &dyn Forecaster,
        dataset: &Dataset,
        round: usize,
        season: usize,
        horizon: usize,
    ) -> Vec<Vec<f64>> {
        // A line that has not begun is forecast as nothing.
        let began = |line: &[f64]| line[..round].iter().position(|value| value.is_finite());
        let members: Vec<(usize, usize)> =
            self.demand.iter().enumerate().filter_map(|(place, line)| Some((place, began(line)?))).collect();
        let series = members.iter().map(|(place, first)| OriginSeries {
            label: &dataset.series[*place].label,
            keys: &dataset.series[*place].keys,
            start: self.start + *first as i64,
            demand: std::borrow::Cow::Borrowed(&self.demand[*place][*first..round]),
            known: Vec::new(),
            past: Vec::new(),
            statics: &dataset.series[*place].statics,
        });
        let data = OriginData {
            series: series.collect(),
            season_lengths: &[season],
            horizon,
            sum_periods: &[],
            known_names: &[],
            past_names: &[],
            calendar: &dataset.calendar,
        };
        let mut means = vec![vec![0.0; horizon]; self.demand.len()];
        for ((place, _), result) in members.iter().zip(forecaster.forecast(&data, &LEVELS)) {
            if result.mean.len() == horizon && result.mean.iter().all(|mean| mean.is_finite()) {
                means[*place] = result.mean;
            }
        }
        means
    }
}

/// A policy with the stock that it brought about.
#[derive(Debug)]
pub(super) struct Life {
    pub policy: Policy,
    pub stocks: Vec<ReplayStock>,
    pub tally: ReplayTally,
    /// Of the warm-up.
    pub before: ReplayTally,
    /// By round that counts.
    pub by_round: Vec<ReplayTally>,
    /// What was ordered last.
    ordered: Vec<f64>,
    /// Line-orders that were not 0, and their units, in rounds that count or not.
    pub n_orders: usize,
}

impl Life {
    fn new(policy: Policy, shop: &Shop) -> Self {
        Self {
            policy,
            stocks: shop.stocks.clone(),
            tally: ReplayTally::default(),
            before: ReplayTally::default(),
            by_round: Vec::new(),
            ordered: vec![0.0; shop.stocks.len()],
            n_orders: 0,
        }
    }

    fn order(&mut self, orders: Vec<f64>, rules: &ReplayRules) {
        self.ordered = orders.into_iter().map(rounded).collect();
        for (stock, quantity) in self.stocks.iter_mut().zip(&self.ordered) {
            stock.order(*quantity, rules);
            self.n_orders += usize::from(*quantity > 0.0);
        }
    }

    /// Demand that was not observed is none, and counts neither way.
    fn live(&mut self, demand: &[f64], rules: &ReplayRules, counts: bool) {
        let mut round = ReplayTally::default();
        for (stock, demand) in self.stocks.iter_mut().zip(demand) {
            let period: ReplayPeriod = stock.live(if demand.is_finite() { *demand } else { 0.0 }, rules);
            if demand.is_finite() {
                round.add(&period);
                (if counts { &mut self.tally } else { &mut self.before }).add(&period);
            }
        }
        if counts {
            self.by_round.push(round);
        }
        self.ordered.fill(0.0);
    }
}
