use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

type Steps = Vec<Vec<u32>>;

fn settings(min_count: u32, max_length: usize, within_days: Option<u32>) -> SequenceSettings {
    SequenceSettings { min_count, max_length, within_days, keep_customers: false, max_bytes: 1 << 30 }
}

fn mined(lines: &[(u32, i32, u32)], n_items: u32, settings: &SequenceSettings) -> Vec<(Steps, u32)> {
    let purchases = Purchases::from_lines(lines.to_vec(), n_items).unwrap();
    let found = SequenceTable::mine(&purchases, settings).unwrap();
    found.iter().map(|(steps, count)| (steps.into_iter().map(<[u32]>::to_vec).collect(), count)).collect()
}

/// Every sequence that occurs, from every choice of items and days, by definition.
fn brute_force(lines: &[(u32, i32, u32)], settings: &SequenceSettings) -> BTreeMap<Steps, u32> {
    let mut customers: BTreeMap<u32, BTreeMap<i32, BTreeSet<u32>>> = BTreeMap::new();
    for (customer, day, item) in lines {
        customers.entry(*customer).or_default().entry(*day).or_default().insert(*item);
    }
    let mut counts: BTreeMap<Steps, u32> = BTreeMap::new();
    for visits in customers.values() {
        let mut own: BTreeSet<Steps> = BTreeSet::new();
        // (steps, day of the last)
        let mut open: Vec<(Steps, i32)> = vec![(Vec::new(), i32::MIN)];
        while let Some((steps, last)) = open.pop() {
            let used: usize = steps.iter().map(Vec::len).sum();
            for (day, items) in visits.range(last.saturating_add(1)..) {
                let near = settings.within_days.is_none_or(|within| day.abs_diff(last) <= within);
                if !steps.is_empty() && !near {
                    continue;
                }
                let items: Vec<u32> = items.iter().copied().collect();
                for mask in 1_u32..1 << items.len() {
                    let step: Vec<u32> =
                        (0..items.len()).filter(|bit| mask >> bit & 1 == 1).map(|bit| items[bit]).collect();
                    if used + step.len() <= settings.max_length {
                        let mut longer = steps.clone();
                        longer.push(step);
                        own.insert(longer.clone());
                        open.push((longer, *day));
                    }
                }
            }
        }
        for steps in own {
            *counts.entry(steps).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= settings.min_count);
    counts
}

#[test]
fn a_step_may_follow_a_later_purchase_than_the_first() {
    // Item 0 on days 1 and 20, item 1 on day 22: within 3 days of the second only. Then item 2 within 3 days of that.
    let lines = [(0, 1, 0), (0, 20, 0), (0, 22, 1), (0, 25, 2), (1, 1, 0), (1, 9, 1)];
    let found = mined(&lines, 3, &settings(1, 3, Some(3)));
    let count = |steps: &Steps| found.iter().find(|(other, _)| other == steps).map(|(_, count)| *count);
    assert_eq!(count(&vec![vec![0], vec![1]]), Some(1));
    assert_eq!(count(&vec![vec![0], vec![1], vec![2]]), Some(1));
    assert_eq!(count(&vec![vec![0], vec![0]]), None);
    assert_eq!(count(&vec![vec![0], vec![2]]), None);
    let any = mined(&lines, 3, &settings(2, 3, None));
    assert!(any.contains(&(vec![vec![0], vec![1]], 2)));
}

#[test]
fn the_same_day_is_no_next_step() {
    let found = mined(&[(0, 1, 0), (0, 1, 1)], 2, &settings(1, 4, None));
    assert_eq!(found, [(vec![vec![0]], 1), (vec![vec![0, 1]], 1), (vec![vec![1]], 1)]);
}

#[test]
fn a_rule_counts_all_three_sides() {
    // Four customers: 0 then 1; 0 alone; 1 then 0; 1 alone.
    let lines = [(0, 1, 0), (0, 4, 1), (1, 1, 0), (2, 1, 1), (2, 2, 0), (3, 7, 1)];
    let purchases = Purchases::from_lines(lines.to_vec(), 2).unwrap();
    let keeping = SequenceSettings { keep_customers: true, ..settings(1, 3, Some(7)) };
    let found = SequenceTable::mine(&purchases, &keeping).unwrap();
    let mut rules = Vec::new();
    found.for_each_rule(0.0, |rule| {
        rules.push((rule.before[0].to_vec(), rule.next.to_vec(), rule.n_next, rule.counts(4)));
    });
    // Who bought 1 before 0 alone did not follow.
    let counts = CrossCounts { n_baskets: 4, n_antecedent: 3, n_consequent: 2, n_both: 1 };
    assert_eq!(rules, [(vec![0], vec![1], 3, Some(counts)), (vec![1], vec![0], 3, Some(counts))]);
    let mut confident = 0;
    found.for_each_rule(0.34, |_| confident += 1);
    assert_eq!(confident, 0);
    let without = SequenceTable::mine(&purchases, &settings(1, 3, Some(7))).unwrap();
    without.for_each_rule(0.0, |rule| assert_eq!((rule.n_both, rule.counts(4)), (1, None)));
}

#[test]
fn nothing_gives_nothing_and_too_little_memory_stops_with_the_figure() {
    let none = Purchases::from_lines(Vec::new(), 0).unwrap();
    assert!(SequenceTable::mine(&none, &settings(1, 9, None)).unwrap().is_empty());
    let lines: Vec<_> = (0..3).flat_map(|c| (0..16).map(move |item| (c, 1, item))).collect();
    let purchases = Purchases::from_lines(lines, 16).unwrap();
    let narrow = SequenceSettings { max_bytes: 1 << 16, ..settings(2, 16, None) };
    let error = SequenceTable::mine(&purchases, &narrow).unwrap_err();
    assert!(matches!(error, RulesError::Memory { limit: 65_536, .. }), "{error}");
}

proptest! {
    #[test]
    fn every_frequent_sequence_is_found_with_its_customers(
        lines in prop::collection::vec((0_u32..5, 0_i32..9, 0_u32..4), 0..40),
        min_count in 1_u32..4,
        max_length in 1_usize..5,
        within in prop::option::of(1_u32..6),
    ) {
        let settings = settings(min_count, max_length, within);
        let found = mined(&lines, 4, &settings);
        let expected = brute_force(&lines, &settings);
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);
    }

    #[test]
    fn threads_change_nothing(lines in prop::collection::vec((0_u32..9, 0_i32..30, 0_u32..9), 0..90)) {
        let purchases = Purchases::from_lines(lines, 9).unwrap();
        let mine = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| SequenceTable::mine(&purchases, &settings(2, 4, Some(10)))).unwrap()
        };
        prop_assert_eq!(mine(1), mine(3));
    }
}
