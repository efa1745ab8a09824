//! `nightclerk eval forecast FILE`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use super::{at_least_one, failure};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::eval::methods::methods;
use crate::eval::{Frequency, InputOptions, Missing, Point, ProcessClock, RunOptions, evaluate};

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
    /// Origins at these times instead, the last period known at each; a series has those after which it has a horizon left.
    #[arg(long, value_name = "TIMES", value_delimiter = ',', conflicts_with_all = ["origins", "step", "split"])]
    cutoffs: Vec<String>,
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
    /// Columns known until the origin only, such as visitors: numbers or true and false.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    past: Vec<String>,
    /// Columns with one value per series, such as size or brand: series that share one lend each other strength.
    #[arg(long = "static", value_name = "COLUMNS", value_delimiter = ',')]
    statics: Vec<String>,
    /// Which columns of --known and --static hold names of categories, not numbers.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    categorical: Vec<String>,
    /// A file with columns of --known, --past or --static, joined by the id and time columns that it has.
    #[arg(long, value_name = "FILE")]
    known_file: Option<PathBuf>,
    /// A column with 0 or false in periods that were out of stock: their demand is not observed and not scored.
    #[arg(long, value_name = "COLUMN")]
    stock: Option<String>,
    /// Quantile levels to write with --output [default: those that are scored, and the deciles].
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', value_parser = quantile_level)]
    quantiles: Vec<f64>,
    /// The point of a forecast that errors are taken from.
    #[arg(long, value_enum, default_value_t = PointWord::Mean)]
    point: PointWord,
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

/// The point of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PointWord {
    /// The expected demand.
    Mean,
    /// The demand that is as likely exceeded as not; what absolute errors ask for.
    Median,
}

/// A quantile level.
fn quantile_level(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|level| *level > 0.0 && *level < 1.0)
        .ok_or_else(|| "a level lies between 0 and 1, such as 0.9".to_owned())
}

/// The models, with what they are.
pub(super) fn model_names() -> PossibleValuesParser {
    PossibleValuesParser::new(methods().into_iter().map(|entry| PossibleValue::new(entry.name).help(entry.about)))
}

impl EvalForecast {
    pub(super) fn run(&self, context: &Context) -> Result<u8, Failure> {
        let (input, run) = self.options();
        let evaluation = evaluate(&input, &run, &ProcessClock).map_err(|error| failure(&error))?;
        context.terminal.object(&evaluation);
        context.terminal.line(evaluation.to_string().trim_end());
        Ok(0)
    }

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
            past: self.past.clone(),
            statics: self.statics.clone(),
            static_option: "--static",
            categorical: self.categorical.clone(),
            cutoffs: self.cutoffs.clone(),
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
            levels: self.quantiles.clone(),
            point: match self.point {
                PointWord::Mean => Point::Mean,
                PointWord::Median => Point::Median,
            },
            min_length: self.min_length,
            model: self.model.clone(),
            threads: self.threads,
            output: self.output.clone(),
        };
        (input, run)
    }
}
