//! Features cut into bins of about equally many rows.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Most bins for values; bin 0 is kept for missing ones, so that a bin number fits in a byte.
const MOST_BINS: usize = 255;

/// Where each feature is cut. A value x lies in bin 1 + the number of cuts below x; `NaN` lies in bin 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    /// Ascending cuts per feature: at most 254.
    cuts: Vec<Vec<f32>>,
}

impl Bins {
    /// Cuts from a sample of rows, one column per feature: at most `max_bins` (2 to 255) bins each.
    ///
    /// With few distinct values every one gets its bin; with many, bins hold about equally many rows and equal values
    /// are never parted. A cut lies half-way between the values beside it.
    pub fn from_columns<C: AsRef<[f32]> + Sync>(columns: &[C], max_bins: usize) -> Bins {
        let max_bins = max_bins.clamp(2, MOST_BINS);
        Bins { cuts: columns.par_iter().map(|column| cuts_of(column.as_ref(), max_bins)).collect() }
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.cuts.len()
    }

    /// Number of bins of a feature, the one for missing values included.
    pub(crate) fn n_bins(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 2
    }

    /// The bin of a value. A feature that is not there has bin 0 only.
    pub fn bin(&self, feature: usize, value: f32) -> u8 {
        match self.cuts.get(feature) {
            Some(cuts) if !value.is_nan() => 1 + cuts.partition_point(|cut| *cut < value) as u8,
            _ => 0,
        }
    }

    /// Bins of one row; features beyond the row's length are missing.
    pub fn bin_row(&self, row: &[f32], into: &mut [u8]) {
        for (feature, bin) in into.iter_mut().enumerate() {
            *bin = self.bin(feature, row.get(feature).copied().unwrap_or(f32::NAN));
        }
    }
}

fn cuts_of(column: &[f32], max_bins: usize) -> Vec<f32> {
    let mut sorted: Vec<f32> = column.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let n_distinct = sorted.chunk_by(|a, b| a == b).count();
    let mut cuts = Vec::with_capacity(n_distinct.min(max_bins));
    let (mut rows_left, mut bins_left, mut in_bin) = (sorted.len(), max_bins, 0);
    let mut distinct = sorted.chunk_by(|a, b| a == b).peekable();
    while let Some(equal) = distinct.next() {
        in_bin += equal.len();
        let Some(next) = distinct.peek().and_then(|values| values.first()) else { break };
        let is_full = n_distinct <= max_bins || in_bin * bins_left >= rows_left;
        if is_full && bins_left > 1 {
            cuts.push(half_way(equal[0], *next));
            rows_left -= in_bin;
            bins_left -= 1;
            in_bin = 0;
        }
    }
    cuts
}

/// A number c with `low` <= c < `high`.
fn half_way(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if middle.is_finite() && middle >= low && middle < high { middle } else { low }
}

/// Rows as bins, one byte a cell, feature after feature.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BinnedMatrix {
    columns: Vec<Vec<u8>>,
    n_rows: usize,
}

impl BinnedMatrix {
    /// From blocks of binned rows (each row after row, `n_features` bytes a row), in the order of the blocks. The way to
    /// fill a large matrix from many threads without ever holding it in floating point.
    pub fn from_row_blocks(n_features: usize, blocks: &[Vec<u8>]) -> BinnedMatrix {
        let width = n_features.max(1);
        let n_rows = blocks.iter().map(|block| block.len() / width).sum();
        let columns = (0..n_features)
            .into_par_iter()
            .map(|feature| {
                let mut column = Vec::with_capacity(n_rows);
                for block in blocks {
                    column.extend(block.chunks_exact(width).map(|row| row[feature]));
                }
                column
            })
            .collect();
        BinnedMatrix { columns, n_rows }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.columns.len()
    }

    /// The bins of one feature, one per row.
    pub(crate) fn column(&self, feature: usize) -> &[u8] {
        &self.columns[feature]
    }
}
