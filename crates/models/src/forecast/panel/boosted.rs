//! One model over all series.

use std::collections::BTreeMap;

use super::{PanelSettings, Point, Views, cut_at_zero, naive_point};
use crate::forecast::global::{self, GlobalModel, GlobalOptions, GlobalSeries};
use crate::forecast::origins::Backtest;
use crate::forecast::series::{MethodError, observed_count};

/// The model of the record has fewer trees by this and takes larger steps: its errors are nearly those of the whole one.
pub(super) const HASTE: usize = 2;
/// Observed periods a series needs for the global model to say something about it.
const MIN_OBSERVED: usize = 4;

/// One point forecast per series, and the model; the rolling-origin record is that of one more model, fitted before the first
/// origin.
pub(super) fn forecast(series: &[Views], settings: &PanelSettings) -> (Vec<Point>, Option<GlobalModel>) {
    let now: Vec<GlobalSeries> = series.iter().map(|series| series.now).collect();
    let past: Vec<GlobalSeries> = series.iter().map(|series| series.past).collect();
    let fitted = fit(&now, settings, 1).and_then(|model| {
        let mut points = by(&model, &now, settings)?;
        for (point, backtest) in points.iter_mut().zip(backtests(&past, settings)) {
            // A series that has too little for the model has the record of what stands in.
            if point.fallback.is_none() {
                point.backtest = backtest;
            }
        }
        Ok((points, Some(model)))
    });
    fitted.unwrap_or_else(|error| {
        let naive = |series: &GlobalSeries| naive_point(series.demand, settings, error.to_string());
        (now.iter().map(naive).collect(), None)
    })
}

/// The model of a panel, with `haste` times fewer trees.
///
/// # Errors
/// Nothing to learn from.
pub(super) fn fit(series: &[GlobalSeries], settings: &PanelSettings, haste: usize) -> Result<GlobalModel, MethodError> {
    let options = GlobalOptions { seed: settings.seed, ..GlobalOptions::default() };
    let options = GlobalOptions { boosting: options.boosting.hasty(haste), ..options };
    global::fit(series, settings.season_lengths, settings.horizon, &options)
}

/// What a fitted model says of every series, without a record.
///
/// # Errors
/// The series have other categories or columns than those it was fitted to.
pub(super) fn by(
    model: &GlobalModel,
    series: &[GlobalSeries],
    settings: &PanelSettings,
) -> Result<Vec<Point>, MethodError> {
    let means = model.forecast(series)?;
    let point = |(series, mut mean): (&GlobalSeries, Vec<f64>)| {
        let observed = observed_count(series.demand);
        if observed < MIN_OBSERVED || mean.iter().any(|value| !value.is_finite()) {
            let reason = format!("gbm: found {observed} observed periods, needs at least {MIN_OBSERVED}");
            return naive_point(series.demand, settings, reason);
        }
        cut_at_zero(&mut mean, series.demand);
        Point { mean, backtest: Backtest::default(), model: "gbm".to_owned(), fallback: None }
    };
    Ok(series.iter().zip(means).map(point).collect())
}

/// Rolling-origin forecasts of a model that was fitted before the earliest origin of all. Origins are counted from the end of
/// each series.
pub(super) fn backtests(series: &[GlobalSeries], settings: &PanelSettings) -> Vec<Backtest> {
    let horizon = settings.horizon;
    let mut backtests = vec![Backtest::default(); series.len()];
    // By how far before a series' last origin an origin lies: which series have one there.
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, series) in series.iter().enumerate() {
        let n = series.demand.len();
        for cutoff in settings.origins().cutoffs(n) {
            members.entry(n - horizon - cutoff).or_default().push(index);
        }
    }
    let Some(&earliest) = members.keys().next_back() else { return backtests };
    let cut = |index: usize, back: usize| {
        let series = series[index];
        let n = series.demand.len().checked_sub(horizon + back)?;
        Some(GlobalSeries { demand: &series.demand[..n], ..series })
    };
    let trained_on: Vec<GlobalSeries> = (0..series.len()).filter_map(|index| cut(index, earliest)).collect();
    let Ok(model) = fit(&trained_on, settings, HASTE) else { return backtests };
    for (back, members) in members.into_iter().rev() {
        let (members, parts): (Vec<usize>, Vec<GlobalSeries>) =
            members.into_iter().filter_map(|index| Some((index, cut(index, back)?))).unzip();
        let Ok(forecast) = model.forecast(&parts) else { continue };
        for ((index, part), mut point) in members.into_iter().zip(&parts).zip(forecast) {
            let cutoff = part.demand.len();
            cut_at_zero(&mut point, part.demand);
            backtests[index].cutoffs.push(cutoff);
            backtests[index].forecasts.push(point);
            backtests[index].actuals.push(series[index].demand[cutoff..cutoff + horizon].to_vec());
        }
    }
    backtests
}
