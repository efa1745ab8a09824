use super::*;

#[test]
fn the_kpss_statistic_is_its_definition_on_a_small_series() {
    // Errors -1.5 -0.5 0.5 1.5, no lags: partial sums -1.5 -2 -1.5 0, so 8.5 / (16 · 1.25).
    assert!((kpss_statistic(&[1.0, 2.0, 3.0, 4.0]) - 8.5 / 20.0).abs() < 1e-12);
    assert_eq!(kpss_statistic(&[]), 0.0);
    assert_eq!(kpss_statistic(&[3.0; 9]), 0.0);
}

#[test]
fn a_trend_needs_one_difference_and_a_parabola_two() {
    let line: Vec<f64> = (0..60).map(|t| f64::from(t) + f64::from(t % 3)).collect();
    assert_eq!(ordinary_differences(&line, 2), 1);
    let parabola: Vec<f64> = (0..60).map(|t| f64::from(t * t)).collect();
    assert_eq!(ordinary_differences(&parabola, 2), 2);
    assert_eq!(ordinary_differences(&parabola, 0), 0);
}

#[test]
fn a_strong_season_is_differenced_and_noise_is_not() {
    let season: Vec<f64> = (0..60).map(|t| f64::from((t % 6) * 3) + f64::from(t * t % 5) * 0.1).collect();
    let noise: Vec<f64> = (0..60).map(|t| f64::from(t * t * 7 % 23)).collect();
    assert_eq!(seasonal_differences(&season, 6), 1);
    assert_eq!(seasonal_differences(&noise, 8), 0);
    assert_eq!(seasonal_differences(&season[..12], 6), 0);
    assert_eq!(seasonal_differences(&season, 1), 0);
}

#[test]
fn a_trend_is_not_stationary_and_an_alternation_is() {
    let trend: Vec<f64> = (0..100).map(f64::from).collect();
    let alternating: Vec<f64> = (0..100).map(|t| f64::from(t % 2)).collect();
    assert!(kpss_statistic(&trend) > 0.739 && kpss_statistic(&alternating) < 0.347);
}
