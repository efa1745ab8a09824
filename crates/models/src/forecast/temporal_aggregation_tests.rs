use super::*;
use proptest::prelude::*;

const PART: [f64; 24] =
    [0., 0., 3., 0., 1., 0., 0., 0., 5., 2., 0., 0., 4., 0., 0., 0., 1., 0., 2., 0., 0., 6., 0., 0.];

#[test]
fn both_agree_with_statsforecast() {
    // statsforecast 2.1.1 finds its smoothing parameter by a bounded search with tolerance 1e-5, ours by halving a grid
    // to (0.2 / 15) / 256: the levels differ by less than 1e-4 of themselves.
    for (ours, theirs) in [(adida(&PART, 1), 1.022_366_600_000_131_5), (imapa(&PART, 1), 0.974_774_701_025_397_2)] {
        let ours = ours.unwrap()[0];
        assert!((ours / theirs - 1.0).abs() < 1e-4, "{ours} {theirs}");
    }
}

#[test]
fn buckets_end_with_the_series() {
    // interval 2, so buckets (4, 0) and (0, 8); the odd first period is left out
    assert_eq!(level_of_buckets(&[9.0, 4.0, 0.0, 0.0, 4.0], 2), 2.0);
}

#[test]
fn a_bucket_seen_in_part_counts_as_its_mean() {
    assert_eq!(level_of_buckets(&[3.0, f64::NAN, 3.0, 3.0, f64::NAN, f64::NAN], 2), 3.0);
}

#[test]
fn odd_demand_gives_an_error_or_a_number() {
    for method in [adida, imapa] {
        assert!(method(&[], 1).is_err());
        assert!(method(&[f64::NAN; 20], 1).is_err());
        assert_eq!(method(&[0.0; 5], 2).unwrap(), vec![0.0; 2]);
        assert!(method(&[1e12, -3.0, f64::INFINITY, 0.0, 2.0], 1).unwrap()[0].is_finite());
        let mut rare = vec![0.0; 3000];
        rare[2999] = 1.0;
        assert!(method(&rare, 1).unwrap()[0] > 0.0);
    }
}

proptest! {
    #[test]
    fn forecasts_lie_between_zero_and_the_largest_demand(demand in prop::collection::vec(0.0..50.0_f64, 4..80)) {
        let largest = demand.iter().copied().fold(0.0, f64::max);
        for method in [adida, imapa] {
            let level = method(&demand, 1).unwrap()[0];
            prop_assert!(level >= 0.0 && level <= largest + 1e-9);
        }
    }
}
