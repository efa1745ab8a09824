//! The days of a dataset: their rows and sums, and how the lines of a level move from one to the next.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, Int32Chunked, PolarsResult};

use crate::datasets::Dataset;
use crate::profile::{DayProfile, Days, LevelMove, summed};
use crate::table::{ColumnType, cell_text};

/// Rows and sums of every day; `days` are the days of the frame's rows.
pub(super) fn profiles(dataset: &Dataset, days: &Int32Chunked, frame: &DataFrame) -> PolarsResult<Days> {
    let names = summed(dataset.measures);
    let columns = names.iter().map(|name| frame.column(name)?.cast(&DataType::Float64));
    let columns = columns.collect::<PolarsResult<Vec<Column>>>()?;
    let columns = columns.iter().map(|column| column.f64()).collect::<PolarsResult<Vec<_>>>()?;
    // Most rows come in the order of their days: a profile is looked up when the day changes.
    let mut profiles: BTreeMap<i32, DayProfile> = BTreeMap::new();
    for (row, day) in days.iter().enumerate() {
        let Some(day) = day else { continue };
        let profile = profiles.entry(day).or_insert_with(|| DayProfile { rows: 0, sums: vec![0.0; columns.len()] });
        profile.rows += 1;
        for (sum, values) in profile.sums.iter_mut().zip(&columns) {
            *sum += values.get(row).unwrap_or_default();
        }
    }
    let dated = |(day, profile)| Some((NaiveDate::from_epoch_days(day)?, profile));
    Ok(profiles.into_iter().filter_map(dated).collect())
}

/// Pairs of days that are looked at: five weeks, so that a monthly delivery is seen to be usual.
const PAIRS: usize = 35;
/// Days by which a pair may be apart: a shop that is closed on Sundays counts no stock then.
const APART: i32 = 3;

/// The moves of the newest days of a frame, newest first; none for a dataset without a level.
///
/// The frame is sorted by its grain, whose first column is the day.
pub(super) fn moves(dataset: &Dataset, frame: &DataFrame) -> PolarsResult<Vec<LevelMove>> {
    let (Some(level), Some(day_column)) = (dataset.level, dataset.day_column) else { return Ok(Vec::new()) };
    if dataset.schema.grain.first() != Some(&day_column) || frame.height() == 0 {
        return Ok(Vec::new());
    }
    let days = frame.column(day_column)?.as_materialized_series().date()?.physical().clone();
    let levels = frame.column(level)?.cast(&DataType::Float64)?;
    let levels = levels.f64()?;
    let keys = dataset.schema.grain[1..].iter().map(|name| {
        let kind = dataset.schema.column(name).map_or(ColumnType::Text, |column| column.kind);
        Ok((kind, frame.column(name)?))
    });
    let keys = keys.collect::<PolarsResult<Vec<_>>>()?;
    let key = |row: usize| -> PolarsResult<Vec<Option<String>>> {
        keys.iter().map(|(kind, column)| Ok(cell_text(*kind, &column.get(row)?))).collect()
    };
    let mut moves = Vec::new();
    let mut end = frame.height();
    // The lines of the day after, in order.
    let mut later: Option<(i32, Vec<Line>)> = None;
    while end > 0 && moves.len() < PAIRS {
        let day = days.get(end - 1);
        let start = (0..end).rev().take_while(|row| days.get(*row) == day).last().unwrap_or(end);
        let Some(day) = day else { break };
        let lines = (start..end).map(|row| Ok(Line { key: key(row)?, level: levels.get(row).unwrap_or_default() }));
        let lines = lines.collect::<PolarsResult<Vec<Line>>>()?;
        if let Some((day_after, lines_after)) = &later
            && *day_after - day <= APART
            && let Some(date) = NaiveDate::from_epoch_days(*day_after)
        {
            let factors = factors(&lines, lines_after);
            let distances = factors.iter().map(|factor| factor.ln().abs()).collect();
            let n_lines = factors.len() as u64;
            if let (Some(factor), Some(distance)) = (middle(factors), middle(distances)) {
                moves.push(LevelMove { day: date, lines: n_lines, factor, distance });
            }
        }
        later = Some((day, lines));
        end = start;
    }
    Ok(moves)
}

fn middle(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

struct Line {
    key: Vec<Option<String>>,
    level: f64,
}

/// The levels of the lines of both days, which are sorted by key, each divided by the one before; levels of 0 and below say nothing.
fn factors(before: &[Line], after: &[Line]) -> Vec<f64> {
    let (mut left, mut right) = (before.iter().peekable(), after.iter().peekable());
    let mut factors = Vec::new();
    while let (Some(earlier), Some(later)) = (left.peek(), right.peek()) {
        match earlier.key.cmp(&later.key) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                if earlier.level > 0.0 && later.level > 0.0 {
                    factors.push(later.level / earlier.level);
                }
                left.next();
                right.next();
            }
        }
    }
    factors
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoColumn, NamedFrom, Series, df};

    use super::*;
    use crate::datasets::{DAILY_SALES, STOCK_LEVELS};

    fn stock(rows: &[(i32, &str, i64)]) -> DataFrame {
        let days = Series::new("snapshot_on".into(), rows.iter().map(|row| row.0).collect::<Vec<_>>());
        let products: Vec<&str> = rows.iter().map(|row| row.1).collect();
        let levels: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let mut frame =
            df!("product_id" => products, "location_id" => vec!["all"; rows.len()], "on_hand" => levels).unwrap();
        frame.with_column(days.cast(&DataType::Date).unwrap().into_column()).unwrap();
        frame
    }

    #[test]
    fn lines_of_a_day_are_held_against_the_same_lines_of_the_day_before() {
        let frame = stock(&[
            (9, "a", 50),
            (10, "a", 40),
            (10, "b", 10),
            (10, "c", 10),
            (10, "d", 0),
            (11, "a", 80),
            (11, "b", 20),
            (11, "c", 5),
            (11, "d", 7),
            (11, "e", 7),
        ]);
        let moves = moves(&STOCK_LEVELS, &frame).unwrap();
        let told: Vec<(i32, u64, f64)> =
            moves.iter().map(|one| (one.day.to_epoch_days(), one.lines, one.factor)).collect();
        assert_eq!(told, [(11, 3, 2.0), (10, 1, 0.8)]);
        assert_eq!(moves[0].distance, 2.0_f64.ln(), "what halves is as far as what doubles");
    }

    #[test]
    fn days_that_are_apart_are_no_pair_and_sales_are_no_level() {
        let frame = stock(&[(6, "a", 50), (10, "a", 40)]);
        assert_eq!(moves(&STOCK_LEVELS, &frame).unwrap(), []);
        assert_eq!(moves(&DAILY_SALES, &frame).unwrap(), []);
    }
}
