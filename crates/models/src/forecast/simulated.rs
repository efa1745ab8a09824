//! Simulated demand for tests: counts around a level with weekday, year, trend and autocorrelated noise.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// How demand is drawn, one value per day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    pub mean: f64,
    /// Variance / mean of the counts, 1 = Poisson.
    pub dispersion: f64,
    /// Whether weekdays differ (Saturday 1.9, Sunday 0.3).
    pub weekly: bool,
    /// Share by which the year moves the level up and down.
    pub yearly: f64,
    /// Growth of the logarithm per year.
    pub trend: f64,
    /// Autocorrelation from day to day and standard deviation of the logarithm of the level.
    pub noise: (f64, f64),
}

pub(crate) const PLAIN: Recipe =
    Recipe { mean: 10.0, dispersion: 1.0, weekly: false, yearly: 0.0, trend: 0.0, noise: (0.0, 0.0) };

pub(crate) const WEEK: [f64; 7] = [0.8, 0.8, 0.9, 1.0, 1.3, 1.9, 0.3];

impl Recipe {
    /// Mean per day.
    pub fn means(&self, days: usize, random: &mut Pcg64) -> Vec<f64> {
        let (phi, spread) = self.noise;
        let phase = random.random_range(0.0..std::f64::consts::TAU);
        let mut wander = spread * normal(random);
        (0..days)
            .map(|t| {
                wander = phi * wander + spread * (1.0 - phi * phi).sqrt() * normal(random);
                let year = t as f64 / 365.25;
                let week = if self.weekly { WEEK[t % 7] } else { 1.0 };
                let season = 1.0 + self.yearly * (std::f64::consts::TAU * year + phase).sin();
                self.mean * week * season * (self.trend * year + wander - spread * spread / 2.0).exp()
            })
            .collect()
    }

    pub fn draw(&self, days: usize, seed: u64) -> Vec<f64> {
        let random = &mut Pcg64::seed_from_u64(seed);
        self.means(days, random).into_iter().map(|mean| count(random, mean, self.dispersion)).collect()
    }
}

/// A standard normal number, by Box and Muller.
pub(crate) fn normal(random: &mut Pcg64) -> f64 {
    let (radius, angle): (f64, f64) = (random.random_range(1e-300..1.0), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A negative binomial count of the given mean and variance / mean, as a gamma mixture of Poisson counts.
pub(crate) fn count(random: &mut Pcg64, mean: f64, dispersion: f64) -> f64 {
    if dispersion <= 1.0 {
        return poisson(random, mean);
    }
    let rate = (dispersion - 1.0) * gamma(random, mean / (dispersion - 1.0));
    poisson(random, rate)
}

fn poisson(random: &mut Pcg64, mean: f64) -> f64 {
    if mean > 500.0 {
        return (mean + mean.sqrt() * normal(random)).round();
    }
    let (limit, mut product, mut n) = ((-mean).exp(), random.random::<f64>(), 0.0);
    while product > limit {
        product *= random.random::<f64>();
        n += 1.0;
    }
    n
}

/// A gamma number of unit scale. Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000), 363-372.
pub(crate) fn gamma(random: &mut Pcg64, shape: f64) -> f64 {
    if shape < 1.0 {
        let boost = random.random_range(1e-300..1.0_f64).powf(1.0 / shape);
        return boost * gamma(random, shape + 1.0);
    }
    let d = shape - 1.0 / 3.0;
    loop {
        let x = normal(random);
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && random.random_range(1e-300..1.0_f64).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}
