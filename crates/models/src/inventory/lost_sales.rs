//! What to order where demand that is not served is lost and not waited for.
//!
//! What is asked for before the order arrives and finds no stock draws on nothing: the order has to cover what comes between its arrival
//! and the next one's, over what is left by then, `(X - D_L)+ + Q` for a position `X` and an order `Q`. Order-up-to levels, which let unmet
//! demand wait, order it once more (Karlin and Scarf, "Inventory models of the Arrow-Harris-Marschak type with time lag", in Studies in
//! the Mathematical Theory of Inventory and Production, 1958; Bijvank and Vis, "Lost-sales inventory theory: a review", European Journal of
//! Operational Research 215 (2011), 1-13, section 4.2, on base-stock levels with lost sales).
//!
//! The two demands are taken from the totals of the forecast on a fixed grid of normal scores that are correlated as the growth of the
//! spread says: with a spread that grows as `n^e` the scores of the totals of `l` and `t > l` days have the correlation
//! `(t^2e + l^2e - (t - l)^2e) / (2 l^e t^e)` of a self-similar process with stationary increments (Mandelbrot and van Ness 1968), the root
//! of `l / t` for independent days and 1 for days that move together. What is on order counts as if it were there from the first day on.

use statrs::distribution::{ContinuousCDF, Normal};

use super::outlook::QuantileTable;

/// Scores of the demand until the arrival, and of what comes after it: one in each of so many equally likely parts.
const FIRST_SCORES: usize = 32;
const NEXT_SCORES: usize = 12;
/// The step of a lattice in the unit square: the fraction of the golden ratio, whose multiples lie most evenly (Niederreiter, Random Number
/// Generation and Quasi-Monte Carlo Methods, 1992, section 5.1).
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Demand until an order arrives and between its arrival and the next one's, in pairs.
#[derive(Debug, Default)]
pub(super) struct DemandPairs {
    /// Probability, units until the arrival, units after it.
    pairs: Vec<(f64, f64, f64)>,
    /// Mean units after it.
    between: f64,
}

impl DemandPairs {
    /// Adds a lead time of this share. `days`: until this order arrives, and until the next one does.
    pub(super) fn add(&mut self, share: f64, tables: (&QuantileTable, &QuantileTable), days: (usize, usize)) {
        let (first, next) = tables;
        let correlation = correlation((first.spread(), next.spread()), days);
        let rest = (1.0 - correlation * correlation).max(0.0).sqrt();
        let share = share / (FIRST_SCORES * NEXT_SCORES) as f64;
        for (at, before) in scores(FIRST_SCORES, 0.5).enumerate() {
            let until = if days.0 == 0 { 0.0 } else { first.at_score(before) };
            // Each row elsewhere: what comes after does not depend on what came before where days are independent, and would take
            // twelve values only.
            for own in scores(NEXT_SCORES, (GOLDEN * (at as f64 + 0.5)).fract()) {
                let after = (next.at_score(correlation * before + rest * own) - until).max(0.0);
                self.pairs.push((share, until, after));
                self.between += share * after;
            }
        }
    }

    /// The share of the demand between the arrivals that an order serves at once on top of a position; `None` without demand.
    pub(super) fn fill_rate(&self, position: f64, order: f64) -> Option<f64> {
        let missed = self.pairs.iter().map(|(share, until, after)| {
            let left = (position - until).max(0.0);
            share * (after - left - order).max(0.0)
        });
        (self.between > 0.0).then(|| (1.0 - missed.sum::<f64>() / self.between).clamp(0.0, 1.0))
    }

    /// The probability that an order on top of a position lasts until the next one arrives.
    pub(super) fn cycle_service(&self, position: f64, order: f64) -> f64 {
        let lasts = self.pairs.iter().filter(|(_, until, after)| *after <= (position - until).max(0.0) + order + 1e-9);
        lasts.map(|(share, ..)| share).sum()
    }

    /// The least order up to `most` that meets a target; `most` where none does.
    pub(super) fn least_order(&self, most: f64, meets: impl Fn(&Self, f64) -> bool) -> f64 {
        let (mut low, mut high) = (0.0, most.max(0.0));
        if meets(self, low) {
            return 0.0;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if meets(self, middle) { high = middle } else { low = middle }
        }
        high
    }
}

/// Halvings of an order: to a millionth of the most.
const HALVINGS: usize = 20;

/// Between the scores of the totals of the shorter and the longer time.
fn correlation((short, long): (f64, f64), (few, many): (usize, usize)) -> f64 {
    if few == 0 || many <= few || short <= 0.0 || long <= short {
        return if few == 0 { 0.0 } else { 1.0 };
    }
    let (l, t) = (few as f64, many as f64);
    let growth = ((long / short).ln() / (t / l).ln()).clamp(0.5, 1.0);
    let power = |x: f64| x.powf(2.0 * growth);
    ((power(t) + power(l) - power(t - l)) / (2.0 * (l * t).powf(growth))).clamp(0.0, 1.0)
}

/// Normal scores of `n` equally likely parts, each at this share of itself.
fn scores(n: usize, share: f64) -> impl Iterator<Item = f64> {
    let normal = Normal::standard();
    (0..n).map(move |at| normal.inverse_cdf((at as f64 + share) / n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::DemandOutlook;

    #[test]
    fn independent_days_and_days_that_move_together() {
        assert!((correlation((2.0, 4.0), (1, 4)) - 0.5).abs() < 1e-12);
        assert!((correlation((1.0, 4.0), (1, 4)) - 1.0).abs() < 1e-12);
        assert_eq!(correlation((0.0, 4.0), (0, 4)), 0.0);
    }

    /// Nothing on hand and certain demand of 10 a day: three days are lost whatever is ordered, and a day's demand is enough for the fourth.
    #[test]
    fn what_is_lost_before_the_arrival_is_not_ordered_for() {
        let totals: Vec<Vec<f64>> = (1..=4).map(|day| vec![10.0 * f64::from(day); 2]).collect();
        let outlook = DemandOutlook { levels: &[0.1, 0.9], total_quantiles: &totals, mean: &[10.0; 4] };
        let (first, next) = (outlook.table(3), outlook.table(4));
        let order = |position: f64| {
            let mut pairs = DemandPairs::default();
            pairs.add(1.0, (&first, &next), (3, 4));
            pairs.least_order(40.0 - position, |pairs, order| pairs.cycle_service(position, order) >= 0.95)
        };
        for (position, expected) in [(0.0, 10.0), (20.0, 10.0), (34.0, 6.0), (40.0, 0.0)] {
            assert!((order(position) - expected).abs() < 1e-3, "{position}: {}", order(position));
        }
    }
}
