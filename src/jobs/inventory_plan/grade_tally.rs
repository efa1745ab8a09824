//! How earlier advice turned out, counted.

use std::collections::BTreeMap;

use super::grading::GradedLine;
use crate::models::inventory::Verdict;

/// How earlier advice turned out, counted.
#[derive(Debug, Default)]
pub(super) struct GradeTally {
    counts: BTreeMap<Verdict, usize>,
    days_known: u64,
    days_out: u64,
    judged: usize,
    without_stock_out: usize,
}

impl GradeTally {
    pub(super) fn of(graded: &[GradedLine]) -> Self {
        let mut grade = Self::default();
        for line in graded {
            *grade.counts.entry(line.outcome.verdict).or_default() += 1;
            if line.outcome.verdict == Verdict::NotFollowed {
                continue;
            }
            grade.days_known += u64::from(line.days_known);
            grade.days_out += u64::from(line.stock_out_days);
            if let Some(days) = line.outcome.stock_out_days {
                grade.judged += 1;
                grade.without_stock_out += usize::from(days == 0);
            }
        }
        grade
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(&verdict).copied().unwrap_or(0)
    }

    /// Good over good, too little and too much.
    pub(super) fn good_share(&self) -> Option<f64> {
        let good = self.count(Verdict::Good);
        let all = good + self.count(Verdict::TooLittle) + self.count(Verdict::TooMuch);
        (all > 0).then(|| good as f64 / all as f64)
    }

    /// Of advice that was followed and whose stock is known.
    pub(super) fn share_without_stock_out(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.without_stock_out as f64 / self.judged as f64)
    }

    /// Of line-days after the advised order arrived.
    pub(super) fn in_stock_share(&self) -> Option<f64> {
        (self.days_known > 0).then(|| 1.0 - self.days_out as f64 / self.days_known as f64)
    }
}
