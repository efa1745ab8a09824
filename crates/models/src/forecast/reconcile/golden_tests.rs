//! Against hierarchicalforecast 1.5.3 (Nixtla), and scipy 1.17.1 `optimize.nnls` for the non-negative optimum.

use super::*;

/// Total, two categories, three locations; bottom series: category A at locations 1 to 3, category B at 1 to 3.
fn categories_by_locations() -> Hierarchy {
    let groups = [vec![0, 1, 2, 3, 4, 5], vec![0, 1, 2], vec![3, 4, 5], vec![0, 3], vec![1, 4], vec![2, 5]];
    Hierarchy::from_groups(6, &groups).unwrap()
}

/// Total, A = 2 series, B = 3 series.
fn small_tree() -> Hierarchy {
    Hierarchy::from_groups(5, &[vec![0, 1, 2, 3, 4], vec![0, 1], vec![2, 3, 4]]).unwrap()
}

const VARIANCES: [f64; 12] = [90.0, 40.0, 30.0, 25.0, 16.0, 20.0, 6.0, 9.0, 4.0, 3.0, 8.0, 1.5];

const BASE: [[f64; 2]; 12] = [
    [100.0, 40.0],
    [70.0, 22.0],
    [25.0, 30.0],
    [33.0, 18.0],
    [41.0, 20.0],
    [38.0, 7.0],
    [20.0, 12.0],
    [30.0, 9.0],
    [25.0, 4.0],
    [9.0, 1.0],
    [12.0, 14.0],
    [5.0, 0.5],
];

const TREE_BASE: [[f64; 2]; 8] =
    [[100.0, 50.0], [64.0, 20.0], [30.0, 40.0], [40.0, 12.0], [30.0, 6.0], [12.0, 10.0], [8.0, 20.0], [4.0, 2.0]];

fn assert_golden(
    hierarchy: &Hierarchy,
    base: &[[f64; 2]],
    method: &Reconciliation,
    expected: &[[f64; 2]],
    tolerance: f64,
) {
    let base: Vec<Vec<f64>> = base.iter().map(|row| row.to_vec()).collect();
    let found = reconcile(hierarchy, &base, method).unwrap();
    assert_eq!(found.len(), expected.len());
    for (node, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
            let gap = (found - expected).abs();
            assert!(gap <= tolerance * expected.abs().max(1.0), "node {node}, period {step}: {found}, not {expected}");
        }
    }
}

#[test]
fn weighted_least_squares_by_variances_equals_hierarchicalforecast() {
    // MinTrace("wls_var"). It adds 2e-8 to every variance; its residuals were chosen to give VARIANCES after that.
    let expected = [
        [101.228_866_655_248_14, 42.500_578_797_388_286],
        [74.856_228_473_638_62, 23.491_691_963_524_055],
        [26.372_638_181_609_545, 19.008_886_833_864_235],
        [29.331_922_974_462_085, 14.783_308_560_548_63],
        [40.665_063_024_436_2, 22.483_879_402_937_62],
        [31.231_880_656_349_848, 5.233_390_833_902_039],
        [20.069_979_771_400_096, 12.381_546_897_780_5],
        [28.972_863_976_661_138, 7.017_129_264_315_849],
        [25.813_384_725_577_368, 4.093_015_801_427_708_5],
        [9.261_943_203_061_987, 2.401_761_662_768_129_7],
        [11.692_199_047_775_07, 15.466_750_138_621_768],
        [5.418_495_930_772_484, 1.140_375_032_474_332_7],
    ];
    let hierarchy = categories_by_locations();
    assert_golden(&hierarchy, &BASE, &Reconciliation::MinimumTrace { variances: &VARIANCES }, &expected, 1e-9);
}

#[test]
fn structural_scaling_equals_hierarchicalforecast() {
    // MinTrace("wls_struct")
    let expected = [
        [102.0, 44.375],
        [74.5, 22.5625],
        [27.5, 21.8125],
        [29.5, 16.041_666_666_666_668],
        [40.0, 22.041_666_666_666_668],
        [32.5, 6.291_666_666_666_666],
        [19.916_666_666_666_668, 12.0625],
        [28.666_666_666_666_668, 7.0625],
        [25.916_666_666_666_664, 3.4375],
        [9.583_333_333_333_334, 3.979_166_666_666_667],
        [11.333_333_333_333_336, 14.979_166_666_666_664],
        [6.583_333_333_333_332, 2.854_166_666_666_666_5],
    ];
    let hierarchy = categories_by_locations();
    let variances = [6.0, 3.0, 3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let method = Reconciliation::MinimumTrace { variances: &variances };
    assert_golden(&hierarchy, &BASE, &method, &expected, 1e-9);
}

#[test]
fn the_closest_non_negative_forecasts_equal_an_active_set_solver() {
    let base = [
        [60.0, 5.0],
        [45.0, 3.0],
        [10.0, 1.0],
        [20.0, 2.0],
        [30.0, 4.0],
        [9.0, 0.0],
        [22.0, 2.0],
        [31.0, 1.0],
        [14.0, 3.0],
        [1.0, 0.2],
        [9.0, 0.0],
        [2.0, 6.0],
    ];
    // scipy nnls on W^-1/2 S b = W^-1/2 y, an exact active-set method. hierarchicalforecast's MinTrace("wls_var",
    // nonnegative=True) agrees to 2e-7, the precision of its 32-bit result.
    let expected = [
        [66.635_135_906_588_8, 9.690_822_120_964_315],
        [57.186_052_499_117_864, 4.471_454_674_242_159],
        [9.449_083_407_470_937, 5.219_367_446_722_156],
        [20.414_463_377_739_956, 1.569_806_713_010_259_8],
        [32.982_664_644_856_854, 1.567_897_911_167_413_6],
        [13.238_007_883_991_994, 6.553_117_496_786_641_5],
        [19.630_278_520_702_138, 1.569_806_713_010_259_8],
        [25.916_875_734_307_634, 1.567_897_911_167_413_6],
        [11.638_898_244_108_09, 1.333_750_050_064_485],
        [0.784_184_857_037_817_3, 0.0],
        [7.065_788_910_549_216, 0.0],
        [1.599_109_639_883_905, 5.219_367_446_722_156],
    ];
    let method = Reconciliation::MinimumTrace { variances: &VARIANCES };
    assert_golden(&categories_by_locations(), &base, &method, &expected, 1e-9);
}

#[test]
fn a_tree_is_reconciled_as_by_hierarchicalforecast() {
    let expected = [
        [95.171_232_876_712_32, 53.150_684_931_506_86],
        [68.191_780_821_917_8, 18.328_767_123_287_676],
        [26.979_452_054_794_52, 34.821_917_808_219_176],
        [38.982_876_712_328_775, 12.184_931_506_849_315],
        [29.208_904_109_589_042, 6.143_835_616_438_356_5],
        [13.191_780_821_917_812, 11.128_767_123_287_673],
        [9.489_726_027_397_257, 21.410_958_904_109_588],
        [4.297_945_205_479_452, 2.282_191_780_821_917_4],
    ];
    let variances = [50.0, 20.0, 15.0, 9.0, 7.0, 4.0, 5.0, 1.0];
    let method = Reconciliation::MinimumTrace { variances: &variances };
    assert_golden(&small_tree(), &TREE_BASE, &method, &expected, 1e-12);
}

#[test]
fn top_down_by_forecasts_equals_hierarchicalforecast() {
    // TopDown("forecast_proportions")
    let expected = [
        [100.0, 50.0],
        [68.085_106_382_978_72, 16.666_666_666_666_668],
        [31.914_893_617_021_278, 33.333_333_333_333_336],
        [38.905_775_075_987_84, 11.111_111_111_111_11],
        [29.179_331_306_990_882, 5.555_555_555_555_555],
        [15.957_446_808_510_639, 10.416_666_666_666_668],
        [10.638_297_872_340_425, 20.833_333_333_333_336],
        [5.319_148_936_170_213, 2.083_333_333_333_333_5],
    ];
    assert_golden(&small_tree(), &TREE_BASE, &Reconciliation::ForecastShares, &expected, 1e-12);
}
