//! Stock lists that hold only what is there: many systems export no line of zero, so a line that is missing may be an empty shelf.

use std::collections::{BTreeMap, BTreeSet};

use super::StockLevel;
use crate::day::Day;

/// The share of the last count that may be left, by the sales since, of a line that is taken to be empty although it was sold that day.
const LEFT_SHARE: f64 = 0.1;
/// A day that sells this share of what counted days sell was not cut short by an empty shelf.
const USUAL_SHARE: f64 = 0.8;
/// Fewer gaps between counts than this say less of what is usual.
const FEW: usize = 8;
/// Counted days that say what is usual.
const USUAL_DAYS: usize = 8;

/// A line that lists of its location leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut<'f> {
    /// The product.
    pub product_id: &'f str,
    /// The location.
    pub location_id: &'f str,
    /// The lists in which it stands, by day, with what it held, in thousandths of a unit.
    counts: Vec<(Day, i64)>,
    /// The lists in which it is missing, by day, and which count comes before.
    missing: Vec<(Day, usize)>,
}

impl LeftOut<'_> {
    /// The days on whose close the shelf was empty; `sold` is what was sold on a day, in thousandths.
    ///
    /// A line that is missing is one of zero, but where the sales say something else: what sells as much as on counted days, with most of
    /// its last count still to sell, was not counted, or its line was lost.
    pub fn empty_on(&self, sold: impl Fn(Day) -> i64) -> impl Iterator<Item = Day> {
        // From count to list, summed up as the days go by.
        let mut since = (usize::MAX, Day::default(), 0);
        self.missing.iter().filter_map(move |&(on, count)| {
            let (counted_on, on_hand) = self.counts[count];
            if since.0 != count {
                since = (count, counted_on, 0);
            }
            since.2 += (since.1 + 1).through(on).map(&sold).sum::<i64>();
            since.1 = on;
            let left = on_hand - since.2;
            let goes_on = || {
                let days = &self.counts[(count + 1).saturating_sub(USUAL_DAYS)..=count];
                let usual = days.iter().map(|(day, _)| sold(*day)).sum::<i64>() as f64 / days.len() as f64;
                sold(on) as f64 >= USUAL_SHARE * usual
            };
            let is_empty = sold(on) <= 0 || left as f64 <= LEFT_SHARE * on_hand as f64 || !goes_on();
            is_empty.then_some(on)
        })
    }
}

/// The locations whose lists hold no line of zero at all.
pub fn without_zeros<'f>(levels: impl Iterator<Item = StockLevel<'f>>) -> BTreeSet<&'f str> {
    let mut has_zeros: BTreeMap<&str, bool> = BTreeMap::new();
    for level in levels {
        *has_zeros.entry(level.location_id).or_default() |= level.on_hand <= 0;
    }
    has_zeros.into_iter().filter_map(|(location, has_zeros)| (!has_zeros).then_some(location)).collect()
}

/// The lines that lists of such locations leave out, up to `longest` days after they last stood in one; later they are taken for delisted.
///
/// A line that stands in every third list only, because shelves are counted in turn, is left out when it is missing in more lists than it
/// usually is: the lower quartile, because what often sells out is often missing; of a line that was counted once, that of its location.
pub fn left_out<'f>(levels: impl Iterator<Item = StockLevel<'f>>, longest: i32) -> Vec<LeftOut<'f>> {
    let mut lists: BTreeMap<&str, BTreeSet<Day>> = BTreeMap::new();
    let mut lines: BTreeMap<(&str, &str), Vec<(Day, i64)>> = BTreeMap::new();
    for StockLevel { product_id, location_id, snapshot_on, on_hand, .. } in levels {
        lists.entry(location_id).or_default().insert(snapshot_on);
        lines.entry((product_id, location_id)).or_default().push((snapshot_on, on_hand));
    }
    let lists: BTreeMap<&str, Vec<Day>> =
        lists.into_iter().map(|(location, days)| (location, days.into_iter().collect())).collect();
    let place = |location: &str, day: Day| lists[location].partition_point(|list| *list < day);
    let mut usual: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut of_location: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for ((product, location), counts) in &mut lines {
        counts.sort_unstable();
        counts.dedup_by_key(|(day, _)| *day);
        let places: Vec<usize> = counts.iter().map(|(day, _)| place(location, *day)).collect();
        let gaps: Vec<usize> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if let Some(gap) = lower_quartile(gaps) {
            usual.insert((product, location), gap);
            of_location.entry(location).or_default().push(gap);
        }
    }
    let of_location: BTreeMap<&str, usize> =
        of_location.into_iter().filter_map(|(location, gaps)| Some((location, lower_quartile(gaps)?))).collect();
    let mut found = Vec::new();
    for ((product_id, location_id), counts) in lines {
        let known = usual.get(&(product_id, location_id)).or_else(|| of_location.get(location_id));
        let usual = known.copied().unwrap_or(1);
        let ends: Vec<Option<Day>> = counts.iter().skip(1).map(|(day, _)| Some(*day)).chain([None]).collect();
        let mut missing = Vec::new();
        for (count, (&(counted_on, _), end)) in counts.iter().zip(ends).enumerate() {
            let days = &lists[location_id][place(location_id, counted_on)..];
            let lists = (days.iter().enumerate())
                .take_while(|(_, day)| end.is_none_or(|end| **day < end) && **day - counted_on <= longest)
                .filter(|(n, _)| *n >= usual.max(1));
            missing.extend(lists.map(|(_, on)| (*on, count)));
        }
        if !missing.is_empty() {
            found.push(LeftOut { product_id, location_id, counts, missing });
        }
    }
    found
}

/// The value that a quarter of them lie at or below, of few of them half; `None` of nothing.
fn lower_quartile(mut values: Vec<usize>) -> Option<usize> {
    values.sort_unstable();
    let part = if values.len() < FEW { 2 } else { 4 };
    values.get(values.len().checked_sub(1)? / part).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines `(day, product)` of one location that hold 10 units each.
    fn lists(lines: &[(i32, &'static str)]) -> Vec<(i32, &'static str, i32)> {
        let level = |(day, product): &(i32, &'static str)| StockLevel {
            snapshot_on: Day::from_number(*day),
            product_id: product,
            location_id: "L",
            on_hand: 10_000,
            reserved: None,
        };
        let found = left_out(lines.iter().map(level), 28);
        let of = |line: LeftOut<'static>| -> Vec<(i32, &'static str, i32)> {
            line.missing
                .iter()
                .map(|(on, count)| (on.number(), line.product_id, line.counts[*count].0.number()))
                .collect()
        };
        found.into_iter().flat_map(of).collect::<Vec<_>>()
    }

    #[test]
    fn a_line_that_stood_in_every_list_and_does_not_any_more_is_left_out() {
        let mut lines: Vec<(i32, &str)> = (1..=9).flat_map(|day| [(day, "A"), (day, "B")]).collect();
        lines.retain(|(day, product)| *product == "A" || ![5, 8, 9].contains(day));
        assert_eq!(lists(&lines), [(5, "B", 4), (8, "B", 7), (9, "B", 7)]);
        // After four weeks it is delisted.
        let long: Vec<(i32, &str)> = (1..=40).map(|day| (day, "A")).chain([(1, "B"), (2, "B")]).collect();
        assert_eq!(lists(&long).last(), Some(&(30, "B", 2)));
    }

    #[test]
    fn shelves_that_are_counted_in_turn_are_not_empty_in_between() {
        let products = ["A", "B", "C"];
        let turns: Vec<(i32, &str)> = (0..12).map(|day| (day, products[day as usize % 3])).collect();
        assert_eq!(lists(&turns), []);
        // What sells out for two days of four is empty on them, not counted in turn.
        let every_day = (0..16).map(|day| (day, "A"));
        let sold_out: Vec<(i32, &str)> =
            every_day.chain((0..16).filter(|day| day % 4 < 2).map(|day| (day, "B"))).collect();
        assert_eq!(lists(&sold_out).len(), 8);
        // A is passed over once.
        let passed: Vec<(i32, &str)> = turns.into_iter().filter(|line| *line != (9, "A")).collect();
        // Of the lists after its last one, which are the seventh, eighth, tenth and eleventh day, the third and fourth leave it out.
        assert_eq!(lists(&passed), [(10, "A", 6), (11, "A", 6)]);
    }

    #[test]
    fn what_goes_on_selling_is_not_empty() {
        let day = Day::from_number;
        // Counted on the days 1 to 4, with 60 on the last, 10 sold a day; missing on the fifth.
        let line = LeftOut {
            product_id: "A",
            location_id: "L",
            counts: (1..=4).map(|n| (day(n), 60_000)).collect(),
            missing: vec![(day(5), 3), (day(6), 3)],
        };
        let empty = |fifth: i64, sixth: i64| -> Vec<i32> {
            let sold = |on: Day| match on.number() {
                5 => fifth * 1000,
                6 => sixth * 1000,
                _ => 10_000,
            };
            line.empty_on(sold).map(Day::number).collect()
        };
        assert!(empty(10, 10).is_empty());
        assert_eq!(empty(0, 0), [5, 6], "nothing was sold");
        assert_eq!(empty(6, 0), [5, 6], "it ran out in the afternoon");
        assert_eq!(empty(10, 45), [6], "sold out: 55 of 60");
    }
}
