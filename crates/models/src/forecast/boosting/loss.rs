//! What an error costs: first and second derivatives, the best constant, and the best value of a leaf.

use serde::{Deserialize, Serialize};

/// A loss in the target y and the score s. The forecast is s, or exp(s) under Poisson and Tweedie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Loss {
    /// (y - s)² / 2: forecasts the mean.
    Squared,
    /// |y - s|: forecasts the median; what WAPE and MASE measure. Leaves are refitted by the median.
    Absolute,
    /// Pinball loss at a level in (0, 1): forecasts that quantile. Leaves are refitted by the quantile.
    Quantile(f64),
    /// Squared up to errors of the given size, absolute beyond (Huber 1964).
    Huber(f64),
    /// exp(s) - y s: the mean of counts, effects multiply.
    Poisson,
    /// Compound Poisson-gamma of the given variance power, strictly between 1 (Poisson) and 2 (gamma): the mean of
    /// demand with many zeros. Jørgensen, "Exponential dispersion models", Journal of the Royal Statistical Society B 49
    /// (1987), 127-162.
    Tweedie(f64),
}

/// Scores under a logarithm are kept within these bounds, so that exp never overflows.
const LOG_BOUND: f64 = 30.0;

impl Loss {
    /// What is wrong with the loss's own parameter, if anything.
    pub(crate) fn problem(self) -> Option<String> {
        match self {
            Loss::Quantile(level) if !(level > 0.0 && level < 1.0) => {
                Some(format!("quantile level: found {level}, allowed is more than 0 and less than 1"))
            }
            Loss::Huber(delta) if !(delta > 0.0 && delta.is_finite()) => {
                Some(format!("Huber width: found {delta}, allowed are positive numbers"))
            }
            Loss::Tweedie(power) if !(power > 1.0 && power < 2.0) => {
                Some(format!("Tweedie power: found {power}, allowed is more than 1 and less than 2"))
            }
            _ => None,
        }
    }

    /// True when the forecast is exp(score); targets must not be negative then.
    pub fn has_log_link(self) -> bool {
        matches!(self, Loss::Poisson | Loss::Tweedie(_))
    }

    /// True when the second derivative is 1 everywhere.
    pub(crate) fn has_unit_curvature(self) -> bool {
        !self.has_log_link()
    }

    /// Level of the quantile by which a leaf is refitted, if it is.
    pub(crate) fn leaf_quantile(self) -> Option<f64> {
        match self {
            Loss::Absolute => Some(0.5),
            Loss::Quantile(level) => Some(level),
            _ => None,
        }
    }

    /// First and second derivative in the score.
    pub(crate) fn derivatives(self, target: f64, score: f64) -> (f64, f64) {
        let error = score - target;
        match self {
            Loss::Squared => (error, 1.0),
            Loss::Absolute => (if error == 0.0 { 0.0 } else { error.signum() }, 1.0),
            Loss::Quantile(level) => (if error >= 0.0 { 1.0 - level } else { -level }, 1.0),
            Loss::Huber(delta) => (error.clamp(-delta, delta), 1.0),
            Loss::Poisson => {
                let mean = bounded_exp(score);
                (mean - target, mean.max(1e-6))
            }
            Loss::Tweedie(power) => {
                let (size, mean) = (target * bounded_exp((1.0 - power) * score), bounded_exp((2.0 - power) * score));
                (mean - size, ((2.0 - power) * mean - (1.0 - power) * size).max(1e-6))
            }
        }
    }

    /// The loss itself, up to a constant in the target.
    pub(crate) fn value(self, target: f64, score: f64) -> f64 {
        let error = target - score;
        match self {
            Loss::Squared => 0.5 * error * error,
            Loss::Absolute => error.abs(),
            Loss::Quantile(level) => (level * error).max((level - 1.0) * error),
            Loss::Huber(delta) if error.abs() <= delta => 0.5 * error * error,
            Loss::Huber(delta) => delta * (error.abs() - 0.5 * delta),
            Loss::Poisson => bounded_exp(score) - target * score,
            Loss::Tweedie(power) => {
                bounded_exp((2.0 - power) * score) / (2.0 - power)
                    - target * bounded_exp((1.0 - power) * score) / (1.0 - power)
            }
        }
    }

    /// The forecast a score stands for.
    pub(crate) fn response(self, score: f64) -> f64 {
        if self.has_log_link() { bounded_exp(score) } else { score }
    }

    /// The score of the best constant forecast.
    pub(crate) fn constant(self, targets: &[f32], weights: Option<&[f32]>) -> f64 {
        let weight = |row: usize| weights.map_or(1.0, |w| f64::from(w[row]));
        if let Some(level) = self.leaf_quantile().or(matches!(self, Loss::Huber(_)).then_some(0.5)) {
            let mut pairs: Vec<(f32, f32)> =
                targets.iter().enumerate().map(|(row, y)| (*y, weight(row) as f32)).collect();
            return weighted_quantile(&mut pairs, level);
        }
        let (sum, total) = targets
            .iter()
            .enumerate()
            .fold((0.0, 0.0), |(sum, total), (row, y)| (sum + weight(row) * f64::from(*y), total + weight(row)));
        let mean = if total > 0.0 { sum / total } else { 0.0 };
        if self.has_log_link() { mean.max(1e-9).ln() } else { mean }
    }
}

fn bounded_exp(score: f64) -> f64 {
    score.clamp(-LOG_BOUND, LOG_BOUND).exp()
}

/// The smallest value at which the weights up to it reach `level` of all weight; half-way to the next value when they
/// meet it exactly. 0 when there are no values. Reorders the pairs (value, weight).
pub(crate) fn weighted_quantile(pairs: &mut [(f32, f32)], level: f64) -> f64 {
    let total: f64 = pairs.iter().map(|pair| f64::from(pair.1)).sum();
    if pairs.is_empty() || total <= 0.0 {
        return 0.0;
    }
    // Quickselect by weight: halve the stretch that holds the quantile until it is short.
    let wanted = level * total;
    let (mut from, mut to, mut before) = (0, pairs.len(), 0.0);
    while to - from > 32 {
        let middle = (to - from) / 2;
        pairs[from..to].select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0));
        let lower: f64 = pairs[from..from + middle].iter().map(|pair| f64::from(pair.1)).sum();
        if before + lower > wanted {
            to = from + middle;
        } else {
            from += middle;
            before += lower;
        }
    }
    let above = pairs[to..].iter().map(|pair| pair.0).fold(f32::INFINITY, f32::min);
    let stretch = &mut pairs[from..to];
    stretch.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    for (index, pair) in stretch.iter().enumerate() {
        before += f64::from(pair.1);
        if before > wanted * (1.0 + 1e-12) {
            return f64::from(pair.0);
        }
        if before >= wanted * (1.0 - 1e-12) {
            let next = stretch.get(index + 1).map_or(above, |next| next.0);
            return if next.is_finite() {
                f64::midpoint(f64::from(pair.0), f64::from(next))
            } else {
                f64::from(pair.0)
            };
        }
    }
    stretch.last().map_or(0.0, |pair| f64::from(pair.0))
}
