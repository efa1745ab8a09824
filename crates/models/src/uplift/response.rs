//! One response model: features to expected outcome, within one arm.

use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::UpliftError;
use super::features::Features;

/// Ridge penalty on standardised coefficients, in units of one observation: negligible for thousands of rows,
/// enough to keep collinear dummies and separated arms finite.
const PENALTY: f64 = 1.0;
/// Trees per forest: the Qini of a two-model forest moves by less than its standard error beyond this.
const TREES: usize = 60;
/// Depth and leaf limits keep leaf means stable: an uplift is the *difference* of two of them.
const DEPTH: u16 = 6;
const LEAF: usize = 50;

/// A family of response models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Learner {
    /// Logistic regression with an L2 penalty (binary outcomes only).
    Logistic,
    /// Linear regression with an L2 penalty.
    Ridge,
    /// Random forest of regression trees; on a binary outcome its leaf means are probabilities.
    Forest,
}

impl Learner {
    /// The word used in tables and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::Ridge => "ridge",
            Self::Forest => "forest",
        }
    }
}

type Matrix = DenseMatrix<f64>;

/// A fitted response model for one arm.
pub(super) struct ResponseModel {
    scale: Standardiser,
    body: Body,
}

enum Body {
    /// Every customer alike: the arm's outcome does not vary, or no column does.
    Constant(f64),
    Linear {
        intercept: f64,
        slopes: Vec<f64>,
    },
    Logit {
        intercept: f64,
        slopes: Vec<f64>,
    },
    Forest(Box<RandomForestRegressor<f64, f64, Matrix, Vec<f64>>>),
}

impl ResponseModel {
    /// Fits the expected outcome given the features.
    pub(super) fn fit(features: &Features, outcome: &[f64], learner: Learner, seed: u64) -> Result<Self, UpliftError> {
        let scale = Standardiser::fit(features);
        let mean = outcome.iter().sum::<f64>() / outcome.len().max(1) as f64;
        let varies = outcome.iter().any(|value| value.total_cmp(&outcome[0]).is_ne());
        if !varies || scale.columns.is_empty() {
            return Ok(Self { scale, body: Body::Constant(mean) });
        }
        let failed = |failure: smartcore::error::Failed| UpliftError::Fit {
            learner: learner.name(),
            reason: failure.to_string(),
        };
        let x = scale.matrix(features).map_err(failed)?;
        let body = match learner {
            Learner::Logistic => {
                let classes: Vec<i32> = outcome.iter().map(|&value| i32::from(value > 0.5)).collect();
                let settings = LogisticRegressionParameters::default().with_alpha(PENALTY);
                let fitted = LogisticRegression::fit(&x, &classes, settings).map_err(failed)?;
                Body::Logit { intercept: first(fitted.intercept()), slopes: entries(fitted.coefficients()) }
            }
            Learner::Ridge => {
                // Without its own scaling the library fits no intercept; on centred columns the intercept is the mean outcome.
                let settings = RidgeRegressionParameters::default().with_alpha(PENALTY).with_normalize(false);
                let fitted = RidgeRegression::fit(&x, &outcome.to_vec(), settings).map_err(failed)?;
                Body::Linear { intercept: mean, slopes: entries(fitted.coefficients()) }
            }
            Learner::Forest => {
                let settings = RandomForestRegressorParameters::default()
                    .with_n_trees(TREES)
                    .with_max_depth(DEPTH)
                    .with_min_samples_leaf(LEAF)
                    .with_min_samples_split(2 * LEAF)
                    .with_seed(seed);
                Body::Forest(Box::new(RandomForestRegressor::fit(&x, &outcome.to_vec(), settings).map_err(failed)?))
            }
        };
        Ok(Self { scale, body })
    }

    /// Expected outcome of every row.
    pub(super) fn predict(&self, features: &Features) -> Result<Vec<f64>, UpliftError> {
        match &self.body {
            Body::Constant(mean) => Ok(vec![*mean; features.n_rows]),
            Body::Linear { intercept, slopes } => {
                Ok((0..features.n_rows).map(|row| intercept + self.scale.dot(features.row(row), slopes)).collect())
            }
            Body::Logit { intercept, slopes } => Ok((0..features.n_rows)
                .map(|row| logistic(intercept + self.scale.dot(features.row(row), slopes)))
                .collect()),
            Body::Forest(forest) => {
                let failed = |failure: smartcore::error::Failed| UpliftError::Fit {
                    learner: "forest",
                    reason: failure.to_string(),
                };
                if features.n_rows == 0 {
                    return Ok(Vec::new());
                }
                forest.predict(&self.scale.matrix(features).map_err(failed)?).map_err(failed)
            }
        }
    }
}

/// `1 / (1 + exp(-x))`, without overflow on either side.
fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Mean and spread per column, learnt on the training rows. Columns without spread are left out.
struct Standardiser {
    columns: Vec<Column>,
}

struct Column {
    index: usize,
    mean: f64,
    spread: f64,
}

impl Standardiser {
    fn fit(features: &Features) -> Self {
        let n = features.n_rows.max(1) as f64;
        let columns = (0..features.names.len())
            .filter_map(|index| {
                let mean = (0..features.n_rows).map(|row| features.row(row)[index]).sum::<f64>() / n;
                let variance =
                    (0..features.n_rows).map(|row| (features.row(row)[index] - mean).powi(2)).sum::<f64>() / n;
                let spread = variance.sqrt();
                (spread > 1e-12 * mean.abs().max(1.0)).then_some(Column { index, mean, spread })
            })
            .collect();
        Self { columns }
    }

    fn matrix(&self, features: &Features) -> Result<Matrix, smartcore::error::Failed> {
        let values = (0..features.n_rows)
            .flat_map(|row| {
                let row = features.row(row);
                self.columns.iter().map(move |column| (row[column.index] - column.mean) / column.spread)
            })
            .collect();
        DenseMatrix::new(features.n_rows, self.columns.len(), values, false)
    }

    fn dot(&self, row: &[f64], slopes: &[f64]) -> f64 {
        self.columns
            .iter()
            .zip(slopes)
            .map(|(column, slope)| slope * (row[column.index] - column.mean) / column.spread)
            .sum()
    }
}

fn entries(matrix: &Matrix) -> Vec<f64> {
    use smartcore::linalg::basic::arrays::Array;
    matrix.iterator(0).copied().collect()
}

fn first(matrix: &Matrix) -> f64 {
    entries(matrix).first().copied().unwrap_or(0.0)
}
