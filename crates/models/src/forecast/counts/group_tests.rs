use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use statrs::distribution::{DiscreteCDF, NegativeBinomial};

const LEVELS: [f64; 5] = [0.5, 0.75, 0.9, 0.95, 0.99];
const SETTINGS: CountSettings = CountSettings { horizon: 4, n_windows: 3, step_size: 2 };

/// Negative binomial demand (mean, dispersion) by inversion.
fn draw(random: &mut Pcg64, mean: f64, dispersion: f64, n: usize) -> Vec<f64> {
    let pmf = CountPmf::negative_binomial(mean, dispersion);
    (0..n).map(|_| pmf.quantiles(&[random.random::<f64>()])[0]).collect()
}

fn plain(demand: &[f64]) -> CountSeries<'_> {
    CountSeries { demand, factor: &[] }
}

#[test]
fn stable_demand_is_covered_at_least_as_promised_and_not_much_more() {
    let mut random = Pcg64::seed_from_u64(11);
    let series: Vec<Vec<f64>> = (0..120).map(|i| draw(&mut random, 0.3 + f64::from(i) / 30.0, 2.0, 60)).collect();
    let group = CountGroup::fit(&series.iter().map(|y| plain(&y[..52])).collect::<Vec<_>>(), &SETTINGS);
    let (mut period, mut total, mut promised, mut count) = ([0.0; 5], [0.0; 5], [0.0; 5], 0.0);
    for (i, y) in series.iter().enumerate() {
        let quantiles = group.forecast(plain(&y[..52])).unwrap().quantiles(&LEVELS);
        // Mean over dispersion - 1, 1 over dispersion.
        let truth = NegativeBinomial::new(0.3 + i as f64 / 30.0, 0.5).unwrap();
        count += 1.0;
        for k in 0..5 {
            for ahead in 0..4 {
                period[k] += f64::from(u8::from(y[52 + ahead] <= quantiles.per_period[ahead][k])) / 4.0;
            }
            let sum: f64 = y[52..56].iter().sum();
            total[k] += f64::from(u8::from(sum <= quantiles.total[3][k]));
            // What the true quantile, a whole number too, covers.
            promised[k] += truth.cdf(truth.inverse_cdf(LEVELS[k]));
        }
    }
    for k in 0..5 {
        assert!(period[k] / count > LEVELS[k] - 0.03, "{period:?}");
        assert!(period[k] / count < promised[k] / count + 0.05, "{period:?} {promised:?}");
        assert!(total[k] / count > LEVELS[k] - 0.08, "{total:?}");
    }
}

#[test]
fn a_part_that_died_has_a_higher_chance_of_no_demand() {
    let alive: Vec<f64> = (0..48).map(|t| if t % 3 == 0 { 2.0 } else { 0.0 }).collect();
    let dead: Vec<f64> = alive.iter().enumerate().map(|(t, y)| if t < 24 { *y } else { 0.0 }).collect();
    let group = CountGroup::fit(&[plain(&alive), plain(&dead), plain(&alive), plain(&dead)], &SETTINGS);
    let demand_at = |y: &[f64], level: f64| group.forecast(plain(y)).unwrap().per_period[0].quantiles(&[level])[0];
    assert_eq!(demand_at(&dead, 0.85), 0.0);
    assert!(demand_at(&alive, 0.8) > 0.0);
}

#[test]
fn a_season_moves_the_forecast() {
    let mut random = Pcg64::seed_from_u64(5);
    let y = draw(&mut random, 2.0, 1.5, 40);
    let factor = |last: f64| [vec![1.0; 40], vec![last; 4]].concat();
    let (low, high) = (factor(0.5), factor(2.0));
    let group = CountGroup::fit(&[plain(&y)], &SETTINGS);
    let mean = |factor: &[f64]| group.forecast(CountSeries { demand: &y, factor }).unwrap().mean()[0];
    assert!((mean(&high) / mean(&low) - 4.0).abs() < 0.2, "{} {}", mean(&high), mean(&low));
}

#[test]
fn no_demand_gives_zeros_for_certain() {
    let y = [0.0, 0.0, f64::NAN, 0.0, 0.0, 0.0];
    let group = CountGroup::fit(&[plain(&y)], &SETTINGS);
    let forecast = group.forecast(plain(&y)).unwrap();
    assert_eq!(forecast.per_period, vec![CountPmf::zero(); 4]);
    assert!(forecast.quantiles(&LEVELS).total.iter().flatten().all(|q| *q == 0.0));
}

#[test]
fn odd_input_never_panics() {
    let odd = [f64::NAN, f64::INFINITY, -1e12, 1e12, 0.5, -3.0, 7.0, 1e-300];
    let inputs: [&[f64]; 6] = [&odd, &[], &[3.0], &[f64::NAN; 12], &[1e12; 30], &[0.5, -3.0, 7.0, 1e-300]];
    let series: Vec<CountSeries> = inputs.iter().map(|demand| CountSeries { demand, factor: &odd }).collect();
    for horizon in [0, 1, 3] {
        let settings = CountSettings { horizon, n_windows: 2, step_size: 0 };
        let group = CountGroup::fit(&series, &settings);
        for one in &series {
            match group.forecast(*one) {
                Ok(forecast) => assert_eq!(forecast.quantiles(&LEVELS).per_period.len(), horizon),
                Err(error) => assert!(matches!(error, MethodError::TooShort { .. } | MethodError::Unusable { .. })),
            }
        }
    }
    let empty = CountGroup::fit(&[], &SETTINGS);
    assert_eq!(empty.forecast(plain(&[1.0, 0.0, 2.0])).unwrap().per_period.len(), 4);
}

#[test]
fn what_follows_an_unobserved_end_is_what_was_known_before_it() {
    let mut random = Pcg64::seed_from_u64(9);
    let y = draw(&mut random, 1.0, 2.0, 40);
    let group = CountGroup::fit(&[plain(&y)], &SETTINGS);
    let gap = [&y[..], &[f64::NAN; 3]].concat();
    let (a, b) = (group.forecast(plain(&y)).unwrap().mean()[0], group.forecast(plain(&gap)).unwrap().mean()[0]);
    assert!((a / b - 1.0).abs() < 0.1, "{a} {b}");
}

#[test]
fn one_sparse_part_has_its_distribution() {
    let demand = [0.0, 2.0, 0.0, 0.0, 1.0, 0.0, f64::NAN, 0.0, 2.0, 0.0, 0.0, 1.0];
    let part = CountSeries { demand: &demand, factor: &[] };
    let group = CountGroup::fit(&[part], &CountSettings { horizon: 2, n_windows: 2, step_size: 1 });
    let forecast = group.forecast(part).unwrap();
    assert!(forecast.quantiles(&[0.5, 0.99]).total[1][1] >= 2.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn quantiles_are_ordered_and_totals_never_fall(demand in prop::collection::vec(prop_oneof![Just(f64::NAN), (0_u8..12).prop_map(f64::from)], 1..60)) {
        let group = CountGroup::fit(&[plain(&demand)], &SETTINGS);
        if let Ok(forecast) = group.forecast(plain(&demand)) {
            let quantiles = forecast.quantiles(&LEVELS);
            for row in quantiles.per_period.iter().chain(&quantiles.total) {
                prop_assert!(row.windows(2).all(|pair| pair[0] <= pair[1]));
                prop_assert!(row.iter().all(|q| *q >= 0.0 && q.fract() == 0.0));
            }
            for pair in quantiles.total.windows(2) {
                prop_assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| a <= b));
            }
        }
    }
}
