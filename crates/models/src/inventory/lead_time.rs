//! How long a supplier takes, as observed.

use std::collections::BTreeMap;

/// Fewest deliveries from which a distribution is taken; below it the supplier's quote is preferred.
const ENOUGH_DELIVERIES: usize = 5;
/// Share of deliveries that have arrived within the planning lead time.
const PLANNING_SHARE: f64 = 0.9;
/// An order that has waited this many times the longest lead time seen is not believed in any more ...
const PATIENCE: u32 = 2;
/// ... nor, of a fast supplier, one that has waited so many days longer than that.
const LEAST_PATIENCE_DAYS: u32 = 14;

/// Where a lead time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadTimeSource {
    /// Five or more observed deliveries.
    Observed,
    /// The supplier's quoted lead time: fewer than five deliveries were seen.
    Quoted,
    /// Fewer than five deliveries and no quote: what little was seen.
    FewObserved,
}

/// Fewest order days that a new lead time is believed from, and fewest that it is compared with.
const FEWEST_NEW: usize = 6;
const FEWEST_OLD: usize = 10;
/// Most order days before a change that it is compared with.
const MOST_OLD: usize = 60;
/// How far apart old and new ranks have to lie, in standard deviations.
const CHANGED: f64 = 3.5;

/// Days from order date to receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadTime {
    /// Mean, in days.
    pub mean_days: f64,
    /// Standard deviation (divisor `n - 1`; 0 below two observations), in days.
    pub sd_days: f64,
    /// Half of the deliveries came within so many days: when an order is expected.
    pub median_days: u32,
    /// Planning lead time: smallest number of days within which at least 90 % of the deliveries came. Dates shown to people
    /// use it; the order quantity uses the whole distribution.
    pub planning_days: u32,
    /// Deliveries seen, whether used or not.
    pub n_observed: usize,
    /// Where the figures come from.
    pub source: LeadTimeSource,
    /// Distinct days and their shares, ascending; shares sum to 1.
    pub distribution: Vec<(u32, f64)>,
}

impl LeadTime {
    /// Lead time from observed deliveries, with a stated fallback.
    ///
    /// Five or more deliveries: their distribution. Fewer: the supplier's quoted days, if there is a quote, else the few there are.
    /// Neither: `None`; the caller reports that the product cannot be planned rather than inventing a lead time.
    /// Open orders are not deliveries, so long lead times are a little under-represented.
    ///
    /// ```
    /// use nightclerk_models::inventory::LeadTime;
    /// let lead_time = LeadTime::from_deliveries(&[2, 3, 3, 3, 9], Some(3)).unwrap();
    /// assert_eq!((lead_time.mean_days, lead_time.planning_days), (4.0, 9));
    /// ```
    pub fn from_deliveries(days: &[u32], quoted_days: Option<u32>) -> Option<Self> {
        let quoted = quoted_days.map(|quote| vec![quote]);
        let (used, source) = match (days.len() >= ENOUGH_DELIVERIES, quoted) {
            (true, _) => (days.to_vec(), LeadTimeSource::Observed),
            (false, Some(quote)) => (quote, LeadTimeSource::Quoted),
            (false, None) if !days.is_empty() => (days.to_vec(), LeadTimeSource::FewObserved),
            (false, None) => return None,
        };
        let n = used.len() as f64;
        let mean_days = used.iter().map(|&day| f64::from(day)).sum::<f64>() / n;
        let squares: f64 = used.iter().map(|&day| (f64::from(day) - mean_days).powi(2)).sum();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for day in used {
            *counts.entry(day).or_default() += 1;
        }
        let distribution: Vec<(u32, f64)> =
            counts.into_iter().map(|(day, count)| (day, f64::from(count) / n)).collect();
        Some(Self {
            mean_days,
            sd_days: if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 },
            median_days: quantile(&distribution, 0.5),
            planning_days: quantile(&distribution, PLANNING_SHARE),
            n_observed: days.len(),
            source,
            distribution,
        })
    }

    /// Days after its date from which on an order that has not come no longer counts as on its way: twice the longest lead time
    /// seen, and at least two weeks more than that. Books are rarely closed: what never came would stop orders for good.
    ///
    /// ```
    /// use nightclerk_models::inventory::LeadTime;
    /// let days = |seen: &[u32]| LeadTime::from_deliveries(seen, None).unwrap().patience_days();
    /// assert_eq!((days(&[2, 3, 3, 3, 9]), days(&[60, 70, 65, 62, 90])), (23, 180));
    /// ```
    pub fn patience_days(&self) -> u32 {
        let longest = self.distribution.last().map_or(0, |(days, _)| *days);
        longest.saturating_mul(PATIENCE).max(longest.saturating_add(LEAST_PATIENCE_DAYS))
    }
}

/// Where the newest lead times begin to be others than those before: `days` holds one lead time per order day, oldest first.
///
/// The last 6, 8, 11, ... order days are compared with up to 60 before them by the rank-sum test (Wilcoxon 1945; normal approximation,
/// corrected for ties); where the largest distance reaches 3.5 standard deviations, what is older says nothing of the orders to come.
///
/// ```
/// use nightclerk_models::inventory::lead_time_change;
/// let mut days = vec![3.0, 4.0].repeat(20);
/// assert_eq!(lead_time_change(&days), None);
/// days.extend([20.0; 6]);
/// assert_eq!(lead_time_change(&days), Some(40));
/// ```
pub fn lead_time_change(days: &[f64]) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    let mut newest = FEWEST_NEW;
    while newest + FEWEST_OLD <= days.len() {
        let start = days.len() - newest;
        let distance = rank_distance(&days[start.saturating_sub(MOST_OLD)..start], &days[start..]);
        if distance >= CHANGED && best.is_none_or(|(known, _)| distance > known) {
            best = Some((distance, start));
        }
        newest = (newest * 4).div_ceil(3);
    }
    best.map(|(_, start)| start)
}

/// How many standard deviations the rank sum of `new` lies from what it is where both come from one distribution.
fn rank_distance(old: &[f64], new: &[f64]) -> f64 {
    let (n_old, n_new) = (old.len() as f64, new.len() as f64);
    let n = n_old + n_new;
    let mut all: Vec<(f64, bool)> =
        old.iter().map(|days| (*days, false)).chain(new.iter().map(|days| (*days, true))).collect();
    all.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|left, right| left.0 == right.0) {
        let size = group.len() as f64;
        let rank = before + f64::midpoint(size, 1.0);
        rank_sum += rank * group.iter().filter(|(_, is_new)| *is_new).count() as f64;
        ties += size.powi(3) - size;
        before += size;
    }
    let variance = n_old * n_new / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 { 0.0 } else { (rank_sum - n_new * (n + 1.0) / 2.0).abs() / variance.sqrt() }
}

/// Smallest number of days within which at least `share` (0..=1) of the deliveries came.
fn quantile(distribution: &[(u32, f64)], share: f64) -> u32 {
    let mut reached = 0.0;
    for &(day, weight) in distribution {
        reached += weight;
        if reached >= share - 1e-12 {
            return day;
        }
    }
    distribution.last().map_or(0, |&(day, _)| day)
}
