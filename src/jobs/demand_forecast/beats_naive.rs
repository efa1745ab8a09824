//! The audit of single series: a model that lost to last week repeated over the last three months gives way to the last four
//! weeks, where those did better.
//!
//! It has lost when both its absolute and its squared error are larger. By the absolute error alone, zero beats every
//! forecast of a slow product, and last week of one is mostly zero; by the squared one alone, a single day decides. And the last
//! weeks must be better by what is no chance: of hundreds of slow series some always are.

use super::WEEK;
use super::node::SeriesOutcome;

/// The name of the forecast that stands in.
pub(super) const RECENT_WEEKS: &str = "recent_weeks";
/// Days before the last that are judged, and how many of them must have been observed.
const JUDGED: usize = 91;
const MIN_OBSERVED: u32 = 56;
/// Units sold on them from which on a series is judged: of a product that nobody bought for months, zero is always better.
const MIN_SOLD: f64 = 20.0;
/// Standard errors by which the squared error of the last weeks must be smaller.
const NO_CHANCE: f64 = 2.0;
/// Weeks whose means by weekday stand in.
const WEEKS: usize = 4;

/// Sums of errors.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    absolute: f64,
    squared: f64,
}

impl Errors {
    fn add(&mut self, error: f64) {
        self.absolute += error.abs();
        self.squared += error * error;
    }

    fn is_worse_than(self, other: Errors) -> bool {
        self.absolute > other.absolute && self.squared > other.squared
    }
}

/// Whether a series is better forecast by its last weeks, and why. `demand` is its history, `NaN` where not observed;
/// `factor` what was known to multiply it over
/// history and horizon before the first origin.
pub(super) fn loses(outcome: &SeriesOutcome, demand: &[f64], factor: &[f64]) -> Option<String> {
    let backtest = &outcome.backtest;
    let (mut own, mut naive, mut recent) = (Errors::default(), Errors::default(), Errors::default());
    let mut observed = 0;
    let (mut gain, mut gain_squared, mut sold) = (0.0, 0.0, 0.0);
    let since = demand.len().saturating_sub(JUDGED);
    for (window, cutoff) in backtest.cutoffs.iter().enumerate().filter(|(_, cutoff)| **cutoff >= since) {
        let last_weeks = recent_weeks(&demand[..*cutoff], factor, backtest.forecasts[window].len());
        let forecasts = backtest.forecasts[window].iter().zip(&outcome.naive[window]).zip(&last_weeks);
        for (actual, ((forecast, repeated), recent_mean)) in backtest.actuals[window].iter().zip(forecasts) {
            if actual.is_finite() && repeated.is_finite() {
                own.add(forecast - actual);
                naive.add(repeated - actual);
                recent.add(recent_mean - actual);
                observed += 1;
                sold += actual;
                let better = (forecast - actual).powi(2) - (recent_mean - actual).powi(2);
                gain += better;
                gain_squared += better * better;
            }
        }
    }
    // Mean over its standard error, of days taken for independent.
    let is_no_chance =
        gain > 0.0 && gain >= NO_CHANCE * (gain_squared - gain * gain / f64::from(observed)).max(0.0).sqrt();
    let is_judged = observed >= MIN_OBSERVED && sold >= MIN_SOLD;
    let lost = is_judged && is_no_chance && own.is_worse_than(naive) && own.is_worse_than(recent);
    lost.then(|| {
        let days = f64::from(observed);
        format!(
            "`{}` was off by {:.2} units a day over the last three months, last week repeated by {:.2}, the last four weeks by {:.2}",
            outcome.method,
            own.absolute / days,
            naive.absolute / days,
            recent.absolute / days
        )
    })
}

/// Lets the last weeks stand in, given what multiplies demand as it is known today, and as it was known before the first origin.
pub(super) fn give_way(
    outcome: &mut SeriesOutcome,
    demand: &[f64],
    (factor, past_factor): (&[f64], &[f64]),
    reason: String,
) {
    let horizon = outcome.mean.len();
    for (window, cutoff) in outcome.backtest.cutoffs.iter().enumerate() {
        let mean = recent_weeks(&demand[..*cutoff], past_factor, outcome.backtest.forecasts[window].len());
        let before = std::mem::replace(&mut outcome.backtest.forecasts[window], mean);
        let quantiles = outcome.window_quantiles.get_mut(window).into_iter().flatten();
        for ((quantiles, was), is) in quantiles.zip(&before).zip(&outcome.backtest.forecasts[window]) {
            if *was > 0.0 {
                for units in quantiles {
                    *units *= is / was;
                }
            }
        }
    }
    outcome.take_mean(recent_weeks(demand, factor, horizon));
    RECENT_WEEKS.clone_into(&mut outcome.method);
    outcome.fallback = Some(reason);
}

/// The mean of the last weeks by weekday, without what multiplied demand then and with what multiplies it ahead.
fn recent_weeks(demand: &[f64], factor: &[f64], horizon: usize) -> Vec<f64> {
    let n = demand.len();
    let factor_at = |t: usize| factor.get(t).copied().filter(|factor| factor.is_finite() && *factor > 0.0);
    let plain = |t: usize| demand[t] / factor_at(t).unwrap_or(1.0);
    let mean = |days: &mut dyn Iterator<Item = usize>| {
        let (sum, count) = days
            .map(plain)
            .filter(|units| units.is_finite())
            .fold((0.0, 0.0), |(sum, count), units| (sum + units, count + 1.0));
        (count > 0.0).then(|| sum / count)
    };
    let from = n.saturating_sub(WEEKS * WEEK);
    let level = mean(&mut (from..n)).unwrap_or(0.0);
    (0..horizon)
        .map(|ahead| {
            let t = n + ahead;
            let same_weekday = (1..=WEEKS + horizon / WEEK).filter_map(|weeks| t.checked_sub(weeks * WEEK));
            let of_weekday = mean(&mut same_weekday.filter(|day| (from..n).contains(day)));
            of_weekday.unwrap_or(level) * factor_at(t).unwrap_or(1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::forecast::origins::Backtest;
    use crate::models::forecast::{DemandQuantiles, QuantileBasis};

    const HORIZON: usize = 28;

    /// A series whose model says so much each day.
    fn forecast_as(said: f64, demand: &[f64]) -> SeriesOutcome {
        let quantiles = DemandQuantiles {
            levels: vec![0.1, 0.9],
            per_period: vec![vec![said / 2.0, said * 2.0]; HORIZON],
            total: (1..=HORIZON).map(|days| vec![said * days as f64 / 2.0, said * days as f64 * 2.0]).collect(),
            basis: QuantileBasis::CountModel,
        };
        let mut outcome = SeriesOutcome::without_backtest("counts", vec![said; HORIZON], quantiles);
        let n = demand.len();
        for cutoff in [n - 84, n - 56, n - 28] {
            let backtest: &mut Backtest = &mut outcome.backtest;
            backtest.cutoffs.push(cutoff);
            backtest.forecasts.push(vec![said; HORIZON]);
            backtest.actuals.push(demand[cutoff..cutoff + HORIZON].to_vec());
            let naive = (0..HORIZON).map(|ahead| demand[cutoff - WEEK + ahead % WEEK]).collect();
            outcome.naive.push(naive);
            outcome.window_quantiles.push(vec![vec![said / 2.0, said * 2.0]; HORIZON]);
        }
        outcome
    }

    #[test]
    fn a_model_that_missed_a_jump_gives_way_and_one_of_a_slow_product_does_not() {
        // It sells 20 a day since half a year; the model says 10.
        let demand: Vec<f64> = (0..300).map(|t| if t < 120 { 10.0 } else { 18.0 + f64::from(t % 5) }).collect();
        let mut outcome = forecast_as(10.0, &demand);
        let reason = loses(&outcome, &demand, &[]).expect("it lost");
        give_way(&mut outcome, &demand, (&[], &[]), reason);
        assert_eq!(outcome.method, RECENT_WEEKS);
        assert!(outcome.mean.iter().all(|mean| (18.0..=22.0).contains(mean)), "{:?}", outcome.mean);
        let (total, mean): (f64, f64) = (outcome.quantiles.total[27][0], outcome.mean.iter().sum());
        assert!((total - mean / 2.0).abs() < 1e-9 && outcome.quantiles.per_period[3][1] > 35.0);
        assert!(outcome.backtest.forecasts[2].iter().all(|mean| *mean >= 18.0));
        assert!(loses(&outcome, &demand, &[]).is_none(), "it is as good as itself");
        // Two units every ninth day: repeating zeros has the smaller absolute error, and is no better.
        let slow: Vec<f64> = (0..300).map(|t| if t % 9 == 0 { 2.0 } else { 0.0 }).collect();
        assert!(loses(&forecast_as(2.0 / 9.0, &slow), &slow, &[]).is_none());
    }

    #[test]
    fn what_is_known_of_the_days_ahead_stays_in_the_mean_of_the_last_weeks() {
        let n = 60;
        let mut factor = vec![1.0; n + 7];
        (factor[n - 3], factor[n + 2]) = (4.0, 0.5);
        let mut demand: Vec<f64> = (0..n).map(|t| if t % 7 == 0 { 20.0 } else { 10.0 }).collect();
        demand[n - 3] *= 4.0;
        let mean = recent_weeks(&demand, &factor, 7);
        for (ahead, mean) in mean.iter().enumerate() {
            let usual = if (n + ahead).is_multiple_of(7) { 20.0 } else { 10.0 };
            assert!((mean - usual * factor[n + ahead]).abs() < 1e-9, "{ahead}: {mean}");
        }
    }
}
