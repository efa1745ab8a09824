//! What is forecast of a file, and what came out: the series and origins, what a model is given at one of them, and the results.

use std::borrow::Cow;
use std::path::PathBuf;

use super::forecaster::{OriginData, OriginSeries, SeriesResult};
use super::input::Dataset;
use super::input_options::Missing;
use super::metrics::fill_seasonal;
use super::{EvalError, methods};

/// Series or notes that a caveat names.
const EXAMPLES: usize = 5;

/// The point of a forecast that its errors are taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Point {
    /// The expected demand.
    #[default]
    Mean,
    /// The demand that is as likely exceeded as not.
    Median,
}

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
    /// Quantile levels that are written; none = those that are scored, and the deciles.
    pub levels: Vec<f64>,
    /// What errors are taken from.
    pub point: Point,
    /// Series with fewer rows are left out; default: a horizon and two seasons, or none with a split column.
    pub min_length: Option<usize>,
    /// A name of [`methods::methods`].
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

/// What the process has used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub threads: usize,
    pub cpu_seconds: Option<f64>,
    pub peak_rss_mb: Option<f64>,
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
    /// Whether they are dates, the same for every series.
    pub by_date: bool,
    /// Periods between two origins.
    pub step: usize,
}

impl Chosen {
    pub fn new(dataset: &Dataset, run: &RunOptions, season: usize) -> Result<Self, EvalError> {
        let split = dataset.is_split();
        let min_length = run.min_length.unwrap_or(if split { 0 } else { dataset.horizon + 2 * season });
        let step = run.step.unwrap_or(dataset.horizon).max(1);
        let by_date = dataset.n_cutoffs > 0;
        let origins = if split {
            1
        } else if by_date {
            dataset.n_cutoffs
        } else {
            run.origins.max(1)
        };
        let mut chosen =
            Self { series: Vec::new(), short: Vec::new(), left_out: 0, min_length, origins, by_date, step };
        for (place, series) in dataset.series.iter().enumerate() {
            let has_origin = !by_date || series.cutoffs.iter().any(Option::is_some);
            if series.rows >= min_length && has_origin && (split || dataset.has_test(place)) {
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
                    "none of its {} series has {min_length} rows and periods before {} {}",
                    dataset.series.len(),
                    if by_date { "a cutoff, and after it" } else { "its last" },
                    dataset.horizon
                ),
                mend: if by_date {
                    "give other --cutoffs, or a smaller --horizon or --min-length"
                } else {
                    "give a smaller --horizon or --min-length"
                }
                .to_owned(),
            });
        }
        Ok(chosen)
    }

    /// The series that have something before this origin (0 = the earliest), with the number of periods before it.
    pub fn members(&self, dataset: &Dataset, origin: usize) -> Vec<(usize, usize)> {
        let back = self.step * (self.origins - 1 - origin);
        let cutoff = |place: &usize| {
            if self.by_date {
                return dataset.series[*place].cutoffs.get(origin).copied().flatten().map(|cutoff| (*place, cutoff));
            }
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
    pub fn take(
        &mut self,
        data: &OriginData<'_>,
        members: &[(usize, usize)],
        results: Vec<SeriesResult>,
        levels: &[f64],
    ) {
        let mut results = results.into_iter();
        for ((place, cutoff), series) in members.iter().zip(&data.series) {
            let result = results.next().unwrap_or_default();
            let result = match result.problem(data, levels.len()) {
                None => result,
                Some(problem) => {
                    if self.unusable.len() < EXAMPLES {
                        self.unusable.push(format!("{}: {problem}", series.label));
                    }
                    let note = Some(format!("seasonal_naive instead of {}: {problem}", result.model));
                    SeriesResult { note, failed: true, ..methods::last_season(series, data, levels) }
                }
            };
            self.crossing += usize::from(result.crosses());
            self.results.push(Forecast { series: *place, cutoff: *cutoff, result });
        }
    }
}

/// What a model is given at one origin.
pub(super) fn origin_data<'a>(
    dataset: &'a Dataset,
    members: &[(usize, usize)],
    run: &'a RunOptions,
    sum_periods: &'a [usize],
    missing: Missing,
    season: usize,
) -> OriginData<'a> {
    let series = members.iter().map(|(place, cutoff)| {
        let data = &dataset.series[*place];
        OriginSeries {
            label: &data.label,
            keys: &data.keys,
            start: data.start,
            demand: training(&data.values[..*cutoff], missing, season),
            known: data.known.iter().map(|column| &column[..cutoff + dataset.horizon]).collect(),
            past: data.past.iter().map(|column| &column[..*cutoff]).collect(),
            statics: &data.statics,
        }
    });
    OriginData {
        series: series.collect(),
        season_lengths: &run.season_lengths,
        horizon: dataset.horizon,
        sum_periods,
        known_names: &dataset.known_names,
        past_names: &dataset.past_names,
        calendar: &dataset.calendar,
    }
}

/// Training demand as a model sees it.
pub(super) fn training(values: &[f64], missing: Missing, season: usize) -> Cow<'_, [f64]> {
    if missing == Missing::Seasonal && values.iter().any(|value| value.is_nan()) {
        Cow::Owned(fill_seasonal(values, season))
    } else {
        Cow::Borrowed(values)
    }
}
