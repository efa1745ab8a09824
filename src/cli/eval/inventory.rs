//! `nightclerk eval inventory FILE`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};

use super::forecast::model_names;
use super::{at_least_one, failure};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::eval::{
    Frequency, InputOptions, InventoryRun, LeadTimeFile, Missing, PerLine, Policy, ProcessClock, evaluate_inventory,
};
use crate::job::Progress;

/// Replay the history of a file under a way of ordering, and say what it cost.
///
/// The file has one row per line (such as store and product) and period. Its last --rounds periods are lived one by one, after
/// --warm-up that are lived and not counted: what is due arrives, demand is served, what is not there is lost, what lies there and what
/// was missing costs money, and every --review periods the policy orders. It is shown nothing of a period before it is over. The baselines
/// are replayed beside it, on the same rounds.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvalInventory {
    /// The file: .csv, .csv.gz or .parquet.
    file: PathBuf,
    /// Columns that together name a line.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    id: Vec<String>,
    /// The time column, as in `eval forecast`.
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// The column of units sold.
    #[arg(long, value_name = "COLUMN")]
    value: String,
    /// A column with 0 or false in periods that were out of stock: their demand is not observed, and they count in no figure.
    #[arg(long, value_name = "COLUMN", alias = "stock")]
    in_stock: Option<String>,
    /// The stock at the start: the id columns (also without `_id`), `end_inventory`, and `in_transit_w1`, `in_transit_w2`, ... that
    /// arrive in the first period, the second ... [default: nothing].
    #[arg(long, value_name = "FILE")]
    initial_state: Option<PathBuf>,
    /// Periods from an order to its arrival: with L, an order at the close of a period serves from the start of the L-th after it.
    #[arg(long, value_name = "N", value_parser = at_least_one, required_unless_present = "lead_times")]
    lead_time: Option<usize>,
    /// A file with the days that deliveries took, in place of --lead-time: begun periods are counted, every second delivery is known to the
    /// policies, and each order takes as long as one of the others, drawn for its line and round.
    #[arg(long, value_name = "FILE", conflicts_with = "lead_time")]
    lead_times: Option<PathBuf>,
    /// The column of --lead-times.
    #[arg(long, value_name = "COLUMN", default_value = "lead_time_days", requires = "lead_times")]
    lead_time_column: String,
    /// Periods between two orders.
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one)]
    review: usize,
    /// Cost of a unit on the shelf at the close of a period, or the column that has it for each line.
    #[arg(long, value_name = "C")]
    holding: PerLine,
    /// Cost of a unit that was wanted and not there, or the column that has it for each line.
    #[arg(long, value_name = "C")]
    shortage: PerLine,
    /// Units of which an order is a multiple, or the column that has them for each line; 0 is one.
    #[arg(long, value_name = "UNITS", default_value = "0")]
    pack: PerLine,
    /// Most money for the orders of a round. `plan` keeps what is worth most, the others cut every order in proportion.
    #[arg(long, value_name = "MONEY", value_parser = cost, requires = "unit_cost")]
    budget: Option<f64>,
    /// What a unit costs, or the column that has it for each line: what the budget is spent on.
    #[arg(long, value_name = "C", requires = "budget")]
    unit_cost: Option<PerLine>,
    /// Periods that are lived before those that count.
    #[arg(long, value_name = "W", default_value = "0")]
    warm_up: usize,
    /// Periods that count: the last of the file.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    rounds: usize,
    /// When an order arrives.
    #[arg(long, value_enum, default_value_t = Timing::Standard)]
    timing: Timing,
    /// Unmet demand waits, and costs the shortage in every period that it does, instead of being lost.
    #[arg(long)]
    backorders: bool,
    /// Who orders.
    #[arg(long, default_value = "auto", value_parser = policy_names())]
    policy: Policy,
    /// Serve this share of demand at once, with as little stock as does it, in place of the least cost; for `auto` and `plan`.
    #[arg(long, value_name = "SHARE", value_parser = inner_share)]
    target_fill: Option<f64>,
    /// With the policy `plan`: serve it on all lines together at the least cost of holding stock, not on each line.
    #[arg(long, requires = "target_fill")]
    together: bool,
    /// The season in periods [default: 52 of weeks, 12 of months, 7 of days].
    #[arg(long, value_name = "M", value_parser = at_least_one)]
    season: Option<usize>,
    /// What a missing value, or a period without a row, means.
    #[arg(long, value_enum, default_value_t = MissingWord::Skip)]
    missing: MissingWord,
    /// The step between periods [default: the most common distance].
    #[arg(long, value_name = "STEP")]
    frequency: Option<Frequency>,
    /// The forecasting models of `auto`; `plan` takes the first.
    #[arg(long, value_name = "MODELS", value_delimiter = ',', default_value = "auto,gbm", value_parser = model_names())]
    model: Vec<String>,
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// Write every order here, as CSV: the id columns, the period before whose start it was placed, units.
    #[arg(long, value_name = "FILE")]
    orders_out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  nightclerk eval inventory vn2_weekly_sales.csv.gz --id store_id,product_id --time week_start --value units_sold \\
      --in-stock in_stock --lead-time 2 --timing vn2 --holding 0.2 --shortage 1 --warm-up 13 --rounds 52
  nightclerk eval inventory sales.parquet --id store,product --time day --value units --lead-time 3 --review 7 --season 7 \\
      --holding 0.01 --shortage 1 --warm-up 28 --rounds 91 --target-fill 0.95 --orders-out orders.csv --json";

/// Rounds after which it is said how far the replay is.
const SAID_EVERY: u64 = 10;

/// When an order arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Timing {
    /// At the start of the --lead-time-th period after the one at whose close it was placed.
    Standard,
    /// One period later, as in the VN2 challenge: ordered at the end of week t - 1 it serves from the start of week t + 2 at a lead
    /// time of 2.
    Vn2,
}

/// What a missing value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MissingWord {
    /// Not observed: no demand is taken, and the period counts in no figure.
    Skip,
    /// Nothing was sold: it is zero.
    Zero,
}

fn policy_names() -> impl clap::builder::TypedValueParser<Value = Policy> {
    let values = Policy::ALL.map(|policy| PossibleValue::new(policy.name()).help(policy.about()));
    PossibleValuesParser::new(values).map(|name| {
        // Only names of `ALL` pass the parser before.
        Policy::ALL.into_iter().find(|policy| policy.name() == name).unwrap_or(Policy::Auto)
    })
}

fn cost(text: &str) -> Result<f64, String> {
    let cost = text.parse().ok().filter(|cost: &f64| *cost >= 0.0 && cost.is_finite());
    cost.ok_or_else(|| format!("`{text}` is no cost from 0 on"))
}

fn inner_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share) && *share > 0.0);
    share.ok_or_else(|| format!("`{text}` is no share between 0 and 1, such as 0.95"))
}

impl EvalInventory {
    pub(super) fn run(&self, context: &Context) -> Result<u8, Failure> {
        let input = InputOptions {
            file: self.file.clone(),
            ids: self.id.clone(),
            time: self.time.clone(),
            value: self.value.clone(),
            split: None,
            horizon: None,
            stock: self.in_stock.clone(),
            known: Vec::new(),
            past: Vec::new(),
            statics: Vec::new(),
            static_option: "--holding, --shortage, --pack or --unit-cost",
            categorical: Vec::new(),
            cutoffs: Vec::new(),
            known_file: None,
            missing: match self.missing {
                MissingWord::Skip => Missing::Skip,
                MissingWord::Zero => Missing::Zero,
            },
            frequency: self.frequency,
        };
        let run = InventoryRun {
            review: self.review,
            arrives_after: self.lead_time.unwrap_or(1) + usize::from(self.timing == Timing::Vn2),
            lead_times: self
                .lead_times
                .clone()
                .map(|path| LeadTimeFile { path, column: self.lead_time_column.clone() }),
            holding: self.holding.clone(),
            shortage: self.shortage.clone(),
            pack: self.pack.clone(),
            unit_cost: self.unit_cost.clone().unwrap_or(PerLine::Number(0.0)),
            budget: self.budget,
            backorders: self.backorders,
            warm_up: self.warm_up,
            rounds: self.rounds,
            policy: self.policy,
            target_fill: self.target_fill,
            each_line: !self.together,
            season: self.season,
            models: self.model.clone(),
            initial_state: self.initial_state.clone(),
            threads: self.threads,
            orders_out: self.orders_out.clone(),
        };
        let terminal = context.terminal.clone();
        let progress = Progress::new(move |what, done, total| {
            if done % SAID_EVERY == 0 || done == total {
                terminal.note(format!("{what}: {done} of {total}"));
            }
        });
        let found = evaluate_inventory(&input, &run, &ProcessClock, &progress).map_err(|error| failure(&error))?;
        context.terminal.object(&found);
        context.terminal.line(found.to_string().trim_end());
        Ok(0)
    }
}
