//! A small shop floor for judging ordering policies.

/// What becomes of demand that cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// The customer leaves.
    Lost,
    /// The customer waits; stock goes below 0.
    Backordered,
}

/// Costs and timing of a simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationSettings<'a> {
    /// Units on hand before the first day.
    pub opening_stock: f64,
    /// Lead time of the first, second, ... order, repeated when used up; empty means 0. An order of the night after day `t` is dated `t + 1` and
    /// serves demand from day `t + 1 + lead time` on.
    pub lead_times: &'a [u32],
    /// Nights between orders: the policy is asked after day `review_days - 1`, `2 * review_days - 1`, ... (zero-based). 0 counts as 1.
    pub review_days: usize,
    /// What becomes of unmet demand.
    pub unmet: Unmet,
    /// Money per unit on hand at the close of a day.
    pub holding_cost: f64,
    /// Money per unit lost, or per unit and day of backorder.
    pub shortage_cost: f64,
    /// Days at the start that are simulated but not counted.
    pub warm_up_days: usize,
}

/// What a policy sees in the night: only what its own stock let happen.
#[derive(Debug, Clone, Copy)]
pub struct Night<'a> {
    /// The day just closed, zero-based.
    pub day: usize,
    /// Units on hand (below 0: backorders).
    pub on_hand: f64,
    /// Units on order, not yet received.
    pub on_order: f64,
    /// Units sold per day so far, including `day`.
    pub sales: &'a [f64],
    /// Whether demand went unserved, per day so far.
    pub stocked_out: &'a [bool],
}

/// Figures over the counted days.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationResult {
    /// Share of demand served from the shelf on its day ("P2"); `None` without demand.
    pub fill_rate: Option<f64>,
    /// Share of review periods without unserved demand (close to "P1"); `None` without a complete period.
    pub cycle_service: Option<f64>,
    /// Mean units on hand at close.
    pub mean_on_hand: f64,
    /// Holding cost, in money.
    pub holding_cost: f64,
    /// Shortage cost, in money.
    pub shortage_cost: f64,
    /// Orders placed (quantity above 0).
    pub orders: usize,
    /// Closing stock of every day, warm-up included.
    pub closing: Vec<f64>,
}

/// Runs a policy over a demand history.
///
/// Order of events on a day, pinned: (1) receive what is due, (2) serve demand, (3) count cost, (4) record what the policy may see, then in the
/// night (5) ask the policy for an order on review nights. Negative or NaN orders count as 0.
pub fn simulate(
    demand: &[f64],
    settings: &SimulationSettings<'_>,
    mut policy: impl FnMut(&Night<'_>) -> f64,
) -> SimulationResult {
    let review = settings.review_days.max(1);
    let mut on_hand = settings.opening_stock;
    let mut pipeline: Vec<(usize, f64)> = Vec::new();
    let (mut sales, mut stocked_out, mut closing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut wanted, mut served, mut stock_days, mut shortage) = (0.0, 0.0, 0.0, 0.0);
    let (mut placed, mut counted_orders) = (0_usize, 0_usize);
    let (mut periods, mut clean_periods, mut clean) = (0_usize, 0_usize, true);
    for (day, &units) in demand.iter().enumerate() {
        on_hand += pipeline.iter().filter(|(due, _)| *due == day).map(|(_, quantity)| quantity).sum::<f64>();
        pipeline.retain(|(due, _)| *due > day);
        let sold = units.min(on_hand.max(0.0));
        let missing = units - sold;
        on_hand = match settings.unmet {
            Unmet::Lost => on_hand - sold,
            Unmet::Backordered => on_hand - units,
        };
        clean &= missing <= 0.0;
        if day >= settings.warm_up_days {
            wanted += units;
            served += sold;
            stock_days += on_hand.max(0.0);
            shortage += match settings.unmet {
                Unmet::Lost => missing,
                Unmet::Backordered => (-on_hand).max(0.0),
            };
        }
        sales.push(sold);
        stocked_out.push(missing > 0.0);
        closing.push(on_hand);
        if (day + 1).is_multiple_of(review) {
            if day >= settings.warm_up_days {
                periods += 1;
                clean_periods += usize::from(clean);
            }
            clean = true;
            let on_order = pipeline.iter().map(|(_, quantity)| quantity).sum();
            let order = policy(&Night { day, on_hand, on_order, sales: &sales, stocked_out: &stocked_out }).max(0.0);
            if order > 0.0 {
                let lead_time = if settings.lead_times.is_empty() {
                    0
                } else {
                    settings.lead_times[placed % settings.lead_times.len()]
                };
                pipeline.push((day + 1 + lead_time as usize, order));
                placed += 1;
                counted_orders += usize::from(day >= settings.warm_up_days);
            }
        }
    }
    let days = demand.len().saturating_sub(settings.warm_up_days).max(1) as f64;
    SimulationResult {
        fill_rate: (wanted > 0.0).then(|| served / wanted),
        cycle_service: (periods > 0).then(|| clean_periods as f64 / periods as f64),
        mean_on_hand: stock_days / days,
        holding_cost: settings.holding_cost * stock_days,
        shortage_cost: settings.shortage_cost * shortage,
        orders: counted_orders,
        closing,
    }
}
