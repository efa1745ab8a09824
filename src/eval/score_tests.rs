use super::*;

/// The levels that are scored, alone; errors of the mean.
fn plain() -> RunLevels {
    RunLevels::new(&LEVELS).unwrap()
}

const NAN: f64 = f64::NAN;
const SEASONS: Seasons = Seasons { data: 1, mase: 1 };

/// A forecast of `mean` whose quantiles are the mean plus -5, -4, ... +4.
fn result(mean: &[f64]) -> SeriesResult {
    let row = |centre: f64| (0..LEVELS.len()).map(|place| centre + place as f64 - 5.0).collect::<Vec<_>>();
    SeriesResult {
        mean: mean.to_vec(),
        quantiles: mean.iter().map(|centre| row(*centre)).collect(),
        sum_quantiles: vec![row(mean.iter().take(2).sum())],
        ..SeriesResult::default()
    }
}

#[test]
fn a_forecast_is_scored_by_hand() {
    // Steps of the training: 2, 2, 4 -> scales 8/3 and 24/3; the naive forecast is 8.
    let scored =
        score(&[2.0, 4.0, 4.0 - 2.0, 6.0], &[8.0, 6.0], &result(&[6.0, 6.0]), SEASONS, &[2], (&plain(), Point::Mean))
            .unwrap();
    assert!((scored.mase - 1.0 / (8.0 / 3.0)).abs() < 1e-12);
    assert!((scored.rmsse - (2.0_f64 / 8.0).sqrt()).abs() < 1e-12);
    assert!((scored.smape - 200.0 * 2.0 / 14.0 / 2.0).abs() < 1e-12);
    assert_eq!((scored.naive2_mase, scored.absolute), (scored.mase, (2.0, 14.0)));
    assert_eq!(scored.n, 2);
    // q0.5 lies 1 below the mean: losses 0.5 * 3 and 0.5 * 1, scaled by 8/3.
    assert!((scored.pinball[4] - 1.0 / (8.0 / 3.0)).abs() < 1e-12);
    // 80 %: mean - 3 to mean + 1; 95 %: mean - 5 to mean + 3.
    assert_eq!(scored.coverage, [0.5, 1.0]);
    // The sum 14 against 12 - 3 to 12 + 1, and 12 - 5 to 12 + 3.
    assert_eq!(scored.sum_coverage, [[0.0, 1.0]]);
}

#[test]
fn unobserved_actuals_leave_the_rest_to_be_scored() {
    let scored =
        score(&[2.0, 4.0, 6.0], &[NAN, 6.0], &result(&[9.0, 6.0]), SEASONS, &[2], (&plain(), Point::Mean)).unwrap();
    assert_eq!((scored.n, scored.mase, scored.absolute), (1, 0.0, (0.0, 6.0)));
    assert!(scored.sum_coverage[0][0].is_nan());
    assert_eq!(score(&[2.0, 4.0], &[NAN, NAN], &result(&[9.0, 6.0]), SEASONS, &[2], (&plain(), Point::Mean)), None);
    let short = score(&[2.0, 4.0, 6.0], &[8.0], &result(&[8.0, 6.0]), SEASONS, &[2], (&plain(), Point::Mean)).unwrap();
    assert_eq!((short.n, short.mase), (1, 0.0));
    assert!(short.sum_coverage[0][0].is_nan());
}

#[test]
fn a_constant_history_leaves_out_the_scaled_scores_only() {
    let scored = score(&[3.0; 8], &[4.0], &result(&[3.0]), SEASONS, &[], (&plain(), Point::Mean)).unwrap();
    assert!(scored.mase.is_nan() && scored.rmsse.is_nan() && scored.pinball[0].is_nan());
    assert!(scored.smape > 28.0);
    let usual = score(&[2.0, 4.0, 6.0], &[8.0], &result(&[7.0]), SEASONS, &[], (&plain(), Point::Mean)).unwrap();
    let both = [scored, usual.clone()];
    assert_eq!(mean_score(&both, |score| score.mase), usual.mase);
    assert!(owa(&both).is_finite());
    assert_eq!(wape(&both), 2.0 / 12.0);
}

#[test]
fn nothing_scored_gives_no_numbers() {
    assert!(owa(&[]).is_nan() && wape(&[]).is_nan() && mean_score(&[], |score| score.mase).is_nan());
    let empty = score(&[], &[4.0], &result(&[0.0]), SEASONS, &[], (&plain(), Point::Mean)).unwrap();
    assert!(empty.naive2_smape.is_nan() || empty.naive2_smape.is_finite());
}

#[test]
fn the_naive_forecast_has_an_owa_of_one() {
    let training = [1.0, 3.0, 2.0, 5.0];
    let scores: Vec<Score> = [7.0, 2.0]
        .iter()
        .filter_map(|y| score(&training, &[*y], &result(&[5.0]), SEASONS, &[], (&plain(), Point::Mean)))
        .collect();
    assert!((owa(&scores) - 1.0).abs() < 1e-12);
}

#[test]
fn the_median_is_the_point_where_it_is_asked_for() {
    let of = |point| score(&[2.0, 4.0, 6.0], &[8.0], &result(&[8.0]), SEASONS, &[], (&plain(), point)).unwrap().mase;
    // The median lies 1 below the mean, the steps are 2.
    assert_eq!((of(Point::Mean), of(Point::Median)), (0.0, 0.5));
}

#[test]
fn more_levels_are_scored_at_the_same_ones() {
    let levels = RunLevels::new(&[0.01, 0.5]).unwrap();
    assert_eq!((levels.all.len(), levels.all[levels.scored[4]], levels.all[levels.written[1]]), (11, 0.5, 0.5));
    let mut more = result(&[6.0]);
    more.quantiles.iter_mut().chain(&mut more.sum_quantiles).for_each(|row| row.insert(0, -9.0));
    let plainly = score(&[2.0, 4.0, 6.0], &[8.0], &result(&[6.0]), SEASONS, &[2], (&plain(), Point::Mean)).unwrap();
    let scored = score(&[2.0, 4.0, 6.0], &[8.0], &more, SEASONS, &[2], (&levels, Point::Mean)).unwrap();
    assert_eq!((scored.pinball, scored.coverage), (plainly.pinball, plainly.coverage));
    assert_eq!(RunLevels::new(&[0.5, 1.0]), Err(1.0));
}
