//! Tails and measures against references and exact sums.

use proptest::prelude::*;

use super::super::ln_binomial_upper_tail;
use super::*;

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
