//! Sums of derivatives per bin, and the best cut of one feature.

/// Sums per bin of one feature. A cell packs two whole numbers: the first derivatives' sum times 2^32 plus the second
/// derivatives' sum (never negative, below 2^32). One addition adds both, exactly and in any order.
pub(crate) type Histogram = [i64; 256];

/// Packs a first and a second derivative.
pub(crate) fn pack(first: i64, second: i64) -> i64 {
    (first << 32) + second
}

/// Sum of first derivatives in a packed sum.
pub(crate) fn first(packed: i64) -> i64 {
    packed >> 32
}

/// Sum of second derivatives in a packed sum.
pub(crate) fn second(packed: i64) -> i64 {
    packed & 0xFFFF_FFFF
}

/// Features whose rows are added in one go: each is a chain of additions of its own, so that none waits for another.
pub(crate) const TOGETHER: usize = 4;

/// Adds the rows of a leaf to the histograms of some features, given with their columns: `packed[i]` belongs to row `rows[i]`.
pub(crate) fn accumulate(histograms: &mut [Histogram], columns: &[&[u8]], rows: &[u32], packed: &[i64]) {
    if let ([a, b, c, d], [of_a, of_b, of_c, of_d]) = (&mut *histograms, columns) {
        for (row, value) in rows.iter().zip(packed) {
            let row = *row as usize;
            a[of_a[row] as usize] += value;
            b[of_b[row] as usize] += value;
            c[of_c[row] as usize] += value;
            d[of_d[row] as usize] += value;
        }
        return;
    }
    for (histogram, column) in histograms.iter_mut().zip(columns) {
        for (row, value) in rows.iter().zip(packed) {
            histogram[column[*row as usize] as usize] += value;
        }
    }
}

/// Leaves in `parent` what `part` does not hold.
pub(crate) fn subtract(parent: &mut Histogram, part: &Histogram, n_bins: usize) {
    for (whole, part) in parent.iter_mut().zip(part).take(n_bins) {
        *whole -= part;
    }
}

/// A cut of a leaf in two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cut {
    /// Fall of the loss, in units of squared whole first derivatives over second derivatives.
    pub gain: f64,
    /// Position of the feature among those drawn for the tree.
    pub position: usize,
    /// Bins 1..=bin go left.
    pub bin: u8,
    /// Where bin 0 (missing) goes.
    pub missing_left: bool,
    /// Packed sum of the left side.
    pub left: i64,
}

/// What a cut must respect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutRules {
    /// Fewest whole second derivatives on a side.
    pub min_second: i64,
    /// λ in whole second derivatives.
    pub l2: f64,
    /// Smallest gain worth a cut.
    pub min_gain: f64,
}

/// The best cut of one feature in a leaf whose packed sum is `total`. The first found wins a tie: missing values right, then
/// the lowest bin.
pub(crate) fn best_cut(
    histogram: &Histogram,
    n_bins: usize,
    total: i64,
    rules: &CutRules,
    position: usize,
) -> Option<Cut> {
    let (total_first, total_second) = (first(total) as f64, second(total) as f64);
    let before = total_first * total_first / (total_second + rules.l2);
    let missing = histogram[0];
    let ways: &[bool] = if missing == 0 { &[false] } else { &[false, true] };
    let mut best: Option<Cut> = None;
    for missing_left in ways {
        let mut left = if *missing_left { missing } else { 0 };
        for (bin, sum) in histogram.iter().enumerate().take(n_bins).skip(1) {
            left += sum;
            let (left_second, right_second) = (second(left), second(total - left));
            if left_second < rules.min_second || *sum == 0 {
                continue;
            }
            if right_second < rules.min_second {
                break;
            }
            let (g, h) = (first(left) as f64, left_second as f64 + rules.l2);
            let (other_g, other_h) = (total_first - g, right_second as f64 + rules.l2);
            // g²/h + other_g²/other_h with one division: divisions are what this loop waits for.
            let gain = (g * g * other_h + other_g * other_g * h) / (h * other_h) - before;
            if gain <= best.map_or(rules.min_gain, |best| best.gain) {
                continue;
            }
            best = Some(Cut { gain, position, bin: bin as u8, missing_left: *missing_left, left });
        }
    }
    best
}
