//! A small shop floor on which tests judge a way of ordering.

/// What is known in the night.
#[derive(Clone, Copy, Debug)]
pub(super) struct Night {
    /// Units on hand; below 0 = customers wait for so many.
    pub on_hand: f64,
    /// Units on order, not yet received.
    pub on_order: f64,
}

/// The shop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shop {
    /// Units on hand before the first day.
    pub opening_stock: f64,
    /// An order of the night after day t serves demand from day t + 1 + `lead_time` on.
    pub lead_time: usize,
    /// Nights between orders.
    pub review_days: usize,
    /// Days at the start that do not count.
    pub warm_up_days: usize,
}

impl Shop {
    /// Share of review periods in which everybody was served at once. A day is (1) receive, (2) serve, and in the night (3) order;
    /// who cannot be served waits.
    pub fn cycle_service(&self, demand: &[f64], mut order: impl FnMut(Night) -> f64) -> f64 {
        let mut on_hand = self.opening_stock;
        let mut coming: Vec<(usize, f64)> = Vec::new();
        let (mut periods, mut clean_periods, mut clean) = (0.0, 0.0, true);
        for (day, units) in demand.iter().enumerate() {
            on_hand += coming.iter().filter(|(due, _)| *due == day).map(|(_, quantity)| quantity).sum::<f64>();
            coming.retain(|(due, _)| *due > day);
            clean &= *units <= on_hand;
            on_hand -= units;
            if !(day + 1).is_multiple_of(self.review_days) {
                continue;
            }
            if day >= self.warm_up_days {
                periods += 1.0;
                clean_periods += f64::from(u8::from(clean));
            }
            clean = true;
            let on_order = coming.iter().map(|(_, quantity)| quantity).sum();
            coming.push((day + 1 + self.lead_time, order(Night { on_hand, on_order })));
        }
        clean_periods / periods
    }
}
