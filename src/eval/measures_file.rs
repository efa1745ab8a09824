//! The measures of each rule found, as a table.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::EvalError;
use crate::models::rules::{CrossCounts, Measure, Measures};

const COLUMNS: [&str; 28] = [
    "antecedent",
    "consequent",
    "n",
    "n_antecedent",
    "n_consequent",
    "n_both",
    "support",
    "coverage",
    "confidence",
    "lift",
    "leverage",
    "conviction",
    "zhang",
    "kulczynski",
    "imbalance",
    "jaccard",
    "cosine",
    "phi",
    "odds_ratio",
    "odds_ratio_low",
    "odds_ratio_high",
    "chi_squared",
    "ln_chi_squared_p",
    "ln_fisher_p",
    "mutual_information",
    "hyper_lift",
    "hyper_confidence",
    "undefined",
];

/// A CSV file with one row per rule: its sides, the four counts, the measures; an empty field where one has no value, with the
/// reasons in the last column.
pub(super) struct MeasuresFile {
    path: PathBuf,
    rows: csv::Writer<File>,
}

impl MeasuresFile {
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path) -> Result<Self, EvalError> {
        let mut rows = csv::Writer::from_path(path).map_err(|error| failed(path, error))?;
        rows.write_record(COLUMNS).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), rows })
    }

    /// One more rule.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn rule(&mut self, antecedent: &str, consequent: &str, counts: &CrossCounts) -> Result<(), EvalError> {
        let measures = Measures::of(counts);
        let perhaps = |measure: Measure| measure.map_or_else(|_| String::new(), |value| value.to_string());
        let limit = |side: usize| perhaps(measures.odds_ratio_95.map(|limits| limits[side]));
        let reasons = measures.undefined().into_iter().map(|(name, why)| format!("{name}: {why}"));
        let CrossCounts { n_baskets, n_antecedent, n_consequent, n_both } = *counts;
        let row: [String; COLUMNS.len()] = [
            antecedent.to_owned(),
            consequent.to_owned(),
            n_baskets.to_string(),
            n_antecedent.to_string(),
            n_consequent.to_string(),
            n_both.to_string(),
            measures.support.to_string(),
            measures.coverage.to_string(),
            measures.confidence.to_string(),
            measures.lift.to_string(),
            measures.leverage.to_string(),
            perhaps(measures.conviction),
            perhaps(measures.zhang),
            measures.kulczynski.to_string(),
            measures.imbalance.to_string(),
            measures.jaccard.to_string(),
            measures.cosine.to_string(),
            perhaps(measures.phi),
            perhaps(measures.odds_ratio),
            limit(0),
            limit(1),
            perhaps(measures.chi_squared),
            perhaps(measures.ln_chi_squared_p()),
            measures.ln_fisher_p.to_string(),
            measures.mutual_information.to_string(),
            perhaps(measures.hyper_lift),
            measures.hyper_confidence.to_string(),
            reasons.collect::<Vec<_>>().join("; "),
        ];
        self.rows.write_record(row).map_err(|error| failed(&self.path, error))
    }

    /// Everything is on disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<(), EvalError> {
        self.rows.flush().map_err(|error| failed(&self.path, error.into()))
    }
}

fn failed(path: &Path, error: csv::Error) -> EvalError {
    EvalError::Write { path: path.display().to_string(), source: Box::new(error) }
}
