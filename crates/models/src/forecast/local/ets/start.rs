//! Where the optimiser starts, and the box it stays in.

use super::filter::Problem;
use super::{ErrorKind, TrendKind};
use crate::forecast::local::seasonal_adjustment::{SeasonKind, classical_indices};

/// Smoothing parameters tried before the optimiser runs; the best start is taken.
const ALPHAS: [f64; 4] = [0.05, 0.2, 0.5, 0.9];
const BETA_SHARES: [f64; 2] = [0.02, 0.3];
const GAMMA_SHARES: [f64; 2] = [0.02, 0.3];
/// Damping tried; within its bounds.
const PHI: f64 = 0.95;
/// Bounds of R's forecast package for φ: below the trend is none, above it is not damped.
const PHI_BOUNDS: (f64, f64) = (0.8, 0.98);
const ALPHA_BOUNDS: (f64, f64) = (1e-4, 0.9999);
/// Smallest level or factor of multiplicative forms, for series scaled to mean size one.
const SMALLEST_STATE: f64 = 1e-4;
/// Seasons at the beginning from which the first season is taken.
const FIRST_SEASONS: usize = 4;
/// Periods at the beginning from which level and slope are taken (two seasons when that is more).
const FIRST_PERIODS: usize = 10;

/// Starting states of the series for one kind of season.
#[derive(Clone, Debug)]
pub(super) struct States {
    /// Intercept and slope of a line through the first deseasonalised periods, at the period before the first.
    line: (f64, f64),
    /// Mean of the same periods.
    mean: f64,
    season: Vec<f64>,
}

/// Starting states from a complete series scaled to mean size one.
pub(super) fn states(filled: &[f64], season_length: usize, kind: SeasonKind) -> States {
    let early = &filled[..filled.len().min(FIRST_SEASONS * season_length)];
    let neutral = if kind == SeasonKind::Multiplicative { 1.0 } else { 0.0 };
    let season = match kind {
        SeasonKind::None => Vec::new(),
        _ => classical_indices(early, season_length, kind).unwrap_or_else(|| vec![neutral; season_length]),
    };
    let count = filled.len().min(FIRST_PERIODS.max(2 * season_length));
    let adjusted = filled[..count].iter().enumerate().map(|(t, value)| match kind {
        SeasonKind::None => *value,
        SeasonKind::Additive => value - season[t % season_length],
        SeasonKind::Multiplicative => value / season[t % season_length],
    });
    let (mut sum, mut cross) = (0.0, 0.0);
    let centre = f64::midpoint(count as f64, 1.0);
    for (t, value) in adjusted.enumerate() {
        sum += value;
        cross += value * (t as f64 + 1.0 - centre);
    }
    let mean = sum / count as f64;
    let spread = (count as f64).powi(3) - count as f64;
    let slope = if count > 1 { 12.0 * cross / spread } else { 0.0 };
    States { line: (mean - slope * centre, slope), mean, season }
}

/// Writes the starting states into a parameter vector, leaving its smoothing parameters.
fn place(problem: &Problem, states: &States, theta: &mut [f64]) {
    let layout = problem.layout;
    let positive = problem.form.error == ErrorKind::Multiplicative || problem.form.season == SeasonKind::Multiplicative;
    let (mut level, mut slope) = if layout.slope.is_some() { states.line } else { (states.mean, 0.0) };
    if positive && level < 0.1 * states.mean {
        (level, slope) = (states.mean, 0.0);
    }
    theta[layout.level] = level;
    if let Some(index) = layout.slope {
        theta[index] = slope;
    }
    for (entry, index) in theta[layout.season..].iter_mut().zip(&states.season) {
        *entry = *index;
    }
}

/// The best start of each basin (level slow or quick, season slow or quick), best first, with its criterion.
///
/// Seasonal likelihoods often have one optimum with a moving level and a fixed season and another the other way round.
pub(super) fn first_guesses(problem: &Problem, states: &States, season: &mut Vec<f64>) -> Vec<(f64, Vec<f64>)> {
    let layout = problem.layout;
    let mut theta = vec![0.0; layout.count];
    place(problem, states, &mut theta);
    if let Some(index) = layout.phi {
        theta[index] = PHI;
    }
    let choices = |present: bool, shares: &'static [f64]| if present { shares } else { &[0.0] };
    let mut basins: [(f64, [f64; 3]); 4] = [(f64::INFINITY, [0.0; 3]); 4];
    for (i, alpha) in ALPHAS.into_iter().enumerate() {
        theta[0] = alpha;
        for beta in choices(layout.beta.is_some(), &BETA_SHARES) {
            layout.beta.inspect(|index| theta[*index] = *beta);
            for (j, gamma) in choices(layout.gamma.is_some(), &GAMMA_SHARES).iter().enumerate() {
                layout.gamma.inspect(|index| theta[*index] = *gamma);
                let criterion = problem.criterion(&theta, season);
                let basin = &mut basins[2 * j + usize::from(i >= ALPHAS.len() / 2)];
                if criterion < basin.0 {
                    *basin = (criterion, [alpha, *beta, *gamma]);
                }
            }
        }
    }
    basins.sort_by(|a, b| a.0.total_cmp(&b.0));
    let guess = |(criterion, [alpha, beta, gamma]): (f64, [f64; 3])| {
        let mut guess = theta.clone();
        guess[0] = alpha;
        layout.beta.inspect(|index| guess[*index] = beta);
        layout.gamma.inspect(|index| guess[*index] = gamma);
        (criterion, guess)
    };
    basins.into_iter().filter(|basin| basin.0.is_finite()).map(guess).collect()
}

/// Lower and upper bounds of each parameter.
pub(super) fn bounds(problem: &Problem) -> (Vec<f64>, Vec<f64>) {
    let layout = problem.layout;
    let mut lower = vec![f64::NEG_INFINITY; layout.count];
    let mut upper = vec![f64::INFINITY; layout.count];
    (lower[0], upper[0]) = ALPHA_BOUNDS;
    for index in [layout.beta, layout.gamma].into_iter().flatten() {
        (lower[index], upper[index]) = (0.0, 1.0);
    }
    if let Some(index) = layout.phi {
        (lower[index], upper[index]) = PHI_BOUNDS;
    }
    let multiplicative_season = problem.form.season == SeasonKind::Multiplicative;
    if multiplicative_season || problem.form.error == ErrorKind::Multiplicative {
        lower[layout.level] = SMALLEST_STATE;
    }
    if multiplicative_season {
        lower[layout.season..].fill(SMALLEST_STATE);
    }
    (lower, upper)
}

/// A start for `problem` from the solution of a form that differs only in its error or trend.
pub(super) fn carry_over(from: &Problem, solution: &[f64], to: &Problem) -> Vec<f64> {
    let (a, b) = (from.layout, to.layout);
    let mut theta = vec![0.0; b.count];
    theta[0] = solution[0];
    theta[b.level] = solution[a.level];
    for (target, source, otherwise) in
        [(b.beta, a.beta, 0.05), (b.gamma, a.gamma, 0.05), (b.phi, a.phi, PHI), (b.slope, a.slope, 0.0)]
    {
        if let Some(target) = target {
            theta[target] = source.map_or(otherwise, |index| solution[index]);
        }
    }
    if from.form.trend == TrendKind::Additive && to.form.trend == TrendKind::Damped {
        theta[b.phi.unwrap_or(0)] = PHI_BOUNDS.1;
    }
    if from.form.season == to.form.season {
        theta[b.season..].copy_from_slice(&solution[a.season..]);
    }
    theta
}
