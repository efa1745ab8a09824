use super::*;
use crate::forecast::Regressors;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

fn run(demand: &[f64], season_lengths: &[usize], horizon: usize) -> SeriesForecast {
    let regressors = Regressors::default();
    let series = Series { demand, regressors: &regressors, season_lengths };
    forecast_series(&series, &Settings { horizon, ..Settings::default() })
}

/// Noise in [-1, 1), the same for the same `t`.
fn wiggle(t: usize) -> f64 {
    Pcg64::seed_from_u64(t as u64).random_range(-1.0..1.0)
}

#[test]
fn a_noisy_season_is_better_decomposed_than_repeated() {
    let demand: Vec<f64> =
        (0..200).map(|t| [100.0, 80.0, 90.0, 110.0, 150.0, 200.0, 60.0][t % 7] + 20.0 * wiggle(t)).collect();
    let forecast = run(&demand, &[7], 14);
    assert!(matches!(forecast.method, Method::MstlEts | Method::Regression), "{:?}", forecast.scores);
    assert_eq!(forecast.backtest.cutoffs, vec![172, 179, 186]);
    assert!(forecast.scores[0].mase < 0.9, "{:?}", forecast.scores);
    assert_eq!(forecast.naive_backtest.cutoffs, forecast.backtest.cutoffs);
    assert!(forecast.failures.is_empty() && forecast.fallback.is_none(), "{forecast:?}");
}

#[test]
fn demand_with_gaps_never_gets_the_forecast_of_nothing() {
    let demand: Vec<f64> = (0..200).map(|t| if t * 31 % 17 < 2 { 1.0 + f64::from(t % 3) } else { 0.0 }).collect();
    let forecast = run(&demand, &[7], 14);
    assert!(forecast.class.has_gaps());
    let rate = demand.iter().sum::<f64>() / 200.0;
    assert!((forecast.mean[0] / rate - 1.0).abs() < 0.6, "{:?} {rate}", forecast.mean);
}

#[test]
fn forecasts_of_many_slow_sellers_add_up_to_what_they_sell() {
    let mut chance = Pcg64::seed_from_u64(5);
    let (mut forecast, mut sold) = (0.0, 0.0);
    for _ in 0..400 {
        let rate: f64 = chance.random_range(0.002..0.03);
        let demand: Vec<f64> = (0..364).map(|_| f64::from(u8::from(chance.random_bool(rate)))).collect();
        forecast += run(&demand, &[7], 28).mean.iter().sum::<f64>();
        sold += demand.iter().sum::<f64>() * 28.0 / 364.0;
    }
    assert!((forecast / sold - 1.0).abs() < 0.15, "{forecast} forecast, {sold} sold in 28 usual days");
}

#[test]
fn one_sale_long_ago_is_a_slow_seller_and_not_an_ended_one() {
    let mut demand = vec![0.0; 364];
    demand[10] = 1.0;
    let forecast = run(&demand, &[7], 28);
    assert_eq!(forecast.method, Method::Tsb);
    assert!(forecast.mean[0] > 0.0 && forecast.mean[0] < 0.01, "{:?}", forecast.mean);
}

#[test]
fn ended_and_absent_demand_is_zero_with_a_reason() {
    let mut demand: Vec<f64> = (0..150).map(|t| 5.0 + f64::from(t % 3)).collect();
    demand.extend([0.0; 80]);
    for demand in [demand, vec![0.0; 60], vec![f64::NAN; 60], Vec::new()] {
        let forecast = run(&demand, &[7], 10);
        assert_eq!((forecast.method, forecast.mean), (Method::Zero, vec![0.0; 10]));
        assert!(forecast.fallback.is_some());
    }
}

#[test]
fn a_product_of_the_season_has_not_ended() {
    let demand: Vec<f64> = (0..720).map(|t| if t % 365 < 40 { 8.0 + f64::from(t % 2) } else { 0.0 }).collect();
    assert_ne!(run(&demand, &[7, 365], 28).method, Method::Zero);
}

#[test]
fn a_short_history_falls_back_to_the_naive_and_says_why() {
    let forecast = run(&[3.0, 4.0, 5.0, 4.0], &[7], 7);
    assert_eq!(forecast.method, Method::SeasonalNaive);
    // positions never seen take the mean, 4
    assert_eq!(forecast.mean, vec![4.0, 4.0, 4.0, 3.0, 4.0, 5.0, 4.0]);
    assert!(forecast.backtest.is_empty() && forecast.scores.is_empty());
    assert!(forecast.fallback.unwrap().reason.contains("too short"));
}

#[test]
fn a_regressor_of_the_wrong_length_is_a_failure_with_its_name() {
    let demand: Vec<f64> = (0..120).map(|t| 20.0 + 5.0 * wiggle(t)).collect();
    let regressors = Regressors { names: vec!["promotion".to_owned()], columns: vec![vec![0.0; 120]] };
    let series = Series { demand: &demand, regressors: &regressors, season_lengths: &[7] };
    let forecast = forecast_series(&series, &Settings { horizon: 14, ..Settings::default() });
    assert_eq!(forecast.failures.len(), 1);
    assert!(forecast.failures[0].reason.contains("`promotion` has 120 values"), "{:?}", forecast.failures);
}

#[test]
fn nothing_after_the_origin_is_looked_at() {
    let demand: Vec<f64> = (0..150).map(|t| 30.0 + 10.0 * wiggle(t)).collect();
    let mut altered = demand.clone();
    for value in &mut altered[136..] {
        *value = 25.0;
    }
    let settings = Settings { horizon: 14, n_windows: 1, ..Settings::default() };
    let regressors = Regressors::default();
    let forecast = |demand: &[f64]| {
        let series = Series { demand, regressors: &regressors, season_lengths: &[7] };
        let mut fitter = Fitter::new(&series, 0, DemandClass::Smooth, settings.horizon);
        [Method::Ets, Method::MstlEts, Method::Regression].map(|m| fitter.backtest(m, &[136]).unwrap().forecasts)
    };
    assert_eq!(forecast(&demand), forecast(&altered));
}

#[test]
fn stock_outs_do_not_pull_the_forecast_down() {
    let full: Vec<f64> = (0..200).map(|t| 40.0 + 5.0 * wiggle(t)).collect();
    let mut censored = full.clone();
    for t in (0..200).filter(|t| t % 10 < 3) {
        censored[t] = f64::NAN;
    }
    let forecast = run(&censored, &[7], 14);
    assert!(forecast.mean.iter().all(|mean| (mean - 40.0).abs() < 5.5), "{:?} {:?}", forecast.method, forecast.mean);
}

#[test]
fn leading_zeros_belong_to_the_time_before_the_launch() {
    let mut demand = vec![0.0; 300];
    demand.extend((0..100).map(|t| 20.0 + 5.0 * wiggle(t)));
    let forecast = run(&demand, &[7], 14);
    assert_eq!(forecast.class, DemandClass::Smooth);
    assert_eq!(*forecast.backtest.cutoffs.last().unwrap(), 386);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_series_gets_a_usable_forecast(
        values in prop::collection::vec(prop_oneof![Just(f64::NAN), Just(0.0), 0.0..1e6_f64, Just(f64::INFINITY)], 0..120),
        horizon in 1_usize..20,
    ) {
        let forecast = run(&values, &[7, 30, 365], horizon);
        prop_assert_eq!(forecast.mean.len(), horizon);
        prop_assert!(forecast.mean.iter().all(|mean| mean.is_finite() && *mean >= 0.0));
        prop_assert!(forecast.backtest.forecasts.iter().all(|row| row.len() == horizon));
    }

    #[test]
    fn constant_demand_is_its_own_forecast(level in 0.5..1e7_f64, n in 1_usize..120) {
        let forecast = run(&vec![level; n], &[7], 7);
        prop_assert!(forecast.mean.iter().all(|mean| (mean / level - 1.0).abs() < 1e-6), "{:?}", forecast);
    }
}
