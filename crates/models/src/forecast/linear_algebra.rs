//! The little linear algebra that estimation needs: small symmetric systems and projections on few columns.

/// Columns whose remaining norm falls below this share of their own are linear combinations of earlier ones.
const DEPENDENT: f64 = 1e-7;

/// Solves `matrix · x = rhs` for a symmetric positive definite k x k matrix (row-major), by Cholesky; `false` when it
/// is not positive definite. `matrix` is overwritten by its factor, `rhs` by x.
pub(crate) fn solve_positive_definite(matrix: &mut [f64], rhs: &mut [f64]) -> bool {
    let is_positive = factor(matrix, rhs.len());
    if is_positive {
        substitute(matrix, rhs);
    }
    is_positive
}

/// Overwrites the lower triangle of a symmetric k x k matrix by its Cholesky factor; `false` when it is not positive definite.
pub(crate) fn factor(matrix: &mut [f64], k: usize) -> bool {
    for i in 0..k {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|l| matrix[i * k + l] * matrix[j * k + l]).sum();
            let value = matrix[i * k + j] - dot;
            if i == j {
                if !(value > 0.0 && value.is_finite()) {
                    return false;
                }
                matrix[i * k + i] = value.sqrt();
            } else {
                matrix[i * k + j] = value / matrix[j * k + j];
            }
        }
    }
    true
}

/// Solves for a right side by the factor of a matrix.
pub(crate) fn substitute(factor: &[f64], rhs: &mut [f64]) {
    let k = rhs.len();
    for i in 0..k {
        let dot: f64 = (0..i).map(|l| factor[i * k + l] * rhs[l]).sum();
        rhs[i] = (rhs[i] - dot) / factor[i * k + i];
    }
    for i in (0..k).rev() {
        let dot: f64 = (i + 1..k).map(|l| factor[l * k + i] * rhs[l]).sum();
        rhs[i] = (rhs[i] - dot) / factor[i * k + i];
    }
}

/// Least squares of a target on columns, by modified Gram-Schmidt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Projection {
    /// Upper triangle, k x k row-major: column j of X = Σ R_ij q_i.
    triangle: Vec<f64>,
    /// Coordinates of the target: qᵢ · y.
    coordinates: Vec<f64>,
}

impl Projection {
    /// Replaces `target` by its residual on `columns`, and `columns` by an orthonormal basis. A column that depends on
    /// earlier ones becomes zero and has coefficient zero.
    pub fn remove(&mut self, columns: &mut [Vec<f64>], target: &mut [f64]) {
        let k = columns.len();
        self.triangle.clear();
        self.triangle.resize(k * k, 0.0);
        self.coordinates.clear();
        for j in 0..k {
            let (before, rest) = columns.split_at_mut(j);
            let column = &mut rest[0];
            let full = dot(column, column).sqrt();
            for (i, basis) in before.iter().enumerate() {
                let r = dot(basis, column);
                self.triangle[i * k + j] = r;
                subtract(column, r, basis);
            }
            let norm = dot(column, column).sqrt();
            if norm > DEPENDENT * full {
                for x in column.iter_mut() {
                    *x /= norm;
                }
                self.triangle[j * k + j] = norm;
            } else {
                column.fill(0.0);
            }
            let coordinate = dot(column, target);
            subtract(target, coordinate, column);
            self.coordinates.push(coordinate);
        }
    }

    /// The least-squares coefficients.
    pub fn coefficients(&self) -> Vec<f64> {
        let k = self.coordinates.len();
        let mut beta = vec![0.0; k];
        for i in (0..k).rev() {
            let pivot = self.triangle[i * k + i];
            if pivot > 0.0 {
                let dot: f64 = (i + 1..k).map(|j| self.triangle[i * k + j] * beta[j]).sum();
                beta[i] = (self.coordinates[i] - dot) / pivot;
            }
        }
        beta
    }

    /// ln |X'X| of the first `n` columns, dependent ones left out.
    pub fn log_determinant(&self, n: usize) -> f64 {
        let k = self.coordinates.len();
        (0..n.min(k)).map(|i| self.triangle[i * k + i]).filter(|r| *r > 0.0).map(|r| 2.0 * r.ln()).sum()
    }

    /// `loads` · R⁻¹ of the first `loads.len()` columns, in place: with L the result, L L' is the covariance (in units of σ²)
    /// that estimating their coefficients adds to a state on which they load. Dependent columns add nothing.
    pub fn whiten(&self, loads: &mut [Vec<f64>]) {
        let k = self.coordinates.len();
        for j in 0..loads.len().min(k) {
            let (before, rest) = loads.split_at_mut(j);
            let pivot = self.triangle[j * k + j];
            for (i, done) in before.iter().enumerate() {
                subtract(&mut rest[0], self.triangle[i * k + j], done);
            }
            rest[0].iter_mut().for_each(|load| *load = if pivot > 0.0 { *load / pivot } else { 0.0 });
        }
    }
}

/// a · b, in four partial sums so that the compiler may use vector registers.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

fn subtract(target: &mut [f64], factor: f64, column: &[f64]) {
    for (y, x) in target.iter_mut().zip(column) {
        *y -= factor * x;
    }
}
