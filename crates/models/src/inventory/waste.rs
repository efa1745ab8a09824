//! What perishables on the shelf will expire before the next order arrives.

use super::{InventoryError, MILLI, refuse};

const DOING: &str = "expecting waste";

/// Goods that expire on the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Quantity, in thousandths of a unit; above 0.
    pub quantity_milli: i64,
    /// Days on which it can still be sold, counted from the first day ahead: 1 expires at the close of that day, 0 has expired.
    pub remaining_days: u32,
    /// The first day on which it can be sold: 1 (or 0) for what is on the shelf, later for what is on order.
    pub arrives_day: u32,
}

/// Expected waste before an order arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedWaste {
    /// Expiring at the close of each day before the arrival, in thousandths of a unit.
    pub per_day_milli: Vec<i64>,
    /// Their sum: what the stock position is too high by ([`StockPosition::expected_waste_milli`](super::StockPosition::expected_waste_milli)).
    pub total_milli: i64,
}

/// Estimated withdrawal and aging (EWA, Broekmeulen and van Donselaar 2009): what expires before an order arrives when demand is its mean
/// and the oldest goods sell first.
///
/// Each day: what arrives can be sold, the day's mean demand is taken from the batches that expire first, then what has come to its last day
/// expires. What has expired already (0 days) serves nobody and counts on the first day. `mean` is the expected demand per day in units from
/// the first day ahead on; the order serves the demand of day `days_until_arrival + 1` (0: there is nothing to expect). Demand that is not served
/// is lost. The policy then orders when `position - waste < safety stock + demand of the protection interval`.
///
/// # Errors
/// [`InventoryError::Input`] for a batch of 0 or less, fewer days of demand than days until the arrival, or demand that is negative or no
/// number.
///
/// ```
/// use nightclerk_models::inventory::{Batch, expected_waste};
/// // Two of six sell on their last day; of the other four all sell in time.
/// let batch = |units: i64, remaining_days| Batch { quantity_milli: units * 1000, remaining_days, arrives_day: 1 };
/// let waste = expected_waste(&[batch(4, 3), batch(6, 1)], &[2.0; 3], 3)?;
/// assert_eq!((waste.per_day_milli, waste.total_milli), (vec![4_000, 0, 0], 4_000));
/// # Ok::<(), nightclerk_models::inventory::InventoryError>(())
/// ```
pub fn expected_waste(
    batches: &[Batch],
    mean: &[f64],
    days_until_arrival: usize,
) -> Result<ExpectedWaste, InventoryError> {
    if let Some(batch) = batches.iter().find(|batch| batch.quantity_milli <= 0) {
        return refuse(
            DOING,
            format!("a batch holds {} thousandths of a unit; give more than 0", batch.quantity_milli),
        );
    }
    let Some(mean) = mean.get(..days_until_arrival) else {
        let days = mean.len();
        return refuse(
            DOING,
            format!("{days} days of demand and {days_until_arrival} days until the arrival; give all"),
        );
    };
    if let Some(demand) = mean.iter().find(|demand| !demand.is_finite() || **demand < 0.0) {
        return refuse(DOING, format!("the demand of a day is {demand}; give numbers of at least 0"));
    }
    let mut left: Vec<Batch> = batches.to_vec();
    left.sort_by_key(|batch| (batch.remaining_days, batch.arrives_day, batch.quantity_milli));
    let mut per_day_milli = Vec::with_capacity(mean.len());
    let mut total_demand = 0.0;
    for (index, demand) in mean.iter().enumerate() {
        let day = u32::try_from(index + 1).unwrap_or(u32::MAX);
        // The difference of rounded totals, so that parts of a thousandth do not get lost.
        let before = (total_demand * MILLI).round() as i64;
        total_demand += demand;
        let mut wanted = (total_demand * MILLI).round() as i64 - before;
        for batch in left.iter_mut().filter(|batch| batch.arrives_day <= day && batch.remaining_days >= day) {
            let taken = wanted.min(batch.quantity_milli);
            batch.quantity_milli -= taken;
            wanted -= taken;
        }
        let mut expired = 0_i64;
        for batch in left.iter_mut().filter(|batch| batch.remaining_days <= day && batch.arrives_day <= day) {
            expired = expired.saturating_add(std::mem::take(&mut batch.quantity_milli));
        }
        per_day_milli.push(expired);
    }
    let total_milli = per_day_milli.iter().fold(0_i64, |sum, expired| sum.saturating_add(*expired));
    Ok(ExpectedWaste { per_day_milli, total_milli })
}

/// A delivery of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastReceipt {
    /// Days from its receipt to the last complete day: 0 was received on that day.
    pub age_days: u32,
    /// Quantity, in thousandths of a unit; above 0.
    pub quantity_milli: i64,
}

/// Stock by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgedStock {
    /// What expires when, soonest first.
    pub batches: Vec<Batch>,
    /// Stock of which nothing is known, because there are no receipts: it is in no batch, and no waste is expected of it.
    pub unknown_milli: i64,
}

/// Ages of stock on hand, estimated from receipts: as the oldest goods sell first, what is left is of the newest deliveries.
///
/// Goods can be sold on the day of their receipt and the `shelf_life_days - 1` days after it. Stock beyond all known receipts is at least as
/// old as the oldest of them, and is taken to be of its age. Stock of 0 or less has no batches.
///
/// # Errors
/// [`InventoryError::Input`] for a receipt of 0 or less.
pub fn age_stock(
    on_hand_milli: i64,
    receipts: &[PastReceipt],
    shelf_life_days: u32,
) -> Result<AgedStock, InventoryError> {
    if let Some(receipt) = receipts.iter().find(|receipt| receipt.quantity_milli <= 0) {
        let quantity = receipt.quantity_milli;
        return refuse(DOING, format!("a receipt brought {quantity} thousandths of a unit; give more than 0"));
    }
    let mut newest: Vec<&PastReceipt> = receipts.iter().collect();
    newest.sort_by_key(|receipt| (receipt.age_days, receipt.quantity_milli));
    let mut left = on_hand_milli.max(0);
    let mut batches: Vec<Batch> = Vec::new();
    let mut add = |quantity_milli: i64, age_days: u32| {
        let remaining_days = shelf_life_days.saturating_sub(age_days.saturating_add(1));
        match batches.last_mut().filter(|batch| batch.remaining_days == remaining_days) {
            Some(batch) => batch.quantity_milli += quantity_milli,
            None => batches.push(Batch { quantity_milli, remaining_days, arrives_day: 1 }),
        }
    };
    for receipt in &newest {
        let part = left.min(receipt.quantity_milli);
        left -= part;
        if part > 0 {
            add(part, receipt.age_days);
        }
    }
    if let Some(oldest) = newest.last().filter(|_| left > 0) {
        add(std::mem::take(&mut left), oldest.age_days);
    }
    batches.reverse();
    Ok(AgedStock { batches, unknown_milli: left })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch(units: i64, remaining_days: u32, arrives_day: u32) -> Batch {
        Batch { quantity_milli: units * 1000, remaining_days, arrives_day }
    }

    /// The record `ewa_perishable` of the oracles: 10 in stock, of which 4 expire, against a trigger of 3 + 2 x 3 = 9: order.
    #[test]
    fn the_oracle_of_perishables_is_reached() {
        let waste = expected_waste(&[batch(6, 1, 1), batch(4, 3, 1)], &[2.0; 3], 3).unwrap();
        assert_eq!((waste.per_day_milli.as_slice(), waste.total_milli), ([4_000, 0, 0].as_slice(), 4_000));
        assert!(10_000 - waste.total_milli < 9_000);
    }

    /// 3 a day: 5 that expire on day 2 leave none; of 4 that come on day 2 and expire on day 3 one sells on day 2, three on day 3.
    #[test]
    fn what_arrives_later_serves_later_and_what_has_expired_serves_nobody() {
        let batches = [batch(4, 3, 2), batch(2, 0, 1), batch(5, 2, 0)];
        assert_eq!(expected_waste(&batches, &[3.0; 3], 3).unwrap().per_day_milli, [2_000, 0, 0]);
        assert_eq!(expected_waste(&batches, &[1.5, 0.0, 0.25], 3).unwrap().per_day_milli, [2_000, 3_500, 3_750]);
        assert_eq!(expected_waste(&batches, &[], 0).unwrap().total_milli, 0);
        // A third of a unit a day is a unit in three days.
        assert_eq!(expected_waste(&[batch(2, 3, 1)], &[1.0 / 3.0; 3], 3).unwrap().total_milli, 1_000);
        assert!(expected_waste(&[batch(0, 3, 1)], &[1.0], 1).is_err());
        assert!(expected_waste(&[], &[1.0], 2).is_err());
        assert!(expected_waste(&[], &[f64::NAN], 1).is_err());
    }

    #[test]
    fn what_is_left_is_of_the_newest_deliveries() {
        let receipt = |age_days, units: i64| PastReceipt { age_days, quantity_milli: units * 1000 };
        let receipts = [receipt(5, 10), receipt(0, 4), receipt(2, 6)];
        let aged = age_stock(12_000, &receipts, 7).unwrap();
        assert_eq!(aged.batches, [batch(2, 1, 1), batch(6, 4, 1), batch(4, 6, 1)]);
        assert_eq!(aged.unknown_milli, 0);
        // Thirty of which ten are older than all that is known: as old as the oldest.
        assert_eq!(age_stock(30_000, &receipts, 7).unwrap().batches[0], batch(20, 1, 1));
        assert_eq!(age_stock(3_000, &[], 7).unwrap(), AgedStock { batches: vec![], unknown_milli: 3_000 });
        assert_eq!(age_stock(-3_000, &receipts, 7).unwrap(), AgedStock { batches: vec![], unknown_milli: 0 });
        assert!(age_stock(3_000, &[receipt(1, 0)], 7).is_err());
    }

    proptest! {
        #[test]
        fn goods_sell_or_expire_or_stay(
            given in prop::collection::vec((1_i64..9_000, 0_u32..9, 0_u32..4), 0..6), mean in prop::collection::vec(0.0_f64..4.0, 8), days in 0_usize..8,
        ) {
            let mut batches: Vec<Batch> = given.iter().map(|&(quantity_milli, remaining_days, arrives_day)| Batch { quantity_milli, remaining_days, arrives_day }).collect();
            let waste = expected_waste(&batches, &mean, days).unwrap();
            let stock: i64 = batches.iter().map(|batch| batch.quantity_milli).sum();
            prop_assert!(waste.total_milli <= stock && waste.per_day_milli.iter().all(|&expired| expired >= 0));
            // What nobody buys expires no later, and in full.
            let unsold = expected_waste(&batches, &[0.0; 8], days).unwrap();
            prop_assert!(unsold.total_milli >= waste.total_milli);
            let due: i64 = batches.iter().filter(|batch| batch.remaining_days.max(batch.arrives_day).max(1) as usize <= days).map(|batch| batch.quantity_milli).sum();
            prop_assert_eq!(unsold.total_milli, due);
            batches.reverse();
            prop_assert_eq!(expected_waste(&batches, &mean, days).unwrap(), waste);
        }
    }
}
