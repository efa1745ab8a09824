//! How a series departs from the shape of its group: on weekdays of its own, and in what events move it by.
//!
//! Lunch boxes sell on weekdays and barbecue at weekends, a shop is closed on Sundays, one department has a Black Friday and another
//! has none. So what was sold on each weekday and on the days of each event is held against what the group's shape and the
//! series' own level let expect, for every category from the top down, then for every location, then for every
//! series; each inherits what was found above it, and departs from that as far as it has sold enough to say so
//! ([`crate::models::forecast::ratios::RatioPrior`]). Older weeks count less: what sold on Saturdays years ago says little.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::WEEK;
use super::cleaned_demand::CleanedDemand;
use super::event_days::EventDays;
use super::facts::DemandData;
use super::group_shapes::GroupShape;
use super::history::SeriesHistory;
use super::regressors::PromotionIndex;
use crate::day::Day;
use crate::models::forecast::departures::{Cell, Seen, expected, prior_of, season_cells};

/// The level of a series on a day is that of so many days before and after.
const AROUND: usize = 28;
/// Days after which a week counts half.
const HALF_LIFE: f64 = 182.0;
/// Squared coefficient of variation of a day that all series of a group have in common: many series see no more of it than one.
const COMMON_CHANCE: f64 = 0.0225;
/// The departures of one series, as factors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OwnShape {
    week: [f64; WEEK],
    /// By event.
    events: Vec<f64>,
}

impl OwnShape {
    /// What a day's demand is multiplied by beside the group's shape.
    pub fn on(&self, day: Day, events: &EventDays) -> f64 {
        let of_events: f64 =
            events.on(day).iter().map(|event| self.events.get(*event).copied().unwrap_or(1.0)).product();
        self.week[weekday(day)] * of_events
    }
}

fn weekday(day: Day) -> usize {
    day.number().rem_euclid(WEEK as i32) as usize
}

/// Many series on the same days, which have a chance of their own, tell no more than those days do.
fn of_days(cell: Cell, days: f64) -> Cell {
    cell.times(1.0 / (1.0 + cell.expected * COMMON_CHANCE / days.max(1.0)))
}

/// The days of one series, as far as they are looked at.
struct Days {
    /// Day, demand, and what the group's shape and the level of the series let expect.
    known: Vec<(Day, f64, f64)>,
    /// What was observed and expected on each weekday.
    week: Vec<Cell>,
    /// Variance over mean of what is left when weekdays have their own level.
    dispersion: f64,
}

/// The departures of every series, in order.
pub(super) fn own_shapes(
    data: &DemandData,
    promotions: &PromotionIndex,
    cleaned: &[CleanedDemand],
    groups: &[Arc<GroupShape>],
    events: &EventDays,
    last_day: Day,
) -> Vec<OwnShape> {
    let series = data.series.par_iter().zip(cleaned).zip(groups);
    let days: Vec<Days> = series
        .map(|((series, cleaned), group)| Days::of(data, promotions, series, cleaned, group, events, last_day))
        .collect();
    let ladder = Ladder::of(data, groups);
    // Weekday by weekday, on days without an event ...
    let weeks = days.iter().map(|days| days.week.clone()).collect();
    let n_weeks = days.iter().map(|days| days.known.len()).max().unwrap_or(0) as f64 / WEEK as f64;
    let counted = HALF_LIFE / 7.0 / std::f64::consts::LN_2;
    let weeks = ladder.departures(weeks, &[n_weeks.min(counted); WEEK], WEEK);
    // ... then event by event, with the week as it is now known.
    let occurred: Vec<f64> = {
        let first = data.series.iter().map(|series| series.first_day).min().unwrap_or(last_day);
        let mut n_days = vec![0.0; events.n_events];
        for event in events.between(first, last_day).flat_map(|(_, events)| events) {
            n_days[*event] += 1.0;
        }
        n_days
    };
    let cells = days.par_iter().zip(&weeks).map(|(days, week)| days.event_cells(week, events)).collect();
    let of_events = ladder.departures(cells, &occurred, events.n_shared);
    weeks
        .into_iter()
        .zip(of_events)
        .map(|(week, events)| {
            let mut own = OwnShape { week: [1.0; WEEK], events };
            own.week.copy_from_slice(&week);
            own
        })
        .collect()
}

impl Days {
    fn of(
        data: &DemandData,
        promotions: &PromotionIndex,
        series: &SeriesHistory,
        cleaned: &CleanedDemand,
        group: &GroupShape,
        events: &EventDays,
        last_day: Day,
    ) -> Days {
        let n = usize::try_from(last_day + 1 - series.first_day).unwrap_or(0).min(cleaned.demand.len());
        let own = promotions.of(series, data.category_path(&series.product_id));
        let days: Vec<Day> = series.first_day.through(last_day).take(n).collect();
        let is_known: Vec<bool> = (days.iter().zip(&cleaned.demand))
            .map(|(day, units)| {
                units.is_finite()
                    && !own.iter().any(|promotion| (promotion.starts_on..=promotion.ends_on).contains(day))
            })
            .collect();
        let base: Vec<f64> = days.iter().map(|day| group.on(*day)).collect();
        let is_usual = |t: usize| is_known[t] && !events.is_special(days[t]);
        let expected = expected(&cleaned.demand[..n], &base, is_usual, AROUND);
        let known: Vec<(Day, f64, f64)> =
            (0..n).filter(|t| is_known[*t]).map(|t| (days[t], cleaned.demand[t].max(0.0), expected[t])).collect();
        let seen: Vec<Seen> = (known.iter().filter(|(day, ..)| !events.is_special(*day)))
            .map(|(day, observed, expected)| Seen {
                place: weekday(*day),
                observed: *observed,
                expected: *expected,
                weight: 0.5_f64.powf(f64::from(last_day - *day) / HALF_LIFE),
            })
            .collect();
        let (week, dispersion) = season_cells(&seen, WEEK);
        Days { known, week, dispersion }
    }

    /// What was observed and expected on the days of each event.
    fn event_cells(&self, week: &[f64], events: &EventDays) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); events.n_events];
        let Some(((first, ..), (last, ..))) = self.known.first().zip(self.known.last()) else { return cells };
        for (day, events) in events.between(*first, *last) {
            let Ok(place) = self.known.binary_search_by(|(known, ..)| known.cmp(&day)) else { continue };
            let (_, observed, expected) = self.known[place];
            for event in events {
                cells[*event].add(Cell { observed, expected: expected * week[weekday(day)] });
            }
        }
        let scale = if self.dispersion > 0.0 { 1.0 / self.dispersion } else { 0.0 };
        cells.into_iter().map(|cell| cell.times(scale)).collect()
    }
}

/// The groups of series from the widest to the narrowest: each level has every series in one group at most.
struct Ladder {
    /// Per level, the members of each group.
    levels: Vec<Vec<Vec<usize>>>,
    /// Whether the last level is that of locations.
    has_locations: bool,
    /// The level of the group whose shape each series has, where it has one.
    known_from: Vec<Option<usize>>,
}

impl Ladder {
    /// Everything, the categories from the top down, locations.
    fn of(data: &DemandData, groups: &[Arc<GroupShape>]) -> Ladder {
        let mut levels: Vec<BTreeMap<&str, Vec<usize>>> = Vec::new();
        let mut locations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let all_year = data.series.iter().enumerate().filter(|(_, series)| series.season.is_none());
        for (index, series) in all_year {
            let groups: Vec<&str> = data.groups(&series.product_id).collect();
            for (depth, group) in groups.into_iter().rev().enumerate() {
                if levels.len() <= depth {
                    levels.push(BTreeMap::new());
                }
                levels[depth].entry(group).or_default().push(index);
            }
            locations.entry(&series.location_id).or_default().push(index);
        }
        let has_locations = locations.len() > 1;
        if has_locations {
            levels.push(locations);
        }
        Ladder {
            levels: levels.into_iter().map(|groups| groups.into_values().collect()).collect(),
            has_locations,
            known_from: groups.iter().map(|group| group.depth).collect(),
        }
    }

    /// What each series' expectation is multiplied by in each of its cells, which are as many for all; `days` are those that
    /// each cell has been seen on. The first `n_shared` cells are in the shapes of the groups: a group above the one
    /// whose shape a series has tells it nothing more about those.
    fn departures(&self, mut cells: Vec<Vec<Cell>>, days: &[f64], n_shared: usize) -> Vec<Vec<f64>> {
        let mut factors = vec![vec![1.0; days.len()]; cells.len()];
        for (level, groups) in self.levels.iter().enumerate() {
            let is_location = self.has_locations && level + 1 == self.levels.len();
            let says = |member: usize, cell: usize| {
                is_location || cell >= n_shared || self.known_from[member].is_none_or(|known| level > known)
            };
            let summed: Vec<Vec<Cell>> = (groups.par_iter())
                .map(|members| {
                    let mut sums = vec![Cell::default(); days.len()];
                    for member in members {
                        for (place, sum) in sums.iter_mut().enumerate().filter(|(place, _)| says(*member, *place)) {
                            sum.add(cells[*member][place]);
                        }
                    }
                    sums.iter().zip(days).map(|(sum, days)| of_days(*sum, *days)).collect()
                })
                .collect();
            let prior = prior_of(summed.iter().flatten());
            // A group of one is the series itself, which comes last.
            for (members, summed) in groups.iter().zip(&summed).filter(|(members, _)| members.len() > 1) {
                let ratios: Vec<f64> = summed.iter().map(|cell| prior.ratio(cell.observed, cell.expected)).collect();
                for member in members {
                    let own = |(place, ratio): (usize, &f64)| if says(*member, place) { *ratio } else { 1.0 };
                    let ratios: Vec<f64> = ratios.iter().enumerate().map(own).collect();
                    depart(&mut cells[*member], &mut factors[*member], &ratios);
                }
            }
        }
        let prior = prior_of(cells.iter().flatten());
        cells.par_iter_mut().zip(&mut factors).for_each(|(cells, factors)| {
            let ratios: Vec<f64> = cells.iter().map(|cell| prior.ratio(cell.observed, cell.expected)).collect();
            depart(cells, factors, &ratios);
        });
        factors
    }
}

fn depart(cells: &mut [Cell], factors: &mut [f64], ratios: &[f64]) {
    for ((cell, factor), ratio) in cells.iter_mut().zip(factors).zip(ratios) {
        cell.expected *= ratio;
        *factor *= ratio;
    }
}
