use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use statrs::distribution::{ContinuousCDF, DiscreteCDF, Gamma, NegativeBinomial, Normal, Poisson};

const LEVELS: [f64; 5] = [0.05, 0.5, 0.75, 0.9, 0.95];

/// Share of simulated futures at or below the quantile, per level: of one period (day 4 ahead) and of the total of 14 days.
fn coverage_of(mean: f64, draw: impl Fn(f64) -> f64) -> ([f64; 5], [f64; 5], QuantileBasis) {
    let mut random = Pcg64::seed_from_u64(7);
    let (n_series, horizon) = (400, 14);
    let (mut period, mut total) = ([0.0; 5], [0.0; 5]);
    let mut basis = QuantileBasis::WideDefault;
    for _ in 0..n_series {
        let history: Vec<f64> = (0..50).map(|_| draw(random.random())).collect();
        let future: Vec<f64> = (0..horizon).map(|_| draw(random.random())).collect();
        let backtest = Backtest {
            cutoffs: vec![100, 107, 114],
            forecasts: vec![vec![mean; horizon]; 3],
            actuals: (0..3).map(|_| (0..horizon).map(|_| draw(random.random())).collect()).collect(),
        };
        let quantiles = demand_quantiles(&vec![mean; horizon], &backtest, &history, &LEVELS);
        basis = quantiles.basis;
        for i in 0..LEVELS.len() {
            period[i] += f64::from(u8::from(future[3] <= quantiles.per_period[3][i])) / f64::from(n_series);
            total[i] += f64::from(u8::from(future.iter().sum::<f64>() <= quantiles.total[13][i])) / f64::from(n_series);
        }
    }
    (period, total, basis)
}

#[test]
fn normal_demand_is_covered_as_promised() {
    let normal = Normal::new(100.0, 20.0).unwrap();
    let (period, total, basis) = coverage_of(100.0, |u| normal.inverse_cdf(u.clamp(1e-9, 1.0 - 1e-9)));
    assert_eq!(basis, QuantileBasis::Backtest { n_errors: 42 });
    for (covered, level) in period.iter().chain(&total).zip(LEVELS.iter().cycle()) {
        assert!((covered - level).abs() < 0.07, "{period:?} {total:?}");
    }
}

#[test]
fn skewed_demand_is_covered_as_promised() {
    let gamma = Gamma::new(2.0, 0.05).unwrap(); // mean 40
    let (period, total, _) = coverage_of(40.0, |u| gamma.inverse_cdf(u.clamp(1e-9, 1.0 - 1e-9)));
    for (covered, level) in period.iter().chain(&total).zip(LEVELS.iter().cycle()) {
        assert!((covered - level).abs() < 0.08, "{period:?} {total:?}");
    }
}

#[test]
fn poisson_demand_is_covered_at_least_as_promised() {
    let poisson = Poisson::new(2.0).unwrap();
    let (period, total, basis) = coverage_of(2.0, |u| poisson.inverse_cdf(u) as f64);
    assert_eq!(basis, QuantileBasis::CountModel);
    for (covered, level) in period.iter().zip(LEVELS) {
        assert!(*covered > level - 0.03, "{period:?}");
    }
    for (covered, level) in total.iter().zip(LEVELS) {
        assert!((covered - level).abs() < 0.10, "{total:?}");
    }
}

#[test]
fn over_dispersed_demand_is_covered_at_least_as_promised() {
    let counts = NegativeBinomial::new(1.0, 0.25).unwrap(); // mean 3, variance 12
    let (period, total, _) = coverage_of(3.0, |u| counts.inverse_cdf(u) as f64);
    for (covered, level) in period.iter().zip(LEVELS) {
        assert!(*covered > level - 0.04, "{period:?}");
    }
    for (covered, level) in total.iter().zip(LEVELS) {
        assert!((covered - level).abs() < 0.10, "{total:?}");
    }
}

#[test]
fn errors_that_persist_widen_the_total_more_than_independent_ones() {
    let window = |errors: [f64; 4]| errors.map(|e| 100.0 + e).to_vec();
    let backtest =
        |actuals: Vec<Vec<f64>>| Backtest { cutoffs: vec![1, 2, 3], forecasts: vec![vec![100.0; 4]; 3], actuals };
    let persistent = backtest(vec![window([10.5; 4]), window([-10.5; 4]), window([10.5, 10.0, 10.0, 10.5])]);
    let independent = backtest(vec![
        window([10.5, -10.5, 10.5, -10.5]),
        window([-10.5, 10.5, -10.5, 10.5]),
        window([10.5, -10.0, 10.0, -10.5]),
    ]);
    let width = |b: &Backtest| demand_quantiles(&[100.0; 4], b, &[99.5, 101.5], &[0.95]).total[3][0] - 400.0;
    assert!(width(&persistent) > 1.7 * width(&independent), "{} {}", width(&persistent), width(&independent));
}

#[test]
fn a_high_season_is_wider() {
    let backtest = Backtest {
        cutoffs: vec![10, 20],
        forecasts: vec![vec![50.5; 10]; 2],
        actuals: vec![vec![40., 60., 45., 55., 50., 41., 61., 44., 56., 51.]; 2],
    };
    let quantiles = demand_quantiles(&[50.0, 200.0], &backtest, &[50.5], &[0.1, 0.9]);
    let width = |h: usize| quantiles.per_period[h][1] - quantiles.per_period[h][0];
    assert!((width(1) / width(0) - 2.0).abs() < 0.2, "{quantiles:?}");
}

#[test]
fn no_forecast_and_no_history_give_zeros_and_say_so() {
    let quantiles = demand_quantiles(&[0.0; 3], &Backtest::default(), &[], &[0.5, 0.99]);
    assert_eq!(quantiles.basis, QuantileBasis::WideDefault);
    assert!(quantiles.total.iter().flatten().all(|q| *q == 0.0));
}

#[test]
fn levels_are_sorted_and_impossible_ones_dropped() {
    let quantiles = demand_quantiles(&[3.0], &Backtest::default(), &[3.0], &[0.9, 0.0, 0.5, 1.5, 0.9, f64::NAN]);
    assert_eq!(quantiles.levels, vec![0.5, 0.9]);
}

proptest! {
    #[test]
    fn quantiles_never_cross_nor_fall_nor_go_below_zero(
        mean in prop::collection::vec(0.0..300.0_f64, 1..20),
        errors in prop::collection::vec(prop::collection::vec(-200.0..400.0_f64, 20), 0..4),
        scale in 0.001..1.0_f64,
        whole in any::<bool>(),
    ) {
        let mean: Vec<f64> = mean.iter().map(|m| m * scale).collect();
        let forecasts: Vec<Vec<f64>> = errors.iter().map(|row| vec![150.0 * scale; row.len()]).collect();
        let actuals: Vec<Vec<f64>> = errors
            .iter()
            .map(|row| row.iter().map(|e| { let y = ((150.0 + e) * scale).max(0.0); if whole { y.round() } else { y } }).collect())
            .collect();
        let history: Vec<f64> = if whole { vec![1.0, 2.0, 0.0] } else { vec![1.5, 2.5, 0.0] };
        let backtest = Backtest { cutoffs: (0..errors.len()).collect(), forecasts, actuals };
        let quantiles = demand_quantiles(&mean, &backtest, &history, &[0.01, 0.1, 0.5, 0.9, 0.99]);
        for rows in [&quantiles.per_period, &quantiles.total] {
            prop_assert_eq!(rows.len(), mean.len());
            for row in rows {
                prop_assert!(row.iter().all(|q| q.is_finite() && *q >= 0.0));
                prop_assert!(row.windows(2).all(|pair| pair[0] <= pair[1]));
            }
        }
        for pair in quantiles.total.windows(2) {
            prop_assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| a <= b));
        }
    }

    #[test]
    fn order_of_windows_does_not_matter(rows in prop::collection::vec(prop::collection::vec(0.0..90.5_f64, 6), 3)) {
        let backtest = |actuals: Vec<Vec<f64>>| Backtest { cutoffs: vec![1, 2, 3], forecasts: vec![vec![40.0; 6]; 3], actuals };
        let mut reversed = rows.clone();
        reversed.reverse();
        let a = demand_quantiles(&[40.0; 6], &backtest(rows), &[40.5], &LEVELS);
        let b = demand_quantiles(&[40.0; 6], &backtest(reversed), &[40.5], &LEVELS);
        for (a, b) in a.total.iter().flatten().chain(a.per_period.iter().flatten()).zip(b.total.iter().flatten().chain(b.per_period.iter().flatten())) {
            prop_assert!((a - b).abs() < 1e-6 * (1.0 + a.abs()));
        }
    }
}
