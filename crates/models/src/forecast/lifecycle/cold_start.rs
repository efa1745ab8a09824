//! The first weeks of a product, forecast from those of its siblings; and its end.

use statrs::function::gamma::ln_gamma;

use crate::forecast::distributions::{count_quantiles, gamma_quantiles};
use crate::forecast::series::{observed_count, observed_mean};

/// Weeks that a launch curve covers.
pub const LAUNCH_WEEKS: usize = 8;
/// Periods in a week of the launch curve.
const WEEK: usize = 7;
/// The curve of a product that sells at once what it will sell.
const FLAT: [f64; LAUNCH_WEEKS] = [1.0; LAUNCH_WEEKS];
/// Launches without which there is no curve.
const MIN_LAUNCHES: usize = 5;
/// Observed periods after the launch weeks from which a mature level is read.
const MIN_MATURE: usize = 28;
/// Siblings without which their spread is not believed.
const MIN_SIBLINGS: usize = 3;
/// Largest shape of the prior: siblings as alike as these need no distinction.
const LARGEST_SHAPE: f64 = 1e6;
/// Demand has ended when so many seasons (of the shortest length, at most 7 periods) brought none ...
const ENDED_SEASONS: usize = 8;
/// ... and a gap that long had less than this probability at the former rate of demand.
const ENDED_PROBABILITY: f64 = 1e-9;

/// One series of the category, at the same location.
#[derive(Clone, Copy, Debug)]
pub struct Sibling<'a> {
    /// Demand per period, oldest first; `NaN` = not observed.
    pub demand: &'a [f64],
    /// Season and promotion of its periods relative to an average period; what is missing is one.
    pub factors: &'a [f64],
    /// Whether it begins with the launch of the product (not with the data).
    pub launched: bool,
}

/// What siblings tell of a series before it has told anything itself.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryProfile {
    /// Mean of the siblings' mature levels, demand per period.
    pub level: f64,
    /// Shape α of the gamma distribution of levels; 1/√α is their coefficient of variation.
    pub shape: f64,
    /// Variance / mean of demand around its level within one series, at least one.
    pub dispersion: f64,
    /// Demand of the weeks after launch, relative to the mature level; ones when too few launches were seen.
    pub launch_curve: [f64; LAUNCH_WEEKS],
    /// Siblings with an observed period.
    pub n_siblings: usize,
    /// Launches that the curve was read from; zero when it was not.
    pub n_launches: usize,
    /// Whether demand comes in whole units.
    pub is_whole: bool,
}

impl CategoryProfile {
    /// From the siblings of one category and location; `None` when none of them ever sold.
    ///
    /// Levels λ are gamma distributed with mean m = Σy/ΣE and variance A = Σ E (y/E - m)²/ΣE · n/(n-1) - φm/Ē, where y is
    /// what a sibling sold, E its observed periods (counted by factors and launch curve) and φ the dispersion within
    /// series: the moments of Clayton and Kaldor, "Empirical Bayes estimates of age-standardized relative risks",
    /// Biometrics 43 (1987), 671-681, as weighted by Marshall, Applied Statistics 40 (1991), 283-294. Fewer than three
    /// siblings get α = 1, an exponential distribution. With five launches or more, only these give the level:
    /// newcomers differ from what survived.
    ///
    /// Launch curve: mean of week k over the mature level (from week 9 on, 28 periods at least), both weighted by
    /// 1/√level, drawn to one by the share of its variance that is noise (James-Stein).
    pub fn fit(siblings: &[Sibling]) -> Option<CategoryProfile> {
        let launches: Vec<&[f64]> = siblings.iter().filter(|sibling| sibling.launched).map(|s| s.demand).collect();
        let (launch_curve, n_launches) = launch_curve(&launches);
        let only_launches =
            launches.iter().filter(|demand| observed_count(demand) >= MIN_MATURE).count() >= MIN_LAUNCHES;
        let mut sold = Vec::new();
        let (mut squares, mut freedom) = (0.0, 0.0);
        for sibling in siblings.iter().filter(|sibling| sibling.launched || !only_launches) {
            let curve = if sibling.launched { &launch_curve } else { &FLAT };
            let exposure_at = |t: usize| factor_at(sibling.factors, t) * curve_at(curve, t);
            let (demand, exposure) = exposed(sibling.demand, exposure_at);
            if exposure <= 0.0 {
                continue;
            }
            let rate = demand / exposure;
            for (t, y) in sibling.demand.iter().enumerate().filter(|(_, y)| y.is_finite()) {
                squares += (y.max(0.0) - rate * exposure_at(t)).powi(2);
            }
            freedom += demand * (1.0 - 1.0 / observed_count(sibling.demand) as f64);
            sold.push((demand, exposure));
        }
        let (demand, exposure) = sold.iter().fold((0.0, 0.0), |sum, (y, e)| (sum.0 + y, sum.1 + e));
        if demand <= 0.0 {
            return None;
        }
        let (n, level) = (sold.len() as f64, demand / exposure);
        let dispersion = if freedom > 0.0 { (squares / freedom).max(1.0) } else { 1.0 };
        let between = sold.iter().map(|(y, e)| e * (y / e - level).powi(2)).sum::<f64>() / exposure * n / (n - 1.0);
        let variance = between - dispersion * level * n / exposure;
        let shape = if sold.len() < MIN_SIBLINGS {
            1.0
        } else if variance > level * level / LARGEST_SHAPE {
            level * level / variance
        } else {
            LARGEST_SHAPE
        };
        let is_whole = siblings.iter().flat_map(|s| s.demand).all(|y| !y.is_finite() || y.fract() == 0.0);
        Some(CategoryProfile { level, shape, dispersion, launch_curve, n_siblings: sold.len(), n_launches, is_whole })
    }
}

/// Demand of a new series, per period and as running totals from the first period ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct ColdStart {
    /// Mean demand per period ahead.
    pub mean: Vec<f64>,
    /// Variance / mean of the demand of a period, the level's uncertainty included.
    pub dispersion: Vec<f64>,
    /// Variance / mean of the running totals.
    pub total_dispersion: Vec<f64>,
    /// Estimated mature level, demand per period of factor one.
    pub level: f64,
    /// Share of the estimate that comes from the series' own demand, 0 (none yet) to 1.
    pub weight_own: f64,
    /// Whether demand comes in whole units.
    pub is_whole: bool,
}

impl ColdStart {
    /// Quantiles per period ahead: one row per period, one value per level.
    pub fn quantiles(&self, levels: &[f64]) -> Vec<Vec<f64>> {
        self.mean.iter().zip(&self.dispersion).map(|(mean, ratio)| self.spread(*mean, *ratio, levels)).collect()
    }

    /// Quantiles of the running totals: row h is the demand of the first h + 1 periods together.
    pub fn total_quantiles(&self, levels: &[f64]) -> Vec<Vec<f64>> {
        let totals = self.mean.iter().scan(0.0, |total, mean| {
            *total += mean;
            Some(*total)
        });
        totals.zip(&self.total_dispersion).map(|(mean, ratio)| self.spread(mean, *ratio, levels)).collect()
    }

    fn spread(&self, mean: f64, ratio: f64, levels: &[f64]) -> Vec<f64> {
        if self.is_whole {
            count_quantiles(mean, ratio * mean, levels)
        } else {
            gamma_quantiles(mean, ratio * mean, levels)
        }
    }
}

/// Forecast of a series with few periods of its own, or none.
///
/// `own`: demand since launch, oldest first, `NaN` = not observed. `factors`: season and promotion relative to an average
/// period, for the periods of `own` and then those ahead; what is missing is one
/// ([`crate::forecast::counts::GroupProfile::factors`] gives the season of the category).
///
/// With exposures e = factor x launch curve, the level's posterior is gamma with shape α + Y/φ and rate β + E/φ, where
/// Y = Σ own, E = Σ e over its observed periods and β = α / m (Gelman et al., "Bayesian Data Analysis" (3rd ed., 2013),
/// section 2.6; demand with dispersion φ tells a φ-th of what Poisson demand tells). So its mean is
/// w Y/E + (1 - w) m with w = E / (E + φβ). Demand ahead has mean λe and variance/mean = φ + e/(β + E/φ); totals sum e
/// first, because an error of the level is the same on all days. With φ = 1 this is the exact negative binomial predictive.
///
/// ```
/// use nightclerk_models::forecast::lifecycle::{CategoryProfile, cold_start};
/// // Levels with mean 2 and shape 4; ten days sold 40.
/// let profile = CategoryProfile {
///     level: 2.0, shape: 4.0, dispersion: 1.0, launch_curve: [1.0; 8], n_siblings: 9, n_launches: 0, is_whole: true,
/// };
/// let forecast = cold_start(&[4.0; 10], &profile, &[], 3);
/// assert_eq!(forecast.weight_own, 10.0 / 12.0);
/// assert_eq!(forecast.mean, vec![44.0 / 12.0; 3]);
/// assert_eq!(forecast.total_quantiles(&[0.5, 0.95])[2], vec![11.0, 17.0]);
/// ```
pub fn cold_start(own: &[f64], profile: &CategoryProfile, factors: &[f64], horizon: usize) -> ColdStart {
    let exposure = |t: usize| factor_at(factors, t) * curve_at(&profile.launch_curve, t);
    let (sold, exposed) = exposed(own, exposure);
    let dispersion = profile.dispersion.max(1.0);
    let shape = believed_shape(profile, sold / dispersion, exposed / dispersion);
    let rate = shape / profile.level + exposed / dispersion;
    let level = (shape + sold / dispersion) / rate;
    let ahead: Vec<f64> = (own.len()..own.len() + horizon).map(exposure).collect();
    let totals = ahead.iter().scan(0.0, |total, e| {
        *total += e;
        Some(dispersion + *total / rate)
    });
    ColdStart {
        total_dispersion: totals.collect(),
        mean: ahead.iter().map(|e| level * e).collect(),
        dispersion: ahead.iter().map(|e| dispersion + e / rate).collect(),
        level,
        weight_own: exposed / dispersion / rate,
        is_whole: profile.is_whole && own.iter().all(|y| !y.is_finite() || y.fract() == 0.0),
    }
}

/// The shape of the prior as the series' own demand leaves it. Siblings that are all alike say little about one that is not: where its own
/// demand is far likelier under a wider prior, it is one of a kind (the wider one has a probability of a fiftieth before).
fn believed_shape(profile: &CategoryProfile, sold: f64, exposed: f64) -> f64 {
    let expected = profile.level * exposed;
    // Of so much demand, from a gamma distribution of levels with this shape: see `RatioPrior`.
    let log_likelihood = |shape: f64| {
        ln_gamma(shape + sold) - ln_gamma(shape) - shape * (expected / shape).ln_1p() - sold * (shape + expected).ln()
    };
    let is_unlike = |wide: f64| log_likelihood(wide) - log_likelihood(profile.shape) > UNLIKE;
    WIDE_SHAPES.into_iter().filter(|wide| *wide < profile.shape && is_unlike(*wide)).fold(profile.shape, f64::min)
}

/// Shapes of wider priors.
const WIDE_SHAPES: [f64; 2] = [10.0, 1.0];
/// Logarithm of how many times likelier own demand must be under one of them.
const UNLIKE: f64 = 4.0;

/// Index of the last sale when the periods since are too many to be chance; `None` when demand goes on or never was.
///
/// At least eight of the shortest seasons (at most 7 periods each) without demand, whose probability (1 - p)^gap is below
/// 1e-9 at the former share p of periods with demand: in a shop of 100,000 products looked at every night, a false end is
/// then rare even where sales cluster more than chance would have it. A product of the season is spared: its demand has
/// not ended when a long season (above 30 periods) ago the coming `horizon` periods had some.
///
/// ```
/// use nightclerk_models::forecast::lifecycle::ended;
/// let mut demand = vec![2.0; 100];
/// demand.extend([0.0; 60]);
/// assert_eq!(ended(&demand, &[7], 28), Some(99));
/// assert_eq!(ended(&demand[..120], &[7], 28), None); // twenty days: too early to tell
/// ```
pub fn ended(demand: &[f64], season_lengths: &[usize], horizon: usize) -> Option<usize> {
    let has_demand = |y: &f64| y.is_finite() && *y > 0.0;
    let last = demand.iter().rposition(has_demand)?;
    let gap = observed_count(&demand[last + 1..]);
    let shortest = season_lengths.iter().copied().filter(|m| *m > 1).min().unwrap_or(7).min(7);
    if gap < ENDED_SEASONS * shortest {
        return None;
    }
    let before = &demand[..=last];
    // The last sale ends the stretch by definition: (sales - 1) / (periods - 1) estimates the rate without bias.
    let sales = before.iter().filter(|y| has_demand(y)).count() - 1;
    let rate = sales as f64 / observed_count(before).saturating_sub(1).max(1) as f64;
    let probability = (1.0 - rate).powf(gap as f64);
    let n = demand.len();
    let sold_a_season_ago = season_lengths
        .iter()
        .filter(|m| **m > 30 && **m <= n)
        .any(|m| demand[n - m..(n - m + horizon).min(n)].iter().any(has_demand));
    (probability < ENDED_PROBABILITY && !sold_a_season_ago).then_some(last)
}

/// Demand and exposure summed over the observed periods.
fn exposed(demand: &[f64], exposure: impl Fn(usize) -> f64) -> (f64, f64) {
    let observed = demand.iter().enumerate().filter(|(_, y)| y.is_finite());
    observed.fold((0.0, 0.0), |(sold, sum), (t, y)| (sold + y.max(0.0), sum + exposure(t)))
}

/// Factor of period `t`, not negative; one where none is given.
fn factor_at(factors: &[f64], t: usize) -> f64 {
    factors.get(t).filter(|factor| factor.is_finite()).map_or(1.0, |factor| factor.max(0.0))
}

/// Factor of a launch curve `t` periods after the launch.
fn curve_at(curve: &[f64; LAUNCH_WEEKS], t: usize) -> f64 {
    curve.get(t / WEEK).copied().unwrap_or(1.0)
}

/// The launch curve, and how many launches it was read from.
fn launch_curve(launches: &[&[f64]]) -> ([f64; LAUNCH_WEEKS], usize) {
    let mean = |demand: &[f64]| observed_mean(demand).max(0.0);
    let seen: Vec<(&[f64], f64)> = launches
        .iter()
        .filter_map(|demand| demand.split_at_checked(LAUNCH_WEEKS * WEEK))
        .filter(|(_, mature)| observed_count(mature) >= MIN_MATURE && mean(mature) > 0.0)
        .map(|(launch, mature)| (launch, mean(mature)))
        .collect();
    if seen.len() < MIN_LAUNCHES {
        return (FLAT, 0);
    }
    let (mut curve, mut noise) = (FLAT, 0.0);
    for (k, factor) in curve.iter_mut().enumerate() {
        // One over the root: between a vote per product and a vote per unit.
        let weeks: Vec<(f64, f64)> = seen
            .iter()
            .map(|(launch, mature)| (observed_mean(&launch[k * WEEK..(k + 1) * WEEK]).max(0.0), *mature))
            .filter(|(week, _)| week.is_finite())
            .map(|(week, mature)| (week / mature.sqrt(), mature.sqrt()))
            .collect();
        let (week, mature) = weeks.iter().fold((0.0, 0.0), |sum, (week, mature)| (sum.0 + week, sum.1 + mature));
        if mature > 0.0 {
            *factor = week / mature;
            let squares: f64 = weeks.iter().map(|(week, mature)| (week - *factor * mature).powi(2)).sum();
            noise += squares / mature.powi(2) / LAUNCH_WEEKS as f64;
        }
    }
    let variance = curve.iter().map(|factor| (factor - 1.0).powi(2)).sum::<f64>() / LAUNCH_WEEKS as f64;
    let kept = if variance > noise { 1.0 - noise / variance } else { 0.0 };
    (curve.map(|factor| 1.0 + kept * (factor - 1.0)), seen.len())
}

#[cfg(test)]
#[path = "cold_start_tests.rs"]
mod tests;
