//! Upper tails in log space, right where the probability itself underflows.

/// The four numbers of a two-by-two table of baskets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossCounts {
    /// All baskets looked at.
    pub n_baskets: u32,
    /// Those with the antecedent.
    pub n_antecedent: u32,
    /// Those with the consequent.
    pub n_consequent: u32,
    /// Those with both.
    pub n_both: u32,
}

/// `ln P(X >= n_both)` for hypergeometric `X`: Fisher's exact test, one-sided, in logarithms.
///
/// `P(X = x) = C(A, x) C(N - A, B - x) / C(N, B)`. The first term comes from Loader's saddle-point
/// form (Loader 2000, "Fast and accurate computation of binomial probabilities"), which keeps 13
/// digits at any `N` where sums of log-gammas lose them; the rest follow by the ratio
/// of neighbours. `-inf` when `n_both` cannot be reached.
///
/// ```
/// use nightclerk_models::rules::{CrossCounts, ln_fisher_upper_tail};
/// // Fisher's tea tasting: all 4 milk-first cups named right, 1 of C(8, 4) = 70 ways.
/// let cups = CrossCounts { n_baskets: 8, n_antecedent: 4, n_consequent: 4, n_both: 4 };
/// assert!((ln_fisher_upper_tail(&cups).exp() - 1.0 / 70.0).abs() < 1e-14);
/// ```
pub fn ln_fisher_upper_tail(counts: &CrossCounts) -> f64 {
    let [total, a, b, k] = [counts.n_baskets, counts.n_antecedent, counts.n_consequent, counts.n_both].map(f64::from);
    let (lowest, highest) = ((a + b - total).max(0.0), a.min(b));
    if k <= lowest {
        return 0.0;
    }
    if k > highest {
        return f64::NEG_INFINITY;
    }
    let ln_mass = |x: f64| {
        ln_binomial_mass(x, a, b / total) + ln_binomial_mass(b - x, total - a, b / total)
            - ln_binomial_mass(b, total, b / total)
    };
    let rise = |x: f64| (a - x) * (b - x) / ((x + 1.0) * (total - a - b + x + 1.0));
    ln_upper_tail(k, [lowest, highest], a * b / total, ln_mass, rise)
}

/// Smallest `x` with `P(X <= x) >= level` for the hypergeometric `X` of [`ln_fisher_upper_tail`]; `n_both` is not looked at.
pub(super) fn hypergeometric_quantile(counts: &CrossCounts, level: f64) -> u32 {
    let [total, a, b] = [counts.n_baskets, counts.n_antecedent, counts.n_consequent].map(f64::from);
    // P(X <= x) >= level, with x bracketed by halving: the upper tail falls as x grows.
    let (mut low, mut high) = ((a + b - total).max(0.0) as u32, counts.n_antecedent.min(counts.n_consequent));
    while low < high {
        let middle = low + (high - low) / 2;
        let above = ln_fisher_upper_tail(&CrossCounts { n_both: middle + 1, ..*counts }).exp();
        if 1.0 - above >= level {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// `ln P(X >= k)` for `X` binomial with `n` trials of probability `p`, `0 <= p <= 1`.
pub fn ln_binomial_upper_tail(k: u32, n: u32, p: f64) -> f64 {
    let (k, n) = (f64::from(k), f64::from(n));
    if k <= 0.0 || (p >= 1.0 && k <= n) {
        return 0.0;
    }
    if k > n || p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let odds = p / (1.0 - p);
    let ln_mass = |x: f64| ln_binomial_mass(x, n, p);
    ln_upper_tail(k, [0.0, n], n * p, ln_mass, |x| (n - x) / (x + 1.0) * odds)
}

/// `ln` of a bound on the probability that `n` independent yes-or-no draws of any probabilities, whose sum is `expected` on
/// average, come to `observed` or more.
///
/// Above the mean the tail is at most that of a binomial with the same mean and as many draws (Hoeffding 1956, *Ann. Math.
/// Statist.* 27:713); his bound starts one above it, Markov's holds in between.
pub(super) fn ln_tail_of_draws(observed: u32, expected: f64, n: u32) -> f64 {
    let seen = f64::from(observed);
    if seen <= expected {
        0.0
    } else if seen < expected + 1.0 {
        (expected / seen).ln()
    } else {
        ln_binomial_upper_tail(observed, n, expected / f64::from(n))
    }
}

/// Byar's lower bound of a Poisson count, as a share of the count: `(1 - 1/(9 k) - z/(3 √k))³`, `z` the normal quantile of the
/// level (Breslow & Day 1987, vol. II, p. 69). Zero where nothing is certain.
pub(super) fn byar_lower_share(count: f64, z: f64) -> f64 {
    (1.0 - 1.0 / (9.0 * count) - z / (3.0 * count.sqrt())).max(0.0).powi(3)
}

/// Sums a unimodal mass from `k` upwards, or its complement when `k` lies below the mean.
/// `rise(x) = mass(x + 1) / mass(x)`.
fn ln_upper_tail(
    k: f64,
    [lowest, highest]: [f64; 2],
    mean: f64,
    ln_mass: impl Fn(f64) -> f64,
    rise: impl Fn(f64) -> f64,
) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    if k > mean {
        let mut x = k;
        while x < highest && term > sum * 1e-17 {
            term *= rise(x);
            sum += term;
            x += 1.0;
        }
        return (ln_mass(k) + sum.ln()).min(0.0);
    }
    let mut x = k - 1.0;
    let start = ln_mass(x);
    while x > lowest && term > sum * 1e-17 {
        x -= 1.0;
        term /= rise(x);
        sum += term;
    }
    (-(start + sum.ln()).exp().min(1.0)).ln_1p()
}

fn ln_binomial_mass(x: f64, n: f64, p: f64) -> f64 {
    if x == 0.0 {
        return if n == 0.0 { 0.0 } else { n * (-p).ln_1p() };
    }
    if x >= n {
        return n * p.ln();
    }
    stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance(x, n * p) - deviance(n - x, n * (1.0 - p))
        + 0.5 * (n / (std::f64::consts::TAU * x * (n - x))).ln()
}

/// `ln n! - ln(√(2πn) (n/e)ⁿ)` for whole `n >= 1`.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        let factorial: f64 = (2..=n as u32).map(f64::from).product();
        return factorial.ln() - ((n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln());
    }
    let r = 1.0 / (n * n);
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - r / 1188.0) * r) * r) * r) / n
}

/// `x ln(x / mean) + mean - x`, by its series where the terms nearly cancel.
fn deviance(x: f64, mean: f64) -> f64 {
    let apart = x - mean;
    if apart.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - apart;
    }
    let v = apart / (x + mean);
    let mut sum = apart * v;
    let mut power = 2.0 * x * v;
    for j in 1..200 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        if (next - sum).abs() <= f64::EPSILON * sum.abs() {
            break;
        }
        sum = next;
    }
    sum
}
