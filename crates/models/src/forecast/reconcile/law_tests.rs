use proptest::prelude::*;

use super::*;

/// Groups with their base forecasts and variances, aggregates first.
#[derive(Clone, Debug)]
struct Case {
    groups: Vec<Vec<usize>>,
    base: Vec<Vec<f64>>,
    variances: Vec<f64>,
}

impl Case {
    fn n_bottom(&self) -> usize {
        self.base.len() - self.groups.len()
    }

    fn hierarchy(&self) -> Hierarchy {
        Hierarchy::from_groups(self.n_bottom(), &self.groups).unwrap()
    }

    fn solve(&self) -> Vec<Vec<f64>> {
        reconcile(&self.hierarchy(), &self.base, &self.method()).unwrap()
    }

    fn method(&self) -> Reconciliation<'_> {
        Reconciliation::MinimumTrace { variances: &self.variances }
    }

    /// Largest absolute base forecast, at least one.
    fn size(&self) -> f64 {
        self.base.concat().iter().fold(1.0, |size, value| value.abs().max(size))
    }

    /// The same with bottom series and groups in reverse order.
    fn reversed(&self) -> Case {
        let n = self.n_bottom();
        let groups = self.groups.iter().rev().map(|group| group.iter().map(|member| n - 1 - member).collect());
        let turned = |n_groups: usize| (0..n_groups).rev().chain((n_groups..n_groups + n).rev());
        Case {
            groups: groups.collect(),
            base: turned(self.groups.len()).map(|node| self.base[node].clone()).collect(),
            variances: turned(self.groups.len()).map(|node| self.variances[node]).collect(),
        }
    }
}

/// Any groups over 2 to 11 series; forecasts of either sign, many zero; variances over four orders of magnitude.
fn cases() -> impl Strategy<Value = Case> {
    (2_usize..12).prop_flat_map(|n_bottom| {
        let group = prop::collection::btree_set(0..n_bottom, 1..=n_bottom);
        prop::collection::vec(group, 0..9).prop_flat_map(move |groups| {
            let n_nodes = n_bottom + groups.len();
            let forecast = prop_oneof![1 => Just(0.0), 3 => -5.0..20.0, 1 => 0.0..200.0];
            let variance = (-2.5..2.0_f64).prop_map(|exponent| 10.0_f64.powf(exponent));
            let base = prop::collection::vec(prop::collection::vec(forecast, 2), n_nodes);
            let groups: Vec<Vec<usize>> = groups.into_iter().map(|group| group.into_iter().collect()).collect();
            (Just(groups), base, prop::collection::vec(variance, n_nodes)).prop_map(|(groups, base, variances)| Case {
                groups,
                base,
                variances,
            })
        })
    })
}

fn assert_close(found: &[Vec<f64>], expected: &[Vec<f64>], tolerance: f64) {
    for (node, (found, expected)) in found.iter().zip(expected).enumerate() {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance, "node {node}: {found}, not {expected} (+-{tolerance})");
        }
    }
}

/// How far a bottom forecast is from the non-negative optimum, the others held: by the conditions of Karush, Kuhn and
/// Tucker the slope of the squared distance is zero for what is positive and not negative at zero; slope over curvature
/// is a distance.
fn largest_gap(case: &Case) -> f64 {
    let found = case.solve();
    let n_groups = case.groups.len();
    let pull = |node: usize, step: usize| (found[node][step] - case.base[node][step]) / case.variances[node];
    let mut largest = 0.0_f64;
    for member in 0..case.n_bottom() {
        let above = (0..n_groups).filter(|group| case.groups[*group].contains(&member));
        let nodes: Vec<usize> = above.chain([n_groups + member]).collect();
        for (step, forecast) in found[n_groups + member].iter().enumerate() {
            let slope: f64 = nodes.iter().map(|node| pull(*node, step)).sum();
            let curvature: f64 = nodes.iter().map(|node| 1.0 / case.variances[*node]).sum();
            assert!(*forecast >= 0.0);
            let gap = if *forecast == 0.0 { -slope / curvature } else { (slope / curvature).abs() };
            largest = largest.max(gap);
        }
    }
    largest
}

/// 40 products in 5 categories at 12 locations, 14 periods: total, locations, categories, categories at locations,
/// products. Sums are forecast too low, so that many series are pressed to zero.
fn shop() -> Case {
    let keys = |j: usize| {
        let (product, location) = (j / 12, j % 12);
        let category = product / 8;
        [(0, 0), (1, location), (2, category), (3, category * 12 + location), (4, product)]
    };
    let mut groups = std::collections::BTreeMap::<(usize, usize), Vec<usize>>::new();
    for j in 0..480 {
        for key in keys(j) {
            groups.entry(key).or_default().push(j);
        }
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let counts = groups.iter().map(|group| group.len() as f64).chain([1.0; 480]);
    let row = |(node, count): (usize, f64)| {
        let noise = move |step: usize| ((node * 7919 + step * 104_729) % 1000) as f64 / 500.0 - 1.0;
        (0..14).map(|step| (0.5 * count + 0.9 * count.sqrt() * (noise(step) - 0.3)).max(0.0)).collect()
    };
    Case { base: counts.clone().enumerate().map(row).collect(), variances: counts.collect(), groups }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_node_is_the_sum_of_its_bottom_series(case in cases()) {
        let found = case.solve();
        let bottom = &found[case.groups.len()..];
        for (group, node) in case.groups.iter().zip(&found) {
            for (step, value) in node.iter().enumerate() {
                let sum: f64 = group.iter().map(|member| bottom[*member][step]).sum();
                let size: f64 = group.iter().map(|member| bottom[*member][step].abs()).sum();
                prop_assert!((value - sum).abs() <= 1e-9 * size);
            }
        }
    }

    #[test]
    fn what_is_coherent_stays(case in cases()) {
        let hierarchy = case.hierarchy();
        let columns: Vec<Vec<f64>> = (0..2)
            .map(|step| {
                let bottom: Vec<f64> = case.base[case.groups.len()..].iter().map(|row| row[step].abs()).collect();
                let mut nodes = vec![0.0; hierarchy.n_nodes()];
                hierarchy.fill_nodes(&bottom, &mut nodes);
                nodes
            })
            .collect();
        let base = transposed(&columns, hierarchy.n_nodes());
        let found = reconcile(&hierarchy, &base, &case.method()).unwrap();
        assert_close(&found, &base, 1e-9 * case.size());
    }

    #[test]
    fn nothing_is_negative_and_no_other_forecast_is_closer(case in cases()) {
        prop_assert!(largest_gap(&case) <= 1e-7 * case.size());
    }

    #[test]
    fn the_order_of_nodes_does_not_matter(case in cases()) {
        let expected = case.solve();
        let turned = case.reversed();
        let found = Case { base: turned.solve(), ..turned }.reversed();
        assert_close(&found.base, &expected, 1e-7 * case.size());
    }

    #[test]
    fn scaling_the_base_scales_the_result(case in cases(), factor in 1e-6..1e6_f64) {
        let scaled = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
            rows.iter().map(|row| row.iter().map(|value| value * factor).collect()).collect()
        };
        let found = Case { base: scaled(&case.base), ..case.clone() }.solve();
        assert_close(&found, &scaled(&case.solve()), 1e-7 * case.size() * factor);
    }

    #[test]
    fn only_ratios_of_variances_count(case in cases(), factor in 1e-6..1e6_f64) {
        let variances = case.variances.iter().map(|variance| variance * factor).collect();
        let found = Case { variances, ..case.clone() }.solve();
        assert_close(&found, &case.solve(), 1e-7 * case.size());
    }

    #[test]
    fn an_aggregate_of_infinite_variance_counts_as_absent(case in cases()) {
        let Some(absent) = case.groups.len().checked_sub(1) else { return Ok(()) };
        let mut silent = case.clone();
        silent.base[absent].fill(f64::NAN);
        silent.variances[absent] = f64::INFINITY;
        let mut without = case.clone();
        without.groups.remove(absent);
        without.base.remove(absent);
        without.variances.remove(absent);
        let mut found = silent.solve();
        found.remove(absent);
        assert_close(&found, &without.solve(), 1e-7 * case.size());
    }

    #[test]
    fn shares_of_the_total_sum_to_it(case in cases()) {
        let mut case = case;
        case.groups.insert(0, (0..case.n_bottom()).collect());
        case.base.insert(0, vec![30.0, 7.0]);
        let found = reconcile(&case.hierarchy(), &case.base, &Reconciliation::ForecastShares).unwrap();
        assert_close(&found[..1], &case.base[..1], 1e-9);
        prop_assert!(found.concat().iter().all(|value| *value >= 0.0));
    }
}

#[test]
fn a_shop_is_solved_to_the_optimum_on_any_number_of_threads() {
    let shop = shop();
    assert_eq!((shop.base.len(), shop.hierarchy().is_tree()), (598, false));
    assert!(largest_gap(&shop) <= 1e-9 * shop.size(), "{}", largest_gap(&shop));
    let on =
        |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| shop.solve());
    let alone = on(1);
    assert!(alone[118..].iter().flatten().filter(|forecast| **forecast == 0.0).count() > 100);
    assert_eq!(alone, on(2));
    assert_eq!(alone, on(5));
}

#[test]
fn a_bottom_series_of_variance_zero_stands() {
    let case = Case {
        groups: vec![vec![0, 1], vec![0], vec![1, 2]],
        base: [10.0, 5.0, 4.0, 0.0, 6.0, 1.0].map(|value| vec![value]).to_vec(),
        variances: vec![1.0, 0.0, 2.0, 0.0, 1.0, 1.0],
    };
    assert_eq!(case.solve()[3], [0.0]);
    let nothing_moves = Case { variances: vec![0.0; 6], ..case };
    assert_eq!(nothing_moves.solve().concat(), [6.0, 0.0, 7.0, 0.0, 6.0, 1.0]);
}

#[test]
fn wrong_arguments_are_refused_with_their_place() {
    let hierarchy = Hierarchy::from_groups(2, &[vec![0, 1]]).unwrap();
    let base = vec![vec![3.0, 3.0], vec![1.0, 1.0], vec![1.0, f64::NAN]];
    let message =
        |base: &[Vec<f64>], method: &Reconciliation| reconcile(&hierarchy, base, method).unwrap_err().to_string();
    let minimum = |variances: &'static [f64]| Reconciliation::MinimumTrace { variances };
    assert!(message(&base, &Reconciliation::ForecastShares).contains("node 2, period 1, is NaN"));
    assert!(message(&base[..2], &Reconciliation::ForecastShares).contains("found 2 base rows, needs 3"));
    assert!(message(&base, &minimum(&[1.0; 3])).contains("node 2, period 1"));
    assert!(message(&base, &minimum(&[1.0; 2])).contains("found 2 variances, needs 3, one per node"));
    assert!(message(&base, &minimum(&[-1.0, 1.0, 1.0])).contains("variance of node 0 is -1"));
    assert!(message(&base, &minimum(&[1.0, 1.0, f64::INFINITY])).contains("variance of node 2 is inf"));
    let headless = Hierarchy::from_groups(3, &[vec![0, 1], vec![1, 2]]).unwrap();
    assert_eq!(
        reconcile(&headless, &vec![vec![1.0]; 5], &Reconciliation::ForecastShares),
        Err(ReconcileError::NoTotal)
    );
}

#[test]
fn absurd_sizes_end_in_an_error_or_a_number_and_never_in_a_hang() {
    let hierarchy = Hierarchy::from_groups(2, &[vec![0, 1], vec![0], vec![1]]).unwrap();
    for value in [1e-300, 1e12, 1e150, 1e300] {
        for variance in [1e-300, 1e12, 1e300] {
            let base: Vec<Vec<f64>> = [value, 1.0, value, -value, 3.0].map(|value| vec![value]).to_vec();
            let method = Reconciliation::MinimumTrace { variances: &[1.0, variance, 1.0, variance, 1.0] };
            match reconcile(&hierarchy, &base, &method) {
                Ok(found) => assert!(found.concat().iter().all(|value| value.is_finite() && *value >= 0.0)),
                Err(error) => assert!(matches!(error, ReconcileError::NotConverged { step: 0, .. }), "{error}"),
            }
        }
    }
}
