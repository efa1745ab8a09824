//! One series prepared for questions about windows of its past: every answer costs the same however long the window.

/// Running sums over a series whose largest value is near 1 (see [`super::members::Member::unit`]): no sum overflows.
/// `NaN` = not observed.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Demand; not finite = `NaN`.
    pub values: Vec<f64>,
    /// First period with demand other than zero; the length when there is none.
    pub first_sale: usize,
    sums: Vec<f64>,
    magnitudes: Vec<f64>,
    squares: Vec<f64>,
    observed: Vec<u32>,
    zeros: Vec<u32>,
    /// Last period with demand other than zero, up to and including each period.
    last_sale: Vec<u32>,
}

impl History {
    pub(crate) fn new(demand: &[f64]) -> History {
        let values: Vec<f64> = demand.iter().map(|y| if y.is_finite() { *y } else { f64::NAN }).collect();
        let first_sale = values.iter().position(|y| y.is_finite() && *y != 0.0).unwrap_or(values.len());
        let mut history = History {
            first_sale,
            sums: running(&values, |y| y),
            magnitudes: running(&values, f64::abs),
            squares: running(&values, |y| y * y),
            observed: Vec::with_capacity(values.len() + 1),
            zeros: Vec::with_capacity(values.len() + 1),
            last_sale: Vec::with_capacity(values.len()),
            values,
        };
        let (mut observed, mut zeros, mut last_sale) = (0, 0, 0);
        history.observed.push(0);
        history.zeros.push(0);
        for (t, y) in history.values.iter().enumerate() {
            // Zeros before the first sale are not demand: they count as not observed.
            if y.is_finite() && t >= first_sale {
                observed += 1;
                zeros += u32::from(*y == 0.0);
                if *y != 0.0 {
                    last_sale = t as u32;
                }
            }
            history.observed.push(observed);
            history.zeros.push(zeros);
            history.last_sale.push(last_sale);
        }
        history
    }

    /// Number of periods.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Demand in a period; `NaN` outside the series, before the first sale, or where not observed.
    pub(crate) fn at(&self, t: i64) -> f64 {
        if t < self.first_sale as i64 { f64::NAN } else { self.values.get(t as usize).copied().unwrap_or(f64::NAN) }
    }

    /// Periods observed in `from..to`, from the first sale on.
    pub(crate) fn count(&self, from: i64, to: i64) -> f64 {
        let (from, to) = self.bounds(from, to);
        f64::from(self.observed[to] - self.observed[from])
    }

    /// Mean of `from..to`; `NaN` when less than half of the window was observed.
    pub(crate) fn mean(&self, from: i64, to: i64) -> f64 {
        let count = self.count(from, to);
        if count * 2.0 < (to - from) as f64 || count == 0.0 {
            f64::NAN
        } else {
            self.sum_of(&self.sums, from, to) / count
        }
    }

    /// Mean of whatever was observed in `from..to`; `NaN` when nothing was.
    pub(crate) fn mean_of_any(&self, from: i64, to: i64) -> f64 {
        self.sum_of(&self.sums, from, to) / nonzero(self.count(from, to))
    }

    /// Mean size (without sign) of whatever was observed in `from..to`; `NaN` when nothing was.
    pub(crate) fn magnitude(&self, from: i64, to: i64) -> f64 {
        self.sum_of(&self.magnitudes, from, to) / nonzero(self.count(from, to))
    }

    /// Standard deviation (divisor n) in `from..to`; `NaN` when less than half of the window was observed.
    pub(crate) fn deviation(&self, from: i64, to: i64) -> f64 {
        let mean = self.mean(from, to);
        (self.sum_of(&self.squares, from, to) / self.count(from, to) - mean * mean).max(0.0).sqrt()
    }

    /// Share of observed periods without demand in `from..to`.
    pub(crate) fn zero_share(&self, from: i64, to: i64) -> f64 {
        let (first, end) = self.bounds(from, to);
        f64::from(self.zeros[end] - self.zeros[first]) / nonzero(self.count(from, to))
    }

    /// Periods since the last sale, seen from before period `origin`; `NaN` before the first.
    pub(crate) fn since_last_sale(&self, origin: usize) -> f64 {
        match origin.checked_sub(1).and_then(|t| self.last_sale.get(t)) {
            Some(last) if origin > self.first_sale => (origin - *last as usize) as f64,
            _ => f64::NAN,
        }
    }

    fn bounds(&self, from: i64, to: i64) -> (usize, usize) {
        let clip = |t: i64| t.clamp(0, self.values.len() as i64) as usize;
        (clip(from), clip(to).max(clip(from)))
    }

    fn sum_of(&self, running: &[f64], from: i64, to: i64) -> f64 {
        let (from, to) = self.bounds(from, to);
        running[to] - running[from]
    }
}

/// A divisor: `NaN` instead of zero.
fn nonzero(count: f64) -> f64 {
    if count > 0.0 { count } else { f64::NAN }
}

/// Sums of `of(y)` over everything before each period; a period that was not observed adds nothing.
fn running(values: &[f64], of: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for y in values {
        if y.is_finite() {
            sum += of(*y);
        }
        sums.push(sum);
    }
    sums
}
