use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

const LEVELS: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

/// A series around `level` whose steps are as wide as `spread`, with flat forecasts and `n_windows` windows of 4.
fn noisy(seed: u64, level: f64, spread: f64, n_windows: usize) -> (Vec<f64>, Backtest) {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut draw = || {
        let sum: f64 = (0..12).map(|_| random.random::<f64>()).sum();
        level + spread * (sum - 6.0)
    };
    let n = 20 + 4 * n_windows;
    let history: Vec<f64> = (0..n).map(|_| draw()).collect();
    let cutoffs: Vec<usize> = (0..n_windows).map(|w| 20 + 4 * w).collect();
    let actuals = cutoffs.iter().map(|c| history[*c..c + 4].to_vec()).collect();
    (history, Backtest { forecasts: vec![vec![level; 4]; n_windows], cutoffs, actuals })
}

fn series((history, backtest): &(Vec<f64>, Backtest)) -> CalibrationSeries<'_> {
    CalibrationSeries { history, backtest, season_length: 1 }
}

#[test]
fn a_pooled_quantile_is_the_rank_among_the_errors() {
    // 999 errors -499 .. 499: with next to no reference weight the middle is zero and the level 0.9 stands at rank 900.
    let errors: Vec<f64> = (-499..=499).map(f64::from).collect();
    let shape = Shape::new(2.0, &errors);
    assert!(shape.quantile(0.5).abs() < 1.0, "{}", shape.quantile(0.5));
    // Eight reference errors near zero move rank 900 of 999 by at most 0.9 * 8.
    assert!((shape.quantile(0.9) / 2.0 - 400.0).abs() < 7.3, "{}", shape.quantile(0.9));
    assert_eq!(shape.quantile(1.0), 998.0);
}

#[test]
fn the_width_of_a_window_does_not_count_what_shares_its_periods() {
    let of = |cutoffs: &[usize]| WindowSizes {
        cutoffs: cutoffs.to_vec(),
        sizes: vec![Some(1.0), Some(3.0), None, Some(2.0)],
        horizon: 4,
    };
    let apart = of(&[10, 14, 18, 22]);
    assert_eq!(apart.width(2.0), (2.0 + 6.0) / 5.0);
    assert_eq!(apart.of_windows(2.0)[1], (2.0 + 3.0) / 4.0, "itself alone");
    let close = of(&[10, 11, 12, 13]);
    assert_eq!(close.of_windows(2.0)[1], (2.0 + 2.0) / 3.0, "the last begins half a window later");
    assert_eq!(of(&[10, 10, 10, 10]).of_windows(2.0), vec![1.0; 4], "nothing is apart: the group's width");
}

#[test]
fn a_wide_series_stays_wide_beside_narrow_ones() {
    let mut group: Vec<_> = (0..20).map(|seed| noisy(seed, 100.0, 2.0, 4)).collect();
    group.push(noisy(99, 100.0, 20.0, 4));
    let calibration: Vec<_> = group.iter().map(series).collect();
    let shapes = ErrorShapes::fit(&calibration, 4);
    let band = |i: usize| {
        let row = shapes.quantiles(&calibration[i], &[100.0; 4], &LEVELS).per_period[2].clone();
        row[3] - row[1]
    };
    let ratio = band(20) / band(0);
    assert!((6.0..16.0).contains(&ratio), "{ratio}");
}

#[test]
fn independent_errors_are_covered_as_promised_even_from_three_windows() {
    let group: Vec<_> = (0..150).map(|seed| noisy(seed, 100.0, 1.0 + seed as f64 / 30.0, 3)).collect();
    let calibration: Vec<_> = group.iter().map(series).collect();
    let shapes = ErrorShapes::fit(&calibration, 4);
    let (mut period, mut total, mut count) = ([0.0; 5], [0.0; 5], 0.0);
    for (i, one) in calibration.iter().enumerate() {
        let quantiles = shapes.quantiles(one, &[100.0; 4], &LEVELS);
        let spread = 1.0 + i as f64 / 30.0;
        let (future, _) = noisy(5000 + i as u64, 100.0, spread, 3);
        for block in future.chunks_exact(4) {
            count += 1.0;
            for k in 0..5 {
                period[k] += f64::from(u8::from(block[1] <= quantiles.per_period[1][k]));
                total[k] += f64::from(u8::from(block.iter().sum::<f64>() <= quantiles.total[3][k]));
            }
        }
    }
    for (covered, level) in period.iter().chain(&total).zip(LEVELS.iter().cycle()) {
        assert!((covered / count - level).abs() < 0.04, "{period:?} {total:?} of {count}");
    }
}

#[test]
fn errors_that_persist_widen_totals() {
    let build = |persist: bool| {
        let mut all = Vec::new();
        for seed in 0..30_u64 {
            let (history, mut backtest) = noisy(seed, 100.0, 3.0, 5);
            for (w, row) in backtest.actuals.iter_mut().enumerate() {
                for (h, y) in row.iter_mut().enumerate() {
                    let sign = if (w + if persist { 0 } else { h }) % 2 == 0 { 1.0 } else { -1.0 };
                    *y = 100.0 + 3.0 * sign;
                }
            }
            all.push((history, backtest));
        }
        let calibration: Vec<_> = all.iter().map(series).collect();
        let row = ErrorShapes::fit(&calibration, 4).quantiles(&calibration[0], &[100.0; 4], &[0.9]).total[3].clone();
        row[0] - 400.0
    };
    assert!(build(true) > 3.0 * build(false), "{} {}", build(true), build(false));
}

#[test]
fn nothing_to_learn_from_still_gives_a_band_and_says_so() {
    let backtest = Backtest::default();
    let one = CalibrationSeries { history: &[3.0, 5.0, 4.0], backtest: &backtest, season_length: 7 };
    for group in [&[][..], &[one][..]] {
        let quantiles = ErrorShapes::fit(group, 2).quantiles(&one, &[4.0; 3], &LEVELS);
        assert_eq!(quantiles.basis, QuantileBasis::WideDefault);
        assert!(quantiles.per_period[2][4] > 5.0, "{quantiles:?}");
    }
}

#[test]
fn no_demand_gives_zeros() {
    let backtest = Backtest { cutoffs: vec![4, 6], forecasts: vec![vec![0.0; 2]; 2], actuals: vec![vec![0.0; 2]; 2] };
    let one = CalibrationSeries { history: &[0.0; 8], backtest: &backtest, season_length: 1 };
    let quantiles = ErrorShapes::fit(&[one], 2).quantiles(&one, &[0.0; 2], &LEVELS);
    assert!(quantiles.per_period.iter().chain(&quantiles.total).flatten().all(|q| *q == 0.0));
}

#[test]
fn odd_input_never_panics() {
    let values = [f64::NAN, f64::INFINITY, -1e12, 1e12, 0.0, 1e-300, 1e308];
    let ragged = Backtest {
        cutoffs: vec![900, 2],
        forecasts: vec![vec![f64::NAN, 1e308], vec![1.0]],
        actuals: vec![vec![-1e308], vec![f64::INFINITY, 2.0, 3.0]],
    };
    for history in [&values[..], &[], &[1.0], &[f64::NAN; 3]] {
        for season_length in [0, 1, 7, 10_000] {
            let one = CalibrationSeries { history, backtest: &ragged, season_length };
            for horizon in [0, 1, 5] {
                let quantiles = ErrorShapes::fit(&[one, one], horizon).quantiles(&one, &values, &[0.5, 0.9, 7.0]);
                assert_eq!(quantiles.per_period.len(), values.len());
                assert!(quantiles.total.iter().flatten().all(|q| *q >= 0.0), "{quantiles:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn quantiles_never_cross_nor_fall_nor_go_below_zero(
        level in 0.0..50.0_f64, spread in 0.0..40.0_f64, seed in 0..1000_u64, n_windows in 0..6_usize,
    ) {
        let one = noisy(seed, level, spread, n_windows);
        let quantiles = ErrorShapes::fit(&[series(&one)], 4).quantiles(&series(&one), &[level; 6], &LEVELS);
        for rows in [&quantiles.per_period, &quantiles.total] {
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
    fn scaling_a_series_scales_its_quantiles(seed in 0..1000_u64, scale in 1e-6..1e6_f64) {
        let group: Vec<_> = (0..4).map(|k| noisy(seed + k, 30.0, 3.0, 4)).collect();
        let scaled: Vec<_> = group.iter().map(|(history, backtest)| {
            let times = |row: &Vec<f64>| row.iter().map(|y| y * scale).collect::<Vec<f64>>();
            let rows = |rows: &Vec<Vec<f64>>| rows.iter().map(times).collect::<Vec<_>>();
            let backtest = Backtest {
                cutoffs: backtest.cutoffs.clone(), forecasts: rows(&backtest.forecasts), actuals: rows(&backtest.actuals),
            };
            (times(history), backtest)
        }).collect();
        let of = |group: &[(Vec<f64>, Backtest)], mean: f64| {
            let calibration: Vec<_> = group.iter().map(series).collect();
            ErrorShapes::fit(&calibration, 4).quantiles(&calibration[1], &[mean; 4], &LEVELS)
        };
        let (plain, scaled) = (of(&group, 30.0), of(&scaled, 30.0 * scale));
        for (a, b) in plain.total.iter().flatten().zip(scaled.total.iter().flatten()) {
            prop_assert!((a * scale - b).abs() < 1e-6 * (a * scale).abs().max(1e-12), "{a} {b}");
        }
    }
}

#[test]
fn a_shock_that_all_origins_share_displaces_no_median_and_skewness_does() {
    let history: Vec<f64> = (0..80).map(|t| 100.0 + f64::from(t * 37 % 11) - 5.0).collect();
    let record = |errors: &dyn Fn(usize) -> f64| {
        let cutoffs: Vec<usize> = (50..75).collect();
        let forecasts = vec![vec![100.0; 4]; cutoffs.len()];
        let actuals = (0..cutoffs.len()).map(|window| (0..4).map(|ahead| 100.0 + errors(4 * window + ahead)).collect());
        Backtest { actuals: actuals.collect(), cutoffs, forecasts }
    };
    let median = |backtest: &Backtest| {
        let series = CalibrationSeries { history: &history, backtest, season_length: 1 };
        ErrorShapes::fit(&[series], 4).quantiles(&series, &[100.0; 4], &[0.1, 0.5, 0.9]).per_period[1].clone()
    };
    // Everything sold ten less than was forecast in those weeks.
    let displaced = median(&record(&|n| -10.0 + (n * 29 % 13) as f64 - 6.0));
    assert!((displaced[1] - 100.0).abs() < 1.0, "{displaced:?}");
    assert!(displaced[0] > 90.0 && displaced[2] < 110.0, "{displaced:?}");
    // One in five sells forty more, the others ten less: the mean is right, and so is the median below it.
    let skewed = median(&record(&|n| if n % 5 == 0 { 40.0 } else { -10.0 }));
    assert!((88.0..=93.0).contains(&skewed[1]), "{skewed:?}");
}

#[test]
fn quantiles_lie_around_what_the_point_is_and_means_add_up() {
    let history: Vec<f64> = (0..80).map(|t| 100.0 + f64::from(t * 37 % 11) - 5.0).collect();
    let cutoffs: Vec<usize> = (50..75).collect();
    // One in five sells forty more: a median of 100, a mean of 108.
    let actuals = (0..cutoffs.len())
        .map(|window| (0..4).map(|ahead| if (4 * window + ahead) % 5 == 0 { 140.0 } else { 100.0 }).collect());
    let backtest = Backtest { actuals: actuals.collect(), forecasts: vec![vec![100.0; 4]; cutoffs.len()], cutoffs };
    let series = CalibrationSeries { history: &history, backtest: &backtest, season_length: 1 };
    let levels = [0.1, 0.5, 0.9];
    let of = |shapes: ErrorShapes| shapes.quantiles(&series, &[100.0; 4], &levels);
    let (by_mean, by_median) = (of(ErrorShapes::fit(&[series], 4)), of(ErrorShapes::fit(&[series], 4).centred(1.0)));
    assert!(by_mean.per_period[1][1] < 95.0, "{by_mean:?}");
    assert!((by_median.per_period[1][1] - 100.0).abs() < 1e-9, "{by_median:?}");
    // Four medians of 100 are a total of about 432, not of 400.
    let lift = by_median.total[3][1] - by_mean.total[3][1];
    assert!((20.0..=40.0).contains(&lift), "{lift}");
    assert_eq!(by_median.total[0], by_median.per_period[0]);
    // Where skewness says nothing, both sides are alike.
    let both = of(ErrorShapes::fit(&[series], 4).symmetric());
    let [low, middle, high] = both.per_period[2][..] else { panic!("{both:?}") };
    assert!((middle - 100.0).abs() < 1e-3 && (low + high - 200.0).abs() < 1e-3, "{both:?}");
}

#[test]
fn what_was_fitted_to_the_origins_widens_the_intervals_of_short_histories_most() {
    let width = |n: usize| {
        let history: Vec<f64> = (0..n).map(|t| 100.0 + (t * 37 % 11) as f64 - 5.0).collect();
        let cutoffs: Vec<usize> = (n - 20..n - 4).collect();
        let actuals = cutoffs.iter().map(|cutoff| history[*cutoff..cutoff + 4].to_vec()).collect();
        let backtest = Backtest { actuals, forecasts: vec![vec![100.0; 4]; cutoffs.len()], cutoffs };
        let series = CalibrationSeries { history: &history, backtest: &backtest, season_length: 1 };
        let of = |shapes: ErrorShapes| {
            let row = shapes.quantiles(&series, &[100.0; 4], &[0.1, 0.9]).per_period[0].clone();
            row[1] - row[0]
        };
        of(ErrorShapes::fit(&[series], 4).fitted_with(5.0)) / of(ErrorShapes::fit(&[series], 4))
    };
    // √(45 / 35) and √(405 / 395).
    assert!((width(40) - 1.1339).abs() < 1e-4, "{}", width(40));
    assert!((width(400) - 1.0126).abs() < 1e-4, "{}", width(400));
}
