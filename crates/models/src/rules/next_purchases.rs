//! What the same customers buy next: ordered pairs of items on different days.
//!
//! Sequences with a gap constraint (Srikant and Agrawal, "Mining sequential patterns: generalizations and performance
//! improvements", EDBT 1996), counted by customer. That two things are bought one after the other more often than by chance says
//! little: who likes one likes the other, and who comes often buys everything. So the *order* is tested: among the customers who
//! bought the two in one order only, how many did in this one. Tastes and frequent visits do not favour an order; launches
//! and seasons do, and are allowed for.

use std::collections::HashSet;
use std::ops::Range;

use rayon::prelude::*;

use super::purchases::{Purchases, Visit};
use super::tails::{byar_lower_share, ln_tail_of_draws};
use crate::experiment::benjamini_hochberg;

/// Normal quantile of a one-sided bound at 95 %.
const Z_95: f64 = 1.645;

/// Bytes of the counts that are kept at a time, over all threads.
const COUNT_BYTES: usize = 512 << 20;
/// Days over which an item is equally popular. A week has every weekday once.
const PERIOD_DAYS: i32 = 7;
/// Pairs of purchases of one customer above which it is none: a till, a reseller, the number of all guests.
const MOST_PAIRS_A_CUSTOMER: usize = 2_000_000;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextSettings {
    /// Days after the first purchase within which the next one counts; the same day does not.
    pub within_days: u32,
    /// Fewest customers who bought the one after the other.
    pub min_customers: u32,
    /// Lowest share of the followed customers who then bought the next.
    pub min_confidence: f64,
    /// Expected share of false pairs among those kept.
    pub alpha: f64,
}

/// "Who buys `first` buys `next` within some days."
#[derive(Debug, Clone, PartialEq)]
pub struct NextPurchase {
    /// The item bought first.
    pub first: u32,
    /// The item bought later.
    pub next: u32,
    /// Customers who bought the first early enough for the days after it to be over.
    pub n_first: u32,
    /// Those of them who bought the next in these days.
    pub n_followed: u32,
    /// How many would by chance: at their own visits, with the share of visits of that week that held the next, in proportion to the
    /// size of the visit.
    pub n_expected: f64,
    /// One-sided 95 % lower bound of `n_followed / n_expected`, by Byar's bound as in [`super::Rule::lift_lower`].
    pub lift_lower: f64,
    /// Customers who bought the two in this order only ...
    pub n_forward: u32,
    /// ... and in the other order only, within as many days.
    pub n_backward: u32,
    /// Days between the first and the next, for the customer in the middle.
    pub median_days: f64,
    /// Natural logarithm of the one-sided p-value of "this order is no more frequent than the calendar makes it".
    pub ln_p: f64,
    /// The same, 0 below 1e-308.
    pub p_value: f64,
    /// Benjamini-Hochberg q-value over all ordered pairs of items that enough customers bought.
    pub q_value: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NextFound {
    /// The most certain first.
    pub rules: Vec<NextPurchase>,
    /// Ordered pairs that could have been found.
    pub n_searched: f64,
    /// Pairs beyond chance that only echo a more certain one: what is bought together with its first item is followed by its next too.
    pub n_echoes: usize,
    /// Customers left out because they buy like no single customer.
    pub n_left_out: usize,
}

/// Ordered pairs that customers buy in this order beyond chance.
///
/// The test: a customer says something about (a, b) if it bought them in one order only (within the days). Given its visits, and
/// were its purchases independent of each other, it is forward with probability `F / (F + G)`, `F` the sum over its pairs of visits
/// `t < t' <= t + N` of `s_t s_t' p_a(t) p_b(t')`, `G` that of `s_t s_t' p_b(t) p_a(t')`, with `s` the size of a visit and `p(t)` the share of
/// visits in the weeks around t that hold the item. The number forward is then a sum of independent yes-or-no draws; its tail one above
/// the mean is at most that of a binomial with that mean (Hoeffding 1956, *Ann. Math. Statist.* 27:713). Where the calendar
/// favours the other order, a half is taken. Pairs that only echo a more certain one are left out.
///
/// ```
/// use nightclerk_models::rules::{NextSettings, Purchases, next_purchases};
/// // Forty customers buy a printer on some day and ink three days later.
/// let lines = (0..40).flat_map(|c| [(c, c as i32, 0), (c, c as i32 + 3, 1), (c, 60, 2)]).collect();
/// let settings = NextSettings { within_days: 7, min_customers: 20, min_confidence: 0.1, alpha: 0.05 };
/// let found = next_purchases(&Purchases::from_lines(lines, 3)?, &settings);
/// assert_eq!((found.rules[0].first, found.rules[0].next, found.rules[0].n_forward), (0, 1, 40));
/// assert_eq!(found.rules[0].median_days, 3.0);
/// # Ok::<(), nightclerk_models::rules::RulesError>(())
/// ```
pub fn next_purchases(purchases: &Purchases, settings: &NextSettings) -> NextFound {
    let Some((first_day, last_day)) = purchases.span() else { return NextFound::default() };
    let within = settings.within_days as i32;
    let all: Vec<Vec<Visit>> = purchases.customers().collect();
    let (customers, left_out): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|visits| n_pairs(visits, within) <= MOST_PAIRS_A_CUSTOMER);
    let lines = lines_by_item(&customers, purchases.n_items());
    let frequent: Vec<u32> = (0..purchases.n_items())
        .filter(|item| distinct_customers(&lines[*item as usize]) >= settings.min_customers.max(1))
        .collect();
    let calendar = Calendar::new(&customers, purchases.n_items(), first_day, last_day);
    let candidates = candidates(&customers, &frequent, purchases.n_items(), settings);
    let look = Look { customers: &customers, lines: &lines, calendar: &calendar, within, last_day };
    let mut rules: Vec<NextPurchase> =
        candidates.par_iter().filter_map(|(first, next)| look.at(*first, *next, settings)).collect();
    rules.sort_by(|a, b| a.ln_p.total_cmp(&b.ln_p).then_with(|| (a.first, a.next).cmp(&(b.first, b.next))));
    let n = frequent.len() as f64;
    let n_searched = n * (n - 1.0).max(0.0);
    let p_values: Vec<f64> = rules.iter().map(|rule| rule.p_value).collect();
    for (rule, q_value) in rules.iter_mut().zip(benjamini_hochberg(&p_values, n_searched)) {
        rule.q_value = q_value;
    }
    rules.retain(|rule| {
        rule.q_value <= settings.alpha
            && rule.lift_lower > 1.0
            && rule.n_followed >= settings.min_customers.max(1)
            && f64::from(rule.n_followed) >= settings.min_confidence * f64::from(rule.n_first)
    });
    let (rules, n_echoes) = look.without_echoes(rules, settings.alpha);
    NextFound { rules, n_searched, n_echoes, n_left_out: left_out.len() }
}

/// Pairs of purchases within the days.
fn n_pairs(visits: &[Visit], within: i32) -> usize {
    let later = |at: usize| visits[at + 1..].iter().take_while(move |visit| visit.day - visits[at].day <= within);
    (0..visits.len()).map(|at| visits[at].items.len() * later(at).map(|visit| visit.items.len()).sum::<usize>()).sum()
}

/// Per item, who bought it when: (customer, day), ascending.
fn lines_by_item(customers: &[Vec<Visit>], n_items: u32) -> Vec<Vec<(u32, i32)>> {
    let mut lines = vec![Vec::new(); n_items as usize];
    for (customer, visits) in customers.iter().enumerate() {
        for visit in visits {
            for item in visit.items {
                lines[*item as usize].push((customer as u32, visit.day));
            }
        }
    }
    lines
}

fn distinct_customers(lines: &[(u32, i32)]) -> u32 {
    lines.chunk_by(|a, b| a.0 == b.0).count() as u32
}

/// Ordered pairs that enough customers bought in this order, and more of them than in the other: shares of the first items are counted
/// side by side, each in tables that hold all it needs.
fn candidates(customers: &[Vec<Visit>], frequent: &[u32], n_items: u32, settings: &NextSettings) -> Vec<(u32, u32)> {
    let n = frequent.len();
    let mut place = vec![u32::MAX; n_items as usize];
    for (at, item) in frequent.iter().enumerate() {
        place[*item as usize] = at as u32;
    }
    let places = |visit: &Visit| -> Vec<u32> {
        visit.items.iter().map(|item| place[*item as usize]).filter(|at| *at != u32::MAX).collect()
    };
    let visits: Vec<Vec<(i32, Vec<u32>)>> =
        (customers.par_iter()).map(|visits| visits.iter().map(|visit| (visit.day, places(visit))).collect()).collect();
    let threads = rayon::current_num_threads();
    let rows = (COUNT_BYTES / threads / (8 * n.max(1))).clamp(1, n.div_ceil(threads).max(1));
    let shares: Vec<Range<usize>> = (0..n).step_by(rows).map(|from| from..(from + rows).min(n)).collect();
    let found = shares.into_par_iter().flat_map_iter(|share| {
        let counts = OrderCounts::of(&visits, share.clone(), n, settings.within_days as i32);
        let mut found = Vec::new();
        for first in share.clone() {
            for next in (0..n).filter(|next| *next != first) {
                let [after, before] = counts.of_pair(first - share.start, next);
                // Each customer more in this order halves the p-value at best.
                let best_ln_p = -std::f64::consts::LN_2 * (f64::from(after) - f64::from(before));
                if after >= settings.min_customers.max(1) && best_ln_p <= settings.alpha.ln() {
                    found.push((frequent[first], frequent[next]));
                }
            }
        }
        found
    });
    found.collect()
}

/// Customers by what they bought within the days after and before some first items.
struct OrderCounts {
    n: usize,
    /// First x next: after, before.
    counts: Vec<[u32; 2]>,
}

impl OrderCounts {
    fn of(customers: &[Vec<(i32, Vec<u32>)>], share: Range<usize>, n: usize, within: i32) -> Self {
        let mut counts = vec![[0; 2]; share.len() * n];
        // Which first item of which customer counted an item last, after and before.
        let mut marks = vec![[0_u32; 2]; n];
        let mut mark = 0;
        let mut firsts: Vec<(u32, usize)> = Vec::new();
        for visits in customers {
            firsts.clear();
            for (at, (_, items)) in visits.iter().enumerate() {
                firsts.extend(items.iter().filter(|item| share.contains(&(**item as usize))).map(|item| (*item, at)));
            }
            firsts.sort_unstable();
            for purchases in firsts.chunk_by(|a, b| a.0 == b.0) {
                mark += 1;
                let row = (purchases[0].0 as usize - share.start) * n;
                let mut see = |side: usize, items: &[u32]| {
                    for item in items {
                        let (seen, count) = (&mut marks[*item as usize][side], &mut counts[row + *item as usize][side]);
                        *count += u32::from(*seen != mark);
                        *seen = mark;
                    }
                };
                for (_, at) in purchases {
                    let day = visits[*at].0;
                    visits[at + 1..].iter().take_while(|(later, _)| later - day <= within).for_each(|(_, i)| see(0, i));
                    visits[..*at]
                        .iter()
                        .rev()
                        .take_while(|(earlier, _)| day - earlier <= within)
                        .for_each(|(_, i)| see(1, i));
                }
            }
        }
        Self { n, counts }
    }

    fn of_pair(&self, first: usize, next: usize) -> [u32; 2] {
        self.counts[first * self.n + next]
    }
}

/// How popular items are over time.
struct Calendar {
    first_day: i32,
    /// Visits of the periods around each, and items bought in them.
    visits: Vec<f64>,
    lines: Vec<f64>,
    /// Per item, the visits with it in the periods around each; empty where it was never bought.
    held: Vec<Vec<f32>>,
    n_visits: f64,
}

impl Calendar {
    fn new(customers: &[Vec<Visit>], n_items: u32, first_day: i32, last_day: i32) -> Self {
        let n_periods = ((last_day - first_day) / PERIOD_DAYS) as usize + 1;
        let (mut visits, mut lines) = (vec![0.0; n_periods], vec![0.0; n_periods]);
        let mut held: Vec<Vec<f32>> = vec![Vec::new(); n_items as usize];
        for visit in customers.iter().flatten() {
            let period = ((visit.day - first_day) / PERIOD_DAYS) as usize;
            visits[period] += 1.0;
            lines[period] += visit.items.len() as f64;
            for item in visit.items {
                let held = &mut held[*item as usize];
                held.resize(n_periods, 0.0);
                held[period] += 1.0;
            }
        }
        let n_visits = visits.iter().sum();
        let around = |values: &[f64]| -> Vec<f64> {
            (0..values.len()).map(|at| values[at.saturating_sub(1)..(at + 2).min(values.len())].iter().sum()).collect()
        };
        held.par_iter_mut().for_each(|held| {
            let values: Vec<f64> = held.iter().map(|value| f64::from(*value)).collect();
            *held = around(&values).into_iter().map(|value| value as f32).collect();
        });
        Self { first_day, visits: around(&visits), lines: around(&lines), held, n_visits }
    }

    fn period(&self, day: i32) -> usize {
        ((day - self.first_day) / PERIOD_DAYS) as usize
    }

    /// Share of the visits around a day that hold an item; one visit more with it, spread over all visits, keeps it above zero.
    fn share(&self, item: u32, day: i32) -> f64 {
        let period = self.period(day);
        let held = self.held[item as usize].get(period).copied().map_or(0.0, f64::from);
        (held + self.visits[period] / self.n_visits) / (self.visits[period] + 1.0)
    }

    /// Probability that a visit holds an item.
    fn chance(&self, item: u32, visit: &Visit) -> f64 {
        let period = self.period(visit.day);
        let usual = self.lines[period] / self.visits[period];
        (self.share(item, visit.day) * visit.items.len() as f64 / usual).min(1.0)
    }
}

/// What a candidate is looked up in.
struct Look<'c> {
    customers: &'c [Vec<Visit<'c>>],
    lines: &'c [Vec<(u32, i32)>],
    calendar: &'c Calendar,
    within: i32,
    last_day: i32,
}

/// In which order customers bought two items.
struct Orders {
    /// In the first order only, and in the other only.
    n_forward: u32,
    n_backward: u32,
    /// How many of these the calendar makes the first order.
    expected: f64,
}

impl Orders {
    /// Natural logarithm of the probability of so many in the first order, or more.
    fn ln_p(&self) -> f64 {
        let n = self.n_forward + self.n_backward;
        ln_tail_of_draws(self.n_forward, self.expected.max(f64::from(n) / 2.0), n)
    }
}

/// (customer, day) of the purchases of an item.
type Lines = [(u32, i32)];

impl Look<'_> {
    /// Each customer who bought the first item: with its purchases of both.
    fn each_customer(&self, first: u32, next: u32, mut see: impl FnMut(u32, &Lines, &Lines)) {
        let mut of_next = self.lines[next as usize].chunk_by(|a, b| a.0 == b.0).peekable();
        for firsts in self.lines[first as usize].chunk_by(|a, b| a.0 == b.0) {
            let customer = firsts[0].0;
            while of_next.next_if(|nexts| nexts[0].0 < customer).is_some() {}
            see(customer, firsts, of_next.next_if(|nexts| nexts[0].0 == customer).unwrap_or_default());
        }
    }

    fn follows(&self, firsts: &Lines, nexts: &Lines) -> bool {
        firsts.iter().any(|(_, day)| self.gap(*day, nexts).is_some())
    }

    /// Every purchase of the next within the days after one of the first: the customer and both days.
    fn followings(&self, first: u32, next: u32) -> Vec<(u32, [i32; 2])> {
        let mut found = Vec::new();
        self.each_customer(first, next, |customer, firsts, nexts| {
            for (_, day) in firsts {
                let from = nexts.partition_point(|(_, other)| other <= day);
                let within = nexts[from..].iter().take_while(|(_, other)| other - day <= self.within);
                found.extend(within.map(|(_, other)| (customer, [*day, *other])));
            }
        });
        found
    }

    /// Whether a customer bought an item on a day.
    fn bought(&self, customer: u32, item: u32, day: i32) -> bool {
        self.lines[item as usize].binary_search(&(customer, day)).is_ok()
    }

    /// Of the customers that are not `left_out`.
    fn orders(&self, first: u32, next: u32, left_out: &HashSet<u32>) -> Orders {
        let mut orders = Orders { n_forward: 0, n_backward: 0, expected: 0.0 };
        self.each_customer(first, next, |customer, firsts, nexts| {
            match (self.follows(firsts, nexts), self.follows(nexts, firsts)) {
                _ if left_out.contains(&customer) => return,
                (true, false) => orders.n_forward += 1,
                (false, true) => orders.n_backward += 1,
                _ => return,
            }
            orders.expected += self.forward_chance(first, next, &self.customers[customer as usize]);
        });
        orders
    }

    fn at(&self, first: u32, next: u32, settings: &NextSettings) -> Option<NextPurchase> {
        let (mut n_first, mut n_expected, mut gaps) = (0_u32, 0.0, Vec::new());
        self.each_customer(first, next, |customer, firsts, nexts| {
            let early: Vec<i32> =
                firsts.iter().map(|(_, day)| *day).filter(|day| day + self.within <= self.last_day).collect();
            if !early.is_empty() {
                n_first += 1;
                n_expected += self.expected(next, &self.customers[customer as usize], &early);
                gaps.extend(early.iter().find_map(|day| self.gap(*day, nexts)));
            }
        });
        let n_followed = gaps.len() as u32;
        if n_followed < settings.min_customers.max(1) {
            return None;
        }
        let orders = self.orders(first, next, &HashSet::new());
        let ln_p = orders.ln_p();
        gaps.sort_unstable();
        let median_days = f64::midpoint(f64::from(gaps[(gaps.len() - 1) / 2]), f64::from(gaps[gaps.len() / 2]));
        let followed = f64::from(n_followed);
        let lift_lower = followed / n_expected * byar_lower_share(followed, Z_95);
        Some(NextPurchase {
            first,
            next,
            n_first,
            n_followed,
            n_expected,
            lift_lower,
            n_forward: orders.n_forward,
            n_backward: orders.n_backward,
            median_days,
            ln_p,
            p_value: ln_p.exp(),
            q_value: 1.0,
        })
    }

    /// The pairs that are more than an echo of a more certain one, and how many are none.
    ///
    /// What is bought together with one of a pair is in the same order as that pair. So a pair must hold among the customers who do not
    /// follow any more certain pair on a day on which they bought its first together with that pair's, or its next with that pair's
    /// next; with `alpha` parted among all pairs so asked.
    fn without_echoes(&self, rules: Vec<NextPurchase>, alpha: f64) -> (Vec<NextPurchase>, usize) {
        let (n, least_ln_p) = (rules.len(), (alpha / rules.len().max(1) as f64).ln());
        let mut followed: Vec<(u32, [i32; 2])> = Vec::new();
        let mut kept = Vec::new();
        for rule in rules {
            let together = |(customer, days): &&(u32, [i32; 2])| {
                self.bought(*customer, rule.first, days[0]) || self.bought(*customer, rule.next, days[1])
            };
            let left_out: HashSet<u32> = followed.par_iter().filter(together).map(|(customer, _)| *customer).collect();
            if left_out.is_empty() || self.orders(rule.first, rule.next, &left_out).ln_p() <= least_ln_p {
                followed.extend(self.followings(rule.first, rule.next));
                kept.push(rule);
            }
        }
        let n_echoes = n - kept.len();
        (kept, n_echoes)
    }

    /// Days from a day to the first of the purchases after it, within the days.
    fn gap(&self, day: i32, purchases: &[(u32, i32)]) -> Option<i32> {
        let after = purchases.partition_point(|(_, other)| *other <= day);
        purchases.get(after).map(|(_, other)| other - day).filter(|gap| *gap <= self.within)
    }

    /// Probability that one of the visits in the days after the first purchases holds the next item.
    fn expected(&self, next: u32, visits: &[Visit], early: &[i32]) -> f64 {
        let in_reach = |visit: &&Visit| early.iter().any(|day| (1..=self.within).contains(&(visit.day - day)));
        1.0 - visits.iter().filter(in_reach).map(|visit| 1.0 - self.calendar.chance(next, visit)).product::<f64>()
    }

    /// Probability that a customer of these visits who bought the two in one order did so in this one.
    fn forward_chance(&self, first: u32, next: u32, visits: &[Visit]) -> f64 {
        let known: Vec<[f64; 3]> = (visits.iter())
            .map(|visit| {
                let share = |item| self.calendar.share(item, visit.day);
                [share(first), share(next), visit.items.len() as f64]
            })
            .collect();
        let (mut forward, mut backward) = (0.0, 0.0);
        for (at, [first, next, size]) in known.iter().enumerate() {
            let later = visits[at + 1..].iter().zip(&known[at + 1..]);
            for (_, [later_first, later_next, later_size]) in
                later.take_while(|(visit, _)| visit.day - visits[at].day <= self.within)
            {
                forward += size * later_size * first * later_next;
                backward += size * later_size * next * later_first;
            }
        }
        if forward + backward > 0.0 { forward / (forward + backward) } else { 0.5 }
    }
}

#[cfg(test)]
#[path = "next_purchases_tests.rs"]
mod tests;
