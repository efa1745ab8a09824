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
fn wrong_trees_are_refused_with_their_place() {
    assert!(error(Hierarchy::from_tree(&[])).contains("found 0 series"));
    assert!(error(Hierarchy::from_tree(&[Some(7), None])).contains("node 0 has parent 7, but there are 2"));
    assert!(error(Hierarchy::from_tree(&[None, Some(1)])).contains("node 1"));
    assert!(error(Hierarchy::from_tree(&[Some(1), Some(2), Some(1)])).contains("its own ancestor"));
}

#[test]
fn a_tree_of_any_depth_needs_one_forest_and_no_recursion() {
    let n = 200_000;
    let parents: Vec<Option<usize>> = (0..n).map(|node| (node + 1 < n).then_some(node + 1)).collect();
    let chain = Hierarchy::from_tree(&parents).unwrap();
    assert_eq!((chain.n_nodes(), chain.n_bottom(), chain.is_tree()), (n, 1, true));
    assert_eq!(chain.aggregate(&[vec![3.0]]).unwrap()[n - 1], [3.0]);
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
    let bottom: Vec<Vec<f64>> = (0..12).map(|j| vec![f64::from(1 << j), f64::NAN]).collect();
    let nodes = hierarchy.aggregate(&bottom).unwrap();
    for (group, node) in groups.iter().zip(&nodes) {
        assert_eq!(node[0], bottom[group[0]][0] + bottom[group[1]][0]);
        assert!(node[1].is_nan());
    }
}

#[test]
fn rows_of_the_wrong_shape_are_refused() {
    let hierarchy = Hierarchy::from_groups(2, &[vec![0, 1]]).unwrap();
    let short = hierarchy.aggregate(&[vec![1.0]]).unwrap_err().to_string();
    assert_eq!(short, "reconcile: found 1 bottom rows, needs 2, one per bottom series");
    let ragged = hierarchy.aggregate(&[vec![1.0], vec![]]).unwrap_err().to_string();
    assert!(ragged.contains("row 1 has 0 periods, row 0 has 1"));
    assert_eq!(hierarchy.aggregate(&[vec![], vec![]]).unwrap(), vec![Vec::<f64>::new(); 3]);
}
