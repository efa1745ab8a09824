//! Distributions of a count as a table of probabilities, so that models of any shape can be mixed, summed and asked for
//! whole-numbered quantiles and for the probability of no demand.

use statrs::function::gamma::ln_gamma;

/// Masses below this share of the largest are left out.
const NEGLIGIBLE: f64 = 1e-12;
/// Largest mean a table is made for; above it the caller wants a continuous distribution.
pub(crate) const LARGEST_MEAN: f64 = 4_000.0;
/// Largest count a table reaches.
const LARGEST_COUNT: usize = 1 << 16;

/// Probabilities of the counts 0, 1, 2, ...
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CountPmf {
    /// `mass[k]` = P(D = k); sums to one.
    mass: Vec<f64>,
}

impl CountPmf {
    /// No demand, for certain.
    pub fn zero() -> CountPmf {
        CountPmf { mass: vec![1.0] }
    }

    /// From weights of the counts 0, 1, 2, ...; weights that are negative or not finite count as zero. No weight at all
    /// gives [`CountPmf::zero`].
    pub fn from_weights(mut weights: Vec<f64>) -> CountPmf {
        for weight in &mut weights {
            *weight = if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        }
        let total: f64 = weights.iter().sum();
        if !total.is_finite() || total <= 0.0 {
            return CountPmf::zero();
        }
        while weights.len() > 1 && weights.last() == Some(&0.0) {
            weights.pop();
        }
        for weight in &mut weights {
            *weight /= total;
        }
        CountPmf { mass: weights }
    }

    /// Negative binomial with the given mean μ and dispersion φ = variance / mean; φ at or below one is Poisson.
    ///
    /// Size r = μ / (φ - 1), success probability 1 / φ:
    /// P(k) = Γ(k + r) / (k! Γ(r)) φ^(-r) ((φ - 1)/φ)^k. Johnson, Kemp and Kotz, "Univariate Discrete Distributions"
    /// (2005), chapter 5. Means above [`LARGEST_MEAN`] are cut there.
    pub fn negative_binomial(mean: f64, dispersion: f64) -> CountPmf {
        let mut mass = Vec::new();
        negative_binomial_weights(mean, dispersion, &mut mass);
        CountPmf::from_weights(mass)
    }

    /// Mixture of distributions with the given weights. Weights that are not positive are left out.
    pub fn mixture<'a>(parts: impl IntoIterator<Item = (f64, &'a CountPmf)>) -> CountPmf {
        let mut mass: Vec<f64> = Vec::new();
        for (weight, part) in parts.into_iter().filter(|(weight, _)| *weight > 0.0) {
            if mass.len() < part.mass.len() {
                mass.resize(part.mass.len(), 0.0);
            }
            for (sum, value) in mass.iter_mut().zip(&part.mass) {
                *sum += weight * value;
            }
        }
        CountPmf::from_weights(mass)
    }

    /// Weighted empirical distribution of `(value, weight)`: a value between two counts is shared by them so that its mean
    /// stays; negative and infinite values are left out.
    pub fn empirical(values: impl IntoIterator<Item = (f64, f64)>) -> CountPmf {
        let mut mass: Vec<f64> = Vec::new();
        for (value, weight) in values {
            if !(value >= 0.0 && value < LARGEST_COUNT as f64 - 1.0 && weight > 0.0) {
                continue;
            }
            let below = value.floor();
            let (index, above) = (below as usize, value - below);
            let needed = index + usize::from(above > 0.0) + 1;
            if mass.len() < needed {
                mass.resize(needed, 0.0);
            }
            mass[index] += weight * (1.0 - above);
            if above > 0.0 {
                mass[index + 1] += weight * above;
            }
        }
        CountPmf::from_weights(mass)
    }

    /// Expected count.
    pub fn mean(&self) -> f64 {
        self.mass.iter().enumerate().map(|(count, mass)| count as f64 * mass).sum()
    }

    /// Smallest count k with P(D <= k) >= level, for each of the **ascending** levels.
    pub fn quantiles(&self, levels: &[f64]) -> Vec<f64> {
        let (mut count, mut below) = (0, self.mass[0]);
        levels
            .iter()
            .map(|level| {
                // A level that rounding keeps out of reach stops at the last count.
                while below < level - 1e-12 && count + 1 < self.mass.len() {
                    count += 1;
                    below += self.mass[count];
                }
                count as f64
            })
            .collect()
    }
}

/// Weights proportional to the probabilities of a negative binomial, see [`CountPmf::negative_binomial`], into `mass`.
fn negative_binomial_weights(mean: f64, dispersion: f64, mass: &mut Vec<f64>) {
    mass.clear();
    if mean.is_nan() || mean <= 0.0 {
        mass.push(1.0);
        return;
    }
    let mean = mean.min(LARGEST_MEAN);
    // The most likely count starts both recursions, so that neither end can underflow.
    let over = if dispersion.is_finite() { (dispersion - 1.0).min(1e6) } else { 0.0 };
    let over_dispersed = over > 1e-6;
    let size = if over_dispersed { mean / over } else { f64::INFINITY };
    let share = over / (1.0 + over);
    let ratio = |count: f64| {
        if over_dispersed { (count + size) / (count + 1.0) * share } else { mean / (count + 1.0) }
    };
    let mode = if over_dispersed { ((size - 1.0) * over).max(0.0).floor() } else { mean.floor() } as usize;
    mass.resize(mode + 1, 0.0);
    mass[mode] = 1.0;
    for count in (0..mode).rev() {
        mass[count] = mass[count + 1] / ratio(count as f64);
    }
    let mut last = 1.0;
    while last > NEGLIGIBLE && mass.len() < LARGEST_COUNT {
        last *= ratio(mass.len() as f64 - 1.0);
        mass.push(last);
    }
}

/// A mixture put together part by part, without a distribution for each.
#[derive(Debug, Default)]
pub(crate) struct MixtureOfCounts {
    mass: Vec<f64>,
    part: Vec<f64>,
}

impl MixtureOfCounts {
    /// Adds probability to one count.
    pub fn add(&mut self, count: usize, weight: f64) {
        if self.mass.len() <= count {
            self.mass.resize(count + 1, 0.0);
        }
        self.mass[count] += weight;
    }

    /// Adds a part of the given weight.
    pub fn add_negative_binomial(&mut self, weight: f64, mean: f64, dispersion: f64) {
        negative_binomial_weights(mean, dispersion, &mut self.part);
        let scale = weight / self.part.iter().sum::<f64>();
        if self.mass.len() < self.part.len() {
            self.mass.resize(self.part.len(), 0.0);
        }
        for (sum, value) in self.mass.iter_mut().zip(&self.part) {
            *sum += scale * value;
        }
    }

    /// The mixture; begins a new one.
    pub fn take(&mut self) -> CountPmf {
        CountPmf::from_weights(std::mem::take(&mut self.mass))
    }
}

/// Negative binomial with a fixed dispersion, for the probability of single counts without a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NegativeBinomial {
    over: f64,
    ln_dispersion: f64,
    share: f64,
}

impl NegativeBinomial {
    /// Dispersion φ = variance / mean; at or below one it is Poisson.
    pub fn new(dispersion: f64) -> NegativeBinomial {
        let over = if dispersion > 1.0 + 1e-6 { dispersion - 1.0 } else { 0.0 };
        NegativeBinomial { over, ln_dispersion: (1.0 + over).ln(), share: over / (1.0 + over) }
    }

    /// P(D = `count`) at the given mean.
    pub fn mass(&self, count: f64, mean: f64) -> f64 {
        let mean = mean.max(1e-12);
        let poisson = self.over == 0.0;
        let size = if poisson { 0.0 } else { mean / self.over };
        let ln_at_zero = if poisson { -mean } else { -size * self.ln_dispersion };
        if count == 0.0 {
            ln_at_zero.exp()
        } else if count < 24.0 && ln_at_zero > -600.0 {
            let mut mass = ln_at_zero.exp();
            for k in 0..count as usize {
                let k = k as f64;
                mass *= if poisson { mean / (k + 1.0) } else { (k + size) / (k + 1.0) * self.share };
            }
            mass
        } else if poisson {
            (count * mean.ln() - mean - ln_gamma(count + 1.0)).exp()
        } else {
            let ln_choose = ln_gamma(count + size) - ln_gamma(count + 1.0) - ln_gamma(size);
            (ln_at_zero + ln_choose + count * self.share.ln()).exp()
        }
    }
}

#[cfg(test)]
#[path = "pmf_tests.rs"]
mod tests;
