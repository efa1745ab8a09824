//! The first rows of a dataset, held against its contract before a night needs them.

use super::{Dataset, LoadError, Source, dataset_sql, declared_timezone};
use crate::warehouse::{Query, Side};

impl Source<'_> {
    /// Reads the first rows of a dataset, `most` at most, against its contract; gives how many there are.
    ///
    /// # Errors
    /// The first value that breaks the contract, by column and row, and whatever the SQL does wrong.
    pub async fn try_rows(&self, dataset: &'static Dataset, most: u32) -> Result<usize, LoadError> {
        let sql = dataset_sql(self.files, dataset.name())?;
        // Without its end, which a query in brackets may not have.
        let text = sql.text.trim_end().trim_end_matches(';');
        let query = Query {
            origin: &sql.label,
            sql: &format!("SELECT * FROM (\n{text}\n) nightclerk_rows LIMIT {most}"),
            binds: self.binds(None),
            schema: &dataset.schema,
            keeps_attributes: dataset.keeps_attributes,
            timezone: declared_timezone(&sql.label, &sql.text)?.unwrap_or(self.timezone),
            quarantine: None,
        };
        let frame = self.warehouse.read(Side::Source, &query).await.map_err(|error| sql.blame(error))?;
        Ok(frame.height())
    }
}
