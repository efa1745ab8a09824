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
