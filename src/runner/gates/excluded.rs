//! What the SQL of datasets leaves out, against what it left out in earlier nights: a join that no longer finds its partners, a status
//! that got another name.

use super::{HISTORY, History};
use crate::datasets::{Excluded, InputFact};
use crate::gate::{GateResult, GateSeverity};

/// More of the rows than in any of the last nights, in points of the whole, that is remarked on.
const WARNS_AT: f64 = 0.02;
/// That stops the publication: of the last four weeks, a day and a half.
const BLOCKS_AT: f64 = 0.05;
/// Rows without which a share is chance.
const LEAST_ROWS: u64 = 20;

/// Holds the share of rows that each query leaves out for a reason against the largest of the last nights.
pub fn excluded_gates(inputs: &[InputFact], history: &History) -> Vec<GateResult> {
    let found = inputs.iter().flat_map(|input| &input.excluded).filter(|found| found.kept.is_some());
    found.filter_map(|found| Some((found, history.excluded.get(&found.dataset)?))).map(gate).collect()
}

fn gate((found, earlier): (&Excluded, &Vec<Excluded>)) -> GateResult {
    let share = |of: &Excluded, rows: u64| rows as f64 / (of.kept.unwrap_or(0) + of.rows()).max(1) as f64;
    let usual = |reason: &str| earlier.iter().map(|one| share(one, one.of_reason(reason))).fold(0.0, f64::max);
    let judged = found.by_reason.iter().map(|(reason, rows)| (reason, *rows, share(found, *rows), usual(reason)));
    let worst = judged.filter(|(_, rows, ..)| *rows >= LEAST_ROWS).max_by(|left, right| {
        let more = |one: &(&String, u64, f64, f64)| one.2 - one.3;
        more(left).total_cmp(&more(right))
    });
    let (more, observed, usual) = match worst {
        Some((reason, rows, share, usual)) => {
            (share - usual, format!("{:.1} % of the rows, {rows}, {reason}", share * 100.0), usual)
        }
        None => (0.0, format!("{} rows", found.rows()), 0.0),
    };
    GateResult {
        name: format!("left out by {}", found.dataset),
        severity: if more > BLOCKS_AT { GateSeverity::Block } else { GateSeverity::Warn },
        passed: more <= WARNS_AT,
        observed,
        expected: match earlier.len().min(HISTORY) {
            1 => format!("about {:.1} %, as in the night before", usual * 100.0),
            n => format!("at most {:.1} %, as in the last {n} nights", usual * 100.0),
        },
        explanation: format!(
            "sql/datasets/{0}.sql drops these rows, see {0}.excluded.sql: mend what they lack, or the query",
            found.dataset
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::InputOrigin;

    fn excluded(kept: u64, unknown: u64) -> Excluded {
        let by_reason = vec![("of unknown products".to_owned(), unknown)];
        Excluded { dataset: "order_lines".to_owned(), kept: Some(kept), by_reason }
    }

    fn found(now: Excluded, earlier: Vec<Excluded>) -> Option<(bool, GateSeverity, String)> {
        let as_of = "2026-11-22".parse().unwrap();
        let input = InputFact { excluded: vec![now], ..InputFact::of("daily_sales", InputOrigin::Dataset, as_of) };
        let excluded = [("order_lines".to_owned(), earlier)].into();
        let gates = excluded_gates(&[input], &History { excluded, ..History::default() });
        gates.into_iter().next().map(|gate| (gate.passed, gate.severity, gate.observed))
    }

    #[test]
    fn a_join_that_lost_its_partners_is_seen_and_what_has_always_been_left_out_is_not() {
        let usual = || vec![excluded(9_900, 100), excluded(9_800, 200)];
        assert!(found(excluded(9_700, 300), usual()).unwrap().0, "a point more than the worst night");
        let more = found(excluded(9_500, 500), usual()).unwrap();
        assert_eq!(
            (more.0, more.1, more.2.as_str()),
            (false, GateSeverity::Warn, "5.0 % of the rows, 500, of unknown products")
        );
        let tenth = found(excluded(9_000, 1_000), usual()).unwrap();
        assert_eq!((tenth.0, tenth.1), (false, GateSeverity::Block));
        assert!(found(excluded(5, 5), usual()).unwrap().0, "five rows are chance");
        let as_of = "2026-11-22".parse().unwrap();
        let input =
            InputFact { excluded: vec![excluded(1, 99)], ..InputFact::of("daily_sales", InputOrigin::Dataset, as_of) };
        assert!(excluded_gates(&[input], &History::default()).is_empty(), "of a first night nothing is known");
    }
}
