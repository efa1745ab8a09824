//! Axes: round ticks for numbers and dates, and the mapping from values to places.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::report::format;

/// Round numbers that cover a range.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    /// The ticks, ascending, at least two; the first and the last are the ends of the axis.
    pub(super) values: Vec<f64>,
    /// How many decimals they need.
    pub(super) decimals: usize,
}

impl Ticks {
    /// Ticks 1, 2 or 5 times a power of ten apart, about `target` of them, from at or below `low` to at or above
    /// `high`.
    ///
    /// A range without width is widened to hold zero; a range that is not finite becomes 0 to 1.
    pub(super) fn covering(low: f64, high: f64, target: usize) -> Self {
        let (low, high) = widened(low, high);
        let raw = (high - low) / target.max(1) as f64;
        let power = raw.log10().floor();
        let base = 10_f64.powf(power);
        let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * base >= raw * (1.0 - 1e-9)).unwrap_or(10.0);
        let step = factor * base;
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let n = (last - first) as usize;
        // A tick is a whole number of steps, never a running sum, so that zero is zero.
        let values = (0..=n).map(|at| (first + at as f64) * step).collect();
        let decimals = if factor == 10.0 { -(power + 1.0) } else { -power };
        Self { values, decimals: decimals.max(0.0) as usize }
    }

    pub(super) fn low(&self) -> f64 {
        self.values.first().copied().unwrap_or(0.0)
    }

    pub(super) fn high(&self) -> f64 {
        self.values.last().copied().unwrap_or(1.0)
    }

    /// The ticks in words; millions are shortened: `2.5 M`.
    pub(super) fn labels(&self) -> Vec<String> {
        let largest = self.low().abs().max(self.high().abs());
        if largest < 1e6 {
            return self.values.iter().map(|&value| format::fixed(value, self.decimals.min(9))).collect();
        }
        let millions =
            |value: f64| if value == 0.0 { "0".to_owned() } else { format!("{}\u{a0}M", format::plain(value / 1e6)) };
        self.values.iter().map(|&value| millions(value)).collect()
    }
}

/// Maps values on an axis to places in the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The value at the start.
    pub(super) from: f64,
    /// The value at the end.
    pub(super) to: f64,
    /// The place of the start.
    pub(super) start: f64,
    /// The place of the end.
    pub(super) end: f64,
}

impl Scale {
    /// The place of a value; an axis without width puts everything in its middle.
    pub(super) fn place(self, value: f64) -> f64 {
        let span = self.to - self.from;
        if span == 0.0 {
            return f64::midpoint(self.start, self.end);
        }
        self.start + (value - self.from) / span * (self.end - self.start)
    }
}

/// The finest of days, weeks, months, quarters and years that gives at most `most` ticks; each with its label.
pub(super) fn date_ticks(from: NaiveDate, to: NaiveDate, most: usize) -> Vec<(NaiveDate, String)> {
    let day_steps = [1_u64, 2, 7, 14].into_iter().map(|days| by_days(from, to, days));
    let month_steps = [1_u32, 2, 3, 6, 12, 24, 60, 120].into_iter().map(|months| by_months(from, to, months));
    let found = day_steps.chain(month_steps).find(|ticks| ticks.len() <= most.max(1) && !ticks.is_empty());
    found.unwrap_or_else(|| vec![(from, day_label(from))])
}

/// Every day, every other day, or Mondays.
fn by_days(from: NaiveDate, to: NaiveDate, days: u64) -> Vec<(NaiveDate, String)> {
    if (to - from).num_days() > 400 {
        return Vec::new();
    }
    let to_monday = if days >= 7 { u64::from((7 - from.weekday().num_days_from_monday()) % 7) } else { 0 };
    let first = from.checked_add_days(Days::new(to_monday));
    std::iter::successors(first, |date| date.checked_add_days(Days::new(days)))
        .take_while(|date| *date <= to)
        .map(|date| (date, day_label(date)))
        .collect()
}

/// The first of every month that is a multiple of `months`.
fn by_months(from: NaiveDate, to: NaiveDate, months: u32) -> Vec<(NaiveDate, String)> {
    let Some(january) = NaiveDate::from_ymd_opt(from.year() - from.year().rem_euclid(10), 1, 1) else {
        return Vec::new();
    };
    let label = |date: NaiveDate| {
        if months >= 12 { date.year().to_string() } else { date.format("%b %Y").to_string() }
    };
    std::iter::successors(Some(january), |date| date.checked_add_months(Months::new(months)))
        .take_while(|date| *date <= to)
        .filter(|date| *date >= from)
        .map(|date| (date, label(date)))
        .collect()
}

fn day_label(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

fn widened(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = if low <= high { (low, high) } else { (high, low) };
    if !low.is_finite() || !high.is_finite() || !(high - low).is_finite() {
        return (0.0, 1.0);
    }
    // Relative to its size the range may be too thin for steps that a float can tell apart.
    if high - low > f64::MIN_POSITIVE.max(1e-9 * low.abs().max(high.abs())) {
        return (low, high);
    }
    if high.abs() <= f64::MIN_POSITIVE {
        return (0.0, 1.0);
    }
    match high.total_cmp(&0.0) {
        std::cmp::Ordering::Greater => (0.0, high),
        std::cmp::Ordering::Less => (low, 0.0),
        std::cmp::Ordering::Equal => (0.0, 1.0),
    }
}
