//! When a job is due: one slot per business date, computed here and never by the scheduler that wakes us.
//!
//! A cron expression is matched on the wall clock of its zone. A wall clock time that daylight saving skips becomes
//! the first instant after the gap; one that occurs twice is taken the first time. Several slots on one day are one:
//! the first. Where the zone of the expression and that of the business dates change their clocks on different days, a slot can
//! slip past midnight and leave a date without one: that date is due together with the next. So every business date of a daily
//! expression has its slot exactly once, also on the odd days of the year.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::diagnostic::did_you_mean;

/// How late a slot may be and still count as on time.
pub const ON_TIME: TimeDelta = TimeDelta::hours(1);

/// A time zone by its IANA name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(Tz);

impl TimeZone {
    /// The zone.
    pub const fn get(self) -> Tz {
        self.0
    }
}

impl TryFrom<String> for TimeZone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Tz::from_str(&name).map(Self).map_err(|_| {
            let near = did_you_mean(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            format!("`{name}` is not an IANA time zone\n{near}a zone is written like `Europe/Berlin` or `UTC`")
        })
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.0.name().to_owned()
    }
}

/// A cron expression of 5 fields (minute, hour, day of month, month, day of week) or 6 (seconds first).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct CronExpression(Cron);

impl TryFrom<String> for CronExpression {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let help = "write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, \
                    for example `30 2 * * *` for 02:30 every day";
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let cron = parser.parse(&text).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split_once(": ").map_or(reason.as_str(), |(_, reason)| reason);
            let reason = reason.trim_end_matches('.');
            format!("`{text}` is not a cron expression: {reason}\n{help}")
        })?;
        match cron.find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, true) {
            Ok(_) => Ok(Self(cron)),
            Err(_) => Err(format!("`{text}` never happens\n{help}")),
        }
    }
}

/// A time of day on the wall clock, written like `06:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeOfDay(NaiveTime);

impl TimeOfDay {
    /// The time.
    pub const fn get(self) -> NaiveTime {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        NaiveTime::parse_from_str(&text, "%H:%M")
            .map(Self)
            .map_err(|_| format!("`{text}` is not a time of day\nwrite hours and minutes, for example `06:30`"))
    }
}

/// Slots are moved by no more.
pub const LONGEST_DELAY: Duration = Duration::from_hours(1);

/// What becomes of business dates that were missed while nothing ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misfire {
    /// Each is run, oldest first.
    All,
    /// Only the newest is run.
    #[default]
    Last,
    /// None is run: a slot counts only within an hour of its time.
    None,
}

/// A cron expression in a zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
    business_zone: Tz,
    /// Business dates that have no slot.
    closed: Arc<BTreeSet<NaiveDate>>,
    /// How long after the expression's time a slot is due.
    delay: TimeDelta,
}

/// One time at which a job is due, and the business date it is due for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The instant, in the schedule's zone.
    pub at: DateTime<Tz>,
    /// The last complete business day then: the day before the slot's day in the project's zone.
    pub as_of: NaiveDate,
    /// What daylight saving did to it.
    pub shift: Option<Shift>,
}

/// What daylight saving did to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// Its time does not exist on that day: it is due at the first instant after the gap.
    Skipped,
    /// Its time occurs twice on that day: it is due the first time.
    Repeated,
}

impl Schedule {
    /// A checked expression in a zone; business dates are those of `zone`.
    pub fn new(cron: CronExpression, zone: Tz) -> Self {
        Self { cron: cron.0, zone, business_zone: zone, closed: Arc::default(), delay: TimeDelta::zero() }
    }

    /// The same with the business dates of another zone, the project's.
    #[must_use]
    pub fn with_business_zone(self, business_zone: Tz) -> Self {
        Self { business_zone, ..self }
    }

    /// The same without slots for these business dates.
    #[must_use]
    pub fn closed_on(self, closed: Arc<BTreeSet<NaiveDate>>) -> Self {
        Self { closed, ..self }
    }

    /// The same, each slot due so long after the expression's time; at most an hour.
    #[must_use]
    pub fn delayed(self, delay: Duration) -> Self {
        let delay = TimeDelta::from_std(delay.min(LONGEST_DELAY)).unwrap_or_default();
        Self { delay, ..self }
    }

    /// The zone of the expression.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// In words, with the zone.
    pub fn describe(&self) -> String {
        let once = if self.is_often() { ", of which the first of a day counts" } else { "" };
        let delay = match self.delay.num_seconds() {
            0 => String::new(),
            seconds => format!(", {} min {} s later", seconds / 60, seconds % 60),
        };
        format!("{}{once}{delay} ({})", self.cron.describe().trim_end_matches('.'), self.zone.name())
    }

    /// Whether the expression matches several times on one day: a job has one run per business date.
    pub fn is_often(&self) -> bool {
        let first = self.cron.find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, true);
        let second = first.as_ref().ok().and_then(|first| self.cron.find_next_occurrence(first, false).ok());
        first.ok().zip(second).is_some_and(|(first, second)| first.date_naive() == second.date_naive())
    }

    /// The first slot after an instant.
    pub fn next(&self, after: DateTime<Tz>) -> Option<Slot> {
        self.upcoming(after).next()
    }

    /// The slots after an instant, oldest first, without end.
    pub fn upcoming(&self, after: DateTime<Tz>) -> impl Iterator<Item = Slot> + '_ {
        // A slot that is delayed may lie on the day after its own.
        let day = (after - self.delay).with_timezone(&self.business_zone).date_naive();
        self.slots_from(day).skip_while(move |slot| slot.at <= after)
    }

    /// The slots that have fallen due by now, oldest first, of the `days` newest business dates.
    pub fn fallen_due(&self, now: DateTime<Tz>, days: u32) -> Vec<Slot> {
        let today = now.with_timezone(&self.business_zone).date_naive();
        let oldest = today.checked_sub_days(Days::new(u64::from(days.saturating_sub(1)))).unwrap_or(today);
        self.slots_from(oldest).take_while(|slot| slot.at <= now).collect()
    }

    /// The first slot of every day from `day` on, days in the project's zone.
    fn slots_from(&self, day: NaiveDate) -> impl Iterator<Item = Slot> + '_ {
        // From some days before, to know whether the first of them leaves a date out.
        let mut search = day.checked_sub_days(Days::new(3));
        let mut before: Option<Slot> = None;
        let mut held: Option<Slot> = None;
        let slots = std::iter::from_fn(move || {
            if let Some(slot) = held.take() {
                return Some(slot);
            }
            let slot = self.first_slot_on_or_after(search?)?;
            search = slot.as_of.checked_add_days(Days::new(2));
            let left_out = before.replace(slot.clone()).and_then(|before| left_out(&before, &slot));
            let Some(as_of) = left_out else { return Some(slot) };
            held = Some(slot.clone());
            Some(Slot { as_of, ..slot })
        });
        slots
            .skip_while(move |slot| slot.as_of.succ_opt().is_some_and(|of| of < day))
            .filter(move |slot| !self.closed.contains(&slot.as_of))
            .map(move |slot| Slot { at: slot.at + self.delay, ..slot })
    }

    fn first_slot_on_or_after(&self, day: NaiveDate) -> Option<Slot> {
        let (start, _) = resolve(self.business_zone, day.and_time(chrono::NaiveTime::MIN))?;
        let start = start.with_timezone(&self.zone);
        // Wall clock times in a gap that ends at `start` are due at `start`: look for them too.
        let before = start - TimeDelta::hours(3);
        let gap = start.naive_local() - before.naive_local() - TimeDelta::hours(3);
        let mut wall_clock = start.naive_local() - gap.max(TimeDelta::zero());
        loop {
            // Matched in UTC, whose wall clock has no gaps; what daylight saving does to the match is decided by us.
            wall_clock = self.cron.find_next_occurrence(&wall_clock.and_utc(), true).ok()?.naive_utc();
            let (at, shift) = resolve(self.zone, wall_clock)?;
            if at >= start {
                let as_of = at.with_timezone(&self.business_zone).date_naive().pred_opt()?;
                return Some(Slot { at, as_of, shift });
            }
            wall_clock += TimeDelta::seconds(1);
        }
    }
}

#[cfg(test)]
impl Schedule {
    /// Parses a cron expression; business dates are those of `zone`.
    ///
    /// # Errors
    /// When the expression is not one or never happens.
    pub fn parse(cron: &str, zone: Tz) -> Result<Self, String> {
        Ok(Self::new(CronExpression::try_from(cron.to_owned())?, zone))
    }

    /// The slots after `after` up to and including `until`, oldest first.
    pub fn slots(&self, after: DateTime<Tz>, until: DateTime<Tz>) -> Vec<Slot> {
        self.upcoming(after).take_while(|slot| slot.at <= until).collect()
    }
}

/// The schedule of a job file.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// When.
    pub schedule: Schedule,
    /// What becomes of missed dates.
    pub misfire: Misfire,
    /// How many business dates back a missed one is still run.
    pub catchup_days: u32,
    /// How many of the missed ones are run at most; `None` is all of them.
    pub catchup_max: Option<u32>,
    /// Slots are moved by chance by up to so long, so that many projects do not ask one server at the same second; which part of it is
    /// the same every night.
    pub jitter: Duration,
    /// By when it has to be published, on the wall clock of the schedule's zone: until then a date waits for its data. `None`: it runs
    /// when it is due, whatever is there.
    pub deliver_by: Option<NaiveTime>,
}

impl Timetable {
    /// The same without slots for the business dates on which the shop is closed, and moved by a part of its jitter that only `salt` decides.
    #[must_use]
    pub fn of_project(self, closed_on: &Arc<BTreeSet<NaiveDate>>, salt: &str) -> Self {
        let drawn =
            Sha256::digest(salt.as_bytes()).iter().take(4).fold(0_u32, |drawn, byte| drawn << 8 | u32::from(*byte));
        let part = f64::from(drawn) / (f64::from(u32::MAX) + 1.0);
        let delay = Duration::from_secs(self.jitter.mul_f64(part).as_secs());
        // A promise leaves the job at least half of its time.
        let first = self.schedule.next(DateTime::UNIX_EPOCH.with_timezone(&self.schedule.zone));
        let promised = first.and_then(|slot| (self.deadline(slot.at.to_utc())? - slot.at).to_std().ok());
        let delay = delay.min(promised.map_or(Duration::MAX, |time| time / 2));
        Self { schedule: self.schedule.closed_on(closed_on.clone()).delayed(delay), ..self }
    }

    /// The slots that have fallen due by now and whose window is open, oldest first.
    pub fn fallen_due(&self, now: DateTime<Tz>) -> Vec<Slot> {
        self.schedule.fallen_due(now, self.catchup_days)
    }

    /// Until when a slot is tried: an hour where missed ones are not run, else as many days as are caught up; where it has a
    /// deadline, at least an hour after that, so that it is tried once more at its deadline.
    pub fn window_end(&self, slot: &Slot) -> DateTime<Tz> {
        let window = match self.misfire {
            Misfire::None => ON_TIME,
            Misfire::All | Misfire::Last => TimeDelta::days(i64::from(self.catchup_days)),
        };
        let end = slot.at + window;
        self.deadline(slot.at.to_utc()).map_or(end, |deadline| (deadline + ON_TIME).max(end))
    }

    /// By when what fell due then has to be published: the first `deliver_by` from then on.
    pub fn deadline(&self, due: DateTime<Utc>) -> Option<DateTime<Tz>> {
        let zone = self.schedule.zone;
        let by = self.deliver_by?;
        let due = due - self.schedule.delay;
        let day = due.with_timezone(&zone).date_naive();
        let deadlines =
            [Some(day), day.succ_opt()].into_iter().flatten().filter_map(|day| resolve(zone, day.and_time(by)));
        deadlines.map(|(at, _)| at).find(|at| *at >= due)
    }

    /// When what is published for a business date is out of date: when the date after it has to be there, by its deadline, else an hour
    /// after it falls due.
    pub fn valid_until(&self, as_of: NaiveDate) -> Option<DateTime<Tz>> {
        // The slot of a date lies on the day after it, or, where zones differ, a day later.
        let next = self.schedule.slots_from(as_of).find(|slot| slot.as_of > as_of)?;
        Some(self.deadline(next.at.to_utc()).unwrap_or(next.at + ON_TIME))
    }
}

/// One line of a preview: `Sun 2026-03-29 03:00 CEST  for 2026-03-28  (02:30 is skipped ...)`.
impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}  for {}", self.at.format("%a %Y-%m-%d %H:%M %Z"), self.as_of)?;
        match self.shift {
            Some(Shift::Skipped) => formatter.write_str("  (moved: the clock skips its time)"),
            Some(Shift::Repeated) => formatter.write_str("  (the first of two: the clock repeats its time)"),
            None => Ok(()),
        }
    }
}

/// The business date between two slots of consecutive days that are two business dates apart.
fn left_out(before: &Slot, slot: &Slot) -> Option<NaiveDate> {
    let days = slot.at.date_naive().signed_duration_since(before.at.date_naive()).num_days();
    let dates = slot.as_of.signed_duration_since(before.as_of).num_days();
    if days == 1 && dates == 2 { slot.as_of.pred_opt() } else { None }
}

/// The instant of a wall clock time.
fn resolve(zone: Tz, wall_clock: NaiveDateTime) -> Option<(DateTime<Tz>, Option<Shift>)> {
    match zone.from_local_datetime(&wall_clock) {
        LocalResult::Single(at) => Some((at, None)),
        LocalResult::Ambiguous(first, _) => Some((first, Some(Shift::Repeated))),
        LocalResult::None => {
            // Gaps end on whole minutes; the longest ever was the day that Samoa left out in 2011.
            let minute = wall_clock - TimeDelta::seconds(wall_clock.and_utc().timestamp().rem_euclid(60));
            (1..=24 * 60)
                .find_map(|minutes| zone.from_local_datetime(&(minute + TimeDelta::minutes(minutes))).earliest())
                .map(|at| (at, Some(Shift::Skipped)))
        }
    }
}

#[cfg(test)]
mod tests;
