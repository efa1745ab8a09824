//! The days of events, and those before them.

use std::collections::BTreeMap;

use super::facts::DemandData;
use crate::day::Day;

/// Days before an event that are looked at.
const EVE_DAYS: i32 = 2;
/// Events with longer runs of days have no separate days before: the run covers them.
const LONGEST_RUN_WITH_EVE: usize = 3;
/// The events with the most days in the history that get columns where all columns are estimated at once.
const MOST_EVENTS: usize = 8;
/// And where each is estimated by itself.
const MOST_ALONE: usize = 64;

/// On which days which events are; those before an event are an event of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventDays {
    /// Events with a day in the history.
    pub n_events: usize,
    /// The events of a day, by place.
    on: BTreeMap<Day, Vec<usize>>,
    /// Events among those that the shapes of groups know.
    pub n_shared: usize,
    /// Whether an event comes in short runs: its days say nothing about the level of the days around.
    is_short: Vec<bool>,
}

impl EventDays {
    /// The events that the history has seen by `last_day`.
    pub fn known_by(data: &DemandData, last_day: Day) -> EventDays {
        let Some(first_day) = data.series.iter().map(|series| series.first_day).min() else {
            return EventDays::default();
        };
        let mut event_days = EventDays::default();
        for (rank, (_, dates)) in known_events(&data.events, first_day, last_day, MOST_ALONE).into_iter().enumerate() {
            let is_short = longest_run(dates) <= LONGEST_RUN_WITH_EVE;
            if is_short {
                let eves = dates.iter().flat_map(|date| (1..=EVE_DAYS).map(|before| *date - before));
                event_days.add(eves.filter(|day| dates.binary_search(day).is_err()), true);
            }
            event_days.add(dates.iter().copied(), is_short);
            if rank < MOST_EVENTS {
                event_days.n_shared = event_days.n_events;
            }
        }
        event_days
    }

    fn add(&mut self, days: impl Iterator<Item = Day>, is_short: bool) {
        for day in days {
            let events = self.on.entry(day).or_default();
            if !events.contains(&self.n_events) {
                events.push(self.n_events);
            }
        }
        self.is_short.push(is_short);
        self.n_events += 1;
    }

    /// The events of a day.
    pub fn on(&self, day: Day) -> &[usize] {
        self.on.get(&day).map_or(&[], Vec::as_slice)
    }

    /// Whether a day is one of a short event, or before one.
    pub fn is_special(&self, day: Day) -> bool {
        self.on(day).iter().any(|event| self.is_short[*event])
    }

    /// The days with an event from one day to another, in order.
    pub fn between(&self, first: Day, last: Day) -> impl Iterator<Item = (Day, &[usize])> {
        let range = if first <= last { Some(self.on.range(first..=last)) } else { None };
        range.into_iter().flatten().map(|(day, events)| (*day, events.as_slice()))
    }
}

/// The events with the most days from one day to another.
fn known_events(events: &BTreeMap<String, Vec<Day>>, first: Day, last: Day, most: usize) -> Vec<(&String, &Vec<Day>)> {
    let mut known: Vec<(&String, &Vec<Day>, usize)> = events
        .iter()
        .map(|(name, dates)| (name, dates, dates.iter().filter(|day| (first..=last).contains(*day)).count()))
        .filter(|(_, _, count)| *count > 0)
        .collect();
    known.sort_by(|left, right| right.2.cmp(&left.2).then(left.0.cmp(right.0)));
    known.truncate(most);
    known.into_iter().map(|(name, dates, _)| (name, dates)).collect()
}

/// One column per event that occurred in the history, and one for the days before it where it is short.
pub(super) fn event_columns(
    events: &BTreeMap<String, Vec<Day>>,
    days: &[Day],
    n_history: usize,
) -> Vec<(String, Vec<f64>)> {
    let (Some(first), Some(last), Some(today)) =
        (days.first(), days.last(), n_history.checked_sub(1).map(|last| days[last]))
    else {
        return Vec::new();
    };
    let mut columns = Vec::new();
    for (name, dates) in known_events(events, *first, today, MOST_EVENTS) {
        let mark = |offset: i32, column: &mut Vec<f64>| {
            for date in dates.iter().map(|date| *date - offset).filter(|day| (*first..=*last).contains(day)) {
                column[(date - *first) as usize] = 1.0;
            }
        };
        let mut on = vec![0.0; days.len()];
        mark(0, &mut on);
        if longest_run(dates) <= LONGEST_RUN_WITH_EVE {
            let mut eve = vec![0.0; days.len()];
            (1..=EVE_DAYS).for_each(|offset| mark(offset, &mut eve));
            for (eve, on) in eve.iter_mut().zip(&on) {
                *eve *= 1.0 - on;
            }
            columns.push((format!("before_{name}"), eve));
        }
        columns.push((name.clone(), on));
    }
    columns
}

fn longest_run(days: &[Day]) -> usize {
    let mut longest = usize::from(!days.is_empty());
    let mut run = longest;
    for pair in days.windows(2) {
        run = if pair[1] == pair[0] + 1 { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}
