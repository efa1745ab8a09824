use proptest::prelude::*;

use super::*;

const NAN: f64 = f64::NAN;

fn seasonal(n: usize) -> Vec<f64> {
    (0..n).map(|t| [20.0, 30.0, 50.0, 40.0][t % 4] + (t * 7 % 5) as f64 + 0.2 * t as f64).collect()
}

#[test]
fn every_kind_of_season_follows_season_and_trend() {
    let demand = seasonal(80);
    for season in [CesSeason::Simple, CesSeason::Partial, CesSeason::Full] {
        let model = fit_among(&[season], &demand, 4, false).unwrap();
        for (mean, actual) in model.forecast(8).iter().zip(&seasonal(88)[80..]) {
            assert!((mean / actual - 1.0).abs() < 0.15, "{season:?}: {mean} {actual}");
        }
    }
    assert_ne!(fit(&demand, 4).unwrap().season, CesSeason::None);
}

#[test]
fn a_constant_series_is_its_own_forecast() {
    for (level, season_length) in [(7.0, 1), (1e12, 7), (0.0, 4), (-3.5, 1)] {
        let model = fit(&[level; 60], season_length).unwrap();
        for mean in model.forecast(9) {
            assert!((mean - level).abs() <= 1e-3 * level.abs(), "{level}: {mean}");
        }
    }
}

#[test]
fn bad_input_gives_an_error_or_finite_numbers() {
    let hard: [&[f64]; 9] = [
        &[],
        &[1.0],
        &[NAN; 30],
        &[1.0, NAN, 2.0, f64::NEG_INFINITY, 3.0, 4.0, 1e12],
        &[1e12, 1e-12, 1e12, 1e-12, 1e12, 1e-12, 1e12],
        &[0.0; 20],
        &[-5.0, 3.0, -5.0, 3.0, -5.0, 3.0, -5.0, 3.0, -5.0],
        &[1.0, 2.0, 3.0, 4.0, 5.0],
        &[NAN, NAN, NAN, NAN, NAN, NAN, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, NAN, NAN, NAN, NAN],
    ];
    for demand in hard {
        for season_length in [0, 1, 2, 4, 400, usize::MAX / 4] {
            if let Ok(mut model) = fit(demand, season_length) {
                model.update(NAN);
                model.update(5.0);
                assert!(model.forecast(3).iter().all(|v| v.is_finite()), "{demand:?}");
            }
        }
    }
}

#[test]
fn the_root_form_grows_its_season_with_the_level_and_refuses_negatives() {
    let demand: Vec<f64> = seasonal(80).iter().enumerate().map(|(t, v)| v * (1.0 + t as f64 / 40.0)).collect();
    let model = fit_root(&demand, 4).unwrap();
    let ahead = model.forecast(4);
    assert!(ahead[2] > 1.6 * ahead[0] && ahead[2] > demand[78], "{ahead:?}");
    assert!(matches!(fit_root(&[1.0, -1.0, 2.0, 3.0, 4.0, 5.0], 1), Err(MethodError::Fit { .. })));
    let mut updated = model.clone();
    updated.update(ahead[0]);
    assert!((updated.forecast(1)[0] / ahead[1] - 1.0).abs() < 1e-9);
}

#[test]
fn the_third_of_four_seasons_is_the_highest() {
    let demand: Vec<f64> = (0..48).map(|t| [20.0, 30.0, 50.0, 40.0][t % 4] + (t % 3) as f64).collect();
    let model = fit(&demand, 4).unwrap();
    assert!((model.forecast(3)[2] - 51.0).abs() < 3.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scaling_the_series_scales_the_forecast(demand in prop::collection::vec(5.0..30.0_f64, 20..60), power in -8..12_i32) {
        let factor = 10.0_f64.powi(power);
        let scaled: Vec<f64> = demand.iter().map(|v| v * factor).collect();
        let (a, b) = (fit(&demand, 4).unwrap(), fit(&scaled, 4).unwrap());
        prop_assert_eq!(a.season, b.season);
        for (a, b) in a.forecast(8).iter().zip(b.forecast(8)) {
            prop_assert!((a * factor - b).abs() < 1e-3 * factor * 20.0, "{} {}", a * factor, b);
        }
    }

    #[test]
    fn an_update_equals_the_recursion_over_the_longer_series(
        demand in prop::collection::vec(5.0..30.0_f64, 30..60),
        cut in 20..30_usize,
    ) {
        for season in CesSeason::ALL {
            let mut model = fit_among(&[season], &demand[..cut], 4, false).unwrap();
            let start = States::first(&demand, 4, season);
            let run = |y: &[f64]| {
                let mut states = start.clone();
                for value in y {
                    states.forward(*value, season, &model.parameters);
                }
                states
            };
            let (before, after) = (run(&demand[..cut]), run(&demand));
            model.states = before;
            demand[cut..].iter().for_each(|value| model.update(*value));
            prop_assert_eq!(&model.states, &after);
        }
    }
}
