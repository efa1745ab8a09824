//! The step between periods, where it is asked for.

use std::str::FromStr;

use super::time::{Step, TimeForm};

/// A step asked for on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// One calendar month.
    Month,
    /// Three calendar months.
    Quarter,
    /// Twelve calendar months.
    Year,
    /// So many of what the time column counts: numbers, days, months, quarters or seconds.
    Every(i64),
}

impl FromStr for Frequency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            _ => match text.parse::<i64>() {
                Ok(number) if number > 0 => Ok(Self::Every(number)),
                _ => {
                    Err(format!("`{text}` is no frequency; write day, week, month, quarter, year or a number of steps"))
                }
            },
        }
    }
}

impl Frequency {
    /// The step of this frequency in a column of this form.
    pub(super) fn step(self, form: TimeForm) -> Option<Step> {
        Some(match (form, self) {
            (TimeForm::Integer, Self::Every(n)) => Step::Integer(n),
            (TimeForm::Date | TimeForm::Week, Self::Every(n)) => Step::Days(n),
            (TimeForm::Date | TimeForm::Week, Self::Day) => Step::Days(1),
            (TimeForm::Date | TimeForm::Week, Self::Week) => Step::Days(7),
            (TimeForm::Date | TimeForm::Month, Self::Month) => Step::Months(1),
            (TimeForm::Date | TimeForm::Month, Self::Quarter) => Step::Months(3),
            (TimeForm::Date | TimeForm::Month, Self::Year) => Step::Months(12),
            (TimeForm::Month, Self::Every(n)) => Step::Months(n),
            (TimeForm::Quarter, Self::Every(n)) => Step::Quarters(n),
            (TimeForm::Quarter, Self::Quarter) => Step::Quarters(1),
            (TimeForm::Quarter, Self::Year) => Step::Quarters(4),
            (TimeForm::Seconds, Self::Every(n)) => Step::Seconds(n),
            (TimeForm::Seconds, Self::Day) => Step::Seconds(86_400),
            (TimeForm::Seconds, Self::Week) => Step::Seconds(7 * 86_400),
            _ => return None,
        })
    }
}
