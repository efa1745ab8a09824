use super::*;
use crate::forecast::simulated::{PLAIN, Recipe};
use proptest::prelude::*;

const SEASONS: [usize; 2] = [7, 365];

fn shifted(recipe: Recipe, seed: u64, at: usize, factor: f64) -> Vec<f64> {
    let (before, after) = (recipe.draw(728, seed), Recipe { mean: recipe.mean * factor, ..recipe }.draw(728, seed));
    before[..at].iter().chain(&after[at..]).copied().collect()
}

#[test]
fn fewer_than_one_in_a_hundred_steady_series_shows_a_shift() {
    let recipes = [
        Recipe { mean: 0.3, ..PLAIN },
        Recipe { mean: 1.0, dispersion: 2.0, ..PLAIN },
        Recipe { mean: 5.0, dispersion: 3.0, weekly: true, ..PLAIN },
        Recipe { weekly: true, yearly: 0.5, ..PLAIN },
        Recipe { weekly: true, trend: 0.7, ..PLAIN },
        Recipe { mean: 40.0, weekly: true, trend: -0.7, ..PLAIN },
        Recipe { mean: 60.0, dispersion: 3.0, weekly: true, yearly: 0.3, noise: (0.9, 0.2), ..PLAIN },
        Recipe { mean: 400.0, noise: (0.5, 0.3), trend: 0.3, ..PLAIN },
    ];
    let alarms: Vec<f64> = recipes
        .iter()
        .flat_map(|recipe| (0..50).map(|seed| (recipe.mean, recipe.draw(728, seed))))
        .filter(|(_, demand)| !level_shifts(demand, &SEASONS).is_empty())
        .map(|(mean, _)| mean)
        .collect();
    assert!(alarms.len() <= 4, "{alarms:?} of 400");
}

#[test]
fn a_lasting_change_is_found_to_the_week() {
    let recipe = Recipe { mean: 20.0, dispersion: 2.0, weekly: true, yearly: 0.2, ..PLAIN };
    for (factor, at) in [(1.8, 500), (0.5, 400), (3.0, 690), (0.0, 600)] {
        let mut found = 0;
        for seed in 0..20 {
            let shifts = level_shifts(&shifted(recipe, seed, at, factor), &SEASONS);
            found += usize::from(shifts.len() == 1 && shifts[0].index.abs_diff(at) <= 7);
        }
        assert!(found >= 18, "{factor} at {at}: {found} of 20");
    }
}

#[test]
fn what_is_taken_back_within_a_quarter_was_an_episode() {
    let mut demand = Recipe { mean: 30.0, weekly: true, ..PLAIN }.draw(728, 1);
    for y in &mut demand[400..470] {
        *y *= 2.0;
    }
    assert_eq!(level_shifts(&demand, &SEASONS), []);
    assert_eq!(level_shifts(&demand[..450], &SEASONS).len(), 1, "until it is taken back it is the present");
}

#[test]
fn a_product_of_the_season_does_not_shift() {
    let mut demand = Recipe { mean: 30.0, ..PLAIN }.draw(1095, 2);
    for t in (0..1095).filter(|t| t % 365 < 240) {
        demand[t] = (demand[t] / 5.0).round();
    }
    assert_eq!(level_shifts(&demand, &SEASONS), []);
}

#[test]
fn a_ramp_over_half_a_year_is_no_step() {
    let demand: Vec<f64> = (0..728)
        .map(|t| (20.0 * (f64::from(t - 250) / 180.0).clamp(0.0, 1.0) + 20.0 + f64::from(t * 31 % 11)).round())
        .collect();
    let shifts = level_shifts(&demand, &SEASONS);
    assert!(shifts.is_empty(), "{shifts:?}");
}

#[test]
fn weekly_series_shift_too() {
    let mut demand = Recipe { mean: 50.0, ..PLAIN }.draw(156, 3);
    for y in &mut demand[100..] {
        *y = (*y * 1.8).round();
    }
    let shifts = level_shifts(&demand, &[52]);
    assert!(shifts.len() == 1 && shifts[0].index.abs_diff(100) <= 1, "{shifts:?}");
}

#[test]
fn too_little_shows_no_shift() {
    for demand in [vec![], vec![f64::NAN; 400], vec![0.0; 400], vec![5.0; 400], vec![1.0, 9.0, 1.0, 9.0]] {
        assert_eq!(level_shifts(&demand, &SEASONS), []);
    }
}

#[test]
fn gaps_and_the_time_before_the_launch_change_nothing() {
    let plain = shifted(Recipe { mean: 20.0, weekly: true, ..PLAIN }, 4, 450, 2.0);
    let mut demand = vec![0.0; 70];
    demand.extend(&plain);
    for t in (0..demand.len()).filter(|t| t % 9 == 0 || (200..230).contains(t)) {
        demand[t] = f64::NAN;
    }
    let shifts = level_shifts(&demand, &SEASONS);
    assert!(shifts.len() == 1 && shifts[0].index.abs_diff(520) <= 7, "{shifts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn shifts_are_large_ordered_and_apart(
        values in prop::collection::vec(
            prop_oneof![4 => 0.0..20.0_f64, 1 => Just(f64::NAN), 1 => Just(0.0), 1 => -5.0..1e9_f64],
            0..200,
        ),
        season in 0_usize..15,
    ) {
        let shifts = level_shifts(&values, &[season, 90]);
        prop_assert!(shifts.windows(2).all(|pair| pair[0].index < pair[1].index));
        prop_assert!(shifts.iter().all(|s| s.index < values.len() && s.is_large() && s.after.is_finite()));
    }

    #[test]
    fn the_unit_of_demand_does_not_matter(seed in 0_u64..500, scale in 0.5..1e4_f64) {
        let demand = shifted(Recipe { mean: 20.0, weekly: true, ..PLAIN }, seed, 300, 2.0);
        let scaled: Vec<f64> = demand.iter().map(|y| y * scale).collect();
        let indices = |demand: &[f64]| level_shifts(demand, &[7]).iter().map(|s| s.index).collect::<Vec<_>>();
        prop_assert_eq!(indices(&demand), indices(&scaled));
    }
}
