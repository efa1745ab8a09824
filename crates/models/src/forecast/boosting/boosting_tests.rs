use super::*;
use proptest::prelude::*;

/// Two features and a target with noise: y = 3 [x0 > 0.5] + x1, plus noise of up to a half.
fn sample(n: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<f32>) {
    let uniform = |stream: u64, row: usize| mixed(seed ^ stream, row as u64) as f32 / u64::MAX as f32;
    let columns: Vec<Vec<f32>> = (0..2).map(|c| (0..n).map(|row| uniform(c, row)).collect()).collect();
    let y = (0..n).map(|r| 3.0 * f32::from(columns[0][r] > 0.5) + columns[1][r] + uniform(9, r) - 0.5).collect();
    (columns, y)
}

/// A booster with the cuts of its features.
struct Fitted {
    bins: Bins,
    booster: Booster,
}

impl Fitted {
    fn predict(&self, row: &[f32]) -> f64 {
        let mut bins = vec![0; self.bins.n_features()];
        self.bins.bin_row(row, &mut bins);
        self.booster.predict(&bins)
    }
}

fn matrix_of(bins: &Bins, columns: &[Vec<f32>]) -> BinnedMatrix {
    let n_rows = columns.first().map_or(0, Vec::len);
    let mut block = vec![0; columns.len() * n_rows];
    for (row, into) in block.chunks_mut(columns.len()).enumerate() {
        bins.bin_row(&columns.iter().map(|column| column[row]).collect::<Vec<f32>>(), into);
    }
    BinnedMatrix::from_row_blocks(columns.len(), &[block])
}

fn fitted(columns: &[Vec<f32>], y: &[f32], settings: &BoostingSettings) -> Fitted {
    let bins = Bins::from_columns(columns, 255);
    let matrix = matrix_of(&bins, columns);
    let rows = TrainingRows { matrix: &matrix, targets: y, weights: &vec![1.0; y.len()] };
    let booster = Booster::fit(&bins, rows, settings).unwrap();
    Fitted { bins, booster }
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
    for loss in [Loss::Absolute, Loss::Quantile(0.5)] {
        let booster = fitted(&columns, &y, &BoostingSettings { loss, ..small() });
        for (a, b, truth) in [(0.1, 0.5, 0.5), (0.9, 0.5, 3.5), (0.9, 0.9, 3.9), (0.1, 0.1, 0.1)] {
            let found = booster.predict(&[a, b]);
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
        let covered =
            mean((0..2000).map(|r| f64::from(f64::from(fresh_y[r]) <= booster.predict(&[fresh[0][r], fresh[1][r]]))));
        assert!((covered - level).abs() < 0.04, "{level}: {covered}");
    }
}

#[test]
fn missing_values_go_where_they_belong() {
    let x: Vec<f32> = (0..600).map(|i| if i % 3 == 0 { f32::NAN } else { (i % 2) as f32 }).collect();
    let y: Vec<f32> = x.iter().map(|x| if x.is_nan() { 5.0 } else { *x }).collect();
    let booster = fitted(&[x], &y, &BoostingSettings { learning_rate: 0.5, ..small() });
    assert!((booster.predict(&[f32::NAN]) - 5.0).abs() < 0.1);
    assert!((booster.predict(&[1.0]) - 1.0).abs() < 0.1 && booster.predict(&[0.0]).abs() < 0.1);
    assert_eq!(booster.predict(&[]), booster.predict(&[f32::NAN]));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (columns, y) = sample(70_000, 5);
    let settings = BoostingSettings { n_trees: 5, ..small() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| fitted(&columns, &y, &settings)).booster).unwrap()
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn the_heavier_of_two_contradicting_rows_wins() {
    let x = vec![vec![1.0_f32; 200]];
    let y: Vec<f32> = (0..200).map(|i| (i % 2) as f32).collect();
    let weights: Vec<f32> = (0..200).map(|i| if i % 2 == 0 { 3.0 } else { 1.0 }).collect();
    let bins = Bins::from_columns(&x, 16);
    let matrix = matrix_of(&bins, &x);
    let rows = TrainingRows { matrix: &matrix, targets: &y, weights: &weights };
    let of = |level| {
        let settings = BoostingSettings { loss: Loss::Quantile(level), ..small() };
        Fitted { bins: bins.clone(), booster: Booster::fit(&bins, rows, &settings).unwrap() }.predict(&[1.0])
    };
    assert!(of(0.5).abs() < 1e-6 && of(0.7).abs() < 1e-6, "three quarters of the weight lie at zero");
    assert!((of(0.8) - 1.0).abs() < 1e-6);
}

#[test]
fn a_booster_survives_json() {
    let (columns, y) = sample(300, 8);
    let fitted = fitted(&columns, &y, &small());
    let booster: Booster = serde_json::from_str(&serde_json::to_string(&fitted.booster).unwrap()).unwrap();
    let back = Fitted { bins: fitted.bins.clone(), booster };
    assert_eq!(back.predict(&[0.3, 0.7]), fitted.predict(&[0.3, 0.7]));
}

#[test]
fn bad_input_is_refused_with_what_was_found() {
    let (columns, y) = sample(50, 9);
    let bins = Bins::from_columns(&columns, 16);
    let matrix = matrix_of(&bins, &columns);
    let ones = [1.0; 50];
    let fit = |targets: &[f32], weights: &[f32]| {
        Booster::fit(&bins, TrainingRows { matrix: &matrix, targets, weights }, &small()).unwrap_err().to_string()
    };
    assert!(fit(&y[1..], &ones).contains("49 targets and 50 weights for 50 rows"));
    assert!(fit(&[f32::NAN; 50], &ones).contains("row 0: found NaN"));
    assert!(fit(&y, &[-1.0; 50]).contains("weight of row 0"));
    let none = BinnedMatrix::from_row_blocks(2, &[]);
    let rows = TrainingRows { matrix: &none, targets: &[], weights: &[] };
    assert!(Booster::fit(&bins, rows, &small()).unwrap_err().to_string().contains("found 0 rows"));
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

#[test]
fn a_cut_lies_half_way_between_two_values() {
    let bins = Bins::from_columns(&[&[1.0, 2.0, 2.0, f32::NAN, 8.0]], 255);
    assert_eq!([0.0, 1.4, 1.6, 6.0, f32::NAN].map(|x| bins.bin(0, x)), [1, 1, 2, 3, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_targets_give_finite_forecasts(
        y in prop::collection::vec(prop_oneof![Just(0.0_f32), -1e30..1e30_f32, 0.0..5.0_f32], 1..80),
        seed in any::<u64>(),
    ) {
        let x: Vec<f32> = (0..y.len()).map(|i| if i % 5 == 0 { f32::NAN } else { (mixed(seed, i as u64) % 9) as f32 }).collect();
        for loss in [Loss::Absolute, Loss::Quantile(0.9)] {
            let settings = BoostingSettings { loss, n_trees: 5, min_rows_per_leaf: 1, max_leaves: 7, seed, ..small() };
            let booster = fitted(std::slice::from_ref(&x), &y, &settings);
            for value in [f32::NAN, f32::NEG_INFINITY, 0.0, 4.0, f32::INFINITY] {
                prop_assert!(booster.predict(&[value]).is_finite());
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
