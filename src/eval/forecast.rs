//! The run: origins, forecasts, the file of forecasts, and only then the actuals and the scores.

use std::borrow::Cow;
use std::path::PathBuf;

use super::forecaster::{Forecaster, Panel, PanelSeries, SeriesResult};
use super::input::{self, Dataset, InputOptions, Missing};
use super::metrics::{LEVELS, fill_seasonal};
use super::process::CpuClock;
use super::report::{Evaluation, Usage};
use super::score::{Score, Seasons, score};
use super::{EvalError, methods, output};

/// Numbers of periods whose sums are judged too, where the horizon has them.
const SUM_PERIODS: [usize; 2] = [2, 4];
/// Series or notes that a caveat names.
const EXAMPLES: usize = 5;

/// How a file is forecast.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Season lengths in periods, the main one first; 1 = no season.
    pub season_lengths: Vec<usize>,
    /// Season length of the MASE scale and of Naive2; default: the main one.
    pub mase_season: Option<usize>,
    /// Rolling origins, the last one a horizon before the end of each series. One with a split column.
    pub origins: usize,
    /// Periods between two origins; default: the horizon.
    pub step: Option<usize>,
    /// Series with fewer rows are left out; default: a horizon and two seasons, or none with a split column.
    pub min_length: Option<usize>,
    /// A name of [`methods::METHODS`].
    pub model: String,
    /// Threads; default: as many as the machine has.
    pub threads: Option<usize>,
    /// Where the forecasts go.
    pub output: Option<PathBuf>,
}

/// One forecast of one series.
#[derive(Debug)]
pub(super) struct Forecast {
    /// Place of the series in the data set.
    pub series: usize,
    /// Periods before the origin.
    pub cutoff: usize,
    /// What the model said.
    pub result: SeriesResult,
}

/// Every forecast, origin after origin, and what they took.
#[derive(Debug, Default)]
pub(super) struct Forecasts {
    /// The forecasts.
    pub results: Vec<Forecast>,
    /// CPU seconds of the forecaster, fit and choice included.
    pub cpu_seconds: Option<f64>,
    /// Forecasts whose quantiles cross.
    pub crossing: usize,
    /// The first few results that could not be used.
    pub unusable: Vec<String>,
}

/// Reads a file, forecasts it, writes the forecasts, scores them.
///
/// # Errors
/// When the options do not fit, the file cannot be used, or the forecasts cannot be written.
pub fn evaluate(input: &InputOptions, run: &RunOptions, clock: &dyn CpuClock) -> Result<Evaluation, EvalError> {
    let forecaster = methods::forecaster(&run.model)
        .map_err(|problem| EvalError::Options { problem, mend: "give --model one of them".to_owned() })?;
    evaluate_with(forecaster.as_ref(), input, run, clock)
}

/// The same with a forecaster of the caller's own; `run.model` is then only its name in the report.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_with(
    forecaster: &dyn Forecaster,
    input: &InputOptions,
    run: &RunOptions,
    clock: &dyn CpuClock,
) -> Result<Evaluation, EvalError> {
    let season = run.season_lengths.first().copied().unwrap_or(1).max(1);
    let seasons = Seasons { data: season, mase: run.mase_season.unwrap_or(season).max(1) };
    let pool = super::costs::pool(run.threads)?;

    let dataset = input::read(input)?;
    let chosen = Chosen::new(&dataset, run, season)?;
    let sum_periods: Vec<usize> = SUM_PERIODS.into_iter().filter(|periods| *periods <= dataset.horizon).collect();
    let mut forecasts = Forecasts { cpu_seconds: Some(0.0), ..Forecasts::default() };
    for origin in 0..chosen.origins {
        let members = chosen.members(&dataset, origin);
        let panel = panel(&dataset, &members, run, &sum_periods, input.missing, season);
        let before = clock.cpu_seconds();
        let results = pool.install(|| forecaster.forecast(&panel, &LEVELS));
        let spent = clock.cpu_seconds().zip(before).map(|(after, before)| after - before);
        forecasts.cpu_seconds = forecasts.cpu_seconds.zip(spent).map(|(sum, spent)| sum + spent);
        forecasts.take(&panel, &members, results);
    }
    if let Some(path) = &run.output {
        output::write(path, &input.ids, &dataset, &forecasts)?;
    }

    // Only now does anyone look at the test.
    let actuals = dataset.open_actuals()?;
    let mut scores: Vec<Score> = Vec::with_capacity(forecasts.results.len());
    for one in &forecasts.results {
        let series = &dataset.series[one.series];
        let training = training(&series.values[..one.cutoff], input.missing, season);
        let later = series.values[one.cutoff..].iter().chain(&actuals[one.series]);
        let actual: Vec<f64> = later.copied().take(dataset.horizon).collect();
        scores.extend(score(&training, &actual, &one.result, seasons, &sum_periods));
    }
    let usage = Usage {
        threads: pool.current_num_threads(),
        cpu_seconds: clock.cpu_seconds(),
        peak_rss_mb: clock.peak_rss_mb(),
    };
    Ok(Evaluation::new(&dataset, input, run, seasons, &chosen, &forecasts, &scores, &sum_periods, usage))
}

/// Which series are forecast, and from where.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Places of the series in the data set.
    pub series: Vec<usize>,
    /// Series left out because they have too few rows, by label; the first few.
    pub short: Vec<String>,
    /// How many were left out.
    pub left_out: usize,
    /// Rows that were asked for.
    pub min_length: usize,
    /// Origins.
    pub origins: usize,
    /// Periods between two origins.
    pub step: usize,
}

impl Chosen {
    fn new(dataset: &Dataset, run: &RunOptions, season: usize) -> Result<Self, EvalError> {
        let split = dataset.is_split();
        let min_length = run.min_length.unwrap_or(if split { 0 } else { dataset.horizon + 2 * season });
        let step = run.step.unwrap_or(dataset.horizon).max(1);
        let origins = if split { 1 } else { run.origins.max(1) };
        let mut chosen = Self { series: Vec::new(), short: Vec::new(), left_out: 0, min_length, origins, step };
        for (place, series) in dataset.series.iter().enumerate() {
            if series.rows >= min_length && (split || dataset.has_test(place)) {
                chosen.series.push(place);
            } else {
                chosen.left_out += 1;
                if chosen.short.len() < EXAMPLES {
                    chosen.short.push(series.label.clone());
                }
            }
        }
        if chosen.series.is_empty() {
            return Err(EvalError::Nothing {
                file: dataset.file.clone(),
                problem: format!(
                    "none of its {} series has {min_length} rows and periods before its last {}",
                    dataset.series.len(),
                    dataset.horizon
                ),
                mend: "give a smaller --horizon or --min-length".to_owned(),
            });
        }
        Ok(chosen)
    }

    /// The series that have something before this origin (0 = the earliest), with the number of periods before it.
    fn members(&self, dataset: &Dataset, origin: usize) -> Vec<(usize, usize)> {
        let back = self.step * (self.origins - 1 - origin);
        let cutoff = |place: &usize| {
            let length = dataset.series[*place].values.len();
            let cutoff = length.checked_sub(back).filter(|cutoff| *cutoff > 0);
            // A series without any training row still gets a forecast, from nothing.
            Some((*place, if length == 0 && back == 0 { 0 } else { cutoff? }))
        };
        self.series.iter().filter_map(cutoff).collect()
    }
}

impl Forecasts {
    /// Takes the results of one origin; what cannot be used becomes the seasonal naive and counts as failed.
    fn take(&mut self, panel: &Panel<'_>, members: &[(usize, usize)], results: Vec<SeriesResult>) {
        let mut results = results.into_iter();
        for ((place, cutoff), series) in members.iter().zip(&panel.series) {
            let result = results.next().unwrap_or_default();
            let result = match result.problem(panel, LEVELS.len()) {
                None => result,
                Some(problem) => {
                    if self.unusable.len() < EXAMPLES {
                        self.unusable.push(format!("{}: {problem}", series.label));
                    }
                    let note = Some(format!("seasonal_naive instead of {}: {problem}", result.model));
                    SeriesResult { note, failed: true, ..methods::last_season(series, panel, &LEVELS) }
                }
            };
            self.crossing += usize::from(result.crosses());
            self.results.push(Forecast { series: *place, cutoff: *cutoff, result });
        }
    }
}

fn panel<'a>(
    dataset: &'a Dataset,
    members: &[(usize, usize)],
    run: &'a RunOptions,
    sum_periods: &'a [usize],
    missing: Missing,
    season: usize,
) -> Panel<'a> {
    let series = members.iter().map(|(place, cutoff)| {
        let data = &dataset.series[*place];
        PanelSeries {
            label: &data.label,
            keys: &data.keys,
            start: data.start,
            phase: data.phase,
            demand: training(&data.values[..*cutoff], missing, season),
            known: data.known.iter().map(|column| &column[..cutoff + dataset.horizon]).collect(),
        }
    });
    Panel {
        series: series.collect(),
        season_lengths: &run.season_lengths,
        horizon: dataset.horizon,
        sum_periods,
        known_names: &dataset.known_names,
        axis: &dataset.axis,
    }
}

/// Training demand as a model sees it.
fn training(values: &[f64], missing: Missing, season: usize) -> Cow<'_, [f64]> {
    if missing == Missing::Seasonal && values.iter().any(|value| value.is_nan()) {
        Cow::Owned(fill_seasonal(values, season))
    } else {
        Cow::Borrowed(values)
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
