//! What came out of a replay.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::super::EvalError;
use super::super::input::Dataset;
use super::InventoryRun;
use super::leads::Leads;
use super::shop::{Life, Shop};
use crate::models::inventory::{ReplayRules, ReplayTally};

/// What a policy cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyCosts {
    /// Its name.
    pub policy: &'static str,
    /// Money per counted round.
    pub cost_per_round: f64,
    /// Money over all counted rounds.
    pub cost: f64,
    /// Of it, for what lay on the shelf.
    pub holding_cost: f64,
    /// Of it, for what was not there.
    pub shortage_cost: f64,
    /// Money over the warm-up too.
    pub cost_with_warm_up: f64,
    /// The share of demand served at once.
    pub fill_rate: Option<f64>,
    /// Units on the shelf at the close, of all lines, on average.
    pub mean_stock: f64,
    /// The share of line-rounds whose demand was not met in full.
    pub short_share: f64,
    /// Line-orders above 0.
    pub orders: usize,
    /// The share of demand served at once of the largest lines, which together have four fifths of the demand before the first round.
    pub fill_rate_a: Option<f64>,
    /// The share that was to be served by what was ordered, of a policy that says so.
    pub promised_fill_rate: Option<f64>,
    /// The same of the largest lines.
    pub promised_fill_rate_a: Option<f64>,
}

impl PolicyCosts {
    fn of(life: &Life) -> Self {
        let (tally, rounds) = (&life.tally, life.by_round.len().max(1) as f64);
        Self {
            policy: life.policy.name(),
            cost_per_round: tally.cost() / rounds,
            cost: tally.cost(),
            holding_cost: tally.holding_cost,
            shortage_cost: tally.shortage_cost,
            cost_with_warm_up: tally.cost() + life.before.cost(),
            fill_rate: tally.fill_rate(),
            mean_stock: tally.closing / rounds,
            short_share: tally.short as f64 / tally.n.max(1) as f64,
            orders: life.n_orders,
            fill_rate_a: life.of_a.fill_rate(),
            promised_fill_rate: share(life.promised[0]),
            promised_fill_rate_a: share(life.promised[1]),
        }
    }
}

fn share((demand, served): (f64, f64)) -> Option<f64> {
    (demand > 0.0).then(|| served / demand)
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InventoryEvaluation {
    /// The file.
    pub file: String,
    /// Lines.
    pub lines: usize,
    /// `weekly`, `daily` ...
    pub periods: String,
    /// The first counted round, and the last, as the file writes them.
    pub first_round: String,
    /// The last.
    pub last_round: String,
    /// Counted rounds.
    pub rounds: usize,
    /// Rounds before them.
    pub warm_up: usize,
    /// Periods whose demand an order has to serve.
    pub protection: usize,
    /// The policy that was asked for.
    #[serde(flatten)]
    pub asked: PolicyCosts,
    /// What `auto` ordered by in the end: the shares of the seasonal moving average and of each model.
    pub shares: Vec<(String, f64)>,
    /// Standard deviations on top.
    pub buffer: Option<f64>,
    /// The others, on the same rounds.
    pub others: Vec<PolicyCosts>,
    /// Cost of each counted round.
    pub cost_by_round: Vec<f64>,
    /// What a reader has to know.
    pub caveats: Vec<String>,
    /// CPU seconds of the whole process.
    pub cpu_seconds: Option<f64>,
    /// Largest resident memory.
    pub peak_rss_mb: Option<f64>,
}

impl InventoryEvaluation {
    pub(super) fn new(
        dataset: &Dataset,
        run: &InventoryRun,
        (shop, leads): (&Shop, &Leads),
        lives: &[Life],
        choice: Option<(Vec<f64>, f64)>,
        rehearsals: usize,
        (cpu_seconds, peak_rss_mb): (Option<f64>, Option<f64>),
    ) -> Self {
        let first = shop.length - run.rounds;
        let hidden: usize =
            shop.demand.iter().map(|line| line[first..].iter().filter(|value| value.is_nan()).count()).sum();
        let mut caveats = Vec::new();
        let mut say = |n: usize, text: String| {
            if n > 0 {
                caveats.push(text);
            }
        };
        say(
            hidden,
            format!(
                "{hidden} counted line-rounds without observed demand: no demand is taken, and they count in no figure"
            ),
        );
        say(shop.unknown, format!("{} lines of the initial state are not in the sales and are left out", shop.unknown));
        say(shop.without_state, format!("{} lines have no initial state and begin empty", shop.without_state));
        let begins_empty = usize::from(run.initial_state.is_none());
        say(begins_empty, "no --initial-state: every line begins empty, which the warm-up has to make good".to_owned());
        say(
            rehearsals,
            format!(
                "the buffer of `auto` was chosen by replaying {rehearsals} rounds before the first, and those since"
            ),
        );
        say(
            usize::from(leads.vary()),
            format!(
                "lead times vary: the policies know every second delivery of the file, {} periods on average and {} at the longest, and \
                 orders take as long as one of the others, drawn for each line and round",
                leads.mean(),
                leads.longest()
            ),
        );
        let unplanned = lives.first().map_or(0, |life| life.n_unplanned);
        say(unplanned, format!("{unplanned} line-rounds had a forecast that cannot be used, and were ordered nothing"));
        let asked = lives.first().map_or_else(|| PolicyCosts::of(&Life::new(run.policy, shop)), PolicyCosts::of);
        Self {
            file: dataset.file.clone(),
            lines: shop.demand.len(),
            periods: dataset.axis.step().name(),
            first_round: shop.time(dataset, first),
            last_round: shop.time(dataset, shop.length - 1),
            rounds: run.rounds,
            warm_up: run.warm_up,
            protection: shop.rules.first().map_or(0, ReplayRules::protection),
            asked,
            buffer: choice.as_ref().map(|(_, buffer)| *buffer),
            shares: choice.map_or_else(Vec::new, |(shares, _)| {
                let names = std::iter::once("seasonal_average".to_owned()).chain(run.models.iter().cloned());
                names.zip(shares).collect()
            }),
            others: lives.iter().skip(1).map(PolicyCosts::of).collect(),
            cost_by_round: lives
                .first()
                .map_or_else(Vec::new, |life| life.by_round.iter().map(ReplayTally::cost).collect()),
            caveats,
            cpu_seconds,
            peak_rss_mb,
        }
    }
}

impl fmt::Display for InventoryEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} lines, {}, {} rounds counted ({} to {}) after {} of warm-up; an order has to serve {} periods",
            self.file,
            self.lines,
            self.periods,
            self.rounds,
            self.first_round,
            self.last_round,
            self.warm_up,
            self.protection
        )?;
        writeln!(f)?;
        let heads = ["policy", "cost a round", "holding", "shortage", "fill", "stock", "short"];
        writeln!(
            f,
            "{:<16}{:>14}{:>12}{:>12}{:>8}{:>12}{:>8}",
            heads[0], heads[1], heads[2], heads[3], heads[4], heads[5], heads[6]
        )?;
        for one in std::iter::once(&self.asked).chain(&self.others) {
            let rounds = self.rounds.max(1) as f64;
            let fill = one.fill_rate.map_or_else(|| "-".to_owned(), |fill| format!("{fill:.3}"));
            writeln!(
                f,
                "{:<16}{:>14.1}{:>12.1}{:>12.1}{fill:>8}{:>12.0}{:>7.1}%",
                one.policy,
                one.cost_per_round,
                one.holding_cost / rounds,
                one.shortage_cost / rounds,
                one.mean_stock,
                100.0 * one.short_share
            )?;
        }
        writeln!(f)?;
        if let Some(buffer) = self.buffer {
            let used = self.shares.iter().filter(|(_, share)| *share > 0.0);
            let used: Vec<String> = used.map(|(name, share)| format!("{share:.2} {name}")).collect();
            writeln!(f, "auto ordered by {} and {buffer} deviations on top in the end", used.join(" + "))?;
        }
        for one in std::iter::once(&self.asked).chain(&self.others) {
            let Some(promised) = one.promised_fill_rate else { continue };
            let shown = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"));
            writeln!(
                f,
                "{}: promised to serve {promised:.3}, served {}; of the largest lines {}, served {}",
                one.policy,
                shown(one.fill_rate),
                shown(one.promised_fill_rate_a),
                shown(one.fill_rate_a)
            )?;
        }
        for caveat in &self.caveats {
            writeln!(f, "note: {caveat}")?;
        }
        if let Some(seconds) = self.cpu_seconds {
            writeln!(f, "{seconds:.1} CPU s, {:.0} MB", self.peak_rss_mb.unwrap_or(f64::NAN))?;
        }
        Ok(())
    }
}

/// The orders of the policy asked for: the id columns, the period before whose start they were decided, units; where lead times vary, in how
/// many periods they serve.
pub(super) fn write_orders(
    path: &Path,
    id_columns: &[String],
    dataset: &Dataset,
    shop: &Shop,
    (first, vary): (usize, bool),
    orders: &[(Vec<f64>, Vec<usize>)],
) -> Result<(), EvalError> {
    super::super::output::write_whole(path, |writer| {
        let mut heading = id_columns.to_vec();
        heading.extend(["before".to_owned(), "order".to_owned()]);
        heading.extend(vary.then(|| "arrives_after".to_owned()));
        writer.write_record(&heading)?;
        for (round, (orders, arrivals)) in orders.iter().enumerate() {
            let time = shop.time(dataset, first + round);
            for ((series, quantity), arrives_after) in dataset.series.iter().zip(orders).zip(arrivals) {
                let mut record = series.keys.clone();
                record.extend([time.clone(), quantity.to_string()]);
                record.extend(vary.then(|| arrives_after.to_string()));
                writer.write_record(&record)?;
            }
        }
        Ok(())
    })
}
