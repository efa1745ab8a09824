//! Ratios of observed to expected demand, drawn to one as far as little was seen.

use statrs::function::gamma::ln_gamma;

/// Shapes of the gamma distributions, mean one each, that a prior of ratios is mixed from: from anything is possible to all alike.
const SHAPES: [f64; 5] = [0.7, 5.0, 40.0, 320.0, 2560.0];
/// Rounds of expectation and maximisation.
const ROUNDS: usize = 12;
/// Cells that each shape is given before any was seen.
const PSEUDO_CELLS: f64 = 1.0;

/// How ratios of observed to expected counts are spread over many cells, learnt from the cells.
///
/// A cell (a weekday of a product, an event in a category) has O observed where E was expected, O Poisson around λE. The λ come from
/// a mixture of gamma distributions with mean one; the weights of the mixture are those under which the cells are most
/// likely. A few cells that are nothing like the others then speak for themselves, while the noise of the others is drawn to
/// one: what a single gamma cannot do both of. DuMouchel, "Bayesian data mining in large frequency tables", The American
/// Statistician 53 (1999), 177-190. Demand that is not Poisson comes divided by its dispersion: it tells as much as so many counts.
///
/// ```
/// use nightclerk_models::forecast::ratios::RatioPrior;
/// // Of sixty weekdays one sold nothing where a hundred were expected.
/// let cells: Vec<(f64, f64)> = (0..60).map(|cell| (if cell == 7 { 0.0 } else { 95.0 + f64::from(cell % 11) }, 100.0)).collect();
/// let prior = RatioPrior::fit(&cells);
/// assert!(prior.ratio(0.0, 100.0) < 0.03);
/// assert!((prior.ratio(105.0, 100.0) - 1.0).abs() < 0.02);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RatioPrior {
    weights: [f64; SHAPES.len()],
}

impl RatioPrior {
    /// From the cells, (observed, expected) each; cells in which nothing was expected say nothing. Without cells every shape is as
    /// probable as any other.
    pub fn fit(cells: &[(f64, f64)]) -> RatioPrior {
        let likelihoods: Vec<[f64; SHAPES.len()]> =
            cells.iter().filter(|(_, expected)| *expected > 0.0).map(|(o, e)| log_likelihoods(*o, *e)).collect();
        let mut prior = RatioPrior { weights: [1.0 / SHAPES.len() as f64; SHAPES.len()] };
        for _ in 0..ROUNDS {
            let mut sums = [PSEUDO_CELLS; SHAPES.len()];
            for likelihoods in &likelihoods {
                for (sum, weight) in sums.iter_mut().zip(prior.posterior(likelihoods)) {
                    *sum += weight;
                }
            }
            let total: f64 = sums.iter().sum();
            prior.weights = sums.map(|sum| sum / total);
        }
        prior
    }

    /// The expected ratio of a cell: one where nothing was expected.
    pub fn ratio(&self, observed: f64, expected: f64) -> f64 {
        if expected.is_nan() || expected <= 0.0 || observed.is_nan() {
            return 1.0;
        }
        let weights = self.posterior(&log_likelihoods(observed, expected));
        weights.iter().zip(SHAPES).map(|(weight, shape)| weight * (shape + observed) / (shape + expected)).sum()
    }

    /// How probable each shape is for a cell.
    fn posterior(&self, log_likelihoods: &[f64; SHAPES.len()]) -> [f64; SHAPES.len()] {
        let largest = log_likelihoods.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut weights = [0.0; SHAPES.len()];
        for ((weight, prior), log) in weights.iter_mut().zip(self.weights).zip(log_likelihoods) {
            *weight = prior * (log - largest).exp();
        }
        let total: f64 = weights.iter().sum();
        weights.map(|weight| weight / total)
    }
}

/// Of a cell under each shape a, without what all have in common: ln Γ(a + O) - ln Γ(a) - a ln(1 + E/a) - O ln(a + E).
fn log_likelihoods(observed: f64, expected: f64) -> [f64; SHAPES.len()] {
    let observed = observed.max(0.0);
    SHAPES.map(|shape| {
        ln_gamma(shape + observed)
            - ln_gamma(shape)
            - shape * (expected / shape).ln_1p()
            - observed * (shape + expected).ln()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_cells_are_drawn_together_and_unlike_ones_are_believed() {
        let alike: Vec<(f64, f64)> = (0..40).map(|cell| (20.0 + f64::from(cell % 9) - 4.0, 20.0)).collect();
        let alike = RatioPrior::fit(&alike);
        assert!((alike.ratio(26.0, 20.0) - 1.0).abs() < 0.06, "{}", alike.ratio(26.0, 20.0));
        let unlike: Vec<(f64, f64)> = (0..40).map(|cell| (if cell % 2 == 0 { 4.0 } else { 36.0 }, 20.0)).collect();
        let unlike = RatioPrior::fit(&unlike);
        assert!((unlike.ratio(36.0, 20.0) - 1.8).abs() < 0.1, "{}", unlike.ratio(36.0, 20.0));
        assert!((unlike.ratio(4.0, 20.0) - 0.2).abs() < 0.06, "{}", unlike.ratio(4.0, 20.0));
    }

    #[test]
    fn little_says_little_and_nothing_says_nothing() {
        let prior = RatioPrior::fit(&[]);
        assert_eq!(prior.ratio(0.0, 0.0), 1.0);
        assert!(prior.ratio(0.0, 0.2) > 0.8);
        assert!(prior.ratio(160.0, 40.0) > 3.5, "eight times in two days is no chance");
        assert!(prior.ratio(1e9, 1e9) - 1.0 < 1e-6 && prior.ratio(1e9, 1.0).is_finite());
        assert_eq!(prior.ratio(f64::NAN, 1.0), 1.0);
    }
}
