//! Golden values: Hillstrom e-mail campaign (64,000 customers, `MineThatData` 2008), computed with
//! scipy 1.17.1, pandas and checked against tea-tasting 1.14; quantiles and tails from scipy.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, Gamma};
use rand_pcg::Pcg64Mcg;

use super::*;

fn close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error <= relative, "found {found:e}, expected {expected:e}, relative error {error:e}");
}

struct Golden {
    treatment: Sample,
    control: Sample,
    standard_error: f64,
    degrees_of_freedom: f64,
    interval: [f64; 2],
    p_value: f64,
    lift: [f64; 3],
    detectable: f64,
}

fn hillstrom() -> Vec<Golden> {
    let control = |mean, variance| Sample { n: 21_306, mean, variance };
    let mens = |mean, variance| Sample { n: 21_307, mean, variance };
    let womens = |mean, variance| Sample { n: 21_387, mean, variance };
    vec![
        Golden {
            treatment: mens(0.182_756_840_474_961_27, 0.149_363_787_815_192_94),
            control: control(0.106_167_276_823_430_02, 0.094_900_240_310_978_71),
            standard_error: 0.003_385_887_811_728_365_3,
            degrees_of_freedom: 40_593.688_228_635_794,
            interval: [0.069_953_147_609_761_48, 0.083_225_979_693_301],
            p_value: 1.364_451_196_274_290_5e-112,
            lift: [0.721_404_616_781_399, 0.640_927_110_530_907_3, 0.807_116_354_782_460_9],
            detectable: 0.009_485_853_243_527_053,
        },
        Golden {
            treatment: mens(1.422_616_511_005_773, 315.211_798_865_554_84),
            control: control(0.652_789_355_111_236_1, 134.286_371_853_021_65),
            standard_error: 0.145_246_560_248_686_76,
            degrees_of_freedom: 36_671.157_977_360_51,
            interval: [0.485_139_732_568_407_6, 1.054_514_579_220_665_8],
            p_value: 1.163_814_968_225_482e-7,
            lift: [1.179_288_770_362_006_3, 0.643_690_437_936_663_3, 1.977_447_361_062_833_6],
            detectable: 0.406_920_616_174_475_5,
        },
        Golden {
            treatment: womens(0.151_400_383_410_483, 0.128_484_314_903_060_7),
            control: control(0.106_167_276_823_430_02, 0.094_900_240_310_978_71),
            standard_error: 0.003_234_462_099_090_751,
            degrees_of_freedom: 41_792.927_706_577_066,
            interval: [0.038_893_493_762_080_28, 0.051_572_719_412_025_69],
            p_value: 2.432_447_702_312_794_6e-44,
            lift: [0.426_055_070_266_910_14, 0.356_480_000_714_102_24, 0.499_966_309_627_841_94],
            detectable: 0.009_061_621_205_359_291,
        },
        Golden {
            treatment: womens(1.077_201_571_047_832_9, 228.496_674_834_659_5),
            control: control(0.652_789_355_111_236_1, 134.286_371_853_021_65),
            standard_error: 0.130_332_858_529_191_16,
            degrees_of_freedom: 40_064.884_406_530_66,
            interval: [0.168_956_789_883_778_77, 0.679_867_641_989_414_7],
            p_value: 0.001_129_397_102_363_247_5,
            lift: [0.650_151_863_864_686_2, 0.224_172_786_863_516_16, 1.274_940_894_582_137_7],
            detectable: 0.365_138_609_889_790_63,
        },
    ]
}

#[test]
fn welch_fieller_and_the_detectable_effect_match_the_hillstrom_figures() {
    for golden in hillstrom() {
        let found = welch(&golden.treatment, &golden.control, 0.95).unwrap();
        close(found.standard_error, golden.standard_error, 1e-12);
        close(found.degrees_of_freedom, golden.degrees_of_freedom, 1e-11);
        close(found.lower, golden.interval[0], 1e-9);
        close(found.upper, golden.interval[1], 1e-9);
        close(found.p_value, golden.p_value, 1e-6);
        let lift = fieller(&golden.treatment, &golden.control, 0.95).unwrap();
        close(lift.estimate.unwrap(), golden.lift[0], 1e-12);
        // The reference uses the normal quantile, 3e-5 narrower than Student's at these sizes.
        close(lift.lower.unwrap(), golden.lift[1], 1e-4);
        close(lift.upper.unwrap(), golden.lift[2], 1e-4);
        let design = PowerDesign { treatment: golden.treatment, control: golden.control, level: 0.95, power: 0.8 };
        close(minimum_detectable_effect(&design).unwrap(), golden.detectable, 1e-9);
    }
}

#[test]
fn holm_and_benjamini_hochberg_match_statsmodels_on_the_six_hillstrom_tests() {
    let p = [
        1.364_451_196_274_290_5e-112,
        1.501_815_785_154_38e-13,
        1.163_814_968_225_482e-7,
        2.432_447_702_312_794_6e-44,
        0.000_156_028_395_085_564_04,
        0.001_129_397_102_363_247_5,
    ];
    let by_holm = [
        8.186_707_177_645_743e-112,
        6.007_263_140_617_52e-13,
        3.491_444_904_676_446e-7,
        1.216_223_851_156_397_3e-43,
        0.000_312_056_790_171_128_1,
        0.001_129_397_102_363_247_5,
    ];
    let by_rate = [
        8.186_707_177_645_743e-112,
        3.003_631_570_308_76e-13,
        1.745_722_452_338_223e-7,
        7.297_343_106_938_384e-44,
        0.000_187_234_074_102_676_84,
        0.001_129_397_102_363_247_5,
    ];
    for (found, expected) in holm(&p).iter().zip(by_holm) {
        close(*found, expected, 1e-12);
    }
    for (found, expected) in benjamini_hochberg(&p, 6.0).iter().zip(by_rate) {
        close(*found, expected, 1e-12);
    }
}

#[test]
fn student_quantiles_match_scipy_from_one_degree_of_freedom_to_a_thousand_million() {
    for (probability, df, expected) in [
        (0.975, 1.0, 12.706_204_736_174_694),
        (0.975, 2.0, 4.302_652_729_749_462),
        (0.975, 10.5, 2.213_840_292_918_788_6),
        (0.975, 100.0, 1.983_971_518_523_551_8),
        (0.975, 9_999.0, 1.960_201_263_621_357),
        (0.975, 10_001.0, 1.960_201_216_164_641),
        (0.975, 1e6, 1.959_966_356_814_107),
        (0.975, 1e9, 1.959_963_986_912_325),
        (0.995, 5.0, 4.032_142_983_555_228),
        (0.9999, 3.0, 22.203_742_273_205),
        (0.9999, 20_000.0, 3.719_706_062_884_896_4),
        (0.6, 7.0, 0.263_166_861_352_022_9),
        (0.4, 7.0, -0.263_166_861_352_022_9),
    ] {
        close(student_t_quantile(probability, df).unwrap(), expected, 1e-10);
    }
}

#[test]
fn student_tails_match_scipy_down_to_1e_minus_290() {
    for (t, df, expected) in [
        (2.0, 5.0, 0.050_969_739_414_929_174),
        (10.0, 3.0, 0.001_064_199_529_207_075_1),
        (3.256, 9_000.0, 0.000_567_058_950_641_087_3),
        (30.0, 9_000.5, 7.523_672_013_569_611e-189),
        (5.3, 36_671.2, 5.823_546_648_800_993_4e-8),
        (22.620_230_766_723_257, 40_593.688_228_635_794, 6.822_255_981_371_452e-113),
        (37.0, 2e4, 3.196_902_463_001_561e-290),
        (1.96, 1e8, 0.024_997_896_534_664_04),
    ] {
        close(student_t_survival(t, df).unwrap(), expected, 1e-8);
    }
}

#[test]
fn chi_squared_tails_match_scipy() {
    for (x, df, expected) in [
        (0.202_531_25, 2.0, 0.903_692_957_560_419_6),
        (60.0, 3.0, 5.878_230_727_906_921e-13),
        (6.9, 1.0, 0.008_619_574_960_601_723),
        (200.0, 10.0, 1.613_930_533_697_731_7e-37),
        // Both tails of the normal, beyond 10 and beyond 37; statrs computes erfc to about 1e-10.
        (100.0, 1.0, 1.523_970_604_832_105e-23),
        (1369.0, 1.0, 1.145_114_244_504_915e-299),
    ] {
        close(chi_squared_survival(x, df).unwrap(), expected, 1e-9);
    }
}

#[test]
fn an_arm_without_a_share_neither_adds_a_degree_of_freedom_nor_excuses_customers_in_it() {
    let sound = sample_ratio(&[500, 510, 0], &[0.5, 0.5, 0.0]).unwrap();
    assert_eq!(sound.degrees_of_freedom, 1);
    assert!(!sound.mismatch);
    assert!(sample_ratio(&[500, 510, 1], &[0.5, 0.5, 0.0]).unwrap().mismatch);
    // Cookie Cats (Kaggle): 44,700 against 45,489 customers; p = .0086, flagged at .01, not here.
    let cats = sample_ratio(&[44_700, 45_489], &[1.0, 1.0]).unwrap();
    close(cats.p_value, 0.0086, 0.01);
    assert!(!cats.mismatch);
}

#[test]
fn a_control_mean_that_may_be_zero_leaves_the_lift_unbounded() {
    let treatment = Sample { n: 100, mean: 1.0, variance: 1.0 };
    let control = Sample { n: 100, mean: 0.01, variance: 1.0 };
    let lift = fieller(&treatment, &control, 0.95).unwrap();
    assert!(!lift.bounded && lift.lower.is_none() && lift.upper.is_none());
    assert!(lift.estimate.is_some());
}

#[test]
fn more_is_a_positive_lift_even_when_the_control_mean_is_negative() {
    let treatment = Sample { n: 400, mean: -8.0, variance: 4.0 };
    let control = Sample { n: 400, mean: -10.0, variance: 4.0 };
    let lift = fieller(&treatment, &control, 0.95).unwrap();
    close(lift.estimate.unwrap(), 0.2, 1e-12);
    assert!(lift.lower.unwrap() > 0.0 && lift.lower.unwrap() < 0.2 && lift.upper.unwrap() > 0.2);
}

#[test]
fn impossible_comparisons_are_named_errors() {
    let one = Sample { n: 1, mean: 1.0, variance: 0.0 };
    let flat = Sample { n: 10, mean: 1.0, variance: 0.0 };
    let broken = Sample { n: 10, mean: f64::NAN, variance: 1.0 };
    assert_eq!(
        welch(&one, &flat, 0.95).unwrap_err().to_string(),
        "cannot compare arms: treatment has 1 customers, at least 2 are needed"
    );
    assert_eq!(welch(&flat, &flat, 0.95), Err(ExperimentError::NoVariation));
    assert!(matches!(welch(&flat, &broken, 0.95), Err(ExperimentError::OutOfRange { name: "mean", .. })));
    assert!(matches!(welch(&flat, &flat, 95.0), Err(ExperimentError::OutOfRange { name: "level", .. })));
}

#[test]
fn a_campaign_is_unclear_when_the_interval_of_its_result_holds_zero() {
    let lift = Difference {
        estimate: 1.0,
        standard_error: 0.5,
        degrees_of_freedom: 1e4,
        lower: 0.02,
        upper: 1.98,
        p_value: 0.045,
    };
    let costs = |contact_cost| CampaignCosts { n_treated: 100, margin_share: 0.5, contact_cost, redemption_cost: 0.0 };
    let verdict = |contact_cost| campaign_money(&lift, &costs(contact_cost)).unwrap().verdict;
    assert_eq!(verdict(0.0), Verdict::Paid);
    assert_eq!(verdict(0.2), Verdict::Unclear);
    assert_eq!(verdict(1.0), Verdict::Lost);
    assert_eq!(campaign_money(&lift, &costs(0.0)).unwrap().return_on_spend, None);
}

/// Share of `rounds` simulated campaigns on skewed spend whose intervals hold the truth:
/// (Welch, Fieller), Fieller counted among the bounded ones.
fn coverage(rounds: u64, n: usize) -> (f64, f64) {
    let (shape, scale) = (0.5, 4.0);
    let (control_mean, treatment_mean) = (shape * scale, shape * scale * 1.3);
    let (mut by_welch, mut by_fieller, mut bounded) = (0_u32, 0_u32, 0_u32);
    for round in 0..rounds {
        let mut chance = Pcg64Mcg::seed_from_u64(round);
        let mut draw = |scale: f64| {
            let spend = Gamma::new(shape, scale).unwrap();
            let values: Vec<f64> = (0..n).map(|_| spend.sample(&mut chance)).collect();
            Sample::from_values(&values)
        };
        let (treatment, control) = (draw(scale * 1.3), draw(scale));
        let found = welch(&treatment, &control, 0.95).unwrap();
        let truth = treatment_mean - control_mean;
        by_welch += u32::from(found.lower <= truth && truth <= found.upper);
        let lift = fieller(&treatment, &control, 0.95).unwrap();
        if let (Some(lower), Some(upper)) = (lift.lower, lift.upper) {
            bounded += 1;
            by_fieller += u32::from(lower <= 0.3 && 0.3 <= upper);
        }
    }
    (f64::from(by_welch) / rounds as f64, f64::from(by_fieller) / f64::from(bounded))
}

#[test]
fn welch_and_fieller_intervals_hold_the_truth_95_times_in_100() {
    let (by_welch, by_fieller) = coverage(2_000, 300);
    // Three Monte-Carlo standard errors of 2,000 rounds are 0.015.
    assert!((by_welch - 0.95).abs() < 0.016, "welch {by_welch}");
    assert!((by_fieller - 0.95).abs() < 0.016, "fieller {by_fieller}");
}

fn any_sample() -> impl Strategy<Value = Sample> {
    (2_u64..100_000, -100.0..100.0_f64, 0.01..1e4_f64).prop_map(|(n, mean, variance)| Sample { n, mean, variance })
}

proptest! {
    #[test]
    fn absolute_and_relative_verdicts_never_disagree(a in any_sample(), b in any_sample()) {
        let difference = welch(&a, &b, 0.95).unwrap();
        let lift = fieller(&a, &b, 0.95).unwrap();
        if let (Some(lower), Some(upper)) = (lift.lower, lift.upper) {
            let absolute = difference.lower > 0.0 || difference.upper < 0.0;
            prop_assert_eq!(absolute, lower > 0.0 || upper < 0.0);
            let estimate = lift.estimate.unwrap();
            prop_assert!(lower <= estimate && estimate <= upper);
        }
    }

    #[test]
    fn the_interval_excludes_zero_exactly_when_p_is_below_one_minus_the_level(
        a in any_sample(), b in any_sample(),
    ) {
        let found = welch(&a, &b, 0.9).unwrap();
        prop_assume!((found.p_value - 0.1).abs() > 1e-6);
        prop_assert_eq!(found.p_value < 0.1, found.lower > 0.0 || found.upper < 0.0);
    }

    #[test]
    fn quantile_and_survival_undo_each_other(p in 0.5001..0.9999_f64, ln_df in 0.0..18.0_f64) {
        let df = ln_df.exp();
        let t = student_t_quantile(p, df).unwrap();
        // Beside the median the incomplete beta function loses digits to cancellation.
        prop_assert!((student_t_survival(t, df).unwrap() - (1.0 - p)).abs() < 1e-9);
    }

    #[test]
    fn adjusted_p_values_never_fall_below_the_raw_ones_and_keep_their_order(
        p in prop::collection::vec(0.0..1.0_f64, 1..40), extra in 0.0..1000.0_f64,
    ) {
        let searched = p.len() as f64 + extra;
        for adjusted in [holm(&p), benjamini_hochberg(&p, searched)] {
            for (i, &raw) in p.iter().enumerate() {
                prop_assert!(adjusted[i] >= raw && adjusted[i] <= 1.0);
                for (j, &other) in p.iter().enumerate() {
                    prop_assert!(raw > other || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }
}
