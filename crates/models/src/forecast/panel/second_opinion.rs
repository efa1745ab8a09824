//! What the global model says of counts, beside their own distributions.
//!
//! The distributions of a group know how counts vary, the trees what moves them: last year, the last weeks, other series. Their
//! quantiles are averaged level by level, as far as the pinball loss at rolling origins says that it pays; the distributions stay
//! at least half. Only in panels that trees go through in seconds.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{PanelForecast, PanelSeries, PanelSettings, Point, WindowQuantiles, boosted, calibration, in_its_unit};
use crate::forecast::calibration::{CalibrationSeries, ErrorShapes};
use crate::forecast::global::{GlobalModel, GlobalSeries};
use crate::forecast::origins::Backtest;
use crate::forecast::quantiles::mix_rows;
use crate::forecast::series::observed_mean;

/// Shares of the second opinion that are tried.
const SHARES: [f64; 3] = [0.0, 0.25, 0.5];
/// What half of it must bring, as a share of the loss without it: it has seen the origins that its intervals come from.
const LEAST_GAIN: f64 = 0.005;
/// Series without which its record says too little.
const FEWEST_SERIES: usize = 10;
/// Typical periods of history beyond which it is asked: in shorter ones a group's distributions and their own boosting know as much.
const SHORTEST_HISTORY: usize = 365;
/// Periods of all series up to which it is asked.
const MOST_PERIODS: usize = 2_000_000;

/// The global model of a panel of counts, and how far it is followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SecondOpinion {
    model: GlobalModel,
    shapes: ErrorShapes,
    share: f64,
}

impl SecondOpinion {
    /// Whether it is asked of such a panel.
    pub(super) fn is_asked(series: &[PanelSeries]) -> bool {
        let mut lengths: Vec<usize> = series.iter().map(|series| series.demand.len()).collect();
        lengths.sort_unstable();
        lengths.len() >= FEWEST_SERIES
            && lengths[lengths.len() / 2] > SHORTEST_HISTORY
            && lengths.iter().sum::<usize>() <= MOST_PERIODS
    }

    /// Fits it, and mixes it into the forecasts of counts, which hold their record. `None`, and the forecasts untouched, where it
    /// brings too little.
    pub(super) fn fit(
        series: &[PanelSeries],
        forecasts: &mut [PanelForecast],
        settings: &PanelSettings,
    ) -> Option<SecondOpinion> {
        let plain = plain_demands(series);
        let past: Vec<GlobalSeries> =
            series.iter().zip(&plain).map(|(series, [_, past])| series.with_demand(past)).collect();
        // Its record first: most of its cost is spared where it is not followed.
        let mut records: Vec<Point> = boosted::backtests(&past, settings).into_iter().map(Point::of_record).collect();
        records.par_iter_mut().zip(series).for_each(|(point, series)| point.multiply(series));
        let group = calibration(series, &records, settings);
        let shapes = ErrorShapes::fit(&group, settings.horizon).centred(1.0);
        let windows: Vec<WindowQuantiles> = (group.par_iter().zip(series))
            .map(|(one, series)| {
                let mut windows = shapes.window_quantiles(one, settings.levels);
                in_its_unit(windows.iter_mut().flatten(), series.demand);
                windows
            })
            .collect();
        let share = share(series, forecasts, &records, &windows, settings);
        if share == 0.0 {
            return None;
        }
        let now: Vec<GlobalSeries> =
            series.iter().zip(&plain).map(|(series, [now, _])| series.with_demand(now)).collect();
        let model = boosted::fit(&now, settings, boosted::HASTE).ok()?;
        let mut points = boosted::by(&model, &now, settings).ok()?;
        points.par_iter_mut().zip(series).for_each(|(point, series)| point.multiply(series));
        let opinion = SecondOpinion { model, shapes, share };
        (forecasts.par_iter_mut().zip(series).zip(&group).zip(&points).zip(&windows)).for_each(
            |((((forecast, series), one), point), windows)| {
                // What stands in for the global model is no second opinion.
                if point.fallback.is_none() && forecast.fallback.is_none() {
                    opinion.mix_windows(forecast, one, windows);
                    opinion.mix(forecast, point, series, settings);
                }
            },
        );
        Some(opinion)
    }

    /// Mixes what it says on a later night into the forecasts of counts.
    pub(super) fn add_to(&self, series: &[PanelSeries], forecasts: &mut [PanelForecast], settings: &PanelSettings) {
        let plain: Vec<Vec<f64>> = series.par_iter().map(PanelSeries::plain_demand).collect();
        let now: Vec<GlobalSeries> =
            series.iter().zip(&plain).map(|(series, plain)| series.with_demand(plain)).collect();
        let mut points = match boosted::by(&self.model, &now, settings) {
            Ok(points) => points,
            Err(error) => {
                for forecast in forecasts {
                    forecast.fallback.get_or_insert_with(|| format!("the global model: {error}"));
                }
                return;
            }
        };
        points.par_iter_mut().zip(series).for_each(|(point, series)| point.multiply(series));
        (forecasts.par_iter_mut().zip(series).zip(&points)).for_each(|((forecast, series), point)| {
            if point.fallback.is_none() && forecast.fallback.is_none() {
                self.mix(forecast, point, series, settings);
            }
        });
    }

    /// Moves the quantiles of a forecast to those around a point of the global model; its mean stays that of its own distributions,
    /// as trees of least absolute errors know nothing of means.
    fn mix(&self, forecast: &mut PanelForecast, point: &Point, series: &PanelSeries, settings: &PanelSettings) {
        // As on the nights after the fit, which have no record: the width of a series is that of the group.
        let backtest = &Backtest::default();
        let one = CalibrationSeries { history: series.demand, backtest, season_length: settings.season() };
        forecast.quantiles.mix(&self.shapes.quantiles(&one, &point.mean, settings.levels), self.share);
        in_its_unit(forecast.quantiles.rows_mut(), series.demand);
        forecast.model = format!("{}+gbm", forecast.model);
    }

    /// The same at the origins that both have.
    fn mix_windows(&self, forecast: &mut PanelForecast, record: &CalibrationSeries, quantiles: &WindowQuantiles) {
        for (cutoff, own) in forecast.backtest.cutoffs.iter().zip(&mut forecast.window_quantiles) {
            if let Some(place) = record.backtest.cutoffs.iter().position(|other| other == cutoff) {
                mix_rows(own, &quantiles[place], self.share);
                in_its_unit(own.iter_mut(), record.history);
            }
        }
    }
}

fn plain_demands(series: &[PanelSeries]) -> Vec<[Vec<f64>; 2]> {
    series.par_iter().map(|series| [series.plain_demand(), series.past().plain_demand()]).collect()
}

/// The share with the smallest pinball loss, each series in units of its mean demand, over the rolling origins that both sides have.
fn share(
    series: &[PanelSeries],
    forecasts: &[PanelForecast],
    records: &[Point],
    windows: &[WindowQuantiles],
    settings: &PanelSettings,
) -> f64 {
    let of_series = |index: usize| {
        let mut losses = [0.0; SHARES.len()];
        let (PanelForecast { backtest: own, window_quantiles: own_quantiles, .. }, record) =
            (&forecasts[index], &records[index].backtest);
        let scale = observed_mean(series[index].demand);
        if scale.is_nan() || scale <= 0.0 {
            return losses;
        }
        for (window, cutoff) in own.cutoffs.iter().enumerate() {
            let Some(place) = record.cutoffs.iter().position(|other| other == cutoff) else { continue };
            let rows = own.actuals[window].iter().zip(&own_quantiles[window]).zip(&windows[index][place]);
            for ((actual, own), other) in rows.filter(|((actual, _), _)| actual.is_finite()) {
                for (loss, share) in losses.iter_mut().zip(SHARES) {
                    for ((level, own), other) in settings.levels.iter().zip(own).zip(other) {
                        let gap = actual - (own + share * (other - own)).round();
                        *loss += if gap >= 0.0 { level * gap } else { (level - 1.0) * gap } / scale;
                    }
                }
            }
        }
        losses
    };
    let add = |mut a: [f64; SHARES.len()], b: [f64; SHARES.len()]| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    // In order, so that the sum does not depend on the threads.
    let rows: Vec<[f64; SHARES.len()]> = (0..series.len()).into_par_iter().map(of_series).collect();
    let losses = rows.into_iter().fold([0.0; SHARES.len()], add);
    if losses[0] <= 0.0 {
        return 0.0;
    }
    let cost = |index: usize| losses[index] / losses[0] + LEAST_GAIN * 2.0 * SHARES[index];
    (0..SHARES.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).map_or(0.0, |best| SHARES[best])
}

#[cfg(test)]
#[path = "second_opinion_tests.rs"]
mod tests;
