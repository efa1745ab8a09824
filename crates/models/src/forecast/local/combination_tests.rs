use super::*;

fn demand() -> Vec<f64> {
    (0..60).map(|t| [20.0, 30.0, 50.0, 40.0][t % 4] + (t * 7 % 5) as f64).collect()
}

#[test]
fn the_mean_lies_between_the_members() {
    let model = fit(&demand(), 4).unwrap();
    let members = model.member_forecasts(6);
    assert!(members.len() >= 3);
    for (ahead, value) in model.forecast(6).iter().enumerate() {
        let own: Vec<f64> = members.iter().map(|member| member[ahead]).collect();
        assert!(own.iter().any(|v| v <= value) && own.iter().any(|v| v >= value));
    }
}

#[test]
fn a_member_without_a_number_is_left_out() {
    assert_eq!(mean_of(&[vec![f64::NAN], vec![4.0], vec![6.0]], 1), vec![5.0]);
    assert_eq!(mean_of(&[], 2), vec![0.0, 0.0]);
}

#[test]
fn what_cannot_be_fitted_is_absent_and_nothing_at_all_is_an_error() {
    let model = fit(&[3.0, 4.0, 5.0, 4.0], 1).unwrap();
    assert!(model.ets.is_none() && model.theta.is_some());
    assert!(matches!(fit(&[3.0, f64::NAN], 1), Err(MethodError::TooShort { .. })));
}

#[test]
fn an_update_moves_every_member_and_a_stored_state_comes_back() {
    let mut model = fit(&demand(), 4).unwrap();
    let second = model.forecast(2)[1];
    model.update(model.forecast(1)[0]);
    assert!((model.forecast(1)[0] / second - 1.0).abs() < 0.03);
    let text = serde_json::to_string(&model).unwrap();
    let back: FittedCombination = serde_json::from_str(&text).unwrap();
    assert_eq!(back.forecast(5), model.forecast(5));
}

#[test]
fn a_constant_series_is_its_own_forecast() {
    let model = fit(&[5.0; 20], 1).unwrap();
    for value in model.forecast(3) {
        assert!((value - 5.0).abs() < 1e-3);
    }
}
