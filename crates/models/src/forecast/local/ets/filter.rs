//! The recursion of one form, its criterion, and the Gauss-Newton system of that criterion.
//!
//! With p = l + φ b and q = y - μ, additive and multiplicative errors move the states by the same amounts (Hyndman, Koehler,
//! Ord and Snyder 2008, table 2.2 and 2.3 after substitution), so there are two recursions only:
//!
//! | season | μ | level | trend | season |
//! |---|---|---|---|---|
//! | none, additive | p + s | p + α q | φ b + β q | s + γ q |
//! | multiplicative | p s | p + α q / s | φ b + β q / s | s + γ q / p |
//!
//! The kind of error enters the criterion alone (concentrated -2 log-likelihood without constants, section 5.1):
//! n log Σ q² when additive, n log Σ (q/μ)² + 2 Σ log μ when multiplicative. Both are n log of a sum of squares (the second
//! of (q/μ) exp(mean log μ)), which is why Gauss-Newton fits every form.
//!
//! An unobserved period moves the states with q = 0 and adds nothing to the criterion.

use super::{ErrorKind, Form, TrendKind};
use crate::forecast::local::seasonal_adjustment::SeasonKind;

/// Smallest value a one-step mean, level or seasonal factor may take where it is divided by, for series scaled to
/// mean size one.
const SMALLEST: f64 = 1e-6;
/// Sum of squared errors of a perfect fit, per period: keeps the criterion finite.
const PERFECT: f64 = 1e-24;

/// Position of each parameter in a vector: α, β/α, γ/(1-α), φ, l, b, s_0 .. s_{m-2} (those that the form has).
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub beta: Option<usize>,
    pub gamma: Option<usize>,
    pub phi: Option<usize>,
    pub level: usize,
    pub slope: Option<usize>,
    pub season: usize,
    pub count: usize,
}

impl Layout {
    pub fn new(form: Form, season_length: usize) -> Layout {
        let mut next = 1;
        let mut take = |present: bool| {
            let at = next;
            next += usize::from(present);
            present.then_some(at)
        };
        let trended = form.trend != TrendKind::None;
        let seasonal = form.season != SeasonKind::None;
        let (beta, gamma, phi) = (take(trended), take(seasonal), take(form.trend == TrendKind::Damped));
        let level = take(true).unwrap_or_default();
        let slope = take(trended);
        let count = next + if seasonal { season_length - 1 } else { 0 };
        Layout { beta, gamma, phi, level, slope, season: next, count }
    }
}

/// One form on one series (scaled to mean size one).
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem<'a> {
    pub y: &'a [f64],
    pub observed: usize,
    pub form: Form,
    /// 1 without a season.
    pub season_length: usize,
    pub layout: Layout,
}

/// Smoothing parameters and states, unpacked; the season lives in a slice beside it, by position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unpacked {
    pub alpha: f64,
    pub beta: f64,
    pub gamma: f64,
    pub phi: f64,
    pub level: f64,
    pub slope: f64,
}

/// Memory of the fits of one series; grows to the largest form and is used again.
#[derive(Default, Debug)]
pub(super) struct Workspace {
    pub season: Vec<f64>,
    /// Row length of all matrices: the parameters, rounded up to four.
    pub stride: usize,
    d_level: Vec<f64>,
    d_slope: Vec<f64>,
    d_base: Vec<f64>,
    d_error: Vec<f64>,
    d_season: Vec<f64>,
    d_log: Vec<f64>,
    /// Half the gradient of log(sum of squares).
    pub gradient: Vec<f64>,
    /// Gauss-Newton approximation of half its second derivative; lower triangle, rows of `stride`.
    pub hessian: Vec<f64>,
}

impl Workspace {
    fn reset(&mut self, layout: &Layout, season_length: usize) {
        self.stride = layout.count.next_multiple_of(4);
        for buffer in [
            &mut self.d_level,
            &mut self.d_slope,
            &mut self.d_base,
            &mut self.d_error,
            &mut self.d_log,
            &mut self.gradient,
        ] {
            buffer.clear();
            buffer.resize(self.stride, 0.0);
        }
        self.d_season.clear();
        self.d_season.resize(self.stride * season_length, 0.0);
        self.hessian.clear();
        self.hessian.resize(self.stride * self.stride, 0.0);
    }
}

impl Problem<'_> {
    /// Parameters and starting states from a vector; fills `season` by position.
    pub fn unpack(&self, theta: &[f64], season: &mut Vec<f64>) -> Unpacked {
        let at = |index: Option<usize>, otherwise: f64| index.map_or(otherwise, |i| theta[i]);
        season.clear();
        if self.form.season != SeasonKind::None {
            season.extend_from_slice(&theta[self.layout.season..self.layout.count]);
            let total = if self.form.season == SeasonKind::Multiplicative { self.season_length as f64 } else { 0.0 };
            season.push(total - season.iter().sum::<f64>());
        }
        let alpha = theta[0];
        Unpacked {
            alpha,
            beta: alpha * at(self.layout.beta, 0.0),
            gamma: (1.0 - alpha) * at(self.layout.gamma, 0.0),
            phi: at(self.layout.phi, 1.0),
            level: theta[self.layout.level],
            slope: at(self.layout.slope, 0.0),
        }
    }

    /// The criterion at `theta`; infinite where the recursion leaves its domain.
    pub fn criterion(&self, theta: &[f64], season: &mut Vec<f64>) -> f64 {
        let mut unpacked = self.unpack(theta, season);
        self.run(&mut unpacked, season)
    }

    /// Runs the recursion over the series from the given states, which become the last ones; returns the criterion.
    pub fn run(&self, states: &mut Unpacked, season: &mut [f64]) -> f64 {
        let (squares, logs) = self.pass(states, season);
        let count = self.observed as f64;
        let criterion = count * squares.max(PERFECT * count).ln() + 2.0 * logs;
        if criterion.is_nan() { f64::INFINITY } else { criterion }
    }

    /// As [`Problem::run`]; returns the sum of squared errors and Σ log μ (0 for additive errors).
    pub fn pass(&self, states: &mut Unpacked, season: &mut [f64]) -> (f64, f64) {
        let multiplicative = self.form.error == ErrorKind::Multiplicative;
        match (self.form.season, multiplicative) {
            (SeasonKind::None, false) => run::<0, false>(self.y, states, season),
            (SeasonKind::None, true) => run::<0, true>(self.y, states, season),
            (SeasonKind::Additive, false) => run::<1, false>(self.y, states, season),
            (SeasonKind::Additive, true) => run::<1, true>(self.y, states, season),
            (SeasonKind::Multiplicative, false) => run::<2, false>(self.y, states, season),
            (SeasonKind::Multiplicative, true) => run::<2, true>(self.y, states, season),
        }
    }

    /// Fills gradient and Hessian of `workspace` at `theta`, where the criterion must be finite.
    ///
    /// Forward sensitivities of level, trend and seasons with respect to all parameters run beside the recursion.
    pub fn gauss_newton(&self, theta: &[f64], workspace: &mut Workspace) {
        let layout = self.layout;
        let (multiplicative_season, seasonal) =
            (self.form.season == SeasonKind::Multiplicative, self.form.season != SeasonKind::None);
        let multiplicative_error = self.form.error == ErrorKind::Multiplicative;
        let mut season = std::mem::take(&mut workspace.season);
        let Unpacked { alpha, beta, gamma, phi, mut level, mut slope } = self.unpack(theta, &mut season);
        workspace.reset(&layout, self.season_length);
        let stride = workspace.stride;
        let Workspace { d_level, d_slope, d_base, d_error, d_season, d_log, gradient, hessian, .. } = workspace;
        let (d_level, d_slope) = (&mut d_level[..stride], &mut d_slope[..stride]);
        let (d_base, d_error) = (&mut d_base[..stride], &mut d_error[..stride]);
        let (d_log, gradient) = (&mut d_log[..stride], &mut gradient[..stride]);
        d_level[layout.level] = 1.0;
        if let Some(index) = layout.slope {
            d_slope[index] = 1.0;
        }
        if seasonal {
            let last = self.season_length - 1;
            for position in 0..last {
                d_season[position * stride + layout.season + position] = 1.0;
                d_season[last * stride + layout.season + position] = -1.0;
            }
        }
        let beta_share = layout.beta.map_or(0.0, |i| theta[i]);
        let gamma_share = layout.gamma.map_or(0.0, |i| theta[i]);
        let mut squares = 0.0;
        let mut position = 0;
        for y in self.y {
            let base = level + phi * slope;
            for i in 0..stride {
                d_base[i] = d_level[i] + phi * d_slope[i];
            }
            if let Some(index) = layout.phi {
                d_base[index] += slope;
            }
            let d_factor = &mut d_season[position * stride..(position + 1) * stride];
            let factor = if seasonal { season[position] } else { f64::from(u8::from(multiplicative_season)) };
            let mean = if multiplicative_season { base * factor } else { base + factor };
            let observed = y.is_finite();
            let q = if observed { y - mean } else { 0.0 };
            // The derivative of the one-step mean, kept in d_error for a moment.
            if multiplicative_season {
                for i in 0..stride {
                    d_error[i] = factor * d_base[i] + base * d_factor[i];
                }
            } else {
                for i in 0..stride {
                    d_error[i] = d_base[i] + d_factor[i];
                }
            }
            let moved = if observed { -1.0 } else { 0.0 };
            let (u, v) = if multiplicative_season { (q / factor, q / base) } else { (q, q) };
            if multiplicative_season {
                for i in 0..stride {
                    let dq = moved * d_error[i];
                    let du = (dq - u * d_factor[i]) / factor;
                    let dv = (dq - v * d_base[i]) / base;
                    d_level[i] = d_base[i] + alpha * du;
                    d_slope[i] = phi * d_slope[i] + beta * du;
                    d_factor[i] += gamma * dv;
                }
            } else {
                for i in 0..stride {
                    let dq = moved * d_error[i];
                    d_level[i] = d_base[i] + alpha * dq;
                    d_slope[i] = phi * d_slope[i] + beta * dq;
                    d_factor[i] += gamma * dq;
                }
            }
            d_level[0] += u;
            if let Some(index) = layout.beta {
                d_slope[0] += u * beta_share;
                d_slope[index] += u * alpha;
            }
            if let Some(index) = layout.phi {
                d_slope[index] += slope;
            }
            if let Some(index) = layout.gamma {
                d_factor[0] -= v * gamma_share;
                d_factor[index] += v * (1.0 - alpha);
            }
            level = base + alpha * u;
            slope = phi * slope + beta * u;
            if seasonal {
                season[position] += gamma * v;
                position += 1;
                if position == self.season_length {
                    position = 0;
                }
            }
            if !observed {
                continue;
            }
            let error = if multiplicative_error {
                let (inverse, change) = (1.0 / mean, -y / (mean * mean));
                for i in 0..stride {
                    d_log[i] += d_error[i] * inverse;
                    d_error[i] *= change;
                }
                q * inverse
            } else {
                for d in d_error.iter_mut() {
                    *d = -*d;
                }
                q
            };
            squares += error * error;
            for i in 0..stride {
                gradient[i] += error * d_error[i];
            }
            add_square(hessian, d_error, stride);
        }
        workspace.season = season;
        let count = self.observed as f64;
        finish(workspace, squares.max(PERFECT * count), count, multiplicative_error);
    }
}

/// Adds the outer product of `vector` to the lower triangle, four columns at a time.
fn add_square(matrix: &mut [f64], vector: &[f64], stride: usize) {
    for (i, row) in matrix.chunks_exact_mut(stride).enumerate() {
        let width = (i / 4 + 1) * 4;
        let factor = vector[i];
        for (entry, value) in row[..width].iter_mut().zip(&vector[..width]) {
            *entry += factor * value;
        }
    }
}

/// From the errors' system to that of log(sum of squares): with d the derivative of the mean log μ, S the sum of squares,
/// g = (v + S d) / S and H = (A + v d' + d v' + S d d') / S; d = 0 for additive errors.
fn finish(workspace: &mut Workspace, squares: f64, count: f64, multiplicative: bool) {
    let stride = workspace.stride;
    let Workspace { d_log, gradient, hessian, .. } = workspace;
    if multiplicative {
        for d in d_log.iter_mut() {
            *d /= count;
        }
        for (i, row) in hessian.chunks_exact_mut(stride).enumerate() {
            for j in 0..stride {
                row[j] += gradient[i] * d_log[j] + d_log[i] * gradient[j] + squares * d_log[i] * d_log[j];
            }
        }
        for (g, d) in gradient.iter_mut().zip(d_log.iter()) {
            *g += squares * d;
        }
    }
    gradient.iter_mut().chain(hessian.iter_mut()).for_each(|value| *value /= squares);
}

fn run<const SEASON: u8, const MULTIPLICATIVE_ERROR: bool>(
    y: &[f64],
    states: &mut Unpacked,
    season: &mut [f64],
) -> (f64, f64) {
    let Unpacked { alpha, beta, gamma, phi, mut level, mut slope } = *states;
    let (mut squares, mut logs, mut product, mut position) = (0.0, 0.0, 1.0, 0);
    for value in y {
        let base = level + phi * slope;
        let factor = if SEASON == 0 { 0.0 } else { season[position] };
        let mean = if SEASON == 2 { base * factor } else { base + factor };
        if (MULTIPLICATIVE_ERROR && mean < SMALLEST) || (SEASON == 2 && (base < SMALLEST || factor < SMALLEST)) {
            return (f64::INFINITY, 0.0);
        }
        let q = if value.is_finite() { value - mean } else { 0.0 };
        let (u, v) = if SEASON == 2 { (q / factor, q / base) } else { (q, q) };
        level = base + alpha * u;
        slope = phi * slope + beta * u;
        if SEASON != 0 {
            season[position] = factor + gamma * v;
            position += 1;
            if position == season.len() {
                position = 0;
            }
        }
        if MULTIPLICATIVE_ERROR {
            let error = q / mean;
            squares += error * error;
            if value.is_finite() {
                // One logarithm for many factors: the product is taken out before it can overflow.
                product *= mean;
                if !(1e-100..1e100).contains(&product) {
                    logs += product.ln();
                    product = 1.0;
                }
            }
        } else {
            squares += q * q;
        }
    }
    states.level = level;
    states.slope = slope;
    (squares, logs + product.ln())
}
