//! Demand distributions of counts for a group of series that lend each other strength.
//!
//! [`CountGroup::fit`] learns from all series how fast levels move, how counts vary around them and how far a series'
//! own past may be trusted; [`CountGroup::forecast`] then gives one series its distribution per period and of totals.

use serde::{Deserialize, Serialize};

use rayon::prelude::*;

use super::boosted_quantiles::CountBoost;
use super::choice::{OwnPast, Window, choose_boost_share, choose_period, choose_total};
use super::count_series::{CountSeries, Prepared, group_mean};
use super::pmf::{CountPmf, LARGEST_MEAN};
use super::rate_levels::{JUDGED_LEVELS, RateLevels};
use super::recent::{Recent, RunningSums, recent_periods};
use super::small_models::{self, Filter, N_MODELS, Outlook, Snapshot};
use super::working_levels::WorkingLevels;
use crate::forecast::distributions::normal_score;
use crate::forecast::origins::cutoffs;
use crate::forecast::quantiles::{DemandQuantiles, QuantileBasis, clean_levels, lift_totals};
use crate::forecast::series::{MethodError, observed_count};

/// Memory, in periods, of the likelihood that chooses among models of variation.
const LIKELIHOOD_MEMORY: f64 = 200.0;
/// Series that the group's constants are learnt from, at most (evenly picked).
const LARGEST_SAMPLE: usize = 1_500;
/// Factors are told apart in steps of one per cent, far below the noise of any count.
const FACTOR_STEP: f64 = 0.01;
/// No factor is smaller.
const SMALLEST_FACTOR: f64 = 1e-3;

/// How a group is fitted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CountSettings {
    /// Periods to forecast, H.
    pub horizon: usize,
    /// Rolling origins the constants are judged at.
    pub n_windows: usize,
    /// Periods between two origins.
    pub step_size: usize,
}

/// What a group of series of counts has in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CountGroup {
    horizon: usize,
    /// Units per period of factor one of the average series.
    group_mean: f64,
    /// Probability of each small model.
    prior: Vec<f64>,
    /// Which of them are probable enough to be run.
    active: Vec<bool>,
    period: OwnPast,
    total: OwnPast,
    /// Levels to ask for so that the group's pinball loss was smallest, per period and for totals.
    period_levels: RateLevels,
    total_levels: RateLevels,
    /// Squared coefficient of variation of the drift of levels.
    drift: f64,
    /// Boosted quantiles of a period, and their share in those of the mixture; `None` where they brought nothing.
    boost: Option<(CountBoost, f64)>,
}

/// Demand of one series, as distributions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CountForecast {
    /// Demand of period h + 1 ahead.
    per_period: Vec<CountPmf>,
    /// Total demand of periods 1 to h + 1 ahead.
    total: Vec<CountPmf>,
    /// Working levels for the quantiles of a period, of series of this rate.
    period_levels: WorkingLevels,
    /// Working levels for the quantiles of a total.
    total_levels: WorkingLevels,
    /// Boosted quantiles at the judged levels, per period, and their share.
    boosted: Option<(Vec<[f64; JUDGED_LEVELS.len()]>, f64)>,
}

impl CountGroup {
    /// Learns what a group of series has in common.
    ///
    /// In order: the prior of the small models by empirical Bayes; how much of a series' own recent past to mix in and
    /// how far levels drift over a horizon, by pinball loss over rolling origins; working levels, by the same loss.
    /// Reads at most 1,500 series (evenly picked) and 400 periods of each, all inside what is given. Series that reach
    /// more than [`LARGEST_MEAN`] units in a period are left out. No series at all gives cautious defaults.
    pub fn fit(series: &[CountSeries], settings: &CountSettings) -> CountGroup {
        let horizon = settings.horizon;
        let step = series.len().div_ceil(LARGEST_SAMPLE).max(1);
        let prepared: Vec<Prepared> = series
            .iter()
            .step_by(step)
            .filter(|series| Prepared::largest(**series) <= LARGEST_MEAN)
            .map(|series| Prepared::new(*series, horizon))
            .filter(|series| series.has_demand(series.demand.len()))
            .collect();
        let mut group = CountGroup {
            horizon,
            group_mean: group_mean(&prepared),
            prior: vec![1.0 / N_MODELS as f64; N_MODELS],
            active: vec![true; N_MODELS],
            period: OwnPast { memory: 40.0, model_periods: 20.0 },
            total: OwnPast { memory: 80.0, model_periods: 40.0 },
            period_levels: RateLevels::nominal(),
            total_levels: RateLevels::nominal(),
            drift: 0.1,
            boost: None,
        };
        let cutoffs: Vec<Vec<usize>> = prepared.iter().map(|series| group.cutoffs(series, settings)).collect();
        let known: Vec<Vec<Snapshot>> =
            prepared.par_iter().zip(&cutoffs).map(|(series, cutoffs)| group.known(series, cutoffs)).collect();
        let last: Vec<&[f64]> =
            known.iter().filter_map(|known| known.last()).map(|known| known.log_likelihood.as_slice()).collect();
        group.prior = small_models::group_prior(&last);
        group.active = small_models::worth_running(&group.prior);
        let windows: Vec<Window> = (prepared.iter().zip(&cutoffs).zip(&known).enumerate())
            .flat_map(|(index, ((series, cutoffs), known))| {
                // The last cutoff is the end of the series: nothing follows it.
                let group = &group;
                cutoffs.iter().zip(known).rev().skip(1).filter(|(cutoff, _)| series.has_demand(**cutoff)).map(
                    move |(cutoff, known)| Window {
                        models: small_models::probable(&group.prior, known),
                        scale: series.scale(),
                        cutoff: *cutoff,
                        series: index,
                    },
                )
            })
            .collect();
        if !windows.is_empty() {
            (group.period, group.period_levels) = choose_period(&windows, &prepared, horizon);
            (group.total, group.drift, group.total_levels) = choose_total(&windows, &prepared, horizon);
            group.boost = group.boosted(&windows, &prepared, &cutoffs);
        }
        group
    }

    /// Boosted quantiles, where a booster that knew nothing of the windows did better in them.
    fn boosted(&self, windows: &[Window], series: &[Prepared], cutoffs: &[Vec<usize>]) -> Option<(CountBoost, f64)> {
        let before: Vec<(&Prepared, usize)> =
            (series.iter().zip(cutoffs)).filter_map(|(series, cutoffs)| Some((series, *cutoffs.first()?))).collect();
        let past = CountBoost::fit(&before, self.horizon)?;
        let share = choose_boost_share(windows, series, self.horizon, (self.period, &self.period_levels), &past);
        if share == 0.0 {
            return None;
        }
        let all: Vec<(&Prepared, usize)> = series.iter().map(|series| (series, series.demand.len())).collect();
        Some((CountBoost::fit(&all, self.horizon)?, share))
    }

    /// The distribution of one series, of the group or new to it.
    ///
    /// Refuses a series without an observed period, and one with more than [`LARGEST_MEAN`] units in one (it is no
    /// longer a matter of counts). A series that never sold is zero for certain.
    pub fn forecast(&self, series: CountSeries) -> Result<CountForecast, MethodError> {
        let largest = Prepared::largest(series);
        if largest > LARGEST_MEAN {
            return Err(MethodError::Unusable { method: "count_group", found: largest, limit: LARGEST_MEAN });
        }
        let prepared = Prepared::new(series, self.horizon);
        let n = prepared.demand.len();
        if observed_count(&prepared.demand) == 0 {
            return Err(MethodError::TooShort { method: "count_group", found: 0, needed: 1 });
        }
        if !prepared.has_demand(n) {
            let none = vec![CountPmf::zero(); self.horizon];
            return Ok(self.distributions(none.clone(), none, None));
        }
        let models = small_models::probable(&self.prior, &self.known(&prepared, &[n])[0]);
        let outlook = Outlook::new(&models);
        let per_period = self.periods(&outlook, &prepared, n);
        let Prepared { demand, factor } = &prepared;
        let past = RunningSums::new(demand, factor);
        let totals = outlook.totals(&factor[n..n + self.horizon], self.drift);
        let total = (1..=self.horizon)
            .zip(totals)
            .map(|(length, model)| self.total.mix(&model, &past.totals(n, n, length, self.total.memory)))
            .collect();
        Ok(self.distributions(per_period, total, Some((&prepared, n))))
    }

    /// The distribution per period (not of totals) as it was at each of the ascending `cutoffs`: nothing after one is looked at.
    ///
    /// # Errors
    /// As those of [`CountGroup::forecast`].
    pub fn forecast_periods(&self, series: CountSeries, cutoffs: &[usize]) -> Result<Vec<CountForecast>, MethodError> {
        let largest = Prepared::largest(series);
        if largest > LARGEST_MEAN {
            return Err(MethodError::Unusable { method: "count_group", found: largest, limit: LARGEST_MEAN });
        }
        let prepared = Prepared::new(series, self.horizon);
        let skipped = series.demand.len() - prepared.demand.len();
        let cutoffs: Vec<usize> =
            cutoffs.iter().map(|cutoff| cutoff.saturating_sub(skipped).min(prepared.demand.len())).collect();
        let known = self.known(&prepared, &cutoffs);
        Ok((cutoffs.iter().zip(&known))
            .map(|(cutoff, known)| {
                if !prepared.has_demand(*cutoff) {
                    return self.distributions(vec![CountPmf::zero(); self.horizon], Vec::new(), None);
                }
                let models = small_models::probable(&self.prior, known);
                let per_period = self.periods(&Outlook::new(&models), &prepared, *cutoff);
                self.distributions(per_period, Vec::new(), Some((&prepared, *cutoff)))
            })
            .collect())
    }

    /// Periods `n` + 1 to `n` + H from the first `n`.
    fn periods(&self, outlook: &Outlook, series: &Prepared, n: usize) -> Vec<CountPmf> {
        // Factors that hardly differ share their tables: a week has seven of them, whatever the horizon.
        let mut tables: Vec<(f64, Vec<CountPmf>, Recent)> = Vec::new();
        (0..self.horizon)
            .map(|ahead| {
                let factor = series.factor.get(n + ahead).copied().unwrap_or(1.0);
                let step = (factor.max(SMALLEST_FACTOR).ln() / FACTOR_STEP).round();
                let place = tables.iter().position(|(known, ..)| *known == step).unwrap_or_else(|| {
                    let factor = (step * FACTOR_STEP).exp();
                    let recent = recent_periods(&series.demand[..n], &series.factor, factor, self.period.memory);
                    tables.push((step, outlook.awake_counts(factor), recent));
                    tables.len() - 1
                });
                let (_, awake_counts, recent) = &tables[place];
                self.period.mix(&outlook.period_of(ahead, awake_counts), recent)
            })
            .collect()
    }

    /// `past`: the series and its periods that are known; `None` where nothing was sold.
    fn distributions(
        &self,
        per_period: Vec<CountPmf>,
        total: Vec<CountPmf>,
        past: Option<(&Prepared, usize)>,
    ) -> CountForecast {
        let rate = per_period.iter().map(CountPmf::mean).sum::<f64>() / per_period.len().max(1) as f64;
        let (period_levels, total_levels) = (self.period_levels.of(rate).clone(), self.total_levels.of(rate).clone());
        let boosted = past.zip(self.boost.as_ref());
        let boosted = boosted.map(|((series, n), (boost, share))| (boost.quantiles(series, n, self.horizon), *share));
        CountForecast { per_period, total, period_levels, total_levels, boosted }
    }

    fn known(&self, series: &Prepared, cutoffs: &[usize]) -> Vec<Snapshot> {
        let filter = Filter {
            group_mean: self.group_mean,
            lag: self.horizon.div_ceil(2),
            memory: LIKELIHOOD_MEMORY,
            active: Some(&self.active),
        };
        small_models::filter(&series.demand, &series.factor, filter, cutoffs)
    }

    /// Origins of a series, ascending; the last is its end.
    fn cutoffs(&self, series: &Prepared, settings: &CountSettings) -> Vec<usize> {
        let n = series.demand.len();
        let mut cutoffs = cutoffs(n, self.horizon, settings.n_windows, settings.step_size, n.div_ceil(2));
        cutoffs.push(n);
        cutoffs
    }
}

impl CountForecast {
    /// Whole-numbered quantiles; levels outside (0, 1) are dropped, totals never fall with the horizon.
    ///
    /// A level is first replaced by the group's working level for it (at least as much was covered by it in rolling
    /// origins).
    pub fn quantiles(&self, levels: &[f64]) -> DemandQuantiles {
        let levels = clean_levels(levels);
        let working =
            |table: &WorkingLevels| levels.iter().map(|level| table.working_level(*level)).collect::<Vec<_>>();
        let (period_levels, total_levels) = (working(&self.period_levels), working(&self.total_levels));
        let plain = self.per_period.iter().map(|pmf| pmf.quantiles(&period_levels));
        let per_period: Vec<Vec<f64>> = match &self.boosted {
            Some((boosted, share)) => (plain.zip(&self.per_period).zip(boosted))
                .map(|((plain, pmf), boosted)| self.moved(&levels, plain, pmf, boosted, *share))
                .collect(),
            None => plain.collect(),
        };
        let mut total: Vec<Vec<f64>> = self.total.iter().map(|pmf| pmf.quantiles(&total_levels)).collect();
        // One period is a total of one.
        if let (Some(total), Some(period)) = (total.first_mut(), per_period.first()) {
            total.clone_from(period);
        }
        lift_totals(&mut total);
        DemandQuantiles { levels, per_period, total, basis: QuantileBasis::CountModel }
    }

    /// Quantiles of a period moved towards the boosted ones: at the judged levels by their share, between them by interpolation of
    /// normal scores, above them like the highest. Levels below the median stay.
    fn moved(
        &self,
        levels: &[f64],
        mut quantiles: Vec<f64>,
        pmf: &CountPmf,
        boosted: &[f64; JUDGED_LEVELS.len()],
        share: f64,
    ) -> Vec<f64> {
        let judged = pmf.quantiles(self.period_levels.working());
        let move_at = |k: usize| share * (boosted[k] - judged[k]);
        for (quantile, level) in quantiles.iter_mut().zip(levels).filter(|(_, level)| **level >= JUDGED_LEVELS[0]) {
            let above = JUDGED_LEVELS.partition_point(|judged| judged < level);
            let by = if above == 0 || above == JUDGED_LEVELS.len() {
                move_at(above.min(JUDGED_LEVELS.len() - 1))
            } else {
                let [low, high, at] = [JUDGED_LEVELS[above - 1], JUDGED_LEVELS[above], *level].map(normal_score);
                move_at(above - 1) + (move_at(above) - move_at(above - 1)) * (at - low) / (high - low)
            };
            *quantile = (*quantile + by).round().max(0.0);
        }
        quantiles.sort_by(f64::total_cmp);
        quantiles
    }

    /// Expected demand of period h + 1 ahead.
    pub fn mean(&self) -> Vec<f64> {
        self.per_period.iter().map(CountPmf::mean).collect()
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
