//! Single periods that no model should learn from: a bulk order, a slip of the keyboard.
//!
//! Only demand that is far too **high** is replaced. Too low is what a stock-out or a closed shop looks like: the caller
//! knows those and marks them `NaN`. A stretch of high periods (a promotion nobody told us of, a new level) is news, not
//! an outlier, and is left alone.

use crate::forecast::series::observed_count;

/// Expected number of outliers found in a series that has none.
const FALSE_ALARMS: f64 = 3e-4;
/// Share of the periods, the highest, whose excess tells how the tail falls off ...
const TAIL: f64 = 0.05;
/// ... but so many periods, unless that is more than a quarter of them.
const TAIL_PERIODS: usize = 24;
/// Share of those that the tail is estimated from, the lowest: the rest may be outliers.
const TRUSTED: f64 = 0.7;
/// Periods in the tail without which nothing can be said of it.
const MIN_TAIL: usize = 5;
/// A count is never an outlier below mean + 6 √mean, whatever the tail says.
const POISSON_SPREADS: f64 = 6.0;
/// Observed periods below which nothing is replaced.
const MIN_OBSERVED: usize = 24;
/// More suspects than this within seven periods are an episode.
const MAX_IN_EPISODE: usize = 3;
/// Values observed at each position without which no season is estimated.
const MIN_CYCLES: usize = 8;
/// A position below this share of the level (closed on Sundays) tells nothing of the level.
const CLOSED: f64 = 0.05;
/// Periods with demand that a level is taken from, where there are so many.
const SALES_IN_WINDOW: usize = 20;
/// Highest values of a window that are cut to the next highest, at most.
const MAX_CUT: usize = 3;

/// A period whose demand was replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlier {
    /// Index of the period.
    pub index: usize,
    /// What was observed, in units of demand.
    pub found: f64,
    /// What a usual period there would have had; whole when the series is.
    pub used: f64,
}

/// A series without its outliers.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    /// Demand per period; `NaN` = not observed, as it was.
    pub demand: Vec<f64>,
    /// What was replaced, oldest first.
    pub replaced: Vec<Outlier>,
}

/// Replaces outliers by what the season and the level around them let expect.
///
/// `demand`: oldest first, `NaN` = not observed. `season_lengths`: in periods, such as `[7, 365]`; the shortest above
/// one gives the season, all of them the lags at which demand may recur. `protected`: periods known to be special
/// (promotion, event), which are neither judged nor learnt from; it may be shorter than `demand` or empty.
///
/// Level: mean over about two seasons on each side whose highest tenth is cut to the next value (Tukey's winsorising);
/// season: mean of demand over level by position, cut alike; μ = level x season. The surprises z = (y - μ)/√μ above a
/// threshold u (the highest twentieth, 24 at least) are taken for exponential (exactly so for negative binomial
/// demand, too cautious for Poisson and normal). Their scale β comes from the lowest r of the k of them alone (type II
/// censoring, Epstein and Sobel, "Life testing", Journal of the American Statistical Association 48 (1953), 486-502):
/// β = (Σ e₍ᵢ₎ + (k - r) e₍ᵣ₎)/r, and at least a third of what the smallest sale would be. Then P(e > x β) = (1 +
/// x/r)^-r for one more, and suspect is what lies above u + x β with k P = 0.0003.
///
/// Suspects are spared at or below mean + 6 √mean when demand is counted in whole units, else the mean (the larger of μ
/// and the mean of the others around); when at least half the surprise recurs at a season's lag (a lag above 60 periods:
/// give or take a fiftieth); and when more than three fall within seven observed periods. Fewer than 24 observed periods
/// are returned as they are.
///
/// ```
/// use nightclerk_models::forecast::cleaning::clean_outliers;
/// let mut demand: Vec<f64> = (0..70).map(|t| if t % 7 == 5 { 30.0 } else { 10.0 + f64::from(t % 3) }).collect();
/// demand[40] = 400.0;
/// let cleaned = clean_outliers(&demand, &[7], &[]);
/// assert_eq!(cleaned.replaced.iter().map(|outlier| (outlier.index, outlier.found)).collect::<Vec<_>>(), [(40, 400.0)]);
/// assert!((cleaned.demand[40] - 30.0).abs() < 3.0); // a Saturday
/// ```
pub fn clean_outliers(demand: &[f64], season_lengths: &[usize], protected: &[bool]) -> Cleaned {
    let untouched = Cleaned { demand: demand.to_vec(), replaced: Vec::new() };
    // More returned than sold counts as no demand.
    let judged: Vec<f64> = demand
        .iter()
        .enumerate()
        .map(|(t, y)| if y.is_finite() && protected.get(t) != Some(&true) { y.max(0.0) } else { f64::NAN })
        .collect();
    if observed_count(&judged) < MIN_OBSERVED {
        return untouched;
    }
    let Some(usual) = Usual::of(&judged, shortest_season(season_lengths)) else { return untouched };
    let surprise: Vec<f64> = judged.iter().zip(&usual.mean).map(|(y, mean)| (y - mean) / mean.sqrt()).collect();
    let limit = tail_limit(&surprise, usual.unit);
    let is_whole = demand.iter().all(|value| !value.is_finite() || value.fract() == 0.0);
    let spreads = if is_whole { POISSON_SPREADS } else { 0.0 };
    let others = mean_of_others(&judged, usual.half_window);
    let mut suspects: Vec<usize> = (0..judged.len())
        .filter(|t| {
            let mean = usual.mean[*t].max(others[*t]);
            surprise[*t] > limit && judged[*t] > mean + spreads * mean.sqrt()
        })
        .collect();
    drop_episodes(&mut suspects, &judged);
    // What was protected may be what recurs: last year's promotion on the same days.
    suspects.retain(|t| !recurs(*t, demand, &usual.mean, season_lengths));
    if suspects.is_empty() {
        return untouched;
    }
    let kept = (0..judged.len()).filter(|t| judged[*t].is_finite() && suspects.binary_search(t).is_err());
    let (sold, expected) = kept.fold((0.0, 0.0), |sum, t| (sum.0 + judged[t], sum.1 + usual.mean[t]));
    // Cut means are too low by what was cut; over the kept periods the sum has to be right.
    let correction = if expected > 0.0 { sold / expected } else { 1.0 };
    let mut cleaned = untouched;
    for index in suspects {
        let expected = usual.mean[index] * correction;
        let used = if is_whole { expected.round() } else { expected }.min(demand[index]);
        cleaned.replaced.push(Outlier { index, found: demand[index], used });
        cleaned.demand[index] = used;
    }
    cleaned
}

/// Shortest season above one period; one when there is none.
pub(super) fn shortest_season(season_lengths: &[usize]) -> usize {
    season_lengths.iter().copied().filter(|m| *m > 1).min().unwrap_or(1)
}

/// What each period usually has.
pub(super) struct Usual {
    /// Level x season, positive.
    pub mean: Vec<f64>,
    /// Factor by index modulo season length, mean one.
    season: Vec<f64>,
    /// The smallest demand over the root of the average mean.
    unit: f64,
    /// Periods on each side that a level is taken from, at least.
    pub half_window: usize,
}

impl Usual {
    /// From demand that is not negative; `None` when none is positive.
    pub fn of(demand: &[f64], season_length: usize) -> Option<Usual> {
        let mut positive: Vec<f64> = demand.iter().copied().filter(|y| y.is_finite() && *y > 0.0).collect();
        let middle = positive.len() / 2;
        if positive.is_empty() {
            return None;
        }
        let (_, typical, _) = positive.select_nth_unstable_by(middle, f64::total_cmp);
        let typical = *typical;
        let smallest = positive.iter().copied().fold(typical, f64::min);
        let half_window = (2 * season_length).clamp(6, 14);
        let mut season = vec![1.0; season_length.max(1)];
        let mut level = cut_level(demand, &season, half_window);
        for _ in 0..2 {
            let Some(next) = cut_season(demand, &level, season.len()) else { break };
            season = next;
            level = cut_level(demand, &season, half_window);
        }
        // Around a slow seller there may be no sale at all: as good as one of the usual size.
        let least = typical / (2 * half_window + 1) as f64;
        let mean = level.iter().enumerate().map(|(t, level)| (level * season[t % season.len()]).max(least)).collect();
        let average = level.iter().sum::<f64>() / level.len() as f64;
        Some(Usual { mean, season, unit: smallest / average.max(least).sqrt(), half_window })
    }

    /// Factor of the season, `NaN` where demand is all but never.
    pub fn season_at(&self, t: usize) -> f64 {
        let factor = self.season[t % self.season.len()];
        if factor < CLOSED { f64::NAN } else { factor }
    }
}

/// Mean of the deseasonalised values around each period, the highest tenth of them cut to the next. The window grows
/// until it holds enough periods with demand to have a mean; the level is held for a quarter of its half.
fn cut_level(demand: &[f64], season: &[f64], half_window: usize) -> Vec<f64> {
    let n = demand.len();
    let adjusted: Vec<f64> = (0..n)
        .map(|t| {
            let factor = season[t % season.len()];
            if factor < CLOSED { f64::NAN } else { demand[t] / factor }
        })
        .collect();
    let mut sales_before = vec![0_usize; n + 1];
    for (t, value) in adjusted.iter().enumerate() {
        sales_before[t + 1] = sales_before[t] + usize::from(*value > 0.0);
    }
    let window = |t: usize, half: usize| (t.saturating_sub(half), (t + half + 1).min(n));
    let mut level = Vec::with_capacity(n);
    while level.len() < n {
        let mut half = half_window;
        let centre = |half: usize| (level.len() + half / 8).min(n - 1);
        let sales = |(from, to): (usize, usize)| sales_before[to] - sales_before[from];
        while half < n && sales(window(centre(half), half)) < SALES_IN_WINDOW {
            half *= 2;
        }
        let (from, to) = window(centre(half), half);
        let mean = cut_mean(adjusted[from..to].iter().copied()).unwrap_or(0.0);
        level.resize((level.len() + (half / 4).max(1)).min(n), mean);
    }
    level
}

/// Mean of demand over level by position; `None` when a position was seen too rarely to tell.
fn cut_season(demand: &[f64], level: &[f64], season_length: usize) -> Option<Vec<f64>> {
    let sales = demand.iter().filter(|y| **y > 0.0).count();
    if season_length < 2 || sales < MIN_CYCLES * season_length {
        return None;
    }
    let mut season = Vec::with_capacity(season_length);
    for position in 0..season_length {
        let at = || (position..demand.len()).step_by(season_length).filter(|t| demand[*t].is_finite());
        let count = at().count();
        let weight = at().map(|t| level[t]).sum::<f64>() / count as f64;
        let mean = cut_mean(at().map(|t| demand[t]))?;
        if count < MIN_CYCLES || weight <= 0.0 {
            return None;
        }
        season.push(mean / weight);
    }
    let mean = season.iter().sum::<f64>() / season_length as f64;
    (mean > 0.0).then(|| season.iter().map(|factor| factor / mean).collect())
}

/// Mean of the finite values, the highest tenth (one to three of them) cut to the next highest.
fn cut_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut highest = [f64::NEG_INFINITY; MAX_CUT + 1];
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values.filter(|value| value.is_finite()) {
        sum += value;
        count += 1;
        let mut carried = value;
        for place in &mut highest {
            if carried > *place {
                std::mem::swap(&mut carried, place);
            }
        }
    }
    let cut = count.div_ceil(10).min(MAX_CUT).min(count.saturating_sub(1));
    let next = highest[cut];
    let above: f64 = highest[..cut].iter().map(|value| value - next).sum();
    (count > 0).then(|| (sum - above) / count as f64)
}

/// Mean of the observed values around each period without its own; zero when there are none.
fn mean_of_others(demand: &[f64], half_window: usize) -> Vec<f64> {
    (0..demand.len())
        .map(|t| {
            let around = t.saturating_sub(half_window)..(t + half_window + 1).min(demand.len());
            let (sum, count) = around
                .filter(|s| *s != t && demand[*s].is_finite())
                .fold((0.0, 0.0_f64), |(sum, count), s| (sum + demand[s], count + 1.0));
            sum / count.max(1.0)
        })
        .collect()
}

/// Surprise beyond which a value is not of its series; infinite when the tail is too small to tell. `unit`: surprise of
/// the smallest sale.
fn tail_limit(surprise: &[f64], unit: f64) -> f64 {
    let mut sorted: Vec<f64> = surprise.iter().copied().filter(|z| z.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let n_tail = ((TAIL * sorted.len() as f64) as usize).max(TAIL_PERIODS.min(sorted.len() / 4)) + 1;
    // Not below zero: of a slow seller, only the periods with demand have a tail.
    let threshold = sorted.len().checked_sub(n_tail).map_or(0.0, |start| sorted[start].max(0.0));
    let excess: Vec<f64> = sorted.iter().map(|z| z - threshold).filter(|e| *e > 0.0).collect();
    let k = excess.len();
    if k < MIN_TAIL {
        return f64::INFINITY;
    }
    let r = (TRUSTED * k as f64).ceil() as usize;
    let scale = (excess[..r].iter().sum::<f64>() + (k - r) as f64 * excess[r - 1]) / r as f64;
    let multiple = r as f64 * ((k as f64 / FALSE_ALARMS).powf(1.0 / r as f64) - 1.0);
    // Equal counts have no spread among themselves: one piece more must stay possible.
    threshold + multiple * scale.max(unit / 3.0)
}

/// Drops suspects of which more than [`MAX_IN_EPISODE`] stand within seven observed periods.
fn drop_episodes(suspects: &mut Vec<usize>, demand: &[f64]) {
    let rank: Vec<usize> = suspects.iter().map(|t| observed_count(&demand[..*t])).collect();
    let starts_episode = |i: usize| rank.get(i + MAX_IN_EPISODE).is_some_and(|last| last - rank[i] < 7);
    let mut i = 0_usize;
    suspects.retain(|_| {
        i += 1;
        !(i.saturating_sub(MAX_IN_EPISODE + 1)..i).any(starts_episode)
    });
}

/// Whether at least half of what is unusual about a period is found one season before or after it.
fn recurs(t: usize, demand: &[f64], mean: &[f64], season_lengths: &[usize]) -> bool {
    let half = (demand[t] - mean[t]) / 2.0;
    season_lengths.iter().filter(|lag| **lag > 1).any(|lag| {
        // Feasts move within their week, years are not whole numbers of weeks.
        let slack = if *lag > 60 { lag / 50 } else { 0 };
        let near = |centre: usize| {
            let (from, to) = (centre.saturating_sub(slack), (centre + slack + 1).min(demand.len()));
            (from..to).any(|s| demand[s] - mean[s] >= half)
        };
        t.checked_sub(*lag).is_some_and(near) || near(t + lag)
    })
}

#[cfg(test)]
#[path = "outliers_tests.rs"]
mod tests;
