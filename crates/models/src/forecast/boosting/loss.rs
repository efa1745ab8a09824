//! What an error costs: its derivative, and the value that a leaf takes.

/// A loss in the target y and the score s, which is the forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Loss {
    /// |y - s|: forecasts the median; what WAPE and MASE measure.
    Absolute,
    /// Pinball loss at a level in (0, 1): forecasts that quantile.
    Quantile(f64),
}

impl Loss {
    /// Level of the quantile that the best constant, and the best value of a leaf, is.
    pub(crate) fn level(self) -> f64 {
        match self {
            Loss::Absolute => 0.5,
            Loss::Quantile(level) => level,
        }
    }

    /// First derivative in the score. The second is taken as one: the loss has none, and leaves are refitted.
    pub(crate) fn derivative(self, target: f64, score: f64) -> f64 {
        let error = score - target;
        match self {
            Loss::Absolute if error == 0.0 => 0.0,
            Loss::Absolute => error.signum(),
            Loss::Quantile(level) if error >= 0.0 => 1.0 - level,
            Loss::Quantile(level) => -level,
        }
    }
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
