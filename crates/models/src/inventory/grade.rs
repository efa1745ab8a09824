//! Was last time's advice right?

/// A recommendation made earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastAdvice {
    /// Recommended order, in thousandths of a unit (0: the advice was not to order).
    pub quantity_milli: i64,
    /// Order-up-to level of that plan.
    pub order_up_to_milli: i64,
    /// Mean demand of its protection interval.
    pub expected_demand_milli: i64,
    /// Smallest orderable step (pack or minimum order); 0 or 1 when there is none.
    pub order_step_milli: i64,
}

/// What the protection interval (from the day after `as_of` until the day before `covers_until`) brought. `None` is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WhatHappened {
    /// What was ordered on the advised day.
    pub ordered_milli: Option<i64>,
    /// Units sold in the interval.
    pub sold_milli: Option<i64>,
    /// Days without stock between the order's arrival and the end of the interval; earlier ones are not this order's doing.
    pub stock_out_days: Option<u32>,
    /// Stock at the end of the interval, before the next order arrived.
    pub closing_stock_milli: Option<i64>,
}

/// Limits of the grading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradeRules {
    /// Share of the advised quantity by which the order may differ and still count as followed (one order step is always allowed).
    pub follow_tolerance: f64,
}

impl Default for GradeRules {
    fn default() -> Self {
        Self { follow_tolerance: 0.2 }
    }
}

/// The grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Followed, no stock-out, no excess.
    Good,
    /// Followed, and more was left than bad luck with demand explains.
    TooMuch,
    /// Followed, and stock ran out.
    TooLittle,
    /// Something else was ordered: the result says nothing about the advice.
    NotFollowed,
    /// Not enough is known.
    Unknown,
}

/// A graded recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The grade.
    pub verdict: Verdict,
    /// Days without stock, as given.
    pub stock_out_days: Option<u32>,
    /// Units left beyond the allowance, at most the advised quantity, in thousandths; `None` when closing stock is unknown.
    pub excess_milli: Option<i64>,
    /// Whether demand stayed within the order-up-to level. Sales are demand only when nothing ran out: with a stock-out it is `false`.
    /// Over many recommendations the share of `true` should come to the service level.
    pub covered: Option<bool>,
    /// Whether the order was placed as advised; `None` when orders are unknown.
    pub followed: Option<bool>,
}

/// Grades one recommendation by these rules, in this order:
///
/// 1. `NotFollowed` when the quantity ordered is known and differs from the advice by more than the larger of
///    `follow_tolerance * quantity` and one order step (for an advice of 0: by any order).
/// 2. `TooLittle` when there was a day without stock.
/// 3. `Unknown` when stock-out days or closing stock are unknown.
/// 4. `TooMuch` when an order was advised and closing stock exceeds `2 * (S - expected demand) + order step`. `S` leaves room for demand
///    to exceed expectation by the safety stock; demand equally far *below* expectation leaves twice the safety stock, so only what lies beyond is blamed on the advice.
/// 5. else `Good`.
///
/// When orders are unknown, the advice is graded as if followed and `followed` is `None`.
pub fn grade_advice(advice: &PastAdvice, happened: &WhatHappened, rules: &GradeRules) -> Outcome {
    let step = advice.order_step_milli.max(0);
    let followed = happened.ordered_milli.map(|ordered| {
        let difference = (ordered - advice.quantity_milli).abs();
        let allowed = if advice.quantity_milli == 0 {
            0.0
        } else {
            (rules.follow_tolerance * advice.quantity_milli as f64).max(step as f64)
        };
        // An order dropped altogether is not within one pack of the advice.
        let dropped = ordered == 0 && advice.quantity_milli > 0;
        difference as f64 <= allowed && !dropped
    });
    let safety = (advice.order_up_to_milli - advice.expected_demand_milli).max(0);
    let excess_milli = happened
        .closing_stock_milli
        .map(|closing| (closing - (2 * safety + step)).clamp(0, advice.quantity_milli.max(0)));
    let ran_out = happened.stock_out_days.map(|days| days > 0);
    let covered = match (ran_out, happened.sold_milli) {
        (Some(true), _) => Some(false),
        (Some(false), Some(sold)) => Some(sold <= advice.order_up_to_milli),
        _ => None,
    };
    let verdict = match (followed, ran_out, excess_milli) {
        (Some(false), _, _) => Verdict::NotFollowed,
        (_, Some(true), _) => Verdict::TooLittle,
        (_, None, _) | (_, _, None) => Verdict::Unknown,
        (_, _, Some(excess)) if excess > 0 => Verdict::TooMuch,
        _ => Verdict::Good,
    };
    Outcome { verdict, stock_out_days: happened.stock_out_days, excess_milli, covered, followed }
}
