//! What one night leaves for the next.

use serde::{Deserialize, Serialize};

use super::DemandForecast;
use super::daily_sales::{DailySales, PackedSales};
use super::fitted::Fitted;
use crate::datasets::{DAILY_SALES, KnownRows, STOCK_LEVELS, Source};
use crate::day::Day;
use crate::remembered::{Memorable, MemoryTerms, Remembered};

/// Sales as they were read, and what was fitted to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// The sales.
    pub sales: PackedSales,
    /// The models.
    pub fitted: Fitted,
}

impl Memorable for Memory {
    const FORMAT: u8 = 10;
}

/// What tonight has of the night before, and what of it goes on to the next.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// What was fitted on an earlier night, unless a fit is due.
    pub fitted: Option<Fitted>,
    /// The day of the last night that read everything.
    pub complete_on: Day,
    /// The sales as the next night may begin with them, where remembering them is worth it.
    pub sales: Option<PackedSales>,
}

impl Recalled {
    /// What this night leaves, with what it fitted; `None` where remembering is not worth it.
    ///
    /// # Errors
    /// When something cannot be encoded.
    pub fn left_for_the_next(&self, as_of: Day, fitted: Fitted) -> Result<Option<Vec<u8>>, postcard::Error> {
        let Some(sales) = self.sales.clone() else { return Ok(None) };
        Remembered::encode(as_of, self.complete_on, &Memory { sales, fitted }).map(Some)
    }
}

/// The sales up to as_of: all of them read, or only the last days of them and the others remembered.
pub(super) async fn read_sales(
    job: &DemandForecast,
    as_of: Day,
    source: &Source<'_>,
) -> anyhow::Result<(DailySales, Recalled)> {
    let (terms, first_day) = (job.memory_terms(), job.first_day(as_of));
    let mut known = None;
    let remembered = source.remembered(terms, |remembered: &Remembered<Memory>| {
        known = sales_since(&remembered.content, first_day);
        known.is_some()
    });
    let (sales, complete_on) = if let (Some(remembered), Some(sales)) = (&remembered, known) {
        let from = remembered.reread_from(terms);
        let known = KnownRows {
            before: from.date(),
            rows: sales.rows_before(from),
            rows_by_day: sales.rows_by_day.range(..from).map(|(day, rows)| (day.date(), *rows)).collect(),
        };
        let rows = source.read_on(&DAILY_SALES, &known).await?;
        // Stock is read whole: nothing is remembered of it that could stand in for its rows.
        let stock = source.read_if_present(&STOCK_LEVELS).await?;
        (sales.advanced(&rows, stock.as_ref(), from, first_day, as_of)?, remembered.complete_on)
    } else {
        let rows = source.read(&DAILY_SALES).await?;
        let stock = source.read_if_present(&STOCK_LEVELS).await?;
        (DailySales::read(&rows, stock.as_ref(), first_day, as_of)?, as_of)
    };
    let is_worth_it = terms.is_worth(sales.rows_before(Day::MAX));
    let recalled = Recalled {
        fitted: remembered.map(|remembered| remembered.content.fitted).filter(|fitted| fitted.serves(job, as_of)),
        complete_on,
        sales: is_worth_it.then(|| PackedSales::pack(&sales)).transpose()?,
    };
    Ok((sales, recalled))
}

/// The remembered sales, where they reach as far back as is asked for.
pub(super) fn sales_since(memory: &Memory, first_day: Day) -> Option<DailySales> {
    memory.sales.unpack().filter(|sales| sales.first_day <= first_day)
}

impl DemandForecast {
    /// How far what is remembered is trusted.
    pub(super) fn memory_terms(&self) -> MemoryTerms {
        MemoryTerms {
            reread_days: self.reread_days,
            complete_read_days: self.complete_read_days,
            from_rows: self.remember_from_rows,
        }
    }

    /// The first day of the history.
    pub(super) fn first_day(&self, as_of: Day) -> Day {
        as_of + 1 - self.history_days.get() as i32
    }
}

impl Fitted {
    /// Whether a fit is not due yet.
    fn serves(&self, job: &DemandForecast, as_of: Day) -> bool {
        as_of - self.models.fitted_on < job.refit_days.get() as i32
    }
}
