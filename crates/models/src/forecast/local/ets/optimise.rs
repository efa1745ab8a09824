//! Projected Levenberg-Marquardt over smoothing parameters and starting states together.
//!
//! Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", SIAM Journal on Applied Mathematics 11
//! (1963), 431-441; damping after Nielsen (1999), "Damping parameter in Marquardt's method". Parameters at a bound whose
//! gradient points outward are held; steps are clipped to the box.

use super::filter::{Problem, Workspace};

/// Iterations for one form; most need ten.
const MAX_ITERATIONS: usize = 60;
/// An accepted step that lowers the criterion by less ends the search (an AICc is compared to a hundredth).
const ENOUGH: f64 = 1e-4;
/// Multiple of the predicted gain that a candidate is trusted to make before it is called hopeless.
const TRUST: f64 = 4.0;
/// Largest damping.
const MAX_DAMPING: f64 = 1e9;

/// Memory of the linear solver.
#[derive(Default, Debug)]
pub(super) struct Solver {
    factor: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
    free: Vec<usize>,
}

/// Lowers the criterion from `theta` within `lower..=upper`; returns it, or `None` when the candidate was abandoned because
/// even several times the predicted gain would leave it above `hopeless_above`.
pub(super) fn minimise(
    problem: &Problem,
    theta: &mut [f64],
    (lower, upper): (&[f64], &[f64]),
    hopeless_above: f64,
    workspace: &mut Workspace,
    solver: &mut Solver,
) -> Option<f64> {
    let count = problem.observed as f64;
    let mut criterion = problem.criterion(theta, &mut workspace.season);
    if !criterion.is_finite() {
        return Some(criterion);
    }
    let (mut damping, mut growth) = (1e-2, 2.0);
    for iteration in 0..MAX_ITERATIONS {
        problem.gauss_newton(theta, workspace);
        solver.free.clear();
        let gradient = &workspace.gradient;
        solver.free.extend((0..theta.len()).filter(|i| {
            let (at_lower, at_upper) = (theta[*i] <= lower[*i], theta[*i] >= upper[*i]);
            !((at_lower && gradient[*i] >= 0.0) || (at_upper && gradient[*i] <= 0.0))
        }));
        loop {
            if solver.free.is_empty() || damping > MAX_DAMPING {
                return Some(criterion);
            }
            if !solver.solve(workspace, damping) {
                damping *= 10.0;
                continue;
            }
            solver.trial.clear();
            solver.trial.extend_from_slice(theta);
            for (k, i) in solver.free.iter().enumerate() {
                let moved = (theta[*i] + solver.step[k]).clamp(lower[*i], upper[*i]);
                solver.step[k] = moved - theta[*i];
                solver.trial[*i] = moved;
            }
            let predicted = -solver.predicted_change(workspace);
            if predicted <= 0.0 {
                damping *= growth;
                growth *= 2.0;
                continue;
            }
            let now = problem.criterion(&solver.trial, &mut workspace.season);
            let gain = criterion - now;
            if gain.is_nan() || gain <= 0.0 {
                if predicted * count < ENOUGH / 10.0 {
                    return Some(criterion);
                }
                damping *= growth;
                growth *= 2.0;
                continue;
            }
            theta.copy_from_slice(&solver.trial);
            criterion = now;
            let ratio = -(-gain / count).exp_m1() / predicted;
            damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).clamp(1.0 / 5.0, 2.0);
            growth = 2.0;
            if gain < ENOUGH {
                return Some(criterion);
            }
            if iteration >= 2 && criterion - TRUST * gain > hopeless_above {
                return None;
            }
            break;
        }
    }
    Some(criterion)
}

impl Solver {
    /// Cholesky solution of (H + damping diag H) step = -g over the free parameters.
    fn solve(&mut self, workspace: &Workspace, damping: f64) -> bool {
        let (size, stride) = (self.free.len(), workspace.stride);
        self.factor.clear();
        self.factor.resize(size * size, 0.0);
        self.step.clear();
        for row in 0..size {
            for column in 0..=row {
                // `free` ascends, so this stays in the lower triangle.
                let mut sum = workspace.hessian[self.free[row] * stride + self.free[column]];
                if row == column {
                    sum += damping * sum + 1e-14;
                }
                let (a, b) = (&self.factor[row * size..row * size + column], &self.factor[column * size..][..column]);
                sum -= a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                if row == column {
                    if sum.is_nan() || sum <= 0.0 {
                        return false;
                    }
                    self.factor[row * size + row] = sum.sqrt();
                } else {
                    self.factor[row * size + column] = sum / self.factor[column * size + column];
                }
            }
        }
        for row in 0..size {
            let known: f64 = (0..row).map(|k| self.factor[row * size + k] * self.step[k]).sum();
            self.step.push((-workspace.gradient[self.free[row]] - known) / self.factor[row * size + row]);
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size).map(|k| self.factor[k * size + row] * self.step[k]).sum();
            self.step[row] = (self.step[row] - known) / self.factor[row * size + row];
        }
        self.step.iter().all(|value| value.is_finite())
    }

    /// 2 g's + s'Hs: the change of log(sum of squares) that the linear model promises for the (clipped) step.
    fn predicted_change(&self, workspace: &Workspace) -> f64 {
        let stride = workspace.stride;
        let mut change = 0.0;
        for (row, i) in self.free.iter().enumerate() {
            let mut product = workspace.hessian[i * stride + i] * self.step[row];
            for (column, j) in self.free[..row].iter().enumerate() {
                product += 2.0 * workspace.hessian[i * stride + j] * self.step[column];
            }
            change += self.step[row] * (2.0 * workspace.gradient[*i] + product);
        }
        change
    }
}
