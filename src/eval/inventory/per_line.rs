//! Numbers that hold for all lines of a file, or that a column has for each.

use std::str::FromStr;

use super::super::EvalError;
use super::super::input::Dataset;

/// A number for all lines, or the column that has it.
#[derive(Clone, Debug, PartialEq)]
pub enum PerLine {
    /// From 0 on.
    Number(f64),
    /// By its name; each line has one value in it.
    Column(String),
}

impl FromStr for PerLine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(number) if number >= 0.0 && number.is_finite() => Ok(Self::Number(number)),
            Ok(_) => Err(format!("`{text}` is no number from 0 on")),
            Err(_) => Ok(Self::Column(text.to_owned())),
        }
    }
}

impl PerLine {
    /// The column, if it is one.
    pub(super) fn column(&self) -> Option<&String> {
        match self {
            Self::Column(name) => Some(name),
            Self::Number(_) => None,
        }
    }

    /// Its value for each line of a file whose static columns are `columns`.
    pub(super) fn values(&self, dataset: &Dataset, columns: &[String], option: &str) -> Result<Vec<f64>, EvalError> {
        let name = match self {
            Self::Number(number) => return Ok(vec![*number; dataset.series.len()]),
            Self::Column(name) => name,
        };
        let place = columns.iter().position(|column| column == name).unwrap_or(usize::MAX);
        (dataset.series.iter())
            .map(|series| {
                let value = series.statics.get(place).copied().filter(|value| *value >= 0.0 && value.is_finite());
                value.ok_or_else(|| EvalError::Options {
                    problem: format!(
                        "`{}`, column `{name}` ({option}): `{}` has no number from 0 on there",
                        dataset.file, series.label
                    ),
                    mend: "give every line one value, or a number for all of them".to_owned(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_for_all_and_a_word_is_a_column() {
        assert_eq!("0.25".parse(), Ok(PerLine::Number(0.25)));
        assert_eq!("unit_cost".parse(), Ok(PerLine::Column("unit_cost".to_owned())));
        assert!("-1".parse::<PerLine>().unwrap_err().contains("-1"));
        assert!("nan".parse::<PerLine>().is_err());
    }
}
