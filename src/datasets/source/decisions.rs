//! What was decided about earlier recommendations.

use super::Source;
use crate::datasets::LoadError;
use crate::decided::Decision;

impl Source<'_> {
    /// Every decision of the last days before the night, oldest first, and how many rows have an action that there is not.
    ///
    /// # Errors
    /// What the warehouse refuses.
    pub async fn decisions(&self, days: u64) -> Result<(Vec<Decision>, usize), LoadError> {
        let mut ours = self.ours().await?;
        if !ours.table_exists("recommendation_decisions").await? {
            return Ok((Vec::new(), 0));
        }
        let from = self.as_of.checked_sub_days(chrono::Days::new(days)).unwrap_or(self.as_of);
        let from = from.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
        let sql = format!(
            "SELECT {} FROM recommendation_decisions WHERE decided_us >= $1 ORDER BY decided_us, decision_id",
            Decision::COLUMNS
        );
        let rows = ours.read_values(&sql, &[from.into()]).await?;
        let read: Vec<Decision> = rows.iter().filter_map(|row| Decision::of(row)).collect();
        let unknown = rows.len() - read.len();
        Ok((read, unknown))
    }
}
