use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

#[test]
fn a_step_is_the_papers() {
    let mut levels = AdaptiveLevels::new(&[0.8], 0.1);
    levels.update(&[false]);
    // rate 0.1 * 4 * 0.8 * 0.2 = 0.064; 0.8 + 0.064 * 0.8
    assert!((levels.working()[0] - 0.8512).abs() < 1e-12);
    levels.update(&[true]);
    assert!((levels.working()[0] - (0.8512 - 0.064 * 0.2)).abs() < 1e-12);
}

#[test]
fn coverage_returns_to_nominal_when_the_spread_doubles() {
    let mut random = Pcg64::seed_from_u64(3);
    let mut levels = AdaptiveLevels::new(&[0.9], 0.1);
    let (mut adapted, mut fixed) = (0.0, 0.0);
    for _ in 0..2000 {
        // The forecast believes in a uniform on [0, 1]; outcomes are uniform on [0, 1.05].
        let outcome: f64 = 1.05 * random.random::<f64>();
        let covered = outcome <= levels.working()[0];
        adapted += f64::from(u8::from(covered)) / 2000.0;
        fixed += f64::from(u8::from(outcome <= 0.9)) / 2000.0;
        levels.update(&[covered]);
    }
    assert!((adapted - 0.9).abs() < 0.01, "{adapted}");
    assert!(fixed < 0.87, "{fixed}");
}

#[test]
fn an_unknown_level_lies_between_its_neighbours() {
    let mut levels = AdaptiveLevels::new(&[0.5, 0.9], 0.1);
    levels.update(&[false, false]);
    let (low, high) = (levels.working()[0], levels.working()[1]);
    let between = levels.working_level(0.75);
    assert!(low < between && between < high && between > 0.75);
    assert!((levels.working_level(0.9) - high).abs() < 1e-6);
    assert_eq!(AdaptiveLevels::new(&[], 0.1).working_level(0.5), 0.5);
}

proptest! {
    #[test]
    fn working_levels_never_cross_nor_leave_the_unit_interval(
        rate in 0.0..1.0_f64,
        nights in prop::collection::vec(prop::collection::vec(0.0..1.0_f64, 4), 0..60),
    ) {
        let mut levels = AdaptiveLevels::new(&[0.05, 0.5, 0.9, 0.99], rate);
        for night in nights {
            levels.update_with_shares(&night);
            prop_assert!(levels.working().windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(levels.working().iter().all(|level| *level > 0.0 && *level < 1.0));
        }
    }
}
