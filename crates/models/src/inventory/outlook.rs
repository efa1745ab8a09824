//! Total demand of the days ahead, as published by the forecast.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::{InventoryError, check_service_level};

/// Demand from the day after `as_of` on, as a table of quantiles of *totals*.
///
/// Totals, because demand errors of successive days move together: neither the sum of daily quantiles nor a square-root rule gives
/// the quantile of a sum.
#[derive(Debug, Clone, Copy)]
pub struct DemandOutlook<'a> {
    /// Probabilities, ascending, strictly between 0 and 1; at least two.
    pub levels: &'a [f64],
    /// `total_quantiles[h - 1][i]`: quantile at `levels[i]` of the total demand of the first `h` days, in units.
    pub total_quantiles: &'a [Vec<f64>],
    /// Expected demand per day, in units; as many days as `total_quantiles`.
    pub mean: &'a [f64],
}

/// Demand of the first days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TotalDemand {
    /// Units.
    pub units: f64,
    /// The days reach past the forecast, which was extended.
    pub beyond_horizon: bool,
    /// The level lies outside the published levels, which were extended.
    pub beyond_levels: bool,
}

impl DemandOutlook<'_> {
    /// Checks shapes, order and finiteness.
    ///
    /// # Errors
    /// [`InventoryError::Outlook`] naming the first problem.
    pub fn check(&self) -> Result<(), InventoryError> {
        let fail = |problem: String| Err(InventoryError::Outlook { problem });
        if self.mean.is_empty() || self.mean.len() != self.total_quantiles.len() {
            return fail(format!("{} daily means and {} rows of totals", self.mean.len(), self.total_quantiles.len()));
        }
        let in_order = self.levels.windows(2).all(|pair| pair[0] < pair[1]);
        if self.levels.len() < 2 || !in_order || !self.levels.iter().all(|&level| level > 0.0 && level < 1.0) {
            return fail(format!("levels are {:?}", self.levels));
        }
        if let Some(day) = self.mean.iter().position(|mean| !mean.is_finite() || *mean < 0.0) {
            return fail(format!("mean of day {} is {}", day + 1, self.mean[day]));
        }
        for (index, row) in self.total_quantiles.iter().enumerate() {
            let ascending = row.windows(2).all(|pair| pair[0] <= pair[1]);
            if row.len() != self.levels.len()
                || !ascending
                || !row.iter().all(|value| value.is_finite() && *value >= 0.0)
            {
                return fail(format!(
                    "totals of the first {} days are {row:?} for {} levels",
                    index + 1,
                    self.levels.len()
                ));
            }
        }
        Ok(())
    }

    /// Expected total demand of the first `days` days. Past the forecast, each day is the mean of the last (up to) seven forecast days.
    pub fn mean_total(&self, days: usize) -> TotalDemand {
        let horizon = self.mean.len();
        let within: f64 = self.mean[..days.min(horizon)].iter().sum();
        let extra = days.saturating_sub(horizon) as f64 * self.tail_mean();
        TotalDemand { units: within + extra, beyond_horizon: days > horizon, beyond_levels: false }
    }

    /// Quantile of the total demand of the first `days` days.
    ///
    /// Between levels, demand is interpolated linearly in the standard normal score of the level (exact for a normal total); outside
    /// them the outermost segment is continued, not below 0, and flagged. Past the last forecast day `H`, the quantile is
    /// `mean_total(days) + (q_H - mean_total(H)) * (days / H)^e`, flagged, where the exponent `e` is how the table's own spread grew over the
    /// second half of the horizon, limited to 0.5 (independent days) .. 1 (fully dependent days).
    ///
    /// # Errors
    /// [`InventoryError::Outlook`] or [`InventoryError::ServiceLevel`].
    pub fn total_at(&self, days: usize, service_level: f64) -> Result<TotalDemand, InventoryError> {
        self.check()?;
        check_service_level(service_level)?;
        Ok(self.table(days).quantile(service_level, days > self.mean.len()))
    }

    /// The quantile table of one total; the outlook has been checked.
    pub(super) fn table(&self, days: usize) -> QuantileTable {
        let normal = Normal::standard();
        let scores = self.levels.iter().map(|&level| normal.inverse_cdf(level)).collect();
        let horizon = self.mean.len();
        let values = match days {
            0 => vec![0.0; self.levels.len()],
            _ if days <= horizon => self.total_quantiles[days - 1].clone(),
            _ => {
                let center = self.mean_total(horizon).units;
                let target = self.mean_total(days).units;
                // Of what is no longer sold nothing more is uncertain.
                let goes_on = self.tail_mean() > 0.0;
                let growth = if goes_on { (days as f64 / horizon as f64).powf(self.growth_exponent()) } else { 1.0 };
                self.total_quantiles[horizon - 1]
                    .iter()
                    .map(|value| (target + (value - center) * growth).max(0.0))
                    .collect()
            }
        };
        QuantileTable { scores, values }
    }

    /// Expected demand of one day (zero-based), extended like [`DemandOutlook::mean_total`].
    pub(super) fn mean_of_day(&self, day: usize) -> f64 {
        self.mean.get(day).copied().unwrap_or_else(|| self.tail_mean())
    }

    fn tail_mean(&self) -> f64 {
        let tail = &self.mean[self.mean.len().saturating_sub(7)..];
        tail.iter().sum::<f64>() / tail.len().max(1) as f64
    }

    fn growth_exponent(&self) -> f64 {
        let horizon = self.mean.len();
        let half = horizon.div_ceil(2);
        let spread = |days: usize| {
            let row = &self.total_quantiles[days - 1];
            row[row.len() - 1] - row[0]
        };
        let (early, late) = (spread(half), spread(horizon));
        if half == horizon || early <= 0.0 || late <= 0.0 {
            return 0.5;
        }
        ((late / early).ln() / (horizon as f64 / half as f64).ln()).clamp(0.5, 1.0)
    }
}

/// Quantiles of one total against standard normal scores.
#[derive(Debug, Clone)]
pub(super) struct QuantileTable {
    scores: Vec<f64>,
    values: Vec<f64>,
}

impl QuantileTable {
    pub(super) fn quantile(&self, level: f64, beyond_horizon: bool) -> TotalDemand {
        let score = Normal::standard().inverse_cdf(level);
        let last = self.scores.len() - 1;
        let beyond_levels = score < self.scores[0] - 1e-9 || score > self.scores[last] + 1e-9;
        TotalDemand { units: self.at_score(score), beyond_horizon, beyond_levels }
    }

    /// Whether a total lies outside the published levels.
    pub(super) fn reaches_beyond(&self, units: f64) -> bool {
        let ends = self.values.first().zip(self.values.last());
        ends.is_some_and(|(first, last)| units < *first || units > *last)
    }

    /// The total at a standard normal score; between the levels and beyond them as [`QuantileTable::quantile`].
    pub(super) fn at_score(&self, score: f64) -> f64 {
        let last = self.scores.len() - 1;
        let right = self.scores.partition_point(|&known| known < score).clamp(1, last);
        let share = (score - self.scores[right - 1]) / (self.scores[right] - self.scores[right - 1]);
        (self.values[right - 1] + share * (self.values[right] - self.values[right - 1])).max(0.0)
    }

    /// Half the distance between the totals one normal deviation above and below the middle.
    pub(super) fn spread(&self) -> f64 {
        (self.at_score(1.0) - self.at_score(-1.0)) / 2.0
    }

    /// Probability that the total is at most `units`: the inverse of [`QuantileTable::quantile`], right-continuous where it is flat.
    pub(super) fn probability_within(&self, units: f64) -> f64 {
        if units < 0.0 {
            return 0.0;
        }
        let last = self.values.len() - 1;
        // The last entry not above `units`, so that a run of equal quantiles counts with its highest level.
        let right = self.values.partition_point(|&known| known <= units).clamp(1, last);
        let (low, high) = (self.values[right - 1], self.values[right]);
        if high <= low {
            // A flat end of the table: everything on one side of it.
            return if units >= high { 1.0 } else { Normal::standard().cdf(self.scores[0]) };
        }
        let score =
            self.scores[right - 1] + (units - low) / (high - low) * (self.scores[right] - self.scores[right - 1]);
        Normal::standard().cdf(score)
    }

    /// Expected demand between two stock levels: of the units from `from` to `to` (which may be infinite), those that are asked for.
    ///
    /// `integral of P(D > u) du`, exact for the interpolation of [`QuantileTable::probability_within`]: where the score `z` is linear in
    /// `u`, the integral of `1 - Phi(z)` is `G(z_from) - G(z_to)` over the slope, with the normal loss `G(z) = phi(z) - z (1 - Phi(z))`.
    /// What lies below 0 is always asked for.
    pub(super) fn expected_between(&self, from: f64, to: f64) -> f64 {
        let last = self.values.len() - 1;
        let mut sum = (to.min(0.0) - from).max(0.0);
        let mut low = from.max(0.0);
        while low < to {
            let known = self.values.partition_point(|&value| value <= low);
            let high = self.values.get(known).map_or(to, |&next| next.min(to));
            let right = known.clamp(1, last);
            let (below, above) = (self.values[right - 1], self.values[right]);
            sum += if above > below {
                let slope = (self.scores[right] - self.scores[right - 1]) / (above - below);
                let score = |units: f64| self.scores[right - 1] + (units - below) * slope;
                exceeded(low, high, slope, score(low), score(high))
            } else if low >= above {
                0.0
            } else {
                (high - low) * Normal::standard().sf(self.scores[0])
            };
            low = high;
        }
        sum
    }
}

/// Integral of `1 - Phi(z)` over `u` from `low` to `high`, where `z` rises with `slope` from `from` to `to`.
fn exceeded(low: f64, high: f64, slope: f64, from: f64, to: f64) -> f64 {
    let normal = Normal::standard();
    if to - from < 1e-3 {
        // The loss function would cancel; Simpson's rule is exact to the fifth power of the score here.
        let middle = 4.0 * normal.sf(f64::midpoint(from, to));
        return (high - low) * (normal.sf(from) + middle + normal.sf(to)) / 6.0;
    }
    let loss = |score: f64| if score < 38.0 { (normal.pdf(score) - score * normal.sf(score)).max(0.0) } else { 0.0 };
    ((loss(from) - loss(to)) / slope).clamp(0.0, high - low)
}
