use super::*;

#[test]
fn a_group_without_a_season_has_next_to_none() {
    let series: Vec<Vec<f64>> =
        (0..40_u64).map(|s| (0..36_u64).map(|t| ((s * 7919 + t * 104_729) % 97 % 5) as f64).collect()).collect();
    let slices: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    let factors = GroupProfile::fit(&slices, 12).unwrap().factors(36, 12);
    assert!(factors.iter().all(|factor| (factor - 1.0).abs() < 0.1), "{factors:?}");
}

#[test]
fn a_season_hidden_in_sparse_series_is_found_in_the_group() {
    // Demand of one unit in a sixth of the periods; twice as often in the first half of the year.
    let series: Vec<Vec<f64>> = (0..300_usize)
        .map(|s| {
            (0..48).map(|t| if (s * 31 + t * 17) % 12 < if t % 12 < 6 { 4 } else { 2 } { 1.0 } else { 0.0 }).collect()
        })
        .collect();
    let slices: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    let factors = GroupProfile::fit(&slices, 12).unwrap().factors(48, 12);
    let half = |from: usize| factors[from..from + 6].iter().sum::<f64>();
    assert!((half(48) / half(54) - 2.0).abs() < 0.1, "{factors:?}");
    assert_eq!(factors[36..48], factors[48..60]);
}

#[test]
fn the_decline_of_a_group_is_followed() {
    let series: Vec<Vec<f64>> = (0..200_usize)
        .map(|s| (0..60).map(|t| if (s * 31 + t * 17) % 60 < 40 - t / 2 { 1.0 } else { 0.0 }).collect())
        .collect();
    let slices: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    let factors = GroupProfile::fit(&slices, 1).unwrap().factors(60, 2);
    assert!(factors[0] > 2.0 && factors[0] < 4.0, "{factors:?}");
    assert!(factors[60] == 1.0 && (factors[59] - 1.0).abs() < 1e-9);
    // A series born later shares the end, not the beginning.
    assert_eq!(GroupProfile::fit(&slices, 1).unwrap().factors(5, 0), factors[55..60]);
}

#[test]
fn what_cannot_have_a_season_gets_none() {
    assert_eq!(GroupProfile::fit(&[&[f64::NAN; 30]], 12), None);
    assert_eq!(GroupProfile::fit(&[&[0.0; 30]], 12), None);
    assert_eq!(GroupProfile::fit(&[], 12), None);
    for season_length in [0, 1, 12, 1000] {
        let factors = GroupProfile::fit(&[&[1.0; 23]], season_length).unwrap().factors(23, 2);
        assert!(factors.iter().all(|factor| (factor - 1.0).abs() < 1e-9), "{factors:?}");
    }
}

#[test]
fn a_season_of_two_is_found_and_repeated() {
    let demand: Vec<f64> = (0..12).map(|t| if t % 2 == 0 { 2.0 } else { 6.0 }).collect();
    let factors = GroupProfile::fit(&[&demand], 2).unwrap().factors(3, 2);
    assert_eq!(factors.len(), 5);
    assert!((factors[3] - 0.5).abs() < 0.05 && (factors[4] - 1.5).abs() < 0.05);
}
