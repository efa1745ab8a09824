//! What an evaluation says: one object for machines, a table for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::caveats::caveats;
use super::chosen::{Chosen, Forecasts, Point, RunOptions, Usage};
use super::input::Dataset;
use super::input_options::InputOptions;
use super::metrics::{LEVELS, median};
use super::score::{INTERVALS, Score, Seasons, mean_score, owa, wape};

/// Scores of one model on one file. A score that does not exist is null.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The file's name.
    pub data: String,
    /// The model that was asked for.
    pub model: String,
    /// `nightclerk`.
    pub library: &'static str,
    /// Our version.
    pub version: &'static str,
    /// Series forecast.
    pub n_series: usize,
    /// Forecasts made: series times origins, where a series reaches back far enough.
    pub n_forecasts: usize,
    /// Forecasts with at least one observed actual.
    pub n_scored: usize,
    /// Series in the file that were left out because they are too short.
    pub left_out: usize,
    /// Periods forecast.
    pub horizon: usize,
    /// Origins per series.
    pub origins: usize,
    /// Periods between two origins.
    pub step: usize,
    /// The origins where they are dates, as they were given.
    pub cutoffs: Vec<String>,
    /// What errors are taken from, `mean` or `median`.
    pub point: &'static str,
    /// Step between two periods.
    pub frequency: String,
    /// Season lengths.
    pub season: Vec<usize>,
    /// Season length of the MASE scale and of Naive2.
    pub mase_season: usize,
    /// Symmetric mean absolute percentage error, percent.
    pub smape: Option<f64>,
    /// Mean absolute scaled error.
    pub mase: Option<f64>,
    /// Its median over forecasts.
    pub median_mase: Option<f64>,
    /// Root mean squared scaled error.
    pub rmsse: Option<f64>,
    /// Weighted absolute percentage error, a share.
    pub wape: Option<f64>,
    /// Overall weighted average relative to Naive2.
    pub owa: Option<f64>,
    /// sMAPE of Naive2.
    pub naive2_smape: Option<f64>,
    /// MASE of Naive2.
    pub naive2_mase: Option<f64>,
    /// Scaled pinball loss per quantile level.
    pub pinball: BTreeMap<String, Option<f64>>,
    /// Coverage of the intervals: `coverage_80`, `coverage_95`, and of sums of periods `coverage_80_sum2` ...
    #[serde(flatten)]
    pub coverage: BTreeMap<String, Option<f64>>,
    /// CPU seconds of the whole process; null where /proc is not there.
    pub cpu_seconds: Option<f64>,
    /// CPU seconds to fit, choose and forecast, per forecast (a series from one origin).
    pub cpu_seconds_per_series: Option<f64>,
    /// Largest resident memory, mebibytes; null where /proc is not there.
    pub peak_rss_mb: Option<f64>,
    /// Threads.
    pub threads: usize,
    /// Forecasts made by a fallback because the wanted model failed.
    pub failed: usize,
    /// How often each model was chosen.
    pub models: BTreeMap<String, usize>,
    /// How many forecasts have quantiles that rest on what.
    pub intervals: BTreeMap<String, usize>,
    /// What a reader should know.
    pub caveats: Vec<String>,
}

impl Evaluation {
    #[expect(clippy::too_many_arguments, reason = "everything that happened meets here, once")]
    pub(super) fn new(
        dataset: &Dataset,
        input: &InputOptions,
        run: &RunOptions,
        seasons: Seasons,
        chosen: &Chosen,
        forecasts: &Forecasts,
        scores: &[Score],
        sum_periods: &[usize],
        usage: Usage,
    ) -> Self {
        let mean = |of: &dyn Fn(&Score) -> f64| known(mean_score(scores, of));
        let pinball = LEVELS.iter().enumerate();
        let pinball = pinball.map(|(place, level)| (level.to_string(), mean(&|score| score.pinball[place]))).collect();
        let mut coverage = BTreeMap::new();
        for (place, (name, _, _)) in INTERVALS.iter().enumerate() {
            coverage.insert(format!("coverage_{name}"), mean(&|score| score.coverage[place]));
            for (sum, periods) in sum_periods.iter().enumerate() {
                let key = format!("coverage_{name}_sum{periods}");
                coverage.insert(key, mean(&|score| score.sum_coverage[sum][place]));
            }
        }
        let models = counted(forecasts.results.iter().map(|one| one.result.model.as_str()));
        let n_forecasts = forecasts.results.len();
        Self {
            data: dataset.file.clone(),
            model: run.model.clone(),
            library: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            n_series: chosen.series.len(),
            n_forecasts,
            n_scored: scores.len(),
            left_out: chosen.left_out,
            horizon: dataset.horizon,
            origins: chosen.origins,
            step: chosen.step,
            cutoffs: input.cutoffs.clone(),
            point: match run.point {
                Point::Mean => "mean",
                Point::Median => "median",
            },
            frequency: dataset.axis.step().name(),
            season: run.season_lengths.clone(),
            mase_season: seasons.mase,
            smape: mean(&|score| score.smape),
            mase: mean(&|score| score.mase),
            median_mase: known(median(scores.iter().map(|score| score.mase))),
            rmsse: mean(&|score| score.rmsse),
            wape: known(wape(scores)),
            owa: known(owa(scores)),
            naive2_smape: mean(&|score| score.naive2_smape),
            naive2_mase: mean(&|score| score.naive2_mase),
            pinball,
            coverage,
            cpu_seconds: usage.cpu_seconds.and_then(known),
            cpu_seconds_per_series: forecasts
                .cpu_seconds
                .map(|spent| spent / n_forecasts.max(1) as f64)
                .and_then(known),
            peak_rss_mb: usage.peak_rss_mb.and_then(known),
            threads: usage.threads,
            failed: forecasts.results.iter().filter(|one| one.result.failed).count(),
            models,
            intervals: counted(forecasts.results.iter().map(|one| one.result.intervals)),
            caveats: caveats(dataset, input, chosen, forecasts, scores, usage),
        }
    }
}

/// How often each word comes.
fn counted<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word.to_owned()).or_insert(0) += 1);
    counts
}

/// Six decimals of a finite number.
fn known(value: f64) -> Option<f64> {
    value.is_finite().then(|| if value.abs() < 1e9 { (value * 1e6).round() / 1e6 } else { value })
}

impl fmt::Display for Evaluation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number =
            |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
        let seasons: Vec<String> = self.season.iter().map(ToString::to_string).collect();
        let origins = match self.origins {
            _ if !self.cutoffs.is_empty() => format!("the ends of {}", self.cutoffs.join(", ")),
            1 => "one origin".to_owned(),
            n => format!("{n} origins {} apart", self.step),
        };
        writeln!(
            formatter,
            "{}: {} series, {}, season {}, {} periods ahead from {origins}, model {}",
            self.data,
            self.n_series,
            self.frequency,
            seasons.join(" and "),
            self.horizon,
            self.model
        )?;
        let row = |formatter: &mut fmt::Formatter<'_>, name: &str, value: String, about: &str| {
            writeln!(formatter, "  {name:<16} {value:>10}  {about}")
        };
        let scale = format!("error of the {} / naive error at lag {}, before the origin", self.point, self.mase_season);
        row(formatter, "sMAPE", number(self.smape, 3), "percent")?;
        row(formatter, "MASE", number(self.mase, 4), &scale)?;
        row(formatter, "RMSSE", number(self.rmsse, 4), "root of squared error / squared naive error")?;
        row(formatter, "WAPE", number(self.wape, 4), "sum of errors / sum of actuals")?;
        row(formatter, "OWA", number(self.owa, 4), "sMAPE and MASE relative to Naive2")?;
        for (key, value) in &self.coverage {
            let name = key.replace("coverage_", "coverage ").replace("_sum", " % sum of ");
            row(formatter, &name, value.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0)), "")?;
        }
        let losses: Vec<String> =
            self.pinball.iter().map(|(level, loss)| format!("{level}: {}", number(*loss, 4))).collect();
        writeln!(formatter, "  pinball loss     {}", losses.join("  "))?;
        let models: Vec<String> = self.models.iter().map(|(name, count)| format!("{name} {count}")).collect();
        writeln!(formatter, "  models           {}", models.join(", "))?;
        let intervals: Vec<String> = self.intervals.iter().map(|(what, count)| format!("{what} ({count})")).collect();
        writeln!(formatter, "  intervals from   {}", intervals.join(", "))?;
        writeln!(
            formatter,
            "  cost             {} CPU s per forecast, {} CPU s in all on {} thread{}, {} MB at most; {} of {} failed",
            number(self.cpu_seconds_per_series, 5),
            number(self.cpu_seconds, 2),
            self.threads,
            if self.threads == 1 { "" } else { "s" },
            number(self.peak_rss_mb, 0),
            self.failed,
            self.n_forecasts
        )?;
        for caveat in &self.caveats {
            writeln!(formatter, "  note: {caveat}")?;
        }
        Ok(())
    }
}
