//! How two sides of a rule hang together, from four counts.
//!
//! Definitions as in Tan, Kumar and Srivastava, "Selecting the right interestingness measure for association patterns", Information
//! Systems 29 (2004), table 1, unless a field says otherwise. `A` is the antecedent, `B` the consequent; shares are shares of baskets.

use thiserror::Error;

use super::tails::{CrossCounts, hypergeometric_quantile, ln_fisher_upper_tail};

/// Why a measure has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Undefined {
    /// Nothing is divided by: every basket with the antecedent holds the consequent.
    #[error("no basket with the antecedent lacks the consequent")]
    NoCounterexample,
    /// One side is in every basket or in none: there is nothing to compare with.
    #[error("one side is in every basket or in none")]
    NoContrast,
    /// A cell of the two-by-two table is empty, which leaves the odds ratio without a finite value or standard error.
    #[error("no basket in a cell of the two-by-two table")]
    EmptyCell,
}

/// A measure, or why it has no value. Never infinite, never NaN.
pub type Measure = Result<f64, Undefined>;

/// The measures of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// `P(AB)`.
    pub support: f64,
    /// `P(A)`.
    pub coverage: f64,
    /// `P(B|A)`.
    pub confidence: f64,
    /// `P(AB) / (P(A) P(B))`. 1 = independent.
    pub lift: f64,
    /// `P(AB) - P(A) P(B)` (Piatetsky-Shapiro 1991).
    pub leverage: f64,
    /// `(1 - P(B)) / (1 - P(B|A))` (Brin, Motwani, Ullman and Tsur, SIGMOD 1997).
    pub conviction: Measure,
    /// `(P(AB) - P(A)P(B)) / max(P(AB)(1 - P(A)), P(A)(P(B) - P(AB)))`, -1 to 1 (Zhang, PAKDD 2000).
    pub zhang: Measure,
    /// `(P(B|A) + P(A|B)) / 2`, 0 to 1; unmoved by baskets that hold neither.
    pub kulczynski: f64,
    /// `|P(A) - P(B)| / P(A or B)`, 0 to 1: how unlike the sides are in size (Wu, Chen and Han, DMKD 21 (2010), 371-397).
    pub imbalance: f64,
    /// `P(AB) / P(A or B)`.
    pub jaccard: f64,
    /// `P(AB) / √(P(A) P(B))`.
    pub cosine: f64,
    /// Correlation of the two yes-or-no columns.
    pub phi: Measure,
    /// Pearson's chi-squared with one degree of freedom, without continuity correction.
    pub chi_squared: Measure,
    /// `n(AB) n(neither) / (n(A only) n(B only))`.
    pub odds_ratio: Measure,
    /// 95 % limits of the odds ratio: `exp(ln OR ± 1.96 √(Σ 1/n))` (Woolf, Annals of Human Genetics 19 (1955), 251-253).
    pub odds_ratio_95: Result<[f64; 2], Undefined>,
    /// Mutual information of the two yes-or-no columns in nats, `Σ p ln(p / (row share · column share))` (Cover and Thomas, Elements of
    /// Information Theory, 2nd edition, equation 2.28).
    pub mutual_information: f64,
    /// `n(AB)` over the 99 % quantile of what chance gives (Hahsler and Hornik, Intelligent Data Analysis 11 (2007), 437-455).
    pub hyper_lift: Measure,
    /// Probability that chance gives fewer baskets with both (the same paper): 1 less Fisher's p.
    pub hyper_confidence: f64,
    /// Natural logarithm of Fisher's exact one-sided p.
    pub ln_fisher_p: f64,
}

/// Two-sided 95 % point of the standard normal.
const Z_975: f64 = 1.959_963_984_540_054;

impl Measures {
    /// From counts with `n_both <= n_antecedent, n_consequent <= n_baskets` and both sides above zero.
    ///
    /// ```
    /// use nightclerk_models::rules::{CrossCounts, Measures};
    /// let counts = CrossCounts { n_baskets: 1_000, n_antecedent: 100, n_consequent: 200, n_both: 50 };
    /// let measures = Measures::of(&counts);
    /// assert_eq!((measures.confidence, measures.lift, measures.conviction), (0.5, 2.5, Ok(1.6)));
    /// ```
    pub fn of(counts: &CrossCounts) -> Self {
        let [n, a, b, both] =
            [counts.n_baskets, counts.n_antecedent, counts.n_consequent, counts.n_both].map(f64::from);
        let (a_only, b_only, neither, either) = (a - both, b - both, n - a - b + both, a + b - both);
        let (p_a, p_b, p_both, confidence) = (a / n, b / n, both / n, both / a);
        // From whole numbers: a difference of shares would lose the digits that matter where the two are close.
        let leverage = (both * n - a * b) / (n * n);
        let contrast = a > 0.0 && a < n && b > 0.0 && b < n;
        let with_contrast = |value: f64| if contrast { Ok(value) } else { Err(Undefined::NoContrast) };
        let margins = a * (n - a) * b * (n - b);
        let cross = both * neither - a_only * b_only;
        let cells = [both, a_only, b_only, neither];
        let odds = if a_only > 0.0 && b_only > 0.0 {
            Ok(both * neither / (a_only * b_only))
        } else {
            Err(Undefined::EmptyCell)
        };
        let full = cells.iter().all(|cell| *cell > 0.0);
        let zhang = (p_both * (1.0 - p_a)).max(p_a * (p_b - p_both));
        let information = |cell: f64, row: f64, column: f64| {
            if cell > 0.0 { cell / n * (cell * n / (row * column)).ln() } else { 0.0 }
        };
        let ln_fisher_p = ln_fisher_upper_tail(counts);
        let quantile = f64::from(hypergeometric_quantile(counts, 0.99));
        Self {
            support: p_both,
            coverage: p_a,
            confidence,
            lift: both * n / (a * b),
            leverage,
            conviction: if a_only > 0.0 { Ok((n - b) * a / (n * a_only)) } else { Err(Undefined::NoCounterexample) },
            zhang: if zhang > 0.0 { Ok(leverage / zhang) } else { Err(Undefined::NoContrast) },
            kulczynski: f64::midpoint(confidence, both / b),
            imbalance: (a - b).abs() / either,
            jaccard: both / either,
            cosine: both / (a * b).sqrt(),
            phi: with_contrast(cross / margins.sqrt()),
            chi_squared: with_contrast(n * cross * (cross / margins)),
            odds_ratio: odds,
            odds_ratio_95: odds.and_then(|odds| {
                let spread = Z_975 * cells.iter().map(|cell| 1.0 / cell).sum::<f64>().sqrt();
                if full { Ok([odds * (-spread).exp(), odds * spread.exp()]) } else { Err(Undefined::EmptyCell) }
            }),
            mutual_information: (information(both, a, b)
                + information(a_only, a, n - b)
                + information(b_only, n - a, b)
                + information(neither, n - a, n - b))
            .max(0.0),
            hyper_lift: if quantile > 0.0 { Ok(both / quantile) } else { Err(Undefined::NoContrast) },
            hyper_confidence: -ln_fisher_p.exp_m1(),
            ln_fisher_p,
        }
    }

    /// Natural logarithm of the p-value of [`Measures::chi_squared`] (upper tail of chi-squared with one degree of freedom).
    ///
    /// # Errors
    /// As for the statistic.
    pub fn ln_chi_squared_p(&self) -> Measure {
        // P(X > x) = erfc(√(x/2)); far out by its asymptotic series, where erfc underflows.
        self.chi_squared.map(|x| {
            let z = (x / 2.0).sqrt();
            if z < 5.0 {
                return statrs::function::erf::erfc(z).ln();
            }
            let (mut term, mut sum) = (1.0, 1.0);
            for k in 1..30 {
                let next = -term * f64::from(2 * k - 1) / (2.0 * z * z);
                if next.abs() >= f64::abs(term) || next.abs() < 1e-17 {
                    break;
                }
                term = next;
                sum += term;
            }
            -z * z - (z * std::f64::consts::PI.sqrt()).ln() + sum.ln()
        })
    }

    /// The reasons of the measures that have no value, by name.
    pub fn undefined(&self) -> Vec<(&'static str, Undefined)> {
        let interval = self.odds_ratio_95.map(|limits| limits[0]);
        [
            ("conviction", self.conviction),
            ("zhang", self.zhang),
            ("phi", self.phi),
            ("chi_squared", self.chi_squared),
            ("odds_ratio", self.odds_ratio),
            ("odds_ratio_95", interval),
            ("hyper_lift", self.hyper_lift),
        ]
        .into_iter()
        .filter_map(|(name, measure)| measure.err().map(|why| (name, why)))
        .collect()
    }
}

#[cfg(test)]
#[path = "measures_tests.rs"]
mod tests;
