//! Frequent itemsets and rules of a file, counted and hashed so that miners can be compared.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::basket_file::{BasketFile, BasketSource};
use super::{CpuClock, EvalError};
use crate::models::rules::{ItemsetTable, MiningSettings, RuleSettings, Target, association_rules};

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
    /// Seeds the copies.
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

/// How baskets are mined.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesRun {
    /// What is wanted.
    pub wanted: Wanted,
    /// Least support.
    pub min_support: MinSupport,
    /// Most items of a set; `None` = any number, two for [`Wanted::Significant`].
    pub max_length: Option<usize>,
    /// Threads; `None` = all.
    pub threads: Option<usize>,
    /// Most bytes that sets may take.
    pub max_bytes: u64,
    /// Where the canonical lines are written.
    pub output: Option<PathBuf>,
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
    /// Threads.
    pub threads: usize,
    /// CPU seconds of the whole process.
    pub cpu_seconds: Option<f64>,
    /// To read the file and number its items.
    pub load_cpu_seconds: Option<f64>,
    /// To find the sets and what follows from them.
    pub mine_cpu_seconds: Option<f64>,
    /// Largest resident memory.
    pub peak_rss_mb: Option<f64>,
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
    let threads = run.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| EvalError::Threads { threads, reason: error.to_string() })?;
    let BasketFile { baskets, labels } = pool.install(|| source.read())?;
    let loaded = clock.cpu_seconds();
    let n_baskets = baskets.n_baskets();
    let min_count = match run.min_support {
        MinSupport::Count(count) => count,
        MinSupport::Share(share) => (share * n_baskets as f64 - 1e-9).ceil().max(1.0) as u32,
    };
    let max_length = run.max_length.unwrap_or(usize::MAX);
    let settings = MiningSettings { min_count, max_length, max_bytes: run.max_bytes };
    let (mut significance, mut n_searched, mut shuffles) = (None, None, None);
    let mut lines = Lines::default();
    let mut by_size = BTreeMap::new();
    let (target, min_confidence) = match run.wanted {
        Wanted::Sets(target) => {
            let mine = || Ok(ItemsetTable::mine(baskets, &settings)?.only(target, n_baskets as u32));
            let table = pool.install(mine).map_err(EvalError::Rules)?;
            for (items, count) in table.iter() {
                *by_size.entry(items.len()).or_default() += 1;
                lines.set(&labels, items, count);
            }
            (target_name(target), None)
        }
        Wanted::Rules(confidence) => {
            let table = pool.install(|| ItemsetTable::mine(baskets, &settings)).map_err(EvalError::Rules)?;
            table.for_each_rule(confidence, |rule| {
                *by_size.entry(rule.items.len()).or_default() += 1;
                let head = rule.items[rule.head];
                let body = rule.items.iter().copied().filter(|item| *item != head);
                lines.rule(&labels, body, head, [rule.n_both, rule.n_body, rule.n_head]);
            });
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
            let found = pool.install(|| association_rules(&baskets, &settings, &|_, _| false));
            let found = found.map_err(EvalError::Rules)?;
            for rule in &found.rules {
                *by_size.entry(rule.antecedent.len() + 1).or_default() += 1;
                let counts = [rule.n_both, rule.n_antecedent, rule.n_consequent];
                lines.rule(&labels, rule.antecedent.iter().copied(), rule.consequent, counts);
            }
            let mut with_rules = 0;
            for copy in 0..wanted.shuffles {
                let mut random = Pcg64Mcg::seed_from_u64(wanted.seed.wrapping_add(u64::from(copy)));
                let copy = baskets.shuffled(&mut random);
                let found = pool.install(|| association_rules(&copy, &settings, &|_, _| false));
                with_rules += u32::from(!found.map_err(EvalError::Rules)?.rules.is_empty());
            }
            (significance, n_searched) = (Some(wanted.alpha), Some(found.n_searched));
            shuffles = (wanted.shuffles > 0).then_some([wanted.shuffles, with_rules]);
            ("significant", Some(wanted.min_confidence))
        }
    };
    let mined = clock.cpu_seconds();
    let sha256 = lines.sorted(run.output.as_ref())?;
    let spent = |from: Option<f64>, to: Option<f64>| from.zip(to).map(|(from, to)| to - from);
    Ok(RulesEvaluation {
        file: source.file().display().to_string(),
        target,
        min_count,
        min_confidence,
        significance,
        n_searched,
        shuffles,
        n: lines.spans.len(),
        n_baskets,
        n_items: labels.len(),
        by_size,
        sha256,
        threads,
        cpu_seconds: clock.cpu_seconds(),
        load_cpu_seconds: spent(begun, loaded),
        mine_cpu_seconds: spent(loaded, mined),
        peak_rss_mb: clock.peak_rss_mb(),
    })
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

/// The canonical lines, as one text.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    /// The first eight bytes of each line, as a number; where it begins and ends.
    spans: Vec<(u64, u32, u32)>,
}

impl Lines {
    fn set(&mut self, labels: &[String], items: &[u32], count: u32) {
        let start = self.text.len();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(labels[*item as usize].as_bytes());
        }
        self.text.push(b':');
        self.number(count);
        self.end(start);
    }

    fn rule(&mut self, labels: &[String], body: impl Iterator<Item = u32>, head: u32, counts: [u32; 3]) {
        let start = self.text.len();
        for item in body {
            self.text.extend_from_slice(labels[item as usize].as_bytes());
            self.text.push(b' ');
        }
        self.text.extend_from_slice(b"=> ");
        self.text.extend_from_slice(labels[head as usize].as_bytes());
        for count in counts {
            self.text.push(b':');
            self.number(count);
        }
        self.end(start);
    }

    fn number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let (mut at, mut rest) = (digits.len(), number);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text.extend_from_slice(&digits[at..]);
    }

    fn end(&mut self, start: usize) {
        let line = &self.text[start..];
        let mut first = [0; 8];
        let known = line.len().min(8);
        first[..known].copy_from_slice(&line[..known]);
        self.spans.push((u64::from_be_bytes(first), start as u32, self.text.len() as u32));
    }

    /// Sorts, hashes, and writes where that is wanted.
    fn sorted(&mut self, output: Option<&PathBuf>) -> Result<String, EvalError> {
        let text = &self.text;
        let line = |span: &(u64, u32, u32)| &text[span.1 as usize..span.2 as usize];
        self.spans.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| line(a).cmp(line(b))));
        let mut hash = Sha256::new();
        let mut block: Vec<u8> = Vec::with_capacity(1 << 16);
        let fail = |path: &PathBuf, source: std::io::Error| EvalError::Write {
            path: path.display().to_string(),
            source: Box::new(source),
        };
        let mut file = match output {
            Some(path) => Some((path, std::fs::File::create(path).map_err(|error| fail(path, error))?)),
            None => None,
        };
        for (at, span) in self.spans.iter().enumerate() {
            block.extend_from_slice(line(span));
            block.push(b'\n');
            if block.len() >= 1 << 16 || at + 1 == self.spans.len() {
                hash.update(&block);
                if let Some((path, file)) = &mut file {
                    file.write_all(&block).map_err(|error| fail(path, error))?;
                }
                block.clear();
            }
        }
        Ok(hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
    }
}

impl fmt::Display for RulesEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, target, n, n_baskets, n_items, min_count, threads, .. } = self;
        let words = match self.min_confidence {
            Some(_) if self.significance.is_some() => "rules that hold beyond chance".to_owned(),
            Some(confidence) => format!("rules of confidence {confidence} or more"),
            None => format!("{target} itemsets"),
        };
        writeln!(f, "{file}: {n} {words} in at least {min_count} of {n_baskets} baskets of {n_items} items")?;
        let sizes: Vec<String> = self.by_size.iter().map(|(size, n)| format!("{n} of {size}")).collect();
        writeln!(f, "  by number of items: {}", sizes.join(", "))?;
        writeln!(f, "  sha256 {}", self.sha256)?;
        if let Some(searched) = self.n_searched {
            writeln!(f, "  of {searched:.0} that could have been found")?;
        }
        if let Some([copies, with_rules]) = self.shuffles {
            writeln!(f, "  of {copies} copies of the baskets without associations, {with_rules} gave a rule")?;
        }
        let seconds = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:.2}"));
        writeln!(
            f,
            "  {} CPU s ({} to read, {} to mine) on {threads} thread{}, {} MB",
            seconds(self.cpu_seconds),
            seconds(self.load_cpu_seconds),
            seconds(self.mine_cpu_seconds),
            if *threads == 1 { "" } else { "s" },
            self.peak_rss_mb.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.0}"))
        )
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
