use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::calibration::average_effect;
use super::*;

/// A randomised campaign in which only customers with `flag = 1` react (by 30 points), next to a useless feature.
fn campaign(n: usize, effect: f64, seed: u64) -> (Features, Vec<bool>, Vec<f64>) {
    let mut chance = Pcg64::seed_from_u64(seed);
    let (mut values, mut treated, mut outcome) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let flag = f64::from(u8::from(chance.random::<f64>() < 0.4));
        let noise: f64 = chance.random();
        let arm = chance.random::<f64>() < 0.5;
        let rate = 0.15 + 0.1 * noise + if arm { effect * flag } else { 0.0 };
        values.extend([flag, 1000.0 * noise, 7.0]);
        treated.push(arm);
        outcome.push(f64::from(u8::from(chance.random::<f64>() < rate)));
    }
    let names = ["flag", "noise", "constant"].map(str::to_owned).to_vec();
    (Features { n_rows: n, names, values }, treated, outcome)
}

/// Worked by hand from the definition in scikit-uplift 0.5.1 (`qini_auc_score`, `negative_effect=True`).
///
/// Scores 4 3 2 1, arms T C T C, outcomes 1 0 0 1. Curve (1, 1) (2, 1) (3, 1) (4, 0): area 0.5 + 1 + 1 + 0.5 = 3, chance 0.
/// Best ranking: the buyer treated, then the two without outcome as one block, then the control buyer: (1, 1) (3, 1) (4, 0): area 0.5 + 2 + 0.5 = 3.
#[test]
fn qini_of_a_perfect_ranking_is_one() {
    let result = qini(&[4.0, 3.0, 2.0, 1.0], &[true, false, true, false], &[1.0, 0.0, 0.0, 1.0]).unwrap();
    let incremental: Vec<f64> = result.curve.iter().map(|point| point.incremental).collect();
    assert_eq!(incremental, [0.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(result.coefficient, Some(1.0));
    assert_eq!(result.area_per_customer, 3.0 / 16.0);
    let reversed = qini(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false], &[1.0, 0.0, 0.0, 1.0]).unwrap();
    // (1, 0) (2, -1) (3, -1/2) (4, 0): area -3/2 of 3.
    assert_eq!(reversed.coefficient, Some(-0.5));
}

#[test]
fn one_score_for_everybody_is_chance_and_no_outcome_is_undefined() {
    let arms = [true, false, true, false];
    assert_eq!(qini(&[0.5; 4], &arms, &[1.0, 0.0, 0.0, 1.0]).unwrap().coefficient, Some(0.0));
    assert_eq!(qini(&[0.0, -0.0, 0.0, -0.0], &arms, &[1.0, 0.0, 0.0, 1.0]).unwrap().curve.len(), 2);
    assert_eq!(qini(&[0.1, 0.2, 0.3, 0.4], &arms, &[0.0; 4]).unwrap().coefficient, None);
    assert!(matches!(qini(&[f64::NAN; 4], &arms, &[0.0; 4]), Err(UpliftError::NotFinite { .. })));
    assert!(matches!(qini(&[0.1; 3], &arms, &[0.0; 4]), Err(UpliftError::Shape { .. })));
}

#[test]
fn two_model_recovers_a_planted_effect_with_every_learner() {
    let (features, treated, outcome) = campaign(6000, 0.3, 1);
    let data = TrainingData { features: &features, treated: &treated, outcome: &outcome, kind: OutcomeKind::Binary };
    for learner in [Learner::Logistic, Learner::Ridge, Learner::Forest] {
        let model = fit_two_model(&data, learner, 5).unwrap();
        let two = Features { n_rows: 2, values: vec![1.0, 500.0, 7.0, 0.0, 500.0, 7.0], ..features.clone() };
        let [reacting, indifferent] = model.predict_all(&two).unwrap()[..] else { panic!("two rows, two answers") };
        // A forest sees one of the two varying columns per split and so shrinks the difference; calibration cannot stretch it back.
        let tolerance = if learner == Learner::Forest { 0.1 } else { 0.06 };
        assert!((reacting - 0.3).abs() < tolerance, "{} {reacting}", learner.name());
        assert!(indifferent.abs() < tolerance, "{} {indifferent}", learner.name());
        assert_eq!(
            model.predict_all(&features).unwrap(),
            fit_two_model(&data, learner, 5).unwrap().predict_all(&features).unwrap()
        );
    }
}

/// With one 0/1 feature the logistic model is saturated: without a penalty it gives back the observed shares.
#[test]
fn logistic_uplift_of_a_single_flag_is_the_difference_of_observed_shares() {
    // 200 customers per arm and flag value; success shares 0.2 and 0.6 among treated, 0.3 and 0.3 among controls.
    let (mut values, mut treated, mut outcome) = (Vec::new(), Vec::new(), Vec::new());
    for (arm, flag, successes) in [(true, 0.0, 40), (true, 1.0, 120), (false, 0.0, 60), (false, 1.0, 60)] {
        for index in 0..200 {
            values.push(flag);
            treated.push(arm);
            outcome.push(f64::from(u8::from(index < successes)));
        }
    }
    let features = Features { n_rows: 800, names: vec!["flag".into()], values };
    let data = TrainingData { features: &features, treated: &treated, outcome: &outcome, kind: OutcomeKind::Binary };
    let model = fit_two_model(&data, Learner::Logistic, 1).unwrap();
    // A penalty of one observation on 400 moves the saturated shares (0.2 - 0.3, 0.6 - 0.3) by less than half a point.
    let both = Features { n_rows: 2, values: vec![0.0, 1.0], ..features.clone() };
    let uplift = model.predict_all(&both).unwrap();
    assert!((uplift[0] + 0.1).abs() < 0.005);
    assert!((uplift[1] - 0.3).abs() < 0.005);
}

#[test]
fn gate_opens_for_a_planted_difference_and_stays_shut_for_a_uniform_one() {
    let settings = GateSettings { repetitions: 100, ..GateSettings::default() };
    for (effect, expected) in [(0.3, true), (0.0, false)] {
        let (features, treated, outcome) = campaign(4000, effect, 3);
        let data =
            TrainingData { features: &features, treated: &treated, outcome: &outcome, kind: OutcomeKind::Binary };
        let gate = heterogeneity_gate(&data, &settings).unwrap();
        assert_eq!(gate.usable, expected, "{:?}", (gate.best.qini, gate.best.lower));
        assert_eq!((gate.tried.len(), gate.failed.len(), gate.n), (2, 0, 4000));
    }
}

#[test]
fn data_that_cannot_be_learnt_from_is_refused_by_name() {
    let (features, treated, outcome) = campaign(300, 0.3, 1);
    let mut amounts = outcome.clone();
    amounts[7] = 2.5;
    let data = |treated, outcome, kind| TrainingData { features: &features, treated, outcome, kind }.check();
    assert!(matches!(
        data(&[true; 300], &outcome, OutcomeKind::Binary),
        Err(UpliftError::ArmTooSmall { arm: "control", found: 0, .. })
    ));
    assert!(matches!(
        data(&treated[1..], &outcome, OutcomeKind::Binary),
        Err(UpliftError::Shape { what: "treated", .. })
    ));
    assert_eq!(data(&treated, &amounts, OutcomeKind::Binary), Err(UpliftError::NotBinary { row: 7, found: 2.5 }));
    assert_eq!(data(&treated, &amounts, OutcomeKind::Amount), Ok(()));
}

#[test]
fn calibration_shrinks_noise_to_the_average_effect_and_keeps_truth() {
    let (features, treated, outcome) = campaign(20_000, 0.3, 9);
    let effect = average_effect(&treated, &outcome).unwrap().unwrap();
    let truth: Vec<f64> = (0..features.n_rows).map(|row| 0.3 * features.row(row)[0]).collect();
    let exaggerated: Vec<f64> = truth.iter().map(|value| 4.0 * value).collect();
    let noise: Vec<f64> = (0..features.n_rows).map(|row| unit_interval("noise", &row.to_string())).collect();
    let slope = |scores: &[f64]| calibrate(scores, &treated, &outcome).unwrap().slope;
    assert!(slope(&truth) > 0.9);
    assert!((slope(&exaggerated) - 0.25).abs() < 0.03);
    assert!(slope(&noise) < 0.06);
    let calibration = calibrate(&truth, &treated, &outcome).unwrap();
    let mean = truth.iter().map(|&score| calibration.apply(score)).sum::<f64>() / truth.len() as f64;
    assert!((mean - effect).abs() < 1e-12);
}

/// SHA-256 computed with Python's hashlib over `struct.pack(">Q", 6) + b"springcustomer-17"`.
#[test]
fn draws_are_pinned_uniform_and_independent_across_salts() {
    assert_eq!(unit_interval("spring", "customer-17"), 0.911_599_352_545_920_1);
    assert_ne!(unit_interval("ab", "c"), unit_interval("a", "bc"));
    let n = 20_000;
    let pairs: Vec<(f64, f64)> =
        (0..n).map(|id| (unit_interval("spring", &id.to_string()), unit_interval("summer", &id.to_string()))).collect();
    let mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / f64::from(n);
    let both = pairs.iter().filter(|pair| pair.0 < 0.1 && pair.1 < 0.1).count() as f64 / f64::from(n);
    assert!((mean - 0.5).abs() < 0.01, "{mean}");
    assert!((both - 0.01).abs() < 0.003, "{both}");
}

prop_compose! {
    fn scored()(rows in prop::collection::vec((0_i8..6, any::<bool>(), 0_u8..2), 2..60)) -> (Vec<f64>, Vec<bool>, Vec<f64>) {
        let scores = rows.iter().map(|row| f64::from(row.0) / 7.0).collect();
        (scores, rows.iter().map(|row| row.1).collect(), rows.iter().map(|row| f64::from(row.2)).collect())
    }
}

proptest! {
    #[test]
    fn row_order_never_matters_to_qini((scores, treated, outcome) in scored(), shift in 1_usize..59) {
        let turn = |index: usize| (index + shift) % scores.len();
        let moved = |values: &[f64]| (0..values.len()).map(|i| values[turn(i)]).collect::<Vec<f64>>();
        let arms: Vec<bool> = (0..treated.len()).map(|i| treated[turn(i)]).collect();
        prop_assert_eq!(qini(&scores, &treated, &outcome).unwrap(), qini(&moved(&scores), &arms, &moved(&outcome)).unwrap());
    }

    #[test]
    fn only_the_ranking_matters_to_qini((scores, treated, outcome) in scored()) {
        let stretched: Vec<f64> = scores.iter().map(|score| (3.0 * score).exp() - 9.0).collect();
        prop_assert_eq!(qini(&scores, &treated, &outcome).unwrap(), qini(&stretched, &treated, &outcome).unwrap());
    }

    #[test]
    fn allocation_stays_within_budget_and_near_the_optimum(raw in prop::collection::vec((0.0_f64..20.0, 0.0_f64..10.0), 1..11), budget in 0.0_f64..40.0) {
        let candidates: Vec<Candidate> = raw.iter().enumerate().map(|(customer, &(expected_value, cost))| Candidate { customer, expected_value, cost }).collect();
        let plan = allocate(&candidates, budget);
        prop_assert!(plan.spent <= budget);
        let net = |customer: usize| candidates[customer].expected_value - candidates[customer].cost;
        prop_assert!(plan.chosen.iter().all(|&customer| net(customer) > 0.0));
        let best = (0_u32..1 << candidates.len())
            .filter_map(|set| {
                let chosen = candidates.iter().filter(|candidate| set >> candidate.customer & 1 == 1);
                let (cost, value) = chosen.fold((0.0, 0.0), |sum, candidate| (sum.0 + candidate.cost, sum.1 + net(candidate.customer)));
                (cost <= budget).then_some(value)
            })
            .fold(0.0, f64::max);
        prop_assert!(plan.net_value <= best + 1e-9 && best <= plan.net_value_bound + 1e-9);
        let largest = (0..candidates.len()).map(net).fold(0.0, f64::max);
        prop_assert!(plan.net_value_bound - plan.net_value <= largest + 1e-9);
    }
}
