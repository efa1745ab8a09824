//! What a date says of its period, for all series of a panel alike: nearness of feasts, position in the month.
//!
//! The columns come from whoever knows the dates; models know periods by their numbers alone.

/// Columns over a run of periods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// Number of the first period, on the calendar that all series share.
    pub first_index: i64,
    /// Columns that trees cut, each one value per period: numbers in which neighbours are alike.
    pub features: Vec<Vec<f32>>,
    /// Columns whose effects add up in logarithms, in groups that are believed or not as a whole.
    pub effects: Vec<Vec<Vec<f64>>>,
}

/// The calendar of periods that are no dates.
pub static NO_CALENDAR: Calendar = Calendar { first_index: 0, features: Vec::new(), effects: Vec::new() };

impl Calendar {
    /// Place of a period in the columns.
    pub(crate) fn place(&self, index: i64) -> usize {
        usize::try_from(index.saturating_sub(self.first_index)).unwrap_or(usize::MAX)
    }

    /// A feature of a period; `NaN` beyond the calendar.
    pub(crate) fn feature(&self, column: usize, index: i64) -> f32 {
        self.features[column].get(self.place(index)).copied().unwrap_or(f32::NAN)
    }
}
