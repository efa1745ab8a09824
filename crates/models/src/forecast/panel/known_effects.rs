//! What known-ahead columns and dates multiply demand by: an effect per column and series, drawn to that of all series.
//!
//! The logarithm of demand and the columns are compared with their own means nearby (the same position of a short season, else a
//! window), which takes level, trend and season off both (Frisch and Waugh, "Partial time regressions as compared with
//! individual trends", Econometrica 1 (1933), 387-401). The effects of a series are those of a regression on what remains, drawn
//! to the mean of all series as far as series were found to be alike (random coefficients: Swamy, "Efficient inference in a
//! random coefficient regression model", Econometrica 38 (1970), 311-323; how far by expectation and maximisation). What a series
//! has never seen moves it by what it moved the others. Each column, and each group of columns of the calendar, has to
//! show that its effects in two thirds of the time explain the other third; else it multiplies nothing.

use rayon::prelude::*;

use super::effect_estimates::{Drawn, Moments, Seen, explained, fit, mean, moments};
use super::{PanelSeries, PanelSettings};

/// A season at most this long is taken off by comparing the same position of the seasons around.
const LONGEST_COMPARED_SEASON: usize = 14;
/// Seasons before and after that are compared.
const SEASONS_AROUND: usize = 4;
/// Periods before and after that are compared where there is no short season.
const PERIODS_AROUND: usize = 8;
/// Observed periods that a mean nearby rests on, at least.
const FEWEST_NEARBY: usize = 3;
/// A column must stand in this share of the periods.
const KNOWN_SHARE: f64 = 0.5;
/// And this share of its variance must be nearby: what moves slowly (prices, employment) says no more than the level does.
const NEARBY_SHARE: f64 = 0.5;
/// Periods per column, at least, over all series.
const PERIODS_PER_COLUMN: usize = 20;
/// About so many periods are looked at, the newest of each series, and at least so many of each.
const PERIODS: usize = 600_000;
const FEWEST_PERIODS: usize = 60;
/// Parts of the panel's time, each explained by effects from the others.
const BLOCKS: usize = 3;
/// What a group of columns must take off the errors of parts that it was not estimated from, as a share, to be kept.
const WORTH: f64 = 0.002;
/// No effect is larger, as the logarithm of a factor.
const LARGEST: f64 = 1.6;

/// Factors per series over history and horizon.
pub(super) struct KnownEffects {
    factor: Vec<Vec<f64>>,
    past_factor: Vec<Vec<f64>>,
}

impl KnownEffects {
    /// `None` where nothing is known ahead, or it explains nothing.
    pub fn of(series: &[PanelSeries], settings: &PanelSettings) -> Option<Self> {
        let ends: Vec<usize> = series.iter().map(|series| series.demand.len()).collect();
        let now = Effects::believed(series, &ends, settings.season())?;
        let sources: Vec<(Source, usize)> = now.columns.iter().map(|column| (column.source, column.group)).collect();
        let origins = settings.origins();
        let first_origins: Vec<usize> =
            ends.iter().map(|n| origins.cutoffs(*n).into_iter().min().unwrap_or(*n)).collect();
        let past: Vec<PanelSeries> = series.iter().map(PanelSeries::past).collect();
        let then = Effects::of(&past, &first_origins, settings.season(), &sources);
        let factors = |series: &[PanelSeries], effects: Option<&Effects>| -> Vec<Vec<f64>> {
            let of = |(place, series): (usize, &PanelSeries)| {
                let n = series.demand.len() + settings.horizon;
                let known = |t: usize| effects.map_or(1.0, |effects| effects.factor(series, place, t));
                (0..n).map(|t| series.factor_at(t) * known(t)).collect()
            };
            series.par_iter().enumerate().map(of).collect()
        };
        Some(Self { factor: factors(series, Some(&now)), past_factor: factors(&past, then.as_ref()) })
    }

    /// The series with what is known multiplied out.
    pub fn series<'a>(&'a self, series: &[PanelSeries<'a>]) -> Vec<PanelSeries<'a>> {
        let with = |(index, series): (usize, &PanelSeries<'a>)| PanelSeries {
            factor: &self.factor[index],
            past_factor: &self.past_factor[index],
            ..*series
        };
        series.iter().enumerate().map(with).collect()
    }
}

/// A column: one of each series' own, or one of a group of the calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Own(usize),
    Date(usize, usize),
}

impl Source {
    /// The value in a period; `NaN` = unknown.
    fn at(self, series: &PanelSeries, t: usize) -> f64 {
        let value = match self {
            Self::Own(column) => series.regressors.columns[column].get(t),
            Self::Date(group, column) => {
                let place = series.calendar.place(series.first_index.saturating_add(t as i64));
                series.calendar.effects[group][column].get(place)
            }
        };
        value.copied().unwrap_or(f64::NAN)
    }
}

/// A column that moves demand from one period to the next.
#[derive(Clone, Copy, Debug)]
struct Column {
    source: Source,
    /// Columns of one group are believed or not together.
    group: usize,
    /// Smallest and largest value seen.
    bounds: (f64, f64),
    /// What is divided by, so that all columns move alike.
    unit: f64,
}

/// Effects of the columns that are believed.
struct Effects {
    columns: Vec<Column>,
    /// Per series: mean of each column in the history, and effects per unit.
    series: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Effects {
    /// The effects that are known before each series' end and believed.
    fn believed(series: &[PanelSeries], ends: &[usize], season: usize) -> Option<Self> {
        let columns = choose(series, ends, season, &sources(series));
        let seen = seen(series, ends, season, &columns)?;
        let kept = kept_groups(&seen, &columns)?;
        let active: Vec<usize> = (0..columns.len()).filter(|at| kept.contains(&columns[*at].group)).collect();
        Self::fitted(&seen, &columns, &active)
    }

    /// The effects of these columns as known before each series' end.
    fn of(series: &[PanelSeries], ends: &[usize], season: usize, sources: &[(Source, usize)]) -> Option<Self> {
        let columns = choose(series, ends, season, sources);
        let seen = seen(series, ends, season, &columns)?;
        Self::fitted(&seen, &columns, &(0..columns.len()).collect::<Vec<_>>())
    }

    fn fitted(seen: &[Seen], columns: &[Column], active: &[usize]) -> Option<Self> {
        let fitted = fit(seen, active)?;
        let of = |values: &[f64]| active.iter().map(|at| values[*at]).collect::<Vec<f64>>();
        let series = seen.iter().zip(fitted).map(|(seen, effects)| (of(&seen.means), effects)).collect();
        Some(Self { columns: active.iter().map(|at| columns[*at]).collect(), series })
    }

    /// What demand of a series is multiplied by in a period.
    fn factor(&self, series: &PanelSeries, place: usize, t: usize) -> f64 {
        let (means, effects) = &self.series[place];
        let moved = |(column, mean): (&Column, &f64)| {
            let moved = (column.source.at(series, t).clamp(column.bounds.0, column.bounds.1) - mean) / column.unit;
            if moved.is_finite() { moved } else { 0.0 }
        };
        let total: f64 =
            self.columns.iter().zip(means).map(moved).zip(effects).map(|(moved, effect)| moved * effect).sum();
        total.clamp(-LARGEST, LARGEST).exp()
    }
}

/// The newest periods of each series that are looked at.
fn series_periods(ends: &[usize]) -> usize {
    (PERIODS / ends.len().max(1)).max(FEWEST_PERIODS)
}

/// What every series shows of the columns; `None` where that is too little.
fn seen(series: &[PanelSeries], ends: &[usize], season: usize, columns: &[Column]) -> Option<Vec<Seen>> {
    let last = series.iter().zip(ends).map(|(series, end)| series.first_index + *end as i64).max()?;
    let most = series_periods(ends);
    let seen: Vec<Seen> = (series.par_iter().zip(ends))
        .map(|(series, end)| Seen::new(series, *end, columns, season, most, last))
        .collect();
    let rows: usize = seen.iter().map(Seen::len).sum();
    (!columns.is_empty() && rows >= PERIODS_PER_COLUMN * columns.len()).then_some(seen)
}

impl Seen {
    fn new(series: &PanelSeries, end: usize, columns: &[Column], season: usize, most: usize, last: i64) -> Self {
        let usable = usable(series, end);
        let p = columns.len();
        let values: Vec<Vec<f64>> =
            columns.iter().map(|column| (0..end).map(|t| column.source.at(series, t)).collect()).collect();
        let known = |values: &Vec<f64>| {
            mean((0..end).filter(|t| series.demand[*t].is_finite() && values[*t].is_finite()).map(|t| values[t]))
        };
        let means: Vec<f64> = values.iter().map(known).collect();
        let value = |at: usize, t: usize| if values[at][t].is_finite() { values[at][t] } else { means[at] };
        let mut seen = Self { means: means.clone(), before: Vec::new(), y: Vec::new(), x: Vec::new() };
        for t in (end.saturating_sub(most)..end).filter(|t| usable[*t].is_finite()) {
            let around = around(t, end, season, &usable);
            if around.len() < FEWEST_NEARBY {
                continue;
            }
            let start = seen.x.len();
            seen.x.extend(
                (0..p).map(|at| (value(at, t) - mean(around.iter().map(|t| value(at, *t)))) / columns[at].unit),
            );
            if seen.x[start..].iter().any(|x| !x.is_finite()) {
                seen.x.truncate(start);
                continue;
            }
            seen.before.push((last - series.first_index - t as i64) as usize);
            seen.y.push(usable[t] - mean(around.iter().map(|t| usable[*t])));
        }
        seen
    }
}

/// Logarithm of plain demand; `NaN` where nothing was sold or observed.
fn usable(series: &PanelSeries, end: usize) -> Vec<f64> {
    let of = |(t, demand): (usize, &f64)| {
        if *demand > 0.0 && demand.is_finite() { (demand / series.factor_at(t)).ln() } else { f64::NAN }
    };
    series.demand[..end].iter().enumerate().map(of).collect()
}

/// The usable periods that a period is compared with, itself among them.
fn around(t: usize, end: usize, season: usize, usable: &[f64]) -> Vec<usize> {
    let (step, count) =
        if (2..=LONGEST_COMPARED_SEASON).contains(&season) { (season, SEASONS_AROUND) } else { (1, PERIODS_AROUND) };
    let first = t - (t / step).min(count) * step;
    (first..end.min(t + count * step + 1)).step_by(step).filter(|t| usable[*t].is_finite()).collect()
}

/// Every column, with its group.
fn sources(series: &[PanelSeries]) -> Vec<(Source, usize)> {
    let Some(first) = series.first() else { return Vec::new() };
    let n_own = first.regressors.n_ahead();
    let own = (0..n_own).map(|column| (Source::Own(column), column));
    let dates = first.calendar.effects.iter().enumerate().flat_map(|(group, columns)| {
        (0..columns.len()).map(move |column| (Source::Date(group, column), n_own + group))
    });
    own.chain(dates).collect()
}

/// Of these columns, those that are known and move from one period to the next.
fn choose(series: &[PanelSeries], ends: &[usize], season: usize, sources: &[(Source, usize)]) -> Vec<Column> {
    let most = series_periods(ends);
    (sources.iter().copied())
        .filter_map(|(source, group)| {
            // Sums over series: periods, those with a value, squares against the mean of all, squares against those nearby, their number.
            let sums: Vec<([f64; 5], (f64, f64))> = (series.par_iter().zip(ends))
                .map(|(series, end)| {
                    let usable = usable(series, *end);
                    let known: Vec<f64> = (0..*end)
                        .map(|t| if usable[t].is_finite() { source.at(series, t) } else { f64::NAN })
                        .collect();
                    let overall = mean(known.iter().copied().filter(|x| x.is_finite()));
                    let mut sums = [0.0; 5];
                    let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
                    for t in (end.saturating_sub(most)..*end).filter(|t| usable[*t].is_finite()) {
                        sums[0] += 1.0;
                        if !known[t].is_finite() {
                            continue;
                        }
                        sums[1] += 1.0;
                        bounds = (bounds.0.min(known[t]), bounds.1.max(known[t]));
                        let around = around(t, *end, season, &known);
                        if around.len() >= FEWEST_NEARBY {
                            sums[2] += (known[t] - overall).powi(2);
                            sums[3] += (known[t] - mean(around.iter().map(|t| known[*t]))).powi(2);
                            sums[4] += 1.0;
                        }
                    }
                    (sums, bounds)
                })
                .collect();
            let total = |at: usize| sums.iter().map(|(sums, _)| sums[at]).sum::<f64>();
            let nearby = total(3);
            let moves = total(1) >= KNOWN_SHARE * total(0) && nearby > 0.0 && nearby >= NEARBY_SHARE * total(2);
            let bounds = sums.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, (least, most))| {
                (low.min(*least), high.max(*most))
            });
            moves.then(|| Column { source, group, bounds, unit: (nearby / total(4)).sqrt() })
        })
        .collect()
}

/// The groups of columns whose effects in two thirds of the time explain the other; `None` where none does.
fn kept_groups(seen: &[Seen], columns: &[Column]) -> Option<Vec<usize>> {
    let thirds = Thirds::new(seen)?;
    let mut kept: Vec<usize> = columns.iter().map(|column| column.group).collect();
    kept.dedup();
    let active =
        |kept: &[usize]| -> Vec<usize> { (0..columns.len()).filter(|at| kept.contains(&columns[*at].group)).collect() };
    let plain = thirds.unseen_error(&[])?;
    let mut error = thirds.unseen_error(&active(&kept))?;
    // The least useful is given up first.
    while !kept.is_empty() {
        let without = |group: &usize| -> Option<(usize, f64)> {
            let others: Vec<usize> = kept.iter().copied().filter(|other| other != group).collect();
            Some((*group, thirds.unseen_error(&active(&others))?))
        };
        match kept.iter().filter_map(without).min_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((group, left)) if left < error + WORTH * plain => {
                kept.retain(|other| *other != group);
                error = left;
            }
            _ => break,
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// The panel's time in parts, each to be explained by the others.
struct Thirds<'a> {
    seen: &'a [Seen],
    /// Per part and series: sums over its rows.
    moments: Vec<Vec<Moments>>,
    longest: usize,
}

impl<'a> Thirds<'a> {
    fn new(seen: &'a [Seen]) -> Option<Self> {
        let longest = seen.iter().filter_map(|seen| seen.before.first()).max()? + 1;
        let of = |block: usize| -> Vec<Moments> {
            let one = |seen: &Seen| moments(seen, |row| seen.before[row] * BLOCKS / longest == block, None);
            seen.par_iter().map(one).collect()
        };
        Some(Self { seen, moments: (0..BLOCKS).map(of).collect(), longest })
    }

    /// Mean absolute error of each part by effects from the others, in typical errors of each series.
    fn unseen_error(&self, active: &[usize]) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0.0);
        for block in 0..BLOCKS {
            let others = |place: usize| {
                let others = (0..BLOCKS).filter(|other| *other != block).map(|other| &self.moments[other][place]);
                Moments::together(others).of(active)
            };
            let others: Vec<Moments> = (0..self.seen.len()).into_par_iter().map(others).collect();
            let effects = Drawn::new(&others, active.len(), None)?.effects;
            let of = |(seen, effects): (&Seen, &Vec<f64>)| {
                let scale = mean(seen.y.iter().map(|y| y.abs()));
                let rows = (0..seen.len()).filter(|row| seen.before[*row] * BLOCKS / self.longest == block);
                let errors = rows.map(|row| (seen.y[row] - explained(seen, row, active, effects)).abs() / scale);
                errors.filter(|error| error.is_finite()).fold((0.0, 0.0), |(sum, n), error| (sum + error, n + 1.0))
            };
            let errors: Vec<(f64, f64)> = self.seen.par_iter().zip(&effects).map(of).collect();
            for (error, n) in errors {
                sum += error;
                count += n;
            }
        }
        (count > 0.0).then(|| sum / count)
    }
}
