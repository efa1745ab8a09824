use proptest::prelude::*;

use super::*;

const NAN: f64 = f64::NAN;

/// R data set `WWWusage` (users per minute).
const WWW_USAGE: [f64; 100] = [
    88., 84., 85., 85., 84., 85., 83., 85., 88., 89., 91., 99., 104., 112., 126., 138., 146., 151., 150., 148., 147.,
    149., 143., 132., 131., 139., 147., 150., 148., 145., 140., 134., 131., 131., 129., 126., 126., 132., 137., 140.,
    142., 150., 159., 167., 170., 171., 172., 172., 174., 175., 172., 172., 174., 174., 169., 165., 156., 142., 131.,
    121., 112., 104., 102., 99., 99., 95., 88., 84., 84., 87., 89., 88., 85., 86., 89., 91., 91., 94., 101., 110.,
    121., 135., 145., 149., 156., 165., 171., 175., 177., 182., 193., 204., 208., 210., 215., 222., 228., 226., 222.,
    220.,
];
/// R data set `USAccDeaths` (monthly).
const US_ACC_DEATHS: [f64; 72] = [
    9007., 8106., 8928., 9137., 10017., 10826., 11317., 10744., 9713., 9938., 9161., 8927., 7750., 6981., 8038., 8422.,
    8714., 9512., 10120., 9823., 8743., 9129., 8710., 8680., 8162., 7306., 8124., 7870., 9387., 9556., 10093., 9620.,
    8285., 8466., 8160., 8034., 7717., 7461., 7767., 7925., 8623., 8945., 10078., 9179., 8037., 8488., 7874., 8647.,
    7792., 6957., 7726., 8106., 8890., 9299., 10625., 9302., 8314., 8850., 8265., 8796., 7836., 6892., 7791., 8192.,
    9115., 9434., 10484., 9827., 9110., 9070., 8633., 9240.,
];

#[test]
fn the_optimum_is_not_beaten_by_a_fine_grid() {
    let observed = vec![true; WWW_USAGE.len()];
    let problem = Problem { adjusted: &WWW_USAGE, observed: &observed };
    let best = problem.search();
    for step in 1..200 {
        let alpha = f64::from(step) / 202.0;
        if (0.01..=0.99).contains(&alpha) {
            assert!(problem.solve(alpha).squares > best.squares * (1.0 - 1e-6), "{alpha}");
        }
    }
}

#[test]
fn the_solution_of_the_normal_equations_is_that_of_the_recursion() {
    let model = fit(&US_ACC_DEATHS, 12, Season::Tested).unwrap();
    let adjusted: Vec<f64> =
        (0..72).map(|t| without_season(US_ACC_DEATHS[t], model.season_kind, &model.season, t)).collect();
    let observed = vec![true; 72];
    let problem = Problem { adjusted: &adjusted, observed: &observed };
    let best = problem.search();
    let mut states = problem.first_states(best.level);
    let mut squares = 0.0;
    for value in &adjusted[1..] {
        squares += (value - model.mean_of(&states)).powi(2);
        states.take(*value, best.alpha);
    }
    assert!((squares / best.squares - 1.0).abs() < 1e-6);
}

#[test]
fn a_constant_series_is_its_own_forecast() {
    for (level, season_length) in [(7.0, 1), (1e12, 7), (0.0, 4), (-3.5, 1)] {
        let model = fit(&[level; 40], season_length, Season::Tested).unwrap();
        assert!(model.forecast(9).iter().all(|mean| (mean - level).abs() <= 1e-6 * level.abs()), "{level}");
    }
}

#[test]
fn bad_input_gives_an_error_or_finite_numbers() {
    let hard: [&[f64]; 9] = [
        &[],
        &[1.0],
        &[NAN; 30],
        &[1.0, NAN, 2.0, f64::NEG_INFINITY, 3.0, 4.0, 1e12],
        &[1e12, 1e-12, 1e12, 1e-12, 1e12, 1e-12, 1e12],
        &[0.0; 20],
        &[-5.0, 3.0, -5.0, 3.0, -5.0, 3.0, -5.0, 3.0, -5.0],
        &[1.0, 2.0, 3.0, 4.0],
        &[NAN, NAN, NAN, NAN, NAN, NAN, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, NAN, NAN, NAN, NAN],
    ];
    for demand in hard {
        for season_length in [0, 1, 2, 4, 400, usize::MAX / 4] {
            for season in [Season::Tested, Season::Assumed] {
                if let Ok(mut model) = fit(demand, season_length, season) {
                    model.update(NAN);
                    model.update(5.0);
                    assert!(model.forecast(3).iter().all(|v| v.is_finite()), "{demand:?}");
                }
            }
        }
    }
}

#[test]
fn a_line_is_continued() {
    let line: Vec<f64> = (1..=40).map(|t| 10.0 + 2.0 * f64::from(t) + f64::from(t % 2)).collect();
    let model = fit(&line, 1, Season::Tested).unwrap();
    assert!((model.forecast(1)[0] - 92.5).abs() < 2.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn scaling_the_series_scales_the_forecast(demand in prop::collection::vec(5.0..30.0_f64, 20..60), power in -8..12_i32) {
        let factor = 10.0_f64.powi(power);
        let scaled: Vec<f64> = demand.iter().map(|v| v * factor).collect();
        let (a, b) = (fit(&demand, 4, Season::Tested).unwrap(), fit(&scaled, 4, Season::Tested).unwrap());
        for (a, b) in a.forecast(8).iter().zip(b.forecast(8)) {
            prop_assert!((a * factor / b - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn an_update_equals_the_recursion_over_the_longer_series(demand in prop::collection::vec(5.0..30.0_f64, 30..60), cut in 20..30_usize) {
        let observed = vec![true; demand.len()];
        let run = |y: &[f64]| {
            let problem = Problem { adjusted: y, observed: &observed[..y.len()] };
            problem.last_states(&Solution { alpha: 0.3, kappa: 0.4, level: 12.0, squares: 1.0 })
        };
        let mut model = fit(&demand[..cut], 1, Season::Tested).unwrap();
        model.alpha = 0.3;
        model.kappa = 0.4;
        model.states = run(&demand[..cut]);
        demand[cut..].iter().for_each(|value| model.update(*value));
        let whole = run(&demand);
        prop_assert!((model.states.level - whole.level).abs() < 1e-9);
        prop_assert!((model.states.slope - whole.slope).abs() < 1e-9);
        prop_assert!((model.states.intercept - whole.intercept).abs() < 1e-9);
    }
}
