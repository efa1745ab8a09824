use super::*;

#[test]
fn partial_autocorrelations_and_coefficients_are_inverse() {
    for partials in [vec![0.3], vec![0.5, -0.7], vec![0.9, -0.2, 0.4], vec![-0.1, 0.8, 0.3, -0.95, 0.2]] {
        let mut coefficients = vec![0.0; partials.len()];
        from_partials(&partials, &mut coefficients);
        let back = to_partials(&coefficients).unwrap();
        for (a, b) in back.iter().zip(&partials) {
            assert!((a - b).abs() < 1e-12, "{back:?} {partials:?}");
        }
    }
}

#[test]
fn two_partials_give_the_textbook_coefficients() {
    let mut coefficients = [0.0; 2];
    from_partials(&[0.5, -0.7], &mut coefficients);
    assert!((coefficients[0] - 0.5 * (1.0 + 0.7)).abs() < 1e-15);
    assert_eq!(coefficients[1], -0.7);
}

#[test]
fn explosive_and_unit_root_coefficients_have_no_partials() {
    assert_eq!(to_partials(&[1.0]), None);
    assert_eq!(to_partials(&[1.5]), None);
    assert_eq!(to_partials(&[f64::NAN]), None);
    assert_eq!(to_partials(&[1.2, -0.2]), None); // (1 - B)(1 - 0.2 B)
}

#[test]
fn the_modulus_of_roots_is_bounded_exactly() {
    // Root of 1 - 0.8 z: 1.25.
    assert!(roots_outside(&[0.8], 1.249));
    assert!(!roots_outside(&[0.8], 1.251));
    // 1 - z²/4: roots ±2.
    assert!(roots_outside(&[0.0, 0.25], 1.999));
    assert!(!roots_outside(&[0.0, 0.25], 2.001));
}

#[test]
fn the_seasonal_product_is_the_airline_polynomial() {
    let mut product = Vec::new();
    seasonal_product(&[-0.4], &[-0.6], 4, &mut product);
    assert_eq!(product, vec![-0.4, 0.0, 0.0, -0.6, 0.24]);
    // Overlapping lags add up.
    seasonal_product(&[0.1, 0.2], &[0.5], 2, &mut product);
    assert_eq!(product, vec![0.1, 0.7, 0.05, 0.1]);
}

#[test]
fn difference_coefficients_of_monthly_airline_data() {
    assert_eq!(difference_coefficients(0, 0, 12), Vec::<f64>::new());
    assert_eq!(difference_coefficients(2, 0, 1), vec![2.0, -1.0]);
    let both = difference_coefficients(1, 1, 4);
    assert_eq!(both, vec![1.0, 0.0, 0.0, 1.0, -1.0]);
}
