//! Ordinary least squares.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};

use crate::forecast::series::{MethodError, observed_mean};

/// Ridge per column, as a share of its sum of squares: guards the rank, moves coefficients by about a millionth.
const RIDGE_SHARE: f64 = 1e-6;

/// Intercept and slopes of an ordinary least-squares fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// Value at zero of every column.
    pub intercept: f64,
    /// One slope per column.
    pub slopes: Vec<f64>,
}

/// Ordinary least squares of `target` on `columns` (each as long as the target) with an intercept.
///
/// Solved by linfa's QR after centring and scaling every column; one ridge row per column (a millionth of its sum of
/// squares) keeps the system solvable when columns depend on each other.
///
/// # Errors
/// The solver found no solution.
pub fn least_squares(columns: &[Vec<f64>], target: &[f64]) -> Result<Coefficients, MethodError> {
    let (n, p) = (target.len(), columns.len());
    let target_mean = observed_mean(target);
    let means: Vec<f64> = columns.iter().map(|column| observed_mean(column)).collect();
    let scales: Vec<f64> = columns
        .iter()
        .zip(&means)
        .map(|(column, mean)| column.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt())
        .map(|scale| if scale > 0.0 { scale } else { 1.0 })
        .collect();
    if p == 0 {
        return Ok(Coefficients { intercept: target_mean, slopes: Vec::new() });
    }
    let mut records = Array2::<f64>::zeros((n + p, p));
    let mut targets = Array1::<f64>::zeros(n + p);
    for (j, column) in columns.iter().enumerate() {
        for (i, x) in column.iter().enumerate() {
            records[[i, j]] = (x - means[j]) / scales[j];
        }
        records[[n + j, j]] = RIDGE_SHARE.sqrt();
    }
    for (i, y) in target.iter().enumerate() {
        targets[i] = y - target_mean;
    }
    let model = LinearRegression::new()
        .with_intercept(false)
        .fit(&DatasetBase::new(records, targets))
        .map_err(|error| MethodError::Fit { method: "least_squares", reason: error.to_string() })?;
    let slopes: Vec<f64> = model.params().iter().zip(&scales).map(|(b, scale)| b / scale).collect();
    let intercept = target_mean - slopes.iter().zip(&means).map(|(b, mean)| b * mean).sum::<f64>();
    Ok(Coefficients { intercept, slopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_recovers_known_coefficients() {
        let a: Vec<f64> = (0..50).map(|t| f64::from(t * 7 % 11)).collect();
        let b: Vec<f64> = (0..50).map(|t| f64::from(t * 5 % 13)).collect();
        let y: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 3.0 + 2.0 * a - 0.5 * b).collect();
        let fit = least_squares(&[a, b], &y).unwrap();
        assert!((fit.intercept - 3.0).abs() < 1e-4, "{fit:?}");
        assert!((fit.slopes[0] - 2.0).abs() < 1e-4 && (fit.slopes[1] + 0.5).abs() < 1e-4, "{fit:?}");
    }

    #[test]
    fn columns_that_depend_on_each_other_share_the_effect() {
        let a: Vec<f64> = (0..30).map(|t| f64::from(t % 7)).collect();
        let y: Vec<f64> = a.iter().map(|a| 1.0 + 4.0 * a).collect();
        let fit = least_squares(&[a.clone(), a], &y).unwrap();
        assert!((fit.slopes[0] + fit.slopes[1] - 4.0).abs() < 1e-3, "{fit:?}");
    }
}
