//! How much to order where more is cheaper.

use super::{InventoryError, MILLI, check_amount, refuse, units_text};

const DOING: &str = "weighing a quantity discount";

/// A price and the quantity from which it is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceTier {
    /// Smallest quantity, in thousandths of a unit.
    pub from_milli: i64,
    /// Price of a unit, in minor units of money.
    pub unit_cost_cents: f64,
}

/// Which units a tier's price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountKind {
    /// All units of the order have the price of the tier that its quantity reaches.
    AllUnits,
    /// Each unit has the price of the tier it lies in: only units beyond a tier's quantity are cheaper.
    Incremental,
}

/// One order line with its prices.
#[derive(Debug, Clone, Copy)]
pub struct PriceBreakRequest<'a> {
    /// What is needed, in thousandths of a unit; above 0. The choice is never below it.
    pub need_milli: i64,
    /// Units per pack; above 0.
    pub pack_milli: i64,
    /// Most that may be ordered (maximum order, shelf life); `None` is no limit.
    pub max_milli: Option<i64>,
    /// Prices by ascending quantity. Below the first quantity nothing can be ordered.
    pub tiers: &'a [PriceTier],
    /// Which units a tier's price is for.
    pub kind: DiscountKind,
    /// Mean demand per day, in units. At 0 what is beyond the need never sells, and none of it is chosen.
    pub daily_mean: f64,
    /// Cost of a unit that lies a day, in minor units of money.
    pub carry_per_unit_day_cents: f64,
    /// What a unit beyond the need saves later, in minor units of money: its price at the next order. `None` takes it as worth nothing, so
    /// that more is ordered only where the whole order gets cheaper by it (which no incremental discount does).
    pub later_unit_cost_cents: Option<f64>,
}

/// Cost of a quantity, in minor units of money, each part rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantityCost {
    /// Quantity, in thousandths of a unit.
    pub quantity_milli: i64,
    /// Price of the order.
    pub purchase_cents: i64,
    /// Holding what is beyond the need until it has sold.
    pub holding_cents: i64,
    /// What is beyond the need saves later.
    pub later_cents: i64,
}

impl QuantityCost {
    /// Purchase plus holding less what is saved later.
    pub fn total_cents(&self) -> i64 {
        self.purchase_cents.saturating_add(self.holding_cents).saturating_sub(self.later_cents)
    }
}

/// The quantity of lowest cost.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceBreakChoice {
    /// What to order.
    pub chosen: QuantityCost,
    /// The fewest whole packs that cover the need.
    pub least: QuantityCost,
    /// What choosing saves against the fewest packs; at least 0.
    pub saving_cents: i64,
    /// Index of the tier that is reached.
    pub tier: usize,
    /// A sentence for people.
    pub text: String,
}

/// Chooses the quantity of at least the need, in whole packs, of lowest total cost.
///
/// The total is the purchase, plus the holding of the `e` units beyond the need `n`, less what they save later. They lie while the need
/// sells and then sell themselves: `carry * e * (n + e / 2) / d` at a mean demand of `d` a day (the area under the stock of `n + e` less that of
/// `n`, as in the lot-size formulae with discounts). Within a tier the total is convex: it is lowest at the tier's first quantity, or, where a
/// later price is given, at `n + e = d (later - price) / carry`; these, in whole packs, are compared. Equal totals go to the smaller quantity.
/// With no holding cost and units that save more later than they cost, as many as the maximum allows are chosen, or without a maximum no
/// more than a tier asks for.
///
/// # Errors
/// [`InventoryError::Input`] for a need or pack of 0 or less, no tiers, tiers out of order, amounts that are negative or no number, and a
/// maximum below the fewest packs that cover the need.
///
/// ```
/// use nightclerk_models::inventory::{DiscountKind, PriceBreakRequest, PriceTier, choose_quantity};
/// let tier = |units: i64, unit_cost_cents| PriceTier { from_milli: units * 1000, unit_cost_cents };
/// let choice = choose_quantity(&PriceBreakRequest {
///     need_milli: 90_000,
///     pack_milli: 10_000,
///     max_milli: None,
///     tiers: &[tier(0, 100.0), tier(100, 88.0)],
///     kind: DiscountKind::AllUnits,
///     daily_mean: 10.0,
///     carry_per_unit_day_cents: 0.5,
///     later_unit_cost_cents: None,
/// })?;
/// // 90 cost 9,000; 100 cost 8,800, and ten of them lie 9.5 days for 47.5.
/// assert_eq!((choice.chosen.quantity_milli, choice.saving_cents), (100_000, 152));
/// # Ok::<(), nightclerk_models::inventory::InventoryError>(())
/// ```
pub fn choose_quantity(request: &PriceBreakRequest<'_>) -> Result<PriceBreakChoice, InventoryError> {
    check(request)?;
    let first = request.need_milli.max(request.tiers[0].from_milli);
    let Some(least) = packs_up(first, request.pack_milli) else {
        return refuse(DOING, format!("{first} thousandths of a unit are too much to order"));
    };
    if let Some(most) = request.max_milli.filter(|&most| most < least) {
        let (least, most) = (units_text(least), units_text(most));
        return refuse(DOING, format!("the fewest packs that cover the need are {least}, the maximum is {most}"));
    }
    let mut quantities = vec![least];
    if request.daily_mean > 0.0 {
        for tier in 0..request.tiers.len() {
            quantities.extend(candidates(request, tier, least));
        }
    }
    quantities.sort_unstable();
    quantities.dedup();
    let costs: Vec<QuantityCost> = quantities.iter().map(|&quantity| cost_of(request, quantity)).collect();
    let least = costs[0];
    let chosen = costs
        .iter()
        .skip(1)
        .fold(least, |best, cost| if cost.total_cents() < best.total_cents() { *cost } else { best });
    let saving_cents = least.total_cents().saturating_sub(chosen.total_cents());
    let tier = tier_of(request, chosen.quantity_milli);
    let units = units_text(chosen.quantity_milli);
    let text = if chosen == least {
        format!("{units}: no larger quantity is cheaper in all")
    } else {
        let beyond = units_text(chosen.quantity_milli - least.quantity_milli);
        let extra = chosen.purchase_cents - least.purchase_cents;
        let price = if extra > 0 { format!("cost {extra} cents more") } else { format!("cost {} cents less", -extra) };
        let later = chosen.later_cents - least.later_cents;
        let later = if later == 0 { String::new() } else { format!(", they save {later} later") };
        let holding = chosen.holding_cents - least.holding_cents;
        format!(
            "{units}: with {beyond} more the goods {price}, holding them costs {holding}{later}; {saving_cents} cents are saved"
        )
    };
    Ok(PriceBreakChoice { chosen, least, saving_cents, tier, text })
}

fn check(request: &PriceBreakRequest<'_>) -> Result<(), InventoryError> {
    if request.need_milli <= 0 || request.pack_milli <= 0 {
        let (need, pack) = (request.need_milli, request.pack_milli);
        return refuse(DOING, format!("need and pack are {need} and {pack} thousandths of a unit; give more than 0"));
    }
    let ascending = request.tiers.windows(2).all(|pair| pair[0].from_milli < pair[1].from_milli);
    if request.tiers.is_empty() || !ascending || request.tiers[0].from_milli < 0 {
        let from: Vec<i64> = request.tiers.iter().map(|tier| tier.from_milli).collect();
        return refuse(DOING, format!("the tiers begin at {from:?}; give one or more, ascending from at least 0"));
    }
    for tier in request.tiers {
        check_amount(DOING, "a tier's price", tier.unit_cost_cents)?;
    }
    check_amount(DOING, "the mean demand per day", request.daily_mean)?;
    check_amount(DOING, "the carrying cost", request.carry_per_unit_day_cents)?;
    check_amount(DOING, "the later price", request.later_unit_cost_cents.unwrap_or(0.0))
}

/// Whole packs of at least a quantity of more than 0.
pub(super) fn packs_up(quantity_milli: i64, pack_milli: i64) -> Option<i64> {
    ((quantity_milli - 1) / pack_milli + 1).checked_mul(pack_milli)
}

/// Quantities within a tier that may cost least.
fn candidates(request: &PriceBreakRequest<'_>, tier: usize, least: i64) -> Vec<i64> {
    let PriceTier { from_milli, unit_cost_cents } = request.tiers[tier];
    let pack = request.pack_milli;
    let Some(first) = packs_up(from_milli.max(least), pack) else { return Vec::new() };
    let next = request.tiers.get(tier + 1).map_or(i64::MAX, |next| next.from_milli);
    let last = (next - 1).min(request.max_milli.unwrap_or(i64::MAX)) / pack * pack;
    if first > last {
        return Vec::new();
    }
    let mut found = vec![first];
    let gain = request.later_unit_cost_cents.unwrap_or(0.0) - unit_cost_cents;
    if gain > 0.0 && request.carry_per_unit_day_cents > 0.0 {
        // Conversion of a number that is too large gives the largest one.
        let best = (request.daily_mean * gain / request.carry_per_unit_day_cents * MILLI) as i64;
        let down = (best / pack * pack).clamp(first, last);
        found.extend([down, down.saturating_add(pack).min(last)]);
    } else if gain > 0.0 && (request.max_milli.is_some() || next < i64::MAX) {
        found.push(last);
    }
    found
}

fn tier_of(request: &PriceBreakRequest<'_>, quantity_milli: i64) -> usize {
    request.tiers.partition_point(|tier| tier.from_milli <= quantity_milli).saturating_sub(1)
}

fn cost_of(request: &PriceBreakRequest<'_>, quantity_milli: i64) -> QuantityCost {
    let reached = tier_of(request, quantity_milli);
    let purchase = match request.kind {
        DiscountKind::AllUnits => quantity_milli as f64 * request.tiers[reached].unit_cost_cents,
        DiscountKind::Incremental => (0..=reached)
            .map(|tier| {
                let from = if tier == 0 { 0 } else { request.tiers[tier].from_milli };
                let to = if tier == reached { quantity_milli } else { request.tiers[tier + 1].from_milli };
                (to - from) as f64 * request.tiers[tier].unit_cost_cents
            })
            .sum(),
    };
    let need = request.need_milli as f64 / MILLI;
    let beyond = (quantity_milli - request.need_milli) as f64 / MILLI;
    // What never sells is the same for all that can be chosen.
    let sells = request.daily_mean > 0.0;
    let holding =
        if sells { holding_of(request.carry_per_unit_day_cents, need, beyond, request.daily_mean) } else { 0.0 };
    let later = if sells { beyond * request.later_unit_cost_cents.unwrap_or(0.0) } else { 0.0 };
    QuantityCost {
        quantity_milli,
        purchase_cents: (purchase / MILLI).round() as i64,
        holding_cents: holding.round() as i64,
        later_cents: later.round() as i64,
    }
}

/// Cost of holding `beyond` units that lie while `need` units sell and then sell themselves, at a mean demand of more than 0 a day.
pub(super) fn holding_of(carry_per_unit_day: f64, need: f64, beyond: f64, daily_mean: f64) -> f64 {
    carry_per_unit_day * beyond * (need + beyond / 2.0) / daily_mean
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tier(units: i64, unit_cost_cents: f64) -> PriceTier {
        PriceTier { from_milli: units * 1000, unit_cost_cents }
    }

    fn request(tiers: &[PriceTier]) -> PriceBreakRequest<'_> {
        PriceBreakRequest {
            need_milli: 90_000,
            pack_milli: 10_000,
            max_milli: None,
            tiers,
            kind: DiscountKind::AllUnits,
            daily_mean: 10.0,
            carry_per_unit_day_cents: 0.5,
            later_unit_cost_cents: None,
        }
    }

    #[test]
    fn a_discount_on_all_units_is_taken_when_it_pays_for_the_lying() {
        let tiers = [tier(0, 100.0), tier(100, 88.0), tier(200, 80.0)];
        let choice = choose_quantity(&request(&tiers)).unwrap();
        assert_eq!((choice.chosen.quantity_milli, choice.tier, choice.saving_cents), (100_000, 1, 152));
        assert_eq!((choice.least.total_cents(), choice.chosen.total_cents()), (9_000, 8_848));
        assert!(choice.text.contains("152 cents are saved"), "{}", choice.text);
        // Ten times the carrying cost: 475 for what saves 200.
        let slow = PriceBreakRequest { carry_per_unit_day_cents: 5.0, ..request(&tiers) };
        let choice = choose_quantity(&slow).unwrap();
        assert_eq!((choice.chosen, choice.saving_cents, choice.tier), (choice.least, 0, 0));
        // Nothing sells: only what is needed. The maximum forbids the tier; the minimum of the first one is kept.
        let idle = PriceBreakRequest { daily_mean: 0.0, ..request(&tiers) };
        assert_eq!(choose_quantity(&idle).unwrap().chosen.quantity_milli, 90_000);
        let capped = PriceBreakRequest { max_milli: Some(99_000), ..request(&tiers) };
        assert_eq!(choose_quantity(&capped).unwrap().chosen.quantity_milli, 90_000);
        assert_eq!(choose_quantity(&request(&tiers[2..])).unwrap().chosen.quantity_milli, 200_000);
    }

    /// Beyond 100 a unit costs 88 and saves 100 later: `10 x 12 / 0.5 = 240` in all, where the last pack earns what it costs to hold.
    #[test]
    fn an_incremental_discount_pays_by_what_it_saves_later() {
        let tiers = [tier(0, 100.0), tier(100, 88.0)];
        let literal = PriceBreakRequest { kind: DiscountKind::Incremental, ..request(&tiers) };
        assert_eq!(choose_quantity(&literal).unwrap().chosen.quantity_milli, 90_000);
        let credited = PriceBreakRequest { later_unit_cost_cents: Some(100.0), ..literal };
        let choice = choose_quantity(&credited).unwrap();
        // 150 beyond the need: 100 x 100 + 140 x 88 = 22,320; 0.5 x 150 x (90 + 75) / 10 = 1,237.5.
        let cost =
            QuantityCost { quantity_milli: 240_000, purchase_cents: 22_320, holding_cents: 1_238, later_cents: 15_000 };
        assert_eq!((choice.chosen, choice.saving_cents), (cost, 442));
    }

    #[test]
    fn nonsense_is_refused() {
        let tiers = [tier(0, 100.0), tier(100, 88.0)];
        let good = request(&tiers);
        for bad in [
            PriceBreakRequest { need_milli: 0, ..good },
            PriceBreakRequest { pack_milli: -1, ..good },
            PriceBreakRequest { tiers: &[], ..good },
            PriceBreakRequest { tiers: &[tier(5, 1.0), tier(5, 1.0)], ..good },
            PriceBreakRequest { tiers: &[tier(5, -1.0)], ..good },
            PriceBreakRequest { daily_mean: f64::NAN, ..good },
            PriceBreakRequest { carry_per_unit_day_cents: -0.1, ..good },
            PriceBreakRequest { later_unit_cost_cents: Some(f64::INFINITY), ..good },
            PriceBreakRequest { max_milli: Some(89_000), ..good },
            PriceBreakRequest { need_milli: i64::MAX, ..good },
        ] {
            assert!(choose_quantity(&bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        /// No whole number of packs up to the maximum costs less, by trying all of them.
        #[test]
        fn nothing_costs_less(
            need_milli in 1_i64..60_000, pack_milli in 500_i64..9_000, prices in prop::collection::vec((1_i64..50_000, 1.0_f64..300.0), 1..4),
            is_incremental: bool, daily_mean in 0.0_f64..9.0, carry in 0.0_f64..2.0, later in prop::option::of(0.0_f64..400.0),
        ) {
            let tiers: Vec<PriceTier> = prices.iter().scan(0, |from, &(step, unit_cost_cents)| {
                *from += step;
                Some(PriceTier { from_milli: *from - prices[0].0, unit_cost_cents })
            }).collect();
            let request = PriceBreakRequest {
                need_milli, pack_milli, max_milli: Some(200_000), tiers: &tiers,
                kind: if is_incremental { DiscountKind::Incremental } else { DiscountKind::AllUnits },
                daily_mean, carry_per_unit_day_cents: carry, later_unit_cost_cents: later,
            };
            let choice = choose_quantity(&request).unwrap();
            let chosen = choice.chosen;
            prop_assert!(chosen.quantity_milli >= need_milli && chosen.quantity_milli % pack_milli == 0 && choice.saving_cents >= 0);
            if daily_mean > 0.0 {
                let mut quantity = choice.least.quantity_milli;
                while quantity <= 200_000 {
                    // Parts are rounded: up to three half cents either way.
                    prop_assert!(cost_of(&request, quantity).total_cents() >= chosen.total_cents() - 3, "{quantity} {choice:?}");
                    quantity += pack_milli;
                }
            }
        }
    }
}
