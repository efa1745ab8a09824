//! `nightclerk eval forecast FILE` and `eval rules FILE`: an engine on a file, without a warehouse.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};

use super::context::{Context, Failure};
use crate::eval::methods::METHODS;
use crate::eval::{
    BasketSource, EvalError, Frequency, InputOptions, MinSupport, Missing, ProcessClock, RulesRun, RunOptions,
    Significance, Wanted, evaluate, evaluate_rules,
};
use crate::models::rules::Target;

/// Judge an engine on a file of your own, without a warehouse.
#[derive(Debug, Args)]
pub struct Eval {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(Debug, Subcommand)]
enum Engine {
    /// Forecast the series of a file and score the forecasts.
    Forecast(Box<EvalForecast>),
    /// Mine the baskets of a file and count what is found.
    Rules(EvalRules),
}

/// Mine the baskets of a file and count what is found.
///
/// Prints how many itemsets or rules there are, by size, a SHA-256 of all of them in canonical order, and what they cost:
/// enough to hold two miners against each other. `--target significant` keeps the rules that hold beyond chance, as the job
/// `basket_rules` does, and with --shuffles says how often baskets without any association would give one.
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
    /// Seeds the copies.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most items of a set [default: any number, of significant rules 2].
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    max_length: Option<usize>,
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// Stop when the sets take more memory than this.
    #[arg(long, value_name = "MB", default_value_t = 4096)]
    max_memory: u64,
    /// Write every set or rule here, one a line, sorted.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const RULES_EXAMPLES: &str = "Examples:
  nightclerk eval rules retail.dat.gz --min-support 0.001 --target closed --json
  nightclerk eval rules lines.csv --format csv --id customer,order --item product --min-support 20 --target rules \\
      --min-confidence 0.3 --output rules.txt";

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

fn min_support(text: &str) -> Result<MinSupport, String> {
    let wrong = || format!("`{text}` is neither a number of baskets above 0 nor a share such as 0.001");
    if text.contains('.') {
        return text
            .parse()
            .ok()
            .filter(|share| *share > 0.0 && *share <= 1.0)
            .map(MinSupport::Share)
            .ok_or_else(wrong);
    }
    text.parse().ok().filter(|count| *count > 0).map(MinSupport::Count).ok_or_else(wrong)
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    value.ok_or_else(|| format!("`{text}` is no share between 0 and 1"))
}

/// Forecast the series of a file and score the forecasts.
///
/// The file has one row per series and period. The test is what a --split column marks as `test`, or the last --horizon
/// periods of each series; it is looked at only after every forecast has been made (and written, with --output).
/// Metrics are those of the M4 and M5 competitions; actuals that were not observed are not scored.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvalForecast {
    /// The file: .csv, .csv.gz or .parquet.
    file: PathBuf,
    /// Columns that together name a series.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    id: Vec<String>,
    /// The time column: whole numbers, dates, date-times, weeks (2026-W47), months (2026-11) or quarters (2026-Q4).
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// The column to forecast; an empty field was not observed.
    #[arg(long, value_name = "COLUMN")]
    value: String,
    /// A column that says `train` or `test` in every row.
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["origins", "step"], required_unless_present = "horizon")]
    split: Option<String>,
    /// Periods to forecast: the last of each series, or at most so many of the test rows.
    #[arg(long, value_name = "H", value_parser = at_least_one)]
    horizon: Option<usize>,
    /// Rolling origins; the last one lies a horizon before the end of each series.
    #[arg(long, value_name = "K", default_value = "1", value_parser = at_least_one)]
    origins: usize,
    /// Periods between two origins [default: the horizon].
    #[arg(long, value_name = "S", value_parser = at_least_one)]
    step: Option<usize>,
    /// Season lengths in periods, the main one first; 1 = none.
    #[arg(long, value_name = "M,M2", value_delimiter = ',', required = true, value_parser = at_least_one)]
    season: Vec<usize>,
    /// Lag of the MASE scale, and season of Naive2 [default: the main season].
    #[arg(long, value_name = "L", value_parser = at_least_one)]
    mase_season: Option<usize>,
    /// What a missing value, or a period without a row, means.
    #[arg(long, value_enum, default_value_t = MissingWord::Skip)]
    missing: MissingWord,
    /// Columns known for the test periods too (events, prices, promotions): numbers or true and false.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    known: Vec<String>,
    /// A file with those columns, joined by the id and time columns that it has.
    #[arg(long, value_name = "FILE", requires = "known")]
    known_file: Option<PathBuf>,
    /// A column with 0 or false in periods that were out of stock: their demand is not observed and not scored.
    #[arg(long, value_name = "COLUMN")]
    stock: Option<String>,
    /// Leave out series with fewer rows [default: a horizon and two seasons; none with --split].
    #[arg(long, value_name = "N")]
    min_length: Option<usize>,
    /// The step between periods: day, week, month, quarter, year or a number [default: the most common distance].
    #[arg(long, value_name = "STEP")]
    frequency: Option<Frequency>,
    /// The model.
    #[arg(long, default_value = "auto", value_parser = model_names())]
    model: String,
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// Write the forecasts here, as CSV, before they are scored.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  nightclerk eval forecast m4_weekly.csv.gz --id series_id --time t --value value --split split --season 52 \\
      --mase-season 1
  nightclerk eval forecast sales.parquet --id store,dept --time week --value units --horizon 8 --origins 3 \\
      --season 52 --known is_holiday,discount --known-file calendar.csv --output forecasts.csv --json";

/// What a missing value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MissingWord {
    /// Not observed: models skip it, it is not scored.
    Skip,
    /// Nothing was sold: it is zero, for models and for scoring.
    Zero,
    /// Not observed: models get the median of the same season position, it is not scored.
    Seasonal,
}

/// The models, with what they are.
fn model_names() -> PossibleValuesParser {
    PossibleValuesParser::new(METHODS.iter().map(|entry| PossibleValue::new(entry.name).help(entry.about)))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a whole number above 0")),
        Ok(number) => Ok(number),
    }
}

pub(super) fn run(context: &Context, command: &Eval) -> Result<u8, Failure> {
    let command = match &command.engine {
        Engine::Forecast(command) => command,
        Engine::Rules(command) => return command.run(context),
    };
    let (input, run) = command.options();
    let evaluation = evaluate(&input, &run, &ProcessClock).map_err(|error| failure(&error))?;
    context.terminal.object(&evaluation);
    context.terminal.line(evaluation.to_string().trim_end());
    Ok(0)
}

impl EvalRules {
    fn run(&self, context: &Context) -> Result<u8, Failure> {
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
                    seed: self.seed,
                }),
            },
            min_support: self.min_support,
            max_length: self.max_length,
            threads: self.threads,
            max_bytes: self.max_memory << 20,
            output: self.output.clone(),
        };
        let found = evaluate_rules(&source, &run, &ProcessClock).map_err(|error| failure(&error))?;
        context.terminal.object(&found);
        context.terminal.line(found.to_string().trim_end());
        Ok(0)
    }
}

impl EvalForecast {
    fn options(&self) -> (InputOptions, RunOptions) {
        let input = InputOptions {
            file: self.file.clone(),
            ids: self.id.clone(),
            time: self.time.clone(),
            value: self.value.clone(),
            split: self.split.clone(),
            horizon: self.horizon,
            stock: self.stock.clone(),
            known: self.known.clone(),
            known_file: self.known_file.clone(),
            missing: match self.missing {
                MissingWord::Skip => Missing::Skip,
                MissingWord::Zero => Missing::Zero,
                MissingWord::Seasonal => Missing::Seasonal,
            },
            frequency: self.frequency,
        };
        let run = RunOptions {
            season_lengths: self.season.clone(),
            mase_season: self.mase_season,
            origins: self.origins,
            step: self.step,
            min_length: self.min_length,
            model: self.model.clone(),
            threads: self.threads,
            output: self.output.clone(),
        };
        (input, run)
    }
}

fn failure(error: &EvalError) -> Failure {
    if error.is_usage() { Failure::usage(error.to_string()) } else { Failure::new(1, error.to_string()) }
}
