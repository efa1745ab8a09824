//! The shape of uplift data, checked once.

use super::UpliftError;

/// Fewest customers per arm for which a model is fitted at all.
pub(super) const MINIMUM_ARM: usize = 50;

/// A dense table of numeric features, one row per customer.
///
/// Columns should be facts known *before* the campaign. Models standardise inside, so units do not matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Number of customers.
    pub n_rows: usize,
    /// One name per column.
    pub names: Vec<String>,
    /// Row-major values, `n_rows * names.len()` of them, all finite.
    pub values: Vec<f64>,
}

impl Features {
    /// The features of one customer. An index past the end gives an empty slice.
    pub fn row(&self, index: usize) -> &[f64] {
        let width = self.names.len();
        self.values.get(index * width..(index + 1) * width).unwrap_or(&[])
    }

    /// The sub-table of the given rows, in the given order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&row| self.row(row).iter().copied()).collect();
        Self { n_rows: rows.len(), names: self.names.clone(), values }
    }

    /// Checks that the table is rectangular and finite.
    ///
    /// # Errors
    /// [`UpliftError::Shape`] or [`UpliftError::NotFinite`] naming the first offending cell.
    pub fn check(&self) -> Result<(), UpliftError> {
        let expected = self.n_rows * self.names.len();
        if self.values.len() != expected {
            return Err(UpliftError::Shape { what: "features", found: self.values.len(), expected });
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(cell) => {
                let width = self.names.len();
                Err(UpliftError::NotFinite { what: self.names[cell % width].clone(), row: cell / width })
            }
            None => Ok(()),
        }
    }
}

/// What the outcome measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// 1 when it happened (visit, purchase), else 0.
    Binary,
    /// Money or units per customer, mostly zero and skewed.
    Amount,
}

/// A finished, randomised campaign.
#[derive(Debug, Clone, Copy)]
pub struct TrainingData<'a> {
    /// Facts known before assignment.
    pub features: &'a Features,
    /// Whether each customer was assigned to treatment (intention to treat, not whether the mail was opened).
    pub treated: &'a [bool],
    /// Outcome per customer, in the window after assignment.
    pub outcome: &'a [f64],
    /// What `outcome` measures.
    pub kind: OutcomeKind,
}

impl TrainingData<'_> {
    /// Checks lengths, finiteness, the outcome's kind and the size of both arms.
    ///
    /// # Errors
    /// Any of the data variants of [`UpliftError`].
    pub fn check(&self) -> Result<(), UpliftError> {
        self.features.check()?;
        check_arms(self.treated, self.outcome, self.features.n_rows)?;
        if self.kind == OutcomeKind::Binary {
            let offender =
                self.outcome.iter().position(|&value| value.total_cmp(&0.0).is_ne() && value.total_cmp(&1.0).is_ne());
            if let Some(row) = offender {
                return Err(UpliftError::NotBinary { row, found: self.outcome[row] });
            }
        }
        let treated = self.treated.iter().filter(|&&flag| flag).count();
        for (arm, found) in [("treated", treated), ("control", self.treated.len() - treated)] {
            if found < MINIMUM_ARM {
                return Err(UpliftError::ArmTooSmall { arm, found, minimum: MINIMUM_ARM });
            }
        }
        Ok(())
    }
}

/// Checks that arm and outcome describe `expected` customers and that outcomes are finite.
pub(super) fn check_arms(treated: &[bool], outcome: &[f64], expected: usize) -> Result<(), UpliftError> {
    for (what, found) in [("treated", treated.len()), ("outcome", outcome.len())] {
        if found != expected {
            return Err(UpliftError::Shape { what, found, expected });
        }
    }
    check_finite("outcome", outcome)
}

/// Checks that every value is finite.
pub(super) fn check_finite(what: &str, values: &[f64]) -> Result<(), UpliftError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(UpliftError::NotFinite { what: what.to_owned(), row }),
        None => Ok(()),
    }
}
