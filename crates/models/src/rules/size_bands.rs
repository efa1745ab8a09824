use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Baskets;
use super::tails::{ln_binomial_upper_tail, ln_tail_of_draws};

/// Baskets grouped by how many items they hold, so that like is compared with like.
///
/// Why: where some shoppers fill a trolley and others buy one thing, any two items meet in the
/// trolleys more often than their totals suggest, and every pair looks related. Within one size the
/// effect is gone, but the opposite one appears: an item takes a place that others then cannot
/// have. Both are in the expectation used here. Sizes up to 16 form bands of their own; above, each
/// band is about 15 % wide.
#[derive(Debug, Clone)]
pub struct SizeBands {
    /// Of each basket; empty where they were made from a tally.
    band_of_basket: Vec<u16>,
    bands: Vec<Band>,
}

/// Baskets counted by size, and by item and band of size: all that [`SizeBands`] need of them. Counts of several spans of days add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeTally {
    /// Baskets of each size.
    sizes: BTreeMap<u32, u32>,
    /// Baskets with an item, by band, item after item.
    by_item: Vec<Vec<u32>>,
}

#[derive(Debug, Clone, Default)]
struct Band {
    n: u32,
    smallest: u32,
    /// `Σ π (1 - π)` over the items, `π` their share of the band's baskets.
    spread: f64,
    /// Squared coefficient of variation of size within the band.
    size_variation: f64,
}

/// How often two things should meet, and how surprising it is that they met so often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Surprise {
    pub(super) expected: f64,
    pub(super) ln_p: f64,
}

/// Per-band counts of one question: do baskets of `group` that hold `a` hold `b` more often?
pub(super) struct BandCounts<'a> {
    /// Baskets asked about; `None` for all.
    pub(super) group: Option<&'a [u32]>,
    /// Items that every basket of the group holds anyway.
    pub(super) n_held: u32,
    pub(super) a: &'a [u32],
    pub(super) b: &'a [u32],
    pub(super) n_both: u32,
}

impl SizeTally {
    /// Of baskets.
    pub fn of(baskets: &Baskets) -> Self {
        let parts: Vec<Self> = (0..baskets.n_baskets())
            .into_par_iter()
            .with_min_len(COUNTED_TOGETHER)
            .fold(Self::default, |mut tally, number| {
                tally.change(baskets.n_items(), std::iter::once(baskets.basket(number)), |count| count + 1);
                tally
            })
            .collect();
        parts.into_iter().reduce(Self::merged).unwrap_or_default()
    }

    /// Counts more baskets.
    pub fn add(&mut self, baskets: &Baskets) {
        self.change(baskets.n_items(), baskets.iter(), |count| count + 1);
    }

    /// Takes baskets out that were counted before.
    pub fn remove(&mut self, baskets: &Baskets) {
        self.change(baskets.n_items(), baskets.iter(), |count| count.saturating_sub(1));
        self.sizes.retain(|_, baskets| *baskets > 0);
    }

    /// Both together.
    fn merged(mut self, other: Self) -> Self {
        for (size, baskets) in other.sizes {
            *self.sizes.entry(size).or_default() += baskets;
        }
        for (item, by_band) in other.by_item.into_iter().enumerate() {
            let known = &mut self.by_item[item];
            if known.len() < by_band.len() {
                known.resize(by_band.len(), 0);
            }
            for (known, baskets) in known.iter_mut().zip(by_band) {
                *known += baskets;
            }
        }
        self
    }

    fn change<'b>(&mut self, n_items: u32, baskets: impl Iterator<Item = &'b [u32]>, step: impl Fn(u32) -> u32) {
        if self.by_item.len() < n_items as usize {
            self.by_item.resize(n_items as usize, Vec::new());
        }
        for items in baskets {
            let size = self.sizes.entry(items.len() as u32).or_default();
            *size = step(*size);
            let band = band_of_size(items.len());
            for item in items {
                let by_band = &mut self.by_item[*item as usize];
                if by_band.len() <= band {
                    by_band.resize(band + 1, 0);
                }
                by_band[band] = step(by_band[band]);
            }
        }
    }

    /// Baskets.
    pub fn n_baskets(&self) -> u32 {
        self.sizes.values().sum()
    }

    /// In how many baskets each item stands.
    pub fn item_counts(&self) -> Vec<u32> {
        self.by_item.iter().map(|by_band| by_band.iter().sum()).collect()
    }

    /// Of one item, by band of [`SizeBands::from_tally`].
    pub(super) fn by_band(&self, item: u32, bands: &SizeBands) -> Box<[u32]> {
        let known = &self.by_item[item as usize];
        (0..bands.len()).map(|band| known.get(band).copied().unwrap_or(0)).collect()
    }
}

/// Baskets that one thread counts at least: fewer are not worth the sum.
const COUNTED_TOGETHER: usize = 65_536;

/// The number of the band of baskets of a size: sizes up to 16 by themselves, above in steps of 15 %.
fn band_of_size(size: usize) -> usize {
    if size <= 16 { size } else { 17 + ((size as f64 / 17.0).ln() / 1.15_f64.ln()).floor() as usize }
}

impl SizeBands {
    /// Groups the baskets.
    pub fn new(baskets: &Baskets) -> Self {
        let band_of_basket = baskets.iter().map(|items| band_of_size(items.len()) as u16).collect();
        Self { band_of_basket, ..Self::from_tally(&SizeTally::of(baskets)) }
    }

    /// The bands of the baskets counted; which basket lies in which is not known.
    pub fn from_tally(tally: &SizeTally) -> Self {
        let n_bands = tally.sizes.keys().next_back().map_or(0, |largest| band_of_size(*largest as usize) + 1);
        let mut sizes: Vec<Vec<(u32, u32)>> = vec![Vec::new(); n_bands];
        for (&size, &baskets) in &tally.sizes {
            sizes[band_of_size(size as usize)].push((size, baskets));
        }
        let bands = sizes.iter().enumerate().map(|(band, sizes)| Band::new(sizes, band, tally)).collect();
        Self { band_of_basket: Vec::new(), bands }
    }

    /// Number of bands.
    pub fn len(&self) -> usize {
        self.bands.len()
    }

    /// Whether there are no baskets at all.
    pub fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    pub(super) fn band_of(&self, basket: u32) -> u16 {
        self.band_of_basket[basket as usize]
    }

    /// Tests "no more often than basket size explains", one-sided.
    ///
    /// Expectation: per band `N π_a π_b (1 - (1-π_a)(1-π_b)(1/d - v))`, with `d = Σ π(1-π)` less
    /// the items held anyway and `v` the squared variation of size: Hajek's second-order inclusion
    /// probability for draws of fixed size (Hajek 1964, *Ann. Math. Statist.* 35:1491), and the
    /// plain Mantel-Haenszel expectation `N π_a π_b` as baskets grow large.
    ///
    /// p-value: given the margins of each band, the number that meet is a sum of independent
    /// (non-central) hypergeometric counts, hence of independent yes/no draws (Vatutin & Mikhailov
    /// 1982), and its tail above the mean is at most that of a binomial with the same mean and as
    /// many draws (Hoeffding 1956, *Ann. Math. Statist.* 27:713). The bound is valid at any
    /// sparsity; the normal approximation of the Mantel-Haenszel test is not: 20 meetings where 5
    /// are expected give it 4e-11, while the exact tail is 3e-7, and a search over 10⁸ pairs turns
    /// on such numbers. The price is some power where
    /// both items stand in more than a fifth of all baskets.
    pub(super) fn surprise(&self, question: &BandCounts<'_>) -> Surprise {
        let (expected, draws) = self.chance(question);
        Surprise { expected, ln_p: ln_tail_of_draws(question.n_both, expected, draws) }
    }

    /// Tests "at least a share `tolerated` of what basket size explains", one-sided: the other tail of [`SizeBands::surprise`], with the
    /// same bound.
    pub(super) fn lack(&self, question: &BandCounts<'_>, tolerated: f64) -> Surprise {
        let (expected, draws) = self.chance(question);
        let enough = tolerated * expected;
        let ln_p = if f64::from(question.n_both) > enough - 1.0 {
            0.0
        } else {
            ln_binomial_upper_tail(draws - question.n_both, draws, 1.0 - enough / f64::from(draws))
        };
        Surprise { expected, ln_p }
    }

    /// Mean number of meetings, and of how many yes-or-no draws it is the mean.
    fn chance(&self, question: &BandCounts<'_>) -> (f64, u32) {
        let (mut expected, mut draws) = (0.0, 0_u32);
        for (index, band) in self.bands.iter().enumerate() {
            let n = question.group.map_or(band.n, |group| group[index]);
            let (a, b) = (question.a[index], question.b[index]);
            let fewest = a.min(b);
            let full = band.size_variation == 0.0 && band.smallest < question.n_held + 2;
            if fewest == 0 || full {
                continue;
            }
            let (n, a, b) = (f64::from(n), f64::from(a), f64::from(b));
            let (share_a, share_b) = (a / n, b / n);
            let free = (1.0 - share_a) * (1.0 - share_b);
            let places = (band.spread - f64::from(question.n_held)).max(0.5);
            let crowding = 1.0 - free * (1.0 / places - band.size_variation);
            let least = (a + b - n).max(0.0);
            expected += (a * share_b * crowding).clamp(least, f64::from(fewest));
            draws += fewest;
        }
        (expected, draws)
    }
}

impl Band {
    /// `sizes`: the sizes in the band, ascending, each with its number of baskets.
    fn new(sizes: &[(u32, u32)], band: usize, tally: &SizeTally) -> Self {
        let baskets: u32 = sizes.iter().map(|(_, baskets)| baskets).sum();
        let n = f64::from(baskets);
        if baskets == 0 {
            return Self::default();
        }
        // Whole numbers until the end: the sum must not depend on how items are numbered.
        let counts = tally.by_item.iter().filter_map(|by_band| by_band.get(band)).map(|count| u128::from(*count));
        let spread = counts.map(|count| count * (u128::from(baskets) - count)).sum::<u128>() as f64 / (n * n);
        let each = || sizes.iter().map(|(size, baskets)| (f64::from(*size), f64::from(*baskets)));
        let mean = each().map(|(size, baskets)| size * baskets).sum::<f64>() / n;
        let variance = each().map(|(size, baskets)| baskets * (size - mean).powi(2)).sum::<f64>() / n;
        Self {
            n: baskets,
            smallest: sizes.first().map_or(0, |(size, _)| *size),
            spread,
            size_variation: variance / (mean * mean),
        }
    }
}
