//! What a fitted form says of the future, and how it takes in a new period.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

use super::{ErrorKind, FittedEts};
use crate::forecast::seasonal_adjustment::SeasonKind;

/// A multiplicative shock never takes more than this share of the mean away, so that simulated demand stays positive.
const LARGEST_LOSS: f64 = 0.99;

/// Level, slope and season while they move; borrowed by forecasts and simulations alike.
#[derive(Clone)]
struct Moving<'a> {
    model: &'a FittedEts,
    level: f64,
    slope: f64,
    season: Vec<f64>,
    position: usize,
}

impl FittedEts {
    /// Mean of each of the next `horizon` periods, in units of demand; may be negative for additive forms.
    ///
    /// μ_h = l + (φ + ... + φ^h) b, plus or times the season of that position (the book, table 2.1).
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut base = self.level;
        let mut slope = self.slope;
        (0..horizon)
            .map(|ahead| {
                slope *= self.phi;
                base += slope;
                self.with_season(base, ahead)
            })
            .collect()
    }

    /// Forecast variance of each of the next `horizon` periods, in squared units of demand; parameters taken as known.
    ///
    /// With c_j the effect of an error on the mean j periods later (c_j = α + β (φ + ... + φ^j), plus γ when j is a
    /// multiple of the season length): σ² (1 + Σ_{j<h} c_j²) for additive errors; for multiplicative ones θ_h (1 + σ²) - μ_h²
    /// with θ_h = μ_h² + σ² Σ_{j<h} c_j² θ_{h-j} (the book, tables 6.2 and 6.3). Multiplicative seasons: the approximation of
    /// the book's section 6.4.3, s² [θ_h (1 + σ²) (1 + γ²σ²)^k - μ_h²] with μ and θ without season and k = ⌊(h-1)/m⌋; with
    /// additive errors, the effects along the mean path.
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        match (self.form.error, self.form.season) {
            (ErrorKind::Additive, SeasonKind::Multiplicative) => self.variance_along_mean(horizon),
            (ErrorKind::Additive, _) => {
                let mut total = 1.0;
                self.effects(horizon)
                    .into_iter()
                    .map(|effect| {
                        let now = self.sigma2 * total;
                        total += effect * effect;
                        now
                    })
                    .collect()
            }
            (ErrorKind::Multiplicative, _) => self.variance_relative(horizon),
        }
    }

    /// `n_paths` simulated futures of `horizon` periods, from Gaussian errors; the same seed gives the same paths.
    ///
    /// Sums over a lead time keep the dependence between periods: add up each path first, then take quantiles. Multiplicative
    /// errors below -0.99 are raised to it.
    pub fn paths(&self, horizon: usize, n_paths: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut random = Pcg64::seed_from_u64(seed);
        let deviation = self.sigma2.max(0.0).sqrt();
        let multiplicative = self.form.error == ErrorKind::Multiplicative;
        (0..n_paths)
            .map(|_| {
                let mut moving = Moving::of(self);
                (0..horizon)
                    .map(|_| {
                        let normal: f64 = StandardNormal.sample(&mut random);
                        let shock = normal * deviation;
                        let mean = moving.mean();
                        let value = if multiplicative { mean * (1.0 + shock.max(-LARGEST_LOSS)) } else { mean + shock };
                        moving.take(value);
                        value
                    })
                    .collect()
            })
            .collect()
    }

    /// Takes in the next period without fitting again; `NaN` or infinite = not observed, the states move by their
    /// expectation. Constant time.
    ///
    /// ```
    /// use nightclerk_models::forecast::ets;
    /// let mut model = ets::fit(&[10.0, 12.0, 11.0, 9.0, 10.0, 12.0, 11.0, 10.0], 1, &ets::Options::default())?;
    /// let before = model.forecast(1)[0];
    /// model.update(before + 4.0);
    /// assert!((model.forecast(1)[0] - (before + 4.0 * model.alpha)).abs() < 1e-9);
    /// # Ok::<(), nightclerk_models::forecast::MethodError>(())
    /// ```
    pub fn update(&mut self, demand: f64) {
        let season = std::mem::take(&mut self.season);
        let mut moving = Moving::of_state(self, season);
        moving.take(demand);
        let Moving { level, slope, season, position, .. } = moving;
        (self.level, self.slope, self.season, self.position) = (level, slope, season, position);
    }

    fn with_season(&self, base: f64, ahead: usize) -> f64 {
        match self.form.season {
            SeasonKind::None => base,
            SeasonKind::Additive => base + self.season[(self.position + ahead) % self.season.len()],
            SeasonKind::Multiplicative => base * self.season[(self.position + ahead) % self.season.len()],
        }
    }

    /// c_1 .. c_h for additive and absent seasons, without γ for multiplicative ones.
    fn effects(&self, horizon: usize) -> Vec<f64> {
        let season_length = if self.form.season == SeasonKind::Additive { self.season.len() } else { 0 };
        let (mut reach, mut power) = (0.0, 1.0);
        (1..=horizon)
            .map(|j| {
                power *= self.phi;
                reach += power;
                let repeated = season_length > 0 && j % season_length == 0;
                self.alpha + self.beta * reach + if repeated { self.gamma } else { 0.0 }
            })
            .collect()
    }

    fn variance_relative(&self, horizon: usize) -> Vec<f64> {
        let multiplicative_season = self.form.season == SeasonKind::Multiplicative;
        let effects = self.effects(horizon);
        let mut theta: Vec<f64> = Vec::with_capacity(horizon);
        let (mut base, mut slope) = (self.level, self.slope);
        (0..horizon)
            .map(|ahead| {
                slope *= self.phi;
                base += slope;
                let mean = if multiplicative_season { base } else { self.with_season(base, ahead) };
                let carried: f64 = (0..ahead).map(|j| effects[j] * effects[j] * theta[ahead - 1 - j]).sum();
                let square = mean * mean + self.sigma2 * carried;
                theta.push(square);
                if multiplicative_season {
                    let factor = self.season[(self.position + ahead) % self.season.len()];
                    let rounds = (ahead / self.season.len()) as i32;
                    let grown = (1.0 + self.gamma * self.gamma * self.sigma2).powi(rounds);
                    factor * factor * (square * (1.0 + self.sigma2) * grown - mean * mean)
                } else {
                    square * (1.0 + self.sigma2) - mean * mean
                }
            })
            .collect()
    }

    /// σ² (1 + Σ c²) with the effects of each error along the mean path, for additive errors and multiplicative season.
    fn variance_along_mean(&self, horizon: usize) -> Vec<f64> {
        let m = self.season.len();
        let factor = |ahead: usize| self.season[(self.position + ahead) % m];
        let mut bases = Vec::with_capacity(horizon);
        let (mut base, mut slope) = (self.level, self.slope);
        for _ in 0..horizon {
            slope *= self.phi;
            base += slope;
            bases.push(base);
        }
        let reach: Vec<f64> = (0..horizon)
            .scan((0.0, 1.0), |(sum, power), _| {
                *power *= self.phi;
                *sum += *power;
                Some(*sum)
            })
            .collect();
        (0..horizon)
            .map(|ahead| {
                let carried: f64 = (0..ahead)
                    .map(|i| {
                        let j = ahead - i;
                        let moved = (self.alpha + self.beta * reach[j - 1]) / factor(i) * factor(ahead);
                        let repeated = if j.is_multiple_of(m) { self.gamma / bases[i] * bases[ahead] } else { 0.0 };
                        (moved + repeated).powi(2)
                    })
                    .sum();
                self.sigma2 * (1.0 + carried)
            })
            .collect()
    }
}

impl<'a> Moving<'a> {
    fn of(model: &'a FittedEts) -> Moving<'a> {
        Moving::of_state(model, model.season.clone())
    }

    fn of_state(model: &'a FittedEts, season: Vec<f64>) -> Moving<'a> {
        Moving { model, level: model.level, slope: model.slope, season, position: model.position }
    }

    fn mean(&self) -> f64 {
        let base = self.level + self.model.phi * self.slope;
        match self.model.form.season {
            SeasonKind::None => base,
            SeasonKind::Additive => base + self.season[self.position],
            SeasonKind::Multiplicative => base * self.season[self.position],
        }
    }

    fn take(&mut self, value: f64) {
        let model = self.model;
        let base = self.level + model.phi * self.slope;
        let q = if value.is_finite() { value - self.mean() } else { 0.0 };
        let (u, v) = match model.form.season {
            SeasonKind::Multiplicative => (over(q, self.season[self.position]), over(q, base)),
            _ => (q, q),
        };
        self.level = base + model.alpha * u;
        self.slope = model.phi * self.slope + model.beta * u;
        if !self.season.is_empty() {
            self.season[self.position] += model.gamma * v;
            self.position = (self.position + 1) % self.season.len();
        }
    }
}

/// Division that leaves a state alone when its divisor has come to zero.
fn over(numerator: f64, divisor: f64) -> f64 {
    let share = numerator / divisor;
    if share.is_finite() { share } else { 0.0 }
}
