//! The counts of a level, as one night leaves them for the next.

use serde::{Deserialize, Serialize};

use super::basket_store::{DayChange, baskets_of};
use super::level_items::LevelItems;
use crate::models::rules::{Baskets, PairBook, RulesError};

/// The counts of a level, as one night leaves them for the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LevelCounts {
    /// Its name in the tables.
    pub level: String,
    items: LevelItems,
    pub book: PairBook,
}

impl LevelCounts {
    /// Mines the window.
    pub fn mine(level: &str, items: &LevelItems, window: &Baskets, min_count: u32) -> Result<Self, RulesError> {
        Ok(Self { level: level.to_owned(), items: items.clone(), book: PairBook::mine(window, min_count)? })
    }

    /// The same counts after the days that changed; `None` where the window has to be mined anew.
    pub fn advanced(
        &self,
        now: &LevelItems,
        changes: &[DayChange],
        min_count: u32,
    ) -> Result<Option<Self>, RulesError> {
        if !self.items.still_means(now) || !self.book.serves(min_count) {
            return Ok(None);
        }
        let mut book = self.book.clone();
        let n_items = now.ids.len() as u32;
        for DayChange { before, after } in changes {
            if let Some(after) = after {
                book.add(&baskets_of([after].into_iter(), &now.item_of, n_items)?);
            }
            if let Some(before) = before {
                book.remove(&baskets_of([before].into_iter(), &now.item_of, n_items)?);
            }
        }
        Ok(Some(Self { level: self.level.clone(), items: now.clone(), book }))
    }
}
