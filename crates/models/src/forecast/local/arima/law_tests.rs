use proptest::prelude::*;

use super::*;

fn seasonal(n: usize) -> Vec<f64> {
    (0..n).map(|t| 30.0 + [0.0, 4.0, 9.0, 2.0][t % 4] + ((t * t * 7) % 13) as f64 * 0.5).collect()
}

#[test]
fn a_constant_series_forecasts_that_constant() {
    for season in [1, 7, 12] {
        let fitted = auto(&[5.0; 60], season, &[]).unwrap();
        assert!(fitted.forecast(10).unwrap().iter().all(|y| (y - 5.0).abs() < 1e-9), "{}", fitted.order());
    }
}

#[test]
fn a_straight_line_is_continued() {
    let y: Vec<f64> = (0..50).map(|t| 3.0 + 2.0 * f64::from(t)).collect();
    let fitted = auto(&y, 1, &[]).unwrap();
    assert!((fitted.forecast(5).unwrap()[4] - (3.0 + 2.0 * 54.0)).abs() < 1e-6, "{}", fitted.order());
}

/// Powers of two change no digit, so the whole search must take the same path: no threshold is absolute.
#[test]
fn scaling_by_a_power_of_two_scales_the_forecast_of_the_search_exactly() {
    let y = seasonal(80);
    let a = auto(&y, 4, &[]).unwrap();
    for exponent in [-60, -20, 10, 30, 60] {
        let factor = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = y.iter().map(|y| y * factor).collect();
        let b = auto(&scaled, 4, &[]).unwrap();
        assert_eq!(a.order(), b.order(), "{exponent}");
        for (a, b) in a.forecast(8).unwrap().iter().zip(b.forecast(8).unwrap()) {
            assert!((b / (a * factor) - 1.0).abs() < 1e-9, "{exponent}");
        }
    }
}

/// Other factors round the series; a given order then still scales (a search may meet ties that rounding decides).
#[test]
fn scaling_the_series_scales_the_forecast_of_an_order() {
    let order = ArimaOrder { d: 1, q: 1, seasonal_d: 1, seasonal_q: 1, season: 4, ..ArimaOrder::default() };
    let y = seasonal(80);
    let a = fit_order(&y, order, &[]).unwrap();
    for factor in [1e-6, 3.7, 1e9] {
        let scaled: Vec<f64> = y.iter().map(|y| y * factor).collect();
        let b = fit_order(&scaled, order, &[]).unwrap();
        for (a, b) in a.forecast(8).unwrap().iter().zip(b.forecast(8).unwrap()) {
            assert!((b / (a * factor) - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn leading_gaps_change_nothing_and_gaps_inside_are_survived() {
    let y = seasonal(60);
    let padded = [vec![f64::NAN; 5], y.clone()].concat();
    let (a, b) = (auto(&y, 4, &[]).unwrap(), auto(&padded, 4, &[]).unwrap());
    assert_eq!(a.forecast(4).unwrap(), b.forecast(4).unwrap());
    let mut gaps = y.clone();
    for t in (3..60).step_by(7) {
        gaps[t] = f64::NAN;
    }
    let fitted = auto(&gaps, 4, &[]).unwrap();
    let forecast = fitted.forecast(4).unwrap();
    for (a, b) in forecast.iter().zip(a.forecast(4).unwrap()) {
        assert!((a - b).abs() < 8.0, "{} {a} {b}", fitted.order());
    }
}

#[test]
fn a_regressor_that_explains_the_series_is_used_ahead() {
    let promotion: Vec<f64> = (0..70).map(|t| f64::from(u8::from(t % 11 < 2))).collect();
    let y: Vec<f64> = seasonal(60).iter().zip(&promotion).map(|(y, x)| y + 25.0 * x).collect();
    let fitted = auto(&y, 4, std::slice::from_ref(&promotion)).unwrap();
    assert!((fitted.coefficients.regressors[0] - 25.0).abs() < 2.0);
    let forecast = fitted.forecast(10).unwrap();
    assert!(forecast[6] > forecast[5] + 10.0, "{forecast:?}"); // period 66 is the first of the promotion
    assert!(fitted.forecast(11).is_err());
}

#[test]
fn a_regressor_that_repeats_another_does_no_harm() {
    let x: Vec<f64> = (0..50).map(|t| f64::from(t % 3)).collect();
    let trend: Vec<f64> = (0..50).map(f64::from).collect();
    let columns = [x.clone(), x, vec![1.0; 50], trend];
    let fitted = auto(&seasonal(45), 4, &columns).unwrap();
    assert!(fitted.forecast(5).unwrap().iter().all(|y| y.is_finite() && (0.0..100.0).contains(y)));
}

#[test]
fn bad_input_is_an_error_with_a_reason() {
    for y in [vec![], vec![1.0], vec![f64::NAN; 40], vec![f64::INFINITY; 9]] {
        assert!(matches!(auto(&y, 7, &[]), Err(MethodError::TooShort { .. })));
    }
    let short = [vec![1.0; 3]];
    assert!(auto(&seasonal(20), 4, &short).unwrap_err().to_string().contains("regressor 1"));
    let seasonless = ArimaOrder { seasonal_q: 1, ..ArimaOrder::default() };
    assert!(fit_order(&seasonal(20), seasonless, &[]).is_err());
    let huge = ArimaOrder { p: 1_000_000, ..ArimaOrder::default() };
    assert!(fit_order(&seasonal(20), huge, &[]).is_err());
}

#[test]
fn odd_series_never_panic() {
    let mut spike = vec![0.0; 40];
    spike[20] = 1e12;
    let alternating: Vec<f64> = (0..41).map(|t| if t % 2 == 0 { 1e12 } else { -1e12 }).collect();
    let mut holes = vec![f64::NAN; 40];
    for t in [0, 9, 11, 30, 39] {
        holes[t] = t as f64;
    }
    let tiny: Vec<f64> = seasonal(30).iter().map(|y| y * 1e-200).collect();
    for y in [spike, alternating, holes, tiny, vec![0.0; 9], vec![1.0, 2.0, 4.0, 8.0], vec![-3.0, 0.0, 1.0, 5.0, 2.0]] {
        for season in [0, 1, 2, 7, 12, 1_000] {
            if let Ok(mut fitted) = auto(&y, season, &[]) {
                assert!(fitted.forecast(12).unwrap().iter().all(|y| y.is_finite()));
                fitted.update(1.0).unwrap();
                fitted.update(f64::NAN).unwrap();
                assert!(fitted.forecast(3).unwrap().iter().all(|y| y.is_finite()));
            }
        }
    }
}

#[test]
fn an_order_is_written_as_in_the_books() {
    let airline = ArimaOrder { d: 1, q: 1, seasonal_d: 1, seasonal_q: 1, season: 12, ..ArimaOrder::default() };
    assert_eq!(airline.to_string(), "ARIMA(0,1,1)(0,1,1)[12]");
}

#[test]
fn a_season_of_months_is_forecast_for_a_year() {
    let y: Vec<f64> = (0..60).map(|t| 20.0 + f64::from(t % 12) + f64::from(t * t % 5)).collect();
    let fitted = auto(&y, 12, &[]).unwrap();
    assert_eq!(fitted.forecast(12).unwrap().len(), 12);
}

#[test]
fn a_random_walk_stays_where_it_is() {
    let y = [3.0, 5.0, 4.0, 6.0, 5.0, 7.0, 6.0, 8.0];
    let random_walk = ArimaOrder { d: 1, ..ArimaOrder::default() };
    let fitted = fit_order(&y, random_walk, &[]).unwrap();
    assert_eq!(fitted.forecast(2).unwrap(), vec![8.0, 8.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_series_gives_a_finite_forecast_or_an_error(
        y in prop::collection::vec(prop_oneof![5 => -1e3..1e3, 1 => Just(f64::NAN), 1 => Just(0.0)], 0..40),
        season in 0_usize..9,
    ) {
        if let Ok(fitted) = auto(&y, season, &[]) {
            prop_assert!(fitted.forecast(6).unwrap().iter().all(|y| y.is_finite()));
        }
    }
}
