use super::*;
use proptest::prelude::*;

/// Two features and a target with noise: y = 3 [x0 > 0.5] + x1, plus noise of up to a half.
fn sample(n: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<f32>) {
    let uniform = |stream: u64, row: usize| mixed(seed ^ stream, row as u64) as f32 / u64::MAX as f32;
    let columns: Vec<Vec<f32>> = (0..2).map(|c| (0..n).map(|row| uniform(c, row)).collect()).collect();
    let y = (0..n).map(|r| 3.0 * f32::from(columns[0][r] > 0.5) + columns[1][r] + uniform(9, r) - 0.5).collect();
    (columns, y)
}

fn fitted(columns: &[Vec<f32>], y: &[f32], settings: &BoostingSettings) -> Booster {
    let bins = Bins::from_columns(columns, 255);
    let matrix = BinnedMatrix::from_columns(&bins, columns);
    Booster::fit(&bins, TrainingRows { matrix: &matrix, targets: y, weights: None }, None, settings).unwrap()
}

fn small() -> BoostingSettings {
    BoostingSettings { n_trees: 60, learning_rate: 0.1, max_leaves: 15, min_rows_per_leaf: 10, ..Default::default() }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn every_loss_learns_a_step_and_a_slope() {
    let (columns, y) = sample(3000, 1);
    for loss in [Loss::Squared, Loss::Absolute, Loss::Huber(1.0)] {
        let booster = fitted(&columns, &y, &BoostingSettings { loss, ..small() });
        for (a, b, truth) in [(0.1, 0.5, 0.5), (0.9, 0.5, 3.5), (0.9, 0.9, 3.9), (0.1, 0.1, 0.1)] {
            let found = booster.predict_row(&[a, b]);
            assert!((found - truth).abs() < 0.15, "{loss:?} at {a}, {b}: {found}");
        }
    }
}

#[test]
fn quantiles_cover_their_level() {
    let (columns, y) = sample(4000, 2);
    for level in [0.1, 0.5, 0.9] {
        let booster = fitted(&columns, &y, &BoostingSettings { loss: Loss::Quantile(level), ..small() });
        let (fresh, fresh_y) = sample(2000, 77);
        let covered = mean(
            (0..2000).map(|r| f64::from(f64::from(fresh_y[r]) <= booster.predict_row(&[fresh[0][r], fresh[1][r]]))),
        );
        assert!((covered - level).abs() < 0.04, "{level}: {covered}");
    }
}

#[test]
fn counts_are_forecast_by_their_mean() {
    let (columns, y) = sample(4000, 3);
    let counts: Vec<f32> = y.iter().map(|y| y.max(0.0).floor()).collect();
    for loss in [Loss::Poisson, Loss::Tweedie(1.3)] {
        let booster = fitted(&columns, &counts, &BoostingSettings { loss, ..small() });
        for (name, chosen) in [("low", [0.0, 0.5]), ("high", [0.5, 1.0])] {
            let rows: Vec<usize> =
                (0..4000).filter(|r| columns[0][*r] > chosen[0] && columns[0][*r] <= chosen[1]).collect();
            let actual = mean(rows.iter().map(|r| f64::from(counts[*r])));
            let forecast = mean(rows.iter().map(|r| booster.predict_row(&[columns[0][*r], columns[1][*r]])));
            assert!((forecast / actual - 1.0).abs() < 0.08, "{loss:?} {name}: {forecast} for {actual}");
        }
    }
}

#[test]
fn missing_values_go_where_they_belong() {
    let x: Vec<f32> = (0..600).map(|i| if i % 3 == 0 { f32::NAN } else { (i % 2) as f32 }).collect();
    let y: Vec<f32> = x.iter().map(|x| if x.is_nan() { 5.0 } else { *x }).collect();
    let booster = fitted(&[x], &y, &BoostingSettings { learning_rate: 0.5, column_fraction: 1.0, ..small() });
    assert!((booster.predict_row(&[f32::NAN]) - 5.0).abs() < 0.1);
    assert!((booster.predict_row(&[1.0]) - 1.0).abs() < 0.1 && booster.predict_row(&[0.0]).abs() < 0.1);
    assert_eq!(booster.predict_row(&[]), booster.predict_row(&[f32::NAN]));
}

#[test]
fn a_price_can_only_lower_demand() {
    let (columns, y) = sample(1500, 4);
    for loss in [Loss::Squared, Loss::Absolute, Loss::Quantile(0.8), Loss::Poisson] {
        let target: Vec<f32> = y.iter().map(|y| (y + 1.0).max(0.0)).collect();
        let booster = fitted(&columns, &target, &BoostingSettings { loss, monotone: vec![0, -1], ..small() });
        for a in [0.2, 0.8] {
            let path: Vec<f64> = (0..50).map(|i| booster.predict_row(&[a, i as f32 / 50.0])).collect();
            assert!(path.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{loss:?} {path:?}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (columns, y) = sample(70_000, 5);
    let settings = BoostingSettings { n_trees: 5, ..small() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| fitted(&columns, &y, &settings))).unwrap()
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn growing_stops_when_validation_gets_no_better() {
    let (columns, y) = sample(400, 6);
    let (other, other_y) = sample(400, 60);
    let bins = Bins::from_columns(&columns, 255);
    let (matrix, watched) = (BinnedMatrix::from_columns(&bins, &columns), BinnedMatrix::from_columns(&bins, &other));
    let settings = BoostingSettings { n_trees: 500, learning_rate: 0.3, patience: 5, ..small() };
    let rows = TrainingRows { matrix: &matrix, targets: &y, weights: None };
    let validation = TrainingRows { matrix: &watched, targets: &other_y, weights: None };
    let booster = Booster::fit(&bins, rows, Some(validation), &settings).unwrap();
    assert!(booster.n_trees() >= 2 && booster.n_trees() < 200, "{}", booster.n_trees());
}

#[test]
fn a_weight_of_two_counts_like_two_rows() {
    // Weights 3 : 1 on contradicting targets: the heavier wins the median, and the mean lies at a quarter.
    let x = vec![vec![1.0_f32; 200]];
    let y: Vec<f32> = (0..200).map(|i| (i % 2) as f32).collect();
    let weights: Vec<f32> = (0..200).map(|i| if i % 2 == 0 { 3.0 } else { 1.0 }).collect();
    let bins = Bins::from_columns(&x, 16);
    let matrix = BinnedMatrix::from_columns(&bins, &x);
    let rows = TrainingRows { matrix: &matrix, targets: &y, weights: Some(&weights) };
    let of = |loss| Booster::fit(&bins, rows, None, &BoostingSettings { loss, ..small() }).unwrap().predict_row(&[1.0]);
    assert!(of(Loss::Absolute).abs() < 1e-6);
    assert!((of(Loss::Squared) - 0.25).abs() < 0.02);
}

#[test]
fn a_booster_survives_json() {
    let (columns, y) = sample(300, 8);
    let booster = fitted(&columns, &y, &small());
    let back: Booster = serde_json::from_str(&serde_json::to_string(&booster).unwrap()).unwrap();
    assert_eq!(back.predict_row(&[0.3, 0.7]), booster.predict_row(&[0.3, 0.7]));
}

#[test]
fn bad_input_is_refused_with_what_was_found() {
    let (columns, y) = sample(50, 9);
    let bins = Bins::from_columns(&columns, 16);
    let matrix = BinnedMatrix::from_columns(&bins, &columns);
    let fit = |targets: &[f32], weights: Option<&[f32]>, settings: &BoostingSettings| {
        Booster::fit(&bins, TrainingRows { matrix: &matrix, targets, weights }, None, settings).unwrap_err().to_string()
    };
    assert!(fit(&y[1..], None, &small()).contains("49 targets for 50 rows"));
    assert!(fit(&[f32::NAN; 50], None, &small()).contains("row 0: found NaN"));
    assert!(fit(&[-1.0; 50], None, &BoostingSettings { loss: Loss::Poisson, ..small() }).contains("found -1"));
    assert!(fit(&y, Some(&[-1.0; 50]), &small()).contains("weight of row 0"));
    assert!(fit(&y, None, &BoostingSettings { learning_rate: 0.0, ..small() }).contains("learning_rate: found 0"));
    assert!(fit(&y, None, &BoostingSettings { max_leaves: 1, ..small() }).contains("max_leaves: found 1"));
    assert!(fit(&y, None, &BoostingSettings { loss: Loss::Quantile(1.0), ..small() }).contains("quantile level"));
    assert!(fit(&y, None, &BoostingSettings { loss: Loss::Tweedie(2.5), ..small() }).contains("Tweedie power"));
    let none = BinnedMatrix::from_columns(&bins, &[vec![], vec![]]);
    let rows = TrainingRows { matrix: &none, targets: &[], weights: None };
    assert!(Booster::fit(&bins, rows, None, &small()).unwrap_err().to_string().contains("found 0 rows"));
}

#[test]
fn quantile_of_weights_meets_the_definition() {
    use super::loss::weighted_quantile;
    let of =
        |values: &[f32], level| weighted_quantile(&mut values.iter().map(|v| (*v, 1.0)).collect::<Vec<_>>(), level);
    assert_eq!(of(&[3.0, 1.0, 2.0], 0.5), 2.0);
    assert_eq!(of(&[4.0, 1.0, 2.0, 3.0], 0.5), 2.5);
    assert_eq!(of(&[1.0, 2.0], 0.9), 2.0);
    assert_eq!(of(&[], 0.5), 0.0);
    assert_eq!(weighted_quantile(&mut [(1.0, 1.0), (5.0, 10.0)], 0.5), 5.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_targets_give_finite_forecasts(
        y in prop::collection::vec(prop_oneof![Just(0.0_f32), -1e30..1e30_f32, 0.0..5.0_f32], 1..80),
        seed in any::<u64>(),
    ) {
        let x: Vec<f32> = (0..y.len()).map(|i| if i % 5 == 0 { f32::NAN } else { (mixed(seed, i as u64) % 9) as f32 }).collect();
        for loss in [Loss::Squared, Loss::Absolute, Loss::Quantile(0.9), Loss::Huber(1.0), Loss::Poisson, Loss::Tweedie(1.5)] {
            let y: Vec<f32> = y.iter().map(|y| if loss.has_log_link() { y.abs() } else { *y }).collect();
            let settings = BoostingSettings { loss, n_trees: 5, min_rows_per_leaf: 1, max_leaves: 7, seed, ..small() };
            let booster = fitted(std::slice::from_ref(&x), &y, &settings);
            for value in [f32::NAN, f32::NEG_INFINITY, 0.0, 4.0, f32::INFINITY] {
                prop_assert!(booster.predict_row(&[value]).is_finite());
            }
        }
    }

    #[test]
    fn bins_keep_the_order_of_values(values in prop::collection::vec(-1e3..1e3_f32, 1..400), max_bins in 2..300_usize) {
        let bins = Bins::from_columns(&[&values], max_bins);
        let mut sorted = values.clone();
        sorted.sort_by(f32::total_cmp);
        let numbers: Vec<u8> = sorted.iter().map(|v| bins.bin(0, *v)).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(usize::from(*numbers.last().unwrap()) <= max_bins.min(255));
        prop_assert!(numbers[0] == 1);
    }

    #[test]
    fn quickselect_by_weight_agrees_with_sorting(
        pairs in prop::collection::vec((-50..50_i32, 1..4_u8), 1..300),
        level in 0.01..0.99_f64,
    ) {
        let mut pairs: Vec<(f32, f32)> = pairs.into_iter().map(|(v, w)| (v as f32, f32::from(w))).collect();
        let found = super::loss::weighted_quantile(&mut pairs, level);
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f32 = pairs.iter().map(|p| p.1).sum();
        let below: f32 = pairs.iter().filter(|p| f64::from(p.0) < found).map(|p| p.1).sum();
        let up_to: f32 = pairs.iter().filter(|p| f64::from(p.0) <= found).map(|p| p.1).sum();
        prop_assert!(f64::from(below) <= level * f64::from(total) * (1.0 + 1e-6));
        prop_assert!(f64::from(up_to) >= level * f64::from(total) * (1.0 - 1e-6));
    }
}
