//! What the columns of a relation look like beside earlier nights: another unit, values that vanished, a total out of all proportion.

use crate::gate::{GateResult, GateSeverity};
use crate::profile::ColumnProfile;

/// What a relation is to the run, which says what is looked at and how strictly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What was read: every number of its columns.
    Read,
    /// What is to be published: totals that grew.
    Published,
}

/// How far something may be from what it was.
struct Limit {
    warns_at: f64,
    blocks_at: f64,
}

/// Shares of cells: without a value, 0, below 0.
const NULLS: Limit = Limit { warns_at: 0.2, blocks_at: 0.5 };
const SHARES: Limit = Limit { warns_at: 0.1, blocks_at: 0.3 };
/// Times what a typical number was, or its inverse.
const NUMBERS: Limit = Limit { warns_at: 3.0, blocks_at: 8.0 };
/// Times what a total was. Totals of orders and lists come and go with the days of the week.
const TOTALS: Limit = Limit { warns_at: 5.0, blocks_at: 15.0 };
/// Rows without which a share is chance.
const LEAST_ROWS: u64 = 10;
/// Rows without which a typical number is.
const LEAST_NUMBERS: u64 = 3;
/// Of the distances of earlier nights, the share that is usual; further away than so many of these is remarked on, and stops.
const USUAL_SHARE: f64 = 0.9;
const WARNS: f64 = 2.0;
const BLOCKS: f64 = 4.0;

/// Holds a column against the same column of earlier nights, newest first; nothing where it looks as it did.
pub(super) fn compare(
    relation: &str,
    role: Role,
    now: &ColumnProfile,
    before: &[ColumnProfile],
    tolerated: bool,
) -> Vec<GateResult> {
    let mut results = Vec::new();
    let mut told = |what: &str, verdict: Option<Verdict>| {
        let Some(Verdict { blocks, observed, expected }) = verdict else { return };
        let named =
            if now.largest.is_empty() { String::new() } else { format!(" (largest: {})", now.largest.join("; ")) };
        results.push(GateResult {
            name: format!("{what} of {relation}.{}", now.column),
            severity: if blocks && !tolerated { GateSeverity::Block } else { GateSeverity::Warn },
            passed: false,
            observed: format!("{observed}{named}"),
            expected,
            explanation: match role {
                Role::Read => "the column is in another unit, or was loaded in part or not at all".to_owned(),
                Role::Published => {
                    "what is to be published is out of proportion to what was: look at what was read".to_owned()
                }
            },
        });
    };
    match role {
        Role::Read if now.rows >= LEAST_NUMBERS => {
            let share = |of: fn(&ColumnProfile) -> u64| {
                move |profile: &ColumnProfile| of(profile) as f64 / profile.rows.max(1) as f64
            };
            told("unknown values", share_moved(now, before, share(|profile| profile.nulls), &NULLS));
            told("zeros", share_moved(now, before, share(|profile| profile.zeros), &SHARES));
            told("negative values", share_moved(now, before, share(|profile| profile.negatives), &SHARES));
            let middle = number_moved(now, before, |profile| profile.median, &NUMBERS, true);
            let is_quiet = middle.is_none();
            told("the typical value", middle);
            if is_quiet {
                told("the large values", number_moved(now, before, |profile| profile.p95, &NUMBERS, true));
            }
        }
        Role::Read => {}
        Role::Published => told("the total", number_moved(now, before, |profile| profile.sum, &TOTALS, false)),
    }
    results
}

struct Verdict {
    blocks: bool,
    observed: String,
    expected: String,
}

fn share_moved(
    now: &ColumnProfile,
    before: &[ColumnProfile],
    share: impl Fn(&ColumnProfile) -> f64,
    limit: &Limit,
) -> Option<Verdict> {
    let usual = median(before.iter().filter(|profile| profile.rows >= LEAST_ROWS).map(&share).collect())?;
    let found = if now.rows >= LEAST_ROWS { share(now) } else { usual };
    let jump = (found - usual).abs();
    (jump > limit.warns_at).then(|| Verdict {
        blocks: jump > limit.blocks_at,
        observed: format!("{:.0} % of {} rows", found * 100.0, now.rows),
        expected: format!("about {:.0} %, as in earlier nights", usual * 100.0),
    })
}

fn number_moved(
    now: &ColumnProfile,
    before: &[ColumnProfile],
    number: impl Fn(&ColumnProfile) -> f64,
    limit: &Limit,
    both_ways: bool,
) -> Option<Verdict> {
    let earlier: Vec<f64> = before.iter().map(&number).filter(|number| *number > 0.0).collect();
    let usual = median(earlier.clone())?;
    let found = number(now);
    if found <= 0.0 {
        // Nothing to order, or nothing known: shares speak of that.
        return None;
    }
    let mut distances: Vec<f64> = earlier.iter().map(|number| (number / usual).ln().abs()).collect();
    distances.sort_by(f64::total_cmp);
    let spread = distances[((distances.len() as f64 - 1.0) * USUAL_SHARE).round() as usize];
    let warns_at = limit.warns_at.max((WARNS * spread).exp());
    let blocks_at = limit.blocks_at.max((BLOCKS * spread).exp());
    let factor = found / usual;
    let beyond = |limit: f64| factor > limit || (both_ways && factor < 1.0 / limit);
    beyond(warns_at).then(|| Verdict {
        blocks: beyond(blocks_at),
        observed: format!("{}, {} times what it was", shortly(found), super::days::rounded(factor)),
        expected: format!("about {}, at most {} times", shortly(usual), super::days::rounded(warns_at)),
    })
}

/// A number with at most two decimals.
fn shortly(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(rows: u64, median: f64, p95: f64, sum: f64) -> ColumnProfile {
        ColumnProfile { column: "pack_size".to_owned(), rows, median, p95, sum, ..ColumnProfile::default() }
    }

    fn verdicts(role: Role, now: &ColumnProfile, before: &[ColumnProfile]) -> Vec<(String, GateSeverity)> {
        compare("products", role, now, before, false).into_iter().map(|gate| (gate.name, gate.severity)).collect()
    }

    #[test]
    fn another_unit_of_a_column_stops_the_night_also_where_it_is_a_tenth_of_the_rows() {
        let before = vec![profile(100, 6_000.0, 12_000.0, 0.0); 3];
        assert_eq!(verdicts(Role::Read, &profile(100, 6_000.0, 12_000.0, 0.0), &before), []);
        let thousandfold = profile(100, 6_000_000.0, 12_000_000.0, 0.0);
        let stopped = [("the typical value of products.pack_size".to_owned(), GateSeverity::Block)];
        assert_eq!(verdicts(Role::Read, &thousandfold, &before), stopped);
        let a_tenth = profile(100, 6_000.0, 12_000_000.0, 0.0);
        let stopped = [("the large values of products.pack_size".to_owned(), GateSeverity::Block)];
        assert_eq!(verdicts(Role::Read, &a_tenth, &before), stopped);
        assert_eq!(verdicts(Role::Read, &thousandfold, &[]), [], "of a first night nothing is known");
    }

    #[test]
    fn values_that_vanish_become_0_or_negative_are_seen() {
        let usual = profile(100, 500.0, 900.0, 0.0);
        for changed in [
            ColumnProfile { nulls: 60, ..usual.clone() },
            ColumnProfile { zeros: 40, ..usual.clone() },
            ColumnProfile { negatives: 100, ..usual.clone() },
        ] {
            let found = verdicts(Role::Read, &changed, std::slice::from_ref(&usual));
            assert!(matches!(&found[..], [(_, GateSeverity::Block)]), "{changed:?}: {found:?}");
        }
    }

    #[test]
    fn a_total_may_fall_and_grow_as_it_used_to() {
        let nights: Vec<ColumnProfile> =
            [10.0, 80.0, 20.0, 160.0, 40.0, 20.0].iter().map(|sum| profile(5, 0.0, 0.0, *sum)).collect();
        assert_eq!(verdicts(Role::Published, &profile(5, 0.0, 0.0, 150.0), &nights), []);
        assert_eq!(verdicts(Role::Published, &profile(5, 0.0, 0.0, 0.0), &nights), []);
        let thousandfold = verdicts(Role::Published, &profile(5, 0.0, 0.0, 400_000.0), &nights);
        assert!(matches!(&thousandfold[..], [(_, GateSeverity::Block)]), "{thousandfold:?}");
        let steady = vec![profile(5, 0.0, 0.0, 1_000.0); 6];
        let found = verdicts(Role::Published, &profile(5, 0.0, 0.0, 6_000.0), &steady);
        assert!(matches!(&found[..], [(_, GateSeverity::Warn)]), "{found:?}");
    }
}
