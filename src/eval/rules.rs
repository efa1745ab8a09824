//! Frequent itemsets and rules of a file, counted and hashed so that miners can be compared.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

use super::basket_file::{BasketFile, BasketSource};
use super::canonical::Lines;
use super::costs::{Costs, pool};
use super::measures_file::MeasuresFile;
use super::{CpuClock, EvalError};
use crate::models::rules::{
    Baskets, CrossCounts, HoldOut, ItemsetTable, MiningSettings, RuleSettings, Target, TopSettings, association_rules,
    held_out_rules,
};

/// What is wanted of the baskets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// Itemsets.
    Sets(Target),
    /// Rules with one item on the right, of at least this confidence.
    Rules(f64),
    /// Rules that hold beyond chance.
    Significant(Significance),
}

/// What it takes to hold beyond chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Significance {
    /// Expected share of false rules among those found.
    pub alpha: f64,
    /// Least confidence.
    pub min_confidence: f64,
    /// Copies of the baskets with every association destroyed that are mined as well.
    pub shuffles: u32,
    /// Share of the baskets that the search does not see and the test is made on; `None`: a correction for the whole search.
    pub hold_out: Option<f64>,
    /// Seeds the copies and the choice of baskets held out.
    pub seed: u64,
}

/// How often a set must occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MinSupport {
    /// In so many baskets.
    Count(u32),
    /// In this share of the baskets that hold anything.
    Share(f64),
}

impl MinSupport {
    /// The number, of so many baskets or customers.
    pub fn count(self, n: usize) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Share(share) => (share * n as f64 - 1e-9).ceil().max(1.0) as u32,
        }
    }
}

/// How baskets are mined.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesRun {
    /// What is wanted.
    pub wanted: Wanted,
    /// Least support.
    pub min_support: MinSupport,
    /// Fewest items of a set.
    pub min_length: usize,
    /// Most items of a set; `None` = any number, two for [`Wanted::Significant`].
    pub max_length: Option<usize>,
    /// Only so many of the wanted sets: the most frequent, and those as frequent as the last of them.
    pub top: Option<usize>,
    /// Threads; `None` = all.
    pub threads: Option<usize>,
    /// Most bytes that sets may take.
    pub max_bytes: u64,
    /// Where the canonical lines are written.
    pub output: Option<PathBuf>,
    /// Where the measures of each rule are written, as CSV.
    pub measures: Option<PathBuf>,
}

/// What was found, and at what cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RulesEvaluation {
    /// The file.
    pub file: String,
    /// `frequent`, `closed`, `maximal`, `generators`, `rules` or `significant`.
    pub target: &'static str,
    /// Least number of baskets.
    pub min_count: u32,
    /// Least confidence of a rule.
    pub min_confidence: Option<f64>,
    /// Expected share of false rules.
    pub significance: Option<f64>,
    /// Rules that could have been found, of which those found are corrected for.
    pub n_searched: Option<f64>,
    /// Share of the baskets held out; counts of rules are those of these baskets.
    pub hold_out: Option<f64>,
    /// Copies of the baskets without associations that were mined, and how many of them gave a rule.
    pub shuffles: Option<[u32; 2]>,
    /// Sets or rules.
    pub n: usize,
    /// Baskets that hold anything; a share of support refers to these.
    pub n_baskets: usize,
    /// Different items.
    pub n_items: usize,
    /// Sets, or rules with both sides, by number of items.
    pub by_size: BTreeMap<usize, usize>,
    /// Of the canonical lines: `i1 i2:count`, for rules `i1 i2 => i3:n_both:n_body:n_head`; items ascending (as numbers where all
    /// of them are), lines sorted as text, each ended by a line feed.
    pub sha256: String,
    /// Time and memory.
    #[serde(flatten)]
    pub costs: Costs,
}

/// Reads, mines, counts, hashes.
///
/// # Errors
/// The file cannot be used, the sets take more memory than they may, or the output cannot be written.
pub fn evaluate_rules(
    source: &BasketSource,
    run: &RulesRun,
    clock: &dyn CpuClock,
) -> Result<RulesEvaluation, EvalError> {
    let begun = clock.cpu_seconds();
    let pool = pool(run.threads)?;
    let BasketFile { baskets, labels } = pool.install(|| source.read())?;
    let loaded = clock.cpu_seconds();
    let n_baskets = baskets.n_baskets();
    let min_count = run.min_support.count(n_baskets);
    let max_length = run.max_length.unwrap_or(usize::MAX);
    let settings = MiningSettings { min_count, max_length, max_bytes: run.max_bytes };
    let (mut significance, mut n_searched, mut hold_out, mut shuffles) = (None, None, None, None);
    let mut lines = Lines::default();
    let mut by_size = BTreeMap::new();
    let mut measures = run.measures.as_deref().map(MeasuresFile::create).transpose()?;
    let of_all = |[n_both, n_antecedent, n_consequent]: [u32; 3]| CrossCounts {
        n_baskets: n_baskets as u32,
        n_antecedent,
        n_consequent,
        n_both,
    };
    let (target, min_confidence) = match run.wanted {
        Wanted::Sets(target) => {
            let mine = || {
                if let Some(n) = run.top {
                    let wanted = TopSettings { n, target, min_length: run.min_length };
                    return ItemsetTable::mine_top(&baskets, &settings, &wanted);
                }
                let all = ItemsetTable::mine(baskets, &settings)?.only(target, n_baskets as u32);
                Ok(if run.min_length > 1 { all.of_length(run.min_length) } else { all })
            };
            let table = pool.install(mine).map_err(EvalError::Rules)?;
            for (items, count) in table.iter() {
                *by_size.entry(items.len()).or_default() += 1;
                lines.set(&labels, items, count);
            }
            (target_name(target), None)
        }
        Wanted::Rules(confidence) => {
            let table = pool.install(|| ItemsetTable::mine(baskets, &settings)).map_err(EvalError::Rules)?;
            let mut written = Ok(());
            table.for_each_rule(confidence, |rule| {
                *by_size.entry(rule.items.len()).or_default() += 1;
                let head = rule.items[rule.head];
                let body = rule.items.iter().copied().filter(|item| *item != head);
                let counts = [rule.n_both, rule.n_body, rule.n_head];
                if let (Some(measures), Ok(())) = (&mut measures, &written) {
                    written = measures.rule(&words(&labels, body.clone()), &labels[head as usize], &of_all(counts));
                }
                lines.rule(&labels, body, head, counts);
            });
            written?;
            ("rules", Some(confidence))
        }
        Wanted::Significant(wanted) => {
            let settings = RuleSettings {
                min_count,
                min_confidence: wanted.min_confidence,
                max_length: run.max_length.unwrap_or(2),
                alpha: wanted.alpha,
                ..RuleSettings::default()
            };
            let rules = |baskets: &Baskets| {
                let related = |_: u32, _: u32| false;
                pool.install(|| match wanted.hold_out {
                    Some(share) => held_out_rules(baskets, &settings, &related, &HoldOut { share, seed: wanted.seed }),
                    None => association_rules(baskets, &settings, &related),
                })
            };
            let found = rules(&baskets).map_err(EvalError::Rules)?;
            for rule in &found.rules {
                *by_size.entry(rule.antecedent.len() + 1).or_default() += 1;
                let counts = [rule.n_both, rule.n_antecedent, rule.n_consequent];
                let body = rule.antecedent.iter().copied();
                if let Some(measures) = &mut measures {
                    let head = &labels[rule.consequent as usize];
                    measures.rule(&words(&labels, body.clone()), head, &rule.counts())?;
                }
                lines.rule(&labels, body, rule.consequent, counts);
            }
            let mut with_rules = 0;
            for copy in 0..wanted.shuffles {
                let mut random = Pcg64Mcg::seed_from_u64(wanted.seed.wrapping_add(u64::from(copy)));
                let found = rules(&baskets.shuffled(&mut random)).map_err(EvalError::Rules)?;
                with_rules += u32::from(!found.rules.is_empty());
            }
            (significance, n_searched, hold_out) = (Some(wanted.alpha), Some(found.n_searched), wanted.hold_out);
            shuffles = (wanted.shuffles > 0).then_some([wanted.shuffles, with_rules]);
            ("significant", Some(wanted.min_confidence))
        }
    };
    measures.map_or(Ok(()), MeasuresFile::finish)?;
    let mined = clock.cpu_seconds();
    let sha256 = pool.install(|| lines.sorted(run.output.as_ref()))?;
    Ok(RulesEvaluation {
        file: source.file().display().to_string(),
        target,
        min_count,
        min_confidence,
        significance,
        n_searched,
        hold_out,
        shuffles,
        n: lines.len(),
        n_baskets,
        n_items: labels.len(),
        by_size,
        sha256,
        costs: Costs::of(&pool, clock, [begun, loaded, mined]),
    })
}

/// Items in words.
fn words(labels: &[String], items: impl Iterator<Item = u32>) -> String {
    items.map(|item| labels[item as usize].as_str()).collect::<Vec<_>>().join(" + ")
}

/// The name on the command line.
pub fn target_name(target: Target) -> &'static str {
    match target {
        Target::Frequent => "frequent",
        Target::Closed => "closed",
        Target::Maximal => "maximal",
        Target::Generators => "generators",
    }
}

impl fmt::Display for RulesEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, target, n, n_baskets, n_items, min_count, costs, .. } = self;
        let words = match self.min_confidence {
            Some(_) if self.significance.is_some() => "rules that hold beyond chance".to_owned(),
            Some(confidence) => format!("rules of confidence {confidence} or more"),
            None => format!("{target} itemsets"),
        };
        writeln!(f, "{file}: {n} {words} in at least {min_count} of {n_baskets} baskets of {n_items} items")?;
        let sizes: Vec<String> = self.by_size.iter().map(|(size, n)| format!("{n} of {size}")).collect();
        writeln!(f, "  by number of items: {}", sizes.join(", "))?;
        writeln!(f, "  sha256 {}", self.sha256)?;
        match (self.n_searched, self.hold_out) {
            (Some(chosen), Some(share)) => {
                let percent = 100.0 * share;
                writeln!(
                    f,
                    "  of {chosen:.0} chosen in the others; tested and counted in {percent:.0} % of the baskets"
                )?;
            }
            (Some(searched), None) => writeln!(f, "  of {searched:.0} that could have been found")?,
            (None, _) => {}
        }
        if let Some([copies, with_rules]) = self.shuffles {
            writeln!(f, "  of {copies} copies of the baskets without associations, {with_rules} gave a rule")?;
        }
        writeln!(f, "  {costs}")
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
