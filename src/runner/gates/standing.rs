//! Rows that stand for long, held against the last publication's, key by key: which products or suppliers have a number out of all
//! proportion to what it was.

use super::days::rounded;
use crate::datasets::Dataset;
use crate::gate::{GateResult, GateSeverity};
use crate::standing::{Changes, JUMP, Jump, Standing};
use crate::table::{MOST_MILLI, MOST_MINOR};

/// Of the rows, the share that may jump without stopping the night.
const BLOCKS_AT: f64 = 0.05;
/// Times the usual share of rows that jump overnight, where some always do.
const BLOCKS_AT_USUAL: f64 = 3.0;
/// The limit is never above that, whatever is usual.
const BLOCKS_ABOVE: f64 = 0.5;
/// Rows that jump without which it is the doing of somebody who keeps them, one by one.
const LEAST_JUMPS: usize = 4;
/// Of few rows, as suppliers are, so many suffice where they are more than half.
const LEAST_OF_FEW: usize = 2;
/// Of the rows, the share that has to be known from before.
const LEAST_KNOWN: f64 = 0.5;
/// Rows that are named.
const NAMED: usize = 3;

/// One result a column in which a row jumped; one in all where none did; and one where most rows are new.
pub(super) fn compare(dataset: &Dataset, now: &Standing, before: &Standing, tolerated: bool) -> Vec<GateResult> {
    let changes = now.changes_since(before);
    let mut results: Vec<GateResult> = (changes.iter().filter(|changes| !changes.jumps.is_empty()))
        .map(|changes| result(dataset, changes, tolerated))
        .collect();
    let n_compared = changes.iter().map(|changes| changes.compared).max().unwrap_or_default();
    if results.is_empty() && n_compared > 0 {
        results.push(GateResult {
            name: format!("changes of {}", dataset.name()),
            severity: GateSeverity::Block,
            passed: true,
            observed: format!("{n_compared} rows are near what they were"),
            expected: format!("no number {JUMP} times what the last publication read, or its inverse"),
            explanation: "rows in another unit would show here, one by one".to_owned(),
        });
    }
    let (n_rows, n_known) = now.known_from(before);
    if n_rows >= LEAST_JUMPS && (n_known as f64) < n_rows as f64 * LEAST_KNOWN {
        results.push(GateResult {
            name: format!("keys of {}", dataset.name()),
            severity: if tolerated { GateSeverity::Warn } else { GateSeverity::Block },
            passed: false,
            observed: format!("{n_known} of {n_rows} rows are known from the last publication"),
            expected: format!("at least {} %", rounded(LEAST_KNOWN * 100.0)),
            explanation: "ids were renamed or are of another system, so nothing of what is known of them fits any more"
                .to_owned(),
        });
    }
    results
}

fn result(dataset: &Dataset, changes: &Changes, tolerated: bool) -> GateResult {
    let Changes { column, compared, jumps, usual } = changes;
    let limit = (usual * BLOCKS_AT_USUAL).clamp(BLOCKS_AT, BLOCKS_ABOVE);
    let is_many = jumps.len() >= LEAST_JUMPS && changes.share() > limit;
    let is_most = jumps.len() >= LEAST_OF_FEW && changes.share() > BLOCKS_ABOVE;
    let blocks = (is_many || is_most) && !tolerated;
    let unit = dataset.schema.column(column).and_then(|column| column.range);
    let mut named: Vec<String> = jumps.iter().take(NAMED).map(|jump| told(jump, unit)).collect();
    if jumps.len() > NAMED {
        named.push(format!("and {} more", jumps.len() - NAMED));
    }
    GateResult {
        name: format!("changes of {}.{column}", dataset.name()),
        severity: if blocks { GateSeverity::Block } else { GateSeverity::Warn },
        passed: false,
        observed: format!("{} of {compared} rows jumped: {}", jumps.len(), named.join(", ")),
        expected: format!(
            "no number {JUMP} times what it was, or its inverse; {LEAST_JUMPS} rows or more stop it above {} %, fewer above half of the rows",
            rounded(limit * 100.0)
        ),
        explanation: if blocks {
            "rows were loaded in another unit, or a price list is wrong; where it is meant, accept this gate for one night in the job's file"
        } else {
            "where somebody has changed these rows, this is right and is not said again; else mend them before what is planned with them \
             is acted on"
        }
        .to_owned(),
    }
}

/// In the unit that people think in.
fn told(jump: &Jump, unit: Option<(i64, i64)>) -> String {
    let Jump { key, was, is } = jump;
    match unit {
        Some((_, MOST_MILLI)) => format!("{key} from {} to {} units", was / 1_000.0, is / 1_000.0),
        Some((_, MOST_MINOR)) => format!("{key} from {was} to {is} in the smallest coin"),
        _ => format!("{key} from {was} to {is}"),
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::datasets::PRODUCTS;
    use crate::table::TableSchema;

    fn packs(n: i64, change: impl Fn(i64) -> i64) -> Standing {
        let keys: Vec<String> = (0..n).map(|row| format!("p{row:03}")).collect();
        let packs: Vec<i64> = (0..n).map(change).collect();
        let frame = df!("product_id" => keys, "pack_size" => packs).unwrap();
        let columns = [*PRODUCTS.schema.column("product_id").unwrap(), *PRODUCTS.schema.column("pack_size").unwrap()];
        let schema = TableSchema { columns: &columns, ..PRODUCTS.schema };
        Standing::of(&frame, &schema).unwrap().unwrap()
    }

    fn verdict(now: &Standing, before: &Standing) -> (bool, bool, String) {
        let gates = compare(&PRODUCTS, now, before, false);
        assert_eq!(gates.len(), 1);
        (gates[0].passed, gates[0].severity == GateSeverity::Block && !gates[0].passed, gates[0].observed.clone())
    }

    #[test]
    fn a_tenth_of_the_products_in_another_unit_stops_the_night_and_one_is_named() {
        let before = packs(100, |_| 6_000);
        assert_eq!(verdict(&before, &before), (true, false, "100 rows are near what they were".to_owned()));
        let (passed, blocks, observed) =
            verdict(&packs(100, |row| if row % 10 == 0 { 12_000 } else { 6_000 }), &before);
        assert_eq!((passed, blocks), (false, true));
        assert!(observed.starts_with("10 of 100 rows jumped: p000 from 6 to 12 units, p010 from"), "{observed}");
        assert!(observed.ends_with(", and 7 more"), "{observed}");
        let one = verdict(&packs(100, |row| if row == 7 { 6_000_000 } else { 6_000 }), &before);
        assert_eq!(one, (false, false, "1 of 100 rows jumped: p007 from 6 to 6000 units".to_owned()));
    }

    #[test]
    fn where_rows_always_jump_they_may() {
        let of_night = |night: i64| packs(100, move |row| if (row + night) % 10 == 0 { 12_000 } else { 6_000 });
        let mut known = of_night(0);
        for night in 1..12 {
            known = of_night(night).after(&known);
        }
        let (passed, blocks, observed) = verdict(&of_night(12), &known);
        assert_eq!((passed, blocks), (false, false), "{observed}");
        let (_, blocks, _) = verdict(&packs(100, |_| 120_000), &known);
        assert!(blocks, "all of them are more than that");
    }

    #[test]
    fn of_few_rows_most_stop_it_and_so_do_rows_that_nobody_knows() {
        let before = packs(3, |_| 6_000);
        assert!(verdict(&packs(3, |_| 42_000), &before).1);
        assert!(!verdict(&packs(3, |row| if row == 0 { 42_000 } else { 6_000 }), &before).1);
        let renamed = packs(40, |_| 6_000);
        let others = packs(30, |_| 6_000);
        let gates = compare(&PRODUCTS, &renamed, &others, false);
        assert!(gates.iter().all(|gate| gate.passed), "ten new ones: {gates:?}");
        let gates = compare(&PRODUCTS, &renamed, &packs(10, |_| 6_000), false);
        let keys = gates.iter().find(|gate| gate.name == "keys of products").unwrap();
        assert_eq!((keys.passed, keys.observed.as_str()), (false, "10 of 40 rows are known from the last publication"));
    }
}
