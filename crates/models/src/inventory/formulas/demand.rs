//! Distributions of demand: what inputs name, and what formulas ask of them.

use serde::Deserialize;
use statrs::distribution::{ContinuousCDF, Discrete, DiscreteCDF, Gamma, NegativeBinomial, Poisson};

use super::check::{FormulaError, entries, fraction, non_negative, number, positive, probabilities, refused};
use super::check::{same_length, too_large, within};
use super::numeric::{above, below, standard_loss};
use crate::inventory::normal_score;

/// Largest mean of a count; above it a normal distribution says the same.
const LARGEST_COUNT: f64 = 1e6;
/// Largest value of a table of probabilities.
const LARGEST_VALUE: usize = 100_000;
/// Most products that sums of table distributions may take.
const MOST_PRODUCTS: usize = 100_000_000;
/// A distribution function this close below a level has reached it: the rest is rounding.
const LEVEL_TOLERANCE: f64 = 1e-12;

/// A distribution of demand, as inputs name it: `{"family": "gamma", "shape": 2, "scale": 5}`. Units are those of the demand.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case", deny_unknown_fields)]
pub enum Demand {
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, above 0.
        sd: f64,
    },
    /// The logarithm is normal.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm, above 0.
        sigma: f64,
    },
    /// Gamma with mean shape · scale.
    Gamma {
        /// Shape, above 0.
        shape: f64,
        /// Scale, above 0.
        scale: f64,
    },
    /// The same density everywhere between two ends.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end, above the lower.
        high: f64,
    },
    /// Exponential with mean 1 / rate.
    Exponential {
        /// Rate, above 0.
        rate: f64,
    },
    /// Poisson.
    Poisson {
        /// Mean, 0 or above.
        mean: f64,
    },
    /// Negative binomial: failures before the r-th success, mean r (1 - p) / p.
    Negbin {
        /// Successes, above 0, not necessarily whole.
        r: f64,
        /// Probability of a success.
        p: f64,
    },
    /// Geometric: trials up to and with the first success, at least 1, mean 1 / p.
    Geometric {
        /// Probability of a success.
        p: f64,
    },
    /// Whole numbers with a probability each.
    Custom {
        /// Values, each once.
        values: Vec<u32>,
        /// Their probabilities; sum 1.
        probabilities: Vec<f64>,
    },
}

/// A distribution whose parameters have been checked.
#[derive(Debug, Clone)]
pub(super) struct Law {
    shape: Shape,
    /// Mean.
    pub(super) mean: f64,
    /// Variance.
    pub(super) variance: f64,
}

#[derive(Debug, Clone)]
enum Shape {
    Normal {
        mean: f64,
        sd: f64,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    /// With the same of shape + 1, which is the distribution weighted by its value.
    Gamma {
        shape: f64,
        scale: f64,
        own: Gamma,
        weighted: Gamma,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    Nothing,
    Poisson(Poisson),
    Negbin {
        r: f64,
        p: f64,
        own: NegativeBinomial,
    },
    Geometric {
        p: f64,
    },
    /// Probability of each value from 0 on, and of more than it.
    Table {
        mass: Vec<f64>,
        beyond: Vec<f64>,
    },
}

impl Law {
    /// Checks the parameters; `field` names the input in errors.
    pub(super) fn of(field: &str, demand: &Demand) -> Result<Self, FormulaError> {
        let at = |name: &str| format!("{field}.{name}");
        let (shape, mean, variance) = match *demand {
            Demand::Normal { mean, sd } => {
                number(&at("mean"), mean)?;
                positive(&at("sd"), sd)?;
                (Shape::Normal { mean, sd }, mean, sd * sd)
            }
            Demand::Lognormal { mu, sigma } => {
                within(&at("mu"), mu, -20.0, 27.0)?;
                within(&at("sigma"), sigma, 1e-6, 5.0)?;
                let mean = (mu + 0.5 * sigma * sigma).exp();
                (Shape::Lognormal { mu, sigma }, mean, mean * mean * (sigma * sigma).exp_m1())
            }
            Demand::Gamma { shape, scale } => Self::gamma(field, shape, scale)?,
            Demand::Exponential { rate } => {
                positive(&at("rate"), rate)?;
                Self::gamma(field, 1.0, 1.0 / rate)?
            }
            Demand::Uniform { low, high } => {
                number(&at("low"), low)?;
                within(&at("high"), high - low, 1e-9, 1e12)
                    .map_err(|_| refused(at("high"), high, format!("a number above {low:?}, the lower end")))?;
                (Shape::Uniform { low, high }, f64::midpoint(low, high), (high - low).powi(2) / 12.0)
            }
            Demand::Poisson { mean } => {
                within(&at("mean"), mean, 0.0, LARGEST_COUNT)?;
                let shape = if mean < 1e-12 {
                    Shape::Nothing
                } else {
                    Shape::Poisson(Poisson::new(mean).map_err(|error| refused(at("mean"), mean, error.to_string()))?)
                };
                (shape, mean, mean)
            }
            Demand::Negbin { r, p } => {
                within(&at("r"), r, 1e-6, LARGEST_COUNT)?;
                fraction(&at("p"), p)?;
                let mean = r * (1.0 - p) / p;
                within(&at("mean"), mean, 0.0, LARGEST_COUNT)?;
                let own = NegativeBinomial::new(r, p).map_err(|error| refused(at("r"), r, error.to_string()))?;
                (Shape::Negbin { r, p, own }, mean, mean / p)
            }
            Demand::Geometric { p } => {
                within(&at("p"), p, 1.0 / LARGEST_COUNT, 1.0)?;
                (Shape::Geometric { p }, 1.0 / p, (1.0 - p) / (p * p))
            }
            Demand::Custom { ref values, probabilities: ref shares } => {
                entries(&at("values"), values.len(), LARGEST_VALUE)?;
                same_length(&at("probabilities"), shares.len(), "values", values.len())?;
                probabilities(&at("probabilities"), shares)?;
                let largest = values.iter().copied().max().unwrap_or(0) as usize;
                if largest > LARGEST_VALUE {
                    return Err(refused(at("values"), largest, format!("whole numbers up to {LARGEST_VALUE}")));
                }
                let mut mass = vec![0.0; largest + 1];
                for (value, share) in values.iter().zip(shares) {
                    mass[*value as usize] += share;
                }
                return Ok(Self::table(mass));
            }
        };
        Ok(Self { shape, mean, variance })
    }

    fn gamma(field: &str, shape: f64, scale: f64) -> Result<(Shape, f64, f64), FormulaError> {
        within(&format!("{field}.shape"), shape, 1e-3, LARGEST_COUNT)?;
        positive(&format!("{field}.scale"), scale)?;
        let make = |shape: f64| {
            Gamma::new(shape, 1.0 / scale).map_err(|error| refused(field, format!("gamma {shape}"), error.to_string()))
        };
        let (own, weighted) = (make(shape)?, make(shape + 1.0)?);
        Ok((Shape::Gamma { shape, scale, own, weighted }, shape * scale, shape * scale * scale))
    }

    /// A distribution of whole numbers from their probabilities, which have been checked.
    pub(super) fn table(mass: Vec<f64>) -> Self {
        let mut beyond = vec![0.0; mass.len()];
        for k in (1..mass.len()).rev() {
            beyond[k - 1] = beyond[k] + mass[k];
        }
        let mean = mass.iter().enumerate().map(|(k, share)| k as f64 * share).sum::<f64>();
        let variance = mass.iter().enumerate().map(|(k, share)| (k as f64 - mean).powi(2) * share).sum();
        Self { shape: Shape::Table { mass, beyond }, mean, variance }
    }

    /// Whether only whole numbers occur.
    pub(super) fn is_discrete(&self) -> bool {
        !matches!(
            self.shape,
            Shape::Normal { .. } | Shape::Lognormal { .. } | Shape::Gamma { .. } | Shape::Uniform { .. }
        )
    }

    /// P(D = k) of a whole number; 0 where the distribution has a density.
    pub(super) fn mass(&self, k: u64) -> f64 {
        match &self.shape {
            Shape::Nothing => f64::from(u8::from(k == 0)),
            Shape::Poisson(own) => own.pmf(k),
            Shape::Negbin { own, .. } => own.pmf(k),
            Shape::Geometric { p } if k >= 1 => p * (1.0 - p).powf(k as f64 - 1.0),
            Shape::Table { mass, .. } => mass.get(k as usize).copied().unwrap_or(0.0),
            _ => 0.0,
        }
    }

    /// P(D > x).
    pub(super) fn above(&self, x: f64) -> f64 {
        if x < 0.0 && self.is_discrete() {
            return 1.0;
        }
        let k = x.max(0.0).floor() as u64;
        match &self.shape {
            Shape::Normal { mean, sd } => above((x - mean) / sd),
            Shape::Lognormal { .. } | Shape::Gamma { .. } if x <= 0.0 => 1.0,
            Shape::Lognormal { mu, sigma } => above((x.ln() - mu) / sigma),
            Shape::Gamma { own, .. } => own.sf(x),
            Shape::Uniform { low, high } => ((high - x) / (high - low)).clamp(0.0, 1.0),
            Shape::Nothing => 0.0,
            Shape::Poisson(own) => own.sf(k),
            Shape::Negbin { own, .. } => own.sf(k),
            Shape::Geometric { p } => (1.0 - p).powf(k as f64),
            Shape::Table { beyond, .. } => beyond.get(k as usize).copied().unwrap_or(0.0),
        }
    }

    /// Smallest x with P(D <= x) >= level.
    pub(super) fn quantile(&self, level: f64) -> f64 {
        match &self.shape {
            Shape::Normal { mean, sd } => mean + sd * normal_score(level),
            Shape::Lognormal { mu, sigma } => (mu + sigma * normal_score(level)).exp(),
            Shape::Gamma { own, .. } => own.inverse_cdf(level),
            Shape::Uniform { low, high } => low + level * (high - low),
            _ => self.whole_quantile(level),
        }
    }

    /// Smallest whole number k >= 0 with P(D <= k) >= level.
    pub(super) fn whole_quantile(&self, level: f64) -> f64 {
        smallest_whole(self.mean + 10.0 * self.variance.sqrt() + 10.0, |k| {
            1.0 - self.above(k) >= level - LEVEL_TOLERANCE
        })
    }

    /// n(x) = E[(D - x)+], the expected shortage.
    ///
    /// Snyder and Shen, 2nd ed., appendix C; Zipkin, "Foundations of Inventory Management" (2000), appendix C. Between whole numbers
    /// the loss of a count is a straight line.
    pub(super) fn loss(&self, x: f64) -> f64 {
        if x <= 0.0 && !matches!(self.shape, Shape::Normal { .. } | Shape::Uniform { .. }) {
            return self.mean - x;
        }
        let k = x.floor();
        let rest = (x - k) * self.above(x);
        let loss = match &self.shape {
            Shape::Normal { mean, sd } => sd * standard_loss((x - mean) / sd),
            Shape::Lognormal { mu, sigma } => {
                let score = (x.ln() - mu) / sigma;
                self.mean * below(sigma - score) - x * above(score)
            }
            Shape::Gamma { shape, scale, own, weighted } => shape * scale * weighted.sf(x) - x * own.sf(x),
            Shape::Uniform { low, high } => {
                let inside = x.clamp(*low, *high);
                (high - inside).powi(2) / (2.0 * (high - low)) + (inside - x).max(0.0)
            }
            Shape::Nothing => 0.0,
            Shape::Poisson(own) => self.mean * own.pmf(k as u64) - (k - self.mean) * self.above(k) - rest,
            Shape::Negbin { r, p, own } => {
                let odds = (1.0 - p) / p;
                (self.mean - k) * self.above(k) + odds * (k + r) * own.pmf(k as u64) - rest
            }
            Shape::Geometric { p } => (1.0 - p).powf(k) / p - rest,
            Shape::Table { beyond, .. } => beyond.iter().skip(k as usize).sum::<f64>() - rest,
        };
        loss.max(0.0)
    }

    /// n̄(x) = E[(x - D)+], the expected leftover.
    pub(super) fn leftover(&self, x: f64) -> f64 {
        (self.loss(x) + x - self.mean).max(0.0)
    }

    /// Expected cost of a period that starts with x: `holding` for each unit left over, `stockout` for each missing.
    pub(super) fn cost(&self, x: f64, holding: f64, stockout: f64) -> f64 {
        holding * self.leftover(x) + stockout * self.loss(x)
    }

    /// Demand of `periods` independent periods.
    pub(super) fn total(&self, field: &str, periods: f64) -> Result<Self, FormulaError> {
        positive(field, periods)?;
        let named = match &self.shape {
            Shape::Normal { mean, sd } => Demand::Normal { mean: mean * periods, sd: sd * periods.sqrt() },
            Shape::Gamma { shape, scale, .. } => Demand::Gamma { shape: shape * periods, scale: *scale },
            Shape::Nothing | Shape::Poisson(_) => Demand::Poisson { mean: self.mean * periods },
            Shape::Negbin { r, p, .. } => Demand::Negbin { r: r * periods, p: *p },
            Shape::Table { mass, .. } => return sum_of_tables(field, mass, periods),
            Shape::Lognormal { .. } | Shape::Uniform { .. } | Shape::Geometric { .. } => {
                let allowed = "normal, gamma, exponential, poisson, negbin or custom: sums of others have no such form";
                return Err(refused("demand.family", "another family", allowed));
            }
        };
        Self::of("demand", &named)
    }
}

/// Smallest whole number with a property that all larger ones share; `guess` should be near it or above.
pub(super) fn smallest_whole(guess: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, guess.ceil().max(1.0));
    while !holds(high) && high < 1e15 {
        (low, high) = (high, 2.0 * high);
    }
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

fn sum_of_tables(field: &str, mass: &[f64], periods: f64) -> Result<Law, FormulaError> {
    if periods.fract() != 0.0 || periods < 1.0 {
        return Err(refused(field, periods, "a whole number from 1 on with a custom demand"));
    }
    let steps = periods as usize;
    let largest = (mass.len() - 1).saturating_mul(steps);
    if largest > LARGEST_VALUE || largest.saturating_mul(mass.len()).saturating_mul(steps) > MOST_PRODUCTS {
        return Err(too_large(field, "the table of total demand; use fewer periods or a named family"));
    }
    let mut total = vec![1.0];
    for _ in 0..steps {
        let mut next = vec![0.0; total.len() + mass.len() - 1];
        for (i, a) in total.iter().enumerate() {
            for (j, b) in mass.iter().enumerate() {
                next[i + j] += a * b;
            }
        }
        total = next;
    }
    Ok(Law::table(total))
}

/// The law of whole numbers from 0 on with these probabilities, checked.
pub(super) fn table_of(field: &str, mass: &[f64]) -> Result<Law, FormulaError> {
    entries(field, mass.len(), LARGEST_VALUE)?;
    probabilities(field, mass)?;
    Ok(Law::table(mass.to_vec()))
}

/// Holding and stock-out cost per unit and period: above 0 and 0 or above.
pub(super) fn check_costs(holding: f64, stockout: f64) -> Result<(), FormulaError> {
    positive("holding_cost", holding)?;
    positive("stockout_cost", stockout)?;
    Ok(())
}

/// A fixed cost per order, 0 or above.
pub(super) fn check_fixed_cost(cost: f64) -> Result<f64, FormulaError> {
    non_negative("fixed_cost", cost)
}
