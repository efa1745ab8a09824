//! The run: origins, forecasts, the file of forecasts, and only then the actuals and the scores.

use super::chosen::{Chosen, Forecasts, RunOptions, Usage, origin_data, training};
use super::forecaster::Forecaster;
use super::input;
use super::input_options::InputOptions;
use super::metrics::RunLevels;
use super::process::CpuClock;
use super::report::Evaluation;
use super::score::{Score, Seasons, score};
use super::{EvalError, methods, output};

/// Numbers of periods whose sums are judged too, where the horizon has them.
const SUM_PERIODS: [usize; 2] = [2, 4];
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
fn evaluate_with(
    forecaster: &dyn Forecaster,
    input: &InputOptions,
    run: &RunOptions,
    clock: &dyn CpuClock,
) -> Result<Evaluation, EvalError> {
    let season = run.season_lengths.first().copied().unwrap_or(1).max(1);
    let seasons = Seasons { data: season, mase: run.mase_season.unwrap_or(season).max(1) };
    let levels = RunLevels::new(&run.levels).map_err(|level| EvalError::Options {
        problem: format!("--quantiles: found {level}, a level lies between 0 and 1"),
        mend: "give levels such as 0.1,0.5,0.9".to_owned(),
    })?;
    let pool = super::costs::pool(run.threads)?;

    let dataset = input::read(input)?;
    let chosen = Chosen::new(&dataset, run, season)?;
    let sum_periods: Vec<usize> = SUM_PERIODS.into_iter().filter(|periods| *periods <= dataset.horizon).collect();
    let mut forecasts = Forecasts { cpu_seconds: Some(0.0), ..Forecasts::default() };
    for origin in 0..chosen.origins {
        let members = chosen.members(&dataset, origin);
        let data = origin_data(&dataset, &members, run, &sum_periods, input.missing, season);
        let before = clock.cpu_seconds();
        let results = pool.install(|| forecaster.forecast(&data, &levels.all));
        let spent = clock.cpu_seconds().zip(before).map(|(after, before)| after - before);
        forecasts.cpu_seconds = forecasts.cpu_seconds.zip(spent).map(|(sum, spent)| sum + spent);
        forecasts.take(&data, &members, results, &levels.all);
    }
    if let Some(path) = &run.output {
        output::write(path, &input.ids, &dataset, &forecasts, &levels)?;
    }

    // Only now does anyone look at the test.
    let actuals = dataset.open_actuals()?;
    let mut scores: Vec<Score> = Vec::with_capacity(forecasts.results.len());
    for one in &forecasts.results {
        let series = &dataset.series[one.series];
        let training = training(&series.values[..one.cutoff], input.missing, season);
        let later = series.values[one.cutoff..].iter().chain(&actuals[one.series]);
        let actual: Vec<f64> = later.copied().take(dataset.horizon).collect();
        scores.extend(score(&training, &actual, &one.result, seasons, &sum_periods, (&levels, run.point)));
    }
    let usage = Usage {
        threads: pool.current_num_threads(),
        cpu_seconds: clock.cpu_seconds(),
        peak_rss_mb: clock.peak_rss_mb(),
    };
    Ok(Evaluation::new(&dataset, input, run, seasons, &chosen, &forecasts, &scores, &sum_periods, usage))
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
