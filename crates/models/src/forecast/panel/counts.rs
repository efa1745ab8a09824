//! Distributions of counts.

use rayon::prelude::*;

use super::{
    OneDone, PanelForecast, PanelMethod, PanelSeries, PanelSettings, WindowQuantiles, continuous, zero_forecast,
};
use crate::forecast::counts::{CountGroup, CountSeries, CountSettings, GroupProfile};
use crate::forecast::departures::{Cell, Seen, expected, prior_of, season_cells};
use crate::forecast::local::LocalMethod;
use crate::forecast::origins::Backtest;
use crate::forecast::series::{MethodError, observed_mean};

/// A panel whose typical series sells less than this in a period is one of counts ...
const LARGEST_TYPICAL_MEAN: f64 = 20.0;
/// ... and then so is a series up to this: its neighbours say more about it than its own season. Above it, continuous methods serve.
const LARGEST_MEAN_AMONG_COUNTS: f64 = 60.0;
/// Elsewhere a series of whole numbers is one of counts up to this.
const LARGEST_MEAN_AMONG_OTHERS: f64 = 5.0;
/// A series has a season of its own up to so many periods.
const LONGEST_OWN_SEASON: usize = 31;
/// And where the longest history has as many of it.
const FEWEST_SEASONS: usize = 8;
/// The level of a series is that of so many seasons before and after.
const SEASONS_AROUND: usize = 4;
/// Seasons after which one counts half.
const HALF_LIFE: f64 = 26.0;
/// No factor is smaller.
const SMALLEST_FACTOR: f64 = 0.01;
/// Rolling origins at which the group's constants are judged.
const ORIGINS: usize = 4;

/// Which series are counts: whole numbers of at least zero, few a period.
pub(super) fn are_counts(series: &[PanelSeries]) -> Vec<bool> {
    let whole = |value: &f64| !value.is_finite() || (*value >= 0.0 && value.fract() == 0.0);
    let known: Vec<(bool, f64)> =
        series.par_iter().map(|series| (series.demand.iter().all(whole), observed_mean(series.demand))).collect();
    let mut means: Vec<f64> = known.iter().map(|(_, mean)| *mean).filter(|mean| mean.is_finite()).collect();
    means.sort_by(f64::total_cmp);
    let among_counts = 2 * known.iter().filter(|(whole, _)| *whole).count() > known.len()
        && means.get(means.len() / 2).is_some_and(|median| *median < LARGEST_TYPICAL_MEAN);
    let limit = if among_counts { LARGEST_MEAN_AMONG_COUNTS } else { LARGEST_MEAN_AMONG_OTHERS };
    known.iter().map(|(whole, mean)| *whole && (*mean < limit || mean.is_nan())).collect()
}

/// The distribution of every series, with a pooled season, and what the group has in common; with a record of rolling origins where
/// that is wanted. What is no matter of counts goes to the local mean.
pub(super) fn forecast(
    series: &[PanelSeries],
    settings: &PanelSettings,
    with_record: bool,
    one_done: OneDone,
) -> (Vec<PanelForecast>, CountGroup) {
    let steps =
        CountSettings { horizon: settings.horizon, n_windows: ORIGINS, step_size: settings.horizon.div_ceil(2) };
    let factors = factors(series, settings);
    let counts = counts_of(series, &factors);
    let group = CountGroup::fit(&counts, &steps);
    let past = if with_record { Past::new(series, settings, &steps) } else { None };
    (forecast_by(&group, past.as_ref(), series, &counts, settings, one_done), group)
}

/// The same by a group that was fitted before, without a record.
pub(super) fn update(
    group: &CountGroup,
    series: &[PanelSeries],
    settings: &PanelSettings,
    one_done: OneDone,
) -> Vec<PanelForecast> {
    let factors = factors(series, settings);
    let counts = counts_of(series, &factors);
    forecast_by(group, None, series, &counts, settings, one_done)
}

fn forecast_by(
    group: &CountGroup,
    past: Option<&Past>,
    series: &[PanelSeries],
    counts: &[CountSeries],
    settings: &PanelSettings,
    one_done: OneDone,
) -> Vec<PanelForecast> {
    let one = |(index, (series, counts)): (usize, (&PanelSeries, &CountSeries))| {
        let forecast = match group.forecast(*counts) {
            Ok(forecast) => forecast,
            Err(error) if observed_mean(series.demand).is_nan() => {
                return zero_forecast(settings, "zero", &error.to_string());
            }
            Err(error) => return alone(series, settings, &error.to_string()),
        };
        let windows = past.and_then(|past| past.windows(series, index, settings).ok());
        let (backtest, window_quantiles) = windows.unwrap_or_default();
        PanelForecast {
            mean: forecast.mean(),
            quantiles: forecast.quantiles(settings.levels),
            backtest,
            window_quantiles,
            model: "counts".to_owned(),
            fallback: None,
        }
    };
    let forecast = |place| {
        let forecast = one(place);
        one_done();
        forecast
    };
    (series.par_iter().zip(counts).enumerate()).map(forecast).collect()
}

/// What demand is multiplied by in each period: the season that the panel shares, what each series' own season makes of it, and the
/// series' own factors.
fn factors(series: &[PanelSeries], settings: &PanelSettings) -> Vec<Vec<f64>> {
    let plain: Vec<Vec<f64>> = series.par_iter().map(PanelSeries::plain_demand).collect();
    let plain: Vec<&[f64]> = plain.iter().map(Vec::as_slice).collect();
    let profile = GroupProfile::fit(&plain, settings.season());
    let mut shared: Vec<Vec<f64>> = (series.iter())
        .map(|series| {
            let (n, horizon) = (series.demand.len(), settings.horizon);
            profile.as_ref().map_or_else(|| vec![1.0; n + horizon], |profile| profile.factors(n, horizon))
        })
        .collect();
    own_seasons(&plain, &mut shared, settings.season());
    for (factors, series) in shared.iter_mut().zip(series) {
        for (t, factor) in factors.iter_mut().enumerate() {
            *factor *= series.factor_at(t);
        }
    }
    shared
}

/// Multiplies the factors of each series by its own season, drawn to that of the panel as far as little of it was sold. Seasons
/// that were seen a few times only are left to the panel.
fn own_seasons(demand: &[&[f64]], factors: &mut [Vec<f64>], season: usize) {
    let longest = demand.iter().map(|demand| demand.len()).max().unwrap_or(0);
    if !(2..=LONGEST_OWN_SEASON).contains(&season) || longest < FEWEST_SEASONS * season {
        return;
    }
    let place = |t: usize, n: usize| (t + season - n % season) % season;
    let cells: Vec<Vec<Cell>> = (demand.par_iter().zip(factors.par_iter()))
        .map(|(demand, factors)| {
            let n = demand.len();
            let expected = expected(demand, factors, |_| true, SEASONS_AROUND * season);
            let seen: Vec<Seen> = (0..n)
                .filter(|t| demand[*t].is_finite())
                .map(|t| Seen {
                    place: place(t, n),
                    observed: demand[t].max(0.0),
                    expected: expected[t],
                    weight: 0.5_f64.powf((n - t) as f64 / (HALF_LIFE * season as f64)),
                })
                .collect();
            season_cells(&seen, season).0
        })
        .collect();
    let prior = prior_of(cells.iter().flatten());
    (factors.par_iter_mut().zip(demand).zip(&cells)).for_each(|((factors, demand), cells)| {
        let ratios: Vec<f64> = cells.iter().map(|cell| prior.ratio(cell.observed, cell.expected)).collect();
        for (t, factor) in factors.iter_mut().enumerate() {
            *factor = (*factor * ratios[place(t, demand.len())]).max(SMALLEST_FACTOR);
        }
    });
}

fn counts_of<'a>(series: &[PanelSeries<'a>], factors: &'a [Vec<f64>]) -> Vec<CountSeries<'a>> {
    (series.iter().zip(factors)).map(|(series, factor)| CountSeries { demand: series.demand, factor }).collect()
}

/// The group as it was before the earliest origin of all: what is scored has no part in its constants and its season.
struct Past {
    group: CountGroup,
    /// Per series, the factors of its whole history: the shared season is repeated from before the origin.
    factors: Vec<Vec<f64>>,
}

impl Past {
    fn new(series: &[PanelSeries], settings: &PanelSettings, steps: &CountSettings) -> Option<Past> {
        let back = series.iter().filter_map(|series| {
            let n = series.demand.len();
            settings.origins().cutoffs(n).first().map(|first| n - first)
        });
        let back = back.max()?;
        let cut: Vec<Option<PanelSeries>> = (series.iter())
            .map(|series| {
                let n = series.demand.len().checked_sub(back)?;
                Some(PanelSeries { demand: &series.demand[..n], ..series.past() })
            })
            .collect();
        let before: Vec<PanelSeries> = cut.iter().flatten().copied().collect();
        // As far ahead as the history goes on.
        let reach = PanelSettings { horizon: back + settings.horizon, ..*settings };
        let factors_before = factors(&before, &reach);
        let group = CountGroup::fit(&counts_of(&before, &factors_before), steps);
        let mut known = factors_before.into_iter();
        let factors = cut.iter().map(|cut| cut.and_then(|_| known.next()).unwrap_or_default()).collect();
        Some(Past { group, factors })
    }

    /// Means and quantiles over the rolling origins.
    fn windows(
        &self,
        series: &PanelSeries,
        index: usize,
        settings: &PanelSettings,
    ) -> Result<(Backtest, WindowQuantiles), MethodError> {
        let past = series.past();
        // A series younger than the earliest origin has no factors from before it but its own.
        let factor = self.factors.get(index).filter(|factors| !factors.is_empty()).map_or(past.factor, Vec::as_slice);
        let cutoffs = settings.origins().cutoffs(series.demand.len());
        let mut backtest = Backtest::default();
        let mut quantiles = Vec::with_capacity(cutoffs.len());
        let counts = CountSeries { demand: series.demand, factor };
        for (cutoff, forecast) in cutoffs.iter().zip(self.group.forecast_periods(counts, &cutoffs)?) {
            backtest.cutoffs.push(*cutoff);
            backtest.forecasts.push(forecast.mean());
            backtest.actuals.push(series.demand[*cutoff..*cutoff + settings.horizon].to_vec());
            quantiles.push(forecast.quantiles(settings.levels).per_period);
        }
        Ok((backtest, quantiles))
    }
}

fn alone(series: &PanelSeries, settings: &PanelSettings, reason: &str) -> PanelForecast {
    match continuous(&[*series], PanelMethod::Local(LocalMethod::Mean), settings, &|| ()).0.pop() {
        Some(forecast) => PanelForecast { fallback: Some(reason.to_owned()), ..forecast },
        None => zero_forecast(settings, "zero", reason),
    }
}
