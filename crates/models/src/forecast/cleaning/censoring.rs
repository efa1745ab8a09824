//! Demand where only sales are known: what an empty shelf hid.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::forecast::series::observed_mean;

/// The season in which usual demand is looked for, in periods.
const SEASON: usize = 7;
/// Periods with sales below which nobody can say that a shelf is always empty.
const MIN_SALES: i32 = 7;
/// Periods from which on fewer will do: the books had their time.
const MANY_PERIODS: i32 = 91;
/// Share of the periods, and of those with sales, that closed without stock, from which on the books say nothing about the shelf.
const ALWAYS_EMPTY: f64 = 0.8;
/// Periods with stock of a position in the season, from which on they say what is usual there.
const MIN_STOCKED: f64 = 3.0;
/// Rounds in which usual demand and what was hid are found from each other.
const ROUNDS: usize = 8;
/// What was sold is not raised by more than this, nor above this many times what is usual.
const LARGEST_RAISE: f64 = 2.0;
const LARGEST_OF_USUAL: f64 = 1.5;
/// A bound that demand reaches with a higher probability says nothing.
const SAYS_NOTHING: f64 = 0.9;
/// Periods in which the weight of a period in the level around another falls to 1/e.
const AROUND: f64 = 14.0;
/// Periods of usual demand that the level around a period is shrunk by.
const SHRINK: f64 = 3.0;
/// Usual demand above which a normal stands for a negative binomial.
const NORMAL_FROM: f64 = 50.0;

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
/// Sales of a period that ended without stock are a lower bound. Its demand is E[D | D >= sales], D negative binomial (normal
/// above 50 units, and where quantities are not whole) around what is usual with the dispersion of periods with stock; what is usual is the
/// mean of the same weekday times the level around the period, both found again with what was raised (expectation maximisation for
/// censored observations; Dempster, Laird & Rubin, JRSS B 39 (1977), section 4.2; Tobin, Econometrica 26 (1958), 24-36).
/// Leaving such periods as they are, or out, would make the usual too low: it is demand that empties shelves, and of slow
/// goods only the days on which nobody came would remain. A period that sold nothing says nothing, nor does a bound that demand reaches
/// nine times in ten: their demand is not known. A position of the season that never had stock keeps its sales. Whole numbers
/// stay whole, and keep their sum.
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
    let share_empty = |periods: &mut dyn Iterator<Item = usize>| -> (i32, f64) {
        let (all, empty) = periods.fold((0, 0), |(all, empty), t| (all + 1, empty + i32::from(is_empty(t))));
        (all, f64::from(empty) / f64::from(all.max(1)))
    };
    if !(0..sold.len()).any(is_empty) {
        return uncensored;
    }
    let (n_sales, of_sales) = share_empty(&mut (0..sold.len()).filter(|t| sold[*t] > 0.0));
    let (n_all, of_all) = share_empty(&mut (0..sold.len()).filter(|t| sold[*t].is_finite()));
    if (n_sales >= MIN_SALES || n_all >= MANY_PERIODS) && of_sales.min(of_all) >= ALWAYS_EMPTY {
        uncensored.is_always_empty = true;
        return uncensored;
    }
    let whole = sold.iter().all(|units| !units.is_finite() || units.fract() == 0.0);
    let mut usual = Usual::of(sold, |t| !is_empty(t), whole);
    let is_bound = |t: usize| is_empty(t) && sold[t].is_finite() && usual_position(&usual.stocked, t);
    let bounds: Vec<usize> = (0..sold.len()).filter(|t| is_bound(*t) && sold[*t] > 0.0).collect();
    for t in (0..sold.len()).filter(|t| is_empty(*t) && sold[*t].is_finite()) {
        if usual_position(&usual.stocked, t) || sold[t] <= 0.0 || sold[t] < usual.overall {
            uncensored.demand[t] = f64::NAN;
        } else {
            uncensored.n_raised += 1;
        }
    }
    for _ in 0..ROUNDS {
        for t in &bounds {
            let raised = usual.at_least(*t, sold[*t]);
            uncensored.demand[*t] = raised.unwrap_or(f64::NAN);
        }
        usual.learn(&uncensored.demand, sold, is_empty);
    }
    // What rounding takes from one period it gives to the next.
    let mut left = 0.0;
    for t in bounds {
        let demand = &mut uncensored.demand[t];
        uncensored.n_raised += usize::from(demand.is_finite());
        if whole && demand.is_finite() {
            let wanted = *demand + left;
            *demand = wanted.round().max(sold[t]);
            left = wanted - *demand;
        }
    }
    uncensored.n_unknown = (0..sold.len()).filter(|t| sold[*t].is_finite() && uncensored.demand[*t].is_nan()).count();
    uncensored
}

/// Whether enough periods of its position in the season had stock.
fn usual_position(stocked: &[f64; SEASON], t: usize) -> bool {
    stocked[t % SEASON] >= MIN_STOCKED
}

/// What is usual of a series in each period.
struct Usual {
    /// Periods with stock, per position in the season.
    stocked: [f64; SEASON],
    /// Mean of periods with stock, later with what was raised.
    overall: f64,
    /// Factors on it, per position.
    profile: [f64; SEASON],
    /// The level around each period.
    level: Vec<f64>,
    /// Variance over mean.
    dispersion: f64,
    whole: bool,
}

impl Usual {
    /// From periods with stock.
    fn of(sold: &[f64], has_stock: impl Fn(usize) -> bool, whole: bool) -> Self {
        let mut stocked = [0.0; SEASON];
        let known: Vec<f64> = (0..sold.len()).map(|t| if has_stock(t) { sold[t] } else { f64::NAN }).collect();
        for (t, _) in known.iter().enumerate().filter(|(_, units)| units.is_finite()) {
            stocked[t % SEASON] += 1.0;
        }
        let mut usual = Usual {
            stocked,
            overall: 0.0,
            profile: [1.0; SEASON],
            level: vec![0.0; sold.len()],
            dispersion: 1.0,
            whole,
        };
        usual.learn(&known, sold, |t| !has_stock(t));
        usual
    }

    /// Again, from demand as far as it is known.
    fn learn(&mut self, demand: &[f64], sold: &[f64], is_empty: impl Fn(usize) -> bool) {
        // Without any demand nothing is usual.
        self.overall = observed_mean(demand).max(0.0);
        if self.overall <= 0.0 {
            return;
        }
        for position in 0..SEASON {
            let days: Vec<f64> = demand.iter().skip(position).step_by(SEASON).copied().collect();
            let mean = observed_mean(&days);
            let n = days.iter().filter(|units| units.is_finite()).count() as f64;
            let shrunk = (mean * n + self.overall) / (n + 1.0);
            self.profile[position] = if n > 0.0 { shrunk / self.overall } else { 1.0 };
        }
        self.find_level(demand);
        let (mut squares, mut sum, mut n) = (0.0, 0.0, 0.0);
        for t in (0..sold.len()).filter(|t| !is_empty(*t) && sold[*t].is_finite()) {
            squares += (sold[t] - self.mean(t)).powi(2);
            sum += self.mean(t);
            n += 1.0;
        }
        let ratio = if sum > 0.0 && n > SEASON as f64 { squares / sum * n / (n - SEASON as f64) } else { 1.0 };
        self.dispersion = ratio.max(if self.whole { 1.0 } else { 1e-9 });
    }

    /// Exponentially weighted from both sides, shrunk to the overall mean.
    fn find_level(&mut self, demand: &[f64]) {
        let n = demand.len();
        let keep = (-1.0 / AROUND).exp();
        let mut weights = vec![0.0; n];
        let mut sums = vec![0.0; n];
        for forwards in [true, false] {
            let (mut sum, mut weight) = (0.0, 0.0);
            for step in 0..n {
                let t = if forwards { step } else { n - 1 - step };
                // The period itself counts once.
                if !forwards {
                    sums[t] += sum;
                    weights[t] += weight;
                }
                if demand[t].is_finite() {
                    sum += demand[t];
                    weight += self.profile[t % SEASON];
                }
                if forwards {
                    sums[t] += sum;
                    weights[t] += weight;
                }
                sum *= keep;
                weight *= keep;
            }
        }
        self.level = (sums.iter().zip(&weights))
            .map(|(sum, weight)| (sum + SHRINK * self.overall) / (weight + SHRINK))
            .collect();
    }

    fn mean(&self, t: usize) -> f64 {
        self.level[t] * self.profile[t % SEASON]
    }

    /// Demand of a period that reached a bound; `None` where that says nothing.
    fn at_least(&self, t: usize, bound: f64) -> Option<f64> {
        let mean = self.mean(t);
        let (above, expected) = if self.whole && mean <= NORMAL_FROM {
            negative_binomial_above(mean, self.dispersion, bound)
        } else {
            normal_above(mean, self.dispersion * mean, bound)
        };
        let highest = (LARGEST_RAISE * bound).max(LARGEST_OF_USUAL * mean);
        (above <= SAYS_NOTHING).then(|| expected.clamp(bound, highest))
    }
}

/// P(D >= bound) and E[D | D >= bound] of a normal D.
fn normal_above(mean: f64, variance: f64, bound: f64) -> (f64, f64) {
    let deviation = variance.max(0.0).sqrt();
    if deviation <= 0.0 {
        return (f64::from(u8::from(mean >= bound)), bound.max(mean));
    }
    let normal = Normal::standard();
    // A half less: sales are whole mostly, and a bound of three is three or more.
    let score = ((bound - 0.5 * bound.min(1.0) - mean) / deviation).min(6.0);
    let above = normal.sf(score);
    let hazard = if above > 0.0 { normal.pdf(score) / above } else { score };
    (above, mean + deviation * hazard)
}

/// P(D >= bound) and E[D | D >= bound] of a negative binomial D with that mean and variance over mean, Poisson at one.
fn negative_binomial_above(mean: f64, dispersion: f64, bound: f64) -> (f64, f64) {
    let excess = dispersion - 1.0;
    let is_poisson = excess < 1e-6;
    let size = mean / excess;
    let mut probability = if is_poisson { (-mean).exp() } else { (-size * dispersion.ln()).exp() };
    let (mut below, mut sum_below) = (0.0, 0.0);
    let mut k = 0.0;
    while k < bound {
        below += probability;
        sum_below += k * probability;
        probability *= if is_poisson { mean / (k + 1.0) } else { (size + k) / (k + 1.0) * excess / dispersion };
        k += 1.0;
    }
    let above = 1.0 - below;
    // Far in the tail the sums cancel, and little lies above the bound.
    if above < 1e-6 { (0.0, bound) } else { (above, (mean - sum_below) / above) }
}

#[cfg(test)]
#[path = "censoring_tests.rs"]
mod tests;
