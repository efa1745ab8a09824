//! Which products sell in a season of the year alone, and what that season keeps to.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::history::SeriesHistory;
use super::openings::Openings;
use crate::datasets::Product;
use crate::day::Day;
use crate::models::forecast::lifecycle::{Anchor, Season};

/// The anchor of a season that comes on the same dates every year.
const DATE: &str = "the date";
/// Years back in which a season is looked for.
const YEARS: i32 = 4;
/// An event that began so many days ago may still be the one that a season keeps to.
const BEGUN: i32 = 60;
/// An event further ahead than this is not the next one.
const AHEAD: i32 = 330;
/// Series of a category, and the share of them, that come again every year, for one seen once to do so too.
const MIN_OF_KIND: usize = 2;
const SHARE_OF_KIND: f64 = 0.5;

/// Notes the season of every series that has one.
pub(super) fn find_seasons(
    series: &mut [SeriesHistory],
    products: &BTreeMap<String, Product>,
    events: &BTreeMap<String, Vec<Day>>,
    openings: &Openings,
    as_of: Day,
) {
    let anchors = anchors(events, as_of);
    let season = |series: &SeriesHistory, recurs: bool| {
        let opening = openings.at(&series.location_id);
        let begins_with_sales = opening.is_some_and(|opening| series.first_day > opening.begins);
        let closed = opening.map_or(&[][..], |opening| &opening.closed);
        let of = |demand: &[f64]| Season::of(demand, &anchors, recurs, begins_with_sales);
        of(&series.demand).or_else(|| of(&without_stock_between(series, closed)?))
    };
    series.par_iter_mut().for_each(|series| series.season = season(series, false));
    // One that was seen once may come again where its kind does.
    let category = |series: &SeriesHistory| products.get(&series.product_id)?.category_path.clone();
    let mut of_kind: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for series in series.iter() {
        if let Some(path) = category(series) {
            let (all, seasonal) = of_kind.entry(path.as_str().to_owned()).or_default();
            *all += 1;
            *seasonal += usize::from(series.season.is_some());
        }
    }
    let recurs = |series: &SeriesHistory| {
        let kind = category(series).and_then(|path| of_kind.get(path.as_str()).copied());
        kind.is_some_and(|(all, seasonal)| seasonal >= MIN_OF_KIND && seasonal as f64 >= SHARE_OF_KIND * all as f64)
    };
    for series in series.iter_mut().filter(|series| series.season.is_none()) {
        if recurs(series) {
            series.season = season(series, true);
        }
    }
}

/// Days without stock and without a sale, in a row, from which on nobody meant it to be there.
const WITHOUT_STOCK: usize = 56;

/// Demand, where between seasons no stock is kept: nothing was wanted, as far as a season goes. `None` where there is no such time.
fn without_stock_between(series: &SeriesHistory, closed: &[Day]) -> Option<Vec<f64>> {
    let mut demand = series.demand.clone();
    let is_closed = |place: usize| closed.binary_search(&(series.first_day + place as i32)).is_ok();
    let is_silent = |place: usize| series.sold[place] <= 0.0;
    let is_hidden = |demand: &[f64], day: &usize| demand[*day].is_nan() && !is_closed(*day);
    let mut any = false;
    let mut place = 0;
    while place < demand.len() {
        let end = (place..demand.len()).find(|next| !is_silent(*next)).unwrap_or(demand.len());
        let hidden: Vec<usize> = (place..end).filter(|day| is_hidden(&demand, day)).collect();
        // Where it was so before, the time since the last sale is another such time.
        if end - place >= WITHOUT_STOCK || any && end == demand.len() {
            any |= !hidden.is_empty();
            for day in hidden {
                demand[day] = 0.0;
            }
        }
        place = end + 1;
    }
    any.then_some(demand)
}

/// The date, and every event that was seen before and is known ahead.
fn anchors(events: &BTreeMap<String, Vec<Day>>, as_of: Day) -> Vec<Anchor> {
    let by_date = (1..=YEARS).filter_map(|back| as_of.years_before(back)).map(|day| (as_of - day) as usize);
    let mut anchors = vec![Anchor { name: DATE.to_owned(), lags: by_date.collect() }];
    for (name, days) in events {
        let starts: Vec<Day> = days
            .iter()
            .enumerate()
            .filter(|(place, day)| *place == 0 || days[place - 1] != **day - 1)
            .map(|(_, day)| *day)
            .collect();
        let Some(next) = starts.iter().find(|start| **start - as_of >= -BEGUN && **start - as_of <= AHEAD) else {
            continue;
        };
        let lags: Vec<usize> = (starts.iter().rev())
            .filter(|start| **start <= as_of && **start < *next)
            .map(|start| (*next - *start) as usize)
            .take(YEARS as usize)
            .collect();
        if !lags.is_empty() {
            anchors.push(Anchor { name: format!("`{name}`"), lags });
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().into()
    }

    #[test]
    fn a_feast_is_followed_from_the_year_before_to_the_one_ahead() {
        let feast = [day(2024, 3, 11), day(2024, 3, 12), day(2025, 3, 1), day(2025, 3, 2), day(2026, 2, 18)];
        let events =
            BTreeMap::from([("Ramadan".to_owned(), feast.to_vec()), ("once".to_owned(), vec![day(2026, 2, 1)])]);
        let anchors = anchors(&events, day(2026, 2, 10));
        // 2024 had a 29th of February after the 10th.
        assert_eq!(anchors[0].lags, [365, 731, 1096, 1461]);
        assert_eq!(anchors[1], Anchor { name: "`Ramadan`".to_owned(), lags: vec![354, 709] });
        assert_eq!(anchors.len(), 2, "an event that is not known ahead is no anchor: {anchors:?}");
    }
}
