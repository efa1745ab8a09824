//! How long orders take: always the same, or as past deliveries did.

use std::path::{Path, PathBuf};

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::super::EvalError;
use super::super::rows::{Table, number};
use super::super::time::Step;
use crate::models::inventory::LeadTime;

/// Deliveries below which none is set apart for the policies to learn from: all are both known and drawn.
const ENOUGH: usize = 10;
/// Days in a month.
const MONTH: f64 = 30.4375;

/// A column of a file with the days that deliveries took.
#[derive(Clone, Debug)]
pub struct LeadTimeFile {
    /// The file.
    pub path: PathBuf,
    /// Its column.
    pub column: String,
}

/// Periods until an order serves: 1 is the next period.
#[derive(Clone, Debug)]
pub(super) struct Leads {
    /// What policies have seen.
    known: Vec<usize>,
    /// What orders really take, one drawn for each line and round; empty: what is known, always.
    drawn: Vec<usize>,
}

impl Leads {
    /// Always the same.
    pub(super) fn fixed(arrives_after: usize) -> Self {
        Self { known: vec![arrives_after.max(1)], drawn: Vec::new() }
    }

    /// Of a file, in periods, begun ones counted, and `more` on top: every second delivery is known to the policies, the others are drawn
    /// from.
    pub(super) fn read(file: &LeadTimeFile, step: Step, more: usize) -> Result<Self, EvalError> {
        const OPTION: &str = "--lead-times";
        let table = Table::open(&file.path)?;
        let column = table.column(&file.column, OPTION)?;
        let days_a_period = match step {
            Step::Days(days) => days as f64,
            Step::Months(months) => months as f64 * MONTH,
            Step::Quarters(quarters) => quarters as f64 * 3.0 * MONTH,
            Step::Seconds(seconds) => seconds as f64 / 86_400.0,
            Step::Integer(_) => 1.0,
        };
        let mut all = Vec::new();
        table.visit(&[column], &mut |row| {
            let cell = &row.cells[0];
            let days = number(cell).ok().flatten().filter(|days| (0.0..=10_000.0).contains(days));
            let days = days.ok_or_else(|| {
                table.cell(column, row, cell, "no number of days from 0 on", "give the days that a delivery took")
            })?;
            all.push(((days / days_a_period).ceil() as usize).max(1) + more);
            Ok(())
        })?;
        if all.is_empty() {
            return Err(EvalError::Options {
                problem: format!("`{}` has no delivery", shown(&file.path)),
                mend: "give one row per delivery, or --lead-time alone".to_owned(),
            });
        }
        if all.len() < ENOUGH {
            return Ok(Self { known: all.clone(), drawn: all });
        }
        let every_second = |first: usize| all.iter().skip(first).step_by(2).copied().collect();
        Ok(Self { known: every_second(0), drawn: every_second(1) })
    }

    /// Whether orders take different times.
    pub(super) fn vary(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// The mean of what is known, in whole periods: what a policy with one number plans with.
    pub(super) fn mean(&self) -> usize {
        let sum: usize = self.known.iter().sum();
        ((sum as f64 / self.known.len().max(1) as f64).round() as usize).max(1)
    }

    /// The longest that is known.
    pub(super) fn longest(&self) -> usize {
        self.known.iter().copied().max().unwrap_or(1)
    }

    /// What is known, as periods in which nothing of it is there yet.
    pub(super) fn distribution(&self) -> Option<LeadTime> {
        LeadTime::from_deliveries(&waits(&self.known), None)
    }

    /// The mean, taken for certain.
    pub(super) fn certain(&self) -> Option<LeadTime> {
        LeadTime::from_deliveries(&waits(&[self.mean(); ENOUGH]), None)
    }

    /// What orders of the lines take in a round, the same for every policy.
    pub(super) fn of_round(&self, round: usize, lines: usize) -> Vec<usize> {
        draw(if self.vary() { &self.drawn } else { &self.known }, round as u64, lines)
    }

    /// The same of what is known: for rehearsals.
    pub(super) fn rehearsed(&self, round: usize, lines: usize) -> Vec<usize> {
        draw(&self.known, (round as u64) << 32, lines)
    }
}

fn draw(from: &[usize], seed: u64, lines: usize) -> Vec<usize> {
    let mut chance = Pcg64Mcg::seed_from_u64(seed);
    (0..lines).map(|_| from.get(chance.random_range(0..from.len().max(1))).copied().unwrap_or(1)).collect()
}

/// Periods between an order and the first one that it serves.
fn waits(arrives_after: &[usize]) -> Vec<u32> {
    arrives_after.iter().map(|after| u32::try_from(after.saturating_sub(1)).unwrap_or(u32::MAX)).collect()
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_deliveries_is_known_and_the_other_half_happens() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("deliveries.csv");
        // In turn within a week and after four; the first is known, the second happens.
        let rows: String = (0..20).map(|at| if at % 2 == 0 { "5\n" } else { "22.5\n" }).collect();
        std::fs::write(&path, format!("days\n{rows}")).unwrap();
        let file = LeadTimeFile { path: path.clone(), column: "days".to_owned() };
        let leads = Leads::read(&file, Step::Days(7), 0).unwrap();
        assert_eq!((leads.mean(), leads.longest(), leads.vary()), (1, 1, true));
        assert_eq!(leads.distribution().unwrap().distribution, [(0, 1.0)]);
        assert_eq!((leads.of_round(3, 2), leads.rehearsed(3, 2)), (vec![4, 4], vec![1, 1]));
        std::fs::write(&path, "days\n3\nsoon\n").unwrap();
        let error = Leads::read(&file, Step::Days(7), 0).unwrap_err().to_string();
        assert!(error.contains("soon") && error.contains("days"), "{error}");
    }

    #[test]
    fn a_fixed_lead_time_is_what_everybody_gets() {
        let leads = Leads::fixed(3);
        assert_eq!((leads.mean(), leads.vary(), leads.of_round(9, 3)), (3, false, vec![3, 3, 3]));
    }
}
