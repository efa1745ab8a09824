//! `nightclerk eval sequences FILE`.

use std::path::PathBuf;

use clap::Args;

use super::{MiningArgs, at_least_one, failure, min_support, share};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::eval::{MinSupport, ProcessClock, PurchaseSource, SequencesRun, evaluate_sequences};

/// Find what the customers of a file buy one after the other.
///
/// A sequence is a list of sets of items, each bought on one day, the days in this order; it counts once per customer. Prints how
/// many there are, by items and by steps, a SHA-256 of all of them in canonical order, and what they cost. Frequent is not
/// meaningful: who often comes buys everything in every order. The nightly rules test the order and publish what passes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvalSequences {
    /// The file: .csv or .csv.gz, a row per customer, day and item.
    file: PathBuf,
    /// Columns that together name a customer; rows without one are left out and counted.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    customer: Vec<String>,
    /// The column of the item.
    #[arg(long, value_name = "COLUMN")]
    item: String,
    /// The column of the day: dates, date-times, or whole numbers of days.
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// Least support: a number of customers, or a share of them with a decimal point (0.01).
    #[arg(long, value_name = "N|SHARE", value_parser = min_support)]
    min_support: MinSupport,
    /// Each step must follow the one before within so many days [default: any number].
    #[arg(long, value_name = "DAYS")]
    within_days: Option<u32>,
    /// Rules of at least this confidence, in place of sequences: all steps but the last, then the last.
    #[arg(long, value_name = "C", value_parser = share)]
    min_confidence: Option<f64>,
    /// Most items of a sequence, over all its steps [default: any number].
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    max_length: Option<usize>,
    #[command(flatten)]
    mining: MiningArgs,
    /// Write the measures of each rule here, as CSV.
    #[arg(long, value_name = "FILE", requires = "min_confidence")]
    measures: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  nightclerk eval sequences lines.csv.gz --customer customer --item product --time date --min-support 50 \\
      --within-days 28 --max-length 3 --output sequences.txt
  nightclerk eval sequences lines.csv.gz --customer customer --item product --time date --min-support 0.01 \\
      --within-days 28 --min-confidence 0.2 --measures rules.csv --json";

impl EvalSequences {
    pub(super) fn run(&self, context: &Context) -> Result<u8, Failure> {
        let source = PurchaseSource {
            file: self.file.clone(),
            customer: self.customer.clone(),
            item: self.item.clone(),
            time: self.time.clone(),
        };
        let run = SequencesRun {
            min_confidence: self.min_confidence,
            min_support: self.min_support,
            within_days: self.within_days,
            max_length: self.max_length,
            threads: self.mining.threads,
            max_bytes: self.mining.max_memory << 20,
            output: self.mining.output.clone(),
            measures: self.measures.clone(),
        };
        let found = evaluate_sequences(&source, &run, &ProcessClock).map_err(|error| failure(&error))?;
        context.terminal.object(&found);
        context.terminal.line(found.to_string().trim_end());
        Ok(0)
    }
}
