//! Demand where only sales are known: what an empty shelf hid.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::forecast::series::observed_mean;

/// The season in which usual demand is looked for, in periods.
const SEASON: usize = 7;
/// Periods with sales below which nobody can say that a shelf is always empty.
const MIN_SALES: usize = 7;
/// Share of the periods with sales that closed without stock, from which on the books say nothing about the shelf.
const ALWAYS_EMPTY: f64 = 0.8;
/// Periods with stock of a position in the season, from which on they say what is usual there.
const MIN_STOCKED: f64 = 3.0;
/// Rounds in which usual demand and what was hid are found from each other.
const ROUNDS: usize = 4;
/// What was sold is never raised by more than this.
const LARGEST_RAISE: f64 = 2.0;

/// Demand of a series of which sales are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncensored {
    /// Per period; `NaN` where an empty shelf leaves it unknown.
    pub demand: Vec<f64>,
    /// Periods in which less was sold than is usual, so that nothing is known of their demand.
    pub n_unknown: usize,
    /// Periods in which at least as much was sold as is usual and the shelf was empty all the same: demand was more.
    pub n_raised: usize,
    /// Whether nearly every period with sales closed without stock, so that the books say nothing about the shelf and sales are
    /// taken for demand: at least that much was wanted.
    pub is_always_empty: bool,
}

/// Demand from sales (`NaN` = not observed) and from whether the shelf was empty at the end of each period.
///
/// Sales of a period that ended without stock are a lower bound. Where less was sold than is usual with stock, the bound says
/// nothing and demand is not known. Where as much or more was sold, demand is E[D | D >= sales], D normal around what is usual
/// with the variance of periods with stock (the mean of a truncated normal; Tobin, "Estimation of relationships for limited
/// dependent variables", Econometrica 26 (1958), 24-36), at most twice the sales: leaving such periods as they are, or out,
/// would make the usual too low, because it is high demand that empties shelves. What is usual is the mean of
/// the same weekday, found again with what was raised. A position of the season that never had stock keeps its sales. Whole
/// numbers stay whole.
///
/// ```
/// use nightclerk_models::forecast::cleaning::uncensored;
/// // Bread that is sold out every evening.
/// let bread = uncensored(&[30.0; 60], &[true; 60]);
/// assert!(bread.is_always_empty && bread.demand == [30.0; 60]);
/// ```
pub fn uncensored(sold: &[f64], closed_empty: &[bool]) -> Uncensored {
    let mut uncensored = Uncensored { demand: sold.to_vec(), n_unknown: 0, n_raised: 0, is_always_empty: false };
    let is_empty = |t: usize| closed_empty.get(t).copied().unwrap_or(false);
    let with_sales = (0..sold.len()).filter(|t| sold[*t] > 0.0);
    let (n_sales, n_empty) = with_sales.fold((0, 0), |(sales, empty), t| (sales + 1, empty + usize::from(is_empty(t))));
    if !(0..sold.len()).any(is_empty) {
        return uncensored;
    }
    if n_sales >= MIN_SALES && n_empty as f64 >= ALWAYS_EMPTY * n_sales as f64 {
        uncensored.is_always_empty = true;
        return uncensored;
    }
    let whole = sold.iter().all(|units| !units.is_finite() || units.fract() == 0.0);
    let stocked = |position: usize| {
        (position..sold.len()).step_by(SEASON).filter(|t| !is_empty(*t) && sold[*t].is_finite()).collect::<Vec<_>>()
    };
    let positions: Vec<Vec<usize>> = (0..SEASON).map(stocked).collect();
    let all: Vec<f64> = positions.iter().flatten().map(|t| sold[*t]).collect();
    // Without any period with stock nothing is usual.
    let overall = observed_mean(&all);
    let variance_ratio = {
        let usual = positions.iter().map(|days| observed_mean(&days.iter().map(|t| sold[*t]).collect::<Vec<_>>()));
        let squares: f64 = (positions.iter().zip(usual))
            .flat_map(|(days, mean)| days.iter().map(move |t| (sold[*t] - mean).powi(2)))
            .sum();
        let freedom = all.len().saturating_sub(SEASON).max(1) as f64;
        if overall > 0.0 { (squares / freedom / overall).max(if whole { 1.0 } else { 0.0 }) } else { 1.0 }
    };
    for (position, days) in positions.iter().enumerate() {
        let empty: Vec<usize> =
            (position..sold.len()).step_by(SEASON).filter(|t| is_empty(*t) && sold[*t].is_finite()).collect();
        let has_usual = days.len() as f64 >= MIN_STOCKED;
        let with_stock: f64 = days.iter().map(|t| sold[*t]).sum();
        let mut usual = if has_usual { with_stock / days.len() as f64 } else { overall };
        for _ in 0..ROUNDS {
            let (mut sum, mut n) = (with_stock, days.len() as f64);
            for t in empty.iter().filter(|t| sold[**t] >= usual && sold[**t] > 0.0) {
                sum += if has_usual { at_least(sold[*t], usual, variance_ratio * usual) } else { sold[*t] };
                n += 1.0;
            }
            if has_usual && n > 0.0 {
                usual = sum / n;
            }
        }
        for t in empty {
            let units = sold[t];
            if units <= 0.0 || units < usual {
                uncensored.demand[t] = f64::NAN;
                uncensored.n_unknown += 1;
            } else if has_usual {
                let raised = at_least(units, usual, variance_ratio * usual);
                uncensored.demand[t] = if whole { raised.round() } else { raised };
                uncensored.n_raised += 1;
            } else {
                uncensored.n_raised += 1;
            }
        }
    }
    uncensored
}

/// E[D | D >= bound] of a normal D with that mean and variance, at most twice the bound.
fn at_least(bound: f64, mean: f64, variance: f64) -> f64 {
    let deviation = variance.max(0.0).sqrt();
    if deviation <= 0.0 {
        return bound.max(mean);
    }
    let normal = Normal::standard();
    // A half less: sales are whole mostly, and a bound of three is three or more.
    let score = ((bound - 0.5 * bound.min(1.0) - mean) / deviation).min(6.0);
    let above = normal.sf(score);
    let hazard = if above > 0.0 { normal.pdf(score) / above } else { score };
    (mean + deviation * hazard).clamp(bound, LARGEST_RAISE * bound)
}

#[cfg(test)]
#[path = "censoring_tests.rs"]
mod tests;
