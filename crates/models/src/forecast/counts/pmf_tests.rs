use super::*;
use proptest::prelude::*;

const LEVELS: [f64; 7] = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

#[test]
fn quantiles_and_masses_agree_with_scipy() {
    // scipy 1.17.1, nbinom(μ / (φ - 1), 1 / φ) and poisson(μ): ppf at LEVELS, pmf at 0, 1 and 5. Quantiles exactly;
    // masses to 1e-9 of themselves (the table leaves out what is below 1e-12 of its largest).
    let golden: [(f64, f64, [f64; 7], [f64; 3]); 7] = [
        (0.3, 1.7, [0., 0., 0., 0., 1., 2., 3.], [0.796_592_432_843, 0.140_575_135_208, 0.001_773_999_263_76]),
        (3.0, 3.0, [0., 1., 2., 4., 7., 9., 13.], [0.192_450_089_73, 0.192_450_089_73, 0.068_604_893_098_2]),
        (
            12.5,
            1.3,
            [6., 10., 12., 15., 18., 20., 23.],
            [1.787_970_382_75e-05, 0.000_171_920_229_111, 0.015_441_125_643_1],
        ),
        (
            80.0,
            7.0,
            [45., 63., 78., 95., 111., 122., 144.],
            [5.395_430_878_89e-12, 6.166_206_718_73e-11, 1.725_799_614_32e-08],
        ),
        (0.2, 1.0, [0., 0., 0., 0., 1., 1., 2.], [0.818_730_753_078, 0.163_746_150_616, 2.183_282_008_21e-06]),
        (2.5, 1.0, [0., 1., 2., 3., 5., 5., 7.], [0.082_084_998_623_9, 0.205_212_496_56, 0.066_800_942_890_5]),
        (
            30.0,
            1.0,
            [21., 26., 30., 34., 37., 39., 43.],
            [9.357_622_968_84e-14, 2.807_286_890_65e-12, 1.894_918_651_19e-08],
        ),
    ];
    for (mean, dispersion, quantiles, masses) in golden {
        let pmf = CountPmf::negative_binomial(mean, dispersion);
        assert_eq!(pmf.quantiles(&LEVELS), quantiles, "{mean} {dispersion}");
        let single = NegativeBinomial::new(dispersion);
        for (count, mass) in [0_usize, 1, 5].into_iter().zip(masses) {
            assert!((pmf.mass[count] / mass - 1.0).abs() < 1e-9, "{mean} {dispersion} {count}");
            assert!((single.mass(count as f64, mean) / mass - 1.0).abs() < 1e-9, "{mean} {dispersion} {count}");
        }
    }
    assert_eq!(CountPmf::negative_binomial(900.0, 1.0).quantiles(&LEVELS), [851., 880., 900., 920., 939., 950., 971.]);
}

#[test]
fn small_tables_are_their_definitions() {
    assert_eq!(CountPmf::from_weights(vec![1.0, 0.0, 3.0]).mean(), 1.5);
    // μ = 1, φ = 2: geometric with P(k) = 2^-(k + 1)
    assert!((CountPmf::negative_binomial(1.0, 2.0).mass[3] - 0.0625).abs() < 1e-10);
    assert_eq!(CountPmf::empirical([(1.25, 4.0), (0.0, 4.0)]).mass, [0.5, 0.375, 0.125]);
    let fair = CountPmf::from_weights(vec![1.0, 1.0, 1.0, 1.0]);
    assert_eq!(fair.quantiles(&[0.25, 0.26, 0.99]), [0.0, 1.0, 3.0]);
}

#[test]
fn large_counts_agree_with_the_table() {
    let (single, table) = (NegativeBinomial::new(3.0), CountPmf::negative_binomial(60.0, 3.0));
    for count in [20, 23, 24, 30, 90] {
        assert!((single.mass(count as f64, 60.0) / table.mass[count] - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_mixture_put_together_is_the_mixture_of_its_parts() {
    let parts = [(0.2, 2.0, 1.0), (0.5, 0.3, 4.0), (0.1, 30.0, 2.5)];
    let mut together = MixtureOfCounts::default();
    together.add(0, 0.4);
    let tables = parts.map(|(weight, mean, dispersion)| (weight, CountPmf::negative_binomial(mean, dispersion)));
    for (weight, mean, dispersion) in parts {
        together.add_negative_binomial(weight, mean, dispersion);
    }
    let whole = CountPmf::mixture(tables.iter().map(|(weight, pmf)| (*weight, pmf)).chain([(0.4, &CountPmf::zero())]));
    let made = together.take();
    for count in 0..80 {
        assert!((made.mass[count] - whole.mass[count]).abs() < 1e-14, "{count}");
    }
    assert_eq!(together.take(), CountPmf::zero(), "nothing is left of the one before");
}

#[test]
fn odd_input_gives_a_distribution() {
    for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        for other in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1e300, 3.0] {
            let pmf = CountPmf::negative_binomial(odd, other);
            assert!((pmf.mass.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{odd} {other}");
        }
    }
    assert_eq!(CountPmf::empirical([(f64::NAN, 1.0), (-2.0, 1.0), (1e300, 1.0), (3.0, 0.0)]), CountPmf::zero());
    assert_eq!(CountPmf::mixture([]), CountPmf::zero());
}

proptest! {
    #[test]
    fn mean_and_variance_are_those_asked_for(mean in 0.01..300.0_f64, dispersion in 1.0..20.0_f64) {
        let pmf = CountPmf::negative_binomial(mean, dispersion);
        prop_assert!((pmf.mean() / mean - 1.0).abs() < 1e-6);
        // Counts below 1e-12 of the largest mass are left out; with rare large demand they carry up to 1e-5 of the variance.
        let square = |(count, mass): (usize, &f64)| (count as f64 - pmf.mean()).powi(2) * mass;
        let variance: f64 = pmf.mass.iter().enumerate().map(square).sum();
        prop_assert!((variance / (dispersion * mean) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn quantiles_are_ordered_whole_numbers(mean in 0.0..3000.0_f64, dispersion in 0.5..50.0_f64) {
        let quantiles = CountPmf::negative_binomial(mean, dispersion).quantiles(&LEVELS);
        prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(quantiles.iter().all(|q| *q >= 0.0 && q.fract() == 0.0));
    }

    #[test]
    fn an_empirical_distribution_keeps_its_mean(values in prop::collection::vec((0.0..40.0_f64, 0.1..1.0_f64), 1..30)) {
        let weight: f64 = values.iter().map(|(_, weight)| weight).sum();
        let mean = values.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
        prop_assert!((CountPmf::empirical(values).mean() - mean).abs() < 1e-9);
    }
}
