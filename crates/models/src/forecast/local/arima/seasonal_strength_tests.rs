use super::*;

#[test]
fn loess_reproduces_lines_and_constants() {
    let line: Vec<f64> = (0..30).map(|t| 2.0 + 3.0 * f64::from(t)).collect();
    for at in [0.0, 0.5, 7.0, 29.0, -1.0] {
        assert!((loess(&line, at, 9, true) - (2.0 + 3.0 * at)).abs() < 1e-9);
    }
    assert!((loess(&[5.0; 4], 2.0, 11, false) - 5.0).abs() < 1e-12);
}

#[test]
fn strength_lies_between_noise_and_a_pure_season() {
    let pure: Vec<f64> = (0..84).map(|t| f64::from(t % 7) + 0.5 * f64::from(t)).collect();
    assert!(seasonal_strength(&pure, 7) > 0.999);
    let noise: Vec<f64> = (0..84).map(|t| f64::from(t * t * 13 % 29)).collect();
    assert!(seasonal_strength(&noise, 7) < 0.6);
    assert_eq!(seasonal_strength(&pure[..14], 7), 0.0);
    assert_eq!(seasonal_strength(&[2.0; 30], 7), 0.0);
}

#[test]
fn a_week_that_repeats_is_all_season() {
    let weekly: Vec<f64> = (0..70).map(|t| if t % 7 == 0 { 5.0 } else { 1.0 }).collect();
    assert!(seasonal_strength(&weekly, 7) > 0.99);
}
