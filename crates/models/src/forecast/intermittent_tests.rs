use super::*;
use proptest::prelude::*;

/// Two years of a slow part.
const PART: [f64; 24] =
    [0., 0., 3., 0., 1., 0., 0., 0., 5., 2., 0., 0., 4., 0., 0., 0., 1., 0., 2., 0., 0., 6., 0., 0.];

#[test]
fn smoothing_agrees_with_statsforecast() {
    // statsforecast 2.1.1 on PART. The same recursions in the same order: only rounding differs.
    let golden = [
        (croston_with(&PART, 0.1, 0.1).level, 1.070_285_082_634_172_5), // CrostonClassic
        (0.95 * croston_with(&PART, 0.1, 0.1).level, 1.016_770_828_502_464), // CrostonSBA, alpha = 0.1
        (sba_with(&PART, 0.1).level, 1.016_770_828_502_464),
        // TSB(alpha_d = 0.2, alpha_p = 0.1) starts from the first indicator and the first size.
        (tsb_from(&PART, (0.0, 3.0), 0.2, 0.1).level, 0.927_778_125_567_437),
        (ses_with(&PART, 0.3).level, 1.043_311_549_751_244_4),
    ];
    for (ours, theirs) in golden {
        assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
    }
}

#[test]
fn tsb_fades_when_demand_stops_and_croston_does_not() {
    let mut demand: Vec<f64> = (0..60).map(|t| if t % 3 == 0 { 5.0 } else { 0.0 }).collect();
    let of = |demand: &[f64]| [tsb, sba, croston].map(|method| method(demand, 1).unwrap()[0]);
    let before = of(&demand);
    demand.extend([0.0; 40]);
    let after = of(&demand);
    assert!(after[0] < 0.5 * before[0], "{before:?} {after:?}");
    assert!((after[1] - before[1]).abs() < 0.1 * before[1]);
    assert!((after[2] - before[2]).abs() < 0.1 * before[2]);
}

#[test]
fn unobserved_periods_change_nothing() {
    let plain = [0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 1.0];
    let gaps = [0.0, f64::NAN, 3.0, 0.0, 0.0, f64::NAN, 2.0, 0.0, 1.0, f64::INFINITY];
    for method in [tsb, sba, croston, ses] {
        assert_eq!(method(&plain, 2), method(&gaps, 2));
    }
}

#[test]
fn the_best_smoothing_is_statsforecasts() {
    // SimpleExponentialSmoothingOptimized, whose search ends at a tolerance of its own: the levels differ in the fourth
    // digit.
    let level = ses_best(&PART, 0.01, 0.99);
    assert!((level / 0.919_289_646_845_596_3 - 1.0).abs() < 1e-3, "{level}");
}

#[test]
fn short_and_odd_demand_is_refused_or_finite() {
    for method in [tsb, sba, croston, ses] {
        assert!(matches!(method(&[1.0, f64::NAN, 2.0], 3), Err(MethodError::TooShort { found: 2, needed: 4, .. })));
        assert!(matches!(method(&[], 3), Err(MethodError::TooShort { found: 0, .. })));
        assert_eq!(method(&[0.0; 9], 2).unwrap(), vec![0.0, 0.0]);
        assert!(method(&[1e12, -5.0, 0.0, 3.0, f64::NEG_INFINITY], 1).unwrap()[0].is_finite());
    }
}

proptest! {
    #[test]
    fn forecasts_lie_between_zero_and_the_largest_demand(demand in prop::collection::vec(0.0..50.0_f64, 4..80)) {
        let largest = demand.iter().copied().fold(0.0, f64::max);
        for method in [tsb, sba, croston, ses] {
            let level = method(&demand, 1).unwrap()[0];
            prop_assert!(level >= 0.0 && level <= largest + 1e-9);
        }
    }

    #[test]
    fn constant_demand_is_its_own_forecast(level in 0.1..1e6_f64, n in 4_usize..50) {
        for method in [tsb, croston, ses] {
            let forecast = method(&vec![level; n], 1).unwrap()[0];
            prop_assert!((forecast - level).abs() < 1e-9 * level);
        }
    }

    #[test]
    fn scaling_demand_scales_the_forecast(demand in prop::collection::vec(0_u8..9, 4..60), scale in 1e-3..1e3_f64) {
        let plain: Vec<f64> = demand.iter().map(|y| f64::from(*y)).collect();
        let scaled: Vec<f64> = plain.iter().map(|y| y * scale).collect();
        for (size, interval) in [(0.1, 0.2), (0.3, 0.05)] {
            let (a, b) = (croston_with(&plain, size, interval).level, croston_with(&scaled, size, interval).level);
            prop_assert!((a * scale - b).abs() <= 1e-9 * b.abs());
            let (a, b) = (tsb_with(&plain, size, interval).level, tsb_with(&scaled, size, interval).level);
            prop_assert!((a * scale - b).abs() <= 1e-9 * b.abs());
        }
    }
}
