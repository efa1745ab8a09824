use rayon::prelude::*;

use super::miner::{Collect, Found, Ranked, Search};
use super::{Baskets, RulesError, SizeBands};

/// Items that stand together, and in how many baskets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Itemset {
    /// Ascending.
    pub items: Vec<u32>,
    /// Baskets that hold all of them.
    pub count: u32,
}

/// An itemset with its count in every size band (empty when no bands were asked for).
#[derive(Debug, Clone)]
pub(super) struct CountedItemset {
    pub(super) set: Itemset,
    pub(super) by_band: Box<[u32]>,
}

/// Every itemset of at most `max_length` of the items that `allowed` lets pass that stands in at least `min_count` baskets, with
/// counts by size band.
///
/// Exact; sorted by length, then items. A `min_count` of 0 is read as 1.
///
/// # Errors
/// More entries than positions can be numbered.
pub(super) fn mine_counted(
    baskets: &Baskets,
    min_count: u32,
    max_length: usize,
    bands: Option<&SizeBands>,
    allowed: impl Fn(u32) -> bool,
) -> Result<Vec<CountedItemset>, RulesError> {
    let search = Search { min_count, max_length, max_bytes: u64::MAX };
    let ranked = Ranked::new(baskets, min_count, allowed)?;
    let parts = match bands {
        Some(bands) => ranked
            .mine(&search, || ByBand { bands, max_length, found: Vec::new() })?
            .into_iter()
            .map(|part| part.found)
            .collect(),
        None => ranked.mine(&search, Plain::default)?.into_iter().map(|part| part.0).collect::<Vec<_>>(),
    };
    let mut found: Vec<CountedItemset> = parts.into_iter().flatten().collect();
    found.par_sort_unstable_by(|a, b| (a.set.items.len(), &a.set.items).cmp(&(b.set.items.len(), &b.set.items)));
    Ok(found)
}

fn itemset(found: &Found<'_>) -> Itemset {
    let mut items = found.items.to_vec();
    items.sort_unstable();
    Itemset { items, count: found.count }
}

#[derive(Default)]
struct Plain(Vec<CountedItemset>);

impl Collect for Plain {
    const WANTS_BASKETS: bool = false;

    fn take(&mut self, found: &Found<'_>) {
        self.0.push(CountedItemset { set: itemset(found), by_band: Box::default() });
    }

    fn bytes(&self) -> u64 {
        (self.0.capacity() * size_of::<CountedItemset>()) as u64
    }
}

struct ByBand<'a> {
    bands: &'a SizeBands,
    max_length: usize,
    found: Vec<CountedItemset>,
}

impl Collect for ByBand<'_> {
    const WANTS_BASKETS: bool = true;

    fn take(&mut self, found: &Found<'_>) {
        // A set of the greatest length is part of no longer one, and only parts are asked for by band.
        if found.items.len() == self.max_length {
            self.found.push(CountedItemset { set: itemset(found), by_band: Box::default() });
            return;
        }
        let mut by_band = vec![0; self.bands.len()];
        for (word, &bits) in found.bits.iter().enumerate() {
            let mut left = bits;
            while left != 0 {
                let bit = word * 64 + left.trailing_zeros() as usize;
                by_band[usize::from(self.bands.band_of(found.baskets[bit]))] += 1;
                left &= left - 1;
            }
        }
        self.found.push(CountedItemset { set: itemset(found), by_band: by_band.into_boxed_slice() });
    }

    fn bytes(&self) -> u64 {
        (self.found.capacity() * size_of::<CountedItemset>()) as u64
    }
}
