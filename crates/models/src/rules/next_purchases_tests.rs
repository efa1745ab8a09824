use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;

const SETTINGS: NextSettings = NextSettings { within_days: 28, min_customers: 15, min_confidence: 0.02, alpha: 0.05 };

/// Purchases without any order: customers differ in how often they come and in what they like, items in when they are sold.
fn without_order(random: &mut Pcg64Mcg, n_customers: u32, n_items: u32) -> Vec<(u32, i32, u32)> {
    let mut lines = Vec::new();
    for customer in 0..n_customers {
        let visits = 1 + (random.random::<f64>().powi(3) * 25.0) as u32;
        let taste = random.random_range(0..n_items);
        for _ in 0..visits {
            let day = random.random_range(0..180);
            for _ in 0..random.random_range(1..6) {
                let liked = random.random::<f64>() < 0.5;
                let item =
                    if liked { (taste + random.random_range(0..6)) % n_items } else { random.random_range(0..n_items) };
                // Every tenth item is launched half-way, every other tenth is taken off then; one is sold in one month.
                let is_sold = match item % 10 {
                    0 => day >= 90,
                    1 => day < 90,
                    2 => (120..150).contains(&day),
                    _ => true,
                };
                if is_sold {
                    lines.push((customer, day, item));
                    // Bought together, in no order.
                    if item % 10 == 3 && random.random::<f64>() < 0.3 {
                        lines.push((customer, day, item + 1));
                    }
                }
            }
        }
    }
    lines
}

#[test]
fn tastes_frequent_visits_launches_and_seasons_are_no_order() {
    let mut with_pairs = 0;
    for seed in 0..40 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let lines = without_order(&mut random, 1_500, 60);
        let found = next_purchases(&Purchases::from_lines(lines, 60).unwrap(), &SETTINGS);
        assert!(found.n_searched > 3_000.0);
        with_pairs += u32::from(!found.rules.is_empty());
    }
    // At a promised 5 %, more than six of forty have a probability of .003.
    assert!(with_pairs <= 6, "{with_pairs} of 40 without any order gave a pair");
}

#[test]
fn planted_orders_are_found_and_nothing_else() {
    let mut random = Pcg64Mcg::seed_from_u64(7);
    let mut lines = without_order(&mut random, 6_000, 100);
    let planted: Vec<(u32, u32)> = (0..10).map(|pair| (10 * pair + 5, 10 * pair + 7)).collect();
    let mut follow_ups = Vec::new();
    for (customer, day, item) in &lines {
        if let Some((_, next)) = planted.iter().find(|(first, _)| first == item)
            && random.random::<f64>() < 0.3
        {
            follow_ups.push((*customer, day + random.random_range(3..21), *next));
        }
    }
    lines.extend(follow_ups.into_iter().filter(|(_, day, _)| *day < 180));
    let found = next_purchases(&Purchases::from_lines(lines, 100).unwrap(), &SETTINGS);
    let pairs: BTreeSet<(u32, u32)> = found.rules.iter().map(|rule| (rule.first, rule.next)).collect();
    let hits = planted.iter().filter(|pair| pairs.contains(pair)).count();
    assert!(hits >= 9, "{hits} of 10");
    assert!(pairs.len() <= hits + 1, "{pairs:?}");
    let middle: Vec<f64> = found.rules.iter().map(|rule| rule.median_days).collect();
    assert!(middle.iter().all(|days| (6.0..18.0).contains(days)), "{middle:?}");
}

#[test]
fn what_is_bought_together_with_one_of_a_pair_is_no_pair() {
    let mut random = Pcg64Mcg::seed_from_u64(11);
    let mut lines = without_order(&mut random, 6_000, 100);
    // Item 25 often comes with 26, item 57 with 58; who bought 25 buys 57 next.
    let mut more = Vec::new();
    for (customer, day, item) in &lines {
        if *item == 25 {
            if random.random::<f64>() < 0.5 {
                more.push((*customer, *day, 26));
            }
            if random.random::<f64>() < 0.6 {
                let day = day + random.random_range(3..21);
                more.push((*customer, day, 57));
                if random.random::<f64>() < 0.5 {
                    more.push((*customer, day, 58));
                }
            }
        }
    }
    lines.extend(more.into_iter().filter(|(_, day, _)| *day < 180));
    let found = next_purchases(&Purchases::from_lines(lines, 100).unwrap(), &SETTINGS);
    let pairs: Vec<(u32, u32)> = found.rules.iter().map(|rule| (rule.first, rule.next)).collect();
    assert_eq!(pairs, [(25, 57)]);
    assert!(found.n_echoes >= 2, "{}", found.n_echoes);
}

#[test]
fn a_till_is_no_customer_and_nothing_is_nothing() {
    let till = (0..60).flat_map(|day| (0..400).map(move |item| (0, day, item))).collect();
    let purchases = Purchases::from_lines(till, 400).unwrap();
    let found = next_purchases(&purchases, &NextSettings { min_customers: 1, ..SETTINGS });
    assert_eq!((found.n_left_out, found.rules.len()), (1, 0));
    let none = Purchases::from_lines(Vec::new(), 3).unwrap();
    assert_eq!(next_purchases(&none, &SETTINGS), NextFound::default());
    assert!(matches!(Purchases::from_lines(vec![(0, 0, 3)], 3), Err(crate::rules::RulesError::UnknownItem { .. })));
}

/// Counted the plain way: forward and backward customers, and those followed.
fn by_hand(lines: &[(u32, i32, u32)], pair: (u32, u32), within: i32) -> [u32; 4] {
    let last = lines.iter().map(|line| line.1).max().unwrap();
    let mut customers: BTreeMap<u32, Vec<(i32, u32)>> = BTreeMap::new();
    for (customer, day, item) in lines {
        customers.entry(*customer).or_default().push((*day, *item));
    }
    let mut counts = [0; 4];
    for bought in customers.values() {
        let days = |wanted: u32| bought.iter().filter(move |(_, item)| *item == wanted).map(|(day, _)| *day);
        let is_next = |a: i32, b: i32| b > a && b <= a + within;
        let forward = days(pair.0).any(|a| days(pair.1).any(|b| is_next(a, b)));
        let backward = days(pair.1).any(|b| days(pair.0).any(|a| is_next(b, a)));
        let mut early = days(pair.0).filter(|a| a + within <= last).peekable();
        counts[0] += u32::from(forward && !backward);
        counts[1] += u32::from(backward && !forward);
        counts[2] += u32::from(early.peek().is_some());
        counts[3] += u32::from(early.any(|a| days(pair.1).any(|b| is_next(a, b))));
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn counts_are_those_by_hand_and_threads_change_nothing(
        lines in prop::collection::vec((0_u32..30, 0_i32..25, 0_u32..5), 1..300),
        within in 1_u32..9,
    ) {
        // Everything is told: no test, no bound.
        let settings = NextSettings { within_days: within, min_customers: 1, min_confidence: 0.0, alpha: 0.9 };
        let purchases = Purchases::from_lines(lines.clone(), 5).unwrap();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| next_purchases(&purchases, &settings))
        };
        let found = run(1);
        for rule in &found.rules {
            let counts = by_hand(&lines, (rule.first, rule.next), within as i32);
            prop_assert_eq!(counts, [rule.n_forward, rule.n_backward, rule.n_first, rule.n_followed]);
        }
        let mut shuffled = lines;
        shuffled.reverse();
        prop_assert_eq!(&found, &run(3));
        prop_assert_eq!(&found, &next_purchases(&Purchases::from_lines(shuffled, 5).unwrap(), &settings));
    }
}
