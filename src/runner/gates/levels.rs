//! The lines of the newest day of a level against the same lines a day before: stock moves a little from day to day, line by line, where
//! its total would hide that all of it is in another unit.

use super::days::rounded;
use crate::datasets::InputFact;
use crate::gate::{GateResult, GateSeverity};

/// Lines without which a move is chance.
const LEAST_LINES: u64 = 10;
/// Earlier moves without which it is not known what is usual.
const LEAST_BEFORE: usize = 7;
/// Times what it was, or its inverse, that is remarked on, and that stops the publication, where days are alike.
const WARNS_AT: f64 = 1.3;
const BLOCKS_AT: f64 = 1.6;
/// Times the furthest of the usual moves.
const WARNS: f64 = 1.5;
const BLOCKS: f64 = 2.5;

/// The newest move of an input's level; `None` where it has none, or too few before it.
pub(super) fn newest_move(input: &InputFact, tolerated: bool) -> Option<GateResult> {
    let (newest, before) = input.moves.split_first()?;
    let before: Vec<f64> = before.iter().filter(|one| one.lines >= LEAST_LINES).map(|one| one.distance).collect();
    if newest.day != input.as_of || newest.lines < LEAST_LINES || before.len() < LEAST_BEFORE {
        return None;
    }
    let usual = before.iter().copied().fold(0.0, f64::max);
    let distance = newest.distance;
    let limit = |least: f64, times: f64| least.ln().max(usual * times);
    let (warns_at, blocks_at) = (limit(WARNS_AT, WARNS), limit(BLOCKS_AT, BLOCKS));
    let (warns, blocks) = (distance > warns_at, distance > blocks_at);
    let shown = if blocks || !warns { blocks_at } else { warns_at }.exp();
    Some(GateResult {
        name: format!("lines of {}", input.dataset),
        severity: if blocks && !tolerated { GateSeverity::Block } else { GateSeverity::Warn },
        passed: !warns,
        observed: format!(
            "half of {} lines moved {} times or more up or down since the day before; the middle one stands at {} times",
            newest.lines,
            rounded(distance.exp()),
            rounded(newest.factor)
        ),
        expected: format!("half of them by at most {} times", rounded(shown)),
        explanation: "stock is in another unit or of other lines, or only part of it was counted".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;
    use crate::datasets::InputOrigin;
    use crate::profile::LevelMove;

    fn verdict(newest: f64, before: impl Fn(i64) -> f64) -> Option<(bool, bool)> {
        let as_of: NaiveDate = "2026-11-22".parse().unwrap();
        let moved = |age: i64| LevelMove {
            day: as_of - TimeDelta::days(age),
            lines: 50,
            factor: if age == 0 { newest } else { before(age) },
            distance: if age == 0 { newest } else { before(age) }.ln().abs(),
        };
        let moves = (0..28).map(moved).collect();
        let input = InputFact { moves, ..InputFact::of("stock_levels", InputOrigin::Dataset, as_of) };
        newest_move(&input, false).map(|gate| (gate.passed, !gate.passed && gate.severity == GateSeverity::Block))
    }

    #[test]
    fn stock_twice_over_stops_the_night_unless_deliveries_do_that_every_week() {
        let quiet = |_| 0.96;
        assert_eq!(verdict(0.94, quiet), Some((true, false)));
        assert_eq!(verdict(1.4, quiet), Some((false, false)));
        assert_eq!(verdict(1.9, quiet), Some((false, true)));
        assert_eq!(verdict(0.48, quiet), Some((false, true)));
        let weekly = |age: i64| if age % 7 == 0 { 1.7 } else { 0.9 };
        assert_eq!(verdict(1.9, weekly), Some((true, false)));
        assert_eq!(verdict(8.0, weekly), Some((false, true)));
    }
}
