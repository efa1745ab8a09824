//! A long file becomes regular series, with the rows to be forecast kept apart.

use super::EvalError;
use super::grid::find_axis;
use super::input_options::{InputOptions, Missing};
use super::known::{KnownFile, KnownValues};
use super::raw::{self, Columns, RawSeries};
use super::roles::{self, Extra, Levels};
use super::rows::Table;
use super::series_data::SeriesData;
use super::time::{Step, TimeAxis};
use crate::calendar_columns;
use crate::day::Day;
use crate::models::forecast::Calendar;

/// A gap so long that it must be a mistake: no series may need more periods than this, nor all together ten times it.
const MOST_PERIODS: i64 = 20_000_000;

/// What a reader of the scores should know about the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Rows read.
    pub rows: usize,
    /// Periods between the first and the last row of a series that have no row.
    pub gaps: usize,
    /// Rows without a value; test rows are not looked at.
    pub empty: usize,
    /// Rows whose demand a stock-out hides; test rows are not looked at.
    pub masked: usize,
    /// Values below zero; test rows are not looked at.
    pub negative: usize,
    /// Periods before the end of a test without known-ahead values, over all known-ahead columns.
    pub unknown: usize,
    /// Series without any training row.
    pub without_training: usize,
    /// Series that end before the last period of the file.
    pub ended: usize,
}

/// A file on its grid.
#[derive(Debug)]
pub struct Dataset {
    /// The file's name.
    pub file: String,
    /// The grid.
    pub axis: TimeAxis,
    /// The series, in the order in which they first appear.
    pub series: Vec<SeriesData>,
    /// The known-ahead columns; of categories one each.
    pub known_names: Vec<String>,
    /// The columns known until the origin only.
    pub past_names: Vec<String>,
    /// What is doubtful about the columns beside the sales.
    pub doubts: Vec<String>,
    /// Periods to forecast.
    pub horizon: usize,
    /// Origins that are dates.
    pub n_cutoffs: usize,
    /// What the dates of its periods say, to the end of every test.
    pub calendar: Calendar,
    /// What a reader should know.
    pub facts: Facts,
    sealed: Sealed,
}

/// The actuals of the last origin, out of reach until the forecasts are written.
#[derive(Debug)]
enum Sealed {
    /// Cut off the end of each series; empty for one that is not longer than the horizon.
    Tails(Vec<Vec<f64>>),
    /// Still in the file: the places of the test rows there, and where each belongs (series, step), by place.
    File { table: Table, columns: Columns, rows: Vec<(u64, u32, u32)>, steps: Vec<usize>, missing: Missing },
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, a column is not there, a cell cannot be used, a period has two rows, or the times lie on no
/// common grid. Every error names the file, and where it can the line, the column and the value.
pub fn read(options: &InputOptions) -> Result<Dataset, EvalError> {
    options.check()?;
    let table = Table::open(&options.file)?;
    let mut levels = Levels::default();
    let (known_file, own_names) = match &options.known_file {
        Some(path) => KnownFile::open(path, options).map(|(file, absent)| (Some(file), absent))?,
        None => (None, options.columns()),
    };
    let own = own_names
        .iter()
        .map(|name| Ok::<_, EvalError>(Extra::new(table.column(name, options.role(name))?, name, options)));
    let own = own.collect::<Result<Vec<_>, _>>()?;
    let columns = Columns::find(&table, options, own)?;
    let raw = raw::read_rows(&table, &columns, &mut levels)?;
    let axis = find_axis(&table.file, raw.form, &raw.series, options.frequency)?;
    let joined = known_file.map(|file| file.read(raw.form, &axis, &mut levels)).transpose()?;
    let horizon = horizon(&table, options, &axis, &raw.series)?;
    // Names in the order of their columns in `known`: those of the file itself, then the joined ones.
    let mut names = own_names.clone();
    names.extend(options.columns().into_iter().filter(|name| !own_names.contains(name)));

    let mut grid = Grid {
        options,
        axis: &axis,
        horizon,
        joined: joined.as_ref(),
        n_own: own_names.len(),
        n_known: names.len(),
        facts: Facts::default(),
        tests: Vec::new(),
        steps: Vec::new(),
    };
    let mut series = Vec::with_capacity(raw.series.len());
    let mut periods = 0;
    for one in raw.series {
        let placed = grid.place(&table, series.len(), one)?;
        periods += placed.values.len() as i64;
        if periods > MOST_PERIODS.saturating_mul(10) {
            return Err(too_long(&table, &axis, &placed.label, periods));
        }
        series.push(placed);
    }
    let Grid { mut facts, tests: mut rows, steps, .. } = grid;
    let roles = roles::give(&mut series, &names, &levels, options, (&table.file, horizon))?;
    facts.unknown = roles.unknown;
    let cutoffs = roles::cutoffs(&table.file, options, raw.form, &axis)?;
    let sealed = if options.split.is_some() {
        rows.sort_unstable();
        Sealed::File { table: table.clone(), columns, rows, steps, missing: options.missing }
    } else {
        Sealed::Tails(series.iter_mut().map(|one| cut_tail(&mut one.values, horizon)).collect())
    };
    for one in &mut series {
        // Where an origin is a date, the horizon after it must lie within the series.
        let before =
            |cutoff: &i64| ((cutoff - one.phase).div_euclid(axis.step().size()) + 1 - one.start).max(0) as usize;
        let within = |periods: &usize| (1..=one.values.len()).contains(periods);
        one.cutoffs = cutoffs.iter().map(|cutoff| Some(before(cutoff)).filter(within)).collect();
    }
    let calendar = calendar_of(&axis, &series, horizon);
    let mut dataset = Dataset {
        file: table.file,
        axis,
        series,
        known_names: roles.known_names,
        past_names: roles.past_names,
        doubts: roles.doubts,
        horizon,
        n_cutoffs: cutoffs.len(),
        calendar,
        facts,
        sealed,
    };
    dataset.count_ended();
    Ok(dataset)
}

impl Dataset {
    /// Whether the file says which rows are the test.
    pub fn is_split(&self) -> bool {
        matches!(self.sealed, Sealed::File { .. })
    }

    /// Whether a series has test periods at all.
    pub fn has_test(&self, series: usize) -> bool {
        match &self.sealed {
            Sealed::Tails(tails) => tails.get(series).is_some_and(|tail| !tail.is_empty()),
            Sealed::File { steps, .. } => steps.get(series).is_some_and(|steps| *steps > 0),
        }
    }

    /// The actuals after the end of each series' training, `NaN` where nothing was observed. With a split column this
    /// is the first time that anyone looks at them: the file is read again.
    ///
    /// # Errors
    /// When the file cannot be read again, or a test row holds no number.
    pub fn open_actuals(&self) -> Result<Vec<Vec<f64>>, EvalError> {
        match &self.sealed {
            Sealed::Tails(tails) => Ok(tails.clone()),
            Sealed::File { table, columns, rows, steps, missing } => {
                let places: Vec<u64> = rows.iter().map(|(row, _, _)| *row).collect();
                let values = raw::read_test_values(table, columns, &places)?;
                let otherwise = if *missing == Missing::Zero { 0.0 } else { f64::NAN };
                let mut actuals: Vec<Vec<f64>> = steps.iter().map(|steps| vec![otherwise; *steps]).collect();
                for ((_, series, step), (value, masked)) in rows.iter().zip(values) {
                    let value = if masked || !value.is_nan() { value } else { otherwise };
                    actuals[*series as usize][*step as usize] = value;
                }
                Ok(actuals)
            }
        }
    }

    fn count_ended(&mut self) {
        let tail = |index: usize| match &self.sealed {
            Sealed::Tails(tails) => tails[index].len(),
            Sealed::File { .. } => 0,
        };
        let ends: Vec<i64> =
            self.series.iter().enumerate().map(|(at, one)| one.start + (one.values.len() + tail(at)) as i64).collect();
        let last = ends.iter().copied().max().unwrap_or(0);
        self.facts.ended = ends.iter().filter(|end| **end < last).count();
    }
}

/// What the dates of days or weeks say, from the first period to the end of the last test.
fn calendar_of(axis: &TimeAxis, series: &[SeriesData], horizon: usize) -> Calendar {
    let (Step::Days(days), Some(phase)) = (axis.step(), series.first().map(|one| one.phase)) else {
        return Calendar::default();
    };
    let first = series.iter().map(|one| one.start).min().unwrap_or(0);
    let end = series.iter().map(|one| one.start + (one.values.len() + horizon) as i64).max().unwrap_or(0);
    let day = i32::try_from(first * days + phase).ok().map(Day::from_number);
    match (day, i32::try_from(days)) {
        (Some(day), Ok(days)) => calendar_columns::calendar(day, days, (end - first) as usize, first),
        _ => Calendar::default(),
    }
}

fn cut_tail(values: &mut Vec<f64>, horizon: usize) -> Vec<f64> {
    match values.len().checked_sub(horizon) {
        Some(training) if training > 0 => values.split_off(training),
        _ => Vec::new(),
    }
}

/// Places the rows of one series after the other on the grid.
struct Grid<'a> {
    options: &'a InputOptions,
    axis: &'a TimeAxis,
    horizon: usize,
    joined: Option<&'a KnownValues>,
    n_own: usize,
    n_known: usize,
    facts: Facts,
    /// Place in the file, series and step of every test row.
    tests: Vec<(u64, u32, u32)>,
    /// Test periods per series.
    steps: Vec<usize>,
}

impl Grid<'_> {
    fn place(&mut self, table: &Table, series: usize, raw: RawSeries) -> Result<SeriesData, EvalError> {
        let index = |moment: i64| self.axis.index(self.axis.ordinal(moment));
        let training = raw.points.iter().filter(|point| !point.test);
        let (rows, last_training) = (training.clone().count(), training.map(|point| index(point.moment).0).max());
        let (start, phase) = raw.points.first().map_or((0, 0), |point| index(point.moment));
        let end = last_training.map_or(start, |last| last + 1);
        let length = end.saturating_sub(start);
        if length > MOST_PERIODS {
            return Err(too_long(table, self.axis, &raw.label, length));
        }
        let length = length.max(0) as usize;
        let total = length + if self.options.split.is_some() { self.horizon } else { 0 };
        let empty = if self.options.missing == Missing::Zero { 0.0 } else { f64::NAN };
        let mut values = vec![empty; length];
        let mut known = vec![vec![f64::NAN; total]; self.n_known];
        let mut steps = 0;
        for point in &raw.points {
            let at = (index(point.moment).0 - start) as usize;
            if point.test {
                if at < length {
                    return Err(test_before_training(table, &raw, point.line));
                }
                let step = at - length;
                if step >= self.horizon {
                    continue;
                }
                self.tests.push((point.row, series as u32, step as u32));
                steps = steps.max(step + 1);
            } else {
                self.facts.empty += usize::from(point.value.is_nan());
                self.facts.masked += usize::from(point.masked);
                self.facts.negative += usize::from(point.value < 0.0);
                values[at] = match point.value {
                    _ if point.masked => f64::NAN,
                    value if value.is_nan() => empty,
                    value => value,
                };
            }
            let place = point.place as usize * self.n_own;
            for (column, value) in known.iter_mut().zip(&raw.known[place..place + self.n_own]) {
                column[at] = *value;
            }
        }
        if let Some(joined) = self.joined {
            for at in 0..total {
                let ordinal = (start + at as i64) * self.axis.step().size() + phase;
                let Some(found) = joined.at(&raw.keys, ordinal) else { continue };
                for (column, value) in known[self.n_own..].iter_mut().zip(found) {
                    column[at] = *value;
                }
            }
        }
        self.facts.rows += raw.points.len();
        self.facts.gaps += length - rows;
        self.facts.without_training += usize::from(rows == 0);
        self.steps.push(steps);
        let (label, keys) = (raw.label, raw.keys);
        Ok(SeriesData {
            label,
            keys,
            start,
            phase,
            rows,
            values,
            known,
            past: Vec::new(),
            statics: Vec::new(),
            cutoffs: Vec::new(),
        })
    }
}

/// Periods to forecast: as asked for, else up to the last test row of any series.
fn horizon(table: &Table, options: &InputOptions, axis: &TimeAxis, series: &[RawSeries]) -> Result<usize, EvalError> {
    let asked = options.horizon;
    if options.split.is_none() {
        return asked.filter(|horizon| *horizon > 0).ok_or_else(|| EvalError::Options {
            problem: "nothing says which periods are to be forecast".to_owned(),
            mend: "give --horizon H (the last H periods of each series), or --split COLUMN".to_owned(),
        });
    }
    let index = |moment: i64| axis.index(axis.ordinal(moment)).0;
    let mut longest = 0;
    for one in series {
        let tests = || one.points.iter().filter(|point| point.test).map(|point| index(point.moment));
        let last_training = one.points.iter().filter(|point| !point.test).map(|point| index(point.moment)).max();
        let before = last_training.or_else(|| tests().min().map(|first| first - 1));
        if let (Some(before), Some(last)) = (before, tests().max()) {
            // A test row before the training is refused with its line when the series is placed.
            longest = longest.max((last - before).max(1));
        }
    }
    if longest <= 0 {
        return Err(EvalError::Nothing {
            file: table.file.clone(),
            problem: "no row is marked as `test`".to_owned(),
            mend: "mark the rows to be forecast, or give --horizon instead of --split".to_owned(),
        });
    }
    let longest = longest.min(MOST_PERIODS) as usize;
    Ok(asked.filter(|asked| *asked > 0).map_or(longest, |asked| asked.min(longest)))
}

fn test_before_training(table: &Table, raw: &RawSeries, line: u64) -> EvalError {
    let later = raw.points.iter().rfind(|point| !point.test).map_or(0, |point| point.line);
    EvalError::Times {
        file: table.file.clone(),
        problem: format!(
            "series `{}`: the test row in line {line} is older than the training row in line {later}",
            raw.label
        ),
        mend: "test rows must come after all training rows of their series".to_owned(),
    }
}

fn too_long(table: &Table, axis: &TimeAxis, label: &str, periods: i64) -> EvalError {
    EvalError::Times {
        file: table.file.clone(),
        problem: format!(
            "up to series `{label}` {periods} periods would be needed if the file is {}",
            axis.step().name()
        ),
        mend: "mend times that lie far off, or say which grid is meant with --frequency".to_owned(),
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
