//! One tree, grown leaf by leaf: the leaf whose best cut gains most is cut next.

use rayon::prelude::*;

use super::bins::{BinnedMatrix, Bins};
use super::histogram::{Cut, CutRules, Histogram, TOGETHER, accumulate, best_cut, second, subtract};
use super::tree::{Child, Node};

/// Cells (rows x features) from which on a leaf's histograms are built by several threads.
const PARALLEL_CELLS: usize = 1 << 17;

/// What a tree is grown on.
pub(crate) struct Ground<'a> {
    pub bins: &'a Bins,
    pub matrix: &'a BinnedMatrix,
    /// Packed derivatives per row of the matrix.
    pub packed: &'a [i64],
    /// Features drawn for this tree, ascending.
    pub features: &'a [usize],
    pub rules: CutRules,
    pub max_leaves: usize,
    pub max_depth: usize,
}

/// A tree without leaf values: its rows lie leaf after leaf.
pub(crate) struct Shape {
    pub nodes: Vec<Node>,
    pub leaves: Vec<Leaf>,
}

/// A leaf of a shape.
pub(crate) struct Leaf {
    /// First of the leaf's rows.
    pub start: usize,
    /// End of the leaf's rows.
    pub end: usize,
}

/// A leaf that may still be cut.
struct Growing {
    leaf: Leaf,
    total: i64,
    depth: usize,
    /// Node and side that lead here.
    parent: Option<(usize, bool)>,
    histograms: Vec<Histogram>,
    cut: Option<Cut>,
}

/// Grows a tree over the given rows (row numbers, ascending), which are reordered leaf by leaf.
pub(crate) fn grow(ground: &Ground, rows: &mut [u32]) -> Shape {
    let total = rows.iter().map(|row| ground.packed[*row as usize]).sum();
    let leaf = Leaf { start: 0, end: rows.len() };
    let mut root = Growing { leaf, total, depth: 0, parent: None, histograms: empty_histograms(ground), cut: None };
    root.cut = fill(ground, &mut root.histograms, rows, total);
    let (mut growing, mut nodes) = (vec![root], Vec::new());
    let (mut spare, mut scratch) = (Vec::new(), Vec::with_capacity(rows.len()));
    while growing.len() < ground.max_leaves {
        let Some(at) = most_gain(&growing) else { break };
        let Some(cut) = growing[at].cut else { break };
        let old = std::mem::replace(&mut growing[at], placeholder());
        nodes.push(node_of(ground, &cut));
        let node = nodes.len() - 1;
        attach(&mut nodes, old.parent, Child::Node(node as u32));
        let may_grow = old.depth + 1 < ground.max_depth && growing.len() + 1 < ground.max_leaves;
        let (left, right) = divide(ground, old, &cut, node, rows, may_grow, &mut scratch, &mut spare);
        growing[at] = left;
        growing.push(right);
    }
    for (leaf, grown) in growing.iter().enumerate() {
        attach(&mut nodes, grown.parent, Child::Leaf(leaf as u32));
    }
    Shape { nodes, leaves: growing.into_iter().map(|grown| grown.leaf).collect() }
}

fn placeholder() -> Growing {
    let leaf = Leaf { start: 0, end: 0 };
    Growing { leaf, total: 0, depth: 0, parent: None, histograms: Vec::new(), cut: None }
}

fn empty_histograms(ground: &Ground) -> Vec<Histogram> {
    vec![[0; 256]; ground.features.len()]
}

/// The leaf with the largest gain; the oldest wins a tie.
fn most_gain(growing: &[Growing]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (at, grown) in growing.iter().enumerate() {
        if let Some(cut) = grown.cut
            && best.is_none_or(|(_, gain)| cut.gain > gain)
        {
            best = Some((at, cut.gain));
        }
    }
    best.map(|(at, _)| at)
}

fn node_of(ground: &Ground, cut: &Cut) -> Node {
    Node {
        feature: ground.features[cut.position] as u32,
        bin: cut.bin,
        missing_left: cut.missing_left,
        left: Child::Leaf(0),
        right: Child::Leaf(0),
    }
}

fn attach(nodes: &mut [Node], parent: Option<(usize, bool)>, child: Child) {
    if let Some((node, is_left)) = parent {
        let side = if is_left { &mut nodes[node].left } else { &mut nodes[node].right };
        *side = child;
    }
}

/// Cuts a leaf: parts its rows, builds the smaller side's histograms and gets the larger's by subtraction.
#[expect(clippy::too_many_arguments, reason = "the buffers are lent for reuse")]
fn divide(
    ground: &Ground,
    old: Growing,
    cut: &Cut,
    node: usize,
    rows: &mut [u32],
    may_grow: bool,
    scratch: &mut Vec<u32>,
    spare: &mut Vec<Vec<Histogram>>,
) -> (Growing, Growing) {
    let Leaf { start, end } = old.leaf;
    let feature = ground.features[cut.position];
    let middle = start + part_rows(&mut rows[start..end], ground.matrix.column(feature), cut, scratch);
    let side = |start, end, total, is_left| Growing {
        leaf: Leaf { start, end },
        total,
        depth: old.depth + 1,
        parent: Some((node, is_left)),
        histograms: Vec::new(),
        cut: None,
    };
    let mut left = side(start, middle, cut.left, true);
    let mut right = side(middle, end, old.total - cut.left, false);
    let is_worth = |grown: &Growing| may_grow && second(grown.total) >= 2 * ground.rules.min_second;
    if !is_worth(&left) && !is_worth(&right) {
        spare.push(old.histograms);
        return (left, right);
    }
    let (small, large) = if middle - start <= end - middle { (&mut left, &mut right) } else { (&mut right, &mut left) };
    large.histograms = old.histograms;
    small.histograms = spare.pop().unwrap_or_else(|| empty_histograms(ground));
    let (small_grows, large_grows) = (is_worth(small), is_worth(large));
    let small_rows = &rows[small.leaf.start..small.leaf.end];
    let packed: Vec<i64> = small_rows.iter().map(|row| ground.packed[*row as usize]).collect();
    let build = |first: usize, parts: &mut [Histogram], wholes: &mut [Histogram]| {
        add(ground, first, parts, small_rows, &packed);
        let find = |position, histogram: &Histogram, total| best(ground, position, histogram, total);
        let mut cuts = Vec::with_capacity(parts.len());
        for (position, (part, whole)) in (first..).zip(parts.iter().zip(wholes)) {
            let of_small = if small_grows { find(position, part, small.total) } else { None };
            let of_large = if large_grows {
                subtract(whole, part, ground.bins.n_bins(ground.features[position]));
                find(position, whole, large.total)
            } else {
                None
            };
            cuts.push((of_small, of_large));
        }
        cuts
    };
    let (parts, wholes) = (&mut small.histograms, &mut large.histograms);
    let cuts: Vec<Vec<(Option<Cut>, Option<Cut>)>> = if small_rows.len() * ground.features.len() >= PARALLEL_CELLS {
        let pairs = parts.par_chunks_mut(TOGETHER).zip(wholes.par_chunks_mut(TOGETHER)).enumerate();
        pairs.map(|(at, (parts, wholes))| build(at * TOGETHER, parts, wholes)).collect()
    } else {
        let pairs = parts.chunks_mut(TOGETHER).zip(wholes.chunks_mut(TOGETHER)).enumerate();
        pairs.map(|(at, (parts, wholes))| build(at * TOGETHER, parts, wholes)).collect()
    };
    small.cut = best_of(cuts.iter().flatten().map(|pair| pair.0));
    large.cut = best_of(cuts.iter().flatten().map(|pair| pair.1));
    for grown in [small, large] {
        if grown.cut.is_none() {
            spare.push(std::mem::take(&mut grown.histograms));
        }
    }
    (left, right)
}

/// Histograms and best cut of the root.
fn fill(ground: &Ground, histograms: &mut [Histogram], rows: &[u32], total: i64) -> Option<Cut> {
    let packed: Vec<i64> = rows.iter().map(|row| ground.packed[*row as usize]).collect();
    let build = |(at, histograms): (usize, &mut [Histogram])| {
        let first = at * TOGETHER;
        add(ground, first, histograms, rows, &packed);
        let cuts = (first..).zip(&*histograms).map(|(position, histogram)| best(ground, position, histogram, total));
        best_of(cuts)
    };
    let cuts: Vec<Option<Cut>> = if rows.len() * ground.features.len() >= PARALLEL_CELLS {
        histograms.par_chunks_mut(TOGETHER).enumerate().map(build).collect()
    } else {
        histograms.chunks_mut(TOGETHER).enumerate().map(build).collect()
    };
    best_of(cuts.into_iter())
}

/// Sums the rows of a leaf into the histograms of the features from position `first` on.
fn add(ground: &Ground, first: usize, histograms: &mut [Histogram], rows: &[u32], packed: &[i64]) {
    let features = &ground.features[first..first + histograms.len()];
    for (histogram, feature) in histograms.iter_mut().zip(features) {
        histogram[..ground.bins.n_bins(*feature)].fill(0);
    }
    let columns: Vec<&[u8]> = features.iter().map(|feature| ground.matrix.column(*feature)).collect();
    accumulate(histograms, &columns, rows, packed);
}

/// The best cut of the feature at a position, in a leaf whose packed sum is `total`.
fn best(ground: &Ground, position: usize, histogram: &Histogram, total: i64) -> Option<Cut> {
    best_cut(histogram, ground.bins.n_bins(ground.features[position]), total, &ground.rules, position)
}

/// The cut with the largest gain; the first feature wins a tie.
fn best_of(cuts: impl Iterator<Item = Option<Cut>>) -> Option<Cut> {
    cuts.flatten().fold(None, |best: Option<Cut>, cut| match best {
        Some(best) if best.gain >= cut.gain => Some(best),
        _ => Some(cut),
    })
}

/// Moves the rows that go left to the front, both sides in their old order; returns how many go left.
fn part_rows(rows: &mut [u32], column: &[u8], cut: &Cut, scratch: &mut Vec<u32>) -> usize {
    scratch.clear();
    let mut n_left = 0;
    for at in 0..rows.len() {
        let row = rows[at];
        let bin = column[row as usize];
        if if bin == 0 { cut.missing_left } else { bin <= cut.bin } {
            rows[n_left] = row;
            n_left += 1;
        } else {
            scratch.push(row);
        }
    }
    rows[n_left..].copy_from_slice(scratch);
    n_left
}
