//! What one night leaves for the next.

use chrono::NaiveDate;

use super::DemandForecast;
use super::daily_sales::DailySales;
use super::fitted::Fitted;
use crate::datasets::{DAILY_SALES, KnownRows, STOCK_LEVELS, Source};

/// The layout of the bytes; another one is not read.
const FORMAT: u8 = 3;

/// Sales as they were read, when they were last read completely, and what was fitted to them.
#[derive(Debug, PartialEq)]
pub(super) struct Memory {
    /// The sales.
    pub sales: DailySales,
    /// The as-of day of the last complete read.
    pub complete_on: i32,
    /// The models; `None` = they are to be fitted anew.
    pub fitted: Option<Fitted>,
}

/// What tonight has of the night before, and what of it goes on to the next.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// What was fitted on an earlier night, unless a fit is due.
    pub fitted: Option<Fitted>,
    /// The day of the last complete read, when older sales are remembered from it.
    pub read_completely_on: Option<i32>,
    /// The sales as the next night may begin with them, where remembering them is worth it.
    pub sales: Option<Vec<u8>>,
}

/// The sales up to as_of: all of them read, or only the last days of them and the others remembered.
pub(super) async fn read_sales(
    job: &DemandForecast,
    as_of: i32,
    source: &Source<'_>,
) -> anyhow::Result<(DailySales, Recalled)> {
    let first_day = as_of + 1 - job.history_days.get() as i32;
    let memory = source.memory().and_then(Memory::decoded).filter(|memory| memory.serves(job, as_of));
    let mut fitted = None;
    let (sales, complete_on) = if let Some(mut memory) = memory {
        fitted = memory.fitted_before(job, as_of);
        let Memory { sales, complete_on, .. } = memory;
        let from = sales.as_of + 1 - job.reread_days.get() as i32;
        let known = KnownRows {
            before: NaiveDate::from_epoch_days(from).unwrap_or_default(),
            rows: sales.rows_before(from),
            rows_by_day: (sales.rows_by_day.range(..from))
                .filter_map(|(day, rows)| Some((NaiveDate::from_epoch_days(*day)?, *rows)))
                .collect(),
        };
        let rows = source.read_on(&DAILY_SALES, &known).await?;
        // Stock is read whole: nothing is remembered of it that could stand in for its rows.
        let stock = source.read_if_present(&STOCK_LEVELS).await?;
        (sales.advanced(&rows, stock.as_ref(), from, first_day, as_of)?, complete_on)
    } else {
        let rows = source.read(&DAILY_SALES).await?;
        let stock = source.read_if_present(&STOCK_LEVELS).await?;
        (DailySales::read(&rows, stock.as_ref(), first_day, as_of)?, as_of)
    };
    let worth_it = sales.rows_before(i32::MAX) >= job.remember_from_rows.get().into();
    let recalled = Recalled {
        fitted,
        read_completely_on: (complete_on < as_of).then_some(complete_on),
        sales: worth_it.then(|| encoded_sales(&sales, complete_on)),
    };
    Ok((sales, recalled))
}

impl Memory {
    /// Whether a night may begin with it: it comes from a night shortly before, a complete read is not due, and it reaches as
    /// far back as is asked for.
    pub fn serves(&self, job: &DemandForecast, as_of: i32) -> bool {
        let first_day = as_of + 1 - job.history_days.get() as i32;
        let age = as_of - self.sales.as_of;
        (1..=job.reread_days.get() as i32).contains(&age)
            && as_of - self.complete_on < job.complete_read_days.get() as i32
            && self.sales.first_day <= first_day
    }

    /// What was fitted, unless a fit is due.
    fn fitted_before(&mut self, job: &DemandForecast, as_of: i32) -> Option<Fitted> {
        self.fitted.take().filter(|fitted| as_of - fitted.models.fitted_on < job.refit_days.get() as i32)
    }

    /// From bytes; `None` when they are anything else.
    pub fn decoded(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (day, mut rest) = rest.split_first_chunk::<4>().filter(|_| *format == FORMAT)?;
        let sales = DailySales::decoded(&mut rest)?;
        Some(Self { sales, complete_on: i32::from_le_bytes(*day), fitted: Fitted::decoded(rest) })
    }
}

/// The first part of what is remembered, as bytes: the sales, and when they were last read completely.
pub(super) fn encoded_sales(sales: &DailySales, complete_on: i32) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(&complete_on.to_le_bytes());
    sales.encoded(&mut bytes);
    bytes
}

/// The whole.
pub(super) fn encoded(sales: &[u8], fitted: &Fitted) -> Vec<u8> {
    [sales, &fitted.encoded().unwrap_or_default()].concat()
}
