//! A series of a file, on its grid.

/// One series on its grid, without its test periods.
#[derive(Clone, Debug)]
pub struct SeriesData {
    /// The id columns joined by `-`.
    pub label: String,
    /// The id columns.
    pub keys: Vec<String>,
    /// Place of the first period on the file's grid.
    pub start: i64,
    /// Offset of the series from the grid, in the unit of the step.
    pub phase: i64,
    /// Rows in the file; with a split column, training rows.
    pub rows: usize,
    /// Demand before the test, one value per period; `NaN` = not observed.
    pub values: Vec<f64>,
    /// Known-ahead columns, each as long as `values` and the test together; `NaN` where nothing stands.
    pub known: Vec<Vec<f64>>,
    /// Columns known until the origin only, as long.
    pub past: Vec<Vec<f64>>,
    /// Static columns: a number or the code of a name; `NaN` where nothing stands.
    pub statics: Vec<f64>,
    /// Periods before each origin where the origins are dates; `None` = the series has no such origin.
    pub cutoffs: Vec<Option<usize>>,
}
