//! What customers buy one after the other, in as many steps as they do: frequent sequences with a limit on the days between steps.
//!
//! A sequence is a list of sets, bought on different days in this order; it counts once per customer. With a limit, each step must
//! follow the one before within so many days. This finds and counts; which order means anything is tested by [`super::next_purchases`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::purchases::Purchases;
use super::{CrossCounts, RulesError};

/// What sequences are mined, and within which memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceSettings {
    /// Fewest customers; 0 is read as 1.
    pub min_count: u32,
    /// Most items, over all steps.
    pub max_length: usize,
    /// Most days from one step to the next; `None` = any number. The same day is never the next step.
    pub within_days: Option<u32>,
    /// Whether it is kept who did what, for [`SequenceRule::counts`].
    pub keep_customers: bool,
    /// Most bytes that the sequences found may take.
    pub max_bytes: u64,
}

/// Sequences with the number of customers who bought them: first items ascending; a sequence stands before those that go on from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceTable {
    /// Items, step after step; each step but the first is led by [`STEP`].
    items: Vec<u32>,
    /// Where in `items` each sequence ends.
    ends: Vec<u32>,
    counts: Vec<u32>,
    /// Who did each, ascending, sequence after sequence; as many as `counts` says. Empty unless asked for.
    customers: Vec<u32>,
}

/// "Who bought these steps buys this one next."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceRule<'a> {
    /// The steps before, each with ascending items.
    pub before: Vec<&'a [u32]>,
    /// The step after, with ascending items.
    pub next: &'a [u32],
    /// Customers who did all of it.
    pub n_both: u32,
    /// Customers who did the steps before.
    pub n_before: u32,
    /// Customers who ever bought the items of `next` on one day.
    pub n_next: u32,
    /// Those of them who did the steps before, whenever that was; `None` unless customers were kept.
    pub n_any_order: Option<u32>,
}

/// Stands between two steps.
const STEP: u32 = u32::MAX;
/// Parts that the search is split into for each thread.
const PARTS_A_THREAD: usize = 32;
/// Sequences between two looks at the memory they take.
const ACCOUNT_EVERY: usize = 4_096;

impl SequenceTable {
    /// Every frequent sequence, the same for any number of threads.
    ///
    /// Pattern growth (Pei et al., "Mining sequential patterns by pattern-growth: the PrefixSpan approach", IEEE Transactions on
    /// Knowledge and Data Engineering 16 (2004), 1424-1440). Because the days between steps are limited, all visits at which a prefix
    /// can end are followed, not only the first: a later one may be what the next step is near to.
    ///
    /// ```
    /// use nightclerk_models::rules::{Purchases, SequenceSettings, SequenceTable};
    /// // Two customers: item 0, then items 1 and 2 together; the second waits for too long.
    /// let purchases = Purchases::from_lines(vec![(0, 1, 0), (0, 5, 1), (0, 5, 2), (1, 1, 0), (1, 9, 1), (1, 9, 2)], 3)?;
    /// let settings = SequenceSettings { min_count: 1, max_length: 3, within_days: Some(7), keep_customers: false, max_bytes: 1 << 20 };
    /// let found = SequenceTable::mine(&purchases, &settings)?;
    /// let longest = found.iter().find(|(steps, _)| steps == &[&[0][..], &[1, 2]]);
    /// assert_eq!(longest.map(|(_, customers)| customers), Some(1));
    /// # Ok::<(), nightclerk_models::rules::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// More sequences than the memory allows.
    pub fn mine(purchases: &Purchases, settings: &SequenceSettings) -> Result<Self, RulesError> {
        let settings = SequenceSettings { min_count: settings.min_count.max(1), ..*settings };
        if settings.max_length == 0 {
            return Ok(Self::default());
        }
        let history = History::new(purchases);
        let starts = history.starts(settings.min_count);
        let budget = Budget { limit: settings.max_bytes, used: AtomicU64::new(0), spent: AtomicBool::new(false) };
        // A few first items take most of the time: parts are small enough that no thread waits long for another.
        let share = starts.len().div_ceil(PARTS_A_THREAD * rayon::current_num_threads()).max(1);
        let parts: Vec<Self> = (starts.into_par_iter().with_max_len(share))
            .fold(
                || Walk::new(&history, &settings, &budget),
                |mut walk, (item, ends)| {
                    walk.sequence.push(item);
                    walk.grow(&ends);
                    walk.sequence.clear();
                    walk.account();
                    walk
                },
            )
            .map(|walk| walk.found)
            .collect();
        if budget.spent.into_inner() {
            let SequenceSettings { min_count, max_bytes: limit, .. } = settings;
            return Err(RulesError::Memory { needed: budget.used.into_inner(), limit, min_count });
        }
        let mut all = Self::default();
        for part in parts {
            let offset = all.items.len() as u32;
            all.items.extend_from_slice(&part.items);
            all.ends.extend(part.ends.iter().map(|end| offset + end));
            all.counts.extend_from_slice(&part.counts);
            all.customers.extend_from_slice(&part.customers);
        }
        Ok(all)
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Every sequence, as its steps, with its customers.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<&[u32]>, u32)> {
        (0..self.len()).map(|index| (self.raw(index).split(|item| *item == STEP).collect(), self.counts[index]))
    }

    /// Every rule of at least `min_confidence`: all steps but the last, then the last.
    pub fn for_each_rule(&self, min_confidence: f64, mut take: impl FnMut(&SequenceRule<'_>)) {
        let known: HashMap<&[u32], usize> = (0..self.len()).map(|index| (self.raw(index), index)).collect();
        let mut starts = Vec::with_capacity(self.len());
        let mut start = 0;
        for count in &self.counts {
            starts.push(start);
            start += *count as usize;
        }
        let customers = |index: usize| self.customers.get(starts[index]..starts[index] + self.counts[index] as usize);
        for index in 0..self.len() {
            let (raw, n_both) = (self.raw(index), self.counts[index]);
            let Some(last) = raw.iter().rposition(|item| *item == STEP) else { continue };
            let (before, next) = (&raw[..last], &raw[last + 1..]);
            let (Some(&of_before), Some(&of_next)) = (known.get(before), known.get(next)) else { continue };
            let (n_before, n_next) = (self.counts[of_before], self.counts[of_next]);
            // A share that is exactly the limit must not be lost to rounding.
            if f64::from(n_both) >= min_confidence * f64::from(n_before) * (1.0 - 1e-12) {
                let n_any_order = customers(of_before).zip(customers(of_next)).map(|(one, other)| in_both(one, other));
                let before = before.split(|item| *item == STEP).collect();
                take(&SequenceRule { before, next, n_both, n_before, n_next, n_any_order });
            }
        }
    }

    fn raw(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[index] as usize]
    }

    fn push(&mut self, raw: &[u32], count: u32) {
        self.items.extend_from_slice(raw);
        self.ends.push(self.items.len() as u32);
        self.counts.push(count);
    }

    fn bytes(&self) -> u64 {
        let Self { items, ends, counts, customers } = self;
        4 * (items.capacity() + ends.capacity() + counts.capacity() + customers.capacity()) as u64
    }
}

impl SequenceRule<'_> {
    /// The counts behind its measures, of so many customers; `None` unless customers were kept.
    ///
    /// A customer follows who bought `next` as the step after; one who did the steps before and bought `next` at other times only is
    /// counted among those who did not, so that the confidence is `n_both / n_before`. Who did not do the steps before counts by whether
    /// `next` was bought at all.
    pub fn counts(&self, n_customers: u32) -> Option<CrossCounts> {
        self.n_any_order.map(|n_any_order| CrossCounts {
            n_baskets: n_customers,
            n_antecedent: self.n_before,
            n_consequent: self.n_next - n_any_order + self.n_both,
            n_both: self.n_both,
        })
    }
}

/// How many ascending numbers are in both.
fn in_both(one: &[u32], other: &[u32]) -> u32 {
    let (mut one, mut other, mut n) = (one.iter().peekable(), other.iter().peekable(), 0);
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        let order = a.cmp(b);
        n += u32::from(order.is_eq());
        if order.is_le() {
            one.next();
        }
        if order.is_ge() {
            other.next();
        }
    }
    n
}

/// The visits of all customers, numbered through.
struct History<'p> {
    /// Day and items of each visit.
    visits: Vec<(i32, &'p [u32])>,
    /// Whose it is, and where the visits of that customer end.
    owners: Vec<(u32, u32)>,
    n_items: usize,
}

impl<'p> History<'p> {
    fn new(purchases: &'p Purchases) -> Self {
        let (mut visits, mut owners) = (Vec::new(), Vec::new());
        for (customer, own) in purchases.customers().enumerate() {
            let end = (visits.len() + own.len()) as u32;
            owners.extend(own.iter().map(|_| (customer as u32, end)));
            visits.extend(own.iter().map(|visit| (visit.day, visit.items)));
        }
        Self { visits, owners, n_items: purchases.n_items() as usize }
    }

    /// The items that enough customers bought, with the visits that hold them.
    fn starts(&self, min_count: u32) -> Vec<(u32, Vec<u32>)> {
        let mut of_item: Vec<Vec<u32>> = vec![Vec::new(); self.n_items];
        for (visit, (_, items)) in (0..).zip(&self.visits) {
            for item in *items {
                of_item[*item as usize].push(visit);
            }
        }
        (0..).zip(of_item).filter(|(_, visits)| self.customers(visits).count() as u32 >= min_count).collect()
    }

    /// The customers of ascending visits, each once.
    fn customers(&self, visits: &[u32]) -> impl Iterator<Item = u32> {
        let of = |visit: &u32| self.owners[*visit as usize].0;
        visits.chunk_by(move |a, b| of(a) == of(b)).map(move |own| of(&own[0]))
    }
}

/// Memory that all threads together may take for what they find.
struct Budget {
    limit: u64,
    used: AtomicU64,
    spent: AtomicBool,
}

/// One thread's search.
struct Walk<'a> {
    history: &'a History<'a>,
    settings: &'a SequenceSettings,
    budget: &'a Budget,
    /// The sequence so far, as in [`SequenceTable::items`].
    sequence: Vec<u32>,
    n_items: usize,
    found: SequenceTable,
    accounted: u64,
    stopped: bool,
    /// What each item would add, on the same day and as the next step.
    same_day: Counts,
    next_step: Counts,
}

/// Customers by item.
struct Counts {
    /// Per item: its customers, and the last of them plus 1.
    of: Vec<(u32, u32)>,
    touched: Vec<u32>,
}

impl Counts {
    fn new(n_items: usize) -> Self {
        Self { of: vec![(0, 0); n_items], touched: Vec::new() }
    }

    fn see(&mut self, items: &[u32], customer: u32) {
        for item in items {
            let (count, last) = &mut self.of[*item as usize];
            if *count == 0 {
                self.touched.push(*item);
            }
            *count += u32::from(*last != customer + 1);
            *last = customer + 1;
        }
    }

    /// The items of at least so many customers, ascending; counts are zero afterwards.
    fn drain(&mut self, min_count: u32) -> Vec<(u32, Vec<u32>)> {
        self.touched.sort_unstable();
        let mut frequent = Vec::new();
        for item in self.touched.drain(..) {
            let (count, _) = std::mem::take(&mut self.of[item as usize]);
            if count >= min_count {
                frequent.push((item, Vec::new()));
            }
        }
        frequent
    }
}

impl<'a> Walk<'a> {
    fn new(history: &'a History<'a>, settings: &'a SequenceSettings, budget: &'a Budget) -> Self {
        let counts = || Counts::new(history.n_items);
        Self {
            history,
            settings,
            budget,
            sequence: Vec::new(),
            n_items: 1,
            found: SequenceTable::default(),
            accounted: 0,
            stopped: budget.spent.load(Ordering::Relaxed),
            same_day: counts(),
            next_step: counts(),
        }
    }

    /// Adds what was kept since the last time to what all threads keep.
    fn account(&mut self) {
        let new = self.found.bytes() - self.accounted;
        self.accounted += new;
        if self.budget.used.fetch_add(new, Ordering::Relaxed) + new > self.budget.limit {
            self.budget.spent.store(true, Ordering::Relaxed);
        }
        self.stopped = self.budget.spent.load(Ordering::Relaxed);
    }

    /// Keeps the sequence, which can end at these visits, and all that go on from it.
    fn grow(&mut self, ends: &[u32]) {
        if self.stopped {
            return;
        }
        let customers = self.history.customers(ends);
        let count = if self.settings.keep_customers {
            let before = self.found.customers.len();
            self.found.customers.extend(customers);
            self.found.customers.len() - before
        } else {
            customers.count()
        };
        self.found.push(&self.sequence, count as u32);
        if self.found.len().is_multiple_of(ACCOUNT_EVERY) {
            self.account();
        }
        if self.n_items == self.settings.max_length {
            return;
        }
        let Some(&last) = self.sequence.last() else { return };
        let history = self.history;
        for &end in ends {
            self.same_day.see(above(history.visits[end as usize].1, last), history.owners[end as usize].0);
        }
        reach(history, ends, self.settings.within_days, |visit| {
            self.next_step.see(history.visits[visit as usize].1, history.owners[visit as usize].0);
        });
        let mut same_day = self.same_day.drain(self.settings.min_count);
        let mut next_step = self.next_step.drain(self.settings.min_count);
        if !same_day.is_empty() {
            for end in ends {
                gather(&mut same_day, above(history.visits[*end as usize].1, last), *end);
            }
        }
        if !next_step.is_empty() {
            reach(history, ends, self.settings.within_days, |visit| {
                gather(&mut next_step, history.visits[visit as usize].1, visit);
            });
        }
        self.n_items += 1;
        let length = self.sequence.len();
        for (item, ends) in same_day {
            self.sequence.push(item);
            self.grow(&ends);
            self.sequence.truncate(length);
        }
        for (item, ends) in next_step {
            self.sequence.extend([STEP, item]);
            self.grow(&ends);
            self.sequence.truncate(length);
        }
        self.n_items -= 1;
    }
}

/// The items of a visit above one of them.
fn above(items: &[u32], item: u32) -> &[u32] {
    &items[items.partition_point(|other| *other <= item)..]
}

/// Notes a visit for those of its items that are wanted. Both ascend.
fn gather(wanted: &mut [(u32, Vec<u32>)], items: &[u32], visit: u32) {
    let mut at = 0;
    for item in items {
        at += wanted[at..].partition_point(|(other, _)| other < item);
        match wanted.get_mut(at) {
            Some((other, visits)) if other == item => visits.push(visit),
            Some(_) => {}
            None => return,
        }
    }
}

/// Each visit, once and ascending, that lies within the days after one of `ends`, of the same customer.
fn reach(history: &History, ends: &[u32], within_days: Option<u32>, mut see: impl FnMut(u32)) {
    for (at, &end) in ends.iter().enumerate() {
        let (customer, mut until) = history.owners[end as usize];
        // From the next end on, that one is nearer.
        if let Some(&next) = ends.get(at + 1)
            && history.owners[next as usize].0 == customer
        {
            until = next + 1;
        }
        let day = history.visits[end as usize].0;
        for visit in end + 1..until {
            let gap = history.visits[visit as usize].0.abs_diff(day);
            if within_days.is_some_and(|within| gap > within) {
                break;
            }
            see(visit);
        }
    }
}

#[cfg(test)]
#[path = "sequences_tests.rs"]
mod tests;
