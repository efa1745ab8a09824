//! Fit and forecast.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::{Origin, SIMPLE};
use super::layout::Layout;
use super::linear::Linear;
use super::members::{Member, Members};
use super::rows::{Rows, bins_for, build, training_plan};
use super::{GlobalOptions, GlobalSeries};
use crate::forecast::boosting::{Bins, Booster, BoostingSettings, TrainingRows, mixed, refused};
use crate::forecast::series::MethodError;

/// A fitted global model. It holds no demand: it can be asked again when a day has passed, or about a new series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GlobalModel {
    layout: Layout,
    linear: Linear,
    bins: Bins,
    /// Corrects the linear forecast.
    correction: Booster,
    /// Forecasts the level itself.
    plain: Booster,
}

/// Fits a global model to forecast `horizon` periods after the end of each series.
///
/// `season_lengths` in periods, such as `[7]` or `[7, 365]`; with `[7]` alone the same weekday 364 days before is looked
/// at too where histories reach that far.
///
/// # Errors
/// No series, no horizon, series with different numbers of categories or names of columns, a column that does not cover
/// the history, or no period to learn from.
pub(crate) fn fit(
    series: &[GlobalSeries],
    season_lengths: &[usize],
    horizon: usize,
    options: &GlobalOptions,
) -> Result<GlobalModel, MethodError> {
    check(series, horizon)?;
    let longest = series.iter().map(|one| one.demand.len()).max().unwrap_or(0);
    let (n_categories, columns) = series.first().map_or((0, (Vec::new(), 0)), |one| {
        (one.categories.len(), (one.regressors.names.clone(), one.regressors.n_past))
    });
    let n_dates = series.first().map_or(0, |one| one.calendar.features.len());
    let layout = Layout::new(season_lengths, horizon, longest, n_categories, columns, n_dates);
    let members = Members::new(series, &layout);
    let plan = training_plan(&members, &layout, options.seed);
    let bins = bins_for(&members, &layout, &plan);
    let rows = build(&members, &layout, &plan, &bins);
    if rows.linear.is_empty() {
        return Err(MethodError::TooShort { method: "gbm", found: longest, needed: layout.least_history() + 1 });
    }
    let linear = Linear::fit(&rows.linear, horizon);
    let settings = |number| BoostingSettings { seed: mixed(options.seed, number), ..options.boosting };
    let correction = grow(&bins, &rows, Some(&linear), &settings(0))?;
    let plain = grow(&bins, &rows, None, &settings(1))?;
    Ok(GlobalModel { layout, linear, bins, correction, plain })
}

fn grow(
    bins: &Bins,
    rows: &Rows,
    linear: Option<&Linear>,
    settings: &BoostingSettings,
) -> Result<Booster, MethodError> {
    let base = |ahead, simple: &[f32; SIMPLE]| linear.map_or(0.0, |l| l.predict(ahead, &simple.map(f64::from))) as f32;
    let (targets, weights): (Vec<f32>, Vec<f32>) =
        rows.linear.iter().map(|row| (row.target - base(row.ahead as usize, &row.simple), row.weight)).unzip();
    let training = TrainingRows { matrix: &rows.matrix, targets: &targets, weights: &weights };
    Booster::fit(bins, training, settings)
}

impl GlobalModel {
    /// Forecasts the periods after each series' end: series x horizon, zero for a series in which nothing was sold yet. The
    /// series may be those of the fit, longer ones, or others with the same columns and categories.
    ///
    /// # Errors
    /// Columns or categories are not those of the fit, or a column does not cover the history.
    pub fn forecast(&self, series: &[GlobalSeries]) -> Result<Vec<Vec<f64>>, MethodError> {
        check(series, self.layout.horizon)?;
        if let Some(one) = series.first()
            && (one.categories.len() != self.layout.n_categories
                || one.regressors.names != self.layout.regressors
                || one.calendar.features.len() != self.layout.n_dates)
        {
            return Err(refused("columns or categories differ from those of the fit"));
        }
        let members = Members::new(series, &self.layout);
        let answers: Vec<(usize, Vec<f64>)> =
            members.series.par_iter().map(|member| (member.given, self.of_member(&members, member))).collect();
        let mut forecasts = vec![Vec::new(); series.len()];
        for (given, answer) in answers {
            forecasts[given] = answer;
        }
        Ok(forecasts)
    }

    /// The forecast of one series.
    fn of_member(&self, members: &Members, member: &Member) -> Vec<f64> {
        let horizon = self.layout.horizon;
        let Some(origin) = Origin::new(members, member, &self.layout, member.history.len()) else {
            return vec![0.0; horizon];
        };
        let (mut row, mut cells) = (Vec::new(), vec![0; self.layout.n_features()]);
        (1..=horizon)
            .map(|ahead| {
                let simple = origin.row(ahead, &mut row);
                self.bins.bin_row(&row, &mut cells);
                let corrected = self.correction.predict(&cells) + self.linear.predict(ahead, &simple);
                let mean = f64::midpoint(corrected, self.plain.predict(&cells));
                (mean * origin.scale * member.unit).clamp(-f64::MAX, f64::MAX)
            })
            .collect()
    }
}

fn check(series: &[GlobalSeries], horizon: usize) -> Result<(), MethodError> {
    let Some(first) = series.first() else { return Err(refused("found no series, needs at least one")) };
    if horizon == 0 || horizon > usize::from(u16::MAX) {
        return Err(refused(format!("horizon: found {horizon}, allowed are 1 to {}", u16::MAX)));
    }
    for (at, one) in series.iter().enumerate() {
        let dates = |one: &GlobalSeries| one.calendar.features.len();
        if one.categories.len() != first.categories.len()
            || one.regressors.names != first.regressors.names
            || dates(one) != dates(first)
        {
            return Err(refused(format!("series {at}: columns or categories differ from those of the first series")));
        }
        if one.demand.len() > i32::MAX as usize || one.first_index.unsigned_abs() > 1 << 48 {
            return Err(refused(format!("series {at}: length or first index is absurdly large")));
        }
        let needed = one.demand.len() + horizon;
        for (at, name) in one.regressors.names.iter().enumerate() {
            let found = one.regressors.columns.get(at).map_or(0, Vec::len);
            if found < needed {
                let problem = format!("has {found} values");
                return Err(MethodError::Regressor { name: name.clone(), problem, needed });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "global_tests.rs"]
mod tests;
