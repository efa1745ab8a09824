use rayon::prelude::*;
use thiserror::Error;

/// Why baskets cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    /// An item number is outside the catalogue.
    #[error("cannot build baskets: found item {item}, items must be below `n_items` = {n_items}")]
    UnknownItem {
        /// The item found.
        item: u32,
        /// Number of items in the catalogue.
        n_items: u32,
    },
    /// Positions no longer fit 32 bits.
    #[error("cannot build baskets: found {entries} entries, at most {} are allowed; mine a shorter window", u32::MAX)]
    TooManyEntries {
        /// Distinct (basket, item) pairs found.
        entries: usize,
    },
    /// What was found takes more memory than it may.
    #[error(
        "cannot keep all that occurs {min_count} times or more: it takes {} MB and more, {} MB are allowed; raise the minimum \
         support, lower the maximum length, or allow more memory",
        needed >> 20, limit >> 20
    )]
    Memory {
        /// Bytes when the search was stopped.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
        /// Fewest baskets of a set, or customers of a sequence.
        min_count: u32,
    },
}

/// Baskets in compressed sparse rows: the items of basket `b` are `items[offsets[b]..offsets[b+1]]`,
/// ascending, distinct and below `n_items`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baskets {
    items: Vec<u32>,
    offsets: Vec<u32>,
    n_items: u32,
}

impl Baskets {
    /// From the items of each basket, one after the other; repeats count once, baskets without an item are none.
    ///
    /// `ends[b]`: where in `items` basket b ends.
    ///
    /// # Errors
    /// An item of `n_items` or above.
    ///
    /// ```
    /// use nightclerk_models::rules::Baskets;
    /// let baskets = Baskets::from_rows(vec![1, 0, 1, 1], &[3, 4], 2)?;
    /// assert_eq!(baskets.iter().collect::<Vec<_>>(), [&[0, 1][..], &[1]]);
    /// # Ok::<(), nightclerk_models::rules::RulesError>(())
    /// ```
    pub fn from_rows(mut items: Vec<u32>, ends: &[u32], n_items: u32) -> Result<Self, RulesError> {
        if let Some(&item) = items.par_iter().find_first(|item| **item >= n_items) {
            return Err(RulesError::UnknownItem { item, n_items });
        }
        let mut runs = Vec::new();
        let (mut rest, mut start) = (items.as_mut_slice(), 0);
        for ends in ends.chunks(ends.len().div_ceil(rayon::current_num_threads()).max(1)) {
            let end = ends.last().map_or(start, |end| *end as usize);
            let (run, after) = rest.split_at_mut(end - start);
            runs.push((run, ends, start));
            (rest, start) = (after, end);
        }
        let tidied: Vec<(usize, Vec<u32>)> =
            runs.into_par_iter().map(|(run, ends, start)| (start, tidy(run, ends, start))).collect();
        let (mut offsets, mut kept) = (Vec::with_capacity(ends.len() + 1), 0);
        offsets.push(0);
        for (start, ends) in tidied {
            let length = ends.last().map_or(0, |end| *end as usize);
            items.copy_within(start..start + length, kept);
            offsets.extend(ends.iter().map(|end| kept as u32 + end));
            kept += length;
        }
        items.truncate(kept);
        Ok(Self { items, offsets, n_items })
    }

    /// Number of baskets; each holds at least one item.
    pub fn n_baskets(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of entries: the sizes of all baskets.
    pub(super) fn n_entries(&self) -> usize {
        self.items.len()
    }

    /// Number of entries of a run of baskets.
    pub(super) fn n_entries_of(&self, numbers: std::ops::Range<usize>) -> usize {
        (self.offsets[numbers.end] - self.offsets[numbers.start]) as usize
    }

    /// Size of the catalogue, bought or not.
    pub fn n_items(&self) -> u32 {
        self.n_items
    }

    /// The items of one basket.
    pub(super) fn basket(&self, number: usize) -> &[u32] {
        &self.items[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }

    /// The items of each basket.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.offsets.windows(2).map(|ends| &self.items[ends[0] as usize..ends[1] as usize])
    }

    /// In how many baskets each item of the catalogue stands.
    pub fn item_counts(&self) -> Vec<u32> {
        let count = |items: &[u32]| {
            let mut counts = vec![0; self.n_items as usize];
            for &item in items {
                counts[item as usize] += 1;
            }
            counts
        };
        let parts = self.items.par_chunks(self.items.len().div_ceil(rayon::current_num_threads()).max(1));
        let sum = |mut sums: Vec<u32>, counts: Vec<u32>| {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
            sums
        };
        parts.map(count).reduce_with(sum).unwrap_or_else(|| vec![0; self.n_items as usize])
    }
}

/// Sorts the items of each basket, repeats once, and moves them to the front. Returns where the baskets that have any end.
/// `start` is where the run begins among the items that `ends` counts.
fn tidy(run: &mut [u32], ends: &[u32], start: usize) -> Vec<u32> {
    let (mut kept_ends, mut kept, mut start_of_basket) = (Vec::with_capacity(ends.len()), 0, 0);
    for end in ends.iter().map(|end| *end as usize - start) {
        run[start_of_basket..end].sort_unstable();
        let first = kept;
        for at in start_of_basket..end {
            if kept == first || run[kept - 1] != run[at] {
                run[kept] = run[at];
                kept += 1;
            }
        }
        if kept > first {
            kept_ends.push(kept as u32);
        }
        start_of_basket = end;
    }
    kept_ends
}
