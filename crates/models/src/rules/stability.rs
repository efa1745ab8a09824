use statrs::function::gamma::gamma_ur;

use super::CrossCounts;

/// How the strength of a rule moved over the periods of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// No more than chance.
    Steady,
    /// It never held in the first half.
    New,
    /// Stronger in the second half.
    Rising,
    /// Weaker in the second half.
    Fading,
    /// It comes and goes.
    Uneven,
}

impl Trend {
    /// The word in the published table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::New => "new",
            Self::Rising => "rising",
            Self::Fading => "fading",
            Self::Uneven => "uneven",
        }
    }
}

/// Whether a movement is called one: its p-value. Strict, because every rule is asked.
const SIGNIFICANT: f64 = 0.001;
/// By how much one half must be stronger than the other to give the movement a direction.
const DIRECTION: f64 = 1.25;

/// Compares the lift of the periods, oldest first.
///
/// Pearson's chi-squared of the baskets with both sides against what the common lift predicts from each period's margins, with one
/// degree of freedom less than there are periods with both sides (Breslow and Day 1987, vol. II, section 3.6, for indirectly
/// standardised ratios).
///
/// ```
/// use nightclerk_models::rules::{CrossCounts, Trend, trend};
/// let of = |n_both| CrossCounts { n_baskets: 1_000, n_antecedent: 100, n_consequent: 100, n_both };
/// assert_eq!(trend(&[of(21), of(19), of(22), of(20)]), Trend::Steady);
/// assert_eq!(trend(&[of(60), of(50), of(12), of(8)]), Trend::Fading);
/// assert_eq!(trend(&[of(0), of(0), of(30), of(35)]), Trend::New);
/// ```
pub fn trend(periods: &[CrossCounts]) -> Trend {
    let chance = |counts: &CrossCounts| {
        f64::from(counts.n_antecedent) * f64::from(counts.n_consequent) / f64::from(counts.n_baskets.max(1))
    };
    let sums = |periods: &[CrossCounts]| {
        periods
            .iter()
            .fold((0.0, 0.0), |(both, by_chance), counts| (both + f64::from(counts.n_both), by_chance + chance(counts)))
    };
    let (both, by_chance) = sums(periods);
    if both == 0.0 || by_chance == 0.0 {
        return Trend::Steady;
    }
    let lift = both / by_chance;
    let (mut squares, mut n) = (0.0, 0_u32);
    for counts in periods {
        let expected = chance(counts) * lift;
        if expected > 0.0 {
            squares += (f64::from(counts.n_both) - expected).powi(2) / expected;
            n += 1;
        }
    }
    if n < 2 || squares == 0.0 || gamma_ur(f64::from(n - 1) / 2.0, squares / 2.0) > SIGNIFICANT {
        return Trend::Steady;
    }
    let (first, second) = periods.split_at(periods.len() / 2);
    let ((early, early_chance), (late, late_chance)) = (sums(first), sums(second));
    if early == 0.0 {
        return Trend::New;
    }
    let ratio = late * early_chance / (early * late_chance.max(f64::MIN_POSITIVE));
    if ratio >= DIRECTION {
        Trend::Rising
    } else if ratio <= 1.0 / DIRECTION {
        Trend::Fading
    } else {
        Trend::Uneven
    }
}
