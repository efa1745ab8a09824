//! Stock lists that hold only what is there: many systems export no line of zero, so a line that is missing may be an empty shelf.

use std::collections::{BTreeMap, BTreeSet};

use super::StockLevel;
use crate::day::Day;

/// The share of the last count that may be left, by the sales since, of a line that is taken to be empty although it was sold that day.
const LEFT_SHARE: f64 = 0.1;

/// A line that a list of its location leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut<'f> {
    /// The product.
    pub product_id: &'f str,
    /// The location.
    pub location_id: &'f str,
    /// The day of the list.
    pub on: Day,
    /// The newest day before on which the line stood in a list.
    pub counted_on: Day,
    /// What it held then, in thousandths of a unit.
    pub on_hand: i64,
}

impl LeftOut<'_> {
    /// Whether the shelf was empty at the close of the day: what was sold since the last count says nothing else. What goes on selling with
    /// most of its last count still to sell was not counted, or its line was lost.
    pub fn is_empty(&self, sold_on_the_day: i64, sold_since_the_count: i64) -> bool {
        let left = self.on_hand - sold_since_the_count;
        sold_on_the_day <= 0 || left as f64 <= LEFT_SHARE * self.on_hand as f64
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
/// usually is (the median; of a line that was counted once, that of its location).
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
        if let Some(gap) = median(gaps) {
            usual.insert((product, location), gap);
            of_location.entry(location).or_default().push(gap);
        }
    }
    let of_location: BTreeMap<&str, usize> =
        of_location.into_iter().filter_map(|(location, gaps)| Some((location, median(gaps)?))).collect();
    let mut found = Vec::new();
    for ((product_id, location_id), counts) in &lines {
        let known = usual.get(&(*product_id, *location_id)).or_else(|| of_location.get(location_id));
        let usual = known.copied().unwrap_or(1);
        let ends = counts.iter().skip(1).map(|(day, _)| Some(*day)).chain([None]);
        for (&(counted_on, on_hand), end) in counts.iter().zip(ends) {
            let days = &lists[location_id][place(location_id, counted_on)..];
            let missing = (days.iter().enumerate())
                .take_while(|(_, day)| end.is_none_or(|end| **day < end) && **day - counted_on <= longest)
                .filter(|(n, _)| *n >= usual.max(1));
            found.extend(missing.map(|(_, on)| LeftOut { product_id, location_id, on: *on, counted_on, on_hand }));
        }
    }
    found
}

/// The lower one of an even number.
fn median(mut values: Vec<usize>) -> Option<usize> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
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
        found.iter().map(|line| (line.on.number(), line.product_id, line.counted_on.number())).collect()
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
        // A is passed over once.
        let passed: Vec<(i32, &str)> = turns.into_iter().filter(|line| *line != (9, "A")).collect();
        assert_eq!(lists(&passed), [], "nothing else was counted that day, so there is no list");
        let passed: Vec<(i32, &str)> = passed.into_iter().chain([(9, "C")]).collect();
        assert_eq!(lists(&passed), [(9, "A", 6), (10, "A", 6), (11, "A", 6)]);
    }

    #[test]
    fn what_goes_on_selling_is_not_empty() {
        let line = LeftOut {
            product_id: "A",
            location_id: "L",
            on: Day::from_number(5),
            counted_on: Day::from_number(4),
            on_hand: 60_000,
        };
        assert!(!line.is_empty(10_000, 10_000));
        assert!(line.is_empty(0, 0), "nothing was sold");
        assert!(line.is_empty(58_000, 58_000), "sold out");
    }
}
