//! A grown tree.

use serde::{Deserialize, Serialize};

use super::bins::BinnedMatrix;

/// A cut in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Feature that is looked at.
    pub feature: u32,
    /// Bins 1..=bin go left.
    pub bin: u8,
    /// Where bin 0 goes.
    pub missing_left: bool,
    /// Next node, or a leaf.
    pub left: Child,
    /// Next node, or a leaf.
    pub right: Child,
}

/// Where a branch leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Child {
    Node(u32),
    Leaf(u32),
}

impl Node {
    /// The branch taken by a row with that bin.
    pub(crate) fn child(&self, bin: u8) -> Child {
        let goes_left = if bin == 0 { self.missing_left } else { bin <= self.bin };
        if goes_left { self.left } else { self.right }
    }
}

/// A tree: its first node is the root; without nodes it is a single leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub nodes: Vec<Node>,
    pub values: Vec<f32>,
}

impl Tree {
    /// The leaf value of a row given by its bins.
    pub(crate) fn value(&self, bin_of: impl Fn(usize) -> u8) -> f32 {
        let mut at = if self.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
        // Children are numbered after their parents, so the walk ends; the bound only makes that plain.
        for _ in 0..=self.nodes.len() {
            match at {
                Child::Leaf(leaf) => return self.values.get(leaf as usize).copied().unwrap_or(0.0),
                Child::Node(node) => match self.nodes.get(node as usize) {
                    Some(node) => at = node.child(bin_of(node.feature as usize)),
                    None => return 0.0,
                },
            }
        }
        0.0
    }

    /// The leaf value of a row of a matrix.
    pub(crate) fn value_in(&self, matrix: &BinnedMatrix, row: usize) -> f32 {
        self.value(|feature| matrix.column(feature)[row])
    }
}

/// Enforces monotone features on leaf values: at each cut on one, values beyond the middle of the two sides' extremes are
/// moved to it, from the root down. Moving keeps every order that already held.
pub(crate) fn make_monotone(tree: &mut Tree, monotone: &[i8]) {
    if monotone.iter().all(|direction| *direction == 0) {
        return;
    }
    for at in 0..tree.nodes.len() {
        let node = tree.nodes[at];
        let direction = monotone.get(node.feature as usize).copied().unwrap_or(0);
        if direction == 0 {
            continue;
        }
        let (low_side, high_side) = if direction > 0 { (node.left, node.right) } else { (node.right, node.left) };
        let (low_leaves, high_leaves) = (leaves_below(tree, low_side), leaves_below(tree, high_side));
        let highest = low_leaves.iter().map(|leaf| tree.values[*leaf]).fold(f32::NEG_INFINITY, f32::max);
        let lowest = high_leaves.iter().map(|leaf| tree.values[*leaf]).fold(f32::INFINITY, f32::min);
        if highest > lowest {
            let middle = f32::midpoint(highest, lowest);
            for leaf in low_leaves {
                tree.values[leaf] = tree.values[leaf].min(middle);
            }
            for leaf in high_leaves {
                tree.values[leaf] = tree.values[leaf].max(middle);
            }
        }
    }
}

fn leaves_below(tree: &Tree, from: Child) -> Vec<usize> {
    let (mut open, mut leaves) = (vec![from], Vec::new());
    while let Some(child) = open.pop() {
        match child {
            Child::Leaf(leaf) => leaves.push(leaf as usize),
            Child::Node(node) => open.extend([tree.nodes[node as usize].left, tree.nodes[node as usize].right]),
        }
    }
    leaves
}
