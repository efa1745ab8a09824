//! Which bottom series a node sums, and summing them.

use std::cmp::Reverse;
use std::ops::Range;

use super::ReconcileError;

/// Marks an aggregate without a parent, a bottom series without a group.
const NONE: u32 = u32::MAX;
/// Forests that later groups may still join. It bounds the work for groups that overlap without order.
const MAX_OPEN_FORESTS: usize = 16;

/// Which bottom series every node sums: a category tree, locations, and whatever crosses them.
///
/// Groups that contain each other or have nothing in common are kept as one forest, so that summing a category tree
/// takes one pass whatever its depth; groups that cross (categories x locations) need a second forest. Memory is at
/// most one pair of 4-byte numbers per bottom series and forest.
///
/// ```
/// use nightclerk_models::forecast::reconcile::Hierarchy;
/// // two products at two locations, in the order A1, A2, B1, B2: total, product A, location 1
/// let hierarchy = Hierarchy::from_groups(4, &[vec![0, 1, 2, 3], vec![0, 1], vec![0, 2]]).unwrap();
/// assert_eq!((hierarchy.n_nodes(), hierarchy.n_bottom()), (7, 4));
/// ```
#[derive(Clone, Debug)]
pub struct Hierarchy {
    n_groups: usize,
    n_bottom: usize,
    pub(super) forests: Vec<Forest>,
}

/// Aggregates of which any two are nested or disjoint, numbered over the whole hierarchy.
#[derive(Clone, Debug, Default)]
pub(super) struct Forest {
    /// Bottom series and the smallest aggregate that holds it.
    pub leaves: Vec<(u32, u32)>,
    /// Aggregate and its parent or [`NONE`], children before parents.
    upward: Vec<(u32, u32)>,
}

impl Forest {
    /// Aggregates with their parents, children before parents.
    pub fn upward(&self) -> impl DoubleEndedIterator<Item = (usize, Option<usize>)> {
        self.upward.iter().map(|(node, parent)| (*node as usize, (*parent != NONE).then_some(*parent as usize)))
    }

    /// Aggregates with their parents, parents before children.
    pub fn downward(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        self.upward().rev()
    }

    /// Bottom series with the aggregate right above them.
    pub fn leaves(&self) -> impl Iterator<Item = (usize, usize)> {
        self.leaves.iter().map(|(series, above)| (*series as usize, *above as usize))
    }
}

impl Hierarchy {
    /// A hierarchy of `groups.len() + n_bottom` nodes: node `g` sums the bottom series `groups[g]`, after the groups
    /// comes every bottom series as a node of its own.
    ///
    /// Time grows with the number of members over all groups, times the forests they need (at most 16).
    pub fn from_groups(n_bottom: usize, groups: &[Vec<usize>]) -> Result<Hierarchy, ReconcileError> {
        check_size(n_bottom, groups.len())?;
        let mut seen_in = vec![NONE; n_bottom];
        for (group, members) in groups.iter().enumerate() {
            if members.is_empty() {
                return Err(ReconcileError::EmptyGroup { group });
            }
            for &member in members {
                match seen_in.get_mut(member) {
                    None => return Err(ReconcileError::UnknownMember { group, member, n_bottom }),
                    Some(last) if *last == group as u32 => {
                        return Err(ReconcileError::RepeatedMember { group, member });
                    }
                    Some(last) => *last = group as u32,
                }
            }
        }
        Ok(Hierarchy { n_groups: groups.len(), n_bottom, forests: nest(n_bottom, groups) })
    }

    /// Nodes: aggregates and bottom series.
    pub fn n_nodes(&self) -> usize {
        self.n_groups + self.n_bottom
    }

    /// Bottom series.
    pub fn n_bottom(&self) -> usize {
        self.n_bottom
    }

    /// The node of every bottom series.
    pub(super) fn bottom_nodes(&self) -> Range<usize> {
        self.n_groups..self.n_nodes()
    }

    /// The node of every sum of bottom series.
    pub(super) fn aggregate_nodes(&self) -> Range<usize> {
        0..self.n_groups
    }

    /// True when no two aggregates cross: any two are nested or have nothing in common.
    pub(super) fn is_tree(&self) -> bool {
        self.forests.len() <= 1
    }

    /// The first node that sums every bottom series.
    pub(super) fn total(&self) -> Option<usize> {
        let mut sums = vec![0.0; self.n_groups];
        self.sum_up(&vec![1.0; self.n_bottom], &mut sums);
        sums.iter().position(|n| *n == self.n_bottom as f64).or((self.n_bottom == 1).then_some(self.n_groups))
    }

    /// Writes one period of every node from its bottom series.
    pub(super) fn fill_nodes(&self, bottom: &[f64], nodes: &mut [f64]) {
        let (sums, below) = nodes.split_at_mut(self.n_groups);
        self.sum_up(bottom, sums);
        below.copy_from_slice(bottom);
    }

    /// `A b`: the aggregates of bottom series. The order of summation is fixed.
    pub(super) fn sum_up(&self, bottom: &[f64], sums: &mut [f64]) {
        sums.fill(0.0);
        for forest in &self.forests {
            for (series, above) in forest.leaves() {
                sums[above] += bottom[series];
            }
            for (node, parent) in forest.upward() {
                if let Some(parent) = parent {
                    sums[parent] += sums[node];
                }
            }
        }
    }

    /// `A' l`: for every bottom series the sum of `values` over the aggregates that hold it. `above` is scratch space
    /// of the length of `values`.
    pub(super) fn push_down(&self, values: &[f64], above: &mut [f64], bottom: &mut [f64]) {
        bottom.fill(0.0);
        for forest in &self.forests {
            for (node, parent) in forest.downward() {
                above[node] = values[node] + parent.map_or(0.0, |parent| above[parent]);
            }
            for (series, over) in forest.leaves() {
                bottom[series] += above[over];
            }
        }
    }
}

fn check_size(n_bottom: usize, n_groups: usize) -> Result<(), ReconcileError> {
    let n_nodes = n_bottom.checked_add(n_groups).and_then(|n| u32::try_from(n).ok());
    n_nodes.filter(|n| *n < NONE && n_bottom > 0).ok_or(ReconcileError::Size { found: n_bottom })?;
    Ok(())
}

/// A forest that still takes groups.
struct OpenForest {
    /// Smallest group so far that holds a bottom series, or [`NONE`].
    smallest: Vec<u32>,
    /// Groups with their parents, parents first.
    downward: Vec<(u32, u32)>,
}

impl OpenForest {
    /// The parent a group no larger than those before it would have, if it crosses none of them.
    fn parent_of(&self, members: &[usize]) -> Option<u32> {
        let parent = self.smallest[*members.first()?];
        members.iter().all(|member| self.smallest[*member] == parent).then_some(parent)
    }

    fn add(&mut self, group: usize, parent: u32, members: &[usize]) {
        self.downward.push((group as u32, parent));
        for member in members {
            self.smallest[*member] = group as u32;
        }
    }

    fn close(mut self) -> Forest {
        self.downward.reverse();
        let leaves = (0..).zip(self.smallest).filter(|(_, group)| *group != NONE).collect();
        Forest { leaves, upward: self.downward }
    }
}

/// Sorts groups into forests: from the largest, each into the first forest in which it crosses none.
fn nest(n_bottom: usize, groups: &[Vec<usize>]) -> Vec<Forest> {
    let mut order: Vec<(usize, &Vec<usize>)> = groups.iter().enumerate().collect();
    order.sort_by_key(|(group, members)| (Reverse(members.len()), *group));
    let (mut open, mut alone): (Vec<OpenForest>, Vec<Forest>) = (Vec::new(), Vec::new());
    for (group, members) in order {
        let place = open.iter_mut().find_map(|forest| forest.parent_of(members).map(|parent| (forest, parent)));
        if let Some((forest, parent)) = place {
            forest.add(group, parent, members);
        } else if open.len() < MAX_OPEN_FORESTS {
            let mut forest = OpenForest { smallest: vec![NONE; n_bottom], downward: Vec::new() };
            forest.add(group, NONE, members);
            open.push(forest);
        } else {
            let leaves = members.iter().map(|member| (*member as u32, group as u32)).collect();
            alone.push(Forest { leaves, upward: vec![(group as u32, NONE)] });
        }
    }
    open.into_iter().map(OpenForest::close).chain(alone).collect()
}

#[cfg(test)]
#[path = "hierarchy_tests.rs"]
mod tests;
