//! Which grid a time column lies on: found from the distances between rows, or asked for.

use std::collections::BTreeMap;

use super::EvalError;
use super::frequency::Frequency;
use super::raw::{Point, RawSeries};
use super::time::{Step, TimeAxis, TimeForm, epoch_date, moment_text};

/// Share of distances that must be a series' own step for the series to count as regular.
const REGULAR_SHARE: f64 = 0.9;
/// Distances needed to say that a series is regular.
const REGULAR_DISTANCES: u64 = 4;
/// So many equal distances in a row, at least so many times the step, are another frequency and not gaps.
const RUN: usize = 6;
const RUN_MULTIPLE: i64 = 3;

/// The grid of a file, whose series are sorted by time and free of duplicates.
///
/// The step is the most common distance between two rows of a series (29 to 31 days are a month, 89 to 92 a quarter,
/// 365 and 366 a year). Every distance must be a multiple of it, and no series may be regular on another step.
///
/// # Errors
/// When a row lies off the grid, or two frequencies are mixed; both name lines.
pub(super) fn find_axis(
    file: &str,
    form: TimeForm,
    series: &[RawSeries],
    asked: Option<Frequency>,
) -> Result<TimeAxis, EvalError> {
    let mut all = Distances::default();
    for one in series {
        all.add(one);
    }
    let step = match asked {
        Some(frequency) => frequency.step(form).ok_or_else(|| EvalError::Options {
            problem: format!("--frequency {frequency:?} does not fit a time column of {}", form.name()),
            mend: "leave --frequency out, or give a number of steps".to_owned(),
        })?,
        None => all.step(form),
    };
    let moments = series.iter().flat_map(|one| one.points.iter().map(|point| point.moment));
    let Some(axis) = TimeAxis::new(form, step, moments) else {
        return Err(uneven_days(file, series, step));
    };
    for one in series {
        if asked.is_none() {
            one_frequency(file, form, step, one, series)?;
        }
        on_grid(file, form, &axis, one)?;
    }
    Ok(axis)
}

/// How often each distance between two neighbouring rows occurs.
#[derive(Default)]
struct Distances {
    counts: BTreeMap<i64, u64>,
    total: u64,
}

impl Distances {
    fn add(&mut self, series: &RawSeries) {
        for pair in series.points.windows(2) {
            *self.counts.entry(pair[1].moment.saturating_sub(pair[0].moment)).or_default() += 1;
            self.total += 1;
        }
    }

    /// The most common distance as a step; the smaller of two that are equally common.
    fn step(&self, form: TimeForm) -> Step {
        let mut best = (1, 0);
        for (distance, count) in &self.counts {
            if *count > best.1 {
                best = (*distance, *count);
            }
        }
        let calendar = self.counts.keys().any(|distance| (29..=31).contains(distance));
        step_of(form, if best.0 == 28 && calendar { 30 } else { best.0 })
    }

    /// The step of the series, when nearly every distance is this step.
    fn regular_step(&self, form: TimeForm) -> Option<Step> {
        let step = self.step(form);
        let same = |distance: i64| step_of(form, distance) == step || (step == Step::Months(1) && distance == 28);
        let matching: u64 = self.counts.iter().filter(|(distance, _)| same(**distance)).map(|(_, count)| count).sum();
        (self.total >= REGULAR_DISTANCES && matching as f64 >= REGULAR_SHARE * self.total as f64).then_some(step)
    }
}

fn step_of(form: TimeForm, distance: i64) -> Step {
    match form {
        TimeForm::Integer => Step::Integer(distance),
        TimeForm::Seconds => Step::Seconds(distance),
        TimeForm::Month => Step::Months(distance),
        TimeForm::Quarter => Step::Quarters(distance),
        TimeForm::Week => Step::Days(distance),
        TimeForm::Date => match distance {
            29..=31 => Step::Months(1),
            89..=92 => Step::Months(3),
            181..=184 => Step::Months(6),
            365 | 366 => Step::Months(12),
            days => Step::Days(days),
        },
    }
}

/// Refuses a series that is regular on another step than the file, or changes its step on the way.
fn one_frequency(
    file: &str,
    form: TimeForm,
    step: Step,
    one: &RawSeries,
    series: &[RawSeries],
) -> Result<(), EvalError> {
    let mut own = Distances::default();
    own.add(one);
    let mixed = |what: String| EvalError::Times {
        file: file.to_owned(),
        problem: format!("mixed frequencies: {what}"),
        mend: "evaluate each frequency in a file of its own, or say which grid is meant with --frequency".to_owned(),
    };
    if let Some(other) = own.regular_step(form).filter(|other| *other != step) {
        let like = series.iter().find(|candidate| {
            let mut distances = Distances::default();
            distances.add(candidate);
            distances.regular_step(form) == Some(step)
        });
        let most = like.map_or("most rows".to_owned(), |like| format!("series `{}`", like.label));
        let line = one.points.first().map_or(0, |point| point.line);
        let (there, here) = (step.name(), other.name());
        return Err(mixed(format!("{most} is {there}, series `{}` (from line {line}) is {here}", one.label)));
    }
    let mut run = 0;
    for (at, triple) in one.points.windows(3).enumerate() {
        let (before, after) = (triple[1].moment - triple[0].moment, triple[2].moment - triple[1].moment);
        let (before, after) = (step_of(form, before), step_of(form, after));
        run = if before == after && after != step && multiple(after, step) >= RUN_MULTIPLE { run + 1 } else { 0 };
        if run + 1 >= RUN {
            let from = one.points.get(at + 2 - RUN).map_or(0, |point| point.line);
            return Err(mixed(format!(
                "series `{}` is {} here and {} from line {from} to line {}",
                one.label,
                step.name(),
                after.name(),
                triple[2].line
            )));
        }
    }
    Ok(())
}

/// How many times the shorter step the longer one is, about.
fn multiple(longer: Step, shorter: Step) -> i64 {
    let days = |step: Step| match step {
        Step::Months(n) => n * 30,
        Step::Quarters(n) => n * 91,
        Step::Integer(n) | Step::Days(n) | Step::Seconds(n) => n,
    };
    days(longer) / days(shorter).max(1)
}

/// Refuses a row that is not a whole number of steps after the one before it.
fn on_grid(file: &str, form: TimeForm, axis: &TimeAxis, one: &RawSeries) -> Result<(), EvalError> {
    let size = axis.step().size();
    for pair in one.points.windows(2) {
        let distance = axis.ordinal(pair[1].moment).saturating_sub(axis.ordinal(pair[0].moment));
        if distance > 0 && distance % size == 0 {
            continue;
        }
        return Err(EvalError::Times {
            file: file.to_owned(),
            problem: format!(
                "series `{}` is not {} throughout: `{}` in line {} comes after `{}` in line {}",
                one.label,
                axis.step().name(),
                moment_text(form, pair[1].moment),
                pair[1].line,
                moment_text(form, pair[0].moment),
                pair[0].line
            ),
            mend: "mend the row, or say which grid is meant with --frequency (gaps become missing periods)".to_owned(),
        });
    }
    Ok(())
}

/// The error for months written by different days.
fn uneven_days(file: &str, series: &[RawSeries], step: Step) -> EvalError {
    let mut points = series.iter().flat_map(|one| one.points.iter());
    let day = |moment: i64| epoch_date(moment).map_or(0, |date| chrono::Datelike::day(&date));
    let first = points.next();
    let other = first.and_then(|first| points.find(|point| day(point.moment) != day(first.moment)));
    let shown = |point: Option<&Point>| {
        point.map_or_else(String::new, |point| {
            format!("`{}` in line {}", moment_text(TimeForm::Date, point.moment), point.line)
        })
    };
    EvalError::Times {
        file: file.to_owned(),
        problem: format!(
            "the dates are {} but not of one day of the month: {}, {}",
            step.name(),
            shown(first),
            shown(other)
        ),
        mend: "write the first day of each month (or its last), or say which grid is meant with --frequency".to_owned(),
    }
}

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
