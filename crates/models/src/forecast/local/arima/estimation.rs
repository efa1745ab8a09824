//! Minimising the concentrated sum of squares, and where to start.
//!
//! The exact likelihood of an ARMA model is a sum of squares (see `objective.rs`), so that Gauss-Newton with
//! Levenberg-Marquardt damping applies (Marquardt, SIAM J. 11 (1963), 431-441): it needs first derivatives of the
//! residuals only and converges in a handful of steps where quasi-Newton methods need dozens. Derivatives are forward differences: one
//! filter run per parameter.

use super::arma::Blocks;
use super::objective::Objective;
use super::order::ArimaOrder;
use crate::forecast::linear_algebra::{dot, solve_positive_definite};

/// Step of the forward differences, in radians of the free parameters.
const DIFFERENCE_STEP: f64 = 1e-6;
/// Largest change of one parameter in one step, in radians.
const LARGEST_STEP: f64 = 0.6;
/// Steps at most.
const MAX_STEPS: usize = 60;
/// Gauss-Newton predicts the decrease still possible from a linear model; it may be wrong by this factor before a
/// candidate is given up too early.
const PREDICTION_MARGIN: f64 = 2.5;

/// Buffers of [`minimise`].
#[derive(Clone, Debug, Default)]
pub(super) struct Workspace {
    residuals: Vec<f64>,
    trial_residuals: Vec<f64>,
    jacobian: Vec<Vec<f64>>,
    normal: Vec<f64>,
    system: Vec<f64>,
    gradient: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
}

/// Where a minimisation ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Minimum {
    /// Free parameters.
    pub(super) u: Vec<f64>,
    /// Sum of squares there.
    pub(super) s: f64,
    /// Whether it was given up because it could not reach the bar.
    pub(super) abandoned: bool,
}

/// Minimises S from `u`. Stops when a step gains less than `tolerance` (relative), or, with `bar`, as soon as even
/// 2.5 times the predicted gain would leave S above it.
pub(super) fn minimise(
    objective: &mut Objective,
    work: &mut Workspace,
    mut u: Vec<f64>,
    tolerance: f64,
    bar: Option<f64>,
) -> Minimum {
    let k = u.len();
    let mut s = objective.evaluate(&u, &mut work.residuals);
    let mut damping = 1e-3;
    if k == 0 || !s.is_finite() || s <= 0.0 {
        return Minimum { u, s, abandoned: false };
    }
    for _ in 0..MAX_STEPS {
        let predicted = linearise(objective, work, &mut u);
        if bar.is_some_and(|bar| s - PREDICTION_MARGIN * predicted > bar) {
            return Minimum { u, s, abandoned: true };
        }
        let before = s;
        let mut improved = false;
        for _ in 0..12 {
            if !damped_step(work, k, damping) {
                damping *= 10.0;
                continue;
            }
            work.trial.clear();
            work.trial.extend(u.iter().zip(&work.step).map(|(u, d)| u + d.clamp(-LARGEST_STEP, LARGEST_STEP)));
            let trial = objective.evaluate(&work.trial, &mut work.trial_residuals);
            if trial < s {
                std::mem::swap(&mut u, &mut work.trial);
                std::mem::swap(&mut work.residuals, &mut work.trial_residuals);
                s = trial;
                damping = (damping * 0.1).max(1e-9);
                improved = true;
                break;
            }
            if s > 0.0 && (trial - s) <= tolerance * s {
                break;
            }
            damping = (damping * 8.0).max(1e-6);
        }
        if !improved || before - s <= tolerance * before {
            break;
        }
    }
    Minimum { u, s, abandoned: false }
}

/// Fills Jacobian, normal matrix J'J and gradient J'e at `u`; returns the decrease of S that the linear model allows.
fn linearise(objective: &mut Objective, work: &mut Workspace, u: &mut [f64]) -> f64 {
    let k = u.len();
    work.jacobian.resize(k.max(work.jacobian.len()), Vec::new());
    for j in 0..k {
        let kept = u[j];
        u[j] += DIFFERENCE_STEP;
        let finite = objective.evaluate(u, &mut work.jacobian[j]).is_finite();
        u[j] = kept;
        if finite {
            for (slope, e) in work.jacobian[j].iter_mut().zip(&work.residuals) {
                *slope = (*slope - e) / DIFFERENCE_STEP;
            }
        } else {
            work.jacobian[j].clear();
            work.jacobian[j].resize(work.residuals.len(), 0.0);
        }
    }
    work.normal.clear();
    work.normal.resize(k * k, 0.0);
    work.gradient.clear();
    for i in 0..k {
        for j in 0..=i {
            let value = dot(&work.jacobian[i], &work.jacobian[j]);
            work.normal[i * k + j] = value;
            work.normal[j * k + i] = value;
        }
        work.gradient.push(dot(&work.jacobian[i], &work.residuals));
    }
    if damped_step(work, k, 1e-9) { -dot(&work.step, &work.gradient) } else { f64::INFINITY }
}

/// Solves (J'J + damping · diag) step = -J'e; `false` when the system is singular.
fn damped_step(work: &mut Workspace, k: usize, damping: f64) -> bool {
    work.system.clear();
    work.system.extend_from_slice(&work.normal);
    let largest = (0..k).fold(0.0_f64, |largest, i| largest.max(work.normal[i * k + i]));
    for i in 0..k {
        // A parameter without effect keeps its value: its diagonal must not be zero.
        work.system[i * k + i] += damping * work.normal[i * k + i] + 1e-12 * largest;
    }
    work.step.clear();
    work.step.extend(work.gradient.iter().map(|g| -g));
    solve_positive_definite(&mut work.system, &mut work.step)
}

/// Start of a neighbour: the parameters both models share keep their values, new partial autocorrelations are zero, so
/// that the wider model begins where the narrower one ended.
pub(super) fn warm_start(from: &ArimaOrder, u: &[f64], to: &ArimaOrder) -> Vec<f64> {
    let mut start = Vec::with_capacity(to.n_arma());
    let mut rest = u;
    for (have, want) in from.blocks().into_iter().zip(to.blocks()) {
        let (block, after) = rest.split_at(have.min(rest.len()));
        start.extend((0..want).map(|i| block.get(i).copied().unwrap_or(0.0)));
        rest = after;
    }
    start
}

/// Start of a model with one more term on both sides: the narrower model with both polynomials multiplied by
/// (1 - 0.9 B), which is the same process at another point. From zero the two new terms cancel each other; from here the
/// search can reach optima with a moving average near its unit root. `None` for other pairs of orders.
pub(super) fn common_factor_start(from: &ArimaOrder, u: &[f64], to: &ArimaOrder) -> Option<Vec<f64>> {
    const FACTOR: f64 = 0.9;
    let same_seasonal = (from.seasonal_p, from.seasonal_q) == (to.seasonal_p, to.seasonal_q);
    let same_ordinary = (from.p, from.q) == (to.p, to.q);
    let mut blocks = Blocks::from_free(u, from);
    // (1 - Σ cⱼ Bʲ)(1 - ρ B), coefficients of the sum; for θ the signs are reversed.
    let multiply = |block: &mut Vec<f64>, sign: f64| {
        let old = block.clone();
        block.push(0.0);
        block[0] += sign * FACTOR;
        for (j, c) in old.iter().enumerate() {
            block[j + 1] -= FACTOR * c;
        }
    };
    if same_seasonal && to.p == from.p + 1 && to.q == from.q + 1 {
        multiply(&mut blocks.ar, 1.0);
        multiply(&mut blocks.ma, -1.0);
    } else if same_ordinary && to.seasonal_p == from.seasonal_p + 1 && to.seasonal_q == from.seasonal_q + 1 {
        multiply(&mut blocks.seasonal_ar, 1.0);
        multiply(&mut blocks.seasonal_ma, -1.0);
    } else {
        return None;
    }
    Some(blocks.to_free())
}

/// Start by two regressions: residuals of a long autoregression stand in for ε, then w_t is regressed on its own lags
/// and those of the residuals (Hannan and Rissanen, "Recursive estimation of mixed autoregressive-moving average order",
/// Biometrika 69 (1982), 81-94). Seasonal products are left out. `None` for series too short or with gaps.
pub(super) fn hannan_rissanen(w: &[f64], order: &ArimaOrder) -> Option<Vec<f64>> {
    let k = order.n_arma();
    let n = w.len();
    if k == 0 || n < 20 {
        return None;
    }
    let mean = w.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = w.iter().map(|w| w - mean).collect();
    let m = order.season;
    let longest = (order.p.max(order.q)).max(m * order.seasonal_p.max(order.seasonal_q));
    let long = (2 * longest).max(10).min(n / 4).min(60);
    let residuals = long_autoregression(&centred, long);
    let first = longest + long;
    if first + 2 * k + 4 > n {
        return None;
    }
    let lags_of_data = (1..=order.p).chain((1..=order.seasonal_p).map(|j| j * m));
    let lags_of_errors = (1..=order.q).chain((1..=order.seasonal_q).map(|j| j * m));
    let columns: Vec<&[f64]> = lags_of_data
        .map(|lag| &centred[first - lag..n - lag])
        .chain(lags_of_errors.map(|lag| &residuals[first - lag..n - lag]))
        .collect();
    let target = &centred[first..];
    let mut normal = vec![0.0; k * k];
    let mut beta = Vec::with_capacity(k);
    for i in 0..k {
        for j in 0..k {
            normal[i * k + j] = dot(columns[i], columns[j]);
        }
        normal[i * k + i] *= 1.0 + 1e-8;
        beta.push(dot(columns[i], target));
    }
    if !solve_positive_definite(&mut normal, &mut beta) {
        return None;
    }
    let mut rest = beta.into_iter();
    let mut take = |n: usize| rest.by_ref().take(n).collect::<Vec<f64>>();
    let blocks = Blocks {
        ar: take(order.p),
        seasonal_ar: take(order.seasonal_p),
        ma: take(order.q),
        seasonal_ma: take(order.seasonal_q),
    };
    Some(blocks.to_free())
}

/// Residuals of an autoregression of that length by Durbin-Levinson on the sample autocovariances; the first ones are
/// taken from shorter predictors, zero.
fn long_autoregression(w: &[f64], length: usize) -> Vec<f64> {
    let n = w.len();
    let covariance: Vec<f64> = (0..=length).map(|lag| dot(&w[lag..], &w[..n - lag])).collect();
    let mut phi: Vec<f64> = Vec::with_capacity(length);
    let mut variance = covariance[0];
    for k in 1..=length {
        if variance <= 0.0 {
            break;
        }
        let predicted: f64 = phi.iter().enumerate().map(|(j, c)| c * covariance[k - 1 - j]).sum();
        let r = (covariance[k] - predicted) / variance;
        let reversed: Vec<f64> = phi.iter().rev().copied().collect();
        for (c, other) in phi.iter_mut().zip(&reversed) {
            *c -= r * other;
        }
        phi.push(r);
        variance *= 1.0 - r * r;
    }
    let mut residuals = vec![0.0; n];
    let used = phi.len();
    residuals[used..].copy_from_slice(&w[used..]);
    for (j, c) in phi.iter().enumerate() {
        for (e, old) in residuals[used..].iter_mut().zip(&w[used - 1 - j..n - 1 - j]) {
            *e -= c * old;
        }
    }
    residuals
}

#[cfg(test)]
#[path = "estimation_tests.rs"]
mod tests;
