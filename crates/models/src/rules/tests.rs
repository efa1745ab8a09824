use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use super::itemsets::{Itemset, mine_counted};
use super::*;

const UNRELATED: &dyn Fn(u32, u32) -> bool = &|_, _| false;

fn baskets_of(lists: &[Vec<u32>], n_items: u32) -> Baskets {
    let ends: Vec<u32> = (lists.iter())
        .scan(0, |end, items| {
            *end += items.len() as u32;
            Some(*end)
        })
        .collect();
    Baskets::from_rows(lists.concat(), &ends, n_items).unwrap()
}

fn by_brute_force(lists: &[Vec<u32>], n_items: u32, min_count: u32, max: usize) -> Vec<Itemset> {
    let mut found: Vec<Itemset> = (1_u32..1 << n_items)
        .filter(|mask| mask.count_ones() as usize <= max)
        .filter_map(|mask| {
            let items: Vec<u32> = (0..n_items).filter(|i| mask >> i & 1 == 1).collect();
            let holds = |list: &&Vec<u32>| items.iter().all(|item| list.contains(item));
            let count = lists.iter().filter(holds).count() as u32;
            (count >= min_count).then_some(Itemset { items, count })
        })
        .collect();
    found.sort_by(|a, b| (a.items.len(), &a.items).cmp(&(b.items.len(), &b.items)));
    found
}

proptest! {
    #[test]
    fn mining_finds_exactly_what_brute_force_finds(
        lists in prop::collection::vec(prop::collection::vec(0_u32..9, 1..9), 1..150),
        min_count in 1_u32..12,
        max_length in 1_usize..7,
    ) {
        let found = mine_counted(&baskets_of(&lists, 9), min_count, max_length, None, |_| true).unwrap();
        let found: Vec<Itemset> = found.into_iter().map(|counted| counted.set).collect();
        prop_assert_eq!(found, by_brute_force(&lists, 9, min_count, max_length));
    }

    #[test]
    fn closed_maximal_generators_and_rules_are_those_of_their_definitions(
        lists in prop::collection::vec(prop::collection::vec(0_u32..9, 1..9), 1..150),
        min_count in 1_u32..12,
    ) {
        let all = by_brute_force(&lists, 9, min_count, 9);
        let inside = |a: &Itemset, b: &Itemset| a.items.len() < b.items.len() && a.items.iter().all(|i| b.items.contains(i));
        let settings = MiningSettings { min_count, max_length: 9, max_bytes: 1 << 30 };
        let mined = |target| {
            let table = ItemsetTable::mine(baskets_of(&lists, 9), &settings).unwrap().only(target, lists.len() as u32);
            let mut found: Vec<Itemset> =
                table.iter().map(|(items, count)| Itemset { items: items.to_vec(), count }).collect();
            found.sort_by(|a, b| (a.items.len(), &a.items).cmp(&(b.items.len(), &b.items)));
            found
        };
        let those = |keep: &dyn Fn(&Itemset) -> bool| all.iter().filter(|set| keep(set)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(mined(Target::Frequent), all.clone());
        prop_assert_eq!(
            mined(Target::Closed),
            those(&|set| !all.iter().any(|other| inside(set, other) && other.count == set.count))
        );
        prop_assert_eq!(mined(Target::Maximal), those(&|set| !all.iter().any(|other| inside(set, other))));
        let everywhere = |set: &Itemset| set.count as usize == lists.len();
        prop_assert_eq!(
            mined(Target::Generators),
            those(&|set| !everywhere(set) && !all.iter().any(|other| inside(other, set) && other.count == set.count))
        );
        let table = ItemsetTable::mine(baskets_of(&lists, 9), &settings).unwrap();
        let count = |items: &[u32]| lists.iter().filter(|list| items.iter().all(|item| list.contains(item))).count();
        let mut n = 0;
        table.for_each_rule(0.4, |rule| {
            n += 1;
            let head = rule.items[rule.head];
            let body: Vec<u32> = rule.items.iter().copied().filter(|item| *item != head).collect();
            let counts = [rule.n_both, rule.n_body, rule.n_head].map(|n| n as usize);
            assert_eq!(counts, [count(rule.items), count(&body), count(&[head])]);
        });
        let expected = all.iter().filter(|set| set.items.len() > 1).flat_map(|set| {
            set.items.iter().map(move |head| {
                let body: Vec<u32> = set.items.iter().copied().filter(|item| item != head).collect();
                (set.count, body)
            })
        });
        let is_rule = |(both, body): &(u32, Vec<u32>)| 10 * u64::from(*both) >= 4 * count(body) as u64;
        prop_assert_eq!(n, expected.filter(is_rule).count());
    }

    #[test]
    fn every_rule_counts_what_a_plain_scan_counts_and_obeys_the_settings(
        lists in prop::collection::vec(prop::collection::vec(0_u32..6, 1..6), 20..120),
        stratify_by_size in any::<bool>(),
        antecedents in prop::option::of(prop::collection::btree_set(0_u32..6, 0..6)),
        consequents in prop::option::of(prop::collection::btree_set(0_u32..6, 0..6)),
    ) {
        let settings = RuleSettings {
            min_count: 2, min_confidence: 0.2, alpha: 1.0, max_length: 4, stratify_by_size,
            forbidden: BTreeSet::from([5]), antecedents, consequents,
        };
        let found = association_rules(&baskets_of(&lists, 6), &settings, &|a, b| a + b == 1).unwrap();
        prop_assert_eq!(
            found.rules.len() + found.n_insignificant + found.n_redundant,
            found.n_candidates
        );
        for rule in &found.rules {
            let holds = |list: &&Vec<u32>| rule.antecedent.iter().all(|item| list.contains(item));
            let body: Vec<_> = lists.iter().filter(holds).collect();
            let both = body.iter().filter(|list| list.contains(&rule.consequent)).count();
            prop_assert_eq!(rule.n_antecedent as usize, body.len());
            prop_assert_eq!(rule.n_both as usize, both);
            prop_assert!(rule.measures.lift > 1.0 && rule.measures.confidence >= 0.2 && rule.n_both >= 2);
            prop_assert!(rule.lift_lower <= rule.measures.lift && rule.q_value >= rule.p_value);
            let mut items = rule.antecedent.clone();
            items.push(rule.consequent);
            prop_assert!(!items.contains(&5));
            prop_assert!(!items.contains(&0) || !items.contains(&1));
            prop_assert!(settings.consequents.as_ref().is_none_or(|only| only.contains(&rule.consequent)));
            prop_assert!(settings.antecedents.as_ref().is_none_or(|only| rule.antecedent.iter().all(|a| only.contains(a))));
        }
        // What was searched: every consequent with every choice of others.
        let frequent: Vec<u32> = (0..5)
            .filter(|item| lists.iter().filter(|list| list.contains(item)).count() >= 2)
            .collect();
        let left: Vec<u32> = (frequent.iter().copied())
            .filter(|item| settings.antecedents.as_ref().is_none_or(|only| only.contains(item)))
            .collect();
        let n_searched: usize = (frequent.iter())
            .filter(|head| settings.consequents.as_ref().is_none_or(|only| only.contains(head)))
            .map(|head| {
                let bodies = (1_u32..1 << left.len()).map(|mask| {
                    (0..left.len()).filter(|bit| mask >> bit & 1 == 1).map(|bit| left[bit]).collect::<Vec<_>>()
                });
                bodies.filter(|body| body.len() <= 3 && !body.contains(head)).count()
            })
            .sum();
        prop_assert_eq!(found.n_searched, n_searched as f64);
    }

    #[test]
    fn the_top_sets_are_the_most_frequent_of_all(
        lists in prop::collection::vec(prop::collection::vec(0_u32..9, 0..7), 1..40),
        n in 0_usize..30,
        min_length in 1_usize..4,
        target in prop::sample::select(vec![Target::Frequent, Target::Closed, Target::Generators]),
    ) {
        let baskets = baskets_of(&lists, 9);
        let settings = MiningSettings { min_count: 2, max_length: 9, max_bytes: 1 << 30 };
        let sorted = |table: &ItemsetTable| {
            let mut sets: Vec<(u32, Vec<u32>)> = table.iter().map(|(items, count)| (count, items.to_vec())).collect();
            sets.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            sets
        };
        let top = ItemsetTable::mine_top(&baskets, &settings, &TopSettings { n, target, min_length }).unwrap();
        let top = sorted(&top);
        let n_baskets = baskets.n_baskets() as u32;
        let all = ItemsetTable::mine(baskets.clone(), &settings).unwrap();
        let mut expected = sorted(&all.only(target, n_baskets).of_length(min_length));
        let least = n.checked_sub(1).map(|last| expected.get(last).map_or(0, |set| set.0));
        expected.retain(|set| least.is_some_and(|least| set.0 >= least));
        prop_assert_eq!(top, expected);
    }
}

/// Independent items; `planted` pairs `(a, b)`: each basket with `a` gets `b` too, 3 times in 10.
/// Basket intensity is 1 or, for one basket in ten, `trolley`.
fn shop(seed: u64, n: usize, planted: &[(u32, u32)], trolley: f64) -> Baskets {
    let mut chance = Pcg64Mcg::seed_from_u64(seed);
    let lists: Vec<Vec<u32>> = (0..n)
        .map(|basket| {
            let intensity = if basket % 10 == 0 { trolley } else { 1.0 };
            let mut items: Vec<u32> = (0..300_u32)
                .filter(|&item| chance.random::<f64>() < intensity * 0.6 / (f64::from(item) + 20.0))
                .collect();
            for &(a, b) in planted {
                if items.contains(&a) && chance.random::<f64>() < 0.3 {
                    items.push(b);
                }
            }
            items
        })
        .collect();
    baskets_of(&lists, 300)
}

fn pairs_found(baskets: &Baskets, stratify_by_size: bool) -> BTreeSet<(u32, u32)> {
    let settings =
        RuleSettings { min_count: 5, min_confidence: 0.0, max_length: 3, stratify_by_size, ..RuleSettings::default() };
    let found = association_rules(baskets, &settings, UNRELATED).unwrap();
    let mut pairs = BTreeSet::new();
    for rule in found.rules {
        for &item in &rule.antecedent {
            pairs.insert((item.min(rule.consequent), item.max(rule.consequent)));
        }
    }
    pairs
}

#[test]
fn planted_pairs_are_all_found_and_at_most_one_rule_in_twenty_is_false() {
    let planted: Vec<(u32, u32)> = (0..20).map(|i| (30 + 2 * i, 31 + 2 * i)).collect();
    let baskets = shop(11, 20_000, &planted, 1.0);
    let truth: BTreeSet<_> = planted.into_iter().collect();
    for stratify_by_size in [false, true] {
        let found = pairs_found(&baskets, stratify_by_size);
        assert!(truth.is_subset(&found), "missing {:?}", truth.difference(&found));
        let false_ones = found.difference(&truth).count();
        assert!(false_ones * 20 <= found.len(), "{false_ones} false of {}", found.len());
    }
}

#[test]
fn trolleys_make_unrelated_items_look_related_unless_sizes_are_compared() {
    let planted = [(30, 31), (40, 41), (50, 51)];
    let baskets = shop(12, 20_000, &planted, 6.0);
    let naive = pairs_found(&baskets, false);
    assert!(naive.len() > 100, "only {} pairs fooled the plain test", naive.len());
    assert_eq!(pairs_found(&baskets, true), BTreeSet::from(planted));
}

#[test]
fn a_longer_rule_that_adds_nothing_is_redundant() {
    // 0 brings 1; 2 is thrown in by chance and must not give {0, 2} -> 1.
    let mut chance = Pcg64Mcg::seed_from_u64(5);
    let lists: Vec<Vec<u32>> = (0..4_000)
        .map(|_| {
            let mut items: Vec<u32> = (0..6).filter(|_| chance.random::<f64>() < 0.3).collect();
            if items.contains(&0) && chance.random::<f64>() < 0.7 {
                items.push(1);
            }
            items
        })
        .collect();
    let settings = RuleSettings { stratify_by_size: false, ..RuleSettings::default() };
    let found = association_rules(&baskets_of(&lists, 6), &settings, UNRELATED).unwrap();
    assert!(found.n_redundant > 0);
    assert_eq!(found.rules.len(), 2, "{:?}", found.rules);
    assert!(found.rules.iter().all(|rule| rule.antecedent.len() == 1));
}

#[test]
fn two_items_that_only_together_bring_a_third_make_a_rule_of_three() {
    let mut chance = Pcg64Mcg::seed_from_u64(6);
    let lists: Vec<Vec<u32>> = (0..6_000)
        .map(|_| {
            let mut items: Vec<u32> = (0..8).filter(|_| chance.random::<f64>() < 0.2).collect();
            if items.contains(&0) && items.contains(&1) && chance.random::<f64>() < 0.8 {
                items.push(2);
            }
            items
        })
        .collect();
    for stratify_by_size in [false, true] {
        let settings = RuleSettings { stratify_by_size, ..RuleSettings::default() };
        let found = association_rules(&baskets_of(&lists, 8), &settings, UNRELATED).unwrap();
        let wanted = |rule: &Rule| rule.antecedent == [0, 1] && rule.consequent == 2;
        assert!(found.rules.iter().any(wanted), "{:?}", found.rules);
    }
}

#[test]
fn measures_match_the_retail_rule_1045_32_of_arules() {
    // Built to the same four counts: 88,162 baskets, 107 with 0, 15,167 with 1, 97 with both.
    let lists: Vec<Vec<u32>> = (0..88_162)
        .map(|basket| match basket {
            0..97 => vec![0, 1],
            97..107 => vec![0],
            107..15_177 => vec![1],
            _ => vec![2],
        })
        .collect();
    let settings = RuleSettings { stratify_by_size: false, ..RuleSettings::default() };
    let found = association_rules(&baskets_of(&lists, 3), &settings, UNRELATED).unwrap();
    let rule = &found.rules[0];
    assert_eq!((&rule.antecedent[..], rule.consequent), (&[0][..], 1));
    for (found, expected) in [
        (rule.measures.support, 0.001_100_247_272_067_33),
        (rule.measures.confidence, 0.906_542_056_074_766),
        (rule.measures.lift, 5.269_503_576_690_42),
        (rule.measures.leverage, 0.000_891_452_030_531_817),
        (rule.measures.conviction.unwrap(), 8.859_219_391_574_6),
        (rule.p_value, 3.049_002_711_987_41e-62),
    ] {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} for {expected}");
    }
}

#[test]
fn one_thread_and_four_give_the_same_rules() {
    let baskets = shop(13, 5_000, &[(30, 31), (10, 60)], 4.0);
    let settings = RuleSettings { min_count: 3, alpha: 1.0, ..RuleSettings::default() };
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| association_rules(&baskets, &settings, &|_, _| false).unwrap())
    };
    assert_eq!(with_threads(1), with_threads(4));
}

#[test]
fn no_baskets_give_no_rules_and_unknown_items_are_refused() {
    let empty = Baskets::from_rows(Vec::new(), &[], 5).unwrap();
    let found = association_rules(&empty, &RuleSettings::default(), UNRELATED).unwrap();
    assert_eq!((found.rules.len(), found.n_itemsets), (0, 0));
    assert_eq!(
        Baskets::from_rows(vec![5], &[1], 5).unwrap_err().to_string(),
        "cannot build baskets: found item 5, items must be below `n_items` = 5"
    );
}

#[test]
fn a_basket_of_ten_thousand_items_is_mined_and_threads_change_nothing() {
    let mut random = Pcg64Mcg::seed_from_u64(5);
    let mut lists: Vec<Vec<u32>> = (0..2_000).map(|_| (0..6).map(|_| random.random_range(0..400)).collect()).collect();
    lists.push((0..10_000).collect());
    let settings = MiningSettings { min_count: 3, max_length: 4, max_bytes: 1 << 30 };
    let mined = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ItemsetTable::mine(baskets_of(&lists, 10_000), &settings).unwrap())
    };
    let one = mined(1);
    assert!(one.len() > 400);
    for threads in [2, 5] {
        assert_eq!(mined(threads), one, "{threads} threads");
    }
    let none = Baskets::from_rows(Vec::new(), &[], 3).unwrap();
    assert!(ItemsetTable::mine(none, &settings).unwrap().is_empty());
}

proptest! {
    #[test]
    fn shuffling_keeps_sizes_and_item_counts(
        lists in prop::collection::vec(prop::collection::vec(0_u32..9, 1..9), 1..60),
        seed in any::<u64>(),
    ) {
        let baskets = baskets_of(&lists, 9);
        let shuffled = baskets.shuffled(&mut Pcg64Mcg::seed_from_u64(seed));
        let sizes = |baskets: &Baskets| baskets.iter().map(<[u32]>::len).collect::<Vec<_>>();
        prop_assert_eq!(sizes(&shuffled), sizes(&baskets));
        prop_assert_eq!(shuffled.item_counts(), baskets.item_counts());
        prop_assert!(shuffled.iter().all(|items| items.is_sorted_by(|a, b| a < b)));
    }

    #[test]
    fn a_window_that_moves_gives_the_rules_of_a_window_mined_anew(
        days in prop::collection::vec(prop::collection::vec(prop::collection::vec(0_u32..8, 1..7), 0..12), 5..16),
        width in 2_usize..5,
        min_count in 1_u32..6,
    ) {
        let of = |days: &[Vec<Vec<u32>>]| baskets_of(&days.concat(), 8);
        let settings = RuleSettings { min_count, min_confidence: 0.0, alpha: 1.0, max_length: 2, ..RuleSettings::default() };
        let mut book = PairBook::mine(&of(&days[..width]), min_count).unwrap();
        for end in width..days.len() {
            book.add(&of(&days[end..=end]));
            book.remove(&of(&days[end - width..=end - width]));
            let window = of(&days[end + 1 - width..=end]);
            let advanced = book.rules(|| Ok(window.clone()), &settings, UNRELATED).unwrap();
            prop_assert_eq!(&advanced, &association_rules(&window, &settings, UNRELATED).unwrap());
            prop_assert_eq!(&advanced, &PairBook::mine(&window, min_count).unwrap().rules(|| Ok(window.clone()), &settings, UNRELATED).unwrap());
        }
    }
}

#[test]
fn without_associations_hardly_a_night_publishes_anything() {
    // Pairs and triples; baskets of very different sizes; some items in every other basket.
    let baskets = shop(21, 1_500, &[(30, 31), (0, 40), (2, 3)], 5.0);
    let settings = RuleSettings { min_count: 5, min_confidence: 0.0, max_length: 3, ..RuleSettings::default() };
    assert!(!association_rules(&baskets, &settings, UNRELATED).unwrap().rules.is_empty());
    let nights: Vec<bool> = (0..40_u64)
        .into_par_iter()
        .map(|night| {
            let shuffled = baskets.shuffled(&mut Pcg64Mcg::seed_from_u64(night));
            !association_rules(&shuffled, &settings, UNRELATED).unwrap().rules.is_empty()
        })
        .collect();
    let publish = nights.iter().filter(|publishes| **publishes).count();
    // One night in twenty is promised; 6 or more of 40 would be met once in 70 times.
    assert!(publish <= 5, "{publish} of 40 nights");
}

#[test]
fn items_that_replace_each_other_avoid_each_other_and_strangers_do_not() {
    // Of 0 and 1 a basket takes one; 2, 3, 4 and 5 come by chance; all are of one group, 6 is of another.
    let mut chance = Pcg64Mcg::seed_from_u64(8);
    let lists: Vec<Vec<u32>> = (0..6_000)
        .map(|basket| {
            let often = if basket % 5 == 0 { 0.5 } else { 0.2 };
            let mut items: Vec<u32> = (2..7).filter(|_| chance.random::<f64>() < often).collect();
            if chance.random::<f64>() < 2.0 * often {
                items.push(u32::from(chance.random::<f64>() < 0.4));
            }
            if items.is_empty() { vec![6] } else { items }
        })
        .collect();
    let baskets = baskets_of(&lists, 7);
    let groups = [Some(0), Some(0), Some(0), Some(0), Some(0), Some(0), Some(1)];
    let settings = AvoidingSettings { min_expected: 10.0, tolerated: 0.75, alpha: 0.05 };
    let found = avoiding_pairs(baskets.iter(), &SizeTally::of(&baskets), &groups, settings);
    assert_eq!(found.iter().map(|pair| pair.items).collect::<Vec<_>>(), [[0, 1]], "{found:?}");
    assert!(found[0].n_both == 0 && found[0].n_expected > 100.0 && found[0].q_value < 1e-20);
    // Nothing to ask about: too rare, or in no group.
    let rare = AvoidingSettings { min_expected: 1e9, ..settings };
    assert!(avoiding_pairs(baskets.iter(), &SizeTally::of(&baskets), &groups, rare).is_empty());
    assert!(avoiding_pairs(baskets.iter(), &SizeTally::of(&baskets), &[None; 7], settings).is_empty());
}

#[test]
fn shuffled_baskets_have_hardly_a_pair_that_avoids_itself() {
    let baskets = shop(31, 3_000, &[], 5.0);
    let settings = AvoidingSettings { min_expected: 5.0, tolerated: 1.0, alpha: 0.05 };
    let groups = vec![Some(0); 300];
    let nights = (0..20_u64).filter(|night| {
        let shuffled = baskets.shuffled(&mut Pcg64Mcg::seed_from_u64(*night));
        !avoiding_pairs(shuffled.iter(), &SizeTally::of(&shuffled), &groups, settings).is_empty()
    });
    let nights = nights.count();
    assert!(nights <= 4, "{nights} of 20 nights");
}
