//! How much is ordered: the baselines that people use, and ours.

use super::seasonal::SeasonalMean;
use crate::models::inventory::{ReplayRules, ReplayStock, normal_score};

/// A policy by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Ours: see [`super::ours`].
    Auto,
    /// What the nightly job does: see [`super::planned`].
    Plan,
    /// The same with the mean lead time taken for certain.
    PlanMeanLeadTime,
    /// Every order brings the position to the last four periods' mean over the protection periods.
    LastMonth,
    /// What spreadsheets do: the mean of 13 periods, and a normal buffer from the deviation of 26, times the root of the periods.
    Excel,
    /// The same around a seasonal moving average.
    SeasonalNormal,
    /// The seasonal moving average with lost sales projected to the arrival, and a buffer of the root of demand.
    Projection,
    /// The organisers' of the VN2 inventory challenge: a seasonal moving average over one period more than is protected.
    Organisers,
}

impl Policy {
    /// All of them, ours first.
    pub const ALL: [Self; 8] = [
        Self::Auto,
        Self::Plan,
        Self::PlanMeanLeadTime,
        Self::LastMonth,
        Self::Excel,
        Self::SeasonalNormal,
        Self::Projection,
        Self::Organisers,
    ];

    /// Whether it orders as the job does.
    pub(super) fn is_planned(self) -> bool {
        matches!(self, Self::Plan | Self::PlanMeanLeadTime)
    }

    /// Whether it stands beside every policy.
    pub(super) fn is_baseline(self) -> bool {
        self != Self::Auto && !self.is_planned()
    }

    /// What `--policy` is given.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Plan => "plan",
            Self::PlanMeanLeadTime => "plan_mean_lead",
            Self::LastMonth => "last_month",
            Self::Excel => "excel",
            Self::SeasonalNormal => "seasonal_normal",
            Self::Projection => "projection",
            Self::Organisers => "vn2_organisers",
        }
    }

    /// For the help.
    pub fn about(self) -> &'static str {
        match self {
            Self::Auto => {
                "forecast and seasonal average, lost sales projected, a buffer chosen by replaying the periods before each order"
            }
            Self::Plan => {
                "what the nightly plan does: the level that meets the target, from the forecast's distribution and that of the lead time"
            }
            Self::PlanMeanLeadTime => "the same with the mean lead time taken for certain",
            Self::LastMonth => "the mean of the last four periods",
            Self::Excel => {
                "the mean of 13 periods and z times the deviation of 26 times the root of the protected periods"
            }
            Self::SeasonalNormal => "the same around a seasonal moving average",
            Self::Projection => "seasonal moving average, lost sales projected, a buffer of the root of demand",
            Self::Organisers => {
                "the VN2 challenge's benchmark: seasonal moving average, cover of one period more than is protected"
            }
        }
    }
}

/// Periods of the moving averages, and of the deviation.
const MEAN_OF: usize = 13;
const DEVIATION_OF: usize = 26;
const LAST_MONTH: usize = 4;

/// The orders of a baseline, one per line. `known` holds each line's demand so far, `NaN` where it was not observed.
pub(super) fn orders(
    policy: Policy,
    known: &[&[f64]],
    stocks: &[ReplayStock],
    rules: &[ReplayRules],
    seasonal: &SeasonalMean<'_>,
) -> Vec<f64> {
    let Some(timing) = rules.first() else { return Vec::new() };
    let periods = timing.protection();
    let root = (periods as f64).sqrt();
    let scores: Vec<f64> = rules.iter().map(|rules| normal_score(rules.critical_ratio())).collect();
    let lines = || known.iter().zip(stocks).zip(&scores);
    match policy {
        Policy::Auto | Policy::Plan | Policy::PlanMeanLeadTime => vec![0.0; stocks.len()],
        Policy::LastMonth => lines()
            .map(|((demand, stock), _)| periods as f64 * moments(demand, LAST_MONTH).0 - stock.position())
            .collect(),
        Policy::Excel => lines()
            .map(|((demand, stock), z)| {
                let (mean, deviation) = (moments(demand, MEAN_OF).0, moments(demand, DEVIATION_OF).1);
                periods as f64 * mean + z * deviation * root - stock.position()
            })
            .collect(),
        Policy::SeasonalNormal => {
            let forecasts = seasonal.forecast(known, MEAN_OF, periods);
            (lines().zip(forecasts))
                .map(|(((demand, stock), z), forecast)| {
                    let deviation = moments(demand, DEVIATION_OF).1;
                    forecast.iter().sum::<f64>() + z * deviation * root - stock.position()
                })
                .collect()
        }
        Policy::Projection => {
            let forecasts = seasonal.forecast(known, MEAN_OF, periods);
            (lines().zip(forecasts))
                .map(|(((_, stock), z), forecast)| {
                    let last: f64 = forecast[timing.arrives_after - 1..].iter().sum();
                    last + 0.62 * z * last.max(0.0).sqrt() - stock.projected(&forecast, timing)
                })
                .collect()
        }
        Policy::Organisers => {
            let forecasts = seasonal.forecast(known, MEAN_OF, periods + 1);
            stocks
                .iter()
                .zip(forecasts)
                .map(|(stock, forecast)| forecast.iter().sum::<f64>() - stock.position())
                .collect()
        }
    }
}

/// Mean and standard deviation (divisor n - 1) of the observed of the last periods; 0 where nothing was.
pub(super) fn moments(demand: &[f64], periods: usize) -> (f64, f64) {
    let last = &demand[demand.len().saturating_sub(periods)..];
    let (mut n, mut sum) = (0.0, 0.0);
    for value in last.iter().filter(|value| value.is_finite()) {
        n += 1.0;
        sum += value;
    }
    if n == 0.0 {
        return (0.0, 0.0);
    }
    let mean = sum / n;
    let squares: f64 = last.iter().filter(|value| value.is_finite()).map(|value| (value - mean).powi(2)).sum();
    (mean, if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 })
}
