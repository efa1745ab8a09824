//! On which days a supplier takes orders.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{InventoryError, add_days};

/// The weekdays on which a supplier takes orders, or every so many days. Holidays are not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCalendar {
    /// Monday first.
    open: [bool; 7],
    /// A day on which orders are taken, and days between two such.
    every: Option<(NaiveDate, u32)>,
}

impl OrderCalendar {
    /// A supplier that takes orders every day.
    pub fn every_day() -> Self {
        Self { open: [true; 7], every: None }
    }

    /// A supplier that takes orders on a day and every `days` before and after it; 0 is taken as 1.
    pub fn every_days(on: NaiveDate, days: u32) -> Self {
        Self { every: Some((on, days.max(1))), ..Self::every_day() }
    }

    /// Reads `"mon,thu"` (also full names, any case, spaces). `None` or blank text means every day.
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use nightclerk_models::inventory::OrderCalendar;
    /// let calendar = OrderCalendar::from_text(Some("mon, thu"))?;
    /// let tuesday = NaiveDate::from_ymd_opt(2024, 5, 7).unwrap_or_default();
    /// assert_eq!(calendar.next_order_day(tuesday)?.to_string(), "2024-05-09");
    /// # Ok::<(), nightclerk_models::inventory::InventoryError>(())
    /// ```
    ///
    /// # Errors
    /// [`InventoryError::Weekday`] naming the part that is no weekday.
    pub fn from_text(text: Option<&str>) -> Result<Self, InventoryError> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Self::every_day());
        };
        let mut open = [false; 7];
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let day: Weekday =
                part.parse().map_err(|_| InventoryError::Weekday { text: text.to_owned(), found: part.to_owned() })?;
            open[day.num_days_from_monday() as usize] = true;
        }
        if open == [false; 7] {
            return Err(InventoryError::Weekday { text: text.to_owned(), found: text.to_owned() });
        }
        Ok(Self { open, every: None })
    }

    /// The first order day on or after a date.
    ///
    /// # Errors
    /// [`InventoryError::Date`] at the end of the calendar.
    pub fn next_order_day(&self, on_or_after: NaiveDate) -> Result<NaiveDate, InventoryError> {
        if let Some((on, days)) = self.every {
            let days = i64::from(days);
            let wait = (on - on_or_after).num_days().rem_euclid(days);
            return add_days(on_or_after, wait.unsigned_abs());
        }
        let mut day = on_or_after;
        for _ in 0..7 {
            if self.open[day.weekday().num_days_from_monday() as usize] {
                break;
            }
            day = add_days(day, 1)?;
        }
        Ok(day)
    }

    /// The order day that follows an order day: the next chance to order.
    ///
    /// # Errors
    /// [`InventoryError::Date`] at the end of the calendar.
    pub fn following_order_day(&self, order_day: NaiveDate) -> Result<NaiveDate, InventoryError> {
        self.next_order_day(add_days(order_day, 1)?)
    }
}
