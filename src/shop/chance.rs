//! Chance: one independent stream of random numbers per purpose and key, so that any part of the shop can be made again
//! without making the rest.

use rand::Rng;
use rand_distr::{Distribution, Gamma, Poisson, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// What a stream of random numbers is for; the number is part of the seed, so it never changes.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum Stream {
    Categories = 1,
    Products = 2,
    Suppliers = 3,
    Prices = 4,
    Promotions = 5,
    Levels = 6,
    Affinity = 7,
    Customers = 8,
    Campaigns = 9,
    Treatment = 10,
    Demand = 11,
    Weather = 12,
    Baskets = 13,
    LeadTimes = 14,
    Habit = 15,
    Experiments = 16,
    Troubles = 17,
}

/// The generator of `stream` for these keys: splitmix64 (Steele, Lea & Flood 2014) folds seed, stream and keys into
/// the 128-bit state of a PCG.
pub(super) fn rng(seed: u64, stream: Stream, keys: [u64; 3]) -> Pcg64Mcg {
    let mut state = mix(seed ^ mix(stream as u64));
    for key in keys {
        state = mix(state ^ mix(key.wrapping_add(0x9e37_79b9_7f4a_7c15)));
    }
    Pcg64Mcg::new((u128::from(state) << 64) | u128::from(mix(state)))
}

/// A 64-bit key for a text (FNV-1a).
pub(super) fn key_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A key for a day, which may lie before 1970.
pub(super) const fn day_key(day: i32) -> u64 {
    day as i64 as u64
}

/// A draw from the normal distribution.
pub(super) fn normal(rng: &mut impl Rng, mean: f64, deviation: f64) -> f64 {
    let standard: f64 = StandardNormal.sample(rng);
    mean + deviation * standard
}

/// A log-normal draw with mean 1 whose logarithm has this standard deviation.
pub(super) fn log_normal(rng: &mut impl Rng, sigma: f64) -> f64 {
    normal(rng, -sigma * sigma / 2.0, sigma).exp()
}

/// A Poisson draw; 0 for a mean that is not above 0.
pub(super) fn poisson(rng: &mut impl Rng, mean: f64) -> u32 {
    Poisson::new(mean).map_or(0, |distribution| distribution.sample(rng) as u32)
}

/// A negative binomial draw with variance `mean + mean^2 / shape`: a Poisson whose mean is gamma distributed.
pub(super) fn negative_binomial(rng: &mut impl Rng, mean: f64, shape: f64) -> u32 {
    Gamma::new(shape, mean / shape).map_or(0, |gamma| {
        let rate = gamma.sample(rng);
        poisson(rng, rate)
    })
}

/// Whether something of this probability happens.
pub(super) fn happens(rng: &mut impl Rng, probability: f64) -> bool {
    rng.random::<f64>() < probability
}

/// A uniform draw from `low..high`.
pub(super) fn between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Draws positions in proportion to their weights.
#[derive(Debug)]
pub(super) struct Weighted {
    cumulated: Vec<f64>,
}

impl Weighted {
    pub(super) fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut total = 0.0;
        let cumulated = weights
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Self { cumulated }
    }

    pub(super) fn total(&self) -> f64 {
        self.cumulated.last().copied().unwrap_or(0.0)
    }

    /// A position; `None` when all weights are 0.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Option<usize> {
        let total = self.total();
        if total <= 0.0 {
            return None;
        }
        let at = rng.random::<f64>() * total;
        Some(self.cumulated.partition_point(|&upper| upper <= at).min(self.cumulated.len() - 1))
    }
}

const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
