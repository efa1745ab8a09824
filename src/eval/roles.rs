//! What the columns beside the sales are: known ahead, known until the origin, or one value per series; numbers or names.

use std::collections::BTreeMap;

use super::EvalError;
use super::input_options::InputOptions;
use super::rows::{Row, Table, number, shown};
use super::series_data::SeriesData;
use super::time::{TimeAxis, TimeForm, moment_in};
use crate::import::frame::Cell;

/// Categories that a known-ahead column may have: each becomes a column of its own.
const MOST_CATEGORIES: usize = 40;
/// A known-ahead number that moves with the sales as closely as this is doubted: what is known ahead seldom does.
const DOUBTED_CORRELATION: f64 = 0.9;
/// Categories that a doubt names.
const EXAMPLES: usize = 5;

/// Where a column beside the sales stands.
#[derive(Clone, Debug)]
pub(super) struct Extra {
    /// Its place in the file.
    pub column: usize,
    name: String,
    option: &'static str,
    categorical: bool,
}

impl Extra {
    pub fn new(column: usize, name: &str, options: &InputOptions) -> Self {
        let categorical = options.categorical.iter().any(|other| other == name);
        Self { column, name: name.to_owned(), option: options.role(name), categorical }
    }
}

/// The categories found, by column, each with a code in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Levels(BTreeMap<String, BTreeMap<String, u32>>);

impl Levels {
    /// A number, a flag, or the code of a category; `NaN` where nothing stands.
    pub fn value(&mut self, table: &Table, extra: &Extra, row: &Row<'_>, cell: &Cell<'_>) -> Result<f64, EvalError> {
        if !extra.categorical {
            return number(cell).map(|value| value.unwrap_or(f64::NAN)).map_err(|()| {
                let mend = match extra.option {
                    "--past" => "a column of --past holds numbers or true and false; leave it out or code it in numbers".to_owned(),
                    "--static" | "--known" => format!(
                        "a column of {} holds numbers or true and false; name it in --categorical too if it holds names",
                        extra.option
                    ),
                    option => format!("a column of {option} holds numbers"),
                };
                table.cell(extra.column, row, cell, "not a number", &mend)
            });
        }
        let text = shown(cell);
        let text = text.trim();
        if text.is_empty() {
            return Ok(f64::NAN);
        }
        let levels = self.0.entry(extra.name.clone()).or_default();
        if let Some(code) = levels.get(text) {
            return Ok(f64::from(*code));
        }
        if levels.len() == MOST_CATEGORIES && extra.option == "--known" {
            let problem = format!("more than {MOST_CATEGORIES} categories");
            return Err(table.cell(extra.column, row, cell, &problem, "merge the rare ones, or leave the column out"));
        }
        let code = levels.len() as u32;
        levels.insert(text.to_owned(), code);
        Ok(f64::from(code))
    }

    /// Names in order; `places[code]`: the place of a code among them.
    fn of(&self, column: &str) -> Option<(Vec<&str>, Vec<usize>)> {
        let levels = self.0.get(column)?;
        let mut places = vec![0; levels.len()];
        levels.values().enumerate().for_each(|(place, code)| places[*code as usize] = place);
        Some((levels.keys().map(String::as_str).collect(), places))
    }
}

/// What the columns have become.
pub(super) struct Roles {
    pub known_names: Vec<String>,
    pub past_names: Vec<String>,
    /// Known-ahead values that do not stand anywhere.
    pub unknown: usize,
    /// What a reader should doubt.
    pub doubts: Vec<String>,
}

/// Sorts the columns of every series, `names` in the order in which `known` holds them, into their roles. `horizon` periods at the
/// end of each are ahead of its last origin.
///
/// # Errors
/// A static column with two values in one series.
pub(super) fn give(
    series: &mut [SeriesData],
    names: &[String],
    levels: &Levels,
    options: &InputOptions,
    (file, horizon): (&str, usize),
) -> Result<Roles, EvalError> {
    let mut roles = Roles { known_names: Vec::new(), past_names: Vec::new(), unknown: 0, doubts: Vec::new() };
    for (column, name) in names.iter().enumerate() {
        let categories = levels.of(name);
        if options.statics.contains(name) {
            for one in series.iter_mut() {
                let value = static_value(one, column, name, categories.as_ref(), file)?;
                one.statics.push(value);
            }
        } else if options.past.contains(name) {
            roles.past_names.push(name.clone());
        } else {
            roles.unknown += series.iter().flat_map(|one| &one.known[column]).filter(|value| value.is_nan()).count();
            roles.doubts.extend(doubt(series, column, name, categories.as_ref(), horizon));
            match &categories {
                Some((found, _)) => roles.known_names.extend(found.iter().map(|level| format!("{name}={level}"))),
                None => roles.known_names.push(name.clone()),
            }
        }
    }
    for one in series {
        let columns = std::mem::take(&mut one.known);
        for (name, column) in names.iter().zip(columns) {
            if options.past.contains(name) {
                one.past.push(column);
            } else if !options.statics.contains(name) {
                match levels.of(name) {
                    Some((found, places)) => {
                        one.known.extend((0..found.len()).map(|place| flags(&column, &places, place)));
                    }
                    None => one.known.push(column),
                }
            }
        }
    }
    Ok(roles)
}

/// 1 where a category stands, 0 where another does.
fn flags(column: &[f64], places: &[usize], place: usize) -> Vec<f64> {
    let flag = |code: &f64| if code.is_nan() { *code } else { f64::from(u8::from(places[*code as usize] == place)) };
    column.iter().map(flag).collect()
}

fn static_value(
    series: &SeriesData,
    column: usize,
    name: &str,
    categories: Option<&(Vec<&str>, Vec<usize>)>,
    file: &str,
) -> Result<f64, EvalError> {
    let mut values = series.known[column].iter().copied().filter(|value| !value.is_nan());
    let Some(first) = values.next() else { return Ok(f64::NAN) };
    let place = |value: f64| categories.map_or(value, |(_, places)| places[value as usize] as f64);
    match values.find(|value| *value != first) {
        None => Ok(place(first)),
        Some(other) => {
            let word = |value: f64| match categories {
                Some((names, places)) => names[places[value as usize]].to_owned(),
                None => value.to_string(),
            };
            Err(EvalError::Nothing {
                file: file.to_owned(),
                problem: format!(
                    "the static column `{name}` of series `{}` holds `{}` and `{}`",
                    series.label,
                    word(first),
                    word(other)
                ),
                mend: "a column of --static has one value per series; name it in --known if it changes".to_owned(),
            })
        }
    }
}

/// What is doubtful about a known-ahead column.
fn doubt(
    series: &[SeriesData],
    column: usize,
    name: &str,
    categories: Option<&(Vec<&str>, Vec<usize>)>,
    horizon: usize,
) -> Option<String> {
    // Known and ahead of the last origin, by series.
    let parts = || series.iter().map(|one| one.known[column].split_at(one.known[column].len().saturating_sub(horizon)));
    let stands = |values: &[f64]| values.iter().any(|value| value.is_finite());
    if parts().any(|(before, _)| stands(before)) && !parts().any(|(_, ahead)| stands(ahead)) {
        return Some(format!(
            "the known-ahead column `{name}` holds nothing in the last {horizon} periods of any series: if it is known \
             until the origin only, name it in --past"
        ));
    }
    if let Some((names, places)) = categories {
        let mut seen = vec![false; names.len()];
        parts()
            .flat_map(|(before, _)| before)
            .filter(|code| !code.is_nan())
            .for_each(|code| seen[places[*code as usize]] = true);
        let new: Vec<&str> = names.iter().zip(seen).filter(|(_, seen)| !seen).map(|(name, _)| *name).collect();
        return (!new.is_empty()).then(|| {
            format!(
                "categories of `{name}` that no series had before the last origin say nothing: {}{}",
                new[..new.len().min(EXAMPLES)].join(", "),
                if new.len() > EXAMPLES { ", ..." } else { "" }
            )
        });
    }
    let related = correlation(series, column)?;
    (related.abs() > DOUBTED_CORRELATION).then(|| {
        format!(
            "the known-ahead column `{name}` moves with the value (correlation {related:.2}): if it is counted with the \
             sales, it is not known ahead; name it in --past"
        )
    })
}

/// Correlation of a column that is no flag with the value, within series.
fn correlation(series: &[SeriesData], column: usize) -> Option<f64> {
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let mut is_flag = true;
    for one in series {
        let pairs: Vec<(f64, f64)> = (one.known[column].iter().copied().zip(one.values.iter().copied()))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let n = pairs.len() as f64;
        let (x_mean, y_mean) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
        let scale = pairs.iter().map(|(_, y)| (y - y_mean).powi(2)).sum::<f64>();
        let spread = pairs.iter().map(|(x, _)| (x - x_mean).powi(2)).sum::<f64>();
        if scale <= 0.0 || spread <= 0.0 {
            continue;
        }
        is_flag &= pairs.iter().all(|(x, _)| *x == 0.0 || *x == 1.0);
        xx += n;
        yy += n;
        xy += n * pairs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / (scale * spread).sqrt();
    }
    (!is_flag && xx > 0.0 && yy > 0.0).then(|| xy / xx)
}

/// The origins as numbers on the grid, ascending.
///
/// # Errors
/// One that is no time, or written in another form than the time column.
pub(super) fn cutoffs(
    file: &str,
    options: &InputOptions,
    form: TimeForm,
    axis: &TimeAxis,
) -> Result<Vec<i64>, EvalError> {
    let of = |text: &String| match moment_in(text.trim()) {
        Some((found, moment)) if found == form => Ok(axis.ordinal(moment)),
        _ => Err(EvalError::Options {
            problem: format!("--cutoffs: found `{text}`, expected {}, as in `{file}`", form.name()),
            mend: "give the last period that is known at each origin, with commas between".to_owned(),
        }),
    };
    let mut cutoffs: Vec<i64> = options.cutoffs.iter().map(of).collect::<Result<_, _>>()?;
    cutoffs.sort_unstable();
    cutoffs.dedup();
    Ok(cutoffs)
}
