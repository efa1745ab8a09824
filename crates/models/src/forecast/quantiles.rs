//! Quantiles of demand: what is published of a forecast beside its mean.

/// What the quantiles rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantileBasis {
    /// Empirical quantiles of rolling-origin errors.
    Backtest {
        /// Errors used.
        n_errors: usize,
    },
    /// What repeating the season before would have missed: the history is too short for rolling origins that know its season.
    Seasons {
        /// Errors used.
        n_errors: usize,
    },
    /// Poisson or negative binomial with the spread of the rolling-origin errors.
    CountModel,
    /// Too few errors: the spread of the history, widened. A reader must be told.
    WideDefault,
}

impl QuantileBasis {
    /// What they rest on, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Backtest { .. } => "errors at rolling origins",
            Self::Seasons { .. } => "differences from the season before",
            Self::CountModel => "distributions of counts",
            Self::WideDefault => "the spread of the history, widened",
        }
    }
}

/// Quantiles of demand.
#[derive(Clone, Debug, PartialEq)]
pub struct DemandQuantiles {
    /// Levels, ascending, without repetition, each in (0, 1).
    pub levels: Vec<f64>,
    /// `per_period[h][i]`: demand of period h + 1 ahead at `levels[i]`.
    pub per_period: Vec<Vec<f64>>,
    /// `total[h][i]`: total demand of periods 1 to h + 1 ahead at `levels[i]`.
    pub total: Vec<Vec<f64>>,
    /// What they rest on.
    pub basis: QuantileBasis,
}

impl DemandQuantiles {
    /// The quantiles of each period and of each total.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        self.per_period.iter_mut().chain(&mut self.total)
    }

    /// Moves every quantile to that of `other` by a share in \[0, 1\]: the quantiles of two forecasts averaged level by level
    /// (Vincent; Ratcliff, Psychological Bulletin 86 (1979), 446-461). Both have the same levels and periods.
    pub(crate) fn mix(&mut self, other: &DemandQuantiles, share: f64) {
        mix_rows(&mut self.per_period, &other.per_period, share);
        mix_rows(&mut self.total, &other.total, share);
    }
}

/// The rows of quantiles of two forecasts averaged, `share` in \[0, 1\] that of the others.
pub(crate) fn mix_rows(rows: &mut [Vec<f64>], others: &[Vec<f64>], share: f64) {
    for (own, other) in rows.iter_mut().flatten().zip(others.iter().flatten()) {
        *own += share * (other - *own);
    }
}

/// Levels in (0, 1), ascending, without repetition.
pub(crate) fn clean_levels(levels: &[f64]) -> Vec<f64> {
    let mut levels: Vec<f64> = levels.iter().copied().filter(|level| *level > 0.0 && *level < 1.0).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// Lifts every row to at least the one before it: demand is not negative, so a longer total is not smaller.
pub fn lift_totals(total: &mut [Vec<f64>]) {
    for ahead in 1..total.len() {
        let (before, now) = total.split_at_mut(ahead);
        for (now, before) in now[0].iter_mut().zip(&before[ahead - 1]) {
            *now = now.max(*before);
        }
    }
}

/// Cuts at zero and lifts every quantile to at least the one before it.
pub(crate) fn make_monotone(quantiles: &mut [f64]) {
    let mut before = 0.0;
    for quantile in quantiles {
        *quantile = quantile.max(before);
        before = *quantile;
    }
}
