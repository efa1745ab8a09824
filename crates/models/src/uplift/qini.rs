//! The Qini curve: does ranking by predicted uplift find more incremental outcome than chance?

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::UpliftError;
use super::features::{check_arms, check_finite};

/// One point of a Qini curve: the first `customers` in rank order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QiniPoint {
    /// Customers targeted so far (a whole block of equal scores at a time).
    pub customers: usize,
    /// Incremental outcome among them: `Y_t - Y_c * N_t / N_c` with sums and counts up to here.
    pub incremental: f64,
}

/// A Qini curve and its area.
#[derive(Debug, Clone, PartialEq)]
pub struct Qini {
    /// From (0, 0) to everybody. Equal scores are one step, so the order of rows cannot matter.
    pub curve: Vec<QiniPoint>,
    /// Area between curve and the straight line to its end, divided by the same area of the best possible
    /// ranking (treated by outcome, controls by minus outcome): 0 is chance, 1 is the bound. `None` when no ranking
    /// can beat chance (no outcome at all).
    ///
    /// Normalised as `qini_auc_score(..., negative_effect=True)` of scikit-uplift 0.5.1; comparable with nothing else.
    /// For amounts the same formula is used with amounts in place of 0/1.
    pub coefficient: Option<f64>,
    /// Area over chance, per customer squared: mean extra incremental outcome per customer of the list,
    /// averaged over all list lengths. In units of the outcome.
    pub area_per_customer: f64,
}

/// How an interval is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bootstrap {
    /// Two-sided confidence: 0.95 gives the 2.5 % and 97.5 % points.
    pub confidence: f64,
    /// Number of resamples.
    pub repetitions: usize,
    /// Seed of the resampling.
    pub seed: u64,
}

/// A two-sided interval for a Qini coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Qini curve and coefficient of a score on a randomised sample.
///
/// Radcliffe (2007), "Using control groups to target on predicted lift". Scores are ranked from high to low.
///
/// ```
/// use nightclerk_models::uplift::qini;
/// // Treated customers with a high score buy, the other treated and all controls do not.
/// let result = qini(&[0.9, 0.9, 0.1, 0.1], &[true, false, true, false], &[1.0, 0.0, 0.0, 0.0])?;
/// assert_eq!(result.curve[1].customers, 2);
/// assert_eq!(result.curve[1].incremental, 1.0);
/// # Ok::<(), nightclerk_models::uplift::UpliftError>(())
/// ```
///
/// # Errors
/// [`UpliftError::Shape`] for unequal lengths, [`UpliftError::NotFinite`] for a NaN score or outcome.
pub fn qini(uplift: &[f64], treated: &[bool], outcome: &[f64]) -> Result<Qini, UpliftError> {
    check_arms(treated, outcome, uplift.len())?;
    check_finite("uplift", uplift)?;
    let ranked = Ranked::new(uplift, treated, outcome);
    let everyone = vec![1_u32; uplift.len()];
    let mut curve = vec![QiniPoint { customers: 0, incremental: 0.0 }];
    walk(&ranked.actual, &everyone, treated, outcome, |at| {
        curve.push(QiniPoint { customers: at.customers as usize, incremental: at.incremental });
    });
    let n = (uplift.len() as f64).max(1.0);
    let actual = area_over_chance(&ranked.actual, &everyone, treated, outcome);
    Ok(Qini {
        curve,
        coefficient: ranked.coefficient(&everyone, treated, outcome),
        area_per_customer: actual / (n * n),
    })
}

/// Percentile bootstrap interval of the Qini coefficient with the scores held fixed.
///
/// Customers are resampled with replacement within each arm. `None` when the coefficient is undefined. The interval measures the
/// noise of the *evaluation*, not of fitting the scores.
///
/// # Errors
/// As [`qini`].
pub(super) fn qini_interval(
    uplift: &[f64],
    treated: &[bool],
    outcome: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Option<Interval>, UpliftError> {
    check_arms(treated, outcome, uplift.len())?;
    check_finite("uplift", uplift)?;
    let ranked = Ranked::new(uplift, treated, outcome);
    let arms: [Vec<usize>; 2] =
        [true, false].map(|wanted| (0..treated.len()).filter(|&row| treated[row] == wanted).collect());
    let mut draws: Vec<f64> = (0..bootstrap.repetitions as u64)
        .into_par_iter()
        .filter_map(|repetition| {
            let mut chance =
                Pcg64::seed_from_u64(bootstrap.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(repetition));
            let mut counts = vec![0_u32; treated.len()];
            for arm in arms.iter().filter(|arm| !arm.is_empty()) {
                for _ in 0..arm.len() {
                    counts[arm[chance.random_range(0..arm.len())]] += 1;
                }
            }
            ranked.coefficient(&counts, treated, outcome)
        })
        .collect();
    if draws.is_empty() {
        return Ok(None);
    }
    draws.sort_by(f64::total_cmp);
    let tail = (1.0 - bootstrap.confidence) / 2.0;
    let at = |share: f64| draws[((share * draws.len() as f64).floor() as usize).min(draws.len() - 1)];
    Ok(Some(Interval { lower: at(tail), upper: at(1.0 - tail) }))
}

/// Rows from high to low score, cut into blocks of equal score.
struct Ranking {
    order: Vec<usize>,
    block_ends: Vec<usize>,
}

impl Ranking {
    fn new(score: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..score.len()).collect();
        // `+ 0.0` merges -0.0 with 0.0, which are one score.
        order.sort_by(|&a, &b| (score[b] + 0.0).total_cmp(&(score[a] + 0.0)).then(a.cmp(&b)));
        let block_ends = (1..=order.len())
            .filter(|&end| {
                end == order.len() || (score[order[end]] + 0.0).total_cmp(&(score[order[end - 1]] + 0.0)).is_ne()
            })
            .collect();
        Self { order, block_ends }
    }
}

/// The ranking to judge and the best possible one, sorted once for all bootstrap repetitions.
struct Ranked {
    actual: Ranking,
    perfect: Ranking,
}

impl Ranked {
    fn new(uplift: &[f64], treated: &[bool], outcome: &[f64]) -> Self {
        let best: Vec<f64> =
            outcome.iter().zip(treated).map(|(&value, &flag)| if flag { value } else { -value }).collect();
        Self { actual: Ranking::new(uplift), perfect: Ranking::new(&best) }
    }

    fn coefficient(&self, counts: &[u32], treated: &[bool], outcome: &[f64]) -> Option<f64> {
        let bound = area_over_chance(&self.perfect, counts, treated, outcome);
        let actual = area_over_chance(&self.actual, counts, treated, outcome);
        (bound > 1e-12).then(|| actual / bound)
    }
}

/// Running totals at the end of a block.
#[derive(Clone, Copy)]
struct Position {
    customers: f64,
    incremental: f64,
}

/// Walks the blocks of a ranking in which row `i` appears `counts[i]` times.
fn walk(ranking: &Ranking, counts: &[u32], treated: &[bool], outcome: &[f64], mut visit: impl FnMut(Position)) {
    let (mut treated_n, mut treated_sum, mut control_n, mut control_sum) = (0.0, 0.0, 0.0, 0.0);
    let mut start = 0;
    for &end in &ranking.block_ends {
        for &row in &ranking.order[start..end] {
            let times = f64::from(counts[row]);
            if treated[row] {
                treated_n += times;
                treated_sum += times * outcome[row];
            } else {
                control_n += times;
                control_sum += times * outcome[row];
            }
        }
        start = end;
        let expected = if control_n > 0.0 { control_sum * treated_n / control_n } else { 0.0 };
        visit(Position { customers: treated_n + control_n, incremental: treated_sum - expected });
    }
}

/// Trapezoid area under the curve minus that under the straight line to its end.
fn area_over_chance(ranking: &Ranking, counts: &[u32], treated: &[bool], outcome: &[f64]) -> f64 {
    let mut last = Position { customers: 0.0, incremental: 0.0 };
    let mut area = 0.0;
    walk(ranking, counts, treated, outcome, |at| {
        area += (at.customers - last.customers) * (at.incremental + last.incremental) / 2.0;
        last = at;
    });
    area - last.customers * last.incremental / 2.0
}
