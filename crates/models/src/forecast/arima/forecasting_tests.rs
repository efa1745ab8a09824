use super::super::{ArimaOptions, ArimaOrder, BoxCox, auto, fit_order};
use super::*;

fn series(n: usize) -> Vec<f64> {
    (0..n).map(|t| 40.0 + 0.2 * t as f64 + (t as f64 * 0.9).sin() * 5.0 + ((t * t * 7) % 11) as f64).collect()
}

fn airline() -> ArimaOrder {
    ArimaOrder { d: 1, q: 1, seasonal_d: 1, seasonal_q: 1, season: 4, ..ArimaOrder::default() }
}

#[test]
fn a_random_walk_has_textbook_variances() {
    let fitted = fit_order(&series(30), ArimaOrder { d: 1, ..ArimaOrder::default() }, &[], None).unwrap();
    let s2 = fitted.sigma2();
    let close = |a: Vec<f64>, b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a / (s2 * b) - 1.0).abs() < 1e-12);
    assert!(close(fitted.variance(3).unwrap(), [1.0, 2.0, 3.0]));
    // Var(e1 + (e1 + e2)) = 4 + 1, and so on.
    assert!(close(fitted.sum_variance(3).unwrap(), [1.0, 5.0, 14.0]));
}

#[test]
fn paths_have_the_mean_and_the_variances_of_the_forecast() {
    for y in [series(48), [series(44), vec![f64::NAN; 3], series(2)].concat()] {
        let fitted = fit_order(&y, airline(), &[], None).unwrap();
        let paths = fitted.paths(6, 8_000, 7).unwrap();
        let (mean, variance, totals) =
            (fitted.forecast(6).unwrap(), fitted.variance(6).unwrap(), fitted.sum_variance(6).unwrap());
        let count = paths.len() as f64;
        for k in 0..6 {
            let values: Vec<f64> = paths.iter().map(|path| path[k] - mean[k]).collect();
            let sums: Vec<f64> = paths.iter().map(|path| (0..=k).map(|j| path[j] - mean[j]).sum()).collect();
            let second = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>() / count;
            assert!((values.iter().sum::<f64>() / count).abs() < 5.0 * (variance[k] / count).sqrt());
            assert!((second(&values) / variance[k] - 1.0).abs() < 0.08);
            assert!((second(&sums) / totals[k] - 1.0).abs() < 0.08, "{k}");
        }
        assert_eq!(paths[..3], fitted.paths(6, 3, 7).unwrap()[..]);
    }
}

/// Coefficients of `fitted` on another series: the state by filtering, not by estimation.
fn refilter(fitted: &FittedArima, y: &[f64], regressors: &[Vec<f64>]) -> FittedArima {
    use super::super::arma::Blocks;
    use super::super::likelihood::Start;
    use super::super::objective::Objective;
    let c = fitted.coefficients();
    let blocks = Blocks {
        ar: c.ar.clone(),
        seasonal_ar: c.seasonal_ar.clone(),
        ma: c.ma.clone(),
        seasonal_ma: c.seasonal_ma.clone(),
    };
    // The regression is known: it is taken out, and the rest has none.
    let level: Vec<f64> = y
        .iter()
        .enumerate()
        .map(|(t, y)| y - fitted.regression(&regressors.iter().map(|x| x[t]).collect::<Vec<f64>>(), t + 1))
        .collect();
    let order = ArimaOrder { constant: false, ..fitted.order() };
    let mut objective = Objective::new(&level, &[], order, Start::Exact).unwrap();
    FittedArima::at(&mut objective, &blocks.to_free(), &level, &[]).unwrap()
}

#[test]
fn an_update_equals_filtering_again() {
    let y = series(60);
    let promotion: Vec<f64> = (0..80).map(|t| f64::from(u8::from(t % 9 == 0))).collect();
    let mut gaps = y.clone();
    for t in [1, 17, 30, 31, 52, 55] {
        gaps[t] = f64::NAN;
    }
    let drift = ArimaOrder { p: 1, d: 1, q: 1, constant: true, ..ArimaOrder::default() };
    let mean = ArimaOrder { p: 2, q: 1, constant: true, ..ArimaOrder::default() };
    for order in [airline(), drift, mean] {
        for values in [&y, &gaps] {
            for n_known in [45, 50] {
                let mut fitted = fit_order(&values[..n_known], order, std::slice::from_ref(&promotion), None).unwrap();
                for value in &values[n_known..] {
                    fitted.update(*value).unwrap();
                }
                let again = refilter(&fitted, values, std::slice::from_ref(&promotion));
                let ours = fitted.forecast(8).unwrap();
                let theirs = again.forecast(8).unwrap();
                for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
                    let expected = b + fitted.regression(&[promotion[60 + k]], 61 + k);
                    assert!((a - expected).abs() < 1e-6 * a.abs(), "{order} {k}: {a} {expected}");
                }
                let scaled =
                    |f: &FittedArima| -> Vec<f64> { f.variance(8).unwrap().iter().map(|v| v / f.sigma2()).collect() };
                for (a, b) in scaled(&fitted).iter().zip(scaled(&again)) {
                    assert!((a / b - 1.0).abs() < 1e-6, "{order}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn unknown_regressors_stop_forecast_and_update() {
    let x: Vec<f64> = (0..42).map(|t| f64::from(t % 5)).collect();
    let mut fitted = fit_order(&series(40), airline(), &[x], None).unwrap();
    assert!(fitted.forecast(2).is_ok());
    assert!(fitted.forecast(3).is_err());
    fitted.update(50.0).unwrap();
    fitted.update(f64::NAN).unwrap();
    assert!(fitted.update(50.0).is_err());
}

#[test]
fn box_cox_forecasts_are_positive_and_means_lie_above_medians() {
    let y: Vec<f64> = series(60).iter().map(|y| (y * 0.05).exp()).collect();
    let fit = |bias_adjusted| {
        let box_cox = Some(BoxCox { lambda: 0.0, bias_adjusted });
        auto(&y, 1, &[], &ArimaOptions { box_cox, ..ArimaOptions::default() }).unwrap()
    };
    let (median, mean) = (fit(false), fit(true));
    for (low, high) in median.forecast(12).unwrap().iter().zip(mean.forecast(12).unwrap()) {
        assert!(*low > 0.0 && high > *low);
    }
    assert!(median.paths(12, 20, 1).unwrap().iter().flatten().all(|y| *y > 0.0));
    assert!(median.variance(12).unwrap().iter().all(|v| *v > 0.0));
    let mut updated = median.clone();
    assert!(updated.update(-1.0).is_err());
    assert_eq!(updated, median);
}

#[test]
fn the_stored_state_forecasts_the_same() {
    let fitted = fit_order(&series(50), airline(), &[], None).unwrap();
    let text = serde_json::to_string(&fitted).unwrap();
    let back: FittedArima = serde_json::from_str(&text).unwrap();
    for (a, b) in back.forecast(5).unwrap().iter().zip(fitted.forecast(5).unwrap()) {
        assert!((a - b).abs() < 1e-9);
    }
}
