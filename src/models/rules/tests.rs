use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use super::*;

const UNRELATED: &dyn Fn(u32, u32) -> bool = &|_, _| false;

fn baskets_of(lists: &[Vec<u32>], n_items: u32) -> Baskets {
    let pairs =
        lists.iter().enumerate().flat_map(|(basket, items)| items.iter().map(move |&item| (basket as u32, item)));
    Baskets::from_pairs(pairs.collect(), n_items).unwrap()
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
        let found = frequent_itemsets(&baskets_of(&lists, 9), min_count, max_length).unwrap();
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
    ) {
        let settings = RuleSettings {
            min_count: 2, min_confidence: 0.2, alpha: 1.0, max_length: 4, stratify_by_size,
            forbidden: BTreeSet::from([5]),
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
        }
    }

    #[test]
    fn fisher_tail_equals_the_sum_of_its_terms(
        n in 2_u32..60, a in 0_u32..60, b in 0_u32..60, k in 0_u32..60,
    ) {
        let (a, b, k) = (a % (n + 1), b % (n + 1), k % 61);
        let choose = |n: u32, k: u32| (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1));
        let tail: f64 = (k..=a.min(b))
            .filter(|&x| b - x <= n - a)
            .map(|x| choose(a, x) * choose(n - a, b - x) / choose(n, b))
            .sum();
        let counts = CrossCounts { n_baskets: n, n_antecedent: a, n_consequent: b, n_both: k };
        prop_assert!((ln_fisher_upper_tail(&counts).exp() - tail).abs() <= 1e-11 * tail);
    }
}

#[test]
fn fisher_tails_match_exact_arithmetic_below_1e_minus_300() {
    // mpmath 1.3, 40 digits; the first five agree with scipy 1.17.1 hypergeom.sf, and the second is
    // the rule 1045 -> 32 of the FIMI retail data (arules 1.7.13).
    for (k, n, a, b, expected) in [
        (3, 20, 5, 8, -1.216_782_396_131_145),
        (97, 88_162, 107, 15_167, -141.645_461_208_157_26),
        (5, 1_000, 20, 30, -8.543_198_829_171_224),
        (50, 1_000_000, 40_000, 900, -4.282_190_494_602_345),
        (200, 88_162, 400, 900, -668.190_713_025_591_8),
        (60, 999_645, 100, 120, -494.935_143_807_902_8),
        (557, 88_162, 565, 15_596, -934.566_316_423_505_9),
        (2, 20, 5, 8, -0.366_006_271_367_616_7),
        (0, 20, 5, 8, 0.0),
    ] {
        let counts = CrossCounts { n_baskets: n, n_antecedent: a, n_consequent: b, n_both: k };
        let found = ln_fisher_upper_tail(&counts);
        assert!((found - expected).abs() < 1e-11, "k = {k}: {found} for {expected}");
    }
    for (k, n, p, expected) in [
        (7, 20, 0.1, -6.038_099_483_684_041),
        (300, 1_000, 0.1, -156.958_020_993_738_42),
        (12, 4_000, 0.001, -7.003_707_502_463_17),
    ] {
        let found = ln_binomial_upper_tail(k, n, p);
        assert!((found - expected).abs() < 1e-11, "k = {k}: {found} for {expected}");
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
    let empty = Baskets::from_pairs(Vec::new(), 5).unwrap();
    let found = association_rules(&empty, &RuleSettings::default(), UNRELATED).unwrap();
    assert_eq!((found.rules.len(), found.n_itemsets), (0, 0));
    assert_eq!(
        Baskets::from_pairs(vec![(0, 5)], 5).unwrap_err().to_string(),
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

/// The counts behind a rule of arules' on the FIMI retail data, and all that arules 1.7.13 says of it.
#[test]
fn measures_match_arules_and_scipy() {
    let counts = CrossCounts { n_baskets: 88_162, n_antecedent: 107, n_consequent: 15_167, n_both: 97 };
    let measures = Measures::of(&counts);
    for (name, found, expected) in [
        ("support", measures.support, 0.001_100_247_272_067_33),
        ("coverage", measures.coverage, 0.001_213_674_825_888_7),
        ("confidence", measures.confidence, 0.906_542_056_074_766),
        ("lift", measures.lift, 5.269_503_576_690_42),
        ("leverage", measures.leverage, 0.000_891_452_030_531_817),
        ("conviction", measures.conviction.unwrap(), 8.859_219_391_574_6),
        ("kulczynski", measures.kulczynski, 0.456_468_759_955_363),
        ("chi-squared", measures.chi_squared.unwrap(), 405.763_078_994_611),
        ("odds ratio", measures.odds_ratio.unwrap(), 46.977_737_226_277_4),
        ("jaccard", measures.jaccard, 0.006_391_249_917_638_53),
        ("cosine", measures.cosine, 0.076_143_003_194_007_7),
        ("phi", measures.phi.unwrap(), 0.067_841_516_405_065_6),
        ("imbalance", measures.imbalance, 0.992_290_966_594_189),
        ("hyper-lift", measures.hyper_lift.unwrap(), 3.464_285_714_285_71),
        ("hyper-confidence", measures.hyper_confidence, 1.0),
        ("Fisher", measures.ln_fisher_p, 3.049_002_711_987_41e-62_f64.ln()),
    ] {
        assert!((found / expected - 1.0).abs() < 1e-9, "{name}: {found} for {expected}");
    }
    // scipy 1.17.1: chi2.logsf, chi2_contingency(lambda_="log-likelihood") / 2n, contingency.odds_ratio(kind="sample").
    for (n, a, b, k, ln_p, information, low, high) in [
        (
            1_000,
            100,
            200,
            50,
            -33.558_780_092_742_744,
            0.025_582_617_502_519_16,
            3.254_476_124_788_130_4,
            7.681_727_885_352_83,
        ),
        (
            88_162,
            107,
            15_167,
            97,
            -206.112_665_059_412_02,
            0.001_583_899_996_183_553_3,
            24.495_218_128_655_93,
            90.095_453_868_173_46,
        ),
        (
            999_645,
            70_083,
            400,
            120,
            -165.320_457_174_154_63,
            9.503_161_878_427_235e-5,
            4.595_880_011_979_756,
            7.050_760_298_677_07,
        ),
        (
            500,
            30,
            40,
            1,
            -1.105_142_241_535_551_2,
            0.001_174_936_053_758_655,
            0.050_540_476_499_776_64,
            2.873_359_713_134_153_7,
        ),
        (
            5_000,
            2_500,
            2_600,
            1_400,
            -18.014_176_380_243_264,
            0.003_208_583_418_794_279_3,
            1.233_534_929_190_179_2,
            1.541_144_859_141_062,
        ),
    ] {
        let measures = Measures::of(&CrossCounts { n_baskets: n, n_antecedent: a, n_consequent: b, n_both: k });
        let limits = measures.odds_ratio_95.unwrap();
        for (name, found, expected) in [
            ("chi-squared p", measures.ln_chi_squared_p().unwrap(), ln_p),
            ("mutual information", measures.mutual_information, information),
            ("odds ratio, low", limits[0], low),
            ("odds ratio, high", limits[1], high),
        ] {
            assert!((found / expected - 1.0).abs() < 1e-9, "{n} {k} {name}: {found} for {expected}");
        }
    }
    // Zhang's own cases: 1 when A never comes without B and B never without A, -1 when they never meet.
    let zhang =
        |a, b, k| Measures::of(&CrossCounts { n_baskets: 100, n_antecedent: a, n_consequent: b, n_both: k }).zhang;
    for (found, expected) in [(zhang(20, 20, 20), 1.0), (zhang(20, 20, 0), -1.0), (zhang(20, 50, 10), 0.0)] {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} for {expected}");
    }
}

#[test]
fn ten_thousand_fisher_tails_agree_with_fifty_digit_sums() {
    // mpmath 1.3 with 50 digits; scipy 1.17.1's hypergeom.logsf differs from those by up to 1e-8.
    let file = flate2::read::GzDecoder::new(&include_bytes!("fisher_10000.csv.gz")[..]);
    let (mut n, mut beyond, mut worst) = (0, 0, 0.0_f64);
    for record in csv::Reader::from_reader(file).records() {
        let record = record.unwrap();
        let count = |column: usize| record[column].parse::<u32>().unwrap();
        let expected: f64 = record[4].parse().unwrap();
        let counts =
            CrossCounts { n_baskets: count(0), n_antecedent: count(1), n_consequent: count(2), n_both: count(3) };
        let found = ln_fisher_upper_tail(&counts);
        // Relative in p where p is small, in ln p where that is small.
        let apart = (found - expected).abs() / expected.abs().clamp(f64::MIN_POSITIVE, 1.0);
        assert!(if expected == 0.0 { found == 0.0 } else { apart < 1e-8 }, "{counts:?}: {found} for {expected}");
        (n, beyond) = (n + 1, beyond + u32::from(expected < -691.0));
        worst = worst.max(if expected == 0.0 { 0.0 } else { apart });
    }
    assert!((n, beyond) == (10_000, 315), "{n} tables, {beyond} below 1e-300, worst {worst:e}");
}

#[test]
fn measures_without_a_value_say_why() {
    let of = |n, a, b, k| Measures::of(&CrossCounts { n_baskets: n, n_antecedent: a, n_consequent: b, n_both: k });
    assert_eq!(of(10, 4, 6, 4).conviction, Err(Undefined::NoCounterexample));
    assert_eq!(of(10, 4, 6, 4).odds_ratio, Err(Undefined::EmptyCell));
    assert_eq!(of(10, 10, 6, 6).phi, Err(Undefined::NoContrast));
    let names: Vec<&str> = of(10, 10, 10, 10).undefined().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["conviction", "zhang", "phi", "chi_squared", "odds_ratio", "odds_ratio_95"]);
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
    fn no_measure_is_infinite_and_each_keeps_its_range(n in 1_u32..400, a in 0_u32..400, b in 0_u32..400, k in 0_u32..400) {
        let (a, b) = (1 + a % n, 1 + b % n);
        let least = (a + b).saturating_sub(n);
        let k = least + k % (a.min(b) - least + 1);
        let m = Measures::of(&CrossCounts { n_baskets: n, n_antecedent: a, n_consequent: b, n_both: k });
        for share in [m.support, m.coverage, m.confidence, m.kulczynski, m.imbalance, m.jaccard, m.cosine, m.hyper_confidence] {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&share), "{m:?}");
        }
        for signed in [m.zhang, m.phi].into_iter().flatten() {
            prop_assert!(signed.abs() <= 1.0 + 1e-12, "{m:?}");
        }
        let positive = [Ok(m.lift), m.conviction, m.chi_squared, m.odds_ratio, Ok(m.mutual_information), m.hyper_lift];
        prop_assert!(positive.into_iter().flatten().all(|value| value.is_finite() && value >= 0.0), "{m:?}");
        let limits = m.odds_ratio_95.map(|[low, high]| low.is_finite() && high.is_finite() && low <= high);
        prop_assert!(limits.unwrap_or(true));
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
            let advanced = book.rules(&window, &settings, UNRELATED);
            prop_assert_eq!(&advanced, &association_rules(&window, &settings, UNRELATED).unwrap());
            prop_assert_eq!(&advanced, &PairBook::mine(&window, min_count).unwrap().rules(&window, &settings, UNRELATED));
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
