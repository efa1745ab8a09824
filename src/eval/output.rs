//! The forecasts as CSV, whole or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use super::EvalError;
use super::chosen::Forecasts;
use super::input::Dataset;
use super::metrics::RunLevels;

/// Writes every forecast: the id columns, the origin (the last period known), the step, the time, the model, the mean
/// and the quantiles. The file is written beside its place and then renamed.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    path: &Path,
    id_columns: &[String],
    dataset: &Dataset,
    forecasts: &Forecasts,
    levels: &RunLevels,
) -> Result<(), EvalError> {
    write_whole(path, |writer| rows(writer, id_columns, dataset, forecasts, levels))
}

/// A CSV file, written beside its place and then renamed: whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_whole(
    path: &Path,
    rows: impl FnOnce(&mut csv::Writer<BufWriter<File>>) -> Result<(), csv::Error>,
) -> Result<(), EvalError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| EvalError::Write {
        path: path.display().to_string(),
        source,
    };
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(name);
    let attempt = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(&beside)?));
        rows(&mut writer)?;
        writer.into_inner().map_err(|error| error.to_string())?.into_inner().map_err(|error| error.to_string())?;
        Ok(fs::rename(&beside, path)?)
    };
    attempt().map_err(|error| {
        // What is half written serves nobody; that it cannot be removed is not what went wrong.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

fn rows(
    writer: &mut csv::Writer<impl Write>,
    id_columns: &[String],
    dataset: &Dataset,
    forecasts: &Forecasts,
    levels: &RunLevels,
) -> Result<(), csv::Error> {
    let mut heading = id_columns.to_vec();
    heading.extend(["origin", "step", "time", "model", "mean"].map(str::to_owned));
    heading.extend(levels.written.iter().map(|place| format!("q{}", levels.all[*place])));
    heading.extend(["note".to_owned()]);
    writer.write_record(&heading)?;
    for one in &forecasts.results {
        let series = &dataset.series[one.series];
        let time = |at: usize| dataset.axis.label(series.start + at as i64, series.phase);
        let origin = if one.cutoff == 0 { String::new() } else { time(one.cutoff - 1) };
        for (step, (mean, quantiles)) in one.result.mean.iter().zip(&one.result.quantiles).enumerate() {
            let mut record = series.keys.clone();
            record.extend([origin.clone(), (step + 1).to_string(), time(one.cutoff + step)]);
            record.extend([one.result.model.clone(), mean.to_string()]);
            record.extend(levels.written.iter().map(|place| quantiles[*place].to_string()));
            record.push(one.result.note.clone().unwrap_or_default());
            writer.write_record(&record)?;
        }
    }
    writer.flush()?;
    Ok(())
}
