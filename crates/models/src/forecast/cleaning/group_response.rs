//! What is known ahead multiplies demand: how much a discount, a display or a price change moves the products of a group.
//!
//! One slow product has too few promoted days to show its own response, its group has many. A Poisson regression with the
//! product's usual demand as exposure estimates the group's response; every product then moves from it as far as its
//! own days speak (a normal prior around the group, its width chosen by likelihood on later days). McCullagh and Nelder,
//! "Generalized Linear Models" (2nd ed., 1989), chapter 6, on the exposure as an offset; Gelman et al., "Bayesian Data Analysis"
//! (3rd ed.), chapter 5, on drawing members to their group. A pooled response is unbiased although the usual demand is itself
//! estimated: Σ x (y - b exp(xβ)) is zero in expectation whenever b is right on average.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use crate::forecast::linear_algebra::solve_positive_definite;

/// Periods around a day whose mean is the usual demand.
const AROUND: usize = 28;
/// Observed unmoved periods around that a usual demand needs.
const MIN_AROUND: usize = 7;
/// Standard deviation of the group's slopes around none.
const GROUP_DEVIATION: f64 = 2.0;
/// Standard deviations of a member's slopes around the group's, as tried.
const MEMBER_DEVIATIONS: [f64; 4] = [0.0, 0.15, 0.3, 0.6];
/// Share of the moved periods, the first ones, that slopes are learnt from when a deviation is tried.
const LEARNT_SHARE: f64 = 2.0 / 3.0;
/// Newton steps at most.
const MOST_STEPS: usize = 25;
/// An effect and its reciprocal never exceed this.
const LARGEST_EFFECT: f64 = 8.0;
/// A value this close to zero moves nothing.
const NOTHING: f64 = 1e-9;

/// The periods of one member of a group in which something known ahead moves its demand.
///
/// Periods with the same columns are added up: of them the likelihood needs the sums alone, so that a group costs as much as it
/// has different promotions, not as much as it has days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MovedPeriods {
    /// The first two thirds of the periods, and the rest.
    early: Vec<EqualPeriods>,
    late: Vec<EqualPeriods>,
}

impl MovedPeriods {
    /// Picks them from demand per period without season and events (oldest first, `NaN` = not observed) and known-ahead columns
    /// over at least as many periods, the same ones for all members of a group; zero = nothing out of the ordinary. The
    /// usual demand of a period is the mean of the ordinary ones up to 28 before and after it.
    pub fn of(demand: &[f64], columns: &[Vec<f64>]) -> MovedPeriods {
        let periods = moved_periods(demand, columns);
        let learnt = (periods.len() as f64 * LEARNT_SHARE).ceil() as usize;
        MovedPeriods { early: merged(&periods[..learnt]), late: merged(&periods[learnt..]) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.early.iter().chain(&self.late).map(|equal| equal.count).sum()
    }

    /// Whether nothing ever moved the demand.
    pub fn is_empty(&self) -> bool {
        self.early.is_empty()
    }
}

/// What the members of a group have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupResponse {
    /// Slope of the logarithm of demand per column.
    pub slopes: Vec<f64>,
    /// Variance of counts over their mean, at least 1.
    pub dispersion: f64,
    /// Standard deviation of a member's slopes around these.
    pub member_deviation: f64,
    /// Moved periods behind them.
    pub n_periods: usize,
}

/// Periods of equal columns.
#[derive(Clone, Debug, PartialEq)]
struct EqualPeriods {
    columns: Vec<f64>,
    /// Σ demand.
    demand: f64,
    /// Σ usual demand.
    usual: f64,
    /// Σ demand² / usual demand.
    squares: f64,
    count: usize,
}

/// Those with the same columns added up, in the order of their first one.
fn merged<'a>(periods: impl IntoIterator<Item = &'a EqualPeriods>) -> Vec<EqualPeriods> {
    let mut places: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut merged: Vec<EqualPeriods> = Vec::new();
    for equal in periods {
        let key = equal.columns.iter().map(|value| value.to_bits()).collect();
        match places.entry(key) {
            Entry::Occupied(place) => {
                let sum = &mut merged[*place.get()];
                sum.demand += equal.demand;
                sum.usual += equal.usual;
                sum.squares += equal.squares;
                sum.count += equal.count;
            }
            Entry::Vacant(place) => {
                place.insert(merged.len());
                merged.push(equal.clone());
            }
        }
    }
    merged
}

impl GroupResponse {
    /// Learns the slopes of the columns. `None` without a moved period.
    ///
    /// ```
    /// use nightclerk_models::forecast::cleaning::{GroupResponse, MovedPeriods, factors_of};
    /// let columns = [(0..70).map(|t| if t % 14 == 3 { 1.0 } else { 0.0 }).collect::<Vec<f64>>()];
    /// let demand: Vec<f64> = columns[0][..60].iter().map(|on| if *on > 0.0 { 30.0 } else { 10.0 }).collect();
    /// let moved = MovedPeriods::of(&demand, &columns);
    /// let effects = GroupResponse::fit(&[&moved]).unwrap();
    /// assert!((effects.slopes[0].exp() - 3.0).abs() < 0.1);
    /// let factors = factors_of(&effects.member_slopes(&moved), &columns);
    /// assert!(factors.len() == 70 && (factors[59] - 3.0).abs() < 0.1 && factors[69] == 1.0);
    /// ```
    pub fn fit(members: &[&MovedPeriods]) -> Option<GroupResponse> {
        let all = merged(members.iter().flat_map(|member| member.early.iter().chain(&member.late)));
        let none = vec![0.0; all.first()?.columns.len()];
        let slopes = posterior_mode(&all, &none, GROUP_DEVIATION, 1.0);
        let dispersion = dispersion(&all, &slopes);
        let n_periods = all.iter().map(|equal| equal.count).sum();
        let member_deviation = best_deviation(members, &none, dispersion);
        Some(GroupResponse { slopes, dispersion, member_deviation, n_periods })
    }

    /// The slopes of a member: the group's, drawn towards what its own moved periods say. A newcomer without any has the group's.
    pub fn member_slopes(&self, own: &MovedPeriods) -> Vec<f64> {
        let own = merged(own.early.iter().chain(&own.late));
        posterior_mode(&own, &self.slopes, self.member_deviation, self.dispersion)
    }
}

/// What demand is multiplied by in each period of the columns: exp(Σ β x).
pub fn factors_of(slopes: &[f64], columns: &[Vec<f64>]) -> Vec<f64> {
    let limit = LARGEST_EFFECT.ln();
    (0..columns.first().map_or(0, Vec::len))
        .map(|t| {
            let log: f64 = columns.iter().zip(slopes).map(|(column, slope)| column[t] * slope).sum();
            log.clamp(-limit, limit).exp()
        })
        .collect()
}

/// Periods with something out of the ordinary, each with the mean of the ordinary ones around it.
fn moved_periods(demand: &[f64], columns: &[Vec<f64>]) -> Vec<EqualPeriods> {
    let n = demand.len();
    let is_moved = |t: usize| columns.iter().any(|column| column.get(t).is_some_and(|x| x.abs() > NOTHING));
    // Running sums of the ordinary periods: a mean over a window is two subtractions.
    let (mut sums, mut counts) = (vec![0.0; n + 1], vec![0_usize; n + 1]);
    let moved: Vec<bool> = (0..n).map(is_moved).collect();
    for t in 0..n {
        let ordinary = demand[t].is_finite() && !moved[t];
        sums[t + 1] = sums[t] + if ordinary { demand[t] } else { 0.0 };
        counts[t + 1] = counts[t] + usize::from(ordinary);
    }
    let usual = |t: usize| {
        let (from, to) = (t.saturating_sub(AROUND), (t + AROUND + 1).min(n));
        let around = counts[to] - counts[from];
        let (sum, count) = if around >= MIN_AROUND { (sums[to] - sums[from], around) } else { (sums[n], counts[n]) };
        (count >= MIN_AROUND && sum > 0.0).then(|| sum / count as f64)
    };
    (0..n)
        .filter(|t| moved[*t] && demand[*t].is_finite() && demand[*t] >= 0.0)
        .filter_map(|t| {
            let columns = columns.iter().map(|column| column[t]).collect();
            let (demand, usual) = (demand[t], usual(t)?);
            Some(EqualPeriods { columns, demand, usual, squares: demand * demand / usual, count: 1 })
        })
        .collect()
}

/// Slopes of largest posterior: Poisson likelihood / φ, normal prior around `centre` with the given deviation. Newton's
/// method; the log posterior is concave, steps are halved until it rises.
fn posterior_mode(periods: &[EqualPeriods], centre: &[f64], deviation: f64, dispersion: f64) -> Vec<f64> {
    let n_columns = centre.len();
    if deviation <= 0.0 || periods.is_empty() {
        return centre.to_vec();
    }
    let precision = deviation.powi(-2);
    let objective = |slopes: &[f64]| {
        let prior: f64 = slopes.iter().zip(centre).map(|(b, c)| (b - c).powi(2)).sum::<f64>() * precision / 2.0;
        periods.iter().map(|equal| equal.log_likelihood(slopes)).sum::<f64>() / dispersion - prior
    };
    let mut slopes = centre.to_vec();
    let mut height = objective(&slopes);
    for _ in 0..MOST_STEPS {
        let mut step: Vec<f64> = slopes.iter().zip(centre).map(|(b, c)| (c - b) * precision).collect();
        let mut information = vec![0.0; n_columns * n_columns];
        for column in 0..n_columns {
            information[column * n_columns + column] = precision;
        }
        for equal in periods {
            let mean = equal.mean(&slopes);
            for (i, x) in equal.columns.iter().enumerate() {
                step[i] += x * (equal.demand - mean) / dispersion;
                for (j, other) in equal.columns.iter().enumerate() {
                    information[i * n_columns + j] += x * other * mean / dispersion;
                }
            }
        }
        if !solve_positive_definite(&mut information, &mut step) {
            break;
        }
        let mut share = 1.0;
        let (next, above) = loop {
            let next: Vec<f64> = slopes.iter().zip(&step).map(|(b, s)| b + share * s).collect();
            let above = objective(&next);
            if above >= height || share < 1e-6 {
                break (next, above);
            }
            share /= 2.0;
        };
        let gain = above - height;
        if gain >= 0.0 {
            slopes = next;
            height = above;
        }
        if gain < 1e-9 * (1.0 + height.abs()) {
            break;
        }
    }
    slopes
}

impl EqualPeriods {
    fn log_effect(&self, slopes: &[f64]) -> f64 {
        let limit = LARGEST_EFFECT.ln();
        self.columns.iter().zip(slopes).map(|(x, slope)| x * slope).sum::<f64>().clamp(-limit, limit)
    }

    fn mean(&self, slopes: &[f64]) -> f64 {
        self.usual * self.log_effect(slopes).exp()
    }

    /// Up to what does not depend on the slopes.
    fn log_likelihood(&self, slopes: &[f64]) -> f64 {
        let log = self.log_effect(slopes);
        self.demand * log - self.usual * log.exp()
    }
}

/// Mean squared Pearson residual, at least that of Poisson counts: Σ (y - be)² / be = Σ y²/b / e - 2 Σ y + e Σ b.
fn dispersion(periods: &[EqualPeriods], slopes: &[f64]) -> f64 {
    let squares = periods.iter().map(|equal| {
        let effect = equal.log_effect(slopes).exp();
        equal.squares / effect - 2.0 * equal.demand + effect * equal.usual
    });
    let count: usize = periods.iter().map(|equal| equal.count).sum();
    (squares.sum::<f64>() / count.max(1) as f64).max(1.0)
}

/// The deviation under which slopes learnt from the first moved periods explain the later ones best.
fn best_deviation(members: &[&MovedPeriods], none: &[f64], dispersion: f64) -> f64 {
    let learnt = merged(members.iter().flat_map(|member| &member.early));
    let group = posterior_mode(&learnt, none, GROUP_DEVIATION, 1.0);
    let later = |deviation: f64| -> f64 {
        (members.iter())
            .map(|member| {
                let slopes = posterior_mode(&member.early, &group, deviation, dispersion);
                member.late.iter().map(|equal| equal.log_likelihood(&slopes)).sum::<f64>()
            })
            .sum()
    };
    let mut best = (MEMBER_DEVIATIONS[0], later(MEMBER_DEVIATIONS[0]));
    for deviation in &MEMBER_DEVIATIONS[1..] {
        let explained = later(*deviation);
        if explained > best.1 {
            best = (*deviation, explained);
        }
    }
    best.0
}

#[cfg(test)]
#[path = "group_response_tests.rs"]
mod tests;
