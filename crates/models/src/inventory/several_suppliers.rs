//! Which of several suppliers an order goes to.

use chrono::NaiveDate;

use super::plan::days_between;
use super::price_breaks::{holding_of, packs_up};
use super::{
    DemandOutlook, InventoryError, LeadTime, MILLI, OrderCalendar, add_days, check_amount, check_keys, refuse,
    units_text,
};

const DOING: &str = "choosing a supplier";

/// What a supplier asks and how long it takes.
#[derive(Debug, Clone, Copy)]
pub struct SupplierOffer<'a> {
    /// Names the supplier in results and breaks ties, lowest first; unique.
    pub rank: u32,
    /// How long it takes.
    pub lead_time: &'a LeadTime,
    /// When it takes orders.
    pub calendar: &'a OrderCalendar,
    /// Price of a unit, in minor units of money. An offer of unknown price cannot be weighed and has no place here.
    pub unit_cost_cents: f64,
    /// Units per pack, in thousandths; above 0.
    pub pack_milli: i64,
    /// Fewest units per order, in thousandths; 0 or less is no limit.
    pub min_order_milli: i64,
}

/// One line's order and what it is worth.
#[derive(Debug, Clone, Copy)]
pub struct SourcingRequest<'a> {
    /// Last complete day.
    pub as_of: NaiveDate,
    /// What is needed, in thousandths of a unit; above 0.
    pub need_milli: i64,
    /// Stock until the order arrives (on hand less reserved plus what is due before), in thousandths of a unit; below 0 counts as 0.
    pub available_milli: i64,
    /// Demand from the day after `as_of`.
    pub outlook: DemandOutlook<'a>,
    /// What a sold unit earns, in minor units of money.
    pub margin_per_unit_cents: f64,
    /// Cost of a unit that lies a day, in minor units of money.
    pub carry_per_unit_day_cents: f64,
    /// What a unit beyond the need saves later, as in [`PriceBreakRequest`](super::PriceBreakRequest); `None` takes it as worth nothing.
    pub later_unit_cost_cents: Option<f64>,
}

/// What an order from one supplier costs, in minor units of money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupplierCost {
    /// Which supplier.
    pub rank: u32,
    /// Its quantity: the need, at least its minimum, in its packs; thousandths of a unit.
    pub quantity_milli: i64,
    /// Its next order day.
    pub order_on: NaiveDate,
    /// Day by which half of its orders have arrived.
    pub arrives_on: NaiveDate,
    /// Price of the quantity.
    pub purchase_cents: i64,
    /// Expected margin of the demand that stock does not serve until the order arrives.
    pub lost_margin_cents: i64,
    /// Holding what is beyond the need until it has sold.
    pub holding_cents: i64,
    /// What is beyond the need saves later.
    pub later_cents: i64,
}

impl SupplierCost {
    /// Purchase, lost margin and holding less what is saved later.
    pub fn total_cents(&self) -> i64 {
        let costs = self.purchase_cents.saturating_add(self.lost_margin_cents).saturating_add(self.holding_cents);
        costs.saturating_sub(self.later_cents)
    }
}

/// Why a supplier was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourcingReason {
    /// There is no other.
    OnlyOffer,
    /// Cheapest, most of all by its price (less what a larger pack saves later).
    Price,
    /// Cheapest, most of all because it arrives before sales are lost.
    Arrival,
    /// Cheapest, most of all because less is left lying.
    Holding,
    /// As cheap as the next one; of the lower rank.
    Rank,
}

/// The choice.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcingChoice {
    /// All offers, cheapest first; the first is chosen.
    pub offers: Vec<SupplierCost>,
    /// Why.
    pub reason: SourcingReason,
    /// How much cheaper it is than the next one, in minor units of money.
    pub saving_cents: i64,
    /// A sentence for people.
    pub text: String,
}

/// Chooses the supplier whose order costs least: purchase, margin expected to be lost until it arrives, and holding of what is beyond the need.
///
/// The lost margin is `margin * E[(D - available)+]` for the total demand `D` of the days before the arrival, mixed over the supplier's lead
/// times and read from the outlook's own quantiles. Holding is that of [`choose_quantity`](super::choose_quantity) at the outlook's mean demand
/// per day. Without demand what is beyond the need never sells: it saves nothing later, and its holding is not counted, only its price. Equal
/// totals go to the lowest rank; the order of the offers does not matter.
///
/// # Errors
/// [`InventoryError`] for no offers, a rank given twice, a need or pack of 0 or less, amounts that are negative or no number, a lead time
/// without days, an outlook that cannot be read, or dates beyond the calendar.
pub fn choose_supplier(
    request: &SourcingRequest<'_>,
    offers: &[SupplierOffer<'_>],
) -> Result<SourcingChoice, InventoryError> {
    request.outlook.check()?;
    check_keys(DOING, offers.iter().map(|offer| u64::from(offer.rank)))?;
    if request.need_milli <= 0 {
        return refuse(DOING, format!("the need is {} thousandths of a unit; give more than 0", request.need_milli));
    }
    check_amount(DOING, "the margin per unit", request.margin_per_unit_cents)?;
    check_amount(DOING, "the carrying cost", request.carry_per_unit_day_cents)?;
    check_amount(DOING, "the later price", request.later_unit_cost_cents.unwrap_or(0.0))?;
    let mut costs: Vec<SupplierCost> = offers.iter().map(|offer| cost_of(request, offer)).collect::<Result<_, _>>()?;
    costs.sort_by_key(|cost| (cost.total_cents(), cost.rank));
    let (first, second) = match costs[..] {
        [] => return refuse(DOING, "there are no offers; give one or more".to_owned()),
        [only] => (only, None),
        [first, second, ..] => (first, Some(second)),
    };
    let saving_cents = second.map_or(0, |second| second.total_cents().saturating_sub(first.total_cents()));
    let reason = second.map_or(SourcingReason::OnlyOffer, |second| reason(&first, &second));
    let (units, arrives_on) = (units_text(first.quantity_milli), first.arrives_on);
    let because = match reason {
        SourcingReason::OnlyOffer => "the only offer".to_owned(),
        SourcingReason::Price => {
            format!("{saving_cents} cents cheaper in all than the next one, most of all by its price")
        }
        SourcingReason::Arrival => {
            format!(
                "{saving_cents} cents cheaper in all than the next one, most of all because fewer sales are lost until it arrives"
            )
        }
        SourcingReason::Holding => {
            format!("{saving_cents} cents cheaper in all than the next one, most of all because less is left lying")
        }
        SourcingReason::Rank => "as cheap as the next one and preferred to it".to_owned(),
    };
    let text = format!("{units}, expected on {arrives_on}: {because}");
    Ok(SourcingChoice { offers: costs, reason, saving_cents, text })
}

/// The part of the costs by which the first is most ahead of the second.
fn reason(first: &SupplierCost, second: &SupplierCost) -> SourcingReason {
    if first.total_cents() == second.total_cents() {
        return SourcingReason::Rank;
    }
    let net = |cost: &SupplierCost| cost.purchase_cents.saturating_sub(cost.later_cents);
    let ahead = [
        (SourcingReason::Price, net(second).saturating_sub(net(first))),
        (SourcingReason::Arrival, second.lost_margin_cents.saturating_sub(first.lost_margin_cents)),
        (SourcingReason::Holding, second.holding_cents.saturating_sub(first.holding_cents)),
    ];
    let most = ahead.iter().skip(1).fold(ahead[0], |most, part| if part.1 > most.1 { *part } else { most });
    most.0
}

fn cost_of(request: &SourcingRequest<'_>, offer: &SupplierOffer<'_>) -> Result<SupplierCost, InventoryError> {
    let rank = offer.rank;
    check_amount(DOING, "the price of a unit", offer.unit_cost_cents)?;
    if offer.pack_milli <= 0 || offer.lead_time.distribution.is_empty() {
        let (pack, lead_times) = (offer.pack_milli, offer.lead_time.distribution.len());
        return refuse(
            DOING,
            format!("offer {rank} has packs of {pack} and {lead_times} lead times; give both above 0"),
        );
    }
    let Some(quantity_milli) = packs_up(request.need_milli.max(offer.min_order_milli), offer.pack_milli) else {
        return refuse(DOING, format!("offer {rank}: the quantity is too large"));
    };
    let first_day = add_days(request.as_of, 1)?;
    let order_on = offer.calendar.next_order_day(first_day)?;
    let arrives_on = add_days(order_on, u64::from(offer.lead_time.median_days))?;
    let gap = days_between(first_day, order_on);
    let available = request.available_milli.max(0) as f64 / MILLI;
    let lost_units: f64 = (offer.lead_time.distribution.iter())
        .map(|&(days, weight)| {
            weight * request.outlook.table(gap + days as usize).expected_between(available, f64::INFINITY)
        })
        .sum();
    let days = request.outlook.mean.len();
    let daily_mean = request.outlook.mean_total(days).units / days as f64;
    let need = request.need_milli as f64 / MILLI;
    let beyond = (quantity_milli - request.need_milli) as f64 / MILLI;
    let (holding, later) = if daily_mean > 0.0 {
        let holding = holding_of(request.carry_per_unit_day_cents, need, beyond, daily_mean);
        (holding, beyond * request.later_unit_cost_cents.unwrap_or(0.0))
    } else {
        (0.0, 0.0)
    };
    Ok(SupplierCost {
        rank,
        quantity_milli,
        order_on,
        arrives_on,
        purchase_cents: (quantity_milli as f64 / MILLI * offer.unit_cost_cents).round() as i64,
        lost_margin_cents: (lost_units * request.margin_per_unit_cents).round() as i64,
        holding_cents: holding.round() as i64,
        later_cents: later.round() as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead_time(days: u32) -> LeadTime {
        LeadTime::from_deliveries(&[days; 5], None).unwrap()
    }

    /// Demand of 10 a day, always at least nearly so: the totals' levels differ by a millionth of a unit.
    fn totals() -> Vec<Vec<f64>> {
        (1..=10).map(|day| (0..2).map(|level| 10.0 * f64::from(day) + 1e-6 * f64::from(level)).collect()).collect()
    }

    fn request(rows: &[Vec<f64>]) -> SourcingRequest<'_> {
        SourcingRequest {
            as_of: "2024-05-05".parse().unwrap(), // a Sunday
            need_milli: 50_000,
            available_milli: 25_000,
            outlook: DemandOutlook { levels: &[0.1, 0.9], total_quantiles: rows, mean: &[10.0; 10] },
            margin_per_unit_cents: 40.0,
            carry_per_unit_day_cents: 0.5,
            later_unit_cost_cents: None,
        }
    }

    #[test]
    fn the_cheapest_in_all_is_chosen_with_its_reason() {
        let (rows, near, far, every_day) = (totals(), lead_time(2), lead_time(5), OrderCalendar::every_day());
        let offer = |rank, lead_time, unit_cost_cents, pack_milli| SupplierOffer {
            rank,
            lead_time,
            calendar: &every_day,
            unit_cost_cents,
            pack_milli,
            min_order_milli: 0,
        };
        // Five days before the arrival ask for 50 of which 25 are there: 25 x 40 = 1,000 lost.
        let offers = [offer(1, &far, 100.0, 10_000), offer(2, &near, 110.0, 10_000)];
        let choice = choose_supplier(&request(&rows), &offers).unwrap();
        assert_eq!((choice.offers[0].rank, choice.reason, choice.saving_cents), (2, SourcingReason::Arrival, 500));
        assert_eq!((choice.offers[0].lost_margin_cents, choice.offers[1].lost_margin_cents), (0, 1_000));
        assert_eq!(choice.offers[0].arrives_on.to_string(), "2024-05-08");
        assert!(choice.text.contains("fewer sales are lost"), "{}", choice.text);
        // Enough in stock: the price decides; then packs of 60, of which 10 lie (50 + 5) / 10 = 5.5 days.
        let plenty = SourcingRequest { available_milli: 60_000, ..request(&rows) };
        let choice = choose_supplier(&plenty, &offers).unwrap();
        assert_eq!((choice.offers[0].rank, choice.reason, choice.saving_cents), (1, SourcingReason::Price, 500));
        let large = [offer(1, &far, 90.0, 60_000), offer(2, &near, 92.0, 10_000)];
        let choice = choose_supplier(&plenty, &large).unwrap();
        assert_eq!((choice.offers[0].rank, choice.offers[1].holding_cents, choice.saving_cents), (2, 28, 828));
        // With the ten units saved later the large pack is 900 - 100 cheaper, less 28: 72 ahead.
        let later = SourcingRequest { later_unit_cost_cents: Some(90.0), ..plenty };
        let choice = choose_supplier(&later, &large).unwrap();
        assert_eq!((choice.offers[0].rank, choice.reason, choice.saving_cents), (1, SourcingReason::Price, 72));
        // Ties go to the rank, whatever the order.
        let alike = [offer(7, &near, 100.0, 10_000), offer(3, &near, 100.0, 10_000)];
        let choice = choose_supplier(&plenty, &alike).unwrap();
        assert_eq!((choice.offers[0].rank, choice.reason), (3, SourcingReason::Rank));
        assert_eq!(choose_supplier(&plenty, &alike[..1]).unwrap().reason, SourcingReason::OnlyOffer);
    }

    #[test]
    fn order_days_and_minimum_count_and_nonsense_is_refused() {
        let (rows, near) = (totals(), lead_time(2));
        let calendar = OrderCalendar::from_text(Some("thu")).unwrap();
        let good = SupplierOffer {
            rank: 1,
            lead_time: &near,
            calendar: &calendar,
            unit_cost_cents: 100.0,
            pack_milli: 12_000,
            min_order_milli: 70_000,
        };
        let cost = choose_supplier(&request(&rows), &[good]).unwrap().offers[0];
        // Three days until Thursday and two more: 50 asked for, 25 there. 70 are six packs of 12.
        assert_eq!(
            (cost.order_on.to_string().as_str(), cost.quantity_milli, cost.lost_margin_cents),
            ("2024-05-09", 72_000, 1_000)
        );
        assert!(choose_supplier(&request(&rows), &[]).is_err());
        assert!(choose_supplier(&request(&rows), &[good, good]).is_err());
        assert!(choose_supplier(&request(&rows), &[SupplierOffer { pack_milli: 0, ..good }]).is_err());
        assert!(choose_supplier(&request(&rows), &[SupplierOffer { unit_cost_cents: -1.0, ..good }]).is_err());
        assert!(choose_supplier(&request(&rows), &[SupplierOffer { min_order_milli: i64::MAX, ..good }]).is_err());
        assert!(choose_supplier(&SourcingRequest { need_milli: 0, ..request(&rows) }, &[good]).is_err());
        assert!(
            choose_supplier(&SourcingRequest { margin_per_unit_cents: f64::NAN, ..request(&rows) }, &[good]).is_err()
        );
    }
}
