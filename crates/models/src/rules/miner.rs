//! The search itself: every itemset above a minimum count, handed to a [`Collect`]or as it is found.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Baskets, RulesError};

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Fewest baskets; 0 is read as 1.
    pub min_count: u32,
    /// Most items of a set.
    pub max_length: usize,
    /// Most bytes that what is found may take.
    pub max_bytes: u64,
}

/// One frequent itemset.
pub(super) struct Found<'a> {
    /// Its items, in no order.
    pub items: &'a [u32],
    /// Baskets that hold all of them.
    pub count: u32,
    /// Which of [`Found::baskets`] hold all of them.
    pub bits: &'a [u64],
    /// The baskets of its least frequent item, by number.
    pub baskets: &'a [u32],
}

/// Keeps what is found.
pub(super) trait Collect: Send + Sized {
    /// Whether [`Found::baskets`] is wanted; finding their numbers costs time.
    const WANTS_BASKETS: bool;
    /// One more itemset.
    fn take(&mut self, found: &Found<'_>);
    /// Bytes of what was kept.
    fn bytes(&self) -> u64;
}

/// A set of baskets, rewritten for the search: ranks (0 = the most frequent item) instead of items, rare items left out.
#[derive(Debug)]
pub(super) struct Ranked {
    item_of_rank: Vec<u32>,
    /// Baskets one after the other, each led by [`BASKET`] and with ascending ranks.
    ranks: Vec<u32>,
    /// Where in `ranks` each rank stands, rank after rank.
    places: Vec<u32>,
    /// Where in `places` each rank begins; one more for the end.
    starts: Vec<u32>,
    /// Where in `ranks` each basket begins, with its number; baskets without a frequent item are left out.
    baskets: Vec<(u32, u32)>,
}

/// Itemsets between two looks at the memory they take.
const ACCOUNT_EVERY: u32 = 4_096;
/// Baskets between the one that is counted and the one that is fetched from memory.
const LOOK_AHEAD: usize = 12;
/// Parts that the search is split into for each thread.
const PARTS_A_THREAD: usize = 32;
/// Stands before the ranks of a basket.
const BASKET: u32 = u32::MAX;

impl Ranked {
    /// The items that are frequent and `allowed`.
    ///
    /// # Errors
    /// More entries than positions can be numbered.
    pub fn new(baskets: &Baskets, min_count: u32, allowed: impl Fn(u32) -> bool) -> Result<Self, RulesError> {
        let counts = baskets.item_counts();
        let least = min_count.max(1);
        let mut item_of_rank: Vec<u32> =
            (0..baskets.n_items()).filter(|&item| counts[item as usize] >= least && allowed(item)).collect();
        item_of_rank.sort_by_key(|&item| (Reverse(counts[item as usize]), item));
        let mut rank_of_item = vec![BASKET; counts.len()];
        let mut starts = Vec::with_capacity(item_of_rank.len() + 1);
        let mut end = 0_u64;
        for (rank, &item) in item_of_rank.iter().enumerate() {
            rank_of_item[item as usize] = rank as u32;
            starts.push(end as u32);
            end += u64::from(counts[item as usize]);
        }
        let entries = end as usize + baskets.n_baskets();
        if entries > u32::MAX as usize {
            return Err(RulesError::TooManyEntries { entries });
        }
        starts.push(end as u32);
        // What is not touched of this takes no memory.
        let mut ranks = vec![0; baskets.n_entries() + baskets.n_baskets()];
        let ranked_parts = {
            let mut parts = Vec::new();
            let mut rest = ranks.as_mut_slice();
            let each = baskets.n_baskets().div_ceil(rayon::current_num_threads()).max(1);
            for from in (0..baskets.n_baskets()).step_by(each) {
                let numbers = from..(from + each).min(baskets.n_baskets());
                let (part, after) = rest.split_at_mut(baskets.n_entries_of(numbers.clone()) + numbers.len());
                parts.push((part, numbers));
                rest = after;
            }
            let ranked = |(part, numbers)| rank_baskets(part, baskets, numbers, &rank_of_item);
            parts.into_par_iter().map(ranked).collect::<Vec<_>>()
        };
        let (mut kept, mut from, mut heads) = (0, 0, Vec::new());
        for RankedPart { length, used, heads: of_part } in ranked_parts {
            ranks.copy_within(from..from + used, kept);
            heads.extend(of_part.into_iter().map(|(head, number)| (kept as u32 + head, number)));
            kept += used;
            from += length;
        }
        ranks.truncate(kept);
        ranks.shrink_to_fit();
        let places = places_of(&ranks, &starts);
        Ok(Self { item_of_rank, ranks, places, starts, baskets: heads })
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> u64 {
        (4 * (self.ranks.len() + self.places.len() + self.starts.len() + self.item_of_rank.len())
            + 8 * self.baskets.len()) as u64
    }

    fn places(&self, rank: usize) -> &[u32] {
        &self.places[self.starts[rank] as usize..self.starts[rank + 1] as usize]
    }

    /// The more frequent items of the same basket, most frequent last.
    fn before(&self, place: u32) -> impl Iterator<Item = u32> {
        self.ranks[..place as usize].iter().rev().copied().take_while(|rank| *rank != BASKET)
    }

    /// The number of the basket in which a place lies.
    fn basket_of(&self, place: u32) -> u32 {
        let after = self.baskets.partition_point(|(head, _)| *head < place);
        after.checked_sub(1).map_or(0, |index| self.baskets[index].1)
    }

    /// Hands every frequent itemset to collectors, in an order that does not depend on the number of threads: that of the
    /// collectors returned, and within each as it was taken.
    ///
    /// Eclat on projections (Zaki, "Scalable algorithms for association mining", IEEE Transactions on Knowledge and Data
    /// Engineering 12 (2000), 372-390; Uno, Asai, Uchida and Arimura, "LCM: an efficient algorithm for enumerating
    /// frequent closed item sets", FIMI 2003, on occurrence deliver): for each item, the baskets that hold it become bit
    /// positions, the more frequent items found in enough of them become bit rows, and longer sets are
    /// intersections of rows. Rows of one search lie on one stack: nothing is allocated within it.
    ///
    /// # Errors
    /// What was found exceeds the memory allowed.
    pub fn mine<C: Collect>(&self, search: &Search, new: impl Fn() -> C + Sync + Send) -> Result<Vec<C>, RulesError> {
        if search.max_length == 0 {
            return Ok(Vec::new());
        }
        let budget = Budget { limit: search.max_bytes, used: AtomicU64::new(0), spent: AtomicBool::new(false) };
        let n = self.item_of_rank.len();
        // A few frequent items take most of the time: parts are small enough that no thread waits long for another.
        let share = n.div_ceil(PARTS_A_THREAD * rayon::current_num_threads()).max(1);
        let found: Vec<C> = (0..n)
            .into_par_iter()
            .with_max_len(share)
            .fold(
                || Walk::new(self, search, &budget, new()),
                |mut walk, rank| {
                    walk.project(rank);
                    walk.account();
                    walk
                },
            )
            .map(|walk| walk.collector)
            .collect();
        if budget.spent.into_inner() {
            return Err(RulesError::Memory {
                needed: budget.used.into_inner(),
                limit: search.max_bytes,
                min_count: search.min_count,
            });
        }
        Ok(found)
    }
}

/// A run of baskets in ranks.
struct RankedPart {
    /// Entries there was room for, and entries used.
    length: usize,
    used: usize,
    /// Where each basket with a frequent item begins, with its number.
    heads: Vec<(u32, u32)>,
}

/// Writes the ranks of some baskets to the front of `part`.
fn rank_baskets(part: &mut [u32], baskets: &Baskets, numbers: Range<usize>, rank_of_item: &[u32]) -> RankedPart {
    let (mut used, mut heads) = (0, Vec::with_capacity(numbers.len()));
    for number in numbers {
        let head = used;
        part[head] = BASKET;
        used += 1;
        for item in baskets.basket(number) {
            let rank = rank_of_item[*item as usize];
            if rank != BASKET {
                part[used] = rank;
                used += 1;
            }
        }
        if used == head + 1 {
            used = head;
            continue;
        }
        heads.push((head as u32, number as u32));
        part[head + 1..used].sort_unstable();
    }
    RankedPart { length: part.len(), used, heads }
}

/// Where each rank stands, rank after rank from `starts` on: each thread looks for the ranks of one share of the places.
fn places_of(ranks: &[u32], starts: &[u32]) -> Vec<u32> {
    let n_places = starts.last().map_or(0, |end| *end as usize);
    let mut places = vec![0; n_places];
    let share = n_places.div_ceil(rayon::current_num_threads()).max(1);
    let (mut shares, mut rest, mut first) = (Vec::new(), places.as_mut_slice(), 0);
    while first + 1 < starts.len() {
        let begin = starts[first] as usize;
        let last = starts.partition_point(|start| (*start as usize) < begin + share).clamp(first + 1, starts.len() - 1);
        let (own, after) = rest.split_at_mut(starts[last] as usize - begin);
        shares.push((own, first as u32..last as u32));
        (rest, first) = (after, last);
    }
    shares.into_par_iter().for_each(|(own, wanted)| {
        let begin = starts[wanted.start as usize];
        let mut next: Vec<u32> =
            starts[wanted.start as usize..wanted.end as usize].iter().map(|at| at - begin).collect();
        for (position, rank) in ranks.iter().enumerate() {
            if wanted.contains(rank) {
                let place = &mut next[(rank - wanted.start) as usize];
                own[*place as usize] = position as u32;
                *place += 1;
            }
        }
    });
    places
}

/// Memory that all threads together may take for what they find.
struct Budget {
    limit: u64,
    used: AtomicU64,
    spent: AtomicBool,
}

/// A row of the stack: one item of the projection.
#[derive(Clone, Copy)]
struct Row {
    item: u32,
    count: u32,
    at: u32,
}

/// One thread's search.
struct Walk<'a, C> {
    ranked: &'a Ranked,
    search: Search,
    budget: &'a Budget,
    collector: C,
    /// Bytes of the collector that the budget knows of, and itemsets found since.
    accounted: u64,
    unaccounted: u32,
    stopped: bool,
    /// Per rank: its count in the projection, then its row, plus 1. All zeros between projections.
    counts: Vec<u32>,
    touched: Vec<u32>,
    rows: Vec<Row>,
    bits: Vec<u64>,
    /// Words of a row.
    words: usize,
    path: Vec<u32>,
    baskets: Vec<u32>,
}

impl<'a, C: Collect> Walk<'a, C> {
    fn new(ranked: &'a Ranked, search: &Search, budget: &'a Budget, collector: C) -> Self {
        Self {
            ranked,
            search: Search { min_count: search.min_count.max(1), ..*search },
            budget,
            collector,
            accounted: 0,
            unaccounted: 0,
            stopped: false,
            counts: vec![0; ranked.item_of_rank.len()],
            touched: Vec::new(),
            rows: Vec::new(),
            bits: Vec::new(),
            words: 0,
            path: Vec::new(),
            baskets: Vec::new(),
        }
    }

    /// Adds what was kept since the last time to what all threads keep.
    fn account(&mut self) {
        let new = self.collector.bytes() - self.accounted;
        self.accounted += new;
        self.unaccounted = 0;
        if self.budget.used.fetch_add(new, Ordering::Relaxed) + new > self.budget.limit {
            self.budget.spent.store(true, Ordering::Relaxed);
        }
        self.stopped = self.budget.spent.load(Ordering::Relaxed);
    }

    /// All frequent itemsets whose least frequent item is `rank`.
    fn project(&mut self, rank: usize) {
        if self.stopped {
            return;
        }
        let ranked = self.ranked;
        let places = ranked.places(rank);
        if C::WANTS_BASKETS {
            self.baskets.clear();
            self.baskets.extend(places.iter().map(|place| ranked.basket_of(*place)));
        }
        self.words = places.len().div_ceil(64);
        self.bits.clear();
        self.bits.resize(self.words, u64::MAX);
        if let Some(last) = self.bits.last_mut()
            && !places.len().is_multiple_of(64)
        {
            *last = (1 << (places.len() % 64)) - 1;
        }
        self.path.clear();
        self.path.push(ranked.item_of_rank[rank]);
        self.emit(places.len() as u32, 0);
        if self.search.max_length < 2 || rank == 0 {
            return;
        }
        // Baskets of a rare item lie anywhere: each is looked at a little before its turn, so that it has arrived by then.
        let mut early = 0;
        for (index, &place) in places.iter().enumerate() {
            if let Some(&coming) = places.get(index + LOOK_AHEAD) {
                early ^= ranked.ranks[coming as usize];
            }
            for other in ranked.before(place) {
                let count = &mut self.counts[other as usize];
                if *count == 0 {
                    self.touched.push(other);
                }
                *count += 1;
            }
        }
        std::hint::black_box(early);
        self.rows.clear();
        self.bits.clear();
        // Most frequent items first, whatever order baskets were read in.
        self.touched.sort_unstable();
        for &other in &self.touched {
            let count = &mut self.counts[other as usize];
            if *count >= self.search.min_count {
                let at = self.bits.len() as u32;
                self.bits.resize(self.bits.len() + self.words, 0);
                self.rows.push(Row { item: ranked.item_of_rank[other as usize], count: *count, at });
                *count = self.rows.len() as u32;
            } else {
                *count = 0;
            }
        }
        if !self.rows.is_empty() {
            for (bit, &place) in places.iter().enumerate() {
                for other in ranked.before(place) {
                    if let Some(row) = (self.counts[other as usize] as usize).checked_sub(1) {
                        self.bits[self.rows[row].at as usize + bit / 64] |= 1 << (bit % 64);
                    }
                }
            }
        }
        for other in self.touched.drain(..) {
            self.counts[other as usize] = 0;
        }
        self.extend(0);
    }

    /// Sets of the path and the rows from `first` on.
    fn extend(&mut self, first: usize) {
        let end = self.rows.len();
        for index in first..end {
            let row = self.rows[index];
            self.path.push(row.item);
            self.emit(row.count, row.at as usize);
            if self.path.len() < self.search.max_length && index > first && !self.stopped {
                let bits = self.bits.len();
                for other in first..index {
                    self.intersect(row, self.rows[other]);
                }
                if self.rows.len() > end {
                    self.extend(end);
                }
                self.rows.truncate(end);
                self.bits.truncate(bits);
            }
            self.path.pop();
        }
    }

    /// Puts the intersection of two rows on the stack, if it is frequent.
    fn intersect(&mut self, row: Row, other: Row) {
        let at = self.bits.len();
        self.bits.resize(at + self.words, 0);
        let (known, new) = self.bits.split_at_mut(at);
        let (one, two) = (&known[row.at as usize..][..self.words], &known[other.at as usize..][..self.words]);
        let mut count = 0;
        for ((both, one), two) in new.iter_mut().zip(one).zip(two) {
            *both = one & two;
            count += both.count_ones();
        }
        if count >= self.search.min_count {
            self.rows.push(Row { item: other.item, count, at: at as u32 });
        } else {
            self.bits.truncate(at);
        }
    }

    fn emit(&mut self, count: u32, at: usize) {
        let found = Found { items: &self.path, count, bits: &self.bits[at..at + self.words], baskets: &self.baskets };
        self.collector.take(&found);
        self.unaccounted += 1;
        if self.unaccounted >= ACCOUNT_EVERY {
            self.account();
        }
    }
}
