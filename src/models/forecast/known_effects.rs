//! What is known ahead multiplies demand: how much a discount, a display or a price change moves the products of a group.
//!
//! One slow product has too few promoted days to show its own response, its group has many. A Poisson regression with the
//! product's usual demand as exposure estimates the group's response; every product then moves from it as far as its
//! own days speak (a normal prior around the group, its width chosen by likelihood on later days). McCullagh and Nelder,
//! "Generalized Linear Models" (2nd ed., 1989), chapter 6, on the exposure as an offset; Gelman et al., "Bayesian Data Analysis"
//! (3rd ed.), chapter 5, on drawing members to their group. A pooled response is unbiased although the usual demand is itself
//! estimated: Σ x (y - b exp(xβ)) is zero in expectation whenever b is right on average.

use super::arima::linear_algebra::solve_positive_definite;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MovedPeriods {
    periods: Vec<Moved>,
}

impl MovedPeriods {
    /// Picks them from demand per period without season and events (oldest first, `NaN` = not observed) and known-ahead columns
    /// over at least as many periods, the same ones for all members of a group; zero = nothing out of the ordinary. The
    /// usual demand of a period is the mean of the ordinary ones up to 28 before and after it.
    pub fn of(demand: &[f64], columns: &[Vec<f64>]) -> MovedPeriods {
        MovedPeriods { periods: moved_periods(demand, columns) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.periods.len()
    }

    /// Whether nothing ever moved the demand.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }
}

/// What the members of a group have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownEffects {
    /// Slope of the logarithm of demand per column.
    pub slopes: Vec<f64>,
    /// Variance of counts over their mean, at least 1.
    pub dispersion: f64,
    /// Standard deviation of a member's slopes around these.
    pub member_deviation: f64,
    /// Moved periods behind them.
    pub n_periods: usize,
}

/// A period in which something known ahead moves demand.
#[derive(Clone, Debug, PartialEq)]
struct Moved {
    demand: f64,
    usual: f64,
    columns: Vec<f64>,
}

impl KnownEffects {
    /// Learns the slopes of the columns. `None` without a moved period.
    ///
    /// ```
    /// use nightclerk::models::forecast::known_effects::{KnownEffects, MovedPeriods};
    /// let columns = [(0..70).map(|t| if t % 14 == 3 { 1.0 } else { 0.0 }).collect::<Vec<f64>>()];
    /// let demand: Vec<f64> = columns[0][..60].iter().map(|on| if *on > 0.0 { 30.0 } else { 10.0 }).collect();
    /// let moved = MovedPeriods::of(&demand, &columns);
    /// let effects = KnownEffects::fit(&[&moved]).unwrap();
    /// assert!((effects.slopes[0].exp() - 3.0).abs() < 0.1);
    /// let factors = effects.factors(&moved, &columns);
    /// assert!(factors.len() == 70 && (factors[59] - 3.0).abs() < 0.1 && factors[69] == 1.0);
    /// ```
    pub fn fit(members: &[&MovedPeriods]) -> Option<KnownEffects> {
        let moved: Vec<&[Moved]> = members.iter().map(|member| member.periods.as_slice()).collect();
        let all: Vec<&Moved> = moved.iter().copied().flatten().collect();
        let none = vec![0.0; all.first()?.columns.len()];
        let slopes = posterior_mode(&all, &none, GROUP_DEVIATION, 1.0);
        let dispersion = dispersion(&all, &slopes);
        let mut effects = KnownEffects { slopes, dispersion, member_deviation: 0.0, n_periods: all.len() };
        effects.member_deviation = best_deviation(&moved, &none, dispersion);
        Some(effects)
    }

    /// What demand is multiplied by in each period of the columns of a member: exp(Σ β x), with slopes drawn from the group's
    /// towards what its own moved periods say. A newcomer without any has the group's.
    pub fn factors(&self, own: &MovedPeriods, columns: &[Vec<f64>]) -> Vec<f64> {
        let own: Vec<&Moved> = own.periods.iter().collect();
        let slopes = posterior_mode(&own, &self.slopes, self.member_deviation, self.dispersion);
        let limit = LARGEST_EFFECT.ln();
        (0..columns.first().map_or(0, Vec::len))
            .map(|t| {
                let log: f64 = columns.iter().zip(&slopes).map(|(column, slope)| column[t] * slope).sum();
                log.clamp(-limit, limit).exp()
            })
            .collect()
    }
}

/// Periods with something out of the ordinary, each with the mean of the ordinary ones around it.
fn moved_periods(demand: &[f64], columns: &[Vec<f64>]) -> Vec<Moved> {
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
            Some(Moved { demand: demand[t], usual: usual(t)?, columns })
        })
        .collect()
}

/// Slopes of largest posterior: Poisson likelihood / φ, normal prior around `centre` with the given deviation. Newton's
/// method; the log posterior is concave, steps are halved until it rises.
fn posterior_mode(periods: &[&Moved], centre: &[f64], deviation: f64, dispersion: f64) -> Vec<f64> {
    let n_columns = centre.len();
    if deviation <= 0.0 || periods.is_empty() {
        return centre.to_vec();
    }
    let precision = deviation.powi(-2);
    let objective = |slopes: &[f64]| {
        let prior: f64 = slopes.iter().zip(centre).map(|(b, c)| (b - c).powi(2)).sum::<f64>() * precision / 2.0;
        periods.iter().map(|period| period.log_likelihood(slopes)).sum::<f64>() / dispersion - prior
    };
    let mut slopes = centre.to_vec();
    let mut height = objective(&slopes);
    for _ in 0..MOST_STEPS {
        let mut step: Vec<f64> = slopes.iter().zip(centre).map(|(b, c)| (c - b) * precision).collect();
        let mut information = vec![0.0; n_columns * n_columns];
        for column in 0..n_columns {
            information[column * n_columns + column] = precision;
        }
        for period in periods {
            let mean = period.mean(&slopes);
            for (i, x) in period.columns.iter().enumerate() {
                step[i] += x * (period.demand - mean) / dispersion;
                for (j, other) in period.columns.iter().enumerate() {
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

impl Moved {
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

/// Mean squared Pearson residual, at least that of Poisson counts.
fn dispersion(periods: &[&Moved], slopes: &[f64]) -> f64 {
    let squares = periods.iter().map(|period| {
        let mean = period.mean(slopes);
        (period.demand - mean).powi(2) / mean
    });
    (squares.sum::<f64>() / periods.len() as f64).max(1.0)
}

/// The deviation under which slopes learnt from the first moved periods explain the later ones best.
fn best_deviation(moved: &[&[Moved]], none: &[f64], dispersion: f64) -> f64 {
    let parts: Vec<(Vec<&Moved>, Vec<&Moved>)> = (moved.iter())
        .map(|periods| {
            let learnt = (periods.len() as f64 * LEARNT_SHARE).ceil() as usize;
            (periods[..learnt].iter().collect(), periods[learnt..].iter().collect())
        })
        .collect();
    let learnt: Vec<&Moved> = parts.iter().flat_map(|(learnt, _)| learnt.iter().copied()).collect();
    let group = posterior_mode(&learnt, none, GROUP_DEVIATION, 1.0);
    let later = |deviation: f64| -> f64 {
        (parts.iter())
            .map(|(learnt, later)| {
                let slopes = posterior_mode(learnt, &group, deviation, dispersion);
                later.iter().map(|period| period.log_likelihood(&slopes)).sum::<f64>()
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
#[path = "known_effects_tests.rs"]
mod tests;
