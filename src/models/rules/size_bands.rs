use super::Baskets;
use super::tails::ln_binomial_upper_tail;

/// Baskets grouped by how many items they hold, so that like is compared with like.
///
/// Why: where some shoppers fill a trolley and others buy one thing, any two items meet in the
/// trolleys more often than their totals suggest, and every pair looks related. Within one size the
/// effect is gone, but the opposite one appears: an item takes a place that others then cannot
/// have. Both are in the expectation used here. Sizes up to 16 form bands of their own; above, each
/// band is about 15 % wide.
#[derive(Debug, Clone)]
pub struct SizeBands {
    band_of_basket: Vec<u16>,
    bands: Vec<Band>,
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

impl SizeBands {
    /// Groups the baskets.
    pub fn new(baskets: &Baskets) -> Self {
        let number = |size: usize| -> u16 {
            if size <= 16 { size as u16 } else { 17 + ((size as f64 / 17.0).ln() / 1.15_f64.ln()).floor() as u16 }
        };
        let mut numbers: Vec<u16> = baskets.iter().map(|items| number(items.len())).collect();
        let mut used = numbers.clone();
        used.sort_unstable();
        used.dedup();
        for number in &mut numbers {
            *number = used.partition_point(|other| other < number) as u16;
        }
        let mut members: Vec<Vec<&[u32]>> = vec![Vec::new(); used.len()];
        for (items, &band) in baskets.iter().zip(&numbers) {
            members[usize::from(band)].push(items);
        }
        let mut counts = vec![0_u32; baskets.n_items() as usize];
        let bands = members.iter().map(|members| Band::new(members, &mut counts)).collect();
        Self { band_of_basket: numbers, bands }
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
        let both = f64::from(question.n_both);
        let ln_p = if both <= expected {
            0.0
        } else if both < expected + 1.0 {
            // Hoeffding's bound starts one above the mean; Markov's holds everywhere.
            (expected / both).ln()
        } else {
            ln_binomial_upper_tail(question.n_both, draws, expected / f64::from(draws))
        };
        Surprise { expected, ln_p }
    }
}

impl Band {
    /// `counts` is scratch, all zeros between calls.
    fn new(members: &[&[u32]], counts: &mut [u32]) -> Self {
        let n = members.len() as f64;
        for item in members.iter().copied().flatten() {
            counts[*item as usize] += 1;
        }
        let mut spread = 0.0;
        for item in members.iter().copied().flatten() {
            // Each item is met once per basket; the first meeting books it.
            let share = f64::from(std::mem::take(&mut counts[*item as usize])) / n;
            spread += share * (1.0 - share);
        }
        let sizes = || members.iter().map(|items| items.len() as f64);
        let mean = sizes().sum::<f64>() / n;
        let variance = sizes().map(|size| (size - mean).powi(2)).sum::<f64>() / n;
        Self {
            n: members.len() as u32,
            smallest: members.iter().map(|items| items.len()).min().unwrap_or(0) as u32,
            spread,
            size_variation: variance / (mean * mean),
        }
    }
}
