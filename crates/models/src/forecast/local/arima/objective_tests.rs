use super::*;

fn series(n: usize) -> Vec<f64> {
    (0..n).map(|t| 20.0 + 0.1 * t as f64 + (t as f64 * 1.3).sin() * 2.0 + ((t * t) % 5) as f64).collect()
}

fn airline() -> ArimaOrder {
    ArimaOrder { d: 1, q: 1, seasonal_d: 1, seasonal_q: 1, season: 4, ..ArimaOrder::default() }
}

#[test]
fn differencing_removes_trend_and_season() {
    let y: Vec<f64> = (0..20).map(|t| 3.0 * f64::from(t) + f64::from(t % 4)).collect();
    let difference = difference_coefficients(1, 1, 4);
    assert!(apply(&difference, &y).iter().all(|w| w.abs() < 1e-12));
}

#[test]
fn the_dense_filter_on_levels_gives_the_likelihood_of_the_differenced_series() {
    // A gap far beyond the end is the only difference: the last value missing adds nothing to the likelihood.
    for (order, u) in [
        (airline(), vec![-0.5, -0.7]),
        (ArimaOrder { p: 1, d: 1, constant: true, ..ArimaOrder::default() }, vec![0.4]),
        (ArimaOrder { p: 2, q: 1, constant: true, ..ArimaOrder::default() }, vec![0.4, -0.2, 0.3]),
    ] {
        let y = series(40);
        let mut with_gap = y.clone();
        with_gap.push(f64::NAN);
        let regressor: Vec<f64> = (0..41).map(|t| f64::from(t % 3)).collect();
        let mut residuals = Vec::new();
        let mut complete = Objective::new(&y, &[regressor[..40].to_vec()], order, Start::Exact).unwrap();
        let mut gap = Objective::new(&with_gap, &[regressor], order, Start::Exact).unwrap();
        let (a, b) = (complete.evaluate(&u, &mut residuals), gap.evaluate(&u, &mut residuals));
        assert!((a / b - 1.0).abs() < 1e-9, "{order}: {a} {b}");
        assert_eq!(complete.n_effective, gap.n_effective);
        assert_eq!(complete.n_coefficients(), gap.n_coefficients());
        let (a, b) = (complete.solve(&u).unwrap(), gap.solve(&u).unwrap());
        for (a, b) in a.beta.iter().zip(&b.beta) {
            assert!((a - b).abs() < 1e-8, "{order}: {a} {b}");
        }
    }
}

/// Log-density of the observed values given a flat prior on the level: the missing periods of an ARIMA(0,1,0) merge into
/// one longer step, whose variance is the number of periods.
#[test]
fn gaps_of_a_random_walk_merge_into_longer_steps() {
    let y = [f64::NAN, 3.0, f64::NAN, f64::NAN, 7.0, 6.0, f64::NAN, 9.0];
    let order = ArimaOrder { d: 1, ..ArimaOrder::default() };
    let mut objective = Objective::new(&y[1..], &[], order, Start::Exact).unwrap();
    let mut residuals = Vec::new();
    let s = objective.evaluate(&[], &mut residuals);
    let squares: f64 = 16.0 / 3.0 + 1.0 + 9.0 / 2.0;
    let expected = squares * (6.0_f64.ln() / 3.0).exp();
    assert!((s - expected).abs() < 1e-12, "{s} {expected}");
    assert_eq!(objective.n_effective, 3);
    // With the first level unknown the likelihood is the same: nothing was learned from it.
    let mut unknown = Objective::new(&y, &[], order, Start::Exact).unwrap();
    let with_unknown = unknown.evaluate(&[], &mut residuals);
    assert_eq!(unknown.n_effective, 3);
    assert!((with_unknown - expected).abs() < 1e-9, "{with_unknown} {expected}");
}

#[test]
fn too_short_series_have_no_objective() {
    assert!(Objective::new(&[1.0, 2.0], &[], airline(), Start::Exact).is_none());
    assert!(Objective::new(&[f64::NAN; 30], &[], airline(), Start::Exact).is_none());
}
