//! Special days for the gates of jobs that do not read them themselves.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use chrono::NaiveDate;

use super::Source;
use crate::datasets::{DATASETS, Dataset};

impl Source<'_> {
    /// Days that datasets name as special which nobody has read in this run. They are no inputs of it, and one that cannot be read names
    /// none: who needs it says why.
    pub async fn further_special_days(&self) -> BTreeSet<NaiveDate> {
        let read = self.inputs();
        let is_unread = |dataset: &&'static Dataset| {
            let name = dataset.name();
            dataset.names_days.is_some() && self.files.has(name) && !read.iter().any(|input| input.dataset == name)
        };
        let mut days = BTreeSet::new();
        for dataset in DATASETS.iter().copied().filter(is_unread) {
            if self.load(dataset, None).await.is_ok() {
                let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
                days.extend(facts.pop().into_iter().flat_map(|fact| fact.special_days));
            }
        }
        self.release().await;
        days
    }
}
