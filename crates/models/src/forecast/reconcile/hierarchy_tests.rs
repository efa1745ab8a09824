use super::*;

fn error(result: Result<Hierarchy, ReconcileError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn wrong_groups_are_refused_with_their_place() {
    assert!(error(Hierarchy::from_groups(0, &[])).contains("found 0 series"));
    assert!(error(Hierarchy::from_groups(2, &[vec![0], vec![]])).contains("group 1 is empty"));
    assert!(error(Hierarchy::from_groups(2, &[vec![0, 2]])).contains("group 0 names bottom series 2, but there are 2"));
    assert!(error(Hierarchy::from_groups(2, &[vec![1, 0, 1]])).contains("names bottom series 1 twice"));
}

#[test]
fn nested_groups_need_one_forest_and_crossing_ones_two() {
    let nested = [vec![2, 3], vec![0, 1, 2, 3, 4], vec![0, 1], vec![0], vec![3, 2]];
    assert!(Hierarchy::from_groups(5, &nested).unwrap().is_tree());
    let crossing = [vec![0, 1], vec![1, 2], vec![0, 1, 2]];
    assert_eq!(Hierarchy::from_groups(3, &crossing).unwrap().forests.len(), 2);
    assert!(Hierarchy::from_groups(3, &[]).unwrap().is_tree());
}

#[test]
fn many_groups_that_overlap_without_order_are_summed_right() {
    // Every pair of 12 series: 66 groups, any two with a series in common cross.
    let groups: Vec<Vec<usize>> = (0..12).flat_map(|a| (0..a).map(move |b| vec![a, b])).collect();
    let hierarchy = Hierarchy::from_groups(12, &groups).unwrap();
    assert!(hierarchy.forests.len() >= 11);
    let bottom: Vec<f64> = (0..12).map(|j| f64::from(1 << j)).collect();
    let mut nodes = vec![0.0; hierarchy.n_nodes()];
    hierarchy.fill_nodes(&bottom, &mut nodes);
    for (group, node) in groups.iter().zip(&nodes) {
        assert_eq!(*node, bottom[group[0]] + bottom[group[1]]);
    }
    assert_eq!(nodes[groups.len()..], bottom);
}

#[test]
fn the_total_is_the_first_node_that_sums_everything() {
    let total = |n_bottom, groups: &[Vec<usize>]| Hierarchy::from_groups(n_bottom, groups).unwrap().total();
    assert_eq!(total(3, &[vec![0, 1], vec![2, 0, 1]]), Some(1));
    assert_eq!(total(2, &[vec![0]]), None);
    assert_eq!(total(1, &[]), Some(0));
}
