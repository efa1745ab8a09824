//! What the customers of a file buy one after the other, counted and hashed so that miners can be compared.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::canonical::Lines;
use super::costs::{Costs, pool};
use super::measures_file::MeasuresFile;
use super::purchase_file::{PurchaseFile, PurchaseSource};
use super::rules::MinSupport;
use super::{CpuClock, EvalError};
use crate::models::rules::{SequenceRule, SequenceSettings, SequenceTable};

/// How sequences are mined.
#[derive(Clone, Debug, PartialEq)]
pub struct SequencesRun {
    /// Rules of at least this confidence, in place of sequences.
    pub min_confidence: Option<f64>,
    /// Least support, among customers.
    pub min_support: MinSupport,
    /// Most days from one step to the next; `None` = any number.
    pub within_days: Option<u32>,
    /// Most items of a sequence, over all steps; `None` = any number.
    pub max_length: Option<usize>,
    /// Threads; `None` = all.
    pub threads: Option<usize>,
    /// Most bytes that sequences may take.
    pub max_bytes: u64,
    /// Where the canonical lines are written.
    pub output: Option<PathBuf>,
    /// Where the measures of each rule are written, as CSV.
    pub measures: Option<PathBuf>,
}

/// What was found, and at what cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SequencesEvaluation {
    /// The file.
    pub file: String,
    /// `sequences` or `rules`.
    pub target: &'static str,
    /// Least number of customers.
    pub min_count: u32,
    /// Least confidence of a rule.
    pub min_confidence: Option<f64>,
    /// Most days from one step to the next.
    pub within_days: Option<u32>,
    /// Sequences or rules.
    pub n: usize,
    /// Customers; a share of support refers to these.
    pub n_customers: usize,
    /// Days with a purchase, over all customers.
    pub n_visits: usize,
    /// Different items.
    pub n_items: usize,
    /// Rows without a customer, left out.
    pub n_anonymous: usize,
    /// Sequences, or rules with all their steps, by number of items.
    pub by_size: BTreeMap<usize, usize>,
    /// The same by number of steps.
    pub by_steps: BTreeMap<usize, usize>,
    /// Of the canonical lines: `i1 i2 -> i3:customers`, for rules `i1 i2 -> i3 => i4:n_both:n_before:n_next`; items ascending within
    /// a step (as numbers where all of them are), lines sorted as text, each ended by a line feed.
    pub sha256: String,
    /// Time and memory.
    #[serde(flatten)]
    pub costs: Costs,
}

/// Reads, mines, counts, hashes.
///
/// # Errors
/// The file cannot be used, the sequences take more memory than they may, or the output cannot be written.
pub fn evaluate_sequences(
    source: &PurchaseSource,
    run: &SequencesRun,
    clock: &dyn CpuClock,
) -> Result<SequencesEvaluation, EvalError> {
    let begun = clock.cpu_seconds();
    let pool = pool(run.threads)?;
    let PurchaseFile { purchases, labels, n_anonymous } = pool.install(|| source.read())?;
    let loaded = clock.cpu_seconds();
    let n_customers = purchases.n_customers();
    let min_count = run.min_support.count(n_customers);
    let settings = SequenceSettings {
        min_count,
        max_length: run.max_length.unwrap_or(usize::MAX),
        within_days: run.within_days,
        keep_customers: run.measures.is_some(),
        max_bytes: run.max_bytes,
    };
    let table = pool.install(|| SequenceTable::mine(&purchases, &settings)).map_err(EvalError::Rules)?;
    let (mut lines, mut by_size, mut by_steps) = (Lines::default(), BTreeMap::new(), BTreeMap::new());
    let mut seen = |n_items: usize, n_steps: usize| {
        *by_size.entry(n_items).or_default() += 1;
        *by_steps.entry(n_steps).or_default() += 1;
    };
    if let Some(min_confidence) = run.min_confidence {
        let mut measures = run.measures.as_deref().map(MeasuresFile::create).transpose()?;
        let mut written = Ok(());
        table.for_each_rule(min_confidence, |rule| {
            seen(rule.before.iter().map(|step| step.len()).sum::<usize>() + rule.next.len(), rule.before.len() + 1);
            lines.sequence_rule(&labels, rule);
            if let (Some(measures), Some(counts), Ok(())) = (&mut measures, rule.counts(n_customers as u32), &written) {
                let [before, next] = words(&labels, rule);
                written = measures.rule(&before, &next, &counts);
            }
        });
        written?;
        measures.map_or(Ok(()), MeasuresFile::finish)?;
    } else {
        for (steps, count) in table.iter() {
            seen(steps.iter().map(|step| step.len()).sum(), steps.len());
            lines.sequence(&labels, &steps, count);
        }
    }
    let mined = clock.cpu_seconds();
    let sha256 = pool.install(|| lines.sorted(run.output.as_ref()))?;
    Ok(SequencesEvaluation {
        file: source.file.display().to_string(),
        target: if run.min_confidence.is_some() { "rules" } else { "sequences" },
        min_count,
        min_confidence: run.min_confidence,
        within_days: run.within_days,
        n: lines.len(),
        n_customers,
        n_visits: purchases.n_visits(),
        n_items: labels.len(),
        n_anonymous,
        by_size,
        by_steps,
        sha256,
        costs: Costs::of(&pool, clock, [begun, loaded, mined]),
    })
}

/// Both sides of a rule.
fn words(labels: &[String], rule: &SequenceRule<'_>) -> [String; 2] {
    let step = |items: &[u32]| items.iter().map(|item| labels[*item as usize].as_str()).collect::<Vec<_>>().join(" + ");
    [rule.before.iter().map(|items| step(items)).collect::<Vec<_>>().join(" -> "), step(rule.next)]
}

impl fmt::Display for SequencesEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, n, n_customers, n_visits, n_items, min_count, costs, .. } = self;
        let what = match self.min_confidence {
            Some(confidence) => format!("rules of confidence {confidence} or more"),
            None => "sequences".to_owned(),
        };
        let within = self.within_days.map_or_else(
            || "any number of days apart".to_owned(),
            |days| format!("each step within {days} days of the one before"),
        );
        writeln!(
            f,
            "{file}: {n} {what} of at least {min_count} of {n_customers} customers ({n_visits} visits, {n_items} items), {within}"
        )?;
        if self.n_anonymous > 0 {
            writeln!(f, "  {} rows without a customer left out", self.n_anonymous)?;
        }
        let list = |sizes: &BTreeMap<usize, usize>| {
            sizes.iter().map(|(size, n)| format!("{n} of {size}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "  by number of items: {}", list(&self.by_size))?;
        writeln!(f, "  by number of steps: {}", list(&self.by_steps))?;
        writeln!(f, "  sha256 {}", self.sha256)?;
        writeln!(f, "  {costs}")
    }
}

#[cfg(test)]
#[path = "sequences_tests.rs"]
mod tests;
