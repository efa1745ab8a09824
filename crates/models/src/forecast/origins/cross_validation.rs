//! Rolling-origin evaluation: forecast from several past origins and keep forecasts beside actuals.
//!
//! Tashman, "Out-of-sample tests of forecasting accuracy", International Journal of Forecasting 16 (2000), 437-450.

/// Rolling-origin forecasts of one method: windows x horizon, oldest window first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backtest {
    /// Length of the training part of each window: window `w` forecasts periods `cutoffs[w]..cutoffs[w] + horizon`.
    pub cutoffs: Vec<usize>,
    /// Forecast per window and period ahead.
    pub forecasts: Vec<Vec<f64>>,
    /// Actual per window and period ahead; `NaN` where unobserved.
    pub actuals: Vec<Vec<f64>>,
}

impl Backtest {
    /// True when there is no window: the history was too short.
    pub fn is_empty(&self) -> bool {
        self.cutoffs.is_empty()
    }

    /// Periods ahead in every window; 0 when empty.
    pub fn horizon(&self) -> usize {
        self.forecasts.first().map_or(0, Vec::len)
    }

    /// Mean squared error over all windows and periods ahead, in squared units of demand; `None` without an error.
    pub fn error_variance(&self) -> Option<f64> {
        let (mut squares, mut count) = (0.0, 0.0);
        for (forecasts, actuals) in self.forecasts.iter().zip(&self.actuals) {
            for error in forecasts.iter().zip(actuals).map(|(f, y)| y - f).filter(|error| error.is_finite()) {
                squares += error * error;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| squares / count)
    }
}

/// Training lengths of the rolling origins, ascending.
///
/// The last window ends with the series: c_w = n - horizon - step_size (n_windows - 1 - w). Origins with fewer than
/// `min_training` periods before them are left out.
///
/// ```
/// use nightclerk_models::forecast::origins::cutoffs;
/// assert_eq!(cutoffs(100, 10, 3, 5, 20), vec![80, 85, 90]);
/// assert_eq!(cutoffs(100, 10, 3, 5, 82), vec![85, 90]);
/// assert!(cutoffs(15, 10, 3, 5, 20).is_empty());
/// ```
pub fn cutoffs(n: usize, horizon: usize, n_windows: usize, step_size: usize, min_training: usize) -> Vec<usize> {
    let step_size = step_size.max(1);
    (0..n_windows)
        .rev()
        .filter_map(|back| n.checked_sub(horizon.checked_add(back.checked_mul(step_size)?)?))
        .filter(|cutoff| horizon > 0 && *cutoff >= min_training.max(1))
        .collect()
}

/// The backtest of a sum of series, such as a category over its products.
///
/// Windows are aligned from the end (the last window of every child covers the same periods), so all children must
/// end at the same date and share horizon and step size. Forecasts and actuals are added. Two rules keep the parent
/// usable:
/// - An unobserved actual (`NaN`) of a child is replaced by that child's forecast, so that a stock-out in one child does
///   not erase the parent. This understates the parent's error by that child's error. Where no child was observed
///   the parent is `NaN`.
/// - A child without a window (too new) adds neither forecast nor actual to it.
///
/// `None` when no child has a window or the horizons differ.
pub fn sum_backtests(children: &[&Backtest]) -> Option<Backtest> {
    let longest = children.iter().max_by_key(|child| child.cutoffs.len()).filter(|child| !child.is_empty())?;
    let (n_windows, horizon) = (longest.cutoffs.len(), longest.horizon());
    let mut sum = Backtest {
        cutoffs: longest.cutoffs.clone(),
        forecasts: vec![vec![0.0; horizon]; n_windows],
        actuals: vec![vec![0.0; horizon]; n_windows],
    };
    let mut observed = vec![vec![false; horizon]; n_windows];
    for child in children.iter().filter(|child| !child.is_empty()) {
        if child.horizon() != horizon {
            return None;
        }
        let offset = n_windows - child.cutoffs.len();
        for (window, (forecasts, actuals)) in child.forecasts.iter().zip(&child.actuals).enumerate() {
            for (ahead, (forecast, actual)) in forecasts.iter().zip(actuals).enumerate() {
                let seen = actual.is_finite();
                sum.forecasts[offset + window][ahead] += forecast;
                sum.actuals[offset + window][ahead] += if seen { *actual } else { *forecast };
                observed[offset + window][ahead] |= seen;
            }
        }
    }
    for (actuals, seen) in sum.actuals.iter_mut().zip(&observed) {
        for (actual, seen) in actuals.iter_mut().zip(seen) {
            if !seen {
                *actual = f64::NAN;
            }
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backtest(cutoffs: &[usize], forecasts: &[[f64; 2]], actuals: &[[f64; 2]]) -> Backtest {
        Backtest {
            cutoffs: cutoffs.to_vec(),
            forecasts: forecasts.iter().map(|row| row.to_vec()).collect(),
            actuals: actuals.iter().map(|row| row.to_vec()).collect(),
        }
    }

    #[test]
    fn a_stock_out_in_one_child_does_not_erase_the_parent() {
        let a = backtest(&[8], &[[1.0, 2.0]], &[[3.0, f64::NAN]]);
        let b = backtest(&[8], &[[10.0, 20.0]], &[[11.0, 19.0]]);
        let sum = sum_backtests(&[&a, &b]).unwrap();
        assert_eq!(sum.forecasts, vec![vec![11.0, 22.0]]);
        assert_eq!(sum.actuals, vec![vec![14.0, 21.0]]);
    }

    #[test]
    fn windows_are_aligned_from_the_end() {
        let old = backtest(&[6, 8], &[[1.0, 1.0], [2.0, 2.0]], &[[1.0, 1.0], [2.0, 2.0]]);
        let new = backtest(&[3], &[[5.0, 5.0]], &[[6.0, 6.0]]);
        let sum = sum_backtests(&[&new, &old, &Backtest::default()]).unwrap();
        assert_eq!(sum.cutoffs, vec![6, 8]);
        assert_eq!(sum.forecasts, vec![vec![1.0, 1.0], vec![7.0, 7.0]]);
        assert_eq!(sum.actuals[1], vec![8.0, 8.0]);
    }

    #[test]
    fn what_no_child_observed_stays_unobserved() {
        let a = backtest(&[8], &[[1.0, 2.0]], &[[f64::NAN, 2.0]]);
        assert!(sum_backtests(&[&a, &a]).unwrap().actuals[0][0].is_nan());
        assert_eq!(sum_backtests(&[]), None);
        assert_eq!(sum_backtests(&[&Backtest::default()]), None);
    }

    #[test]
    fn different_horizons_do_not_add() {
        let a = backtest(&[8], &[[1.0, 2.0]], &[[1.0, 2.0]]);
        let b = Backtest { cutoffs: vec![8], forecasts: vec![vec![1.0]], actuals: vec![vec![1.0]] };
        assert_eq!(sum_backtests(&[&a, &b]), None);
    }
}
