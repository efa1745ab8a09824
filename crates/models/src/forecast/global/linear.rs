//! A pooled linear forecast from a few simple ones: what the trees correct.

use serde::{Deserialize, Serialize};

use super::features::SIMPLE;

/// Blocks of periods ahead with their own weights.
const BLOCKS: usize = 4;
/// Ridge per column, as a share of its sum of squares.
const RIDGE_SHARE: f64 = 1e-4;
/// Rounds of reweighting towards absolute errors.
const ROUNDS: usize = 4;
/// Errors below this share of a scale all weigh the same.
const SMALL_ERROR: f64 = 0.01;

/// Weights of the simple forecasts per block of periods ahead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Linear {
    horizon: usize,
    blocks: Vec<[f64; SIMPLE]>,
}

/// A row of the pooled regression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearRow {
    pub ahead: u16,
    pub simple: [f32; SIMPLE],
    pub target: f32,
    pub weight: f32,
}

impl Linear {
    /// Least absolute errors by iteratively reweighted least squares (Schlossmacher 1973), lightly ridged.
    pub(crate) fn fit(rows: &[LinearRow], horizon: usize) -> Linear {
        let n_blocks = BLOCKS.min(horizon).max(1);
        let blocks = (0..n_blocks)
            .map(|block| {
                let members: Vec<&LinearRow> =
                    rows.iter().filter(|row| block_of(row.ahead as usize, horizon, n_blocks) == block).collect();
                fit_block(&members)
            })
            .collect();
        Linear { horizon, blocks }
    }

    /// The forecast of a row.
    pub(crate) fn predict(&self, ahead: usize, simple: &[f64; SIMPLE]) -> f64 {
        let block = block_of(ahead, self.horizon, self.blocks.len());
        self.blocks.get(block).map_or(0.0, |weights| weights.iter().zip(simple).map(|(w, x)| w * x).sum())
    }
}

fn block_of(ahead: usize, horizon: usize, n_blocks: usize) -> usize {
    (ahead.saturating_sub(1) * n_blocks / horizon.max(1)).min(n_blocks.saturating_sub(1))
}

fn fit_block(rows: &[&LinearRow]) -> [f64; SIMPLE] {
    let mut weights = [0.0; SIMPLE];
    // Where nothing can be learnt, the mean of the last four seasons stands.
    weights[2] = 1.0;
    if rows.len() < 4 * SIMPLE {
        return weights;
    }
    for round in 0..ROUNDS {
        let (mut gram, mut moment) = ([[0.0; SIMPLE]; SIMPLE], [0.0; SIMPLE]);
        for row in rows {
            let x: [f64; SIMPLE] = row.simple.map(f64::from);
            let error = f64::from(row.target) - x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
            let importance = f64::from(row.weight) / if round == 0 { 1.0 } else { error.abs().max(SMALL_ERROR) };
            for i in 0..SIMPLE {
                moment[i] += importance * x[i] * error;
                for j in 0..=i {
                    gram[i][j] += importance * x[i] * x[j];
                }
            }
        }
        for (i, row) in gram.iter_mut().enumerate() {
            row[i] = row[i] * (1.0 + RIDGE_SHARE) + 1e-12;
        }
        let Some(step) = solve(gram, moment) else { break };
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight += step;
        }
    }
    weights
}

/// Solves a positive definite system by Cholesky's factors; `None` when it is not one.
#[expect(clippy::needless_range_loop, reason = "the indices are those of the triangles")]
fn solve(mut a: [[f64; SIMPLE]; SIMPLE], mut b: [f64; SIMPLE]) -> Option<[f64; SIMPLE]> {
    for i in 0..SIMPLE {
        for j in 0..=i {
            let mut sum = a[i][j];
            for k in 0..j {
                sum -= a[i][k] * a[j][k];
            }
            if i == j {
                if !(sum > 0.0 && sum.is_finite()) {
                    return None;
                }
                a[i][i] = sum.sqrt();
            } else {
                a[i][j] = sum / a[j][j];
            }
        }
    }
    for i in 0..SIMPLE {
        for k in 0..i {
            b[i] -= a[i][k] * b[k];
        }
        b[i] /= a[i][i];
    }
    for i in (0..SIMPLE).rev() {
        for k in (i + 1)..SIMPLE {
            b[i] -= a[k][i] * b[k];
        }
        b[i] /= a[i][i];
    }
    b.iter().all(|x| x.is_finite()).then_some(b)
}
