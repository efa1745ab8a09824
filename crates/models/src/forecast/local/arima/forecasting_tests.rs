use super::super::{ArimaOrder, fit_order};
use super::*;

fn series(n: usize) -> Vec<f64> {
    (0..n).map(|t| 40.0 + 0.2 * t as f64 + (t as f64 * 0.9).sin() * 5.0 + ((t * t * 7) % 11) as f64).collect()
}

fn airline() -> ArimaOrder {
    ArimaOrder { d: 1, q: 1, seasonal_d: 1, seasonal_q: 1, season: 4, ..ArimaOrder::default() }
}

/// Coefficients of `fitted` on another series: the state by filtering, not by estimation.
fn refilter(fitted: &FittedArima, y: &[f64], regressors: &[Vec<f64>]) -> FittedArima {
    use super::super::arma::Blocks;
    use super::super::likelihood::Start;
    use super::super::objective::Objective;
    let c = &fitted.coefficients;
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
                let mut fitted = fit_order(&values[..n_known], order, std::slice::from_ref(&promotion)).unwrap();
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
            }
        }
    }
}

#[test]
fn unknown_regressors_stop_forecast_and_update() {
    let x: Vec<f64> = (0..42).map(|t| f64::from(t % 5)).collect();
    let mut fitted = fit_order(&series(40), airline(), &[x]).unwrap();
    assert!(fitted.forecast(2).is_ok());
    assert!(fitted.forecast(3).is_err());
    fitted.update(50.0).unwrap();
    fitted.update(f64::NAN).unwrap();
    assert!(fitted.update(50.0).is_err());
}

#[test]
fn the_stored_state_forecasts_the_same() {
    let fitted = fit_order(&series(50), airline(), &[]).unwrap();
    let text = serde_json::to_string(&fitted).unwrap();
    let back: FittedArima = serde_json::from_str(&text).unwrap();
    for (a, b) in back.forecast(5).unwrap().iter().zip(fitted.forecast(5).unwrap()) {
        assert!((a - b).abs() < 1e-9);
    }
}

#[test]
fn an_updated_model_goes_on_forecasting() {
    let y: Vec<f64> = (0..40).map(|t| 10.0 + f64::from(t * t % 7)).collect();
    let order = ArimaOrder { d: 1, q: 1, ..ArimaOrder::default() };
    let mut fitted = fit_order(&y, order, &[]).unwrap();
    fitted.update(15.0).unwrap();
    assert_eq!(fitted.forecast(3).unwrap().len(), 3);
}
