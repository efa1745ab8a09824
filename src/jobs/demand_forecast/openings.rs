//! On which days each location was open, and on which it will be: a closed day is no demand of zero.
//!
//! Nobody keeps a table of closed days. A day on which nothing at all was sold at a location is taken for a closed one when that is no
//! chance: each series sells on a weekday with the probability it did so on days on which anything was sold, and the
//! product of the probabilities that none of them sold, over the days of a run, is below one in 100,000. Days that are not
//! loaded yet look the same, and are no demand either. Weekdays on which a location never opens are none of this: that
//! is its week.
//!
//! What people said of it is believed: `closed_on` of the project, and events of the calendar named `closed`, or `closed L01` for
//! one location.

use std::collections::{BTreeMap, BTreeSet};

use super::WEEK;
use super::daily_sales::{DailySales, SoldSeries};
use crate::day::Day;

/// Probability below which a run of days without a sale is no chance, as a logarithm.
const NO_CHANCE: f64 = -11.5;
/// Series that must have been selling: one alone may have been out of stock.
const MIN_SERIES: usize = 2;
/// Days without a sale after which a series counts no longer.
const SILENT_DAYS: i32 = 28;
/// A weekday on which a location sells on a smaller share of its days is one on which it is closed as a rule.
const OPEN_AS_A_RULE: f64 = 0.25;
/// Last days of a weekday, all without a sale while others sold, after which it is closed as a rule since.
const CLOSED_SINCE: usize = 4;
/// Years in which a date was closed that make it one on which a location is closed every year.
const MIN_YEARS: usize = 2;

/// The name of an event on whose days the shop is closed; of one location, with its id behind it.
const CLOSED: &str = "closed";

/// Days on which people said it would be closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct KnownClosures {
    everywhere: BTreeSet<Day>,
    of_locations: BTreeMap<String, BTreeSet<Day>>,
}

impl KnownClosures {
    /// Of the project, and of the calendar, from whose events they are taken.
    pub fn of(events: &mut BTreeMap<String, Vec<Day>>, closed_on: impl IntoIterator<Item = Day>) -> Self {
        let mut known = KnownClosures { everywhere: closed_on.into_iter().collect(), of_locations: BTreeMap::new() };
        events.retain(|name, days| {
            let mut words = name.trim().splitn(2, char::is_whitespace);
            let is_closed = words.next().is_some_and(|word| word.eq_ignore_ascii_case(CLOSED));
            if is_closed {
                match words.next().map(str::trim) {
                    None | Some("") => known.everywhere.extend(days.iter()),
                    Some(location) => known.of_locations.entry(location.to_owned()).or_default().extend(days.iter()),
                }
            }
            !is_closed
        });
        known
    }

    fn is_closed(&self, location: &str, day: Day) -> bool {
        self.everywhere.contains(&day) || self.of_locations.get(location).is_some_and(|days| days.contains(&day))
    }
}

/// Closed days.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Openings {
    of_locations: BTreeMap<String, Opening>,
}

/// Of one location.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Opening {
    /// The first day with a sale.
    pub begins: Day,
    /// Closed days up to as_of, ascending.
    pub closed: Vec<Day>,
    /// Days ahead on which it will be closed, ascending.
    pub closed_ahead: Vec<Day>,
}

impl Openings {
    /// As people said and the sales show; `events` of the calendar and dates on which a location was closed before are expected to be
    /// closed again, within `horizon` days.
    pub fn of(
        sales: &DailySales,
        events: &BTreeMap<String, Vec<Day>>,
        known: &KnownClosures,
        horizon: usize,
    ) -> Openings {
        let mut series: BTreeMap<&str, Vec<&SoldSeries>> = BTreeMap::new();
        for one in &sales.series {
            series.entry(&one.location).or_default().push(one);
        }
        let of_locations = (series.into_iter())
            .filter_map(|(location, series)| {
                let location_sales = LocationSales::of(sales, &series)?;
                // Who sold something was open, whatever was said.
                let closed = location_sales.closed(|day| known.is_closed(location, day));
                let begins = location_sales.day(location_sales.first);
                let closed_ahead = (1..=horizon as i32)
                    .map(|ahead| sales.as_of + ahead)
                    .filter(|day| {
                        known.is_closed(location, *day) || was_closed_before(*day, begins, sales.as_of, &closed, events)
                    })
                    .collect();
                Some((location.to_owned(), Opening { begins, closed, closed_ahead }))
            })
            .collect();
        Openings { of_locations }
    }

    /// Of a location; `None` where it never sold.
    pub fn at(&self, location: &str) -> Option<&Opening> {
        self.of_locations.get(location)
    }

    /// Of every location.
    pub fn each(&self) -> impl Iterator<Item = (&str, &Opening)> {
        self.of_locations.iter().map(|(location, opening)| (location.as_str(), opening))
    }
}

/// What one location sold, by places of days in the span.
struct LocationSales {
    first_day: Day,
    series: Vec<SellingSeries>,
    /// Whether anything was sold, per day of the span.
    any: Vec<bool>,
    /// The first of them.
    first: usize,
}

struct SellingSeries {
    /// The first and the last day with a sale.
    first: usize,
    last: usize,
    /// Log probability of no sale on an open day, by weekday.
    silent: [f64; WEEK],
}

impl LocationSales {
    fn of(sales: &DailySales, series: &[&SoldSeries]) -> Option<Self> {
        let mut any = vec![false; series.first()?.sold.len()];
        for series in series {
            for (any, sold) in any.iter_mut().zip(&series.sold) {
                *any |= sold.quantity > 0;
            }
        }
        let first = any.iter().position(|any| *any)?;
        let mut location = LocationSales { first_day: sales.first_day, series: Vec::new(), any, first };
        location.series = series.iter().filter_map(|series| location.selling(series)).collect();
        Some(location)
    }

    fn day(&self, place: usize) -> Day {
        self.first_day + place as i32
    }

    fn weekday(&self, place: usize) -> usize {
        self.day(place).number().rem_euclid(WEEK as i32) as usize
    }

    fn selling(&self, sold: &SoldSeries) -> Option<SellingSeries> {
        let first = sold.sold.iter().position(|sold| sold.quantity > 0)?;
        let last = sold.sold.iter().rposition(|sold| sold.quantity > 0)?;
        let mut days = [(0.0, 0.0); WEEK];
        for place in (first..=last).filter(|place| self.any[*place]) {
            let (open, sales) = &mut days[self.weekday(place)];
            *open += 1.0;
            *sales += f64::from(u8::from(sold.sold[place].quantity > 0));
        }
        // Half a day more of either: what was never seen is not impossible.
        let silent = days.map(|(open, sales)| ((open - sales + 0.5) / (open + 1.0)).ln());
        Some(SellingSeries { first, last, silent })
    }

    /// The closed days: those known to be, and runs that are no chance.
    fn closed(&self, is_known: impl Fn(Day) -> bool) -> Vec<Day> {
        let closed_as_a_rule = self.closed_as_a_rule();
        let mut closed = Vec::new();
        let mut place = self.first;
        while place < self.any.len() {
            if self.any[place] {
                place += 1;
                continue;
            }
            let end = (place..self.any.len()).find(|next| self.any[*next]).unwrap_or(self.any.len());
            // A weekday that is closed as a rule neither speaks for a run nor against it.
            let (known, run): (Vec<usize>, Vec<usize>) = (place..end)
                .filter(|day| !closed_as_a_rule(*day, self.weekday(*day)))
                .partition(|day| is_known(self.day(*day)));
            let chance: f64 = run.iter().map(|day| self.chance_of_silence(*day, place)).sum();
            let inferred = if chance < NO_CHANCE { run } else { Vec::new() };
            closed.extend(known.iter().chain(&inferred).map(|day| self.day(*day)));
            place = end;
        }
        closed.sort_unstable();
        closed
    }

    /// Log probability that nothing is sold on a day, of a run that began at `begin`.
    fn chance_of_silence(&self, place: usize, begin: usize) -> f64 {
        let is_selling =
            |series: &&SellingSeries| series.first < begin && series.last as i32 >= begin as i32 - SILENT_DAYS;
        let selling: Vec<f64> =
            self.series.iter().filter(is_selling).map(|series| series.silent[self.weekday(place)]).collect();
        if selling.len() < MIN_SERIES { 0.0 } else { selling.iter().sum() }
    }

    /// Whether a weekday is one on which the location is closed as a rule at a day's place in the span.
    fn closed_as_a_rule(&self) -> impl Fn(usize, usize) -> bool + use<> {
        let mut shares = [(0.0, 0.0); WEEK];
        // Only weeks in which anything was sold say something about a weekday.
        let lively = |place: usize| {
            let around = place.saturating_sub(WEEK - 1)..(place + WEEK).min(self.any.len());
            self.any[around].iter().any(|any| *any)
        };
        for place in (self.first..self.any.len()).filter(|place| lively(*place)) {
            let (days, open) = &mut shares[self.weekday(place)];
            *days += 1.0;
            *open += f64::from(u8::from(self.any[place]));
        }
        let never: Vec<bool> = shares.iter().map(|(days, open)| *open < OPEN_AS_A_RULE * days).collect();
        // Since when: the last days of the weekday, without a sale in weeks with sales.
        let since: Vec<usize> = (0..WEEK)
            .map(|weekday| {
                let of_weekday: Vec<usize> =
                    (self.first..self.any.len()).filter(|place| self.weekday(*place) == weekday).collect();
                let silent: Vec<usize> = of_weekday.into_iter().rev().take_while(|place| !self.any[*place]).collect();
                let n_lively = silent.iter().filter(|place| lively(**place)).count();
                match silent.last() {
                    Some(first) if n_lively >= CLOSED_SINCE && n_lively == silent.len() => *first,
                    _ => usize::MAX,
                }
            })
            .collect();
        move |place, weekday| never[weekday] || place >= since[weekday]
    }
}

/// Whether a day ahead is one on which the location has always been closed: on every day of an event that falls on it, or on its date
/// in at least two years.
fn was_closed_before(day: Day, begins: Day, as_of: Day, closed: &[Day], events: &BTreeMap<String, Vec<Day>>) -> bool {
    let is_closed = |day: &Day| closed.binary_search(day).is_ok();
    let known = begins..=as_of;
    let by_event = events.values().filter(|days| days.contains(&day)).any(|days| {
        let mut past = days.iter().filter(|day| known.contains(*day)).peekable();
        past.peek().is_some() && past.all(is_closed)
    });
    let years: Vec<Day> =
        (1..=10).filter_map(|back| day.years_before(back)).filter(|day| known.contains(day)).collect();
    by_event || (years.len() >= MIN_YEARS && years.iter().all(is_closed))
}

#[cfg(test)]
mod tests {
    use super::super::daily_sales::Sold;
    use super::*;

    const SPAN: usize = 800;

    /// Series of a location, by what each sells on a place of the span.
    fn shop(sold: &[&dyn Fn(usize) -> i64]) -> DailySales {
        let first_day = Day::from(chrono::NaiveDate::from_ymd_opt(2024, 9, 1).unwrap());
        let series = sold.iter().enumerate().map(|(n, sold)| SoldSeries {
            product: format!("p{n}"),
            location: "l".to_owned(),
            sold: (0..SPAN).map(|t| Sold { quantity: sold(t) * 1000, amount: 0 }).collect(),
            closed_empty: Vec::new(),
        });
        DailySales {
            first_day,
            as_of: first_day + SPAN as i32 - 1,
            begin: first_day,
            stock_without_zeros: Vec::new(),
            series: series.collect(),
            rows_by_day: BTreeMap::new(),
        }
    }

    fn closed(sales: &DailySales) -> Vec<i32> {
        let openings = Openings::of(sales, &BTreeMap::new(), &KnownClosures::default(), 28);
        openings.at("l").unwrap().closed.iter().map(|day| *day - sales.first_day).collect()
    }

    #[test]
    fn days_without_any_sale_of_a_lively_shop_are_closed_and_those_of_a_quiet_one_are_not() {
        let lively = |t: usize| if (400..405).contains(&t) { 0 } else { 10 };
        assert_eq!(closed(&shop(&[&lively, &lively, &lively])), (400..405).collect::<Vec<i32>>());
        // The last two days are not loaded yet.
        let late = |t: usize| if t >= SPAN - 2 { 0 } else { 10 };
        assert_eq!(closed(&shop(&[&late, &late, &late])), [798, 799]);
        // Two products that sell every other day: a day without either is nothing.
        let quiet = |t: usize| i64::from(t.is_multiple_of(2));
        let other = |t: usize| i64::from((t / 2).is_multiple_of(2));
        assert_eq!(closed(&shop(&[&quiet, &other])), [0; 0]);
        // One product alone may be sold out.
        assert_eq!(closed(&shop(&[&lively])), [0; 0]);
    }

    #[test]
    fn a_weekday_off_is_the_shops_week_and_a_run_over_it_is_still_a_run() {
        let sundays_off = |t: usize| if t.is_multiple_of(7) || (400..420).contains(&t) { 0 } else { 10 };
        let found = closed(&shop(&[&sundays_off, &sundays_off, &sundays_off]));
        assert_eq!(found, (400..420).filter(|t| t % 7 != 0).collect::<Vec<i32>>());
        // Closed on Sundays for the last two months.
        let since = |t: usize| if t.is_multiple_of(7) && t > SPAN - 60 { 0 } else { 10 };
        assert_eq!(closed(&shop(&[&since, &since, &since])), [0; 0]);
        // Closed on Sundays until a year ago: those Sundays say nothing about today's.
        let until = |t: usize| if t.is_multiple_of(7) && t < 400 { 0 } else { 10 };
        assert_eq!(closed(&shop(&[&until, &until, &until])).len(), 57);
    }

    #[test]
    fn what_was_closed_every_year_will_be_and_what_was_open_once_will_not() {
        let open = |t: usize| if [115, 480].contains(&t) { 0 } else { 10 };
        let sales = shop(&[&open, &open, &open]);
        let dates: Vec<String> = [115, 480].iter().map(|place| (sales.first_day + *place).to_string()).collect();
        assert_eq!(dates, ["2024-12-25", "2025-12-25"]);
        let ahead = |events: &BTreeMap<String, Vec<Day>>| {
            let openings = Openings::of(&sales, events, &KnownClosures::default(), 60);
            openings.at("l").unwrap().closed_ahead.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(ahead(&BTreeMap::new()), ["2026-12-25"], "on the date of both years");
        let next = sales.as_of + 20;
        let events = |days: Vec<Day>| BTreeMap::from([("feast".to_owned(), days)]);
        let with_next = [next.to_string(), "2026-12-25".to_owned()];
        assert_eq!(ahead(&events(vec![sales.first_day + 480, next])), with_next);
        assert_eq!(ahead(&events(vec![sales.first_day + 480, sales.first_day + 481, next])), with_next[1..]);
        assert_eq!(ahead(&events(vec![next])), with_next[1..]);
    }

    #[test]
    fn what_people_said_is_closed_and_what_sold_all_the_same_is_open() {
        // A quiet shop: a silent day is no wonder there.
        let quiet = |t: usize| i64::from(!t.is_multiple_of(10));
        let sales = shop(&[&quiet]);
        let day = |place: i32| sales.first_day + place;
        let mut events = BTreeMap::from([
            ("Closed".to_owned(), vec![day(100), day(101)]),
            ("closed l".to_owned(), vec![day(200), sales.as_of + 5]),
            ("closed elsewhere".to_owned(), vec![day(300), sales.as_of + 6]),
            ("fair".to_owned(), vec![day(400)]),
        ]);
        let known = KnownClosures::of(&mut events, [sales.as_of + 7]);
        assert_eq!(events.keys().collect::<Vec<_>>(), ["fair"]);
        let openings = Openings::of(&sales, &events, &known, 28);
        let opening = openings.at("l").unwrap();
        assert_eq!(opening.closed, [day(100), day(200)], "on the 101st something was sold");
        assert_eq!(opening.closed_ahead, [sales.as_of + 5, sales.as_of + 7]);
    }
}
