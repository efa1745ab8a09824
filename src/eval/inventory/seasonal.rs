//! The seasonal moving average of the VN2 challenge's organisers: one season for all lines, and a moving average without it.

use std::collections::BTreeMap;

/// Which position of the season each period has, also those to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeasonalMean<'a> {
    /// By period: the week of the year, the month, the weekday.
    pub positions: &'a [u32],
}

impl SeasonalMean<'_> {
    /// The next periods of every line: the mean of its last `window` periods without their season, times the season to come.
    ///
    /// A position's factor is the mean over its periods of the mean over lines, over the mean of all positions.
    pub(super) fn forecast(&self, known: &[&[f64]], window: usize, periods: usize) -> Vec<Vec<f64>> {
        let length = known.iter().map(|demand| demand.len()).max().unwrap_or(0);
        let factors = self.factors(known, length);
        let factor = |period: usize| {
            let position = self.positions.get(period);
            position.and_then(|position| factors.get(position)).copied().filter(|factor| *factor > 0.0).unwrap_or(1.0)
        };
        let ahead: Vec<f64> = (length..length + periods).map(factor).collect();
        let of_line = |demand: &&[f64]| {
            let first = demand.len().saturating_sub(window);
            // Lines end on the same period.
            let offset = length - demand.len();
            let plain = (first..demand.len()).map(|period| demand[period] / factor(offset + period));
            let plain: Vec<f64> = plain.filter(|value| value.is_finite()).collect();
            let base = if plain.is_empty() { 0.0 } else { plain.iter().sum::<f64>() / plain.len() as f64 };
            ahead.iter().map(|factor| base * factor).collect()
        };
        known.iter().map(of_line).collect()
    }

    fn factors(&self, known: &[&[f64]], length: usize) -> BTreeMap<u32, f64> {
        let (mut sums, mut counts) = (vec![0.0; length], vec![0_usize; length]);
        for demand in known {
            let offset = length - demand.len();
            for (period, value) in demand.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                sums[offset + period] += value;
                counts[offset + period] += 1;
            }
        }
        let mut positions: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
        for period in (0..length).filter(|period| counts[*period] > 0) {
            let Some(position) = self.positions.get(period) else { continue };
            let (sum, n) = positions.entry(*position).or_default();
            *sum += sums[period] / counts[period] as f64;
            *n += 1;
        }
        let mut factors: BTreeMap<u32, f64> =
            positions.into_iter().map(|(position, (sum, n))| (position, sum / n as f64)).collect();
        let mean = factors.values().sum::<f64>() / factors.len().max(1) as f64;
        if mean > 0.0 {
            for factor in factors.values_mut() {
                *factor /= mean;
            }
        }
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_season_is_taken_off_and_put_on_again() {
        // Two positions, the second three times the first; the line's own level is 10.
        let positions: Vec<u32> = (0..12).map(|period| period % 2).collect();
        let demand: Vec<f64> = (0..8).map(|period| if period % 2 == 0 { 5.0 } else { 15.0 }).collect();
        let mut hidden = demand.clone();
        hidden[7] = f64::NAN;
        let mean = SeasonalMean { positions: &positions };
        let forecasts = mean.forecast(&[&demand, &hidden], 4, 3);
        for forecast in forecasts {
            for (found, expected) in forecast.iter().zip([5.0, 15.0, 5.0]) {
                assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
            }
        }
    }
}
