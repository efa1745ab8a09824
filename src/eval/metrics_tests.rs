use super::*;

const NAN: f64 = f64::NAN;

#[test]
fn the_scale_of_mase_falls_back_to_lag_one_on_a_short_series() {
    assert_eq!(mase_scale(&[1.0, 2.0, 4.0], 1), 1.5);
    assert_eq!(mase_scale(&[1.0, 2.0, 4.0], 2), 3.0);
    assert_eq!(mase_scale(&[1.0, 2.0, 4.0], 3), 1.5); // not longer than the season
    assert_eq!(mase_scale(&[1.0, NAN, 4.0, 6.0], 1), 2.0); // pairs with a gap are left out
}

#[test]
fn a_history_without_movement_has_no_scale() {
    for history in [&[] as &[f64], &[5.0], &[5.0, 5.0, 5.0], &[0.0, 0.0], &[NAN, NAN]] {
        assert!(mase_scale(history, 1).is_nan());
        assert!(rmsse_scale(history).is_nan());
        assert!(pinball_scale(history).is_nan());
    }
}

#[test]
fn scales_of_counts_begin_with_the_first_sale() {
    assert_eq!(pinball_scale(&[0.0, 0.0, 0.0, 2.0, 0.0]), 2.0);
    assert_eq!(rmsse_scale(&[NAN, 0.0, 3.0, 1.0, 2.0]), 2.5);
    assert_eq!(from_first_sale(&[NAN, 0.0, 3.0]), &[3.0]);
}

#[test]
fn actuals_that_were_not_observed_are_not_scored() {
    assert_eq!(smape(&[NAN, 2.0], &[7.0, 2.0]), 0.0);
    assert!(smape(&[NAN], &[7.0]).is_nan());
    assert_eq!(coverage(&[NAN, 1.0, 5.0], &[0.0, 1.0, 1.0], &[9.0, 1.0, 2.0]), 0.5);
    assert!(coverage(&[NAN], &[0.0], &[1.0]).is_nan());
}

#[test]
fn a_season_is_found_only_where_there_is_one() {
    let wave: Vec<f64> = (0..48).map(|t| 10.0 + f64::from(t % 12)).collect();
    assert!(is_seasonal(&wave, 12));
    assert!(!is_seasonal(&wave[..35], 12)); // fewer than three seasons
    assert!(!is_seasonal(&[4.0; 48], 12));
    assert!(!is_seasonal(&wave, 1));
}

#[test]
fn naive2_is_the_last_value_without_a_season_or_with_zeros() {
    assert_eq!(naive2(&[3.0, 1.0, 2.0], 2, 12), vec![2.0, 2.0]);
    let mut wave: Vec<f64> = (0..48).map(|t| 10.0 + f64::from(t % 12)).collect();
    assert!((naive2(&wave, 12, 12)[0] - 10.0).abs() < 1.0);
    wave[3] = 0.0;
    assert_eq!(naive2(&wave, 1, 12), vec![wave[47]]);
    assert!(naive2(&[], 1, 12)[0].is_nan());
}

#[test]
fn naive2_of_an_odd_season_has_a_plain_moving_average() {
    let wave: Vec<f64> = (0..21).map(|t| [6.0, 3.0, 9.0][t % 3]).collect();
    for (found, expected) in naive2(&wave, 3, 3).iter().zip([6.0, 3.0, 9.0]) {
        assert!((found - expected).abs() < 1e-12);
    }
}

#[test]
fn filling_uses_the_median_of_the_season_position_then_of_the_series() {
    assert_eq!(fill_seasonal(&[1.0, NAN, 3.0, NAN, 8.0, NAN], 2), vec![1.0, 3.0, 3.0, 3.0, 8.0, 3.0]);
    assert!(fill_seasonal(&[NAN, NAN], 2).iter().all(|value| value.is_nan()));
    assert!(fill_seasonal(&[], 7).is_empty());
}

#[test]
fn the_median_of_an_even_number_is_the_middle_of_two() {
    assert_eq!(median([4.0, 1.0, NAN, 2.0, 3.0].into_iter()), 2.5);
    assert!(median([].into_iter()).is_nan());
}
