//! What the orders that have run their course cost together.

use super::grading::GradedLine;
use super::hindsight::Hindsight;
use crate::quantities::Currency;
use crate::words::{counted, money, short_percent};

/// Orders whose cost is known in all three quantities. Minor units of money.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Balance {
    n: usize,
    recommended: f64,
    ordered: f64,
    naive: f64,
    /// Those among them that somebody changed.
    n_changed: usize,
    saved_by_changes: f64,
}

impl Balance {
    pub(super) fn of(graded: &[GradedLine]) -> Self {
        let mut balance = Self::default();
        for line in graded {
            let Some((recommended, ordered, naive)) = line.hindsight.and_then(costs) else { continue };
            balance.n += 1;
            balance.recommended += recommended;
            balance.ordered += ordered;
            balance.naive += naive;
            if line.outcome.followed == Some(false) {
                balance.n_changed += 1;
                balance.saved_by_changes += recommended - ordered;
            }
        }
        balance
    }

    /// What the advice saved against last month's average; `None` where nothing is known.
    pub(super) fn saved_by_advice(&self) -> Option<f64> {
        (self.n > 0).then_some(self.naive - self.recommended)
    }

    /// What changing it saved; `None` where nothing was changed.
    pub(super) fn saved_by_changes(&self) -> Option<f64> {
        (self.n_changed > 0).then_some(self.saved_by_changes)
    }

    /// In sentences; none where nothing is known.
    pub(super) fn told(&self, currency: Currency) -> Vec<String> {
        if self.n == 0 {
            return Vec::new();
        }
        let mut told = vec![format!(
            "Lived again day by day, {} whose stock is known cost {} as advised, {} as ordered and {} as the average of the four weeks \
             before would have ordered: the margin of what was asked for and not there, and the holding of what was.",
            counted(self.n, "order", "orders"),
            money(self.recommended, currency),
            money(self.ordered, currency),
            money(self.naive, currency)
        )];
        if self.n_changed > 0 {
            let (verb, amount) = match self.saved_by_changes {
                saved if saved < 0.0 => ("cost", -saved),
                saved => ("saved", saved),
            };
            let changed = counted(self.n_changed, "of them was ordered", "of them were ordered");
            told.push(format!("{changed} otherwise than advised; that {verb} {}.", money(amount, currency)));
        }
        told
    }
}

/// What was promised to be served of the demand after the arrival, and what was; of lines where both are known.
pub(super) fn served(graded: &[GradedLine]) -> Option<String> {
    let (mut asked, mut promised, mut achieved) = (0.0, 0.0, 0.0);
    for seen in graded.iter().filter_map(|line| line.hindsight) {
        let (Some(promise), Some(kept)) = (seen.promised_fill_rate, seen.achieved_fill_rate) else { continue };
        asked += seen.asked;
        promised += seen.asked * promise;
        achieved += seen.asked * kept;
    }
    (asked > 0.0).then(|| {
        format!(
            "{} of what was asked for after the orders had come was served, against {} promised.",
            short_percent(achieved / asked),
            short_percent(promised / asked)
        )
    })
}

fn costs(seen: Hindsight) -> Option<(f64, f64, f64)> {
    Some((seen.cost_recommended?, seen.cost_ordered?, seen.cost_naive?))
}
