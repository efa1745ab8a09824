use super::*;

fn demand() -> Vec<f64> {
    (0..60).map(|t| [20.0, 30.0, 50.0, 40.0][t % 4] + (t * 7 % 5) as f64).collect()
}

#[test]
fn mean_and_median_lie_between_the_members() {
    let model = fit(&demand(), 4).unwrap();
    let members = model.member_forecasts(6);
    assert!(members.len() >= 3);
    for combine in [Combine::Mean, Combine::Median] {
        for (ahead, value) in model.forecast(6, combine).iter().enumerate() {
            let own: Vec<f64> = members.iter().map(|member| member[ahead]).collect();
            assert!(own.iter().any(|v| v <= value) && own.iter().any(|v| v >= value));
        }
    }
}

#[test]
fn the_median_ignores_one_wild_member() {
    let members = [vec![1.0], vec![2.0], vec![1e9]];
    assert_eq!(combine_members(&members, 1, Combine::Median), vec![2.0]);
    assert_eq!(combine_members(&members[..2], 1, Combine::Median), vec![1.5]);
    assert_eq!(combine_members(&[vec![f64::NAN], vec![4.0]], 1, Combine::Mean), vec![4.0]);
    assert_eq!(combine_members(&[], 2, Combine::Mean), vec![0.0, 0.0]);
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
    let second = model.forecast(2, Combine::Mean)[1];
    model.update(model.forecast(1, Combine::Mean)[0]);
    assert!((model.forecast(1, Combine::Mean)[0] / second - 1.0).abs() < 0.03);
    let text = serde_json::to_string(&model).unwrap();
    let back: FittedCombination = serde_json::from_str(&text).unwrap();
    assert_eq!(back.forecast(5, Combine::Mean), model.forecast(5, Combine::Mean));
}

#[test]
fn the_spread_of_simulated_paths_is_the_stated_one() {
    let model = fit(&demand(), 4).unwrap();
    let (paths, mean, variance) = (model.paths(6, 4000, 11), model.forecast(6, Combine::Mean), model.variance(6));
    for ahead in 0..6 {
        let average = paths.iter().map(|path| path[ahead]).sum::<f64>() / 4000.0;
        let spread = paths.iter().map(|path| (path[ahead] - average).powi(2)).sum::<f64>() / 4000.0;
        assert!((average - mean[ahead]).abs() < 0.1 * variance[ahead].sqrt(), "{average} {}", mean[ahead]);
        assert!((0.7..1.3).contains(&(spread / variance[ahead])), "{ahead}: {spread} {}", variance[ahead]);
    }
}
