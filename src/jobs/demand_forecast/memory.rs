//! What one night leaves for the next.

use super::DemandForecast;
use super::daily_sales::DailySales;
use super::fitted::Fitted;

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
    pub fn fitted_before(&mut self, job: &DemandForecast, as_of: i32) -> Option<Fitted> {
        self.fitted.take().filter(|fitted| as_of - fitted.as_of < job.refit_days.get() as i32)
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
