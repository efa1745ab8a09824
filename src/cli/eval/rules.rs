//! `nightclerk eval rules FILE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{MiningArgs, at_least_one, failure, min_support, share};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::eval::{BasketSource, MinSupport, ProcessClock, RulesRun, Significance, Wanted, evaluate_rules};
use crate::models::rules::Target;

/// Mine the baskets of a file and count what is found.
///
/// Prints how many itemsets or rules there are, by size, a SHA-256 of all of them in canonical order, and what they cost:
/// enough to hold two miners against each other. `--target significant` keeps the rules that hold beyond chance, as the
/// nightly job does, and with --shuffles says how often baskets without any association would give one.
#[derive(Debug, Args)]
#[command(after_help = RULES_EXAMPLES)]
pub struct EvalRules {
    /// The file, also .gz.
    file: PathBuf,
    /// `fimi`: one basket a line, items parted by blanks. `csv`: a row per basket and item.
    #[arg(long, value_enum, default_value_t = BasketFormat::Fimi)]
    format: BasketFormat,
    /// Columns that together name a basket (csv).
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required_if_eq("format", "csv"))]
    id: Vec<String>,
    /// The column of the item (csv).
    #[arg(long, value_name = "COLUMN", required_if_eq("format", "csv"))]
    item: Option<String>,
    /// Least support: a number of baskets, or a share with a decimal point (0.001).
    #[arg(long, value_name = "N|SHARE", value_parser = min_support)]
    min_support: MinSupport,
    /// What is wanted.
    #[arg(long, value_enum, default_value_t = RulesTarget::Frequent)]
    target: RulesTarget,
    /// Least confidence of a rule [default: 0.5, of significant ones 0].
    #[arg(long, value_name = "C", value_parser = share)]
    min_confidence: Option<f64>,
    /// Expected share of false rules among the significant ones.
    #[arg(long, value_name = "A", default_value = "0.05", value_parser = share)]
    significance: f64,
    /// Copies of the baskets, with every association destroyed, that are mined as well (significant).
    #[arg(long, value_name = "N", default_value_t = 0)]
    shuffles: u32,
    /// Search in the other baskets and test in this share of them, drawn at random, in place of a correction for the whole search
    /// (significant).
    #[arg(long, value_name = "SHARE", value_parser = inner_share)]
    hold_out: Option<f64>,
    /// Seeds the copies and the choice of baskets held out.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fewest items of a set.
    #[arg(long, value_name = "K", default_value = "1", value_parser = at_least_one)]
    min_length: usize,
    /// Most items of a set [default: any number, of significant rules 2].
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    max_length: Option<usize>,
    /// Only so many sets: the most frequent, and those as frequent as the last of them.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    top: Option<usize>,
    #[command(flatten)]
    mining: MiningArgs,
    /// Write the measures of each rule here, as CSV (rules, significant).
    #[arg(long, value_name = "FILE")]
    measures: Option<PathBuf>,
}

const RULES_EXAMPLES: &str = "Examples:
  nightclerk eval rules retail.dat.gz --min-support 0.001 --target closed --json
  nightclerk eval rules lines.csv --format csv --id customer,order --item product --min-support 20 --target rules \\
      --min-confidence 0.3 --output rules.txt --measures rules.csv
  nightclerk eval rules retail.dat.gz --min-support 2 --min-length 2 --top 100 --output pairs.txt";

/// How baskets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BasketFormat {
    /// One basket a line.
    Fimi,
    /// A row per basket and item.
    Csv,
}

/// What is mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RulesTarget {
    /// Every itemset.
    Frequent,
    /// Itemsets that no larger one equals in count.
    Closed,
    /// Itemsets without a larger frequent one.
    Maximal,
    /// Itemsets that no smaller one equals in count.
    Generators,
    /// Rules with one item on the right.
    Rules,
    /// Those of them that hold beyond chance, basket sizes and shorter rules.
    Significant,
}

fn inner_share(text: &str) -> Result<f64, String> {
    share(text).and_then(|share| {
        if share > 0.0 && share < 1.0 { Ok(share) } else { Err("leaves nothing on one side; give 0.5".to_owned()) }
    })
}

impl EvalRules {
    pub(super) fn run(&self, context: &Context) -> Result<u8, Failure> {
        let sets = !matches!(self.target, RulesTarget::Rules | RulesTarget::Significant);
        if !sets && (self.top.is_some() || self.min_length > 1) {
            return Err(Failure::usage(
                "--top and --min-length choose among sets, not rules; leave them out, or give --target frequent, closed, \
                 maximal or generators",
            ));
        }
        if self.top.is_some() && self.target == RulesTarget::Maximal {
            return Err(Failure::usage(
                "which sets are maximal depends on the least support, so there are no top ones; give --min-support alone, or \
                 --target closed",
            ));
        }
        if sets && self.measures.is_some() {
            return Err(Failure::usage("--measures are those of rules; give --target rules or significant"));
        }
        if self.hold_out.is_some() && self.target != RulesTarget::Significant {
            return Err(Failure::usage("--hold-out tests rules beyond chance; give --target significant"));
        }
        let source = match (self.format, &self.item) {
            (BasketFormat::Csv, Some(item)) => {
                BasketSource::Csv { file: self.file.clone(), ids: self.id.clone(), item: item.clone() }
            }
            _ => BasketSource::Fimi(self.file.clone()),
        };
        let run = RulesRun {
            wanted: match self.target {
                RulesTarget::Frequent => Wanted::Sets(Target::Frequent),
                RulesTarget::Closed => Wanted::Sets(Target::Closed),
                RulesTarget::Maximal => Wanted::Sets(Target::Maximal),
                RulesTarget::Generators => Wanted::Sets(Target::Generators),
                RulesTarget::Rules => Wanted::Rules(self.min_confidence.unwrap_or(0.5)),
                RulesTarget::Significant => Wanted::Significant(Significance {
                    alpha: self.significance,
                    min_confidence: self.min_confidence.unwrap_or(0.0),
                    shuffles: self.shuffles,
                    hold_out: self.hold_out,
                    seed: self.seed,
                }),
            },
            min_support: self.min_support,
            min_length: self.min_length,
            max_length: self.max_length,
            top: self.top,
            threads: self.mining.threads,
            max_bytes: self.mining.max_memory << 20,
            output: self.mining.output.clone(),
            measures: self.measures.clone(),
        };
        let found = evaluate_rules(&source, &run, &ProcessClock).map_err(|error| failure(&error))?;
        context.terminal.object(&found);
        context.terminal.line(found.to_string().trim_end());
        Ok(0)
    }
}
