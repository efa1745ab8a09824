use std::cmp::Reverse;

use rayon::prelude::*;

use super::{Baskets, SizeBands};

/// Items that stand together, and in how many baskets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Itemset {
    /// Ascending.
    pub items: Vec<u32>,
    /// Baskets that hold all of them.
    pub count: u32,
}

/// Every itemset of at most `max_length` items that stands in at least `min_count` baskets.
///
/// Exact; sorted by length, then items. A `min_count` of 0 is read as 1.
///
/// Eclat (Zaki 2000, *IEEE TKDE* 12:372) on projections: for each item, the baskets that hold it
/// become bit positions, the more frequent items of those baskets become bit rows, and longer sets
/// are intersections of rows. Working memory per thread: (baskets with the item) x (items frequent
/// among them) / 8 bytes, for the worst item.
///
/// ```
/// use nightclerk::models::rules::{Baskets, frequent_itemsets};
/// let pairs = vec![(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2)];
/// let found = frequent_itemsets(&Baskets::from_pairs(pairs, 3)?, 2, 3);
/// let shown: Vec<_> = found.iter().map(|set| (set.items.as_slice(), set.count)).collect();
/// assert_eq!(shown, [(&[0][..], 2), (&[1], 3), (&[0, 1], 2)]);
/// # Ok::<(), nightclerk::models::rules::RulesError>(())
/// ```
pub fn frequent_itemsets(baskets: &Baskets, min_count: u32, max_length: usize) -> Vec<Itemset> {
    let search = Search { min_count: min_count.max(1), max_length, bands: None };
    let found = mine(baskets, &search, |_| true);
    found.into_iter().map(|counted| counted.set).collect()
}

/// An itemset with its count in every size band (empty when no bands were asked for).
#[derive(Debug, Clone)]
pub(super) struct CountedItemset {
    pub(super) set: Itemset,
    pub(super) by_band: Box<[u32]>,
}

/// What to look for.
pub(super) struct Search<'a> {
    pub(super) min_count: u32,
    pub(super) max_length: usize,
    pub(super) bands: Option<&'a SizeBands>,
}

/// As [`frequent_itemsets`], over the items that `allowed` lets pass.
pub(super) fn mine(baskets: &Baskets, search: &Search<'_>, allowed: impl Fn(u32) -> bool) -> Vec<CountedItemset> {
    if search.max_length == 0 {
        return Vec::new();
    }
    let ranked = Ranked::new(baskets, search.min_count, allowed);
    let mut found: Vec<CountedItemset> = (0..ranked.item_of_rank.len())
        .into_par_iter()
        .map_init(|| vec![0; ranked.item_of_rank.len()], |counts, rank| project(&ranked, search, rank, counts))
        .flatten_iter()
        .collect();
    found.par_sort_unstable_by(|a, b| (a.set.items.len(), &a.set.items).cmp(&(b.set.items.len(), &b.set.items)));
    found
}

/// Baskets rewritten in ranks (0 = the most frequent item), by basket and by item.
struct Ranked {
    item_of_rank: Vec<u32>,
    ranks: Vec<u32>,
    offsets: Vec<usize>,
    /// For each rank, where it stands: (basket, position in `ranks`).
    places: Vec<Vec<(u32, u32)>>,
}

impl Ranked {
    fn new(baskets: &Baskets, min_count: u32, allowed: impl Fn(u32) -> bool) -> Self {
        let counts = baskets.item_counts();
        let mut item_of_rank: Vec<u32> =
            (0..baskets.n_items()).filter(|&item| counts[item as usize] >= min_count && allowed(item)).collect();
        item_of_rank.sort_by_key(|&item| (Reverse(counts[item as usize]), item));
        let mut rank_of_item = vec![u32::MAX; counts.len()];
        for (rank, &item) in item_of_rank.iter().enumerate() {
            rank_of_item[item as usize] = rank as u32;
        }
        let mut places: Vec<Vec<(u32, u32)>> =
            item_of_rank.iter().map(|&item| Vec::with_capacity(counts[item as usize] as usize)).collect();
        let (mut ranks, mut offsets) = (Vec::new(), vec![0]);
        for (basket, items) in baskets.iter().enumerate() {
            let start = ranks.len();
            ranks.extend(items.iter().map(|&item| rank_of_item[item as usize]).filter(|&rank| rank != u32::MAX));
            ranks[start..].sort_unstable();
            for (position, &rank) in ranks.iter().enumerate().skip(start) {
                places[rank as usize].push((basket as u32, position as u32));
            }
            offsets.push(ranks.len());
        }
        Self { item_of_rank, ranks, offsets, places }
    }

    /// The more frequent items of the same basket.
    fn before(&self, (basket, position): (u32, u32)) -> &[u32] {
        &self.ranks[self.offsets[basket as usize]..position as usize]
    }
}

/// All frequent itemsets whose least frequent item is `rank`. `counts` is scratch, all zeros
/// between calls.
fn project(ranked: &Ranked, search: &Search<'_>, rank: usize, counts: &mut [u32]) -> Vec<CountedItemset> {
    let places = &ranked.places[rank];
    let band_of_bit: Vec<u16> =
        search.bands.map_or_else(Vec::new, |bands| places.iter().map(|place| bands.band_of(place.0)).collect());
    let mut walk =
        Walk { item_of_rank: &ranked.item_of_rank, search, band_of_bit, path: vec![rank as u32], found: Vec::new() };
    let words = places.len().div_ceil(64);
    let mut everywhere = vec![u64::MAX; words];
    if let Some(last) = everywhere.last_mut()
        && !places.len().is_multiple_of(64)
    {
        *last = (1 << (places.len() % 64)) - 1;
    }
    walk.emit(places.len() as u32, &everywhere);
    if search.max_length < 2 {
        return walk.found;
    }
    let mut touched: Vec<u32> = Vec::new();
    for &place in places {
        for &other in ranked.before(place) {
            if counts[other as usize] == 0 {
                touched.push(other);
            }
            counts[other as usize] += 1;
        }
    }
    let mut kept: Vec<u32> =
        touched.iter().copied().filter(|&other| counts[other as usize] >= search.min_count).collect();
    kept.sort_unstable();
    let mut rows: Vec<Row> =
        kept.iter().map(|&other| Row { rank: other, count: counts[other as usize], bits: vec![0; words] }).collect();
    for &other in &touched {
        counts[other as usize] = 0;
    }
    // `counts` now maps a kept rank to its row, plus 1.
    for (row, &other) in kept.iter().enumerate() {
        counts[other as usize] = row as u32 + 1;
    }
    for (bit, &place) in places.iter().enumerate() {
        for &other in ranked.before(place) {
            if let Some(row) = (counts[other as usize] as usize).checked_sub(1) {
                rows[row].bits[bit / 64] |= 1 << (bit % 64);
            }
        }
    }
    for &other in &kept {
        counts[other as usize] = 0;
    }
    walk.extend(&rows);
    walk.found
}

struct Row {
    rank: u32,
    count: u32,
    bits: Vec<u64>,
}

struct Walk<'a> {
    item_of_rank: &'a [u32],
    search: &'a Search<'a>,
    band_of_bit: Vec<u16>,
    path: Vec<u32>,
    found: Vec<CountedItemset>,
}

impl Walk<'_> {
    fn extend(&mut self, rows: &[Row]) {
        for (index, row) in rows.iter().enumerate() {
            self.path.push(row.rank);
            self.emit(row.count, &row.bits);
            if self.path.len() < self.search.max_length {
                let longer: Vec<Row> = rows[..index].iter().filter_map(|other| self.intersect(row, other)).collect();
                if !longer.is_empty() {
                    self.extend(&longer);
                }
            }
            self.path.pop();
        }
    }

    fn intersect(&self, row: &Row, other: &Row) -> Option<Row> {
        let pairs = || row.bits.iter().zip(&other.bits);
        let count = pairs().map(|(a, b)| (a & b).count_ones()).sum();
        (count >= self.search.min_count).then(|| Row {
            rank: other.rank,
            count,
            bits: pairs().map(|(a, b)| a & b).collect(),
        })
    }

    fn emit(&mut self, count: u32, bits: &[u64]) {
        let mut items: Vec<u32> = self.path.iter().map(|&rank| self.item_of_rank[rank as usize]).collect();
        items.sort_unstable();
        let mut by_band = vec![0; self.search.bands.map_or(0, SizeBands::len)];
        if !by_band.is_empty() {
            for (word, &bits) in bits.iter().enumerate() {
                let mut left = bits;
                while left != 0 {
                    let bit = word * 64 + left.trailing_zeros() as usize;
                    by_band[usize::from(self.band_of_bit[bit])] += 1;
                    left &= left - 1;
                }
            }
        }
        self.found.push(CountedItemset { set: Itemset { items, count }, by_band: by_band.into_boxed_slice() });
    }
}
