use super::*;
use crate::forecast::simulated::{PLAIN, Recipe, gamma};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_pcg::Pcg64;

fn profile(siblings: &[Vec<f64>], launched: bool) -> Option<CategoryProfile> {
    let siblings: Vec<Sibling> = siblings.iter().map(|demand| Sibling { demand, factors: &[], launched }).collect();
    CategoryProfile::fit(&siblings)
}

#[test]
fn rare_deaths_are_smoothed_as_in_gelman() {
    // Bayesian Data Analysis, section 2.7: prior Gamma(20, 430,000), ten years in a county of 1,000.
    let prior = CategoryProfile {
        level: 20.0 / 430_000.0,
        shape: 20.0,
        dispersion: 1.0,
        launch_curve: [1.0; 8],
        n_siblings: 100,
        n_launches: 0,
        is_whole: true,
    };
    for (deaths, rate) in [(0.0, 4.55e-5), (1.0, 4.77e-5), (2.0, 5.00e-5)] {
        let mut own = vec![0.0; 10_000];
        own[0] = deaths;
        assert!((cold_start(&own, &prior, &[], 1).level - rate).abs() < 0.005e-5);
    }
}

#[test]
fn the_spread_of_levels_is_recovered() {
    let random = &mut Pcg64::seed_from_u64(1);
    let siblings: Vec<Vec<f64>> = (0..300)
        .map(|seed| Recipe { mean: 2.0 * gamma(random, 3.0), dispersion: 2.0, ..PLAIN }.draw(60, seed))
        .collect();
    let profile = profile(&siblings, false).unwrap();
    assert!((profile.level - 6.0).abs() < 0.5 && (profile.shape - 3.0).abs() < 0.6, "{profile:?}");
    assert!((profile.dispersion - 2.0).abs() < 0.1, "{profile:?}");
}

#[test]
fn shrinkage_beats_both_the_own_mean_and_that_of_the_category() {
    let random = &mut Pcg64::seed_from_u64(2);
    let siblings: Vec<Vec<f64>> =
        (0..200).map(|seed| Recipe { mean: gamma(random, 2.0), ..PLAIN }.draw(120, seed)).collect();
    let profile = profile(&siblings[..100], false).unwrap();
    let (mut shrunk, mut own, mut category) = (0.0, 0.0, 0.0);
    for demand in &siblings[100..] {
        let truth = demand[7..].iter().sum::<f64>() / 113.0;
        let forecast = cold_start(&demand[..7], &profile, &[], 1).mean[0];
        shrunk += (forecast - truth).powi(2);
        own += (demand[..7].iter().sum::<f64>() / 7.0 - truth).powi(2);
        category += (profile.level - truth).powi(2);
    }
    assert!(shrunk < own && shrunk < category);
}

#[test]
fn totals_are_covered_as_promised() {
    let random = &mut Pcg64::seed_from_u64(3);
    let siblings: Vec<Vec<f64>> = (0..500)
        .map(|seed| Recipe { mean: 1.5 * gamma(random, 2.0), dispersion: 2.0, ..PLAIN }.draw(100, seed))
        .collect();
    let profile = profile(&siblings[..100], false).unwrap();
    for days in [0, 7, 28] {
        let within = siblings[100..]
            .iter()
            .filter(|demand| {
                let forecast = cold_start(&demand[..days], &profile, &[], 14);
                demand[days..days + 14].iter().sum::<f64>() <= forecast.total_quantiles(&[0.9])[13][0]
            })
            .count();
        assert!((350..=378).contains(&within), "{days}: {within} of 400");
    }
}

#[test]
fn a_launch_curve_is_read_from_five_launches() {
    let launch = |seed: u64, n: usize| -> Vec<f64> {
        let mut demand = Recipe { mean: 12.0, ..PLAIN }.draw(n, seed);
        for (t, y) in demand.iter_mut().take(56).enumerate() {
            *y = (*y * (1.0 + t as f64 / 7.0).floor() / 8.0).round();
        }
        demand
    };
    let siblings: Vec<Vec<f64>> = (0..8).map(|seed| launch(seed, 150)).collect();
    let fitted = profile(&siblings, true).unwrap();
    assert_eq!(fitted.n_launches, 8);
    assert!((0..8).all(|k| (fitted.launch_curve[k] - (k + 1) as f64 / 8.0).abs() < 0.1), "{fitted:?}");
    let forecast = cold_start(&launch(99, 7), &fitted, &[], 56);
    assert!((forecast.level - 12.0).abs() < 1.5 && (forecast.mean[55] - forecast.level).abs() < 1e-9);
    assert!(forecast.mean[0] < 0.35 * forecast.mean[55]);
    assert_eq!(profile(&siblings[..4], true).unwrap().launch_curve, [1.0; 8]);
}

#[test]
fn a_launch_like_any_other_day_has_no_curve() {
    let siblings: Vec<Vec<f64>> = (0..20).map(|seed| Recipe { mean: 2.0, ..PLAIN }.draw(120, seed)).collect();
    let curve = profile(&siblings, true).unwrap().launch_curve;
    assert!(curve.iter().all(|factor| (factor - 1.0).abs() < 0.06), "{curve:?}");
}

#[test]
fn the_season_of_the_category_moves_the_forecast_but_not_the_level() {
    let siblings = vec![vec![4.0; 60]; 5];
    let profile = profile(&siblings, false).unwrap();
    let factors: Vec<f64> = (0..42).map(|t| if t % 7 == 5 { 2.5 } else { 0.75 }).collect();
    let own: Vec<f64> = factors[..14].iter().map(|factor| factor * 4.0).collect();
    let forecast = cold_start(&own, &profile, &factors, 28);
    assert!((0..28).all(|h| (forecast.mean[h] - 4.0 * factors[14 + h]).abs() < 1e-6), "{:?}", forecast.mean);
}

#[test]
fn siblings_without_a_sale_tell_nothing() {
    assert_eq!(profile(&[vec![0.0; 30], vec![f64::NAN; 9], vec![]], false), None);
    let one = profile(&[vec![3.0; 30]], false).unwrap();
    assert_eq!((one.level, one.shape), (3.0, 1.0));
}

#[test]
fn one_in_a_thousand_slow_or_clustered_sellers_at_most_is_called_ended() {
    let mut called = 0;
    for seed in 0..300_u64 {
        let recipe = Recipe { mean: [0.02, 0.1, 0.5][seed as usize % 3], dispersion: 3.0, noise: (0.98, 0.8), ..PLAIN };
        let demand = recipe.draw(728, seed);
        called += (400..728).step_by(20).filter(|n| ended(&demand[..*n], &[7, 365], 28).is_some()).count();
    }
    assert!(called <= 5, "{called} of 5,100 nights");
}

#[test]
fn a_season_that_comes_back_has_not_ended() {
    let demand: Vec<f64> = (0..700).map(|t| if t % 365 < 60 { 5.0 } else { 0.0 }).collect();
    assert_eq!(ended(&demand, &[7, 365], 60), None);
    assert_eq!(ended(&demand, &[7], 60), Some(424));
    assert_eq!(ended(&[0.0; 90], &[7], 7), None);
    assert_eq!(ended(&[], &[7], 7), None);
    assert_eq!(ended(&[vec![2.0; 90], vec![f64::NAN; 90]].concat(), &[7], 7), None, "nobody looked");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn constant_siblings_and_a_constant_start_give_that_constant(level in 1.0..1e5_f64, n in 0_usize..40) {
        let profile = profile(&vec![vec![level; 90]; 6], true).unwrap();
        let forecast = cold_start(&vec![level; n], &profile, &[], 14);
        prop_assert!(forecast.mean.iter().all(|mean| (mean / level - 1.0).abs() < 1e-9), "{:?}", forecast.mean);
    }

    #[test]
    fn more_own_demand_weighs_more_and_in_the_end_alone(
        level in 0.01..50.0_f64, shape in 0.2..50.0_f64, dispersion in 1.0..9.0_f64, own in 0.0..99.0_f64,
    ) {
        let profile = CategoryProfile {
            level, shape, dispersion, launch_curve: [1.0; 8], n_siblings: 9, n_launches: 0, is_whole: false,
        };
        let forecasts: Vec<ColdStart> =
            [0, 1, 7, 28, 364].iter().map(|n| cold_start(&vec![own; *n], &profile, &[], 2)).collect();
        prop_assert!(forecasts[0].weight_own == 0.0 && (forecasts[0].level / level - 1.0).abs() < 1e-12);
        prop_assert!(forecasts.windows(2).all(|pair| pair[0].weight_own < pair[1].weight_own));
        let prior_periods = dispersion * shape / level;
        prop_assume!(prior_periods < 1000.0);
        let endless = cold_start(&vec![own; 200_000], &profile, &[], 1);
        prop_assert!(endless.weight_own > 0.99 && (endless.level - own).abs() < 0.01 * (own - level).abs() + 1e-9);
        prop_assert!(forecasts.iter().all(|f| (f.level - level) * (f.level - own) <= 1e-9));
    }

    #[test]
    fn odd_input_gives_ordered_quantiles(
        own in prop::collection::vec(prop_oneof![Just(f64::NAN), -3.0..1e9_f64, Just(f64::INFINITY), Just(0.0)], 0..40),
        factors in prop::collection::vec(prop_oneof![Just(f64::NAN), -1.0..3.0_f64], 0..60),
        siblings in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(f64::NAN), 0.0..1e6_f64, Just(0.0)], 0..100), 0..8,
        ),
    ) {
        let siblings: Vec<Sibling> = siblings
            .iter()
            .enumerate()
            .map(|(i, demand)| Sibling { demand, factors: &factors, launched: i % 2 == 0 })
            .collect();
        if let Some(profile) = CategoryProfile::fit(&siblings) {
            let forecast = cold_start(&own, &profile, &factors, 10);
            prop_assert!(forecast.mean.iter().all(|mean| mean.is_finite() && *mean >= 0.0), "{:?}", forecast);
            for row in forecast.quantiles(&[0.1, 0.5, 0.99]).iter().chain(&forecast.total_quantiles(&[0.1, 0.5, 0.99])) {
                prop_assert!(row.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", row);
            }
        }
    }
}
