//! Periods that are known to be closed: a column that is known ahead says so, and nothing was ever sold when it did.

use rayon::prelude::*;

use super::{PanelForecast, PanelSeries};

/// Share of the periods with a value of a column that must have been without demand for it to mean that all is closed.
const CLOSED_SHARE: f64 = 0.99;
/// And share of the periods with the other value up to which they may be: else nothing is said.
const OPEN_SHARE: f64 = 0.5;
/// A column of more values (a price, a temperature) closes nothing.
const MOST_VALUES: usize = 16;
/// Observed periods with the value, at least.
const FEWEST_PERIODS: usize = 20;
/// What demand of a closed period is multiplied by.
const CLOSED: f64 = 1e-3;

/// A panel without its closed periods: they are not observed, and forecast to be nothing.
pub(super) struct Open {
    demand: Vec<Vec<f64>>,
    factor: Vec<Vec<f64>>,
    past_factor: Vec<Vec<f64>>,
    closed: Vec<Vec<bool>>,
}

impl Open {
    /// `None` where no column closes anything. A column of few values closes the periods with one of them when over all series
    /// at least 99 % of those periods were without demand and at most half of the others.
    pub fn of(series: &[PanelSeries]) -> Option<Open> {
        let n_columns = series.first()?.regressors.n_ahead();
        let closing: Vec<(usize, f64)> =
            (0..n_columns).filter_map(|column| Some((column, closing_value(series, column)?))).collect();
        if closing.is_empty() {
            return None;
        }
        let closed: Vec<Vec<bool>> = (series.par_iter())
            .map(|series| {
                let columns = &series.regressors.columns;
                let n = columns.iter().map(Vec::len).max().unwrap_or(0);
                let is_closed = |t: usize| {
                    let says = |(column, value): &(usize, f64)| columns[*column].get(t) == Some(value);
                    // What sold all the same was open.
                    closing.iter().any(says) && series.demand.get(t).is_none_or(|units| units.is_nan() || *units == 0.0)
                };
                (0..n).map(is_closed).collect()
            })
            .collect();
        let times = |factor: &[f64], closed: &[bool]| -> Vec<f64> {
            let of = |t: usize| factor.get(t).copied().unwrap_or(1.0);
            closed.iter().enumerate().map(|(t, closed)| if *closed { CLOSED } else { of(t) }).collect()
        };
        let pairs = || series.iter().zip(&closed);
        Some(Open {
            demand: pairs()
                .map(|(series, closed)| {
                    let is_closed = |t: usize| closed.get(t).copied().unwrap_or(false);
                    let demand = series.demand.iter().enumerate();
                    demand.map(|(t, units)| if is_closed(t) { f64::NAN } else { *units }).collect()
                })
                .collect(),
            factor: pairs().map(|(series, closed)| times(series.factor, closed)).collect(),
            past_factor: pairs().map(|(series, closed)| times(series.past().factor, closed)).collect(),
            closed,
        })
    }

    /// The series without their closed periods.
    pub fn series<'a>(&'a self, series: &[PanelSeries<'a>]) -> Vec<PanelSeries<'a>> {
        let open = |(index, series): (usize, &PanelSeries<'a>)| PanelSeries {
            demand: &self.demand[index],
            factor: &self.factor[index],
            past_factor: &self.past_factor[index],
            ..*series
        };
        series.iter().enumerate().map(open).collect()
    }

    /// Nothing is sold while all is closed.
    pub fn close(&self, forecasts: &mut [PanelForecast]) {
        for ((forecast, closed), demand) in forecasts.iter_mut().zip(&self.closed).zip(&self.demand) {
            let ahead = closed.get(demand.len()..).unwrap_or_default();
            for (place, _) in ahead.iter().enumerate().filter(|(_, closed)| **closed) {
                if let (Some(mean), Some(row)) =
                    (forecast.mean.get_mut(place), forecast.quantiles.per_period.get_mut(place))
                {
                    *mean = 0.0;
                    row.fill(0.0);
                }
            }
        }
    }
}

/// The value of a column with which nothing is ever sold: of no days open, or of a flag.
fn closing_value(series: &[PanelSeries], column: usize) -> Option<f64> {
    // Per value: periods, and those without demand.
    let mut values: Vec<(f64, usize, usize)> = Vec::new();
    for series in series {
        for (value, units) in series.regressors.columns.get(column)?.iter().zip(series.demand) {
            if !value.is_finite() || !units.is_finite() {
                continue;
            }
            let place = match values.iter().position(|(known, ..)| known == value) {
                Some(place) => place,
                None if values.len() == MOST_VALUES => return None,
                None => {
                    values.push((*value, 0, 0));
                    values.len() - 1
                }
            };
            values[place].1 += 1;
            values[place].2 += usize::from(*units == 0.0);
        }
    }
    let closes = |(value, n, without): &(f64, usize, usize)| {
        let others = values.iter().filter(|(other, ..)| other != value);
        let (others, others_without) = others.fold((0, 0), |(n, zero), (_, more, zeros)| (n + more, zero + zeros));
        *n >= FEWEST_PERIODS
            && *without as f64 >= CLOSED_SHARE * *n as f64
            && others > 0
            && others_without as f64 <= OPEN_SHARE * others as f64
    };
    values.iter().find(|value| closes(value)).map(|(value, ..)| *value)
}
