//! The Nelder-Mead simplex over two to four parameters, without allocation.
//!
//! Nelder and Mead, "A simplex method for function minimization", The Computer Journal 7 (1965), 308-313.

use super::CesSeason;
use super::filter::{Parameters, States, backcast};

/// Evaluations for one model; most need eighty.
const MAX_EVALUATIONS: usize = 250;
/// The search ends when best and worst corner differ by less than this share.
const ENOUGH: f64 = 1e-5;
const START_ALPHA: [f64; 2] = [1.3, 1.0];
const START_PARTIAL: f64 = 0.1;
const FIRST_STEP: f64 = 0.1;
const LOWER: [f64; 4] = [0.01, 0.01, 0.01, 0.01];
const UPPER: [f64; 4] = [1.8, 1.9, 1.5, 1.5];

/// The parameters with the smallest sum of squared errors after backcasting.
pub(super) fn search(demand: &[f64], season: CesSeason, start: &States, states: &mut States) -> Parameters {
    let mut squares = |at: [f64; 4]| {
        if !inside(&at, season) {
            return f64::INFINITY;
        }
        states.clone_from(start);
        let sum = backcast(demand, season, &Parameters(at), states);
        if sum.is_nan() { f64::INFINITY } else { sum }
    };
    let [a0, a1] = START_ALPHA;
    match season {
        CesSeason::None | CesSeason::Simple => {
            let [a0, a1] = minimise([a0, a1], |[a0, a1]| squares([a0, a1, 0.0, 0.0]));
            Parameters([a0, a1, 0.0, 0.0])
        }
        CesSeason::Partial => {
            let [a0, a1, b0] = minimise([a0, a1, START_PARTIAL], |[a0, a1, b0]| squares([a0, a1, b0, 0.0]));
            Parameters([a0, a1, b0, 0.0])
        }
        CesSeason::Full => Parameters(minimise([a0, a1, a0, a1], squares)),
    }
}

/// Within the bounds and the stability region of the paper (section 3.2): (α₀-2.5)² + α₁² > 1.25,
/// (α₀-0.5)² + (α₁-1)² > 0.25, (α₀-1.5)² + (α₁-0.5)² < 1.5, for each complex parameter.
fn inside(at: &[f64; 4], season: CesSeason) -> bool {
    let count = match season {
        CesSeason::None | CesSeason::Simple => 2,
        CesSeason::Partial => 3,
        CesSeason::Full => 4,
    };
    let bounded = (0..count).all(|i| (LOWER[i]..=UPPER[i]).contains(&at[i]));
    let stable = |a0: f64, a1: f64| {
        (a0 - 2.5).powi(2) + a1 * a1 > 1.25
            && (a0 - 0.5).powi(2) + (a1 - 1.0).powi(2) > 0.25
            && (a0 - 1.5).powi(2) + (a1 - 0.5).powi(2) < 1.5
    };
    bounded && stable(at[0], at[1]) && (season != CesSeason::Full || stable(at[2], at[3]))
}

fn minimise<const N: usize>(start: [f64; N], mut value: impl FnMut([f64; N]) -> f64) -> [f64; N] {
    let mut corners = vec![(value(start), start)];
    for i in 0..N {
        let mut corner = start;
        corner[i] += FIRST_STEP;
        let mut at = value(corner);
        if at.is_infinite() {
            corner[i] = start[i] - FIRST_STEP;
            at = value(corner);
        }
        corners.push((at, corner));
    }
    let mut evaluations = N + 1;
    while evaluations < MAX_EVALUATIONS {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (corners[0].0, corners[N].0);
        if worst - best <= ENOUGH * best.abs() || best == 0.0 {
            break;
        }
        let mut centre = [0.0; N];
        for (_, corner) in &corners[..N] {
            for (c, x) in centre.iter_mut().zip(corner) {
                *c += x / N as f64;
            }
        }
        let along = |step: f64| {
            let mut point = centre;
            for (p, x) in point.iter_mut().zip(&corners[N].1) {
                *p += step * (*p - x);
            }
            point
        };
        let reflected = along(1.0);
        let at = value(reflected);
        evaluations += 1;
        if at < best {
            let expanded = along(2.0);
            let further = value(expanded);
            evaluations += 1;
            corners[N] = if further < at { (further, expanded) } else { (at, reflected) };
        } else if at < corners[N - 1].0 {
            corners[N] = (at, reflected);
        } else {
            let contracted = along(if at < worst { 0.5 } else { -0.5 });
            let inner = value(contracted);
            evaluations += 1;
            if inner < worst.min(at) {
                corners[N] = (inner, contracted);
            } else {
                let (_, anchor) = corners[0];
                for (at, corner) in corners.iter_mut().skip(1) {
                    for (x, a) in corner.iter_mut().zip(&anchor) {
                        *x = f64::midpoint(*x, *a);
                    }
                    *at = value(*corner);
                }
                evaluations += N;
            }
        }
    }
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    corners[0].1
}
